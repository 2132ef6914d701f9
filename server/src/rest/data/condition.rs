//! Conditions on the values of one component: `c[COMPONENT]=ge:2020+le:2022,eq:1990`.
//!
//! A comma is OR, a plus is AND and binds more closely, an operator belongs to its own value alone (SDMX REST 2.2,
//! data queries). Codes and texts compare by their bytes, numbers by value, periods by their extent: `gt` and `lt`
//! mean wholly after and wholly before, so that `ge:2020+le:2022` takes every month of 2022.
//!
//! What lives here: reading and judging of conditions. What must not: columns.

use mighub_sdmx::columns::AttributeValue;
use mighub_sdmx::{Decimal, Period};

use super::fault::Fault;
use super::values::Values;

/// Values in one condition.
const TESTS_MAX: usize = 10_000;
/// Tests of a condition that are made one by one, for every value: all but those for one of a list, and for none of
/// a list, which are looked up.
const OTHER_TESTS_MAX: usize = 64;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    ContainsNot,
    StartsWith,
    EndsWith,
}

const OPERATORS: [(&str, Operator); 10] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("co", Operator::Contains),
    ("nc", Operator::ContainsNot),
    ("sw", Operator::StartsWith),
    ("ew", Operator::EndsWith),
];

/// What the values of a component are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Codes and texts.
    Text,
    Number,
    Period,
}

/// An operator with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    pub(crate) operator: Operator,
    pub(crate) operand: Operand,
}

/// What is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    Number(Decimal),
    Period(Period),
}

/// What is asked of a component: to be one of some values, or to pass one of several lists of tests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    one_of: Values,
    alternatives: Vec<Alternative>,
}

/// Tests that must all be passed.
#[derive(Clone, Debug, PartialEq)]
struct Alternative {
    none_of: Values,
    tests: Vec<Test>,
}

impl Condition {
    /// Reads a condition on a component, which stands at `place`.
    pub(crate) fn read(place: &str, text: &str, kind: Kind) -> Result<Self, Fault> {
        if text.bytes().filter(|byte| matches!(byte, b',' | b'+')).count() >= TESTS_MAX {
            return Err(Fault::too_much(place, format!("has more than {TESTS_MAX} values: ask in parts")));
        }
        let (mut one_of, mut alternatives) = (Vec::new(), Vec::new());
        for part in text.split(',') {
            let tests = part.split('+').map(|test| Test::read(place, test, kind));
            let mut tests = tests.collect::<Result<Vec<_>, _>>()?;
            if let [Test { operator: Operator::Equal, operand }] = &tests[..] {
                one_of.push(operand.clone());
                continue;
            }
            let none_of = tests.extract_if(.., |test| test.operator == Operator::NotEqual);
            let none_of = Values::of(none_of.map(|test| test.operand).collect());
            alternatives.push(Alternative { none_of, tests });
        }
        let others = alternatives.iter().map(|alternative| alternative.tests.len().max(1)).sum::<usize>();
        if others > OTHER_TESTS_MAX {
            let rule = format!(
                "has {others} tests that are made one by one, and {OTHER_TESTS_MAX} are at most: write a list of \
                 values, as in A,B,C, or of what they are not, as in ne:A+ne:B+ne:C, or ask in parts"
            );
            return Err(Fault::too_much(place, rule));
        }
        Ok(Self { one_of: Values::of(one_of), alternatives })
    }

    /// Codes that it asks for, if it asks for nothing but certain codes.
    pub(crate) fn codes(&self) -> Option<impl Iterator<Item = &str>> {
        self.one_of.as_texts().filter(|_| self.alternatives.is_empty())
    }

    /// First and last period that it asks for, if it asks for one range and nothing else.
    pub(crate) fn range(&self) -> Option<(Option<Period>, Option<Period>)> {
        let [Alternative { none_of, tests }] = &self.alternatives[..] else { return None };
        if !none_of.is_empty() || !self.one_of.is_empty() {
            return None;
        }
        let (mut first, mut last) = (None, None);
        for test in tests {
            match (test.operator, &test.operand) {
                (Operator::GreaterOrEqual, Operand::Period(period)) if first.is_none() => {
                    first = Some(*period)
                }
                (Operator::LessOrEqual, Operand::Period(period)) if last.is_none() => last = Some(*period),
                _ => return None,
            }
        }
        Some((first, last))
    }

    /// Whether one of the alternatives holds: `is_one` tells whether the value is among some, `passes` whether it
    /// passes a test.
    fn holds(&self, is_one: impl Fn(&Values) -> bool, passes: impl Fn(&Test) -> bool) -> bool {
        is_one(&self.one_of)
            || self
                .alternatives
                .iter()
                .any(|alternative| alternative.tests.iter().all(&passes) && !is_one(&alternative.none_of))
    }

    /// Whether it holds for a code or text.
    pub(crate) fn holds_for_text(&self, text: &str) -> bool {
        self.holds(|values| values.have_text(text), |test| test.holds_for_text(text))
    }

    /// Whether it holds for a number.
    pub(crate) fn holds_for_number(&self, number: Decimal) -> bool {
        self.holds(|values| values.have_number(number), |test| test.holds_for_number(number))
    }

    /// Whether it holds for a period.
    pub(crate) fn holds_for_period(&self, period: Period) -> bool {
        self.holds(|values| values.have_period(period), |test| test.holds_for_period(period))
    }

    /// Whether it holds where there is no value: that is not equal to anything, and contains nothing.
    pub(crate) fn holds_for_nothing(&self) -> bool {
        self.holds(|_| false, |test| test.operator.denies())
    }

    /// Whether it holds for what stands in a cell. Of several values one must pass each test, and none must
    /// break a test that denies.
    pub(crate) fn holds_for(&self, value: &AttributeValue) -> bool {
        match value {
            AttributeValue::Text(text) => self.holds_for_text(text),
            AttributeValue::Many(values) => {
                let texts = || values.iter().flatten().map(|part| &*part.text);
                self.holds(
                    |known| texts().any(|text| known.have_text(text)),
                    |test| {
                        if test.operator.denies() {
                            texts().all(|text| test.holds_for_text(text))
                        } else {
                            texts().any(|text| test.holds_for_text(text))
                        }
                    },
                )
            }
        }
    }
}

impl Operator {
    /// Whether it says what a value is not.
    fn denies(self) -> bool {
        matches!(self, Self::NotEqual | Self::ContainsNot)
    }

    fn holds_for_texts(self, text: &str, operand: &str) -> bool {
        match self {
            Self::Equal => text == operand,
            Self::NotEqual => text != operand,
            Self::Less => text < operand,
            Self::LessOrEqual => text <= operand,
            Self::Greater => text > operand,
            Self::GreaterOrEqual => text >= operand,
            Self::Contains => text.contains(operand),
            Self::ContainsNot => !text.contains(operand),
            Self::StartsWith => text.starts_with(operand),
            Self::EndsWith => text.ends_with(operand),
        }
    }
}

impl Test {
    fn read(place: &str, text: &str, kind: Kind) -> Result<Self, Fault> {
        let named = text.split_once(':').and_then(|(name, value)| {
            let (_, operator) = OPERATORS.iter().find(|(known, _)| *known == name)?;
            Some((*operator, value))
        });
        let (operator, value) = named.unwrap_or((Operator::Equal, text));
        if value.is_empty() {
            let rule = "has a value of no characters: write one, as in A, ge:2020 or ne:A; a comma is OR, a plus AND";
            return Err(Fault::malformed(place, rule));
        }
        use Operator::{Contains, ContainsNot, EndsWith, StartsWith};
        let of_text = matches!(operator, Contains | ContainsNot | StartsWith | EndsWith);
        let operand = match kind {
            Kind::Number if !of_text => {
                Operand::Number(Decimal::parse(value.as_bytes()).map_err(|error| {
                    Fault::malformed(place, format!("is a number, and {value:?} is {error}"))
                })?)
            }
            Kind::Period if !of_text => {
                Operand::Period(Period::parse(value.as_bytes()).map_err(|error| {
                    Fault::malformed(place, format!("{value:?} is not a period: {error}"))
                })?)
            }
            _ => Operand::Text(value.to_owned()),
        };
        Ok(Self { operator, operand })
    }

    fn holds_for_text(&self, text: &str) -> bool {
        match &self.operand {
            Operand::Text(operand) => self.operator.holds_for_texts(text, operand),
            Operand::Number(_) => match Decimal::parse(text.as_bytes()) {
                Ok(number) => self.holds_for_number(number),
                Err(_) => self.operator.denies(),
            },
            Operand::Period(_) => match Period::parse(text.as_bytes()) {
                Ok(period) => self.holds_for_period(period),
                Err(_) => self.operator.denies(),
            },
        }
    }

    fn holds_for_number(&self, number: Decimal) -> bool {
        let Operand::Number(operand) = self.operand else { return self.holds_for_text(&number.to_string()) };
        let order = number.compare(operand);
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            _ => false,
        }
    }

    fn holds_for_period(&self, period: Period) -> bool {
        let Operand::Period(operand) = self.operand else { return self.holds_for_text(&period.to_string()) };
        let is_same = || period.start() == operand.start() && period.end() == operand.end();
        match self.operator {
            Operator::Equal => is_same(),
            Operator::NotEqual => !is_same(),
            Operator::Less => period.end() <= operand.start(),
            Operator::LessOrEqual => period.end() <= operand.end(),
            Operator::Greater => period.start() >= operand.end(),
            Operator::GreaterOrEqual => period.start() >= operand.start(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_is_or_a_plus_is_and_and_an_operator_has_its_own_value() {
        for (condition, holding) in [
            ("A", "A"),
            ("A,B", "AB"),
            ("ge:B", "BCDE"),
            ("ge:B+le:C", "BC"),
            ("A,B+C", "A"),
            ("ge:A+le:B,ge:D+le:E", "ABDE"),
            ("ne:A,B", "BCDE"),
            ("ne:A+B", "B"),
            ("ne:A,ne:B", "ABCDE"),
            ("ne:A+ne:B", "CDE"),
            ("gt:A+lt:D", "BC"),
        ] {
            let read = Condition::read("c[X]", condition, Kind::Text).expect(condition);
            let found: String =
                "ABCDE".chars().filter(|code| read.holds_for_text(&code.to_string())).collect();
            assert_eq!(found, holding, "{condition}");
        }
    }

    #[test]
    fn texts_are_searched_and_a_colon_without_operator_is_part_of_the_value() {
        for (condition, text, expected) in [
            ("co:gra", "Migration", true),
            ("nc:gra", "Migration", false),
            ("sw:Mig", "Migration", true),
            ("ew:ion", "Migration", true),
            ("sw:mig", "Migration", false),
            ("http://x", "http://x", true),
        ] {
            let read = Condition::read("c[X]", condition, Kind::Text).expect(condition);
            assert_eq!(read.holds_for_text(text), expected, "{condition} of {text}");
        }
    }

    #[test]
    fn periods_compare_by_extent_and_numbers_by_value() {
        let period = |condition, text: &str| {
            let read = Condition::read("c[T]", condition, Kind::Period).expect(condition);
            read.holds_for_period(Period::parse(text.as_bytes()).expect(text))
        };
        assert!(period("ge:2020+le:2022", "2022-12"));
        assert!(!period("ge:2020+le:2022", "2023-01"));
        assert!(period("gt:2020", "2021-01") && !period("gt:2020", "2020-12"));
        assert!(period("lt:2020", "2019-12") && !period("lt:2020", "2020-01"));
        assert!(period("2020", "2020-A1") && !period("2020", "2020-01"));
        assert!(period("sw:2020-Q", "2020-Q3"));
        let number = |condition, text: &str| {
            let read = Condition::read("c[V]", condition, Kind::Number).expect(condition);
            read.holds_for_number(Decimal::parse(text.as_bytes()).expect(text))
        };
        assert!(number("2", "2.00") && number("ge:10", "10.0") && !number("lt:-1", "-1"));
        assert!(Condition::read("c[V]", "ge:ten", Kind::Number).is_err());
        assert!(Condition::read("c[V]", "ge:,1", Kind::Number).is_err());
    }

    #[test]
    fn lists_are_looked_up_and_other_tests_are_few() {
        let list = |first: &str, divider: &str| {
            (0..9_999).map(|value| format!("{first}{value}")).collect::<Vec<_>>().join(divider)
        };
        for kind in [Kind::Text, Kind::Number, Kind::Period] {
            for (first, divider) in [("", ","), ("ne:", "+")] {
                let condition = Condition::read("c[X]", &list(first, divider), kind);
                if kind == Kind::Period {
                    // Years have four digits.
                    assert!(condition.is_err());
                    continue;
                }
                let condition = condition.expect("a condition");
                assert!(condition.alternatives.iter().all(|alternative| alternative.tests.is_empty()));
                assert_eq!(condition.holds_for_text("9998"), first.is_empty());
                assert_eq!(condition.holds_for_text("9999"), !first.is_empty());
                assert_eq!(condition.holds_for_text("text"), !first.is_empty());
            }
        }
        for (first, divider) in [("co:", ","), ("ge:", ","), ("ne:", ","), ("nc:", "+")] {
            let fault = Condition::read("c[X]", &list(first, divider), Kind::Text).expect_err("too many");
            assert!(fault.text.contains("ne:A+ne:B") && fault.text.contains("ask in parts"), "{fault}");
        }
    }

    #[test]
    fn no_value_is_equal_to_nothing() {
        let holds =
            |condition| Condition::read("c[X]", condition, Kind::Text).expect(condition).holds_for_nothing();
        assert!(holds("ne:A") && holds("nc:A") && holds("A,ne:B"));
        assert!(!holds("A") && !holds("le:Z") && !holds("ne:A+B"));
    }
}
