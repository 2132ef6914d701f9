//! Clauses of data sets, joins with the clauses of their bodies, groupings and windows.

use super::cursor::{Parsed, Parser};
use super::lex::TokenKind;
use crate::ast::{
    AggregateCall, AnalyticOp, CalcItem, Clause, ClauseKind, ComponentName, Constant, Expr, ExprKind,
    Grouping, GroupingKind, Join, JoinKind, JoinOperand, OrderItem, RenameItem, Role, SubItem, Window,
    WindowBound, WindowFrame,
};
use crate::diagnostic::Diagnostic;

impl<'t> Parser<'t> {
    /// What stands between `[` and `]`.
    pub(crate) fn clause(&mut self) -> Parsed<Clause> {
        let words = ["filter", "calc", "aggr", "keep", "drop", "rename", "sub", "pivot", "unpivot"];
        let found = words.into_iter().find(|word| self.at(word));
        match found {
            Some(word) => self.clause_of(word),
            None => self.unexpected(),
        }
    }

    /// The clause with this keyword, which stands here.
    fn clause_of(&mut self, word: &'static str) -> Parsed<Clause> {
        let start = self.start();
        self.want(word)?;
        let kind = match word {
            "filter" => ClauseKind::Filter(self.expr()?),
            "calc" => ClauseKind::Calc(self.list(Self::calc_item)?),
            "aggr" => self.aggr()?,
            "keep" => ClauseKind::Keep(self.list(Self::component)?),
            "drop" => ClauseKind::Drop(self.list(Self::component)?),
            "rename" => ClauseKind::Rename(self.list(Self::rename_item)?),
            "sub" => ClauseKind::Sub(self.list(Self::sub_item)?),
            "apply" => ClauseKind::Apply(self.expr()?),
            _ => {
                let identifier = self.component()?;
                self.want(",")?;
                let measure = self.component()?;
                if word == "pivot" {
                    ClauseKind::Pivot { identifier, measure }
                } else {
                    ClauseKind::Unpivot { identifier, measure }
                }
            }
        };
        Ok(Clause { kind, span: self.since(start) })
    }

    /// `name` or `dataset#name`.
    pub(crate) fn component(&mut self) -> Parsed<ComponentName> {
        let name = self.name("the name of a component")?;
        if !self.is_ahead(0, "#") {
            return Ok(ComponentName { dataset: None, name });
        }
        self.advance();
        Ok(ComponentName { dataset: Some(name), name: self.name("the name of a component")? })
    }

    fn calc_item(&mut self) -> Parsed<CalcItem> {
        let start = self.start();
        let role = self.role()?;
        let component = self.component()?;
        self.want(":=")?;
        let value = self.expr()?;
        Ok(CalcItem { role, component, value, span: self.since(start) })
    }

    /// The role of a component, if one stands here.
    pub(crate) fn role(&mut self) -> Parsed<Option<Role>> {
        if self.eat("viral") {
            self.want("attribute")?;
            return Ok(Some(Role::ViralAttribute));
        }
        let roles = [Role::Identifier, Role::Measure, Role::Attribute, Role::Component];
        Ok(self.eat_one_of(&roles, Role::text))
    }

    fn rename_item(&mut self) -> Parsed<RenameItem> {
        let from = self.component()?;
        self.want("to")?;
        Ok(RenameItem { from, to: self.component()? })
    }

    fn sub_item(&mut self) -> Parsed<SubItem> {
        let component = self.component()?;
        self.want("=")?;
        Ok(SubItem { component, value: self.setting()? })
    }

    fn aggr(&mut self) -> Parsed<ClauseKind> {
        let items = self.list(Self::aggr_item)?;
        let grouping = if self.at("group") { Some(self.grouping()?) } else { None };
        let having = if grouping.is_some() && self.eat("having") { Some(self.expr()?) } else { None };
        Ok(ClauseKind::Aggr { items, grouping, having })
    }

    fn aggr_item(&mut self) -> Parsed<CalcItem> {
        let item = self.calc_item()?;
        if let ExprKind::Aggregate(call) = &item.value.kind
            && let AggregateCall { grouping: None, .. } = **call
        {
            return Ok(item);
        }
        let message = "`aggr` takes one aggregate operator for each component, like `sum(x)` or `count()`";
        let help = "aggregate first, and compute with the results in a `calc` behind it; the grouping stands \
                    behind the last component: [aggr a := sum(x), b := count() group by y]";
        let diagnostic = Diagnostic::syntax("SYN-AGGR", item.value.span, message).with_help(help);
        self.fail(diagnostic)
    }

    /// `group by ...` and the others; `group` stands here.
    pub(crate) fn grouping(&mut self) -> Parsed<Grouping> {
        let start = self.start();
        self.want("group")?;
        let Some(kind) = self.eat_one_of(GroupingKind::ALL, GroupingKind::text) else {
            return self.unexpected();
        };
        let mut grouping = Grouping { kind, components: Vec::new(), time: None, span: start };
        let has_time = if kind == GroupingKind::All {
            let ends = [")", "]", "having", "keep", "drop", "rename"];
            !ends.iter().any(|end| self.is_ahead(0, end))
        } else {
            grouping.components = self.list(Self::component)?;
            self.at("time_agg")
        };
        if has_time {
            let start = self.start();
            grouping.time = Some(if self.at("time_agg") {
                Expr { kind: self.time_agg()?, span: self.since(start) }
            } else {
                self.expr()?
            });
        }
        grouping.span = self.since(start);
        Ok(grouping)
    }

    /// `over (...)` of an analytic operator.
    pub(crate) fn window(&mut self, operator: AnalyticOp) -> Parsed<Window> {
        let start = self.start();
        self.want("over")?;
        self.want("(")?;
        let mut window = Window::default();
        if self.eat("partition") {
            window.partition_excludes = self.eat("except");
            if !window.partition_excludes {
                self.want("by")?;
            }
            window.partition = self.list(Self::component)?;
        }
        if operator != AnalyticOp::RatioToReport && self.eat("order") {
            self.want("by")?;
            window.order = self.list(Self::order_item)?;
        }
        let may_have_frame =
            matches!(operator, AnalyticOp::Aggregate(_) | AnalyticOp::FirstValue | AnalyticOp::LastValue);
        if may_have_frame {
            window.frame = self.window_frame()?;
        } else if operator != AnalyticOp::RatioToReport && window.order.is_empty() {
            // These count data points in order, and mean nothing without one.
            return self.unexpected();
        } else if operator == AnalyticOp::RatioToReport && window.partition.is_empty() {
            return self.unexpected();
        }
        self.want(")")?;
        window.span = self.since(start);
        Ok(window)
    }

    fn order_item(&mut self) -> Parsed<OrderItem> {
        let component = self.component()?;
        let descending = !self.eat("asc") && self.eat("desc");
        Ok(OrderItem { component, descending })
    }

    fn window_frame(&mut self) -> Parsed<Option<WindowFrame>> {
        let start = self.start();
        let counts_points = self.eat("data");
        if counts_points {
            self.want("points")?;
        } else if !self.eat("range") {
            return Ok(None);
        }
        self.want("between")?;
        let first = self.window_bound()?;
        self.want("and")?;
        let last = self.window_bound()?;
        Ok(Some(WindowFrame { counts_points, start: first, end: last, span: self.since(start) }))
    }

    fn window_bound(&mut self) -> Parsed<WindowBound> {
        if self.eat("current") {
            self.want_all(&["data", "point"])?;
            return Ok(WindowBound::Current);
        }
        if self.eat("unbounded") {
            return if self.eat("preceding") {
                Ok(WindowBound::UnboundedPreceding)
            } else {
                self.want("following").map(|_| WindowBound::UnboundedFollowing)
            };
        }
        let distance = self.setting()?;
        if self.eat("preceding") {
            return Ok(WindowBound::Preceding(distance));
        }
        self.want("following").map(|_| WindowBound::Following(distance))
    }

    pub(crate) fn join(&mut self, kind: JoinKind) -> Parsed<ExprKind> {
        self.open_call()?;
        let operands = self.list(Self::join_operand)?;
        let mut join = Join { kind, operands, using: Vec::new(), defaults: Vec::new(), clauses: Vec::new() };
        if kind != JoinKind::Cross && self.eat("using") {
            join.using.push(self.component()?);
            while self.at(",") && !self.is_ahead(1, "nvl") {
                self.advance();
                join.using.push(self.component()?);
            }
            while matches!(kind, JoinKind::Left | JoinKind::Full) && self.eat(",") {
                join.defaults.push(self.join_default()?);
            }
        }
        for words in [&["filter"][..], &["calc", "apply", "aggr"], &["keep", "drop"], &["rename"]] {
            if let Some(word) = words.iter().find(|word| self.at(word)) {
                join.clauses.push(self.clause_of(word)?);
            }
        }
        if !self.at(")") && self.peek(0).kind == TokenKind::Keyword && !join.clauses.is_empty() {
            let found = self.written(self.peek(0));
            if ["filter", "calc", "apply", "aggr", "keep", "drop", "rename"].contains(&found) {
                let message = format!("`{found}` cannot stand here");
                let help = "a join has at most one of each, in this order: filter; calc, apply or aggr; keep or \
                            drop; rename. Further clauses stand behind it: inner_join(...)[calc ...]";
                let diagnostic = Diagnostic::syntax("SYN-JOIN-ORDER", self.start(), message).with_help(help);
                return self.fail(diagnostic);
            }
        }
        self.want(")")?;
        Ok(ExprKind::Join(Box::new(join)))
    }

    fn join_operand(&mut self) -> Parsed<JoinOperand> {
        let value = self.expr()?;
        let alias = if self.eat("as") { Some(self.name("an alias")?) } else { None };
        Ok(JoinOperand { value, alias })
    }

    fn join_default(&mut self) -> Parsed<(ComponentName, Constant)> {
        self.want("nvl")?;
        self.want("(")?;
        let component = self.component()?;
        self.want(",")?;
        let value = self.constant("a constant")?;
        self.want(")")?;
        Ok((component, value))
    }
}
