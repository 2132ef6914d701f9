//! Words, numbers, lines and colours.

use unicode_width::UnicodeWidthStr;

use super::labels::{Counted, Labels};
use crate::rule::Severity;

/// Whether a text may hold the terminal's escape bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// None.
    #[default]
    Plain,
    /// ANSI colours.
    Ansi,
}

const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";
const BOLD: &str = "1";
const FAINT: &str = "2";

impl Style {
    pub(super) fn severity_colour(self, severity: Severity, text: &str) -> String {
        let colour = match severity {
            Severity::Error => RED,
            Severity::Warning => YELLOW,
            Severity::Note => CYAN,
        };
        self.painted(colour, text)
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.painted(BOLD, text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.painted(FAINT, text)
    }

    fn painted(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// `1 error`, `2,400 errors`.
pub(super) fn count(number: u64, (one, many): Counted) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `a, b and 3 more`: at most `listed` of what are `total` in all.
pub(super) fn and_more(items: &[&str], total: u64, listed: usize, labels: &Labels) -> String {
    let shown = items.len().min(listed);
    let more = total.saturating_sub(shown as u64);
    let text = items[..shown].join(", ");
    if more == 0 { text } else { format!("{text} {} {} {}", labels.and, thousands(more), labels.more) }
}

/// A text with spaces for what would move the cursor or turn the direction of writing. What is shown may come
/// from anybody's file.
pub(super) fn printable(text: &str) -> String {
    let moves = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.replace(moves, " ")
}

/// The beginning of a text.
pub(super) fn beginning(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Breaks a text into printable lines between words. A word longer than a line has a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = printable(text);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
