//! What was sent and where it stands: the list, one submission with its findings, and answers to warnings.

mod answer;
mod findings;
mod handed_in;
mod list;
mod one;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::door::Web;

/// The addresses of submissions.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/submissions", get(list::list))
        .route("/submissions/{id}", get(one::one))
        .route("/submissions/{id}/report.json", get(one::report))
        .route("/submissions/{id}/answers", post(answer::answer))
}
