use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use crate::dataset::Dataset;
use crate::plan::{Node, TimeSeriesOperator};
use crate::run::sample::{Row, dataset, decimal, relation, run_relation, scan, string, structure, text};
use crate::time::calendar::{of_ordinal, ordinal};
use crate::time::{Frequency, TimePeriod};
use crate::value::{Role, Scalar, ScalarType, Structure};

fn source() -> Arc<Structure> {
    structure(&[
        ("AREA", Role::Identifier, ScalarType::String),
        ("TIME_PERIOD", Role::Identifier, ScalarType::TimePeriod),
        ("A", Role::Measure, ScalarType::Number),
    ])
}

/// Values by area, frequency and place among the periods of the frequency.
type Values = BTreeMap<(usize, Frequency, i64), Option<i64>>;

fn values() -> impl Strategy<Value = Values> {
    let key = (0usize..2, prop_oneof![Just(Frequency::Year), Just(Frequency::Quarter)], 0i64..8);
    let key = key.prop_map(|(area, frequency, place)| {
        let start = TimePeriod::new(frequency, 2019, 1);
        (area, frequency, ordinal(start) + place)
    });
    proptest::collection::btree_map(key, proptest::option::of(-50i64..50), 1..20)
}

fn rows(values: &Values) -> Vec<Row> {
    let row = |((area, frequency, place), value): (&(usize, Frequency, i64), &Option<i64>)| {
        let period = of_ordinal(*frequency, *place).expect("it is of our time");
        let value = value.map_or(Scalar::Null, |value| decimal(value, 1));
        vec![string(["AT", "BE"][*area]), Scalar::TimePeriod(period), value]
    };
    // Backwards, as rows come in any order.
    values.iter().rev().map(row).collect()
}

fn run(values: &Values, operator: TimeSeriesOperator) -> Dataset {
    let node = Node::TimeSeries {
        input: Box::new(scan("a", &source())),
        operator,
        time: 1,
        series: vec![0],
        measures: vec![2],
    };
    run_relation(relation(node, &source()), &[&dataset(&source(), &rows(values))]).expect("it is small")
}

fn found(result: &Dataset) -> BTreeMap<(usize, Frequency, i64), String> {
    let entry = |row: usize| {
        let area = usize::from(result.value(row, 0) == string("BE"));
        let Scalar::TimePeriod(period) = result.value(row, 1) else { panic!("time is a period") };
        let place = ordinal(period);
        ((area, period.frequency(), place), text(&result.value(row, 2)))
    };
    (0..result.rows()).map(entry).collect()
}

fn tenths(value: Option<i64>) -> String {
    text(&value.map_or(Scalar::Null, |value| decimal(value, 1)))
}

proptest! {
    #[test]
    fn stocks_are_running_sums_and_flows_their_differences(values in values()) {
        let before = |key: &(usize, Frequency, i64)| {
            let (area, frequency, place) = *key;
            values.range((area, frequency, i64::MIN)..(area, frequency, place))
        };
        let stocks = found(&run(&values, TimeSeriesOperator::FlowToStock));
        let flows = found(&run(&values, TimeSeriesOperator::StockToFlow));
        for (key, value) in &values {
            let earlier: i64 = before(key).filter_map(|(_, value)| *value).sum();
            prop_assert_eq!(&stocks[key], &tenths(value.map(|value| value + earlier)));
            let last = before(key).next_back().and_then(|(_, value)| *value).unwrap_or(0);
            prop_assert_eq!(&flows[key], &tenths(value.map(|value| value - last)));
        }
    }

    #[test]
    fn a_shift_moves_keys_and_leaves_values(values in values(), periods in -9i64..9) {
        let moved = found(&run(&values, TimeSeriesOperator::Timeshift(periods)));
        let expected: BTreeMap<_, _> = values
            .iter()
            .map(|((area, frequency, place), value)| ((*area, *frequency, place + periods), tenths(*value)))
            .collect();
        prop_assert_eq!(moved, expected);
    }

    #[test]
    fn filling_adds_the_periods_that_are_missing(values in values(), all in any::<bool>()) {
        let filled = found(&run(&values, TimeSeriesOperator::Fill { all }));
        let parts = |frequency| if frequency == Frequency::Year { 1 } else { 4 };
        let years = || values.keys().map(|(_, frequency, place)| place.div_euclid(parts(*frequency)));
        let (first, last) = (years().min().unwrap_or(0), years().max().unwrap_or(0));
        let mut expected = BTreeMap::new();
        let series: BTreeSet<_> = values.keys().map(|(area, frequency, _)| (*area, *frequency)).collect();
        for (area, frequency) in series {
            let places = || {
                let of_series = values.range((area, frequency, i64::MIN)..=(area, frequency, i64::MAX));
                of_series.map(|((_, _, place), _)| *place)
            };
            let limits = if all {
                first * parts(frequency)..=(last + 1) * parts(frequency) - 1
            } else {
                places().min().unwrap_or(0)..=places().max().unwrap_or(0)
            };
            for place in limits {
                let key = (area, frequency, place);
                expected.insert(key, tenths(values.get(&key).copied().flatten()));
            }
        }
        prop_assert_eq!(filled, expected);
    }
}
