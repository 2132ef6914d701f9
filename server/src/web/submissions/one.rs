//! One submission: where it stands, what happened, what the rules found, and its receipt.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use data_encoding::HEXLOWER;
use mighub::v1::{self, SubmissionState, get_rulebook_request::Rulebook as Asked};
use mighub_intake::{finding_of, summary_of};
use mighub_validation::{Rulebook, Wording};
use prost::Message;

use super::findings::{Choice, Findings, looked, rules};
use super::handed_in;
use super::list::{counts, id_of};
use crate::hub::permit::{Anybody, FollowOne};
use crate::hub::{Moment, Refusal};
use crate::rest::error::Problem;
use crate::web::door::{Shown, Visit, Web};
use crate::web::menu::Place;
use crate::web::page::Page;
use crate::web::parts::{AsOf, Chip, Standing};
use crate::web::query::{Query, encoded};

/// Findings that are fetched at a time.
const FINDINGS_PAGE: u64 = 1_000;
/// Findings of a rule that can be looked at one by one; all of them are in the report.
const LOOKED_AT_MAX: u64 = 10_000;

/// Something that happened to it.
struct Step {
    chip: Chip,
    moment: Moment,
    who: String,
    reason: String,
}

/// Its receipt, readable.
struct Receipt {
    position: u64,
    moment: Moment,
    manifest: String,
    key: String,
}

#[derive(Template)]
#[template(path = "submission.html")]
struct One<'a> {
    page: &'a Page,
    id: &'a str,
    dataflow: String,
    provider: String,
    data: String,
    state: Chip,
    notice: &'static str,
    remedy: String,
    counts: Vec<Chip>,
    summary: v1::SubmissionSummary,
    kind: &'static str,
    observations: Option<(u64, u64, u64, u64)>,
    embargo: Option<Moment>,
    steps: Vec<Step>,
    findings: Findings<'a>,
    /// The rule whose warnings wait for an answer.
    answers: Option<String>,
    given: Vec<(String, String)>,
    not_run: Vec<(String, String)>,
    receipt: Option<Receipt>,
    as_of: AsOf<'a>,
}

/// `/submissions/{id}`
pub(super) async fn one(State(web): State<Arc<Web>>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let (asked, name) = (parts.clone(), id.clone());
    let known = web.begin(asked, move |hub, asked| Ok(asked.permit(hub, FollowOne(name))?)).await;
    // What is no submission of the hub may be a file that it did not take.
    if known.is_err()
        && let Some(report) = handed_in::report(&web, &parts, &id).await
    {
        return web
            .show(parts, Some(Place::Submissions), move |visit| handed_in::shown(visit, &id, &report))
            .await;
    }
    web.show(parts, Some(Place::Submissions), move |visit| shown(visit, &id)).await
}

/// `/submissions/{id}/report.json`
pub(super) async fn report(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    web.relay(parts, Some(Place::Submissions), &format!("/v1/submissions/{}", encoded(&id))).await
}

fn shown(visit: &Visit<'_>, id: &str) -> Result<Shown, Problem> {
    let permit = visit.permit(FollowOne(id.to_owned()))?;
    let request = v1::GetSubmissionRequest { submission_id: id.to_owned() };
    let found = visit.hub.get_submission(&permit, &request, visit.now)?.submission.unwrap_or_default();
    let (summary, verdict) = (found.summary.unwrap_or_default(), found.verdict.unwrap_or_default());
    let lane = summary.lane.clone().unwrap_or_default();
    let (dataflow, provider) = (id_of(&lane.dataflow), lane.provider.clone());
    let page = visit.page.called(&format!("{provider} · {dataflow}"));

    let wording = wording(visit, &verdict.rulebook_digest)?;
    let mut told = summary_of(&verdict);
    wording.summary(&mut told);
    let choice = Choice::of(&visit.query, &told.groups);
    let first =
        v1::ListFindingsRequest { submission_id: id.to_owned(), groups_only: true, ..Default::default() };
    let listed = visit.hub.list_findings(&permit, &first, visit.now)?;
    let finding = match &choice.rule {
        Some(rule) => fetched(visit, id, rule, choice.nth)?,
        None => None,
    };
    let finding = finding.map(|(finding, total)| {
        let mut finding = finding_of(finding);
        wording.finding(&mut finding);
        looked(visit.hub, &page, &lane.dataflow, finding, choice.nth, total)
    });
    let rules = rules(&page, &told.groups, &verdict.groups, &choice);
    let waits = rules.iter().find(|rule| rule.is_chosen && rule.unanswered > 0).map(|rule| rule.id.clone());
    let digest = HEXLOWER.encode(&verdict.rulebook_digest);
    let book = if digest.is_empty() { String::new() } else { format!("/rulebook?digest={digest}") };
    let state = summary.state();
    let data = format!("/data/{dataflow}{}", Query::default().with("provider", &provider).text());
    let observations = summary.observations.map(|all| (all.inserted, all.changed, all.deleted, all.total));
    Shown::of(&One {
        page: &page,
        id,
        data,
        state: Chip::of_state(&page, state),
        notice: Standing::of_state(state).class(),
        remedy: verdict.remedy,
        counts: counts(&page, &summary.findings.unwrap_or_default()),
        kind: kind_key(summary.kind()),
        observations,
        embargo: summary.embargo_time.as_ref().map(Moment::of_message),
        steps: found.history.into_iter().map(|change| step(&page, change)).collect(),
        findings: Findings { page: &page, rules, looked: finding, book },
        answers: waits.filter(|_| state == SubmissionState::NeedsAnswer),
        given: found.answers.into_iter().map(|answer| (answer.rule_id, answer.text)).collect(),
        not_run: listed.not_run.into_iter().map(|rule| (rule.rule_id, rule.reason)).collect(),
        receipt: found.receipt.map(|receipt| receipt_of(&receipt)).transpose()?,
        as_of: AsOf { page: &page, moment: visit.now, from: vec![provider.clone()] },
        summary,
        dataflow,
        provider,
    })
}

/// The words for the rules that judged.
fn wording(visit: &Visit<'_>, digest: &[u8]) -> Result<Wording, Problem> {
    let language = visit.page.language.of_rules();
    if digest.is_empty() {
        return Ok(Wording::new(language));
    }
    let request = v1::GetRulebookRequest { rulebook: Some(Asked::Digest(digest.to_vec().into())) };
    let book = visit.hub.get_rulebook(&visit.permit(Anybody)?, &request, visit.now)?;
    Ok(Rulebook::read(&book.rulebook)
        .map_or(Wording::new(language), |book| Wording::of_rulebook(language, &book)))
}

/// The finding with a number among those of a rule, and how many there are.
fn fetched(visit: &Visit<'_>, id: &str, rule: &str, nth: u64) -> Result<Option<(v1::Finding, u64)>, Refusal> {
    let permit = visit.permit(FollowOne(id.to_owned()))?;
    let (mut before, mut page_token) = (0, String::new());
    while before < LOOKED_AT_MAX {
        let request = v1::ListFindingsRequest {
            submission_id: id.to_owned(),
            rule_ids: vec![rule.to_owned()],
            page_size: FINDINGS_PAGE as u32,
            page_token,
            ..Default::default()
        };
        let page = visit.hub.list_findings(&permit, &request, visit.now)?;
        let count = page.findings.len() as u64;
        if nth <= before + count {
            let finding = page.findings.into_iter().nth((nth - before - 1) as usize);
            return Ok(finding.map(|finding| (finding, page.total)));
        }
        before += count;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(None)
}

fn step(page: &Page, change: v1::StateChange) -> Step {
    let who = [change.agency.as_str(), change.person.as_str()];
    let who: Vec<_> = who.into_iter().filter(|text| !text.is_empty()).collect();
    Step {
        chip: Chip::of_state(page, change.state()),
        moment: change.time.as_ref().map_or(Moment(0), Moment::of_message),
        who: who.join(" · "),
        reason: change.reason,
    }
}

fn receipt_of(receipt: &v1::Receipt) -> Result<Receipt, Refusal> {
    let body = v1::ReceiptBody::decode(receipt.body.clone());
    let body = body.map_err(|error| Refusal::internal(format!("a receipt: {error}")))?;
    Ok(Receipt {
        position: body.position,
        moment: body.effective_time.as_ref().map_or(Moment(0), Moment::of_message),
        manifest: HEXLOWER.encode(&body.vintage_manifest_digest),
        key: HEXLOWER.encode(&receipt.hub_key_id),
    })
}

fn kind_key(kind: v1::SubmissionKind) -> &'static str {
    match kind {
        v1::SubmissionKind::Correction => "upload.kind.correction",
        v1::SubmissionKind::MethodChange => "upload.kind.method_change",
        v1::SubmissionKind::ReEstimation => "upload.kind.re_estimation",
        _ => "upload.kind.routine",
    }
}
