//! Pages in process, over a hub in which two countries have sent: that every link leads somewhere, that nothing is
//! inline, that nobody sees more than on the other doors, and that hostile texts stay texts.

mod catalogue;
mod people;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, SET_COOKIE,
};
use http::{HeaderMap, HeaderName, Method, Request};
use mighub::token::AccessToken;
use mighub::v1::{self, Role, TokenScope, record::What};
use tower::ServiceExt;

use super::{policy, router, web};
use crate::clock::Clock;
use crate::door::{Peer, Reception, StopSwitch, Transport, stop_switch};
use crate::hub::Moment;
use crate::hub::retrieve::tests::lab::{AREAS, Lab};
use crate::rest::{self, Services};

/// A figure that is under embargo, and occurs nowhere else.
const CANARY: &str = "8364519027";
/// What an agency calls itself to do harm.
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}\"'&<img src=x onerror=alert(2)>";
const HOST: &str = "hub.example:8443";

/// The pages in front of a laboratory hub.
struct Bench {
    router: Router,
    public_reading: bool,
    token: AccessToken,
    _lab: Lab,
    _switch: StopSwitch,
}

/// An answer, read.
struct Answered {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answered {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Bench {
    fn new() -> Self {
        let mut lab = Lab::new();
        for provider in ["SWE", "NOR"] {
            lab.agree(provider, |_| {});
        }
        let years = [2019, 2020, 2021];
        let write = years.iter().map(|year| ((AREAS[0], *year), Some((i64::from(*year), "F")))).collect();
        lab.send("SWE", write, None, "one");
        let canary = CANARY.parse().expect("a number");
        let embargo = Moment(lab.now.0 + 1_000_000_000);
        lab.wait(1_000);
        lab.send("NOR", [((AREAS[1], 2020), Some((canary, "F")))].into(), Some(embargo), "two");
        lab.agree("DNK", |_| {});
        lab.role("DNK", Role::Submitter);
        let named = v1::AgencyRecorded { agency_id: "EVIL".to_owned(), name: HOSTILE.to_owned() };
        lab.record(What::AgencyAdded(named));
        let token = AccessToken::new([7; 32]);
        issue(&lab, "DNK", &token);
        issue(&lab, "EVIL", &AccessToken::new([8; 32]));
        lab.wait(1_000);
        let (switch, stop) = stop_switch();
        let clock = Arc::new(Clock::set_by_hand(lab.now));
        let services = Services { hub: lab.hub.clone(), clock, stop };
        let rest = rest::router(services.clone());
        let router = rest.clone().merge(router(web(services, rest)));
        Self { router, public_reading: true, token, _lab: lab, _switch: switch }
    }

    async fn ask(
        &self,
        method: Method,
        address: &str,
        headers: &[(HeaderName, &str)],
        body: &str,
    ) -> Answered {
        let mut request = Request::builder().method(method).uri(address).header(http::header::HOST, HOST);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).expect("a request");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        request.extensions_mut().insert(Arc::new(Peer {
            address,
            certificate: None,
            transport: Transport::Plain,
        }));
        request.extensions_mut().insert(Arc::new(Reception::new(self.public_reading)));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 * 1024 * 1024).await.expect("a body");
        let text = String::from_utf8_lossy(&body).into_owned();
        Answered { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn get(&self, address: &str) -> Answered {
        self.ask(Method::GET, address, &[], "").await
    }

    async fn get_as(&self, token: &AccessToken, address: &str) -> Answered {
        let cookie = format!("mighub={}", token.reveal());
        self.ask(Method::GET, address, &[(COOKIE, &cookie)], "").await
    }

    async fn post(&self, address: &str, headers: &[(HeaderName, &str)], body: &str) -> Answered {
        let form = [(CONTENT_TYPE, "application/x-www-form-urlencoded")];
        let headers: Vec<_> = form.into_iter().chain(headers.iter().cloned()).collect();
        self.ask(Method::POST, address, &headers, body).await
    }

    /// Every page that can be reached by links from the first, with its address.
    async fn crawl(&self, token: Option<&AccessToken>) -> BTreeMap<String, Answered> {
        let mut pages = BTreeMap::new();
        let mut met = BTreeSet::from(["/".to_owned()]);
        let mut open = VecDeque::from(["/".to_owned()]);
        while let Some(address) = open.pop_front() {
            let answer = match token {
                None => self.get(&address).await,
                Some(token) => self.get_as(token, &address).await,
            };
            let is_page = answer.header(CONTENT_TYPE).starts_with("text/html");
            for link in links(&answer.text).into_iter().filter(|_| is_page) {
                // One language and theme will do here: the others are the same views.
                let is_choice = link.contains("lang=") || link.contains("theme=");
                if link.starts_with('/')
                    && !is_choice
                    && pages.len() + open.len() < 3_000
                    && met.insert(link.clone())
                {
                    open.push_back(link);
                }
            }
            pages.insert(address, answer);
        }
        pages
    }
}

fn issue(lab: &Lab, agency: &str, token: &AccessToken) {
    let issued = v1::AccessTokenRecorded {
        token_digest: token.digest().to_bytes(),
        agency_id: agency.to_owned(),
        scope: TokenScope::ReadAndSubmit.into(),
        expires_at: Some(Moment(lab.now.0 + 1_000_000_000_000).to_message()),
        ..Default::default()
    };
    lab.record(What::AccessTokenIssued(issued));
}

/// Addresses that a page refers to, without fragments.
fn links(html: &str) -> Vec<String> {
    let quoted = html.split(" href=\"").chain(html.split(" src=\"")).chain(html.split(" action=\""));
    let addresses = quoted.skip(1).filter_map(|rest| rest.split_once('"')).map(|(address, _)| address);
    let addresses = addresses.map(|address| address.replace("&amp;", "&").replace("&#38;", "&"));
    addresses
        .map(|address| address.split('#').next().unwrap_or_default().to_owned())
        .filter(|address| !address.is_empty())
        .collect()
}

/// What the policy would refuse, were it in a page.
fn forbidden(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let inline = lower
        .split("<script")
        .skip(1)
        .find(|rest| !rest.starts_with(" src=\"/assets/") || !rest.contains("></script>"));
    if inline.is_some() {
        return Some("an inline script".to_owned());
    }
    let tags = lower.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    for tag in tags {
        let attributes = tag
            .split_ascii_whitespace()
            .skip(1)
            .map(|attribute| attribute.split('=').next().unwrap_or_default());
        for attribute in attributes {
            // Values with spaces are no attributes; those that matter have no quote in their name.
            if attribute == "style"
                || (attribute.starts_with("on") && tag.contains(&format!(" {attribute}=\"")))
            {
                return Some(format!("{attribute} in <{tag}>"));
            }
        }
    }
    lower.contains("<style").then(|| "a style element".to_owned())
}

#[tokio::test]
async fn every_link_of_every_page_answers_and_no_page_breaks_its_own_policy() {
    let bench = Bench::new();
    for token in [None, Some(&bench.token)] {
        let pages = bench.crawl(token).await;
        let mut faults = Vec::new();
        for (address, answer) in &pages {
            // A form that is posted to has no page of its own, and whoever says nothing of himself is asked to.
            let is_expected =
                matches!(answer.status, 200 | 303) || (answer.status == 405 && address == "/sign-out");
            if !is_expected {
                faults.push(format!(
                    "{address}: {} {}",
                    answer.status,
                    answer.text.chars().take(200).collect::<String>()
                ));
            }
            if answer.header(CONTENT_TYPE).starts_with("text/html") {
                faults.extend(forbidden(&answer.text).map(|what| format!("{address}: {what}")));
                if answer.header(CONTENT_SECURITY_POLICY) != policy::CONTENT {
                    faults.push(format!("{address}: no policy"));
                }
                if !answer.text.contains("<main") || !answer.text.contains("class=\"skip\"") {
                    faults.push(format!("{address}: no landmarks"));
                }
                if answer.text.matches("<h1").count() != 1 {
                    faults.push(format!("{address}: {} first headings", answer.text.matches("<h1").count()));
                }
                let expected = if token.is_some() { "private, no-store" } else { "private, no-cache" };
                if answer.header(CACHE_CONTROL) != expected {
                    faults.push(format!("{address}: kept as {:?}", answer.header(CACHE_CONTROL)));
                }
            }
        }
        assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), pages.len(), faults.join("\n"));
        for place in ["/submissions", "/data/MIG_FLOW", "/structures", "/log", "/api", "/upload", "/log/6"] {
            assert!(pages.contains_key(place), "{place} cannot be reached");
        }
        assert!(pages.len() > 50, "{} pages", pages.len());
    }
}

#[tokio::test]
async fn a_figure_under_embargo_is_on_no_page_of_those_who_may_not_see_it() {
    let bench = Bench::new();
    for token in [None, Some(&bench.token)] {
        let pages = bench.crawl(token).await;
        let seen: Vec<_> = pages
            .iter()
            .filter(|(_, answer)| answer.text.contains(CANARY))
            .map(|(address, _)| address)
            .collect();
        assert!(seen.is_empty(), "{seen:?}");
    }
    let shown = bench.get("/data/MIG_FLOW?provider=SWE&labels=id").await;
    assert!(shown.text.contains(">2021<"), "what is released is shown: {}", shown.text);
}

#[tokio::test]
async fn whoever_says_nothing_of_himself_sees_no_submissions_and_where_the_public_is_kept_out_no_figures() {
    let mut bench = Bench::new();
    let public = bench.get("/submissions").await;
    assert!(public.text.contains("/sign-in?next=") && !public.text.contains("name=\"state\""));
    let own = bench.get_as(&bench.token, "/submissions").await;
    assert!(own.text.contains("name=\"state\""), "{}", own.text);
    bench.public_reading = false;
    for (address, status) in [
        ("/", 200),
        ("/structures", 200),
        ("/data/MIG_FLOW", 401),
        ("/log", 401),
        ("/download/MIG_FLOW.csv", 401),
    ] {
        let answer = bench.get(address).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.text);
        assert!(!answer.text.contains(">2021<"), "{address}");
    }
    assert_eq!(bench.get_as(&bench.token, "/data/MIG_FLOW").await.status, 200);
}

#[tokio::test]
async fn hostile_texts_are_inert_wherever_they_come_from() {
    let bench = Bench::new();
    let evil = AccessToken::new([8; 32]);
    let long = "x".repeat(10_000);
    let encoded = super::query::encoded(HOSTILE);
    for address in [
        "/".to_owned(),
        format!("/structures/codelist/MIGHUB/CL_AREA/1.0.0?q={encoded}"),
        format!("/structures/{encoded}/a/b/c"),
        format!("/data/{encoded}"),
        format!("/data/MIG_FLOW?provider={encoded}&as_of={encoded}&sex={encoded}&labels={encoded}"),
        format!("/data/MIG_FLOW?ref_area={long}"),
        format!("/log?dataflow={encoded}&provider={encoded}"),
        format!("/log/{encoded}"),
        format!("/submissions?provider={encoded}&state={encoded}&dataflow={long}"),
        format!("/submissions/{encoded}"),
        format!("/sign-in?next={encoded}"),
        format!("/rulebook?dataflow={encoded}"),
        format!("/?{encoded}={encoded}"),
    ] {
        let answer = bench.get_as(&evil, &address).await;
        let shown: String = address.chars().take(80).collect();
        assert!(answer.status < 500, "{shown}: {}", answer.status);
        assert!(
            answer.header(CONTENT_TYPE).starts_with("text/html"),
            "{shown}: {}",
            answer.header(CONTENT_TYPE)
        );
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "{shown}");
        assert_eq!(forbidden(&answer.text), None, "{shown}");
        let title = answer
            .text
            .split("<title>")
            .nth(1)
            .and_then(|rest| rest.split("</title>").next())
            .expect("a title");
        assert!(!title.contains('\u{202e}') && title.chars().count() < 300, "{shown}: {title}");
    }
    let first = bench.get_as(&evil, "/").await;
    assert!(first.text.contains(">&#60;script&#62;alert(1)"), "the name is there as a text");
}

#[tokio::test]
async fn a_page_speaks_the_language_that_the_address_the_cookie_or_the_browser_asks_for() {
    let bench = Bench::new();
    let french = bench.ask(Method::GET, "/log", &[(ACCEPT_LANGUAGE, "de, fr-CA;q=0.8, es;q=0.5")], "").await;
    assert!(french.text.contains("<html lang=\"fr\" dir=\"ltr\"") && french.text.contains("Journal"));
    let spanish =
        bench.ask(Method::GET, "/log", &[(ACCEPT_LANGUAGE, "fr"), (COOKIE, "mighub-language=es")], "").await;
    assert!(spanish.text.contains("<html lang=\"es\""));
    let arabic =
        bench.ask(Method::GET, "/log?lang=ar&theme=dark", &[(COOKIE, "mighub-language=es")], "").await;
    assert!(arabic.text.contains("<html lang=\"ar\" dir=\"rtl\" data-theme=\"dark\""));
    let remembered: Vec<_> =
        arabic.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    assert!(remembered.iter().any(|cookie| cookie.starts_with("mighub-language=ar;")), "{remembered:?}");
}
