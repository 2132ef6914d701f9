//! Whole scripts, definitions and types.

use super::*;

impl Choices<'_> {
    pub fn script(&mut self) -> Script {
        let statements =
            self.some_of(1, |choices| Statement { kind: choices.statement(), span: Span::default() });
        Script { statements }
    }

    fn statement(&mut self) -> StatementKind {
        match self.below(5) {
            0 => StatementKind::Assignment(Assignment {
                name: self.name(),
                persistent: self.yes(),
                value: self.expr(),
            }),
            1 => StatementKind::Operator(OperatorDefinition {
                name: self.name(),
                parameters: self.some_of(0, |choices| Parameter {
                    name: choices.name(),
                    parameter_type: choices.parameter_type(),
                    default: choices.maybe(Self::constant_or_cast),
                    span: Span::default(),
                }),
                returns: self.maybe(Self::parameter_type),
                body: self.expr(),
            }),
            2 => StatementKind::Datapoint(DatapointRuleset {
                name: self.name(),
                on: self.of(RulesetOn::ALL),
                signature: self.some_of(1, Self::signature_item),
                rules: self.some_of(1, |choices| DatapointRule {
                    name: choices.maybe(Self::name),
                    when: choices.maybe(Self::expr),
                    then: choices.expr(),
                    error_code: choices.maybe(Self::constant),
                    error_level: choices.maybe(Self::constant),
                    span: Span::default(),
                }),
            }),
            3 => StatementKind::Hierarchical(HierarchicalRuleset {
                name: self.name(),
                on: self.of(RulesetOn::ALL),
                conditions: self.some_of(0, Self::signature_item),
                rule: self.name(),
                rules: self.some_of(1, Self::hierarchical_rule),
            }),
            _ => StatementKind::ViralPropagation(ViralPropagation {
                name: self.name(),
                on: self.of(RulesetOn::ALL),
                target: self.name(),
                rules: self.some_of(1, |choices| ViralRule {
                    name: choices.maybe(Self::name),
                    kind: choices.viral_rule(),
                    span: Span::default(),
                }),
            }),
        }
    }

    fn signature_item(&mut self) -> SignatureItem {
        SignatureItem { name: self.name(), alias: self.maybe(Self::name) }
    }

    fn hierarchical_rule(&mut self) -> HierarchicalRule {
        let relations = [BinaryOp::Equal, BinaryOp::Less, BinaryOp::GreaterOrEqual];
        HierarchicalRule {
            name: self.maybe(Self::name),
            when: self.maybe(Self::expr),
            left: self.name(),
            relation: self.maybe(|choices| choices.of(&relations)),
            items: self.some_of(1, |choices| HierarchicalItem {
                negative: choices.yes(),
                code: choices.name(),
                condition: choices.maybe(Self::expr),
            }),
            error_code: self.maybe(Self::constant),
            error_level: self.maybe(Self::constant),
            span: Span::default(),
        }
    }

    fn viral_rule(&mut self) -> ViralRuleKind {
        match self.below(3) {
            0 => ViralRuleKind::Aggregate(self.of(AggregateOp::ALL)),
            1 => ViralRuleKind::Else(self.constant()),
            _ => ViralRuleKind::When {
                first: self.constant(),
                second: self.maybe(Self::constant),
                then: self.constant(),
            },
        }
    }

    pub(super) fn parameter_type(&mut self) -> ParameterType {
        match self.below(5) {
            0 => ParameterType::Scalar(self.scalar_spec()),
            1 => ParameterType::Dataset(self.some_of(0, |choices| ComponentConstraint {
                pattern: choices.pattern(),
                multiplicity: match choices.below(4) {
                    0 => Multiplicity::Named(choices.component()),
                    1 => Multiplicity::One,
                    2 => Multiplicity::OneOrMore,
                    _ => Multiplicity::Any,
                },
            })),
            2 => ParameterType::Component(self.pattern()),
            3 => ParameterType::Set(self.maybe(Self::scalar_spec)),
            _ => ParameterType::Ruleset(self.ruleset_type()),
        }
    }

    fn pattern(&mut self) -> ComponentPattern {
        ComponentPattern {
            role: self.of(Role::ALL),
            scalar: self.maybe(Self::scalar_spec),
            span: Span::default(),
        }
    }

    fn scalar_spec(&mut self) -> ScalarSpec {
        let name = if self.yes() {
            TypeName::ValueDomain(self.name())
        } else {
            TypeName::Basic(self.of(BasicType::ALL))
        };
        let constraint = match self.below(3) {
            0 => None,
            1 => Some(ScalarConstraint::Values(self.some_of(1, Self::constant_or_cast))),
            _ => Some(ScalarConstraint::Condition(self.boxed())),
        };
        ScalarSpec { name, constraint, nullable: self.maybe(Self::yes), span: Span::default() }
    }

    fn ruleset_type(&mut self) -> RulesetType {
        let rule = self.maybe(Self::name);
        let conditions = if rule.is_some() { self.some_of(0, Self::name) } else { Vec::new() };
        match self.below(7) {
            0 => RulesetType::Any,
            1 => RulesetType::Datapoint,
            2 => RulesetType::DatapointOnValueDomains(self.some_of(0, Self::name)),
            3 => RulesetType::DatapointOnVariables(self.some_of(0, Self::name)),
            4 => RulesetType::Hierarchical,
            5 => RulesetType::HierarchicalOnValueDomains { rule, conditions },
            _ => RulesetType::HierarchicalOnVariables { rule, conditions },
        }
    }
}
