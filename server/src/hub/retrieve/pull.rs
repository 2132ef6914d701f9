//! A pull: figures lane by lane, whole or only what changed, with places to go on from.

use std::collections::VecDeque;
use std::sync::Arc;

use mighub::v1;
use mighub::v1::pull_response::Part;
use prost::Message;
use prost::bytes::Bytes;

use super::CHECKPOINT_BYTES;
use super::context::Context;
use super::lane::{LaneCounts, OpenLane, Progress};
use super::reading::Reading;
use super::request::digest;
use super::resume::{Place, Resumed, check_still_allowed};
use super::sight::{Ask, Outlook};
use super::token::{CursorBody, Kind, ResumeBody, Sealer, other_request, unknown_history};
use crate::hub::lane::LaneId;
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Refusal};

/// Steps of a small answer, at most: what there is of some lanes, their opening, a message of each. Together with
/// what is at hand of a lane they take a millisecond or two.
const STEPS_AT_HAND: usize = 16;

/// Figures of a dataflow, message by message. Holds one lane's list of blocks and the blocks of one message.
pub struct Pull {
    context: Context,
    stage: Stage,
    lanes: Vec<LaneId>,
    /// Per lane that is done.
    counts: Vec<LaneCounts>,
    /// What there is of the next lane, once it was looked up.
    outlook: Option<Outlook>,
    open: Option<OpenLane>,
    /// Where the first lane goes on.
    resumed: Option<Resumed>,
    ready: VecDeque<Part>,
    /// Bytes since the last checkpoint.
    bytes: usize,
    /// Observations sent by earlier calls.
    observations_before: u64,
    observations_max: u64,
}

enum Stage {
    Header,
    Lanes,
    Over,
}

impl Hub {
    /// RetrievalService.Pull.
    pub fn pull(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: v1::PullRequest,
        now: Moment,
    ) -> Result<Pull, Refusal> {
        let principal = permit.principal();
        let (today, rights) = self.today(now);
        let ask = Ask::of_pull(self, permit, rights, &request)?;
        let sealer = self.sealer();
        let asked = ask.digest();
        let point = request.point.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let resume_request = digest(principal, [&asked[..], &point, &request.since].into_iter());
        let resume: Option<ResumeBody> = match request.resume.is_empty() {
            true => None,
            false => Some(sealer.open(Kind::Resume, &request.resume)?),
        };
        let (before, after) = match &resume {
            Some(resume) => {
                if resume.request != resume_request {
                    return Err(other_request());
                }
                let since = resume
                    .since
                    .as_ref()
                    .map(|since| self.known_reading(since, today.position))
                    .transpose()?;
                let reading = resume.reading.as_ref().ok_or_else(unknown_history)?;
                (since, self.known_reading(reading, today.position)?)
            }
            None => {
                let since = match request.since.is_empty() {
                    true => None,
                    false => Some(self.since(&sealer, &request.since, &asked, today.position)?),
                };
                (since, Reading::asked(self, request.point.as_ref(), today)?)
            }
        };
        let context = Context {
            hub: self.clone(),
            before: before.map(|reading| ask.vantage(reading)),
            after: ask.vantage(after),
            ask,
            sealer,
            request: asked,
            resume_request,
            called: now,
        };
        let lanes = context.ask.lanes(self)?;
        let mut pull = Pull {
            context,
            stage: Stage::Header,
            lanes,
            counts: Vec::new(),
            outlook: None,
            open: None,
            resumed: None,
            ready: VecDeque::new(),
            bytes: 0,
            observations_before: 0,
            observations_max: request.max_observations.unwrap_or(u64::MAX),
        };
        match resume {
            Some(resume) => pull.go_on(resume, today)?,
            None => pull.context.check_edition(&pull.lanes)?,
        }
        Ok(pull)
    }

    pub(super) fn sealer(&self) -> Sealer {
        Sealer::new(&self.secret, self.hub_id())
    }

    fn since(&self, sealer: &Sealer, cursor: &[u8], asked: &Bytes, newest: u64) -> Result<Reading, Refusal> {
        let cursor: CursorBody = sealer.open(Kind::Cursor, cursor)?;
        if cursor.request != *asked {
            return Err(other_request());
        }
        self.known_reading(cursor.reading.as_ref().ok_or_else(unknown_history)?, newest)
    }
}

impl Iterator for Pull {
    type Item = Result<v1::PullResponse, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Some(Ok(v1::PullResponse { part: Some(part) }));
            }
            if matches!(self.stage, Stage::Over) {
                return None;
            }
            if let Err(refusal) = self.step() {
                return Some(Err(refusal));
            }
        }
    }
}

impl Pull {
    /// Makes what takes hardly any time and waits for next to nothing: its messages, and the end if they are all.
    /// Most answers are so small.
    pub fn at_hand(&mut self) -> (Vec<v1::PullResponse>, Option<Result<(), Refusal>>) {
        let mut messages = Vec::new();
        for _ in 0..STEPS_AT_HAND {
            if matches!(self.stage, Stage::Over) {
                return (messages, Some(Ok(())));
            }
            if !self.is_at_hand() {
                break;
            }
            if let Err(refusal) = self.step() {
                return (messages, Some(Err(refusal)));
            }
            messages.extend(self.ready.drain(..).map(|part| v1::PullResponse { part: Some(part) }));
        }
        (messages, None)
    }

    /// Whether the next step takes hardly any time.
    fn is_at_hand(&self) -> bool {
        match (&self.open, &self.outlook) {
            (Some(open), _) => open.is_at_hand(),
            // What changed may be anywhere.
            (None, Some(outlook)) => {
                self.context.before.is_none()
                    && outlook.is_at_hand(&self.context.hub)
                    && !outlook.may_be_sensitive(&self.context.ask)
            }
            (None, None) => true,
        }
    }

    fn step(&mut self) -> Result<(), Refusal> {
        let step = match (&self.stage, self.outlook.take()) {
            (Stage::Over, _) => Ok(()),
            (Stage::Header, _) => {
                self.ready.push_back(Part::Header(self.context.header()));
                self.stage = Stage::Lanes;
                Ok(())
            }
            (Stage::Lanes, _) if self.open.is_some() => self.lane_step(),
            (Stage::Lanes, Some(outlook)) => self.begin(outlook),
            (Stage::Lanes, None) => self.look_up(),
        };
        if step.is_err() {
            self.stage = Stage::Over;
            self.ready.clear();
        }
        step
    }

    fn look_up(&mut self) -> Result<(), Refusal> {
        let Some(lane) = self.lanes.get(self.counts.len()) else { return self.summarize(true) };
        self.outlook = self.context.ask.outlook(&self.context.hub, lane, &self.context.after)?;
        if self.outlook.is_none() {
            // A lane that is newer than what is read: a later call does not count it either.
            self.lanes.remove(self.counts.len());
            self.resumed = None;
        }
        Ok(())
    }

    fn begin(&mut self, outlook: Outlook) -> Result<(), Refusal> {
        let lane = &self.lanes[self.counts.len()];
        self.open = OpenLane::begin(&self.context, lane, outlook, self.resumed.take())?;
        if self.open.is_none() {
            self.counts.push(LaneCounts::default());
        }
        Ok(())
    }

    fn lane_step(&mut self) -> Result<(), Refusal> {
        let enough = self.observations_max.saturating_sub(self.observations());
        let Some(open) = &mut self.open else { return Ok(()) };
        let progress = open.step(&self.context, enough, &mut self.ready)?;
        self.bytes += self.ready.iter().map(Part::encoded_len).sum::<usize>();
        match progress {
            Progress::Done => {
                let announced = open.was_announced();
                open.note_end();
                self.counts.push(open.counts);
                self.open = None;
                if announced {
                    self.checkpoint(None)?;
                }
            }
            Progress::GoesOn if self.bytes >= CHECKPOINT_BYTES || self.is_enough() => {
                let Some(open) = &mut self.open else { return Ok(()) };
                let Some(place) = open.rest(&self.context, &mut self.ready)? else { return Ok(()) };
                self.checkpoint(Some(place))?;
            }
            Progress::GoesOn => return Ok(()),
        }
        let is_over = self.open.is_none() && self.counts.len() == self.lanes.len();
        if self.is_enough() && !is_over { self.summarize(false) } else { Ok(()) }
    }

    /// Observations sent by this call.
    fn observations(&self) -> u64 {
        let open = self.open.as_ref().map(|open| &open.counts);
        let sent: u64 = self.counts.iter().chain(open).map(|counts| counts.observations).sum();
        sent - self.observations_before
    }

    fn is_enough(&self) -> bool {
        self.observations() >= self.observations_max
    }

    fn checkpoint(&mut self, place: Option<Place>) -> Result<(), Refusal> {
        let open = self.open.as_ref().map(|open| open.counts);
        let counts = || self.counts.iter().copied().chain(open);
        let context = &self.context;
        let is_delta = context.before.is_some();
        let since =
            context.before.as_ref().map(|before| context.reading_body(&before.reading)).transpose()?;
        let (block, behind) = match place {
            None => (None, Vec::new()),
            Some(Place::Block(block)) => (Some(block), Vec::new()),
            Some(Place::Behind(key)) => (None, key.iter().map(ToString::to_string).collect()),
        };
        let body = ResumeBody {
            request: context.resume_request.clone(),
            reading: Some(context.reading_body(&context.after.reading)?),
            since,
            created_ms: context.called.0,
            lane: self.counts.len() as u64,
            block,
            behind,
            observations: counts().map(|counts| counts.observations).collect(),
            tombstones: if is_delta {
                counts().map(|counts| counts.tombstones).collect()
            } else {
                Vec::new()
            },
            totals: if is_delta {
                counts().map(|counts| counts.total.map_or(0, |t| t + 1)).collect()
            } else {
                Vec::new()
            },
            structure: context.ask.definition.digest.to_bytes(),
        };
        let resume = context.sealer.seal(Kind::Resume, &body);
        let observations = counts().map(|counts| counts.observations).sum();
        self.ready.push_back(Part::Checkpoint(v1::Checkpoint { resume, observations }));
        self.bytes = 0;
        Ok(())
    }

    fn summarize(&mut self, complete: bool) -> Result<(), Refusal> {
        if let Some(open) = &mut self.open {
            open.note_end();
        }
        let open = self.open.as_ref().map(|open| open.counts);
        let mut summary = v1::PullSummary { complete, ..Default::default() };
        for (lane, counts) in self.lanes.iter().zip(self.counts.iter().copied().chain(open)) {
            summary.observations += counts.observations;
            summary.tombstones += counts.tombstones;
            if !counts.was_sent() {
                continue;
            }
            let is_done = counts.total.is_some();
            summary.lanes.push(v1::LaneSummary {
                lane: Some(lane.to_message()),
                observations: counts.observations,
                tombstones: counts.tombstones,
                total: counts.total.unwrap_or(0),
                manifest_digest: if is_done { self.context.manifest_digest(lane)? } else { Bytes::new() },
            });
        }
        if complete {
            let reading = Some(self.context.reading_body(&self.context.after.reading)?);
            let cursor = CursorBody { request: self.context.request.clone(), reading };
            summary.cursor = self.context.sealer.seal(Kind::Cursor, &cursor);
        }
        self.ready.push_back(Part::Summary(summary));
        self.stage = Stage::Over;
        Ok(())
    }

    /// Takes up a pull that broke off.
    fn go_on(&mut self, resume: ResumeBody, today: super::reading::Point) -> Result<(), Refusal> {
        let Context { hub, ask, after, called, .. } = &self.context;
        resume.check_age(*called, &ask.definition.digest)?;
        let newest = after.reading.today.position;
        let mut lanes = Vec::with_capacity(self.lanes.len());
        for lane in self.lanes.drain(..) {
            if hub.vintage_at(&lane, newest)?.is_some() {
                lanes.push(lane);
            }
        }
        let done = usize::try_from(resume.lane).unwrap_or(usize::MAX).min(lanes.len());
        check_still_allowed(hub, ask, after, &lanes[done..], today)?;
        self.lanes = lanes;
        let (counts, resumed) = resume.progress();
        if counts.len() > self.lanes.len() {
            return Err(unknown_history());
        }
        let open = resumed.as_ref().map(|resumed| &resumed.counts);
        self.observations_before = counts.iter().chain(open).map(|counts| counts.observations).sum();
        self.counts = counts;
        self.resumed = resumed;
        Ok(())
    }
}
