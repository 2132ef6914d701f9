//! What can be known of a block without opening it.

use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::period::Period;

use crate::block::Digest;

/// The facts a manifest carries about one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// Its name.
    pub digest: Digest,
    /// Whether the name is keyed with the lane's key.
    pub keyed: bool,
    /// Uncompressed bytes.
    pub raw_bytes: u32,
    /// Number of series.
    pub series: u32,
    /// Number of observations.
    pub observations: u32,
    /// Key of its first series.
    pub first_key: Vec<Arc<str>>,
    /// Key of its last series.
    pub last_key: Vec<Arc<str>>,
    /// Per dimension, the codes that occur, ascending. Blocks of a page share equal sets: neighbours mostly have
    /// the same codes, and a lane of a thousand million observations has a hundred thousand blocks.
    pub codes: Vec<Arc<[Arc<str>]>>,
    /// The period that begins first.
    pub first_period: Period,
    /// The period that begins last.
    pub last_period: Period,
    /// Whether a cell has a CONF_STATUS other than F.
    pub restricted: bool,
    /// Whether a cell has no CONF_STATUS.
    pub unmarked: bool,
}

impl BlockInfo {
    /// The facts of canonical columns with at least one observation; the name is left blank.
    pub fn describe(columns: &Columns, raw_bytes: usize) -> Self {
        let (restricted, unmarked) = confidentiality(columns);
        let key = |series: usize| columns.key(series).to_vec();
        Self {
            digest: Digest([0; 32]),
            keyed: false,
            raw_bytes: raw_bytes as u32,
            series: columns.series_count() as u32,
            observations: columns.len() as u32,
            first_key: key(0),
            last_key: key(columns.series_count().saturating_sub(1)),
            codes: columns.dimensions.iter().map(|column| Arc::from(&*column.codes)).collect(),
            first_period: edge(columns, |a, b| a < b),
            last_period: edge(columns, |a, b| a > b),
            restricted,
            unmarked,
        }
    }

    /// Whether the block may hold selected observations.
    pub fn may_match(&self, selection: &Selection) -> bool {
        self.is_near(selection)
            && (selection.keys.is_empty() || selection.keys.iter().any(|key| self.may_match_key(key)))
    }

    /// Whether the block may hold periods of the selection's range.
    pub fn is_near(&self, selection: &Selection) -> bool {
        selection.start.is_none_or(|start| self.last_period.start() >= start.start())
            && selection.end.is_none_or(|end| self.first_period.start() < end.end())
    }

    /// Whether the block may hold series that match a key.
    pub fn may_match_key(&self, key: &KeyPattern) -> bool {
        self.codes.iter().enumerate().all(|(place, codes)| match key.set(place) {
            None => true,
            Some(set) if set.len() < codes.len() => set.iter().any(|code| codes.binary_search(code).is_ok()),
            Some(set) => codes.iter().any(|code| set.contains(code)),
        })
    }

    /// Whether all observations of the block are surely selected. A range with an end is never sure: a period
    /// may end later than the one that begins last.
    pub fn all_match(&self, selection: &Selection) -> bool {
        selection.end.is_none()
            && selection.start.is_none_or(|start| self.first_period.start() >= start.start())
            && (selection.keys.is_empty() || selection.keys.iter().any(|key| self.all_match_key(key)))
    }

    /// Whether all series of the block match a key.
    pub fn all_match_key(&self, key: &KeyPattern) -> bool {
        self.codes.iter().enumerate().all(|(place, codes)| {
            key.set(place)
                .is_none_or(|set| codes.len() <= set.len() && codes.iter().all(|code| set.contains(code)))
        })
    }
}

/// Periods ascend within a series, so only firsts and lasts can be the edge.
fn edge(columns: &Columns, better: impl Fn(Period, Period) -> bool) -> Period {
    let mut best: Option<Period> = None;
    for series in 0..columns.series_count() {
        let span = columns.observations(series);
        for place in [span.start, span.end - 1] {
            let period = columns.periods[place];
            if best.is_none_or(|best| better(period, best)) {
                best = Some(period);
            }
        }
    }
    best.unwrap_or(Period::ANY)
}

/// Whether a cell has a CONF_STATUS other than F, and whether one has none.
fn confidentiality(columns: &Columns) -> (bool, bool) {
    const ID: &str = "CONF_STATUS";
    let shape = &columns.shape;
    let column = match (shape.observation_attribute(ID), shape.series_attribute(ID)) {
        (Some(place), _) => &columns.observation_attributes[place],
        (None, Some(place)) => &columns.series_attributes[place],
        (None, None) => return (false, true),
    };
    if column.runs.is_empty() {
        return (false, true);
    }
    let free = |code: u32| column.value(code).and_then(|value| value.as_text()) == Some("F");
    let restricted = column.runs.runs().any(|(code, _)| code != 0 && !free(code));
    let unmarked = column.runs.runs().any(|(code, _)| code == 0);
    (restricted, unmarked)
}
