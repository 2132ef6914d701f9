//! Figures as columns: what REST and web pages write out. The same lanes, masks, embargoes and changes as a pull
//! has; only that blocks are opened instead of relayed.
//!
//! What lives here: which figures come in which order, and what tells one answer from another. What must not:
//! formats, and filters that a [`Selection`] cannot express.

mod portion;
mod state;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use mighub::v1::{self, ReadDoor};
use mighub_sdmx::columns::{AttributeValue, Columns};
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::{AgencyId, DataDefinition, Reference};

use super::changes::Sides;
use super::history::{Manifests, Shown};
use super::reading::{Point, Reading};
use super::sieve::{PeriodBounds, Sieve};
use super::sight::{Ask, Outlook, Providers, Sight, Vantage};
use crate::hub::lane::LaneId;
use crate::hub::permit::{Permit, Read};
use crate::hub::reads::ReadNote;
use crate::hub::structures::Definition;
use crate::hub::{Hub, Moment, Refusal};
use portion::Portion;
pub use state::FiguresState;

/// States of one lane that a history may have; each takes some hundred bytes while the lane is read.
const HISTORY_STATES_MAX: usize = 4_096;

/// Whose figures are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FiguresOf {
    /// Those of the principal provider of each series.
    #[default]
    Principal,
    /// Those of everybody who sends.
    All,
    /// Those of these providers.
    These(std::collections::BTreeSet<AgencyId>),
}

/// Asks for figures of one dataflow.
#[derive(Clone, Debug)]
pub struct FiguresRequest {
    /// The dataflow.
    pub dataflow: Reference,
    /// Whose.
    pub providers: FiguresOf,
    /// Which observations.
    pub selection: Selection,
    /// As of when; nothing: now.
    pub as_of: Option<Moment>,
    /// Only what changed after this moment.
    pub since: Option<Moment>,
    /// What each vintage changed, one after the other, instead of what they led to.
    pub history: bool,
}

impl FiguresRequest {
    /// All there is of a dataflow.
    pub fn all(dataflow: Reference) -> Self {
        Self {
            dataflow,
            providers: FiguresOf::Principal,
            selection: Selection::all(),
            as_of: None,
            since: None,
            history: false,
        }
    }
}

/// What a batch does to a reader's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Its observations take the place of those with the same key and period.
    Replace,
    /// Its observations, of which it has keys and periods alone, are gone.
    Delete,
}

/// What holds for a whole lane, or one state of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneFigures {
    /// Whose figures they are.
    pub provider: AgencyId,
    /// In a history: when they became visible.
    pub valid_from: Option<Moment>,
    /// In a history: when others took their place.
    pub valid_to: Option<Moment>,
    /// What an absent attribute stands for.
    pub absent_values: BTreeMap<Arc<str>, Arc<str>>,
    /// Attributes of the whole dataset.
    pub dataset_attributes: BTreeMap<Arc<str>, AttributeValue>,
}

/// Observations of one lane, never none.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Their lane. The same pointer as long as it is the same lane, state and effect.
    pub lane: Arc<LaneFigures>,
    /// What to do with them.
    pub effect: Effect,
    /// In canonical order within lane and effect. A series may go on in the next batch.
    pub columns: Arc<Columns>,
}

/// Figures of a dataflow, batch by batch. Holds one lane's list of blocks and one block.
pub struct Figures {
    hub: Arc<Hub>,
    ask: Ask,
    /// When they were asked for.
    asked: Moment,
    /// By which door.
    door: ReadDoor,
    /// From which to which point changes are told; nothing: everything is.
    before: Option<Vantage>,
    after: Vantage,
    is_history: bool,
    lanes: VecDeque<LaneId>,
    pass: Pass,
    /// States of the first lane that come next, oldest first, and what it showed before them.
    states: VecDeque<Shown>,
    earlier: Option<Sight>,
    portions: VecDeque<Portion>,
    is_over: bool,
    noting: Noting,
    /// Of the lane that is being read, in the log of reads.
    note: Option<(LaneId, ReadNote)>,
}

/// How it is noted that figures were read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Noting {
    /// Lane by lane, as they are taken.
    AsTaken,
    /// Not any more: all was noted, or no figures are given.
    Done,
}

/// Deletions come before everything else: all lanes are gone through twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Deletions,
    Rest,
}

impl Hub {
    /// Figures as a principal may see them.
    pub fn figures(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: FiguresRequest,
        now: Moment,
    ) -> Result<Figures, Refusal> {
        let point =
            request.as_of.map(|as_of| v1::Point { at: Some(v1::point::At::AsOf(as_of.to_message())) });
        self.figures_at(permit, request, point.as_ref(), ReadDoor::Rest, now)
    }

    /// The same as of any point, which goes before the moment of the request, and by another door.
    pub fn figures_at(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: FiguresRequest,
        point: Option<&v1::Point>,
        door: ReadDoor,
        now: Moment,
    ) -> Result<Figures, Refusal> {
        let (today, rights) = self.today(now);
        let everything = Ask::everything(self, permit, rights, request.dataflow)?;
        let ask = Ask {
            providers: match request.providers {
                FiguresOf::Principal => Providers::Principal,
                FiguresOf::All => Providers::All,
                FiguresOf::These(these) => Providers::These(these),
            },
            bounds: Arc::new(PeriodBounds::of(&request.selection)),
            selection: Arc::new(request.selection),
            ..everything
        };
        let after = ask.vantage(Reading::asked(self, point, today)?);
        // What is to come is not known today: it would tell of embargoes.
        let since = request.since.map(|since| since.min(after.reading.point().moment));
        let before = since.map(|moment| {
            let position = self.position_at(moment).unwrap_or(0).min(today.position);
            ask.vantage(Reading::of(Point { position, moment }))
        });
        let lanes: VecDeque<LaneId> = ask.lanes(self)?.into();
        let pass = if before.is_some() && !request.history { Pass::Deletions } else { Pass::Rest };
        Ok(Figures {
            hub: self.clone(),
            ask,
            asked: now,
            door,
            before,
            after,
            is_history: request.history,
            lanes,
            pass,
            states: VecDeque::new(),
            earlier: None,
            portions: VecDeque::new(),
            is_over: false,
            noting: Noting::AsTaken,
            note: None,
        })
    }
}

impl Iterator for Figures {
    type Item = Result<Batch, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.advance().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        match (&mut self.note, &next) {
            (Some((_, note)), Some(Ok(batch))) if batch.effect == Effect::Replace => {
                note.count(batch.columns.len() as u64);
            }
            (Some((_, note)), None) => note.end(),
            _ => {}
        }
        next
    }
}

impl Figures {
    /// The dataflow as it is defined today, in whose columns all is given.
    pub fn definition(&self) -> &Arc<DataDefinition> {
        &self.ask.definition.data
    }

    /// The same, with the digest of all it needs.
    pub fn structure(&self) -> &Definition {
        &self.ask.definition
    }

    /// The moment that decides on embargoes, and up to which changes are told.
    pub fn moment(&self) -> Moment {
        self.after.reading.point().moment
    }

    /// The journal position that is read; for an edition, the newest.
    pub fn position(&self) -> u64 {
        self.after.reading.point().position
    }

    /// For whoever gives no figures, but counts them.
    pub fn counted_only(mut self) -> Self {
        self.noting = Noting::Done;
        self
    }

    /// Notes at once that all lanes are read: for an answer that may lie ready, so that figures are not taken for it.
    pub fn noted_at_once(mut self) -> Result<Self, Refusal> {
        for lane in self.ask.lanes(&self.hub)? {
            if let Some(outlook) = self.ask.outlook(&self.hub, &lane, &self.after)?
                && let Some(sight) = outlook.open(&self.hub, &self.ask)?
            {
                let mut note = self.begin_note(&lane, &outlook, [&sight])?;
                note.count(sight.vintage.observations());
            }
        }
        self.noting = Noting::Done;
        Ok(self)
    }

    fn begin_note<'s>(
        &self,
        lane: &LaneId,
        outlook: &Outlook,
        sights: impl IntoIterator<Item = &'s Sight>,
    ) -> Result<ReadNote, Refusal> {
        let reading = &self.after.reading;
        self.ask.note_read(&self.hub, self.door, (lane, outlook), sights, reading, self.asked)
    }

    /// Notes, before anything of it is taken, that a lane is read.
    fn note_lane(&mut self, lane: &LaneId, outlook: &Outlook, sights: &[Sight]) -> Result<(), Refusal> {
        let is_noted = self.note.as_ref().is_some_and(|(noted, _)| noted == lane);
        // Deletions come first and tell no figures.
        if self.noting == Noting::Done || is_noted || self.pass == Pass::Deletions {
            return Ok(());
        }
        let next = self.begin_note(lane, outlook, sights)?;
        if let Some((_, mut before)) = self.note.replace((lane.clone(), next)) {
            before.end();
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<Batch>, Refusal> {
        loop {
            if let Some(portion) = self.portions.front_mut() {
                let blocks = self.hub.lane_blocks(portion.lane(), self.ask.shape().clone());
                if let Some(batch) = portion.next(&blocks)? {
                    return Ok(Some(batch));
                }
                self.portions.pop_front();
                continue;
            }
            if let Some(shown) = self.states.pop_front() {
                self.begin_state(shown)?;
                continue;
            }
            let Some(lane) = self.lanes.pop_front() else {
                if self.pass == Pass::Rest {
                    return Ok(None);
                }
                self.pass = Pass::Rest;
                self.lanes = self.ask.lanes(&self.hub)?.into();
                continue;
            };
            self.begin_lane(lane)?;
        }
    }

    fn begin_lane(&mut self, lane: LaneId) -> Result<(), Refusal> {
        let Some(outlook) = self.ask.outlook(&self.hub, &lane, &self.after)? else { return Ok(()) };
        if self.is_history {
            return self.begin_history(lane, &outlook);
        }
        let Some(before) = &self.before else {
            if let Some(sight) = outlook.open(&self.hub, &self.ask)? {
                self.note_lane(&lane, &outlook, std::slice::from_ref(&sight))?;
                self.portions.push_back(Portion::whole(lane, sight));
            }
            return Ok(());
        };
        let earlier = self.ask.outlook(&self.hub, &lane, before)?;
        if earlier.as_ref().is_some_and(|earlier| earlier.shows_the_same(&outlook)) {
            return Ok(());
        }
        let sides = Sides {
            before: earlier.as_ref().map(|earlier| earlier.open(&self.hub, &self.ask)).transpose()?.flatten(),
            after: outlook.open(&self.hub, &self.ask)?,
            // Why something is gone is not told here.
            lost_early_access: true,
            holds_key: false,
        };
        self.note_lane(&lane, &outlook, sides.after.as_slice())?;
        let effect = if self.pass == Pass::Deletions { Effect::Delete } else { Effect::Replace };
        self.portions.extend(Portion::changes(lane, sides, effect, None));
        Ok(())
    }

    /// Finds the states of a lane, and what it showed before them.
    fn begin_history(&mut self, lane: LaneId, outlook: &Outlook) -> Result<(), Refusal> {
        let point = self.after.reading.point();
        let since = self.before.as_ref().map(|before| before.reading.point().moment);
        let manifests = Manifests::new(&self.hub, &lane, outlook.audience.before_release, point)?;
        let (mut states, mut earlier) = (VecDeque::new(), None);
        for shown in manifests {
            let shown = shown?;
            if since.is_some_and(|since| shown.since <= since) {
                earlier = Some(shown);
                break;
            }
            states.push_front(shown);
            if states.len() > HISTORY_STATES_MAX {
                let text = format!(
                    "{lane} has more than {HISTORY_STATES_MAX} vintages: ask for those after a moment, with \
                     updatedAfter"
                );
                return Err(Refusal::limit(HISTORY_STATES_MAX as u64, states.len() as u64, text));
            }
        }
        self.earlier = earlier.map(|shown| self.open_state(&lane, outlook, &shown)).transpose()?.flatten();
        self.states = states;
        if !self.states.is_empty() {
            // It stays the first until its states are gone through.
            self.lanes.push_front(lane);
        }
        Ok(())
    }

    fn begin_state(&mut self, shown: Shown) -> Result<(), Refusal> {
        let next = self.states.front().map(|next| next.since);
        let lane = if next.is_some() { self.lanes.front().cloned() } else { self.lanes.pop_front() };
        let Some(lane) = lane else { return Ok(()) };
        let Some(outlook) = self.ask.outlook(&self.hub, &lane, &self.after)? else { return Ok(()) };
        let after = self.open_state(&lane, &outlook, &shown)?;
        let sights: Vec<Sight> = self.earlier.iter().chain(&after).cloned().collect();
        self.note_lane(&lane, &outlook, &sights)?;
        let before = std::mem::replace(&mut self.earlier, after.clone());
        for effect in [Effect::Delete, Effect::Replace] {
            let (before, after) = (before.clone(), after.clone());
            let sides = Sides { before, after, lost_early_access: true, holds_key: false };
            self.portions.extend(Portion::changes(lane.clone(), sides, effect, Some((shown.since, next))));
        }
        Ok(())
    }

    /// Opens a state of a lane as it may be seen today.
    fn open_state(&self, lane: &LaneId, outlook: &Outlook, shown: &Shown) -> Result<Option<Sight>, Refusal> {
        let Some(manifest) = shown.manifest else { return Ok(None) };
        let today = self.after.reading.today;
        let head =
            if outlook.audience.restricted { None } else { self.hub.vintage_at(lane, today.position)? };
        let governing = head.and_then(|head| head.manifest_at(today.moment, outlook.audience.before_release));
        let sieve = Sieve::new(self.ask.selection.clone(), self.ask.bounds.clone(), outlook.rivals.clone());
        let governing = governing.filter(|today| *today != manifest);
        let recorded = &shown.recorded;
        self.ask.sight(&self.hub, (lane, &outlook.audience), recorded, &manifest, governing, Arc::new(sieve))
    }
}
