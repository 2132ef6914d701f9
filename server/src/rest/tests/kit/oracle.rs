//! What must come, told from one message with everything in it: which names stand in what an artefact says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Arrays of a message, the class in URNs, and what versions 2 and 1 call it in a path.
pub(super) const CLASSES: [(&str, &str, &str, &str); 19] = [
    ("agencySchemes", "AgencyScheme", "agencyscheme", "agencyscheme"),
    ("dataProviderSchemes", "DataProviderScheme", "dataproviderscheme", "dataproviderscheme"),
    ("dataConsumerSchemes", "DataConsumerScheme", "dataconsumerscheme", "dataconsumerscheme"),
    ("metadataProviderSchemes", "MetadataProviderScheme", "metadataproviderscheme", ""),
    ("organisationUnitSchemes", "OrganisationUnitScheme", "organisationunitscheme", "organisationunitscheme"),
    ("codelists", "Codelist", "codelist", "codelist"),
    ("valueLists", "ValueList", "valuelist", "valuelist"),
    ("conceptSchemes", "ConceptScheme", "conceptscheme", "conceptscheme"),
    ("dataStructures", "DataStructure", "datastructure", "datastructure"),
    ("dataflows", "Dataflow", "dataflow", "dataflow"),
    ("provisionAgreements", "ProvisionAgreement", "provisionagreement", "provisionagreement"),
    ("dataConstraints", "DataConstraint", "dataconstraint", "contentconstraint"),
    ("hierarchies", "Hierarchy", "hierarchy", "hierarchicalcodelist"),
    ("hierarchyAssociations", "HierarchyAssociation", "hierarchyassociation", ""),
    ("metadataStructures", "MetadataStructure", "metadatastructure", "metadatastructure"),
    ("metadataflows", "Metadataflow", "metadataflow", "metadataflow"),
    ("metadataProvisionAgreements", "MetadataProvisionAgreement", "metadataprovisionagreement", ""),
    ("categorySchemes", "CategoryScheme", "categoryscheme", "categoryscheme"),
    ("categorisations", "Categorisation", "categorisation", "categorisation"),
];

/// Class, agency, id and version.
pub(super) type Name = (&'static str, String, String, String);

/// All artefacts of a message, and the names in what they say.
pub(super) type Message = BTreeMap<Name, (Value, BTreeSet<Name>)>;

fn class_of(text: &str) -> Option<&'static str> {
    CLASSES.iter().map(|(_, class, ..)| *class).find(|class| *class == text)
}

/// `urn:sdmx:org.sdmx.infomodel.codelist.Codelist=AGENCY:ID(VERSION)`, with or without an item.
fn name_of(urn: &str) -> Option<Name> {
    let (class, rest) = urn.strip_prefix("urn:sdmx:")?.split_once('=')?;
    let class = class.rsplit('.').next()?;
    let scheme = match class {
        "Code" => "Codelist",
        "Agency" => "AgencyScheme",
        "Concept" | "Category" | "DataProvider" | "MetadataProvider" => &format!("{class}Scheme"),
        class => class,
    };
    let (agency, rest) = rest.split_once(':')?;
    let (id, rest) = rest.split_once('(')?;
    let (version, _) = rest.split_once(')')?;
    Some((class_of(scheme)?, agency.to_owned(), id.to_owned(), version.to_owned()))
}

/// All artefacts of a message of SDMX-JSON, each once.
pub(super) fn read(body: &[u8]) -> Message {
    let message: Value = serde_json::from_slice(body).expect("a message");
    let mut all = Message::new();
    for (array, artefacts) in message["data"].as_object().expect("data") {
        let (_, class, ..) = CLASSES.iter().find(|(known, ..)| known == array).expect("a known class");
        for artefact in artefacts.as_array().expect("an array") {
            let text = |member: &str| artefact[member].as_str().expect(member).to_owned();
            let (mut names, mut open) = (BTreeSet::new(), vec![artefact]);
            while let Some(value) = open.pop() {
                match value {
                    Value::String(text) => names.extend(name_of(text)),
                    Value::Array(values) => open.extend(values),
                    Value::Object(members) => {
                        // What these say is not a reference to an artefact of the hub.
                        let refer = |key: &&String| {
                            !matches!(&***key, "links" | "annotations" | "targets" | "names" | "descriptions")
                        };
                        open.extend(members.iter().filter(|(key, _)| refer(key)).map(|(_, value)| value));
                    }
                    _ => {}
                }
            }
            let name = (*class, text("agencyID"), text("id"), text("version"));
            names.remove(&name);
            let is_new = all.insert(name.clone(), (artefact.clone(), names)).is_none();
            assert!(is_new, "{name:?} comes twice");
        }
    }
    all
}

/// What is next to these in either direction, or all that is reached from there.
fn followed(all: &Message, from: &BTreeSet<Name>, up: bool, deep: bool) -> BTreeSet<Name> {
    let (mut found, mut open) = (BTreeSet::new(), from.iter().cloned().collect::<Vec<_>>());
    while let Some(name) = open.pop() {
        let next: Vec<Name> = match up {
            true => all.iter().filter(|(_, (_, to))| to.contains(&name)).map(|(at, _)| at.clone()).collect(),
            false => all[&name].1.iter().filter(|to| all.contains_key(to)).cloned().collect(),
        };
        for name in next {
            if found.insert(name.clone()) && deep {
                open.push(name);
            }
        }
    }
    found
}

/// These artefacts and what a value of `references` gives along.
pub(super) fn with_relatives(all: &Message, asked: &BTreeSet<Name>, references: &str) -> BTreeSet<Name> {
    let follow = |from: &BTreeSet<Name>, up, deep| followed(all, from, up, deep);
    let more = match references {
        "none" => BTreeSet::new(),
        "children" => follow(asked, false, false),
        "descendants" => follow(asked, false, true),
        "parents" => follow(asked, true, false),
        "ancestors" => follow(asked, true, true),
        "parentsandsiblings" => {
            let parents = follow(asked, true, false);
            let siblings = follow(&parents, false, false);
            &parents | &siblings
        }
        "all" => {
            let above = &follow(asked, true, false) | asked;
            &above | &follow(&above, false, true)
        }
        class => {
            let both = &follow(asked, true, true) | &follow(asked, false, true);
            both.into_iter().filter(|name| name.0.eq_ignore_ascii_case(class)).collect()
        }
    };
    asked | &more
}
