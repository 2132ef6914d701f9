//! Expressions, constants and clauses.

use super::{Printer, print_name};
use crate::ast::{
    CalcItem, CastTo, Clause, ClauseKind, ComponentName, Constant, Expr, ExprKind, Grouping, InSet, Literal,
    Role, Setting, TypeName, UnaryOp,
};

/// How strongly kinds of expressions hold together; operators between two operands have 1 to 6 of their own.
mod strength {
    pub(super) const CONDITIONAL: u8 = 0;
    pub(super) const IN: u8 = 3;
    pub(super) const UNARY: u8 = 7;
    pub(super) const POSTFIX: u8 = 8;
}

fn strength_of(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::If { .. } | ExprKind::Case { .. } => strength::CONDITIONAL,
        ExprKind::Binary { operator, .. } => operator.precedence(),
        ExprKind::In { .. } => strength::IN,
        ExprKind::Unary { .. } => strength::UNARY,
        _ => strength::POSTFIX,
    }
}

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Name(name) => self.put(&print_name(name)),
            ExprKind::Membership { operand, component } => {
                self.operand(operand, strength::POSTFIX);
                self.put("#");
                self.name(component);
            }
            ExprKind::Unary { operator, operand } => {
                self.put(operator.text());
                if *operator == UnaryOp::Not {
                    self.put(" ");
                }
                self.operand(operand, strength::UNARY);
            }
            ExprKind::Binary { operator, left, right } => {
                self.operand(left, operator.precedence());
                self.put(" ");
                self.put(operator.text());
                self.put(" ");
                self.operand(right, operator.precedence() + 1);
            }
            ExprKind::In { operand, negated, set } => {
                self.operand(operand, strength::IN);
                self.put(if *negated { " not_in " } else { " in " });
                self.in_set(set);
            }
            ExprKind::If { condition, then, otherwise } => {
                self.put("if ");
                self.expr(condition);
                self.put(" then ");
                self.expr(then);
                self.put(" else ");
                self.expr(otherwise);
            }
            ExprKind::Case { branches, otherwise } => {
                self.put("case");
                for (condition, value) in branches {
                    self.put(" when ");
                    self.expr(condition);
                    self.put(" then ");
                    self.expr(value);
                }
                self.put(" else ");
                self.expr(otherwise);
            }
            ExprKind::Clause { operand, clause } => {
                self.operand(operand, strength::POSTFIX);
                self.put("[");
                self.clause(clause);
                self.put("]");
            }
            call => self.call(call),
        }
    }

    /// An operand, in brackets if it holds together less strongly than asked.
    fn operand(&mut self, expr: &Expr, strength_min: u8) {
        let needs_brackets = strength_of(&expr.kind) < strength_min;
        if needs_brackets {
            self.put("(");
        }
        self.expr(expr);
        if needs_brackets {
            self.put(")");
        }
    }

    fn in_set(&mut self, set: &InSet) {
        match set {
            InSet::ValueDomain(name) => self.name(name),
            InSet::Constants(constants) => self.constants_in_braces(constants),
        }
    }

    pub(super) fn constants_in_braces(&mut self, constants: &[Constant]) {
        self.put("{");
        self.list(constants, Self::constant);
        self.put("}");
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.put("null"),
            Literal::Boolean(value) => self.put(if *value { "true" } else { "false" }),
            Literal::Integer(value) => self.put(&value.to_string()),
            Literal::Number(digits) => self.put(digits),
            Literal::String(text) => self.quoted(text),
        }
    }

    pub(super) fn quoted(&mut self, text: &str) {
        self.put("\"");
        self.put(text);
        self.put("\"");
    }

    pub(super) fn constant(&mut self, constant: &Constant) {
        let Some(to) = &constant.cast else {
            return self.literal(&constant.value);
        };
        self.put("cast(");
        self.literal(&constant.value);
        self.cast_target(to);
        self.put(")");
    }

    pub(super) fn cast_target(&mut self, to: &CastTo) {
        self.put(", ");
        self.type_name(&to.scalar_type);
        if let Some(mask) = &to.mask {
            self.put(", ");
            self.quoted(mask);
        }
    }

    pub(super) fn type_name(&mut self, name: &TypeName) {
        match name {
            TypeName::Basic(basic) => self.put(basic.text()),
            TypeName::ValueDomain(name) => self.name(name),
        }
    }

    pub(super) fn setting(&mut self, setting: &Setting) {
        match setting {
            Setting::Constant(constant) => self.constant(constant),
            Setting::Name(name) => self.name(name),
        }
    }

    pub(super) fn component(&mut self, component: &ComponentName) {
        if let Some(dataset) = &component.dataset {
            self.name(dataset);
            self.put("#");
        }
        self.name(&component.name);
    }

    pub(super) fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::Filter(condition) => {
                self.put("filter ");
                self.expr(condition);
            }
            ClauseKind::Calc(items) => {
                self.put("calc ");
                self.list(items, Self::calc_item);
            }
            ClauseKind::Aggr { items, grouping, having } => {
                self.put("aggr ");
                self.list(items, Self::calc_item);
                self.groups(grouping.as_ref(), having.as_ref());
            }
            ClauseKind::Keep(components) => {
                self.put("keep ");
                self.list(components, Self::component);
            }
            ClauseKind::Drop(components) => {
                self.put("drop ");
                self.list(components, Self::component);
            }
            ClauseKind::Rename(items) => {
                self.put("rename ");
                self.list(items, |printer, item| {
                    printer.component(&item.from);
                    printer.put(" to ");
                    printer.component(&item.to);
                });
            }
            ClauseKind::Sub(items) => {
                self.put("sub ");
                self.list(items, |printer, item| {
                    printer.component(&item.component);
                    printer.put(" = ");
                    printer.setting(&item.value);
                });
            }
            ClauseKind::Pivot { identifier, measure } => self.pivot("pivot ", identifier, measure),
            ClauseKind::Unpivot { identifier, measure } => self.pivot("unpivot ", identifier, measure),
            ClauseKind::Apply(value) => {
                self.put("apply ");
                self.expr(value);
            }
        }
    }

    fn pivot(&mut self, word: &str, identifier: &ComponentName, measure: &ComponentName) {
        self.put(word);
        self.component(identifier);
        self.put(", ");
        self.component(measure);
    }

    fn calc_item(&mut self, item: &CalcItem) {
        if let Some(role) = item.role {
            self.put(Role::text(role));
            self.put(" ");
        }
        self.component(&item.component);
        self.put(" := ");
        self.expr(&item.value);
    }

    /// ` group by ... having ...`
    pub(super) fn groups(&mut self, grouping: Option<&Grouping>, having: Option<&Expr>) {
        if let Some(grouping) = grouping {
            self.put(" group ");
            self.put(grouping.kind.text());
            if !grouping.components.is_empty() {
                self.put(" ");
                self.list(&grouping.components, Self::component);
            }
            if let Some(time) = &grouping.time {
                self.put(" ");
                self.expr(time);
            }
        }
        if let Some(condition) = having {
            self.put(" having ");
            self.expr(condition);
        }
    }
}
