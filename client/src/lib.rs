//! THE OFFICE'S SIDE: exchange migration statistics with a mighub hub.
//!
//! What lives here: checking of files, pushing with receipts, pulling of figures and changes, and all that the
//! command `mighub` does; the command itself is a thin shell. What must not: storage of a hub, and rules about
//! data, which `mighub-validation` has.
//!
//! ```no_run
//! use mighub_client::{Home, Hub, Progress, PushOptions, PushOutcome, Source};
//!
//! # async fn example() -> Result<(), mighub_client::Error> {
//! let hub = Hub::connect(&Home::of_environment()).await?;
//! let pushed = hub.push(Source::path("flows.csv"), &PushOptions::default(), &Progress::silent()).await?;
//! if let PushOutcome::Accepted { receipt, .. } = pushed.outcome {
//!     println!("in force at position {}, receipt in {}", receipt.body.position, receipt.path.display());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A first connection needs [`enrol()`]. Checks without a hub are [`check`]. Figures come with [`Hub::pull`],
//! in columns or written to a file. Everything async wants a multi-threaded tokio runtime.

mod beside;
pub mod clock;
mod consolidation;
mod diff;
pub mod doctor;
mod enrol;
mod error;
mod evidence;
mod history;
mod home;
mod hub;
mod lane;
mod mappings;
mod marked;
mod metadata;
mod outbox;
#[cfg(test)]
mod prepared;
mod pull;
mod push;
mod release;
mod report;
mod structures;
mod submissions;
mod template;

pub use consolidation::{Cell, Matrix};
pub use diff::{Diff, DiffBatch, DiffRequest, Difference, Observation};
pub use enrol::{ends_within_days, enrol, renew};
pub use error::{Error, ExitCode, HubError};
pub use evidence::{Bundle, HistoryBroken, Statement, Verification, VerifyOptions, verify};
pub use history::{Watch, WatchRequest};
pub use home::{Cache, Config, Home, HubKey, PrivateKey};
pub use hub::Hub;
pub use jiff::Timestamp;
pub use lane::CachedLanes;
pub use mappings::{add_mappings, read_mapping, shipped_mappings};
pub use marked::{mark_checked, mark_file};
pub use metadata::{ReportFilter, ReportsFile, source_report};
pub use mighub_intake::{
    Checked, Complete, Contents, LaneInfo, Lanes, Progress, ReadOptions, Source, SpoolTotals, Step,
    StructureLanes, TableRead, TableReading, check, summary_of,
};
pub use mighub_workbook::{Marked, Notice, TemplateSize};
pub use pull::{
    At, Cursor, CursorError, Format, Providers, Pull, PullRequest, PullSummary, Pulled, PulledLane,
};
pub use push::{Base, Kind, PushOptions, PushOutcome, Pushed, Receipt, Sent};
pub use release::{Decided, Effect};
pub use report::HubReport;
pub use structures::{StructureFilter, StructureView, read_folder};
pub use submissions::{Answered, SubmissionFilter};
pub use template::{TemplateRequest, write_template};
