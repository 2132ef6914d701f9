//! Keeps a file of changes up to date for as long as it runs: waits for news, then pulls only what changed.
//!
//! `MIGHUB_HOME=… cargo run -p mighub-client --example mirror -- MIG_FLOW changes`

use std::fs::File;

use mighub_client::{Cursor, Error, Format, Home, Hub, Progress, PullRequest, WatchRequest};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let named = arguments.next().unwrap_or_else(|| "MIG_FLOW".to_owned());
    let prefix = arguments.next().unwrap_or_else(|| "changes".to_owned());
    let hub = Hub::connect(&Home::of_environment()).await?;
    let dataflow = hub.dataflow(&named).await?;
    // The watch begins before the first pull, so that nothing falls between the two.
    let watched = WatchRequest { dataflows: vec![dataflow.clone()], ..WatchRequest::default() };
    let mut watch = hub.watch(watched).await?;
    let mut since: Option<Cursor> = None;
    for number in 0.. {
        let path = format!("{prefix}-{number:04}.csv");
        let file = File::create(&path).map_err(|source| Error::File { path: path.clone().into(), source })?;
        let request = PullRequest { since: since.take(), ..PullRequest::all(&dataflow) };
        let summary = hub.pull(request, &Progress::silent()).await?.write(Format::Csv, file).await?;
        println!("{path}: {} observations, {} gone", summary.observations, summary.gone);
        since = summary.cursor;
        watch.next().await?;
    }
    Ok(())
}
