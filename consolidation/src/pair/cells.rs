//! The cells of one series: both sides, period by period.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use mighub_sdmx::decimal::DIGITS_MAX;
use mighub_sdmx::{Decimal, Period};

use super::places::LONG_TERM;
use super::{Cell, Paired, Reporter, Role, Series, Side};
use crate::dataflow::Target;

/// All cells of one corridor, sex, age and duration.
#[derive(Clone, Debug)]
pub struct CellSeries<'p> {
    paired: &'p Paired,
    range: Range<u32>,
}

/// Room for the sides of a series, kept from one to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    origin: Vec<(Period, Side)>,
    destination: Vec<(Period, Side)>,
    refugees: Vec<(Period, Side)>,
}

impl<'p> CellSeries<'p> {
    pub(super) fn new(paired: &'p Paired, range: Range<u32>) -> Self {
        Self { paired, range }
    }

    /// The codes of the key, in the order of the derived dataflow, up to VIEW.
    pub fn codes(&self) -> impl Iterator<Item = &'p Arc<str>> {
        let (paired, codes) = (self.paired, self.first().codes);
        (0..paired.target.dimensions().len())
            .map(move |place| &paired.codes[place].codes()[codes[place] as usize])
    }

    /// Where people come from.
    pub fn origin(&self) -> &'p Arc<str> {
        self.code(if self.paired.target == Target::Flow { 1 } else { 2 })
    }

    /// Where they go.
    pub fn destination(&self) -> &'p Arc<str> {
        self.code(if self.paired.target == Target::Flow { 2 } else { 1 })
    }

    /// The area that a side speaks for.
    pub fn area(&self, reporter: Reporter) -> &'p Arc<str> {
        match reporter {
            Reporter::Origin => self.origin(),
            Reporter::Destination => self.destination(),
        }
    }

    /// The cells, by period.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        self.cells_into(&mut Scratch::default(), &mut cells);
        cells
    }

    /// Whether refugees are to be added, of stocks.
    pub fn adds_refugees(&self) -> bool {
        self.paired.target == Target::Stock && self.paired.refugees_apart.contains(self.destination())
    }

    pub(crate) fn code_numbers(&self) -> &'p [u32; super::KEY_DIMENSIONS] {
        &self.first().codes
    }

    /// The number of the area that a side speaks for, among areas that stand where it does.
    pub(crate) fn area_number(&self, reporter: Reporter) -> u32 {
        let flow = self.paired.target == Target::Flow;
        self.first().codes[if (reporter == Reporter::Origin) == flow { 1 } else { 2 }]
    }

    pub(crate) fn by_birth(&self) -> bool {
        self.series().iter().any(|series| series.role == Role::Destination && series.by_birth)
    }

    pub(crate) fn is_long_term(&self) -> bool {
        self.paired.target == Target::Flow && &**self.code(5) == LONG_TERM
    }

    fn series(&self) -> &'p [Series] {
        &self.paired.series[self.range.start as usize..self.range.end as usize]
    }

    fn first(&self) -> &'p Series {
        &self.paired.series[self.range.start as usize]
    }

    fn code(&self, place: usize) -> &'p Arc<str> {
        &self.paired.codes[place].codes()[self.first().codes[place] as usize]
    }

    pub(crate) fn cells_into(&self, scratch: &mut Scratch, cells: &mut Vec<Cell>) {
        cells.clear();
        let Scratch { origin, destination, refugees } = scratch;
        self.sides(Role::Origin, origin);
        self.sides(Role::Destination, destination);
        self.sides(Role::Refugees, refugees);
        let (mut left, mut right) = (origin.iter().peekable(), destination.iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            let of_left = if order.is_le() { left.next() } else { None };
            let of_right = if order.is_ge() { right.next() } else { None };
            let Some((period, _)) = of_left.or(of_right) else { break };
            cells.push(Cell {
                period: *period,
                origin: of_left.map(|(_, side)| *side),
                destination: of_right.map(|(_, side)| *side),
                refugees: None,
            });
        }
        if !refugees.is_empty() {
            self.add_refugees(refugees, cells);
        }
    }

    /// What one role says, one side a period, by period.
    fn sides(&self, role: Role, sides: &mut Vec<(Period, Side)>) {
        sides.clear();
        let mut sources = 0;
        for (place, series) in self.series().iter().enumerate() {
            if series.role != role {
                continue;
            }
            sources += 1;
            let batch = &self.paired.batches[series.batch as usize];
            for observation in batch.columns.observations(series.series as usize) {
                let period = batch.columns.periods[observation];
                if period != Period::ANY {
                    sides.push((period, self.side(series, self.range.start + place as u32, observation)));
                }
            }
        }
        if sources < 2 && sides.is_sorted_by_key(|(period, _)| *period) {
            return;
        }
        // Stable: of one period, the definition and the provider that go first stay first.
        sides.sort_by_key(|(period, _)| *period);
        sides.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same && !first.1.speaks() && next.1.speaks() {
                *first = *next;
            }
            same
        });
    }

    #[inline]
    fn side(&self, series: &Series, number: u32, observation: usize) -> Side {
        let batch = &self.paired.batches[series.batch as usize];
        let confidentiality = batch.confidentialities[observation];
        let restricted = (confidentiality != 0 && confidentiality != b'F').then_some(confidentiality);
        let value = if restricted.is_some() { None } else { batch.columns.value(observation) };
        let status = batch.statuses[observation];
        Side {
            value: value.and_then(|value| in_units(value, series.multiplier)),
            status: if status == 0 { b'A' } else { status },
            restricted,
            definition: series.definition,
            series: number,
            observation: observation as u32,
        }
    }

    /// Refugees of the turn of the year that lies nearest to the date of each stock.
    fn add_refugees(&self, refugees: &[(Period, Side)], cells: &mut [Cell]) {
        let turn_of = |period: Period, side: &Side, at_end: bool| {
            let day = self
                .reference_day(side)
                .or_else(|| if at_end { last_day(period) } else { period.first_day() });
            day.map(turn_of_year)
        };
        for cell in cells {
            let Some(turn) = cell.destination.and_then(|side| turn_of(cell.period, &side, false)) else {
                continue;
            };
            let mut at_turn =
                refugees.iter().filter(|(period, side)| turn_of(*period, side, true) == Some(turn));
            cell.refugees = at_turn.next().map(|(_, side)| *side);
        }
    }

    /// REF_DATE of what a side says, in days since 1970-01-01.
    fn reference_day(&self, side: &Side) -> Option<i64> {
        let columns = &self.paired.batch(side).columns;
        let place = columns.shape.observation_attribute("REF_DATE")?;
        let text = columns.observation_attributes[place].get(side.observation as usize)?.as_text()?;
        Period::parse(text.as_bytes()).ok()?.first_day()
    }
}

/// The year on whose first of January the nearest turn of the year falls: 31 December and 1 January are one moment.
fn turn_of_year(day: i64) -> i64 {
    const HALF_A_YEAR: i64 = 184;
    let date = Period::new(mighub_sdmx::period::Form::Day, day + HALF_A_YEAR);
    date.first_year().unwrap_or(0)
}

fn last_day(period: Period) -> Option<i64> {
    const SECONDS_PER_DAY: i64 = 86_400;
    (period != Period::ANY).then(|| (period.end() - 1).div_euclid(SECONDS_PER_DAY))
}

/// A figure in units of one; nothing if it then has more digits than are exact.
fn in_units(value: Decimal, multiplier: u8) -> Option<Decimal> {
    if multiplier == 0 {
        return Some(value);
    }
    let taken = multiplier.min(value.scale);
    let unscaled = value.unscaled.checked_mul(10i64.pow(u32::from(multiplier - taken)))?;
    (unscaled.unsigned_abs() < 10u64.pow(DIGITS_MAX as u32))
        .then_some(Decimal { unscaled, scale: value.scale - taken })
}
