//! The release view: columns as a policy lets them be published. Stored figures are not touched.

use std::sync::Arc;

use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, SourceMap};

use crate::audit::Report;
use crate::policy::Policy;
use crate::read::{Reading, Stage};
use crate::round::RoundingKey;
use crate::sums::{Sums, Tree};
use crate::suppress::{Loss, suppress};
use crate::table::{Care, Table, TooManyCells};
use crate::view::{CellView, FIGURE_ATTRIBUTES, Seen};

/// OBS_STATUS of a figure that is not given: suppressed.
const SUPPRESSED: &str = "Q";
const OBS_STATUS: &str = "OBS_STATUS";
const CONF_STATUS: &str = "CONF_STATUS";
const CENSOR_LOWER: &str = "CENSOR_LOWER";
const CENSOR_UPPER: &str = "CENSOR_UPPER";
/// CONF_STATUS of what everybody may see.
const FREE: &str = "F";

/// Columns as they may be published.
#[derive(Clone, Debug)]
pub struct Released {
    /// The observations, in the order in which they came: hidden ones keep their key, with OBS_STATUS Q and the
    /// CONF_STATUS of the policy, and nothing else.
    pub columns: Columns,
    /// Cells that were hidden because they are small.
    pub primary: usize,
    /// What the audit says of what is published: whether it may be.
    pub report: Report,
    /// What readers lose by cells that were hidden for others' sake.
    pub loss: Loss,
}

/// Why there is no release view.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Too many observations.
    #[error(transparent)]
    TooManyCells(#[from] TooManyCells),
    /// The policy rounds, and no secret was given.
    #[error("the policy rounds figures: a secret is needed that rounding is keyed by")]
    NoRoundingKey,
}

/// What is published of columns. `unmarked` is the CONF_STATUS of an observation without one.
///
/// Suppression is judged by exact figures even where they are rounded afterwards: rounding only helps.
pub fn release(
    columns: &Columns,
    policy: &Policy,
    sums: &Sums,
    trees: &[Tree],
    unmarked: Option<Arc<str>>,
    key: Option<&RoundingKey>,
) -> Result<Released, ReleaseError> {
    if policy.rounding.is_some() && key.is_none() {
        return Err(ReleaseError::NoRoundingKey);
    }
    let mut reading = Reading::new(&columns.shape, policy, sums, Stage::Stored).unmarked(unmarked);
    reading.push(columns)?;
    let figures = reading.figures();
    let stored = reading.finish(trees);
    let (table, report, loss) = if policy.suppression {
        let suppression = suppress(stored, &figures, policy);
        (suppression.table, suppression.report, suppression.loss)
    } else {
        let report = crate::audit::audit(&stored, policy.width);
        (stored, report, Loss::default())
    };
    let view = View { columns, policy, table: &table, key };
    let primary = (0..table.cells().len()).filter(|cell| view.hides(*cell, Care::Secret)).count();
    Ok(Released { columns: view.make(), primary, report, loss })
}

struct View<'a> {
    columns: &'a Columns,
    policy: &'a Policy,
    table: &'a Table,
    key: Option<&'a RoundingKey>,
}

impl View<'_> {
    /// Whether this view hides an observation that has a value: for its own sake, or for others'.
    fn hides(&self, place: usize, care: Care) -> bool {
        self.table.cell(place as u32).care == care && self.columns.value(place).is_some()
    }

    fn make(&self) -> Columns {
        let columns = self.columns;
        let shape = columns.shape.clone();
        let text = |code: &str| AttributeValue::text(code);
        let suppressed = text(SUPPRESSED);
        let codes = &self.policy.conf_status;
        let (primary, secondary) = (text(&codes.primary), text(&codes.secondary));
        let confidentiality = shape.observation_attribute(CONF_STATUS);
        // A figure that the office restricted keeps its own status.
        let own = |place: usize| {
            let status = columns.observation_attributes[confidentiality?].get(place);
            status.filter(|status| status.as_text().is_some_and(|code| code != FREE))
        };
        let cells = CellView::new(self.policy, self.key);
        let bounds = cells.bounds();
        let mut builder = ColumnsBuilder::new(shape.clone());
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            builder.start_series(columns, series, &mut map);
            let places = columns.observations(series);
            let is_concerned = cells.concerns(columns, series);
            // Attributes of a series may say what its figures do not.
            if places.clone().any(|place| self.table.cell(place as u32).care == Care::Shown) {
                builder.series_attributes_of(columns, series, &mut map);
            } else {
                (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
            }
            for place in places {
                let period = columns.periods[place];
                let hidden = [(Care::Secret, &primary), (Care::Helper, &secondary)];
                let status = hidden.into_iter().find(|(care, _)| self.hides(place, *care));
                let value = match status {
                    Some(_) => None,
                    None => columns.value(place).map(|value| match is_concerned {
                        true => self.rounded(place, value),
                        false => value,
                    }),
                };
                let is_small = status.is_some_and(|(care, _)| care == Care::Secret);
                builder.observation(period, value, |attribute| {
                    let id = &*shape.observation_attributes[attribute];
                    let Some((_, status)) = status else {
                        let stored = || columns.observation_attributes[attribute].get(place);
                        let tells = value.is_some() && is_concerned && FIGURE_ATTRIBUTES.contains(&id);
                        return if tells { None } else { stored() };
                    };
                    match id {
                        OBS_STATUS => Some(&suppressed),
                        CONF_STATUS => own(place).or(Some(status)),
                        CENSOR_LOWER if is_small => bounds.as_ref().map(|(low, _)| low),
                        CENSOR_UPPER if is_small => bounds.as_ref().map(|(_, high)| high),
                        _ => None,
                    }
                });
            }
            builder.end_series();
        }
        builder.take()
    }

    /// A figure that is let through, however small.
    fn rounded(&self, place: usize, value: Decimal) -> Decimal {
        match CellView::new(self.policy, self.key).seen(value, || self.table.name(place as u32)) {
            Seen::Figure(seen) => seen,
            Seen::Small => value,
        }
    }
}
