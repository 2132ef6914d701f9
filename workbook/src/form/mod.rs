//! From a workbook to SDMX-CSV, and from a row of that text back to the cell.
//!
//! What lives here: which sheet is read and how its columns become components. What must not: formats of the
//! file, and how text is judged.

mod csv;
mod extract;
mod layout;
mod places;

pub use extract::{Extracted, Shape, extract, is_workbook};
pub(crate) use layout::{FORM_SHEET, FormColumn};
pub use layout::{Form, FormError};
pub use places::Places;
