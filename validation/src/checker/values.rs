//! Values of the measure: whole numbers, range, decimals, codes. A batch is looked at as a whole first; only
//! where something may be wrong, value by value.

use std::sync::Arc;

use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{Columns, NO_VALUE};
use mighub_sdmx::structure::{CodedBy, ComponentUse, DataDefinition, DataType};

use super::codes::{allowed, unknown};
use super::collector::{Collector, Details};
use super::text_form::{number_form, range_text};
use crate::rule::Rule;
use crate::rules::structure;
use crate::suggest::Nearest;

/// The measure of a dataflow.
pub(super) struct Values {
    measure: ComponentUse,
    is_integer: bool,
    least: Option<Decimal>,
    greatest: Option<Decimal>,
    decimals: Option<u32>,
    nearest: Option<Nearest>,
}

impl Values {
    pub(super) fn new(definition: &DataDefinition) -> Self {
        let measure = definition.measure.clone();
        let mut values = Self {
            is_integer: false,
            least: None,
            greatest: None,
            decimals: None,
            nearest: None,
            measure: measure.clone(),
        };
        match &measure.coded_by {
            CodedBy::Codelist(list) => {
                let usable = list.codes().iter().map(|code| measure.admits(&code.id)).collect();
                values.nearest = Some(Nearest::new(list.clone(), usable));
            }
            CodedBy::Format(format) => {
                values.is_integer = format.data_type.is_some_and(DataType::is_integer);
                let counts = format.data_type == Some(DataType::Count);
                values.least = format.min_value.or(counts.then_some(Decimal::integer(0)));
                values.greatest = format.max_value;
                values.decimals = format.decimals;
            }
        }
        values
    }

    /// Reports values that are not of the measure's form.
    pub(super) fn judge(&mut self, collector: &mut Collector<'_>) {
        let columns = collector.columns;
        if !self.may_be_wrong(columns) {
            return;
        }
        for series in 0..columns.series_count() {
            for observation in columns.observations(series) {
                let Some(value) = columns.value(observation) else { continue };
                let Some(rule) = self.broken(value) else { continue };
                let id = self.measure.id.clone();
                let mark = value.unscaled ^ i64::from(value.scale) << 56;
                collector.observation(rule, &id, (series, observation), mark, || self.details(rule, value));
            }
        }
    }

    /// Whether a look at all values together leaves a doubt.
    fn may_be_wrong(&self, columns: &Columns) -> bool {
        if self.nearest.is_some() || self.measure.allowed.is_some() || !self.measure.excluded.is_empty() {
            return true;
        }
        let has_decimals =
            columns.scales.iter().fold(false, |any, scale| any | (*scale != 0 && *scale != NO_VALUE));
        if has_decimals && (self.is_integer || self.decimals.is_some()) {
            return true;
        }
        // Where there are no decimals, the digits are the value; and below zero they are so in any case.
        let bound = |bound: Option<Decimal>, open: i64| match bound {
            None => Some(open),
            Some(Decimal { unscaled, scale: 0 }) if !has_decimals || unscaled == 0 => Some(unscaled),
            Some(_) => None,
        };
        let (Some(least), Some(greatest)) = (bound(self.least, i64::MIN), bound(self.greatest, i64::MAX))
        else {
            return true;
        };
        columns.unscaled.iter().fold(false, |any, digits| any | (*digits < least) | (*digits > greatest))
    }

    fn broken(&self, value: Decimal) -> Option<&'static Rule> {
        let below = self.least.is_some_and(|least| value.compare(least).is_lt());
        let above = self.greatest.is_some_and(|greatest| value.compare(greatest).is_gt());
        if below || above {
            return Some(&structure::OUT_OF_RANGE);
        }
        if self.is_integer && !value.is_integer() {
            return Some(&structure::NOT_WHOLE);
        }
        if self.decimals.is_some_and(|decimals| u32::from(value.scale) > decimals) {
            return Some(&structure::TOO_MANY_DECIMALS);
        }
        let is_restricted = self.measure.allowed.is_some() || !self.measure.excluded.is_empty();
        if self.nearest.is_none() && !is_restricted {
            return None;
        }
        let text = value.to_string();
        if self.measure.coded_by.codelist().is_some_and(|list| list.get(&text).is_none()) {
            return Some(&structure::CODE_NOT_IN_LIST);
        }
        (!self.measure.admits(&text)).then_some(&structure::CODE_NOT_ALLOWED)
    }

    fn details(&mut self, rule: &'static Rule, value: Decimal) -> Details {
        let found = value.to_string();
        if let (Some(nearest), true) = (&mut self.nearest, std::ptr::eq(rule, &structure::CODE_NOT_IN_LIST)) {
            return unknown(nearest, found);
        }
        let (expected, suggestions): (String, Vec<Arc<str>>) =
            if std::ptr::eq(rule, &structure::CODE_NOT_ALLOWED) {
                allowed(&self.measure)
            } else {
                let range = range_text(self.least, self.greatest);
                (number_form(self.is_integer, self.decimals) + &range, Vec::new())
            };
        Details { found, expected, suggestions, remedy: None }
    }
}
