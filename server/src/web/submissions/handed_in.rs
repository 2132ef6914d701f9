//! A file that was handed in and is no submission: under way, or with errors. The REST door remembers the last of them.

use askama::Template;
use axum::body::Body;
use http::Method;
use http::request::Parts;
use mighub_validation::{Finding, FindingGroup, Wording};
use serde_json::Value;

use super::findings::{Choice, Findings, looked, rules};
use crate::rest::error::Problem;
use crate::web::door::{Shown, Visit, Web};
use crate::web::page::Page;
use crate::web::parts::{AsOf, Chip, Standing, state_key};
use crate::web::query::encoded;

#[derive(Template)]
#[template(path = "handed_in.html")]
struct HandedIn<'a> {
    page: &'a Page,
    id: &'a str,
    state: Chip,
    notice: &'static str,
    /// Key of what it means.
    meaning: &'static str,
    /// What the hub says where there is no report.
    error: &'a str,
    findings: Findings<'a>,
    as_of: AsOf<'a>,
}

/// What the REST door knows of a file.
pub(super) async fn report(web: &Web, parts: &Parts, id: &str) -> Option<Value> {
    let address = format!("/v1/submissions/{}", encoded(id));
    let (_, body) = web.ask_rest(parts, Method::GET, &address, Body::empty()).await.ok()?;
    let report: Value = serde_json::from_slice(&body).ok()?;
    // An error of the door has no state.
    report.get("state").is_some().then_some(report)
}

/// Its page.
pub(super) fn shown(visit: &Visit<'_>, id: &str, report: &Value) -> Result<Shown, Problem> {
    let text = |name: &str| report[name].as_str().unwrap_or_default();
    let list = |name: &str| report.get(name).cloned().unwrap_or_default();
    let mut groups: Vec<FindingGroup> = serde_json::from_value(list("groups")).unwrap_or_default();
    let all: Vec<Finding> = serde_json::from_value(list("findings")).unwrap_or_default();
    let wording = Wording::new(visit.page.language.of_rules());
    let choice = Choice::of(&visit.query, &groups);
    let mut of_rule = all.into_iter().filter(|finding| Some(&finding.rule_id) == choice.rule.as_ref());
    let finding = of_rule.nth((choice.nth - 1) as usize);
    let total = groups
        .iter()
        .find(|group| Some(&group.rule_id) == choice.rule.as_ref())
        .map_or(0, |group| group.count);
    let is_under_way = text("state") == "CHECKING";
    let page = visit.page.titled(if is_under_way { "state.checking" } else { "state.not_sent" });
    let dataflow = report["lane"]["dataflow"].as_str().unwrap_or_default();
    for group in &mut groups {
        if let Some(first) = &finding
            && first.rule_id == group.rule_id
        {
            let mut told = first.clone();
            wording.finding(&mut told);
            group.title = told.title;
        }
    }
    let looked = finding.map(|mut finding| {
        wording.finding(&mut finding);
        looked(visit.hub, &page, dataflow, finding, choice.nth, total)
    });
    let (standing, key, meaning) = if is_under_way {
        (Standing::Waiting, state_key(mighub::v1::SubmissionState::Checking), "upload.under_way")
    } else {
        (Standing::Bad, "state.not_sent".to_owned(), "upload.not_sent")
    };
    let provider = report["lane"]["provider"].as_str().map(str::to_owned);
    Shown::of(&HandedIn {
        page: &page,
        id,
        state: Chip { standing, words: page.t(&key).to_owned() },
        notice: standing.class(),
        meaning,
        error: text("error"),
        findings: Findings {
            page: &page,
            rules: rules(&page, &groups, &[], &choice),
            looked,
            book: String::new(),
        },
        as_of: AsOf { page: &page, moment: visit.now, from: provider.into_iter().collect() },
    })
}
