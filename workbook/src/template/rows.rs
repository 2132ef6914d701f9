//! Which rows a template lists, and which dimensions are the same in all of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::structure::ComponentUse;

use super::{ACROSS_MAX, ROWS_LISTED_MAX, Template, TemplateError, TemplateSize};

/// Dimension of the frequency.
const FREQ: &str = "FREQ";
/// Dimension of the reporting area.
const REF_AREA: &str = "REF_AREA";

/// Figures of an earlier vintage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// What it is called in the heading of the column, such as a year.
    pub label: String,
    /// The vintage, for the hidden sheet.
    pub vintage: String,
    /// Value as text by series key, codes in the order of the dimensions.
    pub values: BTreeMap<Vec<Arc<str>>, String>,
}

/// A row of a template.
pub(super) struct Row {
    /// Codes of the dimensions that vary, and the period if it varies; nothing where the code stands across.
    pub(super) codes: Vec<Arc<str>>,
    /// Earlier values, one per code across, or one.
    pub(super) references: Vec<Option<String>>,
}

/// The rows of a template.
pub(super) struct Rows {
    /// Dimensions that are the same everywhere, with their code.
    pub(super) fixed: Vec<(Arc<str>, Arc<str>)>,
    /// Dimensions that have a column, in order; the last may be the period.
    pub(super) varying: Vec<Arc<str>>,
    /// The dimension whose codes stand side by side, and these.
    pub(super) across: Option<(Arc<str>, Vec<Arc<str>>)>,
    pub(super) rows: Vec<Row>,
}

impl Rows {
    pub(super) fn of(template: &Template<'_>, periods: &[Period]) -> Result<Self, TemplateError> {
        let definition = template.definition;
        let known = || {
            let ids: Vec<&str> = definition.dimensions.iter().map(|dimension| &*dimension.id).collect();
            ids.join(", ")
        };
        let no_dimension = |dimension: &str| TemplateError::NoDimension {
            dimension: dimension.to_owned(),
            dataflow: definition.dataflow.short(),
            known: known(),
        };
        let area = definition.dimension(REF_AREA).ok_or_else(|| no_dimension(REF_AREA))?;
        admitted(area, template.area)?;
        let time = definition.time.clone().unwrap_or_else(|| Arc::from("TIME_PERIOD"));
        if let Some(across) = template.across.filter(|across| **across != *time) {
            definition.dimension(across).ok_or_else(|| no_dimension(across))?;
        }
        let keys = match template.reference {
            Some(reference) => keys_of_reference(template, reference)?,
            None => keys_of_listing(template)?,
        };
        let mut names: Vec<Arc<str>> = definition.dimensions.iter().map(|d| d.id.clone()).collect();
        names.push(time.clone());
        let mut full: Vec<Vec<Arc<str>>> = Vec::with_capacity(keys.len() * periods.len());
        for period in periods {
            let period: Arc<str> = period.to_string().into();
            full.extend(keys.iter().map(|key| key.iter().cloned().chain([period.clone()]).collect()));
            if full.len() > ROWS_LISTED_MAX {
                return Err(TemplateError::TooManyRows(keys.len() * periods.len()));
            }
        }
        let across = template.across.and_then(|across| names.iter().position(|name| **name == *across));
        Self::laid_out(template, &names, full, across)
    }

    /// Parts what is the same in all rows from what is not, and lays a dimension across.
    fn laid_out(
        template: &Template<'_>,
        names: &[Arc<str>],
        full: Vec<Vec<Arc<str>>>,
        across: Option<usize>,
    ) -> Result<Self, TemplateError> {
        let first = full.first().ok_or_else(|| TemplateError::Nothing(template.area.to_owned()))?.clone();
        let is_fixed = |place: usize| full.iter().all(|key| key[place] == first[place]);
        let (mut fixed, mut varying) = (Vec::new(), Vec::new());
        for place in (0..names.len()).filter(|place| Some(*place) != across) {
            if is_fixed(place) {
                fixed.push((names[place].clone(), first[place].clone()));
            } else {
                varying.push(place);
            }
        }
        let mut codes_across: Vec<Arc<str>> = Vec::new();
        if let Some(across) = across {
            let mut seen = HashSet::new();
            codes_across
                .extend(full.iter().map(|key| &key[across]).filter(|code| seen.insert(*code)).cloned());
            if codes_across.len() > ACROSS_MAX {
                let (dimension, codes) = (names[across].to_string(), codes_across.len());
                return Err(TemplateError::TooWide { dimension, codes });
            }
        }
        let value = |key: &[Arc<str>]| template.reference?.values.get(&key[..key.len() - 1]).cloned();
        let mut rows: Vec<Row> = Vec::new();
        let mut places: HashMap<Vec<Arc<str>>, usize> = HashMap::new();
        for key in &full {
            let codes: Vec<Arc<str>> = varying.iter().map(|place| key[*place].clone()).collect();
            let place = *places.entry(codes.clone()).or_insert(rows.len());
            if place == rows.len() {
                rows.push(Row { codes, references: vec![None; codes_across.len().max(1)] });
            }
            let nth = across.and_then(|across| codes_across.iter().position(|code| *code == key[across]));
            rows[place].references[nth.unwrap_or(0)] = value(key);
        }
        Ok(Self {
            fixed,
            varying: varying.into_iter().map(|place| names[place].clone()).collect(),
            across: across.map(|place| (names[place].clone(), codes_across)),
            rows,
        })
    }

    pub(super) fn size(&self) -> TemplateSize {
        let across = self.across.as_ref().map_or(1, |(_, codes)| codes.len());
        TemplateSize { rows: self.rows.len(), cells: self.rows.len() * across }
    }
}

/// The keys of an earlier vintage that are of this area.
fn keys_of_reference(
    template: &Template<'_>,
    reference: &Reference,
) -> Result<Vec<Vec<Arc<str>>>, TemplateError> {
    let place = |id: &str| template.definition.dimensions.iter().position(|dimension| *dimension.id == *id);
    let frequency = template.periods.first().and_then(|period| frequency(period));
    let fits = |key: &&Vec<Arc<str>>| {
        let of_area = place(REF_AREA).is_none_or(|at| *key[at] == *template.area);
        let of_frequency = place(FREQ).zip(frequency).is_none_or(|(at, frequency)| *key[at] == *frequency);
        of_area && of_frequency
    };
    let mut keys: Vec<_> = reference.values.keys().filter(fits).cloned().collect();
    // In the order of the code lists, which is the one that offices know.
    keys.sort_by_cached_key(|key| {
        let lists = template.definition.dimensions.iter().map(|dimension| dimension.coded_by.codelist());
        let places = lists.zip(key).map(|(list, code)| list.and_then(|list| list.position(code)));
        places.collect::<Vec<_>>()
    });
    if keys.is_empty() { Err(TemplateError::Nothing(template.area.to_owned())) } else { Ok(keys) }
}

/// The keys that the tables of a listing cross.
fn keys_of_listing(template: &Template<'_>) -> Result<Vec<Vec<Arc<str>>>, TemplateError> {
    let mut keys: Vec<Vec<Arc<str>>> = Vec::new();
    let mut seen = HashSet::new();
    for table in &template.listing.tables {
        for dimension in table.keys() {
            if template.definition.dimension(dimension).is_none() {
                let known: Vec<&str> = template.definition.dimensions.iter().map(|d| &*d.id).collect();
                return Err(TemplateError::NoDimension {
                    dimension: dimension.clone(),
                    dataflow: template.definition.dataflow.short(),
                    known: known.join(", "),
                });
            }
        }
        let mut crossed: Vec<Vec<Arc<str>>> = vec![Vec::new()];
        for dimension in &template.definition.dimensions {
            let codes = codes_of(template, dimension, table.get(&*dimension.id))?;
            let rows = crossed.len().saturating_mul(codes.len());
            if rows > ROWS_LISTED_MAX {
                return Err(TemplateError::TooManyRows(rows));
            }
            let longer = |key: &Vec<Arc<str>>| {
                let key = key.clone();
                codes
                    .iter()
                    .map(move |code| key.iter().cloned().chain([code.clone()]).collect())
                    .collect::<Vec<_>>()
            };
            crossed = crossed.iter().flat_map(longer).collect();
        }
        keys.extend(crossed.into_iter().filter(|key| seen.insert(key.clone())));
    }
    Ok(keys)
}

/// The codes of a dimension that a table asks for.
fn codes_of(
    template: &Template<'_>,
    dimension: &ComponentUse,
    listed: Option<&Vec<String>>,
) -> Result<Vec<Arc<str>>, TemplateError> {
    if &*dimension.id == REF_AREA {
        return Ok(vec![Arc::from(template.area)]);
    }
    if let Some(listed) = listed {
        listed.iter().try_for_each(|code| admitted(dimension, code))?;
        return Ok(listed.iter().map(|code| Arc::from(&**code)).collect());
    }
    let of_period = template.periods.first().and_then(|period| frequency(period));
    let candidates = match of_period {
        Some(frequency) if &*dimension.id == FREQ => vec![frequency],
        _ => vec!["_T", "_Z"],
    };
    let is_admitted = |code: &&str| admitted(dimension, code).is_ok();
    match candidates.into_iter().find(is_admitted) {
        Some(code) => Ok(vec![Arc::from(code)]),
        None => Err(TemplateError::Open { dimension: dimension.id.to_string() }),
    }
}

fn admitted(dimension: &ComponentUse, code: &str) -> Result<(), TemplateError> {
    let is_code = dimension.coded_by.codelist().is_none_or(|list| list.get(code).is_some());
    if is_code && dimension.admits(code) && !code.is_empty() {
        return Ok(());
    }
    let list = dimension.coded_by.codelist().map(|list| list.identity.id.to_string()).unwrap_or_default();
    let remedy = match &*list {
        "" => "write a code".to_owned(),
        list => format!("`mighub structure show codelist/{list}` shows them"),
    };
    Err(TemplateError::Code { dimension: dimension.id.to_string(), code: code.to_owned(), remedy })
}

/// The code of CL_FREQ that the form of a period says.
pub(super) fn frequency(period: &str) -> Option<&'static str> {
    let after_year = period.get(4..)?;
    Some(match after_year.as_bytes() {
        [] => "A",
        [b'-', b'A', ..] => "A",
        [b'-', b'S', ..] => "S",
        [b'-', b'Q', ..] => "Q",
        [b'-', b'M', ..] | [b'-', b'0'..=b'9', b'0'..=b'9'] => "M",
        [b'-', b'0'..=b'9', b'0'..=b'9', b'-', ..] => "D",
        _ => return None,
    })
}
