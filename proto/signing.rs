//! What is signed: the context keeps a signature of one kind from passing for another.

/// Context of an office's signature of a `SubmissionHeader`.
pub const HEADER_CONTEXT: &str = "mighub.v1.SubmissionHeader";
/// Context of the hub's signature of a `ReceiptBody`.
pub const RECEIPT_CONTEXT: &str = "mighub.v1.ReceiptBody";
/// Context of the signature with which a hub's key for receipts hands over to the next one.
pub const HUB_KEY_CONTEXT: &str = "mighub.v1.HubKeyRotated";
/// Context of the hub's signature of a `LogHead`.
pub const LOG_HEAD_CONTEXT: &str = "mighub.v1.LogHead";

/// The bytes that Ed25519 (RFC 8032) signs: context, one zero byte, and the message as it travels.
pub fn signed_bytes(context: &str, message: &[u8]) -> Vec<u8> {
    [context.as_bytes(), &[0], message].concat()
}
