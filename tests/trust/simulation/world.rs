//! A world: one hub, two offices that send, a reader who keeps a copy, and what befalls them. Everything that happens is
//! decided by one stream of numbers, so that a world can be had again.
//!
//! What lives here: the actors and their steps. What must not: what is right; [`checks`](super::checks) says that.

use std::sync::Arc;

use mighub::v1::{self, ErrorReason};

use super::checks::Checks;
use super::flow::{Part, Prepared, parts, prepare};
use super::hub::{Answer, OFFICES, READER, Request, START_MS, SimulatedHub, Template};
use super::network::{Actor, HUB, Network, Tick, Weather};
use super::tally::Tally;
use crate::office::random::Random;

/// The actor behind the offices.
const READER_AT: Actor = 1 + OFFICES.len();
const ACTORS: usize = READER_AT + 1;
/// What nobody answers is asked again after so long, and as much again by chance.
const PATIENCE: Tick = 300;
/// The reader looks for news after so long.
const NEWS: Tick = 150;
/// A world in which not all is done by then stands still.
const END: Tick = 120_000;
/// How far a clock jumps.
const JUMP_MS: u64 = 2 * 60 * 60 * 1_000;
/// How far off embargoes end, about: most of them within the life of a world.
const EMBARGO_MS: u64 = 12_000;

#[derive(Clone)]
enum Letter {
    Ask(Request),
    Tell(Box<Answer>),
}

/// A submission of an office.
pub(super) struct Case {
    pub(super) prepared: Arc<Prepared>,
    pub(super) provider: &'static str,
    pub(super) parts: Vec<Part>,
    pub(super) embargo_ms: Option<i64>,
}

/// An office: its outbox outlives it, what it was doing does not.
struct Office {
    /// On its disk: places in the list of cases, the first of which is under way.
    outbox: Vec<usize>,
    ask_again: Tick,
}

/// The reader: copy and cursor outlive it, together.
struct Reader {
    cursor: Vec<u8>,
    asked: u64,
    ask_again: Tick,
}

pub(super) struct World {
    random: Random,
    weather: Weather,
    network: Network<Letter>,
    hub: SimulatedHub,
    now: Tick,
    /// The machine's clock less the true time.
    clock_off_ms: i64,
    starts_at: Option<Tick>,
    cases: Vec<Case>,
    offices: Vec<Office>,
    reader: Reader,
    /// Requests that came once and may come again, long after.
    remembered: Vec<(Actor, Request)>,
    checks: Checks,
    tally: Tally,
    story: blake3::Hasher,
}

/// What came of a world.
pub(super) struct Outcome {
    pub(super) tally: Tally,
    pub(super) failures: Vec<String>,
    /// Digest of all that happened.
    pub(super) story: blake3::Hash,
}

/// Lets a world happen.
pub(super) fn happen(template: &Template, seed: u64) -> Outcome {
    let mut world = World::new(template, seed);
    world.run();
    world.end()
}

impl World {
    fn new(template: &Template, seed: u64) -> Self {
        let mut random = Random::from_number(seed);
        let weather = Weather::of(&mut random);
        let hub = template.open();
        let (mut cases, mut figures) = (Vec::new(), 0);
        let mut offices = Vec::new();
        for name in OFFICES {
            let (terms, shape) = (hub.terms(name), hub.shape());
            let mut outbox = Vec::new();
            for _ in 0..1 + random.below(4) {
                let embargo_ms = (random.below(3) == 0).then(|| START_MS + random.below(EMBARGO_MS) as i64);
                let parts = parts(&mut random, &mut figures);
                let embargo = embargo_ms.map(mighub::convert::timestamp_message);
                let number = seed.wrapping_mul(1_000).wrapping_add(cases.len() as u64);
                let prepared = Arc::new(prepare(&terms, &shape, name, number, &parts, embargo));
                outbox.push(cases.len());
                cases.push(Case { prepared, provider: name, parts, embargo_ms });
            }
            offices.push(Office { outbox, ask_again: random.below(500) });
        }
        let reader = Reader { cursor: Vec::new(), asked: 0, ask_again: random.below(500) };
        let checks = Checks::new(hub.shape(), &cases);
        Self {
            network: Network::new(weather, ACTORS),
            checks,
            weather,
            hub,
            now: 0,
            clock_off_ms: 0,
            starts_at: None,
            cases,
            offices,
            reader,
            remembered: Vec::new(),
            tally: Tally::default(),
            story: blake3::Hasher::new(),
            random,
        }
    }

    fn run(&mut self) {
        loop {
            self.now = self.next_event();
            if self.now >= END {
                self.checks.fail("not all was done when everything had been sound for long");
                return;
            }
            if self.is_done() {
                return;
            }
            self.misfortune();
            if self.starts_at.is_some_and(|at| at <= self.now) {
                self.start_hub();
            }
            while self.network.next().is_some_and(|at| at <= self.now) {
                if let Some((from, to, letter)) = self.network.deliver() {
                    self.take(from, to, letter);
                }
            }
            self.act();
        }
    }

    /// All is sent and acknowledged, and the weather is fair.
    fn is_done(&self) -> bool {
        let sent = self.offices.iter().all(|office| office.outbox.is_empty());
        sent && self.now >= self.weather.clears_at && self.hub.is_up()
    }

    fn next_event(&self) -> Tick {
        let offices = self.offices.iter().filter(|office| !office.outbox.is_empty());
        let asks = offices.map(|office| office.ask_again).chain([self.reader.ask_again]);
        let others = self.network.next().into_iter().chain(self.starts_at);
        asks.chain(others).min().unwrap_or(END).max(self.now + 1)
    }

    /// Whatever may befall them now.
    fn misfortune(&mut self) {
        if self.now >= self.weather.clears_at {
            return;
        }
        let later = self.now + 50 + self.random.below(1_000);
        match self.random.below(120) {
            0 if self.hub.is_up() => self.crash_hub(),
            1 => {
                let actor = self.random.below(ACTORS as u64) as usize;
                self.network.cut_off(actor, later);
                self.tally.partitions += 1;
            }
            2 | 3 => {
                let jump = self.random.below(2 * JUMP_MS) as i64 - JUMP_MS as i64;
                // An hour or a few seconds.
                let jump = if self.random.below(2) == 0 { jump } else { jump / 1_000 };
                self.clock_off_ms = jump;
                self.tally.clock_jumps += 1;
            }
            4 | 5 => {
                let office = self.random.below(OFFICES.len() as u64) as usize;
                self.offices[office].ask_again = later;
                self.tally.office_crashes += 1;
            }
            6 => {
                // What it had asked is forgotten; what it had written down is not.
                self.reader.asked += 1;
                self.reader.ask_again = later;
                self.tally.reader_crashes += 1;
            }
            7..=10 if !self.remembered.is_empty() => {
                let nth = self.random.below(self.remembered.len() as u64) as usize;
                let (from, request) = self.remembered[nth].clone();
                self.network.send(self.now, from, HUB, Letter::Ask(request), &mut self.random);
                self.tally.replays += 1;
            }
            _ => {}
        }
    }

    fn crash_hub(&mut self) {
        self.hub.crash();
        self.starts_at = Some(self.now + 20 + self.random.below(800));
        self.tally.hub_crashes += 1;
    }

    fn start_hub(&mut self) {
        let without_view = self.random.below(4) == 0;
        self.tally.views_lost += u64::from(without_view);
        self.hub.start(without_view);
        self.starts_at = None;
    }

    fn machine_ms(&self) -> i64 {
        START_MS + self.now as i64 + self.clock_off_ms
    }

    fn take(&mut self, from: Actor, to: Actor, letter: Letter) {
        match letter {
            Letter::Ask(request) if self.hub.is_up() => self.serve(from, &request),
            // Nobody is there.
            Letter::Ask(_) => {}
            Letter::Tell(answer) if to == READER_AT => self.reader_hears(*answer),
            Letter::Tell(answer) => self.office_hears(to - 1, *answer),
        }
    }

    fn name(&self, actor: Actor) -> &'static str {
        if actor == READER_AT { READER } else { OFFICES[actor - 1] }
    }

    fn serve(&mut self, from: Actor, request: &Request) {
        let (who, machine_ms) = (self.name(from), self.machine_ms());
        let now = self.hub.now(machine_ms);
        let answer = self.hub.answer(who, request, now);
        self.checks.answered(&self.cases, request, &answer, now);
        self.tell_story(from, &answer);
        if self.remembered.len() < 64 {
            self.remembered.push((from, request.clone()));
        }
        let is_bad = self.now < self.weather.clears_at;
        if is_bad && self.random.below(60) == 0 {
            self.crash_hub();
            self.tally.crashes_before_the_answer += 1;
            return;
        }
        self.network.send(self.now, HUB, from, Letter::Tell(Box::new(answer)), &mut self.random);
    }

    fn tell_story(&mut self, from: Actor, answer: &Answer) {
        let told = match answer {
            Answer::Opened { id, missing, receipt } => format!("{id} {missing:?} {}", receipt.is_some()),
            Answer::Uploaded { id, durable } => format!("{id} {durable:?}"),
            Answer::Sealed { id, receipt } => format!("{id} {receipt:?}"),
            Answer::Refused { id, reason, .. } => format!("{id} {reason:?}"),
            Answer::Pulled { number, parts } => format!("{number} {}", parts.len()),
        };
        self.story.update(format!("{} {from} {told}\n", self.now).as_bytes());
    }

    /// Whoever is to ask, asks.
    fn act(&mut self) {
        for place in 0..self.offices.len() {
            let office = &mut self.offices[place];
            if office.ask_again > self.now {
                continue;
            }
            office.ask_again = self.now + PATIENCE + self.random.below(PATIENCE);
            if let Some(case) = office.outbox.first() {
                let request = Request::Open(self.cases[*case].prepared.clone());
                self.ask(place + 1, request);
            }
        }
        if self.reader.ask_again <= self.now {
            self.reader.ask_again = self.now + PATIENCE + self.random.below(PATIENCE);
            self.reader.asked += 1;
            let since = if self.random.below(8) == 0 { Vec::new() } else { self.reader.cursor.clone() };
            self.ask(READER_AT, Request::Pull { number: self.reader.asked, since });
        }
    }

    fn ask(&mut self, from: Actor, request: Request) {
        self.network.send(self.now, from, HUB, Letter::Ask(request), &mut self.random);
    }

    fn office_hears(&mut self, place: usize, answer: Answer) {
        let Some(under_way) = self.offices[place].outbox.first().copied() else { return };
        let case = &self.cases[under_way];
        let prepared = case.prepared.clone();
        let of_this = |id: &String| *id == prepared.id;
        match answer {
            Answer::Opened { id, receipt: Some(receipt), .. }
            | Answer::Sealed { id, receipt: Some(receipt) }
                if of_this(&id) =>
            {
                self.checks.acknowledged(under_way, &receipt);
                self.tally.receipts += 1;
                self.tally.embargoes += u64::from(case.embargo_ms.is_some());
                let office = &mut self.offices[place];
                office.outbox.remove(0);
                office.ask_again = self.now + self.random.below(200);
            }
            Answer::Opened { id, missing, receipt: None } if of_this(&id) => {
                let next = match missing.first() {
                    Some(index) => Request::Upload(prepared, *index),
                    None => Request::Seal(id),
                };
                self.ask(place + 1, next);
            }
            Answer::Uploaded { id, .. } if of_this(&id) => {
                // It asks what is missing still: what it heard may be old.
                self.ask(place + 1, Request::Open(prepared));
            }
            Answer::Refused { id, reason, text } if of_this(&id) => match reason {
                // The hub was away, or it is said again.
                ErrorReason::UnknownSubmission | ErrorReason::BlocksMissing | ErrorReason::StateUnfit => {
                    self.offices[place].ask_again = self.now + self.random.below(50);
                }
                other => self.checks.fail(&format!("an office was refused with {other:?}: {text}")),
            },
            // An answer to something that is over.
            _ => {}
        }
    }

    fn reader_hears(&mut self, answer: Answer) {
        match answer {
            Answer::Pulled { number, parts } if number == self.reader.asked => {
                if let Some(cursor) = cursor_of(&parts) {
                    self.reader.cursor = cursor;
                }
                self.tally.pulls += 1;
                self.reader.asked += 1;
                self.reader.ask_again = self.now + 1 + self.random.below(NEWS);
            }
            Answer::Refused { reason, text, .. } => {
                self.checks.fail(&format!("the reader was refused with {reason:?}: {text}"));
            }
            _ => {}
        }
    }

    fn end(mut self) -> Outcome {
        self.tally.network = self.network.happened;
        if self.checks.is_sound() {
            // Once more from the journal alone.
            self.hub.crash();
            self.hub.start(true);
            let machine_ms = self.machine_ms().max(START_MS + EMBARGO_MS as i64) + JUMP_MS as i64;
            for (actor, since) in [(READER_AT, self.reader.cursor.clone()), (READER_AT, Vec::new())] {
                let now = self.hub.now(machine_ms);
                let request = Request::Pull { number: 0, since };
                let answer = self.hub.answer(self.name(actor), &request, now);
                self.checks.answered(&self.cases, &request, &answer, now);
            }
            for case in &self.cases {
                let now = self.hub.now(machine_ms);
                let request = Request::Open(case.prepared.clone());
                let answer = self.hub.answer(case.provider, &request, now);
                self.checks.answered(&self.cases, &request, &answer, now);
                self.checks.has_receipt(&answer);
            }
            self.checks.journal(&self.hub, &self.cases);
        }
        Outcome { tally: self.tally, failures: self.checks.into_failures(), story: self.story.finalize() }
    }
}

/// The cursor at the end of a pull.
pub(super) fn cursor_of(parts: &[v1::PullResponse]) -> Option<Vec<u8>> {
    match parts.last()?.part.as_ref()? {
        v1::pull_response::Part::Summary(summary) => Some(summary.cursor.to_vec()),
        _ => None,
    }
}
