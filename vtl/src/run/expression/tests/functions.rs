//! Tables of functions and casts: what goes in, what comes out.

use super::*;

#[test]
fn three_valued_logic_is_that_of_the_manual() {
    let (t, f, n) = (Some(true), Some(false), None);
    for (a, b, and, or, xor) in [
        (t, t, t, t, f),
        (t, f, f, t, t),
        (t, n, n, t, n),
        (f, t, f, t, t),
        (f, f, f, f, f),
        (f, n, f, n, n),
        (n, t, n, t, n),
        (n, f, f, n, n),
        (n, n, n, n, n),
    ] {
        let of = |function| logic::of_scalars(function, a, b);
        assert_eq!((of(Function::And), of(Function::Or), of(Function::Xor)), (and, or, xor), "{a:?} {b:?}");
    }
}

#[test]
fn functions_of_values() {
    use Function as F;
    let s = string;
    let i = Scalar::Integer;
    let day = |year, month, day| Scalar::Date(Date::day(calendar::days(year, month, day)));
    let period = |frequency, year, number| Scalar::TimePeriod(TimePeriod::new(frequency, year, number));
    let agg = |takes_last| F::TimeAgg { from: None, takes_last };
    let year = Scalar::Duration(Frequency::Year);
    for (function, given, expected) in [
        (F::Round, vec![decimal(75, 1), i(0)], "8"),
        (F::Round, vec![decimal(-75, 1), i(0)], "-8"),
        (F::Round, vec![decimal(12_345, 0), i(-2)], "12300"),
        (F::Round, vec![decimal(2_675, 3), i(2)], "2.68"),
        (F::Trunc, vec![decimal(-129, 2), i(1)], "-1.2"),
        (F::Ceil, vec![decimal(-129, 2)], "-1"),
        (F::Floor, vec![decimal(-129, 2)], "-2"),
        (F::Mod, vec![decimal(-7, 0), decimal(3, 0)], "-1"),
        (F::Mod, vec![decimal(5, 0), decimal(0, 0)], "5"),
        (F::Log, vec![decimal(1_000, 0), decimal(10, 0)], "3"),
        (F::Power, vec![decimal(2, 0), decimal(10, 0)], "1024"),
        (F::Substr, vec![s("Zürich"), i(2), i(2)], "ür"),
        (F::Substr, vec![s("abc"), i(9), i(2)], ""),
        (F::Instr, vec![s("hello world"), s("o"), i(1), i(2)], "8"),
        (F::Instr, vec![s("aaa"), s("aa"), i(1), i(2)], "2"),
        (F::Instr, vec![s("abc"), s("x"), i(1), i(1)], "0"),
        (F::Length, vec![s("Zürich")], "6"),
        (F::Trim, vec![s("  a b ")], "a b"),
        (F::Replace, vec![s("aXbX"), s("X"), s("")], "ab"),
        (F::DayToYear, vec![i(400)], "P1Y35D"),
        (F::MonthToDay, vec![s("P3M10D")], "100"),
        (F::DateDiff, vec![day(2021, 4, 20), day(2020, 12, 14)], "127"),
        (F::DateAdd, vec![day(2024, 1, 31), i(1), s("M")], "2024-02-29"),
        (F::Month, vec![period(Frequency::Quarter, 2022, 2)], "4"),
        (F::DayOfMonth, vec![period(Frequency::Quarter, 2022, 2)], "30"),
        (agg(None), vec![period(Frequency::Month, 2022, 5), year.clone()], "2022-A1"),
        (agg(Some(false)), vec![day(2022, 5, 6), year.clone()], "2022-01-01"),
        (agg(None), vec![day(2022, 5, 6), year], "2022-12-31"),
    ] {
        let to =
            if matches!(function, F::Ceil | F::Floor) { ScalarType::Integer } else { ScalarType::Number };
        let result = scalar::apply(function, &given, to).map(|value| value.to_string());
        assert_eq!(result.as_deref(), Ok(expected), "{function:?} of {given:?}");
    }
    for (function, given) in [
        (F::Sqrt, vec![decimal(-1, 0)]),
        (F::Ln, vec![decimal(0, 0)]),
        (F::Power, vec![decimal(-2, 0), decimal(5, 1)]),
        (F::Substr, vec![s("abc"), i(0), i(1)]),
        (F::DayToMonth, vec![i(-1)]),
        (F::DateAdd, vec![day(9999, 12, 31), i(1), s("D")]),
        (agg(None), vec![period(Frequency::Year, 2022, 1), Scalar::Duration(Frequency::Month)]),
    ] {
        assert!(scalar::apply(function, &given, ScalarType::Number).is_err(), "{function:?} of {given:?}");
    }
}

#[test]
fn casts_read_what_they_write_and_masks_what_they_describe() {
    for (value, to, mask, expected) in [
        (string(" 42 "), ScalarType::Integer, None, "42"),
        (string("3.140"), ScalarType::Number, None, "3.14"),
        (string("1e3"), ScalarType::Number, None, "1000"),
        (decimal(-379, 2), ScalarType::Integer, None, "-3"),
        (Scalar::Boolean(true), ScalarType::String, None, "True"),
        (string("True"), ScalarType::Boolean, None, "true"),
        (string("2020Q1"), ScalarType::TimePeriod, None, "2020-Q1"),
        (string("2020-01-01/2020-03-31"), ScalarType::Time, None, "2020-01-01/2020-03-31"),
        (string("31.12.2020"), ScalarType::Date, Some("DD.MM.YYYY"), "2020-12-31"),
        (string("20201231 235959"), ScalarType::Date, Some("YYYYMMDD hhmmss"), "2020-12-31T23:59:59"),
    ] {
        let result = cast_value(&value, to, mask);
        assert_eq!(result.as_ref().map(ToString::to_string).as_deref(), Ok(expected), "{value}");
    }
    let quarter = cast_value(&string("2020-01-01/2020-03-31"), ScalarType::Time, None);
    let quarter = quarter.and_then(|interval| cast_value(&interval, ScalarType::TimePeriod, None));
    assert_eq!(quarter, Ok(Scalar::TimePeriod(TimePeriod::new(Frequency::Quarter, 2020, 1))));
    let written = cast_value(
        &Scalar::Date(Date::day(calendar::days(2020, 2, 1))),
        ScalarType::String,
        Some("DD/MM/YYYY"),
    );
    assert_eq!(written, Ok(string("01/02/2020")));
    for (text, to, mask) in [
        ("x", ScalarType::Integer, None),
        ("1.5", ScalarType::Integer, None),
        ("infinity", ScalarType::Number, None),
        ("2020-02-30", ScalarType::Date, None),
        ("31.02.2020", ScalarType::Date, Some("DD.MM.YYYY")),
        ("12.2020", ScalarType::Date, Some("MM.YYYY")),
    ] {
        assert!(cast_value(&string(text), to, mask).is_err(), "{text} as {to}");
    }
}

#[test]
fn periods_of_different_frequency_have_no_order() {
    let given = [(Frequency::Year, 1), (Frequency::Month, 12)].map(|(frequency, number)| {
        constant(Scalar::TimePeriod(TimePeriod::new(frequency, 2020, number)), ScalarType::TimePeriod)
    });
    let compared = |comparison| {
        let expression = call(Function::Compare(comparison), given.to_vec(), ScalarType::Boolean);
        in_context(|context| expression_value(&expression, context))
    };
    assert_eq!(compared(Comparison::Equal), Ok(Scalar::Boolean(false)));
    assert!(compared(Comparison::Less).is_err_and(|error| error.to_string().contains("time_agg")));
}

#[test]
fn floats_are_equal_to_fifteen_digits_and_decimals_to_all() {
    let float = |value| Number::Float(value);
    assert!(number::order(float(0.1 + 0.2), float(0.3)).is_eq());
    assert!(number::order(float(1.0), float(1.000_000_000_1)).is_lt());
    let exact = |unscaled| Number::Exact { unscaled, scale: 16 };
    assert!(number::order(exact(10_000_000_000_000_000), exact(10_000_000_000_000_001)).is_lt());
}

#[test]
fn random_numbers_depend_on_seed_and_index_only() {
    let random = |seed, index| {
        scalar::apply(Function::Random, &[decimal(seed, 0), Scalar::Integer(index)], ScalarType::Number)
    };
    assert_eq!(random(7, 1), random(7, 1));
    assert_ne!(random(7, 1), random(7, 2));
    assert_ne!(random(7, 1), random(8, 1));
    let values = (0..1000).filter_map(|index| match random(1, index) {
        Ok(Scalar::Number(number)) => Some(number::float_of(number)),
        _ => None,
    });
    let mean = values.inspect(|value| assert!((0.0..1.0).contains(value))).sum::<f64>() / 1000.0;
    assert!((0.45..0.55).contains(&mean), "{mean}");
}
