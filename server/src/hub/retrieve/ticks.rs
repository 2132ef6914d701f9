//! When what a reader sees may change without a record: embargoes end, agreements begin and end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use mighub_sdmx::structure::Reference;

use super::reading::Point;
use crate::hub::lane::LaneId;
use crate::hub::rights::Rights;
use crate::hub::{Hub, Moment, Refusal};

/// Moments to come at which something changes by itself.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    releases: BTreeMap<Moment, BTreeSet<LaneId>>,
    /// Days on which agreements on a dataflow begin or have ended.
    turns: BTreeMap<Moment, BTreeSet<Reference>>,
}

/// What may change at a moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Lanes of which something is released.
    pub(super) releases: BTreeSet<LaneId>,
    /// Dataflows with other rights.
    pub(super) turns: BTreeSet<Reference>,
}

impl Schedule {
    /// The first moment.
    pub(super) fn first(&self) -> Option<Moment> {
        self.releases.keys().next().into_iter().chain(self.turns.keys().next()).min().copied()
    }

    /// What is due at a moment; it is taken off the schedule.
    pub(super) fn take(&mut self, moment: Moment) -> Due {
        Due {
            releases: self.releases.remove(&moment).unwrap_or_default(),
            turns: self.turns.remove(&moment).unwrap_or_default(),
        }
    }

    /// Notes the releases of a lane after a point, instead of those noted before.
    pub(super) fn note_lane(&mut self, hub: &Hub, lane: &LaneId, point: Point) -> Result<(), Refusal> {
        self.releases.retain(|_, lanes| {
            lanes.remove(lane);
            !lanes.is_empty()
        });
        if let Some(vintage) = hub.vintage_at(lane, point.position)? {
            for moment in vintage.releases(point.moment) {
                self.releases.entry(moment).or_default().insert(lane.clone());
            }
        }
        Ok(())
    }

    /// Notes when agreements begin and end after a point, instead of what was noted before.
    pub(super) fn note_agreements(
        &mut self,
        rights: &Rights,
        point: Point,
        is_watched: impl Fn(&Reference) -> bool,
    ) {
        self.turns.clear();
        for agreement in
            rights.agreements(point.position).filter(|agreement| is_watched(&agreement.lane.dataflow))
        {
            let validity = agreement.terms.validity;
            let after_last = validity.to.and_then(|day| day.tomorrow().ok());
            for moment in validity.from.into_iter().chain(after_last).filter_map(midnight) {
                if moment > point.moment {
                    self.turns.entry(moment).or_default().insert(agreement.lane.dataflow.clone());
                }
            }
        }
    }
}

/// Days begin at midnight UTC, as everywhere in the hub.
fn midnight(day: Date) -> Option<Moment> {
    let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    midnight.ok().map(|timestamp| Moment(timestamp.as_millisecond()))
}
