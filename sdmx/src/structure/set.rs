//! The artefacts a hub holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agreement::ProvisionAgreement;
use super::artefact::Artefact;
use super::codelist::Codelist;
use super::data_structure::{Component, DataStructure};
use super::dataflow::Dataflow;
use super::reference::{Class, Reference};
use super::representation::Representation;

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
    #[error("{0} is marked as partial, and it is here whole: send it whole")]
    Partial(String),
    /// A stub would replace the artefact itself.
    #[error("{0} is a reference to another place, and it is here itself: send it whole")]
    Stub(String),
}

impl Structures {
    /// Adds an artefact or replaces a draft; true if anything changed.
    pub fn put(&mut self, artefact: Artefact) -> Result<bool, StructureError> {
        let reference = artefact.reference();
        match self.artefacts.get(&reference) {
            Some(known) if **known == artefact => return Ok(false),
            // What is not there as a whole promises nothing yet.
            Some(known) if known.is_stub() => {}
            Some(_) if artefact.is_stub() => return Err(StructureError::Stub(reference.to_string())),
            Some(known) if known.identity().is_partial => {}
            Some(_) if artefact.identity().is_partial => {
                return Err(StructureError::Partial(reference.to_string()));
            }
            Some(_) if reference.version.is_stable() => {
                return Err(StructureError::Stable(reference.to_string()));
            }
            _ => {}
        }
        self.artefacts.insert(reference, Arc::new(artefact));
        Ok(true)
    }

    /// Adds an artefact as it is, whatever was there: for drafts of sets, and for what comes from elsewhere in parts.
    pub fn replace(&mut self, artefact: Artefact) {
        self.share(&Arc::new(artefact));
    }

    /// Removes an artefact.
    pub fn remove(&mut self, reference: &Reference) -> Option<Arc<Artefact>> {
        self.artefacts.remove(reference)
    }

    /// The artefact with this name; an item's reference finds its scheme, a pattern of versions the newest artefact
    /// that fits.
    pub fn get(&self, reference: &Reference) -> Option<&Arc<Artefact>> {
        self.find_entry(reference).map(|(_, artefact)| artefact)
    }

    /// The full name of what a reference leads to.
    pub fn get_key(&self, reference: &Reference) -> Option<&Reference> {
        self.find_entry(reference).map(|(found, _)| found)
    }

    fn find_entry(&self, reference: &Reference) -> Option<(&Reference, &Arc<Artefact>)> {
        if reference.version.is_pattern() {
            return self.fitting(reference).max_by(|(a, _), (b, _)| a.version.cmp(&b.version));
        }
        match &reference.item {
            None => self.artefacts.get_key_value(reference),
            Some(_) => self.artefacts.get_key_value(&reference.artefact()),
        }
    }

    /// All versions of an artefact that fit the version of a reference.
    pub fn fitting(&self, reference: &Reference) -> impl Iterator<Item = (&Reference, &Arc<Artefact>)> {
        self.of_class(reference.class).filter(move |(found, _)| {
            found.agency == reference.agency
                && found.id == reference.id
                && reference.version.fits(&found.version)
        })
    }

    /// The code list with this name.
    pub fn codelist(&self, reference: &Reference) -> Option<&Arc<Codelist>> {
        match &**self.get(reference)? {
            Artefact::Codelist(list) => Some(list),
            _ => None,
        }
    }

    /// The data structure with this name.
    pub fn data_structure(&self, reference: &Reference) -> Option<&DataStructure> {
        match &**self.get(reference)? {
            Artefact::DataStructure(structure) => Some(structure),
            _ => None,
        }
    }

    /// The dataflow with this name.
    pub fn dataflow(&self, reference: &Reference) -> Option<&Dataflow> {
        match &**self.get(reference)? {
            Artefact::Dataflow(dataflow) => Some(dataflow),
            _ => None,
        }
    }

    /// The provision agreement with this name.
    pub fn agreement(&self, reference: &Reference) -> Option<&ProvisionAgreement> {
        match &**self.get(reference)? {
            Artefact::ProvisionAgreement(agreement) => Some(agreement),
            _ => None,
        }
    }

    /// The values of a component: its own, else those of its concept.
    pub fn representation<'a>(&'a self, component: Component<'a>) -> Option<&'a Representation> {
        component.representation().or_else(|| {
            let concept = component.concept();
            match &**self.get(concept)? {
                Artefact::ConceptScheme(scheme) => {
                    scheme.concept(concept.item.as_ref()?)?.core_representation.as_ref()
                }
                _ => None,
            }
        })
    }

    /// All artefacts, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Reference, &Arc<Artefact>)> {
        self.artefacts.iter()
    }

    /// All artefacts of a class.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = (&Reference, &Arc<Artefact>)> {
        self.artefacts.iter().filter(move |(reference, _)| reference.class == class)
    }

    /// The newest artefact of this class, agency and id; of one number, the final one is newer than drafts.
    pub fn latest(&self, class: Class, agency: &str, id: &str) -> Option<(&Reference, &Arc<Artefact>)> {
        let named = self.of_class(class).filter(|(found, _)| *found.agency == *agency && *found.id == *id);
        named.max_by(|(a, _), (b, _)| a.version.cmp(&b.version))
    }

    /// The newest artefact of a class whose id is `text`, or that `AGENCY:ID` or `AGENCY:ID(VERSION)` names.
    /// Several agencies may use one id: then the agency must be given.
    pub fn find(&self, class: Class, text: &str) -> Option<(&Reference, &Arc<Artefact>)> {
        if text.contains('(') {
            let reference = Reference::parse_short(class, text).ok()?;
            return self.artefacts.get_key_value(&reference);
        }
        if let Some((agency, id)) = text.split_once(':') {
            return self.latest(class, agency, id);
        }
        let mut named = self.of_class(class).filter(|(reference, _)| *reference.id == *text);
        let agency = &named.next()?.0.agency;
        named.all(|(reference, _)| reference.agency == *agency).then(|| self.latest(class, agency, text))?
    }

    /// Adds an artefact of another set, shared.
    pub fn share(&mut self, artefact: &Arc<Artefact>) {
        self.artefacts.insert(artefact.reference(), artefact.clone());
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
