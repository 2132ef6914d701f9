//! The submissions of the lanes that a reader may follow, newest first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use mighub::v1::{self, Severity, SubmissionState};
use mighub_sdmx::structure::{Class, Reference};

use crate::hub::Moment;
use crate::hub::permit::{Anybody, Enrolled};
use crate::rest::error::Problem;
use crate::web::door::{Shown, Visit, Web};
use crate::web::menu::Place;
use crate::web::page::Page;
use crate::web::parts::{AsOf, Chip, Pages, state_key};
use crate::web::person::is_agency;

/// Submissions on a page.
const SUBMISSIONS: u32 = 50;
const STATES: [SubmissionState; 9] = [
    SubmissionState::Receiving,
    SubmissionState::Checking,
    SubmissionState::NeedsCorrection,
    SubmissionState::NeedsAnswer,
    SubmissionState::UnderReview,
    SubmissionState::Accepted,
    SubmissionState::Released,
    SubmissionState::Superseded,
    SubmissionState::Withdrawn,
];

/// One submission in a list.
struct Row {
    id: String,
    opened: Moment,
    provider: String,
    dataflow: String,
    person: String,
    state: Chip,
    findings: Vec<Chip>,
    is_test: bool,
}

/// A state that can be chosen.
struct Choice {
    name: String,
    key: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "submissions.html")]
struct List<'a> {
    page: &'a Page,
    is_agency: bool,
    rows: Vec<Row>,
    states: Vec<Choice>,
    dataflows: Vec<(String, String)>,
    dataflow: &'a str,
    provider: &'a str,
    pages: Pages<'a>,
    as_of: AsOf<'a>,
}

/// `/submissions`
pub(super) async fn list(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Submissions), shown).await
}

fn shown(visit: &Visit<'_>) -> Result<Shown, Problem> {
    let (page, query) = (&visit.page, &visit.query);
    let text = |name: &str| query.get(name).unwrap_or_default();
    let chosen = text("state");
    let states = STATES.iter().map(|state| {
        let key = state_key(*state);
        let name = key.trim_start_matches("state.").to_owned();
        Choice { is_chosen: name == chosen, name, key }
    });
    let is_agency = is_agency(visit);
    let found = if is_agency {
        let asked =
            STATES.into_iter().filter(|state| state_key(*state).trim_start_matches("state.") == chosen);
        let request = v1::ListSubmissionsRequest {
            dataflow: text("dataflow").to_owned(),
            provider: text("provider").to_owned(),
            states: asked.map(i32::from).collect(),
            page_size: SUBMISSIONS,
            page_token: text("after").to_owned(),
            ..Default::default()
        };
        visit.hub.list_submissions(&visit.permit(Enrolled)?, &request, visit.now)?
    } else {
        v1::ListSubmissionsResponse::default()
    };
    let catalogue = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?;
    let dataflows = catalogue.structures.of_class(Class::Dataflow);
    let dataflows = dataflows.map(|(reference, _)| (reference.short(), reference.id.to_string()));
    Shown::of(&List {
        page,
        is_agency,
        rows: found.submissions.into_iter().map(|summary| row(page, summary)).collect(),
        states: states.collect(),
        dataflows: dataflows.collect(),
        dataflow: text("dataflow"),
        provider: text("provider"),
        pages: Pages { page, is_first: text("after").is_empty(), next: &found.next_page_token },
        as_of: AsOf { page, moment: visit.now, from: Vec::new() },
    })
}

fn row(page: &Page, summary: v1::SubmissionSummary) -> Row {
    let lane = summary.lane.clone().unwrap_or_default();
    Row {
        opened: summary.opened_time.as_ref().map_or(Moment(0), Moment::of_message),
        provider: lane.provider,
        dataflow: id_of(&lane.dataflow),
        state: Chip::of_state(page, summary.state()),
        findings: counts(page, &summary.findings.unwrap_or_default()),
        is_test: summary.test,
        person: summary.person,
        id: summary.submission_id,
    }
}

/// `MIG_FLOW` for `MIGHUB:MIG_FLOW(1.0.0)`.
pub(super) fn id_of(dataflow: &str) -> String {
    Reference::parse_short(Class::Dataflow, dataflow).map_or(dataflow.to_owned(), |name| name.id.to_string())
}

/// Numbers of findings that are not nothing.
pub(super) fn counts(page: &Page, counts: &v1::FindingCounts) -> Vec<Chip> {
    let all = [
        (Severity::Error, counts.errors),
        (Severity::Warning, counts.warnings),
        (Severity::Note, counts.notes),
    ];
    let some = all.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(severity, count)| Chip::of_severity(page, severity, count)).collect()
}
