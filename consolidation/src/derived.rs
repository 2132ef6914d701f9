//! Derived rows read back: what a reader of MIG_FLOW_OD or MIG_STOCK_OD has in hand, and the proof that a consolidated
//! figure follows from its inputs alone.
//!
//! What lives here: rows as values and [`recompute`]. What must not: the making of rows.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns};
use mighub_sdmx::{Decimal, Period};

use crate::dataflow::Target;
use crate::exact;
use crate::method::{Method, Rule, agree};
use crate::source::InputRef;

/// One row of a derived dataflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedRow {
    /// The dataflow.
    pub target: Target,
    /// FREQ.
    pub freq: Arc<str>,
    /// ORIGIN.
    pub origin: Arc<str>,
    /// DESTINATION.
    pub destination: Arc<str>,
    /// SEX.
    pub sex: Arc<str>,
    /// AGE.
    pub age: Arc<str>,
    /// DURATION; stocks have none.
    pub duration: Option<Arc<str>>,
    /// VIEW.
    pub view: Arc<str>,
    /// CONS_METHOD.
    pub method: Arc<str>,
    /// The period.
    pub period: Period,
    /// The figure.
    pub value: Option<Decimal>,
    /// OBS_STATUS.
    pub status: Option<Arc<str>>,
    /// CONF_STATUS, if it is another than F: the figure may not be seen.
    pub restricted: Option<Arc<str>>,
    /// CONS_RULE.
    pub rule: Option<Rule>,
    /// RO_VALUE.
    pub origin_value: Option<Decimal>,
    /// RD_VALUE.
    pub destination_value: Option<Decimal>,
    /// ASYMMETRY.
    pub asymmetry: Option<Decimal>,
    /// LOWER.
    pub lower: Option<Decimal>,
    /// UPPER.
    pub upper: Option<Decimal>,
    /// DEF_NOTE.
    pub definitions: Option<Arc<str>>,
    /// OBS_FLAG_SRC.
    pub flags: Option<Arc<str>>,
    /// REFUGEES_INCL: refugees were added to the reported stock.
    pub refugees: bool,
    /// INPUT_REFS; the first is the one whose figure was taken. A text that is none is left out.
    pub inputs: Vec<InputRef>,
}

/// Rows of columns, in their order; nothing if the columns are of another dataflow.
pub fn rows(columns: &Columns) -> Option<impl Iterator<Item = DerivedRow> + '_> {
    let reader = Reader::new(columns)?;
    let series = 0..columns.series_count();
    Some(series.flat_map(move |series| {
        let reader = reader.clone();
        columns.observations(series).map(move |observation| reader.row(columns, series, observation))
    }))
}

#[derive(Clone)]
struct Reader {
    target: Target,
    /// FREQ, ORIGIN, DESTINATION, SEX, AGE, VIEW, CONS_METHOD.
    dimensions: [usize; 7],
    duration: Option<usize>,
}

impl Reader {
    fn new(columns: &Columns) -> Option<Self> {
        let place = |id: &str| columns.shape.dimensions.iter().position(|dimension| &**dimension == id);
        let duration = place("DURATION");
        Some(Self {
            target: if duration.is_some() { Target::Flow } else { Target::Stock },
            dimensions: [
                place("FREQ")?,
                place("ORIGIN")?,
                place("DESTINATION")?,
                place("SEX")?,
                place("AGE")?,
                place("VIEW")?,
                place("CONS_METHOD")?,
            ],
            duration,
        })
    }

    fn row(&self, columns: &Columns, series: usize, observation: usize) -> DerivedRow {
        let code = |nth: usize| columns.code(series, self.dimensions[nth]).clone();
        let attribute = |id: &str| -> Option<&AttributeValue> {
            match columns.shape.observation_attribute(id) {
                Some(place) => columns.observation_attributes[place].get(observation),
                None => columns.series_attributes[columns.shape.series_attribute(id)?].get(series),
            }
        };
        let text = |id: &str| match attribute(id)? {
            AttributeValue::Text(text) => Some(text.clone()),
            AttributeValue::Many(_) => None,
        };
        let number = |id: &str| Decimal::parse(text(id)?.as_bytes()).ok();
        let restricted = text("CONF_STATUS").filter(|status| &**status != "F");
        DerivedRow {
            target: self.target,
            freq: code(0),
            origin: code(1),
            destination: code(2),
            sex: code(3),
            age: code(4),
            duration: self.duration.map(|place| columns.code(series, place).clone()),
            view: code(5),
            method: code(6),
            period: columns.periods[observation],
            value: columns.value(observation).filter(|_| restricted.is_none()),
            status: text("OBS_STATUS"),
            rule: text("CONS_RULE").and_then(|code| Rule::of_code(&code)),
            origin_value: number("RO_VALUE"),
            destination_value: number("RD_VALUE"),
            asymmetry: number("ASYMMETRY"),
            lower: number("LOWER"),
            upper: number("UPPER"),
            definitions: text("DEF_NOTE"),
            flags: text("OBS_FLAG_SRC"),
            refugees: text("REFUGEES_INCL").is_some_and(|text| &*text == "true"),
            inputs: attribute("INPUT_REFS").map(input_refs).unwrap_or_default(),
            restricted,
        }
    }
}

fn input_refs(value: &AttributeValue) -> Vec<InputRef> {
    match value {
        AttributeValue::Text(text) => text.parse().into_iter().collect(),
        AttributeValue::Many(values) => {
            values.iter().flatten().filter_map(|value| value.text.parse().ok()).collect()
        }
    }
}

/// The figure of a consolidated row, computed anew from the figures its INPUT_REFS lead to, and from nothing else but
/// the method as published. `figure_of` reads a reported figure, in units of one. Nothing where a reference leads
/// nowhere, and for M4, whose figures rest on whole matrices.
pub fn recompute(
    row: &DerivedRow,
    method: &Method,
    mut figure_of: impl FnMut(&InputRef, Period) -> Option<Decimal>,
) -> Option<Decimal> {
    let figures: Vec<Decimal> = row
        .inputs
        .iter()
        .map(|input| figure_of(input, input.period.unwrap_or(row.period)))
        .collect::<Option<_>>()?;
    let taken = *figures.first()?;
    match (row.rule?, method) {
        // A sum of a reported stock and the refugees it leaves out: two references, both of the destination.
        _ if row.target == Target::Stock && row.refugees && figures.len() == 2 => {
            exact::add(scaled(row, method, taken)?, figures[1])
        }
        (Rule::Agree, _) => exact::mean(taken, *figures.get(1)?),
        (Rule::Carried, Method::M1(quality)) => {
            let mean = figures.get(1).filter(|_| row.definitions.is_none());
            Some(mean.and_then(|other| agree(quality, taken, *other)).unwrap_or(taken))
        }
        (Rule::Scaled, _) => scaled(row, method, taken),
        (Rule::Fitted, _) => None,
        _ => Some(taken),
    }
}

fn scaled(row: &DerivedRow, method: &Method, taken: Decimal) -> Option<Decimal> {
    let (Some(Rule::Scaled), Method::M3(correction)) = (row.rule, method) else { return Some(taken) };
    let mut codes = row.inputs.first()?.key.split('.').skip(1);
    let (area, direction) = (codes.next()?, codes.next()?);
    let direction = if row.target == Target::Stock { "_Z" } else { direction };
    exact::multiply(taken, correction.factor(area, direction, row.period)?, correction.digits)
}
