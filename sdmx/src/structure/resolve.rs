//! From a set of artefacts to the definition of one dataflow.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::artefact::Artefact;
use super::constraint::{ConstraintRole, DataConstraint};
use super::data_structure::{AttributeRelationship, Component, DataStructure, Usage};
use super::definition::{AttributeLevel, AttributeUse, CodedBy, ComponentUse, DataDefinition};
use super::json::write_json;
use super::names::Names;
use super::reference::{Class, Reference};
use super::representation::Representation;
use super::set::Structures;
use crate::columns::Shape;

/// Why a dataflow cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// There is no such dataflow.
    #[error("there is no dataflow {0}: `mighub structure list` shows those there are")]
    UnknownDataflow(String),
    /// Something it needs is missing.
    #[error("the dataflow {dataflow} is not usable: {missing} is missing; send it")]
    Incomplete {
        /// The dataflow.
        dataflow: String,
        /// What is missing.
        missing: String,
    },
}

impl DataDefinition {
    /// Resolves a dataflow.
    pub fn resolve(structures: &Structures, dataflow: &Reference) -> Result<Arc<Self>, DefinitionError> {
        let flow = structures
            .dataflow(dataflow)
            .ok_or_else(|| DefinitionError::UnknownDataflow(dataflow.short()))?;
        let missing = |missing: String| DefinitionError::Incomplete { dataflow: dataflow.short(), missing };
        let structure =
            structures.data_structure(&flow.structure).ok_or_else(|| missing(flow.structure.to_string()))?;
        let constraints = constraints(structures, Some(dataflow), &flow.structure);
        let mut closure = Closure { structures, kept: Structures::default() };
        let dataflow = structures.get_key(dataflow).unwrap_or(dataflow);
        closure.keep(dataflow);
        closure.keep(&flow.structure);
        constraints.iter().for_each(|constraint| closure.keep(&reference(constraint)));
        let mut component = |component: Component<'_>| {
            closure.use_of(component, &constraints).map_err(|reference| missing(reference.to_string()))
        };
        let dimensions =
            structure.dimensions().iter().map(|dimension| component(Component::Dimension(dimension)));
        let dimensions: Vec<ComponentUse> =
            dimensions.map(|used| used.map(|(used, _)| used)).collect::<Result<_, _>>()?;
        let mut measures = structure.measures().iter();
        let first = measures.next().ok_or_else(|| missing("a measure".to_owned()))?;
        let (measure, _) = component(Component::Measure(first))?;
        let mut attributes = Vec::new();
        for further in measures {
            let used = component(Component::Measure(further))?;
            attributes.push(attribute_use(used, AttributeLevel::Observation, None, further.usage));
        }
        for attribute in structure.attributes() {
            let used = component(Component::Attribute(attribute))?;
            let relationship = &attribute.attribute_relationship;
            let level = level(structure, relationship);
            attributes.push(attribute_use(used, level, Some(relationship.clone()), attribute.usage));
        }
        let time = structure.time_dimension();
        time.into_iter().for_each(|time| closure.keep(&time.concept_identity));
        Ok(Arc::new(Self {
            dataflow: dataflow.artefact(),
            name: flow.identity.names.best("en").unwrap_or(&flow.identity.id).to_owned(),
            names: flow.identity.names.clone(),
            structure: structures.get_key(&flow.structure).unwrap_or(&flow.structure).clone(),
            shape: Arc::new(shape(&dimensions, &attributes, time.is_none())),
            dimensions,
            time: time.map(|time| time.id.as_arc().clone()),
            time_names: time.map_or_else(Names::default, |time| names(structures, &time.concept_identity)),
            groups: structure.components.groups.clone(),
            measure,
            attributes,
            defaults: flow.defaults.clone(),
            constraints: constraints.into_iter().cloned().collect(),
            canonical: write_json(&closure.kept).into(),
        }))
    }
}

/// What a dataflow needs of a set.
struct Closure<'a> {
    structures: &'a Structures,
    kept: Structures,
}

impl Closure<'_> {
    fn keep(&mut self, reference: &Reference) {
        self.structures.get(reference).into_iter().for_each(|artefact| self.kept.share(artefact));
    }

    /// Keeps a list and those whose codes it takes, directly or not.
    fn keep_with_extensions(&mut self, list: &Reference) {
        let mut open = vec![list];
        while let Some(next) = open.pop() {
            if self.kept.get(next).is_some() {
                continue;
            }
            self.keep(next);
            if let Some(list) = self.structures.codelist(next) {
                open.extend(list.extensions.iter().map(|extension| &extension.codelist));
            }
        }
    }

    /// A component and its values, or what is missing.
    fn use_of(
        &mut self,
        component: Component<'_>,
        constraints: &[&DataConstraint],
    ) -> Result<(ComponentUse, Representation), Reference> {
        self.keep(component.concept());
        let representation = self.structures.representation(component).cloned().unwrap_or_default();
        let (mut allowed, excluded) = restrictions(constraints, component.id());
        let format = || CodedBy::Format(representation.format.clone().unwrap_or_default());
        let coded_by = match &representation.enumeration {
            None => format(),
            Some(list) => {
                self.keep_with_extensions(list);
                match self.structures.get(list).map(|artefact| &**artefact) {
                    Some(Artefact::Codelist(_)) => {
                        CodedBy::Codelist(self.structures.expanded(list).map_err(|_| list.clone())?)
                    }
                    // Its values need not be ids: they are texts of which only these are allowed.
                    Some(Artefact::ValueList(values)) => {
                        let values = values.value_items.iter().map(|item| Arc::from(&*item.id));
                        let values: BTreeSet<Arc<str>> = values.collect();
                        allowed = Some(match allowed {
                            Some(allowed) => &allowed & &values,
                            None => values,
                        });
                        format()
                    }
                    _ => return Err(list.clone()),
                }
            }
        };
        let id = component.id().as_arc().clone();
        let names = names(self.structures, component.concept());
        Ok((ComponentUse { id, names, coded_by, allowed, excluded }, representation))
    }
}

fn attribute_use(
    (component, representation): (ComponentUse, Representation),
    level: AttributeLevel,
    relationship: Option<AttributeRelationship>,
    usage: Usage,
) -> AttributeUse {
    let multilingual = representation.format.as_ref().and_then(|format| format.is_multi_lingual);
    let multi_valued = representation.is_multi_valued();
    let multilingual = multilingual.unwrap_or(false);
    AttributeUse { component, level, relationship, usage, multi_valued, multilingual }
}

/// Names of a concept.
fn names(structures: &Structures, concept: &Reference) -> Names {
    let Some(Artefact::ConceptScheme(scheme)) = structures.get(concept).map(|artefact| &**artefact) else {
        return Names::default();
    };
    let concept = concept.item.as_ref().and_then(|item| scheme.concept(item));
    concept.map_or_else(Names::default, |concept| concept.names.clone())
}

fn level(structure: &DataStructure, relationship: &AttributeRelationship) -> AttributeLevel {
    let time = structure.time_dimension().map(|time| &time.id);
    match relationship {
        AttributeRelationship::Observation(_) => AttributeLevel::Observation,
        AttributeRelationship::Dataflow(_) => AttributeLevel::Dataset,
        AttributeRelationship::Group(_) => AttributeLevel::Series,
        AttributeRelationship::Dimensions(ids) if ids.iter().any(|id| Some(id) == time) => {
            AttributeLevel::Observation
        }
        // An attribute of fewer dimensions is kept with each of the series it holds for.
        AttributeRelationship::Dimensions(_) => AttributeLevel::Series,
    }
}

fn shape(dimensions: &[ComponentUse], attributes: &[AttributeUse], timeless: bool) -> Shape {
    let of_level = |level: AttributeLevel| {
        let here = attributes.iter().filter(move |attribute| attribute.level == level);
        here.map(|attribute| attribute.component.id.clone()).collect()
    };
    Shape {
        dimensions: dimensions.iter().map(|dimension| dimension.id.clone()).collect(),
        observation_attributes: of_level(AttributeLevel::Observation),
        series_attributes: of_level(AttributeLevel::Series),
        timeless,
    }
}

fn reference(constraint: &DataConstraint) -> Reference {
    let identity = &constraint.identity;
    let (agency, id) = (identity.agency.clone(), identity.id.clone());
    Reference::new(Class::DataConstraint, agency, id, identity.version.clone())
}

/// Constraints that say what is allowed in a dataflow, by name or by its data structure.
pub(super) fn constraints<'a>(
    structures: &'a Structures,
    dataflow: Option<&Reference>,
    structure: &Reference,
) -> Vec<&'a DataConstraint> {
    // A reference may be a pattern of versions on either side.
    let leads = |from: &[Reference], to: &Reference| {
        let to = structures.get_key(to);
        to.is_some() && from.iter().any(|from| structures.get_key(from) == to)
    };
    let all = structures.of_class(Class::DataConstraint).filter_map(|(_, artefact)| match &**artefact {
        Artefact::DataConstraint(constraint) => Some(constraint),
        _ => None,
    });
    all.filter(|constraint| {
        let attachment = &constraint.constraint_attachment;
        constraint.role == ConstraintRole::Allowed
            && (dataflow.is_some_and(|flow| leads(&attachment.dataflows, flow))
                || leads(&attachment.data_structures, structure))
    })
    .collect()
}

/// What constraints say about one component alone: all of several hold.
pub(super) fn restrictions(
    constraints: &[&DataConstraint],
    id: &str,
) -> (Option<BTreeSet<Arc<str>>>, BTreeSet<Arc<str>>) {
    let (mut allowed, mut excluded) = (None::<BTreeSet<Arc<str>>>, BTreeSet::new());
    for region in constraints.iter().flat_map(|constraint| &constraint.cube_regions) {
        // A region that is excluded takes only combinations away if it has several components.
        if !region.include && region.all_values().count() > 1 {
            continue;
        }
        for values in region.all_values().filter(|values| &*values.id == id && !values.values.is_empty()) {
            let plain = values.values.iter().filter(|value| values.qualifiers.is_plain(value));
            let named = plain.cloned();
            if region.include != values.include {
                excluded.extend(named);
                continue;
            }
            // What qualified values come to is not known: they may allow any other.
            if !values.qualifiers.is_none() {
                continue;
            }
            let named: BTreeSet<_> = named.collect();
            allowed = Some(match allowed {
                None => named,
                Some(before) => before.intersection(&named).cloned().collect(),
            });
        }
    }
    for set in constraints.iter().flat_map(|constraint| included_keys(constraint, id)) {
        allowed = Some(match allowed {
            None => set,
            Some(before) => &before & &set,
        });
    }
    (allowed, excluded)
}

/// The values of a component in the keys that a constraint allows; nothing if some key may have any.
fn included_keys(constraint: &DataConstraint, id: &str) -> Option<BTreeSet<Arc<str>>> {
    let sets = constraint.key_sets.iter().filter(|set| set.is_included);
    let keys: Vec<_> = sets.flat_map(|set| &set.keys).collect();
    let values = keys.iter().map(|key| Some(&key.key_values.iter().find(|values| &*values.id == id)?.values));
    let values: Option<Vec<_>> = values.collect();
    values.filter(|values| !values.is_empty()).map(|values| values.into_iter().flatten().cloned().collect())
}
