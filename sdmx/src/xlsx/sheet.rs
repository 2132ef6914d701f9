//! The columns of the sheet with data.

use std::sync::Arc;

use crate::columns::AttributeValue;
use crate::csv::{CellForm, write_value};
use crate::data::{Labels, WriteOptions};
use crate::stretch::{Source, Written};
use crate::structure::{AttributeLevel, AttributeUse, ComponentUse, DataDefinition};

/// A column of the sheet.
pub(super) struct SheetColumn {
    pub(super) title: String,
    pub(super) field: Field,
    /// Characters.
    pub(super) width: u16,
}

/// What a column holds.
pub(super) enum Field {
    /// The code of a dimension, by place.
    Code(usize),
    /// Its name.
    CodeName(usize),
    Time,
    Value,
    /// An attribute, by its place among those written.
    Attribute(usize),
    /// The name of its code.
    AttributeName(usize),
    /// By place.
    Custom(usize),
    Action,
}

/// An attribute that is written.
pub(super) struct AttributeCell {
    pub(super) component: ComponentUse,
    pub(super) source: Source,
    form: CellForm,
}

impl AttributeCell {
    /// Text and name of a value.
    pub(super) fn texts(&self, value: &AttributeValue, language: &str) -> (String, String) {
        let mut content = String::new();
        write_value(value, &self.form, &mut content);
        let name = self.component.code(&content).and_then(|code| code.names.best(language));
        (content, name.unwrap_or_default().to_owned())
    }
}

/// The language of names.
pub(super) fn language(options: &WriteOptions) -> &str {
    options.languages.first().map_or("en", |language| language)
}

/// Columns, and the attributes in them.
pub(super) fn columns(
    definition: &DataDefinition,
    options: &WriteOptions,
) -> (Vec<SheetColumn>, Vec<AttributeCell>) {
    let language = language(options);
    let with_names = options.labels != Labels::Id;
    let title = |component: &ComponentUse| {
        component
            .names
            .best(language)
            .filter(|name| *name != &*component.id)
            .map_or_else(|| component.id.to_string(), str::to_owned)
    };
    let column =
        |title: &str, field: Field, width: u16| SheetColumn { title: title.to_owned(), field, width };
    let mut columns = Vec::new();
    for (place, dimension) in definition.dimensions.iter().enumerate() {
        columns.push(column(&dimension.id, Field::Code(place), 12));
        if with_names && dimension.coded_by.codelist().is_some() {
            columns.push(column(&title(dimension), Field::CodeName(place), 24));
        }
    }
    columns.extend(definition.time.as_ref().map(|time| column(time, Field::Time, 12)));
    if options.measures {
        columns.push(column(&definition.measure.id, Field::Value, 14));
    }
    let has_value = |attribute: &AttributeUse| {
        options.absent_values.iter().any(|(id, _): &(Arc<str>, _)| *id == attribute.component.id)
    };
    let written = Written::of(definition, |attribute| match &options.attributes {
        _ if !options.detail.has_attributes() => false,
        Some(wanted) => wanted.contains(&attribute.component.id),
        None => attribute.level != AttributeLevel::Dataset || has_value(attribute),
    });
    let mut attributes = Vec::new();
    for (place, written) in written.iter().enumerate() {
        let component = written.attribute.component.clone();
        columns.push(column(&component.id, Field::Attribute(place), 14));
        if with_names && component.coded_by.codelist().is_some() {
            columns.push(column(&title(&component), Field::AttributeName(place), 24));
        }
        let form = CellForm::divided(written.attribute);
        attributes.push(AttributeCell { component, source: Source::new(written), form });
    }
    let custom = options.custom_columns.iter().enumerate();
    columns.extend(custom.map(|(place, name)| column(name, Field::Custom(place), 18)));
    columns.push(column("ACTION", Field::Action, 8));
    (columns, attributes)
}
