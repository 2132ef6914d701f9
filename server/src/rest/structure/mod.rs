//! Structures over REST: queries of both versions of the API, and their maintenance.
//!
//! What lives here: which artefacts a query names, and which answer they become. What must not: what artefacts refer
//! to, how they are cut, and the syntax of messages; those are `mighub-sdmx`'s.

use std::sync::Arc;

use axum::Router;

use super::desk::Desk;

/// The addresses of structures.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
}
