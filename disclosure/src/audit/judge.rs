//! One component of an audit, from the cheap methods to the exact ones.

use super::component::Component;
use super::eliminate::{Determined, eliminate};
use super::propagate::{Propagated, RowsOfCells, propagate};
use super::search::{Answer, has_solution};
use super::simplex::{Certificate, End, Simplex, Stop};
use super::{
    Audit, EXACT_CELLS_MAX, OPTIMISED_CELLS_MAX, OPTIMISED_ROWS_MAX, Proof, Reason, STEPS_PER_COMPONENT_MAX,
    WHOLE_STEPS_MAX,
};
use crate::table::{Bounds, Care};

/// Rounds of elimination in a large component: what one determines may let the next find more.
const ELIMINATIONS_MAX: usize = 4;

pub(super) struct Judge<'a, 't> {
    pub(super) audit: &'a mut Audit<'t>,
}

impl<'a, 't> Judge<'a, 't> {
    pub(super) fn new(audit: &'a mut Audit<'t>) -> Self {
        Self { audit }
    }

    /// Finds what can be known of the cells of a component.
    pub(super) fn component(&mut self, mut component: Component) {
        if !self.has_secret(&component) {
            return;
        }
        self.audit.components += 1;
        let known = loop {
            let rows_of = RowsOfCells::of(&component);
            match propagate(&component, &rows_of, component.bounds.clone()) {
                Ok(known) => break known,
                // Without it the others still hold. What it had led to is forgotten.
                Err(contradiction) => {
                    let row = component.rows.remove(contradiction.row);
                    self.audit.set_aside(row.relation);
                }
            }
        };
        self.keep(&component, &known);
        for part in component.split(&known.bounds) {
            if self.has_secret(&part) {
                self.part(part);
            }
        }
    }

    fn part(&mut self, part: Component) {
        let digest = part.digest();
        if let Some(known) = self.audit.memory.parts.get(&digest) {
            for (cell, (bounds, proof)) in part.cells.iter().zip(known) {
                self.audit.bounds[*cell as usize] = *bounds;
                self.audit.proofs.insert(*cell, *proof);
            }
            return;
        }
        let cells = part.cells.clone();
        self.judge(part);
        if cells.iter().all(|cell| !self.is_secret(*cell) || self.audit.exposure(*cell).is_none()) {
            let proof = |cell: &u32| self.audit.proofs.get(cell).copied().unwrap_or(Proof::Outer);
            let known = cells.iter().map(|cell| (self.audit.bounds[*cell as usize], proof(cell))).collect();
            self.audit.memory.parts.insert(digest, known);
        }
    }

    fn judge(&mut self, part: Component) {
        let is_small = part.cells.len() <= OPTIMISED_CELLS_MAX && part.rows.len() <= OPTIMISED_ROWS_MAX;
        if !(is_small && self.optimise(&part).is_ok()) {
            self.unsure(&part);
            self.look_nearby(&part);
            self.eliminate(part);
        }
    }

    fn has_secret(&self, component: &Component) -> bool {
        component.cells.iter().any(|cell| self.is_secret(*cell))
    }

    pub(super) fn is_secret(&self, cell: u32) -> bool {
        self.audit.table.cell(cell).care == Care::Secret
    }

    /// Keeps what bounds that were passed on have led to.
    fn keep(&mut self, component: &Component, known: &Propagated) {
        for (place, cell) in component.cells.iter().enumerate() {
            self.audit.bounds[*cell as usize] = known.bounds[place];
            let relation = |row: Option<usize>| row.map(|row| component.rows[row].relation);
            let (low, high) = known.by[place];
            if low.is_none() && high.is_none() {
                continue;
            }
            self.audit.reasons.insert(*cell, Reason::Passed(relation(low), relation(high)));
        }
    }

    fn unsure(&mut self, part: &Component) {
        let table = self.audit.table;
        let secrets = part.cells.iter().filter(|cell| table.cell(**cell).care == Care::Secret);
        self.audit.proofs.extend(secrets.map(|cell| (*cell, Proof::Outer)));
    }

    /// Finds the interval of each secret, or that it is wide enough.
    fn optimise(&mut self, part: &Component) -> Result<(), Stop> {
        let mut simplex = Simplex::solve(part, STEPS_PER_COMPONENT_MAX)?;
        let rows_of = RowsOfCells::of(part);
        let mut whole_steps = WHOLE_STEPS_MAX;
        let mut found = Vec::new();
        for place in (0..part.cells.len()).filter(|place| self.is_secret(part.cells[*place])) {
            let cell = part.cells[place];
            let (least, greatest) = simplex.seen[place];
            let seen = Bounds { low: Some(least.ceil()), high: Some(greatest.floor()) };
            let is_wide = seen.width() >= Some(self.audit.required(cell, part.bounds[place]));
            if part.cells.len() > EXACT_CELLS_MAX && is_wide {
                found.push((place, part.bounds[place], Proof::Wide, Vec::new()));
                continue;
            }
            let mut bounds = part.bounds[place];
            let mut certificates = Vec::new();
            for end in [End::Least, End::Greatest] {
                let optimum = simplex.optimum(place, end)?;
                if !optimum.is_proven(part, place, end)? {
                    debug_assert!(false, "the optimiser gave an end that its certificate does not prove");
                    return Err(Stop::Contradiction);
                }
                match (end, optimum.value) {
                    (End::Least, value) => bounds.low = value.map(|value| value.ceil()),
                    (End::Greatest, value) => bounds.high = value.map(|value| value.floor()),
                }
                certificates.push(optimum.certificate);
            }
            let proof = whole_ends(part, &rows_of, place, &mut bounds, &mut whole_steps);
            found.push((place, bounds, proof, certificates));
        }
        for (place, bounds, proof, certificates) in found {
            let cell = part.cells[place];
            self.audit.proofs.insert(cell, proof);
            if bounds != part.bounds[place] {
                self.audit.bounds[cell as usize] = bounds;
                self.audit.reasons.insert(cell, combined(part, &certificates));
            }
        }
        Ok(())
    }

    /// Finds what is determined in a large part, and what follows from that.
    fn eliminate(&mut self, mut part: Component) {
        for _ in 0..ELIMINATIONS_MAX {
            let mut bounds = part.bounds.clone();
            let mut is_new = false;
            for Determined { cell: place, figure, rows } in eliminate(&part) {
                if bounds[place].as_point().is_some() || !bounds[place].has(figure) {
                    continue;
                }
                bounds[place] = Bounds::point(figure);
                is_new = true;
                let cell = part.cells[place];
                self.audit.bounds[cell as usize] = bounds[place];
                self.audit.proofs.insert(cell, Proof::Fractions);
                let relations = rows.into_iter().map(|row| part.rows[row].relation).collect();
                self.audit.reasons.insert(cell, Reason::Combined { relations, cells: Vec::new() });
            }
            if !is_new {
                return;
            }
            let rows_of = RowsOfCells::of(&part);
            let Ok(known) = propagate(&part, &rows_of, bounds) else { return };
            self.keep_narrowed(&part, &known);
            part.bounds = known.bounds;
        }
    }

    /// Like [`Self::keep`], for cells whose reason is not known yet.
    fn keep_narrowed(&mut self, part: &Component, known: &Propagated) {
        let relation = |row: Option<usize>| row.map(|row| part.rows[row].relation);
        for (place, cell) in part.cells.iter().enumerate() {
            let (low, high) = known.by[place];
            if self.audit.bounds[*cell as usize] != known.bounds[place] {
                self.audit.bounds[*cell as usize] = known.bounds[place];
                self.audit.reasons.insert(*cell, Reason::Passed(relation(low), relation(high)));
            }
        }
    }
}

/// Moves ends inwards while no whole figures reach them.
fn whole_ends(
    part: &Component,
    rows_of: &RowsOfCells,
    place: usize,
    bounds: &mut Bounds,
    steps: &mut u64,
) -> Proof {
    let mut proof = Proof::Whole;
    for end in [End::Least, End::Greatest] {
        loop {
            let at = match end {
                End::Least => bounds.low,
                End::Greatest => bounds.high,
            };
            let Some(at) = at else { break };
            match has_solution(part, rows_of, &part.bounds, (place, at), steps) {
                Answer::Yes => break,
                Answer::Unknown => {
                    proof = Proof::Fractions;
                    break;
                }
                // No whole figures at all fit: fractions are all there is to say.
                Answer::No if bounds.as_point().is_some() => return Proof::Fractions,
                Answer::No => match end {
                    End::Least => bounds.low = Some(at + 1),
                    End::Greatest => bounds.high = Some(at - 1),
                },
            }
        }
    }
    proof
}

fn combined(part: &Component, certificates: &[Certificate]) -> Reason {
    let mut relations: Vec<u32> = certificates
        .iter()
        .flat_map(|certificate| &certificate.relations)
        .map(|(row, _)| part.rows[*row].relation)
        .collect();
    let mut cells: Vec<u32> = certificates
        .iter()
        .flat_map(|certificate| &certificate.cells)
        .map(|(cell, _)| part.cells[*cell])
        .collect();
    relations.sort_unstable();
    relations.dedup();
    cells.sort_unstable();
    cells.dedup();
    Reason::Combined { relations, cells }
}
