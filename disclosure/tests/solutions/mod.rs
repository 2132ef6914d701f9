//! All solutions of a small table in whole figures, counted out one by one: slow, and obviously right.

use mighub_disclosure::{Bounds, Table};

/// The least and the greatest that a cell is in any solution without figures beyond `end`, unless they are known.
pub(crate) fn possible(table: &Table, cell: u32, end: i128) -> (i128, i128) {
    let mut bounds: Vec<(i128, i128)> = table.cells().iter().map(|cell| ends(cell.bounds, end)).collect();
    let known = bounds[cell as usize];
    let has = |figure: i128, bounds: &mut Vec<(i128, i128)>| {
        bounds[cell as usize] = (figure, figure);
        is_solvable(table, bounds)
    };
    let least = (known.0..=known.1).find(|figure| has(*figure, &mut bounds));
    let most = (known.0..=known.1).rev().find(|figure| has(*figure, &mut bounds));
    (least.expect("the truth is a solution"), most.expect("the truth is a solution"))
}

fn ends(bounds: Bounds, end: i128) -> (i128, i128) {
    (bounds.low.unwrap_or(-end), bounds.high.unwrap_or(end))
}

/// Gives the first open cell each of its values in turn.
fn is_solvable(table: &Table, bounds: &[(i128, i128)]) -> bool {
    let mut bounds = bounds.to_vec();
    while narrow(table, &mut bounds) {}
    if !is_possible(table, &bounds) {
        return false;
    }
    let Some(open) = bounds.iter().position(|(low, high)| low < high) else { return true };
    let (low, high) = bounds[open];
    (low..=high).any(|figure| {
        bounds[open] = (figure, figure);
        is_solvable(table, &bounds)
    })
}

/// Takes from the ends of open cells what no relation allows; whether anything was. Without it counting to large
/// totals would take for ever.
fn narrow(table: &Table, bounds: &mut [(i128, i128)]) -> bool {
    let mut narrowed = false;
    for relation in table.relations().iter().filter(|relation| !relation.at_least) {
        for term in &relation.terms {
            let (mut least, mut most) = (0, 0);
            for other in relation.terms.iter().filter(|other| other.cell != term.cell) {
                let (low, high) = bounds[other.cell as usize];
                let (low, high) = (low * i128::from(other.factor), high * i128::from(other.factor));
                least += low.min(high);
                most += low.max(high);
            }
            let (low, high) = match term.factor {
                1 => (-most, -least),
                -1 => (least, most),
                _ => continue,
            };
            let ends = &mut bounds[term.cell as usize];
            let tighter = (ends.0.max(low), ends.1.min(high));
            if tighter != *ends && tighter.0 <= tighter.1 {
                *ends = tighter;
                narrowed = true;
            }
        }
    }
    narrowed
}

/// Whether no relation is out of reach.
fn is_possible(table: &Table, bounds: &[(i128, i128)]) -> bool {
    table.relations().iter().all(|relation| {
        let (mut least, mut most) = (0, 0);
        for term in &relation.terms {
            let (low, high) = bounds[term.cell as usize];
            let (low, high) = (low * i128::from(term.factor), high * i128::from(term.factor));
            least += low.min(high);
            most += low.max(high);
        }
        most >= 0 && (relation.at_least || least <= 0)
    })
}
