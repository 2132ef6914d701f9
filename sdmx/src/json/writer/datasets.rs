//! The header of a message, and what datasets say of themselves.

use std::io::Write;

use super::JsonWriter;
use super::attributes::{Texts, push_array};
use super::text::{push_items, push_member, push_name, push_text};
use crate::csv::Action;
use crate::data::{DatasetContext, JsonVersion, Provider, StructureUse, WriteOptions};
use crate::structure::DataDefinition;

const SCHEMA_2_0: &str = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/sdmx-json-data-schema.json";
const SCHEMA_2_1: &str = "https://json.sdmx.org/2.1/sdmx-json-data-schema.json";

impl<W: Write> JsonWriter<W> {
    pub(super) fn begin(&mut self) {
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
    pub(super) fn head(
        &self,
        action: Action,
        context: &DatasetContext<'_>,
        provider: Option<&Provider>,
        texts: &Texts,
    ) -> Vec<u8> {
        let mut head = Vec::new();
        if self.version == JsonVersion::V1_0 {
            head.push(b'{');
        } else {
            head.extend_from_slice(b"{\"structure\":0,");
        }
        // Readers of 1.0 do not look at links: there all figures are of one provider.
        let provider = provider.filter(|_| self.version != JsonVersion::V1_0);
        self.push_links(provider, &mut head);
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

    pub(super) fn open_dataset(&mut self, head: Vec<u8>) {
        if self.datasets > 0 {
            self.bytes.push(b',');
        }
        self.bytes.extend_from_slice(&head);
        self.datasets += 1;
        self.has_members = false;
        self.open = Some(head);
    }

    pub(super) fn close_dataset(&mut self) {
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

    pub(super) fn close_series(&mut self) {
        if self.series.take().is_some() {
            self.bytes.extend_from_slice(if self.has_observations { b"}}" } else { b"}" });
        }
    }
}

/// The languages of names: those asked for, else all that the dataflow and its components are named in.
pub(super) fn languages(definition: &DataDefinition, options: &WriteOptions) -> Vec<String> {
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
pub(super) fn links(definition: &DataDefinition, structure: &StructureUse) -> Vec<(&'static str, String)> {
    let dataflow = ("dataflow", definition.dataflow.to_string());
    match structure {
        StructureUse::Dataflow => vec![dataflow],
        StructureUse::DataStructure => vec![("datastructure", definition.structure.to_string()), dataflow],
        StructureUse::ProvisionAgreement(agreement) => {
            vec![("provisionagreement", agreement.to_string()), dataflow]
        }
    }
}
