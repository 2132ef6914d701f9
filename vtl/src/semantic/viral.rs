//! `define viral propagation` (VTL 2.2): what becomes of viral attributes where data points meet.
//!
//! What lives here: rules to expressions, for pairs of values and for groups. What must not: which data points meet.

use std::collections::HashSet;

use super::analysis::Analysis;
use super::expression;
use super::mistake::{self, Mistakes, all};
use super::operand::promoted;
use crate::ast::{AggregateOp, Constant, RulesetOn, Span, ViralPropagation, ViralRule, ViralRuleKind};
use crate::diagnostic::Diagnostic;
use crate::plan::{Comparison, Expression, ExpressionKind, Function};
use crate::value::{Component, Scalar, ScalarType};

/// What is wrong with a propagation in itself.
pub(super) fn check(propagation: &ViralPropagation) -> Result<(), Mistakes> {
    let aggregates = propagation.rules.iter().filter(|rule| matches!(rule.kind, ViralRuleKind::Aggregate(_)));
    if aggregates.count() > 0 && propagation.rules.len() > 1 {
        return Err(Diagnostic::semantic(
            mistake::RULESET,
            propagation.name.span,
            format!("{} has an aggregate and other rules; an aggregate says all", propagation.name),
        )
        .into());
    }
    let mut seen = HashSet::new();
    let values = propagation.rules.iter().map(|rule| {
        let values = match &rule.kind {
            ViralRuleKind::When { first, second, .. } => (Some(first), second.as_ref()),
            ViralRuleKind::Else(_) | ViralRuleKind::Aggregate(_) => (None, None),
        };
        let key = format!("{:?} {:?}", values.0.map(|it| &it.value), values.1.map(|it| &it.value));
        if seen.insert(key) {
            return Ok(());
        }
        Err(Diagnostic::semantic(
            mistake::DUPLICATE,
            rule.span,
            format!("{} has two rules for the same values", propagation.name),
        ))
    });
    all(values).map(drop)
}

impl Analysis<'_> {
    /// The propagation for a viral attribute.
    fn propagation(&self, attribute: &str) -> Option<&ViralPropagation> {
        self.propagations
            .iter()
            .find(|propagation| {
                propagation.on == RulesetOn::Variable && &*propagation.target.text == attribute
            })
            .copied()
    }

    /// The value of a viral attribute where data points with these values meet; without a rule it is the first.
    pub(super) fn meeting(
        &self,
        attribute: &Component,
        values: Vec<Expression>,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return Ok(null(attribute.scalar_type, span)) };
        let Some(propagation) = self.propagation(&attribute.name) else { return Ok(first) };
        values.try_fold(first, |met, next| pair(propagation, attribute, met, next, span))
    }

    /// The value of a viral attribute for a group: `aggregate` computes one for its rows. Nothing without a rule.
    pub(super) fn meeting_of_group(
        &self,
        attribute: &Component,
        value: Expression,
        span: Span,
        mut aggregate: impl FnMut(AggregateOp, Expression) -> Result<Expression, Diagnostic>,
    ) -> Result<Option<Expression>, Diagnostic> {
        let Some(propagation) = self.propagation(&attribute.name) else { return Ok(None) };
        if let Some(operator) = aggregate_of(propagation) {
            return Ok(Some(aggregate(operator, value)?));
        }
        let one = Expression::constant(Scalar::Integer(1), span);
        let zero = Expression::constant(Scalar::Integer(0), span);
        let mut occurs = |wanted: &Constant| {
            let is = equals(&value, wanted, span)?;
            let flag = expression::conditional(is, one.clone(), zero.clone(), span)?;
            let most = aggregate(AggregateOp::Max, flag)?;
            expression::call(Function::Compare(Comparison::Equal), vec![most, one.clone()], span)
        };
        let value = cases(propagation, attribute, span, |first, second| {
            let is = occurs(first)?;
            match second {
                None => Ok(is),
                Some(second) => expression::call(Function::And, vec![is, occurs(second)?], span),
            }
        })?;
        Ok(Some(value))
    }
}

fn aggregate_of(propagation: &ViralPropagation) -> Option<AggregateOp> {
    propagation.rules.iter().find_map(|rule| match rule.kind {
        ViralRuleKind::Aggregate(operator) => Some(operator),
        _ => None,
    })
}

/// Two values meet.
fn pair(
    propagation: &ViralPropagation,
    attribute: &Component,
    a: Expression,
    b: Expression,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let compare =
        |comparison| expression::call(Function::Compare(comparison), vec![a.clone(), b.clone()], span);
    match aggregate_of(propagation) {
        Some(operator @ (AggregateOp::Min | AggregateOp::Max)) => {
            let comparison =
                if operator == AggregateOp::Min { Comparison::Less } else { Comparison::Greater };
            // A value that is not known does not count.
            let met = expression::conditional(compare(comparison)?, a.clone(), b.clone(), span)?;
            let met = expression::call(Function::Nvl, vec![met, a.clone()], span)?;
            let alone = expression::call(Function::IsNull, vec![b], span)?;
            expression::conditional(alone, a, met, span)
        }
        Some(AggregateOp::Sum) => expression::call(Function::Add, vec![a, b], span),
        Some(AggregateOp::Avg) => {
            let sum = expression::call(Function::Add, vec![a, b], span)?;
            let two = Expression::constant(Scalar::Integer(2), span);
            expression::call(Function::Divide, vec![sum, two], span)
        }
        Some(other) => Err(Diagnostic::semantic(
            mistake::UNSUPPORTED,
            propagation.name.span,
            format!("{} of two values of a viral attribute is not supported", other.text()),
        )
        .with_help("use min, max, sum or avg, or rules with when")),
        None => cases(propagation, attribute, span, |first, second| {
            let either = |wanted: &Constant| {
                let sides = vec![equals(&a, wanted, span)?, equals(&b, wanted, span)?];
                expression::call(Function::Or, sides, span)
            };
            match second {
                None => either(first),
                Some(second) => expression::call(Function::And, vec![either(first)?, either(second)?], span),
            }
        }),
    }
}

/// The rules as one expression: the first whose values meet counts.
fn cases(
    propagation: &ViralPropagation,
    attribute: &Component,
    span: Span,
    mut meet: impl FnMut(&Constant, Option<&Constant>) -> Result<Expression, Diagnostic>,
) -> Result<Expression, Diagnostic> {
    let value = |constant: &Constant| {
        let value = Expression::constant(expression::constant(constant)?, constant.span);
        if value.scalar_type.promotes_to(attribute.scalar_type) {
            return Ok(promoted(value, attribute.scalar_type));
        }
        Err(Diagnostic::semantic(
            mistake::TYPE,
            constant.span,
            format!(
                "{} is of type {}; this is of type {}",
                attribute.name, attribute.scalar_type, value.scalar_type
            ),
        ))
    };
    let mut otherwise = null(attribute.scalar_type, span);
    let mut branches = Vec::new();
    // Pairs say more than single values, and come first.
    let single = |rule: &&ViralRule| matches!(rule.kind, ViralRuleKind::When { second: None, .. });
    let rules = propagation.rules.iter().filter(|rule| !single(rule));
    for rule in rules.chain(propagation.rules.iter().filter(single)) {
        match &rule.kind {
            ViralRuleKind::When { first, second, then } => {
                branches.push((meet(first, second.as_ref())?, value(then)?));
            }
            ViralRuleKind::Else(constant) => otherwise = value(constant)?,
            ViralRuleKind::Aggregate(_) => {}
        }
    }
    if branches.is_empty() {
        return Ok(otherwise);
    }
    let kind = ExpressionKind::Case { branches, otherwise: Box::new(otherwise) };
    Ok(Expression { kind, scalar_type: attribute.scalar_type, span })
}

/// Whether a value is the one of a rule; null is a value, too.
fn equals(value: &Expression, wanted: &Constant, span: Span) -> Result<Expression, Diagnostic> {
    let constant = expression::constant(wanted)?;
    if constant.is_null() {
        return expression::call(Function::IsNull, vec![value.clone()], span);
    }
    let constant = Expression::constant(constant, wanted.span);
    expression::call(Function::Compare(Comparison::Equal), vec![value.clone(), constant], span)
}

fn null(scalar_type: ScalarType, span: Span) -> Expression {
    Expression { scalar_type, ..Expression::constant(Scalar::Null, span) }
}
