//! The picture of a mistake in plain text.

use std::fmt;

use unicode_width::UnicodeWidthChar;

use super::Diagnostic;

/// Columns between two stops of a tab.
const TAB_COLUMNS: usize = 4;

/// Most columns of the script that are shown: longer lines are cut around the mistake.
const LINE_COLUMNS_MAX: usize = 100;

/// Columns that are shown before the mistake in a line that is cut.
const LEAD_COLUMNS: usize = 40;

/// Most things that are listed as expected.
const EXPECTED_MAX: usize = 12;

pub(super) struct Picture<'a> {
    pub(super) diagnostic: &'a Diagnostic,
    pub(super) script: &'a str,
    pub(super) source: &'a str,
}

/// Line and column of a byte, both from 1; columns are characters.
pub(super) fn place(script: &str, byte: u32) -> (usize, usize) {
    let before = &script[..floor(script, byte)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { diagnostic, script, source } = self;
        let (line, column) = place(script, diagnostic.span.start);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{} error {}: {}", diagnostic.phase.name(), diagnostic.code, diagnostic.message)?;
        writeln!(f, "{margin}--> {source}:{line}:{column}")?;
        let (shown, underline) = self.line();
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {shown}")?;
        write!(f, "{margin} | {underline}")?;
        if let Some(expected) = self.expected() {
            write!(f, " expected {expected}")?;
        }
        writeln!(f)?;
        if let Some(help) = &diagnostic.help {
            writeln!(f, "{margin} = help: {help}")?;
        }
        Ok(())
    }
}

impl Picture<'_> {
    fn expected(&self) -> Option<String> {
        let all = &self.diagnostic.expected;
        if all.len() > EXPECTED_MAX {
            return Some(format!("{}, ...", all[..EXPECTED_MAX].join(", ")));
        }
        let (last, rest) = all.split_last()?;
        Some(if rest.is_empty() { last.clone() } else { format!("{} or {last}", rest.join(", ")) })
    }

    /// The line in which the mistake starts, as it is shown, and marks under the mistake.
    fn line(&self) -> (String, String) {
        let start = floor(self.script, self.diagnostic.span.start);
        let end = floor(self.script, self.diagnostic.span.end).max(start);
        let line_start = self.script[..start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = self.script[start..].find('\n').map_or(self.script.len(), |len| start + len);
        let line = self.script[line_start..line_end].trim_end_matches('\r');

        let mut cells = Vec::new();
        let (mut first, mut last) = (None, 0);
        for (byte, character) in line.char_indices() {
            let at = line_start + byte;
            if at >= start && first.is_none() {
                first = Some(columns(&cells));
            }
            let column = columns(&cells);
            cells.push(Cell::of(character, column));
            if at < end {
                last = columns(&cells);
            }
        }
        let first = first.unwrap_or_else(|| columns(&cells));
        cut(&cells, first, last.max(first + 1))
    }
}

/// A character as it is shown.
struct Cell {
    text: String,
    end: usize,
}

impl Cell {
    fn of(character: char, column: usize) -> Self {
        let (text, width) = match character {
            '\t' => {
                let width = TAB_COLUMNS - column % TAB_COLUMNS;
                (" ".repeat(width), width)
            }
            // Control characters could move the cursor of a terminal.
            _ if character.is_control() => ("\u{fffd}".to_owned(), 1),
            _ => (character.to_string(), character.width().unwrap_or(0)),
        };
        Self { text, end: column + width }
    }
}

fn columns(cells: &[Cell]) -> usize {
    cells.last().map_or(0, |cell| cell.end)
}

/// The part of a line around the columns `first..last`, and `^` under them.
fn cut(cells: &[Cell], first: usize, last: usize) -> (String, String) {
    let mut from = 0;
    let width = columns(cells);
    if width > LINE_COLUMNS_MAX && first > LEAD_COLUMNS {
        from = first - LEAD_COLUMNS;
    }
    let to = from + LINE_COLUMNS_MAX;
    let mut shown = String::new();
    let mut skipped = 0;
    for (place, cell) in cells.iter().enumerate() {
        let start = place.checked_sub(1).map_or(0, |before| cells[before].end);
        if start < from {
            skipped = cell.end;
        } else if cell.end <= to {
            shown.push_str(&cell.text);
        }
    }
    let lead = if from > 0 { "..." } else { "" };
    let tail = if width > to { "..." } else { "" };
    let marks = last.min(to).max(first + 1) - first;
    let underline = format!("{}{}", " ".repeat(lead.len() + first - skipped.min(first)), "^".repeat(marks));
    (format!("{lead}{shown}{tail}"), underline)
}

/// The start of the character that the byte belongs to.
fn floor(text: &str, byte: u32) -> usize {
    text.floor_char_boundary((byte as usize).min(text.len()))
}
