//! What an expression is on some rows: a column, or one value for all of them.
//!
//! What lives here: both forms, and functions applied to single values row by row. What must not: functions.

use std::collections::HashMap;

use super::super::concat::concat;
use crate::dataset::{Column, NULL_CODE, ScalarsBuilder, Strings};
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

/// A function of single values on every row, once for each distinct combination of texts.
pub(super) fn map_rows(
    values: &[Value],
    types: &[ScalarType],
    to: ScalarType,
    rows: usize,
    apply: impl Fn(&[Scalar]) -> Result<Scalar, String>,
) -> Result<Value, String> {
    let given = |row: usize| -> Vec<Scalar> {
        values.iter().zip(types).map(|(value, own)| value.scalar(row, *own)).collect()
    };
    if values.iter().all(|value| matches!(value, Value::One(_))) {
        return apply(&given(0)).map(Value::One);
    }
    let codes: Option<Vec<&Strings>> = values
        .iter()
        .filter_map(|value| match value {
            Value::Column(Column::Strings(strings)) => Some(Some(strings)),
            Value::Column(_) => Some(None),
            Value::One(_) => None,
        })
        .collect();
    let mut results: Vec<Scalar> = Vec::new();
    if let Some([a, b]) = codes.as_deref() {
        let mut known: HashMap<(u32, u32), u32> = HashMap::new();
        let mut of_row = Vec::with_capacity(rows);
        for row in 0..rows {
            let pair = (a.codes[row], b.codes[row]);
            of_row.push(match known.get(&pair) {
                Some(place) => *place,
                None => {
                    results.push(apply(&given(row))?);
                    known.insert(pair, results.len() as u32 - 1);
                    results.len() as u32 - 1
                }
            });
        }
        return Ok(Value::Column(Column::of_scalars(results.iter(), to).take(&of_row)));
    }
    // Periods, dates and whole numbers repeat: what is known from the rows before is not computed again.
    if let ([Value::Column(Column::Fixed(fixed)), rest @ ..], true) = (values, codes.is_none())
        && rest.iter().all(|value| matches!(value, Value::One(_)))
    {
        let mut known: HashMap<i64, u32> = HashMap::new();
        let mut null = None;
        let mut of_row = Vec::with_capacity(rows);
        for row in 0..rows {
            let place = if fixed.valid.get(row) { known.get(&fixed.values[row]).copied() } else { null };
            of_row.push(match place {
                Some(place) => place,
                None => {
                    results.push(apply(&given(row))?);
                    let place = results.len() as u32 - 1;
                    if fixed.valid.get(row) {
                        known.insert(fixed.values[row], place);
                    } else {
                        null = Some(place);
                    }
                    place
                }
            });
        }
        return Ok(Value::Column(Column::of_scalars(results.iter(), to).take(&of_row)));
    }
    let mut builder = ScalarsBuilder::new(to);
    for row in 0..rows {
        builder.push(&apply(&given(row))?);
    }
    Ok(Value::Column(builder.finish()))
}

/// From two columns the one or the other, row by row; `rows` counts on from the first into the second.
pub(super) fn gather(columns: &[Column], scalar_type: ScalarType, rows: &[u32]) -> Column {
    concat(columns, scalar_type).take(rows)
}

const _: () = assert!(NULL_CODE == u32::MAX, "gathering takes the code of null for no row");
