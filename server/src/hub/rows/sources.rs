//! Rows of reports about sources: enough to rank them and to find the report itself.

/// A report that was recorded.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SourceRow {
    /// Position of its record.
    #[prost(uint64, tag = "1")]
    pub position: u64,
    /// Its number in the record, from 0.
    #[prost(uint32, tag = "2")]
    pub number: u32,
    /// Area.
    #[prost(string, tag = "3")]
    pub ref_area: String,
    /// Direction.
    #[prost(string, tag = "4")]
    pub flow_dir: String,
    /// First period, packed.
    #[prost(int64, tag = "5")]
    pub first: i64,
    /// Last period, packed; absent: until further notice.
    #[prost(int64, optional, tag = "6")]
    pub last: Option<i64>,
    /// Code of the grade; empty if there is none.
    #[prost(string, tag = "7")]
    pub undercount: String,
    /// Code of the grade; empty if there is none.
    #[prost(string, tag = "8")]
    pub accuracy: String,
}
