//! From columns to a table: what of each observation its readers know.
//!
//! What lives here: what statuses mean for who may know a figure. What must not: what follows from it.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, Columns, Shape};
use mighub_sdmx::{Decimal, Period};

use crate::policy::{Codes, Policy};
use crate::sums::{Sums, Tree};
use crate::table::{Bounds, Care, Cell, Table, TableBuilder, TooManyCells};

/// The name of time in a table.
const TIME: &str = "TIME_PERIOD";
const OBS_STATUS: &str = "OBS_STATUS";
const CONF_STATUS: &str = "CONF_STATUS";
const CENSOR_LOWER: &str = "CENSOR_LOWER";
const CENSOR_UPPER: &str = "CENSOR_UPPER";
/// CONF_STATUS of what everybody may see.
const FREE: &str = "F";
/// OBS_STATUS of a figure that was suppressed.
const SUPPRESSED: &str = "Q";
/// OBS_STATUS of a figure that cannot exist: nobody is counted there.
const CANNOT_EXIST: &str = "M";
/// CONF_STATUS of figures that are hidden for others' sake.
const SECONDARY: [&str; 2] = ["D", "S"];

/// Whether figures are as they were published, or as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// As published: small figures that are shown were let through, and rounding is done.
    Published,
    /// As stored: small figures are still to be hidden, and figures are exact.
    Stored,
}

/// Reads columns of one dataflow, batch by batch. Cells come in the order of the observations.
#[derive(Debug)]
pub struct Reading<'p> {
    policy: &'p Policy,
    sums: &'p Sums,
    stage: Stage,
    /// CONF_STATUS of an observation without one; nothing: it is not free.
    unmarked: Option<Arc<str>>,
    builder: TableBuilder,
    figures: Vec<Figure>,
    scale: u8,
}

/// An observation before the table's unit is known.
#[derive(Clone, Copy, Debug)]
struct Figure {
    value: Option<Decimal>,
    lower: Option<Decimal>,
    upper: Option<Decimal>,
    status: Status,
    is_concerned: bool,
}

/// What statuses say of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Everybody may have it.
    Free,
    /// It was left out, and is no secret.
    Missing,
    /// There is none: 0.
    CannotExist,
    /// It was suppressed, and nothing says why.
    Suppressed,
    /// It is restricted, because it is small.
    Primary,
    /// It is restricted for others' sake, by the policy.
    Secondary,
    /// It is restricted for others' sake, by the office.
    SecondaryOfOffice,
    /// It is restricted for another reason.
    Restricted,
}

impl<'p> Reading<'p> {
    /// No figures yet, of columns of a shape.
    pub fn new(shape: &Shape, policy: &'p Policy, sums: &'p Sums, stage: Stage) -> Self {
        let dimensions = shape.dimensions.iter().cloned().chain([TIME.into()]);
        Self {
            policy,
            sums,
            stage,
            unmarked: None,
            builder: TableBuilder::new(dimensions),
            figures: Vec::new(),
            scale: 0,
        }
    }

    /// Says which CONF_STATUS an observation has that has none.
    pub fn unmarked(mut self, status: Option<Arc<str>>) -> Self {
        self.unmarked = status;
        self
    }

    /// Adds observations.
    pub fn push(&mut self, columns: &Columns) -> Result<(), TooManyCells> {
        self.push_withheld(columns, &[])
    }

    /// Adds observations of which some are withheld, whatever their status; those beyond the list are not.
    pub fn push_withheld(&mut self, columns: &Columns, withheld: &[bool]) -> Result<(), TooManyCells> {
        let attribute = |id: &str| Attribute::of(columns, id);
        let (status, confidentiality) = (attribute(OBS_STATUS), attribute(CONF_STATUS));
        let (lower, upper) = (attribute(CENSOR_LOWER), attribute(CENSOR_UPPER));
        for series in 0..columns.series_count() {
            let is_concerned = matches(columns, series, &self.policy.concerns).all(|matches| matches);
            let is_signed = matches(columns, series, &self.policy.may_be_negative).any(|matches| matches);
            let is_additive = !matches(columns, series, &self.sums.not_additive).any(|matches| matches);
            let key: Vec<&str> = columns.key(series).codes().map(|code| &**code).collect();
            for place in columns.observations(series) {
                let period = columns.periods[place];
                let text = if period == Period::ANY { String::new() } else { period.to_string() };
                let cell = Cell {
                    bounds: Bounds::NONE,
                    care: Care::Missing,
                    signed: is_signed,
                    additive: is_additive,
                };
                self.builder.cell(key.iter().copied().chain([&*text]), cell)?;
                let decimal =
                    |attribute: &Attribute<'_>| Decimal::parse(attribute.get(series, place)?.as_bytes()).ok();
                let value = columns.value(place);
                let confidentiality = confidentiality.get(series, place).or(self.unmarked.as_deref());
                let is_withheld = withheld.get(place).is_some_and(|withheld| *withheld);
                let status = match is_withheld {
                    true => Status::Restricted,
                    false => self.status(confidentiality, status.get(series, place), value.is_some()),
                };
                let (lower, upper) = (decimal(&lower), decimal(&upper));
                let figure = Figure { value, lower, upper, status, is_concerned };
                let scales = [figure.value, figure.lower, figure.upper].into_iter().flatten();
                self.scale = scales.map(|decimal| decimal.scale).fold(self.scale, u8::max);
                self.figures.push(figure);
            }
        }
        Ok(())
    }

    fn status(&self, confidentiality: Option<&str>, status: Option<&str>, has_value: bool) -> Status {
        let codes = &self.policy.conf_status;
        match confidentiality {
            Some(FREE) if has_value => Status::Free,
            Some(FREE) => match status {
                Some(SUPPRESSED) => Status::Suppressed,
                Some(CANNOT_EXIST) => Status::CannotExist,
                _ => Status::Missing,
            },
            // Where both are hidden with one code, nobody can tell them apart.
            Some(code) if codes.primary == codes.secondary && code == codes.primary => Status::Restricted,
            Some(code) if code == codes.primary => Status::Primary,
            Some(code) if code == codes.secondary => Status::Secondary,
            Some(code) if SECONDARY.contains(&code) => Status::SecondaryOfOffice,
            _ => Status::Restricted,
        }
    }

    /// The figures themselves, in the units of the table that [`Self::finish`] makes; nothing where there is none.
    pub fn figures(&self) -> Vec<Option<i128>> {
        let units = Units { scale: self.scale, policy: self.policy, stage: self.stage };
        self.figures.iter().map(|figure| figure.value.map(|value| units.whole(value))).collect()
    }

    /// The table, with all relations between its cells.
    pub fn finish(self, trees: &[Tree]) -> Table {
        let mut table = self.builder.finish(self.scale);
        let units = Units { scale: self.scale, policy: self.policy, stage: self.stage };
        for (figure, cell) in self.figures.iter().zip(0..) {
            let known = table.cell_mut(cell);
            (known.bounds, known.care) = units.known(figure, known.signed);
        }
        table.relate_by(self.sums, trees, self.policy);
        table
    }
}

/// What is known of figures, in the table's units.
struct Units<'p> {
    scale: u8,
    policy: &'p Policy,
    stage: Stage,
}

impl Units<'_> {
    fn known(&self, figure: &Figure, signed: bool) -> (Bounds, Care) {
        let open = if signed { Bounds::NONE } else { Bounds::not_negative() };
        let secret = if figure.is_concerned { Care::Secret } else { Care::Missing };
        let minimum = i128::from(self.policy.minimum_cell) * self.unit();
        let knows_rule = self.policy.rule_is_public && minimum > self.unit() && !signed;
        match (figure.status, figure.value) {
            (Status::Free, Some(value)) => self.shown(value, figure.is_concerned, open),
            (Status::CannotExist, _) => (Bounds::point(0), Care::Shown),
            (Status::Suppressed, _) => (open.within(self.censored(figure)), secret),
            (Status::Primary, _) if knows_rule => (self.small(), secret),
            (Status::Secondary, _) if knows_rule => (Bounds { low: Some(minimum), high: None }, Care::Helper),
            (Status::Secondary | Status::SecondaryOfOffice, _) => (open, Care::Helper),
            (Status::Primary | Status::Restricted, _) => (open, secret),
            (Status::Free | Status::Missing, _) => (open, Care::Missing),
        }
    }

    fn shown(&self, value: Decimal, is_concerned: bool, open: Bounds) -> (Bounds, Care) {
        let figure = self.whole(value);
        if self.stage == Stage::Stored {
            let is_small = figure >= 0
                && (figure > 0 || self.policy.zeros_count)
                && figure < i128::from(self.policy.minimum_cell) * self.unit();
            if is_small && is_concerned {
                let known = if self.policy.rule_is_public { self.small().within(open) } else { open };
                return (known, Care::Secret);
            }
            return (Bounds::point(figure), Care::Shown);
        }
        match self.policy.rounding.filter(|_| is_concerned) {
            None => (Bounds::point(figure), Care::Shown),
            Some(base) => {
                let reach = base.number() * self.unit() - 1;
                (Bounds::between(figure - reach, figure + reach).within(open), Care::Shown)
            }
        }
    }

    /// What is known of a figure that was hidden because it is small.
    fn small(&self) -> Bounds {
        let minimum = i128::from(self.policy.minimum_cell) * self.unit();
        Bounds::between(i128::from(!self.policy.zeros_count), minimum - 1)
    }

    /// What a suppressed figure itself says of where it lies.
    fn censored(&self, figure: &Figure) -> Bounds {
        let whole = |bound: Option<Decimal>| bound.map(|bound| self.whole(bound));
        Bounds { low: whole(figure.lower), high: whole(figure.upper) }
    }

    fn unit(&self) -> i128 {
        10i128.pow(u32::from(self.scale))
    }

    fn whole(&self, value: Decimal) -> i128 {
        i128::from(value.unscaled) * 10i128.pow(u32::from(self.scale.saturating_sub(value.scale)))
    }
}

/// An attribute at whatever level it stands.
enum Attribute<'c> {
    Observation(&'c AttributeColumn, Vec<u32>),
    Series(&'c AttributeColumn),
    None,
}

impl<'c> Attribute<'c> {
    fn of(columns: &'c Columns, id: &str) -> Self {
        if let Some(place) = columns.shape.observation_attribute(id) {
            let column = &columns.observation_attributes[place];
            return Self::Observation(column, column.runs.iter().collect());
        }
        match columns.shape.series_attribute(id) {
            Some(place) => Self::Series(&columns.series_attributes[place]),
            None => Self::None,
        }
    }

    fn get(&self, series: usize, observation: usize) -> Option<&'c str> {
        match self {
            Self::Observation(column, codes) => column.value(*codes.get(observation)?)?.as_text(),
            Self::Series(column) => column.get(series)?.as_text(),
            Self::None => None,
        }
    }
}

/// Per component that is named and that a series has, whether its code is among the named ones.
pub(crate) fn matches(columns: &Columns, series: usize, codes: &Codes) -> impl Iterator<Item = bool> {
    codes.iter().filter_map(move |(component, codes)| {
        let shape = &columns.shape;
        let code = match shape.dimensions.iter().position(|id| **id == **component) {
            Some(place) => Some(&**columns.code(series, place)),
            None => shape
                .series_attribute(component)
                .and_then(|place| columns.series_attributes[place].get(series)?.as_text()),
        };
        Some(codes.contains(code?))
    })
}
