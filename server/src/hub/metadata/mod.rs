//! Reference metadata: what offices say of their sources (MetadataService), and how good it makes each.
//!
//! What lives here: taking reports in, giving them out, and the ranks that consolidation reads. What must not: which
//! values a report may have and what a rank is (`mighub_sdmx::source_report`).

mod admitted;
mod list;
mod put;
mod ranks;
mod reduced;
mod reported;

pub use ranks::SourceRanks;

/// Reports that a lane ever had, at most: two directions, revised every month for eighty years. All of a lane are read
/// together.
const LANE_REPORTS_MAX: usize = 20_000;
