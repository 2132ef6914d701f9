//! The JSON that commands print. Names are those of the contract's fields; enums are their values' names without
//! prefix; instants are RFC 3339 text; what is absent is null or left out.

use data_encoding::HEXLOWER;
use mighub::v1;
use mighub_client::{TableRead, clock};
use serde_json::{Value, json};

/// What was marked in a workbook.
pub(crate) fn marked(path: &std::path::Path, marked: &mighub_client::Marked) -> Value {
    json!({
        "file": path,
        "cells": marked.cells,
        "notes": marked.notes,
        "sheets": marked.sheets,
        "not_shown": marked.not_shown,
    })
}

/// An instant, or null.
pub(crate) fn time(message: Option<&prost_types::Timestamp>) -> Value {
    message.map_or(Value::Null, |message| Value::from(clock::instant(message).to_string()))
}

/// A name of an enum's value without its prefix.
pub(crate) fn name(name: &str, prefix: &str) -> Value {
    Value::from(name.trim_start_matches(prefix))
}

/// A digest in hexadecimal, or null if there is none.
pub(crate) fn digest(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { Value::from(HEXLOWER.encode(bytes)) }
}

pub(crate) fn lane(lane: Option<&v1::Lane>) -> Value {
    lane.map_or(Value::Null, |lane| json!({ "dataflow": lane.dataflow, "provider": lane.provider }))
}

pub(crate) fn vintage_ref(reference: Option<&v1::VintageRef>) -> Value {
    let Some(reference) = reference else { return Value::Null };
    json!({
        "position": reference.position,
        "effective_time": time(reference.effective_time.as_ref()),
        "manifest_digest": digest(&reference.manifest_digest),
    })
}

pub(crate) fn edition(edition: Option<&v1::Edition>) -> Value {
    let Some(edition) = edition else { return Value::Null };
    json!({ "label": edition.label, "publication_date": edition.publication_date })
}

pub(crate) fn observation_counts(counts: Option<&v1::ObservationCounts>) -> Value {
    let Some(counts) = counts else { return Value::Null };
    json!({
        "inserted": counts.inserted,
        "changed": counts.changed,
        "deleted": counts.deleted,
        "total": counts.total,
    })
}

pub(crate) fn finding_counts(counts: Option<&v1::FindingCounts>) -> Value {
    let Some(counts) = counts else { return Value::Null };
    json!({ "errors": counts.errors, "warnings": counts.warnings, "notes": counts.notes })
}

pub(crate) fn attribute_default(default: &v1::AttributeDefault) -> Value {
    use v1::attribute_default::Value as Of;
    let value = match &default.value {
        Some(Of::Text(text) | Of::DayOfYear(text)) => Value::from(text.as_str()),
        None => Value::Null,
    };
    let only_for = default.only_for.as_ref();
    let only_for = only_for.map(|only| json!({ "dimension": only.dimension, "codes": only.codes }));
    json!({
        "attribute": default.attribute,
        "value": value,
        "only_for": only_for,
        "origin": name(default.origin().as_str_name(), "ATTRIBUTE_DEFAULT_ORIGIN_"),
    })
}

pub(crate) fn verdict(verdict: Option<&v1::Verdict>) -> Value {
    let Some(verdict) = verdict else { return Value::Null };
    json!({
        "state": name(verdict.state().as_str_name(), "SUBMISSION_STATE_"),
        "findings": finding_counts(verdict.findings.as_ref()),
        "report_digest": digest(&verdict.report_digest),
        "rulebook_digest": digest(&verdict.rulebook_digest),
        "reference": vintage_ref(verdict.reference.as_ref()),
        "observations": observation_counts(verdict.observations.as_ref()),
        "remedy": verdict.remedy,
    })
}

pub(crate) fn receipt_body(body: &v1::ReceiptBody) -> Value {
    json!({
        "hub_id": body.hub_id,
        "submission_id": body.submission_id,
        "lane": lane(body.lane.as_ref()),
        "position": body.position,
        "tree_size": body.tree_size,
        "effective_time": time(body.effective_time.as_ref()),
        "outcome": name(body.outcome().as_str_name(), "RECEIPT_OUTCOME_"),
        "observations": observation_counts(body.observations.as_ref()),
        "defaults_applied": body.defaults_applied.iter().map(attribute_default).collect::<Value>(),
        "embargo_time": time(body.embargo_time.as_ref()),
        "findings": finding_counts(body.findings.as_ref()),
        "manifest_digest": digest(&body.manifest_digest),
        "vintage_manifest_digest": digest(&body.vintage_manifest_digest),
    })
}

pub(crate) fn submission_summary(summary: &v1::SubmissionSummary) -> Value {
    json!({
        "submission_id": summary.submission_id,
        "lane": lane(summary.lane.as_ref()),
        "state": name(summary.state().as_str_name(), "SUBMISSION_STATE_"),
        "state_time": time(summary.state_time.as_ref()),
        "opened_time": time(summary.opened_time.as_ref()),
        "agency": summary.agency,
        "person": summary.person,
        "kind": name(summary.kind().as_str_name(), "SUBMISSION_KIND_"),
        "reason": summary.reason,
        "test": summary.test,
        "findings": finding_counts(summary.findings.as_ref()),
        "observations": observation_counts(summary.observations.as_ref()),
        "position": summary.position,
        "embargo_time": time(summary.embargo_time.as_ref()),
        "edition": edition(summary.edition.as_ref()),
    })
}

pub(crate) fn vintage(vintage: &v1::Vintage) -> Value {
    json!({
        "lane": lane(vintage.lane.as_ref()),
        "ref": vintage_ref(vintage.r#ref.as_ref()),
        "edition": edition(vintage.edition.as_ref()),
        "kind": name(vintage.kind().as_str_name(), "SUBMISSION_KIND_"),
        "reason": vintage.reason,
        "observations": observation_counts(vintage.observations.as_ref()),
        "embargo_time": time(vintage.embargo_time.as_ref()),
        "submission_id": vintage.submission_id,
        "by_withdrawal": vintage.by_withdrawal,
    })
}

pub(crate) fn agreement(agreement: &v1::Agreement) -> Value {
    let region = |codes: &v1::DimensionCodes| json!({ "dimension": codes.dimension, "codes": codes.codes });
    json!({
        "id": agreement.id,
        "dataflow": agreement.dataflow,
        "provider": agreement.provider,
        "sender_agencies": agreement.sender_agencies,
        "permitted_region": agreement.permitted_region.iter().map(region).collect::<Value>(),
        "valid_from": agreement.valid_from,
        "valid_to": agreement.valid_to,
        "principal_rank": agreement.principal_rank,
        "needs_review": agreement.needs_review,
    })
}

/// What was made of a table of another layout or encoding.
pub(crate) fn table(read: &TableRead) -> Value {
    json!({
        "encoding": read.encoding,
        "encoding_guessed": read.encoding_guessed,
        "mapping": read.mapping,
        "area_scheme": read.area_scheme,
        "rows": read.rows,
        "rows_left_out": read.rows_left_out,
    })
}
