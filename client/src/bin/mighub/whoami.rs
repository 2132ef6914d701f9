//! `mighub whoami`: who this office is to the hub. JSON: `{"agency", "application", "roles", "agreements",
//! "certificate_not_after", "hub_id", "hub_time", "hub_version", "position"}`.

use mighub_client::{Error, ExitCode};
use serde_json::{Value, json};

use crate::{Context, json, words};

pub(crate) async fn run(context: &Context) -> Result<ExitCode, Error> {
    let answer = context.connect().await?.who_am_i().await?;
    let output = &context.output;
    if output.json {
        let roles = answer.roles().map(|role| json::name(role.as_str_name(), "ROLE_"));
        output.json(&json!({
            "agency": answer.agency,
            "application": answer.application,
            "roles": roles.collect::<Value>(),
            "agreements": answer.agreements.iter().map(json::agreement).collect::<Value>(),
            "certificate_not_after": json::time(answer.certificate_not_after.as_ref()),
            "hub_id": answer.hub_id,
            "hub_time": json::time(answer.hub_time.as_ref()),
            "hub_version": answer.hub_version,
            "position": answer.position,
        }))?;
        return Ok(ExitCode::Done);
    }
    let roles: Vec<String> = answer.roles().map(|role| words::plain(role.as_str_name(), "ROLE_")).collect();
    output.line(format_args!("{} ({}) at {}", answer.agency, answer.application, answer.hub_id))?;
    output.line(format_args!(
        "roles: {}",
        if roles.is_empty() { "none".to_owned() } else { roles.join(", ") }
    ))?;
    output.line(format_args!(
        "certificate until: {}",
        words::time_or_dash(answer.certificate_not_after.as_ref())
    ))?;
    if answer.agreements.is_empty() {
        output.line("No agreement lets this office send anything.")?;
    } else {
        output.line("May send:")?;
        for agreement in &answer.agreements {
            let region = agreement.permitted_region.iter();
            let region: Vec<_> =
                region.map(|codes| format!(" {}={}", codes.dimension, codes.codes.join("+"))).collect();
            output.line(format_args!(
                "  {} of {}{}",
                agreement.dataflow,
                agreement.provider,
                region.concat()
            ))?;
        }
    }
    Ok(ExitCode::Done)
}
