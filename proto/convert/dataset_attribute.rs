//! Attributes that hold for a whole dataset.

use std::sync::Arc;

use mighub_sdmx::columns::AttributeValue;

use crate::block::{value_message, value_of_message};
use crate::v1;

/// Id and value; nothing as value is a deletion.
pub fn dataset_attribute(message: v1::DatasetAttribute) -> (Arc<str>, Option<AttributeValue>) {
    (Arc::from(message.id), message.value.map(value_of_message))
}

/// The message of an attribute.
pub fn dataset_attribute_message(id: &str, value: Option<&AttributeValue>) -> v1::DatasetAttribute {
    v1::DatasetAttribute { id: id.to_owned(), value: value.map(value_message) }
}
