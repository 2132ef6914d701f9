//! What fails and what does not: branches, unused texts, overflows, depth.

use super::*;

#[test]
fn sums_that_leave_64_bits_go_on_in_128_and_products_beyond_in_floats() {
    let large = i64::MAX - 1;
    let column_of = |unscaled: Vec<i64>| {
        Column::Decimals(Decimals { unscaled: Arc::new(unscaled), scale: 2, valid: Validity::ALL })
    };
    let columns = [column_of(vec![large, 1]), column_of(vec![large, 2])];
    let number = |place| Expression { scalar_type: ScalarType::Number, ..column(place) };
    let result = |function| {
        let expression = call(function, vec![number(0), number(1)], ScalarType::Number);
        in_context(|context| evaluate(&expression, &columns, 2, context)).expect("it has a result")
    };
    let sum = result(Function::Add);
    assert!(matches!(sum, Column::Wide(_)));
    assert_eq!(sum.value(0, ScalarType::Number).to_string(), "184467440737095516.12");
    assert_eq!(sum.value(1, ScalarType::Number).to_string(), "0.03");
    let product = result(Function::Multiply);
    let cube = call(Function::Multiply, vec![number(0), number(1)], ScalarType::Number);
    let cube =
        in_context(|context| evaluate(&cube, &[product, columns[0].clone()], 2, context)).expect("a float");
    assert!(matches!(cube, Column::Floats(_)));
}

#[test]
fn integers_that_overflow_end_the_run_with_advice() {
    let columns = [Column::fixed(vec![i64::MAX, 1], Validity::ALL)];
    let whole = Expression { scalar_type: ScalarType::Integer, ..column(0) };
    let expression = call(Function::Add, vec![whole.clone(), whole], ScalarType::Integer);
    let error = in_context(|context| evaluate(&expression, &columns, 2, context)).expect_err("it overflows");
    assert!(error.to_string().contains("cast an operand to number"), "{error}");
}

#[test]
fn branches_that_are_not_taken_do_not_fail() {
    let (zero, null) = (decimal(0, 0), constant(Scalar::Null, ScalarType::Number));
    let divisor = column(4);
    let is_zero = call(
        Function::Compare(Comparison::Equal),
        vec![divisor.clone(), constant(zero.clone(), ScalarType::Number)],
        ScalarType::Boolean,
    );
    let quotient = call(
        Function::Divide,
        vec![constant(decimal(6, 0), ScalarType::Number), divisor],
        ScalarType::Number,
    );
    let expression = Expression {
        kind: ExpressionKind::If(Box::new([is_zero, null, quotient.clone()])),
        scalar_type: ScalarType::Number,
        span: Span::default(),
    };
    let row = |value: Scalar| {
        let mut row = vec![Scalar::Null; COLUMNS.len()];
        row[4] = value;
        row
    };
    let columns = columns_of(&[row(zero), row(decimal(3, 0)), row(Scalar::Null)]);
    let values =
        in_context(|context| evaluate(&expression, &columns, 3, context)).expect("no division by zero");
    let texts: Vec<String> = (0..3).map(|row| values.value(row, ScalarType::Number).to_string()).collect();
    assert_eq!(texts, ["null", "2", "null"]);
    let error =
        in_context(|context| evaluate(&quotient, &columns, 3, context)).expect_err("a division by zero");
    assert!(error.to_string().starts_with("division by zero"), "{error}");
}

#[test]
fn dictionary_entries_that_no_row_has_do_not_fail() {
    let dictionary: Vec<Arc<str>> = ["1", "not a number", "2"].map(Arc::from).to_vec();
    let codes = vec![0, 2, 0, 2, u32::MAX, 0, 2];
    let rows = codes.len();
    let texts =
        Column::Strings(crate::dataset::Strings { dictionary: Arc::new(dictionary), codes: Arc::new(codes) });
    let expression = Expression {
        kind: ExpressionKind::Cast { operand: Box::new(column(0)), mask: None },
        scalar_type: ScalarType::Integer,
        span: Span::default(),
    };
    let values = in_context(|context| evaluate(&expression, &[texts], rows, context))
        .expect("used entries are numbers");
    assert_eq!(values.value(3, ScalarType::Integer), Scalar::Integer(2));
    assert!(values.is_null(4));
}

#[test]
fn long_chains_fit_on_a_small_stack() {
    let chain = (0..20_000).fold(column(2), |chain, step| {
        let operand =
            if step % 2 == 0 { column(3) } else { constant(Scalar::Integer(1), ScalarType::Integer) };
        let function = if step % 4 < 2 { Function::Add } else { Function::Subtract };
        call(function, vec![chain, operand], ScalarType::Integer)
    });
    let row = |value: i64| {
        let mut row = vec![Scalar::Null; COLUMNS.len()];
        (row[2], row[3]) = (Scalar::Integer(value), Scalar::Integer(7));
        row
    };
    let columns = columns_of(&[row(5), row(6)]);
    let values = in_context(|context| evaluate(&chain, &columns, 2, context)).expect("the sums stay small");
    assert_eq!(
        (values.value(0, ScalarType::Integer), values.value(1, ScalarType::Integer)),
        (Scalar::Integer(5), Scalar::Integer(6))
    );
    // Dropping the tree recurses; a plan of a script is never this deep.
    std::mem::forget(chain);
}

#[test]
fn deep_trees_fit_on_a_small_stack() {
    // Deeper than any the parser lets through, on the 2 MB of a thread.
    let tree = (0..600).fold(column(2), |tree, _| call(Function::Abs, vec![tree], ScalarType::Integer));
    let mut row = vec![Scalar::Null; COLUMNS.len()];
    row[2] = Scalar::Integer(-3);
    let columns = columns_of(&[row.clone(), row]);
    let values = in_context(|context| evaluate(&tree, &columns, 2, context)).expect("small numbers");
    assert_eq!(values.value(1, ScalarType::Integer), Scalar::Integer(3));
}

#[test]
fn a_failure_names_the_first_data_point_that_fails() {
    let structure = areas_and_years("VALUE");
    let row = |area: &str, value: i64| vec![string(area), Scalar::Integer(2024), decimal(value, 0)];
    let rows =
        ["AT", "BE", "CH", "DE", "ES"].iter().zip([1, 2, 0, 4, 0]).map(|(area, value)| row(area, value));
    let input = dataset(&structure, &rows.collect::<Vec<_>>());
    let measure = Expression {
        kind: ExpressionKind::Column(2),
        scalar_type: ScalarType::Number,
        span: Span::default(),
    };
    let quotient = call(
        Function::Divide,
        vec![constant(decimal(1, 0), ScalarType::Number), measure],
        ScalarType::Number,
    );
    let columns = vec![
        Expression::column(0, &structure.components()[0], Span::default()),
        Expression::column(1, &structure.components()[1], Span::default()),
        quotient,
    ];
    let node = Node::Project { input: Box::new(scan("a", &structure)), columns };
    let error = run_relation(relation(node, &structure), &[&input]).expect_err("CH is divided by zero");
    let RunError::Value { key, .. } = error else { panic!("{error}") };
    assert_eq!(key, "AREA=CH, YEAR=2024");
}

#[test]
fn a_consequent_need_not_hold_where_its_rule_does_not_apply() {
    let structure = areas_and_years("VALUE");
    let row = |area: &str, value: i64| vec![string(area), Scalar::Integer(2024), decimal(value, 0)];
    let input = dataset(&structure, &[row("AT", 0), row("BE", 2), row("CH", 1)]);
    let measure = || Expression {
        kind: ExpressionKind::Column(2),
        scalar_type: ScalarType::Number,
        span: Span::default(),
    };
    let number = |value| constant(decimal(value, 0), ScalarType::Number);
    let compare = |comparison, a, b| call(Function::Compare(comparison), vec![a, b], ScalarType::Boolean);
    let quotient = call(Function::Divide, vec![number(1), measure()], ScalarType::Number);
    let rule = DatapointRule {
        name: "1".into(),
        when: Some(compare(Comparison::NotEqual, measure(), number(0))),
        then: compare(Comparison::Less, quotient, number(1)),
        error: ErrorLiterals { code: Scalar::Null, level: Scalar::Null },
    };
    let result = Arc::new(
        Structure::new(vec![
            Component::new("AREA", Role::Identifier, ScalarType::String),
            Component::new("bool_var", Role::Measure, ScalarType::Boolean),
        ])
        .expect("names are unique"),
    );
    let node = Node::CheckDatapoint {
        input: Box::new(scan("a", &structure)),
        rules: vec![rule],
        output: CheckOutput::All,
        columns: vec![CheckColumn::Input(0), CheckColumn::BoolVar],
    };
    let checked = run_relation(relation(node, &result), &[&input]).expect("nothing is divided by zero");
    assert_eq!(texts(&checked), ["AT|Boolean(true)", "BE|Boolean(true)", "CH|Boolean(false)"]);
}
