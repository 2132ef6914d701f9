//! What governments think, and what they are bound by.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1;
use mighub_consolidation::{End, Shares, Treaty, Views};
use mighub_sdmx::Period;
use mighub_sdmx::key::{KeyPattern, Selection};

use super::answer::{NAMED_MAX, fits, number};
use super::asked::{day, membership_day, period, reference};
use super::ends::ends;
use super::read::Reader;
use crate::hub::permit::{Permit, Read};
use crate::hub::retrieve::FiguresRequest;
use crate::hub::{Hub, Moment, Refusal};

/// The dataflow of policies and views.
const POLICY: &str = "MIG_POLICY";
/// The dataflow of acts about treaties.
const TREATY: &str = "MIG_TREATY";

impl Hub {
    /// Shares of governments that hold a view.
    pub fn shares(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::GetSharesRequest,
        now: Moment,
    ) -> Result<v1::GetSharesResponse, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let asked = day("membership_day", &request.membership_day)?;
        let day = membership_day(self, asked, request.point.as_ref(), now)?;
        let mut regions = ends("areas", &request.areas, &self.area_groups()?, day)?;
        if regions.is_empty() {
            regions.push(End::World);
        }
        let (topic, aspect) = (given("topic", &request.topic)?, given("aspect", &request.aspect)?);
        let named = self.series_with(POLICY, &[("POLICY_TOPIC", topic), ("POLICY_ASPECT", aspect)])?;
        let start = period("start_period", &request.start_period)?;
        let end = period("end_period", &request.end_period)?;
        let named = FiguresRequest { selection: Selection { start, end, ..named.selection }, ..named };
        let mut views = Views::new(topic, aspect);
        let mut governments: BTreeSet<Arc<str>> = BTreeSet::new();
        reader.each(named, request.point.as_ref(), |columns| {
            views.push(columns);
            let area = columns.shape.dimensions.iter().position(|dimension| &**dimension == "REF_AREA");
            for series in area.iter().flat_map(|area| (0..columns.series_count()).map(move |s| (s, *area))) {
                governments.insert(columns.code(series.0, series.1).clone());
            }
            Ok(())
        })?;
        let periods: Vec<Period> = views.periods().into_iter().collect();
        fits(regions.len(), &periods)?;
        let mut rows = Vec::new();
        for region in &regions {
            let members = match region {
                End::World => &governments,
                End::Region { areas, .. } => areas,
            };
            rows.extend(
                periods.iter().map(|period| message(region.code(), *period, &views.shares(members, *period))),
            );
        }
        Ok(v1::GetSharesResponse { rows, membership_day: day.to_string() })
    }

    /// The parties to a treaty on a day.
    pub fn parties(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::GetPartiesRequest,
        now: Moment,
    ) -> Result<v1::GetPartiesResponse, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let day = day("day", &request.day)?.unwrap_or_else(|| now.day());
        let name = given("treaty", &request.treaty)?;
        let mut treaty = Treaty::new(name);
        let acts = self.series_with(TREATY, &[("TREATY", name)])?;
        reader.each(acts, request.point.as_ref(), |columns| {
            treaty.push(columns);
            Ok(())
        })?;
        // Midnight UTC of a day is a whole number of days since 1970.
        let since_1970 = Moment::beginning_of(day).0.div_euclid(DAY_MS);
        let parties = treaty.parties_on(since_1970);
        let codes = |areas: &BTreeSet<Arc<str>>| areas.iter().map(ToString::to_string).collect();
        Ok(v1::GetPartiesResponse {
            day: day.to_string(),
            signed: codes(&parties.signed),
            bound: codes(&parties.bound),
            denounced: codes(&parties.denounced),
            organizations_signed: codes(&parties.organizations_signed),
            organizations_bound: codes(&parties.organizations_bound),
        })
    }

    /// All series of a dataflow with some codes.
    fn series_with(&self, dataflow: &str, codes: &[(&str, &str)]) -> Result<FiguresRequest, Refusal> {
        let dataflow = reference(dataflow)?;
        let definition = self.definition(&dataflow)?;
        let set = |dimension: &Arc<str>| {
            let (_, code) = codes.iter().find(|(id, _)| **id == **dimension)?;
            Some(BTreeSet::from([Arc::from(*code)]))
        };
        let keys = vec![KeyPattern { sets: definition.data.shape.dimensions.iter().map(set).collect() }];
        let selection = Selection { keys, ..Selection::all() };
        Ok(FiguresRequest { selection, ..FiguresRequest::all(dataflow) })
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn given<'t>(field: &'static str, text: &'t str) -> Result<&'t str, Refusal> {
    if text.is_empty() { Err(Refusal::malformed(field, format!("{field} is missing"))) } else { Ok(text) }
}

fn message(area: &str, period: Period, shares: &Shares) -> v1::GovernmentShares {
    let share = |(value, governments): (&Arc<str>, &usize)| v1::GovernmentShare {
        value: value.to_string(),
        governments: *governments as u32,
        share: number(shares.share(value)),
    };
    v1::GovernmentShares {
        area: area.to_owned(),
        period: period.to_string(),
        members: shares.members as u32,
        answered: shares.answered as u32,
        hidden: shares.hidden as u32,
        contradictory: shares.contradictory.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
        values: shares.by_value.iter().map(share).collect(),
    }
}
