//! How one lane differs between two points of its history.

use std::io::{self, Write};
use std::iter::Peekable;
use std::sync::Arc;

use mighub::block::LaneKey;
use mighub::convert::selection_message;
use mighub::v1::{self, diff_vintages_response::Part};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::csv::Action;
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::DataDefinition;
use mighub_sdmx::{Decimal, Period};
use tonic::Streaming;

use crate::error::Error;
use crate::hub::Hub;
use crate::hub::retry::Backoff;
use crate::pull::{At, CsvFile, decode};

/// What is compared.
#[derive(Clone, Debug, Default)]
pub struct DiffRequest {
    /// The lane.
    pub lane: v1::Lane,
    /// The earlier point; nothing: the vintage before the later one.
    pub before: Option<At>,
    /// The later point.
    pub after: At,
    /// Which observations.
    pub selection: Selection,
}

/// A comparison coming in.
pub struct Diff {
    /// The dataflow.
    pub definition: Arc<DataDefinition>,
    /// The two vintages.
    pub header: v1::DiffHeader,
    /// How many observations differ, once the end was reached.
    pub summary: Option<v1::ObservationCounts>,
    stream: Streaming<v1::DiffVintagesResponse>,
    key: Option<LaneKey>,
}

/// Observations that differ within one span of keys.
#[derive(Clone, Debug)]
pub struct DiffBatch {
    /// As they were.
    pub before: Option<Columns>,
    /// As they are.
    pub after: Option<Columns>,
}

/// One observation that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Codes of its key, in the order of the dimensions.
    pub key: Vec<Arc<str>>,
    /// Its period.
    pub period: Period,
    /// As it was; nothing if it is new.
    pub before: Option<Observation>,
    /// As it is; nothing if it is gone.
    pub after: Option<Observation>,
}

/// An observation without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its value, if it has one.
    pub value: Option<Decimal>,
    /// Attributes of observation and series that it has, by id.
    pub attributes: Vec<(Arc<str>, AttributeValue)>,
}

impl Hub {
    /// Compares two points in the history of a lane.
    pub async fn diff(&self, request: &DiffRequest) -> Result<Diff, Error> {
        let message = v1::DiffVintagesRequest {
            lane: Some(request.lane.clone()),
            before: request.before.as_ref().and_then(At::message),
            after: request.after.message(),
            selection: (!request.selection.is_all()).then(|| selection_message(&request.selection)),
        };
        let mut backoff = Backoff::default();
        loop {
            match self.start_diff(message.clone()).await {
                Ok(diff) => return Ok(diff),
                Err(error) => backoff.pause(error).await?,
            }
        }
    }

    async fn start_diff(&self, message: v1::DiffVintagesRequest) -> Result<Diff, Error> {
        let mut stream = self.retrieval().diff_vintages(message).await?.into_inner();
        let first = stream.message().await?.and_then(|message| message.part);
        let Some(Part::Header(header)) = first else {
            return Err(Error::Contract("a comparison does not begin with its header".to_owned()));
        };
        let lane = header.lane.clone().unwrap_or_default();
        let definition = self.definition_of_header(&lane.dataflow, &header.structure_digest).await?;
        let key = self.home().cache().lane(&lane)?.and_then(|known| known.lane_key[..].try_into().ok());
        Ok(Diff { definition, header, summary: None, stream, key: key.map(LaneKey) })
    }
}

impl Diff {
    /// The next observations that differ; nothing at the end, and then [`Diff::summary`] is there.
    pub async fn next(&mut self) -> Result<Option<DiffBatch>, Error> {
        let columns = |diff: &Self, block: Option<v1::StoredBlock>| {
            block.map(|block| decode(&block, &diff.definition.shape, diff.key.as_ref())).transpose()
        };
        match self.stream.message().await?.and_then(|message| message.part) {
            Some(Part::Difference(part)) => {
                Ok(Some(DiffBatch { before: columns(self, part.before)?, after: columns(self, part.after)? }))
            }
            Some(Part::Summary(summary)) => {
                self.summary = Some(summary.observations.unwrap_or_default());
                Ok(None)
            }
            None if self.summary.is_some() => Ok(None),
            Some(Part::Header(_)) | None => {
                Err(Error::Contract("a comparison ended without its summary".to_owned()))
            }
        }
    }

    /// Writes the whole comparison as SDMX-CSV 2.0: applied to the earlier state it gives the later one. Rows
    /// `D` and `R` stand side by side, for no key has both.
    pub async fn write_csv(&mut self, output: impl Write) -> Result<(), Error> {
        let mut file = CsvFile::new(self.definition.clone(), output);
        let provider = self.header.lane.clone().unwrap_or_default().provider;
        file.begin(&provider, Vec::new()).map_err(Error::Output)?;
        while let Some(batch) = self.next().await? {
            batch.write(&mut file).map_err(Error::Output)?;
        }
        file.finish().map(drop).map_err(Error::Output)
    }
}

impl DiffBatch {
    /// One by one, in canonical order.
    pub fn differences(&self) -> impl Iterator<Item = Difference> + '_ {
        let mut before = cells(self.before.as_ref()).peekable();
        let mut after = cells(self.after.as_ref()).peekable();
        std::iter::from_fn(move || next_difference(&mut before, &mut after))
    }

    fn write<W: Write>(&self, file: &mut CsvFile<W>) -> io::Result<()> {
        if let Some(deleted) = self.deleted() {
            file.write(&deleted, Action::Delete)?;
        }
        self.after.as_ref().map_or(Ok(()), |after| file.write(after, Action::Replace))
    }

    /// Keys and periods that only the earlier state has.
    fn deleted(&self) -> Option<Columns> {
        let before = self.before.as_ref()?;
        let mut builder = ColumnsBuilder::new(before.shape.clone());
        let mut map = SourceMap::default();
        let mut after = cells(self.after.as_ref()).peekable();
        for series in 0..before.series_count() {
            let mut is_open = false;
            for observation in before.observations(series) {
                let at = Cell { columns: before, series, observation };
                while after.next_if(|other| other.cmp_place(&at).is_lt()).is_some() {}
                if after.peek().is_some_and(|other| other.cmp_place(&at).is_eq()) {
                    continue;
                }
                if !is_open {
                    builder.start_series(before, series, &mut map);
                    (0..before.series_attributes.len())
                        .for_each(|place| builder.series_attribute(place, None));
                    is_open = true;
                }
                builder.observation(before.periods[observation], None, |_| None);
            }
            if is_open {
                builder.end_series();
            }
        }
        (!builder.is_empty()).then(|| builder.take())
    }
}

impl std::fmt::Debug for Diff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Diff").field("header", &self.header).finish_non_exhaustive()
    }
}

/// An observation where it stands.
#[derive(Clone, Copy)]
struct Cell<'c> {
    columns: &'c Columns,
    series: usize,
    observation: usize,
}

fn cells(columns: Option<&Columns>) -> impl Iterator<Item = Cell<'_>> {
    columns.into_iter().flat_map(|columns| {
        (0..columns.series_count()).flat_map(move |series| {
            let whole = ObservationRange::whole(columns, series);
            (whole.start..whole.end).map(move |observation| Cell { columns, series, observation })
        })
    })
}

fn next_difference<'c>(
    before: &mut Peekable<impl Iterator<Item = Cell<'c>>>,
    after: &mut Peekable<impl Iterator<Item = Cell<'c>>>,
) -> Option<Difference> {
    let order = match (before.peek(), after.peek()) {
        (Some(before), Some(after)) => before.cmp_place(after),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => return None,
    };
    let before = if order.is_le() { before.next() } else { None };
    let after = if order.is_ge() { after.next() } else { None };
    let place = before.or(after)?;
    Some(Difference {
        key: place.columns.key(place.series).to_vec(),
        period: place.columns.periods[place.observation],
        before: before.map(Cell::read),
        after: after.map(Cell::read),
    })
}

impl Cell<'_> {
    fn cmp_place(&self, other: &Cell<'_>) -> std::cmp::Ordering {
        let period = |cell: &Cell<'_>| cell.columns.periods[cell.observation];
        let keys = self.columns.key(self.series).cmp(&other.columns.key(other.series));
        keys.then_with(|| period(self).cmp(&period(other)))
    }

    fn read(self) -> Observation {
        let Self { columns, series, observation } = self;
        let shape = &columns.shape;
        let of_observation = shape.observation_attributes.iter().zip(&columns.observation_attributes);
        let of_series = shape.series_attributes.iter().zip(&columns.series_attributes);
        let of_observation = of_observation.map(|(id, column)| (id, column.get(observation)));
        let of_series = of_series.map(|(id, column)| (id, column.get(series)));
        let attributes = of_observation.chain(of_series);
        Observation {
            value: columns.value(observation),
            attributes: attributes.filter_map(|(id, value)| Some((id.clone(), value?.clone()))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mighub_sdmx::columns::Shape;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type State = BTreeMap<(u8, u16), i64>;

    fn columns(state: &State) -> Option<Columns> {
        let shape = Shape {
            dimensions: vec![Arc::from("REF_AREA")],
            observation_attributes: Vec::new(),
            series_attributes: Vec::new(),
            timeless: false,
        };
        let mut builder = ColumnsBuilder::new(Arc::new(shape));
        let cells: Vec<_> = state.iter().collect();
        for series in cells.chunk_by(|a, b| a.0.0 == b.0.0) {
            builder.start_series_with_key(&[Arc::from(format!("{:03}", series[0].0.0))]);
            for ((_, year), value) in series {
                builder.observation(Period::year(*year), Some(Decimal::integer(**value)), |_| None);
            }
            builder.end_series();
        }
        (!state.is_empty()).then(|| builder.take())
    }

    fn place(key: &[Arc<str>], period: Period) -> (u8, u16) {
        (key[0].parse().expect("a number"), period.first_year().expect("a year") as u16)
    }

    proptest! {
        #[test]
        fn differences_turn_the_earlier_state_into_the_later(
            before in proptest::collection::btree_map((0u8..4, 2000u16..2006), 0i64..3, 0..20),
            after in proptest::collection::btree_map((0u8..4, 2000u16..2006), 0i64..3, 0..20),
        ) {
            let batch = DiffBatch { before: columns(&before), after: columns(&after) };
            let mut state = before.clone();
            for difference in batch.differences() {
                let at = place(&difference.key, difference.period);
                prop_assert_eq!(difference.before.is_some(), before.contains_key(&at));
                match difference.after {
                    Some(observation) => {
                        state.insert(at, observation.value.expect("a value").unscaled);
                    }
                    None => {
                        state.remove(&at);
                    }
                }
            }
            prop_assert_eq!(&state, &after);
            let deleted = batch.deleted();
            let deleted: Vec<_> = cells(deleted.as_ref())
                .map(|cell| place(&cell.columns.key(cell.series).to_vec(), cell.columns.periods[cell.observation]))
                .collect();
            let expected: Vec<_> = before.keys().filter(|at| !after.contains_key(at)).copied().collect();
            prop_assert_eq!(deleted, expected);
        }
    }
}
