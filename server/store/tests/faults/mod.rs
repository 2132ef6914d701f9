//! Faults: killed processes, cut power, full disks, flipped bits, failing writes, and what fsck makes of them.
//!
//! A child process runs the test binary again with a folder in the environment and reports each acknowledged
//! write on its standard output; the parent does it harm and looks for all that was acknowledged.

mod attack;
mod backup;
mod child;
mod cut;
mod disk;
mod flip;
mod fsck;
mod kill;
mod power;
pub(crate) mod random;
mod view;
