//! Sends a file and says what became of it, as an office's nightly job would.
//!
//! `MIGHUB_HOME=… cargo run -p mighub-client --example push -- flows.csv`

use mighub_client::{Error, Home, Hub, Progress, PushOptions, PushOutcome, Source};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "flows.csv".to_owned());
    let hub = Hub::connect(&Home::of_environment()).await?;
    // May be run again after any failure: the same figures take effect once.
    let pushed = hub.push(Source::path(file), &PushOptions::default(), &Progress::silent()).await?;
    match pushed.outcome {
        PushOutcome::Accepted { receipt, .. } => {
            println!("in force at position {}; receipt in {}", receipt.body.position, receipt.path.display());
        }
        PushOutcome::Unchanged { .. } => println!("the hub has these figures already"),
        PushOutcome::NotSent | PushOutcome::NeedsCorrection { .. } => {
            for group in &pushed.checked.report.summary().groups {
                println!("{}: {} ({} times)", group.rule_id, group.title, group.count);
            }
        }
        other => println!("a person must look at it: {other:?}"),
    }
    Ok(())
}
