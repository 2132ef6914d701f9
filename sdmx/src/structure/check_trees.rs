//! Whether nested items hang together: categories, hierarchical codes, units, metadata attributes.

use super::category::{Category, CategoryScheme};
use super::check::Checker;
use super::hierarchy::{HierarchicalCode, Hierarchy};
use super::id::CodeId;
use super::metadata::MetadataStructure;
use super::organisation::OrganisationUnitScheme;
use super::reference::{Class, Reference};
use super::version::Version;

impl Checker<'_> {
    pub(super) fn check_units(&mut self, at: &Reference, scheme: &OrganisationUnitScheme) {
        if scheme.identity.version != Version::of_organisations() {
            self.report(at, "such a scheme always has the version 1.0");
        }
        let units = &scheme.organisation_units;
        self.check_unique(at, "unit", units.iter().map(|unit| &unit.id));
        let parent = |id: &CodeId| units.iter().find(|unit| unit.id == *id).map(|unit| unit.parent.as_ref());
        self.check_tree(at, "unit", units.iter().map(|unit| &unit.id), parent);
    }

    pub(super) fn check_categories(&mut self, at: &Reference, scheme: &CategoryScheme) {
        let mut open: Vec<&[Category]> = vec![&scheme.categories];
        while let Some(categories) = open.pop() {
            self.check_unique(at, "category", categories.iter().map(|category| &category.id));
            open.extend(categories.iter().map(|category| &category.categories[..]));
        }
    }

    pub(super) fn check_hierarchy(&mut self, at: &Reference, hierarchy: &Hierarchy) {
        let mut open: Vec<&[HierarchicalCode]> = vec![&hierarchy.hierarchical_codes];
        while let Some(codes) = open.pop() {
            self.check_unique(at, "code", codes.iter().map(|code| &code.id));
            open.extend(codes.iter().map(|code| &code.hierarchical_codes[..]));
        }
        self.check_unique(at, "level", hierarchy.levels().map(|level| &level.id));
        for code in hierarchy.all_codes() {
            self.check_item_reference(at, &code.code, Class::Codelist);
            if let Some(level) = &code.level
                && !hierarchy.levels().any(|known| known.id == *level)
            {
                self.report(
                    at,
                    format!("the code {} is of a level {level} that is not there: add it", code.id),
                );
            }
            if code.valid_from.zip(code.valid_to).is_some_and(|(from, to)| to < from) {
                self.report(at, format!("the code {} ends before it begins: correct its validity", code.id));
            }
        }
    }

    pub(super) fn check_metadata(&mut self, at: &Reference, structure: &MetadataStructure) {
        self.check_unique(
            at,
            "metadata attribute",
            structure.all_attributes().map(|attribute| &attribute.id),
        );
        for attribute in structure.all_attributes() {
            self.check_item_reference(at, &attribute.concept_identity, Class::ConceptScheme);
            if let Some(representation) = &attribute.local_representation {
                self.check_representation(at, representation);
            }
        }
    }
}
