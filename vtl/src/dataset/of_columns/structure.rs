//! Which components the data of a dataflow has in VTL.

use mighub_sdmx::structure::{CodedBy, ComponentUse, DataDefinition};

use crate::value::{Component, Role, ScalarType, Structure};

/// The structure of a dataflow's data: dimensions and time are identifiers, the first measure is the measure;
/// attributes, and measures beyond the first, are attributes of the types that their formats say.
pub fn structure_of(definition: &DataDefinition) -> Structure {
    let dimensions = definition
        .dimensions
        .iter()
        .map(|dimension| Component::new(dimension.id.clone(), Role::Identifier, ScalarType::String));
    let time =
        definition.time.iter().map(|id| Component::new(id.clone(), Role::Identifier, ScalarType::TimePeriod));
    let measure =
        Component::new(definition.measure.id.clone(), Role::Measure, measure_type(&definition.measure));
    let attributes = definition.attributes.iter().map(|attribute| {
        Component::new(attribute.component.id.clone(), Role::Attribute, type_of(&attribute.component))
    });
    let components = dimensions.chain(time).chain([measure]).chain(attributes).collect();
    // The ids of a data structure are unique: that is checked when it is resolved.
    Structure::new(components).unwrap_or_default()
}

/// Observation values are numbers, whatever a format leaves open.
fn measure_type(measure: &ComponentUse) -> ScalarType {
    match type_of(measure) {
        ScalarType::String => ScalarType::Number,
        other => other,
    }
}

fn type_of(component: &ComponentUse) -> ScalarType {
    match &component.coded_by {
        CodedBy::Format(format) => match format.data_type {
            Some(data_type) if data_type.is_integer() => ScalarType::Integer,
            Some(data_type) if data_type.is_number() => ScalarType::Number,
            _ => ScalarType::String,
        },
        CodedBy::Codelist(_) => ScalarType::String,
    }
}
