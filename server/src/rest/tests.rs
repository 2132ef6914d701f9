//! Requests and answers of the REST door, in process: status, content type, and key facts.

mod handed_in;
mod kit;
mod maintaining;
mod table;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, Method, Request, StatusCode};
use mighub::v1;
use tower::ServiceExt;

use super::{Services, openapi, router};
use crate::clock::Clock;
use crate::door::{Peer, PeerCertificate, Reception, StopSwitch, Transport, stop_switch};
use crate::hub::Moment;
use crate::hub::retrieve::tests::lab::{AREAS, Lab};
use crate::trust::AgencyName;
use table::{AVAILABILITY, Row, SCHEMAS, STRUCTURES};

/// A REST door in front of a laboratory hub, in which two countries have sent.
pub(super) struct Bench {
    router: Router,
    certificate: Option<PeerCertificate>,
    lab: Lab,
    _switch: StopSwitch,
}

/// An answer, read.
pub(super) struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn header(&self, name: http::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
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
        // Within the second of a change answers have no date.
        lab.wait(1_000);
        let clock = Arc::new(Clock::set_by_hand(lab.now));
        let (switch, stop) = stop_switch();
        let router = router(Services { hub: lab.hub.clone(), clock, stop });
        Self { router, certificate: None, lab, _switch: switch }
    }

    /// The same, for whoever comes with the certificate of an administrator.
    fn of_administrator() -> Self {
        Self::with_certificate("MIGHUB")
    }

    /// The same, for an office that may send.
    fn of_office(agency: &str) -> Self {
        let bench = Self::with_certificate(agency);
        bench.lab.role(agency, v1::Role::Submitter);
        bench
    }

    fn with_certificate(agency: &str) -> Self {
        let mut bench = Self::new();
        let name = AgencyName { agency: Arc::from(agency), application: Arc::from("client") };
        let (fingerprint, not_after) = ([7; 32], Moment(bench.lab.now.0 + 1_000_000));
        let keys = v1::KeysRecorded {
            agency_id: agency.to_owned(),
            application: "client".to_owned(),
            certificate_fingerprint: fingerprint.to_vec().into(),
            not_after: Some(not_after.to_message()),
            ..Default::default()
        };
        bench.lab.hub.record_keys(None, keys, bench.lab.now).expect("recorded");
        bench.certificate = Some(PeerCertificate { name, fingerprint, not_after });
        bench
    }

    async fn ask(
        &self,
        method: Method,
        address: &str,
        headers: &[(http::HeaderName, &str)],
        body: &str,
    ) -> Answered {
        self.send(method, address, headers, body.as_bytes().to_vec()).await
    }

    async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(http::HeaderName, &str)],
        body: Vec<u8>,
    ) -> Answered {
        let mut request =
            Request::builder().method(method).uri(address).header(http::header::HOST, "hub.example:8443");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut request = request.body(Body::from(body)).expect("a request");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let peer = Peer { address, certificate: self.certificate.clone(), transport: Transport::Plain };
        request.extensions_mut().insert(Arc::new(peer));
        request.extensions_mut().insert(Arc::new(Reception::new(true)));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 * 1024 * 1024).await.expect("a body");
        Answered { status: parts.status.as_u16(), headers: parts.headers, body: body.to_vec() }
    }

    async fn get(&self, address: &str, accept: &str) -> Answered {
        self.ask(Method::GET, address, &[(ACCEPT, accept)], "").await
    }
}

async fn check(bench: &Bench, rows: &[Row]) {
    let mut faults = Vec::new();
    for (address, accept, status, content_type, facts) in rows {
        let answer = bench.get(address, accept).await;
        let text = answer.text();
        if (answer.status, answer.header(CONTENT_TYPE)) != (*status, *content_type) {
            let shown: String = text.chars().take(300).collect();
            faults.push(format!("{address}: {} {} {shown}", answer.status, answer.header(CONTENT_TYPE)));
            continue;
        }
        for fact in *facts {
            let holds =
                fact.strip_prefix('!').map_or_else(|| text.contains(fact), |absent| !text.contains(absent));
            if !holds {
                let shown: String = text.chars().take(1_500).collect();
                faults.push(format!("{address}: {fact} in {shown}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[tokio::test]
async fn structure_queries_are_answered_as_both_versions_have_them() {
    check(&Bench::new(), STRUCTURES).await;
}

#[tokio::test]
async fn schema_queries_give_an_xml_schema_or_the_structures_behind_it() {
    check(&Bench::new(), SCHEMAS).await;
}

#[tokio::test]
async fn availability_counts_what_the_reader_may_see() {
    check(&Bench::new(), AVAILABILITY).await;
}

#[tokio::test]
async fn an_answer_that_the_caller_has_is_not_sent_again() {
    let bench = Bench::new();
    for address in
        ["/sdmx/v2/structure/dataflow", "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW", "/sdmx/v1/codelist"]
    {
        let first = bench.get(address, "*/*").await;
        let (tag, date) = (first.header(ETAG).to_owned(), first.header(LAST_MODIFIED).to_owned());
        let again = [(http::header::IF_NONE_MATCH, &*tag), (http::header::IF_MODIFIED_SINCE, &*date)];
        for (name, value) in again {
            let answer = bench.ask(Method::GET, address, &[(name.clone(), value)], "").await;
            assert_eq!(answer.status, 304, "{address} {name}");
            assert!(answer.body.is_empty() && answer.header(ETAG) == tag);
        }
        let other = bench.get(address, "application/xml;version=3.0, application/json;q=0.1").await;
        assert_eq!(other.status, 200);
    }
}

#[tokio::test]
async fn answers_are_compressed_as_the_caller_takes_them_and_read_by_browsers() {
    let bench = Bench::new();
    let address = "/sdmx/v2/structure/codelist";
    let plain = bench.get(address, "*/*").await;
    for encoding in ["gzip", "zstd"] {
        let answer = bench.ask(Method::GET, address, &[(http::header::ACCEPT_ENCODING, encoding)], "").await;
        assert_eq!(answer.header(CONTENT_ENCODING), encoding);
        assert!(answer.body.len() * 2 < plain.body.len(), "{encoding}: {} bytes", answer.body.len());
    }
    let vary = plain.headers.get_all(http::header::VARY).iter().filter_map(|value| value.to_str().ok());
    let vary: String = vary.collect::<Vec<_>>().join(",").to_ascii_lowercase();
    for header in ["accept", "accept-language", "accept-encoding", "authorization"] {
        assert!(vary.split(',').any(|name| name.trim() == header), "{header} in {vary}");
    }
    assert_eq!(plain.header(http::header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let head = bench.ask(Method::HEAD, address, &[], "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let preflight =
        [(http::header::ACCESS_CONTROL_REQUEST_METHOD, "GET"), (http::header::ORIGIN, "https://a.example")];
    assert_eq!(bench.ask(Method::OPTIONS, address, &preflight, "").await.status, 204);
}

#[tokio::test]
async fn nobody_changes_structures_without_the_right_to() {
    let bench = Bench::new();
    let message = "{\"data\":{\"codelists\":[]}}";
    for (method, address) in [
        (Method::POST, "/sdmx/v2/structure"),
        (Method::PUT, "/sdmx/v2/structure/codelist/MIGHUB/CL_NEW/1.0.0"),
        (Method::DELETE, "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/1.0.0"),
        (Method::POST, "/ws/secure/sdmxapi/rest"),
        (Method::POST, "/sdmx/ws/secure/sdmxapi/rest"),
    ] {
        let answer = bench.ask(method.clone(), address, &[], message).await;
        assert!(
            matches!(answer.status, 401 | 403),
            "{method} {address}: {} {}",
            answer.status,
            answer.text()
        );
    }
    let foreign = [("sec-fetch-site".parse().expect("a name"), "cross-site")];
    let answer = bench.ask(Method::POST, "/sdmx/v2/structure", &foreign, message).await;
    assert_eq!(answer.status, 403, "a page of another site");
    let answer = bench
        .ask(Method::POST, "/ws/secure/sdmxapi/rest", &[("action".parse().expect("a name"), "Burn")], message)
        .await;
    assert_eq!(answer.status, 400);
}

/// The paths that the router has, with what stands for the rest of a path and a slash at the end taken off.
fn routed(router: &Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let paths = shown.split('"').filter(|text| text.starts_with('/') && !text.contains("__private"));
    paths.map(|path| path.trim_end_matches("{*path}").trim_end_matches('/').to_owned()).collect()
}

#[tokio::test]
async fn whatever_is_routed_is_described_and_the_other_way_round() {
    let bench = Bench::new();
    let routed = routed(&bench.router);
    assert!(routed.len() > 40, "the router shows its paths: {routed:?}");
    let described = openapi::described_paths();
    let types = super::structure::v1_types();
    // At the common address both versions are served, and version 1 has an address for each type.
    let canonical = |path: &str| {
        let rest = path.strip_prefix("/sdmx/").unwrap_or(path);
        let (version, rest) = match rest.split_once('/') {
            Some((version @ ("v1" | "v2"), rest)) => (version, rest),
            _ if rest == "availableconstraint" || (types.contains(rest) && rest != "structure") => {
                ("v1", rest)
            }
            _ => ("v2", rest),
        };
        match () {
            () if !path.starts_with("/sdmx/") || path == openapi::ADDRESS => path.to_owned(),
            () if rest.starts_with("ws/") => format!("/{rest}"),
            () if version == "v1" && types.contains(rest) => "/sdmx/v1/{resource}".to_owned(),
            () if rest == "metadata" => "/sdmx/v2/metadata".to_owned(),
            () => format!("/sdmx/{version}/{rest}"),
        }
    };
    for path in &routed {
        let path = canonical(path);
        let is_described =
            described.iter().any(|known| *known == path || known.starts_with(&format!("{path}/")));
        assert!(is_described, "{path} is routed and not described");
    }
    for path in described {
        let is_routed = routed
            .iter()
            .map(|known| canonical(known))
            .any(|known| path == known || path.starts_with(&format!("{known}/")));
        assert!(is_routed, "{path} is described and not routed");
    }
}

#[tokio::test]
async fn every_query_that_is_described_is_answered() {
    let bench = Bench::new();
    let answer = bench.get("/sdmx/openapi.json", "*/*").await;
    let description: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let examples = [
        ("{structureType}", "codelist"),
        ("{resource}", "codelist"),
        ("{agencyID}/{resourceID}/{version}/{itemID}", "MIGHUB/CL_SEX/1.0.0/F"),
        ("{context}", "dataflow"),
        ("{agencyID}", "MIGHUB"),
        ("{resourceID}", "MIG_FLOW"),
        ("{version}", "1.0.0"),
        ("{key}/{provider}", "all/all"),
        ("{key}", "*"),
        ("{componentID}", "REF_AREA"),
        ("{flow}", "MIGHUB,MIG_FLOW,1.0.0"),
        ("{file}", "MIG_FLOW.csv"),
        ("{id}", "01J9ZK6V3QH7X0T2M4N8R5PBCG"),
    ];
    let paths = description["paths"].as_object().expect("paths");
    for (path, operations) in paths.iter().filter(|(_, operations)| operations.get("get").is_some()) {
        let address = examples.iter().fold(path.clone(), |path, (name, example)| path.replace(name, example));
        let answer = bench.get(&address, "*/*").await;
        let expected = match operations["get"]["tags"][0].as_str() {
            // Whoever says nothing of himself is told of no submissions.
            Some("data in") => 401,
            Some("not offered") => 501,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{address}: {}", answer.text());
        for parameter in operations["get"]["parameters"].as_array().expect("parameters") {
            assert_ne!(parameter["description"], "", "{path}: {parameter}");
        }
    }
}

#[tokio::test]
async fn a_path_that_nobody_has_is_told_so() {
    let answer = Bench::new().get("/sdmx/v2/structures", "*/*").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND.as_u16());
}
