//! The scene of the consolidated dataset: what the hub made of both sides of every flow, and why.

use mighub_client::{Hub, Progress, PullRequest, Pulled};
use mighub_consolidation::{DerivedRow, Method, derived, explain};

use crate::Failure;
use crate::cast::COMMISSION;
use crate::stage::Stage;

const DATAFLOW: &str = "MIG_FLOW_OD";
/// A flow that both sides report, and disagree on.
const CORRIDOR: (&str, &str) = ("ESP", "FRA");
const YEAR: &str = "2013";
/// The method whose figure is explained.
const EXPLAINED: &str = "M1";

/// Pulls the consolidated dataset, shows a corridor from both sides and by every method, and explains a figure.
pub(crate) async fn commission_pulls_consolidated(stage: &Stage) -> Result<(), Failure> {
    stage.consolidate().await?;
    println!("\n== The hub consolidates both sides of every flow. {} pulls {DATAFLOW}.\n", COMMISSION.1);
    let hub = Hub::connect(&stage.home(COMMISSION.0)).await?;
    let dataflow = hub.dataflow(DATAFLOW).await?;
    let mut pull = hub.pull(PullRequest::all(&dataflow), &Progress::silent()).await?;
    let (mut all, mut consolidated, mut corridor) = (0, 0, Vec::new());
    while let Some(pulled) = pull.next().await? {
        let Pulled::Observations(columns) = pulled else { continue };
        for row in derived::rows(&columns).into_iter().flatten() {
            all += 1;
            consolidated += u64::from(&*row.view == "CO");
            if (&*row.origin, &*row.destination) == CORRIDOR && row.period.to_string() == YEAR {
                corridor.push(row);
            }
        }
    }
    println!("  {all} observations, {consolidated} of them consolidated by a published method.\n");
    println!("  From {} to {}, {YEAR}:\n", CORRIDOR.0, CORRIDOR.1);
    println!("  view  method  figure  rule");
    for row in &corridor {
        let figure = row.value.map(|value| value.to_string()).unwrap_or_default();
        let rule = row.rule.map_or("", |rule| rule.code());
        println!("  {:<4}  {:<6}  {figure:>6}  {rule}", row.view, row.method);
    }
    let explained = corridor.iter().find(|row| &*row.method == EXPLAINED);
    let explained = explained.ok_or_else(|| format!("{DATAFLOW} has no figure by {EXPLAINED}"))?;
    println!("\n  How the figure by {EXPLAINED} came about:\n");
    for sentence in explanation(explained).sentences {
        println!("  {sentence}");
    }
    Ok(())
}

fn explanation(row: &DerivedRow) -> mighub_consolidation::Explanation {
    let methods = Method::defaults();
    let of_row = methods.iter().find(|method| *method.code() == *row.method);
    explain::explain(row, of_row)
}
