//! `mighub vintages`: the states a dataflow had. JSON: one object a line, as `json::vintage` makes it.

use mighub_client::{Error, ExitCode};

use crate::{Context, arguments, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Vintages) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let dataflow = hub.dataflow(&arguments.dataflow).await?;
    let vintages = hub.vintages(&dataflow, arguments.provider.as_deref(), arguments.limit).await?;
    let output = &context.output;
    if output.json {
        vintages.iter().try_for_each(|vintage| output.json(&json::vintage(vintage)))?;
        return Ok(ExitCode::Done);
    }
    if vintages.is_empty() {
        output.line(format_args!("{dataflow} has no vintages that this office can see."))?;
        return Ok(ExitCode::Done);
    }
    let rows: Vec<_> = vintages
        .iter()
        .map(|vintage| {
            let reference = vintage.r#ref.clone().unwrap_or_default();
            // A withdrawal brings an older vintage back: that one's kind says nothing about it.
            let mut what = match vintage.by_withdrawal {
                true => vec!["withdrawal".to_owned()],
                false => vec![words::plain(vintage.kind().as_str_name(), "SUBMISSION_KIND_")],
            };
            what.extend(vintage.edition.iter().map(|edition| format!("edition {:?}", edition.label)));
            what.extend(vintage.embargo_time.iter().map(|time| format!("embargo {}", words::time(time))));
            what.extend(Some(vintage.reason.clone()).filter(|reason| !reason.is_empty()));
            [
                reference.position.to_string(),
                vintage.lane.clone().unwrap_or_default().provider,
                words::time_or_dash(reference.effective_time.as_ref()),
                vintage.observations.as_ref().map_or_else(|| "-".to_owned(), words::changes),
                what.join(", "),
            ]
        })
        .collect();
    output.table(["position", "provider", "effective", "observations", "why"], &rows)?;
    Ok(ExitCode::Done)
}
