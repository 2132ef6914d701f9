//! Iterative proportional fitting: figures of a matrix scaled, row by row and column by column, until they sum to
//! published margins.
//!
//! A matrix is fitted if after at most `iterations_max` rounds every row and column with a margin differs from it by no
//! more than `tolerance` of it; each figure is then rounded once. So a sum of n figures differs from its margin by at
//! most `tolerance * margin + n / 2 * 10^-digits`. A matrix that does not get there has no figures at all: margins that
//! contradict each other, or a margin above 0 over figures that are all 0.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use mighub_sdmx::{Decimal, Period};
use serde::{Deserialize, Serialize};

use super::Method;
use crate::exact;

/// Most rounds; what has not come together by then will not in a time that anybody waits.
pub const ITERATIONS_MAX: u32 = 1_000;
/// Most margins of one method: both directions of 250 areas for a century.
pub const MARGINS_MAX: usize = 50_000;

/// Parameters of M4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitting {
    /// The method whose figures are fitted.
    pub base: Box<Method>,
    /// Most rounds.
    pub iterations_max: u32,
    /// How far a sum may stay from its margin, as a share of it.
    #[serde(with = "exact::text")]
    pub tolerance: Decimal,
    /// Digits behind the point that fitted figures keep.
    pub digits: u8,
    /// The margins.
    pub margins: Vec<Margin>,
}

/// All arrivals of an area, or all departures, in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margin {
    /// The area.
    pub area: Arc<str>,
    /// `IMM`: arrivals; `EMI`: departures.
    pub direction: Arc<str>,
    /// The period.
    pub period: Arc<str>,
    /// SEX.
    pub sex: Arc<str>,
    /// AGE.
    pub age: Arc<str>,
    /// How many.
    #[serde(with = "exact::text")]
    pub total: Decimal,
    /// Who published it.
    pub source: Arc<str>,
}

impl Margin {
    pub(super) fn period(&self) -> Option<Period> {
        Period::parse(self.period.as_bytes()).ok()
    }

    fn order(&self) -> [&str; 5] {
        [&self.period, &self.sex, &self.age, &self.direction, &self.area]
    }
}

impl PartialOrd for Margin {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Margin {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let rest = |margin: &Self| (margin.total.unscaled, margin.total.scale, margin.source.clone());
        self.order().cmp(&other.order()).then_with(|| rest(self).cmp(&rest(other)))
    }
}

/// Codes of a matrix beyond its areas (FREQ, SEX, AGE, DURATION) and its period.
pub(crate) type MatrixKey = ([Arc<str>; 4], Period);

/// A matrix to be fitted: figures by origin and destination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seeds {
    figures: Vec<(Arc<str>, Arc<str>, f64)>,
    /// Areas with a hidden figure: their margin would tell it, so it is not used.
    hidden: Vec<Arc<str>>,
}

impl Seeds {
    pub(crate) fn add(&mut self, origin: &Arc<str>, destination: &Arc<str>, value: Decimal) {
        self.figures.push((origin.clone(), destination.clone(), exact::to_f64(value)));
    }

    pub(crate) fn hide(&mut self, origin: &Arc<str>, destination: &Arc<str>) {
        self.hidden.extend([origin.clone(), destination.clone()]);
    }
}

/// What figures of a matrix are multiplied by: one factor an origin, one a destination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Factors {
    rows: HashMap<Arc<str>, f64>,
    columns: HashMap<Arc<str>, f64>,
}

impl Factors {
    pub(crate) fn apply(
        &self,
        origin: &str,
        destination: &str,
        value: Decimal,
        digits: u8,
    ) -> Option<Decimal> {
        let factor = |of: &HashMap<Arc<str>, f64>, area: &str| of.get(area).copied().unwrap_or(1.0);
        let fitted = exact::to_f64(value) * factor(&self.rows, origin) * factor(&self.columns, destination);
        let scaled = (fitted * 10f64.powi(i32::from(digits))).round();
        (scaled.abs() < 1e17).then_some(Decimal { unscaled: scaled as i64, scale: digits })
    }
}

impl Fitting {
    /// The factors of one matrix; nothing if it cannot be fitted within the bound.
    pub(crate) fn fit(&self, key: &MatrixKey, seeds: &Seeds) -> Option<Factors> {
        let margin = |direction: &str| -> BTreeMap<&str, f64> {
            let ([_, sex, age, _], period) = key;
            let of_matrix = self.margins.iter().filter(|margin| {
                &*margin.direction == direction
                    && margin.sex == *sex
                    && margin.age == *age
                    && margin.period() == Some(*period)
                    && !seeds.hidden.contains(&margin.area)
            });
            of_matrix.map(|margin| (&*margin.area, exact::to_f64(margin.total))).collect()
        };
        let (rows, columns) = (margin("EMI"), margin("IMM"));
        let mut matrix = Matrix::new(seeds, &rows, &columns);
        let tolerance = exact::to_f64(self.tolerance);
        for _ in 0..self.iterations_max {
            matrix.scale_rows();
            matrix.scale_columns();
            if matrix.is_fitted(tolerance) {
                return Some(matrix.factors());
            }
        }
        None
    }
}

/// One end of a matrix: what its lines should sum to, and what they are multiplied by.
struct Lines<'s> {
    areas: Vec<&'s str>,
    targets: Vec<Option<f64>>,
    factors: Vec<f64>,
}

struct Matrix<'s> {
    rows: Lines<'s>,
    columns: Lines<'s>,
    figures: Vec<(usize, usize, f64)>,
}

impl<'s> Matrix<'s> {
    fn new(seeds: &'s Seeds, rows: &BTreeMap<&'s str, f64>, columns: &BTreeMap<&'s str, f64>) -> Self {
        let lines = |areas: Vec<&'s str>, margins: &BTreeMap<&'s str, f64>| {
            let targets = areas.iter().map(|area| margins.get(area).copied()).collect();
            Lines { factors: vec![1.0; areas.len()], targets, areas }
        };
        let distinct = |mut areas: Vec<&'s str>, margins: &BTreeMap<&'s str, f64>| {
            // A margin of an area without any figure must be noticed, so it is a line too.
            areas.extend(margins.keys().copied());
            areas.sort_unstable();
            areas.dedup();
            areas
        };
        let origins = distinct(seeds.figures.iter().map(|(origin, _, _)| &**origin).collect(), rows);
        let destinations = distinct(seeds.figures.iter().map(|(_, to, _)| &**to).collect(), columns);
        let place = |areas: &[&str], area: &str| areas.binary_search(&area).unwrap_or_default();
        let figures = seeds.figures.iter();
        let figures = figures
            .map(|(from, to, figure)| (place(&origins, from), place(&destinations, to), *figure))
            .collect();
        Self { rows: lines(origins, rows), columns: lines(destinations, columns), figures }
    }

    fn row_sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.rows.areas.len()];
        for (row, column, figure) in &self.figures {
            sums[*row] += figure * self.columns.factors[*column];
        }
        sums
    }

    fn column_sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns.areas.len()];
        for (row, column, figure) in &self.figures {
            sums[*column] += figure * self.rows.factors[*row];
        }
        sums
    }

    fn scale_rows(&mut self) {
        let sums = self.row_sums();
        self.rows.scale(&sums);
    }

    fn scale_columns(&mut self) {
        let sums = self.column_sums();
        self.columns.scale(&sums);
    }

    fn is_fitted(&self, tolerance: f64) -> bool {
        self.rows.fit(&self.row_sums(), tolerance) && self.columns.fit(&self.column_sums(), tolerance)
    }

    fn factors(self) -> Factors {
        let named = |lines: Lines<'_>| {
            lines.areas.into_iter().map(Arc::from).zip(lines.factors).collect::<HashMap<Arc<str>, f64>>()
        };
        Factors { rows: named(self.rows), columns: named(self.columns) }
    }
}

impl Lines<'_> {
    fn scale(&mut self, sums: &[f64]) {
        for ((factor, target), sum) in self.factors.iter_mut().zip(&self.targets).zip(sums) {
            if let Some(target) = target.filter(|_| *sum > 0.0) {
                *factor = target / sum;
            }
        }
    }

    fn fit(&self, sums: &[f64], tolerance: f64) -> bool {
        let lines = self.targets.iter().zip(&self.factors).zip(sums);
        lines.into_iter().all(|((target, factor), sum)| {
            target.is_none_or(|target| (sum * factor - target).abs() <= tolerance * target)
        })
    }
}
