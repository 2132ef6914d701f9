//! One dataflow with everything that reading, judging and writing its data needs, looked up once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::artefact::Artefact;
use super::codelist::Codelist;
use super::component::{
    AttributeRelationship, ConstraintRole, DataStructure, Format, Occurs, Representation, Usage,
};
use super::json::write_json;
use super::reference::{Class, Reference};
use super::set::Structures;
use crate::columns::Shape;

/// What the values of a component are taken from.
#[derive(Clone, Debug, PartialEq)]
pub enum CodedBy {
    /// A code list.
    Codelist(Arc<Artefact>),
    /// A format.
    Format(Format),
}

impl CodedBy {
    /// The code list, if values are coded.
    pub fn codelist(&self) -> Option<&Codelist> {
        match self {
            Self::Codelist(artefact) => match &**artefact {
                Artefact::Codelist(list) => Some(list),
                _ => None,
            },
            Self::Format(_) => None,
        }
    }
}

/// At which level an attribute's values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeLevel {
    /// One for the dataset.
    Dataset,
    /// One for each series.
    Series,
    /// One for each observation.
    Observation,
}

/// A component of a dataflow's data, and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentUse {
    /// Id.
    pub id: Arc<str>,
    /// Where values come from.
    pub coded_by: CodedBy,
    /// Values that the dataflow's constraint allows; nothing if it does not restrict them.
    pub allowed: Option<BTreeSet<Arc<str>>>,
    /// Values that the dataflow's constraint excludes.
    pub excluded: BTreeSet<Arc<str>>,
}

/// An attribute, or a measure beyond the first.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeUse {
    /// Id and values.
    pub component: ComponentUse,
    /// Its level.
    pub level: AttributeLevel,
    /// Whether it must have a value, be it by default.
    pub usage: Usage,
    /// Whether a cell may hold several values.
    pub multi_valued: bool,
    /// Whether texts may stand in several languages.
    pub multilingual: bool,
}

/// One dataflow, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct DataDefinition {
    /// The dataflow.
    pub dataflow: Reference,
    /// Its name in English, or its id.
    pub name: String,
    /// Its data structure.
    pub structure: Reference,
    /// Dimensions without time, in order.
    pub dimensions: Vec<ComponentUse>,
    /// Id of the time dimension.
    pub time: Option<Arc<str>>,
    /// The first measure.
    pub measure: ComponentUse,
    /// Attributes, and measures beyond the first, in order.
    pub attributes: Vec<AttributeUse>,
    /// What absent attributes stand for where no agreement says otherwise.
    pub defaults: BTreeMap<Arc<str>, Arc<str>>,
    /// The columns of its data.
    pub shape: Arc<Shape>,
    canonical: Arc<[u8]>,
}

/// Why a dataflow cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// There is no such dataflow.
    #[error("there is no dataflow {0}: `mighub structure list` shows those there are")]
    UnknownDataflow(String),
    /// Something it needs is missing.
    #[error("the dataflow {dataflow} is not usable: {missing} is missing")]
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
        let missing = |missing: String| DefinitionError::Incomplete { dataflow: dataflow.short(), missing };
        let flow_artefact =
            structures.get(dataflow).ok_or_else(|| DefinitionError::UnknownDataflow(dataflow.short()))?;
        let Artefact::Dataflow(flow) = &**flow_artefact else {
            return Err(DefinitionError::UnknownDataflow(dataflow.short()));
        };
        let structure_artefact =
            structures.get(&flow.structure).ok_or_else(|| missing(flow.structure.to_string()))?;
        let Artefact::DataStructure(structure) = &**structure_artefact else {
            return Err(missing(flow.structure.to_string()));
        };
        let mut closure = Structures::default();
        let mut keep = |artefact: &Arc<Artefact>| {
            // Cannot clash: every artefact comes from one set.
            let _ = closure.put((**artefact).clone());
        };
        keep(flow_artefact);
        keep(structure_artefact);
        let constraints = constraints(structures, dataflow);
        constraints.iter().for_each(&mut keep);
        let mut component =
            |id: &Arc<str>, representation: &Representation| -> Result<ComponentUse, DefinitionError> {
                let coded_by = match &representation.enumeration {
                    None => CodedBy::Format(representation.format.clone().unwrap_or_default()),
                    Some(list) => {
                        let artefact = structures.get(list).ok_or_else(|| missing(list.to_string()))?;
                        keep(artefact);
                        CodedBy::Codelist(artefact.clone())
                    }
                };
                let (allowed, excluded) = restrictions(&constraints, id);
                Ok(ComponentUse { id: id.clone(), coded_by, allowed, excluded })
            };
        let components = &structure.components;
        let mut dimensions: Vec<_> = components.dimension_list.dimensions.iter().collect();
        dimensions.sort_by_key(|dimension| dimension.position);
        let dimensions: Vec<ComponentUse> = dimensions
            .into_iter()
            .map(|dimension| component(&dimension.id, &dimension.local_representation))
            .collect::<Result<_, _>>()?;
        let mut measures = components.measure_list.measures.iter();
        let first = measures.next().ok_or_else(|| missing("a measure".to_owned()))?;
        let measure = component(&first.id, &first.local_representation)?;
        let mut attributes = Vec::new();
        for further in measures {
            let used = component(&further.id, &further.local_representation)?;
            attributes.push(attribute_use(
                used,
                &further.local_representation,
                AttributeLevel::Observation,
                further.usage,
            ));
        }
        for attribute in &components.attribute_list.attributes {
            let used = component(&attribute.id, &attribute.local_representation)?;
            let level = level(structure, &attribute.attribute_relationship);
            attributes.push(attribute_use(used, &attribute.local_representation, level, attribute.usage));
        }
        let time = components.dimension_list.time_dimension.as_ref().map(|time| time.id.clone());
        let of_level = |level: AttributeLevel| {
            let here = attributes.iter().filter(move |attribute| attribute.level == level);
            here.map(|attribute| attribute.component.id.clone()).collect()
        };
        let shape = Shape {
            dimensions: dimensions.iter().map(|dimension| dimension.id.clone()).collect(),
            observation_attributes: of_level(AttributeLevel::Observation),
            series_attributes: of_level(AttributeLevel::Series),
            timeless: time.is_none(),
        };
        Ok(Arc::new(Self {
            dataflow: dataflow.clone(),
            name: flow.identity.names.best("en").unwrap_or(&flow.identity.id).to_owned(),
            structure: flow.structure.clone(),
            dimensions,
            time,
            measure,
            attributes,
            defaults: flow.defaults().map(|(id, value)| (Arc::from(id), Arc::from(value))).collect(),
            shape: Arc::new(shape),
            canonical: write_json(&closure).into(),
        }))
    }

    /// An SDMX-JSON message with the dataflow and all it refers to, always in the same bytes: its digest is
    /// the structure's.
    pub fn canonical_json(&self) -> &[u8] {
        &self.canonical
    }

    /// The attribute with this id.
    pub fn attribute(&self, id: &str) -> Option<&AttributeUse> {
        self.attributes.iter().find(|attribute| *attribute.component.id == *id)
    }
}

fn attribute_use(
    component: ComponentUse,
    representation: &Representation,
    level: AttributeLevel,
    usage: Usage,
) -> AttributeUse {
    let multilingual = representation.format.as_ref().and_then(|format| format.is_multi_lingual);
    AttributeUse {
        component,
        level,
        usage,
        multi_valued: !matches!(representation.max_occurs, None | Some(Occurs::Times(1))),
        multilingual: multilingual.unwrap_or(false),
    }
}

fn level(structure: &DataStructure, relationship: &AttributeRelationship) -> AttributeLevel {
    let time = structure.components.dimension_list.time_dimension.as_ref().map(|time| &time.id);
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

fn constraints(structures: &Structures, dataflow: &Reference) -> Vec<Arc<Artefact>> {
    let about = |artefact: &Artefact| match artefact {
        Artefact::DataConstraint(constraint) => {
            constraint.role == ConstraintRole::Allowed
                && constraint.constraint_attachment.dataflows.contains(dataflow)
        }
        _ => false,
    };
    let all = structures.of_class(Class::DataConstraint).map(|(_, artefact)| artefact);
    all.filter(|artefact| about(artefact)).cloned().collect()
}

fn restrictions(constraints: &[Arc<Artefact>], id: &str) -> (Option<BTreeSet<Arc<str>>>, BTreeSet<Arc<str>>) {
    let (mut allowed, mut excluded) = (None::<BTreeSet<Arc<str>>>, BTreeSet::new());
    for artefact in constraints {
        let Artefact::DataConstraint(constraint) = &**artefact else { continue };
        for region in &constraint.cube_regions {
            for values in region.key_values.iter().filter(|values| *values.id == *id) {
                if region.include {
                    allowed.get_or_insert_default().extend(values.values.iter().cloned());
                } else {
                    excluded.extend(values.values.iter().cloned());
                }
            }
        }
    }
    (allowed, excluded)
}
