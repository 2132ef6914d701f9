//! Expressions and constants.

use std::sync::Arc;

use super::{
    AggregateCall, AnalyticCall, BasicType, BinaryOp, Check, CheckDatapoint, CheckHierarchy, Clause,
    EvalCall, ExistsIn, FillScope, Function, HierarchyCall, Join, Name, SetOp, Span, StringDistance, TimeAgg,
    TypeName, UnaryOp,
};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, without round brackets around it.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant. Signs are operators here: `-1` is [`UnaryOp::Minus`] on `1`.
    Literal(Literal),
    /// A data set, component, value, or parameter.
    Name(Arc<str>),
    /// `operand#component`
    Membership {
        /// A data set; within joins an alias.
        operand: Box<Expr>,
        /// One of its components.
        component: Name,
    },
    /// An operator before its operand.
    Unary {
        /// Which.
        operator: UnaryOp,
        /// On what.
        operand: Box<Expr>,
    },
    /// An operator between two operands.
    Binary {
        /// Which.
        operator: BinaryOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `operand in {...}`, `operand not_in domain`
    In {
        /// What is looked for.
        operand: Box<Expr>,
        /// `not_in`
        negated: bool,
        /// Where.
        set: InSet,
    },
    /// `if condition then a else b`
    If {
        /// Boolean.
        condition: Box<Expr>,
        /// Where it is true.
        then: Box<Expr>,
        /// Where it is false or null.
        otherwise: Box<Expr>,
    },
    /// `case when c then a ... else b`
    Case {
        /// Conditions and values, at least one.
        branches: Vec<(Expr, Expr)>,
        /// Where no condition is true.
        otherwise: Box<Expr>,
    },
    /// `operand[clause]`
    Clause {
        /// A data set.
        operand: Box<Expr>,
        /// What is done with it.
        clause: Box<Clause>,
    },
    /// A function of the language with plain arguments.
    Call {
        /// Which.
        function: Function,
        /// As many as [`Function::arity`] allows; `_` is `None`.
        arguments: Vec<Option<Expr>>,
    },
    /// An operator that the script defines.
    UserCall {
        /// Its name.
        operator: Name,
        /// `_` is `None`: the default of the parameter.
        arguments: Vec<Option<Expr>>,
    },
    /// `string_distance(method, left, right)`
    StringDistance {
        /// How.
        method: StringDistance,
        /// One text.
        left: Box<Expr>,
        /// The other.
        right: Box<Expr>,
    },
    /// `cast(operand, type)`, `cast(operand, type, "mask")`
    Cast {
        /// What is converted.
        operand: Box<Expr>,
        /// To which type, with which mask.
        to: CastTo,
    },
    /// `sum(ds group by ...)`; in `aggr` and `having` without grouping; `count()`
    Aggregate(Box<AggregateCall>),
    /// `sum(x over (...))`
    Analytic(Box<AnalyticCall>),
    /// `inner_join(...)` and the others
    Join(Box<Join>),
    /// `union(a, b, ...)` and the others
    Set {
        /// Which.
        operator: SetOp,
        /// At least two.
        operands: Vec<Expr>,
    },
    /// `exists_in(left, right, retain)`
    ExistsIn(Box<ExistsIn>),
    /// `check(...)`
    Check(Box<Check>),
    /// `check_datapoint(...)`
    CheckDatapoint(Box<CheckDatapoint>),
    /// `check_hierarchy(...)`
    CheckHierarchy(Box<CheckHierarchy>),
    /// `hierarchy(...)`
    Hierarchy(Box<HierarchyCall>),
    /// `time_agg(...)`
    TimeAgg(Box<TimeAgg>),
    /// `fill_time_series(operand, scope)`
    FillTimeSeries {
        /// A data set.
        operand: Box<Expr>,
        /// Up to which bounds; nothing: all.
        scope: Option<FillScope>,
    },
    /// `eval(routine(...) language "..." returns ...)`
    Eval(Box<EvalCall>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// Whole number.
    Integer(i64),
    /// Number with a decimal point, or a whole number beyond 64 bits; digits as they were written, where the
    /// grammar has a sign in the constant with it.
    Number(Arc<str>),
    /// Text.
    String(Arc<str>),
}

/// A constant where the grammar allows nothing else: its sign belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// What is written.
    pub value: Literal,
    /// `cast(value, type)`; never in `errorcode` and `errorlevel`.
    pub cast: Option<CastTo>,
    /// Where it stands.
    pub span: Span,
}

/// A constant, or a parameter of the operator whose definition this stands in.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A constant.
    Constant(Constant),
    /// A parameter.
    Name(Name),
}

/// Target of a `cast`. For a [`Constant`] the type is a basic type.
#[derive(Clone, Debug, PartialEq)]
pub struct CastTo {
    /// To which type.
    pub scalar_type: TypeName,
    /// With which mask.
    pub mask: Option<Arc<str>>,
}

/// What `in` looks into.
#[derive(Clone, Debug, PartialEq)]
pub enum InSet {
    /// `{a, b, ...}`, at least one.
    Constants(Vec<Constant>),
    /// A value domain; in an operator's definition also a parameter of type `set`.
    ValueDomain(Name),
}

impl Constant {
    /// The basic type it is cast to.
    pub fn cast_type(&self) -> Option<BasicType> {
        match self.cast.as_ref()?.scalar_type {
            TypeName::Basic(basic) => Some(basic),
            TypeName::ValueDomain(_) => None,
        }
    }
}
