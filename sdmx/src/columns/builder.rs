//! Builds columns out of pieces of other columns.

use std::sync::Arc;

use super::{
    AttributeBuilder, AttributeColumn, AttributeValue, Columns, DimensionColumn, Interner, NO_VALUE,
    ObservationRange, Shape, ranks,
};
use crate::decimal::Decimal;
use crate::period::Period;

const UNKNOWN: u32 = u32::MAX;

/// Takes series and observations from any number of sources and gives columns with dictionaries of their
/// own, sorted and holding only what is used. Series come out in the order in which they went in.
#[derive(Debug)]
pub struct ColumnsBuilder {
    generation: u64,
    interners: Vec<Interner>,
    columns: Columns,
    observation_attributes: Vec<AttributeBuilder>,
    series_attributes: Vec<AttributeBuilder>,
    with_rows: bool,
}

/// What a builder remembers of one source: which of its codes it knows already. Belongs to one source and
/// one builder; using it with another source mixes up codes.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    generation: u64,
    dimensions: Vec<Vec<u32>>,
    observation_attributes: Vec<Vec<u32>>,
    series_attributes: Vec<Vec<u32>>,
    /// Per attribute, the run that was read last.
    observation_cursors: Vec<usize>,
    series_cursors: Vec<usize>,
}

impl ColumnsBuilder {
    /// An empty builder for columns of `shape`.
    pub fn new(shape: Arc<Shape>) -> Self {
        Self {
            generation: 1,
            interners: vec![Interner::default(); shape.dimensions.len()],
            observation_attributes: vec![AttributeBuilder::default(); shape.observation_attributes.len()],
            series_attributes: vec![AttributeBuilder::default(); shape.series_attributes.len()],
            columns: Columns::new(shape),
            with_rows: false,
        }
    }

    /// Keeps the row numbers of the sources as well; all sources must have them.
    pub fn keep_rows(mut self) -> Self {
        self.with_rows = true;
        self
    }

    /// Number of observations so far.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Number of series so far, without one that is still open.
    pub fn series_count(&self) -> usize {
        self.columns.series_count()
    }

    /// Bytes of all distinct texts so far.
    pub fn text_bytes(&self) -> usize {
        let attributes = self.observation_attributes.iter().chain(&self.series_attributes);
        attributes.map(AttributeBuilder::text_bytes).sum()
    }

    /// Whether nothing was pushed yet.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.columns.ends.is_empty()
    }

    /// Copies a whole stretch as one series: key, series attributes, observations.
    pub fn push(&mut self, range: ObservationRange<'_>, map: &mut SourceMap) {
        self.start_series(range.columns, range.series, map);
        self.series_attributes_of(range.columns, range.series, map);
        self.observations(range, map);
        self.end_series();
    }

    /// Opens a series with the key of another.
    pub fn start_series(&mut self, source: &Columns, series: usize, map: &mut SourceMap) {
        map.fit(self.generation, source);
        for (dimension, column) in source.dimensions.iter().enumerate() {
            let code = column.index[series] as usize;
            let known = &mut map.dimensions[dimension][code];
            if *known == UNKNOWN {
                *known = self.interners[dimension].intern_shared(&column.codes[code]);
            }
            self.columns.dimensions[dimension].index.push(*known);
        }
    }

    /// Opens a series with a key given code by code.
    pub fn start_series_with_key(&mut self, codes: &[Arc<str>]) {
        for (dimension, code) in codes.iter().enumerate() {
            let index = self.interners[dimension].intern_shared(code);
            self.columns.dimensions[dimension].index.push(index);
        }
    }

    /// Gives the open series all series attributes of another.
    pub fn series_attributes_of(&mut self, source: &Columns, series: usize, map: &mut SourceMap) {
        map.fit(self.generation, source);
        for (place, column) in source.series_attributes.iter().enumerate() {
            let code = column.runs.get_at(&mut map.series_cursors[place], series);
            let code = translate(
                code,
                column,
                &mut map.series_attributes[place],
                &mut self.series_attributes[place],
            );
            self.series_attributes[place].push(code, 1);
        }
    }

    /// Gives the open series one attribute; every attribute of the shape must be given exactly once.
    pub fn series_attribute(&mut self, place: usize, value: Option<&AttributeValue>) {
        let code = self.series_attributes[place].code(value);
        self.series_attributes[place].push(code, 1);
    }

    /// Appends a stretch of observations to the open series.
    pub fn observations(&mut self, range: ObservationRange<'_>, map: &mut SourceMap) {
        let (source, span) = (range.columns, range.start..range.end);
        map.fit(self.generation, source);
        self.columns.periods.extend_from_slice(&source.periods[span.clone()]);
        self.columns.unscaled.extend_from_slice(&source.unscaled[span.clone()]);
        self.columns.scales.extend_from_slice(&source.scales[span.clone()]);
        if self.with_rows {
            self.columns.rows.extend_from_slice(&source.rows[span.clone()]);
        }
        for (place, column) in source.observation_attributes.iter().enumerate() {
            let builder = &mut self.observation_attributes[place];
            if column.runs.is_empty() {
                builder.push(0, span.len());
                continue;
            }
            for (code, count) in column.runs.range_at(&mut map.observation_cursors[place], span.clone()) {
                let code = translate(code, column, &mut map.observation_attributes[place], builder);
                builder.push(code, count);
            }
        }
    }

    /// Appends one observation to the open series; `attribute` gives the value at a place of the shape. Where row
    /// numbers are kept, [`Self::row`] must follow.
    pub fn observation<'v>(
        &mut self,
        period: Period,
        value: Option<Decimal>,
        mut attribute: impl FnMut(usize) -> Option<&'v AttributeValue>,
    ) {
        self.columns.periods.push(period);
        self.columns.unscaled.push(value.map_or(0, |value| value.unscaled));
        self.columns.scales.push(value.map_or(NO_VALUE, |value| value.scale));
        for (place, builder) in self.observation_attributes.iter_mut().enumerate() {
            let code = builder.code(attribute(place));
            builder.push(code, 1);
        }
    }

    /// The row of the observation that was appended alone.
    pub fn row(&mut self, row: u64) {
        self.columns.rows.push(row);
    }

    /// Closes the open series.
    pub fn end_series(&mut self) {
        self.columns.ends.push(self.columns.len() as u32);
    }

    /// The columns so far; the builder is empty afterwards and can be used again.
    pub fn take(&mut self) -> Columns {
        let next = self.columns.alike();
        let mut columns = std::mem::replace(&mut self.columns, next);
        self.generation += 1;
        for (column, interner) in columns.dimensions.iter_mut().zip(&mut self.interners) {
            *column = sorted_dimension(std::mem::take(&mut column.index), std::mem::take(interner));
        }
        columns.observation_attributes =
            self.observation_attributes.iter_mut().map(sorted_attribute).collect();
        columns.series_attributes = self.series_attributes.iter_mut().map(sorted_attribute).collect();
        columns
    }
}

impl SourceMap {
    fn fit(&mut self, generation: u64, source: &Columns) {
        if self.generation == generation {
            return;
        }
        self.generation = generation;
        let attribute = |column: &AttributeColumn| vec![UNKNOWN; column.values.len() + 1];
        self.dimensions = source.dimensions.iter().map(|column| vec![UNKNOWN; column.codes.len()]).collect();
        self.observation_attributes = source.observation_attributes.iter().map(attribute).collect();
        self.series_attributes = source.series_attributes.iter().map(attribute).collect();
        self.observation_cursors = vec![0; source.observation_attributes.len()];
        self.series_cursors = vec![0; source.series_attributes.len()];
    }
}

fn translate(code: u32, column: &AttributeColumn, known: &mut [u32], builder: &mut AttributeBuilder) -> u32 {
    if code == 0 {
        return 0;
    }
    let known = &mut known[code as usize];
    if *known == UNKNOWN {
        *known = builder.code(column.value(code));
    }
    *known
}

fn sorted_dimension(index: Vec<u32>, interner: Interner) -> DimensionColumn {
    let ranks = interner.ranks();
    let mut codes = interner.codes;
    codes.sort_unstable();
    DimensionColumn { codes, index: index.into_iter().map(|code| ranks[code as usize]).collect() }
}

fn sorted_attribute(builder: &mut AttributeBuilder) -> AttributeColumn {
    let column = builder.take();
    match column.values.len() {
        // All absent is written as no runs at all, so that equal contents are equal columns.
        0 => return AttributeColumn::default(),
        1 => return column,
        _ => {}
    }
    let ranks = ranks(&column.values);
    let mut values = column.values;
    values.sort_unstable();
    let mut runs = super::Runs::default();
    for (code, range) in column.runs.runs() {
        runs.push(if code == 0 { 0 } else { ranks[code as usize - 1] + 1 }, range.len());
    }
    AttributeColumn { values, runs }
}
