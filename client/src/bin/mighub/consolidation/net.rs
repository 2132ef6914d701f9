//! `mighub net`: arrivals less departures; JSON, one object a line: `{"area", "period", "arrivals", "departures",
//! "net"}`. `mighub compare`: what methods do to them; JSON, one object a line: `{"area", "period", "method",
//! "arrivals", "departures", "net", "arrivals_effect", "departures_effect", "net_effect"}`.

use mighub::v1;
use mighub_client::{Error, ExitCode, Hub};
use serde_json::json;

use super::{derived, sums};
use crate::{Context, arguments};

pub(super) async fn net(context: &Context, hub: &Hub, arguments: arguments::Net) -> Result<ExitCode, Error> {
    let request =
        v1::GetNetMigrationRequest { derived: Some(derived(&arguments.derived)?), areas: arguments.areas };
    let answer = hub.net_migration(&request).await?;
    let output = &context.output;
    let totals = |row: &v1::NetMigration| {
        (row.arrivals.clone().unwrap_or_default(), row.departures.clone().unwrap_or_default())
    };
    if arguments.csv {
        output.line("AREA,TIME_PERIOD,ARRIVALS,ARRIVALS_STANDING,DEPARTURES,DEPARTURES_STANDING,NET")?;
    }
    let mut rows = Vec::new();
    let mut seen = Vec::new();
    for row in &answer.rows {
        let (arrivals, departures) = totals(row);
        if output.json {
            output.json(&json!({
                "area": row.area,
                "period": row.period,
                "arrivals": sums::object(&arrivals),
                "departures": sums::object(&departures),
                "net": sums::figure(&row.net),
            }))?;
        } else if arguments.csv {
            let standing = |total: &v1::Total| {
                total.standing().as_str_name().trim_start_matches("TOTAL_STANDING_").to_owned()
            };
            output.line(format_args!(
                "{},{},{},{},{},{},{}",
                row.area,
                row.period,
                arrivals.value,
                standing(&arrivals),
                departures.value,
                standing(&departures),
                row.net
            ))?;
        } else {
            rows.push([
                row.area.clone(),
                row.period.clone(),
                sums::marked(&arrivals),
                sums::marked(&departures),
                or_dash(&row.net),
            ]);
            seen.extend([arrivals, departures]);
        }
    }
    if !output.json && !arguments.csv {
        output.table(["area", "period", "arrivals", "departures", "net"], &rows)?;
        if let Some(legend) = sums::legend(&seen) {
            output.line(legend)?;
        }
    }
    Ok(ExitCode::Done)
}

pub(super) async fn compare(
    context: &Context,
    hub: &Hub,
    arguments: arguments::Compare,
) -> Result<ExitCode, Error> {
    let request = v1::CompareMethodsRequest {
        derived: Some(v1::Derived {
            view: String::new(),
            method: String::new(),
            ..derived(&arguments.derived)?
        }),
        methods: arguments.methods,
        areas: arguments.areas,
    };
    let answer = hub.compare_methods(&request).await?;
    let output = &context.output;
    let mut rows = Vec::new();
    for row in &answer.rows {
        for (method, of) in answer.methods.iter().zip(&row.by_method) {
            let net = of.net.clone().unwrap_or_default();
            let arrivals = net.arrivals.clone().unwrap_or_default();
            let departures = net.departures.clone().unwrap_or_default();
            if output.json {
                output.json(&json!({
                    "area": row.area,
                    "period": row.period,
                    "method": method,
                    "arrivals": sums::object(&arrivals),
                    "departures": sums::object(&departures),
                    "net": sums::figure(&net.net),
                    "arrivals_effect": sums::figure(&of.arrivals_effect),
                    "departures_effect": sums::figure(&of.departures_effect),
                    "net_effect": sums::figure(&of.net_effect),
                }))?;
                continue;
            }
            rows.push([
                row.area.clone(),
                row.period.clone(),
                method.clone(),
                sums::marked(&arrivals),
                or_dash(&of.arrivals_effect),
                sums::marked(&departures),
                or_dash(&of.departures_effect),
                or_dash(&net.net),
                or_dash(&of.net_effect),
            ]);
        }
    }
    if !output.json {
        let head =
            ["area", "period", "method", "arrivals", "(effect)", "departures", "(effect)", "net", "(effect)"];
        output.table(head, &rows)?;
    }
    Ok(ExitCode::Done)
}

pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}
