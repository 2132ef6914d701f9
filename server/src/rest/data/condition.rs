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

/// Values in one condition.
const TESTS_MAX: usize = 10_000;

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

/// One of several lists of tests holds in all its tests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) any_of: Vec<Vec<Test>>,
}

impl Condition {
    /// Reads a condition on a component, which stands at `place`.
    pub(crate) fn read(place: &str, text: &str, kind: Kind) -> Result<Self, Fault> {
        if text.bytes().filter(|byte| matches!(byte, b',' | b'+')).count() >= TESTS_MAX {
            return Err(Fault::too_much(place, format!("has more than {TESTS_MAX} values: ask in parts")));
        }
        let all_of = |part: &str| part.split('+').map(|test| Test::read(place, test, kind)).collect();
        Ok(Self { any_of: text.split(',').map(all_of).collect::<Result<_, _>>()? })
    }

    /// Codes that it asks for, if it asks for nothing but certain codes.
    pub(crate) fn codes(&self) -> Option<Vec<&str>> {
        let mut codes = Vec::with_capacity(self.any_of.len());
        for tests in &self.any_of {
            match &tests[..] {
                [Test { operator: Operator::Equal, operand: Operand::Text(text) }] => codes.push(&**text),
                _ => return None,
            }
        }
        Some(codes)
    }

    /// First and last period that it asks for, if it asks for one range and nothing else.
    pub(crate) fn range(&self) -> Option<(Option<Period>, Option<Period>)> {
        let [tests] = &self.any_of[..] else { return None };
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

    fn holds(&self, test: impl Fn(&Test) -> bool) -> bool {
        self.any_of.iter().any(|tests| tests.iter().all(&test))
    }

    /// Whether it holds for a code or text.
    pub(crate) fn holds_for_text(&self, text: &str) -> bool {
        self.holds(|test| test.holds_for_text(text))
    }

    /// Whether it holds for a number.
    pub(crate) fn holds_for_number(&self, number: Decimal) -> bool {
        self.holds(|test| test.holds_for_number(number))
    }

    /// Whether it holds for a period.
    pub(crate) fn holds_for_period(&self, period: Period) -> bool {
        self.holds(|test| test.holds_for_period(period))
    }

    /// Whether it holds where there is no value: that is not equal to anything, and contains nothing.
    pub(crate) fn holds_for_nothing(&self) -> bool {
        self.holds(|test| test.operator.denies())
    }

    /// Whether it holds for what stands in a cell. Of several values one must pass each test, and none must
    /// break a test that denies.
    pub(crate) fn holds_for(&self, value: &AttributeValue) -> bool {
        match value {
            AttributeValue::Text(text) => self.holds_for_text(text),
            AttributeValue::Many(values) => self.holds(|test| {
                let mut texts = values.iter().flatten().map(|part| &*part.text);
                if test.operator.denies() {
                    texts.all(|text| test.holds_for_text(text))
                } else {
                    texts.any(|text| test.holds_for_text(text))
                }
            }),
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
    fn no_value_is_equal_to_nothing() {
        let holds =
            |condition| Condition::read("c[X]", condition, Kind::Text).expect(condition).holds_for_nothing();
        assert!(holds("ne:A") && holds("nc:A") && holds("A,ne:B"));
        assert!(!holds("A") && !holds("le:Z") && !holds("ne:A+B"));
    }
}
