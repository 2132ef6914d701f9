//! THE CONTRACT: the hub's gRPC messages, the canonical block format, manifests, and what offices sign.
//!
//! What lives here: generated messages and services ([`v1`]), blocks and manifests with the proof that they
//! are canonical, conversions between messages and the SDMX model, ids, tokens, the contexts of signatures, and the
//! checks of what is signed ([`evidence`]). What must not: storage, networks, private keys, and decisions about who may
//! do what.

pub mod block;
pub mod convert;
pub mod evidence;
pub mod id;
pub mod manifest;
pub mod signing;
pub mod token;
mod wire;

pub use wire::{FILE_DESCRIPTOR_SET, v1};
