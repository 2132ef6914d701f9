//! Conversions between messages and the SDMX model.
//!
//! What lives here: the two directions of each, side by side. What must not: decisions; a message that cannot
//! be converted is refused with the name of its field.

mod attribute_default;
mod dataset_attribute;
mod selection;
mod source_report;
mod timestamp;

pub use attribute_default::{attribute_default, attribute_default_message, region, region_message};
pub use dataset_attribute::{dataset_attribute, dataset_attribute_message};
pub use selection::{selection, selection_message};
pub use source_report::{source_finding_message, source_report_draft, source_report_message};
pub use timestamp::{timestamp, timestamp_message};

/// A message that is not of its form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldError {
    /// Name of the field, with points between levels.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub reason: String,
}

impl FieldError {
    fn new(field: &'static str, reason: impl ToString) -> Self {
        Self { field, reason: reason.to_string() }
    }
}
