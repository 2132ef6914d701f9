//! Files that are not SDMX-CSV in UTF-8: brought into it before they are read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use mighub_sdmx::csv::CellPlace;
use mighub_sdmx::data::DataFormat;
use mighub_sdmx::sniff::{Kind, RECOGNISED_BYTES, recognise};
use mighub_sdmx::table::{
    Encoding, Guess, KnownMappings, Mapping, Origin, OriginWriter, TableError, TableOptions, read_header,
    translate,
};
use mighub_validation::Finding;

use super::source::Text;
use crate::error::Error;
use crate::lane::Lanes;

/// Rows of a finding that are looked at for the one with the figure that was found.
const ROWS_LOOKED_AT: usize = 16;

/// How a table that is not SDMX-CSV is read.
#[derive(Clone, Debug, Default)]
pub struct TableReading {
    /// The mapping by which it is read. If none is named, the one that knows exactly its columns.
    pub mapping: Option<Mapping>,
    /// Mappings by whose columns a table is recognised.
    pub known: KnownMappings,
    /// Its encoding, instead of the one that is guessed.
    pub encoding: Option<Encoding>,
    /// What nothing in the file says.
    pub options: TableOptions,
}

/// What was made of a table that is not SDMX-CSV in UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRead {
    /// Its encoding, if it was guessed, or is another than UTF-8.
    pub encoding: Option<String>,
    /// Whether the encoding is only the likeliest.
    pub encoding_guessed: bool,
    /// The mapping by which it was read, as AGENCY:ID(VERSION).
    pub mapping: Option<String>,
    /// The scheme of its area codes, if it was told from the codes.
    pub area_scheme: Option<String>,
    /// Its rows below the header.
    pub rows: u64,
    /// Rows that the mapping leaves out, by the reasons it gives.
    pub rows_left_out: Vec<(String, u64)>,
}

/// A table that was translated.
#[derive(Debug)]
pub struct Table {
    /// The text as the office has it, in UTF-8.
    text: File,
    origin: Origin,
}

/// Why a table was not translated: things that belong in the report.
pub(super) enum Refused {
    Table(TableError),
    SeveralMappings(Vec<String>),
}

/// Brings a text into SDMX-CSV in UTF-8, if it is not.
pub(super) fn understood(
    mut text: Text,
    lanes: &mut dyn Lanes,
    reading: &TableReading,
    scratch: &Path,
) -> Result<(Text, Option<Refused>), Error> {
    let name = text.name().to_owned();
    let failed = || Error::file(name.as_ref());
    let is_workbook = text.workbook().is_some();
    if !is_workbook && !is_text_of_rows(&text).map_err(failed())? {
        return Ok((text, None));
    }
    let guess = match reading.encoding {
        // What was read of a workbook is UTF-8.
        _ if is_workbook => Guess { encoding: Encoding::UTF8, certain: true },
        Some(encoding) => Guess { encoding, certain: true },
        None => Encoding::guess(&mut text.reopened().map_err(failed())?).map_err(failed())?,
    };
    if guess.encoding != Encoding::UTF8 {
        let mut decoded = tempfile::tempfile_in(scratch).map_err(Error::file(scratch))?;
        let mut encoded = text.reopened().map_err(failed())?;
        guess.encoding.transcode(&mut encoded, &mut decoded).map_err(Error::file(scratch))?;
        text.replace(decoded)?;
        text.read.encoding = Some(guess.encoding.to_string());
        text.read.encoding_guessed = !guess.certain;
    }
    let Ok(header) = read_header(text.reopened().map_err(failed())?, reading.options.separator) else {
        // Whoever reads it as SDMX-CSV says what it is.
        return Ok((text, None));
    };
    let matching = reading.known.matching(&header.columns);
    let mapping = match (&reading.mapping, &matching[..]) {
        (Some(mapping), _) => mapping,
        (None, [mapping]) => *mapping,
        (None, []) => return Ok((text, None)),
        (None, several) => {
            let names = several.iter().map(|mapping| mapping.name()).collect();
            return Ok((text, Some(Refused::SeveralMappings(names))));
        }
    };
    translated(text, mapping, lanes, reading, scratch)
}

/// Whether a text has rows and so may be in any encoding and of any layout. The other formats say themselves what
/// they are.
fn is_text_of_rows(text: &Text) -> io::Result<bool> {
    let mut first = Vec::new();
    text.reopened()?.take(RECOGNISED_BYTES as u64).read_to_end(&mut first)?;
    Ok(match recognise(&first).kind {
        Kind::Data(format) => matches!(format, DataFormat::Csv(_)),
        Kind::Table(_) | Kind::Empty => true,
        _ => false,
    })
}

fn translated(
    mut text: Text,
    mapping: &Mapping,
    lanes: &mut dyn Lanes,
    reading: &TableReading,
    scratch: &Path,
) -> Result<(Text, Option<Refused>), Error> {
    let lane = lanes.lane("dataflow", &mapping.dataflow)?;
    let lane = lane.ok_or_else(|| {
        Error::Request(format!(
            "the mapping {} is of {}, which is not known here",
            mapping.name(),
            mapping.dataflow
        ))
    })?;
    let new_scratch = || tempfile::tempfile_in(scratch).map_err(Error::file(scratch));
    let source = text.reopened().map_err(Error::file(text.name().as_ref()))?;
    let out = new_scratch()?;
    let origin = OriginWriter::new(new_scratch()?, new_scratch()?);
    let mut options = reading.options.clone();
    if text.workbook().is_some() {
        // Numbers of a workbook are numbers: the signs of the mapping are for numbers that are texts.
        options.decimal = Some('.');
    }
    let mut buffered = BufReader::new(source);
    let made = match translate(&mut buffered, mapping, &lane.definition, &options, &out, origin) {
        Ok(made) => made,
        Err(error) => return Ok((text, Some(Refused::Table(error)))),
    };
    text.read.mapping = Some(mapping.name());
    text.read.rows = made.rows_read;
    text.read.rows_left_out = made.rows_skipped;
    text.read.area_scheme = made.area_scheme.map(str::to_owned);
    let table = Table { text: buffered.into_inner(), origin: made.origin };
    text.replace(out)?;
    text.table = Some(table);
    Ok((text, None))
}

impl Table {
    /// Where the rows of the SDMX-CSV stood in the table.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The office's own text.
    pub fn reopened(&self) -> std::io::Result<File> {
        let mut file = self.text.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    /// The cell of a finding as it stands in the office's text.
    pub fn locate(&self, finding: &Finding, column: Option<usize>) -> Option<CellPlace> {
        // A place that cannot be read again is shown without its text.
        let mut text = self.reopened().ok()?;
        self.origin.locate(&mut text, self.row_of(finding, column)?, column).ok().flatten()
    }

    /// The row of the translation to look at first. Of a sum the rows may come from one row of the table, side by
    /// side, in any order: the one with the figure that was found is meant.
    pub fn row_of(&self, finding: &Finding, column: Option<usize>) -> Option<u64> {
        let first = finding.place.as_ref().map(|place| place.row).filter(|row| *row > 0)?;
        if finding.rows.len() < 2 || finding.found.is_empty() {
            return Some(first);
        }
        let mut text = self.reopened().ok()?;
        let mut holds = |row: u64| {
            let place = self.origin.locate(&mut text, row, column).ok().flatten();
            place.is_some_and(|place| place.content.trim() == finding.found)
        };
        let others = finding.rows.iter().copied().take(ROWS_LOOKED_AT);
        Some(std::iter::once(first).chain(others).find(|row| holds(*row)).unwrap_or(first))
    }

    /// Row and column of the office's table for a cell of the translation.
    pub fn cell(&self, row: u64, column: Option<usize>) -> Option<(u64, usize)> {
        self.origin.cell(row, column).ok().flatten()
    }
}
