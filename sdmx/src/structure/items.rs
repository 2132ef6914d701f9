//! Schemes cut to some of their items.

use std::sync::Arc;

use super::artefact::Artefact;
use super::category::Category;
use super::codelist::Codelist;
use super::hierarchy::HierarchicalCode;

impl Artefact {
    /// The scheme with the wanted items only, marked as partial; of nested items also those that they lie in. Items are
    /// asked for by id, nested ones by path: `POP.MIG`. What is no scheme stays as it is.
    pub fn with_items(&self, is_wanted: &dyn Fn(&str) -> bool) -> Artefact {
        let mut cut = self.clone();
        let identity = match &mut cut {
            Self::AgencyScheme(scheme) => {
                scheme.agencies.retain(|item| is_wanted(&item.id));
                &mut scheme.identity
            }
            Self::DataProviderScheme(scheme) => {
                scheme.data_providers.retain(|item| is_wanted(&item.id));
                &mut scheme.identity
            }
            Self::DataConsumerScheme(scheme) => {
                scheme.data_consumers.retain(|item| is_wanted(&item.id));
                &mut scheme.identity
            }
            Self::MetadataProviderScheme(scheme) => {
                scheme.metadata_providers.retain(|item| is_wanted(&item.id));
                &mut scheme.identity
            }
            Self::OrganisationUnitScheme(scheme) => {
                scheme.organisation_units.retain(|unit| is_wanted(&unit.id));
                &mut scheme.identity
            }
            Self::ConceptScheme(scheme) => {
                scheme.concepts.retain(|concept| is_wanted(&concept.id));
                &mut scheme.identity
            }
            Self::ValueList(list) => {
                list.value_items.retain(|item| is_wanted(&item.id));
                &mut list.identity
            }
            Self::CategoryScheme(scheme) => {
                retain_categories(&mut scheme.categories, "", is_wanted);
                &mut scheme.identity
            }
            Self::Hierarchy(hierarchy) => {
                // A hierarchy is no item scheme in SDMX: it has no mark for being partial.
                retain_codes(&mut hierarchy.hierarchical_codes, "", is_wanted);
                return cut;
            }
            Self::Codelist(list) => {
                let codes = list.codes().iter().filter(|code| is_wanted(&code.id)).cloned().collect();
                let mut some = Codelist::new(list.identity.clone(), codes);
                some.extensions.clone_from(&list.extensions);
                *list = Arc::new(some);
                &mut Arc::make_mut(list).identity
            }
            _ => return cut,
        };
        identity.is_partial = true;
        cut
    }
}

/// Depth is limited where messages are read.
fn retain_categories(categories: &mut Vec<Category>, above: &str, is_wanted: &dyn Fn(&str) -> bool) {
    categories.retain_mut(|category| {
        let path = path(above, &category.id);
        retain_categories(&mut category.categories, &path, is_wanted);
        !category.categories.is_empty() || is_wanted(&path)
    });
}

fn retain_codes(codes: &mut Vec<HierarchicalCode>, above: &str, is_wanted: &dyn Fn(&str) -> bool) {
    codes.retain_mut(|code| {
        let path = path(above, &code.id);
        retain_codes(&mut code.hierarchical_codes, &path, is_wanted);
        !code.hierarchical_codes.is_empty() || is_wanted(&path)
    });
}

fn path(above: &str, id: &str) -> String {
    if above.is_empty() { id.to_owned() } else { format!("{above}.{id}") }
}
