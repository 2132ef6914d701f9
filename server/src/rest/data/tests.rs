//! Answers over REST are those of gRPC, in every format, and tell nobody more.

mod changes;
mod choosing;
mod hidden;
mod kit;
mod queries;
mod tables;

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

use super::whole::is_file;
use super::{Chosen, DataQuery, Making, MakingError, Message};
use crate::clock::Clock;
use crate::door::{Peer, Reception, Transport, stop_switch};
use crate::hub::permit::Read;
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
            .flat_map(|(nth, area)| {
                (2000..2010)
                    .map(move |year| ((*area, year), Some((nth as i64 * 100 + i64::from(year - 2000), "F"))))
            })
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
        type Cell = ((String, (&'static str, u16)), (Option<i64>, String));
        let row = |((provider, (area, year)), (value, conf)): Cell| {
            let value = value.map(|value| value.to_string()).unwrap_or_default();
            ((key(&provider, area), year.to_string()), (value, conf))
        };
        copy.into_iter().map(row).collect()
    }

    /// Observations that a query chooses for the public, without HTTP.
    fn chosen(&self, principal: &Principal, path: &str, query: Option<&str>) -> Vec<Row> {
        let ask = DataQuery::v2(&self.lab.hub, path, query).expect("a query");
        let permit = self.lab.hub.authorise(principal, Read, self.lab.now).expect("a permit");
        let mut chosen = Chosen::new(&self.lab.hub, &permit, Arc::new(ask), self.lab.now).expect("figures");
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
    for format in DataFormat::all().filter(|format| !is_file(*format)) {
        let ask = DataQuery::v2(&lab.hub, "dataflow/MIGHUB/MIG_FLOW", None).expect("a query");
        let permit = lab.hub.authorise(&Principal::PUBLIC, Read, lab.now).expect("a permit");
        let chosen = Chosen::new(&lab.hub, &permit, Arc::new(ask), lab.now).expect("figures");
        let message = Message::begin_in(chosen, format).expect("figures");
        let mut making = Making::begin(message, format, Default::default()).expect("an answer");
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
