//! Rulesets: data point rules, hierarchies, and the propagation of viral attributes.

use super::operator::words;
use super::{AggregateOp, BinaryOp, Constant, Expr, Name, Span};

words! {
    /// What the names of a signature are.
    RulesetOn { Variable = "variable", ValueDomain = "valuedomain", }
}

/// `name [as alias]`
#[derive(Clone, Debug, PartialEq)]
pub struct SignatureItem {
    /// Variable or value domain.
    pub name: Name,
    /// What the rules call it.
    pub alias: Option<Name>,
}

/// `define datapoint ruleset`
#[derive(Clone, Debug, PartialEq)]
pub struct DatapointRuleset {
    /// Its name.
    pub name: Name,
    /// What the signature names.
    pub on: RulesetOn,
    /// At least one.
    pub signature: Vec<SignatureItem>,
    /// At least one.
    pub rules: Vec<DatapointRule>,
}

/// `[name:] [when c then] c [errorcode x] [errorlevel y]`
#[derive(Clone, Debug, PartialEq)]
pub struct DatapointRule {
    /// Its name.
    pub name: Option<Name>,
    /// To which data points it applies.
    pub when: Option<Expr>,
    /// What must be true of them.
    pub then: Expr,
    /// `errorcode`
    pub error_code: Option<Constant>,
    /// `errorlevel`
    pub error_level: Option<Constant>,
    /// The whole rule.
    pub span: Span,
}

/// `define hierarchical ruleset`
#[derive(Clone, Debug, PartialEq)]
pub struct HierarchicalRuleset {
    /// Its name.
    pub name: Name,
    /// What the signature names.
    pub on: RulesetOn,
    /// `condition`
    pub conditions: Vec<SignatureItem>,
    /// `rule`: whose codes the rules relate.
    pub rule: Name,
    /// At least one.
    pub rules: Vec<HierarchicalRule>,
}

/// `[name:] [when c then] left = [+|-] a [+|- b ...] [errorcode x] [errorlevel y]`
#[derive(Clone, Debug, PartialEq)]
pub struct HierarchicalRule {
    /// Its name.
    pub name: Option<Name>,
    /// To which groups it applies.
    pub when: Option<Expr>,
    /// Code of the left side; a number stands here as it is written.
    pub left: Name,
    /// A comparison; the grammar allows to leave it out, which means `=`.
    pub relation: Option<BinaryOp>,
    /// Right side, at least one.
    pub items: Vec<HierarchicalItem>,
    /// `errorcode`
    pub error_code: Option<Constant>,
    /// `errorlevel`
    pub error_level: Option<Constant>,
    /// The whole rule.
    pub span: Span,
}

/// `[+|-] code [ [condition] ]`
#[derive(Clone, Debug, PartialEq)]
pub struct HierarchicalItem {
    /// Whether it is subtracted.
    pub negative: bool,
    /// Its code; a number stands here as it is written.
    pub code: Name,
    /// Where it takes part.
    pub condition: Option<Expr>,
}

/// `define viral propagation name (variable x) is ... end viral propagation` (VTL 2.2)
#[derive(Clone, Debug, PartialEq)]
pub struct ViralPropagation {
    /// Its name.
    pub name: Name,
    /// What the signature names.
    pub on: RulesetOn,
    /// Variable or value domain.
    pub target: Name,
    /// At least one.
    pub rules: Vec<ViralRule>,
}

/// One rule of a propagation.
#[derive(Clone, Debug, PartialEq)]
pub struct ViralRule {
    /// Its name.
    pub name: Option<Name>,
    /// What it says.
    pub kind: ViralRuleKind,
    /// The whole rule.
    pub span: Span,
}

/// What a rule of a propagation says.
#[derive(Clone, Debug, PartialEq)]
pub enum ViralRuleKind {
    /// `when a [and b] then c`
    When {
        /// A value.
        first: Constant,
        /// The value it meets.
        second: Option<Constant>,
        /// What comes out.
        then: Constant,
    },
    /// `aggregate max`
    Aggregate(AggregateOp),
    /// `else c`
    Else(Constant),
}
