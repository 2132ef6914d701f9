//! THE CONTRACT: the hub's gRPC messages, the canonical block format, manifests, and what offices sign.
//!
//! What lives here: generated messages and services ([`v1`]), blocks and manifests with the proof that they
//! are canonical, conversions between messages and the SDMX model, signatures' contexts. What must not:
//! storage, networks, and decisions about who may do what.

pub mod block;
pub mod manifest;
mod wire;

pub use wire::{FILE_DESCRIPTOR_SET, v1};
