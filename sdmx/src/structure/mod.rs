//! Structures: code lists, concepts, data structures, dataflows and who provides them, as SDMX models them.
//!
//! What lives here: the artefacts, references between them, the set of them that a hub holds, and the
//! resolved view of one dataflow on which readers and judges work. What must not: observations, and who is
//! allowed to do what.

mod artefact;
mod check;
mod codelist;
mod component;
mod definition;
mod json;
mod reference;
mod set;

pub use artefact::{Annotation, Artefact, Identity, Item, ItemScheme, Names, ProvisionAgreement};
pub use check::Problem;
pub use codelist::{Code, Codelist};
pub use component::{
    Attribute, AttributeRelationship, ConstraintRole, CubeRegion, DataConstraint, DataStructure, DataType,
    Dataflow, Dimension, Format, KeyValues, Measure, Occurs, Representation, TimeDimension, Usage,
};
pub use definition::{AttributeLevel, AttributeUse, CodedBy, ComponentUse, DataDefinition, DefinitionError};
pub use json::{JsonError, MESSAGE_BYTES_MAX, read_json, write_json};
pub use reference::{Class, Reference, ReferenceError, Version, is_code_id, is_id};
pub use set::{StructureError, Structures};
