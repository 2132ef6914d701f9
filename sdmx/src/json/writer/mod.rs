//! Columns to a message.
//!
//! Series layout (`dimensionAtObservation=TIME_PERIOD`) or flat. Observations by another dimension than time are
//! written flat as well: in series of their own they would need all data in memory, because the observations of
//! one series are not together. Rows about a series (those without period) are series without observations; in
//! flat messages they are groups of dimensions, which 1.0 does not know.
//!
//! A wildcard of a deletion is an empty index in a key, as the standard's guide has it; the schemas forbid it,
//! so a message with wildcards is the one kind that does not pass them.

mod attributes;
mod listed;
mod structures;
mod text;

use std::io::{self, Write};
use std::sync::Arc;

use attributes::{Attributes, Texts, push_array};
use listed::Listed;
use text::{push_items, push_member, push_name, push_text};

use crate::columns::{AttributeValue, Columns};
use crate::csv::Action;
use crate::data::{DataWriter, DatasetContext, JsonVersion, ObservationLevel, StructureUse, WriteOptions};
use crate::period::Period;
use crate::structure::{AttributeLevel, DataDefinition};

/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;
/// Bytes of groups that wait for the end of a dataset; then another one begins.
const GROUP_BYTES: usize = 1024 * 1024;

const SCHEMA_2_0: &str = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/sdmx-json-data-schema.json";
const SCHEMA_2_1: &str = "https://json.sdmx.org/2.1/sdmx-json-data-schema.json";

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
        // Without time each series has one observation, which may as well stand alone.
        let is_flat = options.observation_level != ObservationLevel::Time || definition.time.is_none();
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
            has_members: false,
            has_observations: false,
            series: None,
            groups: Vec::new(),
        };
        writer.begin();
        Ok(writer)
    }

    fn begin(&mut self) {
        let header = &self.options.header;
        let out = &mut self.bytes;
        match self.version {
            JsonVersion::V1_0 => out.extend_from_slice(b"{\"header\":{\"id\":"),
            JsonVersion::V2_0 => {
                out.extend_from_slice(b"{\"meta\":{\"schema\":");
                push_text(SCHEMA_2_0, out);
                out.extend_from_slice(b",\"id\":");
            }
            JsonVersion::V2_1 => {
                out.extend_from_slice(b"{\"$schema\":");
                push_text(SCHEMA_2_1, out);
                out.extend_from_slice(b",\"meta\":{\"schema\":");
                push_text(SCHEMA_2_1, out);
                out.extend_from_slice(b",\"id\":");
            }
        }
        push_text(&header.id, out);
        push_name("test", out);
        out.extend_from_slice(if header.test { b"true" } else { b"false" });
        push_member("prepared", &header.prepared.to_string(), out);
        out.extend_from_slice(b",\"contentLanguages\":[");
        push_items(&self.languages, out, |language, out| push_text(language, out));
        out.extend_from_slice(b"],\"sender\":{\"id\":");
        push_text(&header.sender, out);
        if let Some(name) = &header.sender_name {
            push_member("name", name, out);
        }
        out.push(b'}');
        if !header.receivers.is_empty() {
            out.extend_from_slice(b",\"receivers\":[");
            push_items(&header.receivers, out, |receiver, out| {
                out.extend_from_slice(b"{\"id\":");
                push_text(receiver, out);
                out.push(b'}');
            });
            out.push(b']');
        }
        out.extend_from_slice(match self.version {
            JsonVersion::V1_0 => b"},\"dataSets\":[",
            JsonVersion::V2_0 | JsonVersion::V2_1 => b"},\"data\":{\"dataSets\":[",
        });
    }

    /// What a dataset says of itself.
    fn head(&self, action: Action, context: &DatasetContext<'_>, texts: &Texts) -> Vec<u8> {
        let mut head = Vec::new();
        if self.version == JsonVersion::V1_0 {
            head.push(b'{');
        } else {
            head.extend_from_slice(b"{\"structure\":0,");
        }
        self.push_links(&mut head);
        let action = match (action, self.version) {
            (Action::Merge, JsonVersion::V2_1) => "Merge",
            // Before there was that word.
            (Action::Merge, _) => "Append",
            (Action::Replace, _) => "Replace",
            (Action::Delete, _) => "Delete",
        };
        push_member("action", action, &mut head);
        for (name, instant) in [("validFrom", context.valid_from), ("validTo", context.valid_to)] {
            if let Some(instant) = instant {
                push_member(name, &instant.to_string(), &mut head);
            }
        }
        let mut items = Vec::new();
        push_array(self.attributes.dataset.iter().map(|nth| &texts[*nth][0][..]), false, &mut items);
        if !items.is_empty() {
            push_name("attributes", &mut head);
            head.push(b'[');
            head.extend_from_slice(&items);
            head.push(b']');
        }
        push_name(if self.is_flat { "observations" } else { "series" }, &mut head);
        head.push(b'{');
        head
    }

    fn open_dataset(&mut self, head: Vec<u8>) {
        if self.datasets > 0 {
            self.bytes.push(b',');
        }
        self.bytes.extend_from_slice(&head);
        self.datasets += 1;
        self.has_members = false;
        self.open = Some(head);
    }

    fn close_dataset(&mut self) {
        if self.open.take().is_none() {
            return;
        }
        self.close_series();
        self.bytes.push(b'}');
        if !self.groups.is_empty() {
            push_name("dimensionGroupAttributes", &mut self.bytes);
            self.bytes.push(b'{');
            self.bytes.append(&mut self.groups);
            self.bytes.push(b'}');
        }
        self.bytes.push(b'}');
    }

    fn close_series(&mut self) {
        if self.series.take().is_some() {
            self.bytes.extend_from_slice(if self.has_observations { b"}}" } else { b"}" });
        }
    }

    fn flush_full(&mut self) -> io::Result<()> {
        if self.bytes.len() >= OUTPUT_BYTES {
            self.output.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    fn write_series(&mut self, call: &Call<'_>, series: usize, cursors: &mut [usize]) -> io::Result<()> {
        let mut key = Vec::new();
        push_key(call, series, &mut key);
        if self.is_flat {
            return self.write_flat(call, series, &key, cursors);
        }
        let mut begin = Vec::with_capacity(key.len() + 16);
        begin.push(b'"');
        begin.extend_from_slice(&key);
        begin.extend_from_slice(b"\":{");
        let mut items = Vec::new();
        let of_series = self.attributes.series.iter().map(|nth| self.text_of_series(call, *nth, series));
        push_array(of_series, false, &mut items);
        if !items.is_empty() {
            begin.extend_from_slice(b"\"attributes\":[");
            begin.extend_from_slice(&items);
            begin.push(b']');
        }
        if self.series.as_ref() != Some(&begin) {
            self.close_series();
            if std::mem::replace(&mut self.has_members, true) {
                self.bytes.push(b',');
            }
            self.bytes.extend_from_slice(&begin);
            self.has_observations = false;
            self.series = Some(begin);
        }
        let has_attributes = !items.is_empty();
        let observations = call.columns.observations(series);
        let is_alone = observations.len() == 1;
        for observation in observations {
            let mut array = Vec::new();
            self.push_observation(call, series, observation, cursors, &mut array);
            let period = call.columns.periods[observation];
            // What is about the series as a whole stands with it; a deletion may delete at any period.
            let is_bare = array == b"[null]";
            if period == Period::ANY && (call.action != Action::Delete || (is_alone && is_bare)) {
                continue;
            }
            if !self.options.detail.has_observations() {
                continue;
            }
            self.begin_observation(has_attributes);
            if period != Period::ANY {
                push_number(self.periods.index(&period)?, &mut self.bytes);
            }
            self.bytes.extend_from_slice(b"\":");
            self.bytes.extend_from_slice(&array);
            self.flush_full()?;
        }
        self.flush_full()
    }

    fn begin_observation(&mut self, has_attributes: bool) {
        if std::mem::replace(&mut self.has_observations, true) {
            self.bytes.extend_from_slice(b",\"");
        } else if has_attributes {
            self.bytes.extend_from_slice(b",\"observations\":{\"");
        } else {
            self.bytes.extend_from_slice(b"\"observations\":{\"");
        }
    }

    fn write_flat(
        &mut self,
        call: &Call<'_>,
        series: usize,
        key: &[u8],
        cursors: &mut [usize],
    ) -> io::Result<()> {
        let has_time = self.definition.time.is_some();
        let observations = call.columns.observations(series);
        if observations.is_empty() || !self.options.detail.has_observations() {
            return self.write_group(call, series, key);
        }
        let is_delete = call.action == Action::Delete;
        for observation in observations {
            let period = call.columns.periods[observation];
            if has_time && period == Period::ANY && !is_delete {
                self.write_group(call, series, key)?;
                continue;
            }
            if std::mem::replace(&mut self.has_members, true) {
                self.bytes.push(b',');
            }
            self.bytes.push(b'"');
            self.bytes.extend_from_slice(key);
            if has_time {
                self.bytes.push(b':');
            }
            if has_time && period != Period::ANY {
                push_number(self.periods.index(&period)?, &mut self.bytes);
            }
            self.bytes.extend_from_slice(b"\":");
            let mut array = Vec::new();
            self.push_observation(call, series, observation, cursors, &mut array);
            self.bytes.extend_from_slice(&array);
            self.flush_full()?;
        }
        Ok(())
    }

    /// What is said of a series in a flat message.
    fn write_group(&mut self, call: &Call<'_>, series: usize, key: &[u8]) -> io::Result<()> {
        if call.action == Action::Delete {
            return self.delete_flat(key);
        }
        if self.version == JsonVersion::V1_0 {
            return Ok(());
        }
        for nth in 0..self.attributes.written.len() {
            let of_series = self.attributes.written[nth].is_of_series();
            if of_series
                && !self.text_of_series(call, nth, series).is_empty()
                && !self.of_groups.contains(&nth)
            {
                self.of_groups.push(nth);
            }
        }
        let mut items = Vec::new();
        let of_group = self.of_groups.iter().map(|nth| self.text_of_series(call, *nth, series));
        push_array(of_group, false, &mut items);
        if self.groups.len() + items.len() > GROUP_BYTES
            && let Some(head) = self.open.clone()
        {
            self.close_dataset();
            self.open_dataset(head);
        }
        if !self.groups.is_empty() {
            self.groups.push(b',');
        }
        self.groups.push(b'"');
        self.groups.extend_from_slice(key);
        if self.definition.time.is_some() {
            self.groups.push(b':');
        }
        self.groups.extend_from_slice(b"\":[");
        self.groups.extend_from_slice(&items);
        self.groups.push(b']');
        Ok(())
    }

    /// Deletes all observations of a series.
    fn delete_flat(&mut self, key: &[u8]) -> io::Result<()> {
        if std::mem::replace(&mut self.has_members, true) {
            self.bytes.push(b',');
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(key);
        if self.definition.time.is_some() {
            self.bytes.push(b':');
        }
        self.bytes.extend_from_slice(b"\":[null]");
        self.flush_full()
    }

    /// What an attribute of a series says of it.
    fn text_of_series<'t>(&self, call: &'t Call<'_>, nth: usize, series: usize) -> &'t [u8] {
        let column = self.attributes.written[nth].column(call.columns);
        let code =
            column.filter(|column| !column.runs.is_empty()).map_or(0, |column| column.runs.get(series));
        &call.texts[nth][code as usize]
    }

    /// Appends the array of an observation: its value, further measures, attributes.
    fn push_observation(
        &self,
        call: &Call<'_>,
        series: usize,
        observation: usize,
        cursors: &mut [usize],
        out: &mut Vec<u8>,
    ) {
        let Call { columns, texts, .. } = call;
        out.push(b'[');
        let mut is_first = true;
        if self.options.measures || self.version == JsonVersion::V1_0 {
            is_first = false;
            match columns.value(observation).filter(|_| self.options.measures) {
                Some(value) => value.write(out),
                None => out.extend_from_slice(b"null"),
            }
        }
        let items = self.attributes.observation.iter().map(|nth| {
            let written = &self.attributes.written[*nth];
            let entry = if written.is_of_series() { series } else { observation };
            let column = written.column(columns).filter(|column| !column.runs.is_empty());
            let code = column.map_or(0, |column| column.runs.get_at(&mut cursors[*nth], entry));
            &texts[*nth][code as usize][..]
        });
        push_array(items, !is_first, out);
        out.push(b']');
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
        let head = self.head(action, context, &texts);
        let same = self.open.as_ref() == Some(&head) && self.custom.iter().eq(context.custom);
        if !same {
            self.close_dataset();
            self.custom = context.custom.iter().map(|&custom| custom.to_owned()).collect();
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

/// Appends the indexes of a series.
fn push_key(call: &Call<'_>, series: usize, out: &mut Vec<u8>) {
    for (nth, (column, indexes)) in call.columns.dimensions.iter().zip(&call.codes).enumerate() {
        if nth > 0 {
            out.push(b':');
        }
        out.extend_from_slice(&indexes[column.index[series] as usize]);
    }
}

fn push_number(number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(number.to_string().as_bytes());
}

/// The languages of names: those asked for, else all that the dataflow and its components are named in.
fn languages(definition: &DataDefinition, options: &WriteOptions) -> Vec<String> {
    if !options.languages.is_empty() {
        return options.languages.clone();
    }
    let components = definition.dimensions.iter().chain([&definition.measure]);
    let names = components.map(|component| &component.names).chain([&definition.names]);
    let mut languages = vec!["en".to_owned()];
    for language in names.flat_map(|names| names.all().keys()) {
        if !languages.contains(language) {
            languages.push(language.clone());
        }
    }
    languages
}

/// What the data are of. The dataflow is always named, so that a reader finds its structure.
fn links(definition: &DataDefinition, structure: &StructureUse) -> Vec<(&'static str, String)> {
    let dataflow = ("dataflow", definition.dataflow.to_string());
    match structure {
        StructureUse::Dataflow => vec![dataflow],
        StructureUse::DataStructure => vec![("datastructure", definition.structure.to_string()), dataflow],
        StructureUse::ProvisionAgreement(agreement) => {
            vec![("provisionagreement", agreement.to_string()), dataflow]
        }
    }
}
