//! Values that depend on a condition: `if`, `case`, `nvl`.
//!
//! What lives here: which rows take which branch. A branch is computed on its own rows only, so that
//! `if X <> 0 then Y / X else 0` never divides by zero. What must not: conditions.

use super::value::{Value, gather};
use super::{Frame, logic};
use crate::dataset::{Bitmap, Column};
use crate::plan::{Expression, ExpressionKind};
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
        let mut of_row = vec![0u32; self.rows];
        let mut base = 0u32;
        for (taken, expression) in parts {
            let simple = matches!(expression.kind, ExpressionKind::Column(_) | ExpressionKind::Constant(_));
            let rows: Vec<u32> = taken.ones().map(|row| row as u32).collect();
            let piece = match (self.value_if(simple, expression)?, &expression.kind) {
                (Some(Value::Column(column)), _) => {
                    rows.iter().for_each(|row| of_row[*row as usize] = base + row);
                    column
                }
                (Some(one), _) => {
                    rows.iter().for_each(|row| of_row[*row as usize] = base);
                    one.into_column(scalar_type, 1)
                }
                (None, _) => {
                    for (place, row) in rows.iter().enumerate() {
                        of_row[*row as usize] = base + place as u32;
                    }
                    self.taken(&rows, expression)?.into_column(scalar_type, rows.len())
                }
            };
            base += piece.len() as u32;
            pieces.push(piece);
        }
        Ok(Value::Column(gather(&pieces, scalar_type, &of_row)))
    }

    fn value_if(&self, wanted: bool, expression: &Expression) -> Result<Option<Value>, RunError> {
        if wanted { self.value(expression).map(Some) } else { Ok(None) }
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
        let mut columns = vec![Column::nulls(ScalarType::Null, 0); self.columns.len()];
        let mut wanted = vec![false; self.columns.len()];
        mark_columns(expression, &mut wanted);
        for (place, _) in wanted.iter().enumerate().filter(|(_, wanted)| **wanted) {
            columns[place] = self.columns[place].take(rows);
        }
        let frame = Frame { columns: &columns, rows: rows.len(), context: self.context };
        if rows.is_empty() {
            return Ok(Value::Column(Column::nulls(expression.scalar_type, 0)));
        }
        frame.value(expression)
    }
}

fn mark_columns(expression: &Expression, wanted: &mut [bool]) {
    let mut asked = vec![expression];
    while let Some(expression) = asked.pop() {
        match &expression.kind {
            ExpressionKind::Constant(_) | ExpressionKind::Result(_) => {}
            ExpressionKind::Column(place) => wanted[*place] = true,
            ExpressionKind::Call(_, arguments) => asked.extend(arguments),
            ExpressionKind::If(parts) => asked.extend(parts.iter()),
            ExpressionKind::Case { branches, otherwise } => {
                asked.extend(branches.iter().flat_map(|(condition, value)| [condition, value]));
                asked.push(otherwise);
            }
            ExpressionKind::In { operand, .. }
            | ExpressionKind::Cast { operand, .. }
            | ExpressionKind::Promote(operand) => asked.push(operand),
        }
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
    let second =
        default.clone().into_column(scalar_type, if matches!(default, Value::One(_)) { 1 } else { rows });
    let single = second.len() == 1 && matches!(default, Value::One(_));
    let of_row: Vec<u32> = (0..rows)
        .map(|row| match (bits.get(row), single) {
            (true, _) => row as u32,
            (false, true) => rows as u32,
            (false, false) => (rows + row) as u32,
        })
        .collect();
    Value::Column(gather(&[column.clone(), second], scalar_type, &of_row))
}
