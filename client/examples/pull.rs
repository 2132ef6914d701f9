//! Adds up the figures of a dataflow by provider, from columns: no file, no text.
//!
//! `MIGHUB_HOME=… cargo run -p mighub-client --example pull -- MIG_FLOW`

use std::collections::BTreeMap;

use mighub_client::{Error, Home, Hub, Progress, PullRequest, Pulled};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let named = std::env::args().nth(1).unwrap_or_else(|| "MIG_FLOW".to_owned());
    let hub = Hub::connect(&Home::of_environment()).await?;
    let dataflow = hub.dataflow(&named).await?;
    let mut pull = hub.pull(PullRequest::all(dataflow), &Progress::silent()).await?;
    let mut observations: BTreeMap<String, u64> = BTreeMap::new();
    let mut provider = String::new();
    while let Some(pulled) = pull.next().await? {
        match pulled {
            Pulled::Lane(lane) => provider.clone_from(&lane.lane.provider),
            Pulled::Observations(columns) => {
                *observations.entry(provider.clone()).or_default() += columns.len() as u64;
            }
            Pulled::Gone { .. } => {}
            Pulled::End(summary) => {
                if let Some(cursor) = summary.cursor {
                    println!("what changes from now on: {cursor}");
                }
            }
        }
    }
    for (provider, count) in observations {
        println!("{provider}: {count} observations");
    }
    Ok(())
}
