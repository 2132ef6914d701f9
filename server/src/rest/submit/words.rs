//! What is said about submissions, as JSON: the names that `mighub --json` has.

use data_encoding::{BASE64, HEXLOWER};
use mighub::v1;
use mighub_intake::{Checked, finding_of, summary_of};
use mighub_validation::Finding;
use prost::Message;
use serde_json::{Value, json};

use crate::hub::permit::FollowOne;
use crate::hub::{Hub, Moment, Principal, Refusal};

/// Findings of one answer, at most: a file can have millions. How many there are is always said.
pub(super) const FINDINGS_MAX: usize = 10_000;
/// Findings of the hub that are fetched at a time.
const FINDINGS_PAGE: u32 = 1_000;

/// What a file's own check found.
pub(super) fn checked(checked: &mut Checked) -> std::io::Result<Value> {
    let mut findings = Vec::new();
    let mut total: u64 = 0;
    checked.each_finding(|finding: Finding| {
        total += 1;
        if findings.len() < FINDINGS_MAX {
            findings.push(serde_json::to_value(finding)?);
        }
        Ok(())
    })?;
    let mut value = json!(checked.report.summary());
    value["findings"] = Value::Array(findings);
    value["total"] = json!(total);
    value["rows"] = json!(checked.contents.rows);
    value["lane"] = lane(checked.lane.as_ref().map(|info| &info.lane));
    Ok(value)
}

/// What the hub found in a submission, in the same form.
pub(super) fn report(
    hub: &Hub,
    principal: &Principal,
    id: &str,
    verdict: &v1::Verdict,
    now: Moment,
) -> Result<Value, Refusal> {
    let mut value = json!(summary_of(verdict));
    let (mut findings, mut page_token, mut total) = (Vec::new(), String::new(), 0);
    while findings.len() < FINDINGS_MAX {
        let request = v1::ListFindingsRequest {
            submission_id: id.to_owned(),
            page_size: FINDINGS_PAGE,
            page_token,
            ..Default::default()
        };
        let permit = hub.authorise(principal, FollowOne(request.submission_id.clone()), now)?;
        let page = hub.list_findings(&permit, &request, now)?;
        total = page.total;
        findings.extend(page.findings.into_iter().map(|finding| json!(finding_of(finding))));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    findings.truncate(FINDINGS_MAX);
    value["findings"] = Value::Array(findings);
    value["total"] = json!(total);
    value["unanswered"] = verdict
        .groups
        .iter()
        .filter(|group| group.unanswered > 0)
        .map(|group| (group.rule_id.clone(), json!(group.unanswered)))
        .collect();
    Ok(value)
}

/// A receipt: what it says, and the bytes that prove it.
pub(super) fn receipt(receipt: &v1::Receipt) -> Value {
    let body = v1::ReceiptBody::decode(receipt.body.clone()).unwrap_or_default();
    let counts = body.observations.unwrap_or_default();
    json!({
        "hub_id": body.hub_id,
        "submission_id": body.submission_id,
        "lane": lane(body.lane.as_ref()),
        "position": body.position,
        "tree_size": body.tree_size,
        "effective_time": body.effective_time.as_ref().map(|time| Moment::of_message(time).to_string()),
        "outcome": name(body.outcome().as_str_name(), "RECEIPT_OUTCOME_"),
        "observations": {
            "inserted": counts.inserted, "changed": counts.changed, "deleted": counts.deleted, "total": counts.total,
        },
        "manifest_digest": HEXLOWER.encode(&body.manifest_digest),
        "vintage_manifest_digest": HEXLOWER.encode(&body.vintage_manifest_digest),
        "signed": {
            "body": BASE64.encode(&receipt.body),
            "signature": BASE64.encode(&receipt.signature),
            "hub_key_id": HEXLOWER.encode(&receipt.hub_key_id),
        },
    })
}

pub(super) fn lane(lane: Option<&v1::Lane>) -> Value {
    lane.map_or(Value::Null, |lane| json!({ "dataflow": lane.dataflow, "provider": lane.provider }))
}

/// The name of an enum's value without its prefix.
pub(super) fn name(name: &str, prefix: &str) -> Value {
    Value::from(name.trim_start_matches(prefix))
}
