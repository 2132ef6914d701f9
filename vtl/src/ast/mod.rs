//! The syntax tree of VTL: what was written, with the place of every piece.
//!
//! What lives here: scripts, statements, expressions and their operators, as the grammar has them. What must
//! not: what names refer to, types of expressions, and the text they were read from.
//!
//! One [`Expr`] serves data sets, components and single values: only the analysis can tell them apart. Round
//! brackets leave no trace; the shape of the tree says it. Optional arguments written `_` are `None`.

mod call;
mod clause;
mod define;
mod expr;
mod operator;
mod ruleset;

use std::sync::Arc;

pub use call::{
    AggregateCall, AnalyticCall, Check, CheckDatapoint, CheckHierarchy, EvalCall, ExistsIn, HierarchyCall,
    Join, JoinOperand, OrderItem, TimeAgg, Window, WindowBound, WindowFrame,
};
pub use clause::{CalcItem, Clause, ClauseKind, ComponentName, Grouping, RenameItem, SubItem};
pub use define::{
    BasicType, ComponentConstraint, ComponentPattern, Multiplicity, OperatorDefinition, Parameter,
    ParameterType, Role, RulesetType, ScalarConstraint, ScalarSpec, TypeName,
};
pub use expr::{CastTo, Constant, Expr, ExprKind, InSet, Literal, Setting};
pub use operator::{
    AggregateOp, AnalyticOp, BinaryOp, CheckOutput, FillScope, Function, GroupingKind, HierarchyInput,
    HierarchyMode, HierarchyOutput, JoinKind, Retain, SetOp, StringDistance, TimeDelimiter, UnaryOp,
};
pub use ruleset::{
    DatapointRule, DatapointRuleset, HierarchicalItem, HierarchicalRule, HierarchicalRuleset, RulesetOn,
    SignatureItem, ViralPropagation, ViralRule, ViralRuleKind,
};

/// A piece of the script, in bytes from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Span {
    /// From byte to byte.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// From the start of this piece to the end of another.
    pub const fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }

    /// As a range of bytes.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A name as it is meant: without the quotes it may have in the script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

impl Name {
    /// A name at a place.
    pub fn new(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { text: text.into(), span }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

/// A whole script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// Its statements, in order of writing; the order says nothing about the order of computing.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Without the semicolon.
    pub span: Span,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `name := expr` or `name <- expr`.
    Assignment(Assignment),
    /// `define operator`.
    Operator(OperatorDefinition),
    /// `define datapoint ruleset`.
    Datapoint(DatapointRuleset),
    /// `define hierarchical ruleset`.
    Hierarchical(HierarchicalRuleset),
    /// `define viral propagation` (VTL 2.2).
    ViralPropagation(ViralPropagation),
}

/// `name := expr` or `name <- expr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Name of the result.
    pub name: Name,
    /// Written `<-`: the result outlives the run.
    pub persistent: bool,
    /// What is assigned.
    pub value: Expr,
}
