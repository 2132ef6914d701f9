//! Calls.

use super::Printer;
use crate::ast::{
    AggregateOp, AnalyticCall, AnalyticOp, Check, CheckOutput, ComponentName, EvalCall, Expr, ExprKind,
    HierarchyInput, HierarchyMode, Join, Name, TimeAgg, Window, WindowBound,
};

impl Printer {
    /// Everything with a name and round brackets.
    pub(super) fn call(&mut self, call: &ExprKind) {
        match call {
            ExprKind::Call { function, arguments } => self.call_with(function.text(), arguments),
            ExprKind::UserCall { operator, arguments } if &*operator.text == "string_distance" => {
                // In quotes it cannot be taken for the function of VTL 2.2.
                self.call_with("'string_distance'", arguments);
            }
            ExprKind::UserCall { operator, arguments } => {
                self.call_with(&super::print_name(&operator.text), arguments);
            }
            ExprKind::StringDistance { method, left, right } => {
                self.put("string_distance(");
                self.put(method.text());
                self.put(", ");
                self.expr(left);
                self.put(", ");
                self.expr(right);
            }
            ExprKind::Cast { operand, to } => {
                self.put("cast(");
                self.expr(operand);
                self.cast_target(to);
            }
            ExprKind::Aggregate(call) => {
                self.put(AggregateOp::text(call.operator));
                self.put("(");
                if let Some(operand) = &call.operand {
                    self.expr(operand);
                }
                self.groups(call.grouping.as_ref(), call.having.as_ref());
            }
            ExprKind::Analytic(call) => self.analytic(call),
            ExprKind::Join(join) => self.join(join),
            ExprKind::Set { operator, operands } => {
                self.put(operator.text());
                self.put("(");
                self.list(operands, Self::expr);
            }
            ExprKind::ExistsIn(call) => {
                self.put("exists_in(");
                self.expr(&call.left);
                self.put(", ");
                self.expr(&call.right);
                if let Some(retain) = call.retain {
                    self.put(", ");
                    self.put(retain.text());
                }
            }
            ExprKind::Check(check) => self.check(check),
            ExprKind::CheckDatapoint(call) => {
                self.put("check_datapoint(");
                self.ruleset_call(&call.operand, &call.ruleset);
                self.components(" components ", &call.components);
                self.word(call.output.map(CheckOutput::text));
            }
            ExprKind::CheckHierarchy(call) => {
                self.put("check_hierarchy(");
                self.ruleset_call(&call.operand, &call.ruleset);
                self.hierarchy_modes(&call.conditions, call.rule.as_ref(), call.mode, call.input);
                self.word(call.output.map(CheckOutput::text));
            }
            ExprKind::Hierarchy(call) => {
                self.put("hierarchy(");
                self.ruleset_call(&call.operand, &call.ruleset);
                self.hierarchy_modes(&call.conditions, call.rule.as_ref(), call.mode, call.input);
                self.word(call.output.map(|output| output.text()));
            }
            ExprKind::TimeAgg(call) => self.time_agg(call),
            ExprKind::FillTimeSeries { operand, scope } => {
                self.put("fill_time_series(");
                self.expr(operand);
                if let Some(scope) = scope {
                    self.put(", ");
                    self.put(scope.text());
                }
            }
            ExprKind::Eval(call) => self.eval(call),
            // Everything else is written by `expr`, which calls this function.
            _ => return,
        }
        self.put(")");
    }

    fn call_with(&mut self, name: &str, arguments: &[Option<Expr>]) {
        self.put(name);
        self.put("(");
        self.list(arguments, |printer, argument| match argument {
            Some(argument) => printer.expr(argument),
            None => printer.put("_"),
        });
    }

    /// A word of the language with a blank before it.
    fn word(&mut self, word: Option<&str>) {
        if let Some(word) = word {
            self.put(" ");
            self.put(word);
        }
    }

    fn components(&mut self, word: &str, components: &[ComponentName]) {
        if !components.is_empty() {
            self.put(word);
            self.list(components, Self::component);
        }
    }

    fn ruleset_call(&mut self, operand: &Expr, ruleset: &Name) {
        self.expr(operand);
        self.put(", ");
        self.name(ruleset);
    }

    fn hierarchy_modes(
        &mut self,
        conditions: &[ComponentName],
        rule: Option<&ComponentName>,
        mode: Option<HierarchyMode>,
        input: Option<HierarchyInput>,
    ) {
        self.components(" condition ", conditions);
        if let Some(rule) = rule {
            self.put(" rule ");
            self.component(rule);
        }
        self.word(mode.map(HierarchyMode::text));
        self.word(input.map(HierarchyInput::text));
    }

    fn check(&mut self, check: &Check) {
        self.put("check(");
        self.expr(&check.operand);
        self.error_literals(check.error_code.as_ref(), check.error_level.as_ref());
        if let Some(imbalance) = &check.imbalance {
            self.put(" imbalance ");
            self.expr(imbalance);
        }
        self.word(check.output.map(CheckOutput::text));
    }

    fn analytic(&mut self, call: &AnalyticCall) {
        self.put(AnalyticOp::text(call.operator));
        self.put("(");
        if let Some(operand) = &call.operand {
            self.expr(operand);
            if let Some(offset) = &call.offset {
                self.put(", ");
                self.expr(offset);
            }
            if let Some(default) = &call.default {
                self.put(", ");
                self.constant(default);
            }
            self.put(" ");
        }
        self.window(&call.window);
    }

    fn window(&mut self, window: &Window) {
        self.put("over (");
        let mut gap = "";
        if !window.partition.is_empty() {
            self.put(if window.partition_excludes { "partition except " } else { "partition by " });
            self.list(&window.partition, Self::component);
            gap = " ";
        }
        if !window.order.is_empty() {
            self.put(gap);
            self.put("order by ");
            self.list(&window.order, |printer, item| {
                printer.component(&item.component);
                printer.put(if item.descending { " desc" } else { "" });
            });
            gap = " ";
        }
        if let Some(frame) = &window.frame {
            self.put(gap);
            self.put(if frame.counts_points { "data points between " } else { "range between " });
            self.window_bound(&frame.start);
            self.put(" and ");
            self.window_bound(&frame.end);
        }
        self.put(")");
    }

    fn window_bound(&mut self, bound: &WindowBound) {
        let (distance, text) = match bound {
            WindowBound::UnboundedPreceding => (None, "unbounded preceding"),
            WindowBound::Preceding(distance) => (Some(distance), " preceding"),
            WindowBound::Current => (None, "current data point"),
            WindowBound::Following(distance) => (Some(distance), " following"),
            WindowBound::UnboundedFollowing => (None, "unbounded following"),
        };
        if let Some(distance) = distance {
            self.setting(distance);
        }
        self.put(text);
    }

    fn join(&mut self, join: &Join) {
        self.put(join.kind.text());
        self.put("(");
        self.list(&join.operands, |printer, operand| {
            printer.expr(&operand.value);
            if let Some(alias) = &operand.alias {
                printer.put(" as ");
                printer.name(alias);
            }
        });
        self.components(" using ", &join.using);
        for (component, default) in &join.defaults {
            self.put(", nvl(");
            self.component(component);
            self.put(", ");
            self.constant(default);
            self.put(")");
        }
        for clause in &join.clauses {
            self.put(" ");
            self.clause(clause);
        }
    }

    fn time_agg(&mut self, call: &TimeAgg) {
        self.put("time_agg(");
        self.setting(&call.to);
        if let Some(from) = &call.from {
            self.put(", ");
            self.quoted(from);
        } else if call.operand.is_some() {
            self.put(", _");
        }
        if let Some(operand) = &call.operand {
            self.put(", ");
            self.expr(operand);
        }
        if let Some(delimiter) = call.delimiter {
            self.put(", ");
            self.put(delimiter.text());
        }
    }

    fn eval(&mut self, call: &EvalCall) {
        self.put("eval(");
        self.name(&call.routine);
        self.put("(");
        self.list(&call.arguments, Self::expr);
        self.put(")");
        if let Some(language) = &call.language {
            self.put(" language ");
            self.quoted(language);
        }
        if let Some(returns) = &call.returns {
            self.put(" returns ");
            self.parameter_type(returns);
        }
    }
}
