//! Figures of one kind by corridor and period, taken from derived rows: what aggregates are computed from.
//!
//! What lives here: the choice of rows and the table they make. What must not: sums of several corridors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;
use mighub_sdmx::columns::{Columns, Interner};
use mighub_sdmx::{Decimal, Period};

use crate::dataflow::Target;
use crate::exact;

/// Most figures one table holds: all corridors of 300 areas for half a century.
pub const FIGURES_MAX: usize = 5_000_000;

/// Which rows of a derived dataflow are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// VIEW.
    pub view: Arc<str>,
    /// CONS_METHOD.
    pub method: Arc<str>,
    /// FREQ.
    pub freq: Arc<str>,
    /// SEX; figures of several are summed, and one that lacks a part is missing.
    pub sexes: BTreeSet<Arc<str>>,
    /// AGE; several as for sex.
    pub ages: BTreeSet<Arc<str>>,
    /// DURATION, of flows.
    pub duration: Arc<str>,
}

impl Choice {
    /// Yearly figures of both sexes and all ages, long-term, of a view and a method.
    pub fn totals(view: &str, method: &str) -> Self {
        let one = |code: &str| BTreeSet::from([Arc::from(code)]);
        Self {
            view: Arc::from(view),
            method: Arc::from(method),
            freq: Arc::from("A"),
            sexes: one("_T"),
            ages: one("_T"),
            duration: Arc::from("LT"),
        }
    }
}

/// What a corridor shows in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A figure.
    Figure(Decimal),
    /// One that the reader may not see.
    Hidden,
}

/// Why rows are no figures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FiguresError {
    /// Columns of another dataflow.
    #[error("these are rows of {0}; figures are taken from MIG_FLOW_OD or MIG_STOCK_OD, and not from both")]
    Foreign(String),
    /// Too many.
    #[error("more than {FIGURES_MAX} figures: choose fewer areas or periods")]
    TooMany,
}

/// One figure while its parts come in.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// Nothing once a sum is too long to be exact.
    sum: Option<Decimal>,
    count: usize,
    hidden: bool,
}

/// Figures by period and corridor.
#[derive(Clone, Debug)]
pub struct Figures {
    choice: Choice,
    target: Option<Target>,
    areas: Interner,
    cells: BTreeMap<Period, HashMap<(u32, u32), Parts>>,
    count: usize,
}

impl Figures {
    /// None yet.
    pub fn new(choice: Choice) -> Self {
        Self { choice, target: None, areas: Interner::default(), cells: BTreeMap::new(), count: 0 }
    }

    /// Takes the rows that are meant from columns.
    pub fn push(&mut self, columns: &Columns) -> Result<(), FiguresError> {
        let place = |id: &str| columns.shape.dimensions.iter().position(|dimension| &**dimension == id);
        let foreign = || FiguresError::Foreign(columns.shape.dimensions.join("."));
        let ids = ["FREQ", "ORIGIN", "DESTINATION", "SEX", "AGE", "VIEW", "CONS_METHOD"];
        let mut places = [0; 7];
        for (found, id) in places.iter_mut().zip(ids) {
            *found = place(id).ok_or_else(foreign)?;
        }
        let [freq, origin, destination, sex, age, view, method] = places;
        let duration = place("DURATION");
        let target = if duration.is_some() { Target::Flow } else { Target::Stock };
        if *self.target.get_or_insert(target) != target {
            return Err(foreign());
        }
        let confidentiality = columns.shape.observation_attribute("CONF_STATUS");
        let choice = self.choice.clone();
        for series in 0..columns.series_count() {
            let code = |place: usize| columns.code(series, place);
            let meant = *code(view) == choice.view
                && *code(method) == choice.method
                && *code(freq) == choice.freq
                && choice.sexes.contains(code(sex))
                && choice.ages.contains(code(age))
                && duration.is_none_or(|place| *code(place) == choice.duration);
            if !meant {
                continue;
            }
            let corridor =
                (self.areas.intern_shared(code(origin)), self.areas.intern_shared(code(destination)));
            let multiplier = multiplier(columns, series);
            for observation in columns.observations(series) {
                let status = confidentiality
                    .and_then(|place| columns.observation_attributes[place].get(observation)?.as_text());
                let restricted = status.is_some_and(|status| status != "F");
                let shown = match columns.value(observation) {
                    Some(value) => Shown::Figure(value),
                    None if restricted => Shown::Hidden,
                    None => continue,
                };
                self.add(columns.periods[observation], corridor, shown, multiplier)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        period: Period,
        corridor: (u32, u32),
        shown: Shown,
        multiplier: u32,
    ) -> Result<(), FiguresError> {
        let parts = self.cells.entry(period).or_default().entry(corridor).or_insert_with(|| {
            self.count += 1;
            Parts { sum: Some(Decimal::integer(0)), count: 0, hidden: false }
        });
        parts.count += 1;
        match shown {
            Shown::Figure(value) => {
                let factor = 10i64.checked_pow(multiplier).map(Decimal::integer);
                let value = factor.and_then(|factor| exact::multiply(value, factor, value.scale));
                parts.sum = parts.sum.zip(value).and_then(|(sum, value)| exact::add(sum, value));
            }
            Shown::Hidden => parts.hidden = true,
        }
        if self.count > FIGURES_MAX { Err(FiguresError::TooMany) } else { Ok(()) }
    }

    /// What was chosen.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The dataflow; nothing before the first columns.
    pub fn target(&self) -> Option<Target> {
        self.target
    }

    /// Periods with rows, in order.
    pub fn periods(&self) -> impl Iterator<Item = Period> + '_ {
        self.cells.keys().copied()
    }

    /// All areas that are an end of some corridor.
    pub fn areas(&self) -> BTreeSet<Arc<str>> {
        self.areas.codes().iter().cloned().collect()
    }

    /// What a corridor shows in a period.
    pub fn get(&self, origin: &str, destination: &str, period: Period) -> Option<Shown> {
        let number = |code: &str| self.areas.codes().iter().position(|known| &**known == code);
        let corridor = (number(origin)? as u32, number(destination)? as u32);
        self.shown(self.cells.get(&period)?.get(&corridor)?)
    }

    /// Everything of a period by the numbers of origin and destination, in no order.
    pub(crate) fn of_period(&self, period: Period) -> impl Iterator<Item = ((u32, u32), Shown)> + '_ {
        let cells = self.cells.get(&period).into_iter().flatten();
        cells.filter_map(|(corridor, parts)| Some((*corridor, self.shown(parts)?)))
    }

    /// Everything of a period by origin and destination, in their order.
    pub fn corridors(&self, period: Period) -> BTreeMap<(Arc<str>, Arc<str>), Shown> {
        let code = |number: u32| self.code(number).clone();
        self.of_period(period).map(|((from, to), shown)| ((code(from), code(to)), shown)).collect()
    }

    pub(crate) fn code(&self, number: u32) -> &Arc<str> {
        &self.areas.codes()[number as usize]
    }

    pub(crate) fn codes(&self) -> &[Arc<str>] {
        self.areas.codes()
    }

    fn shown(&self, parts: &Parts) -> Option<Shown> {
        if parts.hidden {
            return Some(Shown::Hidden);
        }
        let complete = parts.count == self.choice.sexes.len() * self.choice.ages.len();
        parts.sum.filter(|_| complete).map(Shown::Figure)
    }
}

fn multiplier(columns: &Columns, series: usize) -> u32 {
    let text = columns
        .shape
        .series_attribute("UNIT_MULT")
        .and_then(|place| columns.series_attributes[place].get(series)?.as_text());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}
