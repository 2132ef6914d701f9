//! How people say who they are: an access token in a cookie that no script and no other site can use. Each request shows
//! it to the same code as a program's token (`door/visitor.rs`); nothing is remembered here.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{AUTHORIZATION, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mighub::token::AccessToken;

use super::door::{Shown, Visit, Web};
use super::language::Language;
use super::page::Page;
use super::query::Query;
use super::theme::Theme;
use crate::door::{Peer, Transport};
use crate::rest::error::Problem;
use crate::rest::refuse_other_sites;

/// The cookie with the token. The prefix makes browsers refuse one that a neighbouring host sets (RFC 6265bis, 4.1.3).
const OVER_TLS: &str = "__Host-mighub";
const OVER_PLAIN: &str = "mighub";
/// Cookies with what somebody chose.
pub(super) const LANGUAGE: &str = "mighub-language";
pub(super) const THEME: &str = "mighub-theme";
/// Seconds for which a choice is remembered: a year.
const CHOICE_SECONDS: u32 = 365 * 24 * 60 * 60;
/// Cookies that are looked at.
const COOKIES_MAX: usize = 64;
/// Bytes of a form that is not a file: a thousand answers of a line each, or some of two thousand characters.
pub(super) const FORM_BYTES_MAX: usize = 512 * 1024;
/// A browser says so where a request comes from.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What a reverse proxy with TLS says.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The addresses for people.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/sign-out", post(sign_out))
}

/// What a browser sent along.
#[derive(Debug)]
pub(crate) struct Session {
    token: Option<AccessToken>,
    is_secure: bool,
    is_anonymous: bool,
}

impl Session {
    /// Of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Arc<Peer>>();
        let is_forwarded = parts.headers.get(FORWARDED_PROTO).is_some_and(|proto| proto == "https");
        let is_secure = is_forwarded || peer.is_some_and(|peer| peer.transport == Transport::Tls);
        let has_credentials = parts.headers.contains_key(AUTHORIZATION);
        let name = if is_secure { OVER_TLS } else { OVER_PLAIN };
        let token =
            cookie(&parts.headers, name).filter(|_| !has_credentials).and_then(|text| text.parse().ok());
        let is_certified = peer.is_some_and(|peer| peer.certificate.is_some());
        Self { is_anonymous: !has_credentials && token.is_none() && !is_certified, token, is_secure }
    }

    /// Shows the token as a program would.
    pub(crate) fn admit(&self, headers: &mut HeaderMap) {
        let Some(token) = &self.token else { return };
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.reveal())) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
    }

    /// Whether there is a token in the cookie.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether the request came over TLS, to the hub or to a proxy before it.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether nothing says who asks.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.is_anonymous
    }

    /// A cookie that holds a token until the browser is closed.
    pub(crate) fn begun(&self, token: &AccessToken) -> HeaderValue {
        self.cookie(&token.reveal(), "")
    }

    /// A cookie that takes the token away.
    pub(crate) fn ended(&self) -> HeaderValue {
        self.cookie("", "; Max-Age=0")
    }

    fn cookie(&self, value: &str, more: &str) -> HeaderValue {
        let (name, secure) = if self.is_secure { (OVER_TLS, "; Secure") } else { (OVER_PLAIN, "") };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// The one cookie of a name; nothing if there are two, of which one was set by somebody else.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).take(COOKIES_MAX);
    let mut found = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(known, _)| *known == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// Cookies that remember a language and a theme that an address chooses.
pub(super) fn choices(query: &Query) -> Vec<HeaderValue> {
    let language = query.get("lang").and_then(Language::of_tag).map(|language| (LANGUAGE, language.tag()));
    let theme = query.get("theme").and_then(Theme::of_name).map(|theme| (THEME, theme.name()));
    let cookie = |(name, value): (&str, &str)| {
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={CHOICE_SECONDS}");
        HeaderValue::from_str(&text).ok()
    };
    language.into_iter().chain(theme).filter_map(cookie).collect()
}

/// Reads a form that changes something. A browser says where a form comes from; one that does not is not believed, since
/// it sends certificates and cookies by itself.
pub(super) async fn read_form(parts: &Parts, body: Body) -> Result<Query, Problem> {
    own_site(parts)?;
    let bytes = to_bytes(body, FORM_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a form may have {FORM_BYTES_MAX} bytes: shorten the texts or send them in parts"),
        )
    })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::malformed("the form is not UTF-8"))?;
    Query::read_within(text, FORM_BYTES_MAX)
}

/// Refuses a form that a page of another site may have sent.
pub(super) fn own_site(parts: &Parts) -> Result<(), Problem> {
    if !parts.headers.contains_key(ORIGIN) && !parts.headers.contains_key(FETCH_SITE) {
        let text = "the form does not say which page it comes from: use a browser of today, or the REST API from a program";
        return Err(Problem::new(StatusCode::FORBIDDEN, text));
    }
    refuse_other_sites(parts)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    page: &'a Page,
    /// Where to go afterwards.
    next: &'a str,
    failed: bool,
}

async fn form(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, None, |visit| {
        let next = next_of(&visit.query);
        Shown::of(&SignIn { page: &visit.page.titled("sign_in.title"), next: &next, failed: false })
    })
    .await
}

async fn sign_in(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let form = match read_form(&parts, body).await {
        Ok(form) => form,
        Err(problem) => return web.fault(&parts, None, &problem),
    };
    let session = Session::of(&parts);
    let next = next_of(&form);
    let token = form.get("token").and_then(|text| text.trim().parse::<AccessToken>().ok());
    // Who was signed in before does not matter.
    parts.headers.remove(COOKIE);
    parts.headers.remove(AUTHORIZATION);
    let good = match &token {
        None => false,
        Some(token) => {
            let mut shown = parts.clone();
            if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", token.reveal())) {
                shown.headers.insert(AUTHORIZATION, value);
            }
            web.desk().ask(shown, |hub, asked| Ok(asked.visitor.principal(hub, asked.now)?)).await.is_ok()
        }
    };
    let (Some(token), true) = (token, good) else {
        return web
            .show(parts, None, move |visit| {
                let page = visit.page.titled("sign_in.title");
                Shown::with(StatusCode::UNAUTHORIZED, &SignIn { page: &page, next: &next, failed: true })
            })
            .await;
    };
    let mut response = see_other(&next);
    response.headers_mut().append(SET_COOKIE, session.begun(&token));
    response
}

async fn sign_out(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = read_form(&parts, body).await {
        return web.fault(&parts, None, &problem);
    }
    let mut response = see_other("/");
    response.headers_mut().append(SET_COOKIE, Session::of(&parts).ended());
    // What a browser kept of pages goes with it.
    let everything = HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), everything);
    response
}

fn see_other(address: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, address);
    response
}

/// Where to go after signing in: a page of this hub, never another site.
fn next_of(query: &Query) -> String {
    let is_here = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    query.get("next").filter(is_here).unwrap_or("/").to_owned()
}

/// Whether a visitor is an agency.
pub(super) fn is_agency(visit: &Visit<'_>) -> bool {
    visit.principal.agency.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_stays_on_the_hub() {
        for (next, expected) in [
            ("/submissions?state=RELEASED", "/submissions?state=RELEASED"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("", "/"),
        ] {
            assert_eq!(next_of(&Query::default().with("next", next)), expected, "{next:?}");
        }
    }

    #[test]
    fn a_cookie_that_stands_twice_is_nobodys() {
        let headers = |text: &str| HeaderMap::from_iter([(COOKIE, text.parse().expect("a header"))]);
        assert_eq!(cookie(&headers("a=1; mighub=2"), "mighub"), Some("2"));
        assert_eq!(cookie(&headers("mighub=1; mighub=2"), "mighub"), None);
        assert_eq!(cookie(&headers("xmighub=1"), "mighub"), None);
    }
}
