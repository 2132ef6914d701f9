//! Calls with a grammar of their own.

use std::sync::Arc;

use super::{
    AggregateOp, AnalyticOp, CheckOutput, Clause, ComponentName, Constant, Expr, Grouping, HierarchyInput,
    HierarchyMode, HierarchyOutput, JoinKind, Name, ParameterType, Retain, Setting, Span, TimeDelimiter,
};

/// An aggregate call.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which.
    pub operator: AggregateOp,
    /// Of what; nothing: `count()`.
    pub operand: Option<Expr>,
    /// Which groups.
    pub grouping: Option<Grouping>,
    /// Which groups stay; only with a grouping.
    pub having: Option<Expr>,
}

/// An analytic call.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyticCall {
    /// Which.
    pub operator: AnalyticOp,
    /// Of what; nothing for `rank`.
    pub operand: Option<Expr>,
    /// How many data points before (`lag`) or behind (`lead`); nothing: 1.
    pub offset: Option<Expr>,
    /// What `lag` and `lead` give where there is no data point.
    pub default: Option<Constant>,
    /// Over which data points.
    pub window: Window,
}

/// What stands between the brackets after `over`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// `partition by`; empty: one partition.
    pub partition: Vec<ComponentName>,
    /// `partition except`: all identifiers but the named ones divide; an extension that engines know.
    pub partition_excludes: bool,
    /// `order by`; empty: no order.
    pub order: Vec<OrderItem>,
    /// `data points between ...`, `range between ...`
    pub frame: Option<WindowFrame>,
    /// From `over` on.
    pub span: Span,
}

/// One component of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// Which component.
    pub component: ComponentName,
    /// `desc`
    pub descending: bool,
}

/// Which data points around the current one.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowFrame {
    /// `data points`, not `range`.
    pub counts_points: bool,
    /// First.
    pub start: WindowBound,
    /// Last.
    pub end: WindowBound,
    /// The whole clause.
    pub span: Span,
}

/// An end of a window.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowBound {
    /// `unbounded preceding`
    UnboundedPreceding,
    /// `n preceding`
    Preceding(Setting),
    /// `current data point`
    Current,
    /// `n following`
    Following(Setting),
    /// `unbounded following`
    UnboundedFollowing,
}

/// A join.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Which.
    pub kind: JoinKind,
    /// At least one.
    pub operands: Vec<JoinOperand>,
    /// `using`; empty: the common identifiers.
    pub using: Vec<ComponentName>,
    /// `nvl(component, constant)` behind `using` (VTL 2.2, left and full joins).
    pub defaults: Vec<(ComponentName, Constant)>,
    /// In the order of the grammar, each at most once: filter; calc, apply or aggr; keep or drop; rename.
    pub clauses: Vec<Clause>,
}

/// An operand of a join.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinOperand {
    /// A data set.
    pub value: Expr,
    /// `as alias`
    pub alias: Option<Name>,
}

/// `exists_in(left, right, retain)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExistsIn {
    /// Whose data points are looked up.
    pub left: Expr,
    /// Where.
    pub right: Expr,
    /// Which come out; nothing: all.
    pub retain: Option<Retain>,
}

/// `check(...)`
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// A data set with one boolean measure.
    pub operand: Expr,
    /// `errorcode`
    pub error_code: Option<Constant>,
    /// `errorlevel`
    pub error_level: Option<Constant>,
    /// `imbalance`
    pub imbalance: Option<Expr>,
    /// Nothing: all. Never [`CheckOutput::AllMeasures`].
    pub output: Option<CheckOutput>,
}

/// `check_datapoint(...)`
#[derive(Clone, Debug, PartialEq)]
pub struct CheckDatapoint {
    /// A data set.
    pub operand: Expr,
    /// Name of the ruleset.
    pub ruleset: Name,
    /// `components`; empty: those of the ruleset's signature.
    pub components: Vec<ComponentName>,
    /// Nothing: invalid.
    pub output: Option<CheckOutput>,
}

/// `check_hierarchy(...)`
#[derive(Clone, Debug, PartialEq)]
pub struct CheckHierarchy {
    /// A data set.
    pub operand: Expr,
    /// Name of the ruleset.
    pub ruleset: Name,
    /// `condition`
    pub conditions: Vec<ComponentName>,
    /// `rule`
    pub rule: Option<ComponentName>,
    /// Nothing: non_null.
    pub mode: Option<HierarchyMode>,
    /// Nothing: dataset.
    pub input: Option<HierarchyInput>,
    /// Nothing: invalid.
    pub output: Option<CheckOutput>,
}

/// `hierarchy(...)`
#[derive(Clone, Debug, PartialEq)]
pub struct HierarchyCall {
    /// A data set.
    pub operand: Expr,
    /// Name of the ruleset.
    pub ruleset: Name,
    /// `condition`
    pub conditions: Vec<ComponentName>,
    /// `rule`
    pub rule: Option<ComponentName>,
    /// Nothing: non_null.
    pub mode: Option<HierarchyMode>,
    /// Nothing: rule.
    pub input: Option<HierarchyInput>,
    /// Nothing: computed.
    pub output: Option<HierarchyOutput>,
}

/// `time_agg("to", "from", operand, first)`
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAgg {
    /// Frequency of the result: a text.
    pub to: Setting,
    /// Frequency of the operand, if it matters.
    pub from: Option<Arc<str>>,
    /// What is converted; nothing: the time identifier.
    pub operand: Option<Expr>,
    /// Which day stands for a period.
    pub delimiter: Option<TimeDelimiter>,
}

/// `eval(routine(...) language "..." returns ...)`
#[derive(Clone, Debug, PartialEq)]
pub struct EvalCall {
    /// Name of the external routine.
    pub routine: Name,
    /// Names (also `data set#component`), and constants as [`Cast`](super::ExprKind::Cast) or
    /// [`Literal`](super::ExprKind::Literal).
    pub arguments: Vec<Expr>,
    /// `language`
    pub language: Option<Arc<str>>,
    /// `returns`
    pub returns: Option<ParameterType>,
}
