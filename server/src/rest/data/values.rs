//! Values of a condition that are looked up, however many they are.
//!
//! What lives here: being equal to one of some values. What must not: any other way to compare.

use mighub_sdmx::{Decimal, Period};

use super::condition::Operand;

/// Values, sorted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Texts(Vec<String>),
    Numbers(Vec<Decimal>),
    /// By their extents: `2020` and `2020-A1` are the same.
    Periods(Vec<(i64, i64)>),
}

impl Values {
    /// Values of one component, which are all of one kind.
    pub(super) fn of(operands: Vec<Operand>) -> Self {
        let (mut texts, mut numbers, mut periods) = (Vec::new(), Vec::new(), Vec::new());
        for operand in operands {
            match operand {
                Operand::Text(text) => texts.push(text),
                Operand::Number(number) => numbers.push(number),
                Operand::Period(period) => periods.push(extent(period)),
            }
        }
        if !numbers.is_empty() {
            numbers.sort_by(|a: &Decimal, b| a.compare(*b));
            return Self::Numbers(numbers);
        }
        if !periods.is_empty() {
            periods.sort_unstable();
            return Self::Periods(periods);
        }
        texts.sort_unstable();
        Self::Texts(texts)
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Texts(texts) => texts.is_empty(),
            Self::Numbers(numbers) => numbers.is_empty(),
            Self::Periods(periods) => periods.is_empty(),
        }
    }

    /// The texts, if there are any.
    pub(super) fn as_texts(&self) -> Option<impl Iterator<Item = &str>> {
        match self {
            Self::Texts(texts) if !texts.is_empty() => Some(texts.iter().map(String::as_str)),
            _ => None,
        }
    }

    /// Whether a text is among them, or says one of them.
    pub(super) fn have_text(&self, text: &str) -> bool {
        match self {
            Self::Texts(texts) => texts.binary_search_by(|known| (**known).cmp(text)).is_ok(),
            Self::Numbers(_) => Decimal::parse(text.as_bytes()).is_ok_and(|number| self.have_number(number)),
            Self::Periods(_) => Period::parse(text.as_bytes()).is_ok_and(|period| self.have_period(period)),
        }
    }

    /// Whether a number is.
    pub(super) fn have_number(&self, number: Decimal) -> bool {
        match self {
            Self::Texts(texts) => !texts.is_empty() && self.have_text(&number.to_string()),
            Self::Numbers(numbers) => numbers.binary_search_by(|known| known.compare(number)).is_ok(),
            Self::Periods(_) => false,
        }
    }

    /// Whether a period is.
    pub(super) fn have_period(&self, period: Period) -> bool {
        match self {
            Self::Texts(texts) => !texts.is_empty() && self.have_text(&period.to_string()),
            Self::Numbers(_) => false,
            Self::Periods(periods) => periods.binary_search(&extent(period)).is_ok(),
        }
    }
}

fn extent(period: Period) -> (i64, i64) {
    (period.start(), period.end())
}
