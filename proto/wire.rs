//! What `build.rs` makes of the contract: messages, clients, servers, descriptors. Nothing here is written by hand.

/// Messages and services of the package `mighub.v1`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    rustdoc::all,
    reason = "generated; the documentation stands in proto/mighub/v1, where buf lint sees to it"
)]
pub mod v1 {
    tonic::include_proto!("mighub.v1");
}

/// All messages and services with their comments and imports, serialized, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("mighub");
