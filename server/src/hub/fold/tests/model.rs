//! Rows and what becomes of them, in plain maps: the table of actions of the SDMX-CSV guide and DETAILS A4, row by
//! row. Knows nothing of blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::v1::PartAction;

pub(super) type Text = Option<Arc<str>>;

/// The cells of an observation, or of a row about one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cells {
    pub(super) value: Option<i64>,
    pub(super) attributes: [Text; 4],
}

impl Cells {
    pub(super) fn is_bare(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Series {
    pub(super) attributes: [Text; 2],
    pub(super) observations: BTreeMap<u16, Cells>,
}

/// Area and sex; the empty code is a wildcard.
pub(super) type Key = [Arc<str>; 2];
pub(super) type Content = BTreeMap<Key, Series>;

/// The rows of one part about one key: without period, and by year.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) attributes: [Text; 2],
    pub(super) general: Option<Cells>,
    pub(super) by_year: BTreeMap<u16, Cells>,
}

#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) action: PartAction,
    pub(super) rows: BTreeMap<Key, Rows>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Submission {
    /// Area and first year of what it is complete for.
    pub(super) complete: Option<(Option<Arc<str>>, Option<u16>)>,
    pub(super) parts: Vec<Sent>,
    /// What absent CONF_STATUS and UNIT_MULT stand for.
    pub(super) absent: [Text; 2],
    /// Whether REF_DATE and, for women, TITLE have defaults.
    pub(super) dated: bool,
}

pub(super) const ABSENT_IDS: [&str; 2] = ["CONF_STATUS", "UNIT_MULT"];

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) content: Content,
    pub(super) absent: BTreeMap<&'static str, Arc<str>>,
}

impl Model {
    pub(super) fn send(&mut self, submission: &Submission) {
        let mut given: BTreeMap<&'static str, Arc<str>> = BTreeMap::new();
        for (id, value) in ABSENT_IDS.iter().zip(&submission.absent) {
            given.extend(value.clone().map(|value| (*id, value)));
        }
        let is_afresh = self.content.is_empty() || submission.complete.as_ref() == Some(&(None, None));
        if let Some((area, from)) = &submission.complete {
            self.content.retain(|key, series| {
                let here = area.as_ref().is_none_or(|area| *area == key[0]);
                series.observations.retain(|year, _| !(here && from.is_none_or(|from| *year >= from)));
                !series.observations.is_empty()
            });
        }
        // What was silent before keeps its meaning.
        let mut written = BTreeMap::new();
        if !is_afresh {
            for (id, value) in self.absent.clone() {
                if given.get(id) != Some(&value) {
                    self.write_everywhere(id, &value);
                }
            }
            written = given.clone();
            written.retain(|id, _| !self.absent.contains_key(id));
            given.retain(|id, _| self.absent.contains_key(id));
        }
        self.absent = given;
        for part in &submission.parts {
            for (key, rows) in &part.rows {
                match part.action {
                    PartAction::Delete => self.delete(key, rows, submission.dated, &written),
                    action => self.put(action, key, rows, submission.dated, &written),
                }
            }
        }
    }

    fn write_everywhere(&mut self, id: &str, value: &Arc<str>) {
        for series in self.content.values_mut() {
            match id {
                "UNIT_MULT" => {
                    series.attributes[1].get_or_insert_with(|| value.clone());
                }
                _ => series.observations.values_mut().for_each(|cells| {
                    cells.attributes[1].get_or_insert_with(|| value.clone());
                }),
            }
        }
    }

    fn put(
        &mut self,
        action: PartAction,
        key: &Key,
        rows: &Rows,
        dated: bool,
        written: &BTreeMap<&str, Arc<str>>,
    ) {
        if rows.by_year.is_empty() && !self.content.contains_key(key) {
            return;
        }
        let series = self.content.entry(key.clone()).or_default();
        for (year, row) in &rows.by_year {
            let cells = series.observations.entry(*year).or_default();
            if action == PartAction::Replace {
                *cells = row.clone();
            } else {
                let status = row.attributes[0].as_deref().unwrap_or("A");
                if row.value.is_some() || ["H", "L", "M", "O", "Q", "J", "K", "S"].contains(&status) {
                    cells.value = row.value;
                }
                for (old, new) in cells.attributes.iter_mut().zip(&row.attributes) {
                    *old = new.clone().or(old.take());
                }
            }
            write_defaults(cells, *year, dated, written);
        }
        for (old, new) in series.attributes.iter_mut().zip(&rows.attributes) {
            *old = new.clone().or(old.take());
        }
        write_series_defaults(key, &mut series.attributes, [true; 2], dated, written);
    }

    fn delete(&mut self, pattern: &Key, rows: &Rows, dated: bool, written: &BTreeMap<&str, Arc<str>>) {
        for (key, series) in &mut self.content {
            if !key.iter().zip(pattern).all(|(code, wanted)| wanted.is_empty() || code == wanted) {
                continue;
            }
            let names_attributes = rows.attributes.iter().any(Option::is_some);
            let general = rows.general.iter().map(|cells| (None, cells));
            for (year, row) in general.chain(rows.by_year.iter().map(|(year, cells)| (Some(*year), cells))) {
                if row.is_bare() && !(year.is_none() && names_attributes) {
                    series.observations.retain(|of, _| year.is_some_and(|year| year != *of));
                    continue;
                }
                for (of, cells) in &mut series.observations {
                    if year.is_some_and(|year| year != *of) || row.is_bare() {
                        continue;
                    }
                    cells.value = cells.value.filter(|_| row.value.is_none());
                    for (old, gone) in cells.attributes.iter_mut().zip(&row.attributes) {
                        *old = old.take().filter(|_| gone.is_none());
                    }
                    write_defaults(cells, *of, dated, written);
                }
            }
            let gone = [0, 1].map(|place| rows.attributes[place].is_some());
            for (old, gone) in series.attributes.iter_mut().zip(gone) {
                *old = old.take().filter(|_| !gone);
            }
            write_series_defaults(key, &mut series.attributes, gone, dated, written);
        }
        self.content.retain(|_, series| !series.observations.is_empty());
    }
}

pub(super) fn write_defaults(cells: &mut Cells, year: u16, dated: bool, written: &BTreeMap<&str, Arc<str>>) {
    if dated {
        cells.attributes[2].get_or_insert_with(|| Arc::from(format!("{year}-01-01")));
    }
    if let Some(value) = written.get("CONF_STATUS") {
        cells.attributes[1].get_or_insert_with(|| value.clone());
    }
}

pub(super) fn write_series_defaults(
    key: &Key,
    attributes: &mut [Text; 2],
    places: [bool; 2],
    dated: bool,
    written: &BTreeMap<&str, Arc<str>>,
) {
    if dated && &*key[1] == "F" && places[0] {
        attributes[0].get_or_insert_with(|| Arc::from("Women"));
    }
    if let (Some(value), true) = (written.get("UNIT_MULT"), places[1]) {
        attributes[1].get_or_insert_with(|| value.clone());
    }
}
