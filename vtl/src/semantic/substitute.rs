//! Arguments in the places of parameters.
//!
//! What lives here: the walk through the body of an operator of a script. What must not: types of parameters.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::{
    AnalyticCall, CalcItem, Clause, ClauseKind, ComponentName, Constant, Expr, ExprKind, Grouping, InSet,
    Join, Literal, Name, Setting, UnaryOp, Window, WindowBound,
};

/// What parameters stand for. Bodies and arguments are bounded in depth by the parser.
pub(super) struct Substitution<'a> {
    arguments: HashMap<&'a str, &'a Expr>,
    /// Expressions that were visited.
    pub(super) nodes: usize,
    /// Levels of the deepest expression, arguments included.
    pub(super) deepest: usize,
    /// Levels around the expression that is visited.
    depth: usize,
}

impl<'a> Substitution<'a> {
    pub(super) fn new(arguments: HashMap<&'a str, &'a Expr>) -> Self {
        Self { arguments, nodes: 0, deepest: 0, depth: 0 }
    }

    /// Puts arguments into an expression.
    pub(super) fn expr(&mut self, expr: &mut Expr) {
        self.nodes += 1;
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        self.parts(expr);
        self.depth -= 1;
    }

    fn parts(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Name(name) => {
                if let Some(argument) = self.arguments.get(&**name) {
                    *expr = (*argument).clone();
                    let mut within = Substitution::new(HashMap::new());
                    within.expr(expr);
                    self.nodes += within.nodes;
                    self.deepest = self.deepest.max(self.depth + within.deepest);
                }
            }
            ExprKind::Membership { operand, component } => {
                self.expr(operand);
                self.name(component);
            }
            ExprKind::Unary { operand, .. } | ExprKind::Cast { operand, .. } => self.expr(operand),
            ExprKind::FillTimeSeries { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } | ExprKind::StringDistance { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::In { operand, set, .. } => {
                self.expr(operand);
                if let InSet::ValueDomain(name) = set {
                    self.name(name);
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    self.expr(condition);
                    self.expr(value);
                }
                self.expr(otherwise);
            }
            ExprKind::Clause { operand, clause } => {
                self.expr(operand);
                self.clause(clause);
            }
            ExprKind::Call { arguments, .. } | ExprKind::UserCall { arguments, .. } => {
                arguments.iter_mut().flatten().for_each(|argument| self.expr(argument));
            }
            ExprKind::Aggregate(call) => {
                call.operand.iter_mut().for_each(|operand| self.expr(operand));
                call.grouping.iter_mut().for_each(|grouping| self.grouping(grouping));
                call.having.iter_mut().for_each(|having| self.expr(having));
            }
            ExprKind::Analytic(call) => self.analytic(call),
            ExprKind::Join(join) => self.join(join),
            ExprKind::Set { operands, .. } => operands.iter_mut().for_each(|operand| self.expr(operand)),
            ExprKind::ExistsIn(exists) => {
                self.expr(&mut exists.left);
                self.expr(&mut exists.right);
            }
            ExprKind::Check(check) => {
                self.expr(&mut check.operand);
                check.imbalance.iter_mut().for_each(|imbalance| self.expr(imbalance));
            }
            ExprKind::CheckDatapoint(check) => {
                self.expr(&mut check.operand);
                self.name(&mut check.ruleset);
                self.components(&mut check.components);
            }
            ExprKind::CheckHierarchy(check) => {
                self.expr(&mut check.operand);
                self.name(&mut check.ruleset);
                self.components(&mut check.conditions);
                check.rule.iter_mut().for_each(|rule| self.component(rule));
            }
            ExprKind::Hierarchy(call) => {
                self.expr(&mut call.operand);
                self.name(&mut call.ruleset);
                self.components(&mut call.conditions);
                call.rule.iter_mut().for_each(|rule| self.component(rule));
            }
            ExprKind::TimeAgg(call) => {
                self.setting(&mut call.to);
                call.operand.iter_mut().for_each(|operand| self.expr(operand));
            }
            ExprKind::Eval(call) => call.arguments.iter_mut().for_each(|argument| self.expr(argument)),
        }
    }

    fn name_of(&self, name: &str) -> Option<&'a Arc<str>> {
        match &self.arguments.get(name)?.kind {
            ExprKind::Name(argument) => Some(argument),
            _ => None,
        }
    }

    fn name(&self, name: &mut Name) {
        if let Some(argument) = self.name_of(&name.text) {
            name.text = argument.clone();
        }
    }

    fn component(&self, component: &mut ComponentName) {
        if component.dataset.is_none()
            && let Some(argument) = self.arguments.get(&*component.name.text)
            && let ExprKind::Membership { operand, component: name } = &argument.kind
            && let ExprKind::Name(dataset) = &operand.kind
        {
            *component =
                ComponentName { dataset: Some(Name::new(dataset.clone(), operand.span)), name: name.clone() };
            return;
        }
        // Before `#` stands an alias of a join, which may be called like a parameter.
        self.name(&mut component.name);
    }

    fn components(&self, components: &mut [ComponentName]) {
        components.iter_mut().for_each(|component| self.component(component));
    }

    fn setting(&self, setting: &mut Setting) {
        let Setting::Name(name) = setting else { return };
        let Some(argument) = self.arguments.get(&*name.text) else { return };
        match &argument.kind {
            ExprKind::Name(other) => name.text = other.clone(),
            ExprKind::Literal(value) => {
                let constant = Constant { value: value.clone(), cast: None, span: argument.span };
                *setting = Setting::Constant(constant);
            }
            ExprKind::Unary { operator: UnaryOp::Minus, operand } => {
                let negative = match &operand.kind {
                    ExprKind::Literal(Literal::Integer(whole)) => whole.checked_neg().map(Literal::Integer),
                    ExprKind::Literal(Literal::Number(digits)) => {
                        Some(Literal::Number(format!("-{digits}").into()))
                    }
                    _ => None,
                };
                if let Some(value) = negative {
                    *setting = Setting::Constant(Constant { value, cast: None, span: argument.span });
                }
            }
            _ => {}
        }
    }

    fn grouping(&mut self, grouping: &mut Grouping) {
        self.components(&mut grouping.components);
        grouping.time.iter_mut().for_each(|time| self.expr(time));
    }

    fn window(&self, window: &mut Window) {
        self.components(&mut window.partition);
        window.order.iter_mut().for_each(|item| self.component(&mut item.component));
        if let Some(frame) = &mut window.frame {
            for bound in [&mut frame.start, &mut frame.end] {
                if let WindowBound::Preceding(rows) | WindowBound::Following(rows) = bound {
                    self.setting(rows);
                }
            }
        }
    }

    fn analytic(&mut self, call: &mut AnalyticCall) {
        call.operand.iter_mut().for_each(|operand| self.expr(operand));
        call.offset.iter_mut().for_each(|offset| self.expr(offset));
        self.window(&mut call.window);
    }

    fn join(&mut self, join: &mut Join) {
        for operand in &mut join.operands {
            // The body calls an operand by its parameter, whatever is given for it.
            if let (None, ExprKind::Name(name)) = (&operand.alias, &operand.value.kind)
                && self.arguments.contains_key(&**name)
            {
                operand.alias = Some(Name::new(name.clone(), operand.value.span));
            }
            self.expr(&mut operand.value);
        }
        self.components(&mut join.using);
        join.defaults.iter_mut().for_each(|(component, _)| self.component(component));
        join.clauses.iter_mut().for_each(|clause| self.clause(clause));
    }

    fn items(&mut self, items: &mut [CalcItem]) {
        for item in items {
            self.component(&mut item.component);
            self.expr(&mut item.value);
        }
    }

    fn clause(&mut self, clause: &mut Clause) {
        match &mut clause.kind {
            ClauseKind::Filter(expr) | ClauseKind::Apply(expr) => self.expr(expr),
            ClauseKind::Calc(items) => self.items(items),
            ClauseKind::Aggr { items, grouping, having } => {
                self.items(items);
                grouping.iter_mut().for_each(|grouping| self.grouping(grouping));
                having.iter_mut().for_each(|having| self.expr(having));
            }
            ClauseKind::Keep(components) | ClauseKind::Drop(components) => self.components(components),
            ClauseKind::Rename(items) => {
                for item in items {
                    self.component(&mut item.from);
                    self.component(&mut item.to);
                }
            }
            ClauseKind::Sub(items) => {
                for item in items {
                    self.component(&mut item.component);
                    self.setting(&mut item.value);
                }
            }
            ClauseKind::Pivot { identifier, measure } | ClauseKind::Unpivot { identifier, measure } => {
                self.component(identifier);
                self.component(measure);
            }
        }
    }
}
