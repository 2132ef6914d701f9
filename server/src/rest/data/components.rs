//! Which attributes and measures are written (`attributes`, `measures`).

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_sdmx::structure::{AttributeLevel, AttributeUse};

use super::ask::DataQuery;
use super::fault::Fault;

impl DataQuery {
    /// Leaves what is named in lists; nothing named leaves all.
    pub(super) fn choose(&mut self, attributes: Option<&str>, measures: Option<&str>) -> Result<(), Fault> {
        let mut chosen: BTreeSet<Arc<str>> = self.attributes.iter().cloned().collect();
        if let Some(names) = attributes {
            self.leave(&mut chosen, false, names)?;
        }
        if let Some(names) = measures {
            let first = self.definition.measure.id.clone();
            self.measures = names.split(',').any(|name| name == "all" || *name == *first);
            let others: Vec<&str> = names.split(',').filter(|name| **name != *first).collect();
            self.leave(&mut chosen, true, &others.join(","))?;
        }
        self.is_partial |= !self.measures || chosen.len() < self.definition.attributes.len();
        self.attributes.retain(|id| chosen.contains(id));
        Ok(())
    }

    /// Of the attributes, or of the measures beyond the first, leaves what is named.
    fn leave(&self, chosen: &mut BTreeSet<Arc<str>>, of_measures: bool, names: &str) -> Result<(), Fault> {
        let kind: Vec<&AttributeUse> = self
            .definition
            .attributes
            .iter()
            .filter(|attribute| is_measure(attribute) == of_measures)
            .collect();
        kind.iter().for_each(|attribute| {
            chosen.remove(&attribute.component.id);
        });
        for name in names.split(',').filter(|name| !name.is_empty()) {
            let level = match (name, of_measures) {
                ("all", _) | ("dsd", false) => None,
                ("dataset", false) => Some(AttributeLevel::Dataset),
                ("series", false) => Some(AttributeLevel::Series),
                ("obs", false) => Some(AttributeLevel::Observation),
                ("none", _) => continue,
                // There is no reference metadata here.
                ("msd", false) => continue,
                (id, _) => {
                    let known = kind.iter().find(|attribute| *attribute.component.id == *id);
                    let known = known.ok_or_else(|| self.unknown(id, of_measures, &kind))?;
                    chosen.insert(known.component.id.clone());
                    continue;
                }
            };
            let of_level = kind.iter().filter(|attribute| level.is_none_or(|level| attribute.level == level));
            chosen.extend(of_level.map(|attribute| attribute.component.id.clone()));
        }
        Ok(())
    }

    fn unknown(&self, name: &str, of_measures: bool, kind: &[&AttributeUse]) -> Fault {
        let ids = kind.iter().map(|attribute| &*attribute.component.id);
        let (place, what, words) = match of_measures {
            false => ("attributes", "attribute", vec!["dsd", "dataset", "series", "obs", "all", "none"]),
            true => ("measures", "measure", vec!["all", "none", &self.definition.measure.id]),
        };
        let there: Vec<&str> = words.into_iter().chain(ids).collect();
        let rule = format!("{name:?} is no {what} of these data; there are: {}", there.join(", "));
        Fault::malformed(place, rule)
    }

    /// Whether what is written of an observation beside its first measure may differ from the next.
    pub(super) fn has_observation_attributes(&self) -> bool {
        self.attributes.iter().any(|id| self.definition.shape.observation_attribute(id).is_some())
    }
}

fn is_measure(attribute: &AttributeUse) -> bool {
    attribute.relationship.is_none()
}
