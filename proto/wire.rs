//! Generated messages and services.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("mighub.v1");
}
/// Descriptors of all messages and services, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = &[];
