//! What is known when everything was judged: counts, groups, and every finding in order.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use serde::Serialize;

use crate::finding::{Finding, FindingCounts, Summary};
use crate::findings::{BookRules, Entry, RunReader};
use crate::wording::{Language, Wording};

/// All findings of a dataset.
#[derive(Debug)]
pub struct Report {
    summary: Summary,
    kept: Kept,
    /// Rules of a rulebook that scratch files name.
    book: BookRules,
    wording: Wording,
}

/// Where the findings lie, in order.
#[derive(Debug)]
pub(crate) enum Kept {
    Memory(Vec<Entry>),
    File(File),
}

impl Report {
    pub(crate) fn new(summary: Summary, kept: Kept, book: BookRules) -> Self {
        Self { summary, kept, book, wording: Wording::default() }
    }

    /// Says titles and remedies in a language from now on, as far as the rules have them.
    pub fn speak(&mut self, language: Language) {
        self.wording = Wording::of_rules(language, &self.book);
        self.wording.summary(&mut self.summary);
    }

    /// The language in which it speaks.
    pub fn language(&self) -> Language {
        self.wording.language()
    }

    /// Counts, groups, and rules that did not run.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Number of findings.
    pub fn counts(&self) -> FindingCounts {
        self.summary.counts
    }

    /// Whether nothing has to be corrected; there may be warnings.
    pub fn is_acceptable(&self) -> bool {
        self.summary.counts.errors == 0
    }

    /// Every finding: errors first, then by rule id, series key and period. Fails only where a scratch file
    /// fails.
    pub fn findings(&mut self) -> io::Result<impl Iterator<Item = io::Result<Finding>>> {
        let (memory, file) = match &mut self.kept {
            Kept::Memory(entries) => (Some(entries.iter().cloned().map(Entry::into_finding).map(Ok)), None),
            Kept::File(file) => {
                file.seek(SeekFrom::Start(0))?;
                (None, Some(RunReader::new(file.try_clone()?, self.book.clone())))
            }
        };
        let from_file = file.into_iter().flat_map(|mut run| {
            let next = move || run.read().map(|entry| entry.map(Entry::into_finding)).transpose();
            std::iter::from_fn(next)
        });
        let wording = &self.wording;
        let worded = |finding: io::Result<Finding>| {
            finding.map(|mut finding| {
                wording.finding(&mut finding);
                finding
            })
        };
        Ok(memory.into_iter().flatten().chain(from_file).map(worded))
    }

    /// Writes everything as one JSON object: `counts`, `groups`, `not_run`, `findings`.
    pub fn write_json(&mut self, out: &mut impl Write) -> io::Result<()> {
        #[derive(Serialize)]
        struct Head<'a> {
            #[serde(flatten)]
            summary: &'a Summary,
        }
        let mut head = serde_json::to_vec(&Head { summary: &self.summary })?;
        // The findings are streamed into the object, as its last member.
        head.pop();
        out.write_all(&head)?;
        out.write_all(b",\"findings\":[")?;
        for (nth, finding) in self.findings()?.enumerate() {
            if nth > 0 {
                out.write_all(b",")?;
            }
            serde_json::to_writer(&mut *out, &finding?)?;
        }
        out.write_all(b"]}\n")
    }
}
