//! The oracle: what a lane holds, as a plain map of cells, changed row by row.
//!
//! Written from the tables of SDMX-CSV 2.1 (what M, R and D do to an empty and to a filled cell) and from
//! DETAILS A4, C14-C16. What must not be here: any code of the hub, the client or their libraries, so that both
//! can be wrong only independently.

pub(crate) mod generate;
pub(crate) mod text;

use std::collections::{BTreeMap, BTreeSet};

/// The columns of the dataflow that histories are made of; see [`text::STRUCTURE`].
pub(crate) const DIMENSIONS: [&str; 3] = ["FREQ", "REF_AREA", "SEX"];
/// Measure and attributes of observations.
pub(crate) const OF_OBSERVATION: [&str; 5] =
    ["OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "CONF_REDIST", "COMMENT_OBS"];
/// Attributes of series.
pub(crate) const OF_SERIES: [&str; 2] = ["UNIT_MEASURE", "DEF_NOTE"];
/// Attributes of the whole dataset.
pub(crate) const OF_DATASET: [&str; 1] = ["METADATA_REF"];

/// Statuses that say there is no value.
const NO_VALUE: [&str; 5] = ["H", "L", "M", "O", "Q"];
/// Statuses beside which a value may stand or not.
const EITHER: [&str; 3] = ["J", "K", "S"];
/// What an absent OBS_STATUS stands for.
const USUAL_STATUS: &str = "A";
/// What an absent CONF_STATUS stands for, by the agreement; and the only one that is free.
const FREE: &str = "F";

/// Codes of a series, in the order of [`DIMENSIONS`].
pub(crate) type Series = [&'static str; 3];
/// Filled cells by component.
pub(crate) type Cells = BTreeMap<&'static str, String>;
/// What a reader has: per observation its filled cells, those of its series among them.
pub(crate) type Table = BTreeMap<(Series, u16), Cells>;

/// The letter in the column ACTION.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    Merge,
    Replace,
    Delete,
    Information,
    Append,
    /// The cell is empty.
    None,
}

/// A row of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) letter: Letter,
    /// Nothing: the cell is empty, which only a deletion may have.
    pub(crate) codes: [Option<&'static str>; 3],
    pub(crate) year: Option<u16>,
    pub(crate) cells: Cells,
}

/// A file and how it is sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Submission {
    pub(crate) rows: Vec<Row>,
    /// The file is all there is of the series with these codes, from the first to the last year of what it puts.
    pub(crate) complete: Option<[Option<&'static str>; 3]>,
    /// Seconds after it is sent until readers see it.
    pub(crate) embargo_s: Option<i64>,
}

/// What a lane holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) observations: BTreeMap<(Series, u16), Cells>,
    pub(crate) series: BTreeMap<Series, Cells>,
    pub(crate) dataset: Cells,
}

/// What becomes of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Refused,
    Unchanged,
    Accepted,
}

/// A lane: its submissions that are in force, oldest first, each with the second at which readers see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lane {
    accepted: Vec<(Submission, i64)>,
}

/// Who reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience {
    pub(crate) agency: &'static str,
    /// Sees what is under embargo.
    pub(crate) early: bool,
    /// Sees restricted cells.
    pub(crate) restricted: bool,
}

impl Letter {
    /// M, A, I and no letter are one.
    pub(crate) fn acts_like(self, other: Self) -> bool {
        (self.is_replace(), self.is_delete()) == (other.is_replace(), other.is_delete())
    }

    fn is_replace(self) -> bool {
        self == Self::Replace
    }

    pub(crate) fn is_delete(self) -> bool {
        self == Self::Delete
    }
}

impl Row {
    fn meets(&self, (series, year): &(Series, u16)) -> bool {
        self.meets_series(series) && self.year.is_none_or(|own| own == *year)
    }

    fn meets_series(&self, series: &Series) -> bool {
        fits(&self.codes, series)
    }

    /// Of a row that is no deletion.
    fn key(&self) -> (Series, u16) {
        (self.codes.map(|code| code.expect("only deletions have wildcards")), self.year.expect("a year"))
    }
}

fn fits(pattern: &[Option<&'static str>; 3], series: &Series) -> bool {
    pattern.iter().zip(series).all(|(wanted, code)| wanted.is_none_or(|wanted| wanted == *code))
}

impl State {
    /// One row of the table: what it does to what is there.
    fn apply(&mut self, row: &Row) {
        if row.letter.is_delete() {
            self.delete(row);
        } else {
            self.put(row);
        }
        // Without observations there is no series, and nothing that its attributes could be of.
        let left: BTreeSet<Series> = self.observations.keys().map(|(series, _)| *series).collect();
        self.series.retain(|series, _| left.contains(series));
    }

    fn put(&mut self, row: &Row) {
        let key = row.key();
        let cells = self.observations.entry(key).or_default();
        if row.letter.is_replace() {
            // An empty cell deletes at observation level and leaves what lies higher.
            cells.clear();
        }
        let status = row.cells.get("OBS_STATUS").map(String::as_str).unwrap_or_default();
        if NO_VALUE.contains(&status) || EITHER.contains(&status) {
            // DETAILS A4: with such a status an empty value clears.
            cells.remove("OBS_VALUE");
        }
        for (component, text) in &row.cells {
            let cells = match level(component) {
                Level::Observation => self.observations.entry(key).or_default(),
                Level::Series => self.series.entry(key.0).or_default(),
                Level::Dataset => &mut self.dataset,
            };
            cells.insert(component, text.clone());
        }
    }

    fn delete(&mut self, row: &Row) {
        if row.cells.is_empty() {
            self.observations.retain(|key, _| !row.meets(key));
            return;
        }
        for component in row.cells.keys() {
            match level(component) {
                Level::Observation => {
                    let met = self.observations.iter_mut().filter(|(key, _)| row.meets(key));
                    met.for_each(|(_, cells)| drop(cells.remove(component)));
                }
                Level::Series => {
                    let met = self.series.iter_mut().filter(|(series, _)| row.meets_series(series));
                    met.for_each(|(_, cells)| drop(cells.remove(component)));
                }
                Level::Dataset => drop(self.dataset.remove(component)),
            }
        }
    }

    /// Whether a value stands or lacks where its status says the contrary.
    fn is_sound(&self) -> bool {
        self.observations.values().all(|cells| {
            let status = cells.get("OBS_STATUS").map_or(USUAL_STATUS, String::as_str);
            fits_status(cells.contains_key("OBS_VALUE"), status)
        })
    }

    fn is_restricted(&self, key: &(Series, u16), audience: &Audience) -> bool {
        let Some(cells) = self.observations.get(key) else { return false };
        let status = cells.get("CONF_STATUS").map_or(FREE, String::as_str);
        let named = cells.get("CONF_REDIST").is_some_and(|agency| agency == audience.agency);
        status != FREE && !named && !audience.restricted
    }

    /// What an audience reads of this state, when the lane shows it `today` now: what is restricted in either is
    /// emptied but for its statuses (C14, C16).
    pub(crate) fn read_by(&self, today: &Self, audience: &Audience) -> Table {
        let hidden =
            |key: &(Series, u16)| self.is_restricted(key, audience) || today.is_restricted(key, audience);
        // The attributes of a series of which nothing can be seen tell of what is hidden.
        let open: BTreeSet<Series> =
            self.observations.keys().filter(|key| !hidden(key)).map(|(series, _)| *series).collect();
        let read = |(key, cells): (&(Series, u16), &Cells)| {
            let mut seen = cells.clone();
            if hidden(key) {
                seen.retain(|component, _| matches!(*component, "OBS_STATUS" | "CONF_STATUS"));
            }
            if open.contains(&key.0) {
                seen.extend(self.series.get(&key.0).cloned().unwrap_or_default());
            }
            (*key, seen)
        };
        self.observations.iter().map(read).collect()
    }
}

fn fits_status(has_value: bool, status: &str) -> bool {
    if has_value {
        !NO_VALUE.contains(&status)
    } else {
        NO_VALUE.contains(&status) || EITHER.contains(&status)
    }
}

enum Level {
    Observation,
    Series,
    Dataset,
}

fn level(component: &str) -> Level {
    if OF_SERIES.contains(&component) {
        Level::Series
    } else if OF_DATASET.contains(&component) {
        Level::Dataset
    } else {
        Level::Observation
    }
}

impl Submission {
    /// The state after it: the scope is emptied first, then row follows row.
    fn after(&self, state: &State) -> State {
        let mut state = state.clone();
        let years = self.rows.iter().filter(|row| !row.letter.is_delete()).filter_map(|row| row.year);
        if let (Some(pattern), Some(first), Some(last)) =
            (&self.complete, years.clone().min(), years.clone().max())
        {
            let scope =
                |(series, year): &(Series, u16)| fits(pattern, series) && (first..=last).contains(year);
            state.observations.retain(|key, _| !scope(key));
            let left: BTreeSet<Series> = state.observations.keys().map(|(series, _)| *series).collect();
            state.series.retain(|series, _| left.contains(series));
        }
        self.rows.iter().for_each(|row| state.apply(row));
        state
    }

    /// Whether each row for itself is in order, whatever is there.
    fn rows_are_sound(&self) -> bool {
        self.rows.iter().filter(|row| !row.letter.is_delete()).all(|row| {
            let has_value = row.cells.contains_key("OBS_VALUE");
            match row.cells.get("OBS_STATUS").map(String::as_str) {
                Some(status) if has_value || row.letter.is_replace() => fits_status(has_value, status),
                // A merge without value leaves one that is there.
                Some(_) => true,
                None => has_value || !row.letter.is_replace(),
            }
        })
    }
}

impl Lane {
    /// What may become of a submission that arrives.
    pub(crate) fn judge(&self, submission: &Submission, now_s: i64) -> &'static [Outcome] {
        let (before, mut next) = (self.full(), self.clone());
        next.accept(submission, now_s);
        let after = next.full();
        if !submission.rows_are_sound() || !after.is_sound() {
            return &[Outcome::Refused];
        }
        let is_ahead = |visible_from: &i64| *visible_from > now_s;
        let releases: Vec<i64> = next.accepted.iter().map(|(_, from)| *from).filter(is_ahead).collect();
        let shows_other = |second: &i64| next.released(*second) != self.released(*second);
        let changes = after != before || shows_other(&now_s) || releases.iter().any(shows_other);
        match (changes || self.accepted.is_empty(), releases.is_empty()) {
            (true, _) => &[Outcome::Accepted],
            (false, true) => &[Outcome::Unchanged],
            // Nobody will ever see a difference, except in the list of vintages.
            (false, false) => &[Outcome::Unchanged, Outcome::Accepted],
        }
    }

    /// A submission is in force.
    pub(crate) fn accept(&mut self, submission: &Submission, now_s: i64) {
        let embargo_s = submission.embargo_s.filter(|seconds| *seconds > 0).unwrap_or(0);
        self.accepted.push((submission.clone(), now_s + embargo_s));
    }

    /// The newest submission is taken back; false if there is none.
    pub(crate) fn withdraw(&mut self) -> bool {
        self.accepted.pop().is_some()
    }

    /// All that was recorded.
    pub(crate) fn full(&self) -> State {
        self.accepted.iter().fold(State::default(), |state, (submission, _)| submission.after(&state))
    }

    /// The fold, in the order in which they came, of what is released.
    pub(crate) fn released(&self, now_s: i64) -> State {
        let released = self.accepted.iter().filter(|(_, visible_from)| *visible_from <= now_s);
        released.fold(State::default(), |state, (submission, _)| submission.after(&state))
    }

    /// What somebody sees of the lane before any mask.
    pub(crate) fn shown_to(&self, audience: &Audience, now_s: i64) -> State {
        if audience.early { self.full() } else { self.released(now_s) }
    }
}
