//! One reading of a file: rows to findings, and to observations in order for [`Work`].

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use mighub_sdmx::Columns;
use mighub_sdmx::columns::SeriesKey;
use mighub_sdmx::csv::{Action, CellIssue, CellProblem, ReadSummary};
use mighub_sdmx::data::reader;
use mighub_sdmx::structure::DataDefinition;
use mighub_sdmx::table::TableIssue;
use mighub_validation::Findings;

use super::foreign::Refused;
use super::source::Text;
use super::work::{Taken, Work};
use super::{Checked, Contents, Prepared, ReadFile, ReadOptions, Target};
use crate::error::Error;
use crate::lane::{LaneInfo, Lanes};
use crate::progress::Progress;

/// What is known of a file before a reading of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pass {
    /// Its rows must be sorted.
    pub(super) sort: bool,
    /// Its cells that are marked so are under embargo until then.
    pub(super) embargo: Option<Timestamp>,
    /// Its parts act on one another, so that none of them is the result.
    pub(super) several_parts: bool,
}

/// How a reading ended.
pub(super) enum Outcome {
    Done(Box<Prepared>),
    /// It must be read again, with this known.
    Again(Pass),
}

/// Findings that lie in scratch files of `folder` when they are many.
fn findings(folder: &Path) -> Findings {
    let folder = folder.to_owned();
    Findings::new(Box::new(move || tempfile::tempfile_in(&folder)))
}

/// Reads a text from its beginning to its end.
pub(super) fn text(
    text: &Arc<Text>,
    lanes: &mut dyn Lanes,
    options: &ReadOptions,
    target: &Target<'_>,
    pass: &Pass,
    progress: &Progress,
) -> Result<Outcome, Error> {
    let mut findings = findings(target.scratch);
    let named = RefCell::new(Named::new(lanes, options));
    let resolve = |structure: &str, id: &str| named.borrow_mut().definition(structure, id);
    let mut reader = match reader(text.open(progress)?, resolve) {
        Ok(reader) => reader,
        Err(error) => {
            findings.add_file_error(&error);
            return nothing_read(findings, target, None);
        }
    };
    let mut work: Option<Work> = None;
    loop {
        let batch = match reader.next_batch() {
            Ok(batch) => batch,
            Err(error) => {
                findings.add_file_error(&error);
                break;
            }
        };
        named.borrow_mut().check()?;
        let Some(batch) = batch else { break };
        for issue in &batch.issues {
            if let Some(issue_of_table) = table_issue(text, issue)? {
                findings.add_table_issue(issue.row, &issue_of_table);
                continue;
            }
            findings.add_cell_issue(issue, reader.header(), Some(&batch.columns));
        }
        let work = match &mut work {
            Some(work) => work,
            None => {
                let lane = named.borrow().lane.clone();
                let lane = lane.ok_or_else(|| Error::Internal("rows came before their lane".to_owned()))?;
                work.insert(Work::new(lane, *pass, options, target, progress)?)
            }
        };
        match work.rows(batch, &mut findings)? {
            Taken::Yes => {}
            Taken::ReadAgain(pass) => return Ok(Outcome::Again(pass)),
            Taken::Stop => break,
        }
    }
    let summary = reader.finish();
    let mut named = named.into_inner();
    named.check()?;
    for issue in &summary.issues {
        // Rows of other dataflows are left out because it was asked for, or are reported as a whole below.
        let of_other =
            issue.problem == CellProblem::UnknownStructure && named.left_out.contains(&issue.content);
        if !of_other {
            findings.add_cell_issue(issue, &summary.header, None);
        }
    }
    let dataflows: Vec<String> = named.dataflows().cloned().collect();
    if options.only.is_none() {
        findings.add_lanes(&dataflows);
    } else if named.lane.is_none() {
        let only = options.only.as_deref().unwrap_or_default();
        return Err(Error::Request(format!("{}: no row is of {only}", text.name())));
    }
    let Some(work) = work else { return nothing_read(findings, target, Some((summary, text))) };
    findings.add_foreign_columns(&summary.header, work.definition());
    let mut prepared = work.finish(findings)?;
    let notices = text.notices(prepared.checked.lane.as_deref());
    let contents = &mut prepared.checked.contents;
    (contents.rows, contents.dataflows, contents.notices) = (summary.rows, dataflows, notices);
    contents.table = text.read.clone();
    prepared.checked.file = Some(read_file(summary, text));
    Ok(Outcome::Done(Box::new(prepared)))
}

/// What was wrong in the office's table where a row of its translation stands empty.
fn table_issue(text: &Text, issue: &CellIssue) -> Result<Option<TableIssue>, Error> {
    match (text.table(), &issue.problem) {
        (Some(table), CellProblem::CellCount { .. }) => {
            table.origin().issue(issue.row).map_err(Error::file(text.name().as_ref()))
        }
        _ => Ok(None),
    }
}

fn read_file(summary: ReadSummary, text: &Arc<Text>) -> ReadFile {
    ReadFile { text: text.clone(), header: summary.header, places: summary.places }
}

/// A table that has no meaning as a whole.
pub(super) fn refused(refused: &Refused, text: &Text, target: &Target<'_>) -> Result<Prepared, Error> {
    let mut findings = findings(target.scratch);
    match refused {
        Refused::Table(error) => findings.add_table_error(error),
        Refused::SeveralMappings(names) => findings.add_several_mappings(names),
    }
    let report = findings.finish().map_err(Error::file(target.scratch))?;
    let contents = Contents { notices: text.notices(None), table: text.read.clone(), ..Contents::default() };
    let checked = Checked { lane: None, report, contents, file: None };
    Ok(Prepared { checked, spool: None, dataset_attributes: Vec::new(), scope: None })
}

/// A file of which no row could be read.
fn nothing_read(
    findings: Findings,
    target: &Target<'_>,
    read: Option<(ReadSummary, &Arc<Text>)>,
) -> Result<Outcome, Error> {
    let report = findings.finish().map_err(Error::file(target.scratch))?;
    let rows = read.as_ref().map_or(0, |(read, _)| read.rows);
    let notices = read.as_ref().map(|(_, text)| text.notices(None)).unwrap_or_default();
    let table = read.as_ref().map(|(_, text)| text.read.clone()).unwrap_or_default();
    let contents = Contents { rows, notices, table, ..Contents::default() };
    let file = read.map(|(summary, text)| read_file(summary, text));
    let checked = Checked { lane: None, report, contents, file };
    let prepared = Prepared { checked, spool: None, dataset_attributes: Vec::new(), scope: None };
    Ok(Outcome::Done(Box::new(prepared)))
}

/// Takes columns that a program gives.
pub(super) fn columns(
    dataflow: &str,
    action: Action,
    batches: Box<dyn Iterator<Item = Columns> + Send>,
    lanes: &mut dyn Lanes,
    options: &ReadOptions,
    target: &Target<'_>,
    progress: &Progress,
) -> Result<Prepared, Error> {
    let lane = lanes.lane("dataflow", dataflow)?;
    let lane = lane.ok_or_else(|| Error::Request(format!("the hub has no dataflow {dataflow}")))?;
    let mut findings = findings(target.scratch);
    let mut work = Work::new(lane, Pass::default(), options, target, progress)?;
    let mut before: Option<Vec<Arc<str>>> = None;
    for columns in batches {
        check_order(&columns, before.as_deref(), work.definition())?;
        let Some(last) = columns.series_count().checked_sub(1) else { continue };
        before = Some(columns.key(last).to_vec());
        work.canonical(columns, action, &mut findings)?;
    }
    let mut prepared = work.finish(findings)?;
    prepared.checked.contents.dataflows = vec![dataflow.to_owned()];
    Ok(prepared)
}

/// What rows say they are of.
struct Named<'n> {
    lanes: &'n mut dyn Lanes,
    only: Option<&'n str>,
    lane: Option<Arc<LaneInfo>>,
    /// Other dataflows in the file.
    others: Vec<String>,
    /// References to them as they stand there.
    left_out: Vec<String>,
    error: Option<Error>,
}

impl<'n> Named<'n> {
    fn new(lanes: &'n mut dyn Lanes, options: &'n ReadOptions) -> Self {
        let only = options.only.as_deref();
        Self { lanes, only, lane: None, others: Vec::new(), left_out: Vec::new(), error: None }
    }

    fn definition(&mut self, structure: &str, id: &str) -> Option<Arc<DataDefinition>> {
        if self.error.is_some() {
            return None;
        }
        let found = match self.lanes.lane(structure, id) {
            Ok(found) => found?,
            Err(error) => {
                self.error = Some(error);
                return None;
            }
        };
        let wanted = self.only.is_none_or(|only| only == found.lane.dataflow);
        match &self.lane {
            None if wanted => {
                self.lane = Some(found.clone());
                Some(found.definition.clone())
            }
            // Another spelling of the same.
            Some(known) if known.lane == found.lane => Some(known.definition.clone()),
            _ => {
                let name = match &self.lane {
                    Some(known) if known.lane.dataflow == found.lane.dataflow => {
                        format!("{} of {}", found.lane.dataflow, found.lane.provider)
                    }
                    _ => found.lane.dataflow.clone(),
                };
                if !self.others.contains(&name) {
                    self.others.push(name);
                }
                self.left_out.push(id.to_owned());
                None
            }
        }
    }

    fn dataflows(&self) -> impl Iterator<Item = &String> {
        self.lane.iter().map(|lane| &lane.lane.dataflow).chain(&self.others)
    }

    /// What went wrong when the hub was asked.
    fn check(&mut self) -> Result<(), Error> {
        self.error.take().map_or(Ok(()), Err)
    }
}

fn check_order(
    columns: &Columns,
    before: Option<&[Arc<str>]>,
    definition: &DataDefinition,
) -> Result<(), Error> {
    if columns.shape != definition.shape || !columns.check() {
        let dataflow = definition.dataflow.short();
        return Err(Error::Request(format!(
            "the columns do not have the shape of {dataflow}, or contradict themselves"
        )));
    }
    let refuse = |key: SeriesKey<'_>| Err(Error::OutOfOrder { key: key.to_string() });
    for series in 0..columns.series_count() {
        let key = columns.key(series);
        let follows = match (series.checked_sub(1), before) {
            (Some(last), _) => columns.key(last) < key,
            (None, Some(before)) => key.cmp_codes(before).is_gt(),
            (None, None) => true,
        };
        let periods = &columns.periods[columns.observations(series)];
        if !follows || periods.is_empty() || !periods.is_sorted_by(|a, b| a < b) {
            return refuse(key);
        }
    }
    Ok(())
}
