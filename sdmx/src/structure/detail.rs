//! How much of artefacts is shown: whole, as stubs, or cut to what is used (SDMX REST, `detail`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::artefact::{Artefact, Identity};
use super::codelist::Codelist;
use super::names::Names;
use super::reference::{Class, Reference};
use super::set::Structures;
use super::stub::Stub;

/// How much of artefacts is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Everything; code lists with the codes that they take from others.
    #[default]
    Full,
    /// Of all artefacts only identity and name.
    AllStubs,
    /// The same of those that were not asked for themselves.
    ReferenceStubs,
    /// Of all artefacts identity, names, descriptions and annotations.
    AllCompleteStubs,
    /// The same of those that were not asked for themselves.
    ReferenceCompleteStubs,
    /// Code lists cut to the codes that constraints allow, concept schemes to the concepts that are used.
    ReferencePartial,
    /// Everything as it was sent: code lists with their extensions, not expanded.
    Raw,
}

/// Why a text does not say how much is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no value of detail: write full, allstubs, referencestubs, allcompletestubs, referencecompletestubs, \
     referencepartial or raw"
)]
pub struct DetailError(pub String);

impl Detail {
    /// Reads the value of `detail`.
    pub fn parse(text: &str) -> Result<Self, DetailError> {
        Ok(match &text.to_ascii_lowercase()[..] {
            "full" | "" => Self::Full,
            "allstubs" => Self::AllStubs,
            "referencestubs" => Self::ReferenceStubs,
            "allcompletestubs" => Self::AllCompleteStubs,
            "referencecompletestubs" => Self::ReferenceCompleteStubs,
            "referencepartial" => Self::ReferencePartial,
            "raw" => Self::Raw,
            _ => return Err(DetailError(super::id::beginning(text))),
        })
    }
}

impl Structures {
    /// This answer in the detail that was asked for. `asked` are the artefacts that were asked for themselves;
    /// `known` is the set that the answer is part of.
    pub fn in_detail(&self, detail: Detail, asked: &BTreeSet<Reference>, known: &Structures) -> Structures {
        let stubs = |complete: bool, all: bool| {
            let mut stubs = Structures::default();
            for (reference, artefact) in self.iter() {
                match all || !asked.contains(reference) {
                    true => stubs.replace(artefact.stub(complete)),
                    false => stubs.share(artefact),
                }
            }
            stubs
        };
        match detail {
            Detail::Raw => self.clone(),
            Detail::Full => self.expand_all(known),
            Detail::AllStubs => stubs(false, true),
            Detail::ReferenceStubs => stubs(false, false).expand_all(known),
            Detail::AllCompleteStubs => stubs(true, true),
            Detail::ReferenceCompleteStubs => stubs(true, false).expand_all(known),
            Detail::ReferencePartial => self.expand_all(known).cut(asked, known),
        }
    }

    /// Code lists with the codes that they take from others. One that cannot be expanded stays as it is.
    fn expand_all(&self, known: &Structures) -> Structures {
        let mut all = self.clone();
        for (reference, artefact) in self.of_class(Class::Codelist) {
            let Artefact::Codelist(list) = &**artefact else { continue };
            if !list.extensions.is_empty()
                && let Ok(expanded) = known.expanded(reference)
            {
                all.replace(Artefact::Codelist(expanded));
            }
        }
        all
    }

    /// Code lists and concept schemes cut to what the data structures and constraints of this answer use.
    fn cut(&self, asked: &BTreeSet<Reference>, known: &Structures) -> Structures {
        let used = Used::of(self, known);
        let mut all = self.clone();
        for (reference, artefact) in self.iter().filter(|(reference, _)| !asked.contains(reference)) {
            match &**artefact {
                Artefact::Codelist(list) => {
                    if let Some(codes) = used.codes.get(reference).and_then(Option::as_ref)
                        && let Some(cut) = list.cut(codes)
                    {
                        all.replace(Artefact::Codelist(Arc::new(cut)));
                    }
                }
                Artefact::ConceptScheme(scheme) => {
                    let Some(concepts) = used.concepts.get(reference) else { continue };
                    let mut cut = scheme.clone();
                    cut.concepts.retain(|concept| concepts.contains(&*concept.id));
                    if cut.concepts.len() < scheme.concepts.len() {
                        cut.identity.is_partial = true;
                        // A parent that is not shown leaves its children at the top.
                        for concept in &mut cut.concepts {
                            concept.parent.take_if(|parent| !concepts.contains(&**parent));
                        }
                        all.replace(Artefact::ConceptScheme(cut));
                    }
                }
                _ => {}
            }
        }
        all
    }
}

impl Artefact {
    /// Only its identity and name; a complete stub has descriptions, annotations and validity too.
    pub fn stub(&self, complete: bool) -> Artefact {
        if let Self::Stub(stub) = self {
            return Self::Stub(stub.clone());
        }
        let whole = self.identity();
        let identity = if complete {
            Identity { is_partial: false, ..whole.clone() }
        } else {
            let names = Names::of(whole.names.all().clone());
            let names = if names.best("en").is_none() { whole.names.clone() } else { names };
            Identity::new(whole.agency.clone(), whole.id.clone(), whole.version.clone(), names)
        };
        Self::Stub(Stub { class: self.class(), identity, structure_url: None, service_url: None })
    }
}

impl Codelist {
    /// The list with these codes only; nothing if it has no others.
    fn cut(&self, codes: &BTreeSet<Arc<str>>) -> Option<Self> {
        let mut kept: Vec<_> =
            self.codes().iter().filter(|code| codes.contains(&*code.id)).cloned().collect();
        if kept.len() == self.codes().len() {
            return None;
        }
        // A parent that is not shown leaves its children at the top.
        kept.iter_mut().for_each(|code| drop(code.parent.take_if(|parent| !codes.contains(&**parent))));
        let mut identity = self.identity.clone();
        identity.is_partial = true;
        Some(Self::new(identity, kept))
    }
}

/// What the dataflows and data structures of an answer use.
struct Used {
    /// Codes by code list; nothing where all may be used.
    codes: BTreeMap<Reference, Option<BTreeSet<Arc<str>>>>,
    /// Concepts by scheme.
    concepts: BTreeMap<Reference, BTreeSet<Arc<str>>>,
}

impl Used {
    fn of(answer: &Structures, known: &Structures) -> Self {
        let mut used = Self { codes: BTreeMap::new(), concepts: BTreeMap::new() };
        let flows: Vec<&Reference> = answer.of_class(Class::Dataflow).map(|(flow, _)| flow).collect();
        let mut of_flows = BTreeSet::new();
        for flow in flows {
            let Some(dataflow) = known.dataflow(flow) else { continue };
            of_flows.extend(known.get_key(&dataflow.structure));
            used.add(known, Some(flow), &dataflow.structure);
        }
        for (structure, _) in answer.of_class(Class::DataStructure) {
            // Without a dataflow, only constraints on the data structure itself count.
            if !of_flows.contains(structure) {
                used.add(known, None, structure);
            }
        }
        used
    }

    fn add(&mut self, known: &Structures, flow: Option<&Reference>, structure: &Reference) {
        let Some(definition) = known.data_structure(structure) else { return };
        let constraints = super::resolve::constraints(known, flow, structure);
        for component in definition.all() {
            let concept = component.concept();
            if let (Some(scheme), Some(item)) = (known.get_key(concept), &concept.item) {
                self.concepts.entry(scheme.clone()).or_default().insert(item.as_arc().clone());
            }
            let list = known.representation(component).and_then(|values| values.enumeration.as_ref());
            let Some(list) = list.and_then(|list| known.get_key(list)) else { continue };
            let (allowed, excluded) = super::resolve::restrictions(&constraints, component.id());
            let codes = match (allowed, excluded.is_empty()) {
                (None, true) => None,
                (Some(allowed), _) => Some(allowed.difference(&excluded).cloned().collect()),
                (None, false) => known.expanded(list).ok().map(|list| {
                    let all = list.codes().iter().map(|code| code.id.as_arc().clone());
                    all.filter(|code| !excluded.contains(code)).collect()
                }),
            };
            // Two components may share a list: what either may have is shown.
            match self.codes.entry(list.clone()) {
                std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(codes)),
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let both = entry.get_mut().take().zip(codes);
                    *entry.get_mut() = both.map(|(before, more): (BTreeSet<_>, _)| &before | &more);
                }
            }
        }
    }
}
