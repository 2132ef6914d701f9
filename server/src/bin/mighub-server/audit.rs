//! `mighub-server audit`: who could see what of a lane on a day, and who read it. No figures in either.

use std::path::Path;

use mighub::v1;
use mighub_server::hub::Moment;
use mighub_server::rpc::{Operator, OperatorError};
use serde_json::{Value, json};

use crate::arguments::{Audit, AuditReads, AuditRights};
use crate::failure::Failure;
use crate::output::Output;

/// Reads on a page when all pages are read.
const PAGE: u32 = 1_000;

pub(crate) async fn audit(dir: &Path, command: Audit, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let done = match command {
        Audit::Rights(arguments) => rights(&operator, arguments, output).await,
        Audit::Reads(arguments) => reads(&operator, arguments, output).await,
    };
    operator.end().await;
    Ok(done?)
}

async fn rights(operator: &Operator, arguments: AuditRights, output: Output) -> Result<(), OperatorError> {
    let lane = lane(operator, &arguments.lane).await?;
    let request = v1::AuditRightsRequest { lane: Some(lane), day: arguments.on.unwrap_or_default() };
    let answer = operator.releases().audit_rights(request).await?.into_inner();
    output.say(|| rights_in_words(&answer), || rights_in_json(&answer));
    Ok(())
}

async fn reads(operator: &Operator, arguments: AuditReads, output: Output) -> Result<(), OperatorError> {
    let lane = lane(operator, &arguments.lane).await?;
    let since = Some(Moment(arguments.since.as_millisecond()).to_message());
    let mut service = operator.releases();
    let (mut page_token, mut left_out) = (String::new(), 0);
    if !output.json {
        output.say(
            || "when                       who                   door  observations  what".to_owned(),
            || json!(null),
        );
    }
    loop {
        let request = v1::AuditReadsRequest {
            dataflow: lane.dataflow.clone(),
            provider: lane.provider.clone(),
            since,
            sensitive_only: arguments.sensitive,
            page_size: PAGE,
            page_token,
        };
        let page = service.audit_reads(request).await?.into_inner();
        for read in &page.reads {
            output.say(|| read_in_words(read), || read_in_json(read));
        }
        (page_token, left_out) = (page.next_page_token, page.left_out.max(left_out));
        if page_token.is_empty() {
            break;
        }
    }
    if left_out > 0 {
        tracing::warn!(
            "{left_out} reads of public figures were not written down: the log of their month was full"
        );
    }
    Ok(())
}

/// DATAFLOW/PROVIDER, of which the dataflow may be given by its id alone.
async fn lane(operator: &Operator, text: &str) -> Result<v1::Lane, OperatorError> {
    let (dataflow, provider) = text.rsplit_once('/').unwrap_or((text, ""));
    Ok(v1::Lane { dataflow: operator.dataflow(dataflow).await?, provider: provider.to_owned() })
}

fn rights_in_words(answer: &v1::AuditRightsResponse) -> String {
    let agreement = if answer.agreement.is_empty() { "no agreement" } else { &answer.agreement };
    let mut text =
        format!("At {} (record {}), {agreement} in force:\n", time(answer.instant.as_ref()), answer.position);
    for viewer in &answer.viewers {
        let who = if viewer.agency.is_empty() { "everybody" } else { &viewer.agency };
        let sees = match (viewer.before_release, viewer.restricted, viewer.keys_hidden) {
            (true, true, _) => "all, before release and restricted cells too",
            (true, false, false) => "before release, without restricted cells",
            (true, false, true) => "before release, without the keys of restricted cells",
            (false, true, _) => "what is released, restricted cells too",
            (false, false, false) => "what is released and free, and the keys of restricted cells",
            (false, false, true) => "what is released and free",
        };
        text += &format!("  {who:<14} {sees} ({})\n", viewer.reason);
    }
    for embargo in &answer.embargoes {
        text += &format!("  under embargo until {}\n", time(embargo.until.as_ref()));
    }
    for restriction in &answer.restrictions {
        let since = time(restriction.since.as_ref());
        text += &format!(
            "  restriction {} since {since} by {}: {}\n",
            restriction.position, restriction.agency, restriction.reason
        );
    }
    text
}

fn rights_in_json(answer: &v1::AuditRightsResponse) -> Value {
    let viewer = |viewer: &v1::Viewer| {
        json!({
            "agency": viewer.agency, "before_release": viewer.before_release, "restricted": viewer.restricted,
            "keys_hidden": viewer.keys_hidden, "reason": viewer.reason,
        })
    };
    json!({
        "position": answer.position,
        "instant": time(answer.instant.as_ref()),
        "agreement": answer.agreement,
        "viewers": answer.viewers.iter().map(viewer).collect::<Value>(),
        "embargoes": answer.embargoes.iter().map(|embargo| time(embargo.until.as_ref())).collect::<Value>(),
        "restrictions": answer.restrictions.iter().map(|restriction| restriction.position).collect::<Value>(),
    })
}

fn read_in_words(read: &v1::Read) -> String {
    let what = match (read.before_release, read.restricted) {
        (true, true) => "before release, restricted cells",
        (true, false) => "before release",
        (false, true) => "restricted cells",
        (false, false) => "public figures",
    };
    let observations = read.observations.map_or_else(|| "broken off".to_owned(), |count| count.to_string());
    let provider = read.lane.as_ref().map_or("", |lane| &lane.provider);
    format!(
        "{:<26} {:<21} {:<5} {observations:>12}  {provider}: {what}, record {}",
        time(read.time.as_ref()),
        who(read),
        door(read),
        read.position
    )
}

fn read_in_json(read: &v1::Read) -> Value {
    json!({
        "time": time(read.time.as_ref()),
        "agency": read.agency,
        "application": read.application,
        "token_id": read.token_id,
        "dataflow": read.lane.as_ref().map(|lane| &lane.dataflow),
        "provider": read.lane.as_ref().map(|lane| &lane.provider),
        "position": read.position,
        "instant": time(read.instant.as_ref()),
        "vintage": read.vintage,
        "door": door(read),
        "before_release": read.before_release,
        "restricted": read.restricted,
        "observations": read.observations,
    })
}

fn who(read: &v1::Read) -> String {
    match (&*read.agency, &*read.application, &*read.token_id) {
        ("", ..) => "everybody".to_owned(),
        (agency, "", "") => agency.to_owned(),
        (agency, "", token) => format!("{agency} token {token}"),
        (agency, application, _) => format!("{agency} {application}"),
    }
}

fn door(read: &v1::Read) -> String {
    read.door().as_str_name().trim_start_matches("READ_DOOR_").to_ascii_lowercase()
}

fn time(message: Option<&prost_types::Timestamp>) -> String {
    message.map(Moment::of_message).unwrap_or_default().to_string()
}
