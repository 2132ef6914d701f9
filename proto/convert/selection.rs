//! Selections of observations.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::key::{KEYS_MAX, KeyPattern, Selection};
use mighub_sdmx::structure::is_code_id;

use super::FieldError;
use crate::v1;

/// The selection of a message, for a data structure with `dimensions` dimensions beside time.
pub fn selection(message: &v1::Selection, dimensions: usize) -> Result<Selection, FieldError> {
    if message.keys.len() > KEYS_MAX {
        return Err(FieldError::new(
            "selection.keys",
            format!("there are more than {KEYS_MAX}: ask in parts"),
        ));
    }
    let set = |codes: &v1::CodeSet| match codes.codes.iter().find(|code| !is_code_id(code)) {
        Some(code) => Err(FieldError::new("selection.keys", format!("{code:?} is not a code"))),
        None if codes.codes.is_empty() => Ok(None),
        None => Ok(Some(codes.codes.iter().map(|code| Arc::from(&**code)).collect::<BTreeSet<_>>())),
    };
    let key = |key: &v1::KeyPattern| {
        if key.dimensions.len() > dimensions {
            let reason =
                format!("a key has {} parts, the dataflow {dimensions} dimensions", key.dimensions.len());
            return Err(FieldError::new("selection.keys", reason));
        }
        Ok(KeyPattern { sets: key.dimensions.iter().map(set).collect::<Result<_, _>>()? })
    };
    let bound = |field, text: &str| match text {
        "" => Ok(None),
        text => Period::parse(text.as_bytes())
            .map(Some)
            .map_err(|error| FieldError::new(field, format!("{text:?} is {error}"))),
    };
    let mut keys = message.keys.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    // One key that matches everything makes the others idle.
    if keys.iter().any(|key| key.sets.iter().all(Option::is_none)) {
        keys.clear();
    }
    Ok(Selection {
        keys,
        start: bound("selection.start_period", &message.start_period)?,
        end: bound("selection.end_period", &message.end_period)?,
    })
}

/// The message of a selection.
pub fn selection_message(selection: &Selection) -> v1::Selection {
    let set = |set: &Option<BTreeSet<Arc<str>>>| v1::CodeSet {
        codes: set.iter().flatten().map(ToString::to_string).collect(),
    };
    let key = |key: &KeyPattern| v1::KeyPattern { dimensions: key.sets.iter().map(set).collect() };
    let bound = |period: Option<Period>| period.map(|period| period.to_string()).unwrap_or_default();
    v1::Selection {
        keys: selection.keys.iter().map(key).collect(),
        start_period: bound(selection.start),
        end_period: bound(selection.end),
    }
}
