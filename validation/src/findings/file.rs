//! Findings about files: what could not be read, and what two rows disagree about.

use std::collections::HashMap;
use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::csv::{CellIssue, CellProblem, Header, HeaderError, ReadError, RowError};
use mighub_sdmx::data::MessageProblem;
use mighub_sdmx::period::Period;
use mighub_sdmx::sort::{Clash, SortError, SortedBatch};
use mighub_sdmx::structure::DataDefinition;

use super::{Entry, Findings, UNREADABLE_KEPT, clip};
use crate::rule::Rule;
use crate::rules::{file, structure};
use crate::suggest;

/// What ended the reading of a file.
#[derive(Clone, Copy, Debug)]
pub enum FileError<'e> {
    /// The reader stopped.
    Read(&'e ReadError),
    /// The sorter stopped.
    Sort(&'e SortError),
}

impl<'e> From<&'e ReadError> for FileError<'e> {
    fn from(error: &'e ReadError) -> Self {
        Self::Read(error)
    }
}

impl<'e> From<&'e SortError> for FileError<'e> {
    fn from(error: &'e SortError) -> Self {
        Self::Sort(error)
    }
}

impl FileError<'_> {
    pub(super) fn rule_of_row(error: &RowError) -> &'static Rule {
        match error {
            RowError::Io(_) => &file::UNREADABLE,
            RowError::TooLong { .. } => &file::ROW_TOO_LONG,
            RowError::OpenQuote { .. } => &file::OPEN_QUOTE,
        }
    }

    fn rule(&self) -> &'static Rule {
        match self {
            Self::Read(ReadError::Header(error)) => match error {
                HeaderError::Empty => &file::EMPTY,
                HeaderError::NoRows => &file::NO_ROWS,
                HeaderError::OtherKind { .. } | HeaderError::FirstColumn { .. } => &file::OTHER_KIND,
                HeaderError::NotUtf8
                | HeaderError::TooLong
                | HeaderError::TooManyColumns(_)
                | HeaderError::StrayQuote(_) => &file::HEADER,
                HeaderError::NoStructureId => &file::NO_STRUCTURE_ID,
                HeaderError::Twice(_) => &file::COLUMN_TWICE,
            },
            Self::Read(ReadError::Row(error)) => Self::rule_of_row(error),
            Self::Read(ReadError::TooManyCodes { .. }) => &file::TOO_MANY_CODES,
            Self::Read(ReadError::Message(error)) => match error.problem {
                MessageProblem::OtherMessage { .. } => &file::OTHER_KIND,
                MessageProblem::Empty => &file::NO_ROWS,
                MessageProblem::NotWhole { .. } => &file::NOT_WHOLE,
                _ => &file::MESSAGE,
            },
            Self::Sort(SortError::Scratch(_)) => &file::NO_ROOM,
            Self::Sort(SortError::SeriesTooLong { .. }) => &file::SERIES_TOO_LONG,
            Self::Sort(SortError::SeriesTextTooLong { .. }) => &file::SERIES_TEXT_TOO_LONG,
            Self::Sort(SortError::KeyTooWide) => &file::KEY_TOO_WIDE,
        }
    }

    fn line(&self) -> Option<u64> {
        match self {
            Self::Read(ReadError::Row(RowError::TooLong { line } | RowError::OpenQuote { line }))
            | Self::Read(ReadError::TooManyCodes { line, .. }) => Some(*line),
            Self::Read(ReadError::Message(error)) => Some(error.line),
            _ => None,
        }
    }

    fn component(&self) -> Arc<str> {
        match self {
            Self::Read(ReadError::Header(HeaderError::Twice(column)))
            | Self::Read(ReadError::TooManyCodes { column, .. }) => Arc::from(&**column),
            _ => Arc::from(""),
        }
    }
}

impl Findings {
    /// What ended the reading of a file: even a broken file has a report.
    pub fn add_file_error<'e>(&mut self, error: impl Into<FileError<'e>>) {
        let error = error.into();
        let text = match error {
            FileError::Read(error) => error.to_string(),
            FileError::Sort(error) => error.to_string(),
        };
        let (line, component) = (error.line(), error.component());
        self.add(Entry { line, component, found: clip(&text), ..Entry::new(error.rule()) });
    }

    /// A cell that could not be read. `columns` are those of its batch, which tell its observation; there are
    /// none for the issues of a [`mighub_sdmx::csv::ReadSummary`].
    pub fn add_cell_issue(&mut self, issue: &CellIssue, header: &Header, columns: Option<&Columns>) {
        let column = header.columns.get(issue.column);
        let component = component_named(column.map_or("", |column| &column.name), columns);
        if self.unreadable.len() < UNREADABLE_KEPT {
            self.unreadable.insert((issue.row, component.clone()));
        }
        let mut entry = Entry::new(rule_of(&issue.problem));
        if let Some((columns, place)) = columns.and_then(|columns| {
            let place = columns.rows.binary_search(&issue.row).ok()?;
            Some((columns, place))
        }) {
            entry.key = Some(columns.key(columns.series_of(place)).codes().cloned().collect());
            entry.periods.extend(Some(columns.periods[place]).filter(|period| *period != Period::ANY));
        }
        entry.rows.push(issue.row);
        entry.occurrences = 1;
        entry.column = Some(issue.column);
        entry.component = component;
        entry.found = issue.content.clone();
        match &issue.problem {
            CellProblem::CellCount { found, expected } => {
                // Wherever the row ends, it is not the fault of that component.
                entry.component = Arc::from("");
                entry.found = format!("{found} cells");
                entry.expected = format!("{expected} cells");
            }
            CellProblem::MissingColumns { missing } => entry.expected = format!("the columns {missing}"),
            CellProblem::RepeatedColumns { repeated } => {
                entry.expected = format!("one column for each of {repeated}");
            }
            CellProblem::Period(error) => {
                entry.remedy = Some(sentence(&error.to_string()));
                entry.suggestions = suggest::periods(&issue.content);
            }
            CellProblem::Number(error) => {
                entry.remedy = Some(sentence(&error.to_string()));
                entry.suggestions = suggest::numbers(&issue.content);
            }
            CellProblem::DatasetConflict { first_row } => {
                entry.expected = format!("what row {first_row} says");
            }
            CellProblem::UnknownStructure
            | CellProblem::TooManyStructures
            | CellProblem::UnknownAction
            | CellProblem::EmptyDimension
            | CellProblem::EmptyPeriod
            | CellProblem::SwitchedOff
            | CellProblem::NotUtf8
            | CellProblem::StrayQuote
            | CellProblem::TextTooLong
            | CellProblem::CodeTooLong
            | CellProblem::NotAvailable
            | CellProblem::RepeatedComponent
            | CellProblem::UnknownInDeletion
            | CellProblem::GroupWithoutSeries
            | CellProblem::SeveralProviders => {}
        }
        self.add(entry);
    }

    /// What the rows of a sorted batch disagree about.
    pub fn add_clashes(&mut self, batch: &SortedBatch, definition: &Arc<DataDefinition>) {
        if batch.clashes.is_empty() {
            return;
        }
        self.is_about(definition);
        let columns = &batch.columns;
        let mut places: HashMap<u64, usize> =
            columns.rows.iter().enumerate().map(|(place, row)| (*row, place)).collect();
        for clash in &batch.clashes {
            // A row that is not kept has the place of the one that is.
            if let Clash::Duplicate { first_row, row } = clash
                && let Some(place) = places.get(first_row).copied()
            {
                places.insert(*row, place);
            }
        }
        for clash in &batch.clashes {
            self.add_clash(clash, columns, &places);
        }
    }

    fn add_clash(&mut self, clash: &Clash, columns: &Columns, places: &HashMap<u64, usize>) {
        let (Clash::Duplicate { first_row, row } | Clash::SeriesAttribute { first_row, row, .. }) = clash;
        let place = places.get(first_row).copied();
        let series = place.map(|place| columns.series_of(place));
        let key = series.map(|series| columns.key(series).codes().cloned().collect());
        match clash {
            Clash::Duplicate { .. } => {
                let period =
                    place.map(|place| columns.periods[place]).filter(|period| *period != Period::ANY);
                let unread = |row: &u64| self.is_unreadable(Some(*row), &Arc::from("TIME_PERIOD"));
                if period.is_none() && !columns.shape.timeless && (unread(first_row) || unread(row)) {
                    // Of rows whose period could not be read nobody knows whether they are the same.
                    return;
                }
                let rows = vec![*first_row.min(row), *first_row.max(row)];
                let periods = period.into_iter().collect();
                self.add(Entry { key, periods, rows, occurrences: 2, ..Entry::new(&structure::DUPLICATE) });
            }
            Clash::SeriesAttribute { attribute, .. } => {
                let kept = columns.shape.series_attribute(attribute).zip(series);
                let kept = kept.and_then(|(place, series)| columns.series_attributes[place].get(series));
                let kept = kept.and_then(|value| value.as_text()).map(clip).unwrap_or_default();
                self.add(Entry {
                    key,
                    rows: vec![*row],
                    component: attribute.clone(),
                    occurrences: 1,
                    expected: format!("{kept}, which another row of the series says").trim_start().to_owned(),
                    ..Entry::new(&structure::SERIES_ATTRIBUTE_CONFLICT)
                });
            }
        }
    }

    /// Columns of a file that are no components of its dataflow.
    pub fn add_foreign_columns(&mut self, header: &Header, definition: &DataDefinition) {
        let ids = definition.dimensions.iter().map(|dimension| &dimension.id);
        let ids = ids.chain(&definition.time).chain([&definition.measure.id]);
        let ids = ids.chain(definition.attributes.iter().map(|attribute| &attribute.component.id));
        let absent: Vec<&Arc<str>> = ids.filter(|id| header.column_of(id).is_none()).collect();
        for name in header.foreign(definition) {
            let near = suggest::misspelled(name, &absent);
            let rule = if near.is_empty() { &file::FOREIGN_COLUMN } else { &file::MISSPELLED_COLUMN };
            let column = header.columns.iter().position(|column| column.name == name);
            self.add(Entry { column, component: Arc::from(name), suggestions: near, ..Entry::new(rule) });
        }
    }

    /// The lanes of a file, by name; it is an error if there are several.
    pub fn add_lanes(&mut self, lanes: &[String]) {
        if lanes.len() > 1 {
            let entry = Entry::new(&file::SEVERAL_LANES);
            self.add(Entry { found: clip(&lanes.join(", ")), expected: "one lane".to_owned(), ..entry });
        }
    }
}

/// The id of a component by the name of its column, which may be in other letters.
fn component_named(name: &str, columns: Option<&Columns>) -> Arc<str> {
    let Some(columns) = columns else { return Arc::from(name) };
    let shape = &columns.shape;
    let attributes = shape.series_attributes.iter().chain(&shape.observation_attributes);
    let mut ids = shape.dimensions.iter().chain(attributes);
    let id = ids.find(|id| id.eq_ignore_ascii_case(name));
    // The ids of time and measure, which the shape does not have, and those of control columns are in capitals.
    id.cloned().unwrap_or_else(|| Arc::from(name.to_uppercase()))
}

/// An error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}

fn rule_of(problem: &CellProblem) -> &'static Rule {
    match problem {
        CellProblem::CellCount { .. } => &file::CELL_COUNT,
        CellProblem::UnknownStructure => &file::UNKNOWN_DATAFLOW,
        CellProblem::TooManyStructures => &file::TOO_MANY_STRUCTURES,
        CellProblem::MissingColumns { .. } => &file::MISSING_COLUMNS,
        CellProblem::RepeatedColumns { .. } => &file::COLUMN_TWICE,
        CellProblem::UnknownAction => &file::UNKNOWN_ACTION,
        CellProblem::EmptyDimension => &file::EMPTY_DIMENSION,
        CellProblem::EmptyPeriod => &file::EMPTY_PERIOD,
        CellProblem::SwitchedOff => &file::SWITCHED_OFF,
        CellProblem::Period(_) => &file::PERIOD,
        CellProblem::Number(_) => &file::NUMBER,
        CellProblem::NotUtf8 => &file::CELL_NOT_UTF8,
        CellProblem::StrayQuote => &file::STRAY_QUOTE,
        CellProblem::TextTooLong => &file::TEXT_TOO_LONG,
        CellProblem::CodeTooLong => &file::CODE_TOO_LONG,
        CellProblem::NotAvailable => &file::NOT_AVAILABLE,
        CellProblem::DatasetConflict { .. } => &file::DATASET_CONFLICT,
        CellProblem::RepeatedComponent => &file::COMPONENT_TWICE,
        CellProblem::UnknownInDeletion => &file::UNKNOWN_IN_DELETION,
        CellProblem::GroupWithoutSeries => &file::GROUP_WITHOUT_SERIES,
        CellProblem::SeveralProviders => &file::SEVERAL_PROVIDERS,
    }
}
