//! Sets of keys that a constraint allows or excludes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::constraint::KeyValues;
use super::id::Id;

/// Keys, all allowed or all excluded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataKeySet {
    /// Whether only these keys are allowed, or all others.
    pub is_included: bool,
    /// The keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<DataKey>,
}

/// One key. A dimension that is not named may have any value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataKey {
    /// Values by dimension.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_values: Vec<DataKeyValue>,
    /// Values by attribute or measure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<KeyValues>,
    /// First period in which the key is allowed, as the message writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last period in which the key is allowed, as the message writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
}

/// Values of one dimension in a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeyValueJson", into = "KeyValueJson")]
pub struct DataKeyValue {
    /// Id of the dimension.
    pub id: Id,
    /// Its values: one, or several that all are meant.
    pub values: Vec<Arc<str>>,
}

/// `{"id", "value"}` or `{"id", "values"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KeyValueJson {
    One { id: Id, value: Arc<str> },
    Several { id: Id, values: Vec<Arc<str>> },
}

impl From<KeyValueJson> for DataKeyValue {
    fn from(json: KeyValueJson) -> Self {
        match json {
            KeyValueJson::One { id, value } => Self { id, values: vec![value] },
            KeyValueJson::Several { id, values } => Self { id, values },
        }
    }
}

impl From<DataKeyValue> for KeyValueJson {
    fn from(key: DataKeyValue) -> Self {
        let DataKeyValue { id, values } = key;
        match &values[..] {
            [value] => Self::One { id, value: value.clone() },
            _ => Self::Several { id, values },
        }
    }
}

impl DataKey {
    /// Whether an observation has this key; nothing if a value is not known.
    fn covers<'v>(&self, value_of: &impl Fn(&str) -> Option<&'v str>) -> Option<bool> {
        let mut is_known = true;
        for key in &self.key_values {
            match value_of(&key.id) {
                Some(value) if key.values.iter().all(|known| **known != *value) => return Some(false),
                Some(_) => {}
                None => is_known = false,
            }
        }
        // Values of attributes and measures are not known where keys are judged.
        (is_known && self.components.is_empty()).then_some(true)
    }
}

impl DataKeySet {
    /// Whether the set allows an observation. Where `value_of` has no answer, it does not forbid it.
    pub fn allows<'v>(&self, value_of: &impl Fn(&str) -> Option<&'v str>) -> bool {
        let covers = |key: &DataKey| key.covers(value_of).unwrap_or(self.is_included);
        self.keys.iter().any(covers) == self.is_included
    }
}
