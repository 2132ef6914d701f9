//! What there is, by provider and period: GetCoverage. It counts what the reader sees, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::v1;
use mighub_sdmx::Period;
use mighub_sdmx::columns::{Columns, NO_VALUE};

use super::context::unknown_edition;
use super::reading::{At, Reading};
use super::request::read_providers;
use super::sight::{Ask, Providers, Sight};
use crate::hub::lane::{LaneId, dataflow};
use crate::hub::pages::Page;
use crate::hub::permit::{Permit, Read};
use crate::hub::vintage::BlockSource;
use crate::hub::{Hub, Moment, Refusal};

/// Periods of one form that follow each other so closely are counted in a table.
const TABLE_PERIODS_MAX: i64 = 4_096;

/// What there is of a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    /// Observations, and those of them with a value.
    pub(super) periods: BTreeMap<Period, (u64, u64)>,
    series: u64,
    observations: u64,
}

impl Hub {
    /// RetrievalService.GetCoverage.
    pub fn get_coverage(
        &self,
        permit: &Permit<Read>,
        request: &v1::GetCoverageRequest,
        now: Moment,
    ) -> Result<v1::GetCoverageResponse, Refusal> {
        let (today, rights) = self.today(now);
        let providers = match &request.providers[..] {
            [] => Providers::All,
            providers => Providers::These(read_providers(providers)?),
        };
        let ask = Ask::everything(self, permit, rights, dataflow("dataflow", &request.dataflow)?)?;
        let ask = Ask { providers, ..ask };
        let page = Page::read(request.page_size, &request.page_token)?;
        let vantage = ask.vantage(Reading::asked(self, request.point.as_ref(), today)?);
        let mut answer = v1::GetCoverageResponse::default();
        let mut is_any = false;
        for lane in ask.lanes(self)? {
            if *lane.provider <= *page.after {
                continue;
            }
            let Some(outlook) = ask.outlook(self, &lane, &vantage)? else { continue };
            let Some(visible) = &outlook.visible else { continue };
            is_any = true;
            let Some(sight) = outlook.open(self, &ask)? else { continue };
            let coverage = if sight.hides {
                Arc::new(self.coverage(&ask, &lane, &sight)?)
            } else {
                self.kept.coverage(&visible.manifest, || self.coverage(&ask, &lane, &sight))?
            };
            if coverage.observations == 0 {
                continue;
            }
            if answer.providers.len() == page.size {
                let last = answer.providers.last().and_then(|last| last.lane.as_ref());
                answer.next_page_token = last.map(|lane| Page::token(&lane.provider)).unwrap_or_default();
                break;
            }
            let shown = ask.shown(self, &lane, &outlook, &vantage)?;
            let vintage = shown.map(|shown| Ask::vintage_ref(&shown, !sight.hides));
            answer.providers.push(coverage.message(&lane, vintage));
        }
        match &vantage.reading.at {
            At::Edition(label) if !is_any && page.after.is_empty() => Err(unknown_edition(label)),
            _ => Ok(answer),
        }
    }

    fn coverage(&self, ask: &Ask, lane: &LaneId, sight: &Sight) -> Result<Coverage, Refusal> {
        let blocks = self.lane_blocks(lane, ask.shape().clone());
        let mut coverage = Coverage::default();
        let mut last: Option<Vec<_>> = None;
        for block in sight.vintage.blocks.iter() {
            let columns = sight.mask.load(block, &blocks as &dyn BlockSource)?;
            let Some(series) = columns.series_count().checked_sub(1) else { continue };
            // A long series goes on from one block to the next.
            let goes_on = last.as_ref().is_some_and(|last| columns.key(0).cmp_codes(last).is_eq());
            coverage.series += columns.series_count() as u64 - u64::from(goes_on);
            last = Some(columns.key(series).to_vec());
            coverage.add(&columns);
        }
        Ok(coverage)
    }
}

impl Coverage {
    fn add(&mut self, columns: &Columns) {
        self.observations += columns.len() as u64;
        let packed = || columns.periods.iter().map(|period| period.packed());
        let (first, last) = (packed().min().unwrap_or(0), packed().max().unwrap_or(0));
        let has_value = columns.scales.iter().map(|scale| u64::from(*scale != NO_VALUE));
        // Packed periods of one form are 16 apart, so a table of all between is small.
        if last - first >= TABLE_PERIODS_MAX * 16 {
            for (period, value) in columns.periods.iter().zip(has_value) {
                self.count(*period, 1, value);
            }
            return;
        }
        let mut table = vec![(0u64, 0u64); (last - first + 1) as usize];
        for (period, value) in columns.periods.iter().zip(has_value) {
            let (observations, values) = &mut table[(period.packed() - first) as usize];
            *observations += 1;
            *values += value;
        }
        for (offset, (observations, values)) in
            table.into_iter().enumerate().filter(|(_, counts)| counts.0 > 0)
        {
            if let Some(period) = Period::from_packed(first + offset as i64) {
                self.count(period, observations, values);
            }
        }
    }

    fn count(&mut self, period: Period, observations: u64, values: u64) {
        let counts = self.periods.entry(period).or_default();
        counts.0 += observations;
        counts.1 += values;
    }

    fn message(&self, lane: &LaneId, vintage: Option<v1::VintageRef>) -> v1::ProviderCoverage {
        let period = |(period, (observations, values)): (&Period, &(u64, u64))| v1::PeriodCoverage {
            period: if *period == Period::ANY { String::new() } else { period.to_string() },
            observations: *observations,
            values: *values,
        };
        v1::ProviderCoverage {
            lane: Some(lane.to_message()),
            vintage,
            periods: self.periods.iter().map(period).collect(),
            series: self.series,
            observations: self.observations,
        }
    }
}
