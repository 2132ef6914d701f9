//! The REST door: the SDMX REST API, versions 1 and 2, and the plain door for people without SDMX.
//!
//! What lives here: addresses, content negotiation, and the translation between HTTP and the hub. What must not:
//! who may see what (the hub), the syntax of messages (`mighub-sdmx`), and listening (the door).

mod absent;
pub(crate) mod accept;
mod attendance;
mod availability;
pub(crate) mod conditional;
mod data;
pub(crate) mod desk;
mod encoding;
pub(crate) mod error;
mod files;
mod finish;
mod openapi;
mod plain;
mod schema;
mod structure;
mod submit;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};

pub(crate) use data::decoded;
pub(crate) use desk::{Asked, Desk, Services, Stay};
pub(crate) use encoding::compressed;
pub(crate) use plain::guarded;
pub(crate) use submit::refuse_other_sites;

/// All addresses of the REST door.
pub(crate) fn router(services: Services) -> Router {
    let limits = *services.hub.limits();
    let desk = Arc::new(Desk::new(services));
    let routes = structure::routes()
        .merge(availability::routes())
        .merge(schema::routes())
        .merge(absent::routes())
        .merge(openapi::routes())
        .merge(data::routes())
        .merge(plain::routes())
        .merge(submit::routes(&limits));
    routes
        .with_state(desk)
        .layer(encoding::layer())
        .layer(map_response(finish::finished))
        .layer(from_fn(finish::preflight))
}
