//! Totals of regions, matrices and net migration.
//!
//! What lives here: sums of corridors with what is known of their completeness. What must not: sums that pass for
//! totals although a member is missing, and sums from which a hidden figure could be told.
//!
//! Moves inside a region are no immigration into it: of flows, a corridor counts from one end to another only if its
//! origin lies outside the second and its destination outside the first. Of stocks every corridor counts, as people
//! from within a region are migrants there too.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashSet;
use jiff::civil::Date;
use mighub_sdmx::{Decimal, Period};

use crate::dataflow::Target;
use crate::exact;
use crate::figures::{Figures, Shown};
use crate::groups::Groups;

/// Most cells of one matrix: 500 by 500.
pub const MATRIX_CELLS_MAX: usize = 250_000;
/// With so many hidden figures or fewer, a sum is hidden too: one could be told by subtraction, and of two each could be
/// told by who knows the other.
pub const HIDDEN_MEMBERS_MAX: usize = 2;

/// One end of the corridors that are summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All areas that figures know of, with residuals: more than the members of any group.
    World,
    /// An area, or the members of a group on the day of the membership.
    Region {
        /// The code of the area or group.
        code: Arc<str>,
        /// The areas.
        areas: BTreeSet<Arc<str>>,
    },
}

impl End {
    /// What a code stands for on a day: `_T` the world, a group its members, an area itself.
    pub fn of(groups: &Groups, code: &str, day: Date) -> Self {
        match code {
            "_T" => Self::World,
            _ => Self::Region { code: Arc::from(code), areas: groups.areas_on(code, day) },
        }
    }

    /// Its code.
    pub fn code(&self) -> &str {
        match self {
            Self::World => "_T",
            Self::Region { code, .. } => code,
        }
    }

    fn has(&self, area: &str) -> bool {
        match self {
            Self::World => false,
            Self::Region { areas, .. } => areas.contains(area),
        }
    }

    fn areas(&self) -> impl Iterator<Item = &Arc<str>> {
        match self {
            Self::World => None,
            Self::Region { areas, .. } => Some(areas),
        }
        .into_iter()
        .flatten()
    }
}

/// What may be said of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Every member has a figure and none is hidden.
    Total,
    /// Members are missing or hidden: what is shown is the sum of the others, and no total.
    Partial,
    /// It is not shown, because a hidden figure could be told from it.
    Hidden,
    /// There is no figure to sum.
    Empty,
    /// There is no such corridor: every move would lie inside one of the ends.
    Inside,
}

/// A sum of corridors and what is known of its completeness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// The sum, unless it is hidden or empty.
    pub value: Option<Decimal>,
    /// What may be said of it.
    pub standing: Standing,
    /// The day of the memberships that were used.
    pub day: Date,
    /// Members of both ends, without those that lie inside the other end.
    pub members: usize,
    /// Members with at least one figure in the sum, or a hidden one.
    pub present: usize,
    /// Members without any.
    pub missing: Vec<Arc<str>>,
    /// Corridors with a figure.
    pub corridors: usize,
    /// Corridors whose figure is hidden.
    pub hidden: usize,
}

impl Total {
    /// The share of members that are present, to four digits; nothing of the world, which has no list of members.
    pub fn coverage(&self) -> Option<Decimal> {
        let (present, members) = (self.present as i64, self.members as i64);
        (members > 0).then(|| Decimal { unscaled: (present * 20_000 + members) / (2 * members), scale: 4 })
    }
}

/// A table of sums, rows by origin and columns by destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The period.
    pub period: Period,
    /// The day of the memberships.
    pub day: Date,
    /// Origins.
    pub rows: Vec<End>,
    /// Destinations.
    pub columns: Vec<End>,
    /// Row by row.
    pub cells: Vec<Total>,
}

impl Matrix {
    /// The sum from a row to a column.
    pub fn get(&self, row: usize, column: usize) -> Option<&Total> {
        if column < self.columns.len() { self.cells.get(row * self.columns.len() + column) } else { None }
    }
}

/// A matrix is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a matrix has at most {MATRIX_CELLS_MAX} cells; this one has {rows} rows and {columns} columns")]
pub struct MatrixTooLarge {
    /// Rows asked for.
    pub rows: usize,
    /// Columns asked for.
    pub columns: usize,
}

/// Arrivals less departures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Net {
    /// From all areas outside.
    pub arrivals: Total,
    /// To all areas outside.
    pub departures: Total,
    /// The difference, where both are shown. It is partial where one of them is.
    pub value: Option<Decimal>,
}

/// People from one end to another in a period.
pub fn between(figures: &Figures, from: &End, to: &End, period: Period, day: Date) -> Total {
    let (rows, columns) = (vec![from.clone()], vec![to.clone()]);
    let mut cells = sum(figures, &rows, &columns, period, day);
    cells.pop().unwrap_or_else(|| Sum::default().total(from, to, day, false))
}

/// People who came to a region from outside, or of stocks all who live there and come from elsewhere.
pub fn immigration(figures: &Figures, region: &End, period: Period, day: Date) -> Total {
    between(figures, &End::World, region, period, day)
}

/// People who left a region.
pub fn emigration(figures: &Figures, region: &End, period: Period, day: Date) -> Total {
    between(figures, region, &End::World, period, day)
}

/// Arrivals less departures of a region.
pub fn net(figures: &Figures, region: &End, period: Period, day: Date) -> Net {
    let arrivals = immigration(figures, region, period, day);
    let departures = emigration(figures, region, period, day);
    let value = arrivals.value.zip(departures.value).and_then(|(a, b)| exact::subtract(a, b));
    Net { arrivals, departures, value }
}

/// Arrivals less departures of several regions, each figure looked at twice however many they are.
pub fn nets(figures: &Figures, regions: &[End], period: Period, day: Date) -> Vec<Net> {
    let arrivals = sum(figures, &[End::World], regions, period, day);
    let departures = sum(figures, regions, &[End::World], period, day);
    let net = |(arrivals, departures): (Total, Total)| {
        let value = arrivals.value.zip(departures.value).and_then(|(a, b)| exact::subtract(a, b));
        Net { arrivals, departures, value }
    };
    arrivals.into_iter().zip(departures).map(net).collect()
}

/// A table of origins by destinations, of areas, groups or both.
pub fn matrix(
    figures: &Figures,
    rows: Vec<End>,
    columns: Vec<End>,
    period: Period,
    day: Date,
) -> Result<Matrix, MatrixTooLarge> {
    if rows.len().saturating_mul(columns.len()) > MATRIX_CELLS_MAX {
        return Err(MatrixTooLarge { rows: rows.len(), columns: columns.len() });
    }
    let cells = sum(figures, &rows, &columns, period, day);
    Ok(Matrix { period, day, rows, columns, cells })
}

/// A sum while corridors come in.
#[derive(Clone, Debug, Default)]
struct Sum {
    value: Option<Decimal>,
    too_long: bool,
    corridors: usize,
    hidden: usize,
    present: HashSet<Arc<str>>,
}

fn sum(figures: &Figures, rows: &[End], columns: &[End], period: Period, day: Date) -> Vec<Total> {
    let of = |ends: &[End]| -> Vec<Vec<usize>> {
        let stands_in = |code: &Arc<str>| {
            let named = ends.iter().enumerate().filter(|(_, end)| matches!(end, End::World) || end.has(code));
            named.map(|(place, _)| place).collect()
        };
        figures.codes().iter().map(stands_in).collect()
    };
    let (of_rows, of_columns) = (of(rows), of(columns));
    let inner = figures.target() != Some(Target::Stock);
    let mut sums = vec![Sum::default(); rows.len() * columns.len()];
    for ((from, to), shown) in figures.of_period(period) {
        let (origin, destination) = (figures.code(from), figures.code(to));
        for row in &of_rows[from as usize] {
            for column in &of_columns[to as usize] {
                let inside = rows[*row].has(destination) || columns[*column].has(origin);
                if !(inner && inside) {
                    sums[row * columns.len() + column].add(origin, destination, shown);
                }
            }
        }
    }
    let pairs = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
    sums.into_iter().zip(pairs).map(|(sum, (row, column))| sum.total(row, column, day, inner)).collect()
}

impl Sum {
    fn add(&mut self, origin: &Arc<str>, destination: &Arc<str>, shown: Shown) {
        self.present.extend([origin.clone(), destination.clone()]);
        match shown {
            Shown::Hidden => self.hidden += 1,
            Shown::Figure(value) => {
                self.corridors += 1;
                let sum = self.value.unwrap_or(Decimal::integer(0));
                self.value = exact::add(sum, value);
                self.too_long |= self.value.is_none();
            }
        }
    }

    fn total(self, from: &End, to: &End, day: Date, inner: bool) -> Total {
        let outside = |end: &End, other: &End| -> Vec<Arc<str>> {
            end.areas().filter(|area| !(inner && other.has(area))).cloned().collect()
        };
        let mut members: BTreeSet<Arc<str>> = outside(from, to).into_iter().collect();
        members.extend(outside(to, from));
        let is_possible =
            |end: &End, other: &End| matches!(end, End::World) || !outside(end, other).is_empty();
        let possible = is_possible(from, to) && is_possible(to, from);
        let missing: Vec<Arc<str>> =
            members.iter().filter(|member| !self.present.contains(*member)).cloned().collect();
        let standing = match (possible, self.hidden, self.corridors) {
            (false, ..) => Standing::Inside,
            (_, 1..=HIDDEN_MEMBERS_MAX, _) => Standing::Hidden,
            (_, _, 0) if self.hidden > 0 => Standing::Hidden,
            (_, _, 0) => Standing::Empty,
            (_, 0, _) if missing.is_empty() && !self.too_long => Standing::Total,
            _ => Standing::Partial,
        };
        let shown = matches!(standing, Standing::Total | Standing::Partial) && !self.too_long;
        Total {
            value: self.value.filter(|_| shown),
            standing,
            day,
            present: members.len() - missing.len(),
            members: members.len(),
            missing,
            corridors: self.corridors,
            hidden: self.hidden,
        }
    }
}
