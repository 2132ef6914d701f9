//! Columns to a workbook. Rows go to scratch files as they come, so that memory does not grow with them.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError};

use super::SHEET_ROWS_MAX;
use super::about::{self, cut};
use super::sheet::{self, AttributeCell, Field, SheetColumn};
use crate::columns::{AttributeValue, Columns};
use crate::csv::Action;
use crate::data::{DataWriter, DatasetContext, WriteOptions};
use crate::decimal::{DIGITS_MAX, Decimal};
use crate::period::Period;
use crate::stretch::Stretches;
use crate::structure::DataDefinition;

/// The sheet with data; the dataflow's id may be longer than a sheet's name.
const DATA_SHEET: &str = "Data";
const ABOUT_SHEET: &str = "About";
/// Digits of a number that Excel keeps.
const EXCEL_DIGITS: u64 = 1_000_000_000_000_000;

/// Writes one workbook: a sheet with a row for each observation, and a sheet about it.
pub struct XlsxWriter<W: Write> {
    output: W,
    workbook: Workbook,
    definition: Arc<DataDefinition>,
    options: WriteOptions,
    columns: Vec<SheetColumn>,
    attributes: Vec<AttributeCell>,
    /// By digits behind the point.
    numbers: Vec<Format>,
    /// The next row.
    row: u32,
}

impl<W: Write> XlsxWriter<W> {
    /// A writer of data of one dataflow.
    pub fn new(output: W, definition: &Arc<DataDefinition>, options: &WriteOptions) -> io::Result<Self> {
        let (columns, attributes) = sheet::columns(definition, options);
        let number = |digits: usize| match digits {
            0 => Format::new().set_num_format("0"),
            digits => Format::new().set_num_format(format!("0.{}", "0".repeat(digits))),
        };
        let mut workbook = Workbook::new();
        workbook.set_properties(&properties(definition, options).map_err(to_io)?);
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(to_io)?;
        begin(sheet, &columns).map_err(to_io)?;
        Ok(Self {
            output,
            workbook,
            definition: definition.clone(),
            options: options.clone(),
            columns,
            attributes,
            numbers: (0..=DIGITS_MAX).map(number).collect(),
            row: 1,
        })
    }

    fn check_room(&self, rows: usize) -> io::Result<()> {
        if rows <= (SHEET_ROWS_MAX - self.row) as usize {
            return Ok(());
        }
        let reason = format!(
            "a sheet has at most {} rows of data: narrow the filters, or ask for CSV or Parquet, which have no limit",
            SHEET_ROWS_MAX - 1
        );
        Err(io::Error::new(io::ErrorKind::FileTooLarge, reason))
    }
}

/// Rows that columns take: one for each observation, and one for each series without any.
fn rows_of(columns: &Columns, has_observations: bool) -> usize {
    match has_observations {
        false => columns.series_count(),
        true => (0..columns.series_count()).map(|series| columns.observations(series).len().max(1)).sum(),
    }
}

impl<W: Write> DataWriter for XlsxWriter<W> {
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        let has_observations = self.options.detail.has_observations();
        self.check_room(rows_of(columns, has_observations))?;
        let language = sheet::language(&self.options).to_owned();
        let absent = context.absent_values.iter().chain(&self.options.absent_values);
        let absent: Vec<&(Arc<str>, AttributeValue)> = absent.collect();
        let texts: Vec<Vec<(String, String)>> = self
            .attributes
            .iter()
            .map(|attribute| {
                let default = absent
                    .iter()
                    .find(|(id, _)| *id == attribute.component.id)
                    .filter(|_| action != Action::Delete);
                let default = default.map(|(_, value)| attribute.texts(value, &language)).unwrap_or_default();
                let values = attribute.source.values(columns).iter();
                std::iter::once(default)
                    .chain(values.map(|value| attribute.texts(value, &language)))
                    .collect()
            })
            .collect();
        let names: Vec<Vec<&str>> = self
            .definition
            .dimensions
            .iter()
            .zip(&columns.dimensions)
            .map(|(dimension, column)| {
                let name = |code: &Arc<str>| dimension.code(code).and_then(|code| code.names.best(&language));
                column.codes.iter().map(|code| name(code).unwrap_or_default()).collect()
            })
            .collect();
        let sheet = self.workbook.worksheet_from_index(0).map_err(to_io)?;
        let letter = action.letter().to_string();
        let sources = self.attributes.iter().map(|attribute| attribute.source);
        let mut stretches = Stretches::new(columns, sources);
        while let Some((stretch, codes)) = stretches.next() {
            let codes: Vec<usize> = codes.collect();
            let rows: Vec<Option<usize>> = match stretch.observations.is_empty() || !has_observations {
                true if stretch.is_new_series => vec![None],
                true => continue,
                false => stretch.observations.map(Some).collect(),
            };
            for observation in rows {
                let period = observation.map_or(Period::ANY, |observation| columns.periods[observation]);
                for (column, place) in self.columns.iter().zip(0..) {
                    let of_dimension =
                        |dimension: usize| columns.dimensions[dimension].index[stretch.series] as usize;
                    let text: &str = match column.field {
                        Field::Code(dimension) => columns.code(stretch.series, dimension),
                        Field::CodeName(dimension) => names[dimension][of_dimension(dimension)],
                        Field::Time if period == Period::ANY => "",
                        Field::Time => &period.to_string(),
                        Field::Value => {
                            if let Some(value) =
                                observation.and_then(|observation| columns.value(observation))
                            {
                                number(sheet, self.row, place, value, &self.numbers).map_err(to_io)?;
                            }
                            continue;
                        }
                        Field::Attribute(attribute) => &texts[attribute][codes[attribute]].0,
                        Field::AttributeName(attribute) => &texts[attribute][codes[attribute]].1,
                        Field::Custom(custom) => context.custom.get(custom).copied().unwrap_or_default(),
                        Field::Action => &letter,
                    };
                    if !text.is_empty() {
                        sheet.write_string(self.row, place, cut(text)).map_err(to_io)?;
                    }
                }
                self.row += 1;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let mut scratch = self.save().map_err(to_io)?;
        scratch.seek(SeekFrom::Start(0))?;
        io::copy(&mut scratch, &mut self.output)?;
        self.output.flush()
    }
}

impl<W: Write> XlsxWriter<W> {
    /// Makes the workbook in a scratch file: its parts are not written in order.
    fn save(&mut self) -> Result<File, XlsxError> {
        let last_column = self.columns.len().saturating_sub(1) as u16;
        let data = self.workbook.worksheet_from_index(0)?;
        // Years and codes of digits are text on purpose.
        data.ignore_error_range(0, 0, self.row - 1, last_column, IgnoreError::NumberStoredAsText)?;
        data.autofilter(0, 0, self.row - 1, last_column)?;
        let about = self.workbook.add_worksheet();
        about.set_name(ABOUT_SHEET)?;
        about::fill(about, &self.definition, &self.options, self.row - 1)?;
        let mut scratch = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut scratch)?;
        Ok(scratch)
    }
}

fn properties(definition: &DataDefinition, options: &WriteOptions) -> Result<DocProperties, XlsxError> {
    let prepared = ExcelDateTime::from_timestamp(options.header.prepared.as_second())?;
    let language = sheet::language(options);
    let title = definition.names.best(language).unwrap_or(&definition.name);
    Ok(DocProperties::new()
        .set_title(title)
        .set_author(&options.header.sender)
        .set_creation_datetime(&prepared))
}

fn begin(sheet: &mut Worksheet, columns: &[SheetColumn]) -> Result<(), XlsxError> {
    let title = Format::new().set_bold();
    sheet.set_name(DATA_SHEET)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, place) in columns.iter().zip(0..) {
        sheet.set_column_width(place, column.width)?;
        sheet.write_string_with_format(0, place, &column.title, &title)?;
    }
    Ok(())
}

/// A figure as a number with its digits; as text if Excel would round it.
fn number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: Decimal,
    formats: &[Format],
) -> Result<(), XlsxError> {
    let text = value.to_string();
    if value.unscaled.unsigned_abs() >= EXCEL_DIGITS {
        return sheet.write_string(row, column, text).map(drop);
    }
    let number = text.parse().unwrap_or(0.0);
    sheet.write_number_with_format(row, column, number, &formats[usize::from(value.scale)]).map(drop)
}

fn to_io(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error),
    }
}
