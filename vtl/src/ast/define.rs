//! Operators that scripts define, and the types of their parameters.

use super::operator::words;
use super::{ComponentName, Constant, Expr, Name, Span};

/// `define operator name (...) returns type is expr end operator`
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorDefinition {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it gives, if that is said: never a set or ruleset.
    pub returns: Option<ParameterType>,
    /// How it is computed.
    pub body: Expr,
}

/// `name type [default constant]`
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// What may be given.
    pub parameter_type: ParameterType,
    /// What counts if nothing is given.
    pub default: Option<Constant>,
    /// The whole parameter.
    pub span: Span,
}

/// Type of a parameter or result.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterType {
    /// A single value.
    Scalar(ScalarSpec),
    /// `dataset`, `dataset{...}`
    Dataset(Vec<ComponentConstraint>),
    /// `component`, `measure<number>`, ...
    Component(ComponentPattern),
    /// `set`, `set<string>`
    Set(Option<ScalarSpec>),
    /// `ruleset` and its kinds
    Ruleset(RulesetType),
}

/// `type [constraint] [null | not null]`
#[derive(Clone, Debug, PartialEq)]
pub struct ScalarSpec {
    /// Which type or value domain.
    pub name: TypeName,
    /// Which of its values.
    pub constraint: Option<ScalarConstraint>,
    /// `null` (true) or `not null` (false)
    pub nullable: Option<bool>,
    /// Where it stands.
    pub span: Span,
}

/// Which values of a type are allowed.
#[derive(Clone, Debug, PartialEq)]
pub enum ScalarConstraint {
    /// `[condition]`
    Condition(Box<Expr>),
    /// `{a, b, ...}`
    Values(Vec<Constant>),
}

/// A type by name.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeName {
    /// One of the language.
    Basic(BasicType),
    /// A value domain.
    ValueDomain(Name),
}

words! {
    /// Types of single values.
    BasicType {
        String = "string", Integer = "integer", Number = "number", Boolean = "boolean", Date = "date",
        Time = "time", TimePeriod = "time_period", Duration = "duration",
        /// Any of them.
        Scalar = "scalar",
    }
}

words! {
    /// What a component is for.
    Role {
        Identifier = "identifier", Measure = "measure", Attribute = "attribute",
        ViralAttribute = "viral attribute",
        /// Any of them.
        Component = "component",
    }
}

/// `role`, `role<type>`
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentPattern {
    /// What it is for.
    pub role: Role,
    /// Type of its values.
    pub scalar: Option<ScalarSpec>,
    /// Where it stands.
    pub span: Span,
}

/// One entry of `dataset{...}`.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentConstraint {
    /// Which components.
    pub pattern: ComponentPattern,
    /// How many of them, or which one.
    pub multiplicity: Multiplicity,
}

/// How many components fit a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Multiplicity {
    /// The one of this name.
    Named(ComponentName),
    /// `_`: exactly one
    One,
    /// `_+`: one or more
    OneOrMore,
    /// `_*`: any number
    Any,
}

/// Kinds of rulesets as parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum RulesetType {
    /// `ruleset`
    Any,
    /// `datapoint`
    Datapoint,
    /// `datapoint_on_valuedomains{a * b}`
    DatapointOnValueDomains(Vec<Name>),
    /// `datapoint_on_variables{a * b}`
    DatapointOnVariables(Vec<Name>),
    /// `hierarchical`
    Hierarchical,
    /// `hierarchical_on_valuedomains{rule (a * b)}`
    HierarchicalOnValueDomains {
        /// Value domain of the codes.
        rule: Option<Name>,
        /// Value domains of the conditions.
        conditions: Vec<Name>,
    },
    /// `hierarchical_on_variables{rule (a * b)}`
    HierarchicalOnVariables {
        /// Variable of the codes.
        rule: Option<Name>,
        /// Variables of the conditions.
        conditions: Vec<Name>,
    },
}
