//! The least and the greatest that a cell can be, by the simplex method on exact fractions.
//!
//! What lives here: one component of a table as a tableau, and its optima with their certificates. What must not:
//! what the numbers mean. Bland's rule (always the first variable that helps) makes it end; a budget of steps makes
//! it end soon.

use std::cmp::Ordering;

use super::component::Component;
use crate::fraction::{Fraction, Overflow};

/// Why no optimum was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A number became too long.
    Overflow,
    /// The budget of steps is used up.
    Budget,
    /// No figures fit all relations at once.
    Contradiction,
}

impl From<Overflow> for Stop {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// The end of a cell's interval on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Optimum {
    /// Nothing: there is no end.
    pub(super) value: Option<Fraction>,
    /// Relations and bounds of cells that prove it: their multiples add up to the cell.
    pub(super) certificate: Certificate,
}

/// Multiples of relations and of bounds of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Certificate {
    /// By relation of the component.
    pub(super) relations: Vec<(usize, Fraction)>,
    /// By cell of the component.
    pub(super) cells: Vec<(usize, Fraction)>,
}

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Least,
    Greatest,
}

/// Rows express basic variables by the others. Variables are the cells, then one per relation: its sum.
pub(super) struct Simplex<'c> {
    component: &'c Component,
    low: Vec<Option<Fraction>>,
    high: Vec<Option<Fraction>>,
    value: Vec<Fraction>,
    rows: Vec<Vec<Fraction>>,
    /// The variable of each row.
    basic: Vec<usize>,
    /// The variable of each column.
    free: Vec<usize>,
    /// The row of a variable, or its column.
    place: Vec<Place>,
    budget: u64,
    /// The least and the greatest that each cell was in some solution.
    pub(super) seen: Vec<(Fraction, Fraction)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Row(usize),
    Column(usize),
}

impl<'c> Simplex<'c> {
    /// A tableau that stands at a solution.
    pub(super) fn solve(component: &'c Component, budget: u64) -> Result<Self, Stop> {
        let cells = component.bounds.len();
        let whole = |bound: Option<i128>| bound.map(Fraction::whole);
        let mut low: Vec<_> = component.bounds.iter().map(|bounds| whole(bounds.low)).collect();
        let mut high: Vec<_> = component.bounds.iter().map(|bounds| whole(bounds.high)).collect();
        let mut rows = vec![vec![Fraction::ZERO; cells]; component.rows.len()];
        for (row, given) in rows.iter_mut().zip(&component.rows) {
            low.push(whole(Some(given.sum)));
            high.push(if given.at_least { None } else { whole(Some(given.sum)) });
            for (cell, factor) in &given.terms {
                row[*cell] = row[*cell].plus(Fraction::whole(i128::from(*factor)))?;
            }
        }
        let start = |place: usize| low[place].or(high[place]).unwrap_or(Fraction::ZERO);
        let mut value: Vec<Fraction> = (0..cells).map(start).collect();
        for row in &rows {
            let mut sum = Fraction::ZERO;
            for (factor, cell) in row.iter().zip(&value[..cells]) {
                sum = sum.plus(factor.times(*cell)?)?;
            }
            value.push(sum);
        }
        let place = (0..cells).map(Place::Column).chain((0..rows.len()).map(Place::Row)).collect();
        let mut simplex = Self {
            component,
            low,
            high,
            basic: (cells..cells + rows.len()).collect(),
            free: (0..cells).collect(),
            rows,
            place,
            value,
            budget,
            seen: Vec::new(),
        };
        simplex.repair()?;
        simplex.seen = simplex.value[..cells].iter().map(|value| (*value, *value)).collect();
        Ok(simplex)
    }

    /// Moves to a solution, one violated bound after the other.
    fn repair(&mut self) -> Result<(), Stop> {
        loop {
            let Some((row, target, rises)) = self.violated()? else { return Ok(()) };
            let Some(column) = self.entering(row, rises)? else { return Err(Stop::Contradiction) };
            let variable = self.basic[row];
            let gap = target.minus(self.value[variable])?;
            let step = gap.over(self.rows[row][column])?;
            self.move_by(column, step)?;
            self.pivot(row, column)?;
        }
    }

    /// The first basic variable that is out of bounds, the bound it must reach, and whether it must rise.
    fn violated(&self) -> Result<Option<(usize, Fraction, bool)>, Stop> {
        let mut first: Option<(usize, Fraction, bool)> = None;
        for (row, variable) in self.basic.iter().enumerate() {
            if first.is_some_and(|(other, ..)| self.basic[other] < *variable) {
                continue;
            }
            let value = self.value[*variable];
            if let Some(low) = self.low[*variable]
                && value.compare(low)? == Ordering::Less
            {
                first = Some((row, low, true));
            } else if let Some(high) = self.high[*variable]
                && value.compare(high)? == Ordering::Greater
            {
                first = Some((row, high, false));
            }
        }
        Ok(first)
    }

    /// The first free variable that can move a basic one up or down.
    fn entering(&self, row: usize, rises: bool) -> Result<Option<usize>, Stop> {
        let mut first: Option<usize> = None;
        for (column, factor) in self.rows[row].iter().enumerate() {
            let variable = self.free[column];
            let is_earlier = first.is_none_or(|other| variable < self.free[other]);
            if !factor.is_zero() && is_earlier && self.can_move(variable, (factor.sign() > 0) == rises)? {
                first = Some(column);
            }
        }
        Ok(first)
    }

    fn can_move(&self, variable: usize, up: bool) -> Result<bool, Overflow> {
        let value = self.value[variable];
        let bound = if up { self.high[variable] } else { self.low[variable] };
        Ok(match bound {
            None => true,
            Some(bound) => value.compare(bound)?.is_ne(),
        })
    }

    /// The end of a cell's interval.
    pub(super) fn optimum(&mut self, cell: usize, end: End) -> Result<Optimum, Stop> {
        let rises = end == End::Greatest;
        loop {
            let gradient = self.gradient(cell);
            let mut entering: Option<(usize, bool)> = None;
            for (column, factor) in gradient.iter().enumerate() {
                let variable = self.free[column];
                let up = (factor.sign() > 0) == rises;
                let is_earlier = entering.is_none_or(|(other, _)| variable < self.free[other]);
                if !factor.is_zero() && is_earlier && self.can_move(variable, up)? {
                    entering = Some((column, up));
                }
            }
            let Some((column, up)) = entering else {
                return Ok(Optimum {
                    value: Some(self.value[cell]),
                    certificate: self.certificate(&gradient),
                });
            };
            if !self.advance(column, up)? {
                return Ok(Optimum { value: None, certificate: Certificate::default() });
            }
        }
    }

    /// How a cell changes with the free variables.
    fn gradient(&self, cell: usize) -> Vec<Fraction> {
        match self.place[cell] {
            Place::Row(row) => self.rows[row].clone(),
            Place::Column(column) => {
                let mut gradient = vec![Fraction::ZERO; self.free.len()];
                gradient[column] = Fraction::ONE;
                gradient
            }
        }
    }

    fn certificate(&self, gradient: &[Fraction]) -> Certificate {
        let mut certificate = Certificate::default();
        let cells = self.component.bounds.len();
        for (variable, factor) in self.free.iter().zip(gradient).filter(|(_, factor)| !factor.is_zero()) {
            match variable.checked_sub(cells) {
                None => certificate.cells.push((*variable, *factor)),
                Some(relation) => certificate.relations.push((relation, *factor)),
            }
        }
        certificate.relations.sort_by_key(|(relation, _)| *relation);
        certificate.cells.sort_by_key(|(cell, _)| *cell);
        certificate
    }

    /// Moves a free variable as far as all bounds allow; false if nothing stops it.
    fn advance(&mut self, column: usize, up: bool) -> Result<bool, Stop> {
        let entering = self.free[column];
        let sign = Fraction::whole(if up { 1 } else { -1 });
        let own = if up { self.high[entering] } else { self.low[entering] };
        // How far it can go, and the row whose variable stops it.
        let mut limit: Option<(Fraction, Option<usize>)> = match own {
            Some(bound) => Some((bound.minus(self.value[entering])?.times(sign)?, None)),
            None => None,
        };
        for (row, factors) in self.rows.iter().enumerate() {
            let factor = factors[column].times(sign)?;
            if factor.is_zero() {
                continue;
            }
            let variable = self.basic[row];
            let bound = if factor.sign() > 0 { self.high[variable] } else { self.low[variable] };
            let Some(bound) = bound else { continue };
            let reach = bound.minus(self.value[variable])?.over(factor)?;
            let is_nearer = match &limit {
                None => true,
                Some((nearest, stopped_by)) => match reach.compare(*nearest)? {
                    Ordering::Less => true,
                    Ordering::Greater => false,
                    Ordering::Equal => stopped_by.map_or(entering, |row| self.basic[row]) > variable,
                },
            };
            if is_nearer {
                limit = Some((reach, Some(row)));
            }
        }
        let Some((reach, stopped_by)) = limit else { return Ok(false) };
        self.move_by(column, reach.times(sign)?)?;
        match stopped_by {
            Some(row) => self.pivot(row, column)?,
            None => self.spend(1)?,
        }
        for (seen, value) in self.seen.iter_mut().zip(&self.value) {
            if value.compare(seen.0)?.is_lt() {
                seen.0 = *value;
            }
            if value.compare(seen.1)?.is_gt() {
                seen.1 = *value;
            }
        }
        Ok(true)
    }

    /// Changes a free variable, and all basic ones with it.
    fn move_by(&mut self, column: usize, step: Fraction) -> Result<(), Overflow> {
        let variable = self.free[column];
        self.value[variable] = self.value[variable].plus(step)?;
        for (row, factors) in self.rows.iter().enumerate() {
            if !factors[column].is_zero() {
                let basic = self.basic[row];
                self.value[basic] = self.value[basic].plus(factors[column].times(step)?)?;
            }
        }
        Ok(())
    }

    /// Exchanges the variables of a row and a column.
    fn pivot(&mut self, row: usize, column: usize) -> Result<(), Stop> {
        let mut own = std::mem::take(&mut self.rows[row]);
        let by = own[column];
        for (place, factor) in own.iter_mut().enumerate() {
            *factor = match place == column {
                true => Fraction::ONE.over(by)?,
                false if factor.is_zero() => continue,
                false => factor.over(by)?.negated()?,
            };
        }
        let filled: Vec<usize> = (0..own.len()).filter(|place| !own[*place].is_zero()).collect();
        let mut work = 1;
        for other in self.rows.iter_mut().filter(|other| !other.is_empty() && !other[column].is_zero()) {
            let factor = std::mem::replace(&mut other[column], Fraction::ZERO);
            for place in &filled {
                other[*place] = other[*place].plus(factor.times(own[*place])?)?;
            }
            work += filled.len() as u64;
        }
        self.rows[row] = own;
        std::mem::swap(&mut self.basic[row], &mut self.free[column]);
        self.place[self.basic[row]] = Place::Row(row);
        self.place[self.free[column]] = Place::Column(column);
        self.spend(work)
    }

    fn spend(&mut self, work: u64) -> Result<(), Stop> {
        self.budget = self.budget.checked_sub(work).ok_or(Stop::Budget)?;
        Ok(())
    }
}

impl Optimum {
    /// Whether the certificate proves the end, whatever the tableau did: the multiples must add up to the cell, and
    /// what they are multiples of must be bounded in the right direction.
    pub(super) fn is_proven(&self, component: &Component, cell: usize, end: End) -> Result<bool, Overflow> {
        let Some(value) = self.value else { return Ok(true) };
        let rises = end == End::Greatest;
        let mut rest = vec![Fraction::ZERO; component.bounds.len()];
        rest[cell] = Fraction::ONE;
        let mut bound = Fraction::ZERO;
        for (other, factor) in &self.certificate.cells {
            rest[*other] = rest[*other].minus(*factor)?;
            let bounds = component.bounds[*other];
            let given = if (factor.sign() > 0) == rises { bounds.high } else { bounds.low };
            let Some(given) = given else { return Ok(false) };
            bound = bound.plus(factor.times(Fraction::whole(given))?)?;
        }
        for (place, factor) in &self.certificate.relations {
            let row = &component.rows[*place];
            if row.at_least && (factor.sign() > 0) == rises {
                return Ok(false);
            }
            for (other, times) in &row.terms {
                let part = factor.times(Fraction::whole(i128::from(*times)))?;
                rest[*other] = rest[*other].minus(part)?;
            }
            bound = bound.plus(factor.times(Fraction::whole(row.sum))?)?;
        }
        Ok(rest.iter().all(|rest| rest.is_zero()) && bound == value)
    }
}
