//! Whether results are those that a case expects. Rows and columns may stand in any order, numbers may differ
//! a little, empty texts equal nulls, and periods are equal in all spellings.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use mighub_vtl::time::text::time_period;
use mighub_vtl::{Component, Dataset, Results, Role, Scalar, Structure, csv as vtl_csv};
use serde::Deserialize;

/// How much numbers may differ, relative to the larger one; absolute below 1.
const TOLERANCE: f64 = 1e-6;

#[derive(Deserialize)]
struct ExpectedStructures {
    datasets: BTreeMap<String, Vec<ExpectedComponent>>,
    #[serde(default)]
    scalars: BTreeMap<String, ExpectedScalar>,
}

#[derive(Deserialize)]
struct ExpectedComponent {
    name: String,
    #[serde(rename = "type")]
    scalar_type: String,
}

#[derive(Deserialize)]
struct ExpectedScalar {
    #[serde(rename = "type")]
    scalar_type: String,
    value: Option<String>,
}

/// What a case expects.
pub(crate) struct Expected {
    structures: ExpectedStructures,
    folder: PathBuf,
}

#[derive(Clone, Debug)]
enum Cell {
    Null,
    Number(f64),
    Text(String),
}

type Rows = Vec<Vec<Cell>>;

impl Expected {
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let structures = serde_json::from_slice(&fs::read(folder.join("expected_structures.json"))?)?;
        Ok(Self { structures, folder: folder.join("expected") })
    }

    /// The first difference, if there is one.
    pub(crate) fn differs_from(&self, results: &Results) -> Result<Option<String>, Box<dyn Error>> {
        for (name, components) in &self.structures.datasets {
            let Ok(wanted) = fs::read(self.folder.join(format!("{name}.csv"))) else { continue };
            let Some(found) = results.datasets.get(name.as_str()) else {
                return Ok(Some(format!("there is no data set {name}")));
            };
            let mut found_csv = Vec::new();
            vtl_csv::write(found, &mut found_csv)?;
            if let Some(difference) = table_difference(&wanted, &found_csv, components)? {
                return Ok(Some(format!("{name}: {difference}")));
            }
        }
        for (name, wanted) in &self.structures.scalars {
            let Some(found) = results.scalars.get(name.as_str()) else {
                return Ok(Some(format!("there is no value {name}")));
            };
            let found = cell(&text_of(found)?, &wanted.scalar_type);
            let wanted = cell(wanted.value.as_deref().unwrap_or_default(), &wanted.scalar_type);
            if !is_same(&found, &wanted) {
                return Ok(Some(format!("{name} is {found:?}, not {wanted:?}")));
            }
        }
        Ok(None)
    }
}

fn table_difference(
    wanted: &[u8],
    found: &[u8],
    components: &[ExpectedComponent],
) -> Result<Option<String>, Box<dyn Error>> {
    let wanted = match rows(wanted, components)? {
        Ok(rows) => rows,
        Err(columns) => return Err(format!("the case itself has columns {columns:?}").into()),
    };
    let found = match rows(found, components)? {
        Ok(rows) => rows,
        Err(columns) => {
            let names: Vec<_> = components.iter().map(|component| &component.name).collect();
            return Ok(Some(format!("columns are {columns:?}, not {names:?}")));
        }
    };
    if found.len() != wanted.len() {
        return Ok(Some(format!("{} rows, not {}", found.len(), wanted.len())));
    }
    let different = found.iter().zip(&wanted).find(|(a, b)| !a.iter().zip(*b).all(|(a, b)| is_same(a, b)));
    Ok(different.map(|(found, wanted)| format!("row {found:?}, not {wanted:?}")))
}

/// Sorted rows with columns in the order of the components, or the columns if they are others.
fn rows(text: &[u8], components: &[ExpectedComponent]) -> Result<Result<Rows, Vec<String>>, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let places: Option<Vec<usize>> =
        components.iter().map(|component| header.iter().position(|name| *name == component.name)).collect();
    let Some(places) = places.filter(|places| places.len() == header.len()) else { return Ok(Err(header)) };
    let mut rows = Rows::new();
    for record in reader.records() {
        let record = record?;
        let cell_of = |(place, component): (&usize, &ExpectedComponent)| {
            cell(record.get(*place).unwrap_or_default(), &component.scalar_type)
        };
        rows.push(places.iter().zip(components).map(cell_of).collect());
    }
    rows.sort_by(|a: &Vec<Cell>, b| {
        a.iter().zip(b).map(|(a, b)| order(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    });
    Ok(Ok(rows))
}

fn cell(text: &str, scalar_type: &str) -> Cell {
    if text.is_empty() {
        return Cell::Null;
    }
    match scalar_type {
        "Number" | "Integer" => text.parse().map_or_else(|_| Cell::Text(text.to_owned()), Cell::Number),
        "Boolean" => Cell::Text(text.to_lowercase()),
        "Time_Period" => {
            Cell::Text(time_period(text).map_or_else(|| text.to_owned(), |period| period.to_string()))
        }
        _ => Cell::Text(text.to_owned()),
    }
}

fn is_same(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => {
            a == b || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
        }
        (Cell::Text(a), Cell::Text(b)) => a == b,
        (Cell::Null, Cell::Null) => true,
        _ => false,
    }
}

/// An order in which numbers that differ in their last digits are equal.
fn order(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => format!("{a:.5e}").cmp(&format!("{b:.5e}")),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(cell: &Cell) -> u8 {
    match cell {
        Cell::Null => 0,
        Cell::Number(_) => 1,
        Cell::Text(_) => 2,
    }
}

/// A single value as it stands in a file.
fn text_of(value: &Scalar) -> Result<String, Box<dyn Error>> {
    let component = Component::new("value", Role::Measure, value.scalar_type());
    let structure = Structure::new(vec![component]).map_err(|_| "one component is not two")?;
    let column = mighub_vtl::dataset::Column::constant(value, value.scalar_type(), 1);
    let mut text = Vec::new();
    vtl_csv::write(&Dataset::new(structure.into(), vec![column], 1), &mut text)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
    let last = reader.records().last().transpose()?;
    Ok(last
        .and_then(|record| record.get(0).map(str::to_owned))
        .filter(|_| !value.is_null())
        .unwrap_or_default())
}
