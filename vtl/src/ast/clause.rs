//! Clauses: what stands between `[` and `]`, and in the bodies of joins.

use super::{Expr, GroupingKind, Name, Role, Setting, Span};

/// A component, perhaps with the data set or alias it belongs to: `DS_1#Me_1`.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentName {
    /// Data set or alias before `#`.
    pub dataset: Option<Name>,
    /// The component.
    pub name: Name,
}

impl ComponentName {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.dataset.as_ref().map_or(self.name.span, |dataset| dataset.span.to(self.name.span))
    }
}

/// What stands between `[` and `]`, or in the body of a join.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What it does.
    pub kind: ClauseKind,
    /// From its keyword on.
    pub span: Span,
}

/// What a clause does. Lists have at least one member.
#[derive(Clone, Debug, PartialEq)]
pub enum ClauseKind {
    /// `filter condition`
    Filter(Expr),
    /// `calc ...`
    Calc(Vec<CalcItem>),
    /// `aggr ... group by ... having ...`
    Aggr {
        /// What is computed: [`Aggregate`](super::ExprKind::Aggregate) without grouping.
        items: Vec<CalcItem>,
        /// Which groups; nothing: one.
        grouping: Option<Grouping>,
        /// Which groups stay; only with a grouping.
        having: Option<Expr>,
    },
    /// `keep ...`
    Keep(Vec<ComponentName>),
    /// `drop ...`
    Drop(Vec<ComponentName>),
    /// `rename a to b, ...`
    Rename(Vec<RenameItem>),
    /// `sub a = "x", ...`
    Sub(Vec<SubItem>),
    /// `pivot identifier, measure`
    Pivot {
        /// Its codes become measures.
        identifier: ComponentName,
        /// Their values.
        measure: ComponentName,
    },
    /// `unpivot identifier, measure`
    Unpivot {
        /// New identifier, of the names of measures.
        identifier: ComponentName,
        /// New measure.
        measure: ComponentName,
    },
    /// `apply expr`; only in joins
    Apply(Expr),
}

/// `[role] component := value`
#[derive(Clone, Debug, PartialEq)]
pub struct CalcItem {
    /// What the component is for; nothing: what it is already, or a measure.
    pub role: Option<Role>,
    /// Which component.
    pub component: ComponentName,
    /// Its values.
    pub value: Expr,
    /// The whole item.
    pub span: Span,
}

/// `from to to`
#[derive(Clone, Debug, PartialEq)]
pub struct RenameItem {
    /// Present name.
    pub from: ComponentName,
    /// New name.
    pub to: ComponentName,
}

/// `component = value`
#[derive(Clone, Debug, PartialEq)]
pub struct SubItem {
    /// An identifier.
    pub component: ComponentName,
    /// The one value that stays.
    pub value: Setting,
}

/// `group by ...`, `group except ...`, `group all ...`
#[derive(Clone, Debug, PartialEq)]
pub struct Grouping {
    /// Which.
    pub kind: GroupingKind,
    /// At least one for `by` and `except`, none for `all`.
    pub components: Vec<ComponentName>,
    /// The conversion of the time identifier: an [`TimeAgg`](super::ExprKind::TimeAgg) without operand for
    /// `by` and `except`; the grammar of VTL 2.1 allows any expression after `all`.
    pub time: Option<Expr>,
    /// From `group` on.
    pub span: Span,
}
