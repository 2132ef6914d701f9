//! The form of uncoded values: type, bounds, length, pattern.

use mighub_sdmx::Decimal;
use mighub_sdmx::period::{Form, Period};
use mighub_sdmx::structure::{DataType, Format};
use regex::{Regex, RegexBuilder};

/// Most memory that one pattern may need; a pattern of an identifier needs some kilobytes.
const PATTERN_BYTES_MAX: usize = 1024 * 1024;

/// A form, made ready.
#[derive(Debug)]
pub(super) struct TextForm {
    format: Format,
    pattern: Option<Regex>,
    expected: String,
    /// Why values cannot be held against the pattern.
    not_run: Option<String>,
}

impl TextForm {
    pub(super) fn new(format: &Format) -> Self {
        let (mut pattern, mut not_run) = (None, None);
        if let Some(text) = &format.pattern {
            match compile(text) {
                Ok(compiled) => pattern = Some(compiled),
                Err(_) => not_run = Some(format!("the pattern {text:?} is none that this program can read")),
            }
        }
        Self { expected: describe(format), format: format.clone(), pattern, not_run }
    }

    /// Why values cannot be held against the pattern, if so.
    pub(super) fn not_run(&self) -> Option<&str> {
        self.not_run.as_deref()
    }

    /// The form in words.
    pub(super) fn expected(&self) -> &str {
        &self.expected
    }

    /// Whether a value has the form.
    pub(super) fn holds(&self, text: &str) -> bool {
        let format = &self.format;
        if format.min_length.is_some() || format.max_length.is_some() {
            let characters = text.chars().count();
            let within = |limit: Option<u32>, short: bool| {
                limit.is_none_or(|limit| {
                    if short { characters <= limit as usize } else { characters >= limit as usize }
                })
            };
            if !within(format.max_length, true) || !within(format.min_length, false) {
                return false;
            }
        }
        let has_type = format.data_type.is_none_or(|data_type| has_type(data_type, text));
        has_type
            && self.is_in_range(text)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }

    fn is_in_range(&self, text: &str) -> bool {
        let format = &self.format;
        if format.min_value.is_none() && format.max_value.is_none() && format.decimals.is_none() {
            return true;
        }
        let Ok(value) = Decimal::parse(text.as_bytes()) else {
            // Bounds of something else than exact numbers are not compared.
            return !format.data_type.is_none_or(DataType::is_number);
        };
        format.min_value.is_none_or(|least| value.compare(least).is_ge())
            && format.max_value.is_none_or(|greatest| value.compare(greatest).is_le())
            && format.decimals.is_none_or(|decimals| u32::from(value.scale) <= decimals)
    }
}

/// Patterns of XML Schema are held against the whole value. Their two shorthands for names are written out;
/// what else differs from other regular expressions is refused by the compiler.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    let pattern = pattern.replace(r"\i", r"[\p{L}_:]").replace(r"\c", r"[\p{L}\p{N}._:\-]");
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES_MAX).build()
}

fn has_type(data_type: DataType, text: &str) -> bool {
    let all = |is: fn(char) -> bool| text.chars().all(is);
    let period =
        |forms: &[Form]| Period::parse(text.as_bytes()).is_ok_and(|period| forms.contains(&period.form()));
    match data_type {
        DataType::Alpha => all(char::is_alphabetic),
        DataType::AlphaNumeric => all(char::is_alphanumeric),
        DataType::Numeric => all(|c| c.is_ascii_digit()),
        DataType::BigInteger => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        DataType::Integer | DataType::Long => text.parse::<i64>().is_ok(),
        DataType::Short => text.parse::<i16>().is_ok(),
        DataType::Count => text.parse::<u64>().is_ok(),
        DataType::Decimal
        | DataType::InclusiveValueRange
        | DataType::ExclusiveValueRange
        | DataType::Incremental => Decimal::parse(text.as_bytes()).is_ok(),
        DataType::Float | DataType::Double => text.parse::<f64>().is_ok(),
        DataType::Boolean => matches!(text, "true" | "false" | "1" | "0"),
        DataType::Uri => !text.chars().any(|c| c.is_whitespace() || c.is_control()),
        DataType::ObservationalTimePeriod | DataType::StandardTimePeriod => {
            Period::parse(text.as_bytes()).is_ok()
        }
        DataType::BasicTimePeriod | DataType::GregorianTimePeriod => {
            period(&[Form::Year, Form::Month, Form::Day, Form::DateTime, Form::DateTimeUtc])
        }
        DataType::GregorianYear => period(&[Form::Year]),
        DataType::GregorianYearMonth => period(&[Form::Month]),
        DataType::GregorianDay => period(&[Form::Day]),
        DataType::ReportingTimePeriod => Period::parse(text.as_bytes()).is_ok_and(|period| {
            (Form::ReportingYear as u8..=Form::ReportingDay as u8).contains(&(period.form() as u8))
        }),
        DataType::ReportingYear => period(&[Form::ReportingYear]),
        DataType::ReportingSemester => period(&[Form::ReportingSemester]),
        DataType::ReportingTrimester => period(&[Form::ReportingTrimester]),
        DataType::ReportingQuarter => period(&[Form::ReportingQuarter]),
        DataType::ReportingMonth => period(&[Form::ReportingMonth]),
        DataType::ReportingWeek => period(&[Form::ReportingWeek]),
        DataType::ReportingDay => period(&[Form::ReportingDay]),
        DataType::DateTime => period(&[Form::DateTime, Form::DateTimeUtc]),
        DataType::TimeRange => period(&[Form::Range]),
        // Seldom or never used for statistics, or without a form of their own.
        DataType::String
        | DataType::Month
        | DataType::MonthDay
        | DataType::Day
        | DataType::Time
        | DataType::Duration
        | DataType::GeospatialInformation
        | DataType::Xhtml => true,
    }
}

fn describe(format: &Format) -> String {
    let mut text = match format.data_type {
        None | Some(DataType::String) => "a text".to_owned(),
        Some(DataType::Alpha) => "letters".to_owned(),
        Some(DataType::AlphaNumeric) => "letters and digits".to_owned(),
        Some(DataType::Numeric) => "digits".to_owned(),
        Some(DataType::Boolean) => "true or false".to_owned(),
        Some(DataType::Uri) => "an address without spaces".to_owned(),
        Some(DataType::GregorianYear) => "a year such as 2024".to_owned(),
        Some(DataType::GregorianYearMonth) => "a month such as 2024-07".to_owned(),
        Some(DataType::GregorianDay) => "a day such as 2024-07-31".to_owned(),
        Some(DataType::DateTime) => "a time such as 2024-07-31T12:00:00Z".to_owned(),
        Some(data_type) if data_type.is_number() => number_form(data_type.is_integer(), format.decimals),
        Some(_) => "a period".to_owned(),
    };
    text.push_str(&range_text(format.min_value, format.max_value));
    match (format.min_length, format.max_length) {
        (Some(least), Some(most)) if least == most => text.push_str(&format!(" of {least} characters")),
        (Some(least), Some(most)) => text.push_str(&format!(" of {least} to {most} characters")),
        (None, Some(most)) => text.push_str(&format!(" of at most {most} characters")),
        (Some(least), None) => text.push_str(&format!(" of at least {least} characters")),
        (None, None) => {}
    }
    if let Some(pattern) = &format.pattern {
        text.push_str(&format!(", like {pattern}"));
    }
    text
}

/// `a whole number`, `a number with at most 2 decimals`.
pub(super) fn number_form(is_integer: bool, decimals: Option<u32>) -> String {
    match (is_integer, decimals) {
        (true, _) => "a whole number".to_owned(),
        (false, Some(decimals)) => format!("a number with at most {decimals} decimals"),
        (false, None) => "a number".to_owned(),
    }
}

/// ` from 0 to 6`, or as much of it as there is.
pub(super) fn range_text(least: Option<Decimal>, greatest: Option<Decimal>) -> String {
    match (least, greatest) {
        (Some(least), Some(greatest)) if least == greatest => format!(", namely {least}"),
        (Some(least), Some(greatest)) => format!(" from {least} to {greatest}"),
        (Some(least), None) => format!(" not below {least}"),
        (None, Some(greatest)) => format!(" not above {greatest}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(data_type: DataType) -> Format {
        Format { data_type: Some(data_type), ..Format::default() }
    }

    #[test]
    fn values_have_the_form_they_are_given() {
        let digits = Format {
            max_value: Some(Decimal::integer(6)),
            min_value: Some(Decimal::integer(0)),
            ..form(DataType::Integer)
        };
        let currency = Format { pattern: Some("[A-Z]{3}".to_owned()), ..form(DataType::Alpha) };
        let short = Format { max_length: Some(3), ..form(DataType::String) };
        let share = Format { max_value: Some(Decimal::integer(1)), ..form(DataType::Decimal) };
        for (format, good, bad) in [
            (digits, &["0", "6"][..], &["7", "-1", "1.5", "", "x"][..]),
            (currency, &["SEK"], &["sek", "SEKK", "S1K", ""]),
            (short, &["", "åäö"], &["abcd"]),
            (share, &["0.25", "1", "-3"], &["1.01", "1e-1"]),
            (form(DataType::GregorianDay), &["2024-02-29"], &["2023-02-29", "2024", "29.2.2024"]),
            (form(DataType::DateTime), &["2024-07-31T12:00:00Z"], &["2024-07-31", "noon"]),
            (form(DataType::Boolean), &["true", "0"], &["yes", "TRUE"]),
            (form(DataType::ReportingTimePeriod), &["2024-Q1", "2024-D001"], &["2024", "2024-07"]),
            (form(DataType::Uri), &["urn:a:b"], &["a b"]),
            (form(DataType::Double), &["1e5", "2"], &["two"]),
        ] {
            let form = TextForm::new(&format);
            for text in good {
                assert!(form.holds(text), "{text:?} is {}", form.expected());
            }
            for text in bad {
                assert!(!form.holds(text), "{text:?} is not {}", form.expected());
            }
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_not_held_against_values() {
        let form = TextForm::new(&Format { pattern: Some("[a-z".to_owned()), ..Format::default() });
        assert!(form.holds("anything"));
        assert_eq!(form.not_run(), Some("the pattern \"[a-z\" is none that this program can read"));
    }
}
