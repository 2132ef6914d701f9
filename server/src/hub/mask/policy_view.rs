//! What a disclosure policy leaves of the cells that a mask shows: small ones and those chosen for their sake keep
//! key and status, the others are rounded.
//!
//! What lives here: columns in, columns out. What must not: which policy a lane follows (`rights`), and which cells are
//! chosen (`disclose`).

use std::sync::Arc;

use mighub_disclosure::view::FIGURE_ATTRIBUTES;
use mighub_disclosure::{CellView, RoundingKey, Seen, cell_name};
use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, SourceMap};

use crate::hub::agreement::CONF_STATUS;
use crate::hub::disclose::{CellSet, InForce};

/// OBS_STATUS of a figure that is not given: suppressed.
const SUPPRESSED: &str = "Q";
const OBS_STATUS: &str = "OBS_STATUS";
const CENSOR_LOWER: &str = "CENSOR_LOWER";
const CENSOR_UPPER: &str = "CENSOR_UPPER";

/// A policy, with all that it takes to show figures by it.
#[derive(Clone, Debug)]
pub struct PolicyView {
    in_force: Arc<InForce>,
    rounding: RoundingKey,
    suppressed: Arc<CellSet>,
}

/// Keys follow from the lane, and cells from the policy in force.
impl PartialEq for PolicyView {
    fn eq(&self, other: &Self) -> bool {
        self.in_force == other.in_force
    }
}

impl Eq for PolicyView {}

/// What becomes of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// As it is.
    Shown,
    /// Another figure, and no attributes that tell more.
    Figure(Decimal),
    /// Hidden because it is small.
    Small,
    /// Hidden for others' sake.
    Suppressed,
}

impl PolicyView {
    /// The view of a policy; figures are rounded by a key of the lane.
    pub fn new(in_force: Arc<InForce>, rounding: RoundingKey, suppressed: Arc<CellSet>) -> Self {
        Self { in_force, rounding, suppressed }
    }

    /// The columns through this view. Cells that the mask hides stay as the mask left them.
    pub(super) fn of(&self, columns: &Columns, masked: &[bool]) -> Columns {
        let view = CellView::new(&self.in_force.policy, Some(&self.rounding));
        let shape = columns.shape.clone();
        let codes = &self.in_force.policy.conf_status;
        let suppressed = AttributeValue::text(SUPPRESSED);
        let (primary, secondary) =
            (AttributeValue::text(&codes.primary), AttributeValue::text(&codes.secondary));
        let bounds = view.bounds();
        let mut builder = ColumnsBuilder::new(shape.clone());
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let is_concerned = view.concerns(columns, series);
            let places = columns.observations(series);
            let fates: Vec<Fate> = places
                .clone()
                .map(|place| self.fate(&view, columns, masked, series, place, is_concerned))
                .collect();
            builder.start_series(columns, series, &mut map);
            let tells_nothing = |(place, fate): (usize, &Fate)| {
                masked.get(place).is_some_and(|masked| *masked)
                    || matches!(fate, Fate::Small | Fate::Suppressed)
            };
            // Attributes of a series may say what its figures do not.
            if places.clone().zip(&fates).all(tells_nothing) {
                (0..shape.series_attributes.len()).for_each(|place| {
                    let kept = [OBS_STATUS, CONF_STATUS].contains(&&*shape.series_attributes[place]);
                    let value = columns.series_attributes[place].get(series).filter(|_| kept);
                    builder.series_attribute(place, value);
                });
            } else {
                builder.series_attributes_of(columns, series, &mut map);
            }
            for (place, fate) in places.zip(fates) {
                let stored = |attribute: usize| columns.observation_attributes[attribute].get(place);
                let id = |attribute: usize| &*shape.observation_attributes[attribute];
                let period = columns.periods[place];
                match fate {
                    Fate::Shown => builder.observation(period, columns.value(place), stored),
                    Fate::Figure(figure) => builder.observation(period, Some(figure), |attribute| {
                        stored(attribute).filter(|_| !FIGURE_ATTRIBUTES.contains(&id(attribute)))
                    }),
                    Fate::Small => builder.observation(period, None, |attribute| match id(attribute) {
                        OBS_STATUS => Some(&suppressed),
                        CONF_STATUS => Some(&primary),
                        CENSOR_LOWER => bounds.as_ref().map(|(low, _)| low),
                        CENSOR_UPPER => bounds.as_ref().map(|(_, high)| high),
                        _ => None,
                    }),
                    Fate::Suppressed => builder.observation(period, None, |attribute| match id(attribute) {
                        OBS_STATUS => Some(&suppressed),
                        CONF_STATUS => Some(&secondary),
                        _ => None,
                    }),
                }
            }
            builder.end_series();
        }
        builder.take()
    }

    fn fate(
        &self,
        view: &CellView<'_>,
        columns: &Columns,
        masked: &[bool],
        series: usize,
        place: usize,
        is_concerned: bool,
    ) -> Fate {
        let Some(value) = columns.value(place) else { return Fate::Shown };
        if masked.get(place).is_some_and(|masked| *masked) {
            return Fate::Shown;
        }
        let name = || cell_name(columns, series, place);
        let seen = if is_concerned { view.seen(value, name) } else { Seen::Figure(value) };
        match seen {
            Seen::Small => Fate::Small,
            // A cell that was chosen in another state and is 0 here, or less, hides nothing.
            Seen::Figure(_) if value.unscaled > 0 && self.suppressed.has(name) => Fate::Suppressed,
            Seen::Figure(figure) if is_concerned => Fate::Figure(figure),
            Seen::Figure(_) => Fate::Shown,
        }
    }
}
