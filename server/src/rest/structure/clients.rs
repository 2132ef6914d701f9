//! What some clients cannot read, said in another way to them alone.

use http::HeaderMap;
use http::header::USER_AGENT;
use mighub_sdmx::ml::structure::MlVersion;
use mighub_sdmx::structure::{Artefact, AttributeRelationship, Class, Structures};

use super::StructureFormat;

/// How sdmx1 names itself: as the library it asks with.
const SDMX1: &str = "python-requests";

/// The artefacts as the client that asks can read them.
pub(super) fn readable(shown: Structures, format: StructureFormat, headers: &HeaderMap) -> Structures {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    if format == StructureFormat::Ml(MlVersion::V3_0) && agent.starts_with(SDMX1) {
        without_dataset_attributes(shown)
    } else {
        shown
    }
}

/// Attributes of the dataset as attributes of all dimensions. The reader of sdmx1 (2.28) for SDMX-ML 3.0 takes the
/// element that says "of the dataflow" for another dataflow, and fails when the message has exactly one.
fn without_dataset_attributes(mut shown: Structures) -> Structures {
    let structures: Vec<_> =
        shown.of_class(Class::DataStructure).map(|(_, artefact)| artefact.clone()).collect();
    for artefact in structures {
        let Artefact::DataStructure(structure) = &*artefact else { continue };
        let mut structure = structure.clone();
        let dimensions: Vec<_> =
            structure.dimensions().iter().map(|dimension| dimension.id.clone()).collect();
        for attribute in &mut structure.components.attributes {
            if matches!(attribute.attribute_relationship, AttributeRelationship::Dataflow(_)) {
                attribute.attribute_relationship = AttributeRelationship::Dimensions(dimensions.clone());
            }
        }
        shown.replace(Artefact::DataStructure(structure));
    }
    shown
}
