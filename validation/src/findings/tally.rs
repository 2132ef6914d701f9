//! Counts findings rule by rule while they pass in order.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Entry;
use crate::finding::{ComponentSample, FindingGroup, RuleNotRun, Summary, ValueCount};

/// Distinct values of one component that are counted for one rule. More are not told apart: what matters is
/// where findings concentrate.
pub const VALUES_COUNTED: usize = 1_000;
/// Most frequent values that a sample lists.
pub const SAMPLE_VALUES: usize = 10;
/// Components that are counted for one rule; data structures have some dozens.
const COMPONENTS_COUNTED: usize = 100;
/// Fewer findings than these concentrate nowhere.
const CONCENTRATION_FINDINGS: u64 = 8;
/// Nor do those that have fewer distinct codes in a dimension.
const CONCENTRATION_VALUES: usize = 3;

/// Counts in one pass over findings that come in the order of reports.
pub(super) struct Tally<'d> {
    dimensions: &'d [Arc<str>],
    time: &'d Arc<str>,
    summary: Summary,
    /// Of the group that is open: by component, what was found there.
    about: Vec<(Arc<str>, Values)>,
    /// By dimension and, last, by period.
    within: Vec<Values>,
}

#[derive(Clone, Default)]
struct Values {
    counts: HashMap<Arc<str>, u64>,
    total: u64,
}

impl<'d> Tally<'d> {
    pub(super) fn new(dimensions: &'d [Arc<str>], time: &'d Arc<str>) -> Self {
        Self { dimensions, time, summary: Summary::default(), about: Vec::new(), within: Vec::new() }
    }

    pub(super) fn count(&mut self, entry: &Entry) {
        if self.summary.groups.last().is_none_or(|group| group.rule_id != entry.rule.id()) {
            self.close();
            self.summary.groups.push(FindingGroup::new(&entry.rule));
            self.within = vec![Values::default(); self.dimensions.len() + 1];
        }
        self.summary.counts.add(entry.rule.severity());
        if let Some(group) = self.summary.groups.last_mut() {
            group.count += 1;
            group.occurrences += entry.occurrences.max(1);
        }
        let known = self.about.iter().position(|(component, _)| *component == entry.component);
        let place = known.or_else(|| {
            let is_new = !entry.component.is_empty() && self.about.len() < COMPONENTS_COUNTED;
            is_new.then(|| {
                self.about.push((entry.component.clone(), Values::default()));
                self.about.len() - 1
            })
        });
        if let Some(place) = place {
            self.about[place].1.add(&Arc::from(&*entry.found));
        }
        let Some(key) = &entry.key else { return };
        for (values, code) in self.within.iter_mut().zip(key.iter()) {
            values.add(code);
        }
        if let (Some(values), [period]) = (self.within.last_mut(), &entry.periods[..]) {
            values.add(&Arc::from(period.to_string()));
        }
    }

    pub(super) fn finish(mut self, mut not_run: Vec<RuleNotRun>) -> Summary {
        self.close();
        not_run.sort_unstable();
        not_run.dedup();
        Summary { not_run, ..self.summary }
    }

    fn close(&mut self) {
        let Some(group) = self.summary.groups.last_mut() else { return };
        let mut about = std::mem::take(&mut self.about);
        about.sort_by(|(a, a_values), (b, b_values)| {
            b_values.total.cmp(&a_values.total).then_with(|| a.cmp(b))
        });
        group.components = about.into_iter().map(|(component, values)| values.sample(component)).collect();
        let names = self.dimensions.iter().chain([self.time]);
        let within = names.zip(std::mem::take(&mut self.within));
        let within = within.filter(|(id, values)| {
            let is_about = group.components.iter().any(|sample| sample.component == **id);
            !is_about && values.is_concentrated(group.count)
        });
        let mut within: Vec<_> = within.map(|(id, values)| values.sample(id.clone())).collect();
        let most = |sample: &ComponentSample| sample.values.first().map_or(0, |value| value.count);
        within.sort_by_key(|sample| std::cmp::Reverse(most(sample)));
        group.components.extend(within);
    }
}

impl Values {
    fn add(&mut self, value: &Arc<str>) {
        self.total += 1;
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
        } else if self.counts.len() < VALUES_COUNTED {
            self.counts.insert(value.clone(), 1);
        }
    }

    /// Whether one of several codes has at least half of all findings. Totals always have most.
    fn is_concentrated(&self, findings: u64) -> bool {
        let most = self.counts.iter().max_by_key(|(code, count)| (**count, std::cmp::Reverse(*code)));
        let (is_total, most) = most.map_or((true, 0), |(code, count)| (code.starts_with('_'), *count));
        !is_total
            && findings >= CONCENTRATION_FINDINGS
            && self.counts.len() >= CONCENTRATION_VALUES
            && 2 * most >= findings
    }

    fn sample(self, component: Arc<str>) -> ComponentSample {
        let distinct = self.counts.len() as u64;
        let mut values: Vec<_> =
            self.counts.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        values.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values.truncate(SAMPLE_VALUES);
        ComponentSample { component, values, distinct }
    }
}
