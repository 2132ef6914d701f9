//! Values of a constraint that mean more or less than themselves: with the codes below them, for a time, in a
//! language, or without the prefix of an extended list.
//!
//! They are kept and given back. What they come to is not judged, so such values neither allow nor forbid anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::constraint::KeyValues;
use super::extension::{Cascade, CascadeJson};
use super::id::Id;
use super::time_range::TimeRange;

/// What qualifies the values of one component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qualifiers {
    /// Whether codes stand without the prefix that an extension gives them.
    pub remove_prefix: bool,
    /// First period in which the values are meant, as the message writes it.
    pub valid_from: Option<String>,
    /// Last period in which the values are meant, as the message writes it.
    pub valid_to: Option<String>,
    /// By value, what qualifies it alone; a value that nothing qualifies is not here.
    pub of_values: BTreeMap<Arc<str>, ValueQualifiers>,
}

/// What qualifies one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueQualifiers {
    /// Whether the codes below it are meant too.
    pub cascade: Cascade,
    /// Language of the value.
    pub language: Option<String>,
    /// First period in which it is meant.
    pub valid_from: Option<String>,
    /// Last period in which it is meant.
    pub valid_to: Option<String>,
}

impl Qualifiers {
    /// Whether nothing is qualified.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a value means itself and nothing else, at all times.
    pub fn is_plain(&self, value: &str) -> bool {
        !self.remove_prefix
            && self.valid_from.is_none()
            && self.valid_to.is_none()
            && !self.of_values.contains_key(value)
    }
}

impl ValueQualifiers {
    /// Whether the value is not qualified.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Values of a component as SDMX-JSON has them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyValuesJson {
    id: Id,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    include: bool,
    #[serde(default, skip_serializing_if = "is_no")]
    remove_prefix: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_to: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<ValueJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_range: Option<TimeRange>,
}

/// `"A"` or `{"value": "A", "cascadeValues": true}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ValueJson {
    Text(Arc<str>),
    #[serde(rename_all = "camelCase")]
    Whole {
        value: Arc<str>,
        #[serde(default, skip_serializing_if = "CascadeJson::is_no")]
        cascade_values: CascadeJson,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_from: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_to: Option<String>,
    },
}

fn yes() -> bool {
    true
}

fn is_yes(include: &bool) -> bool {
    *include
}

fn is_no(flag: &bool) -> bool {
    !*flag
}

impl From<KeyValuesJson> for KeyValues {
    fn from(json: KeyValuesJson) -> Self {
        let KeyValuesJson { id, include, remove_prefix, valid_from, valid_to, values, time_range } = json;
        let mut of_values = BTreeMap::new();
        let read = |value| match value {
            ValueJson::Text(value) => value,
            ValueJson::Whole { value, cascade_values, lang: language, valid_from, valid_to } => {
                let cascade = cascade_values.into();
                let qualifiers = ValueQualifiers { cascade, language, valid_from, valid_to };
                if !qualifiers.is_none() {
                    of_values.insert(value.clone(), qualifiers);
                }
                value
            }
        };
        let values = values.into_iter().map(read).collect();
        let qualifiers = Qualifiers { remove_prefix, valid_from, valid_to, of_values };
        Self { id, include, values, time_range, qualifiers }
    }
}

impl From<KeyValues> for KeyValuesJson {
    fn from(written: KeyValues) -> Self {
        let KeyValues { id, include, values, time_range, qualifiers } = written;
        let Qualifiers { remove_prefix, valid_from, valid_to, of_values } = qualifiers;
        let write = |value: Arc<str>| {
            let of_value = of_values.get(&value).cloned().unwrap_or_default();
            let ValueQualifiers { cascade, language: lang, valid_from, valid_to } = of_value;
            ValueJson::Whole { value, cascade_values: cascade.into(), lang, valid_from, valid_to }
        };
        let values = values.into_iter().map(write).collect();
        Self { id, include, remove_prefix, valid_from, valid_to, values, time_range }
    }
}
