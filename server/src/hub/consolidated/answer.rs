//! Results as messages.

use mighub::v1;
use mighub_consolidation::{Gap, Method, Net, Standing, Total};
use mighub_sdmx::{Decimal, Period};

use crate::hub::Refusal;

/// Members that are named where some are missing; the number of all of them is told too.
pub(super) const NAMED_MAX: usize = 20;
/// Rows of an answer in one message: about one megabyte.
const ROWS_MAX: usize = 10_000;

pub(super) fn total(total: &Total) -> v1::Total {
    v1::Total {
        value: number(total.value),
        standing: match total.standing {
            Standing::Total => v1::TotalStanding::Total,
            Standing::Partial => v1::TotalStanding::Partial,
            Standing::Hidden => v1::TotalStanding::Hidden,
            Standing::Empty => v1::TotalStanding::Empty,
            Standing::Inside => v1::TotalStanding::Inside,
        }
        .into(),
        members: total.members as u32,
        present: total.present as u32,
        missing: total.missing.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
        corridors: total.corridors as u32,
        hidden: total.hidden as u32,
    }
}

pub(super) fn net(area: &str, period: &str, net: &Net) -> v1::NetMigration {
    v1::NetMigration {
        area: area.to_owned(),
        period: period.to_owned(),
        arrivals: Some(total(&net.arrivals)),
        departures: Some(total(&net.departures)),
        net: number(net.value),
    }
}

pub(super) fn gap(gap: &Gap) -> v1::MirrorGap {
    v1::MirrorGap {
        origin: gap.corridor.origin.to_string(),
        destination: gap.corridor.destination.to_string(),
        period: gap.period.to_string(),
        origin_value: gap.origin.to_string(),
        destination_value: gap.destination.to_string(),
        gap: gap.gap.to_string(),
        asymmetry: gap.asymmetry.to_string(),
    }
}

pub(super) fn method(method: &Method) -> v1::Method {
    let parameters = method.canonical();
    v1::Method {
        code: method.code().to_owned(),
        text: method.text(),
        parameters: String::from_utf8_lossy(&parameters).into_owned(),
        digest: method.digest().as_bytes().to_vec().into(),
    }
}

/// A figure, or the empty text.
pub(super) fn number(value: Option<Decimal>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Refuses an answer with more rows than one message may have.
pub(super) fn fits(ends: usize, periods: &[Period]) -> Result<(), Refusal> {
    let rows = ends.saturating_mul(periods.len());
    if rows > ROWS_MAX {
        let text =
            format!("the answer would have {rows} rows, at most {ROWS_MAX}: name fewer areas or periods");
        return Err(Refusal::limit(ROWS_MAX as u64, rows as u64, text));
    }
    Ok(())
}
