//! Expressions on single values and components: from syntax to typed expressions.
//!
//! What lives here: the walk through the tree, and the few operators that are no function of values. What must
//! not: signatures of functions ([`signature`]), changes of type ([`convert`]), data sets.

mod arguments;
mod constants;
mod convert;
mod names;
mod signature;
#[cfg(test)]
mod tests;
mod written;

pub(super) use constants::{constant, is_in, literal};
pub(super) use convert::{cast, promote};
pub(super) use signature::call;
pub(super) use written::{function, string_distance, time_agg};

use super::mistake;
use super::scope::Scope;
use crate::ast::{
    BinaryOp, CastTo, Expr, ExprKind, Function as Written, InSet, Span, StringDistance, TimeAgg, UnaryOp,
};
use crate::diagnostic::Diagnostic;
use crate::plan::{Comparison, Expression, ExpressionKind, Function};
use crate::value::{Number, Scalar, ScalarType};

/// Types an expression on single values or components.
pub(super) fn expression(expr: &Expr, scope: &Scope<'_>) -> Result<Expression, Diagnostic> {
    // Every arm is one call: what an arm needs on the stack is not needed at every level of a deep expression.
    let span = expr.span;
    match &expr.kind {
        ExprKind::Literal(value) => literal(value, span),
        ExprKind::Name(name) => scope.resolve(name, span),
        ExprKind::Membership { operand, component } => scope.member(operand, component, span),
        ExprKind::Unary { operator, operand } => written_unary(*operator, operand, scope, span),
        ExprKind::Binary { .. } => chain(expr, scope),
        ExprKind::In { operand, negated, set } => written_in(operand, *negated, set, scope, span),
        ExprKind::If { condition, then, otherwise } => written_if([condition, then, otherwise], scope, span),
        ExprKind::Case { branches, otherwise } => written_case(branches, otherwise, scope, span),
        ExprKind::Call { function, arguments } => written_call(*function, arguments, scope, span),
        ExprKind::UserCall { operator, arguments } => scope.user_call(operator, arguments, span),
        ExprKind::StringDistance { method, left, right } => {
            written_distance(*method, [left, right], scope, span)
        }
        ExprKind::Cast { operand, to } => written_cast(operand, to, scope, span),
        ExprKind::Aggregate(call) => scope.aggregate(call, span),
        ExprKind::Analytic(call) => scope.analytic(call, span),
        ExprKind::TimeAgg(call) => written_time_agg(call, scope, span),
        other => Err(no_value(other, span)),
    }
}

fn written_unary(
    operator: UnaryOp,
    operand: &Expr,
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let operand = expression(operand, scope)?;
    unary(operator, operand, span)
}

fn written_in(
    operand: &Expr,
    negated: bool,
    set: &InSet,
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let operand = expression(operand, scope)?;
    is_in(operand, set, negated, scope, span)
}

fn written_if(parts: [&Expr; 3], scope: &Scope<'_>, span: Span) -> Result<Expression, Diagnostic> {
    let [condition, then, otherwise] = parts;
    let condition = expression(condition, scope)?;
    let then = expression(then, scope)?;
    let otherwise = expression(otherwise, scope)?;
    conditional(condition, then, otherwise, span)
}

fn written_case(
    branches: &[(Expr, Expr)],
    otherwise: &Expr,
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let mut typed = Vec::with_capacity(branches.len());
    for (condition, value) in branches {
        let condition = expression(condition, scope)?;
        typed.push((condition, expression(value, scope)?));
    }
    let otherwise = expression(otherwise, scope)?;
    case(typed, otherwise, span)
}

fn written_distance(
    method: StringDistance,
    texts: [&Expr; 2],
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let left = expression(texts[0], scope)?;
    let right = expression(texts[1], scope)?;
    string_distance(method, left, right, span)
}

fn written_cast(
    operand: &Expr,
    to: &CastTo,
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let operand = expression(operand, scope)?;
    cast(operand, to, span)
}

fn written_time_agg(call: &TimeAgg, scope: &Scope<'_>, span: Span) -> Result<Expression, Diagnostic> {
    let operand = match &call.operand {
        Some(operand) => expression(operand, scope)?,
        None => scope.time_identifier(span)?,
    };
    time_agg(call, operand, scope, span)
}

/// What works on data sets only.
fn no_value(kind: &ExprKind, span: Span) -> Diagnostic {
    let operator = match kind {
        ExprKind::Eval(_) => {
            let help = "a hub runs no code that is not VTL; write the routine as define operator";
            return mistake::unsupported("eval", help, span);
        }
        ExprKind::Join(join) => join.kind.text(),
        ExprKind::Set { operator, .. } => operator.text(),
        ExprKind::ExistsIn(_) => "exists_in",
        ExprKind::Check(_) => "check",
        ExprKind::CheckDatapoint(_) => "check_datapoint",
        ExprKind::CheckHierarchy(_) => "check_hierarchy",
        ExprKind::Hierarchy(_) => "hierarchy",
        ExprKind::FillTimeSeries { .. } => "fill_time_series",
        _ => "a clause in square brackets",
    };
    only_datasets(operator, span)
}

fn only_datasets(operator: &str, span: Span) -> Diagnostic {
    mistake::wanted("a component or a single value", operator, span)
        .with_help(format!("{operator} works on data sets: write it in a statement of its own"))
}

fn written_call(
    written: Written,
    arguments: &[Option<Expr>],
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    match written {
        Written::FlowToStock | Written::StockToFlow | Written::Timeshift => {
            return Err(only_datasets(written.text(), span));
        }
        Written::PeriodIndicator if arguments.is_empty() => {
            return call(Function::PeriodIndicator, vec![scope.time_identifier(span)?], span);
        }
        _ => {}
    }
    let mut typed = Vec::with_capacity(arguments.len());
    for argument in arguments {
        typed.push(match argument {
            Some(argument) => Some(expression(argument, scope)?),
            None => None,
        });
    }
    function(written, typed, span)
}

/// `a + b + c ...` is a tree that leans to the left: a loop, as rules may add hundreds of codes.
fn chain(expr: &Expr, scope: &Scope<'_>) -> Result<Expression, Diagnostic> {
    let mut steps = Vec::new();
    let mut first = expr;
    while let ExprKind::Binary { operator, left, right } = &first.kind {
        steps.push((*operator, &**right, first.span));
        first = left;
    }
    let mut value = expression(first, scope)?;
    for (operator, right, span) in steps.into_iter().rev() {
        value = binary(operator, value, expression(right, scope)?, span)?;
    }
    Ok(value)
}

/// An operator between two values.
pub(super) fn binary(
    operator: BinaryOp,
    left: Expression,
    right: Expression,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let function = match operator {
        BinaryOp::Multiply => Function::Multiply,
        BinaryOp::Divide => Function::Divide,
        BinaryOp::Add => Function::Add,
        BinaryOp::Subtract => Function::Subtract,
        BinaryOp::Concatenate => Function::Concatenate,
        BinaryOp::Equal => Function::Compare(Comparison::Equal),
        BinaryOp::NotEqual => Function::Compare(Comparison::NotEqual),
        BinaryOp::Less => Function::Compare(Comparison::Less),
        BinaryOp::LessOrEqual => Function::Compare(Comparison::LessOrEqual),
        BinaryOp::Greater => Function::Compare(Comparison::Greater),
        BinaryOp::GreaterOrEqual => Function::Compare(Comparison::GreaterOrEqual),
        BinaryOp::And => Function::And,
        BinaryOp::Or => Function::Or,
        BinaryOp::Xor => Function::Xor,
    };
    call(function, vec![left, right], span)
}

/// An operator before a value; a signed constant is a constant.
pub(super) fn unary(operator: UnaryOp, operand: Expression, span: Span) -> Result<Expression, Diagnostic> {
    let function = match operator {
        UnaryOp::Plus => Function::Plus,
        UnaryOp::Minus => Function::Minus,
        UnaryOp::Not => Function::Not,
    };
    if let (UnaryOp::Minus, ExpressionKind::Constant(value)) = (operator, &operand.kind) {
        let negated = match value {
            Scalar::Integer(whole) => whole.checked_neg().map(Scalar::Integer),
            Scalar::Number(Number::Exact { unscaled, scale }) => unscaled
                .checked_neg()
                .map(|unscaled| Scalar::Number(Number::Exact { unscaled, scale: *scale })),
            Scalar::Number(Number::Float(value)) => Some(Scalar::Number(Number::Float(-value))),
            _ => None,
        };
        if let Some(negated) = negated {
            return Ok(Expression::constant(negated, span));
        }
    }
    call(function, vec![operand], span)
}

/// `if condition then a else b`.
pub(super) fn conditional(
    condition: Expression,
    then: Expression,
    otherwise: Expression,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let condition = condition_of("if", condition)?;
    let [then, otherwise] = alike("if", vec![then, otherwise], span)?
        .try_into()
        .map_err(|_| mistake::wanted("two values", "if", span))?;
    let scalar_type = then.scalar_type;
    Ok(Expression { kind: ExpressionKind::If(Box::new([condition, then, otherwise])), scalar_type, span })
}

/// `case when condition then a ... else b`.
pub(super) fn case(
    branches: Vec<(Expression, Expression)>,
    otherwise: Expression,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let (conditions, mut values): (Vec<_>, Vec<_>) = branches.into_iter().unzip();
    values.push(otherwise);
    let mut values = alike("case", values, span)?;
    let conditions = conditions
        .into_iter()
        .map(|condition| condition_of("case", condition))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(otherwise) = values.pop() else { return Err(mistake::wanted("a value", "case", span)) };
    let scalar_type = otherwise.scalar_type;
    let branches = conditions.into_iter().zip(values).collect();
    Ok(Expression {
        kind: ExpressionKind::Case { branches, otherwise: Box::new(otherwise) },
        scalar_type,
        span,
    })
}

fn condition_of(operator: &str, condition: Expression) -> Result<Expression, Diagnostic> {
    let (found, span) = (condition.scalar_type, condition.span);
    promote(condition, ScalarType::Boolean).ok_or_else(|| {
        Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("the condition of {operator} must be true or false; this is of type {found}"),
        )
        .with_help("compare it with something, for example with =")
    })
}

/// Values of which any one may come out: all in their common type.
fn alike(operator: &str, values: Vec<Expression>, span: Span) -> Result<Vec<Expression>, Diagnostic> {
    let common = values.iter().try_fold(ScalarType::Null, |common, value| {
        common.common(value.scalar_type).ok_or((common, value.scalar_type))
    });
    let common = common.map_err(|(one, other)| {
        Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("the branches of {operator} have no common type: {one} and {other}"),
        )
        .with_help("bring them to one type with cast")
    })?;
    Ok(values.into_iter().filter_map(|value| promote(value, common)).collect())
}
