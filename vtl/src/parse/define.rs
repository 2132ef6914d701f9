//! Operators that scripts define, and types.

use super::cursor::{Parsed, Parser};
use super::lex::TokenKind;
use crate::ast::{
    BasicType, ComponentConstraint, ComponentPattern, Multiplicity, Name, OperatorDefinition, Parameter,
    ParameterType, RulesetType, ScalarConstraint, ScalarSpec, StatementKind, TypeName,
};

impl<'t> Parser<'t> {
    /// Behind `define operator`.
    pub(crate) fn operator_definition(&mut self) -> Parsed<StatementKind> {
        let name = self.name("the name of an operator")?;
        self.want("(")?;
        let parameters = if self.at(")") { Vec::new() } else { self.list(Self::parameter)? };
        self.want(")")?;
        let returns = if self.eat("returns") { Some(self.parameter_type()?) } else { None };
        self.want("is")?;
        let body = self.expr()?;
        self.want_all(&["end", "operator"])?;
        Ok(StatementKind::Operator(OperatorDefinition { name, parameters, returns, body }))
    }

    fn parameter(&mut self) -> Parsed<Parameter> {
        let start = self.start();
        let name = self.name("the name of a parameter")?;
        let parameter_type = self.parameter_type()?;
        let default = if self.eat("default") { Some(self.constant_or_cast()?) } else { None };
        Ok(Parameter { name, parameter_type, default, span: self.since(start) })
    }

    pub(crate) fn parameter_type(&mut self) -> Parsed<ParameterType> {
        if self.eat("dataset") {
            return self.dataset_type();
        }
        if self.eat("set") {
            if !self.eat("<") {
                return Ok(ParameterType::Set(None));
            }
            let scalar = self.scalar_spec()?;
            self.want(">")?;
            return Ok(ParameterType::Set(Some(scalar)));
        }
        if let Some(ruleset) = self.ruleset_type()? {
            return Ok(ParameterType::Ruleset(ruleset));
        }
        if let Some(pattern) = self.component_pattern()? {
            return Ok(ParameterType::Component(pattern));
        }
        Ok(ParameterType::Scalar(self.scalar_spec()?))
    }

    /// A basic type, or the name of a value domain.
    pub(crate) fn type_name(&mut self) -> Parsed<TypeName> {
        if let Some(basic) = self.eat_one_of(BasicType::ALL, BasicType::text) {
            return Ok(TypeName::Basic(basic));
        }
        Ok(TypeName::ValueDomain(self.name("the name of a value domain")?))
    }

    fn scalar_spec(&mut self) -> Parsed<ScalarSpec> {
        let start = self.start();
        let name = self.type_name()?;
        let constraint = if self.eat("[") {
            let condition = Box::new(self.expr()?);
            self.want("]")?;
            Some(ScalarConstraint::Condition(condition))
        } else if self.eat("{") {
            let values = self.list(Self::constant_or_cast)?;
            self.want("}")?;
            Some(ScalarConstraint::Values(values))
        } else {
            None
        };
        let nullable = if self.eat("not") {
            self.want("null")?;
            Some(false)
        } else {
            self.eat("null").then_some(true)
        };
        Ok(ScalarSpec { name, constraint, nullable, span: self.since(start) })
    }

    fn component_pattern(&mut self) -> Parsed<Option<ComponentPattern>> {
        let start = self.start();
        let Some(role) = self.role()? else {
            return Ok(None);
        };
        let mut scalar = None;
        if self.eat("<") {
            scalar = Some(self.scalar_spec()?);
            self.want(">")?;
        }
        Ok(Some(ComponentPattern { role, scalar, span: self.since(start) }))
    }

    fn dataset_type(&mut self) -> Parsed<ParameterType> {
        if !self.eat("{") {
            return Ok(ParameterType::Dataset(Vec::new()));
        }
        let constraints = self.list(|parser| {
            let Some(pattern) = parser.component_pattern()? else {
                return parser.unexpected();
            };
            Ok(ComponentConstraint { pattern, multiplicity: parser.multiplicity()? })
        })?;
        self.want("}")?;
        Ok(ParameterType::Dataset(constraints))
    }

    fn multiplicity(&mut self) -> Parsed<Multiplicity> {
        if !self.eat("_") {
            return Ok(Multiplicity::Named(self.component()?));
        }
        Ok(if self.eat("+") {
            Multiplicity::OneOrMore
        } else if self.eat("*") {
            Multiplicity::Any
        } else {
            Multiplicity::One
        })
    }

    fn ruleset_type(&mut self) -> Parsed<Option<RulesetType>> {
        let kinds = [
            "ruleset",
            "datapoint",
            "datapoint_on_valuedomains",
            "datapoint_on_variables",
            "hierarchical",
            "hierarchical_on_valuedomains",
            "hierarchical_on_variables",
        ];
        let Some(kind) = self.eat_one_of(&kinds, |kind| kind) else {
            return Ok(None);
        };
        Ok(Some(match kind {
            "ruleset" => RulesetType::Any,
            "datapoint" => RulesetType::Datapoint,
            "hierarchical" => RulesetType::Hierarchical,
            "datapoint_on_valuedomains" => RulesetType::DatapointOnValueDomains(self.product_in_braces()?),
            "datapoint_on_variables" => RulesetType::DatapointOnVariables(self.product_in_braces()?),
            "hierarchical_on_valuedomains" => {
                let (rule, conditions) = self.rule_and_conditions()?;
                RulesetType::HierarchicalOnValueDomains { rule, conditions }
            }
            _ => {
                let (rule, conditions) = self.rule_and_conditions()?;
                RulesetType::HierarchicalOnVariables { rule, conditions }
            }
        }))
    }

    /// `{a * b}`, or nothing.
    fn product_in_braces(&mut self) -> Parsed<Vec<Name>> {
        if !self.eat("{") {
            return Ok(Vec::new());
        }
        let names = self.product()?;
        self.want("}")?;
        Ok(names)
    }

    fn product(&mut self) -> Parsed<Vec<Name>> {
        let mut names = vec![self.name("a name")?];
        while self.eat("*") {
            names.push(self.name("a name")?);
        }
        Ok(names)
    }

    /// `{rule (a * b)}`, or nothing.
    fn rule_and_conditions(&mut self) -> Parsed<(Option<Name>, Vec<Name>)> {
        if !self.eat("{") {
            return Ok((None, Vec::new()));
        }
        let rule = self.name("a name")?;
        let mut conditions = Vec::new();
        if self.eat("(") {
            conditions = self.product()?;
            self.want(")")?;
        }
        self.want("}")?;
        Ok((Some(rule), conditions))
    }

    /// Whether a name stands here without anything having been asked for.
    pub(crate) fn name_is_ahead(&self, ahead: usize) -> bool {
        self.peek(ahead).kind == TokenKind::Name
    }
}
