//! Values of attributes: every distinct value is judged once in a batch.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, AttributeValue};
use mighub_sdmx::structure::{AttributeLevel, AttributeUse, CodedBy, DataDefinition};

use super::codes::{allowed, unknown};
use super::collector::{Collector, Details, SeriesCursor};
use super::text_form::TextForm;
use crate::findings::{Entry, Findings, clip};
use crate::rule::Rule;
use crate::rules::structure;
use crate::suggest::Nearest;

/// The attributes of a dataflow.
pub(super) struct Attributes {
    attributes: Vec<AttributeJudge>,
}

struct AttributeJudge {
    used: AttributeUse,
    /// Place among those of its level.
    place: Option<usize>,
    form: Option<TextForm>,
    nearest: Option<Nearest>,
}

impl Attributes {
    pub(super) fn new(definition: &DataDefinition) -> Self {
        let judge = |used: &AttributeUse| {
            let id = &used.component.id;
            let place = match used.level {
                AttributeLevel::Observation => definition.shape.observation_attribute(id),
                AttributeLevel::Series => definition.shape.series_attribute(id),
                AttributeLevel::Dataset => None,
            };
            AttributeJudge::new(used, place)
        };
        Self { attributes: definition.attributes.iter().map(judge).collect() }
    }

    /// Patterns that cannot be held against values, by component.
    pub(super) fn not_run(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        self.attributes
            .iter()
            .filter_map(|judge| Some((&judge.used.component.id, judge.form.as_ref()?.not_run()?)))
    }

    /// Reports values that are not what their attribute may have.
    pub(super) fn judge(&mut self, collector: &mut Collector<'_>) {
        let columns = collector.columns;
        for judge in &mut self.attributes {
            let Some(place) = judge.place else { continue };
            let by_series = judge.used.level == AttributeLevel::Series;
            let attributes =
                if by_series { &columns.series_attributes } else { &columns.observation_attributes };
            judge.judge(&attributes[place], by_series, collector);
        }
    }

    /// Reports values of attributes of the dataset.
    pub(super) fn judge_dataset(
        &mut self,
        given: &[(Arc<str>, Option<AttributeValue>)],
        findings: &mut Findings,
    ) {
        for (id, value) in given {
            let judge = self.attributes.iter_mut().find(|judge| judge.used.component.id == *id);
            let (Some(judge), Some(value)) = (judge, value) else { continue };
            let Some(rule) = judge.broken(value) else { continue };
            let details = judge.details(rule, value);
            findings.add(Entry {
                component: id.clone(),
                found: clip(&details.found),
                expected: details.expected,
                remedy: details.remedy,
                suggestions: details.suggestions,
                ..Entry::new(rule)
            });
        }
    }
}

impl AttributeJudge {
    fn new(used: &AttributeUse, place: Option<usize>) -> Self {
        let (mut form, mut nearest) = (None, None);
        match &used.component.coded_by {
            CodedBy::Codelist(list) => {
                let usable = list.codes().iter().map(|code| used.component.admits(&code.id)).collect();
                nearest = Some(Nearest::new(list.clone(), usable));
            }
            CodedBy::Format(format) => form = Some(TextForm::new(format)),
        }
        Self { used: used.clone(), place, form, nearest }
    }

    fn judge(&mut self, column: &AttributeColumn, by_series: bool, collector: &mut Collector<'_>) {
        if column.values.iter().all(|value| self.broken(value).is_none()) {
            return;
        }
        let broken: Vec<_> = column.values.iter().map(|value| self.broken(value)).collect();
        let id = self.used.component.id.clone();
        let mut cursor = SeriesCursor::new(collector.columns);
        for (code, entries) in column.runs.runs() {
            let Some(value) = column.value(code) else { continue };
            let Some(rule) = broken[code as usize - 1] else { continue };
            for entry in entries {
                if by_series {
                    let details = self.details(rule, value);
                    collector.series(rule, &id, entry, details);
                } else {
                    let at = (cursor.series_of(entry), entry);
                    collector.observation(rule, &id, at, i64::from(code), || self.details(rule, value));
                }
            }
        }
    }

    fn broken(&self, value: &AttributeValue) -> Option<&'static Rule> {
        match value {
            AttributeValue::Text(text) => self.broken_text(text),
            AttributeValue::Many(values) => {
                let has_languages = values.iter().flatten().any(|part| !part.language.is_empty());
                let is_several = values.len() > 1 && !self.used.multi_valued;
                if is_several || (has_languages && !self.used.multilingual) {
                    return Some(&structure::SEVERAL_VALUES);
                }
                values.iter().flatten().find_map(|part| self.broken_text(&part.text))
            }
        }
    }

    fn broken_text(&self, text: &str) -> Option<&'static Rule> {
        let component = &self.used.component;
        if component.coded_by.codelist().is_some_and(|list| list.get(text).is_none()) {
            return Some(&structure::CODE_NOT_IN_LIST);
        }
        if self.form.as_ref().is_some_and(|form| !form.holds(text)) {
            return Some(&structure::TEXT_FORM);
        }
        (!component.admits(text)).then_some(&structure::CODE_NOT_ALLOWED)
    }

    fn details(&mut self, rule: &'static Rule, value: &AttributeValue) -> Details {
        let found = match value {
            AttributeValue::Text(text) => text.to_string(),
            AttributeValue::Many(values) => {
                let parts = || values.iter().flatten();
                let bad = parts().find(|part| self.broken_text(&part.text).is_some());
                match bad {
                    Some(part) if !std::ptr::eq(rule, &structure::SEVERAL_VALUES) => part.text.to_string(),
                    _ => parts().map(|part| &*part.text).collect::<Vec<_>>().join("; "),
                }
            }
        };
        if let (Some(nearest), true) = (&mut self.nearest, std::ptr::eq(rule, &structure::CODE_NOT_IN_LIST)) {
            return unknown(nearest, found);
        }
        if std::ptr::eq(rule, &structure::CODE_NOT_ALLOWED) {
            let (expected, suggestions) = allowed(&self.used.component);
            return Details { found, expected, suggestions, remedy: None };
        }
        let expected = match &self.form {
            Some(form) if std::ptr::eq(rule, &structure::TEXT_FORM) => form.expected().to_owned(),
            _ => "one value".to_owned(),
        };
        Details { found, expected, ..Details::default() }
    }
}
