//! Dataflows.

use serde::{Deserialize, Serialize};

use super::annotation::AnnotationError;
use super::artefact::Identity;
use super::attribute_default::AttributeDefault;
use super::reference::Reference;

/// A dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "DataflowJson", into = "DataflowJson")]
pub struct Dataflow {
    /// Identity and names.
    pub identity: Identity,
    /// Its data structure.
    pub structure: Reference,
    /// What absent attributes stand for where no agreement says otherwise; the first that holds counts.
    pub defaults: Vec<AttributeDefault>,
}

#[derive(Serialize, Deserialize)]
struct DataflowJson {
    #[serde(flatten)]
    identity: Identity,
    structure: Reference,
}

impl TryFrom<DataflowJson> for Dataflow {
    type Error = AnnotationError;

    fn try_from(json: DataflowJson) -> Result<Self, AnnotationError> {
        let DataflowJson { mut identity, structure } = json;
        let defaults = AttributeDefault::take(&mut identity.annotations)?;
        Ok(Self { identity, structure, defaults })
    }
}

impl From<Dataflow> for DataflowJson {
    fn from(dataflow: Dataflow) -> Self {
        let Dataflow { mut identity, structure, defaults } = dataflow;
        identity.annotations.splice(0..0, defaults.iter().map(AttributeDefault::annotation));
        Self { identity, structure }
    }
}
