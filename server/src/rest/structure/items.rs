//! Schemes cut to single items: a query names them after the version.

use std::sync::Arc;

use mighub_sdmx::structure::{Artefact, Category, Codelist, HierarchicalCode, Item};

/// The artefact with these items only, nested ones with those above them; nothing if it has none of them. What has
/// no items is given whole.
pub(super) fn cut(artefact: &Artefact, wanted: &[String]) -> Option<Artefact> {
    let keep = |id: &str| wanted.iter().any(|name| name == id);
    let keep_items = |items: &mut Vec<Item>| {
        items.retain(|item| keep(&item.id));
        !items.is_empty()
    };
    let mut cut = artefact.clone();
    let is_any = match &mut cut {
        Artefact::Codelist(list) => {
            let mut codes: Vec<_> = list.codes().iter().filter(|code| keep(&code.id)).cloned().collect();
            // A parent that is not shown leaves its children at the top.
            codes.iter_mut().for_each(|code| drop(code.parent.take_if(|parent| !keep(parent))));
            let is_any = !codes.is_empty();
            *list = Arc::new(Codelist::new(list.identity.clone(), codes));
            is_any
        }
        Artefact::ConceptScheme(scheme) => {
            scheme.concepts.retain(|concept| keep(&concept.id));
            scheme.concepts.iter_mut().for_each(|concept| drop(concept.parent.take_if(|parent| !keep(parent))));
            !scheme.concepts.is_empty()
        }
        Artefact::ValueList(list) => {
            list.value_items.retain(|item| keep(&item.id));
            !list.value_items.is_empty()
        }
        Artefact::AgencyScheme(scheme) => keep_items(&mut scheme.agencies),
        Artefact::DataProviderScheme(scheme) => keep_items(&mut scheme.data_providers),
        Artefact::DataConsumerScheme(scheme) => keep_items(&mut scheme.data_consumers),
        Artefact::MetadataProviderScheme(scheme) => keep_items(&mut scheme.metadata_providers),
        Artefact::OrganisationUnitScheme(scheme) => {
            scheme.organisation_units.retain(|unit| keep(&unit.id));
            scheme.organisation_units.iter_mut().for_each(|unit| drop(unit.parent.take_if(|parent| !keep(parent))));
            !scheme.organisation_units.is_empty()
        }
        Artefact::CategoryScheme(scheme) => {
            let paths: Vec<Vec<&str>> = wanted.iter().map(|path| path.split('.').collect()).collect();
            keep_paths(&mut scheme.categories, &paths);
            !scheme.categories.is_empty()
        }
        Artefact::Hierarchy(hierarchy) => {
            let paths: Vec<Vec<&str>> = wanted.iter().map(|path| path.split('.').collect()).collect();
            keep_paths(&mut hierarchy.hierarchical_codes, &paths);
            !hierarchy.hierarchical_codes.is_empty()
        }
        _ => return Some(cut),
    };
    if let Some(identity) = identity(&mut cut) {
        identity.is_partial = true;
    }
    is_any.then_some(cut)
}

fn identity(artefact: &mut Artefact) -> Option<&mut mighub_sdmx::structure::Identity> {
    Some(match artefact {
        Artefact::Codelist(list) => &mut Arc::make_mut(list).identity,
        Artefact::ConceptScheme(scheme) => &mut scheme.identity,
        Artefact::ValueList(list) => &mut list.identity,
        Artefact::AgencyScheme(scheme) => &mut scheme.identity,
        Artefact::DataProviderScheme(scheme) => &mut scheme.identity,
        Artefact::DataConsumerScheme(scheme) => &mut scheme.identity,
        Artefact::MetadataProviderScheme(scheme) => &mut scheme.identity,
        Artefact::OrganisationUnitScheme(scheme) => &mut scheme.identity,
        Artefact::CategoryScheme(scheme) => &mut scheme.identity,
        Artefact::Hierarchy(hierarchy) => &mut hierarchy.identity,
        _ => return None,
    })
}

/// An item in a tree.
trait Nested {
    fn id(&self) -> &str;
    fn within(&mut self) -> &mut Vec<Self>
    where
        Self: Sized;
}

impl Nested for Category {
    fn id(&self) -> &str {
        &self.id
    }

    fn within(&mut self) -> &mut Vec<Self> {
        &mut self.categories
    }
}

impl Nested for HierarchicalCode {
    fn id(&self) -> &str {
        &self.id
    }

    fn within(&mut self) -> &mut Vec<Self> {
        &mut self.hierarchical_codes
    }
}

/// Keeps what lies on one of the paths. It goes no deeper than the paths do, which are as long as an address.
fn keep_paths<N: Nested>(items: &mut Vec<N>, paths: &[Vec<&str>]) {
    items.retain_mut(|item| {
        let below: Vec<Vec<&str>> = paths
            .iter()
            .filter(|path| path.first() == Some(&item.id()))
            .map(|path| path[1..].to_vec())
            .collect();
        if below.is_empty() {
            return false;
        }
        // Whoever asks for a category itself gets it without those below.
        keep_paths(item.within(), &below);
        below.iter().any(Vec::is_empty) || !item.within().is_empty()
    });
}
