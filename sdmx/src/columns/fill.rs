//! What absence stands for, written out.

use std::sync::Arc;

use super::{AttributeColumn, AttributeValue, Columns, Runs};
use crate::period::Period;

impl Columns {
    /// Gives every absent attribute named in `values` its value there. Dictionaries must be in order, as
    /// [`super::ColumnsBuilder`] makes them, and stay so.
    pub fn fill_absent(&mut self, values: &[(Arc<str>, AttributeValue)]) {
        let (series, observations) = (self.series_count(), self.len());
        for (id, value) in values {
            if let Some(place) = self.shape.observation_attribute(id) {
                fill(&mut self.observation_attributes[place], value, observations);
            } else if let Some(place) = self.shape.series_attribute(id) {
                fill(&mut self.series_attributes[place], value, series);
            }
        }
    }

    /// Whether an observation has nothing but its key: no value and no attribute. Attributes of its series
    /// count only where it has no period, for then they are what the row is about.
    pub fn is_bare(&self, series: usize, observation: usize) -> bool {
        let about_series = self.periods[observation] == Period::ANY;
        self.value(observation).is_none()
            && self.observation_attributes.iter().all(|column| column.get(observation).is_none())
            && !(about_series && self.series_attributes.iter().any(|column| column.get(series).is_some()))
    }

    /// Whether the data structure has no time dimension, so that [`Period::ANY`] is its one period.
    pub fn shape_has_no_time(&self) -> bool {
        self.shape.timeless
    }
}

fn fill(column: &mut AttributeColumn, value: &AttributeValue, entries: usize) {
    if column.runs.is_empty() {
        column.runs = Runs::filled(0, entries);
    }
    if !column.runs.runs().any(|(code, _)| code == 0) {
        return;
    }
    let place = column.values.binary_search(value);
    let (place, is_new) = match place {
        Ok(place) => (place, false),
        Err(place) => (place, true),
    };
    if is_new {
        column.values.insert(place, value.clone());
    }
    let mut runs = Runs::default();
    for (code, range) in column.runs.runs() {
        let code = match code as usize {
            0 => place + 1,
            code if is_new && code > place => code + 1,
            code => code,
        };
        runs.push(code as u32, range.len());
    }
    column.runs = runs;
}
