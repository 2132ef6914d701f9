//! Three-valued logic, 64 rows at a time.
//!
//! What lives here: and, or, xor, not, isnull. What must not: comparisons.

use super::value::Value;
use crate::dataset::{Bitmap, Booleans, Column, Validity};
use crate::plan::Function;
use crate::value::{Scalar, ScalarType};

/// Rows that are true, and rows that are false.
struct Truth {
    yes: Bitmap,
    no: Bitmap,
}

impl Truth {
    fn of(value: &Value, rows: usize) -> Self {
        match value {
            Value::Column(Column::Booleans(Booleans { truth, valid })) => {
                let no = match valid.bits() {
                    Some(bits) => bits.and_not(truth),
                    None => truth.not(),
                };
                Self { yes: Bitmap::clone(truth), no }
            }
            Value::One(Scalar::Boolean(truth)) => {
                Self { yes: Bitmap::filled(rows, *truth), no: Bitmap::filled(rows, !truth) }
            }
            _ => Self { yes: Bitmap::filled(rows, false), no: Bitmap::filled(rows, false) },
        }
    }

    fn into_column(self) -> Column {
        let valid = Validity::of(self.yes.or(&self.no));
        Column::booleans(self.yes, valid)
    }
}

/// The table of section "Boolean operators" of the manual.
pub(super) fn of_scalars(function: Function, a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (function, a, b) {
        (Function::Not, Some(a), _) => Some(!a),
        (Function::And, Some(false), _) | (Function::And, _, Some(false)) => Some(false),
        (Function::Or, Some(true), _) | (Function::Or, _, Some(true)) => Some(true),
        (Function::And, Some(a), Some(b)) => Some(a && b),
        (Function::Or, Some(a), Some(b)) => Some(a || b),
        (Function::Xor, Some(a), Some(b)) => Some(a != b),
        _ => None,
    }
}

pub(super) fn apply(function: Function, values: &[Value], rows: usize) -> Value {
    if values.iter().all(|value| matches!(value, Value::One(_))) {
        let truth = |place: usize| match values.get(place) {
            Some(Value::One(Scalar::Boolean(truth))) => Some(*truth),
            _ => None,
        };
        return Value::One(of_scalars(function, truth(0), truth(1)).map_or(Scalar::Null, Scalar::Boolean));
    }
    let a = Truth::of(&values[0], rows);
    if function == Function::Not {
        return Value::Column(Truth { yes: a.no, no: a.yes }.into_column());
    }
    let b = Truth::of(&values[1], rows);
    let result = match function {
        Function::And => Truth { yes: a.yes.and(&b.yes), no: a.no.or(&b.no) },
        Function::Or => Truth { yes: a.yes.or(&b.yes), no: a.no.and(&b.no) },
        _ => {
            Truth { yes: a.yes.and(&b.no).or(&a.no.and(&b.yes)), no: a.yes.and(&b.yes).or(&a.no.and(&b.no)) }
        }
    };
    Value::Column(result.into_column())
}

/// Never null itself.
pub(super) fn is_null(value: &Value, rows: usize) -> Value {
    match value {
        Value::One(value) => Value::One(Scalar::Boolean(value.is_null())),
        Value::Column(column) => {
            let nulls = column.validity().to_bitmap(rows).not();
            Value::Column(Column::booleans(nulls, Validity::ALL))
        }
    }
}

/// Rows on which a condition is true.
pub(super) fn true_rows(value: Value, rows: usize) -> Bitmap {
    match value.into_column(ScalarType::Boolean, rows) {
        Column::Booleans(column) => Bitmap::clone(&column.truth),
        _ => Bitmap::filled(rows, false),
    }
}
