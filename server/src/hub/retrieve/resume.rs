//! Taking up a pull that broke off: where it goes on, and whether it still may.

use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::ErrorReason;

use super::RESUME_KEPT_MS;
use super::lane::LaneCounts;
use super::reading::{Point, Reading};
use super::sight::{Ask, Vantage};
use super::token::ResumeBody;
use crate::hub::lane::LaneId;
use crate::hub::mask::restricts_more;
use crate::hub::{Hub, Moment, Refusal};

/// Where within a lane a pull goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// With this block of the vintage.
    Block(u64),
    /// Behind this series.
    Behind(Vec<Arc<str>>),
}

/// A lane of which a part was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resumed {
    pub(super) place: Place,
    pub(super) counts: LaneCounts,
}

impl ResumeBody {
    /// What was sent of the lanes that are done, and where the one that is not goes on.
    pub(super) fn progress(&self) -> (Vec<LaneCounts>, Option<Resumed>) {
        let is_delta = self.since.is_some();
        let at = |list: &[u64], lane: usize| list.get(lane).copied().unwrap_or(0);
        let counts = |lane: usize| {
            let observations = at(&self.observations, lane);
            let total = if is_delta {
                at(&self.totals, lane).checked_sub(1)
            } else {
                // All that was sent of a whole lane is what the reader has of it.
                (observations > 0).then_some(observations)
            };
            LaneCounts { observations, tombstones: at(&self.tombstones, lane), total }
        };
        let done = self.lane as usize;
        let place = match self.block {
            Some(block) => Some(Place::Block(block)),
            None if self.behind.is_empty() => None,
            None => Some(Place::Behind(self.behind.iter().map(|code| Arc::from(&**code)).collect())),
        };
        let open = place.map(|place| Resumed { place, counts: LaneCounts { total: None, ..counts(done) } });
        ((0..done).map(counts).collect(), open)
    }

    /// Refuses a token that is too old, or whose columns are not those of today.
    pub(super) fn check_age(&self, now: Moment, structure: &Digest) -> Result<(), Refusal> {
        let is_old = now.0.saturating_sub(self.created_ms) > RESUME_KEPT_MS;
        if is_old || self.structure[..] != structure.0 { Err(expired()) } else { Ok(()) }
    }
}

fn expired() -> Refusal {
    let text = "the resume token is too old, or what it may show has changed: pull again without it; a cursor of an \
                earlier pull is still good";
    Refusal::new(ErrorReason::ResumeExpired, text)
}

/// Refuses to go on showing what was visible when the pull began and is restricted since (DETAILS C16).
pub(super) fn check_still_allowed(
    hub: &Hub,
    ask: &Ask,
    vantage: &Vantage,
    lanes: &[LaneId],
    today: Point,
) -> Result<(), Refusal> {
    let reading_today = Reading { today, ..vantage.reading.clone() };
    for lane in lanes {
        let (then, now) = (ask.audience(lane, &vantage.reading), ask.audience(lane, &reading_today));
        // Under another policy the rest would not fit what was sent.
        if then.clone().stricter(&now) != then || then.seen_through() != now.seen_through() {
            return Err(expired());
        }
        if then.restricted {
            continue;
        }
        let head = |point: Point| -> Result<Option<Digest>, Refusal> {
            let head = hub.vintage_at(lane, point.position)?;
            Ok(head.and_then(|head| head.manifest_at(point.moment, then.before_release)))
        };
        let (head_then, head_now) = (head(vantage.reading.today)?, head(today)?);
        if let (Some(head_then), Some(head_now)) = (head_then, head_now)
            && head_then != head_now
            && restricts_more(&*hub.vintage(ask.shape(), &head_now)?, &*hub.vintage(ask.shape(), &head_then)?)
        {
            return Err(expired());
        }
    }
    Ok(())
}
