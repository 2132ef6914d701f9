//! Columns to a message of data.

mod header;
mod parts;
mod pieces;

use std::io::{self, Write};
use std::sync::Arc;

use crate::columns::{AttributeValue, Columns};
use crate::data::{Action, DataWriter, DatasetContext, MlForm, ObservationLevel, WriteOptions};
use crate::period::Period;
use crate::stretch::{Source, Stretches, Written};
use crate::structure::{AttributeLevel, AttributeUse, DataDefinition};
use header::Tags;
use parts::{Parts, Series};
use pieces::{Piece, Syntax};

/// Bytes gathered before they are handed to the output.
const OUTPUT_BYTES: usize = 64 * 1024;
const ALL_DIMENSIONS: &str = "AllDimensions";

/// Writes SDMX-ML.
pub struct MlWriter<W> {
    output: W,
    bytes: Vec<u8>,
    definition: Arc<DataDefinition>,
    options: WriteOptions,
    tags: Tags,
    parts: Parts,
    layout: Layout,
    attributes: Vec<(AttributeUse, Source)>,
    dataset_attributes: Vec<AttributeUse>,
    /// The beginning of the dataset that is open.
    dataset: Option<Vec<u8>>,
    /// The series that is open.
    series: Option<Series>,
}

/// What stands with observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Time.
    Series,
    /// Everything.
    Flat,
    /// A dimension, by its place.
    Crossed(usize),
}

/// The pieces of one call, by code.
struct Pieces {
    dimensions: Vec<Vec<Piece>>,
    /// Per attribute: what absence stands for, then the values.
    attributes: Vec<Vec<Piece>>,
}

impl<W: Write> MlWriter<W> {
    /// A writer of data of one dataflow. The beginning of the message is written with the first call.
    pub fn new(
        output: W,
        form: MlForm,
        definition: &Arc<DataDefinition>,
        options: &WriteOptions,
    ) -> io::Result<Self> {
        let refuse = |reason: String| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        let is_time_series = matches!(form, MlForm::GenericTimeSeries | MlForm::SpecificTimeSeries21);
        if is_time_series && definition.time.is_none() {
            return refuse(format!(
                "{} has no time dimension: ask for another format",
                definition.dataflow.short()
            ));
        }
        let layout = match &options.observation_level {
            _ if !options.detail.has_observations() => Layout::Series,
            _ if is_time_series => Layout::Series,
            ObservationLevel::AllDimensions => Layout::Flat,
            ObservationLevel::Dimension(id) if definition.time.as_deref() == Some(id) => Layout::Series,
            ObservationLevel::Dimension(id) => {
                match definition.dimensions.iter().position(|known| known.id == *id) {
                    Some(place) => Layout::Crossed(place),
                    None => return refuse(format!("{} has no dimension {id}", definition.dataflow.short())),
                }
            }
            ObservationLevel::Time if definition.time.is_none() => Layout::Flat,
            ObservationLevel::Time => Layout::Series,
        };
        let dimension = match (layout, &definition.time) {
            (Layout::Crossed(place), _) => definition.dimensions[place].id.clone(),
            (Layout::Series, Some(time)) => time.clone(),
            (Layout::Series | Layout::Flat, _) => Arc::from(ALL_DIMENSIONS),
        };
        let is_wanted = |attribute: &AttributeUse| {
            options.detail.has_attributes()
                && options.attributes.as_ref().is_none_or(|wanted| wanted.contains(&attribute.component.id))
        };
        let written = Written::of(definition, |attribute| {
            is_wanted(attribute) && attribute.level != AttributeLevel::Dataset
        });
        let attributes =
            written.iter().map(|written| (written.attribute.clone(), Source::new(written))).collect();
        let of_dataset = definition
            .attributes
            .iter()
            .filter(|attribute| is_wanted(attribute) && attribute.level == AttributeLevel::Dataset);
        Ok(Self {
            output,
            bytes: Vec::with_capacity(OUTPUT_BYTES + 4096),
            tags: Tags::new(form, definition, &options.header, &dimension),
            parts: Parts::new(form, definition, &dimension),
            layout,
            attributes,
            dataset_attributes: of_dataset.cloned().collect(),
            definition: definition.clone(),
            options: options.clone(),
            dataset: None,
            series: None,
        })
    }

    fn syntax(&self) -> Syntax {
        self.parts.syntax
    }

    /// What an absent attribute stands for.
    fn absent<'o>(
        options: &'o WriteOptions,
        context: &DatasetContext<'o>,
        id: &str,
    ) -> Option<&'o AttributeValue> {
        let mut values = context.absent_values.iter().chain(&options.absent_values);
        values.find(|(known, _)| **known == *id).map(|(_, value)| value)
    }

    /// Opens the dataset of an action, unless it is open.
    fn open(&mut self, action: Action, context: &DatasetContext<'_>) {
        let mut piece = Piece::default();
        if action != Action::Delete {
            for attribute in &self.dataset_attributes {
                if let Some(value) = Self::absent(&self.options, context, &attribute.component.id) {
                    piece.add(&self.syntax().attribute(attribute, value, &self.options.languages));
                }
            }
        }
        let mut begin = self.tags.dataset(action, context).into_bytes();
        self.parts.dataset(&piece, &mut begin);
        if self.dataset.as_ref() == Some(&begin) {
            return;
        }
        self.close();
        self.bytes.extend_from_slice(&begin);
        self.dataset = Some(begin);
    }

    /// Closes what is open; begins the message if nothing was written yet.
    fn close(&mut self) {
        self.close_series();
        match self.dataset.take() {
            Some(_) => self.bytes.extend_from_slice(b"</mes:DataSet>\n"),
            None => self.tags.begin(&self.definition, &self.options.header, &mut self.bytes),
        }
    }

    fn close_series(&mut self) {
        if let Some(series) = self.series.take() {
            self.parts.end_series(series.is_begun, &mut self.bytes);
        }
    }

    fn pieces(&self, columns: &Columns, action: Action, context: &DatasetContext<'_>) -> Pieces {
        let syntax = self.syntax();
        let dimension =
            |(column, used): (&crate::columns::DimensionColumn, &crate::structure::ComponentUse)| {
                let piece = |code: &Arc<str>| match &**code {
                    // The wildcard of a deletion.
                    "" => Piece::default(),
                    code => syntax.plain(&used.id, code),
                };
                column.codes.iter().map(piece).collect()
            };
        let attribute = |(attribute, source): &(AttributeUse, Source)| {
            let piece = |value: &AttributeValue| syntax.attribute(attribute, value, &self.options.languages);
            let absent = Self::absent(&self.options, context, &attribute.component.id)
                .filter(|_| action != Action::Delete)
                .map(piece)
                .unwrap_or_default();
            std::iter::once(absent).chain(source.values(columns).iter().map(piece)).collect()
        };
        Pieces {
            dimensions: columns.dimensions.iter().zip(&self.definition.dimensions).map(dimension).collect(),
            attributes: self.attributes.iter().map(attribute).collect(),
        }
    }

    fn flush_if_full(&mut self) -> io::Result<()> {
        if self.bytes.len() >= OUTPUT_BYTES {
            self.output.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    fn key_of(&self, columns: &Columns, pieces: &Pieces, series: usize, but: Option<usize>) -> Vec<u8> {
        let mut key = Vec::with_capacity(128);
        for (place, (column, pieces)) in columns.dimensions.iter().zip(&pieces.dimensions).enumerate() {
            if Some(place) != but {
                key.extend_from_slice(&pieces[column.index[series] as usize].inline);
            }
        }
        key
    }

    /// Series by series.
    fn write_series(&mut self, columns: &Columns, pieces: &Pieces) -> io::Result<()> {
        let sources: Vec<Source> = self.attributes.iter().map(|(_, source)| *source).collect();
        let is_of_series: Vec<bool> =
            sources.iter().map(|source| matches!(source, Source::Series(_))).collect();
        let has_observations = self.options.detail.has_observations();
        let mut stretches = Stretches::new(columns, sources.iter().copied());
        let mut next_series = 0;
        let mut tail = Piece::default();
        let mut codes: Vec<usize> = Vec::new();
        while let Some((stretch, of_stretch)) = stretches.next() {
            codes.clear();
            codes.extend(of_stretch);
            if stretch.is_new_series {
                for series in next_series..stretch.series {
                    self.empty_series(columns, pieces, &sources, series)?;
                }
                next_series = stretch.series + 1;
                let mut attributes = Piece::default();
                for ((code, texts), _) in codes
                    .iter()
                    .zip(&pieces.attributes)
                    .zip(&is_of_series)
                    .filter(|(_, of_series)| **of_series)
                {
                    attributes.add(&texts[*code]);
                }
                let series = Series::new(self.key_of(columns, pieces, stretch.series, None), attributes);
                self.begin_series(series);
            }
            if !has_observations {
                self.begin_open_series();
                continue;
            }
            tail.clear();
            for ((code, texts), _) in
                codes.iter().zip(&pieces.attributes).zip(&is_of_series).filter(|(_, of_series)| !**of_series)
            {
                tail.add(&texts[*code]);
            }
            for observation in stretch.observations {
                match columns.periods[observation] {
                    Period::ANY if self.definition.time.is_some() => self.series_alone(),
                    period => {
                        self.begin_open_series();
                        let value = columns.value(observation).filter(|_| self.options.measures);
                        self.parts.observation(period, value, &tail, &mut self.bytes);
                    }
                }
                self.flush_if_full()?;
            }
        }
        for series in next_series..columns.series_count() {
            self.empty_series(columns, pieces, &sources, series)?;
        }
        Ok(())
    }

    /// Makes a series the open one, unless it is already.
    fn begin_series(&mut self, series: Series) {
        if self.series.as_ref().is_some_and(|open| open.is(&series)) {
            return;
        }
        self.close_series();
        self.series = Some(series);
    }

    #[inline]
    fn begin_open_series(&mut self) {
        if let Some(series) = &mut self.series
            && !series.is_begun
        {
            series.is_begun = true;
            self.parts.begin_series(series, &mut self.bytes);
        }
    }

    /// A row about the open series: its element stands alone.
    fn series_alone(&mut self) {
        let Some(mut series) = self.series.take() else { return };
        self.parts.end_series(series.is_begun, &mut self.bytes);
        self.parts.begin_series(&series, &mut self.bytes);
        self.parts.end_series(true, &mut self.bytes);
        series.is_begun = false;
        self.series = Some(series);
    }

    fn empty_series(
        &mut self,
        columns: &Columns,
        pieces: &Pieces,
        sources: &[Source],
        series: usize,
    ) -> io::Result<()> {
        let mut attributes = Piece::default();
        for (source, texts) in sources.iter().zip(&pieces.attributes) {
            if let Source::Series(place) = source {
                let code = columns.series_attributes[*place].runs.get(series);
                attributes.add(&texts[code as usize]);
            }
        }
        self.begin_series(Series::new(self.key_of(columns, pieces, series, None), attributes));
        self.begin_open_series();
        self.flush_if_full()
    }

    /// Observations with all their dimensions.
    fn write_flat(&mut self, columns: &Columns, pieces: &Pieces) -> io::Result<()> {
        let sources: Vec<Source> = self.attributes.iter().map(|(_, source)| *source).collect();
        let mut stretches = Stretches::new(columns, sources.iter().copied());
        let (mut key, mut tail) = (Vec::new(), Piece::default());
        while let Some((stretch, codes)) = stretches.next() {
            if stretch.is_new_series {
                key = self.key_of(columns, pieces, stretch.series, None);
            }
            tail.clear();
            for (code, texts) in codes.zip(&pieces.attributes) {
                tail.add(&texts[code]);
            }
            for observation in stretch.observations {
                let value = columns.value(observation).filter(|_| self.options.measures);
                self.parts.flat(&key, columns.periods[observation], value, &tail, &mut self.bytes);
                self.flush_if_full()?;
            }
        }
        Ok(())
    }

    /// Observations along a dimension other than time; all attributes stand with them.
    fn write_crossed(&mut self, columns: &Columns, pieces: &Pieces, dimension: usize) -> io::Result<()> {
        let mut rows: Vec<(usize, usize)> = (0..columns.series_count())
            .flat_map(|series| columns.observations(series).map(move |observation| (series, observation)))
            .collect();
        let place = |&(series, observation): &(usize, usize)| {
            let mut key: Vec<u32> = columns.dimensions.iter().map(|column| column.index[series]).collect();
            let code = key.remove(dimension);
            (key, columns.periods[observation], code)
        };
        rows.sort_by_cached_key(place);
        let codes = &pieces.dimensions[dimension];
        for (series, observation) in rows {
            let mut key = self.key_of(columns, pieces, series, Some(dimension));
            self.parts.time(columns.periods[observation], &mut key);
            self.begin_series(Series::new(key, Piece::default()));
            self.begin_open_series();
            let mut tail = Piece::default();
            for ((_, source), texts) in self.attributes.iter().zip(&pieces.attributes) {
                let code = match source {
                    Source::Fixed => 0,
                    Source::Series(place) => columns.series_attributes[*place].runs.get(series),
                    Source::Observation(place) => {
                        columns.observation_attributes[*place].runs.get(observation)
                    }
                };
                tail.add(&texts[code as usize]);
            }
            let code = columns.code(series, dimension);
            let piece = &codes[columns.dimensions[dimension].index[series] as usize];
            let value = columns.value(observation).filter(|_| self.options.measures);
            self.parts.crossed(code, piece, value, &tail, &mut self.bytes);
            self.flush_if_full()?;
        }
        Ok(())
    }
}

impl<W: Write> DataWriter for MlWriter<W> {
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        self.open(action, context);
        let pieces = self.pieces(columns, action, context);
        match self.layout {
            Layout::Series => self.write_series(columns, &pieces),
            Layout::Flat => self.write_flat(columns, &pieces),
            Layout::Crossed(dimension) => self.write_crossed(columns, &pieces, dimension),
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.close();
        self.bytes.extend_from_slice(self.tags.end().as_bytes());
        self.output.write_all(&self.bytes)?;
        self.output.flush()
    }
}
