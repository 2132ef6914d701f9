//! Columns to rows.

use std::io::{self, Write};
use std::sync::Arc;

use super::reader::Action;
use super::written::{self, AttributeCell, Label, code_cell, push_cell};
use crate::columns::{AttributeValue, Columns};
use crate::data::{Detail, KeyColumns, Labels, StructureUse};
use crate::period::{Form, Period};
use crate::stretch::Stretches;
use crate::structure::{ComponentUse, DataDefinition};

/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;
const SECONDS_A_DAY: i64 = 86_400;

/// Versions that can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CsvVersion {
    /// 1.0: DATAFLOW, no actions, no sub-fields.
    V1_0,
    /// 2.0. Its readers read physical lines: line breaks in texts become spaces. It has no Merge: Information is
    /// written in its place.
    #[default]
    V2_0,
    /// 2.1: line breaks stay, in quotes.
    V2_1,
}

/// What is written, and how.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Version of SDMX-CSV.
    pub version: CsvVersion,
    /// Attributes to write, in the order of the data structure; if nothing, all of series and observations, and
    /// those of the dataset that `absent_values` has.
    pub attributes: Option<Vec<Arc<str>>>,
    /// Whether there is a column for the measure.
    pub measures: bool,
    /// How much of series is written.
    pub detail: Detail,
    /// What absent attributes stand for. Attributes of the dataset have their value from here, on every row.
    pub absent_values: Vec<(Arc<str>, AttributeValue)>,
    /// Names beside ids (`labels`). Version 1.0 has them only within cells.
    pub labels: Labels,
    /// Columns with keys (`keys`); version 1.0 has none.
    pub keys: KeyColumns,
    /// Whether periods are written as the day or the second with which they begin (`timeFormat=normalized`).
    pub normalized_time: bool,
    /// Languages, best first: of names, and those that the header names for multilingual attributes. English if
    /// there are none.
    pub languages: Vec<String>,
    /// Names of custom columns behind the components, such as DATA_PROVIDER.
    pub custom_columns: Vec<String>,
    /// What STRUCTURE and STRUCTURE_ID name; in version 1.0 always the dataflow.
    pub structure: StructureUse,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            version: CsvVersion::default(),
            attributes: None,
            measures: true,
            detail: Detail::default(),
            absent_values: Vec::new(),
            labels: Labels::default(),
            keys: KeyColumns::default(),
            normalized_time: false,
            languages: Vec::new(),
            custom_columns: Vec::new(),
            structure: StructureUse::default(),
        }
    }
}

/// Writes SDMX-CSV.
pub struct CsvWriter<W> {
    output: W,
    options: WriteOptions,
    has_time: bool,
    dimensions: Vec<(ComponentUse, Label)>,
    attributes: Vec<AttributeCell>,
    /// STRUCTURE and STRUCTURE_ID, or DATAFLOW.
    reference: Vec<u8>,
    bytes: Vec<u8>,
}

/// What stands before the observations of a series.
#[derive(Default)]
struct SeriesCells {
    /// Up to the key; with OBS_KEY, up to the period in it.
    head: Vec<u8>,
    /// The dimensions and the separator behind them.
    dimensions: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer of data of one dataflow. Writes the header.
    pub fn new(output: W, definition: &DataDefinition, options: &WriteOptions) -> io::Result<Self> {
        let mut options = options.clone();
        if options.version == CsvVersion::V1_0 {
            options.keys = KeyColumns::None;
        }
        let attributes = written::attributes(definition, &options);
        let mut bytes = Vec::with_capacity(OUTPUT_BYTES + 4096);
        bytes.extend_from_slice(&written::header(definition, &attributes, &options));
        let labels = options.labels();
        let dimension = |dimension: &ComponentUse| (dimension.clone(), Label::of(dimension, labels));
        Ok(Self {
            output,
            has_time: definition.time.is_some(),
            dimensions: definition.dimensions.iter().map(dimension).collect(),
            attributes,
            reference: written::reference(definition, &options),
            bytes,
            options,
        })
    }

    /// Writes every observation as one row. `custom` holds the content of the custom columns, the same on
    /// every row.
    pub fn write(&mut self, columns: &Columns, action: Action, custom: &[&str]) -> io::Result<()> {
        self.write_with(columns, action, custom, &[])
    }

    /// The same, with what absent attributes stand for in these columns; what they do not say, the options say.
    pub fn write_with(
        &mut self,
        columns: &Columns,
        action: Action,
        custom: &[&str],
        absent_values: &[(Arc<str>, AttributeValue)],
    ) -> io::Result<()> {
        let begin = self.begin(action)?;
        let mut end = Vec::new();
        for place in 0..self.options.custom_columns.len() {
            end.push(b',');
            push_cell(custom.get(place).copied().unwrap_or_default(), &mut end);
        }
        end.push(b'\n');
        let texts: Vec<Vec<Vec<u8>>> = self
            .attributes
            .iter()
            .map(|attribute| {
                // What a deletion leaves out is not meant.
                let absent = match action {
                    Action::Delete => attribute.nothing(),
                    _ => attribute.absent_in(absent_values, &self.options),
                };
                attribute.texts(columns, absent, &self.options)
            })
            .collect();
        let codes: Vec<Vec<Vec<u8>>> = columns
            .dimensions
            .iter()
            .zip(&self.dimensions)
            .map(|(column, (component, label))| {
                column.codes.iter().map(|code| code_cell(code, component, *label, &self.options)).collect()
            })
            .collect();
        // A row about its series has no period; in a deletion that is any period.
        let is_any = action == Action::Delete || self.options.version == CsvVersion::V1_0;
        let any: &[u8] = if is_any { b"" } else { b"~" };
        let has_observations = self.options.detail.has_observations();
        let (mut series, mut behind) = (SeriesCells::default(), Vec::new());
        let mut stretches = Stretches::new(columns, self.attributes.iter().map(|attribute| attribute.source));
        while let Some((stretch, attribute_codes)) = stretches.next() {
            if stretch.is_new_series {
                self.series(columns, stretch.series, &begin, &codes, &mut series);
            }
            behind.clear();
            for (code, texts) in attribute_codes.zip(&texts) {
                behind.extend_from_slice(&texts[code]);
            }
            behind.extend_from_slice(&end);
            if stretch.observations.is_empty() || !has_observations {
                if stretch.is_new_series {
                    self.row(&series, any, None, &behind)?;
                }
                continue;
            }
            if self.options.keys.has_observation() || self.options.normalized_time {
                for observation in stretch.observations {
                    let period = self.period(columns.periods[observation], any);
                    self.row(&series, &period, columns.value(observation), &behind)?;
                }
                continue;
            }
            for observation in stretch.observations {
                let bytes = &mut self.bytes;
                bytes.extend_from_slice(&series.head);
                bytes.extend_from_slice(&series.dimensions);
                if self.has_time {
                    match columns.periods[observation] {
                        Period::ANY => bytes.extend_from_slice(any),
                        period => period.write(bytes),
                    }
                }
                if self.options.measures {
                    if self.has_time {
                        bytes.push(b',');
                    }
                    if let Some(value) = columns.value(observation) {
                        value.write(bytes);
                    }
                }
                bytes.extend_from_slice(&behind);
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// The cells of a row before its key.
    fn begin(&self, action: Action) -> io::Result<Vec<u8>> {
        let letter = match (self.options.version, action) {
            (CsvVersion::V1_0, Action::Delete) => {
                let reason = "SDMX-CSV 1.0 cannot say that something is deleted: ask for version 2.0";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
            }
            (CsvVersion::V1_0, _) => return Ok(self.reference.clone()),
            (CsvVersion::V2_0, Action::Merge) => 'I',
            (_, action) => action.letter(),
        };
        let mut begin = self.reference.clone();
        begin.extend_from_slice(&[b',', letter as u8]);
        Ok(begin)
    }

    fn series(
        &self,
        columns: &Columns,
        series: usize,
        begin: &[u8],
        codes: &[Vec<Vec<u8>>],
        cells: &mut SeriesCells,
    ) {
        let keys = self.options.keys;
        cells.head.clear();
        cells.head.extend_from_slice(begin);
        if keys != KeyColumns::None {
            let key = columns.key(series).to_string();
            if keys.has_series() {
                cells.head.push(b',');
                push_cell(&key, &mut cells.head);
            }
            if keys.has_observation() {
                cells.head.push(b',');
                push_cell(&key, &mut cells.head);
            }
        }
        cells.dimensions.clear();
        for (column, codes) in columns.dimensions.iter().zip(codes) {
            cells.dimensions.extend_from_slice(&codes[column.index[series] as usize]);
        }
        if self.has_time || self.options.measures {
            cells.dimensions.push(b',');
        }
    }

    /// A row, slowly.
    fn row(
        &mut self,
        series: &SeriesCells,
        period: &[u8],
        value: Option<crate::Decimal>,
        behind: &[u8],
    ) -> io::Result<()> {
        let bytes = &mut self.bytes;
        bytes.extend_from_slice(&series.head);
        if self.options.keys.has_observation() && self.has_time {
            bytes.push(b'.');
            bytes.extend_from_slice(period);
        }
        bytes.extend_from_slice(&series.dimensions);
        if self.has_time {
            bytes.extend_from_slice(period);
        }
        if self.options.measures {
            if self.has_time {
                bytes.push(b',');
            }
            if let Some(value) = value {
                value.write(bytes);
            }
        }
        bytes.extend_from_slice(behind);
        self.hand_over()
    }

    fn period(&self, period: Period, any: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        match period {
            Period::ANY => text.extend_from_slice(any),
            period if self.options.normalized_time => normalized(period).write(&mut text),
            period => period.write(&mut text),
        }
        text
    }

    #[inline]
    fn hand_over(&mut self) -> io::Result<()> {
        if self.bytes.len() >= OUTPUT_BYTES {
            self.output.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Writes what is left and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.write_all(&self.bytes)?;
        self.output.flush()?;
        Ok(self.output)
    }
}

/// The day with which a period begins, or the second where it does not begin with a day.
fn normalized(period: Period) -> Period {
    let start = period.start();
    match (period.form(), start.rem_euclid(SECONDS_A_DAY)) {
        (Form::DateTime | Form::DateTimeUtc, _) => period,
        (_, 0) => Period::new(Form::Day, start.div_euclid(SECONDS_A_DAY)),
        _ => Period::new(Form::DateTime, start),
    }
}
