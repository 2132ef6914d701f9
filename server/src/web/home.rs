//! The first page: what this hub has, and what changed last.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use mighub_sdmx::structure::Class;

use super::door::{Shown, Visit, Web};
use super::log::{Event, newest};
use super::menu::Place;
use super::page::Page;
use super::parts::AsOf;
use super::structures::{Link, best_name};
use crate::hub::permit::Anybody;
use crate::rest::error::Problem;

/// Events on the first page.
const EVENTS: usize = 8;

/// The address of the first page.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new().route("/", get(home))
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    page: &'a Page,
    hub_id: &'a str,
    dataflows: Vec<Link>,
    events: Vec<Event>,
    as_of: AsOf<'a>,
}

async fn home(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Home), shown).await
}

fn shown(visit: &Visit<'_>) -> Result<Shown, Problem> {
    let page = &visit.page;
    let catalogue = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?;
    let dataflows = catalogue.structures.of_class(Class::Dataflow);
    let dataflows: Vec<_> = dataflows
        .map(|(reference, artefact)| Link {
            name: best_name(&artefact.identity().names, &reference.id, page.language),
            code: reference.id.to_string(),
            address: format!("/data/{}", reference.id),
        })
        .collect();
    // The operator may keep the public from figures, and this page is for everybody.
    let events = newest(visit, EVENTS).unwrap_or_default();
    let mut from: Vec<_> = events.iter().map(|event| event.provider.clone()).collect();
    from.sort();
    from.dedup();
    let as_of = AsOf { page, moment: visit.now, from };
    Shown::of(&Home { page, hub_id: visit.hub.hub_id(), dataflows, events, as_of })
}
