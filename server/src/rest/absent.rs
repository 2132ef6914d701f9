//! Queries of the standard that this hub does not answer, and says so.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;

use super::desk::Desk;
use super::error::{Family, Problem};
use super::structure::at;

const REGISTRATION: [&str; 2] = ["/sdmx/v2/registration", "/sdmx/registration"];
const METADATA: [&str; 3] = ["/sdmx/v2/metadata", "/sdmx/metadata", "/sdmx/v1/metadata"];

/// The addresses of what is not offered.
pub(super) fn routes() -> Router<Arc<Desk>> {
    let mut routes = Router::new();
    for base in REGISTRATION {
        let text = "registrations say where data are; this hub holds them itself: ask /sdmx/v2/data, and \
                    /sdmx/v2/availability for what there is";
        routes = at(routes, base, &get(move |request: Request| absent(request, text)));
    }
    for base in METADATA {
        let text = "reports about sources are not given out here: ask MetadataService, or run `mighub metadata get`; attributes come \
                    with the data";
        routes = at(routes, base, &get(move |request: Request| absent(request, text)));
    }
    routes
}

async fn absent(request: Request, text: &'static str) -> Response {
    let family = if request.uri().path().starts_with("/sdmx/v1/") { Family::V1 } else { Family::V2 };
    Problem::not_offered(text).response(family, request.headers())
}
