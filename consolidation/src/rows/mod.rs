//! Derived rows: what each side reported, and what each method makes of it.
//!
//! What lives here: the rows of MIG_FLOW_OD and MIG_STOCK_OD as columns in canonical order. What must not: decisions,
//! which methods make, and where rows are kept.
//!
//! A cell with a restricted input has a row of the strictest CONF_STATUS among its inputs, OBS_STATUS Q, and nothing
//! else: neither its figure nor anything that another figure could be told from.

mod assemble;
mod columns;
mod deciding;
mod layout;
mod letters;
mod made;

use std::sync::Arc;

use hashbrown::HashMap;
use mighub_sdmx::Columns;
use mighub_sdmx::columns::Shape;

use crate::dataflow::Target;
use crate::method::fit::{Factors, MatrixKey, Seeds};
use crate::method::{Method, MethodError};
use crate::pair::{Cell, CellSeries, Paired};
use crate::source::Quality;
use deciding::{Deciding, Ranks};
use layout::Layout;
pub use made::Rows;

/// Methods that are applied side by side, and the shape of the rows they fill.
#[derive(Clone, Debug)]
pub struct Consolidation {
    target: Target,
    shape: Arc<Shape>,
    layout: Layout,
    /// By code.
    methods: Vec<Method>,
}

impl Consolidation {
    /// Checks the methods and that the data structure has what derived rows need.
    pub fn new(target: Target, shape: Arc<Shape>, mut methods: Vec<Method>) -> Result<Self, MethodError> {
        methods.iter().try_for_each(Method::check)?;
        methods.sort_by_key(Method::code);
        if let Some(pair) = methods.windows(2).find(|pair| pair[0].code() == pair[1].code()) {
            return Err(MethodError::Twice(pair[0].code()));
        }
        let layout = Layout::new(target, &shape)?;
        Ok(Self { target, shape, layout, methods })
    }

    /// The methods, by code.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Whether every method looks at one corridor alone; if not, the scope must be [`crate::Scope::All`].
    pub fn is_local(&self) -> bool {
        self.methods.iter().all(Method::is_local)
    }

    /// All rows, batch by batch, in canonical order with sorted dictionaries. The same figures, methods and ranks give
    /// the same rows, in whatever order figures came.
    pub fn rows<'a>(&'a self, paired: &'a Paired, quality: &'a dyn Quality) -> Rows<'a> {
        let fitted = self.methods.iter().map(|method| fitted(method, paired, quality)).collect();
        Rows::new(self, paired, quality, fitted)
    }

    /// The same as one batch, for parts that are known to be small.
    pub fn all_rows(&self, paired: &Paired, quality: &dyn Quality) -> Columns {
        let mut join = mighub_sdmx::columns::ColumnsJoin::new(self.shape.clone());
        self.rows(paired, quality).for_each(|batch| join.push(&batch));
        join.finish()
    }

    /// Matrices that M4 could not fit within its bound, as `FREQ.SEX.AGE.DURATION period`; they have no figures.
    pub fn unfitted(&self, paired: &Paired, quality: &dyn Quality) -> Vec<String> {
        let fitted = self.methods.iter().flat_map(|method| fitted(method, paired, quality));
        let mut names: Vec<String> = fitted
            .filter(|(_, factors)| factors.is_none())
            .map(|((codes, period), _)| format!("{} {period}", codes.join(".")))
            .collect();
        names.sort();
        names
    }
}

type Fitted = HashMap<MatrixKey, Option<Factors>>;

/// The factors of every matrix of a method that fits; nothing for others.
fn fitted(method: &Method, paired: &Paired, quality: &dyn Quality) -> Fitted {
    let Method::M4(fitting) = method else { return Fitted::new() };
    let mut seeds = HashMap::<MatrixKey, Seeds>::new();
    let mut ranks = Ranks::default();
    for series in paired.iter() {
        for cell in series.cells() {
            let matrix = seeds.entry(matrix_key(&series, &cell)).or_default();
            if cell.restricted().is_some() {
                matrix.hide(series.origin(), series.destination());
                continue;
            }
            let mut sides = Deciding { paired, quality, ranks: &mut ranks, series: &series, cell: &cell };
            if let Some(figure) = fitting.base.decide(&cell, &mut sides) {
                matrix.add(series.origin(), series.destination(), figure.value);
            }
        }
    }
    seeds.into_iter().map(|(key, seeds)| (key.clone(), fitting.fit(&key, &seeds))).collect()
}

fn matrix_key(series: &CellSeries<'_>, cell: &Cell) -> MatrixKey {
    let empty: Arc<str> = Arc::from("");
    let codes: Vec<&Arc<str>> = series.codes().collect();
    let code = |place: usize| codes.get(place).map_or_else(|| empty.clone(), |code| (*code).clone());
    ([code(0), code(3), code(4), code(5)], cell.period)
}
