//! The figures as SDMX-CSV files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::data::{CONFIDENTIALITIES, Cell, Codes, FIRST_YEAR, Figures, STATUSES, Series, YEARS};
use crate::structure::dataflow;

const HEADER: &str =
    "DATAFLOW,FREQ,REPORTER,PARTNER,SEX,AGE,MEASURE_TYPE,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
/// Written at a time.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Which cells a revision touches: one in a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revision {
    /// Next to each other.
    Contiguous,
    /// Far from each other.
    Scattered,
    /// A year more for series far from each other.
    NewYear,
}

/// A revision touches one cell of so many.
const REVISED_OF: u64 = 1_000;

/// Rows as they go into a file.
struct Rows<W: Write> {
    output: W,
    codes: Codes,
    dataflow: String,
}

impl Rows<BufWriter<File>> {
    fn create(path: &Path, id: &str) -> io::Result<Self> {
        let mut rows = Self::without_header(path, id)?;
        rows.output.write_all(HEADER.as_bytes())?;
        Ok(rows)
    }

    fn without_header(path: &Path, id: &str) -> io::Result<Self> {
        let output = BufWriter::with_capacity(BUFFER_BYTES, File::create(path)?);
        Ok(Self { output, codes: Codes::new(), dataflow: dataflow(id) })
    }
}

impl<W: Write> Rows<W> {
    fn write(&mut self, series: &Series, year: u16, cell: Cell) -> io::Result<()> {
        let output = &mut self.output;
        output.write_all(self.dataflow.as_bytes())?;
        for (codes, place) in self.codes.0.iter().zip(series.key) {
            output.write_all(b",")?;
            output.write_all(codes[usize::from(place)].as_bytes())?;
        }
        let status = STATUSES[usize::from(cell.status)];
        let confidentiality = CONFIDENTIALITIES[usize::from(series.confidentiality)];
        writeln!(output, ",{year},{},{status},{confidentiality}", cell.value)
    }
}

/// Rows in series order.
pub(crate) fn series_order(path: &Path, id: &str, figures: Figures) -> io::Result<()> {
    let mut rows = Rows::create(path, id)?;
    for series in figures.series() {
        for (year, cell) in (series.first_year..).zip(&series.cells) {
            rows.write(&series, year, *cell)?;
        }
    }
    rows.output.flush()
}

/// Rows year by year: the worst order there is. Each year goes to a file of its own first.
pub(crate) fn time_order(path: &Path, id: &str, figures: Figures) -> io::Result<()> {
    let of_year = |year: u16| path.with_extension(year.to_string());
    let years = FIRST_YEAR..FIRST_YEAR + YEARS;
    let mut files =
        years.clone().map(|year| Rows::without_header(&of_year(year), id)).collect::<io::Result<Vec<_>>>()?;
    for series in figures.series() {
        for (year, cell) in (series.first_year..).zip(&series.cells) {
            files[usize::from(year - FIRST_YEAR)].write(&series, year, *cell)?;
        }
    }
    for rows in &mut files {
        rows.output.flush()?;
    }
    let mut whole = File::create(path)?;
    whole.write_all(HEADER.as_bytes())?;
    for year in years {
        io::copy(&mut File::open(of_year(year))?, &mut whole)?;
        std::fs::remove_file(of_year(year))?;
    }
    Ok(())
}

/// The rows of a revision, and nothing else.
pub(crate) fn revision(path: &Path, id: &str, figures: Figures, revision: Revision) -> io::Result<()> {
    let mut rows = Rows::create(path, id)?;
    let count = (figures.observations / REVISED_OF).max(1);
    let (first, mut nth, mut written) = (figures.observations / 2, 0, 0);
    let series_count = figures.series().count() as u64;
    for (place, series) in (0u64..).zip(figures.series()) {
        let mut last = None;
        for (year, cell) in (series.first_year..).zip(&series.cells) {
            let touched = match revision {
                Revision::Contiguous => (first..first + count).contains(&nth),
                Revision::Scattered => nth % REVISED_OF == REVISED_OF / 2,
                Revision::NewYear => false,
            };
            if touched {
                rows.write(&series, year, Cell { value: cell.value + 1 + cell.value / 50, ..*cell })?;
            }
            nth += 1;
            last = Some(*cell);
        }
        let has_new_year = revision == Revision::NewYear && place * count / series_count >= written;
        if let (true, Some(last)) = (has_new_year && written < count, last) {
            rows.write(&series, FIRST_YEAR + YEARS, last)?;
            written += 1;
        }
    }
    rows.output.flush()
}

/// A submission of a few rows: one year of one pair of areas, different in each round.
pub(crate) fn small(path: &Path, id: &str, rounds: usize) -> io::Result<()> {
    let figures = Figures { observations: 20_000, large_values: false };
    let mut rows = Rows::create(path, id)?;
    for series in figures.series().step_by(40).take(24) {
        let cell = Cell { value: rounds as i64, status: 0 };
        rows.write(&series, FIRST_YEAR, cell)?;
    }
    rows.output.flush()
}
