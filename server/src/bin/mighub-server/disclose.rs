//! `mighub-server disclose audit` and `mighub-server disclose policy`.

mod policy;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use mighub::v1;
use mighub_disclosure::{Policy, Reading, Stage, Sums, Tree, audit};
use mighub_sdmx::csv::CsvReader;
use mighub_sdmx::structure::{Class, DataDefinition, Reference, Structures};
use mighub_sdmx::{Columns, Period};
use mighub_server::hub::disclose::{Answer, messages};
use mighub_server::rpc::{Operator, OperatorError};
use serde_json::{Value, json};

use crate::arguments::{Disclose, DiscloseAudit};
use crate::failure::Failure;
use crate::init::read_structures;
use crate::output::Output;

/// Agency and version of a dataflow that is named by its id alone.
const USUAL_AGENCY: &str = "MIGHUB";
const USUAL_VERSION: &str = "1.0.0";
const CONF_STATUS: &str = "CONF_STATUS";

pub(crate) fn disclose(dir: &Path, command: Disclose, output: Output) -> Result<(), Failure> {
    match command {
        Disclose::Audit(arguments) => audit_all(dir, *arguments, output),
        Disclose::Policy(command) => crate::runtime()?.block_on(policy::policy(dir, command, output)),
    }
}

fn policy_of(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let Some(file) = file else { return Ok(Vec::new()) };
    std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

async fn connected(dir: &Path, home: Option<&Path>) -> Result<Operator, Failure> {
    Ok(match home {
        Some(home) => Operator::connect_as(dir, home).await?,
        None => Operator::connect(dir).await?,
    })
}

fn audit_all(dir: &Path, arguments: DiscloseAudit, output: Output) -> Result<(), Failure> {
    let policy = policy_of(arguments.policy.as_deref())?;
    let found = match &arguments.file {
        Some(file) => of_file(&arguments, file, &policy, output)?,
        None => crate::runtime()?.block_on(of_hub(dir, &arguments, policy, output))?,
    };
    if found > 0 {
        return Err(Failure::damaged(format!(
            "{found} hidden figures can be had, or nearly, from published ones: hide more, or the totals"
        )));
    }
    Ok(())
}

/// Gives how many cells were found.
async fn of_hub(
    dir: &Path,
    arguments: &DiscloseAudit,
    policy: Vec<u8>,
    output: Output,
) -> Result<u64, Failure> {
    let operator = connected(dir, arguments.home.as_deref()).await?;
    let found = ask(&operator, arguments, policy, output).await;
    operator.end().await;
    found
}

async fn ask(
    operator: &Operator,
    arguments: &DiscloseAudit,
    policy: Vec<u8>,
    output: Output,
) -> Result<u64, Failure> {
    let request = v1::AuditDisclosureRequest {
        dataflow: full(arguments.dataflow.as_deref().unwrap_or_default()),
        providers: arguments.providers.clone(),
        policy: policy.into(),
        selection: Some(v1::Selection {
            keys: arguments.key.iter().map(|key| pattern(key)).collect(),
            start_period: arguments.start.clone().unwrap_or_default(),
            end_period: arguments.end.clone().unwrap_or_default(),
        }),
        before_release: arguments.before_release,
        earlier_states: arguments.earlier,
    };
    let answers = operator.disclosure().audit_disclosure(request).await;
    let mut answers = answers.map_err(OperatorError::from)?.into_inner();
    let (mut found, mut lanes) = (0, 0);
    while let Some(answer) = answers.message().await.map_err(OperatorError::from)? {
        lanes += u32::from(answer.counts.is_some());
        found += say(&answer, output);
    }
    if lanes == 0 {
        output.say(
            || "no lane of this dataflow shows anything to the public".to_owned(),
            || json!({ "lanes": 0 }),
        );
    }
    Ok(found)
}

/// A dataflow's full name, where only its id is given.
fn full(dataflow: &str) -> String {
    match dataflow.contains(':') {
        true => dataflow.to_owned(),
        false => format!("{USUAL_AGENCY}:{dataflow}({USUAL_VERSION})"),
    }
}

/// `A.SWE+NOR..` as a message.
fn pattern(key: &str) -> v1::KeyPattern {
    let codes = |part: &str| {
        let codes = part.split('+').filter(|code| !code.is_empty() && *code != "*");
        v1::CodeSet { codes: codes.map(str::to_owned).collect() }
    };
    v1::KeyPattern { dimensions: key.split('.').map(codes).collect() }
}

/// Audits a file as it lies; gives how many cells were found.
fn of_file(arguments: &DiscloseAudit, file: &Path, policy: &[u8], output: Output) -> Result<u64, Failure> {
    let policy = match policy {
        [] => Policy::default(),
        json => Policy::read(json).map_err(Failure::usage)?,
    };
    let mut structures = Structures::default();
    for message in read_structures(&arguments.structures)? {
        let read = mighub_sdmx::structure::read_message(&message).map_err(Failure::usage)?;
        for (_, artefact) in read.structures.iter() {
            structures.put((**artefact).clone()).map_err(Failure::usage)?;
        }
    }
    let resolve = |_: &str, id: &str| {
        let reference = Reference::parse_short(Class::Dataflow, id).ok()?;
        DataDefinition::resolve(&structures, &reference).ok()
    };
    let name = file.display();
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("{name}: {error}"));
    let input = File::open(file).map_err(|error| wrong(&error))?;
    let mut reader = CsvReader::new(input, resolve).map_err(|error| wrong(&error))?;
    let has_status = reader.header().column_of(CONF_STATUS).is_some();
    let mut batches: Vec<Columns> = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(|error| wrong(&error))? {
        if batch.structure > 0 {
            return Err(Failure::usage(format!("{name}: one dataflow at a time: split the file")));
        }
        batches.push(batch.columns);
    }
    let Some(definition) = reader.definitions().first().cloned() else {
        return Err(Failure::usage(format!("{name}: its dataflow is in none of the structures")));
    };
    let sums = Sums::shipped();
    let mut reading = Reading::new(&definition.shape, &policy, &sums, Stage::Published)
        .unmarked(unmarked(&definition, has_status));
    for columns in &batches {
        reading.push(columns).map_err(|error| wrong(&error))?;
    }
    let table = reading.finish(&Tree::all(&definition, &structures));
    let report = audit(&table, policy.width);
    let answer = Answer {
        lane: v1::Lane { dataflow: definition.dataflow.short(), provider: String::new() },
        table: &table,
        report: &report,
        earlier: 0,
        is_before_release: false,
        sees_restricted: true,
    };
    Ok(messages(&answer).iter().map(|message| say(message, output)).sum())
}

/// CONF_STATUS of an observation without one. A file without the column was made to be published.
fn unmarked(definition: &DataDefinition, has_status: bool) -> Option<Arc<str>> {
    if !has_status {
        return Some("F".into());
    }
    let usual = definition.default_for(None, CONF_STATUS, &[], Period::ANY)?;
    Some(usual.value.as_ref().into())
}

/// Prints what was found; gives how many cells.
fn say(answer: &v1::AuditDisclosureResponse, output: Output) -> u64 {
    output.say(|| text(answer), || as_json(answer));
    answer.counts.map_or(0, |counts| counts.recovered + counts.too_narrow)
}

fn text(answer: &v1::AuditDisclosureResponse) -> String {
    let mut lines: Vec<String> = Vec::new();
    if let Some(counts) = &answer.counts {
        let lane = answer.lane.clone().unwrap_or_default();
        let of = if lane.provider.is_empty() {
            lane.dataflow
        } else {
            format!("{} of {}", lane.dataflow, lane.provider)
        };
        lines.push(format!(
            "{of}: {} cells, {} of them hidden for their own sake and {} for others'; {} sums, {} earlier states",
            counts.cells, counts.secrets, counts.helpers, counts.relations, answer.earlier_states
        ));
        lines.push(format!(
            "  {} can be recovered, {} lie in too narrow an interval, {} are proven safe from these sums, {} not \
             proven (too large a part)",
            counts.recovered, counts.too_narrow, counts.proven, counts.unproven
        ));
        if counts.contradicted > 0 {
            lines.push(format!("  {} published sums do not hold and were left out:", counts.contradicted));
            lines.extend(answer.contradictions.iter().map(|sum| format!("    {sum}")));
        }
    }
    for finding in &answer.findings {
        let known = match (finding.known.as_str(), finding.recovered) {
            ("", true) => "can be recovered (the figure is not for you)".to_owned(),
            ("", false) => "lies in too narrow an interval (which is not for you)".to_owned(),
            (known, _) => format!("is {known}"),
        };
        let since = match finding.vintage.as_str() {
            "" => String::new(),
            vintage => format!(", by what was published {vintage}"),
        };
        lines.push(format!("  {} {known}{since}", finding.cell));
        lines.extend(finding.derivation.iter().map(|step| format!("    {step}")));
    }
    lines.join("\n")
}

fn as_json(answer: &v1::AuditDisclosureResponse) -> Value {
    let finding = |finding: &v1::DisclosureFinding| {
        json!({
            "cell": finding.cell,
            "recovered": finding.recovered,
            "known": finding.known,
            "derivation": finding.derivation,
            "vintage": finding.vintage,
        })
    };
    let lane = answer.lane.clone().unwrap_or_default();
    let mut value = json!({
        "dataflow": lane.dataflow,
        "provider": lane.provider,
        "findings": answer.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    if let Some(counts) = &answer.counts {
        value["counts"] = json!({
            "cells": counts.cells,
            "shown": counts.shown,
            "secrets": counts.secrets,
            "helpers": counts.helpers,
            "helpers_recovered": counts.helpers_recovered,
            "recovered": counts.recovered,
            "too_narrow": counts.too_narrow,
            "proven": counts.proven,
            "unproven": counts.unproven,
            "relations": counts.relations,
            "contradicted": counts.contradicted,
        });
        value["contradictions"] = json!(answer.contradictions);
        value["earlier_states"] = json!(answer.earlier_states);
    }
    value
}
