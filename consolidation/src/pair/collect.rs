//! Batches in, cells out.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, Columns, ColumnsBuilder, Interner, ObservationRange, SourceMap};

use super::{Batch, KEY_DIMENSIONS, Paired, Places, Role, Series};
use crate::areas::Areas;
use crate::dataflow::{Input, Target};
use crate::scope::Scope;
use crate::source::Source;

/// Most observations one pairing holds, at some 30 bytes each: half a gigabyte. More is done scope by scope.
pub const OBSERVATIONS_MAX: usize = 16_000_000;
/// Most distinct codes of one dimension: their places are packed in 16 bits.
const CODES_MAX: usize = 1 << 16;
/// Highest UNIT_MULT that is understood: thousands of millions.
const MULTIPLIER_MAX: u8 = 9;

/// Why figures cannot be paired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The columns are those of another dataflow.
    #[error("columns of {dataflow} were announced, but they lack its dimensions; found {found}")]
    Shape {
        /// What was announced.
        dataflow: &'static str,
        /// The dimensions found, with points between.
        found: String,
    },
    /// The input does not enter this target.
    #[error("{input} does not enter {target}")]
    Foreign {
        /// The input.
        input: &'static str,
        /// The target.
        target: &'static str,
    },
    /// Too many observations at once.
    #[error(
        "more than {OBSERVATIONS_MAX} observations in one scope: consolidate a few destinations at a time"
    )]
    TooMany,
    /// Too many codes.
    #[error("the dimension {0} has more than {CODES_MAX} codes")]
    Codes(&'static str),
}

/// Reported series that did not enter, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// They are of no corridor: totals, groups, other criteria, one area to itself.
    pub no_corridor: u64,
    /// They are of corridors outside the scope.
    pub out_of_scope: u64,
    /// They do not count persons.
    pub other_unit: u64,
    /// Stocks by citizenship of a destination that reports by birth too.
    pub by_citizenship: u64,
}

/// Takes reported columns in any order and pairs what they say of each corridor.
#[derive(Debug)]
pub struct Pairing {
    target: Target,
    areas: Areas,
    scope: Scope,
    refugees_apart: BTreeSet<Arc<str>>,
    sources: Vec<Source>,
    batches: Vec<Batch>,
    series: Vec<Series>,
    codes: Vec<Interner>,
    observations: usize,
    left_out: LeftOut,
}

impl Pairing {
    /// Nothing yet.
    pub fn new(target: Target, areas: Areas, scope: Scope) -> Self {
        Self {
            target,
            areas,
            scope: scope.of_target(target),
            refugees_apart: BTreeSet::new(),
            sources: Vec::new(),
            batches: Vec::new(),
            series: Vec::new(),
            codes: vec![Interner::default(); KEY_DIMENSIONS],
            observations: 0,
            left_out: LeftOut::default(),
        }
    }

    /// Destinations that declare that refugees are *not* in the stocks they report: only there are they added.
    pub fn refugees_apart(mut self, destinations: BTreeSet<Arc<str>>) -> Self {
        self.refugees_apart = destinations;
        self
    }

    /// Takes columns that were read from one vintage of one lane, as the public may see them: masked, defaults filled
    /// in. A CONF_STATUS other than F hides the figure, be it there or not.
    pub fn push(&mut self, source: &Source, columns: Columns) -> Result<(), PairError> {
        if !self.target.inputs().contains(&source.input) {
            let (input, target) = (source.input.dataflow(), self.target.dataflow());
            return Err(PairError::Foreign { input, target });
        }
        let places = Places::of(source.input, &columns.shape).ok_or_else(|| PairError::Shape {
            dataflow: source.input.dataflow(),
            found: columns.shape.dimensions.join("."),
        })?;
        let source_number = self.source(source);
        let units = Units::of(&columns);
        let first = self.series.len();
        for series in 0..columns.series_count() {
            if columns.observations(series).is_empty() {
                continue;
            }
            self.see(&places, &units, &columns, series, source_number)?;
        }
        let kept: usize = self.series[first..]
            .iter()
            .map(|series| columns.observations(series.series as usize).len())
            .sum();
        self.observations += kept;
        if self.observations > OBSERVATIONS_MAX {
            return Err(PairError::TooMany);
        }
        if kept == 0 {
            return Ok(());
        }
        // What is mostly left out is not worth the memory it would hold until the end.
        let columns = if kept * 2 < columns.len() { self.cut(first, &columns) } else { columns };
        let letters = |id: &str| {
            let place = columns.shape.observation_attribute(id);
            letters(place.map(|place| &columns.observation_attributes[place]), columns.len())
        };
        let (statuses, confidentialities) = (letters("OBS_STATUS"), letters("CONF_STATUS"));
        self.batches.push(Batch { statuses, confidentialities, columns });
        Ok(())
    }

    fn source(&mut self, source: &Source) -> u32 {
        let known = self.sources.iter().rposition(|known| known == source);
        let number = known.unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        });
        number as u32
    }

    fn see(
        &mut self,
        places: &Places,
        units: &Units,
        columns: &Columns,
        series: usize,
        source: u32,
    ) -> Result<(), PairError> {
        let Some(seen) = places.see(columns, series, &self.areas) else {
            self.left_out.no_corridor += 1;
            return Ok(());
        };
        if !self.scope.contains(seen.origin, seen.destination) {
            self.left_out.out_of_scope += 1;
            return Ok(());
        }
        let Some(multiplier) = units.multiplier(columns, series) else {
            self.left_out.other_unit += 1;
            return Ok(());
        };
        if seen.role == Role::Refugees && !self.refugees_apart.contains(seen.destination) {
            return Ok(());
        }
        let mut codes = [0; KEY_DIMENSIONS];
        for (place, code) in seen.codes.into_iter().enumerate() {
            codes[place] = self.codes[place].intern(code);
            if codes[place] as usize >= CODES_MAX {
                let dimensions = self.target.dimensions();
                return Err(PairError::Codes(dimensions[place.min(dimensions.len() - 1)]));
            }
        }
        self.series.push(Series {
            codes,
            order: 0,
            role: seen.role,
            definition: seen.definition,
            by_birth: seen.by_birth,
            source,
            batch: self.batches.len() as u32,
            series: series as u32,
            multiplier,
        });
        Ok(())
    }

    /// Copies the series since `first` out of their columns.
    fn cut(&mut self, first: usize, columns: &Columns) -> Columns {
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        let mut map = SourceMap::default();
        for (place, series) in self.series[first..].iter_mut().enumerate() {
            builder.push(ObservationRange::whole(columns, series.series as usize), &mut map);
            series.series = place as u32;
        }
        builder.take()
    }

    /// Everything by cell.
    pub fn finish(mut self) -> Paired {
        self.one_basis();
        let ranks: Vec<Vec<u32>> = self.codes.iter().map(Interner::ranks).collect();
        for series in &mut self.series {
            series.order = (0..KEY_DIMENSIONS)
                .fold(0, |order, place| order << 16 | u128::from(ranks[place][series.codes[place] as usize]));
        }
        // Which of several sources goes first must not depend on the order in which they came.
        let place = |source: &Source| {
            let Source { input, provider, submission, version, rank } = source.clone();
            (rank, input, provider, submission, version)
        };
        let order: Vec<_> = self.sources.iter().map(place).collect();
        let order = mighub_sdmx::columns::ranks(&order);
        self.series.sort_unstable_by_key(|series| {
            let source = order[series.source as usize];
            (series.order, series.role, series.definition, source, series.batch, series.series)
        });
        let mut groups = Vec::new();
        let mut start = 0;
        for group in self.series.chunk_by(|a, b| a.order == b.order) {
            let end = start + group.len() as u32;
            // Refugees alone make no stock.
            if group.iter().any(|series| series.role != Role::Refugees) {
                groups.push(start..end);
            }
            start = end;
        }
        Paired {
            target: self.target,
            codes: self.codes,
            ranks,
            sources: self.sources,
            batches: self.batches,
            series: self.series,
            groups,
            refugees_apart: self.refugees_apart,
            left_out: self.left_out,
        }
    }

    /// A destination that reports stocks by birth is taken by birth alone: a mixture would count people twice.
    fn one_basis(&mut self) {
        const DESTINATION: usize = 1;
        if self.target != Target::Stock {
            return;
        }
        let stock = |series: &Series| series.role == Role::Destination;
        let by_birth: BTreeSet<u32> = self
            .series
            .iter()
            .filter(|series| stock(series) && series.by_birth)
            .map(|series| series.codes[DESTINATION])
            .collect();
        let before = self.series.len();
        self.series.retain(|series| {
            !stock(series) || series.by_birth || !by_birth.contains(&series.codes[DESTINATION])
        });
        self.left_out.by_citizenship += (before - self.series.len()) as u64;
    }
}

/// Where a shape says what is counted.
struct Units {
    measure: Option<usize>,
    multiplier: Option<usize>,
}

impl Units {
    fn of(columns: &Columns) -> Self {
        let place = |id: &str| columns.shape.series_attribute(id);
        Self { measure: place("UNIT_MEASURE"), multiplier: place("UNIT_MULT") }
    }

    /// UNIT_MULT of a series that counts persons; nothing if it counts something else.
    fn multiplier(&self, columns: &Columns, series: usize) -> Option<u8> {
        let text = |place: Option<usize>| columns.series_attributes[place?].get(series)?.as_text();
        if text(self.measure).is_some_and(|unit| unit != "PS") {
            return None;
        }
        match text(self.multiplier) {
            None => Some(0),
            Some(text) => text.parse().ok().filter(|multiplier| *multiplier <= MULTIPLIER_MAX),
        }
    }
}

/// The first letter of each entry's code, 0 where there is none.
fn letters(column: Option<&AttributeColumn>, observations: usize) -> Vec<u8> {
    let mut letters = Vec::with_capacity(observations);
    for (code, entries) in column.into_iter().flat_map(|column| column.runs.runs()) {
        let value = column.and_then(|column| column.value(code)).and_then(|value| value.as_text());
        let letter = value.and_then(|text| text.bytes().next()).unwrap_or(0);
        letters.resize(entries.end, letter);
    }
    letters.resize(observations, 0);
    letters
}

impl Input {
    /// The direction under which reports on the source of such figures stand.
    pub(crate) fn direction(self, reporter: super::Reporter) -> &'static str {
        match self {
            Self::Flow => reporter.direction(),
            Self::Stock | Self::Refugee => "_Z",
        }
    }
}
