//! How good sources are said to be: what the quality rule of consolidation reads.

use std::collections::BTreeMap;

use mighub_sdmx::Period;
use mighub_sdmx::source_report::{PeriodRange, SourceRank};

use super::reported::in_force;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::refusal::Refusal;
use crate::hub::{Hub, Principal};

/// The ranks of one lane's sources, as the public may know them.
#[derive(Clone, Debug, Default)]
pub struct SourceRanks {
    /// By area and direction, newest first.
    ranks: BTreeMap<String, BTreeMap<String, Vec<(PeriodRange, SourceRank)>>>,
    changed_at: Option<u64>,
}

impl SourceRanks {
    /// The rank of the figures of an area in a direction for a period: that of the newest report whose range covers
    /// all of the period; [`SourceRank::UNGRADED`] if none does.
    pub fn rank(&self, area: &str, direction: &str, period: Period) -> SourceRank {
        let reports = self.ranks.get(area).and_then(|directions| directions.get(direction));
        let covering = reports.into_iter().flatten().find(|(periods, _)| periods.covers(period));
        covering.map_or(SourceRank::UNGRADED, |(_, rank)| *rank)
    }

    /// Position of the newest record that they rest on; nothing if there are no reports. Whoever computes something
    /// from ranks notes it: the same position gives the same ranks.
    pub fn changed_at(&self) -> Option<u64> {
        self.changed_at
    }
}

impl Hub {
    /// The ranks of a lane's sources after the record at `position`, as far as the public may know today: an agreement
    /// that hides the very existence of restricted figures hides reports too.
    pub fn source_ranks(&self, lane: &LaneId, position: u64, now: Moment) -> Result<SourceRanks, Refusal> {
        let mut ranks = SourceRanks::default();
        if !self.shows_reports(&Principal::PUBLIC, lane, now) {
            return Ok(ranks);
        }
        let all = self.reported(lane, position)?;
        ranks.changed_at = all.first().map(|newest| newest.position);
        for report in in_force(all) {
            let directions = ranks.ranks.entry(report.area).or_default();
            directions.entry(report.direction).or_default().push((report.periods, report.rank));
        }
        Ok(ranks)
    }

    /// How good an office's figures of an area in a direction are said to be for a period, after the record at
    /// `position`. Whoever asks for many takes [`Hub::source_ranks`] once.
    pub fn quality(
        &self,
        lane: &LaneId,
        area: &str,
        direction: &str,
        period: Period,
        position: u64,
        now: Moment,
    ) -> Result<SourceRank, Refusal> {
        Ok(self.source_ranks(lane, position, now)?.rank(area, direction, period))
    }

    /// Whether a principal may read the reports of a lane.
    pub(super) fn shows_reports(&self, principal: &Principal, lane: &LaneId, now: Moment) -> bool {
        !self.rights().audience(principal, lane, u64::MAX, now).keys_hidden
    }
}
