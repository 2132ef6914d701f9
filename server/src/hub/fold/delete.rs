//! Stages that go by pattern: wildcard deletions, the scope of a complete file, and absences whose meaning
//! changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::period::Period;

use super::stage::{Segment, Stage};
use super::{FoldError, Part, WILDCARDS_MAX};
use crate::hub::vintage::{BlockSource, Vintage};

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

impl Deletion {
    pub(super) fn whole(pattern: Selection) -> Self {
        Self { pattern, period: Period::ANY, cells: None }
    }

    fn matches_period(&self, period: Period) -> bool {
        (self.period == Period::ANY || self.period == period) && self.pattern.matches_period(period)
    }
}

/// The rows of a deletion that stand for more than one observation.
pub(super) fn wildcards(part: &Part, source: &dyn BlockSource) -> Result<Vec<Deletion>, FoldError> {
    let mut deletions = Vec::new();
    let wild = |block: &&Arc<BlockInfo>| {
        block.first_period == Period::ANY || block.codes.iter().any(|codes| codes.iter().any(|code| code.is_empty()))
    };
    for block in part.blocks.iter().filter(wild) {
        let columns = source.load(block)?;
        for series in 0..columns.series_count() {
            let any_code = columns.key(series).codes().any(|code| code.is_empty());
            for place in columns.observations(series) {
                if any_code || columns.periods[place] == Period::ANY {
                    deletions.push(deletion(&columns, series, place));
                }
            }
        }
        if deletions.len() > WILDCARDS_MAX {
            return Err(FoldError::TooManyWildcards);
        }
    }
    Ok(deletions)
}

fn deletion(columns: &Columns, series: usize, place: usize) -> Deletion {
    let set = |code: &Arc<str>| (!code.is_empty()).then(|| BTreeSet::from([code.clone()]));
    let key = KeyPattern { sets: columns.key(series).codes().map(set).collect() };
    let cells = Cells {
        value: columns.value(place).is_some(),
        observation_attributes: columns.observation_attributes.iter().map(|c| c.get(place).is_some()).collect(),
        series_attributes: columns.series_attributes.iter().map(|c| c.get(series).is_some()).collect(),
    };
    Deletion {
        pattern: Selection { keys: vec![key], start: None, end: None },
        period: columns.periods[place],
        cells: (!columns.is_bare(series, place)).then_some(cells),
    }
}

/// Deletes what matches.
pub(super) struct Deletions<'a> {
    input: Box<dyn Stage + 'a>,
    source: &'a dyn BlockSource,
    deletions: Vec<Deletion>,
}

impl<'a> Deletions<'a> {
    pub(super) fn new(input: Box<dyn Stage + 'a>, source: &'a dyn BlockSource, deletions: Vec<Deletion>) -> Self {
        Self { input, source, deletions }
    }

    fn touches(&self, segment: &Segment) -> bool {
        match segment {
            Segment::Columns(_) => true,
            Segment::Blocks { blocks, .. } => blocks.iter().any(|block| {
                self.deletions.iter().any(|deletion| block.may_match(&deletion.pattern))
            }),
        }
    }

    fn apply(&self, columns: &Columns) -> Columns {
        let matching: Vec<Vec<bool>> =
            self.deletions.iter().map(|deletion| deletion.pattern.matching_series(columns)).collect();
        let mut builder = ColumnsBuilder::new(columns.shape.clone());
        let mut map = SourceMap::default();
        for series in 0..columns.series_count() {
            let here: Vec<&Deletion> = self
                .deletions
                .iter()
                .zip(&matching)
                .filter(|(_, matching)| matching[series])
                .map(|(deletion, _)| deletion)
                .collect();
            if here.is_empty() {
                builder.push(ObservationRange::whole(columns, series), &mut map);
            } else {
                delete_in_series(&mut builder, columns, series, &here);
            }
        }
        builder.take()
    }
}

fn delete_in_series(builder: &mut ColumnsBuilder, columns: &Columns, series: usize, deletions: &[&Deletion]) {
    let whole = |place: &usize| {
        deletions.iter().any(|d| d.cells.is_none() && d.matches_period(columns.periods[*place]))
    };
    let kept: Vec<usize> = columns.observations(series).filter(|place| !whole(place)).collect();
    if kept.is_empty() {
        return;
    }
    builder.start_series(columns, series, &mut SourceMap::default());
    for (place, column) in columns.series_attributes.iter().enumerate() {
        let gone = deletions.iter().filter_map(|d| d.cells.as_ref()).any(|cells| cells.series_attributes[place]);
        builder.series_attribute(place, if gone { None } else { column.get(series) });
    }
    for observation in kept {
        let period = columns.periods[observation];
        let here = || {
            let matching = deletions.iter().filter(|deletion| deletion.matches_period(period));
            matching.filter_map(|deletion| deletion.cells.as_ref())
        };
        let value = columns.value(observation).filter(|_| !here().any(|cells| cells.value));
        builder.observation(period, value, |place| {
            let gone = here().any(|cells| cells.observation_attributes[place]);
            if gone { None } else { columns.observation_attributes[place].get(observation) }
        });
    }
    builder.end_series();
}

impl Stage for Deletions<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        while let Some(segment) = self.input.next()? {
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

/// Absent values whose meaning is about to change, with what they stood for. They are written out, so that
/// an agreement made later never changes what was said before.
pub(super) fn outdated_absences(
    old: &BTreeMap<Arc<str>, Arc<str>>,
    new: &BTreeMap<Arc<str>, Arc<str>>,
    base: &Vintage,
) -> Vec<(Arc<str>, AttributeValue)> {
    if base.blocks.is_empty() {
        return Vec::new();
    }
    let outdated = old.iter().filter(|(id, value)| new.get(*id) != Some(value));
    outdated.map(|(id, value)| (id.clone(), AttributeValue::Text(value.clone()))).collect()
}

/// Writes out absent attributes.
pub(super) struct Fill<'a> {
    input: Box<dyn Stage + 'a>,
    source: &'a dyn BlockSource,
    values: Vec<(Arc<str>, AttributeValue)>,
}

impl<'a> Fill<'a> {
    pub(super) fn new(
        input: Box<dyn Stage + 'a>,
        source: &'a dyn BlockSource,
        values: Vec<(Arc<str>, AttributeValue)>,
    ) -> Self {
        Self { input, source, values }
    }
}

impl Stage for Fill<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        let Some(segment) = self.input.next()? else { return Ok(None) };
        let mut columns = (*segment.open(self.source)?).clone();
        columns.fill_absent(&self.values);
        Ok(Some(Segment::Columns(Arc::new(columns))))
    }
}
