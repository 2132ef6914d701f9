//! Operators on time series: one identifier is time, the others name the series.
//!
//! What lives here: the node, running sums and differences. What must not: calendars ([`step`]).

mod fill;
mod step;

use std::ops::Range;
use std::sync::Arc;

use super::keys::{Groups, Keys};
use super::number::{Numbers, exact_column};
use super::{Context, RunError};
use crate::ast::Span;
use crate::dataset::{Column, Dataset, Floats, Validity};
use crate::plan::TimeSeriesOperator;
use crate::time::TimePeriod;
use crate::value::{ScalarType, Structure};
use step::Step;

/// What is a series and what is computed.
pub(super) struct TimeSeries<'a> {
    pub(super) time: usize,
    pub(super) series: &'a [usize],
    pub(super) measures: &'a [usize],
    pub(super) structure: &'a Arc<Structure>,
    pub(super) span: Span,
}

/// Rows series by series, each in the order of time. Periods of different frequencies are series of their
/// own.
struct Stretches {
    rows: Vec<u32>,
    ranges: Vec<Range<usize>>,
}

/// What a data point hands on to the next of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carried {
    /// The sum so far: results are running sums. A null hands on what it was handed.
    Result,
    /// Its value: results are differences. A null hands on nothing.
    Value,
}

impl TimeSeries<'_> {
    /// Runs one of the operators.
    pub(super) fn run(
        &self,
        input: &Dataset,
        operator: TimeSeriesOperator,
        context: &Context<'_>,
    ) -> Result<Dataset, RunError> {
        match operator {
            TimeSeriesOperator::FlowToStock => self.each_measure(input, Carried::Result),
            TimeSeriesOperator::StockToFlow => self.each_measure(input, Carried::Value),
            TimeSeriesOperator::Timeshift(periods) => self.shift(input, periods),
            TimeSeriesOperator::Fill { all } => self.fill(input, all, context),
        }
    }

    fn stretches(&self, input: &Dataset) -> Stretches {
        let series: Vec<&Column> = self.series.iter().map(|place| &input.columns()[*place]).collect();
        let groups = Groups::of(&series, input.rows());
        let time = &input.columns()[self.time];
        let order = Keys::ordered(std::iter::once((time, false)), input.rows()).sorted_rows();
        let (rows, ends) = groups.gather(&order);
        let has_frequencies = self.time_type(input) == ScalarType::TimePeriod;
        let Column::Fixed(fixed) = time else { return Stretches { rows, ranges: Vec::new() } };
        let frequency = |row: &u32| {
            has_frequencies.then(|| TimePeriod::from_packed(fixed.values[*row as usize]).frequency())
        };
        let mut ranges = Vec::with_capacity(ends.len());
        let mut start = 0;
        for end in ends {
            for stretch in rows[start..end].chunk_by(|a, b| frequency(a) == frequency(b)) {
                ranges.push(start..start + stretch.len());
                start += stretch.len();
            }
        }
        Stretches { rows, ranges }
    }

    fn time_type(&self, input: &Dataset) -> ScalarType {
        input.structure().components()[self.time].scalar_type
    }

    /// Running sums, or differences to the data point before. A null stays null, and counts as 0 for those
    /// behind it.
    fn each_measure(&self, input: &Dataset, carried: Carried) -> Result<Dataset, RunError> {
        let stretches = self.stretches(input);
        let mut columns = input.columns().to_vec();
        for &place in self.measures {
            let scalar_type = input.structure().components()[place].scalar_type;
            let column = accumulated(&columns[place], &stretches, carried, scalar_type);
            columns[place] =
                column.ok_or_else(|| self.error("a value has more digits than a number can have"))?;
        }
        Ok(Dataset::new(self.structure.clone(), columns, input.rows()))
    }

    /// Time moved by whole periods; values stay.
    fn shift(&self, input: &Dataset, periods: i64) -> Result<Dataset, RunError> {
        let mut columns = input.columns().to_vec();
        if let Column::Fixed(time) = &columns[self.time] {
            let step = Step::of(&time.values, self.time_type(input));
            let moved = time.values.iter().map(|value| step.shift(*value, periods));
            let moved: Option<Vec<i64>> = moved.collect();
            let moved = moved.ok_or_else(|| self.error("a period moves out of the years 0 to 9999"))?;
            columns[self.time] = Column::fixed(moved, time.valid.clone());
        }
        Ok(Dataset::new(self.structure.clone(), columns, input.rows()))
    }

    fn error(&self, message: &str) -> RunError {
        RunError::Value { message: message.to_owned(), span: self.span, key: String::new() }
    }
}

/// Nothing if a value outgrows the type.
fn accumulated(
    column: &Column,
    stretches: &Stretches,
    carried: Carried,
    scalar_type: ScalarType,
) -> Option<Column> {
    let valid = column.validity();
    let numbers = Numbers::of(column);
    if let Numbers::Floats(values) = numbers {
        let combine = |row: usize, before: f64| match carried {
            Carried::Result => Some(values[row] + before),
            Carried::Value => Some(values[row] - before),
        };
        let results = stretches.accumulate(&valid, carried, |row| values[row], combine)?;
        return Some(Column::Floats(Floats { values: Arc::new(results), valid }));
    }
    let value = |row| numbers.unscaled(row).unwrap_or(0);
    let combine = |row: usize, before: i128| match carried {
        Carried::Result => value(row).checked_add(before),
        Carried::Value => value(row).checked_sub(before),
    };
    let results = stretches.accumulate(&valid, carried, value, combine)?;
    exact_column(results, numbers.scale(), valid, scalar_type)
}

impl Stretches {
    /// Combines each known value with what is carried from the data points before, at first nothing.
    fn accumulate<T: Copy + Default>(
        &self,
        valid: &Validity,
        carried: Carried,
        value: impl Fn(usize) -> T,
        combine: impl Fn(usize, T) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut results = vec![T::default(); self.rows.len()];
        for range in &self.ranges {
            let mut before = T::default();
            for &row in &self.rows[range.clone()] {
                let row = row as usize;
                if valid.get(row) {
                    results[row] = combine(row, before)?;
                }
                before = match carried {
                    Carried::Result if valid.get(row) => results[row],
                    Carried::Result => before,
                    Carried::Value if valid.get(row) => value(row),
                    Carried::Value => T::default(),
                };
            }
        }
        Some(results)
    }
}

#[cfg(test)]
mod tests;
