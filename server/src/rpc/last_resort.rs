//! What the library under us would answer by itself (a message too large, bytes that are no message), and what
//! nobody answers (a panic), in the contract's words.

use std::any::Any;
use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::FutureExt;
use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;

use super::status;

/// A service of the contract, whose errors all carry a reason.
#[derive(Clone)]
pub(super) struct LastResort<S>(pub(super) S);

impl<S: NamedService> NamedService for LastResort<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for LastResort<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.uri().path().to_owned();
        let began = Instant::now();
        // Nothing of the call is used after a panic but its name.
        let answer = AssertUnwindSafe(self.0.call(request)).catch_unwind();
        Box::pin(async move {
            let response = match answer.await {
                Ok(Ok(response)) => with_reason(response),
                Err(payload) => panicked(&method, &*payload),
            };
            // A stream has only begun here, and its end is told in its trailers.
            let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
            tracing::debug!(method, ?code, elapsed = ?began.elapsed(), "call answered");
            Ok(response)
        })
    }
}

fn panicked(method: &str, payload: &(dyn Any + Send)) -> Response<Body> {
    tracing::error!(method, "a call's handler panicked");
    status::status(status::of_panic(payload)).into_http()
}

/// An error that carries no details is none of ours.
fn with_reason(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(error) if error.code() != Code::Ok && error.details().is_empty() => {
            status::status(status::of_transport(&error)).into_http()
        }
        _ => response,
    }
}

/// The answer to a gRPC call that this hub does not know.
pub fn unknown_call() -> Response<Body> {
    status::status(status::of_transport(&Status::unimplemented(""))).into_http()
}
