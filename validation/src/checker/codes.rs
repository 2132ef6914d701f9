//! Dimensions: every distinct code is judged once in a batch, and a series only where a code is bad.

use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::structure::{CodedBy, ComponentUse, DataDefinition};

use super::collector::{Collector, Details, one_of};
use super::text_form::TextForm;
use crate::rules::{file, structure};
use crate::suggest::Nearest;
use crate::terms::{Stage, Terms};

/// What is wrong with a code, or must be looked at.
mod flag {
    pub(super) const UNKNOWN: u8 = 1;
    pub(super) const NOT_ALLOWED: u8 = 2;
    pub(super) const NOT_PERMITTED: u8 = 4;
    /// Has a first or last day of validity.
    pub(super) const DATED: u8 = 8;
    /// Not of the form of an uncoded dimension.
    pub(super) const FORM: u8 = 16;
    pub(super) const EMPTY: u8 = 32;
}

/// The dimensions of a dataflow.
pub(super) struct Codes {
    dimensions: Vec<DimensionCodes>,
}

struct DimensionCodes {
    component: ComponentUse,
    /// Flags of the codes of the list, by their place in it.
    listed: Vec<u8>,
    form: Option<TextForm>,
    permitted: Option<Vec<Arc<str>>>,
    nearest: Option<Nearest>,
    /// Flags of the codes of the batch at hand.
    flags: Vec<u8>,
    /// All of them together.
    together: u8,
}

/// What the codes of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BatchCodes {
    /// Whether a code is unknown, not allowed, or empty.
    pub(super) has_bad: bool,
    /// Whether a code has a first or last day of validity.
    pub(super) has_dated: bool,
}

impl Codes {
    pub(super) fn new(definition: &DataDefinition, terms: &Terms) -> Self {
        let dimension = |component: &ComponentUse| {
            let permitted = terms.permitted.iter().find(|(id, _)| ***id == *component.id);
            let permitted = permitted.map(|(_, codes)| codes.iter().map(|code| Arc::from(&**code)).collect());
            DimensionCodes::new(component, permitted)
        };
        Self { dimensions: definition.dimensions.iter().map(dimension).collect() }
    }

    /// Judges the distinct codes of a batch.
    pub(super) fn look_at(&mut self, columns: &Columns, stage: Stage) -> BatchCodes {
        let ignored = if stage.deletes() { flag::DATED | flag::NOT_ALLOWED | flag::EMPTY } else { 0 };
        let mut all = 0;
        for (dimension, column) in self.dimensions.iter_mut().zip(&columns.dimensions) {
            dimension.flags.clear();
            dimension.together = 0;
            for code in &column.codes {
                let flags = dimension.flags_of(code) & !ignored;
                dimension.flags.push(flags);
                dimension.together |= flags;
            }
            all |= dimension.together;
        }
        BatchCodes { has_bad: all & !flag::DATED != 0, has_dated: all & flag::DATED != 0 }
    }

    /// Reports the series of the batch that have bad codes.
    pub(super) fn report(&mut self, collector: &mut Collector<'_>) {
        let columns = collector.columns;
        for (dimension, column) in self.dimensions.iter_mut().zip(&columns.dimensions) {
            if dimension.together & !flag::DATED == 0 {
                continue;
            }
            for (series, index) in column.index.iter().enumerate() {
                let flags = dimension.flags[*index as usize];
                if flags & !flag::DATED != 0 {
                    dimension.report(flags, series, &column.codes[*index as usize], collector);
                }
            }
        }
    }

    /// Whether every code of a series is one that may stand there.
    pub(super) fn are_sound(&self, columns: &Columns, series: usize) -> bool {
        self.dimensions
            .iter()
            .zip(&columns.dimensions)
            .all(|(dimension, column)| dimension.flags[column.index[series] as usize] & !flag::DATED == 0)
    }
}

impl DimensionCodes {
    fn new(component: &ComponentUse, permitted: Option<Vec<Arc<str>>>) -> Self {
        let is_permitted =
            |code: &str| permitted.as_ref().is_none_or(|codes| codes.iter().any(|known| **known == *code));
        let (mut listed, mut form, mut nearest) = (Vec::new(), None, None);
        match &component.coded_by {
            CodedBy::Codelist(list) => {
                for code in list.codes() {
                    let mut flags = 0;
                    if !component.admits(&code.id) {
                        flags |= flag::NOT_ALLOWED;
                    }
                    if !is_permitted(&code.id) {
                        flags |= flag::NOT_PERMITTED;
                    }
                    if code.validity.from.is_some() || code.validity.to.is_some() {
                        flags |= flag::DATED;
                    }
                    listed.push(flags);
                }
                let usable = listed.iter().map(|flags| flags & !flag::DATED == 0).collect();
                nearest = Some(Nearest::new(list.clone(), usable));
            }
            CodedBy::Format(format) => form = Some(TextForm::new(format)),
        }
        Self {
            component: component.clone(),
            listed,
            form,
            permitted,
            nearest,
            flags: Vec::new(),
            together: 0,
        }
    }

    fn flags_of(&self, code: &str) -> u8 {
        if code.is_empty() {
            return flag::EMPTY;
        }
        if let CodedBy::Codelist(list) = &self.component.coded_by {
            let place = list.position(code);
            return place.map_or(flag::UNKNOWN, |place| self.listed[place as usize]);
        }
        let mut flags = 0;
        if self.form.as_ref().is_some_and(|form| !form.holds(code)) {
            flags |= flag::FORM;
        }
        if !self.component.admits(code) {
            flags |= flag::NOT_ALLOWED;
        }
        if self.permitted.as_ref().is_some_and(|codes| codes.iter().all(|known| **known != *code)) {
            flags |= flag::NOT_PERMITTED;
        }
        flags
    }

    fn report(&mut self, flags: u8, series: usize, code: &Arc<str>, collector: &mut Collector<'_>) {
        let id = self.component.id.clone();
        let found = code.to_string();
        if flags & flag::EMPTY != 0 {
            // Whoever reads a file tells of its empty cells, with what could not be read in them.
            if collector.columns.rows.is_empty() {
                collector.series(&file::EMPTY_DIMENSION, &id, series, Details::default());
            }
            return;
        }
        if flags & flag::UNKNOWN != 0 {
            let details = self.unknown(found);
            return collector.series(&structure::CODE_NOT_IN_LIST, &id, series, details);
        }
        if flags & flag::FORM != 0 {
            let expected = self.form.as_ref().map(|form| form.expected().to_owned()).unwrap_or_default();
            let details = Details { found: found.clone(), expected, ..Details::default() };
            collector.series(&structure::TEXT_FORM, &id, series, details);
        }
        if flags & flag::NOT_ALLOWED != 0 {
            let (expected, suggestions) = allowed(&self.component);
            let details = Details { found: found.clone(), expected, suggestions, ..Details::default() };
            collector.series(&structure::CODE_NOT_ALLOWED, &id, series, details);
        }
        if flags & flag::NOT_PERMITTED != 0 {
            let codes = self.permitted.as_deref().unwrap_or_default();
            let suggestions = if codes.len() <= crate::SUGGESTIONS_MAX { codes.to_vec() } else { Vec::new() };
            let details =
                Details { found, expected: one_of(codes.iter()), suggestions, ..Details::default() };
            collector.series(&structure::NOT_PERMITTED, &id, series, details);
        }
    }

    fn unknown(&mut self, found: String) -> Details {
        match &mut self.nearest {
            Some(nearest) => unknown(nearest, found),
            None => Details { found, ..Details::default() },
        }
    }
}

/// What to say of a code that its list does not have.
pub(super) fn unknown(nearest: &mut Nearest, found: String) -> Details {
    let suggestions = nearest.to(&found).to_vec();
    let remedy = suggestions.first().map(|code| match nearest.name_of(code) {
        Some(name) => format!("Write {code} ({name}), if that is what is meant."),
        None => format!("Write {code}, if that is what is meant."),
    });
    Details { expected: format!("a code of {}", nearest.list_id()), found, remedy, suggestions }
}

/// What constraints leave of the values of a component.
pub(super) fn allowed(component: &ComponentUse) -> (String, Vec<Arc<str>>) {
    match &component.allowed {
        Some(allowed) => {
            let few = allowed.len() <= crate::SUGGESTIONS_MAX;
            let suggestions = if few { allowed.iter().cloned().collect() } else { Vec::new() };
            (one_of(allowed.iter()), suggestions)
        }
        None => (format!("none of {}", one_of(component.excluded.iter())), Vec::new()),
    }
}
