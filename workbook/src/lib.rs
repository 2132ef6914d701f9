//! THE FORM: questionnaires as Excel workbooks: a template goes out, a filled one comes in, a marked one goes
//! back.
//!
//! What lives here: reading cells of workbooks with their addresses, making templates from data structures,
//! marking findings in the office's own workbook. What must not: judging, networks, clocks.
//!
//! [`extract`] makes SDMX-CSV of a workbook and remembers where every cell stood; whoever reads the text asks
//! the [`Places`] where a row's cell is. [`write_template`] makes the workbook that an office fills in.
//! [`mark`] gives a workbook back with what was found in it.

mod address;
mod form;
mod mark;
mod package;
mod read;
mod template;

pub use address::{CellAddress, CellRef};
pub use form::{Extracted, Form, FormError, Places, Shape, extract, is_workbook};
pub use mark::{Mark, MarkError, Marked, mark, write_marked_table};
pub use package::PackageError;
pub use read::{Notice, NoticeKind, ReadError};
pub use template::{
    Listing, ListingError, Listings, Reference, Template, TemplateError, TemplateSize, write_template,
};
