//! SDMX-JSON data messages 1.0.0, 2.0.0 and 2.1.0: to events and from columns.
//!
//! What lives here: tokens of JSON, the walk over a message, and writing. What must not: how events become
//! columns; that is [`crate::data`]'s.
//!
//! **Reading goes over a document twice.** Data are indexes into lists of values, and those lists may stand
//! behind the data, as may the action and the structure of a dataset: members of an object have no order. So
//! the first pass checks the syntax of the whole document, keeps the structures and notes where the datasets
//! are; the second one reads these. Memory is that of the structures. The input must be able to seek; what
//! comes through a pipe has to be kept in a file first.
//!
//! **Writing puts the structures behind the data.** Which values are used is known only when all data were
//! seen, and a list of all codes of all code lists would be far larger than most answers. So each value gets
//! its index when it is first used, and each attribute its place in the arrays when it first has a value;
//! the lists follow when all data are written. Memory is that of the distinct values. Clients load a document
//! as a whole before they look at it, so the order of its members is nothing to them, and the order of values
//! and of attributes has no meaning in the standard.
//!
//! **1.0.0 is written with `header`, `structure` and `dataSets` outermost**, as the services that made the
//! format known did and as clients read it; `meta` and `data`, which the final text has, are read as well.

mod cells;
mod events;
mod input;
mod layout;
mod problem;
mod survey;
mod tokens;
mod value;
mod writer;

pub use events::JsonEvents;
pub use writer::JsonWriter;

/// Most objects and arrays within each other. A message needs about ten; nested metadata some more.
pub const DEPTH_MAX: u32 = 64;
/// Longest name of a member in bytes: the longest are keys of flat observations.
pub const NAME_BYTES_MAX: usize = 4 * 1024;
/// Longest text in bytes. Descriptions that are passed over may be long; texts in cells have a limit of their own.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Longest numeral in bytes: a double written in full has no more than about 800 digits.
pub const NUMBER_BYTES_MAX: usize = 1_100;
/// Most structures of a message; queries for several dataflows have some dozens.
pub const STRUCTURES_MAX: usize = 1_024;
/// Most datasets of a message: a history has two per dissemination.
pub const DATASETS_MAX: usize = 20_000;
/// Most components in all structures of a message.
pub const COMPONENTS_MAX: usize = 50_000;
/// Most values listed in all structures of a message. They are kept in memory.
pub const VALUES_MAX: usize = 1_000_000;
/// Most bytes of these values.
pub const VALUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most values and languages in one cell.
pub const VALUE_PARTS_MAX: usize = 4_096;
