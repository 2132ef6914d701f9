//! Values that depend on a condition: `if`, `case`, `nvl`.
//!
//! What lives here: which rows take which branch. A branch is computed on its own rows only, so that
//! `if X <> 0 then Y / X else 0` never divides by zero. What must not: conditions.

use super::value::{Value, gather};
use super::{Frame, logic};
use crate::dataset::{Bitmap, Column};
use crate::plan::Expression;
use crate::run::RunError;
use crate::value::ScalarType;

impl Frame<'_> {
    /// The value behind the first condition that is true; null counts for false.
    pub(super) fn choose(
        &self,
        branches: &[(&Expression, &Expression)],
        otherwise: &Expression,
        scalar_type: ScalarType,
    ) -> Result<Value, RunError> {
        let mut open = Bitmap::filled(self.rows, true);
        let mut parts: Vec<(Bitmap, &Expression)> = Vec::with_capacity(branches.len() + 1);
        for (condition, value) in branches {
            if open.count() == 0 {
                break;
            }
            let truth = self.on_rows(&open, condition)?;
            let taken = open.and(&truth);
            open = open.and_not(&taken);
            parts.push((taken, value));
        }
        parts.push((open, otherwise));
        if let Some((_, value)) = parts.iter().find(|(rows, _)| rows.is_full()) {
            return self.value(value);
        }
        let mut pieces = Vec::with_capacity(parts.len());
        let mut place_of_row = vec![0u32; self.rows];
        let mut base = 0u32;
        for (taken, expression) in parts {
            let rows: Vec<u32> = taken.ones().map(|row| row as u32).collect();
            let piece = match self.taken(&rows, expression)? {
                Value::Column(column) => {
                    rows.iter().zip(base..).for_each(|(row, place)| place_of_row[*row as usize] = place);
                    column
                }
                one => {
                    rows.iter().for_each(|row| place_of_row[*row as usize] = base);
                    one.into_column(scalar_type, 1)
                }
            };
            base += piece.len() as u32;
            pieces.push(piece);
        }
        Ok(Value::Column(gather(&pieces, scalar_type, &place_of_row)))
    }

    /// A condition on some of the rows, false elsewhere.
    fn on_rows(&self, rows: &Bitmap, condition: &Expression) -> Result<Bitmap, RunError> {
        if rows.is_full() {
            return Ok(logic::true_rows(self.value(condition)?, self.rows));
        }
        let places: Vec<u32> = rows.ones().map(|row| row as u32).collect();
        let truth = logic::true_rows(self.taken(&places, condition)?, places.len());
        let mut all = Bitmap::filled(self.rows, false);
        truth.ones().for_each(|place| all.set(places[place] as usize, true));
        Ok(all)
    }

    /// An expression on some of the rows: of the columns it needs.
    fn taken(&self, rows: &[u32], expression: &Expression) -> Result<Value, RunError> {
        if rows.is_empty() {
            return Ok(Value::Column(Column::nulls(expression.scalar_type, 0)));
        }
        let mut columns = vec![None; self.columns.len()];
        expression.each_column(|place| {
            columns[place].get_or_insert_with(|| self.columns[place].take(rows));
            true
        });
        let unused = Column::nulls(ScalarType::Null, 0);
        let columns: Vec<Column> =
            columns.into_iter().map(|column| column.unwrap_or_else(|| unused.clone())).collect();
        Frame { columns: &columns, rows: rows.len(), context: self.context }.value(expression)
    }
}

/// The first, and where it is null the second.
pub(super) fn nvl(value: &Value, default: &Value, scalar_type: ScalarType, rows: usize) -> Value {
    let column = match value {
        Value::One(one) if one.is_null() => return default.clone(),
        Value::One(_) => return value.clone(),
        Value::Column(column) => column,
    };
    let valid = column.validity();
    let Some(bits) = valid.bits() else { return value.clone() };
    let (second, step) = match default {
        Value::One(one) => (Value::One(one.clone()).into_column(scalar_type, 1), 0),
        Value::Column(column) => (column.clone(), 1),
    };
    let place_of_row: Vec<u32> =
        (0..rows).map(|row| if bits.get(row) { row } else { rows + row * step } as u32).collect();
    Value::Column(gather(&[column.clone(), second], scalar_type, &place_of_row))
}
