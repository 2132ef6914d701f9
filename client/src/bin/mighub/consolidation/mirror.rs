//! `mighub mirror`: where both sides of a corridor report, how far apart they are. JSON: one object with the lists of
//! the contract.

use mighub::v1;
use mighub_client::{Error, ExitCode, Hub};
use serde_json::{Value, json};

use super::net::or_dash;
use super::{derived, sums};
use crate::arguments::{self, Order};
use crate::{Context, words};

pub(super) async fn run(
    context: &Context,
    hub: &Hub,
    arguments: arguments::Mirror,
) -> Result<ExitCode, Error> {
    let order = match arguments.by {
        Order::Absolute => v1::MirrorOrder::Absolute,
        Order::Relative => v1::MirrorOrder::Relative,
    };
    let request = v1::GetMirrorRequest {
        derived: Some(derived(&arguments.derived)?),
        about: arguments.about,
        mine: arguments.mine,
        order: order.into(),
        limit: arguments.show,
        diverging_above: arguments.above,
        diverging_periods_min: 0,
    };
    let answer = hub.mirror(&request).await?;
    let output = &context.output;
    if output.json {
        let gaps = |gaps: &[v1::MirrorGap]| gaps.iter().map(object).collect::<Value>();
        let medians = |medians: &[v1::MedianRatio]| medians.iter().map(median).collect::<Value>();
        let diverging = |of: &v1::DivergingCorridor| json!({ "now": of.now.as_ref().map(object), "before": of.before, "periods": of.periods });
        output.json(&json!({
            "areas": answer.areas,
            "gaps": gaps(&answer.gaps),
            "gaps_total": answer.gaps_total,
            "partner_only": gaps(&answer.partner_only),
            "by_corridor": medians(&answer.by_corridor),
            "over_time": medians(&answer.over_time),
            "diverging": answer.diverging.iter().map(diverging).collect::<Value>(),
            "position": answer.position,
        }))?;
        return Ok(ExitCode::Done);
    }
    let head = ["origin", "destination", "period", "origin says", "destination says", "gap", "share"];
    output.line(format_args!("Gaps, the widest of {}:", words::count(answer.gaps_total)))?;
    output.table(head, &answer.gaps.iter().map(row).collect::<Vec<_>>())?;
    if !answer.partner_only.is_empty() {
        output.line("\nOnly the partner reports:")?;
        output.table(head, &answer.partner_only.iter().map(row).collect::<Vec<_>>())?;
    }
    output.line("\nMedian of destination's figure by origin's, by period:")?;
    let over_time = answer.over_time.iter();
    let rows: Vec<_> = over_time.map(|of| [of.period.clone(), ratio(of), of.count.to_string()]).collect();
    output.table(["period", "ratio", "corridors"], &rows)?;
    output.line("\nThe same by corridor:")?;
    let by_corridor = answer.by_corridor.iter();
    let rows: Vec<_> = by_corridor
        .map(|of| [of.origin.clone(), of.destination.clone(), ratio(of), of.count.to_string()])
        .collect();
    output.table(["origin", "destination", "ratio", "periods"], &rows)?;
    if !answer.diverging.is_empty() {
        output.line("\nDiverging newly:")?;
        let rows: Vec<_> = answer.diverging.iter().filter_map(|of| of.now.as_ref()).map(row).collect();
        output.table(head, &rows)?;
    }
    Ok(ExitCode::Done)
}

fn row(gap: &v1::MirrorGap) -> [String; 7] {
    [
        gap.origin.clone(),
        gap.destination.clone(),
        gap.period.clone(),
        or_dash(&gap.origin_value),
        or_dash(&gap.destination_value),
        or_dash(&gap.gap),
        or_dash(&gap.asymmetry),
    ]
}

fn object(gap: &v1::MirrorGap) -> Value {
    json!({
        "origin": gap.origin,
        "destination": gap.destination,
        "period": gap.period,
        "origin_value": sums::figure(&gap.origin_value),
        "destination_value": sums::figure(&gap.destination_value),
        "gap": sums::figure(&gap.gap),
        "asymmetry": sums::figure(&gap.asymmetry),
    })
}

fn ratio(median: &v1::MedianRatio) -> String {
    format!("{:.3}", median.ratio)
}

fn median(median: &v1::MedianRatio) -> Value {
    json!({
        "origin": sums::figure(&median.origin),
        "destination": sums::figure(&median.destination),
        "period": sums::figure(&median.period),
        "ratio": median.ratio,
        "count": median.count,
    })
}
