//! `if` and `case` on data sets.
//!
//! What lives here: which rows take which branch. What must not: `if` and `case` on values, which are expressions.

use std::sync::Arc;

use super::align::{align, with_types};
use super::clauses::boolean;
use super::expression;
use super::mistake::{self, Mistakes};
use super::operand::{Operand, columns_where, promoted};
use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::plan::{Comparison, Expression, ExpressionKind, Function, Node, Relation, SetOperator};
use crate::value::{Component, Role, Scalar, ScalarType};

/// The value of the first branch whose condition is true, row by row.
pub(super) fn choose(
    operator: &str,
    branches: Vec<(Operand, Operand)>,
    otherwise: Operand,
    span: Span,
) -> Result<Operand, Mistakes> {
    let (conditions, mut values): (Vec<_>, Vec<_>) = branches.into_iter().unzip();
    values.push(otherwise);
    if conditions.iter().chain(&values).all(|operand| !operand.is_dataset()) {
        return scalars(operator, conditions, values, span);
    }
    let measures = measures_of(operator, &values, span)?;
    let (rows, branch) = branches_of(operator, conditions, span)?;
    let parts = values
        .into_iter()
        .enumerate()
        .map(|(place, value)| part(operator, rows.as_ref(), &branch, place, value, &measures, span))
        .collect::<Result<Vec<_>, Mistakes>>()?;
    union(operator, parts, span)
}

fn scalars(
    operator: &str,
    conditions: Vec<Operand>,
    values: Vec<Operand>,
    span: Span,
) -> Result<Operand, Mistakes> {
    let scalar = |operand| match operand {
        Operand::Scalar(value) => Ok(value),
        Operand::Dataset(_) => Err(mistake::wanted("a single value", operator, span)),
    };
    let conditions = conditions.into_iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
    let mut values = values.into_iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
    let Some(otherwise) = values.pop() else { return Err(Mistakes::default()) };
    let mut branches: Vec<_> = conditions.into_iter().zip(values).collect();
    let value = match (operator, branches.len()) {
        ("if", 1) => {
            let (condition, then) = branches.swap_remove(0);
            expression::conditional(condition, then, otherwise, span)
        }
        _ => expression::case(branches, otherwise, span),
    };
    Ok(Operand::Scalar(value?))
}

/// Names and types of the measures that all branches give.
fn measures_of(operator: &str, values: &[Operand], span: Span) -> Result<Vec<Component>, Mistakes> {
    let mut measures: Option<Vec<Component>> = None;
    for value in values {
        let Operand::Dataset(relation) = value else { continue };
        let own: Vec<Component> = relation.structure.measures().map(|(_, it)| it.clone()).collect();
        match &mut measures {
            None => measures = Some(own),
            Some(measures) => {
                let matching = measures.len() == own.len();
                for measure in measures {
                    let other = own.iter().find(|other| other.name == measure.name).filter(|_| matching);
                    let Some(other) = other else {
                        return Err(Diagnostic::semantic(
                            mistake::STRUCTURE,
                            span,
                            format!("all branches of {operator} must have the same measures"),
                        )
                        .with_help("rename or keep measures so that they match")
                        .into());
                    };
                    measure.scalar_type =
                        common(operator, measure.scalar_type, other.scalar_type, &measure.name, span)?;
                    measure.nullable |= other.nullable;
                }
            }
        }
    }
    let Some(mut measures) = measures else {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("{operator} with data sets as conditions needs a data set in one of its branches"),
        )
        .with_help("compute single values in a clause: ds[calc x := if ... then ... else ...]")
        .into());
    };
    for value in values {
        let Operand::Scalar(value) = value else { continue };
        for measure in &mut measures {
            measure.scalar_type =
                common(operator, measure.scalar_type, value.scalar_type, &measure.name, span)?;
            measure.nullable |= value.scalar_type == ScalarType::Null;
        }
    }
    measures.extend(common_viral(values));
    Ok(measures)
}

/// Viral attributes that all branches have which are data sets.
fn common_viral(values: &[Operand]) -> Vec<Component> {
    let mut common: Option<Vec<Component>> = None;
    for value in values {
        let Operand::Dataset(relation) = value else { continue };
        let viral = |of: &Component| of.role == Role::ViralAttribute;
        match &mut common {
            None => {
                let own = columns_where(&relation.structure, viral);
                common = Some(own.into_iter().map(|(_, component)| component).collect());
            }
            Some(common) => common.retain(|component| {
                let other = relation.structure.component(&component.name).filter(|other| viral(other));
                other.is_some_and(|other| other.scalar_type == component.scalar_type)
            }),
        }
    }
    common.unwrap_or_default()
}

fn common(
    operator: &str,
    a: ScalarType,
    b: ScalarType,
    name: &str,
    span: Span,
) -> Result<ScalarType, Diagnostic> {
    a.common(b).ok_or_else(|| {
        Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("the branches of {operator} give values of types {a} and {b} for {name}"),
        )
        .with_help("convert one of them with cast")
    })
}

/// The rows of the conditions side by side, if any is a data set, and the number of the branch that counts.
fn branches_of(
    operator: &str,
    conditions: Vec<Operand>,
    span: Span,
) -> Result<(Option<Relation>, Expression), Mistakes> {
    let mut relations = Vec::new();
    let mut sources: Vec<Result<usize, Expression>> = Vec::new();
    for condition in conditions {
        match condition {
            Operand::Dataset(relation) => {
                relation.only_measure(&format!("the condition of {operator}"), span)?;
                sources.push(Ok(relations.len()));
                relations.push(relation);
            }
            Operand::Scalar(value) => sources.push(Err(value)),
        }
    }
    let aligned = if relations.is_empty() { None } else { Some(align(relations, operator, span)?) };
    let mut branches = Vec::new();
    for (place, source) in sources.into_iter().enumerate() {
        let condition = match (source, &aligned) {
            (Ok(dataset), Some(aligned)) => aligned.relation.column(aligned.measures[dataset][0].0, span),
            (Err(value), _) => value,
            (Ok(_), None) => return Err(Mistakes::default()),
        };
        branches.push((boolean(condition, operator)?, number(place, span)));
    }
    let otherwise = number(branches.len(), span);
    let branch = Expression {
        kind: ExpressionKind::Case { branches, otherwise: Box::new(otherwise) },
        scalar_type: ScalarType::Integer,
        span,
    };
    Ok((aligned.map(|aligned| aligned.relation), branch))
}

fn number(place: usize, span: Span) -> Expression {
    Expression::constant(Scalar::Integer(i64::try_from(place).unwrap_or(i64::MAX)), span)
}

/// The rows of one branch.
fn part(
    operator: &str,
    rows: Option<&Relation>,
    branch: &Expression,
    place: usize,
    value: Operand,
    measures: &[Component],
    span: Span,
) -> Result<Relation, Mistakes> {
    let is_branch = expression::call(
        Function::Compare(Comparison::Equal),
        vec![branch.clone(), number(place, span)],
        span,
    )?;
    let keys = |relation: Relation| {
        let keys = columns_where(&relation.structure, Component::is_identifier);
        relation.select(keys, span)
    };
    match (rows, value) {
        (None, Operand::Dataset(relation)) => {
            let relation = relation.without_attributes(span)?.filter(is_branch, span);
            with_measures(relation, measures, span)
        }
        (Some(rows), Operand::Dataset(relation)) => {
            let chosen = keys(rows.clone().filter(is_branch, span))?;
            let aligned = align(vec![chosen, relation], operator, span)?;
            let mut columns = aligned.identifiers;
            columns.extend(aligned.measures.into_iter().next_back().into_iter().flatten());
            // The rows of the condition have been cut to their keys, so that these are the branch's own.
            let viral = aligned.viral.into_iter();
            columns.extend(viral.filter_map(|(component, places)| Some((*places.first()?, component))));
            with_measures(aligned.relation.select(columns, span)?, measures, span)
        }
        (Some(rows), Operand::Scalar(value)) => {
            let chosen = keys(rows.clone().filter(is_branch, span))?;
            let mut columns: Vec<(Component, Expression)> = columns_where(&chosen.structure, |_| true)
                .into_iter()
                .map(|(place, component)| (component, chosen.column(place, span)))
                .collect();
            let null = Expression::constant(Scalar::Null, span);
            columns.extend(measures.iter().map(|component| {
                let value = if component.is_measure() { &value } else { &null };
                (component.clone(), promoted(value.clone(), component.scalar_type))
            }));
            Ok(chosen.project(columns, span)?)
        }
        (None, Operand::Scalar(_)) => Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!(
                "with a single value as the condition, all branches of {operator} must be data sets, or none"
            ),
        )
        .into()),
    }
}

/// Identifiers and these measures in this order, in the types that all branches have.
fn with_measures(relation: Relation, measures: &[Component], span: Span) -> Result<Relation, Mistakes> {
    let mut columns = columns_where(&relation.structure, Component::is_identifier);
    let mut wanted = Vec::new();
    for measure in measures {
        let Some(place) = relation.structure.position(&measure.name) else { continue };
        wanted.push((columns.len(), measure.scalar_type));
        columns.push((place, relation.structure.components()[place].clone()));
    }
    let relation = relation.select(columns, span)?;
    Ok(with_types(relation, &wanted, span)?)
}

/// All branches together; a row takes one branch only, so that keys do not meet.
fn union(operator: &str, parts: Vec<Relation>, span: Span) -> Result<Operand, Mistakes> {
    let Some(first) = parts.first() else { return Err(Mistakes::default()) };
    let identifiers = first.identifier_places();
    let keys = columns_where(&first.structure, Component::is_identifier);
    let structure = union_structure(&parts);
    let parts = parts
        .into_iter()
        .map(|part| {
            let own = columns_where(&part.structure, Component::is_identifier);
            let same = own.len() == keys.len()
                && keys.iter().all(|(_, key)| {
                    part.structure.component(&key.name).is_some_and(Component::is_identifier)
                });
            if !same {
                return Err(Diagnostic::semantic(
                    mistake::STRUCTURE,
                    span,
                    format!("condition and branches of {operator} must have the same identifiers"),
                ));
            }
            let columns = structure.components().iter().filter_map(|component| {
                let place = part.structure.position(&component.name)?;
                Some((place, component.clone()))
            });
            let columns: Vec<_> = columns.collect();
            let part = part.select(columns, span)?;
            let wanted: Vec<_> = structure.components().iter().map(|it| it.scalar_type).enumerate().collect();
            with_types(part, &wanted, span)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let node = Node::Set { operator: SetOperator::Union, inputs: parts, identifiers };
    Ok(Operand::Dataset(Relation { node, structure, span }))
}

/// The structure of the first part; what may be null in any part may be null.
fn union_structure(parts: &[Relation]) -> Arc<crate::value::Structure> {
    let mut components = parts[0].structure.components().to_vec();
    for component in &mut components {
        component.nullable = !component.is_identifier()
            && parts
                .iter()
                .any(|part| part.structure.component(&component.name).is_none_or(|other| other.nullable));
    }
    crate::value::Structure::new(components).map_or_else(|_| parts[0].structure.clone(), Arc::new)
}
