//! Changes of type: those that happen without being asked for, and `cast`.
//!
//! What lives here: which type can become which. What must not: how values change.

use super::super::mistake;
use crate::ast::{BasicType, CastTo, Span, TypeName};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind};
use crate::value::{Number, Scalar, ScalarType};

/// The same value in a type it can stand for; nothing if there is no implicit way.
pub(in crate::semantic) fn promote(value: Expression, wanted: ScalarType) -> Option<Expression> {
    if value.scalar_type == wanted {
        return Some(value);
    }
    if !value.scalar_type.promotes_to(wanted) {
        return None;
    }
    if value.scalar_type == ScalarType::Null {
        return Some(Expression { scalar_type: wanted, ..value });
    }
    if let (ExpressionKind::Constant(Scalar::Integer(whole)), ScalarType::Number) = (&value.kind, wanted) {
        let number = Number::Exact { unscaled: i128::from(*whole), scale: 0 };
        return Some(Expression::constant(Scalar::Number(number), value.span));
    }
    let span = value.span;
    Some(Expression { kind: ExpressionKind::Promote(Box::new(value)), scalar_type: wanted, span })
}

/// The scalar type of a basic type; nothing for the type of all scalars.
pub(in crate::semantic) fn scalar_type_of(basic: BasicType) -> Option<ScalarType> {
    Some(match basic {
        BasicType::String => ScalarType::String,
        BasicType::Integer => ScalarType::Integer,
        BasicType::Number => ScalarType::Number,
        BasicType::Boolean => ScalarType::Boolean,
        BasicType::Date => ScalarType::Date,
        BasicType::Time => ScalarType::Time,
        BasicType::TimePeriod => ScalarType::TimePeriod,
        BasicType::Duration => ScalarType::Duration,
        BasicType::Scalar => return None,
    })
}

/// `cast(operand, type)` and `cast(operand, type, "mask")`.
pub(in crate::semantic) fn cast(
    operand: Expression,
    to: &CastTo,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let wanted = match &to.scalar_type {
        TypeName::Basic(basic) => scalar_type_of(*basic),
        TypeName::ValueDomain(_) => None,
    };
    let Some(wanted) = wanted else {
        return Err(mistake::unsupported("cast to a value domain", "cast to its basic type", span));
    };
    let from = operand.scalar_type;
    let with_mask = to.mask.is_some();
    let possible = from == wanted
        || from == ScalarType::Null
        || from == ScalarType::String
        || (wanted == ScalarType::String && (!with_mask || from != ScalarType::Boolean))
        || matches!(
            (from, wanted),
            (
                ScalarType::Integer | ScalarType::Number | ScalarType::Boolean,
                ScalarType::Integer | ScalarType::Number | ScalarType::Boolean
            ) | (
                ScalarType::Date | ScalarType::TimePeriod | ScalarType::Time,
                ScalarType::Date | ScalarType::TimePeriod | ScalarType::Time
            ) | (ScalarType::TimePeriod, ScalarType::Duration)
        );
    if !possible {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("a value of type {from} cannot become one of type {wanted}"),
        )
        .with_help("cast it to string first, if its text says what is meant"));
    }
    if with_mask && from != ScalarType::String && wanted != ScalarType::String {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("a mask describes a text, and neither {from} nor {wanted} is one"),
        )
        .with_help("leave the mask out"));
    }
    if from == wanted && !with_mask {
        return Ok(Expression { span, ..operand });
    }
    Ok(Expression {
        kind: ExpressionKind::Cast { operand: Box::new(operand), mask: to.mask.clone() },
        scalar_type: wanted,
        span,
    })
}
