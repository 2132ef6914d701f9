//! Figures as the commission reads them. Each is computed from a pull; none is written here.

use std::fmt::Display;

use mighub_client::{Hub, Progress, Providers, PullRequest, Pulled};
use mighub_consolidation::Treaty;
use mighub_sdmx::{Columns, Decimal, Period};

use crate::Failure;
use crate::cast::COMMISSION;
use crate::stage::Stage;

use super::load::Loaded;

/// The day of which parties are counted.
const DAY: &str = "2004-07-01";

/// Pulls and shows figures of what was loaded.
pub(super) async fn show(stage: &Stage, loaded: &[Loaded]) -> Result<(), Failure> {
    let hub = Hub::connect(&stage.home(COMMISSION.0)).await?;
    let of = |dataflow: &str| loaded.iter().find(|row| row.dataflow == dataflow);
    println!("== {} reads them back.\n", COMMISSION.1);
    if of("MIG_STOCK_OD").is_some() {
        for year in ["2000", "2024"] {
            // All areas, XCX and the origin _O among them: the sum of the groups of M49 would lack them.
            tell(
                "migrants in the world, both sexes",
                year,
                sum(&hub, "MIG_STOCK_OD", "...F+M._T.ES.UNPD_IMS2024", year).await?,
            );
        }
        for year in ["2000", "2024"] {
            let corridor = sum(&hub, "MIG_STOCK_OD", ".USA.MEX.F+M._T.ES.UNPD_IMS2024", year).await?;
            tell("born in Mexico, in the United States", year, corridor);
        }
    }
    if of("MIG_REFUGEE").is_some() {
        tell(
            "refugees at the end of the year",
            "2023",
            sum(&hub, "MIG_REFUGEE", "A...REF.STOCK", "2023").await?,
        );
        let returned = sum(&hub, "MIG_REFUGEE", "A...REF.RETURN", "2023").await?;
        tell("refugees who returned", "2023", returned);
    }
    if of("MIG_ASYLUM").is_some() {
        for (what, key) in [
            ("applications for asylum, persons, all levels", "A...APP._Z....PS"),
            ("decisions on them, persons, all levels and outcomes", "A...DEC._T....PS"),
        ] {
            tell(what, "2023", sum(&hub, "MIG_ASYLUM", key, "2023").await?);
        }
    }
    if of("MIG_BALANCE").is_some() {
        let net = sum(&hub, "MIG_BALANCE", "A.CAN.NETMIG", "2023").await?;
        tell("net migration of Canada", "2023", net);
    }
    if of("MIG_STOCK").is_some() {
        let foreign = sum(&hub, "MIG_STOCK", "A.SWE.CTZ.FOR_STLS._T._T", "2024").await?;
        tell("foreign citizens and stateless in Sweden", "2024", foreign);
    }
    if let Some(treaties) = of("MIG_TREATY") {
        let label = if treaties.is_made_up { " (synthetic)" } else { "" };
        let day = Period::parse(DAY.as_bytes()).ok().and_then(Period::first_day).ok_or("a day")?;
        let bound = treaty(&hub, "ICRMW").await?.parties_on(day).bound_count(false);
        tell(&format!("States bound by the Migrant Workers Convention{label}"), DAY, bound);
        for (name, id) in [("trafficking", "TIP_PROTOCOL"), ("smuggling", "SMUGGLING_PROTOCOL")] {
            let parties = treaty(&hub, id).await?.parties_on(i64::MAX);
            let union =
                if parties.organizations_signed.is_empty() { "" } else { ", with the European Union" };
            tell(&format!("signatories of the {name} protocol{union}{label}"), "", parties.signatories(true));
        }
    }
    Ok(())
}

fn tell(what: &str, when: &str, figure: impl Display) {
    println!("  {:<66} {when:<10} {:>13}", what, grouped(figure));
}

/// A whole number with its thousands apart.
pub(super) fn grouped(number: impl Display) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", &*text), |digits| ("-", digits));
    let mut grouped = sign.to_owned();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The sum of the figures of a key in a period.
async fn sum(hub: &Hub, dataflow: &str, key: &str, period: &str) -> Result<i64, Failure> {
    let mut sum = 0i64;
    each(hub, dataflow, key, Some(period), |columns| {
        for observation in 0..columns.len() {
            let Some(Decimal { unscaled, scale: 0 }) = columns.value(observation) else {
                return Err(format!("{key} of {dataflow} has a figure that is no whole number").into());
            };
            sum = sum.checked_add(unscaled).ok_or("a sum that no table of persons has")?;
        }
        Ok(())
    })
    .await?;
    Ok(sum)
}

/// What States and organizations did about a treaty.
async fn treaty(hub: &Hub, id: &str) -> Result<Treaty, Failure> {
    let mut treaty = Treaty::new(id);
    each(hub, "MIG_TREATY", &format!("D..{id}"), None, |columns| {
        treaty.push(columns);
        Ok(())
    })
    .await?;
    Ok(treaty)
}

/// Observations of a dataflow that a reader gets of one provider, or of all.
pub(super) async fn count(stage: &Stage, dataflow: &str, provider: Option<&str>) -> Result<u64, Failure> {
    let hub = Hub::connect(&stage.home(COMMISSION.0)).await?;
    let dataflow = hub.dataflow(dataflow).await?;
    let providers = provider.map_or(Providers::All, |provider| Providers::These(vec![provider.to_owned()]));
    let request = PullRequest { providers, ..PullRequest::all(&dataflow) };
    let mut pull = hub.pull(request, &Progress::silent()).await?;
    let mut count = 0;
    while let Some(pulled) = pull.next().await? {
        if let Pulled::Observations(columns) = pulled {
            count += columns.len() as u64;
        }
    }
    Ok(count)
}

/// Pulls what a key means in a period, or in all, and gives it in batches.
async fn each(
    hub: &Hub,
    dataflow: &str,
    key: &str,
    period: Option<&str>,
    mut take: impl FnMut(&Columns) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let dataflow = hub.dataflow(dataflow).await?;
    let selection = hub.selection(&dataflow, key, period, period).await?;
    let request = PullRequest { selection, ..PullRequest::all(&dataflow) };
    let mut pull = hub.pull(request, &Progress::silent()).await?;
    while let Some(pulled) = pull.next().await? {
        if let Pulled::Observations(columns) = pulled {
            take(&columns)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        for (number, expected) in [(0, "0"), (999, "999"), (-1_000, "-1,000"), (174_566, "174,566")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
