//! Shares of governments that hold a view, from MIG_POLICY.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::{Decimal, Period};

use crate::aggregate::HIDDEN_MEMBERS_MAX;

/// The answer of a government that did not answer.
const NO_ANSWER: &str = "_U";

/// Answers of governments on one topic and aspect.
#[derive(Clone, Debug)]
pub struct Views {
    topic: Arc<str>,
    aspect: Arc<str>,
    /// By period and government.
    answers: BTreeMap<(Period, Arc<str>), Answers>,
}

/// The answers of one government; nothing stands for one that may not be seen.
type Answers = BTreeSet<Option<Arc<str>>>;

/// How many governments of a region hold which view in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Members of the region.
    pub members: usize,
    /// Governments that answered, the denominator of shares.
    pub answered: usize,
    /// Members whose government did not answer, by silence or by `_U`.
    pub silent: Vec<Arc<str>>,
    /// Members with several answers in one period; they are not counted.
    pub contradictory: Vec<Arc<str>>,
    /// Answers that may not be seen; with one or two of them nothing is told.
    pub hidden: usize,
    /// Governments by answer; empty if hidden.
    pub by_value: BTreeMap<Arc<str>, usize>,
}

impl Shares {
    /// The share of governments that answered which hold a view, to four digits.
    pub fn share(&self, value: &str) -> Option<Decimal> {
        if self.by_value.is_empty() {
            return None;
        }
        let (count, answered) = (self.by_value.get(value).copied().unwrap_or(0) as i64, self.answered as i64);
        Some(Decimal { unscaled: (count * 20_000 + answered) / (2 * answered), scale: 4 })
    }
}

impl Views {
    /// None yet.
    pub fn new(topic: &str, aspect: &str) -> Self {
        Self { topic: Arc::from(topic), aspect: Arc::from(aspect), answers: BTreeMap::new() }
    }

    /// Takes answers from columns of MIG_POLICY; others give none.
    pub fn push(&mut self, columns: &Columns) {
        let place = |id: &str| columns.shape.dimensions.iter().position(|dimension| &**dimension == id);
        let places =
            (place("REF_AREA"), place("POLICY_TOPIC"), place("POLICY_ASPECT"), place("POLICY_VALUE"));
        let (Some(area), Some(topic), Some(aspect), Some(value)) = places else { return };
        let confidentiality = columns.shape.observation_attribute("CONF_STATUS");
        for series in 0..columns.series_count() {
            let code = |place: usize| columns.code(series, place);
            if *code(topic) != self.topic || *code(aspect) != self.aspect {
                continue;
            }
            for observation in columns.observations(series) {
                let status = confidentiality
                    .and_then(|place| columns.observation_attributes[place].get(observation)?.as_text());
                let answer = match columns.value(observation) {
                    Some(_) => Some(code(value).clone()),
                    None if status.is_some_and(|status| status != "F") => None,
                    None => continue,
                };
                let key = (columns.periods[observation], code(area).clone());
                self.answers.entry(key).or_default().insert(answer);
            }
        }
    }

    /// Periods with answers.
    pub fn periods(&self) -> BTreeSet<Period> {
        self.answers.keys().map(|(period, _)| *period).collect()
    }

    /// The shares in a region in a period.
    pub fn shares(&self, members: &BTreeSet<Arc<str>>, period: Period) -> Shares {
        let mut shares = Shares { members: members.len(), ..Shares::default() };
        for member in members {
            let answers = self.answers.get(&(period, member.clone()));
            let mut answers = answers.into_iter().flatten();
            match (answers.next(), answers.next()) {
                (None, _) => shares.silent.push(member.clone()),
                (Some(None), _) | (_, Some(None)) => shares.hidden += 1,
                (Some(Some(_)), Some(Some(_))) => shares.contradictory.push(member.clone()),
                (Some(Some(answer)), None) if &**answer == NO_ANSWER => shares.silent.push(member.clone()),
                (Some(Some(answer)), None) => *shares.by_value.entry(answer.clone()).or_default() += 1,
            }
        }
        shares.answered = shares.by_value.values().sum();
        if (1..=HIDDEN_MEMBERS_MAX).contains(&shares.hidden) {
            shares.by_value.clear();
        }
        shares
    }
}
