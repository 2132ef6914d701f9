//! Union, intersection, differences, and `exists_in`.
//!
//! What lives here: which structures fit together. What must not: joins.

use std::sync::Arc;

use super::align::{same_types, with_types};
use super::analysis::Analysis;
use super::mistake::{self, Mistakes, all, both};
use super::operand::{columns_where, structure};
use crate::ast::{ExistsIn, Expr, Retain, SetOp, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind, Function, Node, Relation, SetOperator};
use crate::value::{Component, Role, ScalarType, Structure};

/// Set operators: data sets of the same structure, by key.
pub(super) fn combine(
    analysis: &Analysis<'_>,
    operator: SetOp,
    operands: &[Expr],
    span: Span,
) -> Result<Relation, Mistakes> {
    let relations = all(operands.iter().map(|operand| analysis.dataset(operand, operator.text())))?;
    let common = common_structure(&relations, operator.text(), span)?;
    let inputs = relations
        .into_iter()
        .map(|relation| {
            let columns: Vec<_> = common
                .components()
                .iter()
                .filter_map(|component| {
                    let place = relation.structure.position(&component.name)?;
                    Some((place, relation.structure.components()[place].clone()))
                })
                .collect();
            let relation = relation.select(columns, span)?;
            let wanted: Vec<_> = common.components().iter().map(|it| it.scalar_type).enumerate().collect();
            with_types(relation, &wanted, span)
        })
        .collect::<Result<Vec<_>, Diagnostic>>()?;
    let identifiers = common.identifiers().map(|(place, _)| place).collect();
    let operator = match operator {
        SetOp::Union => SetOperator::Union,
        SetOp::Intersect => SetOperator::Intersect,
        SetOp::SetDiff => SetOperator::SetDiff,
        SetOp::SymDiff => SetOperator::SymDiff,
    };
    Ok(Relation { node: Node::Set { operator, inputs, identifiers }, structure: common, span })
}

/// Components of the first operand, in types that hold the values of all.
fn common_structure(
    relations: &[Relation],
    operator: &str,
    span: Span,
) -> Result<Arc<Structure>, Diagnostic> {
    let mut components: Vec<Component> = relations[0].structure.components().to_vec();
    for (number, relation) in relations.iter().enumerate().skip(1) {
        for component in &mut components {
            let other = relation.structure.component(&component.name);
            let Some(other) = other.filter(|other| other.is_identifier() == component.is_identifier()) else {
                return Err(different(operator, number, &component.name, span));
            };
            let common = component.scalar_type.common(other.scalar_type).ok_or_else(|| {
                Diagnostic::semantic(
                    mistake::TYPE,
                    span,
                    format!(
                        "{operator} needs data sets of the same structure: {} is of type {} in one and {} in another",
                        component.name, component.scalar_type, other.scalar_type
                    ),
                )
                .with_help("convert one of them with cast in a calc before")
            })?;
            component.scalar_type = common;
            component.nullable |= other.nullable;
        }
        let more = relation
            .structure
            .components()
            .iter()
            .find(|other| components.iter().all(|component| component.name != other.name));
        if let Some(more) = more {
            return Err(different(operator, number, &more.name, span));
        }
    }
    structure(components, span)
}

fn different(operator: &str, number: usize, name: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(
        mistake::STRUCTURE,
        span,
        format!(
            "{operator} needs data sets of the same structure: {name} is not the same in the first and in operand {}",
            number + 1
        ),
    )
    .with_help("keep and rename components so that names and roles match")
}

/// `exists_in`: for each row of the first operand, whether its key occurs in the second.
pub(super) fn exists_in(
    analysis: &Analysis<'_>,
    exists: &ExistsIn,
    span: Span,
) -> Result<Relation, Mistakes> {
    let (left, right) =
        both(analysis.dataset(&exists.left, "exists_in"), analysis.dataset(&exists.right, "exists_in"))?;
    let own = columns_where(&left.structure, Component::is_identifier);
    let others = columns_where(&right.structure, Component::is_identifier);
    let on: Vec<(usize, usize)> = own
        .iter()
        .filter_map(|(place, key)| {
            let (other, _) = others.iter().find(|(_, other)| other.name == key.name)?;
            Some((*place, *other))
        })
        .collect();
    if on.is_empty() || on.len() < own.len().min(others.len()) {
        return Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            "exists_in needs data sets of which one has all identifiers of the other",
        )
        .with_help("aggregate one of them first, or rename its identifiers")
        .into());
    }
    let (left, right) = same_types(left, right, &on, span)?;
    let mut components = left.structure.components().to_vec();
    let found = components.len();
    let mut flag = Component::new("#exists", Role::Measure, ScalarType::Boolean);
    flag.nullable = false;
    components.push(flag);
    let relation = Relation {
        node: Node::Exists { left: Box::new(left), right: Box::new(right), on },
        structure: structure(components, span)?,
        span,
    };
    let condition = match exists.retain {
        None | Some(Retain::All) => None,
        Some(Retain::True) => Some(relation.column(found, span)),
        Some(Retain::False) => Some(Expression {
            kind: ExpressionKind::Call(Function::Not, vec![relation.column(found, span)]),
            scalar_type: ScalarType::Boolean,
            span,
        }),
    };
    let relation = match condition {
        Some(condition) => relation.filter(condition, span),
        None => relation,
    };
    let mut columns = columns_where(&relation.structure, Component::is_identifier);
    let mut result = Component::new(ScalarType::Boolean.measure_name(), Role::Measure, ScalarType::Boolean);
    result.nullable = false;
    columns.push((found, result));
    Ok(relation.select(columns, span)?)
}
