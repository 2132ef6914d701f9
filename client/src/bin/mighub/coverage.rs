//! `mighub coverage`: what there is, by provider and period. JSON, one object a line and provider: `{"lane",
//! "vintage", "series", "observations", "periods": [{"period", "observations", "values"}]}`.

use mighub_client::{Error, ExitCode};
use serde_json::{Value, json};

use crate::{Context, arguments, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Coverage) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let dataflow = hub.dataflow(&arguments.dataflow).await?;
    let at = input::at(arguments.as_of.as_deref())?;
    let coverage = hub.coverage(&dataflow, &arguments.provider, &at).await?;
    let output = &context.output;
    if output.json {
        for provider in &coverage {
            let period = |period: &mighub::v1::PeriodCoverage| {
                json!({
                    "period": period.period,
                    "observations": period.observations,
                    "values": period.values,
                })
            };
            output.json(&json!({
                "lane": json::lane(provider.lane.as_ref()),
                "vintage": json::vintage_ref(provider.vintage.as_ref()),
                "series": provider.series,
                "observations": provider.observations,
                "periods": provider.periods.iter().map(period).collect::<Value>(),
            }))?;
        }
        return Ok(ExitCode::Done);
    }
    let rows: Vec<_> = coverage
        .iter()
        .map(|provider| {
            let edge = |period: Option<&mighub::v1::PeriodCoverage>| {
                period.map_or_else(|| "-".to_owned(), |period| period.period.clone())
            };
            [
                provider.lane.clone().unwrap_or_default().provider,
                edge(provider.periods.first()),
                edge(provider.periods.last()),
                words::count(provider.periods.len() as u64),
                words::count(provider.series),
                words::count(provider.observations),
            ]
        })
        .collect();
    output.table(["provider", "first", "last", "periods", "series", "observations"], &rows)?;
    Ok(ExitCode::Done)
}
