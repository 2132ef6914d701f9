//! One column as it grows, field by field.

use std::sync::Arc;

use super::error::CsvProblem;
use super::number::{read_integer, read_number, read_short};
use super::quick::Dictionary;
use super::split::ShortKey;
use crate::dataset::{Bitmap, Column, Decimals, NULL_CODE, Strings, Validity};
use crate::time::text;
use crate::value::{Number, Scalar, ScalarType};

/// A column of one scalar type.
pub(super) struct Cells {
    scalar_type: ScalarType,
    values: Values,
    /// Rows that are null, ascending.
    nulls: Vec<u32>,
    rows: usize,
}

enum Values {
    Texts {
        dictionary: Dictionary<Arc<str>>,
        codes: Vec<u32>,
    },
    /// Dates and their like: understood once for each spelling.
    Times {
        dictionary: Dictionary<i64>,
        values: Vec<i64>,
    },
    Integers(Vec<i64>),
    Numbers(Numbers),
    Booleans(Vec<bool>),
}

/// Numbers, most of which fit into 64 bits.
#[derive(Default)]
struct Numbers {
    unscaled: Vec<i64>,
    scales: Vec<u8>,
    scale_max: u8,
    /// Numbers that do not fit, by row.
    others: Vec<(usize, Number)>,
}

impl Cells {
    pub(super) fn new(scalar_type: ScalarType, rows: usize) -> Self {
        let values = match scalar_type {
            ScalarType::String | ScalarType::Null => {
                Values::Texts { dictionary: Dictionary::new(), codes: Vec::with_capacity(rows) }
            }
            ScalarType::Integer => Values::Integers(Vec::with_capacity(rows)),
            ScalarType::Number => Values::Numbers(Numbers {
                unscaled: Vec::with_capacity(rows),
                scales: Vec::with_capacity(rows),
                ..Numbers::default()
            }),
            ScalarType::Boolean => Values::Booleans(Vec::with_capacity(rows)),
            ScalarType::Date | ScalarType::TimePeriod | ScalarType::Time | ScalarType::Duration => {
                Values::Times { dictionary: Dictionary::new(), values: Vec::with_capacity(rows) }
            }
        };
        Self { scalar_type, values, nulls: Vec::new(), rows: 0 }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.values, Values::Texts { .. })
    }

    /// Appends null.
    pub(super) fn push_null(&mut self) {
        self.nulls.push(self.rows as u32);
        self.rows += 1;
        match &mut self.values {
            Values::Texts { codes, .. } => codes.push(NULL_CODE),
            Values::Times { values, .. } | Values::Integers(values) => values.push(0),
            Values::Numbers(numbers) => numbers.push_short(0, 0),
            Values::Booleans(values) => values.push(false),
        }
    }

    /// Appends what a field says.
    #[inline]
    pub(super) fn push(&mut self, content: &[u8], key: ShortKey) -> Result<(), CsvProblem> {
        self.rows += 1;
        let scalar_type = self.scalar_type;
        match &mut self.values {
            Values::Texts { dictionary, codes } => {
                codes.push(dictionary.number(content, key, |content| match str::from_utf8(content) {
                    Ok(text) => Ok(text.into()),
                    Err(_) => Err(CsvProblem::NotUtf8),
                })?);
            }
            Values::Times { dictionary, values } => {
                let number = dictionary.number(content, key, |content| {
                    blank_free(content)
                        .and_then(|text| time(text, scalar_type))
                        .ok_or_else(|| CsvProblem::not_of_type(content, scalar_type))
                })?;
                values.push(dictionary.values[number as usize]);
            }
            Values::Integers(values) => match read_short(content) {
                Some((value, 0)) => values.push(value),
                _ => {
                    let value = blank_free(content).and_then(read_integer);
                    values.push(value.ok_or_else(|| CsvProblem::not_of_type(content, scalar_type))?);
                }
            },
            Values::Numbers(numbers) => match read_short(content) {
                Some((unscaled, scale)) => numbers.push_short(unscaled, scale),
                None => {
                    let number = blank_free(content).and_then(read_number);
                    numbers.push_other(number.ok_or_else(|| CsvProblem::not_of_type(content, scalar_type))?);
                }
            },
            Values::Booleans(values) => {
                let truth = truth(content).ok_or_else(|| CsvProblem::not_of_type(content, scalar_type))?;
                values.push(truth);
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Column {
        let mut valid = Validity::ALL;
        if !self.nulls.is_empty() {
            let mut bits = Bitmap::filled(self.rows, true);
            self.nulls.iter().for_each(|row| bits.set(*row as usize, false));
            valid = Validity::of(bits);
        }
        match self.values {
            Values::Texts { dictionary, codes } => {
                Column::Strings(Strings { dictionary: Arc::new(dictionary.values), codes: Arc::new(codes) })
            }
            Values::Times { values, .. } | Values::Integers(values) => Column::fixed(values, valid),
            Values::Booleans(values) => Column::booleans(Bitmap::from_iter(values), valid),
            Values::Numbers(numbers) => numbers.finish(valid),
        }
    }
}

impl Numbers {
    #[inline]
    fn push_short(&mut self, unscaled: i64, scale: u8) {
        self.unscaled.push(unscaled);
        self.scales.push(scale);
        self.scale_max = self.scale_max.max(scale);
    }

    fn push_other(&mut self, number: Number) {
        self.others.push((self.unscaled.len(), number));
        self.push_short(0, 0);
    }

    fn finish(mut self, valid: Validity) -> Column {
        if self.others.is_empty() && self.rescale() {
            return Column::Decimals(Decimals {
                unscaled: Arc::new(self.unscaled),
                scale: self.scale_max,
                valid,
            });
        }
        let mut others = self.others.into_iter().peekable();
        let values: Vec<Scalar> = (0..self.unscaled.len())
            .map(|row| {
                if let Some((_, number)) = others.next_if(|(place, _)| *place == row) {
                    return Scalar::Number(number);
                }
                if !valid.get(row) {
                    return Scalar::Null;
                }
                let (unscaled, scale) = (i128::from(self.unscaled[row]), self.scales[row]);
                Scalar::Number(Number::Exact { unscaled, scale })
            })
            .collect();
        Column::of_scalars(values.iter(), ScalarType::Number)
    }

    /// Brings all numbers to one scale; false, with nothing changed, if one of them does not fit then.
    fn rescale(&mut self) -> bool {
        let factor = |scale: u8| 10i64.pow(u32::from(self.scale_max - scale));
        let mut fits = true;
        for (value, scale) in self.unscaled.iter().zip(&self.scales) {
            fits &= *scale == self.scale_max || value.checked_mul(factor(*scale)).is_some();
        }
        if fits {
            for (value, scale) in self.unscaled.iter_mut().zip(&self.scales) {
                *value *= factor(*scale);
            }
        }
        fits
    }
}

/// The text without blanks around it.
fn blank_free(content: &[u8]) -> Option<&str> {
    str::from_utf8(content).ok().map(str::trim)
}

fn time(content: &str, scalar_type: ScalarType) -> Option<i64> {
    match scalar_type {
        ScalarType::Date => text::date(content).map(|date| date.packed()),
        ScalarType::TimePeriod => text::time_period(content).map(|period| period.packed()),
        ScalarType::Time => text::interval(content).map(|interval| interval.packed()),
        _ => text::frequency(content).map(|frequency| frequency.packed()),
    }
}

fn truth(content: &[u8]) -> Option<bool> {
    // Some programs put quotation marks around words that they write between quotation marks anyway.
    let word = blank_free(content)?.trim_matches('"');
    if word == "1" || word.eq_ignore_ascii_case("true") {
        Some(true)
    } else if word == "0" || word.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
