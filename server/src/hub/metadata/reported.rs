//! The reports of a lane as the view has them, and which of them count.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use mighub::v1::{self, record::What};
use mighub_sdmx::Period;
use mighub_sdmx::source_report::{Accuracy, PeriodRange, SourceRank, Undercount};
use mighub_store::Position;
use prost::Message;

use crate::hub::Hub;
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::objects::content;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{SourceRow, sources_prefix};

/// A report without its words.
#[derive(Clone, Debug)]
pub(super) struct Reported {
    pub(super) position: u64,
    pub(super) number: u32,
    pub(super) area: String,
    pub(super) direction: String,
    pub(super) periods: PeriodRange,
    pub(super) rank: SourceRank,
}

impl Reported {
    fn of_row(row: SourceRow) -> Result<Self, Refusal> {
        let damaged = || Refusal::internal("a report in the view has no range of periods");
        let period = |packed| Period::from_packed(packed).ok_or_else(damaged);
        let periods = PeriodRange::new(period(row.first)?, row.last.map(period).transpose()?);
        Ok(Self {
            position: row.position,
            number: row.number,
            area: row.ref_area,
            direction: row.flow_dir,
            periods: periods.ok_or_else(damaged)?,
            rank: SourceRank::of(Undercount::of_code(&row.undercount), Accuracy::of_code(&row.accuracy)),
        })
    }
}

/// A record of reports.
pub(super) struct Recorded {
    pub(super) lane: LaneId,
    pub(super) agency: String,
    pub(super) effective: Moment,
    reports: Vec<v1::SourceReport>,
}

impl Recorded {
    /// One of its reports.
    pub(super) fn report(&self, number: u32) -> Option<&v1::SourceReport> {
        self.reports.get(number as usize)
    }
}

/// Records that were read, each once.
#[derive(Default)]
pub(super) struct Records(BTreeMap<u64, Option<Recorded>>);

impl Records {
    /// The reports of the record at a position; nothing if it is a record of something else.
    pub(super) fn of(&mut self, hub: &Hub, position: u64) -> Result<Option<&Recorded>, Refusal> {
        if let Entry::Vacant(entry) = self.0.entry(position) {
            entry.insert(hub.recorded_reports(position)?);
        }
        Ok(self.0.get(&position).and_then(Option::as_ref))
    }
}

impl Hub {
    /// All reports that a lane had after the record at `position`, newest first.
    pub(super) fn reported(&self, lane: &LaneId, position: u64) -> Result<Vec<Reported>, Refusal> {
        let found = self.view.scan(&sources_prefix(lane), &[], usize::MAX)?;
        let mut reports = Vec::new();
        for (_, value) in found {
            let row = SourceRow::decode(&value[..]).map_err(|error| Refusal::internal(error.to_string()))?;
            if row.position <= position {
                reports.push(Reported::of_row(row)?);
            }
        }
        Ok(reports)
    }

    /// The reports of the record at a position; nothing if it is a record of something else.
    pub(super) fn recorded_reports(&self, position: u64) -> Result<Option<Recorded>, Refusal> {
        if self.position().is_none_or(|newest| newest < position) {
            return Ok(None);
        }
        let entry = self.store.record(Position(position))?;
        let unreadable = |error: prost::DecodeError| Refusal::internal(error.to_string());
        let record = v1::Record::decode(&entry.payload[..]).map_err(unreadable)?;
        let Some(What::MetadataReported(reported)) = record.what else { return Ok(None) };
        let bytes = content(&self.store, &reported.reports_digest)?;
        Ok(Some(Recorded {
            lane: LaneId {
                dataflow: dataflow("dataflow", &reported.dataflow)?,
                provider: agency("provider", &reported.provider)?,
            },
            agency: record.agency,
            effective: Moment(entry.effective_ms),
            reports: v1::SourceReports::decode(bytes).map_err(unreadable)?.reports,
        }))
    }
}

/// Those of a lane's reports that count, newest first, out of all, newest first: a report whose range lies within that
/// of a later one for the same area and direction is replaced by it.
pub(super) fn in_force(mut reports: Vec<Reported>) -> Vec<Reported> {
    let mut covered: BTreeMap<(String, String), Covered> = BTreeMap::new();
    reports.retain(|report| {
        let group = covered.entry((report.area.clone(), report.direction.clone())).or_default();
        group.add(&report.periods)
    });
    reports
}

/// The widest of some ranges, end by start: none lies within another, so that both ascend together.
#[derive(Default)]
struct Covered(BTreeMap<i64, i64>);

impl Covered {
    /// Adds a range; false if it lies within one that is there.
    fn add(&mut self, range: &PeriodRange) -> bool {
        let (start, end) = (range.start(), range.end());
        // Of all that begin no later, the one that begins last ends last.
        if self.0.range(..=start).next_back().is_some_and(|(_, widest)| *widest >= end) {
            return false;
        }
        while let Some((within, _)) = self.0.range(start..).next().filter(|(_, other)| **other <= end) {
            let within = *within;
            self.0.remove(&within);
        }
        self.0.insert(start, end);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports for ranges of years, the oldest first.
    fn reports(ranges: &[(u16, u16)]) -> Vec<Reported> {
        let report = |((first, last), position): (&(u16, u16), u64)| Reported {
            position,
            number: 0,
            area: "SWE".into(),
            direction: "IMM".into(),
            periods: PeriodRange::new(Period::year(*first), Some(Period::year(*last))).expect("a range"),
            rank: SourceRank::UNGRADED,
        };
        let mut reports: Vec<Reported> = ranges.iter().zip(0..).map(report).collect();
        reports.reverse();
        reports
    }

    #[test]
    fn a_report_counts_until_a_later_one_has_all_of_its_range() {
        // Every order of small ranges, against the definition.
        let mut state = 7u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..2_000 {
            let ranges: Vec<(u16, u16)> = (0..next(9))
                .map(|_| {
                    let first = 2000 + next(8) as u16;
                    (first, first + next(5) as u16)
                })
                .collect();
            let all = reports(&ranges);
            let is_replaced = |report: &Reported| {
                let later = all.iter().filter(|other| other.position > report.position);
                later.into_iter().any(|other| other.periods.contains(&report.periods))
            };
            let expected: Vec<u64> =
                all.iter().filter(|report| !is_replaced(report)).map(|report| report.position).collect();
            let found: Vec<u64> = in_force(all.clone()).iter().map(|report| report.position).collect();
            assert_eq!(found, expected, "{ranges:?}");
        }
    }
}
