//! Structures for people: dataflows, code lists and the rest, by name, in the languages they have; and the rules that
//! judge.

mod artefact;
mod rulebook;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use mighub::v1;
use mighub_sdmx::structure::{Class, Names, Reference};

use super::door::{Shown, Visit, Web};
use super::language::Language;
use super::menu::Place;
use super::page::Page;
use super::query::{Query, encoded};
use crate::hub::permit::Anybody;
use crate::rest::error::Problem;

/// The addresses of structures.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/structures", get(list))
        .route("/structures/{class}/{agency}/{id}/{version}", get(artefact::one))
        .route("/rulebook", get(rulebook::one))
}

/// A name with the place where there is more about it.
pub(super) struct Link {
    pub(super) name: String,
    pub(super) code: String,
    pub(super) address: String,
}

impl Link {
    /// Of an artefact.
    pub(super) fn of(reference: &Reference, names: &Names, language: Language) -> Self {
        Self {
            name: best_name(names, &reference.id, language),
            code: reference.short(),
            address: address(reference),
        }
    }
}

/// The name in a language, else in English, else whatever there is.
pub(super) fn best_name(names: &Names, id: &str, language: Language) -> String {
    names.best(language.tag()).unwrap_or(id).to_owned()
}

/// The address of an artefact's page.
pub(super) fn address(reference: &Reference) -> String {
    let Reference { class, agency, id, version, .. } = reference;
    let class = class.name().to_ascii_lowercase();
    format!("/structures/{class}/{agency}/{id}/{}", encoded(&version.to_string()))
}

/// The address of the rules that judge a dataflow.
pub(super) fn rules_address(dataflow: &str) -> String {
    format!("/rulebook{}", Query::default().with("dataflow", dataflow).text())
}

/// The artefacts of one class.
struct Group {
    class: &'static str,
    key: &'static str,
    links: Vec<Link>,
}

/// Classes with a heading of their own, in the order in which people ask for them; all others follow under their names.
const FIRST: [(Class, &str); 5] = [
    (Class::Dataflow, "class.dataflow"),
    (Class::Codelist, "class.codelist"),
    (Class::Hierarchy, "class.hierarchy"),
    (Class::ConceptScheme, "class.conceptscheme"),
    (Class::DataStructure, "class.datastructure"),
];

#[derive(Template)]
#[template(path = "structures.html")]
struct List<'a> {
    page: &'a Page,
    groups: Vec<Group>,
    rulebooks: Vec<Link>,
}

async fn list(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Structures), listed).await
}

fn listed(visit: &Visit<'_>) -> Result<Shown, Problem> {
    let page = &visit.page;
    let permit = visit.permit(Anybody)?;
    let structures = visit.hub.catalogue(&permit, visit.now)?.structures;
    let links = |class: Class| -> Vec<Link> {
        let of_class = structures.of_class(class);
        of_class.map(|(name, artefact)| Link::of(name, &artefact.identity().names, page.language)).collect()
    };
    let others = Class::all().filter(|class| FIRST.iter().all(|(first, _)| first != class));
    let groups = FIRST.into_iter().chain(others.map(|class| (class, "")));
    let groups = groups.map(|(class, key)| Group { class: class.name(), key, links: links(class) });
    let rulebooks =
        visit.hub.list_rulebooks(&permit, &v1::ListRulebooksRequest::default(), visit.now)?.rulebooks;
    let rulebooks = rulebooks.into_iter().map(|book| Link {
        name: book.dataflow.clone(),
        code: book.version,
        address: rules_address(&book.dataflow),
    });
    Shown::of(&List {
        page,
        groups: groups.filter(|group| !group.links.is_empty()).collect(),
        rulebooks: rulebooks.collect(),
    })
}
