//! The hub without a network: submissions from their header to their receipt, told in calls.

mod agreements;
mod answers;
mod consolidation;
mod disclosure;
mod lanes;
mod metadata;
mod policies;
mod prepare;
mod releases;
mod rights;
mod stage;
mod structure_changes;
mod structures;
mod submissions;
mod tokens;
