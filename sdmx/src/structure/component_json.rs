//! The lists of components as SDMX-JSON nests them.

use serde::{Deserialize, Serialize};

use super::data_structure::{Attribute, Components, Dimension, Group, Measure};

/// `dataStructureComponents`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ComponentsJson {
    dimension_list: DimensionList,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measure_list: Option<MeasureList>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute_list: Option<AttributeList>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DimensionList {
    #[serde(default)]
    id: DimensionDescriptor,
    #[serde(default)]
    dimensions: Vec<Positioned>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_dimension: Option<Dimension>,
}

#[derive(Serialize, Deserialize)]
struct Positioned {
    /// From 0; the time dimension is not counted. Where nobody says, the order is that of the list.
    #[serde(default)]
    position: u32,
    #[serde(flatten)]
    dimension: Dimension,
}

#[derive(Serialize, Deserialize)]
struct MeasureList {
    #[serde(default)]
    id: MeasureDescriptor,
    #[serde(default)]
    measures: Vec<Measure>,
}

#[derive(Serialize, Deserialize)]
struct AttributeList {
    #[serde(default)]
    id: AttributeDescriptor,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

/// The one id this list may have.
#[derive(Default, Serialize, Deserialize)]
enum DimensionDescriptor {
    #[default]
    DimensionDescriptor,
}

/// The one id this list may have.
#[derive(Default, Serialize, Deserialize)]
enum MeasureDescriptor {
    #[default]
    MeasureDescriptor,
}

/// The one id this list may have.
#[derive(Default, Serialize, Deserialize)]
enum AttributeDescriptor {
    #[default]
    AttributeDescriptor,
}

impl From<ComponentsJson> for Components {
    fn from(json: ComponentsJson) -> Self {
        let mut dimensions = json.dimension_list.dimensions;
        dimensions.sort_by_key(|dimension| dimension.position);
        Self {
            dimensions: dimensions.into_iter().map(|positioned| positioned.dimension).collect(),
            time_dimension: json.dimension_list.time_dimension,
            groups: json.groups,
            measures: json.measure_list.map(|list| list.measures).unwrap_or_default(),
            attributes: json.attribute_list.map(|list| list.attributes).unwrap_or_default(),
        }
    }
}

impl From<Components> for ComponentsJson {
    fn from(components: Components) -> Self {
        let positioned = |(position, dimension)| Positioned { position, dimension };
        let (measures, attributes) = (components.measures, components.attributes);
        Self {
            dimension_list: DimensionList {
                id: DimensionDescriptor::default(),
                dimensions: (0..).zip(components.dimensions).map(positioned).collect(),
                time_dimension: components.time_dimension,
            },
            groups: components.groups,
            measure_list: (!measures.is_empty())
                .then(|| MeasureList { id: MeasureDescriptor::default(), measures }),
            attribute_list: (!attributes.is_empty())
                .then(|| AttributeList { id: AttributeDescriptor::default(), attributes }),
        }
    }
}
