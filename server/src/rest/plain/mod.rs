//! Plain doors for people without SDMX: `/v1/data/{dataflow}.csv`, `.json`, `.parquet`, `.xlsx`.
//!
//! What lives here: plain parameters and plain tables. What must not: who may see what (the hub), and another way to
//! the figures than that of the SDMX API beside it.

mod ask;
mod door;
mod formula;
mod table;

pub(crate) use door::routes;
pub(crate) use formula::guarded;
