//! The columns of a file that is written, and its metadata.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::schema::types::{Type, TypePtr};

use super::key;
use crate::columns::AttributeValue;
use crate::csv::CellForm;
use crate::data::WriteOptions;
use crate::stretch::{Source, Written};
use crate::structure::{AttributeLevel, AttributeUse, DataDefinition};

/// What a column holds.
#[derive(Clone, Debug)]
pub(super) enum Field {
    Action,
    /// By place.
    Dimension(usize),
    Time,
    TimeStart,
    Value,
    ExactValue,
    Attribute(AttributeField),
    /// By place.
    Custom(usize),
}

#[derive(Clone, Debug)]
pub(super) struct AttributeField {
    pub(super) id: Arc<str>,
    pub(super) source: Source,
    pub(super) form: CellForm,
}

/// Columns with their names.
pub(super) fn fields(definition: &DataDefinition, options: &WriteOptions) -> Vec<(String, Field)> {
    let mut fields = vec![("ACTION".to_owned(), Field::Action)];
    for (place, dimension) in definition.dimensions.iter().enumerate() {
        fields.push((dimension.id.to_string(), Field::Dimension(place)));
    }
    if let Some(time) = &definition.time {
        fields.push((time.to_string(), Field::Time));
        fields.push((start_name(time), Field::TimeStart));
    }
    if options.measures {
        fields.push((definition.measure.id.to_string(), Field::Value));
        fields.push((exact_name(&definition.measure.id), Field::ExactValue));
    }
    let has_value =
        |attribute: &AttributeUse| options.absent_values.iter().any(|(id, _)| *id == attribute.component.id);
    let written = Written::of(definition, |attribute| match &options.attributes {
        _ if !options.detail.has_attributes() => false,
        Some(wanted) => wanted.contains(&attribute.component.id),
        None => attribute.level != AttributeLevel::Dataset || has_value(attribute),
    });
    for written in &written {
        let id = written.attribute.component.id.clone();
        let form = CellForm::divided(written.attribute);
        let field = AttributeField { id: id.clone(), source: Source::new(written), form };
        fields.push((id.to_string(), Field::Attribute(field)));
    }
    fields.extend(
        options.custom_columns.iter().enumerate().map(|(place, id)| (id.clone(), Field::Custom(place))),
    );
    fields
}

/// The column with the day on which periods begin.
pub(super) fn start_name(time: &str) -> String {
    format!("{time}_START")
}

/// The column with figures digit by digit.
pub(super) fn exact_name(measure: &str) -> String {
    format!("{measure}_EXACT")
}

/// The schema of a file with these columns.
pub(super) fn schema(fields: &[(String, Field)]) -> Result<TypePtr, ParquetError> {
    let column = |(name, field): &(String, Field)| {
        let (physical, logical) = match field {
            Field::Value => (PhysicalType::DOUBLE, None),
            Field::TimeStart => (PhysicalType::INT32, Some(LogicalType::Date)),
            _ => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let column = Type::primitive_type_builder(name, physical)
            .with_logical_type(logical)
            .with_repetition(Repetition::OPTIONAL);
        column.build().map(Arc::new)
    };
    let columns = fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("observations").with_fields(columns).build().map(Arc::new)
}

/// What the file says of itself.
pub(super) fn metadata(
    definition: &DataDefinition,
    options: &WriteOptions,
    fields: &[(String, Field)],
) -> Vec<KeyValue> {
    let divided = fields.iter().filter_map(|(name, field)| match field {
        Field::Attribute(attribute) => {
            let brackets = attribute.form.brackets(&options.languages);
            (!brackets.is_empty()).then(|| format!("{name}{brackets}"))
        }
        _ => None,
    });
    let divided: Vec<String> = divided.collect();
    let header = &options.header;
    [
        (key::DATAFLOW, definition.dataflow.to_string()),
        (key::DATA_STRUCTURE, definition.structure.to_string()),
        (key::LAYOUT, "1".to_owned()),
        (key::DIVIDED, divided.join(",")),
        (key::ID, header.id.clone()),
        (key::PREPARED, header.prepared.to_string()),
        (key::SENDER, header.sender.clone()),
    ]
    .into_iter()
    .map(|(key, value)| KeyValue::new(key.to_owned(), value))
    .collect()
}

/// The value that an attribute has where it is absent.
pub(super) fn absent<'v>(
    id: &str,
    of_call: &'v [(Arc<str>, AttributeValue)],
    of_file: &'v [(Arc<str>, AttributeValue)],
) -> Option<&'v AttributeValue> {
    of_call.iter().chain(of_file).find(|(known, _)| **known == *id).map(|(_, value)| value)
}
