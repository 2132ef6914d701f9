//! Stages that go by pattern: deletions with wildcards, the scope of a complete file, and absences whose meaning
//! changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::period::Period;

use super::defaults::WriteOut;
use super::stage::{Segment, Stage};
use super::{FoldError, Part, WILDCARDS_MAX};
use crate::hub::vintage::BlockSource;

/// What to delete wherever it matches.
#[derive(Clone, Debug)]
pub(super) struct Deletion {
    pattern: Selection,
    /// Only this period, if it is one.
    period: Period,
    /// Which cells go; nothing: whole observations.
    cells: Option<Cells>,
}

#[derive(Clone, Debug)]
struct Cells {
    value: bool,
    observation_attributes: Vec<bool>,
    series_attributes: Vec<bool>,
}

impl Cells {
    /// Whether it touches observations, and not only their series.
    fn of_observations(&self) -> bool {
        self.value || self.observation_attributes.contains(&true)
    }
}

impl Deletion {
    pub(super) fn whole(pattern: Selection) -> Self {
        Self { pattern, period: Period::ANY, cells: None }
    }

    fn matches_period(&self, period: Period) -> bool {
        (self.period == Period::ANY || self.period == period) && self.pattern.matches_period(period)
    }

    /// Whether all of a block goes, so that nobody need open it.
    fn takes_all_of(&self, block: &BlockInfo) -> bool {
        self.cells.is_none() && self.period == Period::ANY && block.all_match(&self.pattern)
    }

    /// Whether some series of the columns may match, by their dictionaries.
    fn may_match(&self, columns: &Columns) -> bool {
        let may = |key: &KeyPattern| {
            columns.dimensions.iter().enumerate().all(|(place, column)| {
                key.set(place)
                    .is_none_or(|set| set.iter().any(|code| column.codes.binary_search(code).is_ok()))
            })
        };
        self.pattern.keys.is_empty() || self.pattern.keys.iter().any(may)
    }
}

/// The rows of a deletion whose keys have wildcards.
pub(super) fn wildcards(part: &Part, source: &dyn BlockSource) -> Result<Vec<Deletion>, FoldError> {
    let mut deletions = Vec::new();
    let wild =
        |block: &&Arc<BlockInfo>| block.codes.iter().any(|codes| codes.iter().any(|code| code.is_empty()));
    for block in part.blocks.iter().filter(wild) {
        let columns = source.load(block)?;
        let series =
            (0..columns.series_count()).filter(|at| columns.key(*at).codes().any(|code| code.is_empty()));
        for series in series {
            let entries = columns.observations(series).map(|place| deletion(&columns, series, place));
            deletions.extend(entries.clone());
            // An entry that takes whole observations says nothing of their series; what the series names goes too,
            // as it does where the key is full.
            let of_series = series_attributes(&columns, series);
            if of_series.contains(&true) && entries.clone().any(|entry| entry.cells.is_none()) {
                let cells = Cells {
                    value: false,
                    observation_attributes: vec![false; columns.observation_attributes.len()],
                    series_attributes: of_series,
                };
                deletions.push(Deletion {
                    pattern: pattern(&columns, series),
                    period: Period::ANY,
                    cells: Some(cells),
                });
            }
            if deletions.len() > WILDCARDS_MAX {
                return Err(FoldError::TooManyWildcards);
            }
        }
    }
    Ok(deletions)
}

/// The series that the key of a deletion means.
fn pattern(columns: &Columns, series: usize) -> Selection {
    let set = |code: &Arc<str>| (!code.is_empty()).then(|| BTreeSet::from([code.clone()]));
    let key = KeyPattern { sets: columns.key(series).codes().map(set).collect() };
    Selection { keys: vec![key], start: None, end: None }
}

/// Which attributes of a series a deletion names.
fn series_attributes(columns: &Columns, series: usize) -> Vec<bool> {
    columns.series_attributes.iter().map(|column| column.get(series).is_some()).collect()
}

fn deletion(columns: &Columns, series: usize, place: usize) -> Deletion {
    let cells = Cells {
        value: columns.value(place).is_some(),
        observation_attributes: columns
            .observation_attributes
            .iter()
            .map(|c| c.get(place).is_some())
            .collect(),
        series_attributes: series_attributes(columns, series),
    };
    Deletion {
        pattern: pattern(columns, series),
        period: columns.periods[place],
        cells: (!columns.is_bare(series, place)).then_some(cells),
    }
}

/// Deletes what matches.
pub(super) struct Deletions<'a> {
    input: Box<dyn Stage + 'a>,
    source: &'a dyn BlockSource,
    write_out: &'a WriteOut,
    deletions: Vec<Deletion>,
}

impl<'a> Deletions<'a> {
    pub(super) fn new(
        input: Box<dyn Stage + 'a>,
        source: &'a dyn BlockSource,
        write_out: &'a WriteOut,
        deletions: Vec<Deletion>,
    ) -> Self {
        Self { input, source, write_out, deletions }
    }

    /// Whether nothing is left of a segment that nobody opened.
    fn takes_all_of(&self, segment: &Segment) -> bool {
        match segment {
            Segment::Columns(_) => false,
            Segment::Blocks { blocks, .. } => {
                blocks.iter().all(|block| self.deletions.iter().any(|deletion| deletion.takes_all_of(block)))
            }
        }
    }

    fn touches(&self, segment: &Segment) -> bool {
        match segment {
            Segment::Columns(columns) => self.deletions.iter().any(|deletion| deletion.may_match(columns)),
            Segment::Blocks { blocks, .. } => blocks
                .iter()
                .any(|block| self.deletions.iter().any(|deletion| block.may_match(&deletion.pattern))),
        }
    }

    fn apply(&self, columns: &Columns) -> Columns {
        let near = self.deletions.iter().filter(|deletion| deletion.may_match(columns));
        let near: Vec<_> =
            near.map(|deletion| (deletion, deletion.pattern.matching_series(columns))).collect();
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let here: Vec<&Deletion> =
                near.iter().filter(|(_, matching)| matching[series]).map(|near| near.0).collect();
            if here.is_empty() {
                builder.push(ObservationRange::whole(columns, series), &mut map);
            } else {
                delete_in_series(&mut builder, self.write_out, columns, series, &here);
            }
        }
        builder.take()
    }
}

fn delete_in_series(
    builder: &mut ColumnsBuilder,
    write_out: &WriteOut,
    columns: &Columns,
    series: usize,
    deletions: &[&Deletion],
) {
    let is_whole = |place: &usize| {
        deletions.iter().any(|d| d.cells.is_none() && d.matches_period(columns.periods[*place]))
    };
    let kept: Vec<usize> = columns.observations(series).filter(|place| !is_whole(place)).collect();
    let Some(first) = kept.first().map(|place| columns.periods[*place]) else { return };
    let defaults = write_out.in_series(columns, series);
    let of_cells = || deletions.iter().filter_map(|d| Some((d, d.cells.as_ref()?)));
    builder.start_series(columns, series, &mut SourceMap::default());
    for (place, column) in columns.series_attributes.iter().enumerate() {
        let is_gone = of_cells().any(|(_, cells)| cells.series_attributes[place]);
        let default = if is_gone { defaults.of_series(place, first) } else { None };
        builder.series_attribute(place, if is_gone { default.as_ref() } else { column.get(series) });
    }
    for observation in kept {
        let period = columns.periods[observation];
        let matching =
            of_cells().filter(|(deletion, cells)| cells.of_observations() && deletion.matches_period(period));
        let here: Vec<&Cells> = matching.map(|(_, cells)| cells).collect();
        let old = |place: usize| columns.observation_attributes[place].get(observation);
        if here.is_empty() {
            builder.observation(period, columns.value(observation), old);
            continue;
        }
        let value = columns.value(observation).filter(|_| !here.iter().any(|cells| cells.value));
        defaults.observation(builder, period, value, |place| {
            old(place).filter(|_| !here.iter().any(|cells| cells.observation_attributes[place]))
        });
    }
    builder.end_series();
}

impl Stage for Deletions<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        while let Some(segment) = self.input.next()? {
            if self.takes_all_of(&segment) {
                continue;
            }
            if !self.touches(&segment) {
                return Ok(Some(segment));
            }
            let left = self.apply(&*segment.open(self.source)?);
            if !left.is_empty() {
                return Ok(Some(Segment::Columns(Arc::new(left))));
            }
        }
        Ok(None)
    }
}

/// Writes out absences that would come to mean something else: an agreement made later never changes what was
/// said before.
pub(super) struct Fill<'a> {
    input: Box<dyn Stage + 'a>,
    source: &'a dyn BlockSource,
    values: &'a [(Arc<str>, AttributeValue)],
}

impl<'a> Fill<'a> {
    pub(super) fn new(
        input: Box<dyn Stage + 'a>,
        source: &'a dyn BlockSource,
        values: &'a [(Arc<str>, AttributeValue)],
    ) -> Self {
        Self { input, source, values }
    }
}

impl Stage for Fill<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        let Some(segment) = self.input.next()? else { return Ok(None) };
        let mut columns = (*segment.open(self.source)?).clone();
        columns.fill_absent(self.values);
        Ok(Some(Segment::Columns(Arc::new(columns))))
    }
}
