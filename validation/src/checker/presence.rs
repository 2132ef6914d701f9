//! What is there and what is missing: values beside their status, mandatory attributes, and the defaults that
//! stand for absent ones (DETAILS A4, F30).

use std::ops::Range;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Columns, NO_VALUE};
use mighub_sdmx::csv::Action;
use mighub_sdmx::structure::{
    AttributeDefault, AttributeLevel, AttributeUse, CodedBy, DataDefinition, DefaultSource, Usage,
};

use super::collector::{Collector, Details, SeriesCursor};
use crate::findings::{Entry, Findings};
use crate::rules::structure;
use crate::terms::{Stage, Terms};

const STATUS: &str = "OBS_STATUS";
/// Statuses beside which there is no value (DETAILS A4).
const WITHOUT_VALUE: [&str; 5] = ["H", "L", "M", "O", "Q"];
/// Statuses beside which there may be a value or not.
const WITH_OR_WITHOUT: [&str; 3] = ["J", "K", "S"];
/// What may stand in an empty value's place.
const VALUE_EXPECTED: &str = "a number, or OBS_STATUS H, J, K, L, M, O, Q or S";

/// What a status says about the value beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Value,
    NoValue,
    Either,
}

/// What is judged by presence.
pub(super) struct Presence {
    measure: Arc<str>,
    /// Place of OBS_STATUS among the attributes of observations.
    status: Option<usize>,
    /// Attributes that are mandatory or have defaults.
    wanted: Vec<Wanted>,
    defaults: Vec<KnownDefault>,
    /// Whether rows were seen that are their own result: of others it is only a guess what stands for
    /// something absent.
    has_seen_results: bool,
    /// What the statuses of the batch at hand say.
    says: Vec<Says>,
}

/// An attribute that must be there, be it by default.
struct Wanted {
    id: Arc<str>,
    level: AttributeLevel,
    /// Place among those of its level.
    place: usize,
    is_mandatory: bool,
    /// Places of its defaults among all; the first that holds counts.
    defaults: Vec<usize>,
    expected: String,
}

struct KnownDefault {
    default: AttributeDefault,
    source: DefaultSource,
    /// The dimension that decides whether it holds.
    decides: Option<usize>,
    is_applied: bool,
}

impl Presence {
    pub(super) fn new(definition: &DataDefinition, terms: &Terms) -> Self {
        let of_agreement = terms.defaults.iter().map(|default| (default, DefaultSource::Agreement));
        let of_dataflow = definition.defaults.iter().map(|default| (default, DefaultSource::Dataflow));
        let shape = &definition.shape;
        let known = |(default, source): (&AttributeDefault, DefaultSource)| {
            let place = |id: &str| shape.dimensions.iter().position(|dimension| **dimension == *id);
            let decides = default.when.as_ref().map(|when| place(&when.dimension));
            // A default that depends on a dimension which is not there never holds.
            let decides = match decides {
                None => None,
                Some(None) => return None,
                Some(place) => place,
            };
            Some(KnownDefault { default: default.clone(), source, decides, is_applied: false })
        };
        let defaults: Vec<KnownDefault> = of_agreement.chain(of_dataflow).filter_map(known).collect();
        let wanted = |used: &AttributeUse| {
            let id = &used.component.id;
            let place = match used.level {
                AttributeLevel::Observation => shape.observation_attribute(id)?,
                AttributeLevel::Series => shape.series_attribute(id)?,
                AttributeLevel::Dataset => 0,
            };
            let of_it = defaults.iter().enumerate().filter(|(_, known)| *known.default.attribute == **id);
            let of_it: Vec<usize> = of_it.map(|(nth, _)| nth).collect();
            let is_mandatory = used.usage == Usage::Mandatory;
            let expected = match &used.component.coded_by {
                CodedBy::Codelist(list) => format!("a code of {}", list.identity.id),
                CodedBy::Format(_) => "a value".to_owned(),
            };
            let level = used.level;
            (is_mandatory || !of_it.is_empty()).then(|| Wanted {
                id: id.clone(),
                level,
                place,
                is_mandatory,
                defaults: of_it,
                expected,
            })
        };
        Self {
            measure: definition.measure.id.clone(),
            status: shape.observation_attribute(STATUS),
            wanted: definition.attributes.iter().filter_map(wanted).collect(),
            defaults,
            has_seen_results: false,
            says: Vec::new(),
        }
    }

    /// Defaults that stood for something absent so far.
    pub(super) fn applied(&self) -> impl Iterator<Item = (&AttributeDefault, DefaultSource)> {
        self.defaults.iter().filter(|known| known.is_applied).map(|known| (&known.default, known.source))
    }

    /// Reports values that are missing without reason, and values that should not be there.
    pub(super) fn judge_values(&mut self, stage: Stage, collector: &mut Collector<'_>) {
        let Some(status) = self.status else { return };
        let columns = collector.columns;
        let column = &columns.observation_attributes[status];
        let has_empty = columns.scales.contains(&NO_VALUE);
        self.says.clear();
        self.says.extend(column.values.iter().map(says));
        if column.runs.is_empty() && has_empty {
            self.judge_run(None, 0..columns.len(), stage, &mut SeriesCursor::new(columns), collector);
        }
        if self.says.iter().all(|says| *says == Says::Value) && !has_empty {
            return;
        }
        let mut cursor = SeriesCursor::new(columns);
        for (code, range) in column.runs.runs() {
            let status = column.value(code).zip(self.says.get((code as usize).wrapping_sub(1)).copied());
            self.judge_run(status, range, stage, &mut cursor, collector);
        }
    }

    /// Judges observations with one status; nothing: it is absent.
    fn judge_run(
        &self,
        status: Option<(&AttributeValue, Says)>,
        range: Range<usize>,
        stage: Stage,
        cursor: &mut SeriesCursor<'_>,
        collector: &mut Collector<'_>,
    ) {
        let columns = collector.columns;
        let scales = &columns.scales[range.clone()];
        match status {
            Some((_, Says::Either)) => {}
            Some((status, Says::NoValue)) => {
                if scales.iter().all(|scale| *scale == NO_VALUE) {
                    return;
                }
                let text = status.as_text().unwrap_or_default();
                for observation in range.filter(|observation| columns.scales[*observation] != NO_VALUE) {
                    let at = (cursor.series_of(observation), observation);
                    let mark = text.bytes().next().map_or(0, i64::from);
                    collector.observation(&structure::VALUE_AND_STATUS, &self.measure, at, mark, || {
                        Details {
                            found: columns
                                .value(observation)
                                .map(|value| value.to_string())
                                .unwrap_or_default(),
                            expected: format!("an empty cell, because {STATUS} is {text}"),
                            ..Details::default()
                        }
                    });
                }
            }
            Some((_, Says::Value)) | None => {
                if !scales.contains(&NO_VALUE) {
                    return;
                }
                for observation in range.filter(|observation| columns.scales[*observation] == NO_VALUE) {
                    let at = (cursor.series_of(observation), observation);
                    self.judge_empty(status.map(|(status, _)| status), at, stage, collector);
                }
            }
        }
    }

    fn judge_empty(
        &self,
        status: Option<&AttributeValue>,
        at: (usize, usize),
        stage: Stage,
        collector: &mut Collector<'_>,
    ) {
        let columns = collector.columns;
        if collector.is_about_series(at.1) {
            return;
        }
        if !stage.has_whole_observations() {
            let is_silent = stage == Stage::Submitted(Action::Merge) && status.is_none();
            if is_silent && columns.is_bare(at.0, at.1) {
                collector.observation(&structure::SAYS_NOTHING, &self.measure, at, 0, || Details {
                    expected: VALUE_EXPECTED.to_owned(),
                    ..Details::default()
                });
            }
            return;
        }
        if status.is_none() && self.says_by_default(columns, at.0) != Says::Value {
            return;
        }
        let mark = status.and_then(AttributeValue::as_text).and_then(|text| text.bytes().next());
        collector.observation(
            &structure::VALUE_MISSING,
            &self.measure,
            at,
            mark.map_or(0, i64::from),
            || {
                let text = status.and_then(AttributeValue::as_text);
                let expected = match text {
                    Some(text) => format!("{VALUE_EXPECTED} in place of {text}"),
                    None => VALUE_EXPECTED.to_owned(),
                };
                Details { expected, ..Details::default() }
            },
        );
    }

    fn says_by_default(&self, columns: &Columns, series: usize) -> Says {
        let wanted = self.wanted.iter().find(|wanted| &*wanted.id == STATUS);
        let holding = wanted.and_then(|wanted| self.holding(wanted, columns, series));
        let default = holding.map(|place| &self.defaults[place].default.value);
        match default {
            Some(mighub_sdmx::structure::DefaultValue::Text(text)) => says_code(text),
            _ => Says::Value,
        }
    }

    /// Reports mandatory attributes that are missing, and takes note of defaults that stand for absent ones.
    pub(super) fn judge_attributes(&mut self, stage: Stage, collector: &mut Collector<'_>) {
        let columns = collector.columns;
        let mut applied = vec![];
        for wanted in &self.wanted {
            match wanted.level {
                AttributeLevel::Observation => {
                    let column = &columns.observation_attributes[wanted.place];
                    if has_absent(column) {
                        self.judge_observations(wanted, column, stage, collector, &mut applied);
                    }
                }
                AttributeLevel::Series => {
                    let column = &columns.series_attributes[wanted.place];
                    if has_absent(column) {
                        self.judge_series(wanted, column, stage, collector, &mut applied);
                    }
                }
                AttributeLevel::Dataset => {}
            }
        }
        if stage.has_whole_series() && !std::mem::replace(&mut self.has_seen_results, true) {
            self.defaults.iter_mut().for_each(|known| known.is_applied = false);
        }
        if stage.has_whole_series() || !self.has_seen_results {
            applied.into_iter().for_each(|place: usize| self.defaults[place].is_applied = true);
        }
    }

    fn judge_observations(
        &self,
        wanted: &Wanted,
        column: &AttributeColumn,
        stage: Stage,
        collector: &mut Collector<'_>,
        applied: &mut Vec<usize>,
    ) {
        let columns = collector.columns;
        let always = wanted.defaults.first().copied().filter(|first| self.defaults[*first].decides.is_none());
        let is_missing = wanted.is_mandatory && stage.has_whole_observations();
        let mut cursor = SeriesCursor::new(columns);
        let mut known: Option<(usize, Option<usize>)> = None;
        for observation in absent(column, columns.len()).flatten() {
            if collector.is_about_series(observation) {
                continue;
            }
            if let Some(always) = always {
                return applied.push(always);
            }
            let series = cursor.series_of(observation);
            let holding = match known {
                Some((of, holding)) if of == series => holding,
                _ => self.holding(wanted, columns, series),
            };
            if known != Some((series, holding)) {
                known = Some((series, holding));
                note(applied, holding);
            }
            if holding.is_none() && is_missing {
                let rule = &structure::ATTRIBUTE_MISSING;
                let details = || Details { expected: wanted.expected.clone(), ..Details::default() };
                collector.observation(rule, &wanted.id, (series, observation), 0, details);
            }
        }
    }

    fn judge_series(
        &self,
        wanted: &Wanted,
        column: &AttributeColumn,
        stage: Stage,
        collector: &mut Collector<'_>,
        applied: &mut Vec<usize>,
    ) {
        let columns = collector.columns;
        let is_missing = wanted.is_mandatory && stage.has_whole_series();
        for series in absent(column, columns.series_count()).flatten() {
            let holding = self.holding(wanted, columns, series);
            note(applied, holding);
            if holding.is_none() && is_missing {
                let details = Details { expected: wanted.expected.clone(), ..Details::default() };
                collector.series(&structure::ATTRIBUTE_MISSING, &wanted.id, series, details);
            }
        }
    }

    /// Reports mandatory attributes of the dataset that are not given.
    pub(super) fn judge_dataset(
        &mut self,
        given: &[(Arc<str>, Option<AttributeValue>)],
        stage: Stage,
        findings: &mut Findings,
    ) {
        for wanted in self.wanted.iter().filter(|wanted| wanted.level == AttributeLevel::Dataset) {
            if given.iter().any(|(id, value)| *id == wanted.id && value.is_some()) {
                continue;
            }
            match wanted.defaults.iter().find(|place| self.defaults[**place].decides.is_none()) {
                Some(place) => self.defaults[*place].is_applied = true,
                None if wanted.is_mandatory && stage.has_whole_series() => findings.add(Entry {
                    component: wanted.id.clone(),
                    expected: wanted.expected.clone(),
                    ..Entry::new(&structure::ATTRIBUTE_MISSING)
                }),
                None => {}
            }
        }
    }

    /// The default that stands for an absent attribute in a series, by its place.
    fn holding(&self, wanted: &Wanted, columns: &Columns, series: usize) -> Option<usize> {
        wanted.defaults.iter().copied().find(|place| {
            let known = &self.defaults[*place];
            match (known.decides, &known.default.when) {
                (Some(dimension), Some(when)) => when.codes.contains(&**columns.code(series, dimension)),
                _ => true,
            }
        })
    }
}

fn note(applied: &mut Vec<usize>, holding: Option<usize>) {
    if let Some(place) = holding
        && applied.last() != Some(&place)
        && !applied.contains(&place)
    {
        applied.push(place);
    }
}

fn has_absent(column: &AttributeColumn) -> bool {
    column.runs.is_empty() || column.runs.runs().any(|(code, _)| code == 0)
}

/// The stretches of entries without value.
fn absent(column: &AttributeColumn, entries: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let all = column.runs.is_empty().then_some(0..entries);
    let some = column.runs.runs().filter(|(code, _)| *code == 0).map(|(_, range)| range);
    all.into_iter().chain(some)
}

fn says(status: &AttributeValue) -> Says {
    status.as_text().map_or(Says::Value, says_code)
}

fn says_code(code: &str) -> Says {
    if WITHOUT_VALUE.contains(&code) {
        Says::NoValue
    } else if WITH_OR_WITHOUT.contains(&code) {
        Says::Either
    } else {
        Says::Value
    }
}
