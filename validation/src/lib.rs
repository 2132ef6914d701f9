//! THE JUDGE: a rulebook and a dataset in, findings out. The same code runs in the client, where rows have
//! numbers and a file, and in the hub, where they have neither.
//!
//! What lives here: the table of rules (levels 0 and 1; rule texts of dataflows and levels 2 to 5 come on top
//! of it), the checker that applies them to columns, findings in bounded memory, reports as text and JSON.
//! What must not: networks, clocks, protobuf, and what becomes of a submission that has findings.
//!
//! ```text
//! let mut findings = Findings::new(scratch);                  // scratch: makes temporary files
//! let mut checker = Checker::new(definition, terms);          // terms: what the agreement says
//! // While a file is read:
//! findings.add_cell_issue(&issue, reader.header(), Some(&batch.columns));
//! findings.add_file_error(&error);                            // whatever ended the reading
//! // When it is sorted, or when blocks are decoded:
//! findings.add_clashes(&sorted, &definition);
//! checker.check(&sorted.columns, Action::Merge, &mut findings);   // or Stage::Inserted, Stage::Resulting
//! // In the end:
//! let mut report = findings.finish()?;
//! report.summary();                                           // counts, groups, rules not run
//! report.findings()?;                                         // each, errors first
//! write_text(..), report.write_json(..)
//! ```

mod checker;
mod finding;
mod findings;
mod render;
mod report;
mod rule;
mod rulebook;
pub mod rules;
mod suggest;
mod terms;

pub use checker::Checker;
pub use finding::{
    ComponentSample, FOUND_CHARACTERS, Finding, FindingCounts, FindingGroup, OBSERVATIONS_LISTED,
    ObservationRef, Place, RuleNotRun, SUGGESTIONS_MAX, Summary, ValueCount,
};
pub use findings::{FileError, Findings, SAMPLE_VALUES, VALUES_COUNTED};
pub use render::{SourceFile, Style, TextOptions, write_text};
pub use report::Report;
pub use rule::{Rule, Severity};
pub use rulebook::Rulebook;
pub use terms::{Stage, Terms};
