//! One lane of a pull: its blocks gathered into messages.

use std::collections::VecDeque;

use mighub::v1::pull_response::Part;
use mighub::v1::{self, ReadDoor, TombstoneReason};

use super::changes::{Change, Changes, Sides};
use super::context::Context;
use super::resume::{Place, Resumed};
use super::sight::{Outlook, Sight};
use super::whole::{Whole, total};
use super::{MADE_MESSAGE_BYTES, MESSAGE_BYTES};
use crate::hub::Refusal;
use crate::hub::blocks::LaneBlocks;
use crate::hub::lane::{LaneId, LaneSecrets};
use crate::hub::reads::ReadNote;

/// Blocks that are read and cut in some hundred microseconds together.
const BLOCKS_AT_HAND: usize = 4;

/// What was sent of a lane, over all calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LaneCounts {
    pub(super) observations: u64,
    pub(super) tombstones: u64,
    /// What the reader has of the lane, once everything was sent; nothing if nothing was to be sent.
    pub(super) total: Option<u64>,
}

impl LaneCounts {
    /// Whether the reader was told of the lane.
    pub(super) fn was_sent(&self) -> bool {
        self.observations > 0 || self.tombstones > 0 || self.total.is_some()
    }
}

/// Whether there is more of a lane.
pub(super) enum Progress {
    GoesOn,
    Done,
}

/// A lane whose blocks are being sent.
pub(super) struct OpenLane {
    lane: LaneId,
    outlook: Outlook,
    secrets: LaneSecrets,
    /// Nothing: nothing is visible any more.
    sight: Option<Sight>,
    work: Work,
    /// Whether the reader was told, by this call, that the lane comes.
    announced: bool,
    /// Whether the reader is told although no observation comes: what holds for all of them has changed.
    is_news: bool,
    outgoing: Outgoing,
    pub(super) counts: LaneCounts,
    /// In the log of reads.
    note: ReadNote,
}

enum Work {
    Whole(Whole),
    Changes(Box<Changes>),
}

/// Blocks that travel in the next message.
#[derive(Default)]
struct Outgoing {
    blocks: Vec<v1::StoredBlock>,
    bytes: usize,
    /// Why they are gone, if they are.
    gone: Option<TombstoneReason>,
}

impl OpenLane {
    /// Nothing, if nothing is to be sent.
    pub(super) fn begin(
        context: &Context,
        lane: &LaneId,
        outlook: Outlook,
        resumed: Option<Resumed>,
    ) -> Result<Option<Self>, Refusal> {
        let Context { hub, ask, before, .. } = context;
        let holds_key = || ask.holds_key(lane, context.after.reading.today);
        let (work, sight, is_news) = match before {
            None => {
                let Some(sight) = outlook.open(hub, ask)? else { return Ok(None) };
                (Work::Whole(Whole::new(sight.clone(), holds_key())), Some(sight), false)
            }
            Some(vantage) => {
                let earlier = ask.outlook(hub, lane, vantage)?;
                if earlier.as_ref().is_some_and(|earlier| earlier.shows_the_same(&outlook)) {
                    return Ok(None);
                }
                let sides = Sides {
                    before: earlier.as_ref().map(|earlier| earlier.open(hub, ask)).transpose()?.flatten(),
                    after: outlook.open(hub, ask)?,
                    lost_early_access: outlook.is_kept_back()
                        || (earlier.as_ref().is_some_and(|earlier| earlier.audience.before_release)
                            && !outlook.audience.before_release),
                    holds_key: holds_key(),
                };
                let both = sides.before.as_ref().zip(sides.after.as_ref());
                let is_news = both.is_some_and(|(before, after)| {
                    before.vintage.dataset_attributes != after.vintage.dataset_attributes
                        || before.vintage.absent_values != after.vintage.absent_values
                });
                let sight = sides.after.clone();
                (Work::Changes(Box::new(Changes::new(sides, ask.shape()))), sight, is_news)
            }
        };
        let secrets = hub.lane_secrets(lane);
        let given = (lane, &outlook);
        let note =
            ask.note_read(hub, ReadDoor::Pull, given, &sight, &context.after.reading, context.called)?;
        let mut open = Self {
            lane: lane.clone(),
            outlook,
            secrets,
            sight,
            work,
            announced: false,
            is_news,
            outgoing: Outgoing::default(),
            counts: LaneCounts::default(),
            note,
        };
        if let Some(Resumed { place, counts }) = resumed {
            open.counts = counts;
            match (&mut open.work, place) {
                (Work::Whole(whole), Place::Block(block)) => whole.start_at(block),
                (Work::Changes(changes), Place::Behind(key)) => changes.start_behind(&key),
                _ => return Err(Refusal::internal("a resume token does not fit its pull")),
            }
        }
        Ok(Some(open))
    }

    pub(super) fn sight(&self) -> Option<&Sight> {
        self.sight.as_ref()
    }

    /// All that was to be given in this call was given.
    pub(super) fn note_end(&mut self) {
        self.note.end();
    }

    pub(super) fn observations_expected(&self) -> u64 {
        match &self.work {
            Work::Whole(whole) => whole.observations_expected(),
            Work::Changes(_) => 0,
        }
    }

    /// Whether the reader was told, by this call, that the lane comes.
    pub(super) fn was_announced(&self) -> bool {
        self.announced
    }

    /// Whether what is left takes hardly any time.
    pub(super) fn is_at_hand(&self) -> bool {
        matches!(&self.work, Work::Whole(whole) if whole.candidates_left() <= BLOCKS_AT_HAND)
    }

    /// Makes the next message, or ends the lane. A message ends early once it has `enough` observations.
    pub(super) fn step(
        &mut self,
        context: &Context,
        enough: u64,
        ready: &mut VecDeque<Part>,
    ) -> Result<Progress, Refusal> {
        let sent_before = self.counts.observations;
        let blocks = self.blocks(context);
        let mut changed = Vec::new();
        loop {
            match &mut self.work {
                Work::Whole(whole) if whole.is_done() => break,
                Work::Changes(changes) if changes.is_done() => break,
                Work::Whole(whole) => changed.extend(whole.step(&blocks)?.map(Change::Put)),
                Work::Changes(changes) => changes.step(&blocks, &mut changed)?,
            }
            for change in changed.drain(..) {
                self.send(change, context, ready)?;
            }
            let full = match &self.work {
                Work::Whole(whole) if !whole.is_relayed() => MADE_MESSAGE_BYTES,
                _ => MESSAGE_BYTES,
            };
            if self.outgoing.bytes >= full || self.counts.observations - sent_before >= enough {
                self.outgoing.flush(ready);
                return Ok(Progress::GoesOn);
            }
        }
        self.outgoing.flush(ready);
        if self.is_news && !self.announced {
            self.announce(context, ready)?;
        }
        if self.announced || self.counts.was_sent() {
            self.counts.total = Some(match (&self.work, &self.sight) {
                (Work::Whole(_), _) => self.counts.observations,
                (Work::Changes(_), Some(sight)) => total(sight, &blocks)?,
                (Work::Changes(_), None) => 0,
            });
        }
        Ok(Progress::Done)
    }

    /// Gives out what was gathered, and says where another call may go on; nothing in the midst of a series.
    pub(super) fn rest(
        &mut self,
        context: &Context,
        ready: &mut VecDeque<Part>,
    ) -> Result<Option<Place>, Refusal> {
        let mut changed = Vec::new();
        let place = match &mut self.work {
            Work::Whole(whole) => Place::Block(whole.next_block()),
            Work::Changes(changes) => {
                let Some(key) = changes.place() else { return Ok(None) };
                let key = key.to_vec();
                changes.flush(&mut changed)?;
                Place::Behind(key)
            }
        };
        for change in changed {
            self.send(change, context, ready)?;
        }
        self.outgoing.flush(ready);
        Ok(Some(place))
    }

    fn blocks<'c>(&self, context: &'c Context) -> LaneBlocks<'c> {
        let shape = context.ask.shape().clone();
        LaneBlocks { store: &context.hub.store, secrets: self.secrets.clone(), shape }
    }

    fn send(&mut self, change: Change, context: &Context, ready: &mut VecDeque<Part>) -> Result<(), Refusal> {
        if !self.announced {
            self.announce(context, ready)?;
        }
        let ((block, observations), gone) = match change {
            Change::Put(parcel) => (parcel, None),
            Change::Gone(parcel, reason) => (parcel, Some(reason)),
        };
        let count = if gone.is_some() { &mut self.counts.tombstones } else { &mut self.counts.observations };
        *count += observations;
        if gone.is_none() {
            self.note.count(observations);
        }
        self.outgoing.add(block, gone, ready);
        Ok(())
    }

    fn announce(&mut self, context: &Context, ready: &mut VecDeque<Part>) -> Result<(), Refusal> {
        ready.push_back(Part::Lane(context.lane_header(&self.lane, &self.outlook, self)?));
        self.announced = true;
        Ok(())
    }
}

impl Outgoing {
    fn add(&mut self, block: v1::StoredBlock, gone: Option<TombstoneReason>, ready: &mut VecDeque<Part>) {
        if gone != self.gone || self.bytes + block.frame.len() > MESSAGE_BYTES {
            self.flush(ready);
        }
        self.gone = gone;
        self.bytes += block.frame.len();
        self.blocks.push(block);
    }

    fn flush(&mut self, ready: &mut VecDeque<Part>) {
        let blocks = std::mem::take(&mut self.blocks);
        self.bytes = 0;
        if blocks.is_empty() {
            return;
        }
        ready.push_back(match self.gone {
            None => Part::Blocks(v1::PulledBlocks { blocks }),
            Some(reason) => Part::Tombstones(v1::Tombstones { blocks, reason: reason.into() }),
        });
    }
}
