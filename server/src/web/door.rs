//! How a page is asked for and answered: who asks, in which language, then off the network's threads to the hub, and
//! back as HTML, whatever happens.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HOST, LOCATION,
    SET_COOKIE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};

use super::fault;
use super::menu::Place;
use super::page::Page;
use super::person::{self, Session};
use super::query::Query;
use crate::door::{Peer, Reception};
use crate::hub::permit::{Operation, Permit};
use crate::hub::{Hub, Moment, Principal, Refusal};
use crate::rest::error::Problem;
use crate::rest::{Desk, Stay};

/// Bytes of an answer of the REST door that a page is made of: a report of ten thousand findings fits in.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What depends on who asks is kept by nobody.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("private, no-store");
/// What the public sees changes with releases.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What the pages work with. Its desk has places of its own: programs cannot crowd people out, nor people programs.
pub(crate) struct Web {
    desk: Desk,
    rest: Router,
}

/// One request for a page, as its maker sees it.
pub(crate) struct Visit<'a> {
    /// The hub.
    pub(crate) hub: &'a Arc<Hub>,
    /// Who asks.
    pub(crate) principal: Principal,
    /// Now, for all that is decided about this request.
    pub(crate) now: Moment,
    /// What stands behind the question mark.
    pub(crate) query: Query,
    /// What layout and components need.
    pub(crate) page: Page,
}

/// What a request gets.
#[derive(Debug)]
pub(crate) enum Shown {
    /// A page.
    Page(StatusCode, String),
    /// Another address, to be asked for with GET.
    SeeOther(String),
    /// A table of what a page shows, as a file.
    Csv(Vec<u8>),
}

impl Shown {
    /// A page that is what was asked for.
    pub(crate) fn of(template: &impl Template) -> Result<Self, Problem> {
        Self::with(StatusCode::OK, template)
    }

    /// A page with another status.
    pub(crate) fn with(status: StatusCode, template: &impl Template) -> Result<Self, Problem> {
        let rendered = template.render();
        let rendered =
            rendered.map_err(|error| Refusal::internal(format!("a page was not made: {error}")))?;
        Ok(Self::Page(status, rendered))
    }
}

impl Visit<'_> {
    /// The permit for an operation, if it is granted.
    pub(crate) fn permit<O: Operation>(&self, operation: O) -> Result<Permit<O>, Refusal> {
        self.hub.authorise(&self.principal, operation, self.now)
    }
}

impl Web {
    pub(super) fn new(desk: Desk, rest: Router) -> Self {
        Self { desk, rest }
    }

    /// The desk.
    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Answers a request with what `work` makes for it.
    pub(crate) async fn show(
        &self,
        parts: Parts,
        place: Option<Place>,
        work: impl FnOnce(&Visit<'_>) -> Result<Shown, Problem> + Send + 'static,
    ) -> Response {
        let mut parts = parts;
        let session = Session::of(&parts);
        session.admit(&mut parts.headers);
        let (query, stranger) = asked(&parts, place);
        let query = match query {
            Ok(query) => query,
            Err(problem) => return finished(fault::shown(&stranger, &problem), &stranger, &session, None),
        };
        let (page, for_query) = (stranger.clone(), query.clone());
        let made = self
            .desk
            .ask(parts, move |hub, asked| {
                let principal = asked.visitor.principal(hub, asked.now)?;
                let page = page.for_reader(hub, &principal);
                let visit = Visit { hub, principal, now: asked.now, query: for_query, page };
                let shown = work(&visit).unwrap_or_else(|problem| fault::shown(&visit.page, &problem));
                Ok((shown, visit.page))
            })
            .await;
        match made {
            Ok((shown, page)) => finished(shown, &page, &session, Some(&query)),
            Err(problem) => {
                let ended = problem.status() == StatusCode::UNAUTHORIZED && session.has_token();
                let mut response =
                    finished(fault::shown(&stranger, &problem), &stranger, &session, Some(&query));
                if ended {
                    response.headers_mut().append(SET_COOKIE, session.ended());
                }
                response
            }
        }
    }

    /// Answers a request for nothing that is there.
    pub(crate) async fn nothing_there(&self, parts: Parts) -> Response {
        let response =
            self.show(parts, None, |_| Err(Problem::unknown("there is no page at this address"))).await;
        super::policy::kept(response).await
    }

    /// Asks the REST door within this process, as the same caller; the status and the whole body.
    pub(crate) async fn ask_rest(
        &self,
        like: &Parts,
        method: Method,
        address: &str,
        body: Body,
    ) -> Result<(StatusCode, Bytes), Problem> {
        let response = self.pass_on(like, method, address, HeaderMap::new(), body).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
        let bytes =
            bytes.map_err(|error| Problem::from(Refusal::internal(format!("the REST door: {error}"))))?;
        Ok((status, bytes))
    }

    /// Answers with what the REST door says to the same caller at another address: a file to download. An error comes as a
    /// page.
    pub(crate) async fn relay(&self, parts: Parts, place: Option<Place>, address: &str) -> Response {
        let session = Session::of(&parts);
        let answer = self.pass_on(&parts, Method::GET, address, HeaderMap::new(), Body::empty()).await;
        match answer {
            Ok(mut response) => {
                let headers = response.headers_mut();
                headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
                headers.insert(CACHE_CONTROL, if session.is_anonymous() { ASK_AGAIN } else { NOT_KEPT });
                response
            }
            Err(problem) => self.fault(&parts, place, &problem),
        }
    }

    /// Asks the REST door within this process, as the same caller, for an answer that may stream.
    pub(crate) async fn pass_on(
        &self,
        like: &Parts,
        method: Method,
        address: &str,
        mut headers: HeaderMap,
        body: Body,
    ) -> Result<Response, Problem> {
        let mut parts = like.clone();
        Session::of(&parts).admit(&mut parts.headers);
        for name in [http::header::AUTHORIZATION, HOST] {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() =
            address.parse().map_err(|_| Problem::malformed("this is no address of the hub"))?;
        *request.headers_mut() = headers;
        // What the door knows, and nothing of how this address was routed.
        if let (Some(peer), Some(reception)) =
            (parts.extensions.get::<Arc<Peer>>(), parts.extensions.get::<Arc<Reception>>())
        {
            request.extensions_mut().insert(peer.clone());
            request.extensions_mut().insert(reception.clone());
        }
        let answer = tower::ServiceExt::oneshot(self.rest.clone(), request).await;
        Ok(answer.unwrap_or_else(|never| match never {}))
    }

    /// Takes a place at the desk for work that goes on after the request was read.
    pub(crate) async fn begin<T: Send + 'static>(
        &self,
        mut parts: Parts,
        open: impl FnOnce(&Arc<Hub>, &crate::rest::Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, Stay), Problem> {
        Session::of(&parts).admit(&mut parts.headers);
        self.desk.begin(parts, open).await
    }

    /// Shows what went wrong before there was a visit.
    pub(crate) fn fault(&self, parts: &Parts, place: Option<Place>, problem: &Problem) -> Response {
        let (_, page) = asked(parts, place);
        finished(fault::shown(&page, problem), &page, &Session::of(parts), None)
    }
}

/// The query and the page of whoever asks, before it is known who that is.
fn asked(parts: &Parts, place: Option<Place>) -> (Result<Query, Problem>, Page) {
    let query = Query::read(parts.uri.query().unwrap_or_default());
    let known = query.clone().unwrap_or_default();
    (query, Page::new(&parts.headers, parts.uri.path(), &known, place))
}

fn finished(shown: Shown, page: &Page, session: &Session, query: Option<&Query>) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = match shown {
        Shown::Page(status, body) => {
            let mut response = (status, body).into_response();
            response.headers_mut().insert(CONTENT_TYPE, html);
            response
        }
        Shown::SeeOther(address) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(address) = HeaderValue::from_str(&address) {
                response.headers_mut().insert(LOCATION, address);
            }
            response
        }
        Shown::Csv(body) => {
            let mut response = body.into_response();
            let csv = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
            response.headers_mut().insert(CONTENT_TYPE, csv);
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(page.language.tag()));
    headers.insert(CACHE_CONTROL, if session.is_anonymous() { ASK_AGAIN } else { NOT_KEPT });
    for choice in query.map(person::choices).unwrap_or_default() {
        headers.append(SET_COOKIE, choice);
    }
    response
}
