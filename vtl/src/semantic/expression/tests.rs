//! Typing of expressions, through the analysis of a script on a data set that has a component of every type.

use std::sync::Arc;

use crate::value::{Component, Role, ScalarType, Structure};
use crate::{Environment, analyze, parse};

/// Every type with the name of a component of it.
const TYPES: [(&str, ScalarType); 9] = [
    ("I", ScalarType::Integer),
    ("N", ScalarType::Number),
    ("S", ScalarType::String),
    ("B", ScalarType::Boolean),
    ("D", ScalarType::Date),
    ("P", ScalarType::TimePeriod),
    ("T", ScalarType::Time),
    ("F", ScalarType::Duration),
    ("null", ScalarType::Null),
];

fn environment() -> Environment {
    let mut components = vec![Component::new("ID", Role::Identifier, ScalarType::String)];
    components.extend(TYPES[..8].iter().map(|(name, own)| Component::new(*name, Role::Measure, *own)));
    let mut environment = Environment::default();
    let structure = Structure::new(components).expect("names differ");
    environment.datasets.insert("DS".into(), Arc::new(structure));
    environment.scalars.insert("letter".into(), ScalarType::String);
    environment
}

/// The type of an expression on components, or the mistakes in it.
fn type_of(expression: &str) -> Result<ScalarType, String> {
    let script = format!("R := DS[calc X := {expression}];");
    let script = parse(&script).map_err(|mistakes| format!("{mistakes:?}"))?;
    let plan = analyze(&script, &environment()).map_err(|mistakes| {
        let told = mistakes.iter().map(|mistake| match &mistake.help {
            Some(help) => format!("{} {}; {help}", mistake.code, mistake.message),
            None => format!("{} {}", mistake.code, mistake.message),
        });
        told.collect::<Vec<_>>().join(" | ")
    })?;
    let crate::plan::Value::Dataset(relation) = &plan.statements[0].value else {
        return Err("no data set".to_owned());
    };
    relation.structure.component("X").map(|component| component.scalar_type).ok_or_else(|| "no X".to_owned())
}

#[test]
fn every_function_gives_its_type() {
    use ScalarType::{Boolean, Date, Duration, Integer, Number, String, Time, TimePeriod};
    for (expressions, expected) in [
        (
            &[
                "I + I",
                "-I",
                "abs(I)",
                "mod(I, I)",
                "ceil(N)",
                "round(N)",
                "trunc(N, _)",
                "length(S)",
                "instr(S, S, _, 2)",
                "I + null",
                "getyear(D)",
                "dayofyear(P)",
                "yeartoday(S)",
                "datediff(D, P)",
                "cast(N, integer)",
                "if B then I else null",
                "nvl(I, 0)",
            ][..],
            Integer,
        ),
        (
            &[
                "I + N",
                "I / I",
                "round(N, 1)",
                "round(N, 1.0)",
                "round(N, null)",
                "power(I, 2)",
                "sqrt(I)",
                "log(I, 10)",
                "string_distance(hamming, S, S)",
                "case when B then I when B then N else null",
                "random(N, 1)",
                "mod(I, 1.5)",
                "+null",
            ],
            Number,
        ),
        (
            &[
                "S || B",
                "upper(S)",
                "substr(B, 1, null)",
                "replace(S, S)",
                "daytomonth(I)",
                "cast(F, string)",
            ],
            String,
        ),
        (
            &[
                "I = N",
                "D = P",
                "S = B",
                "null = I",
                "between(I, 1.5, N)",
                "isnull(F)",
                "not B",
                "B xor null",
                "match_characters(S, \"a+\")",
                "N in {1, 2}",
                "I not_in {1.5}",
                "P in {cast(\"2020\", time_period)}",
                "cast(I, boolean)",
            ],
            Boolean,
        ),
        (
            &[
                "dateadd(P, 1, \"M\")",
                "time_agg(\"A\", _, D, last)",
                "cast(S, date, \"YYYY-MM-DD\")",
                "current_date()",
            ],
            Date,
        ),
        (&["time_agg(\"A\", P)", "time_agg(letter, _, P)", "cast(T, time_period)", "nvl(P, P)"], TimePeriod),
        (&["if B then D else P", "cast(S, time)", "nvl(T, D)"], Time),
        (&["period_indicator(P)", "cast(\"A\", duration)"], Duration),
    ] {
        for expression in expressions {
            assert_eq!(type_of(expression), Ok(expected), "{expression}");
        }
    }
}

#[test]
fn operators_that_mix_values_take_the_same_pairs_of_types() {
    for (a, type_of_a) in TYPES {
        for (b, type_of_b) in TYPES {
            let fits = type_of_a.common(type_of_b).is_some();
            for expression in [
                format!("{a} = {b}"),
                format!("{a} < {b}"),
                format!("between({a}, {b}, null)"),
                format!("nvl({a}, {b})"),
                format!("if B then {a} else {b}"),
                format!("case when B then {a} when B then {b} else null"),
            ] {
                assert_eq!(type_of(&expression).is_ok(), fits, "{expression}: {:?}", type_of(&expression));
            }
            let adds = [type_of_a, type_of_b]
                .iter()
                .all(|own| matches!(own, ScalarType::Integer | ScalarType::Number | ScalarType::Null));
            for operator in ["+", "-", "*", "/"] {
                let expression = format!("{a} {operator} {b}");
                assert_eq!(type_of(&expression).is_ok(), adds, "{expression}");
            }
        }
    }
}

#[test]
fn a_mistake_says_what_to_do() {
    let mistakes: Vec<String> = [
        "S + 1",
        "period_indicator(P) = \"A\"",
        "if I then 1 else 2",
        "if B then 1 else S",
        "N in {7.5, 1}",
        "I in {\"a\"}",
        "round(N, 0.5)",
        "substr(S, 0)",
        "match_characters(S, \"[\")",
        "dateadd(D, 1, \"Y\")",
        "time_agg(\"D\", P)",
        "time_agg(\"X\", P)",
        "time_agg(S, _, P)",
        "time_agg(\"M\", \"A\", P)",
        "cast(D, integer)",
        "cast(I, number, \"99\")",
        "getmonth(T)",
        "union(S, S)",
        "i + 1",
        "S in {cast(\"x\", date)}",
    ]
    .iter()
    .map(|expression| {
        format!("{expression} => {}", type_of(expression).err().unwrap_or_else(|| "none".to_owned()))
    })
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"));
}

#[test]
fn the_deepest_expression_fits_a_small_stack() {
    for (open, close) in [
        ("abs(", ")"),
        ("(- ", ")"),
        ("(1 + ", ")"),
        ("(if B then ", " else 0)"),
        ("(case when B then ", " else 0)"),
        ("cast(", ", number)"),
        ("nvl(N, ", ")"),
    ] {
        let nested = |depth: usize| format!("{}N{}", open.repeat(depth), close.repeat(depth));
        let is_allowed = |depth: &usize| parse(&format!("R := DS[calc X := {}];", nested(*depth))).is_ok();
        let depth = (1..=crate::EXPRESSION_DEPTH_MAX).rev().find(is_allowed).expect("one level is allowed");
        let expression = nested(depth);
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || type_of(&expression));
        let given = thread.expect("a thread").join().expect("the stack is large enough");
        assert_eq!(given, Ok(ScalarType::Number), "{open} {depth} times");
    }
}
