//! `check` and `check_datapoint`.
//!
//! What lives here: structures of their results, and what a ruleset means for a data set. What must not: what
//! rulesets are in themselves, and hierarchies.

use super::align::Aligned;
use super::analysis::Analysis;
use super::clauses::boolean;
use super::expression;
use super::mistake::{self, Mistakes, all, both};
use super::operand::{columns_where, structure};
use super::rulesets::{self, ErrorTypes};
use super::scope::{Calls, Scope};
use crate::ast::{self, Check, CheckDatapoint, RulesetOn, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{
    CheckColumn, CheckOutput, DatapointRule, Expression, ExpressionKind, Function, JoinKind, JoinedColumn,
    Node, Relation,
};
use crate::value::{Component, Role, Scalar, ScalarType};

/// `check(ds errorcode ... errorlevel ... imbalance ... invalid|all)`
pub(super) fn check(analysis: &Analysis<'_>, check: &Check, span: Span) -> Result<Relation, Mistakes> {
    let imbalance = match &check.imbalance {
        Some(imbalance) => analysis.dataset(imbalance, "imbalance").map(Some),
        None => Ok(None),
    };
    let (checked, imbalance) = both(analysis.dataset(&check.operand, "check"), imbalance)?;
    let (measure, _) = checked.only_measure("check", span)?;
    let component = &checked.structure.components()[measure];
    if component.scalar_type != ScalarType::Boolean {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            check.operand.span,
            format!("check needs a boolean measure; {} is of type {}", component.name, component.scalar_type),
        )
        .with_help("compare it with something")
        .into());
    }
    let error = rulesets::literals(check.error_code.as_ref(), check.error_level.as_ref())?;
    let types = ErrorTypes::of(std::slice::from_ref(&error), ScalarType::Integer, span)?;

    let keys = columns_where(&checked.structure, Component::is_identifier);
    let bool_var = Component {
        name: ScalarType::Boolean.measure_name().into(),
        ..checked.structure.components()[measure].clone()
    };
    let mut selected = keys.clone();
    selected.push((measure, bool_var.clone()));
    let checked = checked.select(selected, span)?;
    let place = keys.len();
    let (rows, balance) = match imbalance {
        Some(imbalance) => with_imbalance(checked, imbalance, span)?,
        None => {
            let null =
                Expression { scalar_type: ScalarType::Number, ..Expression::constant(Scalar::Null, span) };
            (checked, null)
        }
    };
    let truth = rows.column(place, span);
    let rows = match check.output {
        Some(ast::CheckOutput::Invalid) => rows.filter(is_false(truth.clone(), span), span),
        _ => rows,
    };
    let mut columns: Vec<(Component, Expression)> = keys
        .into_iter()
        .enumerate()
        .map(|(place, (_, component))| (component, rows.column(place, span)))
        .collect();
    columns.push((bool_var, truth.clone()));
    columns.push((Component::new("imbalance", Role::Measure, balance.scalar_type), balance));
    let where_false = |literal: Scalar, scalar_type| Expression {
        kind: ExpressionKind::If(Box::new([
            is_false(truth.clone(), span),
            Expression { scalar_type, ..Expression::constant(literal, span) },
            Expression { scalar_type, ..Expression::constant(Scalar::Null, span) },
        ])),
        scalar_type,
        span,
    };
    let component = |name: &str, scalar_type| Component::new(name, Role::Measure, scalar_type);
    columns.push((component("errorcode", ScalarType::String), where_false(error.code, ScalarType::String)));
    columns.push((component("errorlevel", types.level), where_false(error.level, types.level)));
    Ok(rows.project(columns, span)?)
}

fn is_false(truth: Expression, span: Span) -> Expression {
    Expression {
        kind: ExpressionKind::Call(Function::Not, vec![truth]),
        scalar_type: ScalarType::Boolean,
        span,
    }
}

/// The imbalance of each row that is checked; null where there is none.
fn with_imbalance(
    checked: Relation,
    imbalance: Relation,
    span: Span,
) -> Result<(Relation, Expression), Mistakes> {
    let (measure, component) = imbalance.only_measure("imbalance", span)?;
    if !component.scalar_type.is_numeric() {
        return Err(Diagnostic::semantic(
            mistake::TYPE,
            span,
            format!("imbalance needs a number; {} is of type {}", component.name, component.scalar_type),
        )
        .into());
    }
    let balance = Component { name: "#imbalance".into(), nullable: true, ..component.clone() };
    let own = Aligned::one(checked.clone()).identifiers;
    let others = Aligned::one(imbalance.clone()).identifiers;
    let on: Vec<(usize, usize)> = own
        .iter()
        .filter_map(|(place, key)| {
            let (other, _) = others.iter().find(|(_, other)| other.name == key.name)?;
            Some((*place, *other))
        })
        .collect();
    if on.len() != own.len() || on.len() != others.len() {
        return Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            "imbalance needs a data set with the identifiers of the checked one",
        )
        .into());
    }
    let (checked, imbalance) = super::align::same_types(checked, imbalance, &on, span)?;
    let mut components = checked.structure.components().to_vec();
    let mut columns: Vec<JoinedColumn> = (0..components.len()).map(JoinedColumn::Left).collect();
    components.push(balance);
    columns.push(JoinedColumn::Right(measure));
    let last = components.len() - 1;
    let node = if on.is_empty() {
        Node::Join { kind: JoinKind::Cross, left: Box::new(checked), right: Box::new(imbalance), on, columns }
    } else {
        Node::Join { kind: JoinKind::Left, left: Box::new(checked), right: Box::new(imbalance), on, columns }
    };
    let relation = Relation { node, structure: structure(components, span)?, span };
    let balance = relation.column(last, span);
    Ok((relation, balance))
}

/// Which rows a check gives, in words of the plan.
pub(super) fn output_of(output: Option<ast::CheckOutput>) -> CheckOutput {
    match output {
        None | Some(ast::CheckOutput::Invalid) => CheckOutput::Invalid,
        Some(ast::CheckOutput::All) => CheckOutput::All,
        Some(ast::CheckOutput::AllMeasures) => CheckOutput::AllMeasures,
    }
}

/// `check_datapoint(ds, ruleset components ... invalid|all|all_measures)`
pub(super) fn check_datapoint(
    analysis: &Analysis<'_>,
    check: &CheckDatapoint,
    span: Span,
) -> Result<Relation, Mistakes> {
    let relation = analysis.dataset(&check.operand, "check_datapoint")?;
    let Some(ruleset) = analysis.datapoint_rulesets.get(&check.ruleset.text) else {
        let known = analysis.datapoint_rulesets.keys().map(|name| &**name);
        return Err(
            mistake::unknown("data point ruleset", &check.ruleset.text, check.ruleset.span, known).into()
        );
    };
    let names = signature(&relation, ruleset, check, span)?;
    let mut scope = Scope::empty(analysis, Calls::Refused("in a data point rule")).without_script();
    for (name, place) in names {
        scope.show(name, place, &relation.structure.components()[place]);
    }
    let rules = all(ruleset.rules.iter().enumerate().map(|(place, rule)| {
        let condition = |expr, what| boolean(expression::expression(expr, &scope)?, what);
        let when = rule.when.as_ref().map(|when| condition(when, "when")).transpose();
        let then = condition(&rule.then, "a rule");
        let (when, then) = both(when.map_err(Mistakes::from), then.map_err(Mistakes::from))?;
        let name = rulesets::rule_name(rule.name.as_ref(), place);
        let error = rulesets::literals(rule.error_code.as_ref(), rule.error_level.as_ref())?;
        Ok::<_, Mistakes>(DatapointRule { name, when, then, error })
    }))?;
    let errors: Vec<_> = rules.iter().map(|rule| rule.error.clone()).collect();
    let types = ErrorTypes::of(&errors, ScalarType::Number, span)?;
    let output = output_of(check.output);
    let mut columns = Vec::new();
    let mut components = Vec::new();
    let mut add = |column, component| {
        columns.push(column);
        components.push(component);
    };
    for (place, component) in columns_where(&relation.structure, Component::is_identifier) {
        add(CheckColumn::Input(place), component);
    }
    add(CheckColumn::RuleId, Component::new("ruleid", Role::Identifier, ScalarType::String));
    if output != CheckOutput::All {
        for (place, component) in columns_where(&relation.structure, Component::is_measure) {
            add(CheckColumn::Input(place), component);
        }
    }
    if output != CheckOutput::Invalid {
        add(CheckColumn::BoolVar, Component::new("bool_var", Role::Measure, ScalarType::Boolean));
    }
    add(CheckColumn::ErrorCode, Component::new("errorcode", Role::Measure, ScalarType::String));
    add(CheckColumn::ErrorLevel, Component::new("errorlevel", Role::Measure, types.level));
    let structure = structure(components, span)?;
    let node = Node::CheckDatapoint { input: Box::new(relation), rules, output, columns };
    Ok(Relation { node, structure, span })
}

/// What the names of a ruleset's signature are in a data set.
fn signature(
    relation: &Relation,
    ruleset: &ast::DatapointRuleset,
    check: &CheckDatapoint,
    span: Span,
) -> Result<Vec<(std::sync::Arc<str>, usize)>, Mistakes> {
    let given = &check.components;
    if given.is_empty() && ruleset.on == RulesetOn::ValueDomain {
        return Err(Diagnostic::semantic(
            mistake::RULESET,
            span,
            format!("the ruleset {} is about value domains: it must be told the components", ruleset.name),
        )
        .with_help(format!("write check_datapoint(..., {} components ...)", ruleset.name))
        .into());
    }
    if !given.is_empty() && given.len() != ruleset.signature.len() {
        return Err(Diagnostic::semantic(
            mistake::RULESET,
            span,
            format!(
                "the ruleset {} has {} components in its signature; here are {}",
                ruleset.name,
                ruleset.signature.len(),
                given.len()
            ),
        )
        .into());
    }
    all(ruleset.signature.iter().enumerate().map(|(place, item)| {
        let name = match given.get(place) {
            Some(name) if ruleset.on == RulesetOn::Variable && name.name.text != item.name.text => {
                return Err(Diagnostic::semantic(
                    mistake::RULESET,
                    name.span(),
                    format!(
                        "the signature of {} has {} at this place, not {}",
                        ruleset.name, item.name, name.name
                    ),
                ));
            }
            Some(name) => &name.name,
            None => &item.name,
        };
        let place = relation.structure.position(&name.text).ok_or_else(|| {
            let known = relation.structure.components().iter().map(|component| &*component.name);
            let at = if given.is_empty() { check.operand.span } else { name.span };
            mistake::unknown("component", &name.text, at, known)
        })?;
        let visible = item.alias.as_ref().unwrap_or(&item.name);
        Ok((visible.text.clone(), place))
    }))
}
