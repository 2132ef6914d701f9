//! One artefact: its names, what it consists of, and where it can be had for programs.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use mighub_sdmx::structure::{
    Artefact, Class, CodedBy, ComponentUse, DataDefinition, HierarchicalCode, Names, Reference, Structures,
};

use super::{Link, address, best_name, rules_address};
use crate::hub::permit::Anybody;
use crate::rest::error::Problem;
use crate::web::door::{Shown, Visit, Web};
use crate::web::language::Language;
use crate::web::menu::Place;
use crate::web::page::Page;
use crate::web::parts::Pages;
use crate::web::query::encoded;

/// Items on a page: the codes of all countries fit on two.
const ITEMS: usize = 200;

/// Something within a scheme.
struct Row {
    id: String,
    name: String,
    parent: String,
    about: String,
    /// Where it leads; empty: nowhere.
    address: String,
}

#[derive(Template)]
#[template(path = "artefact.html")]
struct One<'a> {
    page: &'a Page,
    class: &'static str,
    short: String,
    description: String,
    names: Vec<(String, String)>,
    /// Kind of the rows: a key.
    kind: &'static str,
    rows: Vec<Row>,
    total: u64,
    search: &'a str,
    pages: Pages<'a>,
    /// For a dataflow: its figures and its rules.
    data: Option<(String, String)>,
    related: Vec<Link>,
    /// The path within the REST door.
    rest: String,
}

/// `/structures/{class}/{agency}/{id}/{version}`
pub(super) async fn one(
    State(web): State<Arc<Web>>,
    Path((class, agency, id, version)): Path<(String, String, String, String)>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Structures), move |visit| {
        let known = Class::all().find(|known| known.name().eq_ignore_ascii_case(&class));
        let known =
            known.ok_or_else(|| Problem::unknown(format!("the hub holds nothing of the class {class:?}")))?;
        let short = format!("{agency}:{id}({version})");
        let reference =
            Reference::parse_short(known, &short).map_err(|error| Problem::malformed(error.to_string()))?;
        shown(visit, &reference)
    })
    .await
}

fn shown(visit: &Visit<'_>, reference: &Reference) -> Result<Shown, Problem> {
    let structures = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?.structures;
    let artefact = structures.get(reference);
    let artefact = artefact.ok_or_else(|| Problem::unknown(format!("there is no artefact {reference}")))?;
    let language = visit.page.language;
    let identity = artefact.identity();
    let reference = artefact.reference();
    let page = visit.page.called(&best_name(&identity.names, &reference.id, language));
    let (kind, rows) = rows(visit, &structures, artefact, &reference);
    let search = visit.query.get("q").unwrap_or_default();
    let wanted = search.to_lowercase();
    let is_wanted =
        |row: &Row| row.id.to_lowercase().contains(&wanted) || row.name.to_lowercase().contains(&wanted);
    let rows: Vec<_> = rows.into_iter().filter(is_wanted).collect();
    let total = rows.len() as u64;
    let start = visit.query.get("after").and_then(|after| after.parse::<usize>().ok()).unwrap_or(0);
    let end = start.saturating_add(ITEMS);
    let next = if end < rows.len() { end.to_string() } else { String::new() };
    let names = identity.names.all().iter().map(|(language, name)| (language.clone(), name.clone()));
    let data = (reference.class == Class::Dataflow)
        .then(|| (format!("/data/{}", reference.id), rules_address(&reference.short())));
    let mut related: Vec<_> = artefact.references().into_iter().map(Reference::artefact).collect();
    related.sort();
    related.dedup();
    let related = related.iter().filter_map(|name| {
        let artefact = structures.get(name)?;
        Some(Link::of(&artefact.reference(), &artefact.identity().names, language))
    });
    let Reference { agency, id, version, .. } = &reference;
    let rest = format!(
        "/sdmx/v2/structure/{}/{agency}/{id}/{}",
        reference.class.name().to_ascii_lowercase(),
        encoded(&version.to_string())
    );
    Shown::of(&One {
        page: &page,
        class: reference.class.name(),
        short: reference.short(),
        description: identity.names.description(language.tag()).unwrap_or_default().to_owned(),
        names: names.collect(),
        kind,
        rows: rows.into_iter().skip(start).take(ITEMS).collect(),
        total,
        search,
        pages: Pages { page: &page, is_first: start == 0, next: &next },
        data,
        related: related.collect(),
        rest,
    })
}

/// What an artefact consists of, and the key of what that is.
fn rows(
    visit: &Visit<'_>,
    structures: &Structures,
    artefact: &Artefact,
    reference: &Reference,
) -> (&'static str, Vec<Row>) {
    let language = visit.page.language;
    let item = |id: &str, names: &Names, parent: Option<&str>| Row {
        id: id.to_owned(),
        name: best_name(names, id, language),
        parent: parent.unwrap_or_default().to_owned(),
        about: names.description(language.tag()).unwrap_or_default().to_owned(),
        address: String::new(),
    };
    match artefact {
        Artefact::Codelist(list) => {
            let codes = list.codes().iter();
            ("kind.codes", codes.map(|code| item(&code.id, &code.names, code.parent.as_deref())).collect())
        }
        Artefact::ConceptScheme(scheme) => {
            let concepts = scheme.concepts.iter();
            let rows = concepts.map(|concept| item(&concept.id, &concept.names, concept.parent.as_deref()));
            ("kind.concepts", rows.collect())
        }
        Artefact::AgencyScheme(scheme) => {
            ("kind.agencies", scheme.agencies.iter().map(|one| item(&one.id, &one.names, None)).collect())
        }
        Artefact::DataProviderScheme(scheme) => {
            let providers = scheme.data_providers.iter();
            ("kind.agencies", providers.map(|one| item(&one.id, &one.names, None)).collect())
        }
        Artefact::Hierarchy(hierarchy) => {
            ("kind.codes", hierarchical(structures, &hierarchy.hierarchical_codes, language))
        }
        Artefact::Dataflow(_) => match visit.hub.definition(reference) {
            Ok(definition) => ("kind.components", components(&definition.data, language)),
            Err(_) => ("kind.components", Vec::new()),
        },
        _ => ("kind.items", Vec::new()),
    }
}

/// All codes of a hierarchy, each after the one it lies under.
fn hierarchical(structures: &Structures, codes: &[HierarchicalCode], language: Language) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut open: Vec<_> = codes.iter().rev().map(|code| (code, String::new())).collect();
    while let Some((code, parent)) = open.pop() {
        let item = code.code.item.as_ref().map_or_else(|| code.id.to_string(), ToString::to_string);
        let list = structures.codelist(&code.code.artefact());
        let known = list.and_then(|list| list.get(&item));
        let day = |time: Option<jiff::Timestamp>| {
            time.map(|time| time.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
        };
        let (from, to) = (day(code.valid_from), day(code.valid_to));
        rows.push(Row {
            name: known.map_or_else(|| item.clone(), |known| best_name(&known.names, &item, language)),
            about: if from.is_empty() && to.is_empty() { String::new() } else { format!("{from} – {to}") },
            address: list.map(|_| address(&code.code.artefact())).unwrap_or_default(),
            id: item.clone(),
            parent,
        });
        open.extend(code.hierarchical_codes.iter().rev().map(|below| (below, item.clone())));
    }
    rows
}

/// The components of a dataflow's data, with the lists their values come from.
fn components(definition: &DataDefinition, language: Language) -> Vec<Row> {
    let row = |component: &ComponentUse, role: &str| {
        let (about, address) = match &component.coded_by {
            CodedBy::Codelist(list) => {
                let identity = &list.identity;
                let (agency, id, version) = (&identity.agency, &identity.id, &identity.version);
                let list = Reference::new(Class::Codelist, agency.clone(), id.clone(), version.clone());
                (best_name(&identity.names, id, language), address(&list))
            }
            CodedBy::Format(_) => (String::new(), String::new()),
        };
        let name = best_name(&component.names, &component.id, language);
        Row { id: component.id.to_string(), name, parent: language.say(role).to_owned(), about, address }
    };
    let mut rows: Vec<_> =
        definition.dimensions.iter().map(|dimension| row(dimension, "kind.dimension")).collect();
    if let Some(time) = &definition.time {
        rows.push(Row {
            id: time.to_string(),
            name: best_name(&definition.time_names, time, language),
            parent: language.say("kind.dimension").to_owned(),
            about: String::new(),
            address: String::new(),
        });
    }
    rows.push(row(&definition.measure, "kind.measure"));
    rows.extend(definition.attributes.iter().map(|attribute| row(&attribute.component, "kind.attribute")));
    rows
}
