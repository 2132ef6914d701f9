//! Calls that validate: `check`, `check_datapoint`, `check_hierarchy`, and `hierarchy`, which has the same
//! form.

use super::cursor::{Parsed, Parser};
use crate::ast::{
    Check, CheckDatapoint, CheckHierarchy, CheckOutput, ComponentName, Constant, Expr, ExprKind,
    HierarchyCall, HierarchyInput, HierarchyMode, HierarchyOutput, Name,
};
use crate::diagnostic::Diagnostic;

/// What `check_hierarchy` and `hierarchy` start with.
struct HierarchyHead {
    operand: Expr,
    ruleset: Name,
    conditions: Vec<ComponentName>,
    rule: Option<ComponentName>,
    mode: Option<HierarchyMode>,
}

impl<'t> Parser<'t> {
    pub(crate) fn check(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let operand = self.expr()?;
        self.refuse_draft_check()?;
        let error_code = self.error_literal("errorcode")?;
        let error_level = self.error_literal("errorlevel")?;
        let imbalance = if self.eat("imbalance") { Some(self.expr()?) } else { None };
        let output = self.eat_one_of(&[CheckOutput::Invalid, CheckOutput::All], CheckOutput::text);
        self.refuse_draft_check()?;
        self.want(")")?;
        Ok(ExprKind::Check(Box::new(Check { operand, error_code, error_level, imbalance, output })))
    }

    /// Drafts of VTL 2 asked for the output with `valid` and `not valid`.
    fn refuse_draft_check(&mut self) -> Parsed<()> {
        let comma = usize::from(self.is_ahead(0, ","));
        let negated = self.is_ahead(comma, "not") && self.is_ahead(comma + 1, "valid");
        if !negated && !self.is_ahead(comma, "valid") {
            return Ok(());
        }
        let last = comma + usize::from(negated);
        let span = self.peek(comma).span.to(self.peek(last).span);
        let (form, help) = if negated {
            ("not valid", "today's form is: check(... errorcode \"E1\" errorlevel 1 invalid)")
        } else {
            ("valid", "today `check(...)` gives all data points, `check(... invalid)` those that fail")
        };
        let message = format!("`{form}` is from a draft of VTL");
        self.fail(Diagnostic::syntax("SYN-DRAFT", span, message).with_help(help))
    }

    /// `errorcode constant` or `errorlevel constant`, if it stands here.
    pub(crate) fn error_literal(&mut self, word: &'static str) -> Parsed<Option<Constant>> {
        if !self.eat(word) {
            return Ok(None);
        }
        if self.is_ahead(0, "(") {
            let span = self.previous().span.to(self.peek(0).span);
            let message = format!("`{word}(...)` is from a draft of VTL");
            let example = if word == "errorcode" { "errorcode \"E1\"" } else { "errorlevel 1" };
            let help = format!("today's form has no brackets: {example}");
            return self.fail(Diagnostic::syntax("SYN-DRAFT", span, message).with_help(help));
        }
        self.constant("a constant").map(Some)
    }

    pub(crate) fn check_datapoint(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let operand = self.expr()?;
        self.want(",")?;
        let ruleset = self.name("the name of a datapoint ruleset")?;
        let components = if self.eat("components") { self.list(Self::component)? } else { Vec::new() };
        let output = self.eat_one_of(CheckOutput::ALL, CheckOutput::text);
        self.refuse_draft_check()?;
        self.want(")")?;
        Ok(ExprKind::CheckDatapoint(Box::new(CheckDatapoint { operand, ruleset, components, output })))
    }

    pub(crate) fn check_hierarchy(&mut self) -> Parsed<ExprKind> {
        let HierarchyHead { operand, ruleset, conditions, rule, mode } = self.hierarchy_head()?;
        let inputs = [HierarchyInput::Dataset, HierarchyInput::DatasetPriority];
        let input = self.eat_one_of(&inputs, HierarchyInput::text);
        let output = self.eat_one_of(CheckOutput::ALL, CheckOutput::text);
        self.want(")")?;
        let call = CheckHierarchy { operand, ruleset, conditions, rule, mode, input, output };
        Ok(ExprKind::CheckHierarchy(Box::new(call)))
    }

    pub(crate) fn hierarchy(&mut self) -> Parsed<ExprKind> {
        let HierarchyHead { operand, ruleset, conditions, rule, mode } = self.hierarchy_head()?;
        let inputs = [HierarchyInput::Rule, HierarchyInput::Dataset, HierarchyInput::RulePriority];
        let input = self.eat_one_of(&inputs, HierarchyInput::text);
        let output = self.eat_one_of(HierarchyOutput::ALL, HierarchyOutput::text);
        self.want(")")?;
        let call = HierarchyCall { operand, ruleset, conditions, rule, mode, input, output };
        Ok(ExprKind::Hierarchy(Box::new(call)))
    }

    fn hierarchy_head(&mut self) -> Parsed<HierarchyHead> {
        self.open_call()?;
        let operand = self.expr()?;
        self.want(",")?;
        let ruleset = self.name("the name of a hierarchical ruleset")?;
        let conditions = if self.eat("condition") { self.list(Self::component)? } else { Vec::new() };
        // `rule` is also an input mode, which no component follows.
        let names_rule = self.at("rule") && self.peek(1).kind == super::lex::TokenKind::Name;
        let rule = if names_rule {
            self.advance();
            Some(self.component()?)
        } else {
            None
        };
        let mode = self.eat_one_of(HierarchyMode::ALL, HierarchyMode::text);
        Ok(HierarchyHead { operand, ruleset, conditions, rule, mode })
    }
}
