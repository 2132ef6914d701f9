//! A finding while it is collected: only what differs from finding to finding of one rule.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use data_encoding::{Encoding, Specification};
use mighub_sdmx::period::Period;

use crate::finding::{
    FOUND_CHARACTERS, Finding, OBSERVATIONS_LISTED, ObservationRef, Place, SUGGESTIONS_MAX,
};
use crate::rule::{AnyRule, Rule};

/// Bytes of the digest that are an id: enough that no two of any number of findings are alike.
const ID_BYTES: usize = 16;

/// One finding. Orders as reports do: errors first, then by rule, series and period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) rule: AnyRule,
    /// Which part of a rule that asks for several things, such as the partition of a sum; mostly empty.
    pub(crate) part: Arc<str>,
    /// The series; nothing if the finding is about the file.
    pub(crate) key: Option<Arc<[Arc<str>]>>,
    /// The first of the periods concerned; none: the whole series.
    pub(crate) periods: Vec<Period>,
    /// The first of the rows, ascending.
    pub(crate) rows: Vec<u64>,
    /// The row to look at first, where it is not the first in the file.
    pub(crate) main_row: Option<u64>,
    pub(crate) line: Option<u64>,
    /// Column of the file, from 0, where the component does not tell it.
    pub(crate) column: Option<usize>,
    pub(crate) component: Arc<str>,
    /// Observations of other series that take part, such as the parts of a sum.
    pub(crate) others: Vec<(Arc<[Arc<str>]>, Period)>,
    pub(crate) occurrences: u64,
    pub(crate) found: String,
    pub(crate) expected: String,
    pub(crate) arithmetic: String,
    /// In place of the rule's own.
    pub(crate) remedy: Option<String>,
    pub(crate) suggestions: Vec<Arc<str>>,
}

impl Entry {
    /// A finding about a file, so far without any detail.
    pub(crate) fn new(rule: &'static Rule) -> Self {
        Self::of(AnyRule::BuiltIn(rule))
    }

    /// The same for a rule of either kind.
    pub(crate) fn of(rule: AnyRule) -> Self {
        Self {
            rule,
            part: Arc::from(""),
            key: None,
            periods: Vec::new(),
            rows: Vec::new(),
            main_row: None,
            line: None,
            column: None,
            component: Arc::from(""),
            others: Vec::new(),
            occurrences: 0,
            found: String::new(),
            expected: String::new(),
            arithmetic: String::new(),
            remedy: None,
            suggestions: Vec::new(),
        }
    }

    /// One more observation of the series.
    pub(crate) fn observed(&mut self, period: Option<Period>, row: Option<u64>) {
        self.occurrences += 1;
        if self.periods.len() < OBSERVATIONS_LISTED {
            self.periods.extend(period);
        }
        self.add_row(row);
    }

    /// Keeps the rows that stand first in the file, ascending.
    pub(crate) fn add_row(&mut self, row: Option<u64>) {
        let Some(row) = row else { return };
        if let Err(place) = self.rows.binary_search(&row) {
            self.rows.insert(place, row);
            self.rows.truncate(OBSERVATIONS_LISTED);
        }
    }

    /// Whether both have one id.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let named = |entry: &Self| {
            (entry.rule.clone(), entry.part.clone(), entry.key.clone(), entry.component.clone())
        };
        let found = !self.is_told_apart_by_content() || self.found == other.found;
        let place = self.key.is_some() || (&self.rows, self.line) == (&other.rows, other.line);
        named(self) == named(other) && self.periods == other.periods && found && place
    }

    /// Takes over what another of the same id has seen. Found twice in one place counts once.
    pub(crate) fn absorb(&mut self, other: Self) {
        let known = other.rows.iter().filter(|row| self.rows.binary_search(row).is_ok()).count();
        if known == other.rows.len() {
            self.occurrences = self.occurrences.max(other.occurrences);
            return;
        }
        self.occurrences += other.occurrences.saturating_sub(known as u64);
        other.rows.into_iter().for_each(|row| self.add_row(Some(row)));
    }

    /// About bytes of memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        let texts = self.found.len()
            + self.expected.len()
            + self.arithmetic.len()
            + self.remedy.as_ref().map_or(0, String::len);
        let key = self.key.as_ref().map_or(0, |key| key.len() * size_of::<Arc<str>>());
        let others = self.others.iter().map(|(key, _)| 24 + key.len() * size_of::<Arc<str>>()).sum::<usize>();
        size_of::<Self>() + texts + key + others + 8 * (self.periods.len() + self.rows.len())
    }

    /// Cells of a file may be unreadable in several ways where no key tells them apart.
    fn is_told_apart_by_content(&self) -> bool {
        self.rule.level() == 0 || self.key.is_none()
    }

    fn id(&self) -> String {
        static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
            let mut specification = Specification::new();
            specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
            specification.encoding().expect("thirty-two different symbols")
        });
        let mut hasher = blake3::Hasher::new();
        let mut part = |text: &[u8]| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text);
        };
        part(self.rule.id().as_bytes());
        part(self.component.as_bytes());
        part(&(self.key.as_ref().map_or(0, |key| key.len()) as u64).to_le_bytes());
        for code in self.key.iter().flat_map(|key| key.iter()) {
            part(code.as_bytes());
        }
        part(&(self.periods.len() as u64).to_le_bytes());
        for period in &self.periods {
            part(&period.packed().to_le_bytes());
        }
        if self.is_told_apart_by_content() {
            part(self.found.as_bytes());
        }
        if !self.part.is_empty() {
            part(self.part.as_bytes());
        }
        if self.key.is_none() {
            self.rows.iter().for_each(|row| part(&row.to_le_bytes()));
            part(&self.line.unwrap_or(0).to_le_bytes());
        }
        CROCKFORD.encode(&hasher.finalize().as_bytes()[..ID_BYTES])
    }

    /// The finding in full.
    pub(crate) fn into_finding(self) -> Finding {
        let finding_id = self.id();
        let component = &self.component;
        let observation = |series_key: &Arc<[Arc<str>]>, period: String| ObservationRef {
            series_key: series_key.clone(),
            period,
            component: component.clone(),
        };
        let mut observations = match &self.key {
            None => Vec::new(),
            Some(key) if self.periods.is_empty() => vec![observation(key, String::new())],
            Some(key) => self.periods.iter().map(|period| observation(key, period.to_string())).collect(),
        };
        let others = self.others.iter().map(|(key, period)| observation(key, period.to_string()));
        let room = OBSERVATIONS_LISTED.saturating_sub(observations.len());
        observations.extend(others.take(room));
        let is_placed = !self.rows.is_empty() || self.line.is_some() || self.column.is_some();
        let place = is_placed.then(|| Place {
            row: self.main_row.or(self.rows.first().copied()).unwrap_or(0),
            line: self.line,
            column: self.column,
            component: component.clone(),
            address: None,
        });
        let mut suggestions = self.suggestions;
        suggestions.truncate(SUGGESTIONS_MAX);
        Finding {
            finding_id,
            rule_id: self.rule.id().to_owned(),
            severity: self.rule.severity(),
            level: self.rule.level(),
            title: self.rule.title().to_owned(),
            observations,
            occurrences: self.occurrences.max(1),
            place,
            rows: self.rows,
            found: self.found,
            expected: self.expected,
            arithmetic: self.arithmetic,
            remedy: self.remedy.unwrap_or_else(|| self.rule.remedy().to_owned()),
            suggestions,
        }
    }
}

/// A piece of the data, short enough to be repeated.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(FOUND_CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let rule = |entry: &Self| entry.rule.severity();
        rule(self)
            .cmp(&rule(other))
            .then_with(|| self.rule.id().cmp(other.rule.id()))
            .then_with(|| self.key.cmp(&other.key))
            .then_with(|| self.periods.cmp(&other.periods))
            .then_with(|| self.component.cmp(&other.component))
            .then_with(|| self.part.cmp(&other.part))
            .then_with(|| self.found.cmp(&other.found))
            .then_with(|| (&self.rows, self.line).cmp(&(&other.rows, other.line)))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
