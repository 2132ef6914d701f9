//! The network of a simulated world: it loses, repeats, delays and reorders, and cuts actors off for a while. Whatever it
//! does comes from one stream of numbers.

use std::collections::BTreeMap;

use crate::office::random::Random;

/// Milliseconds of the world, from its beginning.
pub(super) type Tick = u64;
/// Whoever sends and receives; the hub is the first.
pub(super) type Actor = usize;
pub(super) const HUB: Actor = 0;

/// How bad a world is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// Messages of a thousand that are lost.
    pub(super) lost: u64,
    /// Messages of a thousand that come twice or more.
    pub(super) repeated: u64,
    /// The longest delay; what is sent later may come earlier.
    pub(super) delay_max: Tick,
    /// Until then everything may happen; after it nothing bad does.
    pub(super) clears_at: Tick,
}

impl Weather {
    pub(super) fn of(random: &mut Random) -> Self {
        Self {
            lost: random.below(250),
            repeated: random.below(250),
            delay_max: 1 + random.below(400),
            clears_at: 2_000 + random.below(8_000),
        }
    }
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened {
    pub(super) lost: u64,
    pub(super) repeated: u64,
    pub(super) reordered: u64,
    pub(super) cut_off: u64,
}

/// Messages on their way.
pub(super) struct Network<M> {
    weather: Weather,
    /// By when they come, and in which order they were sent.
    on_their_way: BTreeMap<(Tick, u64), (Actor, Actor, M)>,
    sent: u64,
    /// Cut off until then.
    cut_off: Vec<Tick>,
    pub(super) happened: Happened,
    /// The number of the newest message that came.
    newest: u64,
}

impl<M: Clone> Network<M> {
    pub(super) fn new(weather: Weather, actors: usize) -> Self {
        Self {
            weather,
            on_their_way: BTreeMap::new(),
            sent: 0,
            cut_off: vec![0; actors],
            happened: Happened::default(),
            newest: 0,
        }
    }

    pub(super) fn send(&mut self, now: Tick, from: Actor, to: Actor, message: M, random: &mut Random) {
        let is_bad = now < self.weather.clears_at;
        if is_bad && random.below(1_000) < self.weather.lost {
            self.happened.lost += 1;
            return;
        }
        let mut copies = 1;
        while is_bad && copies < 4 && random.below(1_000) < self.weather.repeated {
            copies += 1;
            self.happened.repeated += 1;
        }
        for _ in 0..copies {
            let longest = if is_bad { self.weather.delay_max } else { 2 };
            self.sent += 1;
            let at = now + 1 + random.below(longest);
            self.on_their_way.insert((at, self.sent), (from, to, message.clone()));
        }
    }

    /// Nobody hears of an actor, and it of nobody, until then.
    pub(super) fn cut_off(&mut self, actor: Actor, until: Tick) {
        self.cut_off[actor] = self.cut_off[actor].max(until);
    }

    /// When the next message comes.
    pub(super) fn next(&self) -> Option<Tick> {
        self.on_their_way.first_key_value().map(|((at, _), _)| *at)
    }

    /// The message that comes now, with its sender and receiver; nothing, if it was lost on its way.
    pub(super) fn deliver(&mut self) -> Option<(Actor, Actor, M)> {
        let ((at, number), (from, to, message)) = self.on_their_way.pop_first()?;
        if self.cut_off[from] > at || self.cut_off[to] > at {
            self.happened.cut_off += 1;
            return None;
        }
        if number < self.newest {
            self.happened.reordered += 1;
        }
        self.newest = self.newest.max(number);
        Some((from, to, message))
    }
}
