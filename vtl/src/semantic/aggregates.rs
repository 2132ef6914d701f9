//! Aggregates: on whole data sets, in the clause `aggr`, and in `having`.
//!
//! What lives here: types of aggregates, groups, and their translation to one aggregation with projections below and
//! above it. What must not: analytic calls, which keep all rows.

use std::cell::RefCell;
use std::collections::HashSet;

use super::analysis::Analysis;
use super::clauses::{On, boolean, computed, role_of, unique};
use super::expression;
use super::mistake::{self, Mistakes, all, both};
use super::nullable::nullable;
use super::operand::{columns_where, promoted, structure};
use super::scope::{Calls, Scope};
use crate::ast::{
    AggregateCall, AggregateOp, CalcItem, ComponentName, Expr, ExprKind, Grouping, GroupingKind, Span,
};
use crate::diagnostic::Diagnostic;
use crate::plan::{Aggregate, AggregateFunction, Expression, ExpressionKind, Function, Node, Relation};
use crate::value::{Component, Role, Scalar, ScalarType};

/// An aggregation that is being put together: the rows below it, what makes its groups, and what is computed.
pub(super) struct Groups {
    input: Relation,
    /// Components that make a group, and their values.
    by: Vec<(Component, Expression)>,
    /// Values that are aggregated.
    arguments: Vec<(Component, Expression)>,
    aggregates: Vec<(Component, Aggregate)>,
}

impl Groups {
    fn new(input: Relation, by: Vec<(Component, Expression)>) -> Self {
        Self { input, by, arguments: Vec::new(), aggregates: Vec::new() }
    }

    /// Where a column of the rows below is found in the groups.
    pub(super) fn place_of(&self, place: usize, name: &str, span: Span) -> Result<usize, Diagnostic> {
        let found = self
            .by
            .iter()
            .position(|(_, value)| matches!(value.kind, ExpressionKind::Column(of) if of == place));
        found.ok_or_else(|| {
            Diagnostic::semantic(
                mistake::PLACE,
                span,
                format!("{name} has many values in a group; only aggregates and grouping components can stand here"),
            )
            .with_help(format!("write an aggregate such as max({name}), or group by {name}"))
        })
    }

    /// An aggregate call within an expression on groups: a column.
    pub(super) fn call(
        groups: &RefCell<Self>,
        call: &AggregateCall,
        scope: &Scope<'_>,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        if let Some(grouping) = &call.grouping {
            return Err(Diagnostic::semantic(
                mistake::PLACE,
                grouping.span,
                "the groups are those of the whole clause; an aggregate within has none of its own",
            ));
        }
        // Typed without holding the groups: the scope looks into them for other names.
        let argument = match &call.operand {
            Some(operand) => Some(expression::expression(operand, &scope.below())?),
            None => None,
        };
        groups.borrow_mut().add(call.operator, argument, span)
    }

    /// Adds an aggregate, and gives its column.
    fn add(
        &mut self,
        operator: AggregateOp,
        argument: Option<Expression>,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        let scalar_type = match &argument {
            Some(argument) => result_type(operator, argument.scalar_type, span)?,
            None if operator == AggregateOp::Count => ScalarType::Integer,
            None => {
                return Err(Diagnostic::semantic(
                    mistake::PLACE,
                    span,
                    format!("{} needs to know of what", operator.text()),
                ));
            }
        };
        let may_be_null = argument.as_ref().is_some_and(|argument| nullable(argument, &self.input.structure));
        let may_be_null = may_be_null
            || matches!(operator, AggregateOp::StddevSamp | AggregateOp::VarSamp)
            || self.by.is_empty() && operator != AggregateOp::Count;
        let argument = argument.map(|value| {
            let name = format!("#{}", self.by.len() + self.arguments.len());
            let component = Component::new(name, Role::Measure, value.scalar_type);
            self.arguments.push((component, value));
            self.by.len() + self.arguments.len() - 1
        });
        let place = self.by.len() + self.aggregates.len();
        let mut component = Component::new(format!("#{place}"), Role::Measure, scalar_type);
        component.nullable = may_be_null;
        let aggregate = Aggregate { function: function(operator), argument, scalar_type };
        self.aggregates.push((component, aggregate));
        Ok(Expression { kind: ExpressionKind::Column(place), scalar_type, span })
    }

    /// Groups and aggregates, one column each.
    fn into_relation(self, span: Span) -> Result<Relation, Diagnostic> {
        let by: Vec<usize> = (0..self.by.len()).collect();
        let mut components: Vec<Component> = self.by.iter().map(|(component, _)| component.clone()).collect();
        let input = self.input.project(self.by.into_iter().chain(self.arguments).collect(), span)?;
        let (more, aggregates): (Vec<_>, Vec<_>) = self.aggregates.into_iter().unzip();
        components.extend(more);
        let structure = structure(components, span)?;
        let node = Node::Aggregate { input: Box::new(input), by, aggregates };
        Ok(Relation { node, structure, span })
    }
}

/// The type of an aggregate, if it has a meaning for values of a type.
pub(super) fn result_type(
    operator: AggregateOp,
    argument: ScalarType,
    span: Span,
) -> Result<ScalarType, Diagnostic> {
    let wrong = |needs: &str| {
        Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("{} needs {needs}; this is of type {argument}", operator.text()),
        ))
    };
    match operator {
        AggregateOp::Count => Ok(ScalarType::Integer),
        AggregateOp::Min | AggregateOp::Max if argument == ScalarType::Time => {
            wrong("values that have an order")
        }
        AggregateOp::Min | AggregateOp::Max => Ok(argument),
        _ if !argument.is_numeric() && argument != ScalarType::Null => wrong("numbers"),
        AggregateOp::Sum if argument != ScalarType::Null => Ok(argument),
        _ => Ok(ScalarType::Number),
    }
}

/// The function of the plan.
pub(super) fn function(operator: AggregateOp) -> AggregateFunction {
    match operator {
        AggregateOp::Sum => AggregateFunction::Sum,
        AggregateOp::Avg => AggregateFunction::Average,
        AggregateOp::Count => AggregateFunction::Count,
        AggregateOp::Median => AggregateFunction::Median,
        AggregateOp::Min => AggregateFunction::Minimum,
        AggregateOp::Max => AggregateFunction::Maximum,
        AggregateOp::StddevPop => AggregateFunction::StddevPopulation,
        AggregateOp::StddevSamp => AggregateFunction::StddevSample,
        AggregateOp::VarPop => AggregateFunction::VariancePopulation,
        AggregateOp::VarSamp => AggregateFunction::VarianceSample,
    }
}

/// `sum(ds group by ...)`: every measure is aggregated.
pub(super) fn on_dataset(
    analysis: &Analysis<'_>,
    call: &AggregateCall,
    span: Span,
) -> Result<Relation, Mistakes> {
    let name = call.operator.text();
    let Some(operand) = &call.operand else {
        return Err(mistake::wanted("a data set", name, span).into());
    };
    let on = On { analysis, relation: analysis.dataset(operand, name)?, aliases: &[], span };
    let relation = &on.relation;
    let measures = columns_where(&relation.structure, Component::is_measure);
    let by = groups_by(&on, call.grouping.as_ref())?;
    let scope = on.scope(Calls::Aggregate(RefCell::new(Groups::new(relation.clone(), by))));
    let Calls::Aggregate(groups) = scope.calls() else { return Err(Mistakes::default()) };
    let mut results = Vec::new();
    if call.operator == AggregateOp::Count {
        let argument = something(relation, &measures, span)?;
        let value = groups.borrow_mut().add(AggregateOp::Count, argument, span)?;
        let name = ScalarType::Integer.measure_name();
        results.push((Component::new(name, Role::Measure, ScalarType::Integer), value));
    } else {
        // Without measures the keys of the groups remain.
        results = all(measures.into_iter().map(|(place, measure)| {
            let argument = relation.column(place, span);
            let value = groups.borrow_mut().add(call.operator, Some(argument), span)?;
            Ok::<_, Diagnostic>((Component { scalar_type: value.scalar_type, ..measure }, value))
        }))?;
    }
    results.extend(viral(&on, &scope)?);
    finish(scope, results, call.having.as_ref(), span)
}

/// Viral attributes of the groups, as far as a propagation says what they are.
fn viral(on: &On<'_>, scope: &Scope<'_>) -> Result<Vec<(Component, Expression)>, Mistakes> {
    let Calls::Aggregate(groups) = scope.calls() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (place, component) in columns_where(&on.relation.structure, |it| it.role == Role::ViralAttribute) {
        let value = on.relation.column(place, on.span);
        let value = on.analysis.meeting_of_group(&component, value, on.span, |operator, value| {
            groups.borrow_mut().add(operator, Some(value), on.span)
        })?;
        found.extend(value.map(|value| (Component { scalar_type: value.scalar_type, ..component }, value)));
    }
    Ok(found)
}

/// What `count` counts: data points of which any measure is not null, and all of them where there is no measure.
fn something(
    relation: &Relation,
    measures: &[(usize, Component)],
    span: Span,
) -> Result<Option<Expression>, Diagnostic> {
    let mut nothing: Option<Expression> = None;
    for (place, measure) in measures {
        if !measure.nullable {
            return Ok(None);
        }
        let null = expression::call(Function::IsNull, vec![relation.column(*place, span)], span)?;
        nothing = Some(match nothing {
            None => null,
            Some(before) => expression::call(Function::And, vec![before, null], span)?,
        });
    }
    let Some(nothing) = nothing else { return Ok(None) };
    let null = Expression::constant(Scalar::Null, span);
    let one = Expression::constant(Scalar::Boolean(true), span);
    Ok(Some(expression::conditional(nothing, null, one, span)?))
}

/// `ds[aggr x := sum(y) group by ...]`
pub(super) fn clause(
    on: On<'_>,
    items: &[CalcItem],
    grouping: Option<&Grouping>,
    having: Option<&Expr>,
) -> Result<Relation, Mistakes> {
    let (relation, span) = (&on.relation, on.span);
    let by = groups_by(&on, grouping)?;
    let keys: HashSet<_> = by.iter().map(|(component, _)| component.name.clone()).collect();
    let groups = RefCell::new(Groups::new(relation.clone(), by));
    let scope = on.scope(Calls::Aggregate(groups));
    let mut mistakes = Mistakes::default();
    unique(items.iter().map(|item| &item.component), "aggr", &mut mistakes);
    let values = items.iter().map(|item| {
        let value = expression::expression(&item.value, &scope)?;
        let existing = relation.structure.component(&item.component.name.text);
        // An identifier that is no longer there does not stand in the way.
        let existing = existing.filter(|other| keys.contains(&other.name) || !other.is_identifier());
        let role = role_of(item, existing)?;
        let may_be_null = match scope.calls() {
            Calls::Aggregate(groups) => groups.borrow().may_be_null(&value),
            Calls::Refused(_) | Calls::Analytic(_) => true,
        };
        let component = computed(item, role, &value, may_be_null)?;
        let value = promoted(value, component.scalar_type);
        Ok::<_, Diagnostic>((component, value))
    });
    let values = mistakes.take(all(values));
    mistakes.or(())?;
    let mut results = values.unwrap_or_default();
    let more = viral(&on, &scope)?.into_iter();
    results.extend(
        more.filter(|(it, _)| items.iter().all(|item| item.component.name.text != it.name))
            .collect::<Vec<_>>(),
    );
    finish(scope, results, having, span)
}

impl Groups {
    fn may_be_null(&self, value: &Expression) -> bool {
        match value.kind {
            ExpressionKind::Column(place) if place >= self.by.len() => {
                self.aggregates.get(place - self.by.len()).is_none_or(|(component, _)| component.nullable)
            }
            ExpressionKind::Column(place) => self.by[place].0.nullable,
            ExpressionKind::Constant(ref value) => value.is_null(),
            _ => true,
        }
    }
}

/// Aggregation, then the groups that stay, then the components of the result.
fn finish(
    scope: Scope<'_>,
    results: Vec<(Component, Expression)>,
    having: Option<&Expr>,
    span: Span,
) -> Result<Relation, Mistakes> {
    let having = match having {
        Some(condition) => Some(boolean(expression::expression(condition, &scope)?, "having")?),
        None => None,
    };
    let Calls::Aggregate(groups) = scope.into_calls() else { return Err(Mistakes::default()) };
    let groups = groups.into_inner();
    let keys: Vec<Component> = groups.by.iter().map(|(component, _)| component.clone()).collect();
    let mut relation = groups.into_relation(span)?;
    if let Some(condition) = having {
        relation = relation.filter(condition, span);
    }
    let mut columns: Vec<(Component, Expression)> = keys
        .into_iter()
        .enumerate()
        .map(|(place, component)| {
            let column = relation.column(place, span);
            (component, column)
        })
        .collect();
    columns.extend(results);
    Ok(relation.project(columns, span)?)
}

/// What makes the groups: identifiers, one of them perhaps in longer periods.
fn groups_by(on: &On<'_>, grouping: Option<&Grouping>) -> Result<Vec<(Component, Expression)>, Mistakes> {
    let Some(grouping) = grouping else { return Ok(Vec::new()) };
    let relation = &on.relation;
    let scope = on.scope(Calls::Refused("in a grouping"));
    let named = all(grouping.components.iter().map(|name| grouping_place(relation, &scope, name)));
    let time = match &grouping.time {
        Some(time) => Ok(Some(expression::expression(time, &scope).map_err(Mistakes::from)?)),
        None => Ok::<_, Mistakes>(None),
    };
    let (named, time) = both(named, time)?;
    let identifiers = columns_where(&relation.structure, Component::is_identifier);
    let mut chosen: Vec<(usize, Component)> = match grouping.kind {
        GroupingKind::By => {
            named.iter().map(|place| (*place, relation.structure.components()[*place].clone())).collect()
        }
        GroupingKind::Except => identifiers.into_iter().filter(|(place, _)| !named.contains(place)).collect(),
        GroupingKind::All => identifiers,
    };
    let time_place = match (&time, &grouping.time) {
        (Some(_), Some(written)) => Some(time_column(&scope, written)?),
        _ => None,
    };
    if let Some(place) = time_place
        && chosen.iter().all(|(other, _)| *other != place)
    {
        chosen.push((place, relation.structure.components()[place].clone()));
    }
    Ok(chosen
        .into_iter()
        .map(|(place, component)| match &time {
            Some(value) if time_place == Some(place) => {
                (Component { scalar_type: value.scalar_type, ..component }, value.clone())
            }
            _ => (component, relation.column(place, grouping.span)),
        })
        .collect())
}

/// The column that `time_agg` in a grouping converts.
fn time_column(scope: &Scope<'_>, written: &Expr) -> Result<usize, Diagnostic> {
    let column = match &written.kind {
        ExprKind::TimeAgg(call) => match &call.operand {
            Some(operand) => expression::expression(operand, scope)?,
            None => scope.time_identifier(written.span)?,
        },
        _ => expression::expression(written, scope)?,
    };
    match column.kind {
        ExpressionKind::Column(place) => Ok(place),
        _ => Err(Diagnostic::semantic(
            mistake::PLACE,
            written.span,
            "time_agg in a grouping needs the identifier of time",
        )),
    }
}

fn grouping_place(relation: &Relation, scope: &Scope<'_>, name: &ComponentName) -> Result<usize, Diagnostic> {
    let place = scope.place(name)?;
    if relation.structure.components()[place].is_identifier() {
        return Ok(place);
    }
    Err(Diagnostic::semantic(
        mistake::ROLE,
        name.span(),
        format!("{} is no identifier, and groups are made of identifiers", name.name),
    )
    .with_help(format!("make it one before: [calc identifier X := {}]", name.name)))
}
