//! Whether the components of data structures hang together.

use super::check::Checker;
use super::data_structure::{AttributeRelationship, DataStructure};
use super::id::Id;
use super::reference::{Class, Reference};
use super::representation::Representation;

impl Checker<'_> {
    pub(super) fn check_components(&mut self, at: &Reference, structure: &DataStructure) {
        self.check_unique(at, "component", structure.all().map(|component| component.id()));
        self.check_unique(at, "group", structure.components.groups.iter().map(|group| &group.id));
        for component in structure.all() {
            self.check_item_reference(at, component.concept(), Class::ConceptScheme);
            if let Some(representation) = component.representation() {
                self.check_representation(at, representation);
            }
        }
        if structure.dimensions().is_empty() {
            self.report(at, "has no dimensions: give at least one besides time");
        }
        if structure.measures().is_empty() {
            self.report(at, "has no measure: give one, such as OBS_VALUE");
        }
        for group in &structure.components.groups {
            self.check_dimensions(at, structure, "group", &group.id, &group.group_dimensions);
        }
        for attribute in structure.attributes() {
            match &attribute.attribute_relationship {
                AttributeRelationship::Dimensions(ids) => {
                    self.check_dimensions(at, structure, "attribute", &attribute.id, ids)
                }
                AttributeRelationship::Group(group) if structure.group(group).is_none() => self.report(
                    at,
                    format!("the attribute {} names a group {group} that is not there: add it", attribute.id),
                ),
                _ => {}
            }
            for id in &attribute.measure_relationship {
                if !structure.measures().iter().any(|measure| measure.id == *id) {
                    self.report(
                        at,
                        format!(
                            "the attribute {} names a measure {id} that is not there: add it",
                            attribute.id
                        ),
                    );
                }
            }
        }
    }

    fn check_dimensions(
        &mut self,
        at: &Reference,
        structure: &DataStructure,
        kind: &str,
        of: &Id,
        ids: &[Id],
    ) {
        let all = || structure.dimensions().iter().chain(structure.time_dimension());
        for id in ids {
            if !all().any(|dimension| dimension.id == *id) {
                self.report(at, format!("the {kind} {of} names a dimension {id} that is not there: add it"));
            }
        }
    }

    pub(super) fn check_representation(&mut self, at: &Reference, representation: &Representation) {
        if let Some(list) = &representation.enumeration {
            let class = if list.class == Class::ValueList { Class::ValueList } else { Class::Codelist };
            self.check_reference(at, list, class);
        }
    }
}
