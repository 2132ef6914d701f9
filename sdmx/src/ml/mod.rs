//! SDMX-ML 2.1, 3.0 and 3.1: the XML formats.
//!
//! What lives here: XML as a stream with places and limits, messages of data and of structures. What must not:
//! what a code or an attribute means.

mod data;
pub mod structure;
mod xml;

pub use data::{MlEvents, MlWriter};
