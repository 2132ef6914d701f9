//! Of what a file is all there is (`--complete`).

use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::DataDefinition;
use mighub_sdmx::{Columns, Period};

use super::Complete;
use crate::error::Error;

/// The periods that a file covers, gathered while it is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    first: Option<Period>,
    last: Option<Period>,
}

impl Span {
    pub(super) fn add(&mut self, columns: &Columns) {
        let mut before = None;
        for period in &columns.periods {
            if *period == Period::ANY || before == Some(*period) {
                continue;
            }
            before = Some(*period);
            if self.first.is_none_or(|first| period.start() < first.start()) {
                self.first = Some(*period);
            }
            if self.last.is_none_or(|last| period.end() > last.end()) {
                self.last = Some(*period);
            }
        }
    }

    /// The selection of which the file is all there is.
    pub(super) fn scope(self, complete: &Complete, definition: &DataDefinition) -> Result<Selection, Error> {
        let keys = match complete {
            Complete::Lane => "",
            Complete::Key(key) => key,
        };
        let dimensions = &definition.shape.dimensions;
        let selection = Selection::parse(keys, None, None, dimensions)
            .map_err(|error| Error::Request(error.to_string()))?;
        if definition.time.is_some() && self.first.is_none() {
            let reason = "a file without periods is complete for nothing: leave --complete out";
            return Err(Error::Request(reason.to_owned()));
        }
        Ok(Selection { start: self.first, end: self.last, ..selection })
    }
}
