//! Rulesets, a line for each rule.

use super::Printer;
use crate::ast::{
    Constant, DatapointRule, DatapointRuleset, Expr, HierarchicalRule, HierarchicalRuleset, Name, RulesetOn,
    SignatureItem, ViralPropagation, ViralRule, ViralRuleKind,
};

impl Printer {
    pub(super) fn datapoint_ruleset(&mut self, ruleset: &DatapointRuleset) {
        self.put("define datapoint ruleset ");
        self.head(&ruleset.name, ruleset.on);
        self.put(" ");
        self.list(&ruleset.signature, Self::signature_item);
        self.put(") is\n    ");
        self.separated(&ruleset.rules, ";\n    ", Self::datapoint_rule);
        self.put("\nend datapoint ruleset");
    }

    pub(super) fn hierarchical_ruleset(&mut self, ruleset: &HierarchicalRuleset) {
        self.put("define hierarchical ruleset ");
        self.head(&ruleset.name, ruleset.on);
        if !ruleset.conditions.is_empty() {
            self.put(" condition ");
            self.list(&ruleset.conditions, Self::signature_item);
        }
        self.put(" rule ");
        self.name(&ruleset.rule);
        self.put(") is\n    ");
        self.separated(&ruleset.rules, ";\n    ", Self::hierarchical_rule);
        self.put("\nend hierarchical ruleset");
    }

    pub(super) fn viral_propagation(&mut self, propagation: &ViralPropagation) {
        self.put("define viral propagation ");
        self.head(&propagation.name, propagation.on);
        self.put(" ");
        self.name(&propagation.target);
        self.put(") is\n    ");
        self.separated(&propagation.rules, ";\n    ", Self::viral_rule);
        self.put("\nend viral propagation");
    }

    fn head(&mut self, name: &Name, on: RulesetOn) {
        self.name(name);
        self.put(" (");
        self.put(on.text());
    }

    fn signature_item(&mut self, item: &SignatureItem) {
        self.name(&item.name);
        if let Some(alias) = &item.alias {
            self.put(" as ");
            self.name(alias);
        }
    }

    fn rule_start(&mut self, name: Option<&Name>, when: Option<&Expr>) {
        if let Some(name) = name {
            self.name(name);
            self.put(": ");
        }
        if let Some(when) = when {
            self.put("when ");
            self.expr(when);
            self.put(" then ");
        }
    }

    pub(super) fn error_literals(&mut self, code: Option<&Constant>, level: Option<&Constant>) {
        for (word, constant) in [(" errorcode ", code), (" errorlevel ", level)] {
            if let Some(constant) = constant {
                self.put(word);
                self.constant(constant);
            }
        }
    }

    fn datapoint_rule(&mut self, rule: &DatapointRule) {
        self.rule_start(rule.name.as_ref(), rule.when.as_ref());
        self.expr(&rule.then);
        self.error_literals(rule.error_code.as_ref(), rule.error_level.as_ref());
    }

    fn hierarchical_rule(&mut self, rule: &HierarchicalRule) {
        self.rule_start(rule.name.as_ref(), rule.when.as_ref());
        self.name(&rule.left);
        if let Some(relation) = rule.relation {
            self.put(" ");
            self.put(relation.text());
        }
        for (place, item) in rule.items.iter().enumerate() {
            self.put(match (item.negative, place) {
                (true, _) => " - ",
                (false, 0) => " ",
                (false, _) => " + ",
            });
            self.name(&item.code);
            if let Some(condition) = &item.condition {
                self.put("[");
                self.expr(condition);
                self.put("]");
            }
        }
        self.error_literals(rule.error_code.as_ref(), rule.error_level.as_ref());
    }

    fn viral_rule(&mut self, rule: &ViralRule) {
        self.rule_start(rule.name.as_ref(), None);
        match &rule.kind {
            ViralRuleKind::When { first, second, then } => {
                self.put("when ");
                self.constant(first);
                if let Some(second) = second {
                    self.put(" and ");
                    self.constant(second);
                }
                self.put(" then ");
                self.constant(then);
            }
            ViralRuleKind::Aggregate(operator) => {
                self.put("aggregate ");
                self.put(operator.text());
            }
            ViralRuleKind::Else(value) => {
                self.put("else ");
                self.constant(value);
            }
        }
    }
}
