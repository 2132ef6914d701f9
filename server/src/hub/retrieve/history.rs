//! What an audience came to see of a lane, one state after the other. The public chain of a lane with embargoes
//! is another than that of its office: a state counts from the moment at which it became visible.

use std::collections::VecDeque;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1;

use super::changes::{Likeness, SideSource, asked};
use super::reading::Point;
use super::sight::{Ask, Outlook, Sight, Vantage, sees_records};
use crate::hub::delta::{Comparison, Pair, Place, Step};
use crate::hub::lane::LaneId;
use crate::hub::mask::Audience;
use crate::hub::vintage::BlockSource;
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Moment, Refusal};

/// Vintages read at a time.
const VINTAGES_AT_A_TIME: usize = 8;

/// A state that an audience came to see.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    /// The vintage whose record, or whose embargo's end, brought it.
    pub(super) recorded: Recorded,
    /// When it became visible.
    pub(super) since: Moment,
    /// Nothing: nothing is visible any more.
    pub(super) manifest: Option<Digest>,
}

/// States of a lane as its manifests tell, newest first. Two that follow each other have other manifests, but
/// may read alike behind a mask.
pub(super) struct Manifests<'h> {
    hub: &'h Hub,
    lane: &'h LaneId,
    before_release: bool,
    /// Vintages that were read, newest first.
    vintages: VecDeque<Recorded>,
    /// Whether there are none before these.
    is_all: bool,
    /// Up to when the first of the vintages is looked at.
    until: Moment,
    ready: VecDeque<Shown>,
}

impl<'h> Manifests<'h> {
    pub(super) fn new(
        hub: &'h Hub,
        lane: &'h LaneId,
        before_release: bool,
        point: Point,
    ) -> Result<Self, Refusal> {
        let found = hub.vintages_from(lane, point.position, 2)?;
        let is_all = found.len() < 2;
        let until = match found.first() {
            Some(first) => hub.steps_until(lane, first, point.moment)?,
            None => point.moment,
        };
        let (vintages, ready) = (found.into(), VecDeque::new());
        Ok(Self { hub, lane, before_release, vintages, is_all, until, ready })
    }

    fn read_ahead(&mut self) -> Result<(), Refusal> {
        if self.is_all || self.vintages.len() > 1 {
            return Ok(());
        }
        let last = self.vintages.back().and_then(|vintage| vintage.position.checked_sub(1));
        let Some(last) = last else { return Ok(()) };
        let found = self.hub.vintages_from(self.lane, last, VINTAGES_AT_A_TIME)?;
        self.is_all = found.len() < VINTAGES_AT_A_TIME;
        self.vintages.extend(found);
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<Shown>, Refusal> {
        while self.ready.is_empty() {
            self.read_ahead()?;
            let Some(recorded) = self.vintages.pop_front() else { return Ok(None) };
            let effective = Moment(recorded.row.effective_ms);
            let states = states(&recorded, self.vintages.front(), self.before_release, self.until);
            let shown = |(since, manifest)| Shown { recorded: recorded.clone(), since, manifest };
            self.ready.extend(states.into_iter().map(shown));
            // The moment of the record belongs to the new vintage.
            self.until = Moment(effective.0 - 1);
        }
        Ok(self.ready.pop_front())
    }
}

impl Iterator for Manifests<'_> {
    type Item = Result<Shown, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

/// The states that one vintage brought until a moment, newest first.
fn states(
    recorded: &Recorded,
    previous: Option<&Recorded>,
    before_release: bool,
    until: Moment,
) -> Vec<(Moment, Option<Digest>)> {
    let effective = Moment(recorded.row.effective_ms);
    let seen_at = |recorded: &Recorded, moment| recorded.manifest_at(moment, before_release);
    let mut states = Vec::new();
    let at_once = seen_at(recorded, effective);
    let mut last = previous.and_then(|previous| seen_at(previous, Moment(effective.0 - 1)));
    if at_once != last {
        states.push((effective, at_once));
        last = at_once;
    }
    if !before_release {
        for from in recorded.releases(effective).filter(|from| *from <= until) {
            let manifest = seen_at(recorded, from);
            if manifest != last {
                states.push((from, manifest));
                last = manifest;
            }
        }
    }
    states.reverse();
    states
}

/// What an audience came to see of a lane, newest first: states that read alike are one.
pub(super) struct History<'h> {
    ask: &'h Ask,
    hub: &'h Hub,
    lane: &'h LaneId,
    audience: Audience,
    /// What says what is restricted, such as what the lane shows the audience today; nothing: each state itself.
    governing: Option<Digest>,
    manifests: Manifests<'h>,
    ahead: Option<(Shown, Option<Sight>)>,
}

impl<'h> History<'h> {
    /// Up to a point, as it may be seen today.
    pub(super) fn new(
        ask: &'h Ask,
        hub: &'h Hub,
        lane: &'h LaneId,
        audience: Audience,
        until: Point,
        today: Point,
    ) -> Result<Self, Refusal> {
        let head = if audience.restricted { None } else { hub.vintage_at(lane, today.position)? };
        let governing = head.and_then(|head| head.manifest_at(today.moment, audience.before_release));
        Self::governed(ask, hub, lane, audience, until, governing)
    }

    /// Up to a point, each state as this audience saw it when it was the newest: restricted was what it said itself.
    pub(super) fn as_it_was(
        ask: &'h Ask,
        hub: &'h Hub,
        lane: &'h LaneId,
        audience: Audience,
        until: Point,
    ) -> Result<Self, Refusal> {
        Self::governed(ask, hub, lane, audience, until, None)
    }

    fn governed(
        ask: &'h Ask,
        hub: &'h Hub,
        lane: &'h LaneId,
        audience: Audience,
        until: Point,
        governing: Option<Digest>,
    ) -> Result<Self, Refusal> {
        let mut manifests = Manifests::new(hub, lane, audience.before_release, until)?;
        let first = manifests.next().transpose()?;
        let mut history = Self { ask, hub, lane, audience, governing, manifests, ahead: None };
        history.ahead = first.map(|shown| history.open(shown)).transpose()?;
        Ok(history)
    }

    fn open(&self, shown: Shown) -> Result<(Shown, Option<Sight>), Refusal> {
        let Some(manifest) = shown.manifest else { return Ok((shown, None)) };
        let governing = self.governing.filter(|today| *today != manifest);
        let sieve = Arc::default();
        let sight = self.ask.sight(
            self.hub,
            (self.lane, &self.audience),
            &shown.recorded,
            &manifest,
            governing,
            sieve,
        )?;
        Ok((shown, sight))
    }

    /// The newest state. What came before is opened only if it may read alike.
    pub(super) fn newest(mut self) -> Result<Option<(Shown, Option<Sight>)>, Refusal> {
        let leaves_out = self.audience.keys_hidden || !self.audience.withheld.is_empty();
        match &self.ahead {
            Some((_, Some(sight))) if !sight.hides && !leaves_out => Ok(self.ahead),
            _ => self.advance(),
        }
    }

    fn advance(&mut self) -> Result<Option<(Shown, Option<Sight>)>, Refusal> {
        while let Some((shown, sight)) = self.ahead.take() {
            let earlier = self.manifests.next().transpose()?;
            let earlier = earlier.map(|shown| self.open(shown)).transpose()?;
            let sight_before = earlier.as_ref().and_then(|(_, sight)| sight.as_ref());
            let alike = self.ask.read_alike(self.hub, self.lane, sight_before, sight.as_ref())?;
            self.ahead = earlier;
            if !alike {
                return Ok(Some((shown, sight)));
            }
        }
        Ok(None)
    }

    /// The state that comes next, without taking it.
    pub(super) fn peek(&self) -> Option<&Sight> {
        self.ahead.as_ref().and_then(|(_, sight)| sight.as_ref())
    }
}

impl Iterator for History<'_> {
    type Item = Result<(Shown, Option<Sight>), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl Ask {
    /// Whether two states of a lane read alike. Blocks are opened only where a mask may make them so.
    pub(super) fn read_alike(
        &self,
        hub: &Hub,
        lane: &LaneId,
        before: Option<&Sight>,
        after: Option<&Sight>,
    ) -> Result<bool, Refusal> {
        let hides = |sight: Option<&Sight>| sight.is_some_and(|sight| sight.hides);
        let same_terms = match (before, after) {
            (None, None) => return Ok(true),
            (Some(before), Some(after)) => {
                before.vintage.absent_values == after.vintage.absent_values
                    && before.vintage.dataset_attributes == after.vintage.dataset_attributes
            }
            // A side without anything visible has no terms either.
            _ => true,
        };
        // Blocks that nothing hides read as they lie.
        let same_blocks =
            before.zip(after).is_some_and(|(before, after)| before.vintage.blocks == after.vintage.blocks);
        if !same_terms || (!same_blocks && !hides(before) && !hides(after)) {
            return Ok(false);
        }
        let blocks = hub.lane_blocks(lane, self.shape().clone());
        let likeness = Likeness::of(before, after);
        let mut comparison = Comparison::new(asked(before), asked(after));
        let old = SideSource { sight: before, blocks: &blocks };
        let new = SideSource { sight: after, blocks: &blocks };
        while let Some(step) = comparison.next(&old, &new, |block| likeness.holds(before, after, block))? {
            let differs = match step {
                Step::Gone(block) => !old.load(&block)?.is_empty(),
                Step::New(block) => !new.load(&block)?.is_empty(),
                Step::Series { before, after } => {
                    let (before, after) =
                        (before.as_ref().map(Place::whole), after.as_ref().map(Place::whole));
                    !Pair { before, after }.differences().is_empty()
                }
            };
            if differs {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Names what is seen. `whole`: whether every cell of it is.
    pub(super) fn vintage_ref(shown: &Shown, whole: bool) -> v1::VintageRef {
        let manifest = shown.manifest.filter(|_| whole);
        v1::VintageRef {
            position: shown.recorded.position,
            effective_time: Some(shown.since.to_message()),
            manifest_digest: manifest.map(Digest::to_bytes).unwrap_or_default(),
        }
    }

    /// What a reader came to see, in words and numbers. `before` is the state that it followed.
    pub(super) fn vintage_message(
        &self,
        lane: &LaneId,
        shown: &Shown,
        sight: Option<&Sight>,
        before: Option<&Sight>,
        audience: &Audience,
        today: Point,
    ) -> v1::Vintage {
        let row = &shown.recorded.row;
        let is_whole = |sight: Option<&Sight>| sight.is_none_or(Sight::is_whole);
        // What was counted was the recorded state: only who saw it whole, and what was before, may know.
        let is_recorded = audience.before_release || row.steps.len() == 1;
        let counted = sight.is_some() && is_whole(sight) && is_whole(before) && is_recorded;
        v1::Vintage {
            lane: Some(lane.to_message()),
            r#ref: sight.map(|sight| Self::vintage_ref(shown, sight.is_whole())),
            edition: edition_message(&shown.recorded),
            kind: row.kind,
            reason: row.reason.clone(),
            observations: row.observations.filter(|_| counted),
            embargo_time: row.embargo_ms.map(|ms| Moment(ms).to_message()),
            submission_id: if sees_records(&self.rights, &self.principal, lane, today) {
                row.submission_id.clone()
            } else {
                String::new()
            },
            by_withdrawal: row.by_withdrawal,
        }
    }

    /// The state of a lane that is seen at an outlook's point, with the moment since when.
    pub(super) fn shown(
        &self,
        hub: &Hub,
        lane: &LaneId,
        outlook: &Outlook,
        vantage: &Vantage,
    ) -> Result<Option<Shown>, Refusal> {
        let Some(visible) = &outlook.visible else { return Ok(None) };
        let point = Point { position: visible.recorded.position, moment: visible.point.moment };
        let history = History::new(self, hub, lane, outlook.audience.clone(), point, vantage.reading.today)?;
        Ok(history.newest()?.map(|(shown, _)| shown))
    }
}

/// What the publisher calls a vintage.
pub(super) fn edition_message(recorded: &Recorded) -> Option<v1::Edition> {
    let row = &recorded.row;
    let is_named = !row.edition.is_empty() || !row.publication_date.is_empty();
    is_named
        .then(|| v1::Edition { label: row.edition.clone(), publication_date: row.publication_date.clone() })
}
