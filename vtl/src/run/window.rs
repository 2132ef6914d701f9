//! Analytic functions: values over the neighbours of a row.
//!
//! What lives here: the node, and the functions that pick one row. What must not: frames ([`frame`]), and
//! aggregates over them ([`slide`]).

mod frame;
mod layout;
mod slide;

use super::aggregate::fold::{Partition, floats, fold};
use super::aggregate::{check_order, overflow};
use super::concat::concat;
use super::number::Numbers;
use super::{Context, RunError};
use crate::ast::Span;
use crate::dataset::{Column, Dataset, NO_ROW};
use crate::plan::{AggregateFunction, Relation, WindowCall, WindowFunction};
use crate::value::{Scalar, ScalarType};
use frame::frames;
use layout::Layout;

/// All columns of the input, and one for each call.
pub(super) fn window(
    input: &Dataset,
    calls: &[WindowCall],
    relation: &Relation,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let mut columns = input.columns().to_vec();
    let mut layout: Option<(&WindowCall, Layout)> = None;
    for call in calls {
        context.admit(input.rows(), 0, relation.span)?;
        // Calls over the same window are sorted once.
        let known = layout.take().filter(|(of, _)| of.partition == call.partition && of.order == call.order);
        let (_, current) = layout.insert(known.unwrap_or_else(|| (call, Layout::new(input, call))));
        let argument = call.argument.map(|place| &input.columns()[place]);
        if let WindowFunction::Aggregate(function) = call.function {
            check_order(function, argument, call.scalar_type, relation)?;
        }
        let work = Work { input, call, argument, layout: current, span: relation.span, context };
        columns.push(work.column()?.ok_or_else(|| overflow(relation))?);
    }
    Ok(Dataset::new(relation.structure.clone(), columns, input.rows()))
}

/// One call.
pub(super) struct Work<'w, 'c> {
    input: &'w Dataset,
    call: &'w WindowCall,
    argument: Option<&'w Column>,
    layout: &'w Layout,
    span: Span,
    context: &'w Context<'c>,
}

impl Work<'_, '_> {
    /// Nothing if a sum of integers outgrows them.
    fn column(&self) -> Result<Option<Column>, RunError> {
        let no_argument = Column::nulls(self.call.scalar_type, self.input.rows());
        let argument = self.argument.unwrap_or(&no_argument);
        Ok(Some(match &self.call.function {
            WindowFunction::Rank => self.rank(),
            WindowFunction::Lag { offset, default } => self.lag(argument, *offset, default),
            WindowFunction::RatioToReport => ratio(argument, &self.layout.partition()),
            WindowFunction::FirstValue => argument.take(&self.rows_at(|frame| frame.start)?),
            WindowFunction::LastValue => argument.take(&self.rows_at(|frame| frame.end - 1)?),
            WindowFunction::Aggregate(function) if self.call.frame.is_whole() => {
                let partition = self.layout.partition();
                let folded = fold(*function, self.argument, &partition, self.call.scalar_type);
                return Ok(folded.map(|column| column.take(&partition.group_of_row)));
            }
            WindowFunction::Aggregate(function) => return slide::slide(self, *function),
        }))
    }

    fn rank(&self) -> Column {
        let mut ranks = vec![0; self.input.rows()];
        for partition in self.layout.partitions() {
            let mut rank = 1;
            for place in partition.clone() {
                if place > partition.start && self.layout.key(place - 1) != self.layout.key(place) {
                    rank = (place - partition.start) as i64 + 1;
                }
                ranks[self.layout.rows[place] as usize] = rank;
            }
        }
        Column::fixed(ranks, crate::dataset::Validity::ALL)
    }

    /// The value so many rows before; where there is none, the default, which stands behind all rows.
    fn lag(&self, argument: &Column, offset: i64, default: &Scalar) -> Column {
        let default_row = if default.is_null() { NO_ROW } else { self.input.rows() as u32 };
        let mut sources = vec![default_row; self.input.rows()];
        for partition in self.layout.partitions() {
            for place in partition.clone() {
                let source =
                    (place as i64).checked_sub(offset).and_then(|source| usize::try_from(source).ok());
                if let Some(source) = source.filter(|source| partition.contains(source)) {
                    sources[self.layout.rows[place] as usize] = self.layout.rows[source];
                }
            }
        }
        if default.is_null() {
            return argument.take(&sources);
        }
        let with_default = [argument.clone(), Column::constant(default, self.call.scalar_type, 1)];
        concat(&with_default, self.call.scalar_type).take(&sources)
    }

    /// Per row, a row of its frame; none if the frame is empty.
    fn rows_at(&self, place: impl Fn(&std::ops::Range<usize>) -> usize) -> Result<Vec<u32>, RunError> {
        let mut picked = vec![NO_ROW; self.input.rows()];
        for partition in self.layout.partitions() {
            for (at, frame) in partition.clone().zip(frames(self, &partition)?) {
                if !frame.is_empty() {
                    picked[self.layout.rows[at] as usize] = self.layout.rows[place(&frame)];
                }
            }
        }
        Ok(picked)
    }
}

/// Shares in the sum of the partition; null where that is 0.
fn ratio(argument: &Column, partition: &Partition<'_>) -> Column {
    let sums = fold(AggregateFunction::Sum, Some(argument), partition, ScalarType::Number);
    let sums = sums.unwrap_or_else(|| Column::nulls(ScalarType::Number, partition.groups));
    let (values, sums) = (Numbers::of(argument), Numbers::of(&sums));
    let valid = argument.validity();
    floats(partition.group_of_row.iter().enumerate().map(|(row, group)| {
        let sum = sums.float(*group as usize);
        (valid.get(row) && sum != 0.0).then(|| values.float(row) / sum)
    }))
}

#[cfg(test)]
mod tests;
