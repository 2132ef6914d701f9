//! What a structure query asks for, read from path and parameters, for both versions of the API; and which artefacts
//! that means.

use std::collections::{BTreeMap, BTreeSet};

use mighub_sdmx::structure::{
    AgencyId, Artefact, Class, ConstraintRole, Detail, Id, Reference, Relatives, Structures, Version,
};

use super::kinds::Kind;
use crate::hub::{Catalogue, Moment};
use crate::rest::data::{Parameters, decoded, instant};
use crate::rest::error::{Family, Problem};

/// Names in one part of a path.
const NAMES_MAX: usize = 1_000;

/// Versions in a path.
const VERSIONS_MAX: usize = 100;

/// A structure query.
#[derive(Clone, Debug)]
pub(in crate::rest) struct StructureQuery {
    kinds: Vec<Kind>,
    /// Nothing: all.
    agencies: Option<Vec<String>>,
    ids: Option<Vec<String>>,
    versions: Vec<Wanted>,
    items: Vec<String>,
    /// How much is shown.
    pub(in crate::rest) detail: Detail,
    /// What is given along.
    pub(in crate::rest) relatives: Relatives,
    /// A format that is asked for by parameter.
    pub(in crate::rest) format: Option<String>,
    /// The instant at which the structures are wanted as they were.
    as_of: Option<Moment>,
}

/// Versions that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// Every one that fits.
    All(Version),
    /// Of each artefact the newest one that fits.
    Newest(Version),
    /// Of each artefact the newest one.
    Latest,
}

impl StructureQuery {
    /// Reads `{type}/{agency}/{id}/{version}/{item}`.
    pub(in crate::rest) fn read(family: Family, path: &str, query: Option<&str>) -> Result<Self, Problem> {
        let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect::<Result<_, _>>()?;
        if parts.len() > 5 {
            let text = "the path has too many parts: write TYPE/AGENCY/ID/VERSION/ITEM";
            return Err(Problem::malformed(text));
        }
        let separator = if family == Family::V1 { '+' } else { ',' };
        let part = |place: usize| parts.get(place).map_or("", |part| part.as_str());
        let kinds = match (part(0), family) {
            ("", Family::V1) => vec![Kind::read(family, "structure")?],
            ("", _) => vec![Kind::read(family, "*")?],
            (types, _) => {
                types.split(separator).map(|name| Kind::read(family, name)).collect::<Result<_, _>>()?
            }
        };
        let mut parameters = Parameters::read(query)?;
        let detail = parameters.take(&["detail"])?.unwrap_or_default();
        let references = parameters.take(&["references"])?.unwrap_or_default();
        let format = parameters.take(&["format"])?;
        let as_of = instant(&mut parameters, &["asOf", "as_of"])?;
        parameters.finish(&["detail", "references", "asOf", "format"])?;
        Ok(Self {
            kinds,
            agencies: names("the agency", part(1), separator)?,
            ids: names("the id", part(2), separator)?,
            versions: versions(part(3), family)?,
            items: items(part(4), separator)?,
            detail: Detail::parse(&detail).map_err(|error| Problem::malformed(format!("detail: {error}")))?,
            relatives: relatives(&references, family)?,
            format,
            as_of,
        })
    }

    /// Refuses an instant at which the structures were others than today.
    pub(in crate::rest) fn check_instant(&self, catalogue: &Catalogue, now: Moment) -> Result<(), Problem> {
        check_instant(self.as_of, catalogue, now)
    }

    /// The artefacts that are meant, cut to the items that are; nothing else yet.
    pub(in crate::rest) fn find(&self, known: &Structures) -> Structures {
        let mut found = Structures::default();
        for kind in &self.kinds {
            for class in &kind.classes {
                for (_, artefact) in self.of_class(known, *class, kind.role) {
                    if self.items.is_empty() {
                        found.share(artefact);
                    } else if self.items.iter().any(|item| has_item(artefact, item)) {
                        found
                            .replace(artefact.with_items(&|item| self.items.iter().any(|name| name == item)));
                    }
                }
            }
        }
        found
    }

    fn of_class<'s>(
        &self,
        known: &'s Structures,
        class: Class,
        role: Option<ConstraintRole>,
    ) -> Vec<(&'s Reference, &'s std::sync::Arc<Artefact>)> {
        let is_in = |names: &Option<Vec<String>>, name: &str| {
            names.as_ref().is_none_or(|names| names.iter().any(|known| known == name))
        };
        let has_role = |artefact: &Artefact| match (role, artefact) {
            (Some(role), Artefact::DataConstraint(constraint)) => constraint.role == role,
            _ => true,
        };
        let named: Vec<_> = known
            .of_class(class)
            .filter(|(reference, artefact)| {
                is_in(&self.agencies, &reference.agency)
                    && is_in(&self.ids, &reference.id)
                    && has_role(artefact)
            })
            .collect();
        let mut meant: BTreeSet<&Reference> = BTreeSet::new();
        for wanted in &self.versions {
            let all = named.iter().map(|(reference, _)| *reference);
            match wanted {
                Wanted::All(version) => meant.extend(all.filter(|reference| {
                    version.fits(&reference.version) || same_numbers(version, &reference.version)
                })),
                Wanted::Newest(version) => {
                    meant.extend(newest(all.filter(|reference| version.fits(&reference.version))));
                }
                Wanted::Latest => meant.extend(newest(all)),
            }
        }
        named.into_iter().filter(|(reference, _)| meant.contains(reference)).collect()
    }
}

/// Refuses an instant that is still to come, or at which the structures were others than today: former states are not
/// kept.
pub(in crate::rest) fn check_instant(
    as_of: Option<Moment>,
    catalogue: &Catalogue,
    now: Moment,
) -> Result<(), Problem> {
    let Some(as_of) = as_of else { return Ok(()) };
    if as_of > now {
        let text = format!(
            "asOf: {as_of} is still to come (it is {now} here): ask for an instant that has passed, or leave it out"
        );
        return Err(Problem::malformed(text));
    }
    match catalogue.changed {
        Some(changed) if changed > as_of => Err(Problem::not_offered(format!(
            "asOf: the structures changed last at {changed}, and their former states are not kept: ask for an instant \
             from then on; stable versions never change, so ask for a version instead"
        ))),
        _ => Ok(()),
    }
}

/// Of each artefact the newest version.
fn newest<'r>(all: impl Iterator<Item = &'r Reference>) -> impl Iterator<Item = &'r Reference> {
    let mut newest: BTreeMap<(&AgencyId, &Id), &Reference> = BTreeMap::new();
    for reference in all {
        let known = newest.entry((&reference.agency, &reference.id)).or_insert(reference);
        if reference.version > known.version {
            *known = reference;
        }
    }
    newest.into_values()
}

fn has_item(artefact: &Artefact, id: &str) -> bool {
    match artefact {
        Artefact::ValueList(list) => list.value_items.iter().any(|item| item.id == id),
        other => other.has_item(id),
    }
}

/// What the standard gives along: stubs and whole artefacts count as asked for by these names.
pub(in crate::rest) fn asked(found: &Structures) -> BTreeSet<Reference> {
    found.iter().map(|(reference, _)| reference.clone()).collect()
}

fn names(place: &str, text: &str, separator: char) -> Result<Option<Vec<String>>, Problem> {
    if matches!(text, "" | "*" | "all") {
        return Ok(None);
    }
    let names: Vec<String> = text.split(separator).map(str::to_owned).collect();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'$');
    if names.len() > NAMES_MAX {
        return Err(Problem::malformed(format!("{place} has more than {NAMES_MAX} names: ask in parts")));
    }
    match names.iter().find(|name| name.is_empty() || !name.bytes().all(fits)) {
        Some(name) => Err(Problem::malformed(format!(
            "{place}: {name:?} is no id: ids have letters, digits, _ and -; all of them is {}",
            if separator == '+' { "all" } else { "*" }
        ))),
        None => Ok(Some(names)),
    }
}

/// Items of lists; those of value lists may have any name.
fn items(text: &str, separator: char) -> Result<Vec<String>, Problem> {
    if matches!(text, "" | "*" | "all") {
        return Ok(Vec::new());
    }
    let items: Vec<String> = text.split(separator).map(str::to_owned).collect();
    match items.len() > NAMES_MAX {
        true => Err(Problem::malformed(format!("the item has more than {NAMES_MAX} names: ask in parts"))),
        false => Ok(items),
    }
}

fn versions(text: &str, family: Family) -> Result<Vec<Wanted>, Problem> {
    match (text, family) {
        ("" | "latest", _) | ("~", Family::V2 | Family::Plain) => return Ok(vec![Wanted::Latest]),
        ("+", _) => return Ok(vec![Wanted::Newest(pattern("+")?)]),
        _ => {}
    }
    let separator = if family == Family::V1 { '+' } else { ',' };
    // A plus within a version is a wildcard; version 1 has lists in its place, and no such wildcards.
    let is_pattern = |text: &str| family != Family::V1 && text.contains(['+', '~', '*']);
    let one = |text: &str| match text {
        "*" | "all" => pattern("*").map(Wanted::All),
        "latest" | "~" => Ok(Wanted::Latest),
        _ if is_pattern(text) && !text.contains('*') => pattern(text).map(Wanted::Newest),
        _ => pattern(text).map(Wanted::All),
    };
    if text.split(separator).count() > VERSIONS_MAX {
        return Err(Problem::malformed(format!(
            "the version: more than {VERSIONS_MAX} are named: ask in parts"
        )));
    }
    text.split(separator).map(one).collect()
}

fn pattern(text: &str) -> Result<Version, Problem> {
    Version::parse_pattern(text).map_err(|_| {
        let text = format!(
            "the version: {text:?} is none: write 1.0.0, * for all, + for the newest stable one, ~ for the newest"
        );
        Problem::malformed(text)
    })
}

/// Clients of SDMX 2.1 know no third number: their 1.0 finds 1.0.0.
fn same_numbers(wanted: &Version, found: &Version) -> bool {
    let (wanted, found) = (wanted.to_string(), found.to_string());
    !wanted.contains('-') && found == format!("{wanted}.0")
}

/// Reads the parameter `references`.
pub(in crate::rest) fn relatives(text: &str, family: Family) -> Result<Relatives, Problem> {
    if let Ok(relatives) = Relatives::parse(text) {
        return Ok(relatives);
    }
    // Types are named here as in paths, which has names that are no classes.
    let separator = if family == Family::V1 { '+' } else { ',' };
    let kinds: Result<Vec<Kind>, Problem> =
        text.split(separator).map(|name| Kind::read(family, name)).collect();
    match kinds {
        Ok(kinds) => Ok(Relatives::Classes(kinds.into_iter().flat_map(|kind| kind.classes).collect())),
        Err(_) => {
            let text = format!(
                "references: {text:?} is no value of it: write none, parents, parentsandsiblings, ancestors, children, \
                 descendants, all, or a type such as codelist"
            );
            Err(Problem::malformed(text))
        }
    }
}
