//! Data over REST: versions 1 and 2 of the SDMX API.
//!
//! What lives here: what a query asks for, how it is cut out of what the hub gives, and how it streams. What must
//! not: who may see what (the hub), and the syntax of formats (`mighub-sdmx`).

mod ask;
mod chosen;
mod components;
mod condition;
mod cut;
mod door;
mod fault;
mod filter;
mod instant;
mod keys;
mod languages;
mod making;
mod names;
mod order;
mod parameters;
mod stream;
mod values;
mod whole;

pub(crate) use ask::DataQuery;
pub(crate) use chosen::Chosen;
pub(crate) use door::{header, routes};
pub(crate) use fault::{Fault, FaultKind};
pub(crate) use filter::components;
pub(crate) use instant::instant;
pub(crate) use languages::languages;
pub(crate) use making::{DATA_PROVIDER, Making, MakingError, Message};
pub(crate) use names::{Context, Named, Wanted, find, providers};
pub(crate) use parameters::{Parameters, decoded};
pub(crate) use stream::{FIRST_BYTES, Piece, body, pieces};
pub(crate) use whole::{WholeAnswer, validators};

#[cfg(test)]
mod tests;
