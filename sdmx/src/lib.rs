//! THE LANGUAGE: the SDMX information model, observations in columns, and the field's file formats.
//!
//! What lives here: structures (agencies, code lists, data structures, dataflows, agreements), keys,
//! periods, exact decimals, columns, and readers and writers of SDMX formats. What must not: networks,
//! clocks, async, storage, the wire format of the hub, and any judgement about data beyond "this is not
//! well formed". This crate knows no other crate of the project.

pub mod columns;
pub mod csv;
pub mod data;
pub mod decimal;
pub mod json;
pub mod jsonl;
pub mod key;
pub mod ml;
pub mod parquet;
pub mod period;
pub mod sniff;
pub mod sort;
pub mod source_report;
mod stretch;
pub mod structure;
pub mod table;
pub mod xlsx;

pub use columns::Columns;
pub use decimal::Decimal;
pub use period::Period;
