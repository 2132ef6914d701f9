//! Structures over REST: queries of both versions of the API, and their maintenance.
//!
//! What lives here: which artefacts a query names, and which answer they become. What must not: what artefacts refer
//! to, how they are cut, and the syntax of messages; those are `mighub-sdmx`'s.

mod addresses;
mod clients;
mod formats;
mod kinds;
mod maintain;
mod query;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;

pub(super) use formats::{StructureFormat, header, offers};
use kinds::Kind;
pub(super) use query::{StructureQuery, asked, check_instant, relatives};

use super::accept::negotiate;
use super::conditional::Validators;
use super::desk::{Answer, Asked, Desk};
use super::error::{Family, Problem};
use crate::hub::Hub;
use crate::hub::permit::Anybody;

/// Where version 2 has structures, in both of its addresses.
const V2: [&str; 2] = ["/sdmx/v2/structure", "/sdmx/structure"];
/// Where version 1 has them, each type at an address of its own.
const V1: [&str; 2] = ["/sdmx/v1", "/sdmx"];

/// The addresses of structures.
pub(super) fn routes() -> Router<Arc<Desk>> {
    let mut routes = Router::new();
    for base in V2 {
        routes = at(routes, base, &get(v2).post(maintain::put).put(maintain::put).delete(maintain::delete));
    }
    for path in maintain::REGISTRY {
        routes = routes.route(path, post(maintain::push));
    }
    for base in V1 {
        for name in v1_types() {
            // At the common address this one is version 2's.
            if (base, name) != ("/sdmx", "structure") {
                routes = at(routes, &format!("{base}/{name}"), &get(v1));
            }
        }
    }
    routes
}

/// The types that version 1 has an address for.
pub(super) fn v1_types() -> BTreeSet<&'static str> {
    Kind::names(Family::V1).collect()
}

/// An address with everything below it, and with a slash at its end.
pub(super) fn at(
    routes: Router<Arc<Desk>>,
    base: &str,
    handlers: &MethodRouter<Arc<Desk>>,
) -> Router<Arc<Desk>> {
    let paths = [base.to_owned(), format!("{base}/"), format!("{base}/{{*path}}")];
    paths.iter().fold(routes, |routes, path| routes.route(path, handlers.clone()))
}

async fn v2(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    answer(&desk, Family::V2, &V2, request).await
}

async fn v1(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    answer(&desk, Family::V1, &V1, request).await
}

async fn answer(desk: &Desk, family: Family, bases: &'static [&'static str], request: Request) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(family, parts, move |hub, asked| {
        let path = asked.parts.uri.path();
        let path = bases.iter().find_map(|base| path.strip_prefix(base)).unwrap_or_default();
        structures(hub, asked, family, path)
    })
    .await
}

/// Answers a structure query.
fn structures(hub: &Hub, request: &Asked, family: Family, path: &str) -> Result<Answer, Problem> {
    let headers = &request.parts.headers;
    let query = StructureQuery::read(family, path, request.parts.uri.query())?;
    let accepted = negotiate(&offers(family), headers, query.format.as_deref())?;
    let catalogue = hub.catalogue(&request.permit(hub, Anybody)?, request.now)?;
    query.check_instant(&catalogue, request.now)?;
    let address = request.parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let state = [&catalogue.state[..], address.as_bytes()].concat();
    let validators = Validators::new(&state, &accepted.media_type, catalogue.changed);
    let found = query.find(&catalogue.structures);
    if found.is_empty() {
        return Err(Problem::unknown(
            "no artefact of this hub is meant: leave parts of the path out to see those there are",
        ));
    }
    if validators.is_current(headers) {
        return Ok(Answer { validators: Some(validators), ..Answer::empty(StatusCode::NOT_MODIFIED) });
    }
    let names = asked(&found);
    let shown = catalogue.structures.with_relatives(&found, &query.relatives);
    let mut shown = shown.in_detail(query.detail, &names, &catalogue.structures);
    addresses::add(&mut shown, &request.parts, family);
    let shown = clients::readable(shown, accepted.format, headers);
    let body = accepted.format.write(&shown, &header(hub, request.now));
    let languages = Some("en".to_owned());
    Ok(Answer { validators: Some(validators), languages, ..Answer::of(accepted.media_type, body) })
}
