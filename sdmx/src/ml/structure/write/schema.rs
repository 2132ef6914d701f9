//! The XML Schema of the data of one dataflow: what the standard leaves open in structure-specific messages.
//!
//! Messages name its types in `xsi:type`. Codes are those that constraints allow, so that a schema check
//! already finds codes that the hub would refuse.

mod types;

use super::Xml;
use crate::ml::structure::version::MlVersion;
use crate::structure::{AttributeLevel, AttributeRelationship, AttributeUse, ComponentUse, DataDefinition};

/// The dimension at the observation, when all are.
const ALL_DIMENSIONS: &str = "AllDimensions";

/// The namespace of the data of a dataflow in structure-specific messages: the name of the dataflow and of
/// the dimension at the observation, which may be `AllDimensions`.
pub fn data_namespace(definition: &DataDefinition, dimension_at_observation: &str) -> String {
    format!("{}:ObsLevelDim:{dimension_at_observation}", definition.dataflow)
}

/// Writes the schema of structure-specific data of a dataflow. It imports the standard's own schemas, which
/// the reader has at hand or finds where `schemaLocation` says.
pub fn write_schema(
    definition: &DataDefinition,
    version: MlVersion,
    dimension_at_observation: &str,
) -> Vec<u8> {
    let mut schema = Schema { xml: Xml::new(), definition, version, level: dimension_at_observation };
    schema.write();
    schema.xml.finish()
}

struct Schema<'d> {
    xml: Xml,
    definition: &'d DataDefinition,
    version: MlVersion,
    /// The dimension at the observation.
    level: &'d str,
}

/// What may follow in an element of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// Exactly one may stand.
    Optional,
    /// Any number.
    Many,
}

impl<'d> Schema<'d> {
    fn write(&mut self) {
        let namespace = data_namespace(self.definition, self.level);
        self.xml.open("xs:schema").attribute("xmlns:xs", "http://www.w3.org/2001/XMLSchema");
        self.xml.attribute("xmlns", &namespace).attribute("targetNamespace", &namespace);
        self.xml.attribute("elementFormDefault", "unqualified");
        let words = [
            ("common", "common", "SDMXCommon.xsd"),
            ("dsd", "data/structurespecific", "SDMXDataStructureSpecific.xsd"),
        ];
        for (prefix, words, _) in words {
            self.xml.attribute(&format!("xmlns:{prefix}"), self.version.namespace(words));
        }
        let folder = match self.version {
            MlVersion::V2_1 => "https://registry.sdmx.org/schemas/v2_1",
            MlVersion::V3_0 => "https://registry.sdmx.org/schemas/v3_0",
            MlVersion::V3_1 => "https://xml.sdmx.org/3.1",
        };
        for (_, words, file) in words {
            self.xml.line();
            self.xml.open("xs:import").attribute("namespace", self.version.namespace(words));
            self.xml.attribute("schemaLocation", format!("{folder}/{file}")).close();
        }
        self.data_set();
        self.groups();
        if self.level == ALL_DIMENSIONS {
            self.observation();
        } else {
            self.series();
            self.observation();
        }
        if self.has_parts() {
            self.parts();
        }
        self.value_types();
        self.xml.line();
        self.xml.close();
    }

    /// Begins a type that restricts one of the standard's.
    fn restrict(&mut self, name: &str, base: &str) {
        self.xml.line();
        self.xml.open("xs:complexType").attribute("name", name).open("xs:complexContent");
        self.xml.open("xs:restriction").attribute("base", base).open("xs:sequence");
        self.element("ref", "common:Annotations", None, Bound::Optional);
    }

    fn end_sequence(&mut self) {
        self.xml.close();
    }

    fn end_type(&mut self) {
        self.xml.close();
        self.xml.close();
        self.xml.close();
    }

    fn element(&mut self, kind: &str, name: &str, of_type: Option<&str>, bound: Bound) {
        self.xml.open("xs:element").attribute(kind, name);
        if let Some(of_type) = of_type {
            self.xml.attribute("type", of_type).attribute("form", "unqualified");
        }
        self.xml.attribute("minOccurs", "0");
        if bound == Bound::Many {
            self.xml.attribute("maxOccurs", "unbounded");
        }
        self.xml.close();
    }

    fn data_set(&mut self) {
        self.restrict("DataSetType", "dsd:DataSetType");
        let provider = Some("common:DataProviderReferenceType");
        self.element("name", "DataProvider", provider, Bound::Optional);
        let (rows, rows_type) =
            if self.level == ALL_DIMENSIONS { ("Obs", "ObsType") } else { ("Series", "SeriesType") };
        let has_groups = !self.definition.groups.is_empty();
        if self.is_2_1() {
            if has_groups {
                self.element("name", "Group", Some("GroupType"), Bound::Many);
            }
            self.element("name", rows, Some(rows_type), Bound::Many);
        } else {
            self.xml.open("xs:choice").attribute("minOccurs", "0").attribute("maxOccurs", "unbounded");
            if self.has_parts() {
                self.element("name", "Atts", Some("AttsType"), Bound::Optional);
            }
            if has_groups {
                self.element("name", "Group", Some("GroupType"), Bound::Optional);
            }
            self.element("name", rows, Some(rows_type), Bound::Optional);
            self.xml.close();
        }
        self.end_sequence();
        self.attributes(|attribute| attribute.level == AttributeLevel::Dataset);
        self.xml.open("xs:attributeGroup").attribute("ref", "dsd:SetAttributeGroup").close();
        self.end_type();
    }

    /// A common type of all groups, and one for each, which messages name.
    fn groups(&mut self) {
        let definition = self.definition;
        if definition.groups.is_empty() {
            return;
        }
        self.restrict("GroupType", "dsd:GroupType");
        self.end_sequence();
        self.xml.open("xs:anyAttribute").attribute("namespace", "##local").close();
        self.end_type();
        for group in &definition.groups {
            self.restrict(&group.id, "GroupType");
            self.end_sequence();
            for id in &group.group_dimensions {
                if let Some(dimension) = definition.dimension(id) {
                    self.component(dimension, true);
                }
            }
            let of_group = AttributeRelationship::Group(group.id.clone());
            self.attributes(|attribute| attribute.relationship.as_ref() == Some(&of_group));
            self.end_type();
        }
    }

    fn series(&mut self) {
        self.restrict("SeriesType", "dsd:SeriesType");
        self.comps();
        self.element("name", "Obs", Some("ObsType"), Bound::Many);
        self.end_sequence();
        let definition = self.definition;
        for dimension in &definition.dimensions {
            if *dimension.id != *self.level {
                self.component(dimension, true);
            }
        }
        match &definition.time {
            // Time stands at the observation, or is one of the dimensions of the series.
            Some(time) if **time == *self.level => self.prohibit(time),
            Some(time) => self.time(time),
            None => {}
        }
        self.attributes(|attribute| attribute.level == AttributeLevel::Series);
        self.end_type();
    }

    fn observation(&mut self) {
        self.restrict("ObsType", "dsd:ObsType");
        self.comps();
        self.end_sequence();
        let (definition, level) = (self.definition, self.level);
        let is_flat = level == ALL_DIMENSIONS;
        for dimension in &definition.dimensions {
            if is_flat || *dimension.id == *level {
                self.component(dimension, true);
            }
        }
        match &definition.time {
            Some(time) if is_flat || **time == *level => self.time(time),
            Some(time) => self.prohibit(time),
            None => {}
        }
        let measure = if self.is_2_1() { "OBS_VALUE" } else { &*definition.measure.id };
        self.named(measure, &definition.measure, false);
        self.attributes(|attribute| {
            attribute.level == AttributeLevel::Observation
                || (is_flat && attribute.level == AttributeLevel::Series)
        });
        self.end_type();
    }

    /// Attributes of an element, but for those that stand as elements. None is required: each message may
    /// leave out what is absent, or does not change.
    fn attributes(&mut self, is_here: impl Fn(&AttributeUse) -> bool) {
        let definition = self.definition;
        for attribute in definition.attributes.iter().filter(|attribute| is_here(attribute)) {
            if self.is_2_1() || !is_part(attribute) {
                self.component(&attribute.component, false);
            }
        }
    }

    fn component(&mut self, component: &ComponentUse, is_required: bool) {
        self.named(&component.id, component, is_required);
    }

    fn named(&mut self, id: &str, component: &ComponentUse, is_required: bool) {
        self.xml.open("xs:attribute").attribute("name", id);
        self.xml.attribute("type", types::type_name(component));
        self.xml.attribute("use", if is_required { "required" } else { "optional" }).close();
    }

    fn time(&mut self, id: &str) {
        self.xml.open("xs:attribute").attribute("name", id);
        self.xml.attribute("type", "common:ObservationalTimePeriodType").attribute("use", "required").close();
    }

    fn prohibit(&mut self, id: &str) {
        self.xml.open("xs:attribute").attribute("name", id);
        self.xml
            .attribute("type", "common:ObservationalTimePeriodType")
            .attribute("use", "prohibited")
            .close();
    }

    /// Components with several values or languages stand as elements in 3.x.
    fn comps(&mut self) {
        if self.has_parts() {
            self.element("name", "Comp", Some("CompType"), Bound::Many);
        }
    }

    fn has_parts(&self) -> bool {
        !self.is_2_1() && self.definition.attributes.iter().any(is_part)
    }

    fn parts(&mut self) {
        // Where those of the dataset stand.
        self.restrict("AttsType", "dsd:AttsType");
        self.comps();
        self.end_sequence();
        self.end_type();
        self.restrict("CompType", "dsd:CompType");
        self.element("name", "Value", Some("PartType"), Bound::Many);
        self.end_sequence();
        self.end_type();
        self.xml.line();
        self.xml.open("xs:complexType").attribute("name", "PartType").attribute("mixed", "true");
        self.xml.open("xs:complexContent").attribute("mixed", "true");
        self.xml.open("xs:restriction").attribute("base", "common:ValueType");
        self.xml.open("xs:choice").attribute("minOccurs", "0");
        self.element("ref", "common:Text", None, Bound::Many);
        self.xml.close();
        self.end_type();
    }

    /// The types of components, once each.
    fn value_types(&mut self) {
        let definition = self.definition;
        for component in definition.dimensions.iter().chain([&definition.measure]) {
            self.value_type(component);
        }
        for attribute in &definition.attributes {
            self.value_type(&attribute.component);
        }
    }

    fn is_2_1(&self) -> bool {
        self.version == MlVersion::V2_1
    }
}

fn is_part(attribute: &AttributeUse) -> bool {
    attribute.multi_valued || attribute.multilingual
}
