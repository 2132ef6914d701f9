//! Columns are computed as single values are, whatever way they take.

mod failures;
mod functions;

use std::sync::Arc;

use proptest::prelude::*;

use super::{Function, logic, scalar};
use super::{cast_value, evaluate, expression_value, number};
use crate::ast::Span;
use crate::dataset::{Bitmap, Column, Decimals, Validity};
use crate::plan::{
    CheckColumn, CheckOutput, Comparison, DatapointRule, ErrorLiterals, Expression, ExpressionKind, Node,
};
use crate::run::RunError;
use crate::run::sample::{
    areas_and_years, dataset, decimal, in_context, relation, run_relation, scan, string, texts,
};
use crate::time::{Date, Frequency, TimePeriod, calendar};
use crate::value::{Component, Number, Role, Scalar, ScalarType, Structure};

/// Types of the columns that expressions of the tests work on.
const COLUMNS: [ScalarType; 8] = [
    ScalarType::String,
    ScalarType::String,
    ScalarType::Integer,
    ScalarType::Integer,
    ScalarType::Number,
    ScalarType::Number,
    ScalarType::Boolean,
    ScalarType::TimePeriod,
];

fn call(function: Function, arguments: Vec<Expression>, scalar_type: ScalarType) -> Expression {
    Expression { kind: ExpressionKind::Call(function, arguments), scalar_type, span: Span::default() }
}

fn column(place: usize) -> Expression {
    Expression { kind: ExpressionKind::Column(place), scalar_type: COLUMNS[place], span: Span::default() }
}

fn constant(value: Scalar, scalar_type: ScalarType) -> Expression {
    Expression { kind: ExpressionKind::Constant(value), scalar_type, span: Span::default() }
}

/// The meaning of an expression on one row, by recursion and without columns.
fn oracle(expression: &Expression, row: &[Scalar]) -> Result<Scalar, String> {
    match &expression.kind {
        ExpressionKind::Constant(value) => Ok(value.clone()),
        ExpressionKind::Column(place) => Ok(row[*place].clone()),
        ExpressionKind::Call(function, arguments) => {
            let given =
                arguments.iter().map(|argument| oracle(argument, row)).collect::<Result<Vec<_>, _>>()?;
            scalar::apply(*function, &given, expression.scalar_type)
        }
        ExpressionKind::If(parts) => {
            let taken = if oracle(&parts[0], row)? == Scalar::Boolean(true) { &parts[1] } else { &parts[2] };
            oracle(taken, row)
        }
        ExpressionKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                if oracle(condition, row)? == Scalar::Boolean(true) {
                    return oracle(value, row);
                }
            }
            oracle(otherwise, row)
        }
        ExpressionKind::In { operand, set, negated } => Ok(match oracle(operand, row)? {
            Scalar::Null => Scalar::Null,
            value => Scalar::Boolean(
                set.iter().any(|one| scalar::order(one, &value).is_some_and(|order| order.is_eq()))
                    != *negated,
            ),
        }),
        ExpressionKind::Cast { operand, .. } | ExpressionKind::Promote(operand) => {
            cast_value(&oracle(operand, row)?, expression.scalar_type, None)
        }
        ExpressionKind::Result(_) => Ok(Scalar::Null),
    }
}

fn value_of(scalar_type: ScalarType) -> BoxedStrategy<Scalar> {
    let value = match scalar_type {
        ScalarType::String => prop_oneof!["[ab]{0,3}", "A.ü"].prop_map(|text| string(&text)).boxed(),
        ScalarType::Integer => {
            prop_oneof![-9i64..10, Just(i64::MAX), Just(i64::MIN)].prop_map(Scalar::Integer).boxed()
        }
        // Few digits: one quotient makes a whole column floats, which hold fifteen.
        ScalarType::Number => {
            (-999i64..1000, 0u8..4).prop_map(|(unscaled, scale)| decimal(unscaled, scale)).boxed()
        }
        // Mostly of one frequency: others have no order.
        ScalarType::TimePeriod => {
            (2020i32..2024, prop_oneof![20 => Just(Frequency::Year), 1 => Just(Frequency::Month)])
                .prop_map(|(year, frequency)| Scalar::TimePeriod(TimePeriod::new(frequency, year, 1)))
                .boxed()
        }
        _ => any::<bool>().prop_map(Scalar::Boolean).boxed(),
    };
    prop_oneof![4 => value, 1 => Just(Scalar::Null)].boxed()
}

/// Expressions of a type, of any shape.
fn expression_of(scalar_type: ScalarType, depth: u32) -> BoxedStrategy<Expression> {
    let places: Vec<usize> = (0..COLUMNS.len()).filter(|place| COLUMNS[*place] == scalar_type).collect();
    let leaf = prop_oneof![
        3 => proptest::sample::select(places).prop_map(column),
        1 => value_of(scalar_type).prop_map(move |value| constant(value, scalar_type)),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let of = move |scalar_type| expression_of(scalar_type, depth - 1);
    let operands = move |own: ScalarType| (of(own), of(own));
    let node = match scalar_type {
        ScalarType::TimePeriod => leaf.clone().boxed(),
        ScalarType::Boolean => prop_oneof![
            (
                operands(ScalarType::Boolean),
                proptest::sample::select(vec![Function::And, Function::Or, Function::Xor])
            )
                .prop_map(|((a, b), function)| call(function, vec![a, b], ScalarType::Boolean)),
            of(ScalarType::Boolean).prop_map(|a| call(Function::Not, vec![a], ScalarType::Boolean)),
            (
                proptest::sample::select(&COLUMNS[..]).prop_flat_map(operands),
                proptest::sample::select(vec![
                    Comparison::Equal,
                    Comparison::NotEqual,
                    Comparison::Less,
                    Comparison::LessOrEqual,
                    Comparison::Greater,
                    Comparison::GreaterOrEqual,
                ])
            )
                .prop_map(|((a, b), comparison)| call(
                    Function::Compare(comparison),
                    vec![a, b],
                    ScalarType::Boolean
                )),
            (operands(ScalarType::Number), of(ScalarType::Number)).prop_map(|((a, b), c)| call(
                Function::Between,
                vec![a, b, c],
                ScalarType::Boolean
            )),
            (proptest::sample::select(&COLUMNS[..]), any::<bool>()).prop_flat_map(move |(own, negated)| {
                let set = proptest::collection::vec(value_of(own), 1..4);
                (of(own), set).prop_filter_map("a set has values", move |(operand, set)| {
                    let set: Arc<[Scalar]> = set.into_iter().filter(|one| !one.is_null()).collect();
                    let kind = ExpressionKind::In { operand: Box::new(operand), set: set.clone(), negated };
                    (!set.is_empty()).then(|| Expression {
                        kind,
                        scalar_type: ScalarType::Boolean,
                        span: Span::default(),
                    })
                })
            }),
            proptest::sample::select(&COLUMNS[..]).prop_flat_map(of).prop_map(|a| call(
                Function::IsNull,
                vec![a],
                ScalarType::Boolean
            )),
        ]
        .boxed(),
        ScalarType::String => prop_oneof![
            operands(ScalarType::String).prop_map(|(a, b)| call(
                Function::Concatenate,
                vec![a, b],
                ScalarType::String
            )),
            of(ScalarType::String).prop_map(|a| call(Function::Upper, vec![a], ScalarType::String)),
            (operands(ScalarType::String), of(ScalarType::String)).prop_map(|((a, b), c)| call(
                Function::Replace,
                vec![a, b, c],
                ScalarType::String
            )),
            of(ScalarType::Integer).prop_map(|a| Expression {
                kind: ExpressionKind::Cast { operand: Box::new(a), mask: None },
                scalar_type: ScalarType::String,
                span: Span::default(),
            }),
        ]
        .boxed(),
        ScalarType::Integer => prop_oneof![
            (
                operands(ScalarType::Integer),
                proptest::sample::select(vec![
                    Function::Add,
                    Function::Subtract,
                    Function::Multiply,
                    Function::Mod
                ])
            )
                .prop_map(|((a, b), function)| call(function, vec![a, b], ScalarType::Integer)),
            of(ScalarType::String).prop_map(|a| call(Function::Length, vec![a], ScalarType::Integer)),
            of(ScalarType::Integer).prop_map(|a| call(Function::Minus, vec![a], ScalarType::Integer)),
            (of(ScalarType::Number), proptest::sample::select(vec![Function::Ceil, Function::Floor]))
                .prop_map(|(a, function)| call(function, vec![a], ScalarType::Integer)),
        ]
        .boxed(),
        _ => prop_oneof![
            (
                operands(ScalarType::Number),
                proptest::sample::select(vec![
                    Function::Add,
                    Function::Subtract,
                    Function::Multiply,
                    Function::Divide
                ])
            )
                .prop_map(|((a, b), function)| call(function, vec![a, b], ScalarType::Number)),
            of(ScalarType::Number).prop_map(|a| call(Function::Abs, vec![a], ScalarType::Number)),
            of(ScalarType::Integer).prop_map(|a| Expression {
                kind: ExpressionKind::Promote(Box::new(a)),
                scalar_type: ScalarType::Number,
                span: Span::default(),
            }),
            (
                of(ScalarType::Number),
                -2i64..4,
                proptest::sample::select(vec![Function::Round, Function::Trunc])
            )
                .prop_map(|(a, digits, function)| {
                    let digits = constant(Scalar::Integer(digits), ScalarType::Integer);
                    call(function, vec![a, digits], ScalarType::Number)
                }),
        ]
        .boxed(),
    };
    let branches = (operands(scalar_type), operands(scalar_type), operands(ScalarType::Boolean));
    let branches = branches.prop_map(move |((a, b), (c, _), (first, second))| Expression {
        kind: ExpressionKind::Case { branches: vec![(first, a), (second, b)], otherwise: Box::new(c) },
        scalar_type,
        span: Span::default(),
    });
    let conditional =
        (operands(scalar_type), of(ScalarType::Boolean)).prop_map(move |((a, b), condition)| Expression {
            kind: ExpressionKind::If(Box::new([condition, a, b])),
            scalar_type,
            span: Span::default(),
        });
    let default = operands(scalar_type).prop_map(move |(a, b)| call(Function::Nvl, vec![a, b], scalar_type));
    prop_oneof![2 => leaf, 6 => node, 1 => branches, 1 => conditional, 1 => default].boxed()
}

fn rows() -> impl Strategy<Value = Vec<Vec<Scalar>>> {
    let row: Vec<BoxedStrategy<Scalar>> = COLUMNS.iter().map(|own| value_of(*own)).collect();
    proptest::collection::vec(row, 0..40)
}

fn columns_of(rows: &[Vec<Scalar>]) -> Vec<Column> {
    let column =
        |(place, own): (usize, &ScalarType)| Column::of_scalars(rows.iter().map(|row| &row[place]), *own);
    COLUMNS.iter().enumerate().map(column).collect()
}

/// Equal, but for the last digits of numbers that were computed as floats.
fn alike(a: &Scalar, b: &Scalar) -> bool {
    match (number::number_of(a).map(number::float_of), number::number_of(b).map(number::float_of)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_column_is_computed_as_its_rows_are(
        expression in proptest::sample::select(&COLUMNS[..]).prop_flat_map(|own| expression_of(own, 3)),
        rows in rows(),
    ) {
        let expected: Result<Vec<Scalar>, String> = rows.iter().map(|row| oracle(&expression, row)).collect();
        let result = in_context(|context| evaluate(&expression, &columns_of(&rows), rows.len(), context));
        match (expected, result) {
            (Ok(expected), Ok(column)) => {
                prop_assert_eq!(column.len(), rows.len());
                for (row, expected) in expected.iter().enumerate() {
                    let value = column.value(row, expression.scalar_type);
                    prop_assert!(alike(&value, expected), "row {}: {:?}, not {:?}", row, value, expected);
                }
            }
            (Err(_), Err(RunError::Value { .. })) => {}
            // What depends on no column is computed even if there is no row.
            (Ok(_), Err(_)) if rows.is_empty() => {}
            (expected, result) => prop_assert!(false, "{:?}, not {:?}", result, expected),
        }
    }

    #[test]
    fn logic_of_words_is_logic_of_bits(bits in proptest::collection::vec((0u8..3, 0u8..3), 0..150)) {
        let truth = |code: u8| [Some(false), Some(true), None][usize::from(code)];
        let column_of = |codes: Vec<u8>| {
            let yes: Bitmap = codes.iter().map(|code| *code == 1).collect();
            Column::booleans(yes, Validity::of(codes.iter().map(|code| *code < 2).collect()))
        };
        let a = column_of(bits.iter().map(|pair| pair.0).collect());
        let b = column_of(bits.iter().map(|pair| pair.1).collect());
        for function in [Function::And, Function::Or, Function::Xor] {
            let arguments = (0..2).map(|place| Expression {
                kind: ExpressionKind::Column(place), scalar_type: ScalarType::Boolean, span: Span::default(),
            });
            let expression = call(function, arguments.collect(), ScalarType::Boolean);
            let result = in_context(|context| evaluate(&expression, &[a.clone(), b.clone()], bits.len(), context));
            let result = result.map_err(|error| TestCaseError::fail(error.to_string()))?;
            for (row, (x, y)) in bits.iter().enumerate() {
                let expected = logic::of_scalars(function, truth(*x), truth(*y));
                prop_assert_eq!(
                    result.value(row, ScalarType::Boolean),
                    expected.map_or(Scalar::Null, Scalar::Boolean)
                );
            }
        }
    }

    #[test]
    fn exact_numbers_keep_the_laws_of_arithmetic(
        (a, b, c) in (any::<i32>(), any::<i32>(), any::<i32>()), (p, q, r) in (0u8..6, 0u8..6, 0u8..6),
    ) {
        let exact = |unscaled: i32, scale| Number::Exact { unscaled: i128::from(unscaled), scale };
        let (a, b, c) = (exact(a, p), exact(b, q), exact(c, r));
        prop_assert!(number::order(number::subtract(number::add(a, b), b), a).is_eq());
        let product = number::multiply(a, number::add(b, c));
        let sum = number::add(number::multiply(a, b), number::multiply(a, c));
        let is_exact = |number| matches!(number, Number::Exact { .. });
        prop_assert!(is_exact(product) && is_exact(sum));
        prop_assert!(number::order(product, sum).is_eq());
        let rounded = number::cut(a, 2, number::Cut::Round);
        let error = number::float_of(number::subtract(a, rounded)).abs();
        prop_assert!(error <= 0.005, "{:?} became {:?}", a, rounded);
    }
}
