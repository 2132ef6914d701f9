//! Joins: keys, homonyms, and the clauses in their body.
//!
//! What lives here: from operands and aliases to one relation whose components are called `alias#name` where several
//! operands have the name, and back to bare names at the end. What must not: what the clauses do.

use std::collections::HashSet;
use std::sync::Arc;

use super::align::same_types;
use super::analysis::Analysis;
use super::clauses;
use super::expression;
use super::join_keys::{Keys, Part};
use super::mistake::{self, Mistakes, all};
use super::operand::{columns_where, structure};
use super::scope::{Calls, Scope};
use crate::ast::{self, ClauseKind, ComponentName, Constant, Expr, ExprKind, Join, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, Function, JoinKind, JoinedColumn, Node, Relation};
use crate::value::{Component, Role};

/// Names that columns of a join have besides their own: `alias#name`, and the name.
pub(super) type Aliases = [(Arc<str>, Arc<str>)];

/// A join with its body.
pub(super) fn join(analysis: &Analysis<'_>, join: &Join, span: Span) -> Result<Relation, Mistakes> {
    let parts = parts(analysis, join)?;
    let keys = Keys::of(join.kind, &parts, &join.using, span)?;
    let homonyms = homonyms(&parts, &keys, join.kind);
    let names: Vec<Arc<str>> = parts.iter().filter_map(|part| part.alias.clone()).collect();
    let mut aliases = Vec::new();
    for part in &parts {
        let Some(alias) = &part.alias else { continue };
        for component in part.relation.structure.components() {
            aliases.push((format!("{alias}#{}", component.name).into(), component.name.clone()));
        }
    }
    let relation = joined(join.kind, parts, &keys, &homonyms, span)?;
    let mut relation = met(analysis, relation, span)?;
    for (component, value) in &join.defaults {
        relation = with_default(analysis, relation, component, value, &aliases, span)?;
    }
    for clause in &join.clauses {
        relation = match &clause.kind {
            ClauseKind::Apply(value) => apply(analysis, relation, value, &names, span)?,
            _ => clauses::apply(analysis, relation, clause, &aliases, clause.span)?,
        };
    }
    Ok(without_aliases(relation, span)?)
}

fn parts(analysis: &Analysis<'_>, join: &Join) -> Result<Vec<Part>, Mistakes> {
    let operator = join.kind.text();
    let relations = all(join.operands.iter().map(|operand| analysis.dataset(&operand.value, operator)))?;
    let mut taken = HashSet::new();
    let parts = join.operands.iter().zip(relations).map(|(operand, relation)| {
        let alias = match (&operand.alias, &operand.value.kind) {
            (Some(alias), _) => Some(alias.text.clone()),
            (None, ExprKind::Name(name)) => Some(name.clone()),
            (None, _) => None,
        };
        if let Some(alias) = &alias
            && !taken.insert(alias.clone())
        {
            return Err(Diagnostic::semantic(
                mistake::DUPLICATE,
                operand.value.span,
                format!("two data sets of the join are called {alias}"),
            )
            .with_help("give one of them another name with as"));
        }
        if alias.is_none() && join.operands.len() > 1 && !join.clauses.is_empty() {
            // Without a body nothing can refer to it.
            let clash = Diagnostic::semantic(
                mistake::NAME,
                operand.value.span,
                format!("an operand of {operator} that is an expression needs a name"),
            );
            return Err(clash.with_help("write ... as d1"));
        }
        Ok(Part { alias, relation, span: operand.value.span })
    });
    all(parts)
}

/// Names of components, other than keys, that several operands have.
fn homonyms(parts: &[Part], keys: &Keys, kind: ast::JoinKind) -> HashSet<Arc<str>> {
    let mut seen = HashSet::new();
    let mut twice = HashSet::new();
    for part in parts {
        for component in part.relation.structure.components() {
            let is_key = kind != ast::JoinKind::Cross && keys.names.contains(&component.name);
            if !is_key && !seen.insert(component.name.clone()) {
                twice.insert(component.name.clone());
            }
        }
    }
    twice
}

/// All operands, one after the other.
fn joined(
    kind: ast::JoinKind,
    mut parts: Vec<Part>,
    keys: &Keys,
    homonyms: &HashSet<Arc<str>>,
    span: Span,
) -> Result<Relation, Mistakes> {
    // The reference comes first, so that each of the others meets its keys.
    parts.swap(0, keys.reference);
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Err(Mistakes::default()) };
    let columns = columns_where(&first.relation.structure, |_| true);
    let columns = columns.into_iter().map(|(place, component)| {
        let name = full_name(&first, &component.name, homonyms)?;
        Ok((place, Component { name, ..component }))
    });
    let columns = columns.collect::<Result<Vec<_>, Diagnostic>>()?;
    let first = first.relation.select(columns, span)?;
    Ok(parts.try_fold(first, |left, part| next(kind, left, part, keys, homonyms, span))?)
}

/// Viral attributes that several operands have meet.
fn met(analysis: &Analysis<'_>, relation: Relation, span: Span) -> Result<Relation, Mistakes> {
    let bare = |component: &Component| component.name.split_once('#').map(|(_, bare)| Arc::<str>::from(bare));
    let mut columns: Vec<(Component, Expression)> = Vec::new();
    let mut done = HashSet::new();
    for (place, component) in columns_where(&relation.structure, |_| true) {
        let column = relation.column(place, span);
        let name = bare(&component).filter(|_| component.role == Role::ViralAttribute);
        let Some(name) = name else {
            columns.push((component, column));
            continue;
        };
        let same = columns_where(&relation.structure, |other| bare(other).as_ref() == Some(&name));
        if same.iter().any(|(_, other)| other.role != Role::ViralAttribute) {
            columns.push((component, column));
        } else if done.insert(name.clone()) {
            let values = same.iter().map(|(place, _)| relation.column(*place, span)).collect();
            let component = Component { name, ..component };
            let value = analysis.meeting(&component, values, span)?;
            columns.push((Component { scalar_type: value.scalar_type, nullable: true, ..component }, value));
        }
    }
    Ok(relation.project(columns, span)?)
}

fn full_name(part: &Part, name: &Arc<str>, homonyms: &HashSet<Arc<str>>) -> Result<Arc<str>, Diagnostic> {
    if !homonyms.contains(name) {
        return Ok(name.clone());
    }
    match &part.alias {
        Some(alias) => Ok(format!("{alias}#{name}").into()),
        None => Err(Diagnostic::semantic(
            mistake::DUPLICATE,
            part.span,
            format!("several data sets of the join have a component {name}, and one of them has no name"),
        )
        .with_help("write ... as d1, and drop or rename the component in the join")),
    }
}

fn next(
    kind: ast::JoinKind,
    left: Relation,
    part: Part,
    keys: &Keys,
    homonyms: &HashSet<Arc<str>>,
    span: Span,
) -> Result<Relation, Diagnostic> {
    let right = &part.relation.structure;
    let on: Vec<(usize, usize)> = match kind {
        ast::JoinKind::Cross => Vec::new(),
        _ => keys
            .names
            .iter()
            .filter_map(|key| Some((left.structure.position(key)?, right.position(key)?)))
            .collect(),
    };
    let (left, right) = same_types(left, part.relation.clone(), &on, span)?;
    let mut components = Vec::new();
    let mut columns = Vec::new();
    for (place, component) in left.structure.components().iter().enumerate() {
        let is_key = on.iter().find(|(key, _)| *key == place);
        columns.push(match is_key {
            Some((key, other)) if kind == ast::JoinKind::Full => JoinedColumn::Either(*key, *other),
            _ => JoinedColumn::Left(place),
        });
        let mut component = component.clone();
        component.nullable |= kind == ast::JoinKind::Full && is_key.is_none() && !component.is_identifier();
        components.push(component);
    }
    for (place, component) in right.structure.components().iter().enumerate() {
        if on.iter().any(|(_, key)| *key == place) {
            continue;
        }
        columns.push(JoinedColumn::Right(place));
        let mut component =
            Component { name: full_name(&part, &component.name, homonyms)?, ..component.clone() };
        component.nullable |= matches!(kind, ast::JoinKind::Left | ast::JoinKind::Full);
        components.push(component);
    }
    let kind = match kind {
        ast::JoinKind::Inner if on.is_empty() => JoinKind::Cross,
        ast::JoinKind::Inner => JoinKind::Inner,
        ast::JoinKind::Left => JoinKind::Left,
        ast::JoinKind::Full => JoinKind::Full,
        ast::JoinKind::Cross => JoinKind::Cross,
    };
    let node = Node::Join { kind, left: Box::new(left), right: Box::new(right), on, columns };
    Ok(Relation { node, structure: structure(components, span)?, span })
}

/// `nvl(component, value)` behind `using`: what counts where there is no partner.
fn with_default(
    analysis: &Analysis<'_>,
    relation: Relation,
    component: &ComponentName,
    value: &Constant,
    aliases: &Aliases,
    span: Span,
) -> Result<Relation, Mistakes> {
    let scope = Scope::of_relation(analysis, &relation, aliases, Calls::Refused("in a list of components"));
    let of = scope.place(component)?;
    let value = Expression::constant(expression::constant(value)?, value.span);
    let mut columns = Vec::new();
    for (place, component) in columns_where(&relation.structure, |_| true) {
        let column = relation.column(place, span);
        columns.push(if place == of {
            let filled = expression::call(Function::Nvl, vec![column, value.clone()], span)?;
            (Component { scalar_type: filled.scalar_type, ..component }, filled)
        } else {
            (component, column)
        });
    }
    Ok(relation.project(columns, span)?)
}

/// `apply d1 - d2`: for each measure that all operands have.
fn apply(
    analysis: &Analysis<'_>,
    relation: Relation,
    value: &Expr,
    aliases: &[Arc<str>],
    span: Span,
) -> Result<Relation, Mistakes> {
    let mut columns: Vec<(Component, Expression)> =
        columns_where(&relation.structure, Component::is_identifier)
            .into_iter()
            .map(|(place, component)| (component, relation.column(place, span)))
            .collect();
    let before = columns.len();
    let mut mistakes = Mistakes::default();
    let mut done = HashSet::new();
    for (_, component) in relation.structure.measures() {
        let Some((_, measure)) = component.name.split_once('#') else { continue };
        if !done.insert(measure) {
            continue;
        }
        let mut scope = Scope::empty(analysis, Calls::Refused("in apply"));
        for alias in aliases {
            if let Some(place) = relation.structure.position(&format!("{alias}#{measure}")) {
                scope.show(alias.clone(), place, &relation.structure.components()[place]);
            }
        }
        if let Some(value) = mistakes.take(expression::expression(value, &scope)) {
            columns.push((Component::new(measure, Role::Measure, value.scalar_type), value));
        }
    }
    mistakes.or(())?;
    if columns.len() == before {
        return Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            "apply works on measures of the same name, and the data sets of the join share none",
        )
        .into());
    }
    Ok(relation.project(columns, span)?)
}

/// `alias#name` becomes `name`; a clash is a mistake.
fn without_aliases(relation: Relation, span: Span) -> Result<Relation, Diagnostic> {
    let columns: Vec<_> = columns_where(&relation.structure, |_| true)
        .into_iter()
        .map(|(place, component)| {
            let bare = component.name.split_once('#').map(|(_, bare)| bare.into());
            (place, Component { name: bare.unwrap_or_else(|| component.name.clone()), ..component })
        })
        .collect();
    let mut seen = HashSet::new();
    if let Some((_, clash)) = columns.iter().find(|(_, component)| !seen.insert(component.name.clone())) {
        return Err(Diagnostic::semantic(
            mistake::DUPLICATE,
            span,
            format!("several data sets of the join have a component {}", clash.name),
        )
        .with_help(format!("keep or rename one of them: ... rename d1#{0} to {0}_1", clash.name)));
    }
    relation.select(columns, span)
}
