//! One data set out of batches of observations.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, AttributeValue, DimensionColumn};
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::DataDefinition;
use mighub_sdmx::{Columns, decimal::Decimal};

use super::measure::MeasureBuilder;
use super::texts::TextsBuilder;
use crate::dataset::{Column, Dataset, ROWS_MAX, Validity};
use crate::time::TimePeriod;
use crate::time::sdmx::of_sdmx;
use crate::value::{Component, Number, Scalar, ScalarType, Structure};

/// Why observations are no data set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Rules know regular periods only.
    #[error(
        "{period} is no period that rules can work with: report years, semesters, quarters, months, weeks or days"
    )]
    Period {
        /// The period as it was written.
        period: String,
    },
    /// A row number would not fit.
    #[error("more than {ROWS_MAX} observations: judge smaller pieces")]
    TooManyRows,
}

/// Takes batches of a dataflow's observations; their dictionaries may differ.
#[derive(Debug)]
pub struct DatasetBuilder {
    structure: Arc<Structure>,
    columns: Vec<Source>,
    rows: usize,
}

/// Where a component's values come from, and what came so far.
#[derive(Debug)]
enum Source {
    Dimension(usize, TextsBuilder),
    Time(Vec<i64>),
    Measure(MeasureBuilder),
    SeriesAttribute(usize, TextsBuilder),
    ObservationAttribute(usize, TextsBuilder),
    /// An attribute that batches do not carry.
    Absent,
}

impl DatasetBuilder {
    /// Nothing yet. Identifiers always come along; measures and attributes if `wanted` names them.
    pub fn new(definition: &DataDefinition, wanted: &[&str]) -> Self {
        let all = super::structure_of(definition);
        let keep = |component: &&Component| component.is_identifier() || wanted.contains(&&*component.name);
        let components: Vec<Component> = all.components().iter().filter(keep).cloned().collect();
        let shape = &definition.shape;
        let source = |component: &Component| {
            let name = &*component.name;
            if let Some(place) = shape.dimensions.iter().position(|id| **id == *name) {
                Source::Dimension(place, TextsBuilder::default())
            } else if definition.time.as_deref() == Some(name) {
                Source::Time(Vec::new())
            } else if *definition.measure.id == *name {
                Source::Measure(MeasureBuilder::new(component.scalar_type))
            } else if let Some(place) = shape.series_attribute(name) {
                Source::SeriesAttribute(place, TextsBuilder::default())
            } else if let Some(place) = shape.observation_attribute(name) {
                Source::ObservationAttribute(place, TextsBuilder::default())
            } else {
                Source::Absent
            }
        };
        let columns = components.iter().map(source).collect();
        // A part of components whose names are unique.
        Self { structure: Arc::new(Structure::new(components).unwrap_or_default()), columns, rows: 0 }
    }

    /// What the data set will be.
    pub fn structure(&self) -> &Arc<Structure> {
        &self.structure
    }

    /// Appends the observations of a batch.
    pub fn push(&mut self, batch: &Columns) -> Result<(), BuildError> {
        self.rows += batch.len();
        if self.rows > ROWS_MAX {
            return Err(BuildError::TooManyRows);
        }
        for source in &mut self.columns {
            match source {
                Source::Dimension(place, texts) => push_dimension(&batch.dimensions[*place], batch, texts),
                Source::Time(periods) => {
                    periods.reserve(batch.len());
                    for period in &batch.periods {
                        periods.push(regular(*period)?.packed());
                    }
                }
                Source::Measure(measure) => measure.push(&batch.unscaled, &batch.scales),
                Source::SeriesAttribute(place, texts) => {
                    let column = &batch.series_attributes[*place];
                    let count = |series: std::ops::Range<usize>| {
                        let end = series.end.checked_sub(1).map_or(0, |last| batch.observations(last).end);
                        end - batch.observations(series.start).start
                    };
                    push_attribute(column, batch.len(), texts, count);
                }
                Source::ObservationAttribute(place, texts) => {
                    let column = &batch.observation_attributes[*place];
                    push_attribute(column, batch.len(), texts, |observations| observations.len());
                }
                Source::Absent => {}
            }
        }
        Ok(())
    }

    /// All batches as one data set. Rows stand in the order in which they came.
    pub fn finish(self) -> Dataset {
        let rows = self.rows;
        let components = self.structure.components().iter();
        let column = |(source, component): (Source, &Component)| match source {
            Source::Dimension(_, texts) => texts.finish(),
            Source::Time(mut periods) => {
                periods.shrink_to_fit();
                Column::fixed(periods, Validity::ALL)
            }
            Source::Measure(measure) => measure.finish(),
            Source::SeriesAttribute(_, texts) | Source::ObservationAttribute(_, texts) => {
                typed(texts.finish(), component.scalar_type)
            }
            Source::Absent => Column::nulls(component.scalar_type, rows),
        };
        let columns = self.columns.into_iter().zip(components).map(column).collect();
        Dataset::new(self.structure.clone(), columns, rows)
    }
}

fn push_dimension(column: &DimensionColumn, batch: &Columns, texts: &mut TextsBuilder) {
    let mut known = vec![None; column.codes.len()];
    for (series, &index) in column.index.iter().enumerate() {
        let code = *known[index as usize].get_or_insert_with(|| texts.code(&column.codes[index as usize]));
        texts.push(code, batch.observations(series).len());
    }
}

fn push_attribute(
    column: &AttributeColumn,
    rows: usize,
    texts: &mut TextsBuilder,
    count: impl Fn(std::ops::Range<usize>) -> usize,
) {
    if column.runs.is_empty() {
        return texts.push(crate::dataset::NULL_CODE, rows);
    }
    let mut known = vec![None; column.values.len() + 1];
    for (code, entries) in column.runs.runs() {
        let code = *known[code as usize].get_or_insert_with(|| match column.value(code) {
            Some(value) => texts.code(&text_of(value)),
            None => crate::dataset::NULL_CODE,
        });
        texts.push(code, count(entries));
    }
}

/// Several values, and texts in several languages, are one text with semicolons.
fn text_of(value: &AttributeValue) -> Arc<str> {
    match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Many(values) => {
            let texts: Vec<&str> = values.iter().flatten().map(|part| &*part.text).collect();
            Arc::from(texts.join(";"))
        }
    }
}

/// An attribute whose format is a number: read once for each distinct text. What is no number becomes null;
/// the check of formats reports it.
fn typed(texts: Column, scalar_type: ScalarType) -> Column {
    let Column::Strings(strings) = &texts else { return texts };
    if !scalar_type.is_numeric() {
        return texts;
    }
    let scalar = |text: &Arc<str>| match Decimal::parse(text.as_bytes()) {
        Ok(decimal) if scalar_type == ScalarType::Integer && decimal.is_integer() => {
            Scalar::Integer(decimal.unscaled / 10i64.pow(u32::from(decimal.scale)))
        }
        Ok(decimal) if scalar_type == ScalarType::Number => {
            Scalar::Number(Number::Exact { unscaled: i128::from(decimal.unscaled), scale: decimal.scale })
        }
        _ => Scalar::Null,
    };
    let values: Vec<Scalar> = strings.dictionary.iter().map(scalar).collect();
    // The code of a null is the row that `take` makes null.
    Column::of_scalars(values.iter(), scalar_type).take(&strings.codes)
}

/// The regular period of VTL that a period of SDMX is.
pub(super) fn regular(period: Period) -> Result<TimePeriod, BuildError> {
    of_sdmx(period).ok_or_else(|| BuildError::Period { period: period.to_string() })
}
