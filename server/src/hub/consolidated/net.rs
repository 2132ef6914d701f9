//! Net migration, and what the choice of the method does to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1;
use mighub_consolidation::{Comparison, End, Figures, Method, aggregate};
use mighub_sdmx::Period;

use super::answer::{fits, net, number};
use super::asked::{Asked, CONSOLIDATED, Corridors};
use super::ends::{area, areas_of, ends};
use super::methods::{applied, unknown_method};
use super::read::Reader;
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Refusal};

/// Methods that are compared at most; the code list has fewer.
const METHODS_MAX: usize = 10;

impl Hub {
    /// Arrivals less departures.
    pub fn net_migration(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::GetNetMigrationRequest,
        now: Moment,
    ) -> Result<v1::GetNetMigrationResponse, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let mut asked = Asked::read(request.derived.as_ref())?;
        let day = asked.membership_day(self, now)?;
        let named = ends("areas", &request.areas, &self.area_groups()?, day)?;
        asked.corridors = areas_of(&named).map(Corridors::With);
        let (tables, position) = reader.derived(&asked, vec![asked.choice.clone()])?;
        let (ends, periods) = covered(named, &tables)?;
        let mut rows = vec![Vec::new(); ends.len()];
        for (figures, period) in
            tables.iter().flat_map(|table| periods.iter().map(move |period| (table, *period)))
        {
            let nets = aggregate::nets(figures, &ends, period, day);
            for ((rows, end), found) in rows.iter_mut().zip(&ends).zip(&nets) {
                rows.push(net(end.code(), &period.to_string(), found));
            }
        }
        let rows = rows.into_iter().flatten().collect();
        Ok(v1::GetNetMigrationResponse { rows, membership_day: day.to_string(), position })
    }

    /// What methods do to totals and net migration.
    pub fn compare_methods(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::CompareMethodsRequest,
        now: Moment,
    ) -> Result<v1::CompareMethodsResponse, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let mut asked = Asked::read(request.derived.as_ref())?;
        let methods = methods(&request.methods)?;
        let day = asked.membership_day(self, now)?;
        let named = ends("areas", &request.areas, &self.area_groups()?, day)?;
        asked.corridors = areas_of(&named).map(Corridors::With);
        // Whatever view was named: methods are of one alone.
        asked.choice = asked.as_view(CONSOLIDATED, methods[0]);
        let choices = methods.iter().map(|method| asked.as_view(CONSOLIDATED, method)).collect();
        let (tables, position) = reader.derived(&asked, choices)?;
        let (ends, periods) = covered(named, &tables)?;
        fits(ends.len() * methods.len(), &periods)?;
        let mut rows = vec![Vec::new(); ends.len()];
        for period in &periods {
            let of_tables: Vec<_> =
                tables.iter().map(|figures| aggregate::nets(figures, &ends, *period, day)).collect();
            for (place, (rows, end)) in rows.iter_mut().zip(&ends).enumerate() {
                let by_method = of_tables.iter().map(|nets| nets[place].clone()).collect();
                let comparison = Comparison { area: Arc::from(end.code()), period: *period, by_method };
                rows.push(message(&comparison));
            }
        }
        Ok(v1::CompareMethodsResponse {
            methods: methods.into_iter().map(str::to_owned).collect(),
            rows: rows.into_iter().flatten().collect(),
            membership_day: day.to_string(),
            position,
        })
    }
}

/// The ends and periods of an answer: those that are named, else all areas that some table knows.
fn covered(named: Vec<End>, tables: &[Figures]) -> Result<(Vec<End>, Vec<Period>), Refusal> {
    let periods: BTreeSet<Period> = tables.iter().flat_map(Figures::periods).collect();
    let periods: Vec<Period> = periods.into_iter().collect();
    let ends = if named.is_empty() {
        let areas: BTreeSet<Arc<str>> = tables.iter().flat_map(Figures::areas).collect();
        areas.iter().map(area).collect()
    } else {
        named
    };
    fits(ends.len(), &periods)?;
    Ok((ends, periods))
}

fn methods(named: &[String]) -> Result<Vec<&'static str>, Refusal> {
    if named.len() > METHODS_MAX {
        let text = format!("at most {METHODS_MAX} methods are compared");
        return Err(Refusal::limit(METHODS_MAX as u64, named.len() as u64, text));
    }
    let known = applied();
    if named.is_empty() {
        return Ok(known.iter().map(Method::code).collect());
    }
    let find = |code: &String| {
        let found = known.iter().map(Method::code).find(|known| known == code);
        found.ok_or_else(|| unknown_method(code))
    };
    named.iter().map(find).collect()
}

fn message(comparison: &Comparison) -> v1::MethodComparison {
    let effects = comparison.effects();
    let effect = |(of, effect): (&aggregate::Net, &mighub_consolidation::compare::Effect)| v1::MethodEffect {
        net: Some(net("", "", of)),
        arrivals_effect: number(effect.arrivals),
        departures_effect: number(effect.departures),
        net_effect: number(effect.net),
    };
    v1::MethodComparison {
        area: comparison.area.to_string(),
        period: comparison.period.to_string(),
        by_method: comparison.by_method.iter().zip(&effects).map(effect).collect(),
    }
}
