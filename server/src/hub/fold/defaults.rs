//! Defaults that depend on series or period are written out: what the vintage holds says everything.

use std::borrow::Cow;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, SourceMap};
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::AttributeDefault;

use super::FoldError;
use super::stage::{Segment, Stage};
use crate::hub::vintage::BlockSource;

/// Writes out absent attributes of what was touched or came in. What lay there before has them already.
pub(super) struct WriteOut<'a> {
    input: Box<dyn Stage + 'a>,
    source: &'a dyn BlockSource,
    defaults: &'a [AttributeDefault],
}

impl<'a> WriteOut<'a> {
    pub(super) fn new(
        input: Box<dyn Stage + 'a>,
        source: &'a dyn BlockSource,
        defaults: &'a [AttributeDefault],
    ) -> Self {
        Self { input, source, defaults }
    }

    fn value(&self, attribute: &str, columns: &Columns, series: usize, period: Period) -> Option<AttributeValue> {
        let dimensions = &columns.shape.dimensions;
        let code_of = |dimension: &str| {
            let place = dimensions.iter().position(|known| **known == *dimension)?;
            Some(&**columns.code(series, place))
        };
        let mut values = self.defaults.iter().filter_map(|default| default.value_for(attribute, code_of, period));
        values.next().map(|value: Cow<'_, str>| AttributeValue::text(&value))
    }

    fn fill(&self, columns: &Columns) -> Columns {
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let span = columns.observations(series);
            let first = columns.periods[span.start];
            builder.start_series(columns, series, &mut map);
            for (place, id) in columns.shape.series_attributes.iter().enumerate() {
                let given = columns.series_attributes[place].get(series).cloned();
                builder.series_attribute(place, given.or_else(|| self.value(id, columns, series, first)).as_ref());
            }
            for observation in span {
                let period = columns.periods[observation];
                let attribute = |(place, id): (usize, &Arc<str>)| {
                    let given = columns.observation_attributes[place].get(observation).cloned();
                    given.or_else(|| self.value(id, columns, series, period))
                };
                let values: Vec<_> = columns.shape.observation_attributes.iter().enumerate().map(attribute).collect();
                builder.observation(period, columns.value(observation), |place| values[place].as_ref());
            }
            builder.end_series();
        }
        builder.take()
    }
}

impl Stage for WriteOut<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        let Some(segment) = self.input.next()? else { return Ok(None) };
        if matches!(segment, Segment::Blocks { fresh: false, .. }) {
            return Ok(Some(segment));
        }
        let filled = self.fill(&*segment.open(self.source)?);
        Ok(Some(Segment::Columns(Arc::new(filled))))
    }
}
