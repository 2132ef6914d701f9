//! Names and descriptions in several languages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names and descriptions. In SDMX-JSON: `name`, the best match, and `names`, all of them by language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    descriptions: BTreeMap<String, String>,
}

impl Names {
    /// A name in English.
    pub fn english(name: &str) -> Self {
        Self::of([("en".to_owned(), name.to_owned())].into())
    }

    /// Names by language.
    pub fn of(names: BTreeMap<String, String>) -> Self {
        let name = best(&names, None, "en").map(str::to_owned);
        Self { name, names, ..Self::default() }
    }

    /// The same with descriptions by language.
    pub fn described(self, descriptions: BTreeMap<String, String>) -> Self {
        let description = best(&descriptions, None, "en").map(str::to_owned);
        Self { description, descriptions, ..self }
    }

    /// The name in `language`, else in English, else whatever there is.
    pub fn best(&self, language: &str) -> Option<&str> {
        best(&self.names, self.name.as_ref(), language)
    }

    /// The description in `language`, else in English, else whatever there is.
    pub fn description(&self, language: &str) -> Option<&str> {
        best(&self.descriptions, self.description.as_ref(), language)
    }

    /// All names by language.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.names
    }

    /// All descriptions by language.
    pub fn descriptions(&self) -> &BTreeMap<String, String> {
        &self.descriptions
    }
}

fn best<'a>(
    texts: &'a BTreeMap<String, String>,
    single: Option<&'a String>,
    language: &str,
) -> Option<&'a str> {
    let best = texts.get(language).or_else(|| texts.get("en")).or(single);
    best.or_else(|| texts.values().next()).map(String::as_str)
}
