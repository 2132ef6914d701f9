//! From which day to which day something is valid.

use jiff::civil::Date;

use super::annotation::{Annotation, AnnotationError};

/// Annotation with the first day on which a code or an agreement is valid, ISO 8601.
const VALID_FROM: &str = "VALID_FROM";
/// Annotation with the last day on which a code or an agreement is valid, ISO 8601.
const VALID_TO: &str = "VALID_TO";

/// A span of days, both included, open where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// First day; nothing if it was always valid.
    pub from: Option<Date>,
    /// Last day; nothing if it still is.
    pub to: Option<Date>,
}

impl Validity {
    /// Whether a day lies within.
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether some day lies within both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |end: Option<Date>, start: Option<Date>| end.zip(start).is_some_and(|(e, s)| e < s);
        !before(self.to, other.from) && !before(other.to, self.from)
    }

    pub(super) fn take(annotations: &mut Vec<Annotation>) -> Result<Self, AnnotationError> {
        let mut validity = Self::default();
        for annotation in Annotation::take(annotations, |id| id == VALID_FROM || id == VALID_TO) {
            let day = day(&annotation)?;
            let end = if annotation.id.as_deref() == Some(VALID_FROM) {
                &mut validity.from
            } else {
                &mut validity.to
            };
            if end.replace(day).is_some() {
                return Err(annotation.error("it stands twice: leave one"));
            }
        }
        match (validity.from, validity.to) {
            (Some(from), Some(to)) if to < from => {
                let remedy = format!("that is before VALID_FROM, {from}: correct one of them");
                Err(Annotation::new(VALID_TO, to.to_string()).error(remedy))
            }
            _ => Ok(validity),
        }
    }

    pub(super) fn annotations(&self) -> impl Iterator<Item = Annotation> {
        let named = [(VALID_FROM, self.from), (VALID_TO, self.to)];
        named.into_iter().filter_map(|(id, day)| Some(Annotation::new(id, day?.to_string())))
    }
}

/// Days from 1970-01-01 to a date.
pub(super) fn days(date: Date) -> i64 {
    const SECONDS_PER_DAY: i64 = 86_400;
    date.duration_since(Date::constant(1970, 1, 1)).as_secs().div_euclid(SECONDS_PER_DAY)
}

fn day(annotation: &Annotation) -> Result<Date, AnnotationError> {
    let text = annotation.content();
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    day.ok_or_else(|| annotation.error("write a day, such as 1991-12-25"))
}
