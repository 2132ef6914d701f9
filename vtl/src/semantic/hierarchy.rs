//! `check_hierarchy` and `hierarchy`.
//!
//! What lives here: what a hierarchical ruleset means for a data set, and the order of its rules. What must not: how
//! groups are computed.

use std::sync::Arc;

use super::analysis::Analysis;
use super::checks::output_of;
use super::clauses::boolean;
use super::expression;
use super::hierarchy_order::order;
use super::mistake::{self, Mistakes, all};
use super::operand::{columns_where, structure};
use super::rulesets::{self, ErrorTypes};
use super::scope::{Calls, Scope};
use crate::ast::{
    self, BinaryOp, CheckHierarchy, ComponentName, Expr, HierarchicalRuleset, HierarchyCall, HierarchyInput,
    HierarchyOutput, Name, RulesetOn, Span,
};
use crate::diagnostic::Diagnostic;
use crate::plan::{
    CheckColumn, CheckOutput, Comparison, ComputeSource, Expression, Hierarchy, HierarchyItem, HierarchyMode,
    HierarchyRule, HierarchyTask, Node, Relation,
};
use crate::value::{Component, Number, Role, Scalar, ScalarType};

/// `check_hierarchy(ds, ruleset ...)`
pub(super) fn check_hierarchy(
    analysis: &Analysis<'_>,
    check: &CheckHierarchy,
    span: Span,
) -> Result<Relation, Mistakes> {
    let used = Used {
        operator: "check_hierarchy",
        operand: &check.operand,
        ruleset: &check.ruleset,
        conditions: &check.conditions,
        rule: check.rule.as_ref(),
        span,
    };
    let bound = used.bind(analysis)?;
    let computes_missing = match check.input {
        None | Some(HierarchyInput::Dataset) => false,
        Some(HierarchyInput::DatasetPriority) => true,
        Some(other) => return Err(used.wrong_input(other).into()),
    };
    if computes_missing {
        order(&bound.rules, bound.ruleset, span)?;
    }
    let errors: Vec<_> = bound.rules.iter().map(|rule| rule.error.clone()).collect();
    let types = ErrorTypes::of(&errors, ScalarType::Number, span)?;
    let output = output_of(check.output);
    let source = &bound.input.structure;
    let mut columns = Vec::new();
    let mut components = Vec::new();
    let mut add = |column, component| {
        columns.push(column);
        components.push(component);
    };
    for (place, component) in columns_where(source, Component::is_identifier) {
        add(CheckColumn::Input(place), component);
    }
    add(CheckColumn::RuleId, Component::new("ruleid", Role::Identifier, ScalarType::String));
    let measure = source.components()[bound.measure].clone();
    let imbalance = Component::new("imbalance", Role::Measure, measure.scalar_type);
    if output != CheckOutput::All {
        add(CheckColumn::Input(bound.measure), Component { nullable: true, ..measure });
    }
    if output != CheckOutput::Invalid {
        add(CheckColumn::BoolVar, Component::new("bool_var", Role::Measure, ScalarType::Boolean));
    }
    add(CheckColumn::Imbalance, imbalance);
    add(CheckColumn::ErrorCode, Component::new("errorcode", Role::Measure, ScalarType::String));
    add(CheckColumn::ErrorLevel, Component::new("errorlevel", Role::Measure, types.level));
    let structure = structure(components, span)?;
    let task = HierarchyTask::Check { computes_missing, output, columns };
    let hierarchy = bound.hierarchy(task, check.mode);
    Ok(Relation { node: Node::Hierarchy(Box::new(hierarchy)), structure, span })
}

/// `hierarchy(ds, ruleset ...)`
pub(super) fn hierarchy(
    analysis: &Analysis<'_>,
    call: &HierarchyCall,
    span: Span,
) -> Result<Relation, Mistakes> {
    let used = Used {
        operator: "hierarchy",
        operand: &call.operand,
        ruleset: &call.ruleset,
        conditions: &call.conditions,
        rule: call.rule.as_ref(),
        span,
    };
    let mut bound = used.bind(analysis)?;
    let source = match call.input {
        None | Some(HierarchyInput::Rule) => ComputeSource::Rule,
        Some(HierarchyInput::Dataset) => ComputeSource::Dataset,
        Some(HierarchyInput::RulePriority) => ComputeSource::RulePriority,
        Some(other) => return Err(used.wrong_input(other).into()),
    };
    // Only equations compute; the others are for checks.
    bound.rules.retain(|rule| rule.relation == Comparison::Equal);
    if bound.rules.is_empty() {
        return Err(Diagnostic::semantic(
            mistake::RULESET,
            call.ruleset.span,
            format!("the ruleset {} has no rule with =, so that nothing can be computed", call.ruleset),
        )
        .with_help("use check_hierarchy")
        .into());
    }
    bound.rules = order(&bound.rules, bound.ruleset, span)?;
    let structure = bound.input.structure.clone();
    let task = HierarchyTask::Compute { source, with_input: call.output == Some(HierarchyOutput::All) };
    let hierarchy = bound.hierarchy(task, call.mode);
    Ok(Relation { node: Node::Hierarchy(Box::new(hierarchy)), structure, span })
}

/// How a script uses a hierarchical ruleset.
struct Used<'u> {
    operator: &'static str,
    operand: &'u Expr,
    ruleset: &'u Name,
    conditions: &'u [ComponentName],
    rule: Option<&'u ComponentName>,
    span: Span,
}

/// A hierarchical ruleset on a data set.
struct Bound<'b> {
    ruleset: &'b HierarchicalRuleset,
    /// Identifiers and the one measure.
    input: Relation,
    rule_column: usize,
    measure: usize,
    rules: Vec<HierarchyRule>,
}

impl Bound<'_> {
    fn hierarchy(self, task: HierarchyTask, mode: Option<ast::HierarchyMode>) -> Hierarchy {
        let group = self.input.identifier_places();
        Hierarchy {
            group: group.into_iter().filter(|place| *place != self.rule_column).collect(),
            input: self.input,
            task,
            rule_column: self.rule_column,
            measure: self.measure,
            rules: self.rules,
            mode: match mode {
                None | Some(ast::HierarchyMode::NonNull) => HierarchyMode::NonNull,
                Some(ast::HierarchyMode::NonZero) => HierarchyMode::NonZero,
                Some(ast::HierarchyMode::PartialNull) => HierarchyMode::PartialNull,
                Some(ast::HierarchyMode::PartialZero) => HierarchyMode::PartialZero,
                Some(ast::HierarchyMode::AlwaysNull) => HierarchyMode::AlwaysNull,
                Some(ast::HierarchyMode::AlwaysZero) => HierarchyMode::AlwaysZero,
            },
        }
    }
}

impl<'u> Used<'u> {
    fn wrong_input(&self, input: HierarchyInput) -> Diagnostic {
        Diagnostic::semantic(
            mistake::VALUE,
            self.span,
            format!("{} has no input mode {}", self.operator, input.text()),
        )
    }

    fn bind<'b>(&self, analysis: &'b Analysis<'_>) -> Result<Bound<'b>, Mistakes> {
        let relation = analysis.dataset(self.operand, self.operator)?;
        let Some(ruleset) = analysis.hierarchical_rulesets.get(&self.ruleset.text) else {
            let known = analysis.hierarchical_rulesets.keys().map(|name| &**name);
            let mistake =
                mistake::unknown("hierarchical ruleset", &self.ruleset.text, self.ruleset.span, known);
            return Err(mistake.into());
        };
        let (measure, component) = relation.only_measure(self.operator, self.operand.span)?;
        if !component.scalar_type.is_numeric() {
            return Err(Diagnostic::semantic(
                mistake::TYPE,
                self.operand.span,
                format!(
                    "{} needs a measure of numbers; {} is of type {}",
                    self.operator, component.name, component.scalar_type
                ),
            )
            .into());
        }
        let mut columns = columns_where(&relation.structure, Component::is_identifier);
        columns.push((measure, component.clone()));
        let input = relation.select(columns, self.span)?;
        let measure = input.structure.components().len() - 1;
        let rule_column = self.rule_column(&input, ruleset)?;
        let scope = self.scope(analysis, &input, ruleset)?;
        let code_type = input.structure.components()[rule_column].scalar_type;
        let rules = all(ruleset.rules.iter().enumerate().map(|(place, rule)| {
            let condition = |expr: &Option<Expr>| match expr {
                Some(expr) => Ok(Some(boolean(expression::expression(expr, &scope)?, "a rule")?)),
                None => Ok::<Option<Expression>, Diagnostic>(None),
            };
            let items = rule.items.iter().map(|item| {
                Ok::<_, Diagnostic>(HierarchyItem {
                    negative: item.negative,
                    code: code(&item.code.text, code_type),
                    condition: condition(&item.condition)?,
                })
            });
            let relation = rule.relation.unwrap_or(BinaryOp::Equal);
            let relation = comparison(relation).ok_or_else(|| {
                Diagnostic::semantic(
                    mistake::RULESET,
                    rule.span,
                    format!("{} does not relate a code to its parts", relation.text()),
                )
                .with_help("write one of =, <, <=, >, >=")
            })?;
            Ok::<_, Mistakes>(HierarchyRule {
                name: rulesets::rule_name(rule.name.as_ref(), place),
                when: condition(&rule.when)?,
                left: code(&rule.left.text, code_type),
                relation,
                items: all(items)?,
                error: rulesets::literals(rule.error_code.as_ref(), rule.error_level.as_ref())?,
            })
        }))?;
        Ok(Bound { ruleset, input, rule_column, measure, rules })
    }

    /// The identifier whose codes the rules relate.
    fn rule_column(&self, input: &Relation, ruleset: &HierarchicalRuleset) -> Result<usize, Diagnostic> {
        let name = match (self.rule, ruleset.on) {
            (Some(rule), RulesetOn::Variable) if rule.name.text != ruleset.rule.text => {
                return Err(Diagnostic::semantic(
                    mistake::RULESET,
                    rule.span(),
                    format!(
                        "the ruleset {} is about {}, not about {}",
                        ruleset.name, ruleset.rule, rule.name
                    ),
                ));
            }
            (Some(rule), _) => &rule.name,
            (None, RulesetOn::Variable) => &ruleset.rule,
            (None, RulesetOn::ValueDomain) => {
                return Err(Diagnostic::semantic(
                    mistake::RULESET,
                    self.span,
                    format!(
                        "the ruleset {} is about a value domain: it must be told the component",
                        ruleset.name
                    ),
                )
                .with_help(format!("write {}(..., {} rule ...)", self.operator, ruleset.name)));
            }
        };
        let at = if self.rule.is_some() { name.span } else { self.operand.span };
        identifier(input, &name.text, at)
    }

    /// What the conditions of the rules see: the conditioning components.
    fn scope<'b>(
        &self,
        analysis: &'b Analysis<'_>,
        input: &Relation,
        ruleset: &HierarchicalRuleset,
    ) -> Result<Scope<'b>, Mistakes> {
        let given = self.conditions;
        let needed = ruleset.conditions.len();
        if given.len() != needed && !(given.is_empty() && ruleset.on == RulesetOn::Variable) {
            return Err(Diagnostic::semantic(
                mistake::RULESET,
                self.span,
                format!(
                    "the ruleset {} has {needed} conditioning components; here are {}",
                    ruleset.name,
                    given.len()
                ),
            )
            .with_help(format!("write {}(..., {} condition ...)", self.operator, ruleset.name))
            .into());
        }
        let mut scope = Scope::empty(analysis, Calls::Refused("in a hierarchical rule")).without_script();
        let mut mistakes = Mistakes::default();
        for (place, item) in ruleset.conditions.iter().enumerate() {
            let name = match given.get(place) {
                Some(name) if ruleset.on == RulesetOn::Variable && name.name.text != item.name.text => {
                    mistakes.add(Diagnostic::semantic(
                        mistake::RULESET,
                        name.span(),
                        format!(
                            "the signature of {} has {} at this place, not {}",
                            ruleset.name, item.name, name.name
                        ),
                    ));
                    continue;
                }
                Some(name) => &name.name,
                None => &item.name,
            };
            let at = if given.is_empty() { self.operand.span } else { name.span };
            if let Some(place) = mistakes.take(identifier(input, &name.text, at)) {
                let visible = item.alias.as_ref().unwrap_or(&item.name);
                scope.show(visible.text.clone(), place, &input.structure.components()[place]);
            }
        }
        mistakes.or(scope)
    }
}

fn identifier(input: &Relation, name: &str, span: Span) -> Result<usize, Diagnostic> {
    let found =
        input.structure.position(name).filter(|place| input.structure.components()[*place].is_identifier());
    found.ok_or_else(|| {
        let known = input.structure.identifiers().map(|(_, component)| &*component.name);
        mistake::unknown("identifier", name, span, known)
    })
}

/// A code as a value of the rule column; what cannot be one stays a text, which equals none.
fn code(text: &Arc<str>, scalar_type: ScalarType) -> Scalar {
    let parsed = match scalar_type {
        ScalarType::Integer => text.parse().ok().map(Scalar::Integer),
        ScalarType::Number => text
            .parse::<i64>()
            .ok()
            .map(|whole| Scalar::Number(Number::Exact { unscaled: i128::from(whole), scale: 0 })),
        ScalarType::Boolean => text.parse().ok().map(Scalar::Boolean),
        _ => None,
    };
    parsed.unwrap_or_else(|| Scalar::String(text.clone()))
}

fn comparison(operator: BinaryOp) -> Option<Comparison> {
    Some(match operator {
        BinaryOp::Equal => Comparison::Equal,
        BinaryOp::Less => Comparison::Less,
        BinaryOp::LessOrEqual => Comparison::LessOrEqual,
        BinaryOp::Greater => Comparison::Greater,
        BinaryOp::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
