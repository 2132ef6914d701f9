//! One column: values of one scalar type, and which of them are null.

use std::sync::Arc;

use super::{Bitmap, NO_ROW, NULL_CODE};
use crate::time::{Date, Frequency, Interval, TimePeriod};
use crate::value::{Number, Scalar, ScalarType};

/// Which rows are not null; nothing: all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validity(Option<Arc<Bitmap>>);

/// Truth values: a row is true, false or null.
#[derive(Clone, Debug, PartialEq)]
pub struct Booleans {
    /// Rows that are true; a null row is not.
    pub truth: Arc<Bitmap>,
    /// Rows that are true or false.
    pub valid: Validity,
}

/// Texts by dictionary.
#[derive(Clone, Debug, PartialEq)]
pub struct Strings {
    /// Distinct texts, in any order; some may not be used.
    pub dictionary: Arc<Vec<Arc<str>>>,
    /// Per row, a place in the dictionary or [`NULL_CODE`].
    pub codes: Arc<Vec<u32>>,
}

/// Integers, dates, periods, intervals and durations, as 64-bit integers in order of their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// Per row; 0 where null.
    pub values: Arc<Vec<i64>>,
    /// Rows that are not null.
    pub valid: Validity,
}

/// Exact numbers of 64 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Decimals {
    /// Per row, the value times 10 to the power of `scale`; 0 where null.
    pub unscaled: Arc<Vec<i64>>,
    /// Digits after the point, the same for all rows.
    pub scale: u8,
    /// Rows that are not null.
    pub valid: Validity,
}

/// Exact numbers of 128 bits, where 64 do not hold them.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide {
    /// Per row, the value times 10 to the power of `scale`; 0 where null.
    pub unscaled: Arc<Vec<i128>>,
    /// Digits after the point, the same for all rows.
    pub scale: u8,
    /// Rows that are not null.
    pub valid: Validity,
}

/// Numbers of operators without exact results.
#[derive(Clone, Debug, PartialEq)]
pub struct Floats {
    /// Per row; 0 where null. Never NaN.
    pub values: Arc<Vec<f64>>,
    /// Rows that are not null.
    pub valid: Validity,
}

/// Values of one component; see the table of [`crate::dataset`].
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Boolean.
    Booleans(Booleans),
    /// String.
    Strings(Strings),
    /// Integer, date, time_period, time, duration.
    Fixed(Fixed),
    /// Number.
    Decimals(Decimals),
    /// Number.
    Wide(Wide),
    /// Number.
    Floats(Floats),
}

impl Validity {
    /// No row is null.
    pub const ALL: Self = Self(None);

    /// Rows whose bit is 1 are not null.
    pub fn of(bits: Bitmap) -> Self {
        if bits.is_full() { Self::ALL } else { Self(Some(Arc::new(bits))) }
    }

    /// Whether a row is not null.
    #[inline]
    pub fn get(&self, row: usize) -> bool {
        self.0.as_ref().is_none_or(|bits| bits.get(row))
    }

    /// The bits, if any row is null.
    pub fn bits(&self) -> Option<&Bitmap> {
        self.0.as_deref()
    }

    /// The bits of so many rows.
    pub fn to_bitmap(&self, rows: usize) -> Bitmap {
        self.0.as_deref().cloned().unwrap_or_else(|| Bitmap::filled(rows, true))
    }

    /// Rows that are not null in either.
    pub fn and(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (None, _) => other.clone(),
            (_, None) => self.clone(),
            (Some(a), Some(b)) => Self::of(a.and(b)),
        }
    }

    fn take(&self, rows: &[u32]) -> Self {
        match self.bits() {
            None if !rows.contains(&NO_ROW) => Self::ALL,
            None => Self::of(Bitmap::from_fn(rows.len(), |place| rows[place] != NO_ROW)),
            Some(bits) => Self::of(bits.take(rows)),
        }
    }

    fn bytes(&self) -> usize {
        self.bits().map_or(0, |bits| bits.words().len() * 8)
    }
}

fn gather<T: Copy + Default>(values: &[T], rows: &[u32]) -> Arc<Vec<T>> {
    // A row number beyond the values can only be NO_ROW, which gives what stands beside null.
    Arc::new(rows.iter().map(|&row| values.get(row as usize).copied().unwrap_or_default()).collect())
}

impl Column {
    /// A column of nulls.
    pub fn nulls(scalar_type: ScalarType, rows: usize) -> Self {
        let valid = Validity::of(Bitmap::filled(rows, false));
        match scalar_type {
            ScalarType::String | ScalarType::Null => {
                Self::Strings(Strings { dictionary: Arc::default(), codes: Arc::new(vec![NULL_CODE; rows]) })
            }
            ScalarType::Boolean => {
                Self::Booleans(Booleans { truth: Arc::new(Bitmap::filled(rows, false)), valid })
            }
            ScalarType::Number => {
                Self::Decimals(Decimals { unscaled: Arc::new(vec![0; rows]), scale: 0, valid })
            }
            _ => Self::Fixed(Fixed { values: Arc::new(vec![0; rows]), valid }),
        }
    }

    /// A column whose rows all have one value, which must belong to the type.
    pub fn constant(value: &Scalar, scalar_type: ScalarType, rows: usize) -> Self {
        Self::of_scalars(std::iter::repeat_n(value, rows), scalar_type)
    }

    /// A column of single values of one type; integers count as numbers where numbers are asked. What does
    /// not belong to the type becomes null. For small columns: others are made from vectors.
    pub fn of_scalars<'v>(values: impl Iterator<Item = &'v Scalar>, scalar_type: ScalarType) -> Self {
        let mut builder = super::of_columns::ScalarsBuilder::new(scalar_type);
        values.for_each(|value| builder.push(value));
        builder.finish()
    }

    /// Integers, dates, periods, intervals or durations, from vectors.
    pub fn fixed(values: Vec<i64>, valid: Validity) -> Self {
        Self::Fixed(Fixed { values: Arc::new(values), valid })
    }

    /// Truth values from bitmaps.
    pub fn booleans(truth: Bitmap, valid: Validity) -> Self {
        let truth = match valid.bits() {
            Some(bits) => truth.and(bits),
            None => truth,
        };
        Self::Booleans(Booleans { truth: Arc::new(truth), valid })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Booleans(column) => column.truth.len(),
            Self::Strings(column) => column.codes.len(),
            Self::Fixed(column) => column.values.len(),
            Self::Decimals(column) => column.unscaled.len(),
            Self::Wide(column) => column.unscaled.len(),
            Self::Floats(column) => column.values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a row is null.
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Booleans(column) => !column.valid.get(row),
            Self::Strings(column) => column.codes[row] == NULL_CODE,
            Self::Fixed(column) => !column.valid.get(row),
            Self::Decimals(column) => !column.valid.get(row),
            Self::Wide(column) => !column.valid.get(row),
            Self::Floats(column) => !column.valid.get(row),
        }
    }

    /// Rows that are not null.
    pub fn validity(&self) -> Validity {
        match self {
            Self::Booleans(column) => column.valid.clone(),
            Self::Strings(column) => {
                Validity::of(Bitmap::from_fn(column.codes.len(), |row| column.codes[row] != NULL_CODE))
            }
            Self::Fixed(column) => column.valid.clone(),
            Self::Decimals(column) => column.valid.clone(),
            Self::Wide(column) => column.valid.clone(),
            Self::Floats(column) => column.valid.clone(),
        }
    }

    /// One value, of the type that the component has.
    pub fn value(&self, row: usize, scalar_type: ScalarType) -> Scalar {
        if self.is_null(row) {
            return Scalar::Null;
        }
        match self {
            Self::Booleans(column) => Scalar::Boolean(column.truth.get(row)),
            Self::Strings(column) => Scalar::String(column.dictionary[column.codes[row] as usize].clone()),
            Self::Fixed(column) => {
                let packed = column.values[row];
                match scalar_type {
                    ScalarType::Date => Scalar::Date(Date::from_packed(packed)),
                    ScalarType::TimePeriod => Scalar::TimePeriod(TimePeriod::from_packed(packed)),
                    ScalarType::Time => Scalar::Time(Interval::from_packed(packed)),
                    ScalarType::Duration => {
                        Frequency::from_packed(packed).map_or(Scalar::Null, Scalar::Duration)
                    }
                    ScalarType::Number => {
                        Scalar::Number(Number::Exact { unscaled: i128::from(packed), scale: 0 })
                    }
                    _ => Scalar::Integer(packed),
                }
            }
            Self::Decimals(column) => Scalar::Number(Number::Exact {
                unscaled: i128::from(column.unscaled[row]),
                scale: column.scale,
            }),
            Self::Wide(column) => {
                Scalar::Number(Number::Exact { unscaled: column.unscaled[row], scale: column.scale })
            }
            Self::Floats(column) => Scalar::Number(Number::Float(column.values[row])),
        }
    }

    /// These rows, in this order; [`NO_ROW`] gives null.
    pub fn take(&self, rows: &[u32]) -> Self {
        match self {
            Self::Booleans(column) => Self::Booleans(Booleans {
                truth: Arc::new(column.truth.take(rows)),
                valid: column.valid.take(rows),
            }),
            Self::Strings(column) => {
                let code = |&row: &u32| column.codes.get(row as usize).copied().unwrap_or(NULL_CODE);
                Self::Strings(Strings {
                    dictionary: column.dictionary.clone(),
                    codes: Arc::new(rows.iter().map(code).collect()),
                })
            }
            Self::Fixed(column) => {
                Self::Fixed(Fixed { values: gather(&column.values, rows), valid: column.valid.take(rows) })
            }
            Self::Decimals(column) => Self::Decimals(Decimals {
                unscaled: gather(&column.unscaled, rows),
                scale: column.scale,
                valid: column.valid.take(rows),
            }),
            Self::Wide(column) => Self::Wide(Wide {
                unscaled: gather(&column.unscaled, rows),
                scale: column.scale,
                valid: column.valid.take(rows),
            }),
            Self::Floats(column) => {
                Self::Floats(Floats { values: gather(&column.values, rows), valid: column.valid.take(rows) })
            }
        }
    }

    /// An integer column as numbers; others as they are.
    pub fn into_numbers(self) -> Self {
        match self {
            Self::Fixed(Fixed { values, valid }) => {
                Self::Decimals(Decimals { unscaled: values, scale: 0, valid })
            }
            other => other,
        }
    }

    /// Bytes it takes, shared or not, without the texts of its dictionary.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Booleans(column) => column.truth.words().len() * 8 + column.valid.bytes(),
            Self::Strings(column) => column.codes.len() * 4 + column.dictionary.len() * 16,
            Self::Fixed(column) => column.values.len() * 8 + column.valid.bytes(),
            Self::Decimals(column) => column.unscaled.len() * 8 + column.valid.bytes(),
            Self::Wide(column) => column.unscaled.len() * 16 + column.valid.bytes(),
            Self::Floats(column) => column.values.len() * 8 + column.valid.bytes(),
        }
    }
}
