use proptest::prelude::*;

use crate::plan::{AggregateFunction, Bound, Frame, Node, WindowCall, WindowFunction};
use crate::run::aggregate::tests::{by_the_book, float};
use crate::run::sample::{
    Row, alike, areas_and_years, dataset, relation, rows_with_keys, run_relation, scan, string, structure,
    text,
};
use crate::value::{Number, Role, Scalar, ScalarType};

fn bound() -> impl Strategy<Value = Bound> {
    prop_oneof![Just(Bound::Unbounded), (-2i64..3).prop_map(Bound::Offset)]
}

/// The rows of the same area in the order of years, and the place of a row among them.
fn partition<'r>(rows: &'r [Row], row: &Row) -> (Vec<&'r Row>, usize) {
    let mut partition: Vec<&Row> = rows.iter().filter(|other| other[0] == row[0]).collect();
    partition.sort_by_key(|row| year(row));
    let place = partition.iter().position(|other| other[1] == row[1]).unwrap_or(0);
    (partition, place)
}

fn year(row: &Row) -> i64 {
    if let Scalar::Integer(year) = row[1] { year } else { 0 }
}

fn run(rows: &[Row], call: WindowCall) -> Vec<Scalar> {
    let source = areas_and_years("A");
    let result = structure(&[
        ("AREA", Role::Identifier, ScalarType::String),
        ("YEAR", Role::Identifier, ScalarType::Integer),
        ("A", Role::Measure, ScalarType::Number),
        ("W", Role::Measure, call.scalar_type),
    ]);
    let node = Node::Window { input: Box::new(scan("a", &source)), calls: vec![call] };
    let found = run_relation(relation(node, &result), &[&dataset(&source, rows)]).expect("it is small");
    (0..rows.len()).map(|row| found.value(row, 3)).collect()
}

fn call(function: WindowFunction, frame: Frame, scalar_type: ScalarType) -> WindowCall {
    WindowCall {
        function,
        argument: Some(2),
        partition: vec![0],
        order: vec![(1, false)],
        frame,
        scalar_type,
    }
}

const WHOLE: Frame = Frame { counts_rows: true, start: Bound::Unbounded, end: Bound::Unbounded };

proptest! {
    #[test]
    fn an_aggregate_over_a_frame_is_that_of_its_rows(
        rows in rows_with_keys(),
        start in bound(),
        end in bound(),
        counts_rows in any::<bool>(),
    ) {
        // Years are millions apart.
        let unit = if counts_rows { 1 } else { 1_000_000 };
        let scaled = |bound| if let Bound::Offset(offset) = bound { Bound::Offset(offset * unit) } else { bound };
        let frame = Frame { counts_rows, start: scaled(start), end: scaled(end) };
        for function in [
            AggregateFunction::Sum,
            AggregateFunction::Average,
            AggregateFunction::Count,
            AggregateFunction::Minimum,
            AggregateFunction::Maximum,
            AggregateFunction::Median,
            AggregateFunction::StddevSample,
            AggregateFunction::VariancePopulation,
        ] {
            let counts = function == AggregateFunction::Count;
            let scalar_type = if counts { ScalarType::Integer } else { ScalarType::Number };
            let found = run(&rows, call(WindowFunction::Aggregate(function), frame, scalar_type));
            for (row, found) in rows.iter().zip(&found) {
                let (partition, place) = partition(&rows, row);
                let position = |other: usize| {
                    if counts_rows { other as i64 - place as i64 } else { year(partition[other]) - year(row) }
                };
                let inside = (0..partition.len()).filter(|other| {
                    let after_start = match frame.start {
                        Bound::Unbounded => true,
                        Bound::Offset(offset) => position(*other) >= offset,
                    };
                    let before_end = match frame.end {
                        Bound::Unbounded => true,
                        Bound::Offset(offset) => position(*other) <= offset,
                    };
                    after_start && before_end
                });
                let values = inside.filter_map(|other| float(&partition[other][2])).collect();
                let (found, expected) = (text(found), text(&by_the_book(function, values)));
                prop_assert!(
                    alike(std::slice::from_ref(&found), std::slice::from_ref(&expected)),
                    "{:?} {:?}: {}, not {}", function, frame, found, expected
                );
            }
        }
    }

    #[test]
    fn neighbours_ranks_and_shares(rows in rows_with_keys(), offset in -3i64..4) {
        let default = Scalar::Number(Number::Exact { unscaled: 7, scale: 0 });
        let lag = WindowFunction::Lag { offset, default: default.clone() };
        let lag = run(&rows, call(lag, WHOLE, ScalarType::Number));
        let rank = run(&rows, call(WindowFunction::Rank, WHOLE, ScalarType::Integer));
        let share = run(&rows, call(WindowFunction::RatioToReport, WHOLE, ScalarType::Number));
        let first = run(&rows, call(WindowFunction::FirstValue, WHOLE, ScalarType::Number));
        for (place_of_row, row) in rows.iter().enumerate() {
            let (partition, place) = partition(&rows, row);
            let source = usize::try_from(place as i64 - offset).ok().and_then(|place| partition.get(place));
            prop_assert_eq!(text(&lag[place_of_row]), text(source.map_or(&default, |row| &row[2])));
            prop_assert_eq!(&rank[place_of_row], &Scalar::Integer(place as i64 + 1));
            prop_assert_eq!(text(&first[place_of_row]), text(&partition[0][2]));
            let sum: f64 = partition.iter().filter_map(|row| float(&row[2])).sum();
            let expected = float(&row[2]).filter(|_| sum.abs() > 1e-9).map(|value| value / sum);
            let expected = expected.map_or(Scalar::Null, |value| Scalar::Number(Number::Float(value)));
            prop_assert!(alike(&[text(&share[place_of_row])], &[text(&expected)]));
        }
    }
}

#[test]
fn rows_alike_in_the_order_share_a_rank() {
    let rows: Vec<Row> = [("AT", 5), ("BE", 3), ("CH", 5), ("DE", 9)]
        .map(|(area, value)| vec![string(area), Scalar::Integer(1), crate::run::sample::decimal(value, 0)])
        .to_vec();
    let mut ranked = call(WindowFunction::Rank, WHOLE, ScalarType::Integer);
    (ranked.partition, ranked.order) = (vec![], vec![(2, true)]);
    assert_eq!(run(&rows, ranked), [2, 4, 2, 1].map(Scalar::Integer));
}

#[test]
fn a_range_up_to_the_current_row_takes_its_peers_along() {
    let rows: Vec<Row> = [("AT", 1), ("BE", 1), ("CH", 2)]
        .map(|(area, year)| vec![string(area), Scalar::Integer(year), crate::run::sample::decimal(10, 0)])
        .to_vec();
    let frame = Frame { counts_rows: false, start: Bound::Unbounded, end: Bound::Offset(0) };
    let sum = WindowFunction::Aggregate(AggregateFunction::Sum);
    let mut summed = call(sum, frame, ScalarType::Number);
    summed.partition = vec![];
    let sums: Vec<String> = run(&rows, summed).iter().map(text).collect();
    assert_eq!(sums, ["20.000000", "20.000000", "30.000000"]);
}

#[test]
fn steps_of_a_range_need_numbers_or_dates() {
    let source = areas_and_years("A");
    let frame = Frame { counts_rows: false, start: Bound::Offset(-1), end: Bound::Offset(0) };
    let mut by_text = call(WindowFunction::FirstValue, frame, ScalarType::Number);
    by_text.order = vec![(0, false)];
    let node = Node::Window { input: Box::new(scan("a", &source)), calls: vec![by_text] };
    let rows = [vec![string("AT"), Scalar::Integer(1), Scalar::Null]];
    let error = run_relation(relation(node, &source), &[&dataset(&source, &rows)]).expect_err("texts");
    assert!(error.to_string().contains("use data points"), "{error}");
}
