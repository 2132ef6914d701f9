//! Conditions and orders against plain code that does the same.

use super::*;

fn a_test() -> impl Strategy<Value = (&'static str, &'static str)> {
    let operator =
        proptest::sample::select(&["", "eq", "ne", "lt", "le", "gt", "ge", "co", "nc", "sw", "ew"][..]);
    (operator, proptest::sample::select(&["DEU", "EST", "N", "S", "FIN", "R"][..]))
}

/// A condition, with what it says as a list of lists of tests.
fn a_condition() -> impl Strategy<Value = Vec<Vec<(&'static str, &'static str)>>> {
    proptest::collection::vec(proptest::collection::vec(a_test(), 1..3), 1..4)
}

fn naive(text: &str, (operator, value): (&str, &str)) -> bool {
    match operator {
        "" | "eq" => text == value,
        "ne" => text != value,
        "lt" => text < value,
        "le" => text <= value,
        "gt" => text > value,
        "ge" => text >= value,
        "co" => text.contains(value),
        "nc" => !text.contains(value),
        "sw" => text.starts_with(value),
        _ => text.ends_with(value),
    }
}

#[test]
fn conditions_choose_what_a_plain_filter_chooses() {
    let place = Place::new();
    let all = place.chosen(&Principal::PUBLIC, "dataflow/MIGHUB/MIG_FLOW", None);
    assert_eq!(all.len(), 120);
    let conditions =
        (a_condition(), proptest::option::of((0i64..600, 0i64..600)), proptest::option::of(2000u16..2010));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    });
    let outcome = runner.run(&conditions, |(condition, values, year)| {
        let test = |(operator, value): &(&str, &str)| match *operator {
            "" => (*value).to_owned(),
            operator => format!("{operator}:{value}"),
        };
        let all_of = |tests: &Vec<(&str, &str)>| tests.iter().map(test).collect::<Vec<_>>().join("+");
        let text: Vec<String> = condition.iter().map(all_of).collect();
        let mut query = format!("c[COUNTERPART_AREA]={}", text.join(","));
        if let Some((low, high)) = values {
            query.push_str(&format!("&c[OBS_VALUE]=ge:{low}+le:{high}"));
        }
        if let Some(year) = year {
            query.push_str(&format!("&c[TIME_PERIOD]=ne:{year}"));
        }
        let expected: Vec<Row> = all
            .iter()
            .filter(|row| condition.iter().any(|tests| tests.iter().all(|test| naive(&row.area, *test))))
            .filter(|row| {
                values.is_none_or(|(low, high)| row.value.is_some_and(|value| (low..=high).contains(&value)))
            })
            .filter(|row| year.is_none_or(|year| row.year != year.to_string()))
            .cloned()
            .collect();
        let found = place.chosen(&Principal::PUBLIC, "dataflow/MIGHUB/MIG_FLOW", Some(&query));
        prop_assert_eq!(found, expected, "{}", query);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn an_order_that_is_asked_for_is_that_of_the_answer() {
    let place = Place::new();
    let sorted = |query: &str| place.chosen(&Principal::PUBLIC, "dataflow/MIGHUB/MIG_FLOW", Some(query));
    let falling = sorted("sort=TIME_PERIOD:desc+OBS_VALUE");
    assert_eq!(falling.len(), 120);
    assert!(falling.is_sorted_by(|a, b| (&b.year, a.value) <= (&a.year, b.value)), "{falling:?}");
    let rising = sorted("sort=OBS_VALUE&offset=100");
    assert!(rising.len() == 20 && rising.is_sorted_by_key(|row| row.value));
    let stored =
        DataQuery::v2(&place.lab.hub, "dataflow/MIGHUB/MIG_FLOW", Some("sort=series_key:asc+TIME_PERIOD"));
    assert!(stored.expect("a query").order.is_stored());
    assert!(matches!(place.definition().time.as_deref(), Some("TIME_PERIOD")));
    let both = DataQuery::v1(&place.lab.hub, "MIG_FLOW/all/SWE+NOR", None).expect("a query");
    assert!(matches!(both.figures.providers, FiguresOf::These(these) if these.len() == 2));
}
