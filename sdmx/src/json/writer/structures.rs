//! The structures of a message: components, and the values that the data point to.

use jiff::Timestamp;

use super::JsonWriter;
use super::attributes::{Form, Written, name_of};
use super::provider;
use super::text::{push_items, push_member, push_name, push_names, push_text, push_value};
use crate::columns::AttributeValue;
use crate::data::{JsonVersion, Provider};
use crate::period::Period;
use crate::structure::{
    AttributeLevel, AttributeRelationship, AttributeUse, CodedBy, ComponentUse, Format, Id, Names, Usage,
};

impl<W> JsonWriter<W> {
    /// Appends the structure of all datasets.
    pub(super) fn push_structure(&self, out: &mut Vec<u8>) {
        let definition = &self.definition;
        out.push(b'{');
        self.push_links(None, out);
        push_names(&definition.names, &definition.name, &self.languages, out);
        out.extend_from_slice(b",\"dimensions\":{\"dataSet\":[],\"series\":[");
        if !self.is_flat {
            self.push_dimensions(out);
            out.extend_from_slice(b"],\"observation\":[");
            self.push_time(out);
        } else {
            out.extend_from_slice(b"],\"observation\":[");
            self.push_dimensions(out);
            if definition.time.is_some() && !definition.dimensions.is_empty() {
                out.push(b',');
            }
            self.push_time(out);
        }
        out.extend_from_slice(b"]}");
        if !self.is_1_0() {
            out.extend_from_slice(b",\"measures\":{\"observation\":[");
            if self.options.measures {
                self.push_measure(&definition.measure, None, out);
            }
            for written in self.attributes.written.iter().filter(|written| written.is_measure) {
                out.push(b',');
                self.push_measure(&definition.attributes[written.place].component, Some(written), out);
            }
            out.extend_from_slice(b"]}");
        }
        out.extend_from_slice(b",\"attributes\":{\"dataSet\":[");
        self.push_attributes(&self.attributes.dataset, out);
        if !self.is_1_0() {
            out.extend_from_slice(b"],\"dimensionGroup\":[");
            if !self.of_groups.is_empty() {
                self.push_attributes(&self.of_groups, out);
            }
        }
        out.extend_from_slice(b"],\"series\":[");
        self.push_attributes(&self.attributes.series, out);
        out.extend_from_slice(b"],\"observation\":[");
        self.push_attributes(&self.attributes.observation, out);
        out.extend_from_slice(b"]}");
        if !self.is_1_0() {
            out.extend_from_slice(b",\"dataSets\":[");
            push_items(0..self.datasets, out, |place, out| {
                out.extend_from_slice(place.to_string().as_bytes())
            });
            out.push(b']');
        }
        out.push(b'}');
    }

    /// Appends `"links":[…]`: what the data are of and, of a dataset, whose they are.
    pub(super) fn push_links(&self, provider: Option<&Provider>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"links\":[");
        push_items(&self.links, out, |(rel, urn), out| {
            out.extend_from_slice(b"{\"rel\":");
            push_text(rel, out);
            push_member("urn", urn, out);
            out.push(b'}');
        });
        if let Some(provider) = provider {
            out.push(b',');
            provider::push_link(provider, out);
        }
        out.push(b']');
    }

    fn is_1_0(&self) -> bool {
        self.version == JsonVersion::V1_0
    }

    fn push_dimensions(&self, out: &mut Vec<u8>) {
        let dimensions = self.definition.dimensions.iter().zip(&self.codes).enumerate();
        push_items(dimensions, out, |(position, (dimension, listed)), out| {
            self.push_component(&dimension.id, &dimension.names, out);
            push_name("keyPosition", out);
            out.extend_from_slice(position.to_string().as_bytes());
            out.extend_from_slice(b",\"values\":[");
            if listed.values().is_empty() {
                self.push_placeholder(out);
            }
            push_items(listed.values(), out, |code, out| self.push_code(dimension, code, true, out));
            out.extend_from_slice(b"]}");
        });
    }

    fn push_time(&self, out: &mut Vec<u8>) {
        let Some(time) = &self.definition.time else { return };
        self.push_component(time, &self.definition.time_names, out);
        push_name("keyPosition", out);
        out.extend_from_slice(self.definition.dimensions.len().to_string().as_bytes());
        out.extend_from_slice(b",\"roles\":[\"TIME_PERIOD\"],\"values\":[");
        if self.periods.values().is_empty() {
            self.push_placeholder(out);
        }
        push_items(self.periods.values(), out, |period, out| self.push_period(*period, out));
        out.extend_from_slice(b"]}");
    }

    /// 2.0 wants a value in each list, even if nothing points to it.
    fn push_placeholder(&self, out: &mut Vec<u8>) {
        if !self.is_1_0() {
            out.extend_from_slice(b"{\"value\":\"\"}");
        }
    }

    fn push_period(&self, period: Period, out: &mut Vec<u8>) {
        let text = period.to_string();
        if self.is_1_0() || is_id(&text) {
            out.extend_from_slice(b"{\"id\":");
            push_text(&text, out);
            push_member("name", &text, out);
        } else {
            out.extend_from_slice(b"{\"value\":");
            push_text(&text, out);
        }
        let last = period.end().checked_sub(1);
        for (name, second) in [("start", Some(period.start())), ("end", last)] {
            if let Some(instant) = second.and_then(|second| Timestamp::from_second(second).ok()) {
                push_member(name, &instant.to_string(), out);
            }
        }
        out.push(b'}');
    }

    /// Begins a component: `{"id":…,"name":…`.
    fn push_component(&self, id: &str, names: &Names, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        push_text(id, out);
        push_names(names, id, &self.languages, out);
    }

    /// Appends a code of a list. Clients of 1.0 take attributes' values apart and stumble over all but id and name.
    fn push_code(&self, component: &ComponentUse, id: &str, of_dimension: bool, out: &mut Vec<u8>) {
        let code = component.code(id);
        if !self.is_1_0() && !is_id(id) {
            out.extend_from_slice(b"{\"value\":");
            push_text(id, out);
            out.push(b'}');
            return;
        }
        out.extend_from_slice(b"{\"id\":");
        push_text(id, out);
        let nameless = Names::default();
        let names = code.map_or(&nameless, |code| &code.names);
        let is_plain = self.is_1_0() && !of_dimension;
        push_names(names, id, if is_plain { &[] } else { &self.languages }, out);
        if let Some(code) = code.filter(|_| !is_plain) {
            if let Some(parent) = &code.parent {
                push_member("parent", parent, out);
            }
            if let Some(order) = component.coded_by.codelist().and_then(|list| list.position(id)) {
                push_name("order", out);
                out.extend_from_slice(order.to_string().as_bytes());
            }
        }
        out.push(b'}');
    }

    fn push_measure(&self, component: &ComponentUse, written: Option<&Written>, out: &mut Vec<u8>) {
        self.push_component(&component.id, &component.names, out);
        if let CodedBy::Format(format) = &component.coded_by {
            push_format(format, out);
        }
        if let Some(written) = written {
            self.push_values(component, written, out);
        }
        out.push(b'}');
    }

    fn push_attributes(&self, places: &[usize], out: &mut Vec<u8>) {
        let attributes = places.iter().map(|nth| &self.attributes.written[*nth]);
        let attributes = attributes.filter(|written| !written.is_measure);
        push_items(attributes, out, |written, out| {
            let attribute = &self.definition.attributes[written.place];
            let component = &attribute.component;
            self.push_component(&component.id, &component.names, out);
            push_name("relationship", out);
            self.push_relationship(attribute, out);
            if !self.is_1_0() {
                if attribute.usage == Usage::Mandatory {
                    out.extend_from_slice(b",\"isMandatory\":true");
                }
                if let CodedBy::Format(format) = &component.coded_by {
                    push_format(format, out);
                }
                if self.version == JsonVersion::V2_1 && attribute.multi_valued {
                    out.extend_from_slice(b",\"maxOccurs\":\"unbounded\"");
                }
            }
            self.push_values(component, written, out);
            out.push(b'}');
        });
    }

    fn push_values(&self, component: &ComponentUse, written: &Written, out: &mut Vec<u8>) {
        match &written.form {
            Form::Inline { .. } => {}
            // 2.0 has no empty lists; without one nothing points to it either.
            Form::Codes(listed) if listed.values().is_empty() => {}
            Form::Codes(listed) => {
                out.extend_from_slice(b",\"values\":[");
                push_items(listed.values(), out, |code, out| self.push_code(component, code, false, out));
                out.push(b']');
            }
            Form::Values(listed) => {
                out.extend_from_slice(b",\"values\":[");
                push_items(listed.values(), out, |value, out| self.push_whole_value(component, value, out));
                out.push(b']');
            }
        }
    }

    /// Appends a value of 1.0: a code, or a text as the name of nothing. What 1.0 cannot say stands beside it.
    fn push_whole_value(&self, component: &ComponentUse, value: &AttributeValue, out: &mut Vec<u8>) {
        match value {
            AttributeValue::Text(code) if component.coded_by.codelist().is_some() => {
                self.push_code(component, code, false, out);
            }
            AttributeValue::Text(text) => {
                out.extend_from_slice(b"{\"name\":");
                push_text(text, out);
                out.push(b'}');
            }
            AttributeValue::Many(_) => {
                out.extend_from_slice(b"{\"name\":");
                push_text(&name_of(value), out);
                push_name("values", out);
                push_value(value, false, out);
                out.push(b'}');
            }
        }
    }

    fn push_relationship(&self, attribute: &AttributeUse, out: &mut Vec<u8>) {
        let all: Vec<&str> = self.definition.dimensions.iter().map(|dimension| &*dimension.id).collect();
        let ids = |ids: &[Id]| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>();
        let dimensions: Vec<String> = match &attribute.relationship {
            Some(AttributeRelationship::Dimensions(named)) => ids(named),
            Some(AttributeRelationship::Group(group)) => {
                let group = self.definition.groups.iter().find(|known| known.id == *group);
                group.map_or_else(Vec::new, |group| ids(&group.group_dimensions))
            }
            _ => Vec::new(),
        };
        let whole: &[u8] = match (attribute.level, self.is_1_0()) {
            (AttributeLevel::Dataset, true) => b"{\"none\":{}}",
            (AttributeLevel::Dataset, false) => b"{\"dataflow\":{}}",
            (AttributeLevel::Observation, _) if !dimensions.is_empty() => b"",
            (AttributeLevel::Observation, true) => b"{\"primaryMeasure\":\"OBS_VALUE\"}",
            (AttributeLevel::Observation, false) => b"{\"observation\":{}}",
            (AttributeLevel::Series, _) => b"",
        };
        if !whole.is_empty() {
            return out.extend_from_slice(whole);
        }
        out.extend_from_slice(b"{\"dimensions\":[");
        if dimensions.is_empty() {
            push_items(all, out, push_text);
        } else {
            push_items(&dimensions, out, |id, out| push_text(id, out));
        }
        out.extend_from_slice(b"]}");
    }
}

/// Appends `,"format":{…}`.
fn push_format(format: &Format, out: &mut Vec<u8>) {
    let kind = format.data_type.and_then(|kind| serde_json::to_string(&kind).ok());
    let kind = kind.unwrap_or_else(|| "\"String\"".to_owned());
    out.extend_from_slice(b",\"format\":{\"dataType\":");
    out.extend_from_slice(kind.as_bytes());
    if format.is_multi_lingual == Some(true) {
        out.extend_from_slice(b",\"isMultiLingual\":true");
    }
    out.push(b'}');
}

/// Whether the schemas take a text as the id of a value.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$' | b'-'))
}
