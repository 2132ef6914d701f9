//! Expressions: operators by their strength, and what stands between them.

use super::cursor::{Parsed, Parser};
use super::lex::{Token, TokenKind};
use crate::ast::{
    BinaryOp, CastTo, Clause, Constant, Expr, ExprKind, InSet, Literal, Setting, Span, TypeName, UnaryOp,
};
use crate::diagnostic::Diagnostic;

/// What is said to be expected where an expression could start.
pub(crate) const EXPRESSION: &str = "an expression";
/// What is said to be expected where an expression could go on.
pub(crate) const OPERATOR: &str = "an operator";

/// `in` and `not_in` bind a little weaker than comparisons.
const IN_PRECEDENCE: u8 = 3;
const LOWEST_PRECEDENCE: u8 = 1;

impl<'t> Parser<'t> {
    /// An expression as long as it goes.
    pub(crate) fn expr(&mut self) -> Parsed<Expr> {
        self.binary(LOWEST_PRECEDENCE)
    }

    /// Operands and operators that bind at least so strongly.
    fn binary(&mut self, precedence_min: u8) -> Parsed<Expr> {
        self.nested(|parser| {
            let start = parser.start();
            let mut left = parser.unary()?;
            loop {
                left = if let Some((operator, precedence)) = parser.operator_ahead(precedence_min) {
                    parser.advance();
                    let kind = match operator {
                        Infix::Binary(operator) => ExprKind::Binary {
                            operator,
                            left: Box::new(left),
                            right: Box::new(parser.binary(precedence + 1)?),
                        },
                        Infix::In { negated } => {
                            ExprKind::In { operand: Box::new(left), negated, set: parser.in_set()? }
                        }
                    };
                    parser.link()?;
                    Expr { kind, span: parser.since(start) }
                } else if parser.is_ahead(0, "[") || parser.is_ahead(0, "#") {
                    // Only behind `in`: other operands have taken their own.
                    parser.postfix(left, start)?
                } else {
                    parser.expect_also(OPERATOR);
                    return Ok(left);
                };
            }
        })
    }

    fn operator_ahead(&mut self, precedence_min: u8) -> Option<(Infix, u8)> {
        let token = self.peek(0);
        if !matches!(token.kind, TokenKind::Keyword | TokenKind::Sign) {
            return None;
        }
        let (operator, precedence) = match self.written(token) {
            "in" => (Infix::In { negated: false }, IN_PRECEDENCE),
            "not_in" => (Infix::In { negated: true }, IN_PRECEDENCE),
            written => {
                let operator = BinaryOp::of_text(written)?;
                (Infix::Binary(operator), operator.precedence())
            }
        };
        (precedence >= precedence_min).then_some((operator, precedence))
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.start();
        let sign = UnaryOp::ALL.iter().copied().find(|operator| self.is_ahead(0, operator.text()));
        let Some(operator) = sign else {
            let operand = self.primary()?;
            return self.postfix(operand, start);
        };
        self.advance();
        let operand = Box::new(self.nested(Self::unary)?);
        Ok(Expr { kind: ExprKind::Unary { operator, operand }, span: self.since(start) })
    }

    /// `#component` and `[clause]` behind an operand, as many as there are.
    fn postfix(&mut self, mut operand: Expr, start: Span) -> Parsed<Expr> {
        loop {
            let kind = if self.is_ahead(0, "#") {
                self.advance();
                let component = self.name("the name of a component")?;
                ExprKind::Membership { operand: Box::new(operand), component }
            } else if self.is_ahead(0, "[") {
                self.advance();
                let clause: Box<Clause> = Box::new(self.clause()?);
                self.want("]")?;
                ExprKind::Clause { operand: Box::new(operand), clause }
            } else {
                return Ok(operand);
            };
            self.link()?;
            operand = Expr { kind, span: self.since(start) };
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.start();
        let token = self.peek(0);
        let kind = match token.kind {
            TokenKind::Integer | TokenKind::Number | TokenKind::String => {
                self.advance();
                ExprKind::Literal(self.literal_of(token, false))
            }
            TokenKind::Name if self.is_ahead(1, "(") => self.user_call()?,
            TokenKind::Name => {
                self.advance();
                ExprKind::Name(self.name_of(token).text)
            }
            TokenKind::Sign if self.is_ahead(0, "(") => {
                self.advance();
                let inner = self.expr()?;
                self.want(")")?;
                return Ok(inner);
            }
            TokenKind::Keyword => match self.written(token) {
                "true" | "false" | "null" => {
                    self.advance();
                    ExprKind::Literal(self.literal_of(token, false))
                }
                "if" => self.if_then_else()?,
                "case" => self.case()?,
                _ => self.call()?,
            },
            TokenKind::Sign | TokenKind::Bad | TokenKind::End => {
                self.expect_also(EXPRESSION);
                return self.unexpected();
            }
        };
        Ok(Expr { kind, span: self.since(start) })
    }

    fn if_then_else(&mut self) -> Parsed<ExprKind> {
        self.want("if")?;
        let condition = Box::new(self.expr()?);
        self.want("then")?;
        let then = Box::new(self.expr()?);
        self.want("else")?;
        let otherwise = Box::new(self.expr()?);
        Ok(ExprKind::If { condition, then, otherwise })
    }

    fn case(&mut self) -> Parsed<ExprKind> {
        self.want("case")?;
        let mut branches = Vec::new();
        while branches.is_empty() || self.at("when") {
            self.want("when")?;
            let condition = self.expr()?;
            self.want("then")?;
            branches.push((condition, self.expr()?));
        }
        self.want("else")?;
        Ok(ExprKind::Case { branches, otherwise: Box::new(self.expr()?) })
    }

    fn in_set(&mut self) -> Parsed<InSet> {
        if !self.eat("{") {
            return Ok(InSet::ValueDomain(self.name("the name of a value domain")?));
        }
        let constants = self.list(Self::constant_or_cast)?;
        self.want("}")?;
        Ok(InSet::Constants(constants))
    }

    /// What a token of a constant stands for; `negative` if a minus sign before it belongs to it.
    pub(crate) fn literal_of(&mut self, token: Token, negative: bool) -> Literal {
        let written = self.written(token);
        match token.kind {
            TokenKind::String => Literal::String(self.text_of(token)),
            TokenKind::Integer | TokenKind::Number => {
                let signed = if negative { format!("-{written}") } else { written.to_owned() };
                let whole = (token.kind == TokenKind::Integer).then(|| signed.parse().ok()).flatten();
                whole.map_or_else(|| Literal::Number(signed.into()), Literal::Integer)
            }
            _ if written == "null" => Literal::Null,
            _ => Literal::Boolean(written == "true"),
        }
    }

    /// A constant with its sign; `what` says what it is for.
    pub(crate) fn constant(&mut self, what: &'static str) -> Parsed<Constant> {
        let start = self.start();
        let signed = self.is_ahead(0, "-") || self.is_ahead(0, "+");
        let token = self.peek(usize::from(signed));
        let is_number = matches!(token.kind, TokenKind::Integer | TokenKind::Number);
        let is_word =
            token.kind == TokenKind::Keyword && matches!(self.written(token), "true" | "false" | "null");
        if !is_number && (signed || !(token.kind == TokenKind::String || is_word)) {
            self.expect_also(what);
            return self.unexpected();
        }
        let negative = self.is_ahead(0, "-");
        if signed {
            self.advance();
        }
        self.advance();
        let value = self.literal_of(token, negative);
        Ok(Constant { value, cast: None, span: self.since(start) })
    }

    /// A constant, or `cast(constant, type)`.
    pub(crate) fn constant_or_cast(&mut self) -> Parsed<Constant> {
        let start = self.start();
        if !self.at("cast") {
            return self.constant("a constant");
        }
        self.advance();
        self.want("(")?;
        let inner = self.constant("a constant")?;
        self.want(",")?;
        let to = self.cast_target()?;
        if let TypeName::ValueDomain(name) = &to.scalar_type {
            let message = format!("`{name}` is no type of VTL; constants are cast to one of them");
            let diagnostic = Diagnostic::syntax("SYN-TYPE", name.span, message);
            return self.fail(diagnostic.with_expected([
                "string",
                "integer",
                "number",
                "date",
                "time_period",
            ]));
        }
        self.want(")")?;
        Ok(Constant { value: inner.value, cast: Some(to), span: self.since(start) })
    }

    /// Type and mask behind the first comma of a `cast`.
    pub(crate) fn cast_target(&mut self) -> Parsed<CastTo> {
        let scalar_type = self.type_name()?;
        let mask = if self.eat(",") { Some(self.quoted_text("a mask in quotation marks")?) } else { None };
        Ok(CastTo { scalar_type, mask })
    }

    /// A constant, or the name of a parameter.
    pub(crate) fn setting(&mut self) -> Parsed<Setting> {
        if self.at_kind(TokenKind::Name, "the name of a parameter") {
            return Ok(Setting::Name(self.name("the name of a parameter")?));
        }
        Ok(Setting::Constant(self.constant_or_cast()?))
    }
}

enum Infix {
    Binary(BinaryOp),
    In { negated: bool },
}
