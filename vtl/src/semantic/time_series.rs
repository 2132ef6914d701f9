//! Operators on time series.
//!
//! What lives here: the identifier of time, and which components name the series. What must not: calendars.

use super::analysis::Analysis;
use super::datasets;
use super::expression;
use super::mistake::{self, Mistakes};
use super::operand::{Operand, columns_where, no_measures};
use crate::ast::Span;
use crate::ast::{self, Expr, FillScope, TimeAgg};
use crate::diagnostic::Diagnostic;
use crate::plan::{Function, Node, Relation, TimeSeriesOperator};
use crate::value::{Component, Role, ScalarType};

/// `flow_to_stock`, `stock_to_flow`, `timeshift`.
pub(super) fn call(
    analysis: &Analysis<'_>,
    function: ast::Function,
    arguments: &[Option<Expr>],
    span: Span,
) -> Result<Relation, Mistakes> {
    let name = function.text();
    let Some(Some(operand)) = arguments.first() else {
        return Err(mistake::wanted("a data set", name, span).into());
    };
    let relation = analysis.dataset(operand, name)?;
    let operator = match function {
        ast::Function::FlowToStock => TimeSeriesOperator::FlowToStock,
        ast::Function::StockToFlow => TimeSeriesOperator::StockToFlow,
        _ => match arguments.get(1) {
            Some(Some(periods)) => {
                let periods = expression::expression(periods, &analysis.scalar_scope())?;
                TimeSeriesOperator::Timeshift(analysis.whole_number(&periods)?)
            }
            _ => return Err(mistake::wanted("a number of periods", name, span).into()),
        },
    };
    if matches!(operator, TimeSeriesOperator::FlowToStock | TimeSeriesOperator::StockToFlow) {
        let mut measures = relation.structure.measures();
        if let Some((_, other)) = measures.find(|(_, measure)| !measure.scalar_type.is_numeric()) {
            return Err(Diagnostic::semantic(
                mistake::TYPE,
                operand.span,
                format!("{name} needs numbers; {} is of type {}", other.name, other.scalar_type),
            )
            .with_help("keep measures of numbers only")
            .into());
        }
    }
    series(relation, operator, name, span)
}

/// `fill_time_series`
pub(super) fn fill(
    analysis: &Analysis<'_>,
    operand: &Expr,
    scope: Option<FillScope>,
    span: Span,
) -> Result<Relation, Mistakes> {
    let relation = analysis.dataset(operand, "fill_time_series")?;
    let operator = TimeSeriesOperator::Fill { all: scope != Some(FillScope::Single) };
    series(relation, operator, "fill_time_series", span)
}

fn series(
    relation: Relation,
    operator: TimeSeriesOperator,
    name: &str,
    span: Span,
) -> Result<Relation, Mistakes> {
    let input = relation.without_attributes(span)?;
    let computes = matches!(operator, TimeSeriesOperator::FlowToStock | TimeSeriesOperator::StockToFlow);
    if computes && input.structure.measures().next().is_none() {
        return Err(no_measures(name, span).into());
    }
    let time = time_identifier(&input, name, span)?;
    let series = input.identifier_places().into_iter().filter(|place| *place != time).collect();
    let measures = input.structure.measures().map(|(place, _)| place).collect();
    let mut structure = input.structure.clone();
    if matches!(operator, TimeSeriesOperator::Fill { .. }) {
        let components = structure
            .components()
            .iter()
            .map(|component| Component { nullable: !component.is_identifier(), ..component.clone() });
        structure = super::operand::structure(components.collect(), span)?;
    }
    let node = Node::TimeSeries { input: Box::new(input), operator, time, series, measures };
    Ok(Relation { node, structure, span })
}

/// The one identifier of a type of time.
fn time_identifier(relation: &Relation, name: &str, span: Span) -> Result<usize, Diagnostic> {
    let mut times = relation.structure.identifiers().filter(|(_, it)| it.scalar_type.is_temporal());
    match (times.next(), times.next()) {
        (Some((place, _)), None) => Ok(place),
        (first, _) => Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            format!(
                "{name} needs one identifier of type time_period, date or time; the data set has {}",
                if first.is_some() { "several" } else { "none" }
            ),
        )),
    }
}

/// `period_indicator(ds)`: the frequency of each data point.
pub(super) fn period_indicator(
    analysis: &Analysis<'_>,
    arguments: &[Option<Expr>],
    span: Span,
) -> Result<Operand, Mistakes> {
    let name = "period_indicator";
    let Some(Some(operand)) = arguments.first() else {
        return Err(mistake::wanted("a data set or a time_period", name, span).into());
    };
    let relation = match analysis.operand(operand)? {
        Operand::Dataset(relation) => relation,
        Operand::Scalar(value) => {
            return Ok(Operand::Scalar(expression::call(Function::PeriodIndicator, vec![value], span)?));
        }
    };
    let time = time_identifier(&relation, name, span)?;
    let value = expression::call(Function::PeriodIndicator, vec![relation.column(time, span)], span)?;
    let mut columns: Vec<_> = columns_where(&relation.structure, Component::is_identifier)
        .into_iter()
        .map(|(place, component)| (component, relation.column(place, span)))
        .collect();
    let name = ScalarType::Duration.measure_name();
    let mut measure = Component::new(name, Role::Measure, ScalarType::Duration);
    measure.nullable = false;
    columns.push((measure, value));
    Ok(Operand::Dataset(relation.project(columns, span)?))
}

/// `time_agg("A", _, x)`: a value, or the measures of a data set, in longer periods.
pub(super) fn time_agg(analysis: &Analysis<'_>, call: &TimeAgg, span: Span) -> Result<Operand, Mistakes> {
    let Some(operand) = &call.operand else {
        return Err(Diagnostic::semantic(
            mistake::PLACE,
            span,
            "time_agg without an operand belongs into a grouping or into calc",
        )
        .into());
    };
    let operand = analysis.operand(operand)?;
    let scope = analysis.scalar_scope();
    datasets::apply(analysis, "time_agg", vec![Some(operand)], span, |mut values| {
        expression::time_agg(call, values.swap_remove(0), &scope, span)
    })
}
