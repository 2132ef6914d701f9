//! Findings in scratch files: sorted runs, merged until one is left.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use mighub_sdmx::period::Period;
use serde::{Deserialize, Serialize};

use super::BookRules;
use super::entry::Entry;
use crate::rule::AnyRule;
use crate::rules;

/// Longest record of a finding in bytes: a hundred periods and rows, some texts, a key. A longer one can
/// only be damage.
const RECORD_BYTES_MAX: u32 = 4 * 1024 * 1024;
const BUFFER_BYTES: usize = 64 * 1024;

/// Writes findings in their order.
pub(super) struct RunWriter {
    output: BufWriter<File>,
    record: Vec<u8>,
}

/// Reads them again.
pub(crate) struct RunReader {
    input: BufReader<File>,
    record: Vec<u8>,
    book: BookRules,
}

/// Several runs as one.
pub(super) struct Merged {
    runs: Vec<RunReader>,
    /// The next of each run.
    next: BinaryHeap<Reverse<(Entry, usize)>>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    rule: String,
    key: Option<Vec<Arc<str>>>,
    periods: Vec<i64>,
    rows: Vec<u64>,
    main_row: Option<u64>,
    line: Option<u64>,
    column: Option<usize>,
    component: Arc<str>,
    part: Arc<str>,
    others: Vec<(Vec<Arc<str>>, i64)>,
    occurrences: u64,
    found: String,
    expected: String,
    arithmetic: String,
    remedy: Option<String>,
    suggestions: Vec<Arc<str>>,
}

impl RunWriter {
    pub(super) fn new(file: File) -> Self {
        Self { output: BufWriter::with_capacity(BUFFER_BYTES, file), record: Vec::new() }
    }

    pub(super) fn write(&mut self, entry: Entry) -> io::Result<()> {
        let record = Record {
            rule: entry.rule.id().to_owned(),
            key: entry.key.map(|key| key.to_vec()),
            periods: entry.periods.iter().map(|period| period.packed()).collect(),
            rows: entry.rows,
            main_row: entry.main_row,
            line: entry.line,
            column: entry.column,
            component: entry.component,
            part: entry.part,
            others: entry.others.iter().map(|(key, period)| (key.to_vec(), period.packed())).collect(),
            occurrences: entry.occurrences,
            found: entry.found,
            expected: entry.expected,
            arithmetic: entry.arithmetic,
            remedy: entry.remedy,
            suggestions: entry.suggestions,
        };
        self.record.clear();
        serde_json::to_writer(&mut self.record, &record)?;
        self.output.write_all(&(self.record.len() as u32).to_le_bytes())?;
        self.output.write_all(&self.record)
    }

    /// The file, to be read from its beginning.
    pub(super) fn finish(self) -> io::Result<File> {
        let mut file = self.output.into_inner().map_err(|error| error.into_error())?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

impl RunReader {
    pub(crate) fn new(file: File, book: BookRules) -> Self {
        Self { input: BufReader::with_capacity(BUFFER_BYTES, file), record: Vec::new(), book }
    }

    /// The next finding; nothing at the end.
    pub(crate) fn read(&mut self) -> io::Result<Option<Entry>> {
        let mut length = [0; 4];
        if self.input.read(&mut length[..1])? == 0 {
            return Ok(None);
        }
        self.input.read_exact(&mut length[1..])?;
        let length = u32::from_le_bytes(length);
        if length > RECORD_BYTES_MAX {
            return Err(damaged());
        }
        self.record.resize(length as usize, 0);
        self.input.read_exact(&mut self.record)?;
        let record: Record = serde_json::from_slice(&self.record)?;
        let other = |(key, period)| Some((Arc::from(key), Period::from_packed(period)?));
        let others = record.others.into_iter().map(other);
        let periods = record.periods.into_iter().map(Period::from_packed);
        Ok(Some(Entry {
            rule: self.rule(&record.rule).ok_or_else(damaged)?,
            part: record.part,
            key: record.key.map(Arc::from),
            periods: periods.collect::<Option<_>>().ok_or_else(damaged)?,
            rows: record.rows,
            main_row: record.main_row,
            line: record.line,
            column: record.column,
            component: record.component,
            others: others.collect::<Option<_>>().ok_or_else(damaged)?,
            occurrences: record.occurrences,
            found: record.found,
            expected: record.expected,
            arithmetic: record.arithmetic,
            remedy: record.remedy,
            suggestions: record.suggestions,
        }))
    }

    fn rule(&self, id: &str) -> Option<AnyRule> {
        let of_book = || self.book.get(id).cloned().map(AnyRule::OfBook);
        rules::find(id).map(AnyRule::BuiltIn).or_else(of_book)
    }
}

impl Merged {
    pub(super) fn new(files: Vec<File>, book: &BookRules) -> io::Result<Self> {
        let run = |file| RunReader::new(file, book.clone());
        let mut runs: Vec<_> = files.into_iter().map(run).collect();
        let mut next = BinaryHeap::with_capacity(runs.len());
        for (place, run) in runs.iter_mut().enumerate() {
            next.extend(run.read()?.map(|entry| Reverse((entry, place))));
        }
        Ok(Self { runs, next })
    }

    pub(super) fn read(&mut self) -> io::Result<Option<Entry>> {
        let Some(Reverse((entry, place))) = self.next.pop() else { return Ok(None) };
        self.next.extend(self.runs[place].read()?.map(|entry| Reverse((entry, place))));
        Ok(Some(entry))
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a scratch file of findings is damaged")
}
