//! Levels 2 to 5 on a file: the rulebook of its dataflow on its rows.
//!
//! What lives here: which rows the judge sees, and what it says of what only the hub has. What must not: rules.

use std::path::Path;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::csv::Action;
use mighub_validation::{Findings, InputSource, Judge, JudgeOptions, Prepared};

use crate::error::Error;
use crate::lane::LaneInfo;

/// Judges the rows of a file as what a lane will hold, as far as a file can tell.
pub(super) struct Levels {
    /// Given up when what comes out cannot be told from the file.
    judge: Option<Judge<'static>>,
    prepared: Option<Arc<Prepared>>,
}

impl Levels {
    pub(super) fn new(lane: &LaneInfo, scratch: &Path) -> Self {
        let folder = scratch.to_owned();
        let judge = |prepared: &Arc<Prepared>| {
            let options = JudgeOptions {
                parameters: lane.rule_parameters.clone(),
                ..JudgeOptions::new(Box::new(move || tempfile::tempfile_in(&folder)))
            };
            Judge::new(prepared.clone(), options)
        };
        Self { judge: lane.book.as_ref().map(judge), prepared: lane.book.clone() }
    }

    /// Takes rows in canonical order.
    pub(super) fn push(&mut self, columns: &Columns, action: Action) -> Result<(), Error> {
        if action != Action::Merge {
            // What is replaced or deleted cannot be told from what stays without the lane.
            self.judge = None;
        }
        self.judge.as_mut().map_or(Ok(()), |judge| judge.push_lane(columns)).map_err(Error::Output)
    }

    /// Adds what the rules find, and says of those that did not run why.
    pub(super) fn finish(self, findings: &mut Findings) -> Result<(), Error> {
        let Some(prepared) = self.prepared else { return Ok(()) };
        let Some(mut judge) = self.judge else {
            let reason = "the file replaces or deletes: the hub judges what comes out of it";
            Judge::not_run(&prepared, reason, findings);
            return Ok(());
        };
        for (name, source) in prepared.references() {
            let reason = match source {
                InputSource::Previous => "the hub has it and compares when the file is sent",
                InputSource::Dataflow { .. } => "the hub has them and compares when the file is sent",
                InputSource::Partners { .. } => "the hub compares with them when the file is sent",
            };
            judge.lacks(name, reason);
        }
        judge.finish(findings).map_err(Error::Output)
    }
}
