//! Conditions on components, applied to columns while they pass by.
//!
//! What the hub can select by key and period is handed down to it; the rest is judged here, once per distinct
//! value wherever that is possible.

use std::ops::Range;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeColumn, Columns, ColumnsBuilder, NO_VALUE, ObservationRange, SourceMap};
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::{AttributeLevel, CodedBy, DataDefinition};

use super::condition::{Condition, Kind};
use super::fault::Fault;
use super::keys::narrow;
use crate::hub::{Effect, LaneFigures};

/// Conditions that all must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    clauses: Vec<Clause>,
}

#[derive(Clone, Debug)]
struct Clause {
    target: Target,
    condition: Condition,
}

/// Where the values of a component lie.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Dimension(usize),
    Time,
    Measure,
    SeriesAttribute(usize, Arc<str>),
    ObservationAttribute(usize, Arc<str>),
    DatasetAttribute(Arc<str>),
}

/// Observations of one series that follow each other.
pub(crate) type Stretch = (usize, Range<usize>);

impl Filter {
    /// Adds a condition on a component; `place` is where it was asked for.
    pub(crate) fn add(
        &mut self,
        definition: &DataDefinition,
        place: &str,
        component: &str,
        text: &str,
    ) -> Result<(), Fault> {
        let (target, kind) = target(definition, component).ok_or_else(|| {
            let ids = components(definition).join(", ");
            Fault::malformed(place, format!("{component:?} is no component of these data; there are: {ids}"))
        })?;
        self.clauses.push(Clause { target, condition: Condition::read(place, text, kind)? });
        Ok(())
    }

    /// Hands down to the hub what it can select itself, as far as that stays small; the same observations pass as
    /// before.
    pub(crate) fn hand_down(&mut self, selection: &mut Selection) {
        self.clauses.retain(|clause| match clause.target {
            Target::Dimension(place) => match clause.condition.codes() {
                Some(codes) => !narrow(selection, place, &codes.map(Arc::from).collect()),
                None => true,
            },
            Target::Time => match clause.condition.range() {
                Some((first, last)) => {
                    let (start, end) = (&mut selection.start, &mut selection.end);
                    *start = first.into_iter().chain(*start).max_by_key(|period| period.start());
                    *end = last.into_iter().chain(*end).min_by_key(|period| period.end());
                    false
                }
                None => true,
            },
            _ => true,
        });
    }

    /// Whether a condition is on anything but dimensions.
    pub(crate) fn asks_for_values(&self) -> bool {
        self.clauses.iter().any(|clause| !clause.is_of_key())
    }

    /// Whether an attribute of the dataset is among them. Its change touches no observation, so a delta does not tell
    /// which observations it makes pass.
    pub(crate) fn asks_for_dataset(&self) -> bool {
        self.clauses.iter().any(|clause| matches!(clause.target, Target::DatasetAttribute(_)))
    }

    /// The stretches that pass. Of what is gone only keys and periods are known, and judged.
    pub(crate) fn stretches(&self, lane: &LaneFigures, effect: Effect, columns: &Columns) -> Vec<Stretch> {
        let judged = |clause: &&Clause| effect == Effect::Replace || clause.is_of_key();
        if !self.clauses.iter().any(|clause| judged(&clause)) {
            return whole(columns).filter(|(_, range)| !range.is_empty()).collect();
        }
        let mut passing = vec![true; columns.len()];
        self.clauses.iter().filter(judged).for_each(|clause| clause.judge(lane, columns, &mut passing));
        stretches_of(columns, &passing)
    }

    /// Of observations that changed: those that pass, and those that are asked for by their keys and do not pass any
    /// more, or never did.
    pub(crate) fn sides(&self, lane: &LaneFigures, columns: &Columns) -> (Vec<Stretch>, Vec<Stretch>) {
        let (of_keys, of_values): (Vec<&Clause>, Vec<&Clause>) =
            self.clauses.iter().partition(|clause| clause.is_of_key());
        let mut named = vec![true; columns.len()];
        of_keys.iter().for_each(|clause| clause.judge(lane, columns, &mut named));
        let mut passing = named.clone();
        of_values.iter().for_each(|clause| clause.judge(lane, columns, &mut passing));
        let failing: Vec<bool> =
            named.iter().zip(&passing).map(|(named, passes)| *named && !passes).collect();
        (stretches_of(columns, &passing), stretches_of(columns, &failing))
    }
}

/// All observations, series by series.
fn whole(columns: &Columns) -> impl Iterator<Item = Stretch> + '_ {
    (0..columns.series_count()).map(|series| (series, columns.observations(series)))
}

fn stretches_of(columns: &Columns, passing: &[bool]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for (series, range) in whole(columns) {
        let mut start = range.start;
        for stretch in passing[range].chunk_by(|a, b| a == b) {
            if stretch[0] {
                stretches.push((series, start..start + stretch.len()));
            }
            start += stretch.len();
        }
    }
    stretches
}

/// Keys and periods of some stretches, as a deletion names them.
pub(crate) fn keys_of(columns: &Columns, stretches: &[Stretch]) -> Arc<Columns> {
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    for group in stretches.chunk_by(|a, b| a.0 == b.0) {
        builder.start_series_with_key(&columns.key(group[0].0).to_vec());
        (0..columns.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
        for place in group.iter().flat_map(|(_, range)| range.clone()) {
            builder.observation(columns.periods[place], None, |_| None);
        }
        builder.end_series();
    }
    Arc::new(builder.take())
}

/// The components there are, as they may be named.
pub(crate) fn components(definition: &DataDefinition) -> Vec<&str> {
    let dimensions = definition.dimensions.iter().map(|dimension| &*dimension.id);
    let attributes = definition.attributes.iter().map(|attribute| &*attribute.component.id);
    let time = definition.time.as_deref();
    dimensions.chain(time).chain([&*definition.measure.id]).chain(attributes).collect()
}

fn target(definition: &DataDefinition, component: &str) -> Option<(Target, Kind)> {
    if let Some(place) = definition.dimensions.iter().position(|dimension| *dimension.id == *component) {
        return Some((Target::Dimension(place), Kind::Text));
    }
    if definition.time.as_deref() == Some(component) {
        return Some((Target::Time, Kind::Period));
    }
    if *definition.measure.id == *component {
        return Some((Target::Measure, Kind::Number));
    }
    let attribute = definition.attribute(component)?;
    let id = attribute.component.id.clone();
    let shape = &definition.shape;
    let target = match attribute.level {
        AttributeLevel::Dataset => Target::DatasetAttribute(id),
        AttributeLevel::Series => Target::SeriesAttribute(shape.series_attribute(&id)?, id),
        AttributeLevel::Observation => Target::ObservationAttribute(shape.observation_attribute(&id)?, id),
    };
    let is_number = match &attribute.component.coded_by {
        CodedBy::Codelist(_) => false,
        CodedBy::Format(format) => format.data_type.is_some_and(|kind| kind.is_number()),
    };
    Some((target, if is_number { Kind::Number } else { Kind::Text }))
}

impl Clause {
    /// Whether it is about what an observation is called, and not about what is said of it.
    fn is_of_key(&self) -> bool {
        matches!(self.target, Target::Dimension(_) | Target::Time)
    }

    /// Takes away what does not pass.
    fn judge(&self, lane: &LaneFigures, columns: &Columns, passing: &mut [bool]) {
        let condition = &self.condition;
        match &self.target {
            Target::Dimension(place) => {
                let column = &columns.dimensions[*place];
                let table: Vec<bool> =
                    column.codes.iter().map(|code| condition.holds_for_text(code)).collect();
                for (series, index) in column.index.iter().enumerate() {
                    if !table[*index as usize] {
                        passing[columns.observations(series)].fill(false);
                    }
                }
            }
            Target::Time => {
                // Neighbours differ; what came before in another series is the same more often than not.
                for (period, passing) in columns.periods.iter().zip(passing) {
                    *passing = *passing && condition.holds_for_period(*period);
                }
            }
            Target::Measure => {
                let nothing = condition.holds_for_nothing();
                for (place, passing) in passing.iter_mut().enumerate().filter(|(_, passing)| **passing) {
                    *passing = match columns.scales[place] {
                        NO_VALUE => nothing,
                        _ => columns.value(place).is_some_and(|value| condition.holds_for_number(value)),
                    };
                }
            }
            Target::SeriesAttribute(place, id) => {
                let column = &columns.series_attributes[*place];
                for (holds, range) in self.runs(lane, id, column, columns.series_count()) {
                    if !holds {
                        range.for_each(|series| passing[columns.observations(series)].fill(false));
                    }
                }
            }
            Target::ObservationAttribute(place, id) => {
                let column = &columns.observation_attributes[*place];
                for (holds, range) in self.runs(lane, id, column, columns.len()) {
                    if !holds {
                        passing[range].fill(false);
                    }
                }
            }
            Target::DatasetAttribute(id) => {
                let holds = match lane.dataset_attributes.get(id) {
                    Some(value) => condition.holds_for(value),
                    None => self.holds_for_absence(lane, id),
                };
                if !holds {
                    passing.fill(false);
                }
            }
        }
    }

    /// Runs of an attribute with whether the condition holds for them; each distinct value is judged once.
    fn runs(
        &self,
        lane: &LaneFigures,
        id: &str,
        column: &AttributeColumn,
        entries: usize,
    ) -> Vec<(bool, Range<usize>)> {
        let absent = self.holds_for_absence(lane, id);
        if column.runs.is_empty() {
            return vec![(absent, 0..entries)];
        }
        let table: Vec<bool> = column.values.iter().map(|value| self.condition.holds_for(value)).collect();
        let holds = |code: u32| (code as usize).checked_sub(1).map_or(absent, |place| table[place]);
        column.runs.runs().map(|(code, range)| (holds(code), range)).collect()
    }

    /// Whether it holds where nothing stands: for what that stands for.
    fn holds_for_absence(&self, lane: &LaneFigures, id: &str) -> bool {
        match lane.absent_values.get(id) {
            Some(code) => self.condition.holds_for_text(code),
            None => self.condition.holds_for_nothing(),
        }
    }
}

/// The columns of some stretches, in their order; the same columns if that is all of them.
pub(crate) fn taken(columns: &Arc<Columns>, stretches: &[Stretch]) -> Arc<Columns> {
    let length: usize = stretches.iter().map(|(_, range)| range.len()).sum();
    if length == columns.len() && stretches.is_sorted_by_key(|(series, range)| (*series, range.start)) {
        return columns.clone();
    }
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    let mut map = SourceMap::default();
    let mut open = None;
    for (series, range) in stretches {
        if open != Some(*series) {
            if open.is_some() {
                builder.end_series();
            }
            builder.start_series(columns, *series, &mut map);
            builder.series_attributes_of(columns, *series, &mut map);
            open = Some(*series);
        }
        let (start, end) = (range.start, range.end);
        builder.observations(ObservationRange { columns, series: *series, start, end }, &mut map);
    }
    if open.is_some() {
        builder.end_series();
    }
    Arc::new(builder.take())
}
