//! Missing periods filled with nulls.

use std::collections::HashSet;

use super::TimeSeries;
use super::step::{Step, of_years};
use crate::dataset::{Column, Dataset, Validity};
use crate::run::concat::concat;
use crate::run::{Context, RunError};
use crate::time::calendar::{of_ordinal, ordinal};
use crate::time::{Interval, TimePeriod};

/// Rows to be added: a row of the series they belong to, and their time.
#[derive(Default)]
struct Added {
    like: Vec<u32>,
    time: Vec<i64>,
}

/// Rows added between two looks at limits and cancellation.
const ROWS_PER_LOOK: usize = 1 << 16;

impl TimeSeries<'_> {
    /// Adds a row of nulls for every period between the first and the last that a series has, or that the
    /// whole data set has. Of regular periods the latter are whole years.
    pub(super) fn fill(
        &self,
        input: &Dataset,
        all: bool,
        context: &Context<'_>,
    ) -> Result<Dataset, RunError> {
        let stretches = self.stretches(input);
        let Column::Fixed(time) = &input.columns()[self.time] else { return Ok(input.clone()) };
        let step = Step::of(&time.values, self.time_type(input));
        let bounds = Bounds::of(&time.values, step);
        let row_bytes = input.bytes() / input.rows().max(1);
        let mut added = Added::default();
        for range in &stretches.ranges {
            let rows = &stretches.rows[range.clone()];
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
            let known: HashSet<i64> = rows.iter().map(|row| time.values[*row as usize]).collect();
            let (least, greatest) = (time.values[*first as usize], time.values[*last as usize]);
            let wanted: Box<dyn Iterator<Item = i64>> = match step {
                Step::Period => {
                    periods(least, greatest, all.then_some((bounds.first_year, bounds.last_year)))
                }
                _ => {
                    let (start, end) = if all { (bounds.least, bounds.greatest) } else { (least, greatest) };
                    let steps = (0..).map_while(move |steps| step.shift(start, steps));
                    Box::new(steps.take_while(move |value| first_day(step, *value) <= first_day(step, end)))
                }
            };
            for value in wanted {
                if known.contains(&value) {
                    continue;
                }
                added.like.push(*first);
                added.time.push(value);
                if added.time.len() % ROWS_PER_LOOK == 0 {
                    context.admit(input.rows() + added.time.len(), row_bytes, self.span)?;
                }
            }
        }
        Ok(self.with_added(input, &added))
    }

    fn with_added(&self, input: &Dataset, added: &Added) -> Dataset {
        if added.time.is_empty() {
            return input.clone().with_structure(self.structure.clone());
        }
        let column = |(place, column): (usize, &Column)| {
            let scalar_type = input.structure().components()[place].scalar_type;
            let below = if place == self.time {
                Column::fixed(added.time.clone(), Validity::ALL)
            } else if self.series.contains(&place) {
                column.take(&added.like)
            } else {
                Column::nulls(scalar_type, added.time.len())
            };
            concat(&[column.clone(), below], scalar_type)
        };
        let columns = input.columns().iter().enumerate().map(column).collect();
        Dataset::new(self.structure.clone(), columns, input.rows() + added.time.len())
    }
}

/// First and last time of the whole data set.
struct Bounds {
    least: i64,
    greatest: i64,
    first_year: i32,
    last_year: i32,
}

impl Bounds {
    fn of(values: &[i64], step: Step) -> Self {
        let years = || values.iter().map(|value| TimePeriod::from_packed(*value).year());
        let is_period = step == Step::Period;
        Self {
            least: values.iter().copied().min().unwrap_or(0),
            greatest: values.iter().copied().max().unwrap_or(0),
            first_year: if is_period { years().min().unwrap_or(0) } else { 0 },
            last_year: if is_period { years().max().unwrap_or(0) } else { 0 },
        }
    }
}

/// What is compared with the limit: of an interval, where it starts.
fn first_day(step: Step, packed: i64) -> i64 {
    match step {
        Step::Interval(_) => i64::from(Interval::from_packed(packed).start),
        Step::Period | Step::Date(_) => packed,
    }
}

/// Periods of one frequency from one to another, or all of the years given.
fn periods(least: i64, greatest: i64, years: Option<(i32, i32)>) -> Box<dyn Iterator<Item = i64>> {
    let (least, greatest) = (TimePeriod::from_packed(least), TimePeriod::from_packed(greatest));
    let frequency = least.frequency();
    let (start, end) = match years {
        Some((first, last)) => of_years(frequency, first, last),
        None => (ordinal(least), ordinal(greatest)),
    };
    Box::new((start..=end).filter_map(move |place| of_ordinal(frequency, place)).map(TimePeriod::packed))
}
