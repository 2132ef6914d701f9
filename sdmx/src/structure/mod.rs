//! Structures: code lists, concepts, data structures, dataflows and who provides them, as SDMX models them.
//!
//! What lives here: the artefacts, references between them, the set of them that a hub holds, their
//! SDMX-JSON, and the resolved view of one dataflow on which readers and judges work. What must not:
//! observations, and who is allowed to do what.

mod agreement;
mod annotated;
mod annotation;
mod artefact;
mod attribute_default;
mod category;
mod check;
mod check_components;
mod check_trees;
mod check_values;
mod codelist;
mod compatible;
mod component_json;
mod constraint;
mod data_structure;
mod dataflow;
mod definition;
mod detail;
mod expand;
mod extension;
mod graph;
mod hierarchy;
mod id;
mod instant;
mod items;
mod json;
mod json_artefact;
mod json_first;
mod json_limits;
mod json_message;
mod key_set;
mod metadata;
mod names;
mod organisation;
mod problem;
mod qualified;
mod reference;
mod references;
mod representation;
mod resolve;
mod scheme;
mod set;
mod stub;
mod time_range;
mod validity;
mod value_list;
mod version;

pub use agreement::{AgreementTerms, ProvisionAgreement, Rank};
pub use annotation::{Annotation, AnnotationError};
pub use artefact::{Artefact, Identity};
pub use attribute_default::{AttributeDefault, DefaultCondition, DefaultValue};
pub use category::{Categorisation, Category, CategoryScheme};
pub use codelist::{Code, Codelist};
pub use compatible::{Change, Weight};
pub use constraint::{Attachment, ConstraintRole, CubeRegion, DataConstraint, KeyValues};
pub use data_structure::{
    Attribute, AttributeRelationship, Component, Components, DataStructure, Dimension, Group, Measure,
    Nothing, Usage,
};
pub use dataflow::Dataflow;
pub use definition::{
    AppliedDefault, AttributeLevel, AttributeUse, CodedBy, ComponentUse, DataDefinition, DefaultSource,
};
pub use detail::{Detail, DetailError};
pub use expand::{EXPANDED_CODES_MAX, EXTENSION_DEPTH_MAX, ExpandError};
pub use extension::{Cascade, CodeSelection, CodelistExtension, MemberValue};
pub use graph::{Relatives, RelativesError};
pub use hierarchy::{HierarchicalCode, Hierarchy, HierarchyAssociation, Level};
pub use id::{
    AgencyId, AgencyIdGrammar, CodeId, CodeIdGrammar, Grammar, ID_BYTES_MAX, Id, IdError, IdGrammar, ItemId,
    ItemIdGrammar, Name, is_code_id, is_id,
};
pub use instant::{InstantError, parse_instant};
pub use json::{
    ITEMS_MAX, JsonError, MESSAGE_BYTES_MAX, Message, TEXT_BYTES_MAX, read_json, read_message, write_json,
};
pub use json_message::{write_json_availability, write_json_message};
pub use key_set::{DataKey, DataKeySet, DataKeyValue};
pub use metadata::{
    MetadataAttribute, MetadataComponents, MetadataProvisionAgreement, MetadataStructure, Metadataflow,
};
pub use names::Names;
pub use organisation::{
    DataConsumerScheme, MetadataProviderScheme, OrganisationUnit, OrganisationUnitScheme,
};
pub use problem::Problem;
pub use qualified::{Qualifiers, ValueQualifiers};
pub use reference::{Class, Reference, ReferenceError};
pub use representation::{DataType, Format, Occurs, Representation, Unbounded};
pub use resolve::DefinitionError;
pub use scheme::{AgencyScheme, Concept, ConceptScheme, DataProviderScheme, Item};
pub use set::{StructureError, Structures};
pub use stub::Stub;
pub use time_range::{Bound, TimeRange};
pub use validity::Validity;
pub use value_list::{ValueItem, ValueList};
pub use version::{Version, VersionError};
