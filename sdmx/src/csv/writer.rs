//! Columns to rows.

use std::io::{self, Write};
use std::sync::Arc;

use super::cell::write_value;
use super::plan::CellForm;
use super::reader::Action;
use crate::columns::{AttributeValue, Columns};
use crate::period::Period;
use crate::stretch::{Source, Stretches, Written};
use crate::structure::{AttributeLevel, AttributeUse, DataDefinition};

/// Between the values of one cell.
const SUB_SEPARATOR: char = ';';
/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;

/// Versions that can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CsvVersion {
    /// 1.0: DATAFLOW, no actions, no sub-fields.
    V1_0,
    /// 2.0. Its readers read physical lines: line breaks in texts become spaces.
    #[default]
    V2_0,
    /// 2.1: line breaks stay, in quotes.
    V2_1,
}

/// What is written, and how.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Version of SDMX-CSV.
    pub version: CsvVersion,
    /// Attributes to write, in the order of the data structure; if nothing, all of series and observations, and
    /// those of the dataset that `absent_values` has.
    pub attributes: Option<Vec<Arc<str>>>,
    /// What absent attributes stand for. Attributes of the dataset have their value from here, on every row.
    pub absent_values: Vec<(Arc<str>, AttributeValue)>,
    /// Languages that the header names for multilingual attributes; English if there are none.
    pub languages: Vec<String>,
    /// Names of custom columns behind the components, such as DATA_PROVIDER.
    pub custom_columns: Vec<String>,
}

/// Writes SDMX-CSV.
pub struct CsvWriter<W> {
    output: W,
    version: CsvVersion,
    has_time: bool,
    attributes: Vec<AttributeCell>,
    /// STRUCTURE and STRUCTURE_ID, or DATAFLOW.
    reference: Vec<u8>,
    custom_columns: usize,
    bytes: Vec<u8>,
}

/// An attribute that is written.
struct AttributeCell {
    source: Source,
    form: CellForm,
    /// What is written where it is absent, with the separator before it.
    absent: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer of data of one dataflow. Writes the header.
    pub fn new(output: W, definition: &DataDefinition, options: &WriteOptions) -> io::Result<Self> {
        let version = options.version;
        let absent = |attribute: &AttributeUse| {
            options.absent_values.iter().find(|(id, _)| *id == attribute.component.id).map(|(_, value)| value)
        };
        let written = Written::of(definition, |attribute| match &options.attributes {
            Some(wanted) => wanted.contains(&attribute.component.id),
            None => attribute.level != AttributeLevel::Dataset || absent(attribute).is_some(),
        });
        let is_divided = |attribute: &AttributeUse| {
            version != CsvVersion::V1_0 && (attribute.multi_valued || attribute.multilingual)
        };
        let divided = written.iter().any(|written| is_divided(written.attribute));
        let mut header = match version {
            CsvVersion::V1_0 => String::from("DATAFLOW"),
            _ if divided => format!("STRUCTURE[{SUB_SEPARATOR}],STRUCTURE_ID,ACTION"),
            _ => String::from("STRUCTURE,STRUCTURE_ID,ACTION"),
        };
        let dimensions = definition.dimensions.iter().map(|dimension| &*dimension.id);
        for id in dimensions.chain(definition.time.as_deref()).chain([&*definition.measure.id]) {
            header.push(',');
            header.push_str(id);
        }
        let mut attributes = Vec::with_capacity(written.len());
        for written in &written {
            let attribute = written.attribute;
            header.push(',');
            header.push_str(&attribute.component.id);
            let form = CellForm {
                separator: is_divided(attribute).then_some(SUB_SEPARATOR),
                multi_valued: attribute.multi_valued,
                multilingual: attribute.multilingual,
                labelled: false,
            };
            if form.separator.is_some() && form.multilingual {
                let languages = match &options.languages[..] {
                    [] => "en".to_owned(),
                    languages => languages.join(";"),
                };
                header.push_str(&format!("[{languages}]"));
            } else if form.separator.is_some() {
                header.push_str("[]");
            }
            let mut cell = AttributeCell { source: Source::new(written), form, absent: b",".to_vec() };
            if let Some(value) = absent(attribute) {
                cell.absent = cell.text(value, version);
            }
            attributes.push(cell);
        }
        let mut bytes = Vec::with_capacity(OUTPUT_BYTES + 4096);
        bytes.extend_from_slice(header.as_bytes());
        for name in &options.custom_columns {
            bytes.push(b',');
            push_cell(name, &mut bytes);
        }
        bytes.push(b'\n');
        let reference = match version {
            CsvVersion::V1_0 => definition.dataflow.short(),
            _ => format!("dataflow,{}", definition.dataflow.short()),
        };
        Ok(Self {
            output,
            version,
            has_time: definition.time.is_some(),
            attributes,
            reference: reference.into_bytes(),
            custom_columns: options.custom_columns.len(),
            bytes,
        })
    }

    /// Writes every observation as one row. `custom` holds the content of the custom columns, the same on
    /// every row.
    pub fn write(&mut self, columns: &Columns, action: Action, custom: &[&str]) -> io::Result<()> {
        let mut begin = self.reference.clone();
        match (self.version, action) {
            (CsvVersion::V1_0, Action::Delete) => {
                let reason = "SDMX-CSV 1.0 cannot say that something is deleted: ask for version 2.0";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
            }
            (CsvVersion::V1_0, _) => {}
            (_, action) => begin.extend_from_slice(&[b',', action.letter() as u8]),
        }
        let mut end = Vec::new();
        for place in 0..self.custom_columns {
            end.push(b',');
            push_cell(custom.get(place).copied().unwrap_or_default(), &mut end);
        }
        end.push(b'\n');
        // A row about its series has no period; in a deletion that is any period.
        let any: &[u8] =
            if action == Action::Delete || self.version == CsvVersion::V1_0 { b"" } else { b"~" };
        let texts: Vec<Vec<Vec<u8>>> =
            self.attributes.iter().map(|attribute| attribute.texts(columns, self.version)).collect();
        let codes: Vec<Vec<Vec<u8>>> = columns
            .dimensions
            .iter()
            .map(|column| column.codes.iter().map(|code| code_cell(code)).collect())
            .collect();
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        let mut stretches = Stretches::new(columns, self.attributes.iter().map(|attribute| attribute.source));
        while let Some((stretch, attribute_codes)) = stretches.next() {
            if stretch.is_new_series {
                before.clear();
                before.extend_from_slice(&begin);
                for (column, codes) in columns.dimensions.iter().zip(&codes) {
                    before.extend_from_slice(&codes[column.index[stretch.series] as usize]);
                }
                before.push(b',');
            }
            behind.clear();
            for (code, texts) in attribute_codes.zip(&texts) {
                behind.extend_from_slice(&texts[code]);
            }
            behind.extend_from_slice(&end);
            for observation in stretch.observations {
                let bytes = &mut self.bytes;
                bytes.extend_from_slice(&before);
                if self.has_time {
                    match columns.periods[observation] {
                        Period::ANY => bytes.extend_from_slice(any),
                        period => period.write(bytes),
                    }
                    bytes.push(b',');
                }
                if let Some(value) = columns.value(observation) {
                    value.write(bytes);
                }
                bytes.extend_from_slice(&behind);
                if bytes.len() >= OUTPUT_BYTES {
                    self.output.write_all(bytes)?;
                    bytes.clear();
                }
            }
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

impl AttributeCell {
    /// Per code of the column, the cell with the separator before it.
    fn texts(&self, columns: &Columns, version: CsvVersion) -> Vec<Vec<u8>> {
        let values = self.source.values(columns).iter().map(|value| self.text(value, version));
        std::iter::once(self.absent.clone()).chain(values).collect()
    }

    fn text(&self, value: &AttributeValue, version: CsvVersion) -> Vec<u8> {
        let mut content = String::new();
        write_value(value, &self.form, &mut content);
        if version != CsvVersion::V2_1 && content.contains(['\n', '\r']) {
            content = content.replace("\r\n", " ").replace(['\n', '\r'], " ");
        }
        let mut cell = vec![b','];
        push_cell(&content, &mut cell);
        cell
    }
}

fn code_cell(code: &str) -> Vec<u8> {
    let mut cell = vec![b','];
    push_cell(code, &mut cell);
    cell
}

/// Appends a cell, in quotes only where it needs them.
fn push_cell(content: &str, out: &mut Vec<u8>) {
    if content.contains([',', '"', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(content.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(content.as_bytes());
    }
}
