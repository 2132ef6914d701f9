//! Calls of functions and operators whose names the language knows, and of those that scripts define.

use super::cursor::{Parsed, Parser};
use super::expr::EXPRESSION;
use super::lex::TokenKind;
use crate::ast::{
    AggregateCall, AggregateOp, AnalyticCall, AnalyticOp, EvalCall, ExistsIn, Expr, ExprKind, FillScope,
    Function, JoinKind, Retain, SetOp, Setting, StringDistance, TimeAgg, TimeDelimiter,
};
use crate::diagnostic::Diagnostic;

impl<'t> Parser<'t> {
    /// A call that starts with a keyword.
    pub(crate) fn call(&mut self) -> Parsed<ExprKind> {
        let word = self.peek(0);
        let written = self.written(word);
        if !self.is_ahead(1, "(") {
            self.expect_also(EXPRESSION);
            return self.unexpected();
        }
        if let Some(function) = Function::of_text(written) {
            return self.function_call(function);
        }
        if let Some(operator) = AggregateOp::of_text(written) {
            return self.aggregate_call(operator);
        }
        if let Some(kind) = JoinKind::of_text(written) {
            return self.join(kind);
        }
        if let Some(operator) = SetOp::of_text(written) {
            return self.set_call(operator);
        }
        match written {
            "cast" => self.cast_call(),
            "first_value" => self.analytic_call(AnalyticOp::FirstValue),
            "last_value" => self.analytic_call(AnalyticOp::LastValue),
            "lag" => self.analytic_call(AnalyticOp::Lag),
            "lead" => self.analytic_call(AnalyticOp::Lead),
            "rank" => self.analytic_call(AnalyticOp::Rank),
            "ratio_to_report" => self.analytic_call(AnalyticOp::RatioToReport),
            "exists_in" => self.exists_in(),
            "check" => self.check(),
            "check_datapoint" => self.check_datapoint(),
            "check_hierarchy" => self.check_hierarchy(),
            "hierarchy" => self.hierarchy(),
            "time_agg" => self.time_agg(),
            "fill_time_series" => self.fill_time_series(),
            "eval" => self.eval(),
            _ => {
                self.expect_also(EXPRESSION);
                self.unexpected()
            }
        }
    }

    /// Takes the name of a call and its opening bracket.
    pub(crate) fn open_call(&mut self) -> Parsed<()> {
        self.advance();
        self.want("(").map(|_| ())
    }

    fn function_call(&mut self, function: Function) -> Parsed<ExprKind> {
        let start = self.start();
        self.open_call()?;
        let arguments = self.arguments(|place| function.may_omit(place))?;
        let (least, most) = function.arity();
        if (least..=most).contains(&arguments.len()) {
            return Ok(ExprKind::Call { function, arguments });
        }
        let takes = match most - least {
            0 => least.to_string(),
            1 => format!("{least} or {most}"),
            _ => format!("{least} to {most}"),
        };
        let plural = if most == 1 { "argument" } else { "arguments" };
        let message = format!("`{}` takes {takes} {plural}, not {}", function.text(), arguments.len());
        let diagnostic = Diagnostic::syntax("SYN-ARGUMENTS", self.since(start), message);
        self.fail(diagnostic)
    }

    /// Arguments up to the closing bracket.
    fn arguments(&mut self, may_omit: impl Fn(usize) -> bool) -> Parsed<Vec<Option<Expr>>> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            let omitted = may_omit(arguments.len()) && self.eat("_");
            arguments.push(if omitted { None } else { Some(self.expr()?) });
            if !self.eat(",") {
                break;
            }
        }
        self.want(")")?;
        Ok(arguments)
    }

    /// `name(...)` of an operator that a script defines. VTL 2.2 made a word of one such name.
    pub(crate) fn user_call(&mut self) -> Parsed<ExprKind> {
        let token = self.peek(0);
        if self.written(token) == "string_distance" {
            let method = self.written(self.peek(2));
            if let (Some(method), true) = (StringDistance::of_text(method), self.is_ahead(3, ",")) {
                return self.string_distance(method);
            }
        }
        let operator = self.name("the name of an operator")?;
        self.want("(")?;
        Ok(ExprKind::UserCall { operator, arguments: self.arguments(|_| true)? })
    }

    fn string_distance(&mut self, method: StringDistance) -> Parsed<ExprKind> {
        self.open_call()?;
        self.advance();
        self.want(",")?;
        let left = Box::new(self.expr()?);
        self.want(",")?;
        let right = Box::new(self.expr()?);
        self.want(")")?;
        Ok(ExprKind::StringDistance { method, left, right })
    }

    fn cast_call(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let operand = Box::new(self.expr()?);
        self.want(",")?;
        let to = self.cast_target()?;
        self.want(")")?;
        Ok(ExprKind::Cast { operand, to })
    }

    fn aggregate_call(&mut self, operator: AggregateOp) -> Parsed<ExprKind> {
        if self.is_ahead(2, "over") {
            return self.analytic_call(AnalyticOp::Aggregate(operator));
        }
        self.open_call()?;
        let mut call = AggregateCall { operator, operand: None, grouping: None, having: None };
        if operator != AggregateOp::Count || !self.at(")") {
            let operand = self.expr()?;
            if self.at("over") {
                return self.over(AnalyticOp::Aggregate(operator), Some(operand));
            }
            call.operand = Some(operand);
            if self.at("group") {
                call.grouping = Some(self.grouping()?);
                call.having = if self.eat("having") { Some(self.expr()?) } else { None };
            }
        }
        self.want(")")?;
        Ok(ExprKind::Aggregate(Box::new(call)))
    }

    fn analytic_call(&mut self, operator: AnalyticOp) -> Parsed<ExprKind> {
        self.open_call()?;
        let operand = if operator == AnalyticOp::Rank { None } else { Some(self.expr()?) };
        self.over(operator, operand)
    }

    /// What stands behind the operand of an analytic operator.
    fn over(&mut self, operator: AnalyticOp, operand: Option<Expr>) -> Parsed<ExprKind> {
        let (mut offset, mut default) = (None, None);
        if matches!(operator, AnalyticOp::Lag | AnalyticOp::Lead) && self.eat(",") {
            offset = Some(self.expr()?);
            // The grammar asks for the comma on data sets and forbids it on components; both mean the same.
            if self.eat(",") || !self.is_ahead(0, "over") {
                default = Some(self.constant_or_cast()?);
            }
        }
        let window = self.window(operator)?;
        self.want(")")?;
        Ok(ExprKind::Analytic(Box::new(AnalyticCall { operator, operand, offset, default, window })))
    }

    fn set_call(&mut self, operator: SetOp) -> Parsed<ExprKind> {
        self.open_call()?;
        let mut operands = vec![self.expr()?];
        self.want(",")?;
        operands.push(self.expr()?);
        if matches!(operator, SetOp::Union | SetOp::Intersect) {
            while self.eat(",") {
                operands.push(self.expr()?);
            }
        }
        self.want(")")?;
        Ok(ExprKind::Set { operator, operands })
    }

    fn exists_in(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let left = self.expr()?;
        self.want(",")?;
        let right = self.expr()?;
        let mut retain = None;
        if self.eat(",") {
            retain = self.eat_one_of(Retain::ALL, Retain::text);
            if retain.is_none() {
                return self.unexpected();
            }
        }
        self.want(")")?;
        Ok(ExprKind::ExistsIn(Box::new(ExistsIn { left, right, retain })))
    }

    fn fill_time_series(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let operand = Box::new(self.expr()?);
        let mut scope = None;
        if self.eat(",") {
            scope = self.eat_one_of(FillScope::ALL, FillScope::text);
            if scope.is_none() {
                return self.unexpected();
            }
        }
        self.want(")")?;
        Ok(ExprKind::FillTimeSeries { operand, scope })
    }

    /// `time_agg("to", "from", operand, first)`: all but the first may be missing, with or without `_`.
    pub(crate) fn time_agg(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let to = if self.peek(0).kind == TokenKind::Name {
            Setting::Name(self.name("a frequency")?)
        } else {
            let what = "a frequency in quotation marks";
            if !self.at_kind(TokenKind::String, what) {
                return self.unexpected();
            }
            Setting::Constant(self.constant(what)?)
        };
        let mut call = TimeAgg { to, from: None, operand: None, delimiter: None };
        let mut more = self.eat(",");
        if more && self.eat("_") {
            more = self.eat(",");
        } else if more && self.peek(0).kind == TokenKind::String {
            call.from = Some(self.quoted_text("a frequency in quotation marks")?);
            more = self.eat(",");
        }
        if more && self.eat("_") {
            more = self.eat(",");
        } else if more && !self.at("first") && !self.at("last") {
            call.operand = Some(self.expr()?);
            more = self.eat(",");
        }
        if more {
            call.delimiter = self.eat_one_of(TimeDelimiter::ALL, TimeDelimiter::text);
            if call.delimiter.is_none() {
                return self.unexpected();
            }
        }
        self.want(")")?;
        Ok(ExprKind::TimeAgg(Box::new(call)))
    }

    fn eval(&mut self) -> Parsed<ExprKind> {
        self.open_call()?;
        let routine = self.name("the name of a routine")?;
        self.want("(")?;
        let mut arguments = Vec::new();
        while !self.eat(")") {
            if self.eat(",") {
                continue;
            }
            arguments.push(self.expr()?);
            if !self.at(",") && !self.at(")") {
                return self.unexpected();
            }
        }
        let language = if self.eat("language") {
            Some(self.quoted_text("a language in quotation marks")?)
        } else {
            None
        };
        let returns = if self.eat("returns") { Some(self.parameter_type()?) } else { None };
        self.want(")")?;
        Ok(ExprKind::Eval(Box::new(EvalCall { routine, arguments, language, returns })))
    }
}
