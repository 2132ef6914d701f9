//! `check_hierarchy` and `hierarchy` by the tables of the manual: what is missing, what is null, what is 0.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub_vtl::dataset::Column;
use mighub_vtl::{
    Component, Dataset, Environment, Inputs, Role, RunOptions, Scalar, ScalarType, Structure, analyze, parse,
    run,
};

/// Cells of one group: a code and its value, nothing for null.
type Cells<'a> = &'a [(&'a str, Option<i64>)];

fn dataset(cells: Cells<'_>) -> Dataset {
    let structure = Structure::new(vec![
        Component::new("PERIOD", Role::Identifier, ScalarType::Integer),
        Component::new("SEX", Role::Identifier, ScalarType::String),
        Component::new("OBS_VALUE", Role::Measure, ScalarType::Integer),
    ])
    .expect("three names");
    let periods: Vec<Scalar> = cells.iter().map(|_| Scalar::Integer(2020)).collect();
    let codes: Vec<Scalar> = cells.iter().map(|(code, _)| Scalar::String(Arc::from(*code))).collect();
    let values: Vec<Scalar> =
        cells.iter().map(|(_, value)| value.map_or(Scalar::Null, Scalar::Integer)).collect();
    let columns = vec![
        Column::of_scalars(periods.iter(), ScalarType::Integer),
        Column::of_scalars(codes.iter(), ScalarType::String),
        Column::of_scalars(values.iter(), ScalarType::Integer),
    ];
    Dataset::new(Arc::new(structure), columns, cells.len())
}

fn run_on(script: &str, cells: Cells<'_>) -> Dataset {
    let input = dataset(cells);
    let datasets = BTreeMap::from([(Arc::from("DS"), input.structure().clone())]);
    let environment = Environment { datasets, ..Environment::default() };
    let plan = parse(script).and_then(|script| analyze(&script, &environment));
    let plan = plan.unwrap_or_else(|mistakes| panic!("{script}: {mistakes:#?}"));
    let inputs = Inputs { datasets: BTreeMap::from([(Arc::from("DS"), input)]), ..Inputs::default() };
    let mut results = run(&plan, inputs, &RunOptions::default()).expect("the script runs");
    results.datasets.remove("R").expect("R is persistent")
}

/// `bool/imbalance` of the one row, or `-`.
fn verdict(mode: &str, cells: Cells<'_>) -> String {
    let script = format!(
        "define hierarchical ruleset SEXES (variable rule SEX) is R1: T = M + F errorcode \"sum\" errorlevel 4 \
         end hierarchical ruleset;
         R <- check_hierarchy(DS, SEXES rule SEX {mode} all);"
    );
    let result = run_on(&script, cells);
    let place = |name: &str| result.structure().position(name).expect("a column of the check");
    if result.rows() == 0 {
        return "-".to_owned();
    }
    assert_eq!(result.rows(), 1, "{mode} {cells:?}");
    let truth = match result.value(0, place("bool_var")) {
        Scalar::Boolean(true) => "T",
        Scalar::Boolean(false) => "F",
        _ => "N",
    };
    let imbalance = match result.value(0, place("imbalance")) {
        Scalar::Integer(value) => value.to_string(),
        Scalar::Null => "N".to_owned(),
        other => panic!("{other:?} is no integer"),
    };
    let error = result.value(0, place("errorcode"));
    assert_eq!(
        truth == "F",
        !error.is_null(),
        "an error code stands where the rule is false: {mode} {cells:?}"
    );
    format!("{truth}/{imbalance}")
}

#[test]
fn the_six_modes_judge_missing_null_and_zero_apart() {
    const MODES: [&str; 6] =
        ["non_null", "non_zero", "partial_null", "partial_zero", "always_null", "always_zero"];
    let table: [(Cells<'_>, [&str; 6]); 9] = [
        (&[("T", Some(10)), ("M", Some(4)), ("F", Some(6))], ["T/0"; 6]),
        (&[("T", Some(10)), ("M", Some(4))], ["-", "F/6", "N/N", "F/6", "N/N", "F/6"]),
        (&[("T", Some(10)), ("M", Some(4)), ("F", None)], ["-", "N/N", "N/N", "N/N", "N/N", "N/N"]),
        (&[("M", Some(4)), ("F", Some(6))], ["-", "F/-10", "N/N", "F/-10", "N/N", "F/-10"]),
        (&[("T", Some(0)), ("M", Some(0)), ("F", Some(0))], ["T/0", "-", "T/0", "T/0", "T/0", "T/0"]),
        (&[("T", Some(0))], ["-", "-", "N/N", "T/0", "N/N", "T/0"]),
        (&[("M", None), ("F", None)], ["-", "N/N", "N/N", "N/N", "N/N", "N/N"]),
        (&[("M", Some(4))], ["-", "F/-4", "N/N", "F/-4", "N/N", "F/-4"]),
        (&[("_U", Some(1))], ["-"; 6]),
    ];
    for (cells, expected) in table {
        let found = MODES.map(|mode| verdict(mode, cells));
        assert_eq!(found, expected, "{cells:?}");
    }
}

fn values(result: &Dataset) -> BTreeMap<String, Option<i64>> {
    let place = |name: &str| result.structure().position(name).expect("a column");
    let row = |row| {
        let Scalar::String(code) = result.value(row, place("SEX")) else { panic!("a code is a text") };
        let value = match result.value(row, place("OBS_VALUE")) {
            Scalar::Integer(value) => Some(value),
            _ => None,
        };
        (code.to_string(), value)
    };
    (0..result.rows()).map(row).collect()
}

#[test]
fn missing_parts_are_computed_in_order_of_dependency_where_the_data_set_has_priority() {
    let rules = "define hierarchical ruleset AGES (variable rule SEX) is
        A: TOTAL = ADULTS + MINORS errorcode \"a\"; B: ADULTS = Y18T64 + Y_GE65 errorcode \"b\"
        end hierarchical ruleset;";
    let cells: Cells<'_> =
        &[("TOTAL", Some(10)), ("MINORS", Some(3)), ("Y18T64", Some(5)), ("Y_GE65", Some(1))];
    let from_dataset =
        run_on(&format!("{rules} R <- check_hierarchy(DS, AGES rule SEX non_null dataset all);"), cells);
    assert_eq!(from_dataset.rows(), 0, "ADULTS is missing");
    let result = run_on(
        &format!("{rules} R <- check_hierarchy(DS, AGES rule SEX non_null dataset_priority invalid);"),
        cells,
    );
    assert_eq!(values(&result), BTreeMap::from([("TOTAL".to_owned(), Some(10))]));
    let imbalance = result.structure().position("imbalance").expect("a column of the check");
    assert_eq!(result.value(0, imbalance), Scalar::Integer(1), "10 - (5 + 1 + 3)");
}

#[test]
fn hierarchy_computes_totals_of_totals() {
    let rules = "define hierarchical ruleset AGES (variable rule SEX) is
        A: TOTAL = ADULTS + MINORS; B: ADULTS = Y18T64 + Y_GE65 end hierarchical ruleset;";
    let cells: Cells<'_> =
        &[("ADULTS", Some(99)), ("MINORS", Some(3)), ("Y18T64", Some(5)), ("Y_GE65", Some(1))];
    let computed = |options: &str| {
        values(&run_on(&format!("{rules} R <- hierarchy(DS, AGES rule SEX non_null {options});"), cells))
    };
    let of = |pairs: &[(&str, i64)]| -> BTreeMap<String, Option<i64>> {
        pairs.iter().map(|(code, value)| ((*code).to_owned(), Some(*value))).collect()
    };
    assert_eq!(computed("rule computed"), of(&[("ADULTS", 6), ("TOTAL", 9)]));
    assert_eq!(computed("dataset computed"), of(&[("ADULTS", 6), ("TOTAL", 102)]));
    assert_eq!(
        computed("rule all"),
        of(&[("ADULTS", 6), ("TOTAL", 9), ("MINORS", 3), ("Y18T64", 5), ("Y_GE65", 1)])
    );
}
