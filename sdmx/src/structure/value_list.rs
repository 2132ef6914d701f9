//! Value lists: values of components that need not be ids, such as currency signs.

use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use super::artefact::Identity;
use super::names::Names;

/// A list of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueList {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// The values, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub value_items: Vec<ValueItem>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueItem {
    /// The value: any text.
    pub id: String,
    /// Names and descriptions.
    #[serde(flatten)]
    pub names: Names,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}
