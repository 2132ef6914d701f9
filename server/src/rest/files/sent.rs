//! A file on its way: all of it, or the part that its reader wants.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Built;
use super::wish::Wish;
use crate::door::Stop;
use crate::rest::conditional::Validators;
use crate::rest::data::{MakingError, Piece, pieces};
use crate::rest::desk::Stay;

/// Bytes of a file that are read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What a request says about the file that it asks for.
pub(crate) struct FileRequest<'r> {
    pub(crate) headers: &'r HeaderMap,
    pub(crate) is_head: bool,
    /// What tells the file from others.
    pub(crate) validators: &'r Validators,
}

/// The answer with a file; `response` makes one with all headers that have nothing to do with its parts. Parts are
/// given of files whose very bytes stay the same: those of others would not fit together.
pub(crate) fn sent(
    file: Arc<Built>,
    request: &FileRequest<'_>,
    stay: Stay,
    stop: Stop,
    response: impl FnOnce(StatusCode, Body) -> Response,
) -> Response {
    let text = |name: HeaderName| request.headers.get(name).and_then(|value| value.to_str().ok());
    let whole = file.length();
    let tag = request.validators.strong_tag();
    // A part of another file than the one the caller began with is of no use.
    let fits = tag.is_some_and(|tag| text(IF_RANGE).is_none_or(|asked| asked == tag));
    let (status, range) = match Wish::read(text(RANGE).filter(|_| fits && !request.is_head), whole) {
        Wish::Whole => (StatusCode::OK, 0..whole),
        Wish::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wish::Outside => {
            let mut response = response(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty());
            put(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{whole}"));
            return response;
        }
    };
    let shown = format!("bytes {}-{}/{whole}", range.start, range.end.saturating_sub(1));
    let length = range.end - range.start;
    let mut at = range.start;
    let next = move || -> Result<Piece, MakingError> {
        let bytes: Bytes = file.read(&(at..range.end), PIECE_BYTES)?;
        at += bytes.len() as u64;
        Ok((bytes, at == range.end))
    };
    let body = if request.is_head { Body::empty() } else { pieces(next, stay, stop) };
    let mut response = response(status, body);
    let headers = response.headers_mut();
    if tag.is_some() {
        put(headers, ACCEPT_RANGES, "bytes");
    }
    put(headers, CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        put(headers, CONTENT_RANGE, &shown);
    }
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
