//! Whether artefacts hang together: ids are ids, references lead somewhere, trees are trees.

use std::collections::HashSet;
use std::fmt;

use super::artefact::{Artefact, ItemScheme};
use super::codelist::Codelist;
use super::component::{AttributeRelationship, DataStructure, Representation};
use super::reference::{Class, Reference, is_code_id, is_id};
use super::set::Structures;

/// Deepest tree of codes; the M49 tree has five levels.
const PARENTS_MAX: usize = 64;

/// Something wrong in one artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The artefact.
    pub artefact: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.artefact, self.text)
    }
}

impl Structures {
    /// Everything that is wrong with the set, all in one go.
    pub fn check(&self) -> Vec<Problem> {
        let mut checker = Checker { structures: self, problems: Vec::new() };
        for (reference, artefact) in self.iter() {
            checker.check(reference, artefact);
        }
        checker.problems
    }
}

struct Checker<'a> {
    structures: &'a Structures,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn check(&mut self, at: &Reference, artefact: &Artefact) {
        if !is_id(&at.id) || !is_id(&at.agency) {
            self.report(
                at,
                "its id or its agency is not an id: begin with a letter, use letters, digits, _ and -",
            );
        }
        match artefact {
            Artefact::Codelist(list) => self.check_codes(at, list),
            Artefact::AgencyScheme(scheme) | Artefact::DataProviderScheme(scheme) => {
                self.check_items(at, scheme)
            }
            Artefact::ConceptScheme(scheme) => self.check_items(at, scheme),
            Artefact::DataStructure(structure) => self.check_components(at, structure),
            Artefact::Dataflow(dataflow) => {
                self.check_reference(at, &dataflow.structure, Class::DataStructure)
            }
            Artefact::ProvisionAgreement(agreement) => {
                self.check_reference(at, &agreement.dataflow, Class::Dataflow);
                self.check_reference(at, &agreement.data_provider, Class::DataProviderScheme);
            }
            Artefact::DataConstraint(constraint) => {
                for dataflow in &constraint.constraint_attachment.dataflows {
                    self.check_reference(at, dataflow, Class::Dataflow);
                }
            }
        }
    }

    fn report(&mut self, at: &Reference, text: impl Into<String>) {
        self.problems.push(Problem { artefact: at.to_string(), text: text.into() });
    }

    fn check_reference(&mut self, at: &Reference, to: &Reference, class: Class) {
        if to.class != class {
            self.report(at, format!("refers to {to}, where a {} is expected", class.name()));
            return;
        }
        let Some(artefact) = self.structures.get(to) else {
            self.report(
                at,
                format!("refers to {to}, which does not exist: send it before or in the same message"),
            );
            return;
        };
        let Some(item) = &to.item else { return };
        let has = match &**artefact {
            Artefact::Codelist(list) => list.get(item).is_some(),
            Artefact::AgencyScheme(scheme)
            | Artefact::DataProviderScheme(scheme)
            | Artefact::ConceptScheme(scheme) => scheme.items.iter().any(|known| known.id == *item),
            _ => false,
        };
        if !has {
            self.report(at, format!("refers to {to}, but that scheme has no item {item}"));
        }
    }

    fn check_items(&mut self, at: &Reference, scheme: &ItemScheme) {
        let mut seen = HashSet::new();
        for item in &scheme.items {
            if !is_id(&item.id) {
                self.report(at, format!("{:?} is not an id of an item", item.id));
            }
            if !seen.insert(&item.id) {
                self.report(at, format!("has the item {} twice", item.id));
            }
        }
    }

    fn check_codes(&mut self, at: &Reference, list: &Codelist) {
        let mut seen = HashSet::new();
        for code in list.codes() {
            if !is_code_id(&code.id) {
                self.report(
                    at,
                    format!("{:?} is not the id of a code: use letters, digits, _ @ $ -", code.id),
                );
            }
            if !seen.insert(&code.id) {
                self.report(at, format!("has the code {} twice", code.id));
            }
            let mut above = code;
            for depth in 0.. {
                let Some(parent) = &above.parent else { break };
                if depth == PARENTS_MAX {
                    self.report(
                        at,
                        format!("the code {} is its own ancestor, or the tree is too deep", code.id),
                    );
                    break;
                }
                let Some(next) = list.get(parent) else {
                    if depth == 0 {
                        self.report(
                            at,
                            format!("the parent {parent} of the code {} is not in the list", code.id),
                        );
                    }
                    break;
                };
                above = next;
            }
        }
    }

    fn check_components(&mut self, at: &Reference, structure: &DataStructure) {
        let components = &structure.components;
        let dimensions = &components.dimension_list.dimensions;
        let mut ids = HashSet::new();
        let all = dimensions
            .iter()
            .map(|d| (&d.id, &d.concept_identity, &d.local_representation))
            .chain(
                components
                    .dimension_list
                    .time_dimension
                    .iter()
                    .map(|t| (&t.id, &t.concept_identity, &t.local_representation)),
            )
            .chain(
                components
                    .measure_list
                    .measures
                    .iter()
                    .map(|m| (&m.id, &m.concept_identity, &m.local_representation)),
            )
            .chain(
                components
                    .attribute_list
                    .attributes
                    .iter()
                    .map(|a| (&a.id, &a.concept_identity, &a.local_representation)),
            );
        for (id, concept, representation) in all {
            if !is_id(id) {
                self.report(at, format!("{id:?} is not the id of a component"));
            }
            if !ids.insert(id) {
                self.report(at, format!("has the component {id} twice"));
            }
            self.check_reference(at, concept, Class::ConceptScheme);
            self.check_representation(at, representation);
        }
        if dimensions.is_empty() {
            self.report(at, "has no dimensions");
        }
        if components.measure_list.measures.is_empty() {
            self.report(at, "has no measure");
        }
        for attribute in &components.attribute_list.attributes {
            let named: Vec<_> = match &attribute.attribute_relationship {
                AttributeRelationship::Dimensions(ids) => ids.clone(),
                AttributeRelationship::Group(group) => {
                    if !components.groups.iter().any(|known| known.id == *group) {
                        self.report(
                            at,
                            format!("the attribute {} names a group {group} that is not there", attribute.id),
                        );
                    }
                    Vec::new()
                }
                _ => Vec::new(),
            };
            for id in named {
                if !ids.contains(&id) {
                    self.report(
                        at,
                        format!("the attribute {} names a dimension {id} that is not there", attribute.id),
                    );
                }
            }
        }
    }

    fn check_representation(&mut self, at: &Reference, representation: &Representation) {
        if let Some(list) = &representation.enumeration {
            self.check_reference(at, list, Class::Codelist);
        }
    }
}
