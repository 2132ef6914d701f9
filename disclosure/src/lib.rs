//! Disclosure control: what of a table may be published so that nobody can be found in it.
//!
//! What lives here: policies, the relations between the cells of a table, the audit that tries to recover hidden
//! cells, the choice of further cells to hide, rounding, and the view that is released. It is mathematics over
//! columns. What must not: networks, clocks, storage, and who may see what.
//!
//! Stored figures are never changed: all of this is a view of them.

pub mod across;
pub mod audit;
pub mod fraction;
pub mod policy;
pub mod read;
mod relate;
pub mod release;
pub mod round;
pub mod sums;
pub mod suppress;
pub mod table;
pub mod view;

pub use across::{Earlier, audit_across};
pub use audit::{Report, audit};
pub use policy::{Policy, PolicyError};
pub use read::{Reading, Stage};
pub use release::{Released, release};
pub use round::RoundingKey;
pub use sums::{Sums, Tree};
pub use suppress::{Suppression, suppress, suppress_more};
pub use table::{Bounds, Care, Cell, Relation, Table, TableBuilder};
pub use view::{CellView, Seen, cell_name};
