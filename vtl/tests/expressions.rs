//! Expressions are computed on columns in several ways, once for each text or constant where that is enough. Whatever
//! the way: a row has the value that it has alone, and that its values have when they are written as constants.

use std::sync::Arc;

use mighub_vtl::csv::{ReadOptions, read};
use mighub_vtl::{
    Component, Dataset, Environment, Inputs, Number, Role, RunOptions, Scalar, ScalarType, Structure,
    analyze, parse, run,
};
use proptest::prelude::*;

/// Components with their types; the first is the identifier.
const COMPONENTS: [(&str, ScalarType); 11] = [
    ("ID", ScalarType::Integer),
    ("I", ScalarType::Integer),
    ("J", ScalarType::Integer),
    ("N", ScalarType::Number),
    ("M", ScalarType::Number),
    ("S", ScalarType::String),
    ("T", ScalarType::String),
    ("B", ScalarType::Boolean),
    ("C", ScalarType::Boolean),
    ("D", ScalarType::Date),
    ("P", ScalarType::TimePeriod),
];

/// Levels of functions within each other.
const DEPTH_MAX: u32 = 5;

/// What an expression of each type can be; a letter in angle brackets stands for an expression of the type that has
/// the letter as the name of a component.
const FORMS: [(ScalarType, &[&str]); 6] = [
    (
        ScalarType::Integer,
        &[
            "I",
            "J",
            "7",
            "(<I> + <I>)",
            "(<I> - <I>)",
            "(<I> * <I>)",
            "(- <I>)",
            "mod(<I>, <I>)",
            "round(<N>)",
            "ceil(<N>)",
            "length(<S>)",
            "instr(<S>, \"a\")",
            "instr(<S>, <S>, 1, <I>)",
            "getyear(<D>)",
            "datediff(<D>, <P>)",
            "cast(<B>, integer)",
            "nvl(<I>, <I>)",
            "(if <B> then <I> else <I>)",
            "(case when <B> then <I> when <B> then <I> else <I>)",
        ],
    ),
    (
        ScalarType::Number,
        &[
            "N",
            "M",
            "0.5",
            "(<N> + <N>)",
            "(<N> - <I>)",
            "(<N> * <N>)",
            "(<N> / <N>)",
            "(<I> / <I>)",
            "round(<N>, 1)",
            "trunc(<N>, <I>)",
            "abs(<N>)",
            "sqrt(<N>)",
            "power(<N>, 2)",
            "nvl(<N>, <N>)",
            "(if <B> then <N> else <N>)",
            "(case when <B> then <N> when <B> then <N> else <N>)",
        ],
    ),
    (
        ScalarType::String,
        &[
            "S",
            "T",
            "\"abc\"",
            "(<S> || <S>)",
            "(<S> || <B>)",
            "upper(<S>)",
            "trim(<S>)",
            "substr(<S>, 2, 3)",
            "substr(<S>, 1, <I>)",
            "replace(<S>, \"a\", <S>)",
            "cast(<I>, string)",
            "cast(<P>, string)",
            "nvl(<S>, <S>)",
            "(if <B> then <S> else <S>)",
            "(case when <B> then <S> when <B> then <S> else <S>)",
        ],
    ),
    (
        ScalarType::Boolean,
        &[
            "B",
            "C",
            "true",
            "(<B> and <B>)",
            "(<B> or <B>)",
            "(<B> xor <B>)",
            "(not <B>)",
            "(<I> = <N>)",
            "(<N> < <I>)",
            "(<I> >= 2)",
            "(<S> = \"ab\")",
            "(<S> <> <S>)",
            "(<S> <= <S>)",
            "(<S> in {\"a\", \"b\", \"ab\"})",
            "(<I> not_in {1, 2, 7})",
            "(<D> > <D>)",
            "(<D> = <P>)",
            "(<P> = <P>)",
            "between(<N>, <I>, 2.5)",
            "match_characters(<S>, \"a.*\")",
            "isnull(<N>)",
            "isnull(<S>)",
            "nvl(<B>, <B>)",
            "(if <B> then <B> else <B>)",
        ],
    ),
    (
        ScalarType::Date,
        &[
            "D",
            "dateadd(<D>, <I>, \"M\")",
            "dateadd(<P>, 1, \"W\")",
            "time_agg(\"Q\", <D>, first)",
            "nvl(<D>, <D>)",
            "(if <B> then <D> else <D>)",
        ],
    ),
    (ScalarType::TimePeriod, &["P", "time_agg(\"A\", <P>)", "nvl(<P>, <P>)", "(if <B> then <P> else <P>)"]),
];

/// Writes an expression of a type as bytes decide; when they are used up, a component.
fn write(out: &mut String, bytes: &mut std::slice::Iter<'_, u8>, wanted: ScalarType, depth: u32) {
    let forms = FORMS.iter().find(|(own, _)| *own == wanted).map_or(&[][..], |(_, forms)| forms);
    let choice =
        bytes.next().filter(|_| depth < DEPTH_MAX).map_or(0, |byte| usize::from(*byte) % forms.len());
    let mut pieces = forms[choice].split('<');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        // Other signs than letters between brackets are comparisons.
        let part = piece.split_once('>').filter(|(letter, _)| letter.len() == 1);
        let known = part.and_then(|(letter, rest)| Some((type_named(letter)?, rest)));
        match known {
            Some((own, rest)) => {
                write(out, bytes, own, depth + 1);
                out.push_str(rest);
            }
            None => {
                out.push('<');
                out.push_str(piece);
            }
        }
    }
}

fn type_named(name: &str) -> Option<ScalarType> {
    COMPONENTS.iter().find(|(known, _)| *known == name).map(|(_, own)| *own)
}

/// Fields of a row behind the identifier; empty for null.
fn row() -> impl Strategy<Value = Vec<String>> {
    let field = |texts: &'static [&'static str]| prop_oneof![1 => Just(String::new()), 5 => proptest::sample::select(texts).prop_map(str::to_owned)];
    let integer = || field(&["0", "1", "2", "-3", "7", "100", "9223372036854775807"]);
    let number = || field(&["0.0", "1.0", "-1.5", "2.5", "0.125", "1000000.25"]);
    let text = || field(&["a", "b", "ab", "Abc", " a ", "é", "zz"]);
    let truth = || field(&["true", "false"]);
    let day = field(&["2020-01-31", "2020-02-29", "2019-12-31", "1969-07-20"]);
    let period = field(&["2020-A1", "2020-Q1", "2020-M02", "2020-W53", "2019-D365"]);
    (integer(), integer(), number(), number(), text(), text(), truth(), truth(), day, period)
        .prop_map(|(i, j, n, m, s, t, b, c, d, p)| vec![i, j, n, m, s, t, b, c, d, p])
}

fn structure() -> Arc<Structure> {
    let component = |(place, (name, own)): (usize, &(&str, ScalarType))| {
        Component::new(*name, if place == 0 { Role::Identifier } else { Role::Measure }, *own)
    };
    let components = COMPONENTS.iter().enumerate().map(component).collect();
    Arc::new(Structure::new(components).expect("names differ"))
}

fn dataset(rows: &[Vec<String>]) -> Dataset {
    let mut text = COMPONENTS.map(|(name, _)| name).join(",");
    for (place, row) in rows.iter().enumerate() {
        let quoted: Vec<String> = row
            .iter()
            .map(|field| if field.is_empty() { String::new() } else { format!("\"{field}\"") })
            .collect();
        text.push_str(&format!("\n{place},{}", quoted.join(",")));
    }
    read(text.as_bytes(), &structure(), &ReadOptions::default()).expect("the file is sound")
}

/// Values of an expression on rows, in their order; nothing if a constant is refused before anything is computed.
fn on_rows(expression: &str, rows: &[Vec<String>]) -> Option<Result<Vec<Scalar>, String>> {
    let script = parse(&format!("R <- DS[calc X := {expression}];")).expect("forms are of the grammar");
    let mut environment = Environment::default();
    environment.datasets.insert("DS".into(), structure());
    let plan = analyze(&script, &environment).ok()?;
    let mut inputs = Inputs::default();
    inputs.datasets.insert("DS".into(), dataset(rows));
    let values = run(&plan, inputs, &RunOptions::default()).map(|results| {
        let result = results.datasets["R"].sorted();
        let place = result.structure().position("X").expect("it is computed");
        (0..result.rows()).map(|row| result.value(row, place)).collect()
    });
    Some(values.map_err(|error| error.to_string()))
}

/// The value of an expression with the fields of a row in the places of the components; nothing if a constant is refused
/// before anything is computed.
fn as_constants(expression: &str, row: &[String]) -> Option<Result<Scalar, String>> {
    let constant = |name: &str| {
        let place = COMPONENTS.iter().position(|(known, _)| *known == name)?;
        let (field, own) = (row.get(place.checked_sub(1)?)?, COMPONENTS[place].1);
        Some(match own {
            _ if field.is_empty() => format!("cast(null, {own})"),
            ScalarType::String => format!("\"{field}\""),
            ScalarType::Date | ScalarType::TimePeriod => format!("cast(\"{field}\", {own})"),
            _ => format!("({field})"),
        })
    };
    let mut written = String::new();
    // Names of components are capitals; constants of texts and frequencies stand in quotes.
    for (place, piece) in expression.split('"').enumerate() {
        if place % 2 == 1 {
            written.push_str(&format!("\"{piece}\""));
            continue;
        }
        for character in piece.chars() {
            let component = constant(&character.to_string());
            written.push_str(&component.unwrap_or_else(|| character.to_string()));
        }
    }
    let script = parse(&format!("X <- {written};")).expect("it is written as the other");
    let plan = analyze(&script, &Environment::default()).ok()?;
    let results = run(&plan, Inputs::default(), &RunOptions::default());
    Some(results.map(|results| results.scalars["X"].clone()).map_err(|error| error.to_string()))
}

/// Numbers may lose their last digits where a column holds binary fractions.
fn is_same(a: &Scalar, b: &Scalar) -> bool {
    let float = |value: &Scalar| match value {
        Scalar::Number(Number::Float(value)) => Some(*value),
        Scalar::Number(number @ Number::Exact { .. }) => number.to_string().parse().ok(),
        _ => None,
    };
    match (float(a), float(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_row_has_the_value_that_it_has_alone_and_as_constants(
        bytes in proptest::collection::vec(any::<u8>(), 1..60),
        wanted in 0..FORMS.len(),
        rows in proptest::collection::vec(row(), 1..8),
    ) {
        let mut expression = String::new();
        write(&mut expression, &mut bytes.iter(), FORMS[wanted].0, 0);
        let Some(together) = on_rows(&expression, &rows) else { return Ok(()) };
        let alone: Vec<Result<Scalar, String>> = rows
            .iter()
            .filter_map(|row| on_rows(&expression, std::slice::from_ref(row)))
            .map(|values| values.map(|mut values| values.remove(0)))
            .collect();
        match &together {
            Ok(values) => {
                for (value, alone) in values.iter().zip(&alone) {
                    prop_assert!(alone.as_ref().is_ok_and(|alone| is_same(value, alone)), "{expression}: {value:?}, alone {alone:?}");
                }
            }
            Err(error) => prop_assert!(alone.iter().any(Result::is_err), "{expression}: {error}, though no row alone fails"),
        }
        for (row, alone) in rows.iter().zip(&alone) {
            let Some(constant) = as_constants(&expression, row) else { continue };
            match (alone, &constant) {
                (Ok(alone), Ok(constant)) => prop_assert!(is_same(alone, constant), "{expression} on {row:?}: {alone:?}, as constants {constant:?}"),
                (Err(_), Err(_)) => {}
                _ => prop_assert!(false, "{expression} on {row:?}: {alone:?}, as constants {constant:?}"),
            }
        }
    }
}
