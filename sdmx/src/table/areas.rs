//! Schemes in which codes are written: the ids of a list, names, or annotations of its codes.

use std::collections::{BTreeSet, HashMap};

use super::problem::{AreaReading, TableError};
use crate::structure::{Code, Codelist};

/// Schemes of area codes, the likeliest first: the ids of CL_AREA, which are ISO 3166 alpha-3 for countries, and
/// the annotations that CL_AREA has.
pub const AREA_SCHEMES: [&str; 5] = ["ISO3", "ISO2", "M49", "ESTAT", "UNHCR"];

/// Codes by what stands for them; nothing beside the first if several have it.
pub(super) type ByText = HashMap<String, (String, Option<String>)>;

/// The name of a scheme as annotations have it.
fn annotation_id(scheme: &str) -> &str {
    match scheme {
        "EUROSTAT" => "ESTAT",
        other => other,
    }
}

/// Whether codes of the list are areas, so that their scheme must be known.
pub(super) fn is_of_areas(list: &Codelist) -> bool {
    list.codes().iter().any(|code| code.annotation("UNHCR").is_some())
}

/// What stands for each code of a list in a scheme; nothing if the list does not have the scheme.
pub(super) fn by_text(list: &Codelist, scheme: &str) -> Option<ByText> {
    let mut found = ByText::new();
    for code in list.codes() {
        for text in texts(code, annotation_id(scheme)) {
            let entry = found.entry(text).or_insert_with(|| (code.id.to_string(), None));
            if entry.0 != *code.id {
                entry.1 = Some(code.id.to_string());
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

fn texts(code: &Code, scheme: &str) -> Vec<String> {
    match scheme {
        "ISO3" | "ID" => vec![code.id.to_string()],
        "NAME" => code.names.all().values().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        "M49" => {
            let number = code.annotation("M49").or_else(|| {
                let is_group = code.id.len() == 3 && code.id.bytes().all(|byte| byte.is_ascii_digit());
                is_group.then_some(&*code.id)
            });
            // Spreadsheets drop leading zeros.
            let short = number.map(|number| number.trim_start_matches('0'));
            number
                .into_iter()
                .chain(short.filter(|short| Some(*short) != number))
                .map(str::to_owned)
                .collect()
        }
        annotation => code.annotation(annotation).map(str::to_owned).into_iter().collect(),
    }
}

/// The one scheme in which all these codes of a column are written. Where several know them all, they must
/// agree on each.
pub(super) fn agree_on_scheme(
    list: &Codelist,
    column: &str,
    codes: &BTreeSet<String>,
) -> Result<&'static str, TableError> {
    let mut unknown = Vec::new();
    let mut fitting: Vec<(&'static str, ByText)> = Vec::new();
    for scheme in AREA_SCHEMES {
        let Some(by_text) = by_text(list, scheme) else { continue };
        match codes.iter().find(|code| !by_text.contains_key(*code)) {
            Some(code) => unknown.push(format!("{scheme} does not know {code}")),
            None => fitting.push((scheme, by_text)),
        }
    }
    let Some((first, means_first)) = fitting.first() else {
        return Err(TableError::NoAreaScheme { column: column.to_owned(), unknown: unknown.join(", ") });
    };
    let reading = |scheme: &'static str, area: &str| {
        let name = list.get(area).and_then(|area| area.names.best("en")).unwrap_or(area).to_owned();
        Box::new(AreaReading { scheme, area: area.to_owned(), name })
    };
    for (second, means_second) in &fitting[1..] {
        for code in codes {
            let (a, b) = (&means_first[code].0, &means_second[code].0);
            if a != b {
                return Err(TableError::AmbiguousAreas {
                    column: column.to_owned(),
                    code: code.clone(),
                    first: reading(first, a),
                    second: reading(second, b),
                });
            }
        }
    }
    Ok(first)
}
