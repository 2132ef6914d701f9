//! Rows of one part brought into canonical order: passed through while they are, sorted if they are not.

use std::path::Path;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::columns::Shape;
use mighub_sdmx::csv::Action;
use mighub_sdmx::sort::{InOrder, SortError, SortedBatch, Sorter};

/// Rows kept in memory while they are sorted, about: with what merging takes, well within the 64 MB that the
/// client may have.
const SORT_MEMORY_BYTES: usize = 20 * 1024 * 1024;

/// Takes rows of one part.
pub(super) enum Order {
    InOrder(Box<InOrder>),
    Sorting(Box<Sorter>),
}

/// Why rows cannot be taken.
#[derive(Debug)]
pub(super) enum OrderError {
    /// They are not in order; the file must be read again and sorted.
    MustSort,
    Sort(SortError),
}

impl From<SortError> for OrderError {
    fn from(error: SortError) -> Self {
        Self::Sort(error)
    }
}

impl Order {
    pub(super) fn new(shape: &Arc<Shape>, action: Action, sort: bool, scratch: &Path) -> Self {
        if !sort {
            return Self::InOrder(Box::new(InOrder::new(shape.clone())));
        }
        let scratch = scratch.to_owned();
        let scratch = Box::new(move || tempfile::tempfile_in(&scratch));
        let sorter = Sorter::new(shape.clone(), SORT_MEMORY_BYTES, scratch);
        Self::Sorting(Box::new(if action == Action::Delete { sorter.deleting() } else { sorter }))
    }

    /// Takes rows; gives what is in order by now.
    pub(super) fn push(&mut self, columns: Columns) -> Result<Vec<SortedBatch>, OrderError> {
        match self {
            Self::InOrder(order) => {
                let ordered = order.push(&columns).map_err(|_| OrderError::MustSort)?;
                Ok(ordered.into_iter().map(in_order).collect())
            }
            Self::Sorting(sorter) => {
                sorter.push(columns)?;
                Ok(Vec::new())
            }
        }
    }

    /// The rest, batch by batch.
    pub(super) fn finish(
        self,
    ) -> Result<Box<dyn Iterator<Item = Result<SortedBatch, SortError>>>, SortError> {
        Ok(match self {
            Self::InOrder(order) => Box::new(order.finish().map(in_order).map(Ok).into_iter()),
            Self::Sorting(sorter) => Box::new(sorter.finish()?),
        })
    }
}

fn in_order(columns: Columns) -> SortedBatch {
    SortedBatch { columns, clashes: Vec::new() }
}
