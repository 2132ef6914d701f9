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
use crate::ast::{BinaryOp, Expr, ExprKind, Function as Written, Span, UnaryOp};
use crate::diagnostic::Diagnostic;
use crate::plan::{Comparison, Expression, ExpressionKind, Function};
use crate::value::{Number, Scalar, ScalarType};

/// Types an expression on single values or components.
pub(super) fn expression(expr: &Expr, scope: &Scope<'_>) -> Result<Expression, Diagnostic> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Literal(value) => literal(value, span),
        ExprKind::Name(name) => scope.resolve(name, span),
        ExprKind::Membership { operand, component } => scope.member(operand, component, span),
        ExprKind::Unary { operator, operand } => unary(*operator, expression(operand, scope)?, span),
        ExprKind::Binary { .. } => chain(expr, scope),
        ExprKind::In { operand, negated, set } => {
            is_in(expression(operand, scope)?, set, *negated, scope, span)
        }
        ExprKind::If { condition, then, otherwise } => conditional(
            expression(condition, scope)?,
            expression(then, scope)?,
            expression(otherwise, scope)?,
            span,
        ),
        ExprKind::Case { branches, otherwise } => {
            let branches = branches
                .iter()
                .map(|(condition, value)| Ok((expression(condition, scope)?, expression(value, scope)?)));
            case(branches.collect::<Result<_, Diagnostic>>()?, expression(otherwise, scope)?, span)
        }
        ExprKind::Call { function: written, arguments } => written_call(*written, arguments, scope, span),
        ExprKind::UserCall { operator, arguments } => scope.user_call(operator, arguments, span),
        ExprKind::StringDistance { method, left, right } => {
            string_distance(*method, expression(left, scope)?, expression(right, scope)?, span)
        }
        ExprKind::Cast { operand, to } => cast(expression(operand, scope)?, to, span),
        ExprKind::Aggregate(call) => scope.aggregate(call, span),
        ExprKind::Analytic(call) => scope.analytic(call, span),
        ExprKind::TimeAgg(call) => {
            let operand = match &call.operand {
                Some(operand) => expression(operand, scope)?,
                None => scope.time_identifier(span)?,
            };
            time_agg(call, operand, span)
        }
        ExprKind::Clause { .. } => Err(only_datasets("a clause in square brackets", span)),
        ExprKind::Join(join) => Err(only_datasets(join.kind.text(), span)),
        ExprKind::Set { operator, .. } => Err(only_datasets(operator.text(), span)),
        ExprKind::ExistsIn(_) => Err(only_datasets("exists_in", span)),
        ExprKind::Check(_) => Err(only_datasets("check", span)),
        ExprKind::CheckDatapoint(_) => Err(only_datasets("check_datapoint", span)),
        ExprKind::CheckHierarchy(_) => Err(only_datasets("check_hierarchy", span)),
        ExprKind::Hierarchy(_) => Err(only_datasets("hierarchy", span)),
        ExprKind::FillTimeSeries { .. } => Err(only_datasets("fill_time_series", span)),
        ExprKind::Eval(_) => Err(mistake::unsupported(
            "eval",
            "a hub runs no code that is not VTL; write the routine as define operator",
            span,
        )),
    }
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
    let typed =
        arguments.iter().map(|argument| argument.as_ref().map(|expr| expression(expr, scope)).transpose());
    function(written, typed.collect::<Result<_, _>>()?, span)
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
