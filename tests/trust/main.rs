//! Attacks on a real hub, and on its logic in a simulated world: what must not be lost, leaked, halted or believed.
//!
//! What lives here: attacks, each with faults that are confirmed to have happened, and one line of JSON that says what
//! came of it (`docs/trust.md` has the table). What must not: claims about a hub that nobody attacks; those are in
//! `tests/system`. `MIGHUB_SEED` chooses the chance, `MIGHUB_LONG=1` makes every attack twenty times as long.

mod cuts;
mod embargo;
mod files;
mod forged;
mod leaks;
mod load;
mod logs;
// The stage is shared with tests/system; not all of it is needed here.
#[allow(dead_code)]
#[path = "../system/office/mod.rs"]
mod office;
mod rest;
mod rights;
mod simulation;
