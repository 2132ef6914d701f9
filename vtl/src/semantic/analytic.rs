//! Analytic calls: values over the neighbours of a row.
//!
//! What lives here: their types, windows, and their translation to further columns of a relation. What must not:
//! aggregates without `over`.

use std::cell::RefCell;

use super::aggregates::{function, result_type};
use super::analysis::Analysis;
use super::expression;
use super::mistake::{self, Mistakes, all};
use super::operand::{columns_where, no_measures, structure};
use super::scope::{Calls, Scope};
use crate::ast::{AggregateOp, AnalyticCall, AnalyticOp, ComponentName, Setting, Span, Window, WindowBound};
use crate::diagnostic::Diagnostic;
use crate::plan::{Bound, Expression, ExpressionKind, Frame, Node, Relation, WindowCall, WindowFunction};
use crate::value::{Component, Role, Scalar, ScalarType};

/// A relation that grows by the columns of analytic calls. Places of columns that it has do not change.
pub(super) struct Layers {
    relation: Relation,
}

impl Layers {
    pub(super) fn over(relation: Relation) -> Self {
        Self { relation }
    }

    pub(super) fn into_relation(self) -> Relation {
        self.relation
    }

    /// An analytic call within an expression on rows: a column.
    pub(super) fn call(
        layers: &RefCell<Self>,
        call: &AnalyticCall,
        scope: &Scope<'_>,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        // Typed without holding the layers: the operand may contain calls of its own.
        let argument = match &call.operand {
            Some(operand) => Some(expression::expression(operand, scope)?),
            None => None,
        };
        let window = Resolved::new(&call.window, scope)?;
        layers.borrow_mut().add(call, argument, window, scope, span)
    }

    fn add(
        &mut self,
        call: &AnalyticCall,
        argument: Option<Expression>,
        window: Resolved,
        scope: &Scope<'_>,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        let of = argument.as_ref().map_or(ScalarType::Null, |argument| argument.scalar_type);
        let scalar_type = call_type(call.operator, of, span)?;
        let ordered = self.types_of(&window.order);
        if ordered.contains(&ScalarType::Time) {
            return Err(Diagnostic::semantic(
                mistake::TYPE,
                call.window.span,
                "intervals of type time have no order",
            )
            .with_help("convert them to time_period or date"));
        }
        if let (Some(written), Some(other)) = (
            call.window.frame.as_ref().filter(|written| !written.counts_points),
            ordered.iter().find(|of| !of.is_numeric() && **of != ScalarType::Date),
        ) {
            return Err(Diagnostic::semantic(
                mistake::TYPE,
                written.span,
                format!("range needs an order by numbers or dates; this one is of type {other}"),
            )
            .with_help("count rows: data points between ..."));
        }
        if call.operator == AnalyticOp::Rank && window.order.is_empty() {
            return Err(Diagnostic::semantic(mistake::PLACE, span, "rank needs order by"));
        }
        let function = window_function(call, of, scope, span)?;
        let argument = argument.map(|value| self.place_for(value, span)).transpose()?;
        let frame = frame(&call.window, scope.analysis())?;
        let call = WindowCall {
            function,
            argument,
            partition: window.partition,
            order: window.order,
            frame,
            scalar_type,
        };
        self.push(call, span)
    }

    fn types_of(&self, order: &[(usize, bool)]) -> Vec<ScalarType> {
        order.iter().map(|(place, _)| self.relation.structure.components()[*place].scalar_type).collect()
    }

    /// A column that holds a value; a new one unless there is one.
    fn place_for(&mut self, value: Expression, span: Span) -> Result<usize, Diagnostic> {
        if let ExpressionKind::Column(place) = value.kind {
            return Ok(place);
        }
        let relation = self.take();
        let place = relation.structure.components().len();
        let mut columns: Vec<(Component, Expression)> = columns_where(&relation.structure, |_| true)
            .into_iter()
            .map(|(place, component)| (component, relation.column(place, span)))
            .collect();
        columns.push((Component::new(format!("#{place}"), Role::Measure, value.scalar_type), value));
        self.relation = relation.project(columns, span)?;
        Ok(place)
    }

    /// Adds the column of a call; to the calls before, if it does not need what they compute.
    fn push(&mut self, call: WindowCall, span: Span) -> Result<Expression, Diagnostic> {
        let place = self.relation.structure.components().len();
        let mut components = self.relation.structure.components().to_vec();
        components.push(Component::new(format!("#{place}"), Role::Measure, call.scalar_type));
        let structure = structure(components, span)?;
        let scalar_type = call.scalar_type;
        let relation = self.take();
        let needs = call.argument.iter().chain(&call.partition).copied();
        let needs = needs.chain(call.order.iter().map(|(place, _)| *place)).max().unwrap_or(0);
        let node = match relation.node {
            Node::Window { input, mut calls } if needs < input.structure.components().len() => {
                calls.push(call);
                Node::Window { input, calls }
            }
            node => Node::Window {
                input: Box::new(Relation { node, structure: relation.structure, span: relation.span }),
                calls: vec![call],
            },
        };
        self.relation = Relation { node, structure, span };
        Ok(Expression { kind: ExpressionKind::Column(place), scalar_type, span })
    }

    fn take(&mut self) -> Relation {
        let empty = Relation {
            node: Node::Scan("".into()),
            structure: self.relation.structure.clone(),
            span: self.relation.span,
        };
        std::mem::replace(&mut self.relation, empty)
    }
}

/// Partition and order as places.
struct Resolved {
    partition: Vec<usize>,
    order: Vec<(usize, bool)>,
}

impl Resolved {
    fn new(window: &Window, scope: &Scope<'_>) -> Result<Self, Diagnostic> {
        let mut partition: Vec<usize> =
            window.partition.iter().map(|name| partition_place(scope, name)).collect::<Result<_, _>>()?;
        if window.partition_excludes {
            partition =
                scope.identifier_places().into_iter().filter(|place| !partition.contains(place)).collect();
        }
        let order = window
            .order
            .iter()
            .map(|item| Ok((scope.place(&item.component)?, item.descending)))
            .collect::<Result<_, Diagnostic>>()?;
        Ok(Self { partition, order })
    }
}

fn partition_place(scope: &Scope<'_>, name: &ComponentName) -> Result<usize, Diagnostic> {
    let place = scope.place(name)?;
    if scope.identifier_places().contains(&place) {
        return Ok(place);
    }
    Err(Diagnostic::semantic(
        mistake::ROLE,
        name.span(),
        format!("{} is no identifier, and partitions are made of identifiers", name.name),
    )
    .with_help(format!("make it one before: [calc identifier X := {}]", name.name)))
}

fn call_type(operator: AnalyticOp, of: ScalarType, span: Span) -> Result<ScalarType, Diagnostic> {
    match operator {
        AnalyticOp::Aggregate(operator) => result_type(operator, of, span),
        AnalyticOp::Rank => Ok(ScalarType::Integer),
        AnalyticOp::RatioToReport => result_type(AggregateOp::Avg, of, span).map_err(|_| {
            Diagnostic::semantic(
                mistake::TYPE,
                span,
                format!("ratio_to_report needs numbers; this is of type {of}"),
            )
        }),
        AnalyticOp::FirstValue | AnalyticOp::LastValue | AnalyticOp::Lag | AnalyticOp::Lead => Ok(of),
    }
}

fn window_function(
    call: &AnalyticCall,
    of: ScalarType,
    scope: &Scope<'_>,
    span: Span,
) -> Result<WindowFunction, Diagnostic> {
    Ok(match call.operator {
        AnalyticOp::Aggregate(operator) => WindowFunction::Aggregate(function(operator)),
        AnalyticOp::FirstValue => WindowFunction::FirstValue,
        AnalyticOp::LastValue => WindowFunction::LastValue,
        AnalyticOp::Rank => WindowFunction::Rank,
        AnalyticOp::RatioToReport => WindowFunction::RatioToReport,
        AnalyticOp::Lag | AnalyticOp::Lead => {
            let offset = match &call.offset {
                Some(offset) => scope.analysis().whole_number(&expression::expression(offset, scope)?)?,
                None => 1,
            };
            let default = match &call.default {
                Some(default) => expression::constant(default)?,
                None => Scalar::Null,
            };
            if !default.scalar_type().promotes_to(of) {
                return Err(Diagnostic::semantic(
                    mistake::TYPE,
                    span,
                    format!("the default is of type {}, the values are of type {of}", default.scalar_type()),
                ));
            }
            let offset = if call.operator == AnalyticOp::Lag { offset } else { -offset };
            WindowFunction::Lag { offset, default }
        }
    })
}

impl Analysis<'_> {
    /// A whole number that must be known before data is seen: one that is written, or a parameter of the run.
    pub(super) fn whole_number(&self, value: &Expression) -> Result<i64, Diagnostic> {
        let constant = match &value.kind {
            ExpressionKind::Constant(Scalar::Integer(number)) => Some(*number),
            ExpressionKind::Result(name) => match self.parameter(name) {
                Some(Scalar::Integer(number)) => Some(*number),
                _ => None,
            },
            _ => None,
        };
        constant.ok_or_else(|| {
            Diagnostic::semantic(mistake::VALUE, value.span, "a whole number must be written here")
                .with_help("it must be known before data is seen: a constant, or a parameter with a value")
        })
    }
}

/// The rows around the current one. Without a frame: up to the current row where there is an order, else all. Rows that
/// are alike in the order then count together, so that results do not depend on how data happens to lie.
fn frame(window: &Window, analysis: &Analysis<'_>) -> Result<Frame, Diagnostic> {
    Ok(match &window.frame {
        Some(written) => {
            // Written from the far end to the near one, it means the same.
            let backwards = written.end == WindowBound::UnboundedPreceding
                || written.start == WindowBound::UnboundedFollowing;
            let (start, end) =
                if backwards { (&written.end, &written.start) } else { (&written.start, &written.end) };
            Frame {
                counts_rows: written.counts_points,
                start: bound(start, analysis)?,
                end: bound(end, analysis)?,
            }
        }
        None if window.order.is_empty() => {
            Frame { counts_rows: true, start: Bound::Unbounded, end: Bound::Unbounded }
        }
        None => Frame { counts_rows: false, start: Bound::Unbounded, end: Bound::Offset(0) },
    })
}

fn bound(bound: &WindowBound, analysis: &Analysis<'_>) -> Result<Bound, Diagnostic> {
    Ok(match bound {
        WindowBound::UnboundedPreceding | WindowBound::UnboundedFollowing => Bound::Unbounded,
        WindowBound::Preceding(rows) => Bound::Offset(-setting(rows, analysis)?),
        WindowBound::Current => Bound::Offset(0),
        WindowBound::Following(rows) => Bound::Offset(setting(rows, analysis)?),
    })
}

fn setting(rows: &Setting, analysis: &Analysis<'_>) -> Result<i64, Diagnostic> {
    match rows {
        Setting::Constant(constant) => {
            let value = expression::constant(constant)?;
            analysis.whole_number(&Expression::constant(value, constant.span))
        }
        Setting::Name(name) => {
            analysis.whole_number(&analysis.scalar_scope().resolve(&name.text, name.span)?)
        }
    }
}

/// `sum(ds over (...))`: every measure.
pub(super) fn on_dataset(
    analysis: &Analysis<'_>,
    call: &AnalyticCall,
    span: Span,
) -> Result<Relation, Mistakes> {
    let name = call.operator.text();
    let Some(operand) = &call.operand else {
        return Err(Diagnostic::semantic(mistake::PLACE, span, format!("{name} is for calc"))
            .with_help("write ds[calc x := rank(over (order by ...))]")
            .into());
    };
    let relation = analysis.dataset(operand, name)?;
    let measures = columns_where(&relation.structure, Component::is_measure);
    if measures.is_empty() {
        return Err(no_measures(name, span).into());
    }
    let layers = RefCell::new(Layers::over(relation.clone()));
    let scope = Scope::of_relation(analysis, &relation, &[], Calls::Refused("in a window"));
    let counts = call.operator == AnalyticOp::Aggregate(AggregateOp::Count);
    let measures = if counts { &measures[..1] } else { &measures[..] };
    let results = all(measures.iter().map(|(place, measure)| {
        let argument = relation.column(*place, span);
        let window = Resolved::new(&call.window, &scope)?;
        let value = layers.borrow_mut().add(call, Some(argument), window, &scope, span)?;
        let name = if counts { ScalarType::Integer.measure_name().into() } else { measure.name.clone() };
        Ok::<_, Diagnostic>((Component { name, scalar_type: value.scalar_type, ..measure.clone() }, value))
    }))?;
    let layered = layers.into_inner().into_relation();
    let mut columns: Vec<(Component, Expression)> =
        columns_where(&relation.structure, Component::is_identifier)
            .into_iter()
            .map(|(place, component)| (component, layered.column(place, span)))
            .collect();
    columns.extend(results);
    let viral = columns_where(&relation.structure, |component| component.role == Role::ViralAttribute);
    columns.extend(viral.into_iter().map(|(place, component)| (component, layered.column(place, span))));
    Ok(layered.project(columns, span)?)
}
