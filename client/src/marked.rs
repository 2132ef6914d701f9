//! Figures given back as a workbook with what was found in them.
//!
//! A workbook is given back as it is, with its cells marked. Of any other file the rows with findings are shown,
//! with those around them.

mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::Path;

use mighub_sdmx::structure::DataDefinition;
use mighub_validation::{Finding, Place};
use mighub_workbook::{Mark, MarkError, Marked, mark, write_marked_table};

use crate::beside;
use crate::error::Error;
use mighub_intake::{Checked, Text};
use rows::{RawRow, RawRows};

/// Rows shown before and behind one with a finding.
const ROWS_AROUND: u64 = 1;
/// Findings whose rows are shown; the others stand in the sheet Findings only.
const FINDINGS_SHOWN_MAX: usize = 20_000;

/// Writes a file that was checked to `path`, as a workbook with its findings marked. It appears when it is complete.
pub fn mark_checked(checked: &mut Checked, path: &Path) -> Result<Marked, Error> {
    let Some(file) = &checked.file else {
        return Err(Error::Request(
            "no row could be read, so there is nothing to mark: see the findings above".to_owned(),
        ));
    };
    let text = file.text.clone();
    let name = text.name().to_owned();
    if let Some(workbook) = text.workbook() {
        let findings = checked.report.findings().map_err(Error::file(path))?;
        let marks = findings.map(|finding| {
            let finding = finding?;
            Ok(Mark { cells: file.cells(&finding), finding })
        });
        return beside::write(path, |out| write_workbook(&name, &workbook.file, marks, out));
    }
    let mut findings = Vec::new();
    let mut keep = |finding| {
        findings.push(finding);
        Ok(())
    };
    checked.each_finding(&mut keep).map_err(Error::file(path))?;
    beside::write(path, |out| write_table(&text, findings, out))
}

/// Writes a file to `path` as a workbook with findings marked, such as those of the hub. They need no places:
/// their observations are looked for in the file.
pub fn mark_file(
    file: &Path,
    definition: &DataDefinition,
    findings: Vec<Finding>,
    path: &Path,
) -> Result<Marked, Error> {
    let text = Text::of_file(file.to_owned(), &std::env::temp_dir())?;
    let placed = find(&text, definition, findings)?;
    let Some(workbook) = text.workbook() else {
        return beside::write(path, |out| write_table(&text, placed, out));
    };
    let places = &workbook.extracted.places;
    let marks = placed.into_iter().map(|finding| {
        let column = finding.place.as_ref().and_then(|place| place.column);
        let rows = finding.rows.iter();
        let cells = rows.filter_map(|row| places.address(*row, column)).collect();
        Ok(Mark { finding, cells })
    });
    beside::write(path, |out| write_workbook(text.name(), &workbook.file, marks, out))
}

fn write_workbook(
    name: &str,
    original: &File,
    marks: impl IntoIterator<Item = io::Result<Mark>>,
    out: &mut File,
) -> Result<Marked, Error> {
    let mut original = original.try_clone().map_err(Error::file(name.as_ref()))?;
    original.rewind().map_err(Error::file(name.as_ref()))?;
    mark(BufReader::new(original), marks, out).map_err(refused(name))
}

fn refused(name: &str) -> impl FnOnce(MarkError) -> Error {
    move |source| Error::Marking { name: name.to_owned(), source }
}

/// Writes the rows with findings, and those around them. Findings have the lines of their rows.
fn write_table(text: &Text, findings: Vec<Finding>, out: &mut File) -> Result<Marked, Error> {
    let failed = || Error::file(text.name().as_ref());
    let lines: BTreeSet<u64> =
        findings.iter().take(FINDINGS_SHOWN_MAX).filter_map(|finding| finding.place.as_ref()?.line).collect();
    let mut raw = RawRows::new(text.shown().map_err(failed())?);
    let header = raw.next().map_err(failed())?.map(|row| row.cells).unwrap_or_default();
    let mut shown: Vec<(u64, Vec<String>)> = Vec::new();
    let mut before: Option<RawRow> = None;
    let mut room_behind = 0;
    while let Some(row) = raw.next().map_err(failed())? {
        // A row may go over several lines, and a finding be on any of them.
        let is_wanted = lines.range(row.line..=row.last_line).next().is_some();
        if is_wanted {
            shown.extend(before.take().map(|row| (row.line, row.cells)));
            room_behind = ROWS_AROUND + 1;
        }
        if room_behind > 0 {
            room_behind -= 1;
            shown.push((row.line, row.cells));
        } else {
            before = Some(row);
        }
    }
    let places: HashMap<u64, usize> =
        shown.iter().enumerate().map(|(place, (line, _))| (*line, place)).collect();
    let ordered: BTreeMap<u64, usize> = places.into_iter().collect();
    let cells = |finding: &Finding| -> Vec<(usize, usize)> {
        let Some(Place { line: Some(line), column, .. }) = finding.place else { return Vec::new() };
        let row = ordered.range(..=line).next_back().map(|(_, place)| *place);
        row.filter(|_| lines.contains(&line)).map(|row| (row, column.unwrap_or(0))).into_iter().collect()
    };
    let findings = findings.into_iter().map(|finding| {
        let cells = cells(&finding);
        Ok((finding, cells))
    });
    write_marked_table(&header, &shown, findings, out).map_err(refused(text.name()))
}

/// Looks the observations of findings up in a file: gives them rows, a line, and a column.
fn find(text: &Text, definition: &DataDefinition, findings: Vec<Finding>) -> Result<Vec<Finding>, Error> {
    let failed = || Error::file(text.name().as_ref());
    // By series and period; of findings about a series as a whole by series alone.
    let mut wanted: HashMap<String, Vec<(u64, u64)>> = HashMap::new();
    for observation in findings.iter().flat_map(|finding| &finding.observations) {
        wanted
            .entry(key(observation.series_key.iter().map(|code| &**code), &observation.period))
            .or_default();
    }
    let mut raw = RawRows::new(text.reopened().map_err(failed())?);
    let header = raw.next().map_err(failed())?.map(|row| row.cells).unwrap_or_default();
    let names: Vec<&str> = header.iter().map(|name| component(name)).collect();
    let column_of = |id: &str| {
        let exact = names.iter().position(|name| *name == id);
        exact.or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(id)))
    };
    let dimensions: Vec<Option<usize>> =
        definition.dimensions.iter().map(|dimension| column_of(&dimension.id)).collect();
    let time = definition.time.as_ref().and_then(|time| column_of(time));
    while let Some(row) = raw.next().map_err(failed())? {
        let cell = |column: Option<usize>| {
            let text = column.and_then(|column| row.cells.get(column)).map_or("", |text| text.trim());
            // With labels a cell is `A: Annual`.
            text.split_once(": ").map_or(text, |(code, _)| code)
        };
        for period in [cell(time), ""] {
            let key = key(dimensions.iter().map(|column| cell(*column)), period);
            if let Some(found) = wanted.get_mut(&key)
                && found.len() < mighub_validation::OBSERVATIONS_LISTED
            {
                found.push((row.number, row.line));
            }
        }
    }
    let placed = findings.into_iter().map(|mut finding| {
        let observations = finding.observations.iter();
        let found: Vec<(u64, u64)> = observations
            .filter_map(|o| wanted.get(&key(o.series_key.iter().map(|code| &**code), &o.period)))
            .flatten()
            .copied()
            .collect();
        let component = finding.observations.first().map(|first| first.component.clone()).unwrap_or_default();
        let of_figure = || column_of(&definition.measure.id);
        if let Some((row, line)) = found.first() {
            finding.place = Some(Place {
                row: *row,
                line: Some(*line),
                column: column_of(&component).or_else(of_figure),
                component,
                address: None,
            });
        }
        finding.rows = found.iter().map(|(row, _)| *row).collect();
        finding
    });
    Ok(placed.collect())
}

fn key<'c>(codes: impl Iterator<Item = &'c str>, period: &str) -> String {
    let mut key = codes.collect::<Vec<_>>().join(".");
    key.push('|');
    key.push_str(period);
    key
}

/// The id of a component in a heading such as `SEX: Sex` or `COMMENT[en]`.
fn component(heading: &str) -> &str {
    heading.split(['[', ':']).next().unwrap_or_default().trim()
}
