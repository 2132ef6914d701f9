//! Months, quarters and years of flows.

use std::collections::BTreeMap;

use mighub_sdmx::Period;

use crate::table::{Relation, Table};

/// The dimension that says how often figures are made.
const FREQ: &str = "FREQ";
/// By the code of the whole, the parts and how many of them there are.
const WITHIN: [(&str, &str, usize); 6] =
    [("A", "M", 12), ("A", "Q", 4), ("A", "S", 2), ("S", "Q", 2), ("S", "M", 6), ("Q", "M", 3)];

/// Adds sums over time, where the table has FREQ and its last dimension is time.
pub(super) fn relate(table: &Table, relations: &mut Vec<Relation>) {
    let (Some(freq), Some(time)) = (table.dimension(FREQ), table.dimensions().len().checked_sub(1)) else {
        return;
    };
    if freq == time {
        return;
    }
    let mut series: BTreeMap<Vec<u32>, Vec<(u32, Period)>> = BTreeMap::new();
    for cell in (0..table.cells().len() as u32).filter(|cell| table.cell(*cell).additive) {
        let Ok(period) = Period::parse(table.code(cell, time).as_bytes()) else { continue };
        let mut key = table.codes(cell).to_vec();
        (key[freq], key[time]) = (0, 0);
        series.entry(key).or_default().push((cell, period));
    }
    for cells in series.values() {
        for (whole, part, count) in WITHIN {
            let of =
                |code: &'static str| cells.iter().filter(move |(cell, _)| **table.code(*cell, freq) == *code);
            for (total, period) in of(whole) {
                let lies_within = |(_, other): &&(u32, Period)| {
                    period.start() <= other.start() && other.end() <= period.end()
                };
                let parts: Vec<u32> = of(part).filter(lies_within).map(|(cell, _)| *cell).collect();
                if parts.len() == count {
                    let source = format!("{part} in {whole}").into();
                    relations.push(Relation::sum(time, source, *total, parts));
                }
            }
        }
    }
}
