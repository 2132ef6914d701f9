//! The two sides of each cell: what the destination says of people who came, and the origin of people who left.
//!
//! What lives here: finding the series that speak of one corridor, choosing between definitions and providers, and
//! putting both sides beside each other, period by period. What must not: which side is believed; methods decide that.

mod cells;
mod collect;
mod places;
mod side;

use std::ops::Range;
use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::columns::{Columns, Interner};

pub use cells::CellSeries;
pub(crate) use cells::Scratch;
pub use collect::{LeftOut, OBSERVATIONS_MAX, PairError, Pairing};
pub(crate) use places::Places;
pub use side::{Cell, Definition, Reporter, Side};

use crate::dataflow::Target;
use crate::source::{InputRef, Source};

/// Most dimensions a cell has before VIEW.
pub(crate) const KEY_DIMENSIONS: usize = 6;

/// What a series has to say in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Origin,
    Destination,
    Refugees,
}

/// A reported series that speaks of a corridor.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Its cell's codes, as numbers in [`Paired::codes`].
    pub(crate) codes: [u32; KEY_DIMENSIONS],
    /// The same by the order of the codes, packed: equal for series of one cell.
    pub(crate) order: u128,
    pub(crate) role: Role,
    pub(crate) definition: Definition,
    /// Of stocks: by birth.
    pub(crate) by_birth: bool,
    pub(crate) source: u32,
    pub(crate) batch: u32,
    pub(crate) series: u32,
    /// UNIT_MULT: figures stand for so many powers of ten.
    pub(crate) multiplier: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) columns: Columns,
    /// Per observation, the letter of OBS_STATUS; 0 where there is none.
    pub(crate) statuses: Vec<u8>,
    /// Per observation, the letter of CONF_STATUS; 0 where there is none.
    pub(crate) confidentialities: Vec<u8>,
}

/// Reported series by cell, in the order of the derived dataflow's keys.
#[derive(Clone, Debug)]
pub struct Paired {
    target: Target,
    /// Per dimension of a cell, the codes.
    codes: Vec<Interner>,
    /// Per dimension and code, its place in byte order.
    ranks: Vec<Vec<u32>>,
    sources: Vec<Source>,
    batches: Vec<Batch>,
    series: Vec<Series>,
    /// Per cell series, where its reported series stand.
    groups: Vec<Range<u32>>,
    refugees_apart: std::collections::BTreeSet<Arc<str>>,
    left_out: LeftOut,
}

impl Paired {
    /// What is made of it.
    pub fn target(&self) -> Target {
        self.target
    }

    /// Number of series of cells.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether nobody reported of any corridor.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Reported series that did not enter, by reason.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Series of cells, in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = CellSeries<'_>> {
        self.groups.iter().map(|range| CellSeries::new(self, range.clone()))
    }

    /// The source of what a side says.
    pub fn source(&self, side: &Side) -> &Source {
        &self.sources[self.series[side.series as usize].source as usize]
    }

    /// The reference to what a side says; with the period where the figure is used for another one.
    pub fn input_ref(&self, side: &Side, carried_from: Option<Period>) -> InputRef {
        let source = self.source(side);
        let mut key = String::new();
        self.write_key(side, &mut key);
        InputRef {
            submission: source.submission.clone(),
            key: Arc::from(key),
            period: carried_from,
            version: source.version.clone(),
        }
    }

    /// The same as it is written: [`InputRef`] prints so.
    pub(crate) fn write_input_ref(&self, side: &Side, carried_from: Option<Period>, out: &mut String) {
        let source = self.source(side);
        out.push_str(&source.submission);
        out.push('#');
        self.write_key(side, out);
        if let Some(period) = carried_from {
            out.push(':');
            out.push_str(&period.to_string());
        }
        out.push('@');
        out.push_str(&source.version);
    }

    fn write_key(&self, side: &Side, out: &mut String) {
        let series = self.series(side);
        let columns = &self.batches[series.batch as usize].columns;
        for (place, code) in columns.key(series.series as usize).codes().enumerate() {
            if place > 0 {
                out.push('.');
            }
            out.push_str(code);
        }
    }

    pub(crate) fn series(&self, side: &Side) -> &Series {
        &self.series[side.series as usize]
    }

    pub(crate) fn batch(&self, side: &Side) -> &Batch {
        &self.batches[self.series(side).batch as usize]
    }

    pub(crate) fn batches(&self) -> &[Batch] {
        &self.batches
    }

    pub(crate) fn codes(&self) -> &[Interner] {
        &self.codes
    }

    pub(crate) fn ranks(&self) -> &[Vec<u32>] {
        &self.ranks
    }
}
