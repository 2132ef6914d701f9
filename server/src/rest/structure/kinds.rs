//! Types of artefacts, as the two versions of the API name them.

use mighub_sdmx::structure::{Class, ConstraintRole};

use crate::rest::error::{Family, Problem};

/// What a type in a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its classes; none where the standard knows the type and this hub holds nothing of it.
    pub(super) classes: Vec<Class>,
    /// Constraints of this role only.
    pub(super) role: Option<ConstraintRole>,
}

/// Types of both versions that are classes of one artefact.
const COMMON: [(&str, Class); 14] = [
    ("datastructure", Class::DataStructure),
    ("metadatastructure", Class::MetadataStructure),
    ("dataflow", Class::Dataflow),
    ("metadataflow", Class::Metadataflow),
    ("provisionagreement", Class::ProvisionAgreement),
    ("categorisation", Class::Categorisation),
    ("categoryscheme", Class::CategoryScheme),
    ("conceptscheme", Class::ConceptScheme),
    ("codelist", Class::Codelist),
    ("agencyscheme", Class::AgencyScheme),
    ("dataproviderscheme", Class::DataProviderScheme),
    ("dataconsumerscheme", Class::DataConsumerScheme),
    ("organisationunitscheme", Class::OrganisationUnitScheme),
    ("valuelist", Class::ValueList),
];

/// Types of version 2 alone.
const OF_V2: [(&str, Class); 5] = [
    ("hierarchy", Class::Hierarchy),
    ("hierarchyassociation", Class::HierarchyAssociation),
    ("dataconstraint", Class::DataConstraint),
    ("metadataproviderscheme", Class::MetadataProviderScheme),
    ("metadataprovisionagreement", Class::MetadataProvisionAgreement),
];

/// Types of the standard of which this hub holds nothing: there are none, which is no fault of whoever asks.
const HELD_BY_NOBODY: [&str; 18] = [
    "structuremap",
    "representationmap",
    "conceptschememap",
    "categoryschememap",
    "organisationschememap",
    "process",
    "metadataconstraint",
    "transformationscheme",
    "rulesetscheme",
    "userdefinedoperatorscheme",
    "customtypescheme",
    "namepersonalisationscheme",
    "vtlmappingscheme",
    "geographiccodelist",
    "geogridcodelist",
    "reportingtaxonomy",
    "structureset",
    "attachmentconstraint",
];

impl Kind {
    /// Reads a type.
    pub(super) fn read(family: Family, text: &str) -> Result<Self, Problem> {
        let of = |classes: Vec<Class>| Self { classes, role: None };
        let constraints = |role| Self { classes: vec![Class::DataConstraint], role };
        let name = text.to_ascii_lowercase();
        if let Some((_, class)) = COMMON.iter().find(|(known, _)| *known == name) {
            return Ok(of(vec![*class]));
        }
        let is_v1 = family == Family::V1;
        if let Some((_, class)) = OF_V2.iter().find(|(known, _)| !is_v1 && *known == name) {
            return Ok(of(vec![*class]));
        }
        match &*name {
            "*" | "all" if !is_v1 => Ok(of(Class::all().collect())),
            "structure" if is_v1 => Ok(of(Class::all().collect())),
            "organisationscheme" if is_v1 => {
                Ok(of(Class::all().filter(|class| class.is_of_organisations()).collect()))
            }
            "hierarchicalcodelist" if is_v1 => Ok(of(vec![Class::Hierarchy])),
            "contentconstraint" if is_v1 => Ok(constraints(None)),
            "allowedconstraint" if is_v1 => Ok(constraints(Some(ConstraintRole::Allowed))),
            "actualconstraint" if is_v1 => Ok(constraints(Some(ConstraintRole::Actual))),
            known if HELD_BY_NOBODY.contains(&known) => Ok(of(Vec::new())),
            _ => {
                let there = Self::names(family).collect::<Vec<_>>().join(", ");
                Err(Problem::malformed(format!("{text:?} is no type of artefact: write one of {there}")))
            }
        }
    }

    /// The type of a class in a version, if that has one.
    pub(super) fn name_of(family: Family, class: Class) -> Option<&'static str> {
        let of_v2 = OF_V2.iter().filter(|_| family != Family::V1);
        let known = COMMON.iter().chain(of_v2).find(|(_, known)| *known == class);
        known.map(|(name, _)| *name).or(match (family, class) {
            (Family::V1, Class::Hierarchy) => Some("hierarchicalcodelist"),
            (Family::V1, Class::DataConstraint) => Some("contentconstraint"),
            _ => None,
        })
    }

    /// All types of a version.
    pub(super) fn names(family: Family) -> impl Iterator<Item = &'static str> {
        const OF_V1: [&str; 6] = [
            "structure",
            "organisationscheme",
            "hierarchicalcodelist",
            "contentconstraint",
            "allowedconstraint",
            "actualconstraint",
        ];
        let of_v2 = OF_V2.iter().map(|(name, _)| *name).filter(move |_| family != Family::V1);
        let of_v1 = OF_V1.into_iter().filter(move |_| family == Family::V1);
        COMMON.iter().map(|(name, _)| *name).chain(of_v2).chain(of_v1).chain(HELD_BY_NOBODY)
    }
}
