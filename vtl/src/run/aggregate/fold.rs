//! Aggregate functions over groups of rows.
//!
//! What lives here: one pass over a column for each function; sums are exact where the values are. What must
//! not: how groups are made, and frames.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::keys::Keys;
use super::super::number::{Numbers, exact_column, unit};
use crate::dataset::{Bitmap, Column, Floats, NO_ROW, Validity};
use crate::plan::AggregateFunction;
use crate::value::ScalarType;

/// Rows divided into groups.
pub(in super::super) struct Partition<'g> {
    /// Per row, its group.
    pub(in super::super) group_of_row: Cow<'g, [u32]>,
    /// Number of groups.
    pub(in super::super) groups: usize,
}

impl Partition<'_> {
    /// Rows that are not null, with their groups.
    fn known<'p>(&'p self, valid: &'p Validity) -> impl Iterator<Item = (usize, usize)> + 'p {
        let rows = self.group_of_row.iter().enumerate();
        rows.filter(|(row, _)| valid.get(*row)).map(|(row, group)| (row, *group as usize))
    }
}

/// One value for each group. Nothing if a sum of integers outgrows them.
pub(in super::super) fn fold(
    function: AggregateFunction,
    argument: Option<&Column>,
    partition: &Partition<'_>,
    scalar_type: ScalarType,
) -> Option<Column> {
    let Some(argument) = argument else { return Some(count(partition, &Validity::ALL)) };
    let valid = argument.validity();
    Some(match function {
        AggregateFunction::Count => count(partition, &valid),
        AggregateFunction::Sum => return sum(argument, &valid, partition, scalar_type),
        AggregateFunction::Average => average(argument, &valid, partition),
        AggregateFunction::Minimum => argument.take(&least_rows(argument, &valid, partition, false)),
        AggregateFunction::Maximum => argument.take(&least_rows(argument, &valid, partition, true)),
        AggregateFunction::Median => median(argument, &valid, partition),
        AggregateFunction::StddevPopulation
        | AggregateFunction::StddevSample
        | AggregateFunction::VariancePopulation
        | AggregateFunction::VarianceSample => {
            let numbers = Numbers::of(argument);
            let mut moments = vec![Moments::default(); partition.groups];
            partition.known(&valid).for_each(|(row, group)| moments[group].add(numbers.float(row)));
            floats(moments.iter().map(|moments| moments.spread(function)))
        }
    })
}

fn counts(partition: &Partition<'_>, valid: &Validity) -> Vec<i64> {
    let mut counts = vec![0; partition.groups];
    match valid.bits() {
        None => partition.group_of_row.iter().for_each(|group| counts[*group as usize] += 1),
        Some(_) => partition.known(valid).for_each(|(_, group)| counts[group] += 1),
    }
    counts
}

fn count(partition: &Partition<'_>, valid: &Validity) -> Column {
    Column::fixed(counts(partition, valid), Validity::ALL)
}

/// Groups in which a value is known.
fn any_known(counts: &[i64]) -> Validity {
    Validity::of(Bitmap::from_fn(counts.len(), |group| counts[group] > 0))
}

/// Exact sums by group; nothing if 128 bits do not hold one, or if the numbers are floats.
fn exact_sums(numbers: Numbers<'_>, valid: &Validity, partition: &Partition<'_>) -> Option<Vec<i128>> {
    let mut sums = vec![0i128; partition.groups];
    match numbers {
        // 2^32 values of 64 bits fit in 128; what stands beside null is 0.
        Numbers::Narrow(values, _) => {
            let rows = partition.group_of_row.iter().zip(values);
            rows.for_each(|(group, value)| sums[*group as usize] += i128::from(*value));
        }
        Numbers::Wide(values, _) => {
            for (row, group) in partition.known(valid) {
                sums[group] = sums[group].checked_add(values[row])?;
            }
        }
        Numbers::Floats(_) => return None,
    }
    Some(sums)
}

fn float_sums(numbers: Numbers<'_>, valid: &Validity, partition: &Partition<'_>) -> Vec<f64> {
    let mut sums = vec![0f64; partition.groups];
    partition.known(valid).for_each(|(row, group)| sums[group] += numbers.float(row));
    sums
}

fn sum(
    argument: &Column,
    valid: &Validity,
    partition: &Partition<'_>,
    scalar_type: ScalarType,
) -> Option<Column> {
    let numbers = Numbers::of(argument);
    let known = any_known(&counts(partition, valid));
    match exact_sums(numbers, valid, partition) {
        Some(sums) => exact_column(sums, numbers.scale(), known, scalar_type),
        None if scalar_type == ScalarType::Integer => None,
        None => {
            let values = Arc::new(float_sums(numbers, valid, partition));
            Some(Column::Floats(Floats { values, valid: known }))
        }
    }
}

fn average(argument: &Column, valid: &Validity, partition: &Partition<'_>) -> Column {
    let numbers = Numbers::of(argument);
    let counts = counts(partition, valid);
    let mean = |sum: f64, count: &i64| (*count > 0).then(|| sum / *count as f64);
    match exact_sums(numbers, valid, partition) {
        Some(sums) => {
            let unit = unit(numbers.scale());
            floats(sums.iter().zip(&counts).map(|(sum, count)| mean(*sum as f64 / unit, count)))
        }
        None => {
            let sums = float_sums(numbers, valid, partition);
            floats(sums.into_iter().zip(&counts).map(|(sum, count)| mean(sum, count)))
        }
    }
}

/// Per group, the row of its least or greatest value; [`NO_ROW`] if all are null. Works for every type.
fn least_rows(argument: &Column, valid: &Validity, partition: &Partition<'_>, greatest: bool) -> Vec<u32> {
    match argument {
        Column::Fixed(fixed) => best_rows(&fixed.values, valid, partition, greatest),
        Column::Decimals(decimals) => best_rows(&decimals.unscaled, valid, partition, greatest),
        Column::Wide(wide) => best_rows(&wide.unscaled, valid, partition, greatest),
        Column::Floats(floats) => best_rows(&floats.values, valid, partition, greatest),
        Column::Booleans(_) | Column::Strings(_) => {
            let keys = Keys::ordered(std::iter::once((argument, false)), argument.len());
            best_rows(keys.table(0), valid, partition, greatest)
        }
    }
}

fn best_rows<T: Copy + PartialOrd>(
    values: &[T],
    valid: &Validity,
    partition: &Partition<'_>,
    greatest: bool,
) -> Vec<u32> {
    let mut best = vec![NO_ROW; partition.groups];
    for (row, group) in partition.known(valid) {
        let is_better = match values.get(best[group] as usize) {
            None => true,
            Some(known) if greatest => values[row] > *known,
            Some(known) => values[row] < *known,
        };
        if is_better {
            best[group] = row as u32;
        }
    }
    best
}

fn median(argument: &Column, valid: &Validity, partition: &Partition<'_>) -> Column {
    let numbers = Numbers::of(argument);
    let counts = counts(partition, valid);
    let mut ends = Vec::with_capacity(counts.len());
    let mut start = 0usize;
    for count in &counts {
        ends.push(start);
        start += *count as usize;
    }
    // Values group by group: `ends` begin as the groups' starts and are moved on with each value.
    let mut values = vec![0f64; start];
    for (row, group) in partition.known(valid) {
        values[ends[group]] = numbers.float(row);
        ends[group] += 1;
    }
    let groups = ends.iter().zip(&counts);
    floats(groups.map(|(end, count)| middle(&mut values[end - *count as usize..*end])))
}

/// The middle value, or the mean of the two in the middle.
pub(in super::super) fn middle(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (lower, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let upper = *upper;
    if odd {
        return Some(upper);
    }
    let lower = lower.iter().copied().max_by(f64::total_cmp).unwrap_or(upper);
    Some(lower + (upper - lower) / 2.0)
}

/// Count, mean and squared deviations of a growing set of values, updated value by value without
/// cancellation.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(in super::super) fn add(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    /// A deviation or variance; of a sample it needs two values.
    pub(in super::super) fn spread(&self, function: AggregateFunction) -> Option<f64> {
        let (of_sample, is_root) = match function {
            AggregateFunction::StddevSample => (true, true),
            AggregateFunction::VarianceSample => (true, false),
            AggregateFunction::StddevPopulation => (false, true),
            _ => (false, false),
        };
        let freedom = self.count.checked_sub(u64::from(of_sample)).filter(|freedom| *freedom > 0)?;
        let variance = self.squares / freedom as f64;
        Some(if is_root { variance.sqrt() } else { variance })
    }
}

/// Floats, null where there is none.
pub(in super::super) fn floats(values: impl Iterator<Item = Option<f64>>) -> Column {
    let values: Vec<Option<f64>> = values.map(|value| value.filter(|value| value.is_finite())).collect();
    let valid = Validity::of(values.iter().map(Option::is_some).collect());
    Column::Floats(Floats {
        values: Arc::new(values.into_iter().map(Option::unwrap_or_default).collect()),
        valid,
    })
}
