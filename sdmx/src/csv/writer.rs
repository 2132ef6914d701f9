//! Columns to rows.

use std::io::{self, Write};
use std::sync::Arc;

use super::cell::write_value;
use super::reader::Action;
use crate::columns::{AttributeValue, Columns};
use crate::structure::{AttributeLevel, DataDefinition};

/// Between the values of one cell.
const SUB_SEPARATOR: char = ';';

/// What is written, and how.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Attributes to write, in the order of the data structure; all if nothing.
    pub attributes: Option<Vec<Arc<str>>>,
    /// What absent attributes stand for: (attribute, value).
    pub absent_values: Vec<(Arc<str>, Arc<str>)>,
    /// Names of custom columns behind the components, such as DATA_PROVIDER.
    pub custom_columns: Vec<String>,
}

/// Writes SDMX-CSV 2.0.
pub struct CsvWriter<W> {
    output: W,
    definition: Arc<DataDefinition>,
    attributes: Vec<Written>,
    reference: Vec<u8>,
    row: Vec<u8>,
    custom_columns: usize,
}

/// An attribute that is written.
struct Written {
    level: AttributeLevel,
    place: usize,
    absent: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the header.
    pub fn new(mut output: W, definition: Arc<DataDefinition>, options: &WriteOptions) -> io::Result<Self> {
        let shape = &definition.shape;
        let mut attributes = Vec::new();
        let mut header = String::from("STRUCTURE");
        let mut names = Vec::new();
        let mut brackets = false;
        for attribute in &definition.attributes {
            let id = &attribute.component.id;
            if options.attributes.as_ref().is_some_and(|wanted| !wanted.contains(id)) {
                continue;
            }
            let place = match attribute.level {
                AttributeLevel::Observation => shape.observation_attribute(id),
                AttributeLevel::Series => shape.series_attribute(id),
                AttributeLevel::Dataset => None,
            };
            let Some(place) = place else { continue };
            let absent = options.absent_values.iter().find(|(known, _)| known == id);
            let mut quoted = Vec::new();
            push_quoted(absent.map_or("", |(_, value)| value), &mut quoted);
            attributes.push(Written { level: attribute.level, place, absent: quoted });
            brackets |= attribute.multi_valued;
            names.push(if attribute.multi_valued { format!("{id}[]") } else { id.to_string() });
        }
        if brackets {
            header.push_str("[;]");
        }
        header.push_str(",STRUCTURE_ID,ACTION");
        let ids = definition.dimensions.iter().map(|dimension| &dimension.id).chain(&definition.time);
        for id in ids.map(|id| &**id).chain([&*definition.measure.id]) {
            header.push(',');
            header.push_str(id);
        }
        for name in names.iter().chain(&options.custom_columns) {
            header.push(',');
            header.push_str(name);
        }
        header.push('\n');
        output.write_all(header.as_bytes())?;
        let reference = format!("dataflow,{},", definition.dataflow.short()).into_bytes();
        let custom_columns = options.custom_columns.len();
        Ok(Self {
            output,
            attributes,
            reference,
            row: Vec::with_capacity(64 * 1024),
            custom_columns,
            definition,
        })
    }

    /// Writes every observation as one row. `custom` holds the content of the custom columns, the same on
    /// every row.
    pub fn write(&mut self, columns: &Columns, action: Action, custom: &[&str]) -> io::Result<()> {
        let mut tail = Vec::new();
        for place in 0..self.custom_columns {
            tail.push(b',');
            push_quoted(custom.get(place).copied().unwrap_or_default(), &mut tail);
        }
        tail.push(b'\n');
        let texts: Vec<Vec<Vec<u8>>> = self.attributes.iter().map(|written| written.texts(columns)).collect();
        let mut runs: Vec<_> = self.attributes.iter().map(|written| Cursor::new(written, columns)).collect();
        let codes: Vec<Vec<Vec<u8>>> =
            columns.dimensions.iter().map(|column| quoted_codes(&column.codes)).collect();
        let mut prefix = Vec::new();
        for series in 0..columns.series_count() {
            prefix.clear();
            prefix.extend_from_slice(&self.reference);
            prefix.push(match action {
                Action::Merge => b'M',
                Action::Replace => b'R',
                Action::Delete => b'D',
            });
            for (column, codes) in columns.dimensions.iter().zip(&codes) {
                prefix.push(b',');
                prefix.extend_from_slice(&codes[column.index[series] as usize]);
            }
            for observation in columns.observations(series) {
                let row = &mut self.row;
                row.extend_from_slice(&prefix);
                if self.definition.time.is_some() {
                    row.push(b',');
                    columns.periods[observation].write(row);
                }
                row.push(b',');
                if let Some(value) = columns.value(observation) {
                    value.write(row);
                }
                for (cursor, texts) in runs.iter_mut().zip(&texts) {
                    row.push(b',');
                    row.extend_from_slice(&texts[cursor.code(series, observation) as usize]);
                }
                row.extend_from_slice(&tail);
                if row.len() > 60 * 1024 {
                    self.output.write_all(row)?;
                    row.clear();
                }
            }
        }
        Ok(())
    }

    /// Writes what is left and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.write_all(&self.row)?;
        self.output.flush()?;
        Ok(self.output)
    }
}

impl Written {
    fn column<'c>(&self, columns: &'c Columns) -> &'c crate::columns::AttributeColumn {
        match self.level {
            AttributeLevel::Observation => &columns.observation_attributes[self.place],
            _ => &columns.series_attributes[self.place],
        }
    }

    /// Per code of the column, the cell.
    fn texts(&self, columns: &Columns) -> Vec<Vec<u8>> {
        let text = |value: &AttributeValue| {
            let mut content = String::new();
            write_value(value, SUB_SEPARATOR, &mut content);
            let mut cell = Vec::new();
            push_quoted(&content.replace(['\n', '\r'], " "), &mut cell);
            cell
        };
        std::iter::once(self.absent.clone()).chain(self.column(columns).values.iter().map(text)).collect()
    }
}

/// Walks along the runs of a column.
struct Cursor<'c> {
    runs: Box<dyn Iterator<Item = (u32, std::ops::Range<usize>)> + 'c>,
    code: u32,
    end: usize,
    by_series: bool,
}

impl<'c> Cursor<'c> {
    fn new(written: &Written, columns: &'c Columns) -> Self {
        let by_series = written.level != AttributeLevel::Observation;
        Self { runs: Box::new(written.column(columns).runs.runs()), code: 0, end: 0, by_series }
    }

    fn code(&mut self, series: usize, observation: usize) -> u32 {
        let entry = if self.by_series { series } else { observation };
        while entry >= self.end {
            match self.runs.next() {
                Some((code, range)) => (self.code, self.end) = (code, range.end),
                None => (self.code, self.end) = (0, usize::MAX),
            }
        }
        self.code
    }
}

fn quoted_codes(codes: &[Arc<str>]) -> Vec<Vec<u8>> {
    let quoted = |code: &Arc<str>| {
        let mut cell = Vec::new();
        push_quoted(code, &mut cell);
        cell
    };
    codes.iter().map(quoted).collect()
}

/// Appends a cell, in quotes only where it needs them.
fn push_quoted(content: &str, out: &mut Vec<u8>) {
    if content.contains([',', '"', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(content.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(content.as_bytes());
    }
}
