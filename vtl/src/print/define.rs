//! Operators that scripts define, and types.

use super::Printer;
use crate::ast::{
    ComponentPattern, Multiplicity, Name, OperatorDefinition, ParameterType, RulesetType, ScalarConstraint,
    ScalarSpec,
};

impl Printer {
    pub(super) fn operator_definition(&mut self, definition: &OperatorDefinition) {
        self.put("define operator ");
        self.name(&definition.name);
        self.put("(");
        self.list(&definition.parameters, |printer, parameter| {
            printer.name(&parameter.name);
            printer.put(" ");
            printer.parameter_type(&parameter.parameter_type);
            if let Some(default) = &parameter.default {
                printer.put(" default ");
                printer.constant(default);
            }
        });
        self.put(")");
        if let Some(returns) = &definition.returns {
            self.put(" returns ");
            self.parameter_type(returns);
        }
        self.put(" is\n    ");
        self.expr(&definition.body);
        self.put("\nend operator");
    }

    pub(super) fn parameter_type(&mut self, parameter_type: &ParameterType) {
        match parameter_type {
            ParameterType::Scalar(spec) => self.scalar_spec(spec),
            ParameterType::Dataset(constraints) => {
                self.put("dataset");
                if constraints.is_empty() {
                    return;
                }
                self.put("{");
                self.list(constraints, |printer, constraint| {
                    printer.pattern(&constraint.pattern);
                    printer.put(" ");
                    match &constraint.multiplicity {
                        Multiplicity::Named(component) => printer.component(component),
                        Multiplicity::One => printer.put("_"),
                        Multiplicity::OneOrMore => printer.put("_+"),
                        Multiplicity::Any => printer.put("_*"),
                    }
                });
                self.put("}");
            }
            ParameterType::Component(pattern) => self.pattern(pattern),
            ParameterType::Set(spec) => {
                self.put("set");
                self.in_angles(spec.as_ref());
            }
            ParameterType::Ruleset(ruleset) => self.ruleset_type(ruleset),
        }
    }

    fn scalar_spec(&mut self, spec: &ScalarSpec) {
        self.type_name(&spec.name);
        match &spec.constraint {
            Some(ScalarConstraint::Condition(condition)) => {
                self.put("[");
                self.expr(condition);
                self.put("]");
            }
            Some(ScalarConstraint::Values(values)) => self.constants_in_braces(values),
            None => {}
        }
        match spec.nullable {
            Some(true) => self.put(" null"),
            Some(false) => self.put(" not null"),
            None => {}
        }
    }

    fn in_angles(&mut self, spec: Option<&ScalarSpec>) {
        if let Some(spec) = spec {
            self.put("<");
            self.scalar_spec(spec);
            self.put(">");
        }
    }

    fn pattern(&mut self, pattern: &ComponentPattern) {
        self.put(pattern.role.text());
        self.in_angles(pattern.scalar.as_ref());
    }

    fn ruleset_type(&mut self, ruleset: &RulesetType) {
        match ruleset {
            RulesetType::Any => self.put("ruleset"),
            RulesetType::Datapoint => self.put("datapoint"),
            RulesetType::Hierarchical => self.put("hierarchical"),
            RulesetType::DatapointOnValueDomains(names) => self.product("datapoint_on_valuedomains", names),
            RulesetType::DatapointOnVariables(names) => self.product("datapoint_on_variables", names),
            RulesetType::HierarchicalOnValueDomains { rule, conditions } => {
                self.rule_and_conditions("hierarchical_on_valuedomains", rule.as_ref(), conditions);
            }
            RulesetType::HierarchicalOnVariables { rule, conditions } => {
                self.rule_and_conditions("hierarchical_on_variables", rule.as_ref(), conditions);
            }
        }
    }

    fn product(&mut self, word: &str, names: &[Name]) {
        self.put(word);
        if !names.is_empty() {
            self.put("{");
            self.separated(names, " * ", Self::name);
            self.put("}");
        }
    }

    fn rule_and_conditions(&mut self, word: &str, rule: Option<&Name>, conditions: &[Name]) {
        self.put(word);
        let Some(rule) = rule else { return };
        self.put("{");
        self.name(rule);
        if !conditions.is_empty() {
            self.put(" (");
            self.separated(conditions, " * ", Self::name);
            self.put(")");
        }
        self.put("}");
    }
}
