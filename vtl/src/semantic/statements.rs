//! Statements of a script: definitions first, then assignments in the order of what they need.
//!
//! What lives here: names that are given, order, cycles. What must not: operators.

use std::collections::HashMap;
use std::sync::Arc;

use super::Environment;
use super::analysis::{Analysis, Known};
use super::mistake::{self, Mistakes};
use super::operand::Operand;
use super::{rulesets, user_operators, viral};
use crate::ast::{self, Name, Script, StatementKind};
use crate::diagnostic::Diagnostic;
use crate::plan::{Assignment, Plan, Value};

/// Analyses a script.
pub(super) fn analyze(script: &Script, environment: &Environment) -> Result<Plan, Mistakes> {
    let mut mistakes = Mistakes::default();
    let mut analysis = Analysis::new(environment);
    definitions(script, &mut analysis, &mut mistakes);
    let statements =
        Statements::of(script, &mut analysis, &mut mistakes).in_order(&mut analysis, &mut mistakes);
    mistakes.or(Plan { statements })
}

fn definitions<'a>(script: &'a Script, analysis: &mut Analysis<'a>, mistakes: &mut Mistakes) {
    let twice = |taken: bool, what: &str, name: &Name, mistakes: &mut Mistakes| {
        if taken {
            mistakes.add(Diagnostic::semantic(
                mistake::DUPLICATE,
                name.span,
                format!("the {what} {name} is defined twice"),
            ));
        }
    };
    for statement in &script.statements {
        match &statement.kind {
            StatementKind::Assignment(_) => {}
            StatementKind::Operator(definition) => {
                let name = definition.name.text.clone();
                let taken = analysis.operators.insert(name, definition).is_some();
                twice(taken, "operator", &definition.name, mistakes);
                mistakes.take(user_operators::check(definition));
            }
            StatementKind::Datapoint(ruleset) => {
                let taken = analysis.datapoint_rulesets.insert(ruleset.name.text.clone(), ruleset).is_some();
                twice(taken, "ruleset", &ruleset.name, mistakes);
                mistakes.take(rulesets::check_datapoint(ruleset));
            }
            StatementKind::Hierarchical(ruleset) => {
                let taken =
                    analysis.hierarchical_rulesets.insert(ruleset.name.text.clone(), ruleset).is_some();
                twice(taken, "ruleset", &ruleset.name, mistakes);
                mistakes.take(rulesets::check_hierarchical(ruleset));
            }
            StatementKind::ViralPropagation(propagation) => {
                let target = |other: &ast::ViralPropagation| (other.on, other.target.text.clone());
                let taken = analysis.propagations.iter().any(|other| target(other) == target(propagation));
                twice(taken, "propagation of", &propagation.target, mistakes);
                analysis.propagations.push(propagation);
                mistakes.take(viral::check(propagation));
            }
        }
    }
}

/// Assignments on their way into the plan.
struct Statements<'s> {
    waiting: Vec<Option<&'s ast::Assignment>>,
    by_name: HashMap<Arc<str>, usize>,
}

impl<'s> Statements<'s> {
    fn of(script: &'s Script, analysis: &mut Analysis<'_>, mistakes: &mut Mistakes) -> Self {
        let mut statements = Self { waiting: Vec::new(), by_name: HashMap::new() };
        for statement in &script.statements {
            let StatementKind::Assignment(assignment) = &statement.kind else { continue };
            let name = assignment.name.text.clone();
            if statements.by_name.contains_key(&name) {
                mistakes.add(
                    Diagnostic::semantic(
                        mistake::DUPLICATE,
                        assignment.name.span,
                        format!("{name} is assigned twice; a name has one meaning in a script"),
                    )
                    .with_help("give the second result another name"),
                );
                continue;
            }
            if analysis.is_input(&name) {
                mistakes.add(
                    Diagnostic::semantic(
                        mistake::DUPLICATE,
                        assignment.name.span,
                        format!("{name} is an input of the script, and inputs stay what they are"),
                    )
                    .with_help("give the result another name"),
                );
            }
            analysis.add_result(name.clone(), Known::Waiting);
            statements.by_name.insert(name, statements.waiting.len());
            statements.waiting.push(Some(assignment));
        }
        statements
    }

    /// Analyses each assignment behind those it needs. What an assignment needs shows when it is tried: then it
    /// is laid aside until the others are known.
    fn in_order(mut self, analysis: &mut Analysis<'_>, mistakes: &mut Mistakes) -> Vec<Assignment> {
        let mut ordered = Vec::with_capacity(self.waiting.len());
        for first in 0..self.waiting.len() {
            let mut path = vec![first];
            while let Some(&place) = path.last() {
                let Some(assignment) = self.waiting[place] else {
                    path.pop();
                    continue;
                };
                let value = analysis.operand(&assignment.value);
                let needed: Vec<usize> = analysis
                    .take_needed()
                    .into_iter()
                    .filter_map(|name| self.by_name.get(&name).copied())
                    .collect();
                let circle = needed.iter().find_map(|other| path.iter().position(|on_path| on_path == other));
                match (circle, needed.is_empty()) {
                    (None, false) => path.extend(needed),
                    (Some(start), _) => {
                        mistakes.add(self.cycle(&path[start..]));
                        for place in path.drain(start..) {
                            self.settle(place, Known::Failed, analysis);
                        }
                    }
                    (None, true) => {
                        let known = match mistakes.take(value) {
                            None => Known::Failed,
                            Some(operand) => {
                                let (known, value) = result(operand);
                                ordered.push(Assignment {
                                    name: assignment.name.text.clone(),
                                    persistent: assignment.persistent,
                                    value,
                                    span: assignment.value.span,
                                });
                                known
                            }
                        };
                        self.settle(place, known, analysis);
                        path.pop();
                    }
                }
            }
        }
        ordered
    }

    fn settle(&mut self, place: usize, known: Known, analysis: &mut Analysis<'_>) {
        if let Some(assignment) = self.waiting[place].take() {
            analysis.add_result(assignment.name.text.clone(), known);
        }
    }

    fn cycle(&self, places: &[usize]) -> Diagnostic {
        let names: Vec<&ast::Assignment> = places.iter().filter_map(|place| self.waiting[*place]).collect();
        let span = names.first().map_or_else(Default::default, |assignment| assignment.name.span);
        let text: Vec<&str> = names.iter().map(|assignment| &*assignment.name.text).collect();
        let message = match text.as_slice() {
            [one] => format!("{one} is computed from itself"),
            _ => format!("{} are computed from each other", text.join(", ")),
        };
        Diagnostic::semantic(mistake::CYCLE, span, message).with_help("give one of the results another name")
    }
}

fn result(operand: Operand) -> (Known, Value) {
    match operand {
        Operand::Dataset(relation) => (Known::Dataset(relation.structure.clone()), Value::Dataset(relation)),
        Operand::Scalar(value) => (Known::Scalar(value.scalar_type), Value::Scalar(value)),
    }
}
