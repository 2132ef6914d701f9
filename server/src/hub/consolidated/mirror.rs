//! Mirror analysis: how far both sides' reports are apart, and what partners report about an area.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1;
use mighub_consolidation::mirror::{Diverging, MedianRatio};
use mighub_consolidation::{Corridor, Figures, Gap, Mirror, Shown, Target, Widest};
use mighub_sdmx::{Decimal, Period};

use super::answer::{gap as message, number};
use super::asked::{Asked, Corridors, NO_METHOD, reference};
use super::read::Reader;
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Principal, Refusal};

/// Gaps of an answer where the caller does not say.
const GAPS_DEFAULT: usize = 50;
/// At most: with all lists at their limit an answer stays below two megabytes.
const GAPS_MAX: usize = 5_000;
/// Periods a corridor must have been known for before it can diverge newly, where the caller does not say.
const PERIODS_MIN: usize = 2;
/// Above which share of the larger figure a gap diverges, where the caller does not say: half.
const ABOVE_DEFAULT: Decimal = Decimal { unscaled: 5, scale: 1 };
/// The reported dataflow that flows are derived from, and its dimension of reporting areas.
const FLOW: (&str, &str) = ("MIG_FLOW", "REF_AREA");

impl Hub {
    /// How both sides' reports compare.
    pub fn mirror(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::GetMirrorRequest,
        now: Moment,
    ) -> Result<v1::GetMirrorResponse, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let derived = v1::Derived {
            view: "RO".into(),
            method: String::new(),
            ..request.derived.clone().unwrap_or_default()
        };
        let mut asked = Asked::read(Some(&derived))?;
        if asked.target != Target::Flow {
            let text = "stocks are reported by the destination alone: ask for MIG_FLOW_OD";
            return Err(Refusal::malformed("derived.dataflow", text));
        }
        let areas = self.areas_asked(permit.principal(), request, now)?;
        if !areas.is_empty() {
            asked.corridors = Some(Corridors::With(areas.clone()));
        }
        let limit = match request.limit as usize {
            0 => GAPS_DEFAULT,
            limit => limit.min(GAPS_MAX),
        };
        let (tables, position) =
            reader.derived(&asked, vec![asked.choice.clone(), asked.as_view("RD", NO_METHOD)])?;
        let [left, arrived] = &tables[..] else { return Err(Refusal::internal("two tables were asked for")) };
        let mirror = Mirror::new(left, arrived);
        let by = match request.order() {
            v1::MirrorOrder::Relative => Widest::Relative,
            v1::MirrorOrder::Unspecified | v1::MirrorOrder::Absolute => Widest::Absolute,
        };
        let mut by_corridor = mirror.by_corridor();
        // A stable sort: those with as many periods stay by corridor.
        by_corridor.sort_by_key(|median| Reverse(median.count));
        let periods_min = match request.diverging_periods_min as usize {
            0 => PERIODS_MIN,
            periods => periods,
        };
        let diverging = mirror.diverging(above(&request.diverging_above)?, periods_min);
        Ok(v1::GetMirrorResponse {
            gaps: mirror.widest(by, None, limit).into_iter().map(message).collect(),
            partner_only: partner_only(&areas, left, arrived).take(limit).collect(),
            by_corridor: by_corridor.iter().take(limit).map(of_corridor).collect(),
            over_time: mirror.over_time().iter().map(of_period).collect(),
            diverging: diverging.iter().take(limit).map(diverges).collect(),
            gaps_total: mirror.gaps().count() as u64,
            areas: areas.iter().map(ToString::to_string).collect(),
            position,
        })
    }

    /// The areas that are asked about; none: all corridors.
    fn areas_asked(
        &self,
        principal: &Principal,
        request: &v1::GetMirrorRequest,
        now: Moment,
    ) -> Result<BTreeSet<Arc<str>>, Refusal> {
        if !request.mine {
            let about = (!request.about.is_empty()).then(|| Arc::from(&*request.about));
            return Ok(about.into_iter().collect());
        }
        let (dataflow, dimension) = (reference(FLOW.0)?, FLOW.1);
        let agency = principal.agency_on(&dataflow);
        let position = self.position().unwrap_or(0);
        let mut areas = BTreeSet::new();
        for agreement in self.rights().agreements_on(&dataflow, position, now) {
            if agency.is_some_and(|agency| agreement.sends(agency) || *agency == agreement.lane.provider) {
                areas.extend(agreement.permitted_codes(dimension).into_iter().flatten().cloned());
            }
        }
        if areas.is_empty() {
            let text = "no agreement names areas for which you send MIG_FLOW: name the area instead";
            return Err(Refusal::malformed("mine", text));
        }
        Ok(areas)
    }
}

/// What partners report about areas where nobody may see a report of their own.
fn partner_only<'a>(
    areas: &'a BTreeSet<Arc<str>>,
    left: &'a Figures,
    arrived: &'a Figures,
) -> impl Iterator<Item = v1::MirrorGap> + 'a {
    let periods: BTreeSet<Period> = left.periods().chain(arrived.periods()).collect();
    periods.into_iter().flat_map(move |period| {
        let (from, to) = (left.corridors(period), arrived.corridors(period));
        let mut found = Vec::new();
        let one_sided = |theirs: &Shown, own: Option<&Shown>| match (theirs, own) {
            (Shown::Figure(value), None | Some(Shown::Hidden)) => Some(*value),
            _ => None,
        };
        for ((origin, destination), shown) in &to {
            if areas.contains(origin) {
                let own = from.get(&(origin.clone(), destination.clone()));
                let value = one_sided(shown, own);
                found.extend(value.map(|value| alone(origin, destination, period, (None, Some(value)))));
            }
        }
        for ((origin, destination), shown) in &from {
            if areas.contains(destination) {
                let own = to.get(&(origin.clone(), destination.clone()));
                let value = one_sided(shown, own);
                found.extend(value.map(|value| alone(origin, destination, period, (Some(value), None))));
            }
        }
        found
    })
}

fn alone(
    origin: &str,
    destination: &str,
    period: Period,
    (left, arrived): (Option<Decimal>, Option<Decimal>),
) -> v1::MirrorGap {
    v1::MirrorGap {
        origin: origin.to_owned(),
        destination: destination.to_owned(),
        period: period.to_string(),
        origin_value: number(left),
        destination_value: number(arrived),
        ..v1::MirrorGap::default()
    }
}

fn above(text: &str) -> Result<Decimal, Refusal> {
    if text.is_empty() {
        return Ok(ABOVE_DEFAULT);
    }
    let share = Decimal::parse(text.as_bytes()).ok();
    let share = share.filter(|share| share.unscaled >= 0 && share.compare(Decimal::integer(1)).is_le());
    share.ok_or_else(|| {
        Refusal::malformed("diverging_above", format!("{text:?} is no share: a decimal from 0 to 1"))
    })
}

fn of_corridor(median: &MedianRatio<Corridor>) -> v1::MedianRatio {
    v1::MedianRatio {
        origin: median.of.origin.to_string(),
        destination: median.of.destination.to_string(),
        period: String::new(),
        ratio: median.ratio,
        count: median.count as u32,
    }
}

fn of_period(median: &MedianRatio<Period>) -> v1::MedianRatio {
    v1::MedianRatio {
        period: median.of.to_string(),
        ratio: median.ratio,
        count: median.count as u32,
        ..v1::MedianRatio::default()
    }
}

fn diverges(diverging: &Diverging) -> v1::DivergingCorridor {
    let now: &Gap = &diverging.now;
    v1::DivergingCorridor {
        now: Some(message(now)),
        before: diverging.before.to_string(),
        periods: diverging.periods as u32,
    }
}
