//! The pages: what people see of the hub in a browser, without a program and without script.
//!
//! What lives here: addresses, languages, layout and templates (`server/templates`), and how people say who they are. What
//! must not: figures by another way than the other doors' (a page asks the hub with a permit, or the REST door within this
//! process), inline script or style (the policy forbids them), and anything fetched from elsewhere.

mod api;
mod asset;
mod csv;
mod data;
mod door;
mod fault;
mod home;
mod language;
mod log;
mod menu;
mod page;
mod parts;
mod person;
mod policy;
mod query;
mod structures;
mod submissions;
#[cfg(test)]
mod tests;
mod theme;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::get;

use crate::rest::{Desk, Services, compressed};
pub(crate) use door::Web;

/// The pages, in front of the REST door, which they ask in this process.
pub(crate) fn web(services: Services, rest: Router) -> Arc<Web> {
    Arc::new(Web::new(Desk::new(services), rest))
}

/// All addresses of the pages.
pub(crate) fn router(web: Arc<Web>) -> Router {
    let routes = home::routes()
        .merge(submissions::routes())
        .merge(upload::routes())
        .merge(data::routes())
        .merge(structures::routes())
        .merge(log::routes())
        .merge(api::routes())
        .merge(person::routes());
    let routes = routes.with_state(web).route("/assets/{file}", get(asset::serve));
    compressed(routes.layer(map_response(policy::kept)))
}
