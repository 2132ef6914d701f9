//! Cells that a combination of sums leaves no choice, by exact elimination. For components that are too large to be
//! optimised: it finds what is determined, and knows nothing of bounds.

use std::collections::BTreeMap;

use super::component::Component;
use crate::fraction::{Fraction, Overflow};

/// Cells of one row in the middle of elimination; denser ones are left out.
const TERMS_PER_ROW_MAX: usize = 512;
/// Steps of arithmetic for one component: about a tenth of a second.
const STEPS_MAX: u64 = 1_000_000;

/// A cell with the one value that it can have, and the rows of which it is a combination.
pub(super) struct Determined {
    pub(super) cell: usize,
    pub(super) figure: i128,
    pub(super) rows: Vec<usize>,
}

/// A combination of rows: terms by cell, what they add up to, and the rows it is made of.
#[derive(Clone, Debug, Default)]
struct Combination {
    terms: BTreeMap<usize, Fraction>,
    sum: Fraction,
    of: BTreeMap<usize, Fraction>,
}

/// Finds cells that the equations together determine: all of them, unless a limit is met.
pub(super) fn eliminate(component: &Component) -> Vec<Determined> {
    let mut elimination = Elimination { pivots: BTreeMap::new(), steps: STEPS_MAX };
    let mut order: Vec<usize> =
        (0..component.rows.len()).filter(|row| !component.rows[*row].at_least).collect();
    // Short rows first: they fill the others least.
    order.sort_by_key(|row| (component.rows[*row].terms.len(), *row));
    for row in order {
        let given = &component.rows[row];
        let factor = |(cell, factor): &(usize, i8)| (*cell, Fraction::whole(i128::from(*factor)));
        let combination = Combination {
            terms: given.terms.iter().map(factor).collect(),
            sum: Fraction::whole(given.sum),
            of: BTreeMap::from([(row, Fraction::ONE)]),
        };
        // What does not fit is left out: the others hold without it.
        let _ = elimination.add(combination);
        if elimination.steps == 0 {
            break;
        }
    }
    elimination.finish()
}

struct Elimination {
    /// By the first cell of each, the combinations so far.
    pivots: BTreeMap<usize, Combination>,
    steps: u64,
}

impl Elimination {
    /// Takes the known pivots out of a combination and keeps what is left of it.
    fn add(&mut self, mut combination: Combination) -> Result<(), Overflow> {
        let mut from = 0;
        while let Some((cell, factor)) = combination.terms.range(from..).next().map(|(cell, f)| (*cell, *f)) {
            from = cell + 1;
            let Some(pivot) = self.pivots.get(&cell) else { continue };
            self.steps = self.steps.saturating_sub(pivot.terms.len() as u64 + pivot.of.len() as u64);
            combination.subtract(pivot, factor)?;
            if self.steps == 0 || combination.terms.len() > TERMS_PER_ROW_MAX {
                return Ok(());
            }
        }
        let Some((cell, factor)) = combination.terms.iter().next().map(|(cell, f)| (*cell, *f)) else {
            return Ok(());
        };
        combination.divide(factor)?;
        self.pivots.insert(cell, combination);
        Ok(())
    }

    /// From the last pivot back: later cells are taken out of earlier combinations where they are determined or
    /// can be replaced.
    fn finish(mut self) -> Vec<Determined> {
        let cells: Vec<usize> = self.pivots.keys().rev().copied().collect();
        for cell in cells {
            let Some(mut combination) = self.pivots.remove(&cell) else { continue };
            let before = combination.clone();
            if self.reduce(cell, &mut combination).is_err() {
                combination = before;
            }
            self.pivots.insert(cell, combination);
        }
        let determined = self.pivots.into_iter().filter_map(|(cell, combination)| {
            let figure = combination.sum.as_whole()?;
            let rows = || combination.of.keys().copied().collect();
            (combination.terms.len() == 1).then(|| Determined { cell, figure, rows: rows() })
        });
        determined.collect()
    }

    fn reduce(&mut self, cell: usize, combination: &mut Combination) -> Result<(), Overflow> {
        let mut from = cell + 1;
        while let Some((other, factor)) = combination.terms.range(from..).next().map(|(cell, f)| (*cell, *f))
        {
            from = other + 1;
            let Some(pivot) = self.pivots.get(&other) else { continue };
            self.steps = self.steps.saturating_sub(pivot.terms.len() as u64 + pivot.of.len() as u64);
            combination.subtract(pivot, factor)?;
            if self.steps == 0 || combination.terms.len() > TERMS_PER_ROW_MAX {
                return Err(Overflow);
            }
        }
        Ok(())
    }
}

impl Combination {
    fn subtract(&mut self, other: &Self, times: Fraction) -> Result<(), Overflow> {
        subtract(&mut self.terms, &other.terms, times)?;
        subtract(&mut self.of, &other.of, times)?;
        self.sum = self.sum.minus(other.sum.times(times)?)?;
        Ok(())
    }

    fn divide(&mut self, by: Fraction) -> Result<(), Overflow> {
        for factor in self.terms.values_mut().chain(self.of.values_mut()) {
            *factor = factor.over(by)?;
        }
        self.sum = self.sum.over(by)?;
        Ok(())
    }
}

fn subtract(
    from: &mut BTreeMap<usize, Fraction>,
    other: &BTreeMap<usize, Fraction>,
    times: Fraction,
) -> Result<(), Overflow> {
    for (place, factor) in other {
        let less = factor.times(times)?;
        let left = from.get(place).copied().unwrap_or(Fraction::ZERO).minus(less)?;
        match left.is_zero() {
            true => from.remove(place),
            false => from.insert(*place, left),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::component::Row;
    use super::super::simplex::{End, Simplex};
    use super::*;
    use crate::table::Bounds;
    use proptest::prelude::*;

    /// Sums of true figures, with some cells on either side.
    fn component() -> impl Strategy<Value = (Component, Vec<i128>)> {
        let figures = proptest::collection::vec(-9i128..10, 1..8);
        figures.prop_flat_map(|figures| {
            let factors = proptest::collection::vec(-1i8..2, figures.len());
            (proptest::collection::vec(factors, 1..9), Just(figures)).prop_map(|(rows, figures)| {
                let row = |(place, factors): (usize, Vec<i8>)| {
                    let terms: Vec<_> =
                        factors.into_iter().enumerate().filter(|(_, factor)| *factor != 0).collect();
                    let sum = terms.iter().map(|(cell, factor)| i128::from(*factor) * figures[*cell]).sum();
                    Row { relation: place as u32, terms, sum, at_least: false }
                };
                let component = Component {
                    cells: (0..figures.len() as u32).collect(),
                    bounds: vec![Bounds::NONE; figures.len()],
                    rows: rows.into_iter().enumerate().map(row).filter(|row| !row.terms.is_empty()).collect(),
                };
                (component, figures)
            })
        })
    }

    proptest! {
        /// Where nothing is bounded, a cell has one value if and only if the equations alone determine it: two
        /// methods that have nothing in common must agree.
        #[test]
        fn elimination_finds_just_what_the_optimiser_finds((component, figures) in component()) {
            let determined = eliminate(&component);
            for Determined { cell, figure, rows } in &determined {
                prop_assert_eq!(*figure, figures[*cell]);
                prop_assert!(!rows.is_empty());
            }
            let mut simplex = Simplex::solve(&component, u64::MAX).expect("the truth is a solution");
            for (cell, figure) in figures.iter().enumerate() {
                let mut ends = Vec::new();
                for end in [End::Least, End::Greatest] {
                    let optimum = simplex.optimum(cell, end).expect("small numbers");
                    prop_assert_eq!(optimum.is_proven(&component, cell, end), Ok(true));
                    ends.push(optimum.value);
                }
                let is_point = ends.iter().all(|end| *end == Some(Fraction::whole(*figure)));
                prop_assert!(is_point || ends == [None, None], "{:?}", ends);
                prop_assert_eq!(is_point, determined.iter().any(|found| found.cell == cell));
            }
        }
    }
}
