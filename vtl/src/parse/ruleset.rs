//! Rulesets. A mistake in one rule does not hide those in the next.

use super::cursor::{Failed, Parsed, Parser};
use super::lex::TokenKind;
use crate::ast::{
    AggregateOp, BinaryOp, Constant, DatapointRule, DatapointRuleset, Expr, HierarchicalItem,
    HierarchicalRule, HierarchicalRuleset, Name, RulesetOn, SignatureItem, StatementKind, ViralPropagation,
    ViralRule, ViralRuleKind,
};
use crate::diagnostic::Diagnostic;

const RELATIONS: &[BinaryOp] = &[
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::LessOrEqual,
    BinaryOp::Less,
    BinaryOp::GreaterOrEqual,
    BinaryOp::Greater,
];

impl<'t> Parser<'t> {
    /// Behind `define datapoint ruleset`.
    pub(crate) fn datapoint_ruleset(&mut self) -> Parsed<StatementKind> {
        let name = self.name("the name of a ruleset")?;
        self.want("(")?;
        let on = self.ruleset_on()?;
        let signature = self.list(Self::signature_item)?;
        self.want(")")?;
        self.want("is")?;
        let rules = self.rules(Self::datapoint_rule)?;
        self.want_all(&["end", "datapoint", "ruleset"])?;
        Ok(StatementKind::Datapoint(DatapointRuleset { name, on, signature, rules }))
    }

    /// Behind `define hierarchical ruleset`.
    pub(crate) fn hierarchical_ruleset(&mut self) -> Parsed<StatementKind> {
        let name = self.name("the name of a ruleset")?;
        self.want("(")?;
        let on = self.ruleset_on()?;
        let conditions = if self.eat("condition") { self.list(Self::signature_item)? } else { Vec::new() };
        self.want("rule")?;
        let rule = self.name("the name of a variable or value domain")?;
        self.want(")")?;
        self.want("is")?;
        let rules = self.rules(Self::hierarchical_rule)?;
        self.want_all(&["end", "hierarchical", "ruleset"])?;
        Ok(StatementKind::Hierarchical(HierarchicalRuleset { name, on, conditions, rule, rules }))
    }

    /// Behind `define viral propagation`.
    pub(crate) fn viral_propagation(&mut self) -> Parsed<StatementKind> {
        let name = self.name("the name of a propagation")?;
        self.want("(")?;
        let on = self.ruleset_on()?;
        let target = self.name("the name of a variable or value domain")?;
        self.want(")")?;
        self.want("is")?;
        let rules = self.rules(Self::viral_rule)?;
        self.want_all(&["end", "viral"])?;
        self.propagation_word()?;
        Ok(StatementKind::ViralPropagation(ViralPropagation { name, on, target, rules }))
    }

    /// `propagation`, which became a word of the language with VTL 2.2.
    pub(crate) fn propagation_word(&mut self) -> Parsed<()> {
        if self.written(self.peek(0)) != "propagation" {
            self.expect_also("propagation");
            return self.unexpected();
        }
        self.advance();
        Ok(())
    }

    fn ruleset_on(&mut self) -> Parsed<RulesetOn> {
        match self.eat_one_of(RulesetOn::ALL, RulesetOn::text) {
            Some(on) => Ok(on),
            None => self.unexpected(),
        }
    }

    fn signature_item(&mut self) -> Parsed<SignatureItem> {
        let name = self.name("the name of a variable or value domain")?;
        let alias = if self.eat("as") { Some(self.name("an alias")?) } else { None };
        Ok(SignatureItem { name, alias })
    }

    /// Rules up to `end`, with semicolons between. After a mistake the next rule is read, so that all
    /// mistakes are reported; the ruleset as a whole has failed then.
    fn rules<T>(&mut self, rule: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut rules = Vec::new();
        let mut all_well = true;
        loop {
            match rule(self).and_then(|rule| self.end_of_rule().map(|()| rule)) {
                Ok(rule) => rules.push(rule),
                Err(Failed) => {
                    all_well = false;
                    self.skip_to_end_of_rule();
                }
            }
            if self.has_enough_mistakes() || !self.eat(";") || self.is_statement_ahead() {
                break;
            }
            if self.is_ahead(0, "end") {
                let message = "no `;` may stand behind the last rule";
                let span = self.previous().span;
                self.report(Diagnostic::syntax("SYN-LAST-RULE", span, message).with_help("delete it"));
                all_well = false;
                break;
            }
        }
        if all_well { Ok(rules) } else { Err(Failed) }
    }

    fn end_of_rule(&mut self) -> Parsed<()> {
        if self.at(";") || self.at("end") { Ok(()) } else { self.unexpected() }
    }

    fn skip_to_end_of_rule(&mut self) {
        while !self.is_ahead(0, ";") && !self.is_ahead(0, "end") && self.peek(0).kind != TokenKind::End {
            self.advance();
        }
    }

    /// `name :` before a rule, if it stands here.
    fn rule_name(&mut self) -> Parsed<Option<Name>> {
        if !(self.name_is_ahead(0) && self.is_ahead(1, ":")) {
            return Ok(None);
        }
        let name = self.name("the name of a rule")?;
        self.want(":")?;
        Ok(Some(name))
    }

    /// `when condition then`, if it stands here.
    fn when(&mut self) -> Parsed<Option<Expr>> {
        if !self.eat("when") {
            return Ok(None);
        }
        let condition = self.expr()?;
        self.want("then")?;
        Ok(Some(condition))
    }

    fn error_literals(&mut self) -> Parsed<(Option<Constant>, Option<Constant>)> {
        let code = self.error_literal("errorcode")?;
        Ok((code, self.error_literal("errorlevel")?))
    }

    fn datapoint_rule(&mut self) -> Parsed<DatapointRule> {
        let start = self.start();
        let name = self.rule_name()?;
        let when = self.when()?;
        let then = self.expr()?;
        let (error_code, error_level) = self.error_literals()?;
        Ok(DatapointRule { name, when, then, error_code, error_level, span: self.since(start) })
    }

    fn hierarchical_rule(&mut self) -> Parsed<HierarchicalRule> {
        let start = self.start();
        let name = self.rule_name()?;
        let when = self.when()?;
        let left = self.code()?;
        let relation = self.eat_one_of(RELATIONS, BinaryOp::text);
        let mut items = vec![self.hierarchical_item()?];
        while self.at("+") || self.at("-") || self.code_is_ahead(0) {
            items.push(self.hierarchical_item()?);
        }
        let (error_code, error_level) = self.error_literals()?;
        Ok(HierarchicalRule {
            name,
            when,
            left,
            relation,
            items,
            error_code,
            error_level,
            span: self.since(start),
        })
    }

    fn hierarchical_item(&mut self) -> Parsed<HierarchicalItem> {
        let negative = !self.eat("+") && self.eat("-");
        let code = self.code()?;
        let mut condition = None;
        if self.eat("[") {
            condition = Some(self.expr()?);
            self.want("]")?;
        }
        Ok(HierarchicalItem { negative, code, condition })
    }

    fn code_is_ahead(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead).kind, TokenKind::Name | TokenKind::Integer | TokenKind::Number)
    }

    /// A code: a name, or a number with its sign.
    fn code(&mut self) -> Parsed<Name> {
        let start = self.start();
        let signed = self.is_ahead(0, "+") || self.is_ahead(0, "-");
        let token = self.peek(usize::from(signed));
        match token.kind {
            TokenKind::Name if !signed => self.name("a code"),
            TokenKind::Integer | TokenKind::Number => {
                let negative = self.is_ahead(0, "-");
                if signed {
                    self.advance();
                }
                self.advance();
                let digits = self.written(token);
                let text = if negative { format!("-{digits}").into() } else { self.intern(digits) };
                Ok(Name { text, span: self.since(start) })
            }
            _ => {
                self.expect_also("a code");
                self.unexpected()
            }
        }
    }

    fn viral_rule(&mut self) -> Parsed<ViralRule> {
        let start = self.start();
        let name = self.rule_name()?;
        let kind = if self.eat("when") {
            let first = self.constant("a constant")?;
            let second = if self.eat("and") { Some(self.constant("a constant")?) } else { None };
            self.want("then")?;
            ViralRuleKind::When { first, second, then: self.constant("a constant")? }
        } else if self.eat("else") {
            ViralRuleKind::Else(self.constant("a constant")?)
        } else if self.written(self.peek(0)) == "aggregate" {
            self.advance();
            match self.eat_one_of(AggregateOp::ALL, AggregateOp::text) {
                Some(operator) => ViralRuleKind::Aggregate(operator),
                None => return self.unexpected(),
            }
        } else {
            self.expect_also("aggregate");
            return self.unexpected();
        };
        Ok(ViralRule { name, kind, span: self.since(start) })
    }
}
