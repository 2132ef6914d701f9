//! What the view holds: its keys, and a row for each. Nothing per series or observation (DETAILS D25).
//!
//! Rows are protobuf messages, so that a field can be added without a new format; the view can be deleted at any
//! time anyway.

mod disclosure;
mod keys;
mod sources;

pub use disclosure::{PolicyRow, SuppressionRow};
pub(super) use keys::*;
pub use sources::SourceRow;

/// An agency, with what was granted and certified.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AgencyRow {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// When it was added, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub added_ms: i64,
    /// Roles, each since a position.
    #[prost(message, repeated, tag = "3")]
    pub roles: Vec<RoleRow>,
    /// Keys of its applications; of one application the last counts for TLS, all for signatures.
    #[prost(message, repeated, tag = "4")]
    pub keys: Vec<KeysRow>,
}

/// A role that was granted.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct RoleRow {
    /// Number in the contract's enum Role.
    #[prost(int32, tag = "1")]
    pub role: i32,
    /// Position of the record.
    #[prost(uint64, tag = "2")]
    pub since: u64,
    /// Position of the record that took it away.
    #[prost(uint64, optional, tag = "3")]
    pub until: Option<u64>,
}

impl RoleRow {
    /// Whether it is held after the record at a position.
    pub fn holds_at(&self, position: u64) -> bool {
        self.since <= position && self.until.is_none_or(|until| position < until)
    }
}

/// Keys that were certified.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KeysRow {
    /// The application.
    #[prost(string, tag = "1")]
    pub application: String,
    /// Ed25519 public key for signatures.
    #[prost(bytes = "vec", tag = "2")]
    pub signing_key: Vec<u8>,
    /// SHA-256 of the TLS certificate.
    #[prost(bytes = "vec", tag = "3")]
    pub certificate_fingerprint: Vec<u8>,
    /// When both certificates end, milliseconds since 1970.
    #[prost(int64, tag = "4")]
    pub not_after_ms: i64,
    /// When they were revoked, milliseconds since 1970.
    #[prost(int64, optional, tag = "5")]
    pub revoked_ms: Option<i64>,
    /// When they were certified, milliseconds since 1970.
    #[prost(int64, tag = "6")]
    pub certified_ms: i64,
}

/// All keys with which the hub signs or signed, once the first was replaced.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HubKeysRow {
    /// Oldest first; the last one signs.
    #[prost(message, repeated, tag = "1")]
    pub keys: Vec<HubKeyRow>,
}

/// A key with which the hub signs or signed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HubKeyRow {
    /// Ed25519 public key.
    #[prost(bytes = "vec", tag = "1")]
    pub public_key: Vec<u8>,
    /// Since when, milliseconds since 1970; absent: from the beginning.
    #[prost(int64, optional, tag = "2")]
    pub from_ms: Option<i64>,
    /// Until when, milliseconds since 1970; absent while it signs.
    #[prost(int64, optional, tag = "3")]
    pub until_ms: Option<i64>,
}

/// A token that was issued.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TokenRow {
    /// Who may enrol with it.
    #[prost(string, tag = "1")]
    pub agency: String,
    /// When it ends, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub expires_ms: i64,
    /// Whether it was used.
    #[prost(bool, tag = "3")]
    pub used: bool,
}

/// An access token that was issued.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AccessTokenRow {
    /// For whom it acts.
    #[prost(string, tag = "1")]
    pub agency: String,
    /// What it is for.
    #[prost(string, tag = "2")]
    pub note: String,
    /// Number in the contract's enum TokenScope.
    #[prost(int32, tag = "3")]
    pub scope: i32,
    /// Dataflows it is good for; none: all.
    #[prost(string, repeated, tag = "4")]
    pub dataflows: Vec<String>,
    /// When it was made, milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub created_ms: i64,
    /// When it ends, milliseconds since 1970.
    #[prost(int64, tag = "6")]
    pub expires_ms: i64,
    /// When it was revoked, milliseconds since 1970.
    #[prost(int64, optional, tag = "7")]
    pub revoked_ms: Option<i64>,
}

/// An artefact.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StructureRow {
    /// Digest of the SDMX-JSON message in which it was sent.
    #[prost(bytes = "vec", tag = "1")]
    pub message_digest: Vec<u8>,
    /// When, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub stored_ms: i64,
}

/// A rulebook that is or was the present one of its dataflow.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RulebookRow {
    /// Its digest.
    #[prost(bytes = "vec", tag = "1")]
    pub digest: Vec<u8>,
    /// Since when, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub since_ms: i64,
    /// Version that it gives itself.
    #[prost(string, tag = "3")]
    pub version: String,
    /// Number of rules beside the built-in ones.
    #[prost(uint32, tag = "4")]
    pub rules: u32,
}

/// A submission that was judged.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SubmissionRow {
    /// Its contents by digest.
    #[prost(message, optional, tag = "1")]
    pub contents: Option<mighub::v1::SubmissionContents>,
    /// Number in the contract's enum SubmissionState; RELEASED and SUPERSEDED are not stored, they follow from
    /// the lane.
    #[prost(int32, tag = "2")]
    pub state: i32,
    /// What it went through.
    #[prost(message, repeated, tag = "3")]
    pub history: Vec<HistoryRow>,
    /// Position of the record that accepted it.
    #[prost(uint64, optional, tag = "4")]
    pub accepted: Option<u64>,
    /// Digests of the answers to its warnings, in their order.
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub answers: Vec<Vec<u8>>,
    /// Position of the first record about it.
    #[prost(uint64, tag = "6")]
    pub first: u64,
    /// Agency that sent it.
    #[prost(string, tag = "7")]
    pub agency: String,
    /// What it changes or would change.
    #[prost(message, optional, tag = "8")]
    pub observations: Option<mighub::v1::ObservationCounts>,
    /// How many of the answers do not count, because it was judged anew since.
    #[prost(uint32, tag = "9")]
    pub answers_before: u32,
    /// Position of the record that took it back.
    #[prost(uint64, optional, tag = "10")]
    pub withdrawn: Option<u64>,
}

/// A step in a submission's life.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HistoryRow {
    /// When, milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub time_ms: i64,
    /// The state it led to.
    #[prost(int32, tag = "2")]
    pub state: i32,
    /// Agency that brought it about.
    #[prost(string, tag = "3")]
    pub agency: String,
    /// Person.
    #[prost(string, tag = "4")]
    pub person: String,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
}

/// A vintage: what a lane is from one position on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VintageRow {
    /// Effective time, milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub effective_ms: i64,
    /// Who sees what when; the last step has the full state.
    #[prost(message, repeated, tag = "2")]
    pub steps: Vec<StepRow>,
    /// The submission whose state this is; empty for an empty lane.
    #[prost(string, tag = "3")]
    pub submission_id: String,
    /// Position of the vintage beneath: what holds again if this one is withdrawn.
    #[prost(uint64, optional, tag = "4")]
    pub below: Option<u64>,
    /// Whether it came about by a withdrawal.
    #[prost(bool, tag = "5")]
    pub by_withdrawal: bool,
    /// Reason of the submission or of the withdrawal.
    #[prost(string, tag = "6")]
    pub reason: String,
    /// Number in the contract's enum SubmissionKind.
    #[prost(int32, tag = "7")]
    pub kind: i32,
    /// Until then only few see it; milliseconds since 1970.
    #[prost(int64, optional, tag = "8")]
    pub embargo_ms: Option<i64>,
    /// Label of its edition.
    #[prost(string, tag = "9")]
    pub edition: String,
    /// Declared date of publication.
    #[prost(string, tag = "10")]
    pub publication_date: String,
    /// What changed.
    #[prost(message, optional, tag = "11")]
    pub observations: Option<mighub::v1::ObservationCounts>,
    /// Digest of the structures it was made for.
    #[prost(bytes = "vec", tag = "12")]
    pub structure_digest: Vec<u8>,
    /// Whether it came about by a release: it is the vintage before with other steps.
    #[prost(bool, tag = "13")]
    pub by_release: bool,
    /// The latest embargo of this vintage and of those beneath, milliseconds since 1970. Steps do not tell it: what is
    /// under embargo may change nothing of what is visible.
    #[prost(int64, optional, tag = "14")]
    pub latest_embargo_ms: Option<i64>,
}

/// Cells of a lane that are withheld, or were.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RestrictionRow {
    /// Which cells.
    #[prost(message, optional, tag = "1")]
    pub selection: Option<mighub::v1::Selection>,
    /// Since when, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub since_ms: i64,
    /// Agency that restricted them.
    #[prost(string, tag = "3")]
    pub agency: String,
    /// Person.
    #[prost(string, tag = "4")]
    pub person: String,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
    /// Position of the record that lifted it.
    #[prost(uint64, optional, tag = "6")]
    pub freed_at: Option<u64>,
}

/// A request that waits for a second person, or waited.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RequestRow {
    /// Number in the contract's enum RequestedOperation.
    #[prost(int32, tag = "1")]
    pub operation: i32,
    /// Dataflow of the lane.
    #[prost(string, tag = "2")]
    pub dataflow: String,
    /// Provider of the lane.
    #[prost(string, tag = "3")]
    pub provider: String,
    /// The message of the call.
    #[prost(bytes = "vec", tag = "4")]
    pub request: Vec<u8>,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
    /// Agency that asked.
    #[prost(string, tag = "6")]
    pub agency: String,
    /// Its application.
    #[prost(string, tag = "7")]
    pub application: String,
    /// Person.
    #[prost(string, tag = "8")]
    pub person: String,
    /// When, milliseconds since 1970.
    #[prost(int64, tag = "9")]
    pub requested_ms: i64,
    /// Position of the record with which it took effect, or was declined.
    #[prost(uint64, optional, tag = "10")]
    pub decided: Option<u64>,
    /// Whether it was declined.
    #[prost(bool, tag = "11")]
    pub declined: bool,
}

/// When the embargo of a submission ends, other than it was sent.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct EmbargoRow {
    /// Milliseconds since 1970.
    #[prost(int64, tag = "1")]
    pub until_ms: i64,
}

/// From a moment on readers without early access see this state.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StepRow {
    /// Milliseconds since 1970; the first step is from the beginning.
    #[prost(int64, tag = "1")]
    pub from_ms: i64,
    /// Digest of the vintage manifest; empty: nothing is visible.
    #[prost(bytes = "vec", tag = "2")]
    pub manifest_digest: Vec<u8>,
}
