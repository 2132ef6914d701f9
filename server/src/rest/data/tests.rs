//! Answers over REST are those of gRPC, in every format, and tell nobody more.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, Method, Request, StatusCode};
use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::data::{Action, CsvVersion, DataFormat, raw_count, reader};
use mighub_sdmx::structure::DataDefinition;
use proptest::prelude::*;
use tower::Service;

use super::{Chosen, DataQuery, Making};
use crate::clock::Clock;
use crate::door::{Peer, Reception, Transport, stop_switch};
use crate::hub::retrieve::tests::lab::{AREAS, Lab, Write, agency, flow};
use crate::hub::{FiguresOf, Moment, Principal};
use crate::rest::{Services, router};

/// Values that the public must never see.
const CONFIDENTIAL: i64 = 77_771_177;
const EMBARGOED: i64 = 88_882_288;
const PATH: &str = "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0";
/// Longer bodies are none of these tests'.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Observations as a reader has them: key and period, with value and CONF_STATUS.
type Rows = BTreeMap<(String, String), (String, String)>;

/// A hub with a door.
struct Place {
    lab: Lab,
    router: Router,
    _switch: crate::door::StopSwitch,
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Place {
    /// Two providers, one of them with a confidential cell, and one with a cell under embargo.
    fn new() -> Self {
        let mut lab = Lab::new();
        for provider in ["SWE", "NOR"] {
            lab.agree(provider, |_| {});
        }
        let cells: Write = AREAS
            .iter()
            .enumerate()
            .flat_map(|(nth, area)| (2000..2010).map(move |year| ((*area, year), Some((nth as i64 * 100 + i64::from(year - 2000), "F")))))
            .collect();
        lab.send("SWE", cells.clone(), None, "");
        lab.wait(1_000);
        lab.send("NOR", cells, None, "");
        lab.wait(1_000);
        lab.send("NOR", [(("SYR", 2003), Some((CONFIDENTIAL, "C")))].into(), None, "");
        lab.wait(1_000);
        let embargo = Moment(lab.now.0 + 1_000_000);
        let news = [(("SYR", 2030), Some((EMBARGOED, "F"))), (("DEU", 2000), Some((EMBARGOED, "F")))];
        lab.send("SWE", news.into(), Some(embargo), "");
        lab.wait(1_000);
        Self::of(lab)
    }

    fn of(lab: Lab) -> Self {
        let (switch, stop) = stop_switch();
        let clock = Arc::new(Clock::set_by_hand(lab.now));
        let router = router(Services { hub: lab.hub.clone(), clock, stop });
        Self { lab, router, _switch: switch }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(http::HeaderName, &str)]) -> Answered {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let address = "127.0.0.1:4000".parse().expect("an address");
        let peer = Arc::new(Peer { address, certificate: None, transport: Transport::Plain });
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::new(Reception::new(true)));
        let response = self.router.clone().call(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, BODY_BYTES_MAX).await.expect("a whole body").to_vec();
        Answered { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str, accept: &str) -> Answered {
        self.ask(Method::GET, path, &[(ACCEPT, accept)]).await
    }

    /// Observations of an answer in CSV; nothing has none.
    async fn count(&self, path: &str) -> Result<usize, String> {
        let answered = self.get(path, &DataFormat::Csv(CsvVersion::V2_0).media_type()).await;
        match answered.status {
            StatusCode::OK => Ok(self.read(&answered.body).len()),
            StatusCode::NO_CONTENT => Ok(0),
            status => Err(format!("{status}: {}", answered.text())),
        }
    }

    fn definition(&self) -> Arc<DataDefinition> {
        self.lab.hub.definition(&flow()).expect("a dataflow").data
    }

    /// Reads a message as any client would.
    fn read(&self, body: &[u8]) -> Rows {
        let definition = self.definition();
        let resolve = |_: &str, _: &str| Some(definition.clone());
        let mut reader = reader(Cursor::new(body), resolve).expect("a message");
        let mut rows = Rows::new();
        while let Some(batch) = reader.next_batch().expect("rows") {
            assert!(batch.issues.is_empty(), "{:?}", batch.issues);
            assert_ne!(batch.action, Action::Delete);
            let columns = &batch.columns;
            let conf = columns.shape.observation_attribute("CONF_STATUS").expect("an attribute");
            for series in 0..columns.series_count() {
                let key: Vec<_> = columns.key(series).codes().map(|code| code.to_string()).collect();
                for at in columns.observations(series) {
                    let conf = columns.observation_attributes[conf].get(at).and_then(AttributeValue::as_text);
                    let value = columns.value(at).map(|value| value.to_string()).unwrap_or_default();
                    let place = (key.join("."), columns.periods[at].to_string());
                    let known = rows.insert(place, (value, conf.unwrap_or_default().to_owned()));
                    assert!(known.is_none(), "an observation came twice");
                }
            }
        }
        rows
    }

    /// What gRPC gives to the public.
    fn pulled(&self) -> Rows {
        let asked = mighub::v1::PullRequest { dataflow: flow().short(), ..Default::default() };
        let mut copy = BTreeMap::new();
        let parts = self.lab.parts(&Principal::PUBLIC, asked).expect("a pull");
        self.lab.apply(&parts, &mut copy);
        let definition = self.definition();
        let key = |provider: &str, area: &str| {
            let codes = definition.shape.dimensions.iter().map(|dimension| match &**dimension {
                "REF_AREA" => provider.to_owned(),
                "COUNTERPART_AREA" => area.to_owned(),
                id => self.lab.code(id).to_string(),
            });
            codes.collect::<Vec<_>>().join(".")
        };
        let row = |((provider, (area, year)), (value, conf)): ((String, (&str, u16)), (Option<i64>, String))| {
            let value = value.map(|value| value.to_string()).unwrap_or_default();
            ((key(&provider, area), year.to_string()), (value, conf))
        };
        copy.into_iter().map(row).collect()
    }

    /// Observations that a query chooses for the public, without HTTP.
    fn chosen(&self, principal: &Principal, path: &str, query: Option<&str>) -> Vec<Row> {
        let ask = DataQuery::v2(&self.lab.hub, path, query).expect("a query");
        let mut chosen =
            Chosen::new(&self.lab.hub, principal, Arc::new(ask), self.lab.now).expect("figures");
        let mut rows = Vec::new();
        while let Some(batch) = chosen.next().expect("a batch") {
            let columns = &batch.columns;
            let conf = columns.shape.observation_attribute("CONF_STATUS").expect("an attribute");
            let area = columns.shape.dimensions.iter().position(|id| &**id == "COUNTERPART_AREA");
            for series in 0..columns.series_count() {
                for at in columns.observations(series) {
                    let conf = columns.observation_attributes[conf].get(at).and_then(AttributeValue::as_text);
                    rows.push(Row {
                        area: columns.code(series, area.expect("a dimension")).to_string(),
                        year: columns.periods[at].to_string(),
                        value: columns.value(at).map(|value| value.unscaled),
                        conf: conf.unwrap_or_default().to_owned(),
                    });
                }
            }
        }
        rows
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    area: String,
    year: String,
    value: Option<i64>,
    conf: String,
}

#[tokio::test]
async fn every_format_gives_what_grpc_gives() {
    let place = Place::new();
    let expected = place.pulled();
    assert_eq!(expected.len(), 120);
    for format in DataFormat::all() {
        let media_type = format.media_type();
        for path in [format!("{PATH}/*"), "/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/all/all".to_owned()] {
            let answered = place.get(&path, &media_type).await;
            assert_eq!(answered.status, StatusCode::OK, "{} of {path}: {}", format.name(), answered.text());
            assert_eq!(answered.headers[CONTENT_TYPE], media_type);
            if format == DataFormat::Xlsx {
                // Only written; it is a zip archive.
                assert!(answered.body.starts_with(b"PK"));
                continue;
            }
            let count = raw_count(Cursor::new(&answered.body)).expect("a message");
            assert_eq!(count.observations, 120, "{} of {path}", format.name());
            assert_eq!(place.read(&answered.body), expected, "{} of {path}", format.name());
        }
    }
}

#[tokio::test]
async fn queries_give_the_expected_observations() {
    let place = Place::new();
    for (path, expected) in [
        ("", 120),
        ("/", 120),
        ("/*", 120),
        ("/all", 120),
        ("/*?c%5BREF_AREA%5D=SWE", 60),
        ("/*?c[REF_AREA]=SWE,NOR", 120),
        ("/*?c[REF_AREA]=FIN", 0),
        ("/*?c[COUNTERPART_AREA]=DEU,EST&c[REF_AREA]=NOR", 20),
        ("/*?c[COUNTERPART_AREA]=ne:DEU", 100),
        ("/*?c[COUNTERPART_AREA]=ne:DEU+ne:EST", 80),
        ("/*?c[COUNTERPART_AREA]=sw:D,ew:Y", 20),
        ("/*?c[COUNTERPART_AREA]=co:R", 40),
        ("/*?c[COUNTERPART_AREA]=ge:EST%2Ble:FIN", 40),
        ("/*?c[TIME_PERIOD]=ge:2003+le:2005", 36),
        ("/*?c[TIME_PERIOD]=gt:2003+lt:2005", 12),
        ("/*?c[TIME_PERIOD]=2001,2009", 24),
        ("/*?startPeriod=2008", 24),
        ("/*?c[OBS_VALUE]=ge:500", 19),
        ("/*?c[OBS_VALUE]=lt:1", 2),
        ("/*?c[CONF_STATUS]=F", 119),
        ("/*?c[CONF_STATUS]=ne:F", 1),
        ("/*?firstNObservations=2", 24),
        ("/*?lastNObservations=3", 36),
        ("/*?firstNObservations=1&lastNObservations=1", 24),
        ("/*?lastNObservations=2&c[TIME_PERIOD]=le:2001", 24),
        ("/*?limit=7", 7),
        ("/*?offset=115&limit=50", 5),
        ("/*?offset=500", 0),
        ("/*?sort=TIME_PERIOD:desc&limit=12", 12),
        ("/*?includeHistory=False", 120),
        ("/*?updatedAfter=2100", 0),
        ("/*?asOf=2023-11-14T22:13:20.500Z", 60),
        ("/*?attributes=none&limit=5", 5),
        ("/*?dimensionAtObservation=AllDimensions&limit=5", 5),
    ] {
        let found = place.count(&format!("{PATH}{path}")).await;
        assert_eq!(found, Ok(expected), "{path}");
    }
    for (path, expected) in [
        ("/sdmx/v1/data/MIG_FLOW", 120),
        ("/sdmx/v1/data/MIGHUB,MIG_FLOW/all/SWE", 60),
        ("/sdmx/v1/data/MIGHUB,MIG_FLOW,latest/all/MIGHUB,SWE+MIGHUB,NOR", 120),
        ("/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/all?startPeriod=2003&endPeriod=2005", 36),
        ("/sdmx/v1/data/MIG_FLOW/all?lastNObservations=1", 12),
        ("/sdmx/data/MIGHUB,MIG_FLOW/all", 120),
        ("/sdmx/data/dataflow/MIGHUB/MIG_FLOW", 120),
        ("/sdmx/v2/data/dataflow/*/MIG_FLOW/%2B", 120),
        ("/sdmx/v2/data/*/MIGHUB/MIG_FLOW/~/*", 120),
        ("/sdmx/v2/data/provisionagreement/MIGHUB/SWE", 60),
        ("/sdmx/v2/data/provisionagreement/MIGHUB/SWE,NOR/1.0.0", 120),
    ] {
        let found = place.count(path).await;
        assert_eq!(found, Ok(expected), "{path}");
    }
}

#[tokio::test]
async fn a_key_of_the_path_is_read_as_both_versions_write_it() {
    let place = Place::new();
    let dimensions = place.definition().shape.dimensions.clone();
    let key = |area: &str, any: &str| {
        let part = |id: &Arc<str>| if &**id == "REF_AREA" { area.to_owned() } else { any.to_owned() };
        dimensions.iter().map(part).collect::<Vec<_>>().join(".")
    };
    let swe = key("SWE", "*");
    assert_eq!(place.count(&format!("{PATH}/{swe}")).await, Ok(60));
    assert_eq!(place.count(&format!("{PATH}/{swe},{}", key("NOR", "*"))).await, Ok(120));
    let v1 = |key: String| format!("/sdmx/v1/data/MIG_FLOW/{key}");
    assert_eq!(place.count(&v1(key("SWE+NOR", ""))).await, Ok(120));
    assert_eq!(place.count(&v1(key("NOR", ""))).await, Ok(60));
}

#[tokio::test]
async fn hidden_values_never_leave_by_any_address_in_any_format() {
    let place = Place::new();
    let mut paths: Vec<String> = Vec::new();
    for query in [
        "",
        "?includeHistory=true",
        "?updatedAfter=2000",
        "?updatedAfter=2000&includeHistory=true",
        "?asOf=2023-11-14T22:13:21Z",
        "?c[OBS_VALUE]=ge:10000",
        "?c[OBS_VALUE]=77771177",
        "?c[OBS_VALUE]=88882288",
        "?c[OBS_VALUE]=sw:7777",
        "?sort=OBS_VALUE:desc&limit=2",
        "?c[TIME_PERIOD]=2030",
        "?lastNObservations=1&c[COUNTERPART_AREA]=SYR",
        "?dimensionAtObservation=AllDimensions",
    ] {
        paths.push(format!("{PATH}/*{query}"));
        paths.push(format!("/sdmx/v2/data/provisionagreement/MIGHUB/SWE,NOR/*/*{query}"));
    }
    paths.push("/sdmx/v1/data/MIG_FLOW/all/SWE+NOR?includeHistory=true".to_owned());
    paths.push("/sdmx/v1/data/MIG_FLOW?updatedAfter=2001-01-01".to_owned());
    let canaries = [CONFIDENTIAL.to_string(), EMBARGOED.to_string(), "2030".to_owned()];
    let is_hidden = |answered: &Answered, path: &str| {
        let text = answered.text();
        assert!(answered.status.as_u16() < 500, "{path}: {text}");
        for canary in &canaries {
            assert!(!text.contains(canary), "{path} tells {canary}: {text}");
        }
    };
    // Packed formats hide what they tell: their readers would find it in the same columns.
    for format in DataFormat::all().filter(|format| !matches!(format, DataFormat::Parquet | DataFormat::Xlsx)) {
        for path in &paths {
            is_hidden(&place.get(path, &format.media_type()).await, path);
        }
    }
    for ending in ["csv", "json", "jsonl"] {
        for query in ["", "?sort=obs_value:desc", "?provider=SWE,NOR", "?obs_value=ge:10000", "?as_of=2023-11-14T22:13:21Z"] {
            let path = format!("/v1/data/MIG_FLOW.{ending}{query}");
            is_hidden(&place.get(&path, "*/*").await, &path);
        }
    }
    for path in ["?c[OBS_VALUE]=ge:10000", "?c[TIME_PERIOD]=2030", "?c[OBS_VALUE]=77771177"] {
        assert_eq!(place.count(&format!("{PATH}/*{path}")).await, Ok(0), "{path}");
    }
    // The office itself sees both: the canaries are there.
    let of_office = |provider: &str, year: &str| {
        let query = format!("c[TIME_PERIOD]={year}&c[COUNTERPART_AREA]=SYR");
        let path = format!("provisionagreement/MIGHUB/{provider}");
        place.chosen(&agency(provider), &path, Some(&query))[0].value
    };
    assert_eq!(of_office("NOR", "2003"), Some(CONFIDENTIAL));
    assert_eq!(of_office("SWE", "2030"), Some(EMBARGOED));
}

#[tokio::test]
async fn bad_queries_say_where_which_rule_and_what_to_do() {
    let place = Place::new();
    for (path, status, words) in [
        ("/sdmx/v2/data/dataflow/MIGHUB/NO_FLOW/1.0.0", 404, "/structure/dataflow lists"),
        ("/sdmx/v2/data/dataflows/MIGHUB/MIG_FLOW", 400, "write dataflow, datastructure"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/one", 400, "the version: \\\"one\\\" is no version: write 1.0.0"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/A/B/C", 400, "write /data/CONTEXT/AGENCY/ID/VERSION/KEY"),
        ("/sdmx/v2/data/dataflow/MIGHUB", 501, "name it"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?startPeriods=2000", 400, "startPeriods: is no parameter here; there are: c[COMPONENT]"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[SEXX]=F", 400, "c[SEXX]: \\\"SEXX\\\" is no component of these data; there are: FREQ"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[TIME_PERIOD]=ge:20x", 400, "c[TIME_PERIOD]: \\\"ge:20x\\\""),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[SEX]=", 400, "c[SEX]: has a value of no characters"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?limit=0", 400, "limit: \\\"0\\\" is not a whole number from 1 on"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=soon", 400, "updatedAfter: \\\"soon\\\" is no instant: write"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2023&asOf=2022", 400, "updatedAfter: "),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?reportingYearStartDay=--07-01", 501, "leave it out"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?detail=some", 400, "write full, dataonly"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?attributes=SOME", 400, "attributes: \\\"SOME\\\" is no attribute"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?sort=SOME", 400, "sort: \\\"SOME\\\" is no component"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?dimensionAtObservation=SOME", 400, "there are: AllDimensions, FREQ"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?lastNObservations=1000000", 413, "ask for fewer"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2000&c[OBS_VALUE]=1", 501, "filter what you get"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/A.B%20C", 400, "is not a code"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?asOf=2100-01-01", 503, "has passed"),
    ] {
        let answered = place.get(path, "application/json").await;
        assert_eq!(answered.status.as_u16(), status, "{path}: {}", answered.text());
        assert!(answered.text().contains(words), "{path}: {}", answered.text());
    }
    let none = place.get("/sdmx/v1/data/MIG_FLOW/all?startPeriod=2050", "*/*").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.text().contains("code=\"100\""), "{}", none.text());
    let none = place.get(&format!("{PATH}/*?startPeriod=2050"), "*/*").await;
    assert_eq!((none.status, none.body.len()), (StatusCode::NO_CONTENT, 0));
    let none = place.get(&format!("{PATH}/*"), "image/png").await;
    assert_eq!(none.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again_until_it_sees_something_else() {
    let mut place = Place::new();
    let csv = DataFormat::Csv(CsvVersion::V2_0).media_type();
    let path = format!("{PATH}/*");
    let first = place.get(&path, &csv).await;
    let tag = first.headers[ETAG].to_str().expect("ASCII").to_owned();
    let date = first.headers[LAST_MODIFIED].to_str().expect("ASCII").to_owned();
    let again = place.ask(Method::GET, &path, &[(ACCEPT, &csv), (IF_NONE_MATCH, &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let again = place.ask(Method::GET, &path, &[(ACCEPT, &csv), (IF_MODIFIED_SINCE, &date)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let head = place.ask(Method::HEAD, &path, &[(ACCEPT, &csv)]).await;
    assert_eq!((head.status, head.body.len(), &head.headers[ETAG]), (StatusCode::OK, 0, &first.headers[ETAG]));
    let other = place.get(&path, "application/json").await;
    assert_ne!(other.headers[ETAG], tag, "another format is another answer");
    // What is under embargo or confidential changes nothing that the public can tell.
    place.lab.wait(2_000);
    place.lab.send("NOR", [(("SYR", 2003), Some((CONFIDENTIAL + 1, "C")))].into(), None, "");
    let embargo = Moment(place.lab.now.0 + 900_000);
    place.lab.send("SWE", [(("SYR", 2031), Some((EMBARGOED, "F")))].into(), Some(embargo), "");
    let mut place = Place::of(place.lab);
    assert_eq!(place.get(&path, &csv).await.headers[ETAG], tag);
    place.lab.wait(2_000_000);
    let place = Place::of(place.lab);
    let released = place.get(&path, &csv).await;
    assert_ne!(released.headers[ETAG], tag);
    assert_eq!(released.text().matches(&EMBARGOED.to_string()).count(), 3);
    let modified = place.ask(Method::GET, &path, &[(ACCEPT, &csv), (IF_MODIFIED_SINCE, &date)]).await;
    assert_eq!(modified.status, StatusCode::OK);
}

#[tokio::test]
async fn changes_come_as_deletions_and_then_replacements() {
    let mut place = Place::new();
    let before = place.lab.now.to_string();
    place.lab.wait(2_000);
    place.lab.send("SWE", [(("EST", 2000), None), (("EST", 2001), Some((5_555, "F")))].into(), None, "");
    let place = Place::of(place.lab);
    let csv = DataFormat::Csv(CsvVersion::V2_0).media_type();
    for name in ["updatedAfter", "updateAfter"] {
        let answered = place.get(&format!("{PATH}/*?{name}={before}"), &csv).await;
        let text = answered.text();
        let rows: Vec<(&str, &str)> = text
            .lines()
            .skip(1)
            .filter_map(|line| Some((line.split(',').nth(2)?, if line.contains("5555") { "new" } else { "" })))
            .collect();
        assert_eq!(rows, [("D", ""), ("R", "new")], "{text}");
    }
    let answered = place.get(&format!("{PATH}/*?includeHistory=True&c[COUNTERPART_AREA]=EST&c[REF_AREA]=SWE"), &csv).await;
    let text = answered.text();
    let header = text.lines().next().expect("a header");
    assert!(header.ends_with("VALID_FROM,VALID_TO"), "{header}");
    // Ten observations at first, then one gone and one other.
    let letters: String = text.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert_eq!(letters, "RRRRRRRRRRDR", "{text}");
}

#[tokio::test]
async fn plain_tables_are_read_at_once_and_in_parts() {
    use http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, IF_RANGE, RANGE};
    let place = Place::new();
    let csv = place.get("/v1/data/MIGHUB:MIG_FLOW(1.0.0).csv?ref_area=SWE&COUNTERPART_AREA=DEU,EST&start=2005&end=2006", "*/*").await;
    let text = csv.text();
    assert_eq!((csv.status, text.lines().count()), (StatusCode::OK, 5), "{text}");
    assert!(text.starts_with("FREQ,REF_AREA,"), "{text}");
    assert_eq!(csv.headers[CONTENT_DISPOSITION], "attachment; filename=\"MIG_FLOW.csv\"");
    let chosen = "/v1/data/MIG_FLOW.csv?columns=time_period,counterpart_area,obs_value&labels=name&bom=1&ref_area=SWE&limit=1";
    let text = place.get(chosen, "*/*").await.text();
    let expected = "\u{feff}TIME_PERIOD,COUNTERPART_AREA,COUNTERPART_AREA_NAME,OBS_VALUE\r\n2000,DEU,Germany,0\r\n";
    assert_eq!(text, expected);
    let json = place.get("/v1/data/MIG_FLOW.json?columns=counterpart_area,obs_value,obs_status&labels=both&ref_area=SWE&limit=2", "*/*").await;
    let json: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
    assert_eq!(json[1]["COUNTERPART_AREA"], "DEU: Germany");
    assert_eq!(json[1]["OBS_VALUE"], 1);
    let empty = place.get("/v1/data/MIG_FLOW.json?start=2050", "*/*").await;
    assert!(serde_json::from_slice::<Vec<u8>>(&empty.body).expect("JSON").is_empty());
    let unknown = place.get("/v1/data/MIG_FLOW.csv?reff_area=SWE", "*/*").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.text().contains("reff_area: is no parameter here; there are: start, end") && unknown.text().contains("ref_area"), "{}", unknown.text());
    assert_eq!(place.get("/v1/data/MIG_FLOW.txt", "*/*").await.status, StatusCode::NOT_FOUND);
    let list: serde_json::Value = serde_json::from_slice(&place.get("/v1/data", "*/*").await.body).expect("JSON");
    assert!(list["dataflows"].as_array().expect("dataflows").iter().any(|flow| {
        flow["files"]["parquet"] == "/v1/data/MIGHUB:MIG_FLOW(1.0.0).parquet"
    }));

    let path = "/v1/data/MIG_FLOW.parquet";
    let whole = place.get(path, "*/*").await;
    assert_eq!((whole.status, &whole.headers[ACCEPT_RANGES]), (StatusCode::OK, &"bytes".parse().expect("a value")));
    assert_eq!(place.read(&whole.body), place.pulled());
    let head = place.ask(Method::HEAD, path, &[]).await;
    assert_eq!(head.headers[CONTENT_LENGTH], whole.body.len().to_string());
    let tag = head.headers[ETAG].to_str().expect("ASCII");
    assert!(tag.starts_with('"'), "parts fit together by a strong tag: {tag}");
    for (range, tag, expected) in [
        ("bytes=-4", tag, Some(&b"PAR1"[..])),
        ("bytes=0-3", tag, Some(b"PAR1")),
        ("bytes=0-3", "\"other\"", None),
    ] {
        let part = place.ask(Method::GET, path, &[(RANGE, range), (IF_RANGE, tag)]).await;
        match expected {
            Some(bytes) => {
                assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, bytes));
                assert!(part.headers.contains_key(CONTENT_RANGE));
            }
            None => assert_eq!(part.body, whole.body),
        }
    }
    let outside = place.ask(Method::GET, path, &[(RANGE, "bytes=99999999-")]).await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);
}

#[test]
fn a_large_answer_is_made_in_small_pieces() {
    const AIM: usize = 64 * 1024;
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    let cells: Write = AREAS
        .iter()
        .flat_map(|area| (0..9_999).map(move |year| ((*area, year), Some((i64::from(year), "F")))))
        .collect();
    lab.send("SWE", cells, None, "");
    for format in DataFormat::all().filter(|format| !matches!(format, DataFormat::Parquet | DataFormat::Xlsx)) {
        let ask = DataQuery::v2(&lab.hub, "dataflow/MIGHUB/MIG_FLOW", None).expect("a query");
        let chosen = Chosen::new(&lab.hub, &Principal::PUBLIC, Arc::new(ask), lab.now).expect("figures");
        let making = Making::begin(chosen, format, Default::default()).expect("an answer");
        let mut making = making.expect("figures");
        let (mut bytes, mut largest, mut pieces) = (0, 0, 0);
        loop {
            let (piece, is_last) = making.chunk(AIM).expect("a piece");
            (bytes, largest, pieces) = (bytes + piece.len(), largest.max(piece.len()), pieces + 1);
            if is_last {
                break;
            }
        }
        // A piece is as large as its aim and what one block of observations takes.
        assert!(pieces > 1 && largest * 2 < bytes, "{}: {largest} of {bytes} in {pieces}", format.name());
    }
}

fn a_test() -> impl Strategy<Value = (&'static str, &'static str)> {
    let operator = proptest::sample::select(&["", "eq", "ne", "lt", "le", "gt", "ge", "co", "nc", "sw", "ew"][..]);
    (operator, proptest::sample::select(&["DEU", "EST", "N", "S", "FIN", "R"][..]))
}

/// A condition, with what it says as a list of lists of tests.
fn a_condition() -> impl Strategy<Value = Vec<Vec<(&'static str, &'static str)>>> {
    proptest::collection::vec(proptest::collection::vec(a_test(), 1..3), 1..4)
}

fn naive(text: &str, (operator, value): (&str, &str)) -> bool {
    match operator {
        "" | "eq" => text == value,
        "ne" => text != value,
        "lt" => text < value,
        "le" => text <= value,
        "gt" => text > value,
        "ge" => text >= value,
        "co" => text.contains(value),
        "nc" => !text.contains(value),
        "sw" => text.starts_with(value),
        _ => text.ends_with(value),
    }
}

#[test]
fn conditions_choose_what_a_plain_filter_chooses() {
    let place = Place::new();
    let all = place.chosen(&Principal::PUBLIC, "dataflow/MIGHUB/MIG_FLOW", None);
    assert_eq!(all.len(), 120);
    let conditions = (a_condition(), proptest::option::of((0i64..600, 0i64..600)), proptest::option::of(2000u16..2010));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    });
    let outcome = runner.run(&conditions, |(condition, values, year)| {
        let test = |(operator, value): &(&str, &str)| match *operator {
            "" => (*value).to_owned(),
            operator => format!("{operator}:{value}"),
        };
        let all_of = |tests: &Vec<(&str, &str)>| tests.iter().map(test).collect::<Vec<_>>().join("+");
        let text: Vec<String> = condition.iter().map(all_of).collect();
        let mut query = format!("c[COUNTERPART_AREA]={}", text.join(","));
        if let Some((low, high)) = values {
            query.push_str(&format!("&c[OBS_VALUE]=ge:{low}+le:{high}"));
        }
        if let Some(year) = year {
            query.push_str(&format!("&c[TIME_PERIOD]=ne:{year}"));
        }
        let expected: Vec<Row> = all
            .iter()
            .filter(|row| condition.iter().any(|tests| tests.iter().all(|test| naive(&row.area, *test))))
            .filter(|row| values.is_none_or(|(low, high)| row.value.is_some_and(|value| (low..=high).contains(&value))))
            .filter(|row| year.is_none_or(|year| row.year != year.to_string()))
            .cloned()
            .collect();
        let found = place.chosen(&Principal::PUBLIC, "dataflow/MIGHUB/MIG_FLOW", Some(&query));
        prop_assert_eq!(found, expected, "{}", query);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn an_order_that_is_asked_for_is_that_of_the_answer() {
    let place = Place::new();
    let sorted = |query: &str| place.chosen(&Principal::PUBLIC, "dataflow/MIGHUB/MIG_FLOW", Some(query));
    let falling = sorted("sort=TIME_PERIOD:desc+OBS_VALUE");
    assert_eq!(falling.len(), 120);
    assert!(falling.is_sorted_by(|a, b| (&b.year, a.value) <= (&a.year, b.value)), "{falling:?}");
    let rising = sorted("sort=OBS_VALUE&offset=100");
    assert!(rising.len() == 20 && rising.is_sorted_by_key(|row| row.value));
    let stored = DataQuery::v2(&place.lab.hub, "dataflow/MIGHUB/MIG_FLOW", Some("sort=series_key:asc+TIME_PERIOD"));
    assert!(stored.expect("a query").order.is_stored());
    assert!(matches!(place.definition().time.as_deref(), Some("TIME_PERIOD")));
    let both = DataQuery::v1(&place.lab.hub, "MIG_FLOW/all/SWE+NOR", None).expect("a query");
    assert!(matches!(both.figures.providers, FiguresOf::These(these) if these.len() == 2));
}
