//! What is served: gRPC by path, the REST door, the pages, and two plain pages for those who only ask whether the hub is
//! there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE};
use tokio::sync::watch;

use crate::rpc::{self, Readiness};
use crate::web::{self, Web};

/// Everything, for the port with TLS.
pub(super) fn router(
    grpc: Router,
    rest: Router,
    web: &Arc<Web>,
    readiness: watch::Receiver<Readiness>,
) -> Router {
    grpc.merge(pages(rest, web, readiness)).fallback_service(elsewhere(web))
}

/// For the door without TLS: no gRPC, since offices prove with their certificates who they are.
pub(super) fn plain_router(rest: Router, web: &Arc<Web>, readiness: watch::Receiver<Readiness>) -> Router {
    pages(rest, web, readiness).fallback_service(elsewhere(web))
}

fn pages(rest: Router, web: &Arc<Web>, readiness: watch::Receiver<Readiness>) -> Router {
    rest.merge(web::router(web.clone())).merge(health(readiness))
}

/// `/healthz` says that the process answers; `/readyz` whether the hub does all it is there for.
fn health(readiness: watch::Receiver<Readiness>) -> Router {
    let ready = move || {
        let hindrance = readiness.borrow().hindrance.clone();
        async move {
            match hindrance {
                None => (StatusCode::OK, "ready\n".to_owned()),
                Some(hindrance) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {hindrance}\n")),
            }
        }
    };
    Router::new().route("/healthz", get(|| async { "alive\n" })).route("/readyz", get(ready))
}

/// What answers where nothing else does.
fn elsewhere(web: &Arc<Web>) -> MethodRouter {
    any(nothing_there).with_state(web.clone())
}

async fn nothing_there(State(web): State<Arc<Web>>, request: Request) -> Response {
    let content_type = request.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    if content_type.is_some_and(|content_type| content_type.starts_with(b"application/grpc")) {
        return rpc::unknown_call().map(axum::body::Body::new).into_response();
    }
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return web.nothing_there(request.into_parts().0).await;
    }
    (StatusCode::NOT_FOUND, "there is nothing at this address; gRPC calls (on the port with TLS), /sdmx/v2, /sdmx/v1, /v1, /healthz and /readyz are\n")
        .into_response()
}
