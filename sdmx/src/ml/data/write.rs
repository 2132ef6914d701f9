//! Columns to a message of data.

mod header;
mod layout;
mod parts;
mod pieces;

use std::io::{self, Write};
use std::sync::Arc;

use crate::columns::{AttributeValue, Columns};
use crate::data::{Action, DataWriter, DatasetContext, MlForm, ObservationLevel, Provider, WriteOptions};
use crate::stretch::{Source, Written};
use crate::structure::{AttributeLevel, AttributeUse, DataDefinition};
use header::Tags;
use layout::Layout;
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

    /// Opens the dataset of an action and a provider, unless it is open: figures of several providers in one
    /// dataset would be nobody's.
    fn open(&mut self, action: Action, context: &DatasetContext<'_>) -> io::Result<()> {
        let mut piece = Piece::default();
        if action != Action::Delete {
            for attribute in &self.dataset_attributes {
                if let Some(value) = Self::absent(&self.options, context, &attribute.component.id) {
                    piece.add(&self.syntax().attribute(attribute, value, &self.options.languages));
                }
            }
        }
        let mut begin = self.tags.dataset(action, context).into_bytes();
        let mut provider = Vec::new();
        if let Some(named) = Provider::find(&self.definition, &self.options, context)? {
            self.tags.provider(&named.reference, &mut provider);
        }
        self.parts.dataset(&piece, &provider, &mut begin);
        if self.dataset.as_ref() != Some(&begin) {
            self.close();
            self.bytes.extend_from_slice(&begin);
            self.dataset = Some(begin);
        }
        Ok(())
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
}

impl<W: Write> DataWriter for MlWriter<W> {
    fn write(&mut self, action: Action, columns: &Columns, context: &DatasetContext<'_>) -> io::Result<()> {
        self.open(action, context)?;
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
