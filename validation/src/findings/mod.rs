//! Collects findings in bounded memory, and brings them into the order of reports.
//!
//! What lives here: collecting, scratch files, counting. What must not: rules.

mod entry;
mod file;
mod spill;
mod table;
mod tally;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

use mighub_sdmx::sort::Scratch;
use mighub_sdmx::structure::DataDefinition;

pub(crate) use entry::{Entry, clip};
pub use file::FileError;
pub(crate) use spill::RunReader;
use spill::{Merged, RunWriter};
use tally::Tally;
pub use tally::{SAMPLE_VALUES, VALUES_COUNTED};

use crate::finding::{FindingCounts, RuleCount, RuleNotRun, Summary};
use crate::report::{Kept, Report};
use crate::rule::{AnyRule, BookRule, Rule};

/// Findings kept in memory, about; more are written to scratch files.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;
/// Scratch files merged at a time, each through a buffer of its own.
const FAN_IN: usize = 16;
/// Unreadable cells that are remembered, so that nothing else is said about them. Beyond that, a cell may
/// be found twice.
const UNREADABLE_KEPT: usize = 64 * 1024;
/// Rules that are reported as not run; there are not so many.
const NOT_RUN_MAX: usize = 1_000;

/// Takes findings in any order. Nothing fails until [`Findings::finish`], so that one broken disk is one
/// error.
pub struct Findings {
    memory_bytes: usize,
    pending: Vec<Entry>,
    pending_bytes: usize,
    /// Scratch files, by how often their findings were merged.
    levels: Vec<Vec<std::fs::File>>,
    scratch: Scratch,
    failed: Option<io::Error>,
    counts: FindingCounts,
    not_run: Vec<RuleNotRun>,
    unreadable: HashSet<(u64, Arc<str>)>,
    subject: Subject,
    /// Rules of a rulebook that found something: scratch files name them by id.
    book: BookRules,
    rules: Vec<RuleCount>,
}

/// Rules of a rulebook by id.
pub(crate) type BookRules = Arc<BTreeMap<Arc<str>, Arc<BookRule>>>;

/// Whose series the findings are about.
enum Subject {
    Nothing,
    Of(Arc<DataDefinition>),
    /// Keys of several dataflows have nothing in common that could be counted.
    Several,
}

impl Findings {
    /// None yet. Files for more than fit in memory come from `scratch`.
    pub fn new(scratch: Scratch) -> Self {
        Self::with_memory(MEMORY_BYTES, scratch)
    }

    /// The same with another amount of memory.
    pub fn with_memory(memory_bytes: usize, scratch: Scratch) -> Self {
        Self {
            memory_bytes,
            pending: Vec::new(),
            pending_bytes: 0,
            levels: Vec::new(),
            scratch,
            failed: None,
            counts: FindingCounts::default(),
            not_run: Vec::new(),
            unreadable: HashSet::new(),
            subject: Subject::Nothing,
            book: BookRules::default(),
            rules: Vec::new(),
        }
    }

    /// Whether an error was found so far.
    pub fn has_errors(&self) -> bool {
        self.counts.errors > 0
    }

    /// Findings so far; one that is found twice counts twice until [`Findings::finish`].
    pub fn counts(&self) -> FindingCounts {
        self.counts
    }

    /// Notes that a rule could not be applied, and why.
    pub fn add_not_run(&mut self, rule: &Rule, reason: impl Into<String>) {
        self.add_rule_not_run(rule.id, reason);
    }

    /// The same for a rule of either kind.
    pub(crate) fn add_rule_not_run(&mut self, rule_id: &str, reason: impl Into<String>) {
        let not_run = RuleNotRun { rule_id: rule_id.to_owned(), reason: reason.into() };
        if self.not_run.len() < NOT_RUN_MAX && !self.not_run.contains(&not_run) {
            self.not_run.push(not_run);
        }
    }

    /// Notes what a rule did.
    pub(crate) fn add_rule_count(&mut self, count: RuleCount) {
        self.rules.push(count);
    }

    /// Orders and counts everything.
    pub fn finish(mut self) -> io::Result<Report> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let none: Arc<str> = Arc::from("");
        let definition = match &self.subject {
            Subject::Of(definition) => Some(definition.clone()),
            Subject::Nothing | Subject::Several => None,
        };
        let dimensions = definition.as_ref().map_or(&[][..], |definition| &definition.shape.dimensions);
        let time = definition.as_ref().and_then(|definition| definition.time.as_ref()).unwrap_or(&none);
        let mut tally = Tally::new(dimensions, time);
        let not_run = std::mem::take(&mut self.not_run);
        let kept = if self.levels.is_empty() {
            let mut entries = std::mem::take(&mut self.pending);
            entries.sort_unstable();
            let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
            for entry in entries {
                match kept.last_mut() {
                    Some(last) if last.is_same(&entry) => last.absorb(entry),
                    _ => kept.push(entry),
                }
            }
            kept.iter().for_each(|entry| tally.count(entry));
            Kept::Memory(kept)
        } else {
            let mut merged = self.merged()?;
            let mut writer = RunWriter::new((self.scratch)()?);
            let mut last: Option<Entry> = None;
            while let Some(entry) = merged.read()? {
                match &mut last {
                    Some(last) if last.is_same(&entry) => last.absorb(entry),
                    _ => {
                        if let Some(complete) = last.replace(entry) {
                            tally.count(&complete);
                            writer.write(complete)?;
                        }
                    }
                }
            }
            if let Some(complete) = last {
                tally.count(&complete);
                writer.write(complete)?;
            }
            Kept::File(writer.finish()?)
        };
        self.rules.sort_unstable();
        let summary = Summary { rules: self.rules, ..tally.finish(not_run) };
        Ok(Report::new(summary, kept, self.book))
    }

    pub(crate) fn add(&mut self, entry: Entry) {
        if self.failed.is_some() {
            return;
        }
        self.counts.add(entry.rule.severity());
        if let AnyRule::OfBook(rule) = &entry.rule
            && !self.book.contains_key(&rule.id)
        {
            Arc::make_mut(&mut self.book).insert(rule.id.clone(), rule.clone());
        }
        self.pending_bytes += entry.memory_bytes();
        self.pending.push(entry);
        if self.pending_bytes > self.memory_bytes {
            self.failed = self.spill().err();
        }
    }

    /// Takes note of the dataflow that findings are about.
    pub(crate) fn is_about(&mut self, definition: &Arc<DataDefinition>) {
        match &self.subject {
            Subject::Nothing => self.subject = Subject::Of(definition.clone()),
            Subject::Of(known) if !Arc::ptr_eq(known, definition) => self.subject = Subject::Several,
            Subject::Of(_) | Subject::Several => {}
        }
    }

    /// Whether a cell could not be read, so that there is nothing more to say about it.
    pub(crate) fn is_unreadable(&self, row: Option<u64>, component: &Arc<str>) -> bool {
        row.is_some_and(|row| {
            !self.unreadable.is_empty() && self.unreadable.contains(&(row, component.clone()))
        })
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut entries = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        entries.sort_unstable();
        let mut writer = RunWriter::new((self.scratch)()?);
        entries.into_iter().try_for_each(|entry| writer.write(entry))?;
        self.add_run(0, writer.finish()?)
    }

    fn add_run(&mut self, level: usize, run: std::fs::File) -> io::Result<()> {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(run);
        if self.levels[level].len() == FAN_IN { self.merge_level(level) } else { Ok(()) }
    }

    fn merge_level(&mut self, level: usize) -> io::Result<()> {
        let mut merged = Merged::new(std::mem::take(&mut self.levels[level]), &self.book)?;
        let mut writer = RunWriter::new((self.scratch)()?);
        while let Some(entry) = merged.read()? {
            writer.write(entry)?;
        }
        self.add_run(level + 1, writer.finish()?)
    }

    fn merged(&mut self) -> io::Result<Merged> {
        if !self.pending.is_empty() {
            self.spill()?;
        }
        // The smallest files are merged until the rest can be merged at once.
        while self.levels.iter().map(Vec::len).sum::<usize>() > FAN_IN {
            let smallest = self.levels.iter().position(|files| !files.is_empty()).unwrap_or(0);
            self.merge_level(smallest)?;
        }
        Merged::new(self.levels.drain(..).flatten().collect(), &self.book)
    }
}

impl std::fmt::Debug for Findings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Findings").field("counts", &self.counts).finish_non_exhaustive()
    }
}
