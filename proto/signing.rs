//! What is signed: the context keeps a signature of one kind from passing for another.

/// Context of an office's signature of a `SubmissionHeader`.
pub const HEADER_CONTEXT: &str = "mighub.v1.SubmissionHeader";
/// Context of the hub's signature of a `ReceiptBody`.
pub const RECEIPT_CONTEXT: &str = "mighub.v1.ReceiptBody";

/// The bytes that Ed25519 (RFC 8032) signs: context, one zero byte, and the message as it travels.
pub fn signed_bytes(context: &str, message: &[u8]) -> Vec<u8> {
    [context.as_bytes(), &[0], message].concat()
}
