//! Single artefacts of SDMX-JSON.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::artefact::Artefact;
use super::reference::Class;
use super::stub::StubJson;

/// Properties that change what an artefact means, so that it must not be read without them.
const NOT_HELD: [(&str, &str); 1] = [("simpleDataSources", "is about data sources: attach it to dataflows")];

/// Reads one artefact; the error is its reason.
pub(super) fn read_artefact(class: Class, mut value: Value) -> Result<Artefact, String> {
    for (property, reason) in NOT_HELD {
        if value.get(property).is_some_and(|value| !is_nothing(value)) {
            return Err(reason.to_owned());
        }
    }
    if let Some(members) = value.as_object_mut()
        && class.is_of_organisations()
    {
        members.entry("version").or_insert_with(|| "1.0".into());
    }
    if value.get("isExternalReference").is_some_and(|external| *external == Value::Bool(true)) {
        return Ok(Artefact::Stub(of::<StubJson>(value)?.stub(class)));
    }
    Ok(match class {
        Class::AgencyScheme => Artefact::AgencyScheme(of(value)?),
        Class::DataProviderScheme => Artefact::DataProviderScheme(of(value)?),
        Class::Codelist => Artefact::Codelist(of(value)?),
        Class::ConceptScheme => Artefact::ConceptScheme(of(value)?),
        Class::DataStructure => Artefact::DataStructure(of(value)?),
        Class::Dataflow => Artefact::Dataflow(of(value)?),
        Class::ProvisionAgreement => Artefact::ProvisionAgreement(of(value)?),
        Class::DataConstraint => Artefact::DataConstraint(of(value)?),
        Class::DataConsumerScheme => Artefact::DataConsumerScheme(of(value)?),
        Class::MetadataProviderScheme => Artefact::MetadataProviderScheme(of(value)?),
        Class::OrganisationUnitScheme => Artefact::OrganisationUnitScheme(of(value)?),
        Class::CategoryScheme => Artefact::CategoryScheme(of(value)?),
        Class::Categorisation => Artefact::Categorisation(of(value)?),
        Class::Hierarchy => Artefact::Hierarchy(of(value)?),
        Class::HierarchyAssociation => Artefact::HierarchyAssociation(of(value)?),
        Class::ValueList => Artefact::ValueList(of(value)?),
        Class::MetadataStructure => Artefact::MetadataStructure(of(value)?),
        Class::Metadataflow => Artefact::Metadataflow(of(value)?),
        Class::MetadataProvisionAgreement => Artefact::MetadataProvisionAgreement(of(value)?),
    })
}

fn of<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// Writes one artefact.
pub(super) fn write_artefact(artefact: &Artefact) -> Value {
    fn of<T: Serialize>(artefact: &T) -> Value {
        // Structs with text keys always serialize.
        serde_json::to_value(artefact).unwrap_or_default()
    }
    match artefact {
        Artefact::AgencyScheme(value) => of(value),
        Artefact::DataProviderScheme(value) => of(value),
        Artefact::ConceptScheme(value) => of(value),
        Artefact::Codelist(value) => of(value),
        Artefact::DataStructure(value) => of(value),
        Artefact::Dataflow(value) => of(value),
        Artefact::ProvisionAgreement(value) => of(value),
        Artefact::DataConstraint(value) => of(value),
        Artefact::DataConsumerScheme(value) => of(value),
        Artefact::MetadataProviderScheme(value) => of(value),
        Artefact::OrganisationUnitScheme(value) => of(value),
        Artefact::CategoryScheme(value) => of(value),
        Artefact::Categorisation(value) => of(value),
        Artefact::Hierarchy(value) => of(value),
        Artefact::HierarchyAssociation(value) => of(value),
        Artefact::ValueList(value) => of(value),
        Artefact::MetadataStructure(value) => of(value),
        Artefact::Metadataflow(value) => of(value),
        Artefact::MetadataProvisionAgreement(value) => of(value),
        Artefact::Stub(stub) => of(&StubJson::of(stub)),
    }
}

/// Properties that stand in `read` and no longer in `written`, as paths: `codes[].isoCode`. Links only
/// repeat what the references say.
pub(super) fn unread(read: &Value, written: &Value) -> Vec<String> {
    let (mut kept, mut lost) = (Paths::default(), BTreeSet::new());
    kept.walk(written, |_, _| {});
    kept.clone().walk(read, |path, is_new| {
        let within =
            |known: &String| path.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if is_new && !lost.iter().any(within) {
            lost.insert(path.to_owned());
        }
    });
    lost.into_iter().collect()
}

/// Paths of properties; the places in arrays do not count.
#[derive(Clone, Default)]
struct Paths<'a> {
    ids: HashMap<(usize, &'a str), usize>,
    names: Vec<String>,
}

impl<'a> Paths<'a> {
    /// Visits each path when it is met first since these paths began.
    fn walk(&mut self, value: &'a Value, mut visit: impl FnMut(&str, bool)) {
        const ROOT: usize = usize::MAX;
        let mut open = vec![(ROOT, value)];
        while let Some((parent, value)) = open.pop() {
            match value {
                Value::Object(members) => {
                    for (key, value) in members {
                        if key == "links" || is_nothing(value) {
                            continue;
                        }
                        let next = self.names.len();
                        let id = *self.ids.entry((parent, key)).or_insert(next);
                        if id == next {
                            let before =
                                self.names.get(parent).map(|name| format!("{name}.")).unwrap_or_default();
                            let mark = if value.is_array() { "[]" } else { "" };
                            self.names.push(format!("{before}{key}{mark}"));
                        }
                        visit(&self.names[id], id == next);
                        open.push((id, value));
                    }
                }
                Value::Array(items) => open.extend(items.iter().map(|item| (parent, item))),
                _ => {}
            }
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
