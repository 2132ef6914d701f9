//! The workbook that an office fills in.
//!
//! What lives here: which cells are asked for, and the sheets, formats and lists of the workbook. What must
//! not: reading of filled workbooks.

mod listing;
mod names;
mod plan;
mod rows;
mod sheets;
mod styles;
mod words;

use std::io::Write;

use mighub_sdmx::Period;
use mighub_sdmx::period::PeriodError;
use mighub_sdmx::structure::DataDefinition;

pub use listing::{Listing, ListingError, Listings};
pub use rows::Reference;

use rows::Rows;
use rust_xlsxwriter::XlsxError;

/// Most rows that a template lists; nobody fills in more by hand.
pub(crate) const ROWS_LISTED_MAX: usize = 100_000;
/// Most columns that a wide template has for the codes of one dimension.
pub(crate) const ACROSS_MAX: usize = 60;

/// What a template is to be about.
#[derive(Clone, Debug)]
pub struct Template<'t> {
    /// The dataflow.
    pub definition: &'t DataDefinition,
    /// Digest of its structures, as its maker writes it.
    pub structure_digest: &'t str,
    /// Which cells are asked for.
    pub listing: &'t Listing,
    /// The reporting area.
    pub area: &'t str,
    /// The periods, as SDMX writes them, all of one frequency.
    pub periods: &'t [String],
    /// Language of names and instructions; where a text is not in it, English.
    pub language: &'t str,
    /// The dimension, or TIME_PERIOD, whose codes stand side by side; long if there is none.
    pub across: Option<&'t str>,
    /// Figures of an earlier vintage: the same cells are asked for, with these beside them.
    pub reference: Option<&'t Reference>,
    /// Day on which it is made: year, month, day.
    pub made_on: (u16, u8, u8),
}

/// How large a template became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateSize {
    /// Rows that are listed.
    pub rows: usize,
    /// Figures that can be filled in there.
    pub cells: usize,
}

/// Why a template cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not a code of the dimension.
    #[error("{code:?} is not an admitted code of {dimension}; {remedy}")]
    Code {
        /// The dimension.
        dimension: String,
        /// What was given.
        code: String,
        /// What to do.
        remedy: String,
    },
    /// No period, or none that can be read.
    #[error("{text:?} is not a period: {source}")]
    Period {
        /// What was given.
        text: String,
        /// Why.
        source: PeriodError,
    },
    /// Nothing was asked for.
    #[error("a template needs at least one period: give --period")]
    NoPeriod,
    /// Periods of two frequencies.
    #[error("{0} and {1} are periods of different frequencies: make a template for each")]
    Frequencies(String, String),
    /// No such dimension.
    #[error("{dimension} is not a dimension of {dataflow}: it has {known}")]
    NoDimension {
        /// What was given.
        dimension: String,
        /// The dataflow.
        dataflow: String,
        /// Its dimensions.
        known: String,
    },
    /// A dimension that the listing does not fix.
    #[error(
        "the listing does not say which codes of {dimension} are asked for, and there is no total: name them"
    )]
    Open {
        /// The dimension.
        dimension: String,
    },
    /// Too many rows.
    #[error(
        "the template would have {0} rows; at most {ROWS_LISTED_MAX} are listed: ask for fewer codes or periods"
    )]
    TooManyRows(usize),
    /// Too many columns.
    #[error("{dimension} has {codes} codes; at most {ACROSS_MAX} stand side by side: take the long layout")]
    TooWide {
        /// The dimension.
        dimension: String,
        /// Its codes in the template.
        codes: usize,
    },
    /// Nothing to list.
    #[error("there is nothing to ask for: the earlier vintage has no figures of {0}; leave out --prefill")]
    Nothing(String),
    /// The workbook cannot be made or written.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] XlsxError),
}

/// Writes a template.
pub fn write_template(
    template: &Template<'_>,
    out: impl Write + Send,
) -> Result<TemplateSize, TemplateError> {
    let periods = checked_periods(template.periods)?;
    let rows = Rows::of(template, &periods)?;
    let size = rows.size();
    sheets::write(template, &rows, out)?;
    Ok(size)
}

fn checked_periods(periods: &[String]) -> Result<Vec<Period>, TemplateError> {
    let first = periods.first().ok_or(TemplateError::NoPeriod)?;
    let read = |text: &String| {
        let period = Period::parse(text.as_bytes());
        period.map_err(|source| TemplateError::Period { text: text.clone(), source })
    };
    let parsed: Vec<Period> = periods.iter().map(read).collect::<Result<_, _>>()?;
    let frequency = rows::frequency(first);
    match periods.iter().find(|period| rows::frequency(period) != frequency) {
        Some(other) => Err(TemplateError::Frequencies(first.clone(), other.clone())),
        None => Ok(parsed),
    }
}
