//! Annotations: notes on artefacts and items, some of which programs read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A note with an id that programs know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// What kind of note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its value in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A further distinction.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its value (SDMX 3.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its text in the language that fits best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its text by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
}

/// An annotation that programs read, and cannot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the annotation {id} is {text:?}: {remedy}")]
pub struct AnnotationError {
    /// Its id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// What it should say.
    pub remedy: String,
}

impl Annotation {
    /// An annotation that programs read. The value stands in the title, because SDMX 2.1 has no other place.
    pub fn new(id: &str, title: impl Into<String>) -> Self {
        Self { id: Some(id.to_owned()), title: Some(title.into()), ..Self::default() }
    }

    /// What it says: its value, else its title.
    pub fn content(&self) -> &str {
        self.value.as_deref().or(self.title.as_deref()).unwrap_or_default()
    }

    /// What the annotation with this id says.
    pub fn find<'a>(annotations: &'a [Self], id: &str) -> Option<&'a str> {
        annotations.iter().find(|annotation| annotation.id.as_deref() == Some(id)).map(Self::content)
    }

    /// Removes the annotations whose id `wanted` accepts, and returns them in their order.
    pub(super) fn take(annotations: &mut Vec<Self>, wanted: impl Fn(&str) -> bool) -> Vec<Self> {
        let wanted = |annotation: &mut Self| annotation.id.as_deref().is_some_and(&wanted);
        annotations.extract_if(.., wanted).collect()
    }

    pub(super) fn error(&self, remedy: impl Into<String>) -> AnnotationError {
        AnnotationError {
            id: self.id.clone().unwrap_or_default(),
            text: super::id::beginning(self.content()),
            remedy: remedy.into(),
        }
    }
}
