//! Clauses in square brackets: filter, calc, keep, drop, rename, sub.
//!
//! What lives here: what each clause does to components and rows, also within joins. What must not: `aggr`, `pivot`
//! and `unpivot`, which make new rows.

use std::cell::RefCell;
use std::collections::HashSet;

use super::analysis::Analysis;
use super::analytic::Layers;
use super::joins::Aliases;
use super::mistake::{self, Mistakes, all};
use super::nullable::nullable;
use super::operand::{columns_where, promoted};
use super::scope::{Calls, Scope};
use super::{aggregates, expression, pivot};
use crate::ast::{
    self, CalcItem, Clause, ClauseKind, ComponentName, Expr, RenameItem, Setting, Span, SubItem,
};
use crate::diagnostic::Diagnostic;
use crate::plan::{Comparison, Expression, ExpressionKind, Function, Relation};
use crate::value::{Component, Role, ScalarType};

/// Applies a clause to a data set, or to the body of a join, whose components may be called `alias#name`.
pub(super) fn apply(
    analysis: &Analysis<'_>,
    relation: Relation,
    clause: &Clause,
    aliases: &Aliases,
    span: Span,
) -> Result<Relation, Mistakes> {
    let on = On { analysis, relation, aliases, span };
    match &clause.kind {
        ClauseKind::Filter(condition) => filter(on, condition),
        ClauseKind::Calc(items) => calc(on, items),
        ClauseKind::Aggr { items, grouping, having } => {
            aggregates::clause(on, items, grouping.as_ref(), having.as_ref())
        }
        ClauseKind::Keep(components) => keep(on, components),
        ClauseKind::Drop(components) => drop(on, components),
        ClauseKind::Rename(items) => rename(on, items),
        ClauseKind::Sub(items) => sub(on, items),
        ClauseKind::Pivot { identifier, measure } => pivot::pivot(&on, identifier, measure),
        ClauseKind::Unpivot { identifier, measure } => pivot::unpivot(on.relation, identifier, measure, span),
        ClauseKind::Apply(_) => {
            Err(Diagnostic::semantic(mistake::PLACE, clause.span, "apply belongs into a join").into())
        }
    }
}

fn filter(on: On<'_>, condition: &Expr) -> Result<Relation, Mistakes> {
    let span = on.span;
    let scope = on.rows();
    let condition = boolean(expression::expression(condition, &scope)?, "filter")?;
    let own = columns_where(&on.relation.structure, |_| true);
    let filtered = layers_of(scope)?.filter(condition, span);
    Ok(filtered.select(own, span)?)
}

/// A condition: boolean, or null.
pub(super) fn boolean(condition: Expression, of: &str) -> Result<Expression, Diagnostic> {
    if !condition.scalar_type.promotes_to(ScalarType::Boolean) {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            condition.span,
            format!("the condition of {of} must be boolean; it is of type {}", condition.scalar_type),
        )
        .with_help("compare it with something"));
    }
    Ok(promoted(condition, ScalarType::Boolean))
}

/// What a clause is applied to.
pub(super) struct On<'s> {
    pub(super) analysis: &'s Analysis<'s>,
    pub(super) relation: Relation,
    /// Further names of the columns, in a join.
    pub(super) aliases: &'s Aliases,
    pub(super) span: Span,
}

impl<'s> On<'s> {
    /// The components by name.
    pub(super) fn scope(&self, calls: Calls) -> Scope<'s> {
        Scope::of_relation(self.analysis, &self.relation, self.aliases, calls)
    }

    /// The components by name, with analytic calls as further columns.
    fn rows(&self) -> Scope<'s> {
        self.scope(Calls::Analytic(RefCell::new(Layers::over(self.relation.clone()))))
    }
}

/// The relation with the columns that analytic calls have added.
fn layers_of(scope: Scope<'_>) -> Result<Relation, Mistakes> {
    match scope.into_calls() {
        Calls::Analytic(layers) => Ok(layers.into_inner().into_relation()),
        Calls::Refused(_) | Calls::Aggregate(_) => Err(Mistakes::default()),
    }
}

/// Role of a component that a clause computes.
pub(super) fn role_of(item: &CalcItem, existing: Option<&Component>) -> Result<Role, Diagnostic> {
    if existing.is_some_and(Component::is_identifier) {
        return Err(Diagnostic::semantic(
            mistake::ROLE,
            item.span,
            format!(
                "{} is an identifier of the data set, and identifiers cannot be computed anew",
                item.component.name
            ),
        )
        .with_help("choose another name, and rename afterwards"));
    }
    Ok(match item.role {
        Some(ast::Role::Identifier) => Role::Identifier,
        Some(ast::Role::Measure) => Role::Measure,
        Some(ast::Role::Attribute) => Role::Attribute,
        Some(ast::Role::ViralAttribute) => Role::ViralAttribute,
        None | Some(ast::Role::Component) => existing.map_or(Role::Measure, |component| component.role),
    })
}

/// The component that holds a computed value.
pub(super) fn computed(
    item: &CalcItem,
    role: Role,
    value: &Expression,
    may_be_null: bool,
) -> Result<Component, Diagnostic> {
    if role == Role::Identifier && may_be_null {
        return Err(Diagnostic::semantic(
            mistake::ROLE,
            item.span,
            format!("{} can be null, and identifiers cannot", item.component.name),
        )
        .with_help("replace nulls with nvl(..., a value)"));
    }
    let scalar_type =
        if value.scalar_type == ScalarType::Null { ScalarType::String } else { value.scalar_type };
    Ok(Component { name: item.component.name.text.clone(), role, scalar_type, nullable: may_be_null })
}

fn calc(on: On<'_>, items: &[CalcItem]) -> Result<Relation, Mistakes> {
    let span = on.span;
    let scope = on.rows();
    let values = all(items.iter().map(|item| expression::expression(&item.value, &scope)));
    let mut mistakes = Mistakes::default();
    unique(items.iter().map(|item| &item.component), "calc", &mut mistakes);
    let values = mistakes.take(values);
    mistakes.or(())?;
    let values = values.unwrap_or_default();
    let layered = layers_of(scope)?;

    let mut columns: Vec<(Component, Expression)> = columns_where(&on.relation.structure, |component| {
        items.iter().all(|item| item.component.name.text != component.name)
    })
    .into_iter()
    .map(|(place, component)| (component, layered.column(place, span)))
    .collect();
    let new = items.iter().zip(values).map(|(item, value)| {
        let existing = on.relation.structure.component(&item.component.name.text);
        let role = role_of(item, existing)?;
        let component = computed(item, role, &value, nullable(&value, &layered.structure))?;
        let value = promoted(value, component.scalar_type);
        Ok::<_, Diagnostic>((component, value))
    });
    columns.extend(all(new)?);
    Ok(layered.project(columns, span)?)
}

/// Each name at most once.
pub(super) fn unique<'n>(
    names: impl Iterator<Item = &'n ComponentName>,
    clause: &str,
    mistakes: &mut Mistakes,
) {
    let mut seen = HashSet::new();
    for name in names {
        let full = (name.dataset.as_ref().map(|dataset| &dataset.text), &name.name.text);
        if !seen.insert(full) {
            mistakes.add(Diagnostic::semantic(
                mistake::DUPLICATE,
                name.span(),
                format!("{} occurs twice in {clause}", name.name),
            ));
        }
    }
}

/// Places of components that a clause names; identifiers are refused, as they must stay.
fn places(on: &On<'_>, names: &[ComponentName], clause: &str) -> Result<Vec<usize>, Mistakes> {
    let scope = on.scope(Calls::Refused("in a list of components"));

    let mut mistakes = Mistakes::default();
    unique(names.iter(), clause, &mut mistakes);
    let mut places = Vec::with_capacity(names.len());
    for name in names {
        let Some(place) = mistakes.take(scope.place(name)) else { continue };
        if on.relation.structure.components()[place].is_identifier() {
            mistakes.add(
                Diagnostic::semantic(
                    mistake::ROLE,
                    name.span(),
                    format!("{} is an identifier, and {clause} is for measures and attributes", name.name),
                )
                .with_help("identifiers always stay; aggregate with group by, or fix one value with sub"),
            );
        }
        places.push(place);
    }
    mistakes.or(places)
}

fn keep(on: On<'_>, names: &[ComponentName]) -> Result<Relation, Mistakes> {
    let span = on.span;
    let kept = places(&on, names, "keep")?;
    let columns = on.relation.structure.components().iter().enumerate();
    let columns: Vec<_> = columns
        .filter(|(place, component)| {
            kept.contains(place) || matches!(component.role, Role::Identifier | Role::ViralAttribute)
        })
        .map(|(place, component)| (place, component.clone()))
        .collect();
    Ok(on.relation.select(columns, span)?)
}

fn drop(on: On<'_>, names: &[ComponentName]) -> Result<Relation, Mistakes> {
    let span = on.span;
    let dropped = places(&on, names, "drop")?;
    let columns = on.relation.structure.components().iter().enumerate();
    let columns: Vec<_> = columns
        .filter(|(place, _)| !dropped.contains(place))
        .map(|(place, component)| (place, component.clone()))
        .collect();
    Ok(on.relation.select(columns, span)?)
}

fn rename(on: On<'_>, items: &[RenameItem]) -> Result<Relation, Mistakes> {
    let span = on.span;
    let scope = on.scope(Calls::Refused("in a list of components"));
    let mut mistakes = Mistakes::default();
    unique(items.iter().map(|item| &item.from), "rename", &mut mistakes);
    unique(items.iter().map(|item| &item.to), "the new names of rename", &mut mistakes);
    let mut columns = columns_where(&on.relation.structure, |_| true);
    for item in items {
        if let Some(place) = mistakes.take(scope.place(&item.from)) {
            columns[place].1.name = item.to.name.text.clone();
        }
    }
    mistakes.or(())?;
    Ok(on.relation.select(columns, span)?)
}

fn sub(on: On<'_>, items: &[SubItem]) -> Result<Relation, Mistakes> {
    let span = on.span;
    let scope = on.scope(Calls::Refused("in sub"));
    let mut mistakes = Mistakes::default();
    unique(items.iter().map(|item| &item.component), "sub", &mut mistakes);
    let mut gone = Vec::new();
    let mut condition: Option<Expression> = None;
    for item in items {
        let equal = scope.place(&item.component).and_then(|place| {
            let component = &on.relation.structure.components()[place];
            if !component.is_identifier() {
                return Err(Diagnostic::semantic(
                    mistake::ROLE,
                    item.component.span(),
                    format!("{} is no identifier, and sub is for identifiers", component.name),
                )
                .with_help("use filter"));
            }
            gone.push(place);
            let value = match &item.value {
                Setting::Constant(value) => Expression::constant(expression::constant(value)?, value.span),
                Setting::Name(name) => on.analysis.scalar_scope().resolve(&name.text, name.span)?,
            };
            let column = on.relation.column(place, item.component.span());
            expression::call(Function::Compare(Comparison::Equal), vec![column, value], span)
        });
        if let Some(equal) = mistakes.take(equal) {
            condition = Some(match condition {
                None => equal,
                Some(before) => Expression {
                    kind: ExpressionKind::Call(Function::And, vec![before, equal]),
                    scalar_type: ScalarType::Boolean,
                    span,
                },
            });
        }
    }
    mistakes.or(())?;
    let Some(condition) = condition else { return Ok(on.relation) };
    let columns = on.relation.structure.components().iter().enumerate();
    let columns: Vec<_> = columns
        .filter(|(place, _)| !gone.contains(place))
        .map(|(place, component)| (place, component.clone()))
        .collect();
    Ok(on.relation.filter(condition, span).select(columns, span)?)
}
