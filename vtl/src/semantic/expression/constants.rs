//! Constants, and the sets that `in` looks into.
//!
//! What lives here: from literals to values. What must not: operators on them.

use std::sync::Arc;

use super::super::mistake;
use super::super::scope::Scope;
use super::convert::{promote, scalar_type_of};
use crate::ast::{Constant, InSet, Literal, Span};
use crate::dataset::SCALE_MAX;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind};
use crate::value::{Number, Scalar, ScalarType};

/// A literal as an expression.
pub(in crate::semantic) fn literal(value: &Literal, span: Span) -> Result<Expression, Diagnostic> {
    Ok(Expression::constant(scalar(value, span)?, span))
}

/// The value of a constant, with the cast it may have.
pub(in crate::semantic) fn constant(constant: &Constant) -> Result<Scalar, Diagnostic> {
    let value = scalar(&constant.value, constant.span)?;
    let Some(to) = &constant.cast else { return Ok(value) };
    let wanted = constant.cast_type().and_then(scalar_type_of).unwrap_or(ScalarType::String);
    crate::run::cast_value(&value, wanted, to.mask.as_deref())
        .map_err(|message| Diagnostic::semantic(mistake::VALUE, constant.span, message))
}

fn scalar(value: &Literal, span: Span) -> Result<Scalar, Diagnostic> {
    Ok(match value {
        Literal::Null => Scalar::Null,
        Literal::Boolean(truth) => Scalar::Boolean(*truth),
        Literal::Integer(whole) => Scalar::Integer(*whole),
        Literal::Number(digits) => {
            Scalar::Number(number(digits).ok_or_else(|| {
                Diagnostic::semantic(mistake::VALUE, span, format!("{digits} is no number"))
            })?)
        }
        Literal::String(text) => Scalar::String(text.clone()),
    })
}

/// A number as written: exact where it has at most [`SCALE_MAX`] digits after the point.
pub(in crate::semantic) fn number(digits: &str) -> Option<Number> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() <= usize::from(SCALE_MAX)
        && let Ok(unscaled) = format!("{whole}{fraction}").parse()
    {
        return Some(Number::Exact { unscaled, scale: fraction.len() as u8 });
    }
    digits.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float)
}

/// `operand in {...}` and `operand not_in domain`.
pub(in crate::semantic) fn is_in(
    operand: Expression,
    set: &InSet,
    negated: bool,
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let operator = if negated { "not_in" } else { "in" };
    let values = match set {
        InSet::Constants(constants) => constants.iter().map(constant).collect::<Result<Vec<_>, _>>()?,
        InSet::ValueDomain(name) => scope.value_domain(name)?,
    };
    let mut element = ScalarType::Null;
    for value in &values {
        let own = value.scalar_type();
        if element == ScalarType::Null {
            element = own;
        } else if own != element && own != ScalarType::Null {
            return Err(Diagnostic::semantic(
                mistake::TYPE,
                span,
                format!("a set has values of one type, and here are {element} and {own}"),
            )
            .with_help("write 1.0 for 1 where the others are numbers"));
        }
    }
    let Some(common) = operand.scalar_type.common(element) else {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!(
                "{operator} looks for a value of type {} among values of type {element}",
                operand.scalar_type
            ),
        )
        .with_help("write the set in the type of the value, or cast the value"));
    };
    let set: Arc<[Scalar]> = values
        .into_iter()
        .filter(|value| !value.is_null())
        .map(|value| crate::run::promote_value(value, common))
        .collect();
    let operand = promote(operand, common).unwrap_or_else(|| Expression::constant(Scalar::Null, span));
    Ok(Expression {
        kind: ExpressionKind::In { operand: Box::new(operand), set, negated },
        scalar_type: ScalarType::Boolean,
        span,
    })
}
