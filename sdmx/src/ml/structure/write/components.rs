//! Data structures and their components.

use super::Writer;
use super::representation::Owner;
use crate::structure::{
    Attribute, AttributeRelationship, Class, DataStructure, Dimension, Group, Identity, Measure, Reference,
    Representation, Usage,
};

/// The id of the one measure that 2.1 knows.
const PRIMARY_MEASURE: &str = "OBS_VALUE";

impl Writer<'_> {
    pub(super) fn data_structure(&mut self, structure: &DataStructure) {
        let identity = &structure.identity;
        self.begin(Class::DataStructure, identity, &identity.annotations, &[]);
        self.xml.open("str:DataStructureComponents");
        self.dimensions(structure);
        for group in &structure.components.groups {
            self.group(group, identity);
        }
        self.attributes(structure);
        self.measures(structure);
        self.xml.close();
        self.xml.close();
    }

    /// Begins one of the three lists, whose ids are fixed; some clients need them.
    fn list(&mut self, element: &'static str, id: &str, identity: &Identity) {
        self.xml.line();
        let urn = self.urn_within(&format!("datastructure.{id}"), identity, id);
        self.xml.open(element).attribute("id", id).attribute("urn", urn);
    }

    fn dimensions(&mut self, structure: &DataStructure) {
        let identity = &structure.identity;
        self.list("str:DimensionList", "DimensionDescriptor", identity);
        for (place, dimension) in structure.dimensions().iter().enumerate() {
            let position = (place + 1).to_string();
            self.dimension("Dimension", dimension, Some(position), identity, Owner::Dimension);
        }
        if let Some(time) = structure.time_dimension() {
            let position = self.is_2_1().then(|| (structure.dimensions().len() + 1).to_string());
            self.dimension("TimeDimension", time, position, identity, Owner::Time);
        }
        self.xml.close();
    }

    fn dimension(
        &mut self,
        class: &'static str,
        dimension: &Dimension,
        position: Option<String>,
        identity: &Identity,
        owner: Owner,
    ) {
        self.xml.line();
        let urn = self.urn_within(&format!("datastructure.{class}"), identity, &dimension.id);
        self.xml.open(format!("str:{class}")).attribute("id", &*dimension.id);
        self.xml.optional("position", position).attribute("urn", urn);
        self.concept(&dimension.concept_identity, dimension.local_representation.as_ref(), owner);
        self.xml.close();
    }

    /// What all components hold.
    fn concept(&mut self, concept: &Reference, representation: Option<&Representation>, owner: Owner) {
        self.reference("str:ConceptIdentity", concept);
        self.representation("str:LocalRepresentation", representation, owner);
    }

    fn group(&mut self, group: &Group, identity: &Identity) {
        self.xml.line();
        let urn = self.urn_within("datastructure.GroupDimensionDescriptor", identity, &group.id);
        self.xml.open("str:Group").attribute("id", &*group.id).attribute("urn", urn);
        for dimension in &group.group_dimensions {
            self.xml.open("str:GroupDimension");
            self.local("str:DimensionReference", dimension);
            self.xml.close();
        }
        self.xml.close();
    }

    fn attributes(&mut self, structure: &DataStructure) {
        let further = if self.is_2_1() { structure.measures().get(1..).unwrap_or_default() } else { &[] };
        if structure.attributes().is_empty() && further.is_empty() {
            return;
        }
        let identity = &structure.identity;
        self.list("str:AttributeList", "AttributeDescriptor", identity);
        for attribute in structure.attributes() {
            self.attribute(attribute, structure);
        }
        // 2.1 has one measure: the others are told as what they are like, attributes of observations.
        for measure in further {
            let attribute = Attribute {
                id: measure.id.clone(),
                usage: measure.usage,
                concept_identity: measure.concept_identity.clone(),
                local_representation: measure.local_representation.clone(),
                attribute_relationship: AttributeRelationship::Observation(Default::default()),
                measure_relationship: Vec::new(),
            };
            self.attribute(&attribute, structure);
        }
        self.xml.close();
    }

    fn attribute(&mut self, attribute: &Attribute, structure: &DataStructure) {
        self.xml.line();
        let urn = self.urn_within("datastructure.DataAttribute", &structure.identity, &attribute.id);
        let usage = match (self.is_2_1(), attribute.usage) {
            (true, Usage::Mandatory) => ("assignmentStatus", "Mandatory"),
            (true, Usage::Optional) => ("assignmentStatus", "Conditional"),
            (false, usage) => ("usage", usage_text(usage)),
        };
        self.xml.open("str:Attribute").attribute("id", &*attribute.id);
        self.xml.attribute(usage.0, usage.1).attribute("urn", urn);
        let representation = attribute.local_representation.as_ref();
        self.concept(&attribute.concept_identity, representation, Owner::Attribute);
        self.attribute_relationship(&attribute.attribute_relationship);
        // With one measure there is nothing to choose from, and some clients stop at this element.
        if !self.is_2_1() && !attribute.measure_relationship.is_empty() && structure.measures().len() > 1 {
            self.xml.open("str:MeasureRelationship");
            for measure in &attribute.measure_relationship {
                self.xml.leaf("str:Measure", measure);
            }
            self.xml.close();
        }
        self.xml.close();
    }

    fn attribute_relationship(&mut self, relationship: &AttributeRelationship) {
        self.xml.open("str:AttributeRelationship");
        match relationship {
            AttributeRelationship::Observation(_) if self.is_2_1() => {
                self.local("str:PrimaryMeasure", PRIMARY_MEASURE);
            }
            AttributeRelationship::Observation(_) => self.xml.open("str:Observation").close(),
            AttributeRelationship::Dimensions(dimensions) => {
                for dimension in dimensions {
                    self.local("str:Dimension", dimension);
                }
            }
            AttributeRelationship::Group(group) => self.local("str:Group", group),
            AttributeRelationship::Dataflow(_) if self.is_2_1() => self.xml.open("str:None").close(),
            AttributeRelationship::Dataflow(_) => self.xml.open("str:Dataflow").close(),
        }
        self.xml.close();
    }

    fn measures(&mut self, structure: &DataStructure) {
        let identity = &structure.identity;
        let Some(first) = structure.measures().first() else { return };
        self.list("str:MeasureList", "MeasureDescriptor", identity);
        if self.is_2_1() {
            let urn = self.urn_within("datastructure.PrimaryMeasure", identity, PRIMARY_MEASURE);
            self.xml.open("str:PrimaryMeasure").attribute("id", PRIMARY_MEASURE).attribute("urn", urn);
            self.concept(&first.concept_identity, first.local_representation.as_ref(), Owner::Measure);
            self.xml.close();
        } else {
            for measure in structure.measures() {
                self.measure(measure, identity);
            }
        }
        self.xml.close();
    }

    fn measure(&mut self, measure: &Measure, identity: &Identity) {
        let urn = self.urn_within("datastructure.Measure", identity, &measure.id);
        self.xml.open("str:Measure").attribute("id", &*measure.id);
        self.xml.attribute("usage", usage_text(measure.usage)).attribute("urn", urn);
        let representation = measure.local_representation.as_ref();
        self.concept(&measure.concept_identity, representation, Owner::Measure);
        self.xml.close();
    }
}

fn usage_text(usage: Usage) -> &'static str {
    match usage {
        Usage::Mandatory => "mandatory",
        Usage::Optional => "optional",
    }
}
