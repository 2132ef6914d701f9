use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::dataset::Dataset;
use crate::plan::{Aggregate, AggregateFunction, Node};
use crate::run::sample::{
    Row, alike, areas_and_years, dataset, decimal, relation, rows_with_repeats, run_relation, scan, string,
    structure, text, text_of_row, texts,
};
use crate::value::{Number, Role, Scalar, ScalarType};

const FUNCTIONS: [AggregateFunction; 10] = [
    AggregateFunction::Sum,
    AggregateFunction::Average,
    AggregateFunction::Count,
    AggregateFunction::Minimum,
    AggregateFunction::Maximum,
    AggregateFunction::Median,
    AggregateFunction::StddevPopulation,
    AggregateFunction::StddevSample,
    AggregateFunction::VariancePopulation,
    AggregateFunction::VarianceSample,
];

/// By the book, over the values that are not null.
pub(in crate::run) fn by_the_book(function: AggregateFunction, mut values: Vec<f64>) -> Scalar {
    let count = values.len() as f64;
    if function == AggregateFunction::Count {
        return Scalar::Integer(values.len() as i64);
    }
    if values.is_empty() {
        return Scalar::Null;
    }
    let sum: f64 = values.iter().sum();
    let mean = sum / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let result = match function {
        AggregateFunction::Sum => sum,
        AggregateFunction::Average => mean,
        AggregateFunction::Minimum => values[0],
        AggregateFunction::Maximum => values[values.len() - 1],
        AggregateFunction::Median if values.len() % 2 == 1 => values[middle],
        AggregateFunction::Median => (values[middle - 1] + values[middle]) / 2.0,
        AggregateFunction::VariancePopulation => squares / count,
        AggregateFunction::StddevPopulation => (squares / count).sqrt(),
        _ if values.len() == 1 => return Scalar::Null,
        AggregateFunction::VarianceSample => squares / (count - 1.0),
        _ => (squares / (count - 1.0)).sqrt(),
    };
    Scalar::Number(Number::Float(result))
}

pub(in crate::run) fn float(value: &Scalar) -> Option<f64> {
    text(value).parse().ok()
}

fn result_type(function: AggregateFunction) -> ScalarType {
    if function == AggregateFunction::Count { ScalarType::Integer } else { ScalarType::Number }
}

proptest! {
    #[test]
    fn an_aggregate_is_what_the_book_says(rows in rows_with_repeats()) {
        let source = areas_and_years("A");
        let input = dataset(&source, &rows);
        for (function, by) in FUNCTIONS.into_iter().flat_map(|function| [(function, true), (function, false)]) {
            let identifier = ("AREA", Role::Identifier, ScalarType::String);
            let measure = ("A", Role::Measure, result_type(function));
            let result = if by { structure(&[identifier, measure]) } else { structure(&[measure]) };
            let aggregate = Aggregate { function, argument: Some(2), scalar_type: result_type(function) };
            let node = Node::Aggregate {
                input: Box::new(scan("a", &source)),
                by: if by { vec![0] } else { vec![] },
                aggregates: vec![aggregate],
            };
            let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            if !by {
                groups.insert(String::new(), Vec::new());
            }
            for row in &rows {
                let group = groups.entry(if by { text(&row[0]) } else { String::new() }).or_default();
                group.extend(float(&row[2]));
            }
            let expected = groups.into_iter().map(|(group, values)| {
                let value = by_the_book(function, values);
                if by { text_of_row(&[string(&group), value]) } else { text(&value) }
            });
            let mut expected: Vec<String> = expected.collect();
            expected.sort();
            let found = run_relation(relation(node, &result), &[&input]).expect("it is small");
            let found = texts(&found);
            prop_assert!(alike(&found, &expected), "{:?}: {:?}, not {:?}", function, found, expected);
        }
    }
}

fn whole(function: AggregateFunction, column: (&[Scalar], ScalarType)) -> Result<Dataset, super::RunError> {
    let source = structure(&[("A", Role::Measure, column.1)]);
    let rows: Vec<Row> = column.0.iter().map(|value| vec![value.clone()]).collect();
    let input = dataset(&source, &rows);
    let aggregate = Aggregate { function, argument: Some(0), scalar_type: column.1 };
    let node =
        Node::Aggregate { input: Box::new(scan("a", &source)), by: vec![], aggregates: vec![aggregate] };
    run_relation(relation(node, &source), &[&input])
}

#[test]
fn the_least_and_the_greatest_text_are_by_bytes() {
    let texts = [string("b"), Scalar::Null, string("a"), string("c")];
    for (function, expected) in [(AggregateFunction::Minimum, "a"), (AggregateFunction::Maximum, "c")] {
        let result = whole(function, (&texts, ScalarType::String)).expect("texts have an order");
        assert_eq!(result.value(0, 0), string(expected));
    }
}

#[test]
fn sums_stay_exact_beyond_64_bits_and_integers_tell_when_they_cannot() {
    let large = [decimal(i64::MAX, 2), decimal(i64::MAX, 2)];
    let result = whole(AggregateFunction::Sum, (&large, ScalarType::Number)).expect("128 bits are enough");
    let expected = Number::Exact { unscaled: 2 * i128::from(i64::MAX), scale: 2 };
    assert_eq!(result.value(0, 0), Scalar::Number(expected));
    let integers = [Scalar::Integer(i64::MAX), Scalar::Integer(1)];
    let error = whole(AggregateFunction::Sum, (&integers, ScalarType::Integer)).expect_err("no integer");
    assert!(error.to_string().contains("cast the measure to number"), "{error}");
}

#[test]
fn periods_of_different_frequencies_have_no_least() {
    use crate::time::{Frequency, TimePeriod};
    let period = |frequency, number| Scalar::TimePeriod(TimePeriod::new(frequency, 2020, number));
    let quarters = [period(Frequency::Quarter, 2), Scalar::Null, period(Frequency::Quarter, 1)];
    let least = whole(AggregateFunction::Minimum, (&quarters, ScalarType::TimePeriod));
    assert_eq!(least.expect("one frequency").value(0, 0), period(Frequency::Quarter, 1));
    let mixed = [period(Frequency::Quarter, 2), period(Frequency::Month, 1)];
    let error = whole(AggregateFunction::Minimum, (&mixed, ScalarType::TimePeriod)).expect_err("two of them");
    assert!(error.to_string().contains("2020-Q2 and 2020-M01 are of different frequencies"), "{error}");
}
