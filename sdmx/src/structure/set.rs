//! The artefacts a hub holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::artefact::Artefact;
use super::reference::{Class, Reference};

/// Artefacts by name, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structures {
    artefacts: BTreeMap<Reference, Arc<Artefact>>,
}

/// Why an artefact cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StructureError {
    /// A stable artefact would change.
    #[error("{0} is stable and cannot change: give the new one another version")]
    Stable(String),
    /// A scheme with items missing would replace a full one.
    #[error("{0} is marked as partial: send it whole")]
    Partial(String),
}

impl Structures {
    /// Adds an artefact or replaces a draft; true if anything changed.
    pub fn put(&mut self, artefact: Artefact) -> Result<bool, StructureError> {
        let reference = artefact.reference();
        if artefact.identity().is_partial {
            return Err(StructureError::Partial(reference.to_string()));
        }
        match self.artefacts.get(&reference) {
            Some(known) if **known == artefact => return Ok(false),
            Some(_) if reference.version.is_stable() => {
                return Err(StructureError::Stable(reference.to_string()));
            }
            _ => {}
        }
        self.artefacts.insert(reference, Arc::new(artefact));
        Ok(true)
    }

    /// The artefact with this name; an item's reference finds its scheme.
    pub fn get(&self, reference: &Reference) -> Option<&Arc<Artefact>> {
        match &reference.item {
            None => self.artefacts.get(reference),
            Some(_) => self.artefacts.get(&reference.artefact()),
        }
    }

    /// All artefacts, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Reference, &Arc<Artefact>)> {
        self.artefacts.iter()
    }

    /// All artefacts of a class.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = (&Reference, &Arc<Artefact>)> {
        self.artefacts.iter().filter(move |(reference, _)| reference.class == class)
    }

    /// The newest artefact of a class whose id is `text`, or that `AGENCY:ID` or `AGENCY:ID(VERSION)` names.
    /// Several agencies may use one id: then the agency must be given.
    pub fn find(&self, class: Class, text: &str) -> Option<(&Reference, &Arc<Artefact>)> {
        if text.contains('(') {
            let reference = Reference::parse_short(class, text).ok()?;
            return self.artefacts.get_key_value(&reference);
        }
        let (agency, id) = text.split_once(':').map_or((None, text), |(agency, id)| (Some(agency), id));
        let named = |reference: &Reference| {
            *reference.id == *id && agency.is_none_or(|agency| *reference.agency == *agency)
        };
        let mut found = self.of_class(class).filter(|(reference, _)| named(reference)).peekable();
        let first = found.peek().map(|(reference, _)| reference.agency.clone())?;
        let newest = found.max_by(|(a, _), (b, _)| a.version.cmp(&b.version))?;
        (newest.0.agency == first).then_some(newest)
    }

    /// Number of artefacts.
    pub fn len(&self) -> usize {
        self.artefacts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.artefacts.is_empty()
    }
}
