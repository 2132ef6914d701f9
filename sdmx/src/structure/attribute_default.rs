//! What an absent attribute stands for (DETAILS F30).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::annotation::{Annotation, AnnotationError};
use super::id::{CodeId, Id};
use crate::period::Period;

/// Annotations that say what an absent attribute stands for begin with this: `DEFAULT_UNIT_MEASURE`. The
/// title is the value. The type, if there is one, says for which series: `M4_INDICATOR=PS_FLOW,PS_STOCK`.
const DEFAULT_PREFIX: &str = "DEFAULT_";

/// What an absent attribute stands for, in all series or in some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeDefault {
    /// The attribute.
    pub attribute: Id,
    /// What it stands for.
    pub value: DefaultValue,
    /// In which series; nothing if in all.
    pub when: Option<DefaultCondition>,
}

/// The value that is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// Always this.
    Text(Arc<str>),
    /// This day of the year in which the observation's period begins: `--01-01`.
    DayOfYear {
        /// 1 to 12.
        month: u8,
        /// 1 to 31, but no 29 February.
        day: u8,
    },
}

/// The series in which a default holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultCondition {
    /// The dimension that decides.
    pub dimension: Id,
    /// Its codes.
    pub codes: BTreeSet<CodeId>,
}

impl AttributeDefault {
    /// The value for an absent `attribute` of an observation; nothing if this default says nothing about it.
    pub fn value_for<'v>(
        &self,
        attribute: &str,
        code_of: impl Fn(&str) -> Option<&'v str>,
        period: Period,
    ) -> Option<Cow<'_, str>> {
        let holds =
            |when: &DefaultCondition| code_of(&when.dimension).is_some_and(|code| when.codes.contains(code));
        if &*self.attribute != attribute || !self.when.as_ref().is_none_or(holds) {
            return None;
        }
        match &self.value {
            DefaultValue::Text(text) => Some(Cow::Borrowed(text)),
            DefaultValue::DayOfYear { month, day } => {
                Some(Cow::Owned(format!("{:04}-{month:02}-{day:02}", period.first_year()?)))
            }
        }
    }

    pub(super) fn take(annotations: &mut Vec<Annotation>) -> Result<Vec<Self>, AnnotationError> {
        let taken = Annotation::take(annotations, |id| id.starts_with(DEFAULT_PREFIX));
        taken.iter().map(Self::read).collect()
    }

    fn read(annotation: &Annotation) -> Result<Self, AnnotationError> {
        let id = annotation.id.as_deref().unwrap_or_default();
        let attribute = Id::new(id.strip_prefix(DEFAULT_PREFIX).unwrap_or_default());
        let attribute = attribute.map_err(|error| annotation.error(error.to_string()))?;
        let refuse = || annotation.error("its type says in which series: write DIMENSION=CODE,CODE");
        let when = match &annotation.kind {
            None => None,
            Some(kind) => {
                let (dimension, codes) = kind.split_once('=').ok_or_else(refuse)?;
                let codes: Result<_, _> = codes.split(',').map(CodeId::new).collect();
                let dimension = Id::new(dimension).map_err(|_| refuse())?;
                Some(DefaultCondition { dimension, codes: codes.map_err(|_| refuse())? })
            }
        };
        Ok(Self { attribute, value: DefaultValue::read(annotation)?, when })
    }

    pub(super) fn annotation(&self) -> Annotation {
        let title = match &self.value {
            DefaultValue::Text(text) => text.to_string(),
            DefaultValue::DayOfYear { month, day } => format!("--{month:02}-{day:02}"),
        };
        let kind = self.when.as_ref().map(|when| {
            let codes: Vec<_> = when.codes.iter().map(|code| &**code).collect();
            format!("{}={}", when.dimension, codes.join(","))
        });
        Annotation { kind, ..Annotation::new(&format!("{DEFAULT_PREFIX}{}", self.attribute), title) }
    }
}

impl DefaultValue {
    fn read(annotation: &Annotation) -> Result<Self, AnnotationError> {
        let text = annotation.content();
        if text.is_empty() {
            return Err(annotation.error("its title is the value: give one"));
        }
        let Some(rest) = text.strip_prefix("--") else { return Ok(Self::Text(Arc::from(text))) };
        // A common year, so that the day exists in every year.
        let date = format!("2001-{rest}").parse::<jiff::civil::Date>().ok();
        match date.filter(|date| date.to_string()[5..] == *rest) {
            Some(date) => Ok(Self::DayOfYear { month: date.month() as u8, day: date.day() as u8 }),
            None => Err(annotation.error("write the day of the year as --MM-DD, such as --01-01")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(title: &str, kind: Option<&str>) -> Annotation {
        Annotation { kind: kind.map(str::to_owned), ..Annotation::new("DEFAULT_X", title) }
    }

    #[test]
    fn a_default_holds_only_in_its_series() {
        let default = AttributeDefault::read(&annotation("USD", Some("ITEM=VAL,ASSETS"))).expect("a default");
        let value = |attribute: &str, code: &'static str| {
            default.value_for(
                attribute,
                |dimension| (dimension == "ITEM").then_some(code),
                Period::year(2020),
            )
        };
        assert_eq!(value("X", "VAL").as_deref(), Some("USD"));
        assert_eq!(value("X", "PS").as_deref(), None);
        assert_eq!(value("Y", "VAL").as_deref(), None);
    }

    #[test]
    fn a_day_of_the_year_takes_its_year_from_the_period() {
        let default = AttributeDefault::read(&annotation("--01-01", None)).expect("a default");
        let period = Period::parse(b"2024-Q3").expect("a period");
        assert_eq!(default.value_for("X", |_| None, period).as_deref(), Some("2024-01-01"));
        assert_eq!(default.annotation(), annotation("--01-01", None));
    }

    #[test]
    fn a_default_that_cannot_be_read_is_refused_with_the_remedy() {
        for (title, kind, expected) in [
            ("--02-29", None, "write the day of the year as --MM-DD"),
            ("--1-1", None, "write the day of the year as --MM-DD"),
            ("--é", None, "write the day of the year as --MM-DD"),
            ("", None, "its title is the value"),
            ("PS", Some("ITEM"), "write DIMENSION=CODE,CODE"),
            ("PS", Some("ITEM=A,,B"), "write DIMENSION=CODE,CODE"),
        ] {
            let error = AttributeDefault::read(&annotation(title, kind)).expect_err(title).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
