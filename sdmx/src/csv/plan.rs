//! What each column of a file is in data of one dataflow.

use super::header::{Header, Role};
use crate::structure::{AttributeLevel, AttributeUse, DataDefinition};

/// Between the values of one cell, where the project writes it.
pub(crate) const SUB_SEPARATOR: char = ';';

/// Columns of one's own that say of a row whose it is and when it held. The project writes them beside changes, and
/// they name nothing that could be deleted.
const BESIDE_CHANGES: [&str; 3] = ["DATA_PROVIDER", "VALID_FROM", "VALID_TO"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
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
pub(crate) struct CellForm {
    /// Between parts of a cell, if it has parts.
    pub(crate) separator: Option<char>,
    /// Whether a cell may have several values.
    pub(crate) multi_valued: bool,
    /// Whether texts have languages.
    pub(crate) multilingual: bool,
    /// Whether a name stands behind the code.
    pub(crate) labelled: bool,
}

impl CellForm {
    /// The form in which an attribute is written whose several values and languages have marks of their own.
    pub(crate) fn divided(attribute: &AttributeUse) -> Self {
        let is_divided = attribute.multi_valued || attribute.multilingual;
        Self {
            separator: is_divided.then_some(SUB_SEPARATOR),
            multi_valued: attribute.multi_valued,
            multilingual: attribute.multilingual,
            labelled: false,
        }
    }

    /// What stands behind an attribute's name in the header: `[en;fr]`, `[]` or nothing.
    pub(crate) fn brackets(&self, languages: &[String]) -> String {
        match (self.separator, self.multilingual, languages) {
            (None, ..) => String::new(),
            (Some(_), false, _) => "[]".to_owned(),
            (Some(_), true, []) => "[en]".to_owned(),
            (Some(separator), true, languages) => format!("[{}]", languages.join(&separator.to_string())),
        }
    }
}

/// The columns to be read, by kind.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Per dimension, its column.
    pub(crate) dimensions: Vec<usize>,
    /// The other components' columns, in the order of the file.
    pub(crate) others: Vec<(usize, Use)>,
    /// Per column of the file.
    pub(crate) forms: Vec<CellForm>,
    /// Columns at the beginning that hold all dimensions, the reference and the action, but neither time nor
    /// measure nor attributes: two rows that begin with the same such cells are of one series. 0 if there
    /// are none.
    pub(crate) key_columns: usize,
    /// Columns up to the last one of reference and action; 0 if components stand among them.
    pub(crate) control_columns: usize,
    /// Ids of dimensions that the header lacks.
    pub(crate) missing: Vec<String>,
    /// Ids of components that the header has more than once.
    pub(crate) repeated: Vec<String>,
    /// Attributes of the dataset: their places in the definition, in the order of [`Use::Dataset`].
    pub(crate) dataset: Vec<usize>,
    /// Columns that are no components. What stands there may be meant for one, so nothing is deleted by such a row.
    pub(crate) unknown: Vec<usize>,
}

impl Plan {
    pub(crate) fn new(header: &Header, definition: &DataDefinition) -> Self {
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
        let last = dimensions.iter().copied().max().unwrap_or(0).max(control.saturating_sub(1));
        // What follows the last of them differs from row to row: it is not compared.
        let key_columns = if last < leading && leading < header.columns.len() { last + 1 } else { 0 };
        let control_columns = if first.is_none_or(|first| first >= control) { control } else { 0 };
        let attributes = definition.attributes.iter().map(|attribute| &attribute.component.id);
        let dimensions_of = definition.dimensions.iter().map(|dimension| &dimension.id);
        let components =
            dimensions_of.chain(&definition.time).chain([&definition.measure.id]).chain(attributes);
        let repeated = components.filter(|id| header.repeats(id)).map(|id| id.to_string()).collect();
        let unknown = unknown(header, &dimensions, &others);
        Self { dimensions, others, forms, key_columns, control_columns, missing, repeated, dataset, unknown }
    }

    /// The first column of a row that says something of what is no component.
    pub(crate) fn unknown_in_deletion(&self, is_filled: impl Fn(usize) -> bool) -> Option<usize> {
        self.unknown.iter().copied().find(|column| is_filled(*column))
    }

    /// Whether a column holds the codes of a dimension other than time.
    #[inline]
    pub(crate) fn is_dimension(&self, column: usize) -> bool {
        self.dimensions.contains(&column)
    }

    /// The column of the time dimension.
    pub(crate) fn time(&self) -> Option<usize> {
        self.others.iter().find(|(_, used)| *used == Use::Time).map(|(column, _)| *column)
    }

    /// Whether a column holds codes of a dimension or periods.
    pub(crate) fn is_of_key(&self, column: usize) -> bool {
        self.is_dimension(column) || self.time() == Some(column)
    }

    /// Whether a column is not read.
    pub(crate) fn is_foreign(&self, column: usize) -> bool {
        !self.dimensions.contains(&column) && self.others.iter().all(|(other, _)| *other != column)
    }
}

/// Columns that name no component and nothing that is known to be beside one.
fn unknown(header: &Header, dimensions: &[usize], others: &[(usize, Use)]) -> Vec<usize> {
    let is_component =
        |column: usize| dimensions.contains(&column) || others.iter().any(|(other, _)| *other == column);
    // With labels=name the name of a code stands in the column behind it.
    let has_names = header.columns.iter().any(|column| column.name == "STRUCTURE_NAME");
    let is_name = |column: usize| has_names && column > 0 && is_component(column - 1);
    (0..header.columns.len())
        .filter(|&column| header.columns[column].role == Role::Other && !is_component(column))
        .filter(|&column| !BESIDE_CHANGES.contains(&&*header.columns[column].name) && !is_name(column))
        .collect()
}
