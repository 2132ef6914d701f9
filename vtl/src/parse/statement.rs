//! Statements, and where to go on after a mistake.

use super::STATEMENTS_MAX;
use super::cursor::{Failed, Parsed, Parser};
use super::lex::TokenKind;
use crate::ast::{Assignment, Script, Span, Statement, StatementKind};
use crate::diagnostic::Diagnostic;

impl<'t> Parser<'t> {
    /// The whole script.
    pub(crate) fn script(&mut self) -> Script {
        let mut script = Script::default();
        while self.peek(0).kind != TokenKind::End && !self.has_enough_mistakes() {
            if script.statements.len() == STATEMENTS_MAX {
                let message = format!("the script has more than {STATEMENTS_MAX} statements");
                let diagnostic = Diagnostic::syntax("SYN-TOO-LONG", self.start(), message);
                self.report(diagnostic.with_help("split it into several scripts"));
                break;
            }
            let is_definition = self.is_ahead(0, "define");
            match self.statement() {
                Ok(statement) => script.statements.push(statement),
                Err(Failed) => self.skip_statement(is_definition),
            }
        }
        script
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let start = self.start();
        let kind = if self.eat("define") { self.definition()? } else { self.assignment()? };
        let span = self.since(start);
        if self.eat(";") {
            return Ok(Statement { kind, span });
        }
        if self.is_statement_ahead() || self.peek(0).kind == TokenKind::End {
            // The next statement is well readable: say what is missing, and go on there.
            let end = self.previous().span.end;
            let at = Span::new(end - 1, end);
            let message = "the statement that ends here has no `;`";
            self.report(Diagnostic::syntax("SYN-NO-SEMICOLON", at, message).with_expected(["`;`"]));
            return Ok(Statement { kind, span });
        }
        self.unexpected()
    }

    fn definition(&mut self) -> Parsed<StatementKind> {
        if self.eat("operator") {
            self.operator_definition()
        } else if self.eat("datapoint") {
            self.want("ruleset")?;
            self.datapoint_ruleset()
        } else if self.eat("hierarchical") {
            self.want("ruleset")?;
            self.hierarchical_ruleset()
        } else if self.eat("viral") {
            self.propagation_word()?;
            self.viral_propagation()
        } else {
            self.unexpected()
        }
    }

    fn assignment(&mut self) -> Parsed<StatementKind> {
        if self.peek(0).kind == TokenKind::Keyword && !self.is_assignment_sign(1) {
            self.expect_also("define");
        }
        let name = self.name("the name of a result")?;
        let persistent = self.eat("<-");
        if !persistent {
            self.want(":=")?;
        }
        Ok(StatementKind::Assignment(Assignment { name, persistent, value: self.expr()? }))
    }

    /// Whether something stands here that only a statement starts with.
    pub(crate) fn is_statement_ahead(&self) -> bool {
        self.is_ahead(0, "define") || (self.name_is_ahead(0) && self.is_assignment_sign(1))
    }

    fn is_assignment_sign(&self, ahead: usize) -> bool {
        self.is_ahead(ahead, ":=") || self.is_ahead(ahead, "<-")
    }

    /// Goes to the next statement. Definitions have semicolons within: they end behind `end ...;`, or where a
    /// statement starts.
    fn skip_statement(&mut self, is_definition: bool) {
        let mut is_within = is_definition;
        while self.peek(0).kind != TokenKind::End && !self.is_ahead(0, "define") {
            is_within &= !self.is_ahead(0, "end");
            let is_semicolon = self.is_ahead(0, ";");
            self.advance();
            if is_semicolon && (!is_within || self.is_statement_ahead()) {
                return;
            }
        }
    }
}
