//! `mighub diff`: what differs between two vintages of a lane, in words, as SDMX-CSV (--data), or as JSON, one
//! object a line and observation: `{"key", "period", "before", "after"}`, each side null or `{"value",
//! "attributes"}`; the last line is `{"observations": {"inserted", "changed", "deleted", "total"}}`.

use std::io::{self, BufWriter};
use std::sync::Arc;

use mighub::v1;
use mighub_client::{At, DiffRequest, Difference, Error, ExitCode, Observation};
use mighub_sdmx::columns::AttributeValue;
use serde_json::{Map, Value, json};

use crate::{Context, arguments, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Diff) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let dataflow = hub.dataflow(&arguments.dataflow).await?;
    let provider = arguments.provider.clone().unwrap_or_else(|| hub.config().agency);
    let request = DiffRequest {
        selection: hub.selection(&dataflow, &arguments.key, None, None).await?,
        lane: v1::Lane { dataflow, provider },
        before: arguments.before.map(At::Position),
        after: arguments.after.map_or(At::Now, At::Position),
    };
    let mut diff = hub.diff(&request).await?;
    if arguments.data {
        diff.write_csv(BufWriter::new(io::stdout())).await?;
        return Ok(ExitCode::Done);
    }
    let output = &context.output;
    if !output.json {
        let position = |vintage: &Option<v1::VintageRef>| {
            vintage
                .as_ref()
                .map_or_else(|| "nothing".to_owned(), |vintage| format!("position {}", vintage.position))
        };
        let (before, after) = (position(&diff.header.before), position(&diff.header.after));
        output.line(format_args!("{}: from {before} to {after}", words::lane(Some(&request.lane))))?;
    }
    let mut shown = 0;
    let mut left_out = 0u64;
    while let Some(batch) = diff.next().await? {
        for difference in batch.differences() {
            if output.json {
                output.json(&difference_json(&difference))?;
            } else if shown < arguments.show {
                shown += 1;
                output.line(in_words(&difference))?;
            } else {
                left_out += 1;
            }
        }
    }
    let counts = diff.summary.unwrap_or_default();
    if output.json {
        output.json(&json!({ "observations": json::observation_counts(Some(&counts)) }))?;
    } else {
        if left_out > 0 {
            output.line(format_args!(
                "… and {} more: --show N shows N, --data writes all",
                words::count(left_out)
            ))?;
        }
        output.line(words::changes(&counts))?;
    }
    Ok(ExitCode::Done)
}

fn in_words(difference: &Difference) -> String {
    let place = format!("{} {}", difference.key.join("."), difference.period);
    match (&difference.before, &difference.after) {
        (None, Some(after)) => format!("new      {place}: {}", value(after)),
        (Some(before), None) => format!("deleted  {place}: was {}", value(before)),
        (Some(before), Some(after)) => format!("changed  {place}: {}", changes(before, after)),
        (None, None) => format!("         {place}"),
    }
}

fn value(observation: &Observation) -> String {
    observation.value.map_or_else(|| "no value".to_owned(), |value| value.to_string())
}

fn changes(before: &Observation, after: &Observation) -> String {
    let mut changes = Vec::new();
    if before.value != after.value {
        changes.push(format!("{} → {}", value(before), value(after)));
    }
    let get = |observation: &Observation, id: &Arc<str>| {
        observation.attributes.iter().find(|(known, _)| known == id).map(|(_, value)| value.clone())
    };
    let mut ids: Vec<_> = before.attributes.iter().chain(&after.attributes).map(|(id, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let (old, new) = (get(before, id), get(after, id));
        if old != new {
            changes.push(format!("{id} {} → {}", attribute(old.as_ref()), attribute(new.as_ref())));
        }
    }
    changes.join(", ")
}

fn attribute(value: Option<&AttributeValue>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(AttributeValue::Text(text)) => text.to_string(),
        Some(AttributeValue::Many(sets)) => {
            let texts: Vec<_> = sets.iter().flatten().map(|part| part.text.to_string()).collect();
            texts.join("; ")
        }
    }
}

fn difference_json(difference: &Difference) -> Value {
    let side = |observation: &Observation| {
        let attributes = observation.attributes.iter();
        let attributes: Map<_, _> =
            attributes.map(|(id, value)| (id.to_string(), Value::from(attribute(Some(value))))).collect();
        json!({ "value": observation.value.map(|value| value.to_string()), "attributes": attributes })
    };
    json!({
        "key": difference.key.join("."),
        "period": difference.period.to_string(),
        "before": difference.before.as_ref().map(side),
        "after": difference.after.as_ref().map(side),
    })
}
