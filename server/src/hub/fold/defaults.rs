//! Defaults: what an absent attribute stands for from now on, and what is written out instead.
//!
//! Three things never happen by a change of terms: that what was said before comes to mean something else, that a
//! cell which was not free becomes free by silence, and that one series changes because another was sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::decimal::Decimal;
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::{AttributeDefault, DefaultCondition, DefaultValue};

use super::Change;
use crate::hub::vintage::Vintage;

/// What becomes of absent attributes in one fold.
pub(super) struct Absences {
    /// What an absent attribute stands for in the vintage that results.
    pub(super) values: BTreeMap<Arc<str>, Arc<str>>,
    /// Absences of the vintage before that are written out, because they would come to mean something else.
    pub(super) outdated: Vec<(Arc<str>, AttributeValue)>,
    /// What is written out wherever the submission touches something.
    pub(super) write_out: WriteOut,
}

impl Absences {
    /// `afresh`: nothing of the vintage before stays.
    pub(super) fn of(base: &Vintage, change: &Change, afresh: bool) -> Self {
        let shape = &base.shape;
        let mut defaults: Vec<Written> = change.written_out.iter().map(Written::of).collect();
        let mut values = change.absent_values.clone();
        if afresh {
            return Self { values, outdated: Vec::new(), write_out: WriteOut::of(shape, defaults) };
        }
        let outdated =
            base.absent_values.iter().filter(|(id, value)| change.absent_values.get(*id) != Some(value));
        let outdated =
            outdated.map(|(id, value)| (id.clone(), AttributeValue::Text(value.clone()))).collect();
        // Where absence stood for nothing so far it cannot begin to stand for something: what is absent there
        // already would change.
        for (id, value) in &change.absent_values {
            if is_of_series(shape, id) && !base.absent_values.contains_key(id) {
                values.remove(id);
                defaults.push(Written {
                    attribute: id.clone(),
                    value: DefaultValue::Text(value.clone()),
                    when: None,
                });
            }
        }
        Self { values, outdated, write_out: WriteOut::of(shape, defaults) }
    }
}

/// Whether an attribute belongs to series or observations.
pub(super) fn is_of_series(shape: &Shape, id: &str) -> bool {
    shape.observation_attribute(id).or(shape.series_attribute(id)).is_some()
}

struct Written {
    attribute: Arc<str>,
    value: DefaultValue,
    when: Option<DefaultCondition>,
}

impl Written {
    fn of(default: &AttributeDefault) -> Self {
        let attribute = default.attribute.as_arc().clone();
        Self { attribute, value: default.value.clone(), when: default.when.clone() }
    }

    fn holds(&self, columns: &Columns, series: usize) -> bool {
        let Some(when) = &self.when else { return true };
        let place = columns.shape.dimensions.iter().position(|dimension| **dimension == *when.dimension);
        place.is_some_and(|place| when.codes.contains(&**columns.code(series, place)))
    }

    fn value(&self, period: Period) -> Option<AttributeValue> {
        match &self.value {
            DefaultValue::Text(text) => Some(AttributeValue::Text(text.clone())),
            DefaultValue::DayOfYear { month, day } => {
                Some(AttributeValue::text(&format!("{:04}-{month:02}-{day:02}", period.first_year()?)))
            }
        }
    }
}

/// Defaults that are written out, by the place of their attribute; of several the first that holds counts.
#[derive(Default)]
pub(super) struct WriteOut {
    observation: Vec<(usize, Vec<Written>)>,
    series: Vec<(usize, Vec<Written>)>,
}

impl WriteOut {
    fn of(shape: &Shape, defaults: Vec<Written>) -> Self {
        let mut out = Self::default();
        for default in defaults {
            let places = match shape.observation_attribute(&default.attribute) {
                Some(place) => Some((place, &mut out.observation)),
                None => shape.series_attribute(&default.attribute).map(|place| (place, &mut out.series)),
            };
            let Some((place, level)) = places else { continue };
            match level.iter_mut().find(|(known, _)| *known == place) {
                Some((_, of_place)) => of_place.push(default),
                None => level.push((place, vec![default])),
            }
        }
        out
    }

    pub(super) fn is_empty(&self) -> bool {
        self.observation.is_empty() && self.series.is_empty()
    }

    /// The defaults that hold in a series.
    pub(super) fn in_series(&self, columns: &Columns, series: usize) -> InSeries<'_> {
        InSeries {
            observation: holding(&self.observation, columns, series),
            series: holding(&self.series, columns, series),
        }
    }
}

type Level = [(usize, Vec<Written>)];

fn holding<'o>(level: &'o Level, columns: &Columns, series: usize) -> Vec<(usize, &'o Written)> {
    let first = |(place, defaults): &'o (usize, Vec<Written>)| {
        Some((*place, defaults.iter().find(|default| default.holds(columns, series))?))
    };
    level.iter().filter_map(first).collect()
}

/// What is written out in one series.
pub(super) struct InSeries<'o> {
    observation: Vec<(usize, &'o Written)>,
    series: Vec<(usize, &'o Written)>,
}

impl InSeries<'_> {
    /// Appends an observation that the submission touches.
    pub(super) fn observation<'v>(
        &self,
        builder: &mut ColumnsBuilder,
        period: Period,
        value: Option<Decimal>,
        attribute: impl Fn(usize) -> Option<&'v AttributeValue>,
    ) {
        let absent = self.observation.iter().filter(|(place, _)| attribute(*place).is_none());
        let written: Vec<_> =
            absent.filter_map(|(place, default)| Some((*place, default.value(period)?))).collect();
        builder.observation(period, value, |place| {
            let default = || written.iter().find(|(of, _)| *of == place).map(|(_, value)| value);
            attribute(place).or_else(default)
        });
    }

    /// The default of an attribute of the series, whose first period is given.
    pub(super) fn of_series(&self, place: usize, first: Period) -> Option<AttributeValue> {
        self.series.iter().find(|(of, _)| *of == place)?.1.value(first)
    }
}
