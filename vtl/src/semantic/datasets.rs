//! Operators on values, applied to whole data sets: measure by measure.
//!
//! What lives here: which measures meet, what the result is called, `#`. What must not: types of any one operator,
//! which are those of expressions.

use super::align::{Aligned, align};
use super::analysis::Analysis;
use super::expression;
use super::mistake::{self, Mistakes};
use super::nullable::nullable;
use super::operand::{Operand, columns_where, no_measures};
use crate::ast::{Function, Name, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, Relation};
use crate::value::{Component, Role, ScalarType};

/// Applies an operator to operands of which some may be data sets. The operator is given one value for each
/// operand, at most one of them for each measure.
pub(super) fn apply(
    analysis: &Analysis<'_>,
    operator: &str,
    operands: Vec<Option<Operand>>,
    span: Span,
    mut compute: impl FnMut(Vec<Expression>) -> Result<Expression, Diagnostic>,
) -> Result<Operand, Mistakes> {
    apply_optional(analysis, operator, operands, span, |values| {
        compute(values.into_iter().flatten().collect())
    })
}

/// The same for operators with operands that can be left out.
fn apply_optional(
    analysis: &Analysis<'_>,
    operator: &str,
    operands: Vec<Option<Operand>>,
    span: Span,
    mut compute: impl FnMut(Vec<Option<Expression>>) -> Result<Expression, Diagnostic>,
) -> Result<Operand, Mistakes> {
    let mut relations = Vec::new();
    let mut sources = Vec::new();
    for operand in operands {
        sources.push(match operand {
            None => Source::Absent,
            Some(Operand::Scalar(value)) => Source::Value(value),
            Some(Operand::Dataset(relation)) => {
                relations.push(relation);
                Source::Dataset(relations.len() - 1)
            }
        });
    }
    if relations.is_empty() {
        let values = sources.into_iter().map(|source| match source {
            Source::Value(value) => Some(value),
            Source::Absent | Source::Dataset(_) => None,
        });
        return Ok(Operand::Scalar(compute(values.collect())?));
    }
    let aligned = align(relations, operator, span)?;
    let first = &aligned.measures[0];
    if first.is_empty() {
        return Err(no_measures(operator, span).into());
    }
    let mut mistakes = Mistakes::default();
    let mut computed = Vec::with_capacity(first.len());
    for (_, measure) in first {
        let values = sources.iter().map(|source| match source {
            Source::Absent => Ok(None),
            Source::Value(value) => Ok(Some(value.clone())),
            Source::Dataset(operand) => {
                let place = same_measure(&aligned, *operand, measure, operator, span)?;
                Ok(Some(aligned.relation.column(place, span)))
            }
        });
        let value = values.collect::<Result<Vec<_>, Diagnostic>>().and_then(&mut compute);
        if let Some(value) = mistakes.take(value) {
            computed.push((measure.clone(), value));
        }
    }
    mistakes.or(())?;
    result(analysis, operator, aligned, computed, span)
}

/// Where an operator takes one of its operands from.
enum Source {
    Absent,
    Value(Expression),
    Dataset(usize),
}

/// Place of the measure of another operand that has the same name.
fn same_measure(
    aligned: &Aligned,
    operand: usize,
    measure: &Component,
    operator: &str,
    span: Span,
) -> Result<usize, Diagnostic> {
    let measures = &aligned.measures[operand];
    let found = measures.iter().find(|(_, other)| other.name == measure.name);
    match found {
        Some((place, _)) if measures.len() == aligned.measures[0].len() => Ok(*place),
        _ => {
            let names = |of: &[(usize, Component)]| match of {
                [] => "none".to_owned(),
                of => of.iter().map(|(_, component)| &*component.name).collect::<Vec<_>>().join(", "),
            };
            Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                span,
                format!(
                    "{operator} needs data sets with the same measures; here they are {} and {}",
                    names(&aligned.measures[0]),
                    names(measures)
                ),
            )
            .with_help("rename or keep measures so that they match"))
        }
    }
}

/// The data set of what was computed for each measure.
fn result(
    analysis: &Analysis<'_>,
    operator: &str,
    aligned: Aligned,
    computed: Vec<(Component, Expression)>,
    span: Span,
) -> Result<Operand, Mistakes> {
    let is_only = computed.len() == 1;
    let mut columns: Vec<(Component, Expression)> = Vec::new();
    let source = aligned.relation.structure.clone();
    for (place, component) in aligned.identifiers {
        columns.push((component, aligned.relation.column(place, span)));
    }
    for (measure, value) in computed {
        let name = if takes_new_name(operator, measure.scalar_type, value.scalar_type) {
            if !is_only && value.scalar_type == ScalarType::Boolean {
                return Err(Diagnostic::semantic(
                    mistake::STRUCTURE,
                    span,
                    format!("{operator} gives one measure bool_var, and the data set has several measures"),
                )
                .with_help("keep one of them with [keep ...] or #")
                .into());
            }
            if is_only { value.scalar_type.measure_name().into() } else { measure.name }
        } else {
            measure.name
        };
        let component = Component {
            name,
            role: Role::Measure,
            scalar_type: value.scalar_type,
            nullable: nullable(&value, &source),
        };
        columns.push((component, value));
    }
    for (component, places) in aligned.viral {
        let values = places.iter().map(|place| aligned.relation.column(*place, span)).collect();
        let value = analysis.meeting(&component, values, span)?;
        columns.push((Component { scalar_type: value.scalar_type, ..component }, value));
    }
    Ok(Operand::Dataset(aligned.relation.project(columns, span)?))
}

/// An operator that changes the type of the only measure gives it the name of the type. Integers that become
/// numbers stay what they are, and so does what a cast or a shift of dates gives.
fn takes_new_name(operator: &str, from: ScalarType, to: ScalarType) -> bool {
    let compares = matches!(
        operator,
        "=" | "<>" | "<" | "<=" | ">" | ">=" | "in" | "not_in" | "between" | "match_characters" | "isnull"
    );
    let keeps_name = matches!(operator, "cast" | "dateadd" | "nvl")
        || (from, to) == (ScalarType::Integer, ScalarType::Number)
        || from == ScalarType::Null;
    compares || (from != to && !keeps_name)
}

/// A function of the language, of which some arguments may be data sets.
pub(super) fn apply_function(
    analysis: &Analysis<'_>,
    function: Function,
    operands: Vec<Option<Operand>>,
    span: Span,
) -> Result<Operand, Mistakes> {
    let name = function.text();
    for (place, operand) in operands.iter().enumerate().skip(1) {
        let may_be_dataset = place == 1
            && matches!(
                function,
                Function::Nvl | Function::Mod | Function::Power | Function::Log | Function::DateDiff
            )
            || function == Function::Between;
        if operand.as_ref().is_some_and(Operand::is_dataset) && !may_be_dataset {
            let mistake = mistake::wanted("a single value", name, span);
            return Err(mistake
                .with_help(format!("only the first argument of {name} may be a data set"))
                .into());
        }
    }
    apply_optional(analysis, name, operands, span, |values| expression::function(function, values, span))
}

/// `ds#component`: the identifiers and that component, as a measure.
pub(super) fn membership(relation: Relation, component: &Name, span: Span) -> Result<Relation, Diagnostic> {
    let Some(place) = relation.structure.position(&component.text) else {
        let known = relation.structure.components().iter().map(|component| &*component.name);
        return Err(mistake::unknown("component", &component.text, component.span, known));
    };
    let found = &relation.structure.components()[place];
    let name = if found.is_measure() { found.name.clone() } else { found.scalar_type.measure_name().into() };
    let measure = Component { name, role: Role::Measure, ..found.clone() };
    let mut columns = columns_where(&relation.structure, Component::is_identifier);
    columns.push((place, measure));
    columns.extend(columns_where(&relation.structure, |other| {
        other.role == Role::ViralAttribute && other.name != component.text
    }));
    relation.select(columns, span)
}
