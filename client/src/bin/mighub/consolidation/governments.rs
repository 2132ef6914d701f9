//! `mighub shares`, `mighub parties` and `mighub groups`. JSON of shares, one object a line: `{"area", "period",
//! "members", "answered", "hidden", "contradictory", "values": [{"value", "governments", "share"}]}`; of parties, one
//! object with lists of codes; of groups, one object a line: `{"code", "members": [{"code", "from", "to", "source",
//! "at_latest"}]}`.

use mighub::v1;
use mighub_client::{Error, ExitCode, Hub};
use serde_json::{Value, json};

use super::net::or_dash;
use super::sums;
use crate::{Context, arguments, input};

/// Groups that are fetched at most.
const GROUPS_MAX: usize = 10_000;

pub(super) async fn shares(
    context: &Context,
    hub: &Hub,
    arguments: arguments::Shares,
) -> Result<ExitCode, Error> {
    let request = v1::GetSharesRequest {
        topic: arguments.topic,
        aspect: arguments.aspect,
        areas: arguments.of,
        start_period: arguments.when.start,
        end_period: arguments.when.end,
        point: input::at(arguments.when.as_of.as_deref())?.message(),
        membership_day: arguments.when.members_on,
    };
    let answer = hub.shares(&request).await?;
    let output = &context.output;
    let mut rows = Vec::new();
    for row in &answer.rows {
        if output.json {
            let value = |of: &v1::GovernmentShare| json!({ "value": of.value, "governments": of.governments, "share": sums::figure(&of.share) });
            output.json(&json!({
                "area": row.area,
                "period": row.period,
                "members": row.members,
                "answered": row.answered,
                "hidden": row.hidden,
                "contradictory": row.contradictory,
                "values": row.values.iter().map(value).collect::<Value>(),
            }))?;
            continue;
        }
        let of = format!("{} of {}", row.answered, row.members);
        let line = |value: &str, governments: String, share: &str| {
            [row.area.clone(), row.period.clone(), of.clone(), value.to_owned(), governments, or_dash(share)]
        };
        if row.values.is_empty() {
            rows.push(line(if row.hidden > 0 { "(c)" } else { "-" }, "-".to_owned(), ""));
        }
        let values = row.values.iter();
        rows.extend(values.map(|of| line(&of.value, of.governments.to_string(), &of.share)));
    }
    if !output.json {
        output.table(["area", "period", "answered", "answer", "governments", "share"], &rows)?;
    }
    Ok(ExitCode::Done)
}

pub(super) async fn parties(
    context: &Context,
    hub: &Hub,
    arguments: arguments::Parties,
) -> Result<ExitCode, Error> {
    let request = v1::GetPartiesRequest {
        treaty: arguments.treaty,
        day: arguments.on,
        point: input::at(arguments.as_of.as_deref())?.message(),
    };
    let answer = hub.parties(&request).await?;
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "day": answer.day,
            "signed": answer.signed,
            "bound": answer.bound,
            "denounced": answer.denounced,
            "organizations_signed": answer.organizations_signed,
            "organizations_bound": answer.organizations_bound,
        }))?;
        return Ok(ExitCode::Done);
    }
    output.line(format_args!("{} on {}", request.treaty, answer.day))?;
    let lists = [
        ("States bound", &answer.bound),
        ("States that signed", &answer.signed),
        ("States that denounced", &answer.denounced),
        ("Organizations bound", &answer.organizations_bound),
        ("Organizations that signed", &answer.organizations_signed),
    ];
    for (name, codes) in lists {
        output.line(format_args!("{name}: {}  {}", codes.len(), codes.join(" ")))?;
    }
    Ok(ExitCode::Done)
}

pub(super) async fn groups(
    context: &Context,
    hub: &Hub,
    arguments: arguments::Groups,
) -> Result<ExitCode, Error> {
    let groups = hub.groups(&arguments.group, &arguments.on, GROUPS_MAX).await?;
    let output = &context.output;
    let mut rows = Vec::new();
    for group in &groups {
        if output.json {
            let member = |member: &v1::GroupMember| {
                json!({
                    "code": member.code,
                    "from": sums::figure(&member.from),
                    "to": sums::figure(&member.to),
                    "source": sums::figure(&member.source),
                    "at_latest": member.at_latest,
                })
            };
            let members = group.members.iter().map(member).collect::<Value>();
            output.json(&json!({ "code": group.code, "members": members }))?;
        } else if arguments.group.is_empty() {
            rows.push([group.code.clone(), group.members.len().to_string()]);
        }
    }
    if output.json {
        return Ok(ExitCode::Done);
    }
    if arguments.group.is_empty() {
        output.table(["group", "members"], &rows)?;
        return Ok(ExitCode::Done);
    }
    let member = |member: &v1::GroupMember| {
        let from =
            if member.at_latest { format!("{} at the latest", member.from) } else { or_dash(&member.from) };
        [member.code.clone(), from, or_dash(&member.to), or_dash(&member.source)]
    };
    let rows: Vec<_> = groups.iter().flat_map(|group| &group.members).map(member).collect();
    output.table(["member", "from", "to", "source"], &rows)?;
    Ok(ExitCode::Done)
}
