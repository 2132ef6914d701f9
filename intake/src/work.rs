//! What is done with rows of one lane: into order, judged, into blocks.

use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::csv::{Action, RowBatch};
use mighub_sdmx::sort::{SortError, SortedBatch};
use mighub_sdmx::structure::DataDefinition;
use mighub_validation::Findings;

use super::judge::Judge;
use super::levels::Levels;
use super::order::{Order, OrderError};
use super::pass::Pass;
use super::scope::Span;
use super::spool::SpoolWriter;
use super::{Checked, Contents, DatasetAttribute, Prepared, ReadOptions, Target, embargo};
use crate::error::Error;
use crate::lane::LaneInfo;
use crate::progress::{Progress, Step};

/// Folders of submissions that are being prepared begin with this.
pub const PREPARING: &str = ".preparing-";

/// Takes the rows of one lane in one reading.
pub(super) struct Work<'w> {
    lane: Arc<LaneInfo>,
    judge: Judge,
    levels: Levels,
    /// Nothing if nothing is to be sent.
    spool: Option<SpoolWriter>,
    part: Option<Part>,
    /// Parts that have observations: the others are not sent.
    parts: usize,
    pass: Pass,
    options: &'w ReadOptions,
    target: &'w Target<'w>,
    progress: &'w Progress,
    /// Cells that are marked as under embargo went by before any time was known.
    marked_cells_passed: bool,
    /// An embargo that could not be read.
    /// Why the embargo that the file states cannot be kept.
    embargo_refused: Option<String>,
    dataset_attributes: Vec<DatasetAttribute>,
    span: Span,
    contents: Contents,
    observations: u64,
}

/// Rows of one action.
struct Part {
    action: Action,
    order: Order,
    has_observations: bool,
}

/// Whether rows were taken.
pub(super) enum Taken {
    Yes,
    /// The file must be read again, with this known.
    ReadAgain(Pass),
    /// There is no sense in reading on; the findings say why.
    Stop,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        lane: Arc<LaneInfo>,
        pass: Pass,
        options: &'w ReadOptions,
        target: &'w Target<'w>,
        progress: &'w Progress,
    ) -> Result<Self, Error> {
        let folder = || tempfile::Builder::new().prefix(PREPARING).tempdir_in(target.scratch);
        let folder = target.spool.then(folder).transpose().map_err(Error::file(target.scratch))?;
        let spool = folder.map(|folder| SpoolWriter::create(lane.clone(), folder)).transpose()?;
        let other_rulebook = lane.rulebook_digest.is_some_and(|digest| digest != lane.judged_by());
        Ok(Self {
            judge: Judge::new(&lane, pass, options)?,
            levels: Levels::new(&lane, target.scratch),
            spool,
            part: None,
            parts: 0,
            pass,
            options,
            target,
            progress,
            marked_cells_passed: false,
            embargo_refused: None,
            dataset_attributes: Vec::new(),
            span: Span::default(),
            contents: Contents { sorted: pass.sort, other_rulebook, ..Contents::default() },
            observations: 0,
            lane,
        })
    }

    pub(super) fn definition(&self) -> &DataDefinition {
        &self.lane.definition
    }

    /// Takes rows of a file, in any order if the pass sorts.
    pub(super) fn rows(&mut self, batch: RowBatch, findings: &mut Findings) -> Result<Taken, Error> {
        let RowBatch { mut columns, action, dataset_attributes, .. } = batch;
        for (id, value) in dataset_attributes {
            if let Some(again) = self.dataset_attribute(id, value) {
                return Ok(Taken::ReadAgain(again));
            }
        }
        self.note(&mut columns, action);
        if self.part.as_ref().is_none_or(|part| part.action != action) {
            if self.end_part(findings)?.is_none() {
                return Ok(Taken::Stop);
            }
            let order = Order::new(&self.lane.definition.shape, action, self.pass.sort, self.target.scratch);
            self.part = Some(Part { action, order, has_observations: false });
            self.begin_part(action)?;
        }
        let Some(part) = &mut self.part else { return Ok(Taken::Yes) };
        if !columns.is_empty() && !std::mem::replace(&mut part.has_observations, true) {
            self.parts += 1;
        }
        if self.parts > 1 && self.judge.takes_rows_for_result() {
            return Ok(Taken::ReadAgain(Pass { several_parts: true, ..self.pass }));
        }
        match part.order.push(columns) {
            Ok(ordered) => {
                ordered.iter().try_for_each(|batch| self.ordered(batch, action, findings))?;
                Ok(Taken::Yes)
            }
            Err(OrderError::MustSort) => Ok(Taken::ReadAgain(Pass { sort: true, ..self.pass })),
            Err(OrderError::Sort(error)) => {
                self.part = None;
                sorting_ended(error, findings).map(|()| Taken::Stop)
            }
        }
    }

    /// Takes columns that are in canonical order, all with one action.
    pub(super) fn canonical(
        &mut self,
        mut columns: Columns,
        action: Action,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        if self.contents.rows == 0 {
            self.begin_part(action)?;
        }
        self.contents.rows += columns.len() as u64;
        self.note(&mut columns, action);
        self.ordered(&SortedBatch { columns, clashes: Vec::new() }, action, findings)
    }

    /// Counts rows and sees to their embargo.
    fn note(&mut self, columns: &mut Columns, action: Action) {
        let count = match action {
            Action::Merge => &mut self.contents.merged,
            Action::Replace => &mut self.contents.replaced,
            Action::Delete => &mut self.contents.deleted,
        };
        *count += columns.len() as u64;
        if self.options.complete.is_some() && action != Action::Delete {
            self.span.add(columns);
        }
        if self.pass.embargo.is_some() {
            embargo::free_marked_cells(columns);
        } else {
            self.marked_cells_passed |= embargo::has_marked_cells(columns);
        }
    }

    fn dataset_attribute(&mut self, id: Arc<str>, value: Option<AttributeValue>) -> Option<Pass> {
        if &*id != embargo::EMBARGO_TIME {
            self.dataset_attributes.push((id, value));
            return None;
        }
        let value = value?;
        let Some(time) = embargo::parse(&value) else {
            self.embargo_refused = Some(format!(
                "EMBARGO_TIME {:?} is not a time with a zone: write it as 2027-01-15T09:00:00+01:00",
                value.as_text().unwrap_or_default()
            ));
            return None;
        };
        // A header has one time: of two, neither may win over the other without a word.
        if let Some(other) = self.contents.embargo.replace(time).filter(|other| *other != time) {
            self.embargo_refused = Some(format!(
                "EMBARGO_TIME is {other} in one part and {time} in another, and a submission has one embargo: send the \
                 parts as two files"
            ));
        }
        if self.pass.embargo.is_none() {
            self.pass.embargo = Some(time);
            return self.marked_cells_passed.then_some(self.pass);
        }
        None
    }

    fn begin_part(&mut self, action: Action) -> Result<(), Error> {
        self.spool.as_mut().map_or(Ok(()), |spool| spool.begin_part(action))
    }

    /// Brings the rows of the part to their end; nothing if sorting did not get there.
    fn end_part(&mut self, findings: &mut Findings) -> Result<Option<()>, Error> {
        let Some(Part { action, order, .. }) = self.part.take() else { return Ok(Some(())) };
        let ordered = match order.finish() {
            Ok(ordered) => ordered,
            Err(error) => return sorting_ended(error, findings).map(|()| None),
        };
        for batch in ordered {
            match batch {
                Ok(batch) => self.ordered(&batch, action, findings)?,
                Err(error) => return sorting_ended(error, findings).map(|()| None),
            }
        }
        Ok(Some(()))
    }

    /// Takes observations in canonical order.
    fn ordered(&mut self, batch: &SortedBatch, action: Action, findings: &mut Findings) -> Result<(), Error> {
        findings.add_clashes(batch, &self.lane.definition);
        self.judge.check(batch, action, findings);
        self.levels.push(&batch.columns, action)?;
        self.observations += batch.columns.len() as u64;
        if self.pass.sort {
            self.progress.tell(Step::Checking { observations: self.observations });
        }
        if findings.has_errors() {
            // Nothing will be sent; the rest is only checked.
            self.spool = None;
        }
        self.spool.as_mut().map_or(Ok(()), |spool| spool.push(&batch.columns))
    }

    pub(super) fn finish(mut self, mut findings: Findings) -> Result<Prepared, Error> {
        self.end_part(&mut findings)?;
        self.judge.check_dataset(&self.dataset_attributes, &mut findings);
        let scope = self.options.complete.as_ref();
        let scope = scope.map(|complete| self.span.scope(complete, &self.lane.definition)).transpose()?;
        self.contents.defaults_applied = self.judge.defaults_applied();
        // Rows with mistakes are judged as well, as far as they can be read: the office should see all at once.
        self.levels.finish(&mut findings)?;
        let report = findings.finish().map_err(Error::file(self.target.scratch))?;
        if let (Some(refused), true) = (&self.embargo_refused, report.is_acceptable()) {
            return Err(Error::Request(refused.clone()));
        }
        let spool = self.spool.filter(|_| report.is_acceptable());
        let spool = spool.map(|spool| spool.finish(&self.dataset_attributes)).transpose()?;
        let checked = Checked { lane: Some(self.lane), report, contents: self.contents, file: None };
        Ok(Prepared { checked, spool, dataset_attributes: self.dataset_attributes, scope })
    }
}

/// What ended sorting is a finding about the file, unless it is this machine's disk.
fn sorting_ended(error: SortError, findings: &mut Findings) -> Result<(), Error> {
    if matches!(error, SortError::Scratch(_)) {
        return Err(error.into());
    }
    findings.add_file_error(&error);
    Ok(())
}
