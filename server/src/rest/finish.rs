//! What all answers of the REST door have in common: on what they depend, and that browsers may read them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL,
    VARY,
};
use http::{HeaderValue, Method, StatusCode};

/// Every origin may read: whoever has no token sees what is public, and browsers send no token by themselves.
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const HEADERS_READ: HeaderValue = HeaderValue::from_static(
    "Accept, Accept-Language, Authorization, If-None-Match, If-Modified-Since, Range",
);
const HEADERS_SHOWN: HeaderValue = HeaderValue::from_static(
    "Content-Disposition, Content-Language, Content-Range, ETag, Last-Modified, Link, Retry-After",
);
/// Seconds for which a browser need not ask again.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("86400");
const DEPENDS_ON: HeaderValue =
    HeaderValue::from_static("Accept, Accept-Language, Accept-Encoding, Authorization");
/// Whoever keeps an answer asks whether it still holds: what is visible changes with embargoes and rights.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Answers a browser that asks whether it may ask.
pub(super) async fn preflight(request: Request, next: Next) -> Response {
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return next.run(request).await;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS_READ);
    headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    response
}

/// Says on what an answer depends, and lets browsers read it.
pub(super) async fn finished(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(VARY, DEPENDS_ON);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HEADERS_SHOWN);
    headers.entry(CACHE_CONTROL).or_insert(ASK_AGAIN);
    response
}
