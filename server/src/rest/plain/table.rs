//! A plain table: one row per observation, one column per component, nothing else.
//!
//! SDMX-CSV begins every row with STRUCTURE, STRUCTURE_ID and ACTION, which a program needs and a person deletes;
//! here the first row has the ids and every other an observation, so that pandas, DuckDB and Excel have the table at
//! once. Numbers have a point and the digits that were sent; what an absent attribute stands for is written out.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Columns, NO_VALUE};
use mighub_sdmx::data::{Action, DataWriter, DatasetContext, Labels};
use mighub_sdmx::structure::{ComponentUse, DataDefinition};

use super::formula::guarded;
use crate::rest::data::DATA_PROVIDER;

/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;
/// What the table is given of each lane beside its columns.
pub(crate) const CUSTOM_COLUMNS: [&str; 1] = [DATA_PROVIDER];
/// What a column with names is called: the id, and this.
const NAME_SUFFIX: &str = "_NAME";

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) id: Arc<str>,
    pub(crate) of: Of,
}

/// Where its cells come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Dimension(usize),
    Time,
    Measure,
    Series(usize),
    Observation(usize),
    Dataset,
    /// The place in [`CUSTOM_COLUMNS`].
    Custom(usize),
}

impl Column {
    pub(crate) fn of(id: &Arc<str>, of: Of) -> Self {
        Self { id: id.clone(), of }
    }
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Comma-separated, RFC 4180.
    Csv {
        /// Whether a spreadsheet opens it: it begins with a byte order mark, by which Excel knows UTF-8, and no text
        /// is taken for a formula.
        for_excel: bool,
    },
    /// One array of objects.
    Json,
    /// One object per line.
    JsonLines,
}

/// Writes a table.
pub(crate) struct Table<W> {
    output: W,
    layout: Layout,
    columns: Vec<Named>,
    bytes: Vec<u8>,
    has_rows: bool,
}

/// A column with the names of its codes.
struct Named {
    column: Column,
    names: Option<ComponentUse>,
    labels: Labels,
    language: String,
    /// In JSON: what stands before the value, and before the name.
    members: [Vec<u8>; 2],
}

/// The cells of one column of a batch.
enum Cells<'c> {
    Series { index: &'c [u32], texts: Vec<Vec<u8>> },
    Entries { of_series: bool, index: Vec<u32>, texts: Vec<Vec<u8>> },
    Same(Vec<u8>),
    Time,
    Measure,
}

impl<W: Write> Table<W> {
    /// Begins a table.
    pub(crate) fn new(
        output: W,
        layout: Layout,
        definition: &DataDefinition,
        columns: &[Column],
        labels: Labels,
        language: &str,
    ) -> Self {
        let component = |id: &str| {
            let attribute = definition.attribute(id).map(|attribute| &attribute.component);
            definition.dimension(id).or(attribute).filter(|component| component.coded_by.codelist().is_some())
        };
        let named = columns.iter().map(|column| Named {
            names: component(&column.id).filter(|_| labels != Labels::Id).cloned(),
            members: [member(&column.id), member(&format!("{}{NAME_SUFFIX}", column.id))],
            column: column.clone(),
            labels,
            language: language.to_owned(),
        });
        let columns: Vec<Named> = named.collect();
        let mut bytes = Vec::with_capacity(OUTPUT_BYTES + 4096);
        match layout {
            Layout::Csv { for_excel } => {
                if for_excel {
                    bytes.extend_from_slice("\u{feff}".as_bytes());
                }
                for (place, named) in columns.iter().enumerate() {
                    if place > 0 {
                        bytes.push(b',');
                    }
                    push_cell(&named.column.id, &mut bytes);
                    if named.has_name_column() {
                        bytes.push(b',');
                        push_cell(&format!("{}{NAME_SUFFIX}", named.column.id), &mut bytes);
                    }
                }
                bytes.extend_from_slice(b"\r\n");
            }
            Layout::Json => bytes.push(b'['),
            Layout::JsonLines => {}
        }
        Self { output, layout, columns, bytes, has_rows: false }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

impl<W: Write> DataWriter for Table<W> {
    fn write(&mut self, _: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        let layout = self.layout;
        let cells: Vec<Cells<'_>> =
            self.columns.iter().map(|named| named.cells(layout, columns, context)).collect();
        for series in 0..columns.series_count() {
            for observation in columns.observations(series) {
                let bytes = &mut self.bytes;
                match layout {
                    Layout::Csv { .. } => {}
                    Layout::Json if self.has_rows => bytes.extend_from_slice(b",\n{"),
                    Layout::Json => bytes.extend_from_slice(b"\n{"),
                    Layout::JsonLines => bytes.push(b'{'),
                }
                self.has_rows = true;
                for (place, (cells, named)) in cells.iter().zip(&self.columns).enumerate() {
                    if place > 0 {
                        bytes.push(b',');
                    }
                    match cells {
                        Cells::Series { index, texts } => {
                            bytes.extend_from_slice(&texts[index[series] as usize])
                        }
                        Cells::Entries { of_series, index, texts } => {
                            let entry = if *of_series { series } else { observation };
                            bytes.extend_from_slice(&texts[index[entry] as usize]);
                        }
                        Cells::Same(text) => bytes.extend_from_slice(text),
                        Cells::Time => named.period(layout, columns.periods[observation], bytes),
                        Cells::Measure => named.value(layout, columns, observation, bytes),
                    }
                }
                bytes.extend_from_slice(match layout {
                    Layout::Csv { .. } => b"\r\n",
                    Layout::Json => b"}",
                    Layout::JsonLines => b"}\n",
                });
                if bytes.len() >= OUTPUT_BYTES {
                    self.flush()?;
                }
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.layout == Layout::Json {
            self.bytes.extend_from_slice(b"\n]\n");
        }
        self.flush()?;
        self.output.flush()
    }
}

impl Named {
    /// Whether names have a column of their own.
    fn has_name_column(&self) -> bool {
        self.names.is_some() && self.labels == Labels::Name
    }

    fn cells<'c>(&self, layout: Layout, columns: &'c Columns, context: &DatasetContext<'_>) -> Cells<'c> {
        let absent = || {
            let known = context.absent_values.iter().find(|(id, _)| *id == self.column.id);
            known.map(|(_, value)| value)
        };
        let of_attribute = |column: &AttributeColumn, entries: usize, of_series: bool| {
            if column.runs.is_empty() {
                return Cells::Same(self.cell(layout, absent()));
            }
            let texts = std::iter::once(absent()).chain(column.values.iter().map(Some));
            let texts = texts.map(|value| self.cell(layout, value)).collect();
            let mut index = Vec::with_capacity(entries);
            index.extend(column.runs.iter());
            Cells::Entries { of_series, index, texts }
        };
        match self.column.of {
            Of::Dimension(place) => {
                let column = &columns.dimensions[place];
                let texts = column.codes.iter().map(|code| self.code(layout, code)).collect();
                Cells::Series { index: &column.index, texts }
            }
            Of::Time => Cells::Time,
            Of::Measure => Cells::Measure,
            Of::Series(place) => {
                of_attribute(&columns.series_attributes[place], columns.series_count(), true)
            }
            Of::Observation(place) => {
                of_attribute(&columns.observation_attributes[place], columns.len(), false)
            }
            Of::Dataset => Cells::Same(self.cell(layout, absent())),
            Of::Custom(place) => {
                let custom = context.custom.get(place).copied().unwrap_or_default();
                Cells::Same(self.code(layout, custom))
            }
        }
    }

    /// The cell of an attribute, or nothing.
    fn cell(&self, layout: Layout, value: Option<&AttributeValue>) -> Vec<u8> {
        match value {
            Some(AttributeValue::Text(text)) => self.code(layout, text),
            Some(AttributeValue::Many(values)) => {
                // Of each value the text in the language that is read, or the first there is.
                let texts = values.iter().filter_map(|value| {
                    let own = value.iter().find(|part| *part.language == *self.language);
                    own.or(value.first()).map(|part| &*part.text)
                });
                self.code(layout, &texts.collect::<Vec<_>>().join("; "))
            }
            None => match layout {
                Layout::Csv { .. } if self.has_name_column() => b",".to_vec(),
                Layout::Csv { .. } => Vec::new(),
                Layout::Json | Layout::JsonLines => {
                    let mut bytes = [&self.members[0][..], b"null"].concat();
                    if self.has_name_column() {
                        bytes.push(b',');
                        bytes.extend_from_slice(&self.members[1]);
                        bytes.extend_from_slice(b"null");
                    }
                    bytes
                }
            },
        }
    }

    /// The cell of a code, with its name as wanted, or of a text.
    fn code(&self, layout: Layout, code: &str) -> Vec<u8> {
        let name = self.names.as_ref().and_then(|names| names.code(code)?.names.best(&self.language));
        let mut bytes = Vec::new();
        let both;
        let text = match (name, self.labels) {
            (Some(name), Labels::Both) => {
                both = format!("{code}: {name}");
                &both
            }
            _ => code,
        };
        match layout {
            Layout::Csv { for_excel } => {
                let cell = |text| if for_excel { guarded(text) } else { Cow::Borrowed(text) };
                push_cell(&cell(text), &mut bytes);
                if self.has_name_column() {
                    bytes.push(b',');
                    push_cell(&cell(name.unwrap_or_default()), &mut bytes);
                }
            }
            Layout::Json | Layout::JsonLines => {
                bytes.extend_from_slice(&self.members[0]);
                push_string(text, &mut bytes);
                if self.has_name_column() {
                    bytes.push(b',');
                    bytes.extend_from_slice(&self.members[1]);
                    push_string(name.unwrap_or_default(), &mut bytes);
                }
            }
        }
        bytes
    }

    fn period(&self, layout: Layout, period: Period, bytes: &mut Vec<u8>) {
        match layout {
            Layout::Csv { .. } => period.write(bytes),
            Layout::Json | Layout::JsonLines => {
                bytes.extend_from_slice(&self.members[0]);
                bytes.push(b'"');
                period.write(bytes);
                bytes.push(b'"');
            }
        }
    }

    fn value(&self, layout: Layout, columns: &Columns, observation: usize, bytes: &mut Vec<u8>) {
        let is_json = !matches!(layout, Layout::Csv { .. });
        if is_json {
            bytes.extend_from_slice(&self.members[0]);
        }
        match columns.value(observation) {
            Some(value) => value.write(bytes),
            None if is_json => bytes.extend_from_slice(b"null"),
            None => debug_assert_eq!(columns.scales[observation], NO_VALUE),
        }
    }
}

/// `"REF_AREA":`.
fn member(id: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_string(id, &mut bytes);
    bytes.push(b':');
    bytes
}

fn push_string(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}

fn push_cell(text: &str, bytes: &mut Vec<u8>) {
    if !text.contains(['"', ',', '\r', '\n']) {
        return bytes.extend_from_slice(text.as_bytes());
    }
    bytes.push(b'"');
    bytes.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    bytes.push(b'"');
}

#[cfg(test)]
mod tests;
