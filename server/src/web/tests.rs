//! Pages in process, over a hub in which two countries have sent: that every link leads somewhere, that nothing is
//! inline, that nobody sees more than on the other doors, and that hostile texts stay texts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderName, Method, Request};
use mighub::token::AccessToken;
use mighub::v1::{self, Role, TokenScope, record::What};
use tower::ServiceExt;

use super::language::{Language, catalogue};
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
const COLUMNS: &str = "DATAFLOW,FREQ,REF_AREA,FLOW_DIR,CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,MIGRANT_CAT,TIME_PERIOD,OBS_VALUE,CONF_STATUS";
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

    async fn ask(&self, method: Method, address: &str, headers: &[(HeaderName, &str)], body: &str) -> Answered {
        let mut request = Request::builder().method(method).uri(address).header(http::header::HOST, HOST);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).expect("a request");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        request.extensions_mut().insert(Arc::new(Peer { address, certificate: None, transport: Transport::Plain }));
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
                if link.starts_with('/') && !is_choice && pages.len() + open.len() < 3_000 && met.insert(link.clone()) {
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
    let inline = lower.split("<script").skip(1).find(|rest| {
        !rest.starts_with(" src=\"/assets/") || !rest.contains("></script>")
    });
    if inline.is_some() {
        return Some("an inline script".to_owned());
    }
    let tags = lower.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    for tag in tags {
        let attributes = tag.split_ascii_whitespace().skip(1).map(|attribute| attribute.split('=').next().unwrap_or_default());
        for attribute in attributes {
            // Values with spaces are no attributes; those that matter have no quote in their name.
            if attribute == "style" || (attribute.starts_with("on") && tag.contains(&format!(" {attribute}=\""))) {
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
            let is_expected = matches!(answer.status, 200 | 303) || (answer.status == 405 && address == "/sign-out");
            if !is_expected {
                faults.push(format!("{address}: {} {}", answer.status, answer.text.chars().take(200).collect::<String>()));
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
        let seen: Vec<_> = pages.iter().filter(|(_, answer)| answer.text.contains(CANARY)).map(|(address, _)| address).collect();
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
    for (address, status) in [("/", 200), ("/structures", 200), ("/data/MIG_FLOW", 401), ("/log", 401), ("/download/MIG_FLOW.csv", 401)] {
        let answer = bench.get(address).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.text);
        assert!(!answer.text.contains(">2021<"), "{address}");
    }
    assert_eq!(bench.get_as(&bench.token, "/data/MIG_FLOW").await.status, 200);
}

#[tokio::test]
async fn signing_in_needs_a_token_and_a_form_of_this_site_and_ends_when_asked() {
    let bench = Bench::new();
    let own = (ORIGIN, "http://hub.example:8443");
    let form = format!("token={}&next=/submissions", bench.token.reveal());
    for headers in [vec![], vec![(ORIGIN, "https://evil.example")], vec![("sec-fetch-site".parse().expect("a name"), "cross-site")]] {
        assert_eq!(bench.post("/sign-in", &headers, &form).await.status, 403, "{headers:?}");
        assert_eq!(bench.post("/upload", &headers, "").await.status, 403, "{headers:?}");
        assert_eq!(bench.post("/submissions/S1/answers", &headers, "text=x").await.status, 403, "{headers:?}");
    }
    let wrong = bench.post("/sign-in", std::slice::from_ref(&own), "token=mighub_access_wrong&next=/").await;
    assert_eq!((wrong.status, wrong.header(SET_COOKIE)), (401, ""));
    let good = bench.post("/sign-in", std::slice::from_ref(&own), &form).await;
    assert_eq!((good.status, good.header(LOCATION)), (303, "/submissions"));
    let cookie = good.header(SET_COOKIE);
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let out = bench.post("/sign-out", &[own], "").await;
    assert!(out.header(SET_COOKIE).contains("Max-Age=0"), "{}", out.header(SET_COOKIE));
    let over_tls = [("x-forwarded-proto".parse().expect("a name"), "https"), (ORIGIN, "https://hub.example:8443")];
    let good = bench.post("/sign-in", &over_tls, &form).await;
    assert!(good.header(SET_COOKIE).starts_with("__Host-mighub=") && good.header(SET_COOKIE).contains("; Secure"));
}

#[tokio::test]
async fn a_file_is_judged_as_on_the_other_doors_and_its_report_has_an_address() {
    let bench = Bench::new();
    let sent = |act: &'static str, rows: &'static str| {
        let cookie = format!("mighub={}", bench.token.reveal());
        let bench = &bench;
        async move {
            let part = |name: &str, text: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
            let file = format!(
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"flows.csv\"\r\nContent-Type: text/csv\r\n\r\n\
                 {COLUMNS}\n{rows}\r\n--x--\r\n"
            );
            let body = [part("person", "Anna"), part("act", act), file].concat();
            let headers = [
                (CONTENT_TYPE, "multipart/form-data; boundary=x"),
                (COOKIE, cookie.as_str()),
                (ORIGIN, "http://hub.example:8443"),
            ];
            let answer = bench.ask(Method::POST, "/upload", &headers, &body).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            bench.get_as(&bench.token, answer.header(LOCATION)).await
        }
    };
    let wrong = sent("send", "MIGHUB:MIG_FLOW(1.0.0),A,DNK,IMM,CTZ,XXX,_T,_T,LT,_T,2021,7,F").await;
    assert_eq!(wrong.status, 200);
    assert!(wrong.text.contains("chip bad") && wrong.text.contains("XXX"), "{}", wrong.text);
    let good = sent("send", "MIGHUB:MIG_FLOW(1.0.0),A,DNK,IMM,CTZ,SYR,_T,_T,LT,_T,2021,7,F").await;
    assert_eq!(good.status, 200);
    assert!(good.text.contains("mighub receipt") || good.text.contains("/answers"), "{}", good.text);
    let listed = bench.get_as(&bench.token, "/submissions").await;
    assert!(listed.text.contains("Anna"), "{}", listed.text);
    let address = links(&listed.text).into_iter().find(|link| link.starts_with("/submissions/")).expect("a submission");
    let public = bench.get(&address).await;
    assert_eq!(public.status, 401);
    assert!(!public.text.contains("Anna"));
}

#[tokio::test]
async fn an_ended_session_is_told_so_once_and_the_text_of_an_answer_is_not_lost() {
    let bench = Bench::new();
    let gone = AccessToken::new([9; 32]);
    let answer = bench.get_as(&gone, "/structures").await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("/sign-in") && answer.header(SET_COOKIE).contains("Max-Age=0"));
    let cookie = format!("mighub={}", gone.reveal());
    let headers = [(COOKIE, cookie.as_str()), (ORIGIN, "http://hub.example:8443")];
    let answer = bench.post("/submissions/01J9ZK6V3QH7X0T2M4N8R5PBCG/answers", &headers, "rule=X&text=A+long+story").await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("A long story"), "{}", answer.text);
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
        assert!(answer.header(CONTENT_TYPE).starts_with("text/html"), "{shown}: {}", answer.header(CONTENT_TYPE));
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "{shown}");
        assert_eq!(forbidden(&answer.text), None, "{shown}");
        let title = answer.text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).expect("a title");
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
    let spanish = bench.ask(Method::GET, "/log", &[(ACCEPT_LANGUAGE, "fr"), (COOKIE, "mighub-language=es")], "").await;
    assert!(spanish.text.contains("<html lang=\"es\""));
    let arabic = bench.ask(Method::GET, "/log?lang=ar&theme=dark", &[(COOKIE, "mighub-language=es")], "").await;
    assert!(arabic.text.contains("<html lang=\"ar\" dir=\"rtl\" data-theme=\"dark\""));
    let remembered: Vec<_> = arabic.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    assert!(remembered.iter().any(|cookie| cookie.starts_with("mighub-language=ar;")), "{remembered:?}");
}

#[test]
fn everything_that_is_said_is_in_the_catalogue_in_every_complete_language() {
    let english = catalogue(Language::English);
    let mut faults = Vec::new();
    for language in Language::ALL {
        let known = catalogue(language);
        let is_complete = Language::COMPLETE.contains(&language);
        let lacking = english.keys().filter(|key| is_complete && !known.contains_key(*key));
        faults.extend(lacking.map(|key| format!("{key} is not in {}", language.tag())));
        for (key, text) in known {
            let Some(model) = english.get(key) else {
                faults.push(format!("{key} of {} is nobody's", language.tag()));
                continue;
            };
            let places = |text: &str| (0..4).map(|nth| text.contains(&format!("{{{nth}}}"))).collect::<Vec<_>>();
            if places(text) != places(model) || text.trim().is_empty() {
                faults.push(format!("{key} of {}: {text:?}", language.tag()));
            }
        }
    }
    let (said, sources) = said();
    faults.extend(said.iter().filter(|key| !english.contains_key(*key)).map(|key| format!("{key} is said and not in en")));
    // Keys that are made of parts, such as those of states, do not stand anywhere as a whole.
    let is_made = |key: &str| ["state.", "upload.kind."].iter().any(|beginning| key.starts_with(beginning));
    let unused = english.keys().filter(|key| !is_made(key) && !sources.contains(&format!("\"{key}\"")));
    faults.extend(unused.map(|key| format!("{key} is never said")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Keys in templates and sources, and all of their text.
fn said() -> (BTreeSet<String>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("templates"), root.join("src/web")];
    let (mut said, mut all) = (BTreeSet::new(), String::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html" || ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                for call in [".t(\"", ".t1(\"", ".t2(\"", ".titled(\"", ".say(\""] {
                    let keys = text.split(call).skip(1).filter_map(|rest| rest.split_once('"'));
                    said.extend(keys.map(|(key, _)| key.to_owned()));
                }
                all.push_str(&text);
            }
        }
    }
    // This function's own beginnings of calls are no keys.
    said.retain(|key| key.contains('.') && !key.contains([' ', ',']));
    (said, all)
}
