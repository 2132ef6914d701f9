//! What was accepted when, and the proof that it stays so: vintages as the reader came to see them, and the hub's log as
//! hashes, which hold no figures.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use data_encoding::HEXLOWER;
use mighub::v1;
use mighub_sdmx::structure::{Class, Reference};
use prost::Message;

use super::csv::csv;
use super::door::{Shown, Visit, Web};
use super::menu::Place;
use super::page::Page;
use super::parts::{AsOf, Chip, Pages, Standing};
use crate::hub::permit::{Anybody, Read};
use crate::hub::{Moment, Refusal};
use crate::rest::error::Problem;

/// Events on a page.
const EVENTS: u32 = 50;
/// Hashes of a proof: a log of 2^64 records has so many levels.
const PROOF_HASHES_MAX: usize = 64;

/// The addresses of the log.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new().route("/log", get(log)).route("/log/{position}", get(place))
}

/// A vintage: something that changed what a reader sees.
pub(super) struct Event {
    pub(super) moment: Moment,
    pub(super) exact: String,
    pub(super) provider: String,
    pub(super) dataflow_id: String,
    pub(super) chip: Chip,
    pub(super) reason: String,
    pub(super) observations: u64,
    pub(super) position: u64,
}

impl Event {
    fn of(page: &Page, vintage: v1::Vintage) -> Self {
        let lane = vintage.lane.unwrap_or_default();
        let reference = vintage.r#ref.unwrap_or_default();
        let moment = reference.effective_time.as_ref().map_or(Moment(0), Moment::of_message);
        let is_embargoed =
            vintage.embargo_time.as_ref().is_some_and(|time| Moment::of_message(time) > moment);
        let (standing, key) = match () {
            () if vintage.by_withdrawal => (Standing::Past, "log.withdrawn"),
            () if is_embargoed => (Standing::Embargoed, "log.embargoed"),
            () => (Standing::Good, "log.accepted"),
        };
        let counts = vintage.observations.unwrap_or_default();
        let dataflow = Reference::parse_short(Class::Dataflow, &lane.dataflow);
        Self {
            moment,
            exact: moment.to_string(),
            provider: lane.provider,
            dataflow_id: dataflow.map_or(lane.dataflow, |dataflow| dataflow.id.to_string()),
            chip: Chip { standing, words: page.t(key).to_owned() },
            reason: vintage.reason,
            observations: counts.inserted + counts.changed + counts.deleted,
            position: reference.position,
        }
    }
}

/// The newest events of all dataflows, newest first.
pub(super) fn newest(visit: &Visit<'_>, count: usize) -> Result<Vec<Event>, Refusal> {
    let permit = visit.permit(Read)?;
    let catalogue = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?;
    let mut events = Vec::new();
    for (dataflow, _) in catalogue.structures.of_class(Class::Dataflow) {
        let request = v1::ListVintagesRequest {
            dataflow: dataflow.short(),
            page_size: u32::try_from(count).unwrap_or(u32::MAX),
            ..Default::default()
        };
        let listed = visit.hub.list_vintages(&permit, &request, visit.now)?;
        events.extend(listed.vintages.into_iter().map(|vintage| Event::of(&visit.page, vintage)));
    }
    events.sort_by_key(|event| Reverse((event.moment, event.position)));
    events.truncate(count);
    Ok(events)
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log<'a> {
    page: &'a Page,
    head: Head,
    dataflows: Vec<(String, String)>,
    dataflow: &'a str,
    provider: &'a str,
    events: Vec<Event>,
    pages: Pages<'a>,
    as_of: AsOf<'a>,
}

/// The head of the log, readable.
struct Head {
    size: u64,
    root: String,
    key: String,
    moment: Moment,
}

impl Head {
    fn of(visit: &Visit<'_>) -> Result<Self, Problem> {
        let request = v1::GetLogHeadRequest::default();
        let signed =
            visit.hub.get_log_head(&visit.permit(Anybody)?, &request, visit.now)?.head.unwrap_or_default();
        let head = v1::LogHead::decode(signed.head).map_err(|error| Refusal::internal(error.to_string()))?;
        Ok(Self {
            size: head.tree_size,
            root: HEXLOWER.encode(&head.root),
            key: HEXLOWER.encode(&signed.hub_key_id),
            moment: head.time.as_ref().map_or(visit.now, Moment::of_message),
        })
    }
}

async fn log(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Log), listed).await
}

fn listed(visit: &Visit<'_>) -> Result<Shown, Problem> {
    let page = &visit.page;
    let catalogue = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?;
    let dataflows = catalogue.structures.of_class(Class::Dataflow);
    let dataflows: Vec<_> =
        dataflows.map(|(reference, _)| (reference.short(), reference.id.to_string())).collect();
    let dataflow = visit.query.get("dataflow").unwrap_or_default();
    let provider = visit.query.get("provider").unwrap_or_default();
    let after = visit.query.get("after").unwrap_or_default();
    let (events, next) = if dataflow.is_empty() {
        (newest(visit, EVENTS as usize)?, String::new())
    } else {
        let request = v1::ListVintagesRequest {
            dataflow: dataflow.to_owned(),
            provider: provider.to_owned(),
            page_size: EVENTS,
            page_token: after.to_owned(),
            ..Default::default()
        };
        let listed = visit.hub.list_vintages(&visit.permit(Read)?, &request, visit.now)?;
        let events = listed.vintages.into_iter().map(|vintage| Event::of(page, vintage)).collect();
        (events, listed.next_page_token)
    };
    if visit.query.get("format") == Some("csv") {
        return Ok(Shown::Csv(as_csv(&events)));
    }
    Shown::of(&Log {
        page,
        head: Head::of(visit)?,
        dataflows,
        dataflow,
        provider,
        events,
        pages: Pages { page, is_first: after.is_empty(), next: &next },
        as_of: AsOf { page, moment: visit.now, from: Vec::new() },
    })
}

fn as_csv(events: &[Event]) -> Vec<u8> {
    let header = ["TIME", "DATA_PROVIDER", "DATAFLOW", "WHAT", "OBSERVATIONS", "REASON", "POSITION"];
    let rows = events.iter().map(|event| {
        let (observations, position) = (event.observations.to_string(), event.position.to_string());
        let (provider, dataflow) = (event.provider.clone(), event.dataflow_id.clone());
        vec![
            event.exact.clone(),
            provider,
            dataflow,
            event.chip.words.clone(),
            observations,
            event.reason.clone(),
            position,
        ]
    });
    csv(&header, rows)
}

#[derive(Template)]
#[template(path = "log_place.html")]
struct InLog<'a> {
    page: &'a Page,
    position: u64,
    size: u64,
    head: Head,
    leaf: String,
    proof: Vec<String>,
}

async fn place(State(web): State<Arc<Web>>, Path(position): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Log), move |visit| proven(visit, &position)).await
}

/// One record's place in the log: at the size that the address names, or at the size of now.
fn proven(visit: &Visit<'_>, position: &str) -> Result<Shown, Problem> {
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| Problem::malformed(format!("{text:?} is no position: write a whole number")))
    };
    let position = number(position)?;
    let head = Head::of(visit)?;
    if position >= head.size {
        return Err(Problem::unknown(format!("the log has {} records, numbered from 0", head.size)));
    }
    let size = visit.query.get("size").map(number).transpose()?.unwrap_or(head.size);
    let request = v1::GetInclusionProofRequest { position, tree_size: size };
    let proof = visit.hub.get_inclusion_proof(&visit.permit(Anybody)?, &request, visit.now)?;
    let page = visit.page.called(&visit.page.t1("log.record", position));
    let hashes = proof.inclusion.iter().take(PROOF_HASHES_MAX).map(|hash| HEXLOWER.encode(hash));
    let leaf = HEXLOWER.encode(&proof.leaf_hash);
    Shown::of(&InLog { page: &page, position, size, head, leaf, proof: hashes.collect() })
}
