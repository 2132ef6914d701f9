//! `mighub-server disclose policy`: setting policies and showing them.

use std::path::Path;

use mighub::v1;
use mighub_server::rpc::{Operator, OperatorError};
use serde_json::{Value, json};

use super::{connected, full, policy_of};
use crate::arguments::{DisclosePolicy, DisclosePolicyPut, DisclosePolicyShow};
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn policy(dir: &Path, command: DisclosePolicy, output: Output) -> Result<(), Failure> {
    let home = match &command {
        DisclosePolicy::Put(put) => put.home.as_deref(),
        DisclosePolicy::Show(show) => show.home.as_deref(),
    };
    let operator = connected(dir, home).await?;
    let done = match command {
        DisclosePolicy::Put(arguments) => put(&operator, arguments, output).await,
        DisclosePolicy::Show(arguments) => show(&operator, arguments, output).await,
    };
    operator.end().await;
    done
}

async fn put(operator: &Operator, arguments: DisclosePolicyPut, output: Output) -> Result<(), Failure> {
    let policy = policy_of(arguments.policy.as_deref())?;
    if policy.is_empty() && !arguments.none {
        return Err(Failure::usage("the file of the policy is empty: say --none to end the policy"));
    }
    let request = v1::SetPolicyRequest {
        dataflow: full(&arguments.dataflow),
        provider: arguments.provider.unwrap_or_default(),
        policy: policy.into(),
        reason: arguments.reason,
        person: arguments.person,
    };
    let answer = operator.disclosure().set_policy(request).await.map_err(OperatorError::from)?.into_inner();
    output.say(
        || match (answer.position, answer.request) {
            (Some(position), _) => format!("in force since record {position}"),
            (None, Some(request)) => {
                format!("request {request} waits for a second person: `mighub release confirm {request}`")
            }
            (None, None) => "it was in force already".to_owned(),
        },
        || json!({ "position": answer.position, "request": answer.request }),
    );
    Ok(())
}

async fn show(operator: &Operator, arguments: DisclosePolicyShow, output: Output) -> Result<(), Failure> {
    let request = v1::GetPolicyRequest { dataflow: full(&arguments.dataflow), day: arguments.day };
    let answer = operator.disclosure().get_policy(request).await.map_err(OperatorError::from)?.into_inner();
    output.say(|| text(&answer), || as_json(&answer));
    Ok(())
}

fn text(answer: &v1::GetPolicyResponse) -> String {
    let mut lines: Vec<String> = Vec::new();
    for policy in &answer.policies {
        let of = if policy.provider.is_empty() { "all others" } else { &policy.provider };
        let by = [&*policy.agency, &*policy.person].into_iter().filter(|part| !part.is_empty());
        let by = by.collect::<Vec<_>>().join(", ");
        lines.push(format!("{of}: {}", String::from_utf8_lossy(&policy.policy)));
        lines.push(format!("  record {} by {by}: {}", policy.position, policy.reason));
    }
    if answer.policies.is_empty() {
        lines.push("no policy: exact figures are shown".to_owned());
    }
    for lane in &answer.lanes {
        let provider = lane.lane.as_ref().map_or("", |lane| &lane.provider);
        lines.push(match lane.shown {
            true => {
                format!("{provider} is shown; {} cells are suppressed in all its vintages", lane.suppressed)
            }
            false => format!("{provider} is kept back: {}", lane.why_not),
        });
    }
    lines.join("\n")
}

fn as_json(answer: &v1::GetPolicyResponse) -> Value {
    let policy = |policy: &v1::DisclosurePolicy| {
        json!({
            "provider": policy.provider,
            "policy": serde_json::from_slice::<Value>(&policy.policy).unwrap_or_default(),
            "position": policy.position,
            "agency": policy.agency,
            "person": policy.person,
            "reason": policy.reason,
        })
    };
    let lane = |lane: &v1::DisclosedLane| {
        json!({
            "provider": lane.lane.as_ref().map_or("", |lane| &lane.provider),
            "shown": lane.shown,
            "why_not": lane.why_not,
            "suppressed": lane.suppressed,
        })
    };
    json!({
        "policies": answer.policies.iter().map(policy).collect::<Vec<_>>(),
        "lanes": answer.lanes.iter().map(lane).collect::<Vec<_>>(),
    })
}
