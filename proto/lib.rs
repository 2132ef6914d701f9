//! THE CONTRACT: the hub's gRPC messages, the canonical block format, manifests, and what offices sign.
//!
//! What lives here: generated messages and services ([`v1`]), blocks and manifests with the proof that they
//! are canonical, conversions between messages and the SDMX model, ids, tokens, and the contexts of
//! signatures. What must not: storage, networks, keys, and decisions about who may do what.

pub mod block;
pub mod convert;
pub mod id;
pub mod manifest;
pub mod signing;
pub mod token;
mod wire;

pub use wire::{FILE_DESCRIPTOR_SET, v1};
