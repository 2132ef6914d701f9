//! How one lane differs between two points: DiffVintages.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use mighub::v1::diff_vintages_response::Part;
use mighub::v1::{self, ErrorReason, ReadDoor};

use super::changes::{Likeness, SideSource, asked};
use super::context::unknown_edition;
use super::history::{History, Shown};
use super::reading::{At, Point, Reading};
use super::sight::{Ask, Providers, Sight};
use super::stored::{Gatherer, remade};
use super::whole::{parcel, total};
use crate::hub::blocks::LaneBlocks;
use crate::hub::delta::{Comparison, Difference, Pair, Place, Step};
use crate::hub::lane::{LaneId, LaneSecrets};
use crate::hub::permit::{Permit, Read};
use crate::hub::reads::ReadNote;
use crate::hub::{Hub, Moment, Refusal};

/// A comparison, message by message.
pub struct Diff {
    hub: Arc<Hub>,
    secrets: LaneSecrets,
    ask: Ask,
    holds_key: bool,
    before: Option<Sight>,
    after: Option<Sight>,
    likeness: Likeness,
    comparison: Comparison,
    /// Observations that differ, as they were and as they are.
    old: Gatherer,
    new: Gatherer,
    counts: v1::ObservationCounts,
    ready: VecDeque<Part>,
    is_over: bool,
    /// In the log of reads.
    note: ReadNote,
}

/// One of the two states.
#[derive(Default)]
struct State {
    shown: Option<Shown>,
    sight: Option<Sight>,
}

impl Hub {
    /// RetrievalService.DiffVintages.
    pub fn diff_vintages(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: v1::DiffVintagesRequest,
        now: Moment,
    ) -> Result<Diff, Refusal> {
        let lane = LaneId::of_message(request.lane.as_ref())?;
        let (today, rights) = self.today(now);
        let provider = Providers::These(BTreeSet::from([lane.provider.clone()]));
        let ask = Ask::everything(self, permit, rights, lane.dataflow.clone())?;
        let ask = ask.selecting(request.selection.as_ref(), provider)?;
        let reading = Reading::asked(self, request.after.as_ref(), today)?;
        let before = match &request.before {
            Some(point) => Some(Reading::asked(self, Some(point), today)?),
            None => None,
        };
        let (after, earlier) = ask.states(self, &lane, reading, before.is_none())?;
        let before = match before {
            Some(reading) => ask.states(self, &lane, reading, false)?.0,
            None => earlier,
        };
        if before.sight.is_none() && after.sight.is_none() {
            let text = format!("{lane} shows nothing at these points: `mighub vintages` shows what there is");
            let refusal = Refusal::new(ErrorReason::VintageUnknown, text);
            return Err(refusal.about("dataflow", lane.dataflow.short()).about("provider", &lane.provider));
        }
        let named = |state: &State| {
            let (shown, sight) = state.shown.as_ref().zip(state.sight.as_ref())?;
            Some(Ask::vintage_ref(shown, !sight.hides))
        };
        let header = v1::DiffHeader {
            lane: Some(lane.to_message()),
            structure_digest: ask.definition.digest.to_bytes(),
            before: named(&before),
            after: named(&after),
        };
        let (before, after) = (before.sight, after.sight);
        let sights = before.iter().chain(&after);
        let today = ask.vantage(Reading::of(today));
        let outlook = ask.outlook(self, &lane, &today)?.ok_or_else(|| Refusal::internal("a lane is gone"))?;
        let note = ask.note_read(self, ReadDoor::Diff, (&lane, &outlook), sights, &today.reading, now)?;
        Ok(Diff {
            hub: self.clone(),
            secrets: self.lane_secrets(&lane),
            holds_key: ask.holds_key(&lane, today.reading.today),
            likeness: Likeness::of(before.as_ref(), after.as_ref()),
            comparison: Comparison::new(asked(before.as_ref()), asked(after.as_ref())),
            old: Gatherer::new(ask.shape().clone()),
            new: Gatherer::new(ask.shape().clone()),
            counts: v1::ObservationCounts::default(),
            ready: VecDeque::from([Part::Header(header)]),
            is_over: false,
            note,
            before,
            after,
            ask,
        })
    }
}

impl Ask {
    /// What a lane shows at a point, and if wanted what it showed before that.
    fn states(
        &self,
        hub: &Hub,
        lane: &LaneId,
        reading: Reading,
        with_earlier: bool,
    ) -> Result<(State, State), Refusal> {
        let vantage = self.vantage(reading);
        let outlook = self.outlook(hub, lane, &vantage)?;
        let visible = outlook.as_ref().and_then(|outlook| Some((outlook, outlook.visible.as_ref()?)));
        let Some((outlook, visible)) = visible else {
            return match &vantage.reading.at {
                At::Edition(label) => Err(unknown_edition(label)),
                At::Point(_) => Ok((State::default(), State::default())),
            };
        };
        let sight = outlook.open(hub, self)?;
        let point = Point { position: visible.recorded.position, moment: visible.point.moment };
        let mut history =
            History::new(self, hub, lane, outlook.audience.clone(), point, vantage.reading.today)?;
        if !with_earlier {
            let shown = history.newest()?.map(|(shown, _)| shown);
            return Ok((State { shown, sight }, State::default()));
        }
        let shown = history.next().transpose()?.map(|(shown, _)| shown);
        let earlier = match (history.next().transpose()?, &sight) {
            (Some((shown, earlier)), Some(sight)) => {
                // The same is asked of both.
                let sieve = sight.sieve.clone();
                State { shown: Some(shown), sight: earlier.map(|earlier| Sight { sieve, ..earlier }) }
            }
            _ => State::default(),
        };
        Ok((State { shown, sight }, earlier))
    }
}

impl Iterator for Diff {
    type Item = Result<v1::DiffVintagesResponse, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Some(Ok(v1::DiffVintagesResponse { part: Some(part) }));
            }
            if self.is_over {
                return None;
            }
            if let Err(refusal) = self.step() {
                self.is_over = true;
                self.ready.clear();
                return Some(Err(refusal));
            }
        }
    }
}

impl Diff {
    fn step(&mut self) -> Result<(), Refusal> {
        let hub = self.hub.clone();
        let shape = self.ask.shape().clone();
        let blocks = LaneBlocks { store: &hub.store, secrets: self.secrets.clone(), shape };
        let (before, after) = (self.before.as_ref(), self.after.as_ref());
        let old = SideSource { sight: before, blocks: &blocks };
        let new = SideSource { sight: after, blocks: &blocks };
        match self.comparison.next(&old, &new, |block| self.likeness.holds(before, after, block))? {
            None => {
                self.counts.total = after.map(|after| total(after, &blocks)).transpose()?.unwrap_or(0);
                self.flush()?;
                self.ready.push_back(Part::Summary(v1::DiffSummary { observations: Some(self.counts) }));
                self.note.count(self.counts.inserted + self.counts.changed + self.counts.deleted);
                self.note.end();
                self.is_over = true;
            }
            Some(Step::Gone(block)) => {
                let given =
                    before.map(|before| parcel(&block, before, self.holds_key, &blocks)).transpose()?;
                if let Some((block, observations)) = given.flatten() {
                    self.flush()?;
                    self.counts.deleted += observations;
                    self.push(v1::DiffPart { before: Some(block), after: None });
                }
            }
            Some(Step::New(block)) => {
                let given = after.map(|after| parcel(&block, after, self.holds_key, &blocks)).transpose()?;
                if let Some((block, observations)) = given.flatten() {
                    self.flush()?;
                    self.counts.inserted += observations;
                    self.push(v1::DiffPart { before: None, after: Some(block) });
                }
            }
            Some(Step::Series { before, after }) => self.series(before.as_ref(), after.as_ref())?,
        }
        Ok(())
    }

    fn series(&mut self, before: Option<&Place>, after: Option<&Place>) -> Result<(), Refusal> {
        let pair = Pair { before: before.map(Place::whole), after: after.map(Place::whole) };
        for difference in pair.differences_with(&self.likeness.absences) {
            let (old, new) = match difference {
                Difference::Inserted(new) => (None, Some(new)),
                Difference::Changed(old, new) => (Some(old), Some(new)),
                Difference::Deleted(old) => (Some(old), None),
            };
            let counted = match (old, new) {
                (None, _) => &mut self.counts.inserted,
                (_, None) => &mut self.counts.deleted,
                _ => &mut self.counts.changed,
            };
            *counted += 1;
            for (gatherer, place, at) in [(&mut self.old, before, old), (&mut self.new, after, new)] {
                if let Some((place, at)) = place.zip(at) {
                    gatherer.push(&place.columns, place.series, at..at + 1);
                }
            }
            if self.old.is_full() || self.new.is_full() {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Refusal> {
        let before = self.old.take().map(|columns| remade(&columns)).transpose()?;
        let after = self.new.take().map(|columns| remade(&columns)).transpose()?;
        if before.is_some() || after.is_some() {
            self.push(v1::DiffPart { before, after });
        }
        Ok(())
    }

    fn push(&mut self, part: v1::DiffPart) {
        self.ready.push_back(Part::Difference(part));
    }
}
