//! What a script means, ready to run: a dozen operators on relations, and typed expressions on rows.
//!
//! What lives here: the result of the semantic analysis. Every operator of VTL on data sets is one of these or
//! several in a row: `DS_1 + DS_2` is a [`Node::Join`] under a [`Node::Project`], `check` a projection, `sub` a
//! filter and a projection. Names are resolved to places of columns, types are settled, constants stand alone.
//! What must not: names to be looked up, syntax, and how columns are computed.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::ast::Span;
use crate::time::Frequency;
use crate::value::{Component, Scalar, ScalarType, Structure};

/// A script that has been analysed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Assignments, each behind all that it depends on.
    pub statements: Vec<Assignment>,
}

/// One assignment.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Name of the result.
    pub name: Arc<str>,
    /// Whether it was written `<-`: the results of a run, unless all are asked for.
    pub persistent: bool,
    /// How it is computed.
    pub value: Value,
    /// Where it stands in the script.
    pub span: Span,
}

/// What is assigned.
#[derive(Clone, Debug)]
pub enum Value {
    /// A data set.
    Dataset(Relation),
    /// A single value; its expression names no column.
    Scalar(Expression),
}

/// A data set to be computed.
#[derive(Clone, Debug)]
pub struct Relation {
    /// How.
    pub node: Node,
    /// Components of the result, in the order of its columns.
    pub structure: Arc<Structure>,
    /// The piece of the script that asks for it: run-time errors point there.
    pub span: Span,
}

/// Operators on relations. Columns are named by their place in the input.
#[derive(Clone, Debug)]
pub enum Node {
    /// An input, or the result of an earlier assignment.
    Scan(Arc<str>),
    /// One expression for each column of the result; a bare column costs nothing.
    Project {
        /// Where rows come from.
        input: Box<Relation>,
        /// As many as the structure has components.
        columns: Vec<Expression>,
    },
    /// Rows for which a condition is true.
    Filter {
        /// Where rows come from.
        input: Box<Relation>,
        /// Boolean.
        condition: Expression,
    },
    /// Pairs of rows with equal keys.
    Join {
        /// Which rows without a partner stay.
        kind: JoinKind,
        /// First operand.
        left: Box<Relation>,
        /// Second operand.
        right: Box<Relation>,
        /// Columns that must be equal, left and right; of the same type. None in a cross join.
        on: Vec<(usize, usize)>,
        /// Where the columns of the result come from.
        columns: Vec<JoinedColumn>,
    },
    /// One row for each group; without grouping columns one row for all.
    Aggregate {
        /// Where rows come from.
        input: Box<Relation>,
        /// Columns that make a group; the first columns of the result.
        by: Vec<usize>,
        /// The further columns of the result.
        aggregates: Vec<Aggregate>,
    },
    /// All columns of the input, and behind them one for each call.
    Window {
        /// Where rows come from.
        input: Box<Relation>,
        /// What is computed over neighbouring rows.
        calls: Vec<WindowCall>,
    },
    /// Union, intersection and differences of relations with the same columns in the same order, by key.
    Set {
        /// Which.
        operator: SetOperator,
        /// At least two.
        inputs: Vec<Relation>,
        /// The columns of the key.
        identifiers: Vec<usize>,
    },
    /// All columns of the first operand, and behind them one boolean: does the key occur in the second?
    Exists {
        /// First operand.
        left: Box<Relation>,
        /// Second operand.
        right: Box<Relation>,
        /// Columns that must be equal.
        on: Vec<(usize, usize)>,
    },
    /// `check_datapoint`: one row for each row of the input and each rule, as far as the output asks.
    CheckDatapoint {
        /// Where rows come from.
        input: Box<Relation>,
        /// The rules, over the columns of the input.
        rules: Vec<DatapointRule>,
        /// Which rows and columns.
        output: CheckOutput,
        /// Columns of the result, in order.
        columns: Vec<CheckColumn>,
    },
    /// `check_hierarchy` and `hierarchy`.
    Hierarchy(Box<Hierarchy>),
    /// Operators on time series.
    TimeSeries {
        /// Where rows come from.
        input: Box<Relation>,
        /// Which operator.
        operator: TimeSeriesOperator,
        /// The column of time.
        time: usize,
        /// The other identifiers, which name the series.
        series: Vec<usize>,
        /// Columns that are computed (measures).
        measures: Vec<usize>,
    },
    /// `pivot`: one column for each code of an identifier.
    Pivot {
        /// Where rows come from.
        input: Box<Relation>,
        /// The identifier whose codes become measures; those of the structure behind `by`, by name.
        identifier: usize,
        /// The measure.
        measure: usize,
        /// The other identifiers.
        by: Vec<usize>,
    },
    /// `unpivot`: one row for each measure that is not null; the new identifier and measure come last.
    Unpivot {
        /// Where rows come from.
        input: Box<Relation>,
        /// The identifiers.
        by: Vec<usize>,
        /// The measures with their names.
        measures: Vec<(usize, Arc<str>)>,
    },
}

/// Which rows without a partner stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the first operand.
    Left,
    /// Those of both.
    Full,
    /// Every row meets every row.
    Cross,
}

/// Where a column of a join comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinedColumn {
    /// First operand.
    Left(usize),
    /// Second operand.
    Right(usize),
    /// The first operand's, and the second's where that has no row: keys of a full join.
    Either(usize, usize),
}

/// Set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// Keys of any; the leftmost row counts.
    Union,
    /// Keys of all; the leftmost row counts.
    Intersect,
    /// Keys of the first that are not in the second.
    SetDiff,
    /// Keys that are in one of two.
    SymDiff,
}

/// One aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which.
    pub function: AggregateFunction,
    /// The column; nothing for `count()`, which counts rows.
    pub argument: Option<usize>,
    /// Type of the result.
    pub scalar_type: ScalarType,
}

/// Aggregate functions. All skip nulls; a group of nulls gives null, and 0 for counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are VTL's own names")]
pub enum AggregateFunction {
    Sum,
    Average,
    Count,
    Minimum,
    Maximum,
    Median,
    StddevPopulation,
    StddevSample,
    VariancePopulation,
    VarianceSample,
}

/// One analytic call.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowCall {
    /// Which.
    pub function: WindowFunction,
    /// The column; nothing for `rank`.
    pub argument: Option<usize>,
    /// Columns that divide rows into partitions.
    pub partition: Vec<usize>,
    /// Columns that order a partition, and whether descending.
    pub order: Vec<(usize, bool)>,
    /// Which rows around the current one.
    pub frame: Frame,
    /// Type of the result.
    pub scalar_type: ScalarType,
}

/// Analytic functions.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowFunction {
    /// An aggregate over the frame.
    Aggregate(AggregateFunction),
    /// First value of the frame.
    FirstValue,
    /// Last value of the frame.
    LastValue,
    /// The value so many rows before; behind for a negative offset (`lead`).
    Lag {
        /// Rows.
        offset: i64,
        /// Where there is no such row.
        default: Scalar,
    },
    /// 1 and the number of rows that come before.
    Rank,
    /// Share in the sum of the partition.
    RatioToReport,
}

/// Rows around the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether bounds count rows (`data points`) or differences of the order column (`range`).
    pub counts_rows: bool,
    /// First row.
    pub start: Bound,
    /// Last row.
    pub end: Bound,
}

/// An end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The partition's own.
    Unbounded,
    /// So far from the current row; negative is before it.
    Offset(i64),
}

/// A rule of a data point ruleset.
#[derive(Clone, Debug, PartialEq)]
pub struct DatapointRule {
    /// Its name or number.
    pub name: Arc<str>,
    /// Antecedent.
    pub when: Option<Expression>,
    /// Consequent.
    pub then: Expression,
    /// What is reported where it is false.
    pub error: ErrorLiterals,
}

/// `errorcode` and `errorlevel`.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorLiterals {
    /// Code.
    pub code: Scalar,
    /// Level.
    pub level: Scalar,
}

/// Which rows a check gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOutput {
    /// Those that are false, with measures.
    Invalid,
    /// All, with the truth value.
    All,
    /// All, with both.
    AllMeasures,
}

/// A column of the result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are VTL's own names")]
pub enum CheckColumn {
    /// A column of the input.
    Input(usize),
    RuleId,
    BoolVar,
    Imbalance,
    ErrorCode,
    ErrorLevel,
}

/// `check_hierarchy` or `hierarchy` with everything resolved.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    /// Where rows come from.
    pub input: Relation,
    /// Whether rules are checked, or values computed.
    pub task: HierarchyTask,
    /// The column whose codes the rules name.
    pub rule_column: usize,
    /// The one numeric measure.
    pub measure: usize,
    /// The other identifiers: they make the groups.
    pub group: Vec<usize>,
    /// Rules in the order of writing; for [`HierarchyTask::Compute`] in the order of dependency.
    pub rules: Vec<HierarchyRule>,
    /// What missing items count as, and which groups give rows.
    pub mode: HierarchyMode,
}

/// What is done with a hierarchy.
#[derive(Clone, Debug)]
pub enum HierarchyTask {
    /// `check_hierarchy`.
    Check {
        /// Whether a missing or null item that is the left side of an `=` rule is computed by it
        /// (`dataset_priority`).
        computes_missing: bool,
        /// Which rows.
        output: CheckOutput,
        /// Columns of the result.
        columns: Vec<CheckColumn>,
    },
    /// `hierarchy`; the result has the columns of the input.
    Compute {
        /// Where items that other rules compute come from.
        source: ComputeSource,
        /// Whether the rows of the input come out, too.
        with_input: bool,
    },
}

/// Where `hierarchy` takes an item from that is the left side of another rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputeSource {
    /// The computed value (`rule`).
    Rule,
    /// The data set (`dataset`).
    Dataset,
    /// The computed value, unless it is missing or null (`rule_priority`).
    RulePriority,
}

/// A rule of a hierarchical ruleset.
#[derive(Clone, Debug)]
pub struct HierarchyRule {
    /// Its name or number.
    pub name: Arc<str>,
    /// Condition on the group, over the columns of the input.
    pub when: Option<Expression>,
    /// Code of the left side, as a value of the rule column.
    pub left: Scalar,
    /// Comparison.
    pub relation: Comparison,
    /// Right side.
    pub items: Vec<HierarchyItem>,
    /// What is reported where it is false.
    pub error: ErrorLiterals,
}

/// An item of the right side.
#[derive(Clone, Debug)]
pub struct HierarchyItem {
    /// Whether it is subtracted.
    pub negative: bool,
    /// Its code.
    pub code: Scalar,
    /// Whether it takes part, over the columns of the input.
    pub condition: Option<Expression>,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The six modes of hierarchical rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are VTL's own names")]
pub enum HierarchyMode {
    NonNull,
    NonZero,
    PartialNull,
    PartialZero,
    AlwaysNull,
    AlwaysZero,
}

/// Operators on time series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSeriesOperator {
    /// Running sum.
    FlowToStock,
    /// Difference to the previous data point.
    StockToFlow,
    /// Time moved by so many periods.
    Timeshift(i64),
    /// Missing periods filled with nulls; between the first and last of all series, or of each.
    Fill {
        /// Whether bounds are those of the whole data set.
        all: bool,
    },
}

/// An expression on the columns of one relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Type of its value.
    pub scalar_type: ScalarType,
    /// Where it stands in the script.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// A value.
    Constant(Scalar),
    /// A column of the input.
    Column(usize),
    /// A single value of an input or of an earlier assignment.
    Result(Arc<str>),
    /// A function of values; optional arguments that were left out are constants null.
    Call(Function, Vec<Expression>),
    /// The second where the first is true, else the third.
    If(Box<[Expression; 3]>),
    /// The value behind the first condition that is true.
    Case {
        /// Conditions and values.
        branches: Vec<(Expression, Expression)>,
        /// Where none is true.
        otherwise: Box<Expression>,
    },
    /// Whether a value is one of a set.
    In {
        /// The value.
        operand: Box<Expression>,
        /// Of the type of the operand; nulls do not occur.
        set: Arc<[Scalar]>,
        /// `not_in`.
        negated: bool,
    },
    /// Change of type.
    Cast {
        /// The value; its type is that of the expression.
        operand: Box<Expression>,
        /// The mask, if there is one.
        mask: Option<Arc<str>>,
    },
    /// An implicit change of type (see [`ScalarType::promotes_to`]).
    Promote(Box<Expression>),
}

/// Functions of values: nulls in, null out, but for `nvl`, `isnull` and three-valued logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are VTL's own names")]
pub enum Function {
    Plus,
    Minus,
    Add,
    Subtract,
    Multiply,
    /// Always a number.
    Divide,
    Concatenate,
    And,
    Or,
    Xor,
    Not,
    Compare(Comparison),
    Between,
    IsNull,
    Nvl,
    MatchCharacters,
    Abs,
    Ceil,
    Floor,
    /// Digits null: to an integer.
    Round,
    /// Digits null: to an integer.
    Trunc,
    Mod,
    Power,
    Sqrt,
    Ln,
    Log,
    Exp,
    /// Seed and index.
    Random,
    Trim,
    Ltrim,
    Rtrim,
    Upper,
    Lower,
    Length,
    /// Text, start, length.
    Substr,
    /// Text, pattern, replacement.
    Replace,
    /// Text, pattern, start, occurrence.
    Instr,
    Levenshtein,
    DamerauLevenshtein,
    Hamming,
    JaroWinkler,
    PeriodIndicator,
    Year,
    Month,
    DayOfMonth,
    DayOfYear,
    DayToYear,
    DayToMonth,
    YearToDay,
    MonthToDay,
    /// First date, second date.
    DateDiff,
    /// Date, number, frequency.
    DateAdd,
    /// Date or period, and the duration of the longer periods that it goes to: `time_agg` on a value.
    TimeAgg {
        /// Only values of this frequency, if given.
        from: Option<Frequency>,
        /// What a date becomes: last day of the period (or first), nothing for a period.
        takes_last: Option<bool>,
    },
    CurrentDate,
}

impl Comparison {
    /// Whether an order of two values fulfils it.
    #[inline]
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Expression {
    /// A constant.
    pub fn constant(value: Scalar, span: Span) -> Self {
        Self { scalar_type: value.scalar_type(), kind: ExpressionKind::Constant(value), span }
    }

    /// A column of the input.
    pub fn column(place: usize, component: &Component, span: Span) -> Self {
        Self { kind: ExpressionKind::Column(place), scalar_type: component.scalar_type, span }
    }

    /// Visits the columns it depends on, until `visit` has seen enough. A list of what is still to be
    /// asked, as chains may be long.
    pub(crate) fn each_column(&self, mut visit: impl FnMut(usize) -> bool) {
        let mut asked = vec![self];
        while let Some(expression) = asked.pop() {
            match &expression.kind {
                ExpressionKind::Constant(_) | ExpressionKind::Result(_) => {}
                ExpressionKind::Column(place) => {
                    if !visit(*place) {
                        return;
                    }
                }
                ExpressionKind::Call(_, arguments) => asked.extend(arguments),
                ExpressionKind::If(parts) => asked.extend(parts.iter()),
                ExpressionKind::Case { branches, otherwise } => {
                    asked.extend(branches.iter().flat_map(|(condition, value)| [condition, value]));
                    asked.push(otherwise);
                }
                ExpressionKind::In { operand, .. }
                | ExpressionKind::Cast { operand, .. }
                | ExpressionKind::Promote(operand) => asked.push(operand),
            }
        }
    }
}
