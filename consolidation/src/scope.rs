//! What part of a derived dataflow is made anew.
//!
//! What lives here: corridors, scopes, and the selections of series that a scope reads and replaces. What must not:
//! where those series are stored.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::key::{KeyPattern, Selection};

use crate::areas::Areas;
use crate::dataflow::{Input, Target};

/// Two areas, one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Corridor {
    /// Where people come from.
    pub origin: Arc<str>,
    /// Where they go.
    pub destination: Arc<str>,
}

impl Corridor {
    /// From one area to another.
    pub fn new(origin: &str, destination: &str) -> Self {
        Self { origin: Arc::from(origin), destination: Arc::from(destination) }
    }
}

impl fmt::Display for Corridor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.origin, self.destination)
    }
}

/// Corridors of a derived dataflow. What comes out of a consolidation are all rows of exactly these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every corridor.
    All,
    /// These.
    Corridors(BTreeSet<Corridor>),
    /// Every corridor to these areas. Stocks know no smaller scope: whether they are by birth or by citizenship is
    /// decided for a destination as a whole.
    Destinations(BTreeSet<Arc<str>>),
}

impl Scope {
    /// No corridor.
    pub fn nothing() -> Self {
        Self::Corridors(BTreeSet::new())
    }

    /// Whether there is no corridor in it.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::All => false,
            Self::Corridors(corridors) => corridors.is_empty(),
            Self::Destinations(destinations) => destinations.is_empty(),
        }
    }

    /// Whether a corridor lies in it.
    pub fn contains(&self, origin: &Arc<str>, destination: &Arc<str>) -> bool {
        match self {
            Self::All => true,
            Self::Corridors(corridors) => {
                corridors.contains(&Corridor { origin: origin.clone(), destination: destination.clone() })
            }
            Self::Destinations(destinations) => destinations.contains(destination),
        }
    }

    /// Adds the corridors that changed rows of an input are about. Rows that never enter a corridor add nothing.
    pub fn touch(&mut self, input: Input, columns: &Columns, areas: &Areas) {
        let Some(places) = crate::pair::Places::of(input, &columns.shape) else { return };
        for series in 0..columns.series_count() {
            let Some(seen) = places.see(columns, series, areas) else { continue };
            match self {
                Self::All => return,
                Self::Corridors(corridors) if input == Input::Flow => {
                    corridors.insert(Corridor {
                        origin: seen.origin.clone(),
                        destination: seen.destination.clone(),
                    });
                }
                Self::Corridors(_) => self.widen([seen.destination.clone()]),
                Self::Destinations(destinations) => {
                    if !destinations.contains(seen.destination) {
                        destinations.insert(seen.destination.clone());
                    }
                }
            }
        }
    }

    /// Both scopes together.
    pub fn union(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::Corridors(own), Self::Corridors(others)) => own.extend(others),
            (Self::Destinations(own), Self::Destinations(others)) => own.extend(others),
            (Self::Corridors(_), Self::Destinations(others)) => self.widen(others),
            (Self::Destinations(own), Self::Corridors(others)) => {
                own.extend(others.into_iter().map(|corridor| corridor.destination));
            }
        }
    }

    /// The scope as a target knows it: of stocks, destinations as a whole.
    pub fn of_target(mut self, target: Target) -> Self {
        if target == Target::Stock {
            self.widen([]);
        }
        self
    }

    fn widen(&mut self, more: impl IntoIterator<Item = Arc<str>>) {
        if let Self::Corridors(corridors) = self {
            let own = std::mem::take(corridors).into_iter().map(|corridor| corridor.destination);
            *self = Self::Destinations(own.chain(more).collect());
        }
    }

    /// The series of an input that its cells may come from. More may match than enter: pairing looks closer.
    pub fn selection(&self, input: Input) -> Selection {
        let keys = match (self, input) {
            (Self::All, _) => Vec::new(),
            (_, _) if self.is_nothing() => vec![nothing()],
            (Self::Corridors(corridors), Input::Flow) => flow_keys(corridors),
            (Self::Destinations(destinations), Input::Flow) => vec![
                key([None, some(destinations), one("IMM"), one("PRV")]),
                key([None, None, one("EMI"), one("PRV"), some(destinations)]),
            ],
            (Self::Corridors(corridors), _) => {
                let destinations = corridors.iter().map(|corridor| corridor.destination.clone()).collect();
                vec![key([None, Some(destinations)])]
            }
            (Self::Destinations(destinations), _) => vec![key([None, some(destinations)])],
        };
        Selection { keys, ..Selection::default() }
    }

    /// The rows of a derived dataflow that lie in it.
    pub fn derived(&self, target: Target) -> Selection {
        let keys = match (self, target) {
            (Self::All, _) => Vec::new(),
            (_, _) if self.is_nothing() => vec![nothing()],
            (Self::Destinations(destinations), Target::Flow) => vec![key([None, None, some(destinations)])],
            (Self::Destinations(destinations), Target::Stock) => vec![key([None, some(destinations)])],
            (Self::Corridors(corridors), Target::Flow) => by_destination(corridors)
                .map(|(destination, origins)| key([None, Some(origins), one(destination)]))
                .collect(),
            (Self::Corridors(corridors), Target::Stock) => {
                let destinations = corridors.iter().map(|corridor| corridor.destination.clone()).collect();
                vec![key([None, Some(destinations)])]
            }
        };
        Selection { keys, ..Selection::default() }
    }
}

type Codes = Option<BTreeSet<Arc<str>>>;

/// Two keys a destination: what it reports of its origins, and what they report of it.
fn flow_keys(corridors: &BTreeSet<Corridor>) -> Vec<KeyPattern> {
    let both = |(destination, origins): (&str, BTreeSet<Arc<str>>)| {
        [
            key([None, one(destination), one("IMM"), one("PRV"), some(&origins)]),
            key([None, Some(origins), one("EMI"), one("PRV"), one(destination)]),
        ]
    };
    by_destination(corridors).flat_map(both).collect()
}

fn by_destination(corridors: &BTreeSet<Corridor>) -> impl Iterator<Item = (&str, BTreeSet<Arc<str>>)> {
    let mut origins = std::collections::BTreeMap::<&str, BTreeSet<Arc<str>>>::new();
    for corridor in corridors {
        origins.entry(&corridor.destination).or_default().insert(corridor.origin.clone());
    }
    origins.into_iter()
}

fn key(sets: impl IntoIterator<Item = Codes>) -> KeyPattern {
    KeyPattern { sets: sets.into_iter().collect() }
}

fn one(code: &str) -> Codes {
    Some([Arc::from(code)].into())
}

fn some(codes: &BTreeSet<Arc<str>>) -> Codes {
    Some(codes.clone())
}

/// A key that no series has: its first code must be one of none.
fn nothing() -> KeyPattern {
    key([Some(BTreeSet::new())])
}
