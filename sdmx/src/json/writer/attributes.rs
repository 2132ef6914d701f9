//! Attributes and further measures: their places in arrays, and their values there.

use std::io;
use std::sync::Arc;

use super::listed::Listed;
use super::text::{push_items, push_value, side_by_side};
use crate::columns::{AttributeColumn, AttributeValue, Columns};
use crate::data::{JsonVersion, WriteOptions};
use crate::structure::{AttributeLevel, AttributeUse, CodedBy, DataDefinition};

/// The arrays in which attributes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Array {
    Dataset,
    Series,
    /// Further measures and attributes of observations.
    Observation,
}

/// How values stand in arrays.
#[derive(Debug)]
pub(super) enum Form {
    /// By their indexes in a list of codes.
    Codes(Listed<Arc<str>>),
    /// By their indexes in a list of whole values; 1.0 knows nothing else.
    Values(Listed<AttributeValue>),
    /// Themselves.
    Inline { is_number: bool },
}

/// An attribute that is written.
#[derive(Debug)]
pub(super) struct Written {
    /// Its place in the definition.
    pub(super) place: usize,
    /// Its place among those of its level in the shape.
    column: usize,
    level: AttributeLevel,
    pub(super) array: Array,
    pub(super) form: Form,
    /// Whether it stands among the measures.
    pub(super) is_measure: bool,
    /// Whether it has a place in its array.
    has_place: bool,
}

/// All that are written, and the order of the arrays.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) written: Vec<Written>,
    /// Per array, places in `written` in the order of its items.
    pub(super) dataset: Vec<usize>,
    pub(super) series: Vec<usize>,
    pub(super) observation: Vec<usize>,
}

/// What stands in the columns at hand: per attribute, the text of each code of its column; code 0 is absent.
pub(super) type Texts = Vec<Vec<Vec<u8>>>;

impl Attributes {
    /// The attributes that `options` ask for. In flat messages all but those of the dataset stand with observations.
    pub(super) fn new(
        definition: &DataDefinition,
        version: JsonVersion,
        options: &WriteOptions,
        is_flat: bool,
    ) -> Self {
        let wanted = |attribute: &AttributeUse| match (&options.attributes, attribute.relationship.is_none())
        {
            (_, true) => options.measures,
            _ if !options.detail.has_attributes() => false,
            (Some(wanted), _) => wanted.contains(&attribute.component.id),
            (None, _) => true,
        };
        let mut attributes = Self::default();
        for (place, attribute) in definition.attributes.iter().enumerate().filter(|(_, each)| wanted(each)) {
            let (shape, id) = (&definition.shape, &attribute.component.id);
            let (column, array) = match attribute.level {
                AttributeLevel::Dataset => (Some(0), Array::Dataset),
                AttributeLevel::Series => {
                    let array = if is_flat { Array::Observation } else { Array::Series };
                    (shape.series_attribute(id), array)
                }
                AttributeLevel::Observation => (shape.observation_attribute(id), Array::Observation),
            };
            let Some(column) = column else { continue };
            let is_measure = attribute.relationship.is_none() && version != JsonVersion::V1_0;
            let form = match &attribute.component.coded_by {
                _ if version == JsonVersion::V1_0 => Form::Values(Listed::default()),
                // The schema of 2.0 forbids arrays of indexes: they would be arrays of integers and of numbers at once.
                CodedBy::Codelist(_) if version == JsonVersion::V2_0 && attribute.multi_valued => {
                    Form::Inline { is_number: false }
                }
                CodedBy::Codelist(_) => Form::Codes(Listed::default()),
                CodedBy::Format(format) => {
                    Form::Inline { is_number: format.data_type.is_some_and(|kind| kind.is_number()) }
                }
            };
            let level = attribute.level;
            attributes.written.push(Written {
                place,
                column,
                level,
                array,
                form,
                is_measure,
                has_place: false,
            });
            if is_measure {
                // Measures come first in arrays, so their places cannot wait.
                attributes.give_place(attributes.written.len() - 1);
            }
        }
        attributes
    }

    fn give_place(&mut self, nth: usize) {
        let written = &mut self.written[nth];
        if !std::mem::replace(&mut written.has_place, true) {
            match written.array {
                Array::Dataset => self.dataset.push(nth),
                Array::Series => self.series.push(nth),
                Array::Observation => self.observation.push(nth),
            }
        }
    }

    /// Makes the values of columns into text, and gives places to attributes that have values for the first time.
    pub(super) fn texts<'v>(
        &mut self,
        columns: &Columns,
        absent: impl Fn(usize) -> Option<&'v AttributeValue>,
    ) -> io::Result<Texts> {
        let mut texts = Vec::with_capacity(self.written.len());
        for nth in 0..self.written.len() {
            let written = &mut self.written[nth];
            let absent = absent(written.place);
            let values = written.column(columns).map_or(&[][..], |column| &column.values);
            if absent.is_some() || !values.is_empty() {
                self.give_place(nth);
            }
            let written = &mut self.written[nth];
            let mut of_codes = Vec::with_capacity(values.len() + 1);
            of_codes.push(absent.map_or(Ok(Vec::new()), |value| written.text(value))?);
            for value in values {
                of_codes.push(written.text(value)?);
            }
            texts.push(of_codes);
        }
        Ok(texts)
    }
}

impl Written {
    /// The column that has its values; none for attributes of the dataset.
    pub(super) fn column<'c>(&self, columns: &'c Columns) -> Option<&'c AttributeColumn> {
        match self.level {
            AttributeLevel::Dataset => None,
            AttributeLevel::Series => columns.series_attributes.get(self.column),
            AttributeLevel::Observation => columns.observation_attributes.get(self.column),
        }
    }

    /// Whether it differs from series to series, and not within one.
    pub(super) fn is_of_series(&self) -> bool {
        self.level == AttributeLevel::Series
    }

    fn text(&mut self, value: &AttributeValue) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        match (&mut self.form, value) {
            (Form::Inline { is_number }, value) => push_value(value, *is_number, &mut text),
            (Form::Values(listed), value) => text = listed.index(value)?.to_string().into_bytes(),
            (Form::Codes(listed), AttributeValue::Text(code)) => {
                text = listed.index(code)?.to_string().into_bytes();
            }
            (Form::Codes(listed), AttributeValue::Many(sets)) => {
                let codes = sets.iter().filter_map(|set| set.first());
                let indexes: Vec<u32> =
                    codes.map(|part| listed.index(&part.text)).collect::<io::Result<_>>()?;
                text.push(b'[');
                push_items(indexes, &mut text, |index, out| {
                    out.extend_from_slice(index.to_string().as_bytes())
                });
                text.push(b']');
            }
        }
        Ok(text)
    }
}

/// Appends items of an array, `null` where there is none; none at all at its end.
pub(super) fn push_array<'t>(
    items: impl Iterator<Item = &'t [u8]>,
    has_items_before: bool,
    out: &mut Vec<u8>,
) {
    let (mut nulls, mut is_first) = (0, !has_items_before);
    let mut separate = |out: &mut Vec<u8>| {
        if !std::mem::replace(&mut is_first, false) {
            out.push(b',');
        }
    };
    for item in items {
        if item.is_empty() {
            nulls += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut nulls) {
            separate(out);
            out.extend_from_slice(b"null");
        }
        separate(out);
        out.extend_from_slice(item);
    }
}

/// A value of 1.0's lists as text.
pub(super) fn name_of(value: &AttributeValue) -> String {
    side_by_side(value)
}
