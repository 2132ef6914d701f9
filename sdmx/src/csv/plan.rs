//! What each column of a file is in data of one dataflow.

use super::header::Header;
use crate::structure::{AttributeLevel, DataDefinition};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The time dimension.
    Time,
    /// The first measure.
    Measure,
    /// An attribute, by its place among those of its level.
    Observation(usize),
    Series(usize),
    Dataset(usize),
}

/// How values of an attribute are written in their column.
#[derive(Clone, Debug, Default)]
pub(super) struct CellForm {
    /// Between parts of a cell, if it has parts.
    pub(super) separator: Option<char>,
    /// Whether a cell may have several values.
    pub(super) multi_valued: bool,
    /// Whether texts have languages.
    pub(super) multilingual: bool,
    /// Whether a name stands behind the code.
    pub(super) labelled: bool,
}

/// The columns to be read, by kind.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Per dimension, its column.
    pub(super) dimensions: Vec<usize>,
    /// The other components' columns, in the order of the file.
    pub(super) others: Vec<(usize, Use)>,
    /// Per column of the file.
    pub(super) forms: Vec<CellForm>,
    /// Columns at the beginning that hold all dimensions, the reference and the action, but neither time nor
    /// measure nor attributes: two rows that begin with the same such cells are of one series. 0 if there
    /// are none.
    pub(super) key_columns: usize,
    /// Columns up to the last one of reference and action; 0 if components stand among them.
    pub(super) control_columns: usize,
    /// Ids of dimensions that the header lacks.
    pub(super) missing: Vec<String>,
    /// Ids of components that the header has more than once.
    pub(super) repeated: Vec<String>,
    /// Attributes of the dataset: their places in the definition, in the order of [`Use::Dataset`].
    pub(super) dataset: Vec<usize>,
}

impl Plan {
    pub(super) fn new(header: &Header, definition: &DataDefinition) -> Self {
        let mut missing = Vec::new();
        let mut dimensions = Vec::new();
        let mut forms = vec![CellForm::default(); header.columns.len()];
        for dimension in &definition.dimensions {
            match header.column_of(&dimension.id) {
                None => missing.push(dimension.id.to_string()),
                Some(column) => {
                    forms[column].labelled = header.columns[column].labelled;
                    dimensions.push(column);
                }
            }
        }
        let mut others = Vec::new();
        if let Some(time) = &definition.time {
            match header.column_of(time) {
                None => missing.push(time.to_string()),
                Some(column) => others.push((column, Use::Time)),
            }
        }
        others.extend(header.column_of(&definition.measure.id).map(|column| (column, Use::Measure)));
        let mut dataset = Vec::new();
        for (place, attribute) in definition.attributes.iter().enumerate() {
            let id = &attribute.component.id;
            let Some(column) = header.column_of(id) else { continue };
            let shape = &definition.shape;
            let used = match attribute.level {
                AttributeLevel::Observation => shape.observation_attribute(id).map(Use::Observation),
                AttributeLevel::Series => shape.series_attribute(id).map(Use::Series),
                AttributeLevel::Dataset => {
                    dataset.push(place);
                    Some(Use::Dataset(dataset.len() - 1))
                }
            };
            let described = &header.columns[column];
            let coded = attribute.component.coded_by.codelist().is_some();
            forms[column] = CellForm {
                separator: header.sub_separator.filter(|_| described.divided),
                multi_valued: attribute.multi_valued || described.languages.is_empty(),
                multilingual: !described.languages.is_empty(),
                // Only codes have names; a text may well have a colon in it.
                labelled: described.labelled && coded,
            };
            others.extend(used.map(|used| (column, used)));
        }
        others.sort_unstable_by_key(|(column, _)| *column);
        let of_key = |column: usize| others.iter().all(|(other, _)| *other != column);
        let leading = (0..header.columns.len()).take_while(|column| of_key(*column)).count();
        let control = header.control_columns();
        let first = dimensions.iter().copied().chain(others.iter().map(|(column, _)| *column)).min();
        let last = dimensions.iter().copied().max().unwrap_or(0).max(control - 1);
        // What follows the last of them differs from row to row: it is not compared.
        let key_columns = if last < leading && leading < header.columns.len() { last + 1 } else { 0 };
        let control_columns = if first.is_none_or(|first| first >= control) { control } else { 0 };
        let attributes = definition.attributes.iter().map(|attribute| &attribute.component.id);
        let dimensions_of = definition.dimensions.iter().map(|dimension| &dimension.id);
        let components =
            dimensions_of.chain(&definition.time).chain([&definition.measure.id]).chain(attributes);
        let repeated = components.filter(|id| header.repeats(id)).map(|id| id.to_string()).collect();
        Self { dimensions, others, forms, key_columns, control_columns, missing, repeated, dataset }
    }

    /// Whether a column is not read.
    pub(super) fn is_foreign(&self, column: usize) -> bool {
        !self.dimensions.contains(&column) && self.others.iter().all(|(other, _)| *other != column)
    }
}
