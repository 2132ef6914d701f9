//! `mighub restrict`: withhold cells that are out already. JSON: restrictions are one object a line, `{"restriction",
//! "key", "start", "end", "since", "agency", "person", "reason", "freed_at"}`; what was lifted is told as in `release`.

use mighub::convert::selection;
use mighub::v1;
use mighub_client::{Error, ExitCode};
use serde_json::{Value, json};

use crate::arguments::Restrict;
use crate::release::effect_told;
use crate::{Context, input, json, words};

pub(crate) async fn run(context: &Context, command: Restrict) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let output = &context.output;
    match command {
        Restrict::Add { lane, key, start, end, why } => {
            let lane = input::lane(lane, &hub).await?;
            let cells = hub.selection(&lane.dataflow, &key, start.as_deref(), end.as_deref()).await?;
            let made = hub.restrict(&lane, &cells, &input::decided(why, &hub)).await?;
            if output.json {
                output.json(&object(&made)?)?;
            } else {
                output.line(format_args!(
                    "Restriction {} withholds these cells from now on, in every vintage.",
                    made.position
                ))?;
                output
                    .line("Who has them already: ask the hub's operator for `mighub-server audit reads`.")?;
            }
            Ok(ExitCode::Done)
        }
        Restrict::List { lane, all } => {
            let lane = input::lane(lane, &hub).await?;
            let restrictions = hub.restrictions(&lane, all).await?;
            if output.json {
                restrictions.iter().try_for_each(|restriction| output.json(&object(restriction)?))?;
                return Ok(ExitCode::Done);
            }
            if restrictions.is_empty() {
                output.line("No cells are withheld.")?;
                return Ok(ExitCode::Done);
            }
            let rows = restrictions.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
            output.table(["number", "cells", "since", "by", "lifted", "reason"], &rows)?;
            Ok(ExitCode::Done)
        }
        Restrict::Free { lane, restriction, why } => {
            let lane = input::lane(lane, &hub).await?;
            let effect = hub.free(&lane, restriction, &input::decided(why, &hub)).await?;
            effect_told(context, effect)
        }
    }
}

/// The keys of a restriction as SDMX writes them, and its first and last period.
fn cells(restriction: &v1::Restriction) -> Result<(String, String, String), Error> {
    let message = restriction.selection.clone().unwrap_or_default();
    let cells = selection(&message, usize::MAX).map_err(|error| Error::Contract(error.to_string()))?;
    let keys: Vec<String> = cells.keys.iter().map(ToString::to_string).collect();
    Ok((keys.join(","), message.start_period, message.end_period))
}

fn object(restriction: &v1::Restriction) -> Result<Value, Error> {
    let (key, start, end) = cells(restriction)?;
    Ok(json!({
        "restriction": restriction.position,
        "key": key,
        "start": start,
        "end": end,
        "since": json::time(restriction.since.as_ref()),
        "agency": restriction.agency,
        "person": restriction.person,
        "reason": restriction.reason,
        "freed_at": restriction.freed_at,
    }))
}

fn row(restriction: &v1::Restriction) -> Result<[String; 6], Error> {
    let (key, start, end) = cells(restriction)?;
    let periods = if start.is_empty() && end.is_empty() { String::new() } else { format!(" {start}..{end}") };
    Ok([
        restriction.position.to_string(),
        format!("{key}{periods}"),
        words::time_or_dash(restriction.since.as_ref()),
        format!("{} {}", restriction.agency, restriction.person),
        restriction.freed_at.map_or_else(|| "-".to_owned(), |position| position.to_string()),
        restriction.reason.clone(),
    ])
}
