//! JSON lines: one object per observation, for those who load rows into something else.
//!
//! What lives here: writing. Numbers are written with the digits that the office sent, codes and texts as
//! strings, several values as arrays, texts in several languages as objects. An observation without value has
//! `null`; an absent attribute is left out.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;

use crate::columns::{AttributeValue, Columns, LocalText};
use crate::period::Period;
use crate::stretch::{Source, Stretches, Written};
use crate::structure::{AttributeLevel, DataDefinition};

/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;

/// Writes one line per observation.
pub struct JsonLines<W> {
    output: W,
    has_time: bool,
    /// `{"DATAFLOW":"…"`.
    begin: Vec<u8>,
    /// Per dimension `,"FREQ":`.
    dimensions: Vec<Vec<u8>>,
    time: Vec<u8>,
    measure: Vec<u8>,
    attributes: Vec<Member>,
    bytes: Vec<u8>,
}

/// An attribute that is written.
struct Member {
    source: Source,
    name: Vec<u8>,
    absent: Option<AttributeValue>,
}

impl<W: Write> JsonLines<W> {
    /// A writer of data of one dataflow: all attributes, absent ones as in `absent_values` if they are there.
    pub fn new(output: W, definition: &DataDefinition, absent_values: &[(Arc<str>, AttributeValue)]) -> Self {
        let absent =
            |id: &str| absent_values.iter().find(|(known, _)| **known == *id).map(|(_, value)| value);
        let written = Written::of(definition, |attribute| {
            attribute.level != AttributeLevel::Dataset || absent(&attribute.component.id).is_some()
        });
        let attributes = written.iter().map(|written| Member {
            source: Source::new(written),
            name: name(&written.attribute.component.id),
            absent: absent(&written.attribute.component.id).cloned(),
        });
        let mut begin = b"{\"DATAFLOW\":".to_vec();
        push_string(&definition.dataflow.short(), &mut begin);
        Self {
            output,
            has_time: definition.time.is_some(),
            begin,
            dimensions: definition.dimensions.iter().map(|dimension| name(&dimension.id)).collect(),
            time: definition.time.as_deref().map(name).unwrap_or_default(),
            measure: name(&definition.measure.id),
            attributes: attributes.collect(),
            bytes: Vec::with_capacity(OUTPUT_BYTES + 4096),
        }
    }

    /// Writes every observation as one line. `custom` gives further members, the same on every line.
    pub fn write(&mut self, columns: &Columns, custom: &[(&str, &str)]) -> io::Result<()> {
        let mut end = Vec::new();
        for (id, content) in custom {
            end.extend_from_slice(&name(id));
            push_string(content, &mut end);
        }
        end.extend_from_slice(b"}\n");
        let texts: Vec<Vec<Vec<u8>>> =
            self.attributes.iter().map(|attribute| attribute.members(columns)).collect();
        let code_member = |name: &[u8], code: &str| {
            let mut member = name.to_vec();
            push_string(code, &mut member);
            member
        };
        let codes: Vec<Vec<Vec<u8>>> = columns
            .dimensions
            .iter()
            .zip(&self.dimensions)
            .map(|(column, name)| column.codes.iter().map(|code| code_member(name, code)).collect())
            .collect();
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        let mut stretches = Stretches::new(columns, self.attributes.iter().map(|attribute| attribute.source));
        while let Some((stretch, attribute_codes)) = stretches.next() {
            if stretch.is_new_series {
                before.clear();
                before.extend_from_slice(&self.begin);
                for (column, codes) in columns.dimensions.iter().zip(&codes) {
                    before.extend_from_slice(&codes[column.index[stretch.series] as usize]);
                }
            }
            behind.clear();
            for (code, texts) in attribute_codes.zip(&texts) {
                behind.extend_from_slice(&texts[code]);
            }
            behind.extend_from_slice(&end);
            for observation in stretch.observations {
                let bytes = &mut self.bytes;
                bytes.extend_from_slice(&before);
                if self.has_time && columns.periods[observation] != Period::ANY {
                    bytes.extend_from_slice(&self.time);
                    bytes.push(b'"');
                    columns.periods[observation].write(bytes);
                    bytes.push(b'"');
                }
                bytes.extend_from_slice(&self.measure);
                match columns.value(observation) {
                    Some(value) => value.write(bytes),
                    None => bytes.extend_from_slice(b"null"),
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

impl Member {
    /// Per code of the column, `,"OBS_STATUS":"A"`, or nothing where it is absent.
    fn members(&self, columns: &Columns) -> Vec<Vec<u8>> {
        let member = |value: &AttributeValue| {
            let mut member = self.name.clone();
            push_json(&json(value), &mut member);
            member
        };
        let absent = self.absent.as_ref().map(member).unwrap_or_default();
        std::iter::once(absent).chain(self.source.values(columns).iter().map(member)).collect()
    }
}

/// A value as JSON: a string, an array of strings, an object by language, or an array of such objects.
fn json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => Value::from(&**text),
        AttributeValue::Many(sets) => match &sets[..] {
            [one] if one.iter().any(|part| !part.language.is_empty()) => texts(one),
            sets => sets.iter().map(|set| texts(set)).collect(),
        },
    }
}

fn texts(set: &[LocalText]) -> Value {
    match set {
        [one] if one.language.is_empty() => Value::from(&*one.text),
        set => {
            let text = |part: &LocalText| (part.language.to_string(), Value::from(&*part.text));
            Value::Object(set.iter().map(text).collect())
        }
    }
}

fn name(id: &str) -> Vec<u8> {
    let mut name = vec![b','];
    push_string(id, &mut name);
    name.push(b':');
    name
}

fn push_string(text: &str, out: &mut Vec<u8>) {
    push_json(&Value::from(text), out);
}

fn push_json(value: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}
