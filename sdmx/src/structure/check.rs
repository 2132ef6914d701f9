//! Whether artefacts hang together: references lead somewhere, ids are unique, trees are trees.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::artefact::{Artefact, Identity};
use super::codelist::Codelist;
use super::id::{AgencyId, CodeId, Id};
use super::problem::Problem;
use super::reference::{Class, Reference};
use super::scheme::{ConceptScheme, Item};
use super::set::Structures;
use super::version::Version;

/// Deepest tree of codes; the M49 tree has five levels.
pub(super) const PARENTS_MAX: usize = 64;

impl Structures {
    /// Everything that is wrong with the set, all in one go.
    pub fn check(&self) -> Vec<Problem> {
        let mut checker = Checker { structures: self, problems: Vec::new(), expanded: BTreeMap::new() };
        for (reference, artefact) in self.iter() {
            checker.check(reference, artefact);
        }
        checker.check_principals();
        checker.problems
    }
}

pub(super) struct Checker<'a> {
    pub(super) structures: &'a Structures,
    pub(super) problems: Vec<Problem>,
    /// Code lists with all of their codes, each made once; nothing where one cannot be made.
    pub(super) expanded: BTreeMap<Reference, Option<Arc<Codelist>>>,
}

impl Checker<'_> {
    fn check(&mut self, at: &Reference, artefact: &Artefact) {
        match artefact {
            Artefact::AgencyScheme(scheme) => {
                self.check_organisations(at, &scheme.identity, "AGENCIES", &scheme.agencies);
                for item in scheme.agencies.iter().filter(|item| AgencyId::new(&item.id).is_err()) {
                    self.report(at, format!("{:?} is not the id of an agency: begin with a letter", item.id));
                }
            }
            Artefact::DataProviderScheme(scheme) => {
                self.check_organisations(at, &scheme.identity, "DATA_PROVIDERS", &scheme.data_providers)
            }
            Artefact::Codelist(list) => self.check_codes(at, list),
            Artefact::ConceptScheme(scheme) => self.check_concepts(at, scheme),
            Artefact::DataStructure(structure) => self.check_components(at, structure),
            Artefact::Dataflow(dataflow) => self.check_dataflow(at, dataflow),
            Artefact::ProvisionAgreement(agreement) => self.check_agreement(at, agreement),
            Artefact::DataConstraint(constraint) => self.check_constraint(at, constraint),
            Artefact::DataConsumerScheme(scheme) => {
                self.check_organisations(at, &scheme.identity, "DATA_CONSUMERS", &scheme.data_consumers)
            }
            Artefact::MetadataProviderScheme(scheme) => {
                let items = &scheme.metadata_providers;
                self.check_organisations(at, &scheme.identity, "METADATA_PROVIDERS", items)
            }
            Artefact::OrganisationUnitScheme(scheme) => self.check_units(at, scheme),
            Artefact::CategoryScheme(scheme) => self.check_categories(at, scheme),
            Artefact::Categorisation(categorisation) => {
                self.check_any_reference(at, &categorisation.source);
                self.check_item_reference(at, &categorisation.target, Class::CategoryScheme);
            }
            Artefact::Hierarchy(hierarchy) => self.check_hierarchy(at, hierarchy),
            Artefact::HierarchyAssociation(association) => {
                self.check_reference(at, &association.linked_hierarchy, Class::Hierarchy);
                self.check_any_reference(at, &association.linked_object);
                let context = association.context_object.iter();
                context.for_each(|context| self.check_any_reference(at, context));
            }
            Artefact::ValueList(list) => {
                self.check_unique(at, "value", list.value_items.iter().map(|item| &item.id))
            }
            Artefact::MetadataStructure(structure) => self.check_metadata(at, structure),
            Artefact::Metadataflow(flow) => {
                self.check_reference(at, &flow.structure, Class::MetadataStructure)
            }
            Artefact::MetadataProvisionAgreement(agreement) => {
                self.check_reference(at, &agreement.metadataflow, Class::Metadataflow);
                let provider = &agreement.metadata_provider;
                self.check_item_reference(at, provider, Class::MetadataProviderScheme);
            }
            Artefact::Stub(_) => {}
        }
    }

    fn check_any_reference(&mut self, at: &Reference, to: &Reference) {
        self.check_reference(at, to, to.class);
    }

    pub(super) fn report(&mut self, at: &Reference, text: impl Into<String>) {
        self.problems.push(Problem { artefact: at.to_string(), text: text.into() });
    }

    /// Reports a reference that leads nowhere, or to something of another class.
    pub(super) fn check_reference(&mut self, at: &Reference, to: &Reference, class: Class) {
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
        if let Some(item) = &to.item
            && !artefact.has_item(item)
        {
            self.report(at, format!("refers to {to}, but that scheme has no item {item}"));
        }
    }

    /// Reports a reference that names a scheme where one of its items is meant.
    pub(super) fn check_item_reference(&mut self, at: &Reference, to: &Reference, class: Class) {
        self.check_reference(at, to, class);
        if to.item.is_none() && to.class == class {
            self.report(at, format!("refers to {to} as a whole: name one of its items, .ID after it"));
        }
    }

    fn check_organisations(&mut self, at: &Reference, identity: &Identity, id: &str, items: &[Item]) {
        if &*identity.id != id || identity.version != Version::of_organisations() {
            self.report(at, format!("such a scheme is always {id}, version 1.0"));
        }
        self.check_unique(at, "item", items.iter().map(|item| &item.id));
    }

    fn check_concepts(&mut self, at: &Reference, scheme: &ConceptScheme) {
        self.check_unique(at, "concept", scheme.concepts.iter().map(|concept| &concept.id));
        let parent = |id: &Id| scheme.concept(id).map(|concept| concept.parent.as_ref());
        self.check_tree(at, "concept", scheme.concepts.iter().map(|concept| &concept.id), parent);
        for representation in
            scheme.concepts.iter().filter_map(|concept| concept.core_representation.as_ref())
        {
            self.check_representation(at, representation);
        }
    }

    fn check_codes(&mut self, at: &Reference, list: &Codelist) {
        self.check_unique(at, "code", list.codes().iter().map(|code| &code.id));
        for extension in &list.extensions {
            self.check_reference(at, &extension.codelist, Class::Codelist);
            if extension.include.is_some() && extension.exclude.is_some() {
                let other = &extension.codelist;
                self.report(
                    at,
                    format!(
                        "takes codes of {other} with both a selection to include and one to exclude: \
                                         give one of them"
                    ),
                );
            }
        }
        let is_complete = list.extensions.iter().all(|other| self.structures.get(&other.codelist).is_some());
        if is_complete && let Err(error) = self.structures.expanded(at) {
            self.report(at, error.to_string());
        }
        let expanded = self.structures.expanded(at);
        let list = expanded.as_deref().unwrap_or(list);
        let parent = |id: &CodeId| list.get(id).map(|code| code.parent.as_ref());
        self.check_tree(at, "code", list.codes().iter().map(|code| &code.id), parent);
    }

    pub(super) fn check_unique<'i>(
        &mut self,
        at: &Reference,
        kind: &str,
        ids: impl Iterator<Item = &'i (impl std::ops::Deref<Target = str> + 'i)>,
    ) {
        let mut seen = HashSet::new();
        for id in ids.map(|id| &**id) {
            if !seen.insert(id) {
                self.report(at, format!("has the {kind} {id} twice: leave one"));
            }
        }
    }

    pub(super) fn check_tree<'i, I: std::ops::Deref<Target = str> + PartialEq + 'i>(
        &mut self,
        at: &Reference,
        kind: &str,
        ids: impl Iterator<Item = &'i I>,
        parent: impl Fn(&I) -> Option<Option<&'i I>>,
    ) {
        for id in ids {
            let mut above = id;
            for depth in 0.. {
                let Some(Some(next)) = parent(above) else { break };
                let (id, next_id): (&str, &str) = (id, next);
                if parent(next).is_none() {
                    if depth == 0 {
                        self.report(
                            at,
                            format!("the parent {next_id} of the {kind} {id} is not in the list: add it"),
                        );
                    }
                    break;
                }
                if next_id == id {
                    self.report(at, format!("the {kind} {id} is its own ancestor: correct a parent"));
                    break;
                }
                if depth == PARENTS_MAX {
                    // One that hangs on a cycle comes here, too; the members of the cycle are told above.
                    self.report(
                        at,
                        format!(
                            "the {kind} {id} has more than {PARENTS_MAX} ancestors: make the tree flatter"
                        ),
                    );
                    break;
                }
                above = next;
            }
        }
    }
}
