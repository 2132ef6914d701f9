//! Which dataflow and whose figures a path names.
//!
//! What lives here: wildcards of agencies, ids and versions, the contexts of SDMX 3, providers. What must not: keys
//! and parameters.

use std::collections::{BTreeMap, BTreeSet};

use mighub_sdmx::data::StructureUse;
use mighub_sdmx::structure::{AgencyId, Reference, Version};

use super::fault::Fault;
use crate::hub::{FiguresOf, Hub};

/// Names in one part of a path.
const NAMES_MAX: usize = 1_000;
/// Dataflows that a refusal names.
const NAMED_MAX: usize = 5;

/// What data are asked for by (SDMX REST 2, data queries).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    Dataflow,
    DataStructure,
    ProvisionAgreement,
    Any,
}

impl Context {
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        match text {
            "dataflow" => Ok(Self::Dataflow),
            "datastructure" => Ok(Self::DataStructure),
            "provisionagreement" => Ok(Self::ProvisionAgreement),
            "*" | "all" => Ok(Self::Any),
            _ => {
                let rule = format!(
                    "{text:?} is no context: write dataflow, datastructure, provisionagreement or *, as in \
                     /data/dataflow/AGENCY/ID"
                );
                Err(Fault::malformed("the context", rule))
            }
        }
    }
}

/// Artefacts that are meant.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Nothing: all.
    agencies: Option<BTreeSet<String>>,
    ids: Option<BTreeSet<String>>,
    versions: Vec<Version>,
}

impl Wanted {
    /// Reads the parts of a path, in which a list is divided by `separator`.
    pub(crate) fn read(agency: &str, id: &str, version: &str, separator: char) -> Result<Self, Fault> {
        let names = |place: &str, text: &str| {
            if matches!(text, "" | "*" | "all") {
                return Ok(None);
            }
            let names: BTreeSet<String> = text.split(separator).map(str::to_owned).collect();
            let is_name = |name: &String| {
                let fits = |byte: u8| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'$')
                };
                !name.is_empty() && name.bytes().all(fits)
            };
            match names.iter().find(|name| !is_name(name)) {
                _ if names.len() > NAMES_MAX => {
                    Err(Fault::too_much(place, format!("has more than {NAMES_MAX} names: ask in parts")))
                }
                Some(name) => {
                    let rule = format!("{name:?} is no id: ids have letters, digits, _ and -; * means all");
                    Err(Fault::malformed(place, rule))
                }
                None => Ok(Some(names)),
            }
        };
        let version = if version.is_empty() { "*" } else { version };
        // In lists of version 1 a plus divides; there it is no wildcard.
        let versions = if version == "+" { vec![version] } else { version.split(separator).collect() };
        Ok(Self {
            agencies: names("the agency", agency)?,
            ids: names("the id", id)?,
            versions: versions.into_iter().map(read_version).collect::<Result<_, _>>()?,
        })
    }

    /// Reads a dataflow as version 1 writes it: `ID`, `AGENCY,ID` or `AGENCY,ID,VERSION`.
    pub(crate) fn of_flow(flow: &str) -> Result<Self, Fault> {
        match flow.split(',').collect::<Vec<_>>()[..] {
            [id] => Self::read("all", id, "latest", '+'),
            [agency, id] => Self::read(agency, id, "latest", '+'),
            [agency, id, version] => Self::read(agency, id, version, '+'),
            _ => {
                let rule = format!("{flow:?} is no dataflow: write ID, AGENCY,ID or AGENCY,ID,VERSION");
                Err(Fault::malformed("the dataflow", rule))
            }
        }
    }

    fn names(&self, reference: &Reference) -> bool {
        let is_in = |names: &Option<BTreeSet<String>>, name: &str| {
            names.as_ref().is_none_or(|names| names.contains(name))
        };
        is_in(&self.agencies, &reference.agency) && is_in(&self.ids, &reference.id)
    }

    /// Of some artefacts those that are meant: of each the newest version that is.
    fn of<'r>(&self, all: impl Iterator<Item = &'r Reference>) -> Vec<&'r Reference> {
        let mut newest: BTreeMap<(&AgencyId, &str), &Reference> = BTreeMap::new();
        let is_meant = |reference: &&Reference| {
            self.names(reference) && self.versions.iter().any(|wanted| wanted.fits(&reference.version))
        };
        for reference in all.filter(is_meant) {
            let known = newest.entry((&reference.agency, &*reference.id)).or_insert(reference);
            if reference.version > known.version {
                *known = reference;
            }
        }
        newest.into_values().collect()
    }
}

/// A version, or a pattern that versions fit.
fn read_version(text: &str) -> Result<Version, Fault> {
    let text = if matches!(text, "all" | "latest") { "*" } else { text };
    Version::parse_pattern(text).map_err(|_| {
        let rule = format!(
            "{text:?} is no version: write 1.0.0, * for any, + for the newest stable one, ~ for the newest"
        );
        Fault::malformed("the version", rule)
    })
}

/// A dataflow that is asked for, and whose figures.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) dataflow: Reference,
    pub(crate) providers: FiguresOf,
    pub(crate) structure: StructureUse,
}

/// Finds the one dataflow that is meant.
pub(crate) fn find(hub: &Hub, context: Context, wanted: &Wanted) -> Result<Named, Fault> {
    let dataflows = hub.dataflows();
    let of_principal = |dataflow: &Reference, structure| Named {
        dataflow: dataflow.clone(),
        providers: FiguresOf::Principal,
        structure,
    };
    let flows = match context {
        Context::Dataflow | Context::Any => wanted.of(dataflows.iter()),
        Context::DataStructure => {
            let structures: BTreeMap<&Reference, Reference> = dataflows
                .iter()
                .filter_map(|flow| Some((flow, hub.definition(flow).ok()?.data.structure.clone())))
                .collect();
            let meant = wanted.of(structures.values());
            structures.iter().filter(|(_, of)| meant.contains(of)).map(|(flow, _)| *flow).collect()
        }
        Context::ProvisionAgreement => return find_agreement(hub, wanted),
    };
    let structure = match context {
        Context::DataStructure => StructureUse::DataStructure,
        _ => StructureUse::Dataflow,
    };
    match &flows[..] {
        [flow] => Ok(of_principal(flow, structure)),
        [] => Err(Fault::unknown(
            "the path",
            "names no dataflow of this hub: /structure/dataflow lists those there are",
        )),
        several => Err(several_flows(several.iter().copied())),
    }
}

fn several_flows<'r>(flows: impl ExactSizeIterator<Item = &'r Reference>) -> Fault {
    let count = flows.len();
    let some: Vec<String> = flows.take(NAMED_MAX).map(Reference::short).collect();
    let more = if count > NAMED_MAX { ", and more" } else { "" };
    Fault::not_offered(
        "the path",
        format!(
            "names {count} dataflows ({}{more}); this hub answers for one at a time: name it",
            some.join(", ")
        ),
    )
}

fn find_agreement(hub: &Hub, wanted: &Wanted) -> Result<Named, Fault> {
    let rights = hub.rights();
    let all: BTreeMap<&Reference, _> =
        rights.agreements(u64::MAX).map(|agreement| (&agreement.id, &agreement.lane)).collect();
    let meant = wanted.of(all.keys().copied());
    let flows: BTreeSet<&Reference> = meant.iter().map(|id| &all[id].dataflow).collect();
    let providers: BTreeSet<AgencyId> = meant.iter().map(|id| all[id].provider.clone()).collect();
    match (&flows.iter().collect::<Vec<_>>()[..], &meant[..]) {
        ([], _) => Err(Fault::unknown(
            "the path",
            "names no provision agreement of this hub: /structure/provisionagreement lists those there are",
        )),
        ([flow], ids) => Ok(Named {
            dataflow: (**flow).clone(),
            providers: FiguresOf::These(providers),
            structure: match ids {
                [id] => StructureUse::ProvisionAgreement((*id).clone()),
                _ => StructureUse::Dataflow,
            },
        }),
        _ => Err(several_flows(flows.iter().copied().collect::<Vec<_>>().into_iter())),
    }
}

/// Providers of a path of version 1: `ID` or `AGENCY,ID`, several joined by `+`; all means the principal one of
/// each series.
pub(crate) fn providers(text: &str) -> Result<FiguresOf, Fault> {
    if matches!(text, "" | "*" | "all") {
        return Ok(FiguresOf::Principal);
    }
    let provider = |text: &str| {
        let id = text.split_once(',').map_or(text, |(_, id)| id);
        AgencyId::new(id).map_err(|error| Fault::malformed("the provider", error.to_string()))
    };
    let these: BTreeSet<AgencyId> = text.split('+').map(provider).collect::<Result<_, _>>()?;
    if these.len() > NAMES_MAX {
        return Err(Fault::too_much(
            "the provider",
            format!("has more than {NAMES_MAX} names: ask in parts"),
        ));
    }
    Ok(FiguresOf::These(these))
}

#[cfg(test)]
mod tests {
    use mighub_sdmx::structure::Class;

    use super::*;

    #[test]
    fn versions_mean_what_the_standard_says() {
        let all = ["1.0.0", "1.1.0", "1.2.3-draft", "2.0.0", "2.1.0", "3.0.0-draft"];
        let all: Vec<Reference> = all
            .iter()
            .map(|version| {
                Reference::parse_short(Class::Dataflow, &format!("A:B({version})")).expect(version)
            })
            .collect();
        for (wanted, found) in [
            ("*", Some("3.0.0-draft")),
            ("latest", Some("3.0.0-draft")),
            ("~", Some("3.0.0-draft")),
            ("+", Some("2.1.0")),
            ("1.0.0", Some("1.0.0")),
            ("2+.0.0", Some("2.1.0")),
            ("1.0+.0", Some("1.1.0")),
            ("1.0~.0", Some("1.2.3-draft")),
            ("2.0+.0", Some("2.1.0")),
            ("1.*", Some("1.2.3-draft")),
            ("1.1.0,2.0.0", Some("2.0.0")),
            ("4.0.0", None),
            ("2.2+.0", None),
        ] {
            let meant = Wanted::read("A", "B", wanted, ',').expect(wanted);
            let meant: Vec<_> = meant.of(all.iter()).iter().map(|found| found.version.to_string()).collect();
            assert_eq!(meant.first().map(String::as_str), found, "{wanted}");
        }
        for malformed in ["one", "1.x+", "1.0.0,"] {
            assert!(Wanted::read("A", "B", malformed, ',').is_err(), "{malformed}");
        }
    }
}
