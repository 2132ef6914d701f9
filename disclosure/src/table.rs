//! A table as its readers know it: cells, what is known of each, and how they add up.
//!
//! What lives here: the data on which the audit and the suppression work. What must not: where cells came from.

use std::sync::Arc;

use mighub_sdmx::columns::Interner;

/// Most cells of one table. While it is audited a cell takes about 300 bytes with its share of the relations.
pub const CELLS_MAX: usize = 1_000_000;

/// Cells with what is known of them, and all relations between them.
///
/// All figures are whole numbers of the same small unit: `10^-scale` of the unit in which they were sent.
#[derive(Clone, Debug)]
pub struct Table {
    dimensions: Vec<Arc<str>>,
    dictionaries: Vec<Vec<Arc<str>>>,
    /// Row by row, one code of each dimension.
    codes: Vec<u32>,
    cells: Vec<Cell>,
    relations: Vec<Relation>,
    scale: u8,
}

/// What readers know of one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Where it lies.
    pub bounds: Bounds,
    /// Whether they may know more.
    pub care: Care,
    /// Whether it may be less than 0.
    pub signed: bool,
    /// Whether it can be added to others at all; rates and means cannot.
    pub additive: bool,
}

/// Whether a figure is to be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Care {
    /// It is published, be it rounded.
    Shown,
    /// It is not published and no secret: it is missing.
    Missing,
    /// It is hidden for others' sake.
    Helper,
    /// It is hidden for its own sake.
    Secret,
}

/// The smallest and the greatest figure that are possible; nothing where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The smallest.
    pub low: Option<i128>,
    /// The greatest.
    pub high: Option<i128>,
}

/// That some cells are the total of others: the first term less all others is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The dimension along which it adds up, as a place among the dimensions.
    pub axis: usize,
    /// What says so: the id of a partition, or of a hierarchy.
    pub source: Arc<str>,
    /// The total, then its parts.
    pub terms: Vec<Term>,
    /// Some part was not sent: the sum is only not less than 0.
    pub at_least: bool,
}

/// A cell in a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The cell, as a place in its table.
    pub cell: u32,
    /// 1 or -1.
    pub factor: i8,
}

/// Makes a table cell by cell.
#[derive(Debug)]
pub struct TableBuilder {
    dimensions: Vec<Arc<str>>,
    interners: Vec<Interner>,
    codes: Vec<u32>,
    cells: Vec<Cell>,
}

/// The table would be too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table has more than {CELLS_MAX} cells: audit it in parts, one year or one country at a time")]
pub struct TooManyCells;

impl Bounds {
    /// Nothing is known.
    pub const NONE: Self = Self { low: None, high: None };

    /// Exactly this.
    pub const fn point(figure: i128) -> Self {
        Self { low: Some(figure), high: Some(figure) }
    }

    /// Not less than 0.
    pub const fn not_negative() -> Self {
        Self { low: Some(0), high: None }
    }

    /// Both ends included.
    pub const fn between(low: i128, high: i128) -> Self {
        Self { low: Some(low), high: Some(high) }
    }

    /// The figure, if there is only one.
    pub fn as_point(self) -> Option<i128> {
        self.low.filter(|low| self.high == Some(*low))
    }

    /// The greatest less the smallest; nothing if one is missing.
    pub fn width(self) -> Option<i128> {
        Some(self.high?.saturating_sub(self.low?))
    }

    /// Whether a figure is possible.
    pub fn has(self, figure: i128) -> bool {
        self.low.is_none_or(|low| low <= figure) && self.high.is_none_or(|high| figure <= high)
    }

    /// What both allow.
    pub fn within(self, other: Self) -> Self {
        let tighter = |a: Option<i128>, b: Option<i128>, pick: fn(i128, i128) -> i128| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (one, None) | (None, one) => one,
        };
        Self { low: tighter(self.low, other.low, i128::max), high: tighter(self.high, other.high, i128::min) }
    }
}

impl Cell {
    /// A published figure.
    pub const fn shown(figure: i128) -> Self {
        Self { bounds: Bounds::point(figure), care: Care::Shown, signed: false, additive: true }
    }

    /// A figure that is hidden for its own sake, of which readers know these bounds.
    pub const fn secret(bounds: Bounds) -> Self {
        Self { bounds, care: Care::Secret, signed: false, additive: true }
    }
}

impl Relation {
    /// The total of parts.
    pub fn sum(axis: usize, source: Arc<str>, total: u32, parts: impl IntoIterator<Item = u32>) -> Self {
        let parts = parts.into_iter().map(|cell| Term { cell, factor: -1 });
        let terms = std::iter::once(Term { cell: total, factor: 1 }).chain(parts).collect();
        Self { axis, source, terms, at_least: false }
    }

    /// The same, of which only some parts are there.
    pub fn partly(self) -> Self {
        Self { at_least: true, ..self }
    }
}

impl TableBuilder {
    /// A table of these dimensions, time among them, with no cells.
    pub fn new(dimensions: impl IntoIterator<Item = Arc<str>>) -> Self {
        let dimensions: Vec<_> = dimensions.into_iter().collect();
        let interners = vec![Interner::default(); dimensions.len()];
        Self { dimensions, interners, codes: Vec::new(), cells: Vec::new() }
    }

    /// Adds a cell by its codes, one of each dimension, and gives its place.
    pub fn cell<'c>(
        &mut self,
        codes: impl IntoIterator<Item = &'c str>,
        cell: Cell,
    ) -> Result<u32, TooManyCells> {
        if self.cells.len() >= CELLS_MAX {
            return Err(TooManyCells);
        }
        let interned = self.interners.iter_mut().zip(codes).map(|(interner, code)| interner.intern(code));
        self.codes.extend(interned);
        debug_assert_eq!(self.codes.len(), (self.cells.len() + 1) * self.dimensions.len(), "one code each");
        self.cells.push(cell);
        Ok((self.cells.len() - 1) as u32)
    }

    /// The table, whose figures are in units of `10^-scale`; relations are added to it.
    pub fn finish(self, scale: u8) -> Table {
        let dictionaries = self.interners.iter().map(|interner| interner.codes().to_vec()).collect();
        Table {
            dimensions: self.dimensions,
            dictionaries,
            codes: self.codes,
            cells: self.cells,
            relations: Vec::new(),
            scale,
        }
    }
}

impl Table {
    /// Ids of the dimensions, time among them.
    pub fn dimensions(&self) -> &[Arc<str>] {
        &self.dimensions
    }

    /// The place of a dimension.
    pub fn dimension(&self, id: &str) -> Option<usize> {
        self.dimensions.iter().position(|dimension| **dimension == *id)
    }

    /// All codes of a dimension that occur.
    pub(crate) fn dictionary(&self, dimension: usize) -> &[Arc<str>] {
        &self.dictionaries[dimension]
    }

    /// The codes of a cell, as places in the dictionaries.
    pub(crate) fn codes(&self, cell: u32) -> &[u32] {
        let stride = self.dimensions.len();
        let start = cell as usize * stride;
        &self.codes[start..start + stride]
    }

    /// The code of a cell.
    pub fn code(&self, cell: u32, dimension: usize) -> &Arc<str> {
        &self.dictionaries[dimension][self.codes(cell)[dimension] as usize]
    }

    /// All cells.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// A cell.
    pub fn cell(&self, cell: u32) -> &Cell {
        &self.cells[cell as usize]
    }

    /// Changes what is known of a cell.
    pub fn cell_mut(&mut self, cell: u32) -> &mut Cell {
        &mut self.cells[cell as usize]
    }

    /// All relations.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// Adds relations; one with fewer than two terms says nothing and is left out.
    pub fn relate(&mut self, relations: impl IntoIterator<Item = Relation>) {
        self.relations.extend(relations.into_iter().filter(|relation| relation.terms.len() > 1));
    }

    /// Digits after the decimal point that all figures are given with.
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// The cell in words: its codes joined by points, the last (the period) after a space.
    pub fn name(&self, cell: u32) -> String {
        let Some(last) = self.dimensions.len().checked_sub(1) else { return String::new() };
        let key: Vec<&str> = (0..last).map(|dimension| &**self.code(cell, dimension)).collect();
        let period = self.code(cell, last);
        if period.is_empty() { key.join(".") } else { format!("{} {period}", key.join(".")) }
    }

    /// A figure in words, in the unit in which figures were sent.
    pub fn figure(&self, figure: i128) -> String {
        let scale = u32::from(self.scale);
        if scale == 0 {
            return figure.to_string();
        }
        let unit = 10u128.pow(scale.min(38));
        let (whole, rest) = (figure.unsigned_abs() / unit, figure.unsigned_abs() % unit);
        let sign = if figure < 0 { "-" } else { "" };
        if rest == 0 {
            return format!("{sign}{whole}");
        }
        let digits = format!("{rest:0width$}", width = scale as usize);
        format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
    }

    /// Bounds in words: `16`, `1 to 4`, `at least 3`.
    pub fn range(&self, bounds: Bounds) -> String {
        match (bounds.low, bounds.high) {
            (Some(low), Some(high)) if low == high => self.figure(low),
            (Some(low), Some(high)) => format!("{} to {}", self.figure(low), self.figure(high)),
            (Some(low), None) => format!("at least {}", self.figure(low)),
            (None, Some(high)) => format!("at most {}", self.figure(high)),
            (None, None) => "anything".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_printed_in_the_unit_in_which_they_were_sent() {
        let mut builder = TableBuilder::new(["SEX".into(), "TIME_PERIOD".into()]);
        let cell = builder.cell(["F", "2024"], Cell::shown(1250)).expect("one cell");
        let table = builder.finish(2);
        assert_eq!(table.name(cell), "F 2024");
        assert_eq!([1250, -5, 300].map(|figure| table.figure(figure)), ["12.5", "-0.05", "3"]);
        assert_eq!(table.range(Bounds::between(0, 400)), "0 to 4");
    }
}
