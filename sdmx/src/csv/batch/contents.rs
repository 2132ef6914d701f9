//! Cells other than those of the key, to values.

use super::Batch;
use crate::columns::AttributeValue;
use crate::csv::TEXT_BYTES_MAX;
use crate::csv::assembler::Row;
use crate::csv::dictionary::Dictionary;
use crate::csv::issue::CellProblem;
use crate::csv::plan::Plan;
use crate::csv::reader::Action;
use crate::csv::split::{Cell, Packed};
use crate::decimal::{Decimal, DecimalError};
use crate::period::Period;

/// Periods remembered by their text; a file has some dozens.
pub(super) const PERIODS_KEPT: usize = 256;
/// What OBS_STATUS says of observations that have no value.
const STATUSES_WITHOUT_VALUE: [&str; 8] = ["H", "J", "K", "L", "M", "O", "Q", "S"];
/// Spreads texts over the places for them; any odd number with many bits does.
const PERIOD_SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Batch {
    #[inline]
    pub(in crate::csv) fn period(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Period {
        let place = (cell.packed.0.wrapping_mul(PERIOD_SPREAD) >> 48) as usize % PERIODS_KEPT;
        let (known, period) = self.period_texts[place];
        if known == cell.packed && known != Packed::EMPTY {
            return period;
        }
        self.read_period(row, column, cell, place)
    }

    fn read_period(&mut self, row: &Row<'_>, column: usize, cell: Cell, place: usize) -> Period {
        let raw = cell.raw(row.bytes());
        let content = match self.content(raw) {
            Some(content) => content,
            None => {
                self.issue(row, column, CellProblem::StrayQuote, raw);
                return Period::ANY;
            }
        };
        if content.is_empty() && self.action != Action::Delete {
            self.issue(row, column, CellProblem::EmptyPeriod, b"");
        }
        if content.is_empty() || &*content == b"~" {
            return Period::ANY;
        }
        match Period::parse(&content) {
            Ok(period) => {
                if cell.packed.is_whole() {
                    self.period_texts[place] = (cell.packed, period);
                }
                period
            }
            Err(error) => {
                self.issue(row, column, error.into(), &content);
                Period::ANY
            }
        }
    }

    #[inline]
    pub(in crate::csv) fn number(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Option<Decimal> {
        if cell.packed == Packed::EMPTY {
            return None;
        }
        if self.action != Action::Delete
            && cell.packed != Packed::QUOTED
            && let Ok(number) = Decimal::parse(cell.raw(row.bytes()))
        {
            return Some(number);
        }
        self.read_number(row, column, cell)
    }

    fn read_number(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Option<Decimal> {
        let raw = cell.raw(row.bytes());
        let Some(content) = self.content(raw) else {
            self.issue(row, column, CellProblem::StrayQuote, raw);
            return None;
        };
        if content.is_empty() {
            return None;
        }
        if self.action == Action::Delete {
            return Some(Decimal::integer(0));
        }
        let error = match (&*content, Decimal::parse(&content)) {
            (_, Ok(number)) => return Some(number),
            (b"#N/A", _) => DecimalError::Special("#N/A"),
            (_, Err(error)) => error,
        };
        if matches!(&*content, b"#N/A" | b"NaN") {
            self.no_value = Some((column, error));
        } else {
            self.issue(row, column, error.into(), &content);
        }
        None
    }

    /// A value that is missing on purpose (SDMX-CSV 2.1, and NaN of XML). In a row that replaces, an empty cell says
    /// the same. In one that is merged an empty cell leaves the value that is there, so that OBS_STATUS must say why
    /// there is none; then it is cleared (DETAILS A4).
    #[cold]
    pub(super) fn missing_on_purpose(&mut self, row: &Row<'_>, column: usize, error: DecimalError) {
        let status = self.status.map(|place| &self.observation[place]);
        let says_why = status.and_then(|status| status.dictionary.used(status.code)).is_some_and(|value| {
            value.as_text().is_some_and(|status| STATUSES_WITHOUT_VALUE.contains(&status))
        });
        if self.action == Action::Merge && !says_why {
            let content = if let DecimalError::Special(word) = error { word } else { "" };
            self.issue(row, column, error.into(), content.as_bytes());
        }
    }

    #[inline]
    pub(in crate::csv) fn attribute(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        column: usize,
        cell: Cell,
        is_of_observation: bool,
        dictionary: impl Fn(&mut Self) -> &mut Dictionary<AttributeValue>,
    ) -> u32 {
        if cell.packed == Packed::EMPTY {
            return 0;
        }
        let known = match cell.packed {
            Packed::QUOTED => None,
            packed => dictionary(self).find(packed, cell.raw(row.bytes())),
        };
        if let Some(number) = known {
            return number + 1;
        }
        if cell.raw(row.bytes()) == b"#N/A" && self.action == Action::Replace && is_of_observation {
            // Missing on purpose: what an empty cell says in a row that replaces.
            return 0;
        }
        let Some((packed, content)) = self.text(row, column, cell) else { return 0 };
        if let Some(number) = dictionary(self).find(packed, content.as_bytes()) {
            return number + 1;
        }
        let Some(value) = self.value(&content, &plan.forms[column]) else { return 0 };
        dictionary(self).add(packed, content.as_bytes(), value) + 1
    }

    /// The content of an attribute's cell; nothing if it is empty or cannot be read.
    fn text(&mut self, row: &Row<'_>, column: usize, cell: Cell) -> Option<(Packed, String)> {
        let raw = cell.raw(row.bytes());
        let read = match self.content(raw) {
            None => Err(CellProblem::StrayQuote),
            Some(content) if content.len() > TEXT_BYTES_MAX => Err(CellProblem::TextTooLong),
            Some(content) if &*content == b"#N/A" && self.action != Action::Delete => {
                Err(CellProblem::NotAvailable)
            }
            Some(content) => String::from_utf8(content.into_owned()).map_err(|_| CellProblem::NotUtf8),
        };
        match read {
            Ok(content) => (!content.is_empty()).then(|| (Packed::of(content.as_bytes()), content)),
            Err(problem) => {
                self.issue(row, column, problem, raw);
                None
            }
        }
    }

    pub(crate) fn dataset_attribute(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        column: usize,
        place: usize,
        cell: Cell,
    ) {
        let raw = cell.raw(row.bytes());
        let known = &self.dataset[place];
        if raw.is_empty() || (known.last == raw && known.given.iter().any(|given| given.0 == self.action)) {
            return;
        }
        let Some((_, content)) = self.text(row, column, cell) else { return };
        let Some(value) = self.value(&content, &plan.forms[column]) else { return };
        let value = (self.action != Action::Delete).then_some(value);
        let known = &mut self.dataset[place];
        match known.given.iter().find(|given| given.0 == self.action) {
            Some((_, first, first_row)) if *first != value => {
                let first_row = *first_row;
                return self.issue(row, column, CellProblem::DatasetConflict { first_row }, raw);
            }
            Some(_) => {}
            None => {
                known.given.push((self.action, value, row.number));
                self.dataset_found.push(place);
            }
        }
        self.dataset[place].last = raw.to_vec();
    }
}
