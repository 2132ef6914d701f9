//! Rows partition by partition, each in its order.

use std::borrow::Cow;
use std::ops::Range;

use super::Partition;
use crate::dataset::{Column, Dataset};
use crate::plan::WindowCall;
use crate::run::keys::{Groups, Keys};

/// The rows of a data set as a window sees them.
pub(super) struct Layout {
    /// Rows in order of partition, then of the window, then as they came.
    pub(super) rows: Vec<u32>,
    /// Where partitions end in `rows`.
    ends: Vec<usize>,
    groups: Groups,
    /// Per row of the data set, its place in the order; rows alike are peers.
    order: Keys,
}

impl Layout {
    pub(super) fn new(input: &Dataset, call: &WindowCall) -> Self {
        let partition: Vec<&Column> = call.partition.iter().map(|place| &input.columns()[*place]).collect();
        let groups = Groups::of(&partition, input.rows());
        let by = call.order.iter().map(|(place, descending)| (&input.columns()[*place], *descending));
        let order = Keys::ordered(by, input.rows());
        let (rows, ends) = groups.gather(&order.sorted_rows());
        Self { rows, ends, groups, order }
    }

    /// Partitions as ranges of places in `rows`.
    pub(super) fn partitions(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| start..*end)
    }

    /// The place in the order of the row at a place; peers have the same.
    pub(super) fn key(&self, place: usize) -> u64 {
        self.order.table(0)[self.rows[place] as usize]
    }

    /// Partitions as groups of rows.
    pub(super) fn partition(&self) -> Partition<'_> {
        Partition { group_of_row: Cow::Borrowed(self.groups.group_of_row()), groups: self.groups.len() }
    }
}
