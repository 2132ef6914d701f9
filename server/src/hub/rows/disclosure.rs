//! Rows of policies of disclosure control, and of cells that are hidden by them.

/// A policy, or its end.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PolicyRow {
    /// As JSON; empty: none is in force any more.
    #[prost(bytes = "vec", tag = "1")]
    pub policy: Vec<u8>,
    /// Since when, milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub since_ms: i64,
    /// Agency that set it.
    #[prost(string, tag = "3")]
    pub agency: String,
    /// Person.
    #[prost(string, tag = "4")]
    pub person: String,
    /// Why.
    #[prost(string, tag = "5")]
    pub reason: String,
}

/// Cells of a lane that are hidden for the sake of others.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SuppressionRow {
    /// Position of the policy.
    #[prost(uint64, tag = "1")]
    pub policy: u64,
    /// Digest of the list of cells.
    #[prost(bytes = "vec", tag = "2")]
    pub cells_digest: Vec<u8>,
    /// Digests of the manifests of the states for which they are enough.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub manifest_digests: Vec<Vec<u8>>,
}
