//! Cells of a workbook, row by row, as the office sees them.
//!
//! What lives here: sheets, shared texts, number formats, numbers and dates as text. What must not: what a
//! column means.

mod number;
mod sheet;
mod strings;
mod styles;

use std::io::{Read, Seek};
use std::ops::ControlFlow;

pub(crate) use sheet::{Row, SheetEnd, Value};
use strings::Strings;
use styles::Styles;

use crate::address::CellAddress;
use crate::package::{Package, PackageError, Sheet, WorkbookPart};

/// Why a workbook could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no workbook, or a damaged one.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// What was read could not be written.
    #[error("what was read from the workbook cannot be written: {0}")]
    Write(#[source] std::io::Error),
    /// No sheet has anything.
    #[error(
        "the workbook has no sheet with a header and rows: fill in the sheet Data of a template, or a sheet whose first row names the columns"
    )]
    NoRows,
    /// The hidden sheet of a template was changed.
    #[error(
        "the hidden sheet mighub of the template is not as it was made: {0}; copy the figures into a new template"
    )]
    Form(String),
}

/// Something about a workbook that its sender should know, and that is no finding about a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where, if it is one place.
    pub address: Option<CellAddress>,
    /// What.
    pub kind: NoticeKind,
}

/// Kinds of notices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeKind {
    /// Hidden rows were read.
    #[error("hidden rows of the sheet {sheet} were read like all others: {rows}")]
    HiddenRows {
        /// How many.
        rows: u64,
        /// The sheet.
        sheet: String,
    },
    /// Hidden columns were read.
    #[error("hidden columns of the sheet {sheet} were read like all others: {columns}")]
    HiddenColumns {
        /// How many.
        columns: u64,
        /// The sheet.
        sheet: String,
    },
    /// Merged cells within the rows.
    #[error("the cells {range} are merged: only the first of them has a value, the others count as empty")]
    Merged {
        /// The range, such as A2:A11.
        range: String,
    },
    /// More merged cells than are told.
    #[error("more ranges of merged cells: {0}")]
    MoreMerged(u64),
    /// More digits than Excel calculates with.
    #[error("the cell holds {stored}; read as {read}, because Excel calculates with 15 digits")]
    Rounded {
        /// As it is stored.
        stored: String,
        /// As it was read.
        read: String,
    },
    /// A formula that was never calculated.
    #[error(
        "the result of the formula {formula} is not in the file: open the workbook in Excel, and save it again"
    )]
    NotCalculated {
        /// The formula.
        formula: String,
    },
    /// A number in a format that shows a hundred times its value.
    #[error(
        "the cell shows {shown}, which could mean two values: give it a plain number format, and write the one that is meant"
    )]
    Percent {
        /// What the cell shows.
        shown: String,
    },
    /// More of such cells than are told one by one.
    #[error("more cells of which the same is to be said: {0}")]
    MoreCells(u64),
    /// Other sheets.
    #[error("the sheet {sheet} was read; others with cells were not: {others}")]
    OtherSheets {
        /// The one that was read.
        sheet: String,
        /// The others.
        others: String,
    },
    /// The structures have changed since a template was made.
    #[error(
        "the template was made from other structures than hold now: if codes are refused, copy the figures into a new template"
    )]
    OtherStructures,
    /// Rows of a template without anything filled in.
    #[error("rows of the template that are not filled in, and are not sent: {rows}")]
    NotFilledIn {
        /// How many.
        rows: u64,
    },
}

/// An open workbook.
pub(crate) struct Book<R> {
    package: Package<R>,
    pub(crate) workbook: WorkbookPart,
    strings: Strings,
    styles: Styles,
}

impl<R: Read + Seek> Book<R> {
    pub(crate) fn open(file: R) -> Result<Self, PackageError> {
        let mut package = Package::open(file)?;
        let workbook = WorkbookPart::read(&mut package)?;
        let strings = match workbook.target("sharedStrings") {
            Some(part) => Strings::read(&mut package, part)?,
            None => Strings::default(),
        };
        let styles = match workbook.target("styles") {
            Some(part) => Styles::read(&mut package, part)?,
            None => Styles::default(),
        };
        Ok(Self { package, workbook, strings, styles })
    }

    /// Gives every row of a sheet that has cells, in order, until `each` breaks.
    pub(crate) fn rows<E: From<PackageError>>(
        &mut self,
        sheet: &Sheet,
        each: impl FnMut(&Row) -> Result<ControlFlow<()>, E>,
    ) -> Result<SheetEnd, E> {
        let xml = self.package.xml(&sheet.part)?;
        let reader = sheet::SheetReader::new(xml, &self.strings, &self.styles, self.workbook.from_1904);
        reader.read(each)
    }
}
