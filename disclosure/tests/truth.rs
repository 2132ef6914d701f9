//! The audit against the truth: small tables, of which every solution in whole figures is counted out.

mod solutions;

use mighub_disclosure::audit::Proof;
use mighub_disclosure::{Bounds, Care, Cell, Policy, Relation, Table, TableBuilder, audit, suppress};
use proptest::prelude::*;
use solutions::possible;

/// Counting is slow; the seeds differ from run to run.
const CASES: u32 = 64;
/// The greatest figure that is tried where nothing bounds it.
const MOST: i128 = 24;
/// Codes of one dimension: the total and two or three parts.
const CODES: [&str; 4] = ["_T", "A", "B", "C"];

/// A table of two or three dimensions with all its totals, and which cells are hidden.
#[derive(Clone, Debug)]
struct Plan {
    /// Parts of each dimension.
    parts: Vec<usize>,
    /// Figures of the innermost cells.
    figures: Vec<u8>,
    /// Whether each cell, totals among them, is hidden.
    hidden: Vec<bool>,
    /// A second partition of the last dimension, which overlaps the first: A + B on one side.
    overlaps: bool,
}

fn plan(most: u8, hidden: f64) -> impl Strategy<Value = Plan> {
    let parts = prop_oneof![Just(vec![2, 2]), Just(vec![2, 3]), Just(vec![3, 3]), Just(vec![2, 2, 2])];
    parts.prop_flat_map(move |parts| {
        let inner: usize = parts.iter().product();
        let cells: usize = parts.iter().map(|parts| parts + 1).product();
        (
            Just(parts),
            proptest::collection::vec(0..=most, inner),
            proptest::collection::vec(proptest::bool::weighted(hidden), cells),
            any::<bool>(),
        )
            .prop_map(|(parts, figures, hidden, overlaps)| Plan { parts, figures, hidden, overlaps })
    })
}

impl Plan {
    /// The table with its true figures; hidden cells are secrets of which nothing is known.
    fn table(&self) -> (Table, Vec<i128>) {
        let dimensions = (0..self.parts.len()).map(|place| format!("D{place}").into());
        let mut builder = TableBuilder::new(dimensions);
        let shape: Vec<usize> = self.parts.iter().map(|parts| parts + 1).collect();
        let cells: Vec<Vec<usize>> = places(&shape);
        let mut figures = Vec::new();
        for (cell, hidden) in cells.iter().zip(&self.hidden) {
            let figure = self.figure(cell);
            figures.push(figure);
            let known = if *hidden { Cell::secret(Bounds::not_negative()) } else { Cell::shown(figure) };
            builder.cell(cell.iter().map(|code| CODES[*code]), known).expect("a small table");
        }
        let place = |cell: &[usize]| cells.iter().position(|other| other == cell).expect("a cell") as u32;
        let mut relations = Vec::new();
        for axis in 0..shape.len() {
            for total in cells.iter().filter(|cell| cell[axis] == 0) {
                let part = |code: usize| {
                    let mut cell = total.clone();
                    cell[axis] = code;
                    place(&cell)
                };
                let parts = (1..shape[axis]).map(part);
                relations.push(Relation::sum(axis, "parts".into(), place(total), parts));
                if self.overlaps && shape[axis] == 4 {
                    relations
                        .push(Relation::sum(axis, "some".into(), place(total), [part(1), part(2)]).partly());
                }
            }
        }
        let mut table = builder.finish(0);
        table.relate(relations);
        (table, figures)
    }

    /// The figure of a cell: of a total, the sum of all below it.
    fn figure(&self, cell: &[usize]) -> i128 {
        let inner = places(&self.parts);
        let within =
            |place: &[usize]| cell.iter().zip(place).all(|(code, part)| *code == 0 || *code == part + 1);
        let figures = inner.iter().zip(&self.figures);
        figures.filter(|(place, _)| within(place)).map(|(_, figure)| i128::from(*figure)).sum()
    }
}

/// All places of a box, the last dimension fastest.
fn places(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |places, size| {
        let longer = |place: &Vec<usize>| {
            let place = place.clone();
            (0..*size).map(move |code| [&place[..], &[code]].concat()).collect::<Vec<_>>()
        };
        places.iter().flat_map(longer).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_interval_is_exactly_what_all_solutions_span(plan in plan(3, 0.45)) {
        let (table, figures) = plan.table();
        let report = audit(&table, Policy::default().width);
        for (cell, bounds, proof) in &report.intervals {
            let (least, most) = possible(&table, *cell, MOST);
            prop_assert!(bounds.has(figures[*cell as usize]), "{}: the truth is ruled out", table.name(*cell));
            prop_assert_eq!(*proof, Proof::Whole);
            prop_assert_eq!(bounds.low, Some(least), "{} {:?}", table.name(*cell), bounds);
            match bounds.high {
                Some(high) => prop_assert_eq!(high, most, "{} {:?}", table.name(*cell), bounds),
                // Only the count ends it.
                None => {
                    let (_, further) = possible(&table, *cell, MOST + 5);
                    prop_assert_eq!(further, most + 5, "{} is at most {}", table.name(*cell), most);
                }
            }
        }
        for finding in &report.findings {
            let (least, most) = possible(&table, finding.cell, MOST);
            prop_assert_eq!(least, most, "{:?}", finding);
            prop_assert!(!finding.derivation.is_empty());
        }
    }

    #[test]
    fn what_is_suppressed_cannot_be_counted_out(plan in plan(9, 0.0)) {
        let (mut table, figures) = plan.table();
        let policy = Policy::default();
        let stored: Vec<_> = figures.iter().map(|figure| Some(*figure)).collect();
        for (cell, figure) in figures.iter().enumerate() {
            if policy.is_small(*figure) {
                *table.cell_mut(cell as u32) = Cell::secret(Bounds::between(1, 4));
            }
        }
        let suppression = suppress(table, &stored, &policy);
        if suppression.report.counts.is_clean() {
            let end = figures.iter().max().expect("a table has cells") + 1;
            for cell in 0..figures.len() as u32 {
                if suppression.table.cell(cell).care == Care::Secret {
                    let (least, most) = possible(&suppression.table, cell, end);
                    prop_assert!(least < most, "{} can only be {least}", suppression.table.name(cell));
                }
            }
        } else {
            // Nothing is left that could be hidden for those that were found.
            for finding in &suppression.report.findings {
                let left = finding.leans_on.iter().flatten().filter(|cell| figures[**cell as usize] >= 5);
                prop_assert_eq!(left.count(), 0, "{:?}", finding);
            }
        }
    }
}
