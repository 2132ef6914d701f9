//! Whose the figures of a dataset are.

use std::io::{self, ErrorKind};

use super::text::push_member;
use crate::data::{DatasetContext, StructureUse, WriteOptions};
use crate::structure::{Class, DataDefinition, Id, IdError, ItemId, Reference, Version};

/// The custom column that says it.
const DATA_PROVIDER: &str = "DATA_PROVIDER";

/// Why a provider cannot be named.
#[derive(Debug, thiserror::Error)]
enum Unnamed {
    #[error(
        "SDMX-JSON 1.0.0 cannot say which figures are of {first} and which of {second}: ask for version 2.0.0, for \
         SDMX-CSV, or for one provider"
    )]
    Second { first: String, second: String },
    #[error("the data provider has no name that SDMX-JSON can write: {0}")]
    NotAnId(#[from] IdError),
}

/// A data provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Provider {
    id: String,
    urn: String,
}

impl Provider {
    /// The provider that the context names, if it is asked for.
    pub(super) fn find(
        definition: &DataDefinition,
        options: &WriteOptions,
        context: &DatasetContext<'_>,
    ) -> io::Result<Option<Self>> {
        let column = options.custom_columns.iter().position(|column| column == DATA_PROVIDER);
        let named = column.and_then(|column| context.custom.get(column)).filter(|id| !id.is_empty());
        let provider = named.map(|id| Self::new(id, definition, options)).transpose();
        provider.map_err(|error| io::Error::new(ErrorKind::InvalidInput, Unnamed::from(error)))
    }

    /// A provider of the scheme of those who maintain the agreement or, if none is named, the dataflow.
    fn new(id: &str, definition: &DataDefinition, options: &WriteOptions) -> Result<Self, IdError> {
        let agency = match &options.header.structure {
            StructureUse::ProvisionAgreement(agreement) => &agreement.agency,
            StructureUse::Dataflow | StructureUse::DataStructure => &definition.dataflow.agency,
        };
        let (class, scheme) = (Class::DataProviderScheme, Id::new("DATA_PROVIDERS")?);
        let scheme = Reference::new(class, agency.clone(), scheme, Version::of_organisations());
        Ok(Self { id: id.to_owned(), urn: scheme.with_item(ItemId::new(id)?).to_string() })
    }

    /// Refuses a second provider.
    pub(super) fn check_same(first: Option<&Self>, second: Option<&Self>) -> io::Result<()> {
        if first == second {
            return Ok(());
        }
        let name = |provider: Option<&Self>| provider.map_or("nobody", |provider| &provider.id).to_owned();
        let refused = Unnamed::Second { first: name(first), second: name(second) };
        Err(io::Error::new(ErrorKind::Unsupported, refused))
    }

    /// Appends the link that names it.
    pub(super) fn push_link(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"rel\":\"dataprovider\"");
        push_member("urn", &self.urn, out);
        push_member("title", &self.id, out);
        out.push(b'}');
    }
}
