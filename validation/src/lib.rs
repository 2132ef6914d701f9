//! THE JUDGE: a rulebook and a dataset in, findings out. The same code runs in the client, where rows have
//! numbers and a file, and in the hub, where they have neither.
//!
//! What lives here: the table of rules of levels 0 and 1 and the checker that applies them to columns; rulebooks
//! with the rules of levels 2 to 5 ([`Rulebook`], [`Prepared`]) and the [`Judge`] that runs them on the state of a
//! lane and its references; findings in bounded memory, reports as text and JSON.
//! What must not: networks, clocks, protobuf, and what becomes of a submission that has findings.
//!
//! A rulebook is read ([`Rulebook::read`], [`read_source`], or [`Rulebook::shipped`]), made ready once for the
//! structures it meets ([`Rulebook::prepare`]: parsed, typed, every mistake told with its place), and judges as often
//! as it is given to a [`Judge`]:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use mighub_sdmx::{Columns, structure::DataDefinition};
//! # use mighub_validation::{Affected, Findings, Judge, JudgeOptions, Rulebook};
//! # fn definition_of(dataflow: &str) -> Option<Arc<DataDefinition>> { None }
//! /// Judges what a lane would hold; of a correction only the groups that `changed` touches.
//! fn judge(
//!     rulebook: &Rulebook,
//!     lane: &[Columns],
//!     before: &[Columns],
//!     changed: Option<&Columns>,
//!     findings: &mut Findings,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let prepared = rulebook.prepare(&definition_of).map_err(|problems| problems[0].to_string())?;
//!     let Some(prepared) = prepared.map(Arc::new) else { return Ok(()) };
//!     let mut options = JudgeOptions::new(Box::new(tempfile::tempfile));
//!     options.affected = changed.map(|changed| {
//!         let mut affected = Affected::none(&prepared);
//!         affected.add(changed);
//!         affected
//!     });
//!     let mut judge = Judge::new(prepared, options);
//!     lane.iter().try_for_each(|batch| judge.push_lane(batch))?;
//!     match before {
//!         [] => judge.lacks("before", "this is the first vintage of the lane"),
//!         _ => before.iter().try_for_each(|batch| judge.push("before", batch))?,
//!     }
//!     Ok(judge.finish(findings)?)
//! }
//! ```
//!
//! Levels 0 and 1 on a file, batch by batch:
//!
//! ```no_run
//! use std::io::Write;
//! use std::sync::Arc;
//!
//! use mighub_sdmx::csv::CsvReader;
//! use mighub_sdmx::sort::Sorter;
//! use mighub_sdmx::structure::DataDefinition;
//! use mighub_validation::{Checker, Findings, SourceFile, Stage, Terms, TextOptions, write_text};
//!
//! /// Prints what is wrong with a file of merged rows.
//! fn check(
//!     file: std::fs::File,
//!     definition: Arc<DataDefinition>,
//!     terms: Terms,
//!     mut out: impl Write,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut findings = Findings::new(Box::new(tempfile::tempfile));
//!     let mut checker = Checker::new(definition.clone(), terms);
//!     let mut sorter = Sorter::new(definition.shape.clone(), 1 << 24, Box::new(tempfile::tempfile));
//!     let mut reader = CsvReader::new(&file, |_, _| Some(definition.clone()))?;
//!     // Whatever ends the reading is a finding, too, and what was read until then is judged.
//!     loop {
//!         match reader.next_batch() {
//!             Ok(None) => break,
//!             Err(error) => {
//!                 findings.add_file_error(&error);
//!                 break;
//!             }
//!             Ok(Some(batch)) => {
//!                 for issue in &batch.issues {
//!                     findings.add_cell_issue(issue, reader.header(), Some(&batch.columns));
//!                 }
//!                 sorter.push(batch.columns)?;
//!             }
//!         }
//!     }
//!     for batch in sorter.finish()? {
//!         let batch = batch?;
//!         findings.add_clashes(&batch, &definition);
//!         checker.check(&batch.columns, Stage::Inserted, &mut findings);
//!     }
//!     let read = reader.finish();
//!     let mut report = findings.finish()?;
//!     let summary = report.summary().clone();
//!     let mut source = SourceFile::new(&file, &read.header, &read.places);
//!     let locate = |finding: &_| source.locate(finding).ok().flatten();
//!     Ok(write_text(&summary, report.findings()?, locate, &TextOptions::default(), &mut out)?)
//! }
//! ```

mod checker;
mod finding;
mod findings;
mod judge;
mod render;
mod report;
mod rule;
mod rulebook;
pub mod rules;
mod suggest;
mod terms;
mod wording;

pub use checker::Checker;
pub use finding::{
    ComponentSample, FOUND_CHARACTERS, Finding, FindingCounts, FindingGroup, OBSERVATIONS_LISTED,
    ObservationRef, Place, RuleCount, RuleNotRun, SUGGESTIONS_MAX, Summary, ValueCount,
};
pub use findings::{FileError, Findings, SAMPLE_VALUES, VALUES_COUNTED};
pub use judge::{Affected, JUDGE_BYTES_MAX, Judge, JudgeOptions};
pub use render::{SourceFile, Style, TextOptions, write_text};
pub use report::Report;
pub use rule::{BookRule, FIRST_LANGUAGE, MainType, Rule, RuleTexts, Severity};
pub use rulebook::{
    Artefact, InputSource, ParameterError, ParameterSpec, ParameterType, Prepared, PreparedInput,
    PreparedRule, RULEBOOK_BYTES_MAX, ResultParts, RuleSpec, Rulebook, RulebookError, RulebookProblem,
    Script, SourceError, Texts, read_source,
};
pub use terms::{Stage, Terms};
pub use wording::{Language, UnknownLanguage, Wording};
