//! Whose the figures of a dataset are, for formats that have a place of their own for it.

use std::io::{self, ErrorKind};

use super::{DatasetContext, StructureUse, WriteOptions};
use crate::structure::{Class, DataDefinition, Id, IdError, ItemId, Reference, Version};

/// The custom column that says it.
const DATA_PROVIDER: &str = "DATA_PROVIDER";

/// A provider whose name is no id.
#[derive(Debug, thiserror::Error)]
#[error("the data provider {id:?} has no name that a message can write: {source}")]
struct NotAnId {
    id: String,
    source: IdError,
}

/// A data provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) id: String,
    /// The item of its scheme.
    pub(crate) reference: Reference,
}

impl Provider {
    /// The provider that the context names, if it is asked for.
    pub(crate) fn find(
        definition: &DataDefinition,
        options: &WriteOptions,
        context: &DatasetContext<'_>,
    ) -> io::Result<Option<Self>> {
        let column = options.custom_columns.iter().position(|column| column == DATA_PROVIDER);
        let named = column.and_then(|column| context.custom.get(column)).filter(|id| !id.is_empty());
        let provider = named.map(|id| {
            let named = Self::new(id, definition, options);
            named.map_err(|source| NotAnId { id: (*id).to_owned(), source })
        });
        provider.transpose().map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))
    }

    /// A provider of the scheme of those who maintain the agreement or, if none is named, the dataflow.
    fn new(id: &str, definition: &DataDefinition, options: &WriteOptions) -> Result<Self, IdError> {
        let agency = match &options.header.structure {
            StructureUse::ProvisionAgreement(agreement) => &agreement.agency,
            StructureUse::Dataflow | StructureUse::DataStructure => &definition.dataflow.agency,
        };
        let (class, scheme) = (Class::DataProviderScheme, Id::new("DATA_PROVIDERS")?);
        let scheme = Reference::new(class, agency.clone(), scheme, Version::of_organisations());
        Ok(Self { id: id.to_owned(), reference: scheme.with_item(ItemId::new(id)?) })
    }
}
