//! Reading: the header against the structure, rows into columns, keys.

use std::sync::Arc;

use super::cells::Cells;
use super::error::{CsvError, CsvProblem};
use super::split::{Field, ShortKey, Splitter};
use super::{COLUMNS_MAX, ReadOptions};
use crate::dataset::{Column, Dataset, ROWS_MAX};
use crate::value::Structure;

/// Columns that SDMX-CSV puts beside the components, and programs leave in.
const SDMX_COLUMNS: [&str; 4] = ["DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "ACTION"];

/// Reads a data set of the given structure; columns may stand in any order. Fails with the first mistake, and
/// if two rows have one key.
pub fn read(data: &[u8], structure: &Arc<Structure>, options: &ReadOptions) -> Result<Dataset, CsvError> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let mut splitter = Splitter::new(data, options.separator);
    splitter.skip_empty_lines();
    if splitter.is_at_end() {
        return Err(CsvError::of_file(None, CsvProblem::Empty));
    }
    let names = header(data, &mut splitter)?;
    let mut reader = Reader::new(data, names, structure, options, splitter)?;
    reader.rows()?;
    reader.finish()
}

fn header(data: &[u8], splitter: &mut Splitter<'_>) -> Result<Vec<String>, CsvError> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let start = splitter.at();
        let field = splitter.field().map_err(|_| error_at(data, start, None, CsvProblem::Quote))?;
        let name = match str::from_utf8(&unescaped(&field)) {
            Ok(name) => name.trim().to_owned(),
            Err(_) => return Err(error_at(data, start, None, CsvProblem::NotUtf8)),
        };
        if names.contains(&name) {
            return Err(error_at(data, start, Some(&name), CsvProblem::TwiceInHeader));
        }
        if names.len() == COLUMNS_MAX {
            return Err(error_at(data, start, None, CsvProblem::TooManyColumns));
        }
        names.push(name);
        if field.ends_row {
            return Ok(names);
        }
    }
}

/// What a column of the file is for.
struct Target {
    /// Place of the component, or nothing for columns that are passed over.
    component: Option<usize>,
    nullable: bool,
    /// Whether it says which rows are no data.
    is_action: bool,
    name: String,
}

struct Reader<'d, 'o> {
    data: &'d [u8],
    structure: &'o Arc<Structure>,
    options: &'o ReadOptions,
    splitter: Splitter<'d>,
    targets: Vec<Target>,
    /// By component; nothing for those that have no column.
    cells: Vec<Option<Cells>>,
    rows: usize,
}

impl<'d, 'o> Reader<'d, 'o> {
    fn new(
        data: &'d [u8],
        names: Vec<String>,
        structure: &'o Arc<Structure>,
        options: &'o ReadOptions,
        splitter: Splitter<'d>,
    ) -> Result<Self, CsvError> {
        let components = structure.components();
        for component in components {
            let may_be_missing = options.may_omit_nulls && component.nullable && !component.is_identifier();
            if !may_be_missing && !names.iter().any(|name| **name == *component.name) {
                return Err(CsvError::of_file(Some(&component.name), CsvProblem::MissingColumn));
            }
        }
        let has_action = structure.position("ACTION").is_none();
        let mut targets = Vec::with_capacity(names.len());
        for name in names {
            let component = structure.position(&name);
            if component.is_none() && !SDMX_COLUMNS.contains(&name.as_str()) {
                return Err(CsvError::of_file(Some(&name), CsvProblem::UnknownColumn));
            }
            let nullable = component.is_none_or(|place| {
                let component = &components[place];
                component.nullable && !component.is_identifier()
            });
            let is_action = has_action && name == "ACTION";
            targets.push(Target { component, nullable, is_action, name });
        }
        // An estimate of rows saves moving columns as they grow; a wrong one costs little.
        let line_bytes = memchr::memchr(b'\n', &data[splitter.at().min(data.len())..]).unwrap_or(0) + 1;
        let rows = if line_bytes > 1 { (data.len() / line_bytes).min(data.len() / targets.len()) } else { 0 };
        let cells = components
            .iter()
            .enumerate()
            .map(|(place, component)| {
                let has_column = targets.iter().any(|target| target.component == Some(place));
                has_column.then(|| Cells::new(component.scalar_type, rows))
            })
            .collect();
        Ok(Self { data, structure, options, splitter, targets, cells, rows: 0 })
    }

    fn rows(&mut self) -> Result<(), CsvError> {
        let action = self.targets.iter().position(|target| target.is_action);
        loop {
            self.splitter.skip_empty_lines();
            if self.splitter.is_at_end() {
                return Ok(());
            }
            let start = self.splitter.at();
            if let Some(place) = action
                && self.is_deletion(place)?
            {
                continue;
            }
            if self.rows == ROWS_MAX {
                return Err(error_at(self.data, start, None, CsvProblem::TooManyRows));
            }
            self.row(start)?;
            self.rows += 1;
        }
    }

    /// Whether the row that starts here has the action `D`; if so it has been passed over.
    fn is_deletion(&mut self, action: usize) -> Result<bool, CsvError> {
        let start = self.splitter.at();
        let mut ahead = Splitter::new(self.data, self.options.separator);
        ahead.go_to(start);
        let mut is_deletion = false;
        for place in 0.. {
            let field = ahead.field().map_err(|_| error_at(self.data, start, None, CsvProblem::Quote))?;
            is_deletion |= place == action && field.content == b"D";
            if field.ends_row {
                break;
            }
        }
        if is_deletion {
            self.splitter.go_to(ahead.at());
        }
        Ok(is_deletion)
    }

    fn row(&mut self, start: usize) -> Result<(), CsvError> {
        let wanted = self.targets.len();
        for (place, target) in self.targets.iter().enumerate() {
            let at = self.splitter.at();
            let wrong = |problem| error_at(self.data, at, Some(&target.name), problem);
            let field = self.splitter.field().map_err(|_| wrong(CsvProblem::Quote))?;
            if let Some(cells) = target.component.and_then(|component| self.cells[component].as_mut()) {
                let is_null = field.content.is_empty()
                    && !(field.is_quoted && cells.is_text() && !self.options.empty_text_is_null);
                if is_null {
                    if !target.nullable {
                        return Err(wrong(CsvProblem::Null));
                    }
                    cells.push_null();
                } else if field.has_doubled {
                    let content = unescaped(&field);
                    cells.push(&content, ShortKey::of(&content)).map_err(wrong)?;
                } else {
                    cells.push(field.content, field.key).map_err(wrong)?;
                }
            }
            let is_last = place + 1 == wanted;
            if field.ends_row && !is_last {
                return self.short_row(start, place + 1);
            }
            if is_last && !field.ends_row {
                return Err(self.wrong_length(start));
            }
        }
        Ok(())
    }

    /// Fills up a row that ends too early, if that is allowed.
    fn short_row(&mut self, start: usize, found: usize) -> Result<(), CsvError> {
        if !self.options.may_omit_nulls {
            return Err(self.wrong_length(start));
        }
        for target in &self.targets[found..] {
            if !target.nullable {
                return Err(error_at(self.data, start, Some(&target.name), CsvProblem::Null));
            }
            if let Some(cells) = target.component.and_then(|component| self.cells[component].as_mut()) {
                cells.push_null();
            }
        }
        Ok(())
    }

    fn wrong_length(&self, start: usize) -> CsvError {
        let mut splitter = Splitter::new(self.data, self.options.separator);
        splitter.go_to(start);
        let mut found = 1;
        while splitter.field().is_ok_and(|field| !field.ends_row) {
            found += 1;
        }
        error_at(self.data, start, None, CsvProblem::RowLength { found, wanted: self.targets.len() })
    }

    fn finish(self) -> Result<Dataset, CsvError> {
        let rows = self.rows;
        let components = self.structure.components();
        let columns = self
            .cells
            .into_iter()
            .zip(components)
            .map(|(cells, component)| match cells {
                Some(cells) => cells.finish(),
                None => Column::nulls(component.scalar_type, rows),
            })
            .collect();
        let dataset = Dataset::new(self.structure.clone(), columns, rows);
        match dataset.duplicate_key() {
            None => Ok(dataset),
            Some(key) => Err(CsvError::of_file(None, CsvProblem::DuplicateKey { key })),
        }
    }
}

/// The content of a field with its doubled quotation marks single.
fn unescaped<'d>(field: &Field<'d>) -> std::borrow::Cow<'d, [u8]> {
    if !field.has_doubled {
        return field.content.into();
    }
    let mut content = Vec::with_capacity(field.content.len());
    let mut bytes = field.content.iter();
    while let Some(byte) = bytes.next() {
        content.push(*byte);
        if *byte == b'"' {
            bytes.next();
        }
    }
    content.into()
}

fn error_at(data: &[u8], at: usize, column: Option<&str>, problem: CsvProblem) -> CsvError {
    let line = memchr::memchr_iter(b'\n', &data[..at.min(data.len())]).count() as u64 + 1;
    CsvError { line: Some(line), column: column.map(str::to_owned), problem }
}
