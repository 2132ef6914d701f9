//! SDMX-ML structure messages 2.1, 3.0 and 3.1: reading and writing.
//!
//! What lives here: how the artefacts of [`crate::structure`] look as XML in each version, and the other
//! messages that a structure service answers with (availability, errors, answers to submissions, the schema
//! derived from a dataflow). What must not: observations, and what the artefacts mean together.

mod read;
mod version;
mod write;

pub use read::{MlStructureError, read_message};
pub use version::MlVersion;
pub use write::{
    Availability, ErrorText, MessageHeader, SubmissionAction, SubmissionResult, SubmissionStatus,
    data_namespace, write_availability, write_error, write_message, write_schema, write_submission_results,
};
