//! Calls of all kinds.

use super::*;

impl Choices<'_> {
    pub(super) fn call(&mut self) -> ExprKind {
        match self.below(16) {
            0 => self.function(),
            1 => ExprKind::UserCall {
                operator: self.name(),
                arguments: self.some_of(0, |choices| choices.maybe(Self::expr)),
            },
            2 => ExprKind::StringDistance {
                method: self.of(StringDistance::ALL),
                left: self.boxed(),
                right: self.boxed(),
            },
            3 => ExprKind::Cast { operand: self.boxed(), to: self.cast_target() },
            4 => {
                let (grouping, having) = self.groups();
                let call =
                    AggregateCall { operand: Some(self.expr()), grouping, having, ..self.plain_aggregate() };
                ExprKind::Aggregate(Box::new(call))
            }
            5 => ExprKind::Analytic(Box::new(self.analytic())),
            6 => ExprKind::Join(Box::new(self.join())),
            7 => {
                let operator = self.of(SetOp::ALL);
                let mut operands = self.some_of(2, Self::expr);
                if matches!(operator, SetOp::SetDiff | SetOp::SymDiff) {
                    operands.truncate(2);
                }
                ExprKind::Set { operator, operands }
            }
            8 => ExprKind::ExistsIn(Box::new(ExistsIn {
                left: self.expr(),
                right: self.expr(),
                retain: self.maybe(|choices| choices.of(Retain::ALL)),
            })),
            9 => ExprKind::Check(Box::new(Check {
                operand: self.expr(),
                error_code: self.maybe(Self::constant),
                error_level: self.maybe(Self::constant),
                imbalance: self.maybe(Self::expr),
                output: self.maybe(|choices| choices.of(&[CheckOutput::All, CheckOutput::Invalid])),
            })),
            10 => ExprKind::CheckDatapoint(Box::new(CheckDatapoint {
                operand: self.expr(),
                ruleset: self.name(),
                components: self.some_of(0, Self::component),
                output: self.maybe(|choices| choices.of(CheckOutput::ALL)),
            })),
            11 => ExprKind::CheckHierarchy(Box::new(CheckHierarchy {
                operand: self.expr(),
                ruleset: self.name(),
                conditions: self.some_of(0, Self::component),
                rule: self.maybe(Self::component),
                mode: self.maybe(|choices| choices.of(HierarchyMode::ALL)),
                input: self
                    .maybe(|choices| choices.of(&[HierarchyInput::Dataset, HierarchyInput::DatasetPriority])),
                output: self.maybe(|choices| choices.of(CheckOutput::ALL)),
            })),
            12 => ExprKind::Hierarchy(Box::new(HierarchyCall {
                operand: self.expr(),
                ruleset: self.name(),
                conditions: self.some_of(0, Self::component),
                rule: self.maybe(Self::component),
                mode: self.maybe(|choices| choices.of(HierarchyMode::ALL)),
                input: self.maybe(|choices| {
                    choices.of(&[HierarchyInput::Rule, HierarchyInput::Dataset, HierarchyInput::RulePriority])
                }),
                output: self.maybe(|choices| choices.of(HierarchyOutput::ALL)),
            })),
            13 => self.time_agg(),
            14 => ExprKind::FillTimeSeries {
                operand: self.boxed(),
                scope: self.maybe(|choices| choices.of(FillScope::ALL)),
            },
            _ => ExprKind::Eval(Box::new(EvalCall {
                routine: self.name(),
                arguments: self.some_of(0, Self::expr),
                language: self.maybe(|choices| choices.of(TEXTS).into()),
                returns: self.maybe(Self::parameter_type),
            })),
        }
    }

    fn function(&mut self) -> ExprKind {
        let function = self.of(Function::ALL);
        let (least, most) = function.arity();
        let count = least + self.below(most - least + 1);
        let arguments = (0..count)
            .map(|place| if function.may_omit(place) && self.yes() { None } else { Some(self.expr()) })
            .collect();
        ExprKind::Call { function, arguments }
    }

    fn cast_target(&mut self) -> CastTo {
        let scalar_type = if self.yes() {
            TypeName::ValueDomain(self.name())
        } else {
            TypeName::Basic(self.of(BasicType::ALL))
        };
        CastTo { scalar_type, mask: self.maybe(|choices| choices.of(TEXTS).into()) }
    }

    /// Without groups; `count()` is one.
    pub(super) fn plain_aggregate(&mut self) -> AggregateCall {
        let operator = self.of(AggregateOp::ALL);
        let counts_all = operator == AggregateOp::Count && self.yes();
        let operand = if counts_all { None } else { Some(self.expr()) };
        AggregateCall { operator, operand, grouping: None, having: None }
    }

    fn analytic(&mut self) -> AnalyticCall {
        let operator = match self.below(7) {
            0 => AnalyticOp::Rank,
            1 => AnalyticOp::Lag,
            2 => AnalyticOp::Lead,
            3 => AnalyticOp::RatioToReport,
            4 => AnalyticOp::FirstValue,
            5 => AnalyticOp::LastValue,
            _ => AnalyticOp::Aggregate(self.of(AggregateOp::ALL)),
        };
        let shifts = matches!(operator, AnalyticOp::Lag | AnalyticOp::Lead);
        let is_share = operator == AnalyticOp::RatioToReport;
        let needs_order = shifts || operator == AnalyticOp::Rank;
        let offset = if shifts { self.maybe(Self::expr) } else { None };
        let default = if offset.is_some() { self.maybe(Self::constant_or_cast) } else { None };
        let partition = self.some_of(usize::from(is_share), Self::component);
        let order =
            |choices: &mut Self| OrderItem { component: choices.component(), descending: choices.yes() };
        let window = Window {
            partition_excludes: !partition.is_empty() && self.yes(),
            partition,
            order: if is_share { Vec::new() } else { self.some_of(usize::from(needs_order), order) },
            frame: if is_share || needs_order { None } else { self.maybe(Self::frame) },
            span: Span::default(),
        };
        let operand = (operator != AnalyticOp::Rank).then(|| self.expr());
        AnalyticCall { operator, operand, offset, default, window }
    }

    fn frame(&mut self) -> WindowFrame {
        WindowFrame {
            counts_points: self.yes(),
            start: self.bound(),
            end: self.bound(),
            span: Span::default(),
        }
    }

    fn bound(&mut self) -> WindowBound {
        match self.below(5) {
            0 => WindowBound::Current,
            1 => WindowBound::UnboundedPreceding,
            2 => WindowBound::Preceding(self.setting()),
            3 => WindowBound::Following(self.setting()),
            _ => WindowBound::UnboundedFollowing,
        }
    }

    fn join(&mut self) -> Join {
        let kind = self.of(JoinKind::ALL);
        let operands = self
            .some_of(1, |choices| JoinOperand { value: choices.expr(), alias: choices.maybe(Self::name) });
        let using = if kind == JoinKind::Cross { Vec::new() } else { self.some_of(0, Self::component) };
        let has_defaults = !using.is_empty() && matches!(kind, JoinKind::Left | JoinKind::Full);
        let default = |choices: &mut Self| (choices.component(), choices.constant());
        let defaults = if has_defaults { self.some_of(0, default) } else { Vec::new() };
        let mut clauses = Vec::new();
        for place in 0..4 {
            if self.yes() {
                clauses.push(self.join_clause(place));
            } else if place == 1 && self.yes() {
                clauses.push(Clause { kind: ClauseKind::Apply(self.expr()), span: Span::default() });
            }
        }
        Join { kind, operands, using, defaults, clauses }
    }

    pub(super) fn time_agg(&mut self) -> ExprKind {
        let text =
            Constant { value: Literal::String(self.of(TEXTS).into()), cast: None, span: Span::default() };
        ExprKind::TimeAgg(Box::new(TimeAgg {
            to: if self.yes() { Setting::Name(self.name()) } else { Setting::Constant(text) },
            from: self.maybe(|choices| choices.of(TEXTS).into()),
            operand: self.maybe(Self::expr),
            delimiter: self.maybe(|choices| choices.of(TimeDelimiter::ALL)),
        }))
    }
}
