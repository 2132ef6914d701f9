//! What a file has that is written: its header, and how cells of its columns become text.

use std::sync::Arc;

use super::cell::write_value;
use super::plan::{CellForm, SUB_SEPARATOR};
use super::writer::{CsvVersion, WriteOptions};
use crate::columns::{AttributeValue, Columns};
use crate::data::{KeyColumns, Labels, StructureUse};
use crate::stretch::{Source, Written};
use crate::structure::{AttributeLevel, AttributeUse, ComponentUse, DataDefinition, Names};

/// An attribute that is written.
pub(super) struct AttributeCell {
    pub(super) component: ComponentUse,
    pub(super) source: Source,
    form: CellForm,
    label: Label,
    /// What stands for it where it is absent, with the separator before it.
    pub(super) absent: Vec<u8>,
}

/// How a cell with a code shows the code's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    None,
    /// In a cell of its own behind it.
    Behind,
    /// In the same cell.
    Within,
}

impl Label {
    /// Of a component whose cells hold one code each.
    pub(super) fn of(component: &ComponentUse, labels: Labels) -> Self {
        match labels {
            _ if component.coded_by.codelist().is_none() => Self::None,
            Labels::Id => Self::None,
            Labels::Name => Self::Behind,
            Labels::Both => Self::Within,
        }
    }
}

/// The attributes that are written.
pub(super) fn attributes(definition: &DataDefinition, options: &WriteOptions) -> Vec<AttributeCell> {
    let version = options.version;
    let has_value = |attribute: &AttributeUse| absent(&attribute.component.id, &[], options).is_some();
    let written = Written::of(definition, |attribute| match &options.attributes {
        _ if !options.detail.has_attributes() => false,
        Some(wanted) => wanted.contains(&attribute.component.id),
        None => attribute.level != AttributeLevel::Dataset || has_value(attribute),
    });
    let cell = |written: &Written<'_>| {
        let attribute = written.attribute;
        let mut form = CellForm::divided(attribute);
        if version == CsvVersion::V1_0 {
            form.separator = None;
        }
        let label = match form.separator {
            None => Label::of(&attribute.component, options.labels()),
            // Names of several codes would need marks of their own.
            Some(_) => Label::None,
        };
        let component = attribute.component.clone();
        let mut cell =
            AttributeCell { component, source: Source::new(written), form, label, absent: Vec::new() };
        cell.absent = cell.default(absent(&attribute.component.id, &[], options), options);
        cell
    };
    written.iter().map(cell).collect()
}

/// The value that an attribute has where it is absent.
fn absent<'v>(
    id: &str,
    of_call: &'v [(Arc<str>, AttributeValue)],
    options: &'v WriteOptions,
) -> Option<&'v AttributeValue> {
    of_call.iter().chain(&options.absent_values).find(|(known, _)| **known == *id).map(|(_, value)| value)
}

impl AttributeCell {
    /// Per code of the column, the cell with the separator before it.
    pub(super) fn texts(&self, columns: &Columns, absent: Vec<u8>, options: &WriteOptions) -> Vec<Vec<u8>> {
        let values = self.source.values(columns).iter().map(|value| self.text(value, options));
        std::iter::once(absent).chain(values).collect()
    }

    /// The cell of an absent attribute, if some call says what it stands for.
    pub(super) fn absent_in(
        &self,
        of_call: &[(Arc<str>, AttributeValue)],
        options: &WriteOptions,
    ) -> Vec<u8> {
        match of_call.is_empty() {
            true => self.absent.clone(),
            false => self.default(absent(&self.component.id, of_call, options), options),
        }
    }

    fn default(&self, value: Option<&AttributeValue>, options: &WriteOptions) -> Vec<u8> {
        value.map_or_else(|| self.nothing(), |value| self.text(value, options))
    }

    /// The cell with nothing in it.
    pub(super) fn nothing(&self) -> Vec<u8> {
        if self.label == Label::Behind { b",,".to_vec() } else { b",".to_vec() }
    }

    fn text(&self, value: &AttributeValue, options: &WriteOptions) -> Vec<u8> {
        let mut content = String::new();
        write_value(value, &self.form, &mut content);
        if options.version != CsvVersion::V2_1 && content.contains(['\n', '\r']) {
            content = content.replace("\r\n", " ").replace(['\n', '\r'], " ");
        }
        code_cell(&content, &self.component, self.label, options)
    }
}

/// A cell with a code or a text, and the separator before it.
pub(super) fn code_cell(
    code: &str,
    component: &ComponentUse,
    label: Label,
    options: &WriteOptions,
) -> Vec<u8> {
    let mut cell = vec![b','];
    let name = || component.code(code).and_then(|code| code.names.best(options.language()));
    match label {
        Label::None => push_cell(code, &mut cell),
        Label::Within => match name() {
            Some(name) => push_cell(&format!("{code}: {name}"), &mut cell),
            None => push_cell(code, &mut cell),
        },
        Label::Behind => {
            push_cell(code, &mut cell);
            cell.push(b',');
            push_cell(name().unwrap_or_default(), &mut cell);
        }
    }
    cell
}

/// The header row with its line break.
pub(super) fn header(
    definition: &DataDefinition,
    attributes: &[AttributeCell],
    options: &WriteOptions,
) -> Vec<u8> {
    let labels = options.labels();
    let divided = attributes.iter().any(|attribute| attribute.form.separator.is_some());
    let mut names: Vec<String> = match options.version {
        CsvVersion::V1_0 => vec!["DATAFLOW".to_owned()],
        _ if divided => vec![format!("STRUCTURE[{SUB_SEPARATOR}]"), "STRUCTURE_ID".to_owned()],
        _ => vec!["STRUCTURE".to_owned(), "STRUCTURE_ID".to_owned()],
    };
    if options.version != CsvVersion::V1_0 {
        names.extend((labels == Labels::Name).then(|| "STRUCTURE_NAME".to_owned()));
        names.push("ACTION".to_owned());
        names.extend(options.keys.has_series().then(|| "SERIES_KEY".to_owned()));
        names.extend(options.keys.has_observation().then(|| "OBS_KEY".to_owned()));
    }
    let mut component = |id: &str, brackets: &str, concept: &Names, label: Label| {
        let name = concept.best(options.language()).unwrap_or(id);
        match labels {
            Labels::Both => names.push(format!("{id}{brackets}: {name}")),
            _ => names.push(format!("{id}{brackets}")),
        }
        if label == Label::Behind {
            names.push(name.to_owned());
        }
    };
    for dimension in &definition.dimensions {
        component(&dimension.id, "", &dimension.names, Label::of(dimension, labels));
    }
    if let Some(time) = &definition.time {
        component(time, "", &definition.time_names, Label::None);
    }
    if options.measures {
        component(&definition.measure.id, "", &definition.measure.names, Label::None);
    }
    for attribute in attributes {
        let brackets = attribute.form.brackets(&options.languages);
        component(&attribute.component.id, &brackets, &attribute.component.names, attribute.label);
    }
    names.extend(options.custom_columns.iter().cloned());
    let mut header = Vec::new();
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            header.push(b',');
        }
        push_cell(name, &mut header);
    }
    header.push(b'\n');
    header
}

/// The cells before the action.
pub(super) fn reference(definition: &DataDefinition, options: &WriteOptions) -> Vec<u8> {
    let name = definition.names.best(options.language()).unwrap_or(&definition.name);
    let (kind, short) = match &options.structure {
        StructureUse::DataStructure => ("datastructure", definition.structure.short()),
        StructureUse::ProvisionAgreement(agreement) => ("dataprovision", agreement.short()),
        StructureUse::Dataflow => ("dataflow", definition.dataflow.short()),
    };
    let (labels, mut out) = (options.labels(), Vec::new());
    let id = |short: String| if labels == Labels::Both { format!("{short}: {name}") } else { short };
    if options.version == CsvVersion::V1_0 {
        push_cell(&id(definition.dataflow.short()), &mut out);
        return out;
    }
    push_cell(kind, &mut out);
    out.push(b',');
    push_cell(&id(short), &mut out);
    if labels == Labels::Name {
        out.push(b',');
        push_cell(name, &mut out);
    }
    out
}

impl WriteOptions {
    /// The best of the languages wanted.
    pub(super) fn language(&self) -> &str {
        self.languages.first().map_or("en", |language| language)
    }

    /// Version 1.0 has no columns for names.
    pub(super) fn labels(&self) -> Labels {
        match (self.version, self.labels) {
            (CsvVersion::V1_0, Labels::Name) => Labels::Both,
            (_, labels) => labels,
        }
    }
}

impl KeyColumns {
    /// Whether there is SERIES_KEY.
    pub(crate) fn has_series(self) -> bool {
        matches!(self, Self::Series | Self::Both)
    }

    /// Whether there is OBS_KEY.
    pub(crate) fn has_observation(self) -> bool {
        matches!(self, Self::Observation | Self::Both)
    }
}

/// Appends a cell, in quotes only where it needs them.
pub(super) fn push_cell(content: &str, out: &mut Vec<u8>) {
    if content.contains([',', '"', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(content.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(content.as_bytes());
    }
}
