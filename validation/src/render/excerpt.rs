//! A row drawn under its header, so that the cell stands under its name, and a caret under the cell.

use mighub_sdmx::csv::CellPlace;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::text::printable;

/// Carets drawn at most; a long text needs no longer line.
const CARETS_MAX: usize = 40;

/// Three lines of the same room.
pub(super) struct Excerpt {
    pub(super) header: String,
    pub(super) row: String,
    pub(super) caret: String,
}

impl Excerpt {
    /// Draws a cell in lines of at most `room` columns.
    pub(super) fn new(place: &CellPlace, room: usize) -> Self {
        // As many characters as before, so that places within the row stay the same.
        let (header, row) = (&printable(&place.header)[..], &printable(&place.row)[..]);
        let byte = |text: &str, character: usize| {
            text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
        };
        let start = byte(row, place.start);
        let end = byte(row, place.start + place.length);
        let before_cell = row[..start].width();
        let cell = row[start..end].width().clamp(1, CARETS_MAX);
        let name = name_start(header, &place.name).map(|at| header[..at].width());
        // Whatever has less before it moves to the right.
        let at = name.map_or(before_cell, |before_name| before_name.max(before_cell));
        let header_shift = name.map_or(0, |before_name| at - before_name);
        // If both do not fit, the left is cut so that the cell stands in the middle.
        let shown = cell.max(if name.is_some() { place.name.width() } else { 0 });
        let cut = if at + shown < room { 0 } else { at.saturating_sub(room / 2) };
        Self {
            header: window(header, header_shift, cut, room),
            row: window(row, at - before_cell, cut, room),
            caret: format!(
                "{:1$}{2}",
                "",
                at - cut,
                "^".repeat(cell.min(room.saturating_sub(at - cut).max(1)))
            ),
        }
    }
}

/// Where a column's name begins in the header, in bytes.
fn name_start(header: &str, name: &str) -> Option<usize> {
    let begins = |c: Option<char>| c.is_none_or(|c| matches!(c, ',' | ';' | '\t' | ' ' | '"' | '…'));
    let ends =
        |c: Option<char>| c.is_none_or(|c| matches!(c, ',' | ';' | '\t' | ' ' | '"' | '…' | '[' | ':'));
    let mut places = header.match_indices(name).map(|(at, _)| at);
    places.find(|at| {
        begins(header[..*at].chars().next_back()) && ends(header[at + name.len()..].chars().next())
    })
}

/// The columns of a text from `cut` on, at most `room` of them, after moving it to the right; what is cut
/// off leaves an ellipsis.
fn window(text: &str, shift: usize, cut: usize, room: usize) -> String {
    let mut line = String::new();
    let mut column = 0;
    let mut width = 0;
    for character in std::iter::repeat_n(' ', shift).chain(text.chars()) {
        let wide = character.width().unwrap_or(0);
        if column >= cut {
            if width + wide > room {
                shorten(&mut line, room);
                break;
            }
            line.push(character);
            width += wide;
        } else if column + wide > cut {
            // Half of a wide character.
            line.push(' ');
            width += 1;
        }
        column += wide;
    }
    if cut > shift {
        let first = line.chars().next().map_or(0, char::len_utf8);
        let pad = line[..first].width().saturating_sub(1);
        line.replace_range(..first, &format!("…{:pad$}", ""));
    }
    let end = line.trim_end().len();
    line.truncate(end);
    line
}

/// Puts an ellipsis in the last column.
fn shorten(line: &mut String, room: usize) {
    while line.width() >= room && line.pop().is_some() {}
    line.push('…');
}
