//! What an expression is on some rows: a column, or one value for all of them.
//!
//! What lives here: both forms, and functions applied to single values row by row. What must not: functions.

use std::hash::Hash;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::super::concat::concat;
use crate::dataset::{Column, ScalarsBuilder};
use crate::value::{Scalar, ScalarType};

/// A column, or one value for all rows.
#[derive(Clone, Debug)]
pub(super) enum Value {
    One(Scalar),
    Column(Column),
}

impl Value {
    pub(super) fn into_column(self, scalar_type: ScalarType, rows: usize) -> Column {
        match self {
            Self::One(Scalar::Null) => Column::nulls(scalar_type, rows),
            Self::One(value) => spread(&value, scalar_type, rows),
            Self::Column(column) => column,
        }
    }

    /// The value of a row.
    pub(super) fn scalar(&self, row: usize, scalar_type: ScalarType) -> Scalar {
        match self {
            Self::One(value) => value.clone(),
            Self::Column(column) => column.value(row, scalar_type),
        }
    }

    /// One function of single values, on every row.
    pub(super) fn map(
        &self,
        from: ScalarType,
        to: ScalarType,
        rows: usize,
        apply: impl Fn(&Scalar) -> Result<Scalar, String>,
    ) -> Result<Self, String> {
        map_rows(std::slice::from_ref(self), &[from], to, rows, |given| apply(&given[0]))
    }
}

/// One value in every row, without asking for it row by row.
fn spread(value: &Scalar, scalar_type: ScalarType, rows: usize) -> Column {
    let one = Column::of_scalars(std::iter::once(value), scalar_type);
    if rows == 1 { one } else { one.take(&vec![0; rows]) }
}

/// A function of single values on every row: once for each distinct pair of texts, and once for each distinct
/// period, date or whole number, as these repeat.
pub(super) fn map_rows(
    values: &[Value],
    types: &[ScalarType],
    to: ScalarType,
    rows: usize,
    apply: impl Fn(&[Scalar]) -> Result<Scalar, String>,
) -> Result<Value, String> {
    let of_row = |row: usize| {
        let given: Vec<Scalar> =
            values.iter().zip(types).map(|(value, own)| value.scalar(row, *own)).collect();
        apply(&given)
    };
    let columns: Vec<&Column> = values
        .iter()
        .filter_map(|value| match value {
            Value::Column(column) => Some(column),
            Value::One(_) => None,
        })
        .collect();
    match columns[..] {
        [] => of_row(0).map(Value::One),
        [Column::Strings(a), Column::Strings(b)] => {
            once_per_key(rows, to, |row| (a.codes[row], b.codes[row]), of_row)
        }
        [Column::Fixed(fixed)] => {
            once_per_key(rows, to, |row| fixed.valid.get(row).then(|| fixed.values[row]), of_row)
        }
        _ => {
            let mut builder = ScalarsBuilder::new(to);
            for row in 0..rows {
                builder.push(&of_row(row)?);
            }
            Ok(Value::Column(builder.finish()))
        }
    }
}

/// Rows with the same key have the same result.
fn once_per_key<K: Hash + Eq>(
    rows: usize,
    to: ScalarType,
    key: impl Fn(usize) -> K,
    compute: impl Fn(usize) -> Result<Scalar, String>,
) -> Result<Value, String> {
    let mut results = ScalarsBuilder::new(to);
    let mut places: HashMap<K, u32> = HashMap::new();
    let mut place_of_row = Vec::with_capacity(rows);
    for row in 0..rows {
        let next = places.len() as u32;
        let place = match places.entry(key(row)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                results.push(&compute(row)?);
                *new.insert(next)
            }
        };
        place_of_row.push(place);
    }
    Ok(Value::Column(results.finish().take(&place_of_row)))
}

/// Rows out of several columns of one type; their numbers count on from each column into the next.
pub(super) fn gather(columns: &[Column], scalar_type: ScalarType, rows: &[u32]) -> Column {
    concat(columns, scalar_type).take(rows)
}
