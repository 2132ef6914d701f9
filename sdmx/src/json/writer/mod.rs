//! Columns to a message.
//!
//! Series layout (`dimensionAtObservation=TIME_PERIOD`) or flat. Observations by another dimension than time are
//! written flat as well: in series of their own they would need all data in memory, because the observations of
//! one series are not together. Rows about a series (those without period) are series without observations; in
//! flat messages they are groups of dimensions, which 1.0 does not know.
//!
//! Each dataset has one provider, whom its links name. 1.0 has no place for that which its clients look at, so a
//! second provider is refused: two figures of one key would stand there, and nobody could say whose is whose.
//!
//! A wildcard of a deletion is an empty index in a key, as the standard's guide has it; the schemas forbid it,
//! so a message with wildcards is the one kind that does not pass them.

mod attributes;
mod datasets;
mod listed;
mod provider;
mod rows;
mod structures;
mod text;

use std::io::{self, Write};
use std::sync::Arc;

use attributes::{Attributes, Texts};
use datasets::{languages, links};
use listed::Listed;

use crate::columns::{AttributeValue, Columns};
use crate::csv::Action;
use crate::data::{DataWriter, DatasetContext, JsonVersion, ObservationLevel, Provider, WriteOptions};
use crate::period::Period;
use crate::structure::{AttributeLevel, DataDefinition};

/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;
/// Bytes of groups that wait for the end of a dataset; then another one begins.
const GROUP_BYTES: usize = 1024 * 1024;

/// Writes SDMX-JSON.
pub struct JsonWriter<W> {
    output: W,
    bytes: Vec<u8>,
    version: JsonVersion,
    definition: Arc<DataDefinition>,
    options: WriteOptions,
    is_flat: bool,
    languages: Vec<String>,
    /// What the data are of: relation and URN.
    links: Vec<(&'static str, String)>,
    /// Per dimension.
    codes: Vec<Listed<Arc<str>>>,
    periods: Listed<Period>,
    attributes: Attributes,
    /// Attributes of groups, in the order of their arrays.
    of_groups: Vec<usize>,
    /// Datasets begun so far.
    datasets: usize,
    /// What the open dataset says of itself; a new one begins when that changes.
    open: Option<Vec<u8>>,
    custom: Vec<String>,
    /// Whose the figures of the last dataset are.
    provider: Option<Provider>,
    /// Whether the object that is open has members.
    has_members: bool,
    has_observations: bool,
    /// Key and attributes of the series that is open.
    series: Option<Vec<u8>>,
    /// Groups of the open dataset.
    groups: Vec<u8>,
}

/// What is made into text once per call.
struct Call<'c> {
    action: Action,
    columns: &'c Columns,
    /// Per dimension and code of its column, the index; empty for the wildcard.
    codes: Vec<Vec<Vec<u8>>>,
    texts: Texts,
}

impl<W: Write> JsonWriter<W> {
    /// A writer of data of one dataflow.
    pub fn new(
        output: W,
        version: JsonVersion,
        definition: &Arc<DataDefinition>,
        options: &WriteOptions,
    ) -> io::Result<Self> {
        let by_time = match &options.observation_level {
            ObservationLevel::Time => true,
            ObservationLevel::AllDimensions => false,
            ObservationLevel::Dimension(id) => definition.time.as_ref() == Some(id),
        };
        // Without time each series has one observation, which may as well stand alone.
        let is_flat = !by_time || definition.time.is_none();
        let mut writer = Self {
            output,
            bytes: Vec::with_capacity(OUTPUT_BYTES + 4096),
            version,
            definition: definition.clone(),
            options: options.clone(),
            is_flat,
            languages: languages(definition, options),
            links: links(definition, &options.header.structure),
            codes: definition.dimensions.iter().map(|_| Listed::default()).collect(),
            periods: Listed::default(),
            attributes: Attributes::new(definition, version, options, is_flat),
            of_groups: Vec::new(),
            datasets: 0,
            open: None,
            custom: Vec::new(),
            provider: None,
            has_members: false,
            has_observations: false,
            series: None,
            groups: Vec::new(),
        };
        writer.begin();
        Ok(writer)
    }
}

impl<W: Write> DataWriter for JsonWriter<W> {
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        let definition = self.definition.clone();
        let given = context.absent_values.iter().chain(&self.options.absent_values);
        // Nothing stands for what is not said in a deletion: it would be deleted.
        let given: Vec<&(Arc<str>, AttributeValue)> = given.filter(|_| action != Action::Delete).collect();
        let absent = |place: usize| {
            let attribute = &definition.attributes[place];
            let id = &attribute.component.id;
            let found = given.iter().find(|(known, _)| known == id).map(|(_, value)| value);
            found.filter(|_| attribute.level == AttributeLevel::Dataset || attribute.relationship.is_some())
        };
        let texts = self.attributes.texts(columns, absent)?;
        let provider = Provider::find(&definition, &self.options, context)?;
        if self.version == JsonVersion::V1_0 && self.datasets > 0 {
            provider::check_same(self.provider.as_ref(), provider.as_ref())?;
        }
        let head = self.head(action, context, provider.as_ref(), &texts);
        let same = self.open.as_ref() == Some(&head) && self.custom.iter().eq(context.custom);
        if !same {
            self.close_dataset();
            self.custom = context.custom.iter().map(|&custom| custom.to_owned()).collect();
            self.provider = provider;
            self.open_dataset(head);
        }
        let mut codes = Vec::with_capacity(columns.dimensions.len());
        for (column, listed) in columns.dimensions.iter().zip(&mut self.codes) {
            let index = |code: &Arc<str>| match &**code {
                "" => Ok(Vec::new()),
                _ => listed.index(code).map(|index| index.to_string().into_bytes()),
            };
            codes.push(column.codes.iter().map(index).collect::<io::Result<Vec<_>>>()?);
        }
        let call = Call { action, columns, codes, texts };
        let mut cursors = vec![0; self.attributes.written.len()];
        for series in 0..columns.series_count() {
            self.write_series(&call, series, &mut cursors)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.close_dataset();
        let mut bytes = std::mem::take(&mut self.bytes);
        match self.version {
            JsonVersion::V1_0 => {
                bytes.extend_from_slice(b"],\"structure\":");
                self.push_structure(&mut bytes);
                bytes.extend_from_slice(b"}");
            }
            JsonVersion::V2_0 | JsonVersion::V2_1 => {
                bytes.extend_from_slice(b"],\"structures\":[");
                // A structure without values says nothing, and the schemas want values.
                if self.datasets > 0 {
                    self.push_structure(&mut bytes);
                }
                bytes.extend_from_slice(b"]}}");
            }
        }
        self.output.write_all(&bytes)?;
        self.output.flush()
    }
}
