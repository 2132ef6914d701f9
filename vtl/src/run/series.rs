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

impl TimeSeries<'_> {
    /// Runs one of the operators.
    pub(super) fn run(
        &self,
        input: &Dataset,
        operator: TimeSeriesOperator,
        context: &Context<'_>,
    ) -> Result<Dataset, RunError> {
        match operator {
            TimeSeriesOperator::FlowToStock => self.each_measure(input, true),
            TimeSeriesOperator::StockToFlow => self.each_measure(input, false),
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
    fn each_measure(&self, input: &Dataset, sums: bool) -> Result<Dataset, RunError> {
        let stretches = self.stretches(input);
        let mut columns = input.columns().to_vec();
        for &place in self.measures {
            let scalar_type = input.structure().components()[place].scalar_type;
            let column = accumulated(&columns[place], &stretches, sums, scalar_type);
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
    sums: bool,
    scalar_type: ScalarType,
) -> Option<Column> {
    let valid = column.validity();
    let numbers = Numbers::of(column);
    if let Numbers::Floats(values) = numbers {
        let value = |row: usize| values.get(row).copied().unwrap_or(0.0);
        let mut results = vec![0.0; column.len()];
        accumulate(
            stretches,
            &valid,
            value,
            &mut results,
            |before, now| Some(if sums { before + now } else { now - before }),
            sums,
        )?;
        return Some(Column::Floats(Floats { values: Arc::new(results), valid }));
    }
    let value = |row: usize| numbers.unscaled(row).unwrap_or(0);
    let mut results = vec![0i128; column.len()];
    accumulate(
        stretches,
        &valid,
        value,
        &mut results,
        |before, now: i128| {
            if sums { now.checked_add(before) } else { now.checked_sub(before) }
        },
        sums,
    )?;
    exact_column(results, numbers.scale(), valid, scalar_type)
}

/// Combines each known value with what is carried: the result before, or the value before.
fn accumulate<T: Copy + Default>(
    stretches: &Stretches,
    valid: &Validity,
    value: impl Fn(usize) -> T,
    results: &mut [T],
    combine: impl Fn(T, T) -> Option<T>,
    carries_result: bool,
) -> Option<()> {
    for range in &stretches.ranges {
        let mut carried = T::default();
        for &row in &stretches.rows[range.clone()] {
            let row = row as usize;
            if valid.get(row) {
                results[row] = combine(carried, value(row))?;
                carried = if carries_result { results[row] } else { value(row) };
            } else if !carries_result {
                carried = T::default();
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests;
