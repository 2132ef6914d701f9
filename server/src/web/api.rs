//! The page for those who write programs: where the doors are, and how they are opened.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::header::HOST;

use super::door::{Shown, Web};
use super::menu::Place;
use super::page::{Page, inert};
use super::person::Session;

/// Characters of a host's name.
const HOST_CHARACTERS_MAX: usize = 255;

/// The address of the page.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new().route("/api", get(api))
}

#[derive(Template)]
#[template(path = "api.html")]
struct Api<'a> {
    page: &'a Page,
    host: &'a str,
    base: String,
}

async fn api(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let base = base(&parts);
    web.show(parts, Some(Place::Api), move |visit| {
        let host = base.split_once("://").map_or("", |(_, host)| host);
        Shown::of(&Api { page: &visit.page, host, base: base.clone() })
    })
    .await
}

/// The address under which the hub was called, for examples that can be copied.
pub(super) fn base(parts: &http::request::Parts) -> String {
    let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host =
        header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str)).unwrap_or("localhost");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    let host =
        if host.bytes().all(is_plain) { inert(host, HOST_CHARACTERS_MAX) } else { "localhost".to_owned() };
    let scheme = if Session::of(parts).is_secure() { "https" } else { "http" };
    format!("{scheme}://{host}")
}
