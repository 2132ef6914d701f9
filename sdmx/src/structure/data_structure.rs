//! Data structures and their components.

use serde::{Deserialize, Serialize};

use super::artefact::Identity;
use super::component_json::ComponentsJson;
use super::id::Id;
use super::reference::Reference;
use super::representation::Representation;

/// A dimension, be it of time or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dimension {
    /// Id.
    pub id: Id,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values; if nothing is said, the concept says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_representation: Option<Representation>,
}

/// Whether a component must have a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// Always, be it by default.
    Mandatory,
    /// Not always.
    #[default]
    Optional,
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measure {
    /// Id.
    pub id: Id,
    /// Whether it must have a value.
    #[serde(default)]
    pub usage: Usage,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values; if nothing is said, the concept says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_representation: Option<Representation>,
}

/// What an attribute says something about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeRelationship {
    /// Single observations.
    Observation(Nothing),
    /// Every combination of these dimensions.
    Dimensions(Vec<Id>),
    /// Every combination of a group's dimensions.
    Group(Id),
    /// The whole dataset.
    Dataflow(Nothing),
}

/// `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Id.
    pub id: Id,
    /// Whether it must have a value.
    #[serde(default)]
    pub usage: Usage,
    /// What it means.
    pub concept_identity: Reference,
    /// Its values; if nothing is said, the concept says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_representation: Option<Representation>,
    /// What it is about.
    pub attribute_relationship: AttributeRelationship,
    /// Measures it is about; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measure_relationship: Vec<Id>,
}

/// Dimensions that attributes may be attached to together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Id.
    pub id: Id,
    /// Ids of its dimensions.
    #[serde(default)]
    pub group_dimensions: Vec<Id>,
}

/// A data structure definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataStructure {
    /// Identity and names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Dimensions, measures, attributes.
    #[serde(rename = "dataStructureComponents")]
    pub components: Components,
}

/// The components of a data structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ComponentsJson", into = "ComponentsJson")]
pub struct Components {
    /// Dimensions other than time, in the order of keys.
    pub dimensions: Vec<Dimension>,
    /// The time dimension.
    pub time_dimension: Option<Dimension>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Measures, in their order.
    pub measures: Vec<Measure>,
    /// Attributes, in their order.
    pub attributes: Vec<Attribute>,
}

/// One component of any kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Component<'a> {
    /// A dimension other than time.
    Dimension(&'a Dimension),
    /// The time dimension.
    TimeDimension(&'a Dimension),
    /// A measure.
    Measure(&'a Measure),
    /// An attribute.
    Attribute(&'a Attribute),
}

impl<'a> Component<'a> {
    /// Its id.
    pub fn id(self) -> &'a Id {
        match self {
            Self::Dimension(dimension) | Self::TimeDimension(dimension) => &dimension.id,
            Self::Measure(measure) => &measure.id,
            Self::Attribute(attribute) => &attribute.id,
        }
    }

    /// What it means.
    pub fn concept(self) -> &'a Reference {
        match self {
            Self::Dimension(dimension) | Self::TimeDimension(dimension) => &dimension.concept_identity,
            Self::Measure(measure) => &measure.concept_identity,
            Self::Attribute(attribute) => &attribute.concept_identity,
        }
    }

    /// Its values, where it says so itself.
    pub fn representation(self) -> Option<&'a Representation> {
        match self {
            Self::Dimension(dimension) | Self::TimeDimension(dimension) => &dimension.local_representation,
            Self::Measure(measure) => &measure.local_representation,
            Self::Attribute(attribute) => &attribute.local_representation,
        }
        .as_ref()
    }
}

impl DataStructure {
    /// Dimensions other than time, in the order of keys.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.components.dimensions
    }

    /// The time dimension.
    pub fn time_dimension(&self) -> Option<&Dimension> {
        self.components.time_dimension.as_ref()
    }

    /// Measures, in their order.
    pub fn measures(&self) -> &[Measure] {
        &self.components.measures
    }

    /// Attributes, in their order.
    pub fn attributes(&self) -> &[Attribute] {
        &self.components.attributes
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.components.groups.iter().find(|group| &*group.id == id)
    }

    /// All components: dimensions, time, measures, attributes.
    pub fn all(&self) -> impl Iterator<Item = Component<'_>> {
        let dimensions = self.dimensions().iter().map(Component::Dimension);
        let rest = self.measures().iter().map(Component::Measure);
        let rest = rest.chain(self.attributes().iter().map(Component::Attribute));
        dimensions.chain(self.time_dimension().map(Component::TimeDimension)).chain(rest)
    }

    /// The component with this id.
    pub fn component(&self, id: &str) -> Option<Component<'_>> {
        self.all().find(|component| &**component.id() == id)
    }
}
