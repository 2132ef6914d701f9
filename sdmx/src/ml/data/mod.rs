//! Messages of data: XML to events, and columns to XML.

mod read;
mod write;

pub use read::MlEvents;
pub use write::MlWriter;
