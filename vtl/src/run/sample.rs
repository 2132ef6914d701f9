//! Small data sets for tests, as rows of single values.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Context, Inputs, RunError, RunOptions, compute};
use crate::ast::Span;
use crate::dataset::{Column, Dataset};
use crate::plan::{Assignment, Node, Plan, Relation, Value};
use crate::value::{Component, Number, Role, Scalar, ScalarType, Structure};

pub(super) type Row = Vec<Scalar>;

pub(super) fn structure(components: &[(&str, Role, ScalarType)]) -> Arc<Structure> {
    let component =
        |(name, role, scalar_type): &(&str, Role, ScalarType)| Component::new(*name, *role, *scalar_type);
    Arc::new(Structure::new(components.iter().map(component).collect()).expect("names are unique"))
}

pub(super) fn dataset(structure: &Arc<Structure>, rows: &[Row]) -> Dataset {
    let column = |(place, component): (usize, &Component)| {
        Column::of_scalars(rows.iter().map(|row| &row[place]), component.scalar_type)
    };
    let columns = structure.components().iter().enumerate().map(column).collect();
    Dataset::new(structure.clone(), columns, rows.len())
}

/// Rows as texts, sorted: what two data sets have in common if they are equal.
pub(super) fn texts(dataset: &Dataset) -> Vec<String> {
    let places = 0..dataset.structure().components().len();
    let row = |row: usize| {
        let values = places.clone().map(|place| text(&dataset.value(row, place)));
        values.collect::<Vec<_>>().join("|")
    };
    let mut rows: Vec<String> = (0..dataset.rows()).map(row).collect();
    rows.sort();
    rows
}

pub(super) fn text_of_row(row: &[Scalar]) -> String {
    row.iter().map(text).collect::<Vec<_>>().join("|")
}

/// Numbers to six digits after the point, however they are held.
pub(super) fn text(value: &Scalar) -> String {
    let number = |value: f64| format!("{:.6}", if value.abs() < 5e-7 { 0.0 } else { value });
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Integer(whole) => number(*whole as f64),
        Scalar::Number(Number::Exact { unscaled, scale }) => {
            number(*unscaled as f64 / 10f64.powi(i32::from(*scale)))
        }
        Scalar::Number(Number::Float(value)) => number(*value),
        Scalar::String(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

/// Whether rows of texts are the same, numbers but for their last digits.
pub(super) fn alike(rows: &[String], others: &[String]) -> bool {
    let near = |(a, b): (&str, &str)| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-5 * a.abs().max(1.0),
        _ => a == b,
    };
    let same = |(row, other): (&String, &String)| {
        row.split('|').count() == other.split('|').count() && row.split('|').zip(other.split('|')).all(near)
    };
    rows.len() == others.len() && rows.iter().zip(others).all(same)
}

pub(super) fn string(text: &str) -> Scalar {
    Scalar::String(Arc::from(text))
}

pub(super) fn decimal(unscaled: i64, scale: u8) -> Scalar {
    Scalar::Number(Number::Exact { unscaled: i128::from(unscaled), scale })
}

pub(super) fn scan(name: &str, structure: &Arc<Structure>) -> Relation {
    relation(Node::Scan(name.into()), structure)
}

pub(super) fn relation(node: Node, structure: &Arc<Structure>) -> Relation {
    Relation { node, structure: structure.clone(), span: Span::default() }
}

/// Computes a relation over inputs `a`, `b`, ...
pub(super) fn run_relation(relation: Relation, inputs: &[&Dataset]) -> Result<Dataset, RunError> {
    let names = ["a", "b", "c", "d"];
    let datasets: BTreeMap<Arc<str>, Dataset> =
        names.into_iter().zip(inputs).map(|(name, dataset)| (name.into(), (*dataset).clone())).collect();
    let inputs = Inputs { datasets, ..Inputs::default() };
    let options = RunOptions::default();
    let assignment = Assignment {
        name: "r".into(),
        persistent: true,
        value: Value::Dataset(relation),
        span: Span::default(),
    };
    let plan = Plan { statements: vec![assignment] };
    let context = Context::new(inputs, &options, &plan);
    let Value::Dataset(relation) = &plan.statements[0].value else { return Err(RunError::Cancelled) };
    compute(relation, &context)
}

/// Calls an operator itself, without a plan around it.
pub(super) fn in_context<T>(call: impl FnOnce(&Context<'_>) -> T) -> T {
    let options = RunOptions::default();
    call(&Context::new(Inputs::default(), &options, &Plan { statements: Vec::new() }))
}

/// A few areas and years, in any order and any number of times, with one measure.
pub(super) fn rows_with_repeats() -> impl Strategy<Value = Vec<Row>> {
    let row = (0usize..5, -3i64..4, proptest::option::of(-50i64..50), 0u8..3);
    let row = row.prop_map(|(area, year, value, scale)| {
        let value = value.map_or(Scalar::Null, |value| decimal(value, scale));
        vec![string(["AT", "BE", "CH", "DE", "ES"][area]), Scalar::Integer(year * 1_000_000), value]
    });
    proptest::collection::vec(row, 0..25)
}

/// The same, every key once.
pub(super) fn rows_with_keys() -> impl Strategy<Value = Vec<Row>> {
    rows_with_repeats().prop_map(|rows| {
        let mut seen = std::collections::HashSet::new();
        rows.into_iter().filter(|row| seen.insert(text_of_row(&row[..2]))).collect()
    })
}

/// The structure of these rows.
pub(super) fn areas_and_years(measure: &str) -> Arc<Structure> {
    structure(&[
        ("AREA", Role::Identifier, ScalarType::String),
        ("YEAR", Role::Identifier, ScalarType::Integer),
        (measure, Role::Measure, ScalarType::Number),
    ])
}
