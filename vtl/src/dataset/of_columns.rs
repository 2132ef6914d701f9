//! Data sets out of SDMX columns, and columns out of single values.
//!
//! What lives here: which structure the data of a dataflow has in VTL, and how batches of observations become
//! one data set. What must not: files, and what data ought to be.

mod build;
mod measure;
mod scalars;
mod structure;
mod texts;

pub use build::{BuildError, DatasetBuilder};
pub(crate) use scalars::ScalarsBuilder;
pub use structure::structure_of;

#[cfg(test)]
mod tests;
