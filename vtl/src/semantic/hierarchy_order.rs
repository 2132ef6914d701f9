//! In which order the rules of a hierarchy are computed.
//!
//! What lives here: which rule needs the results of which, and circles. What must not: data sets.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::mistake;
use crate::ast::{HierarchicalRuleset, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{Comparison, HierarchyRule};

/// The rules in an order in which each comes behind those that compute its items; as far as possible that of writing.
pub(super) fn order(
    rules: &[HierarchyRule],
    ruleset: &HierarchicalRuleset,
    span: Span,
) -> Result<Vec<HierarchyRule>, Diagnostic> {
    let computed_by = computed_by(rules, ruleset, span)?;
    let mut waits_for = vec![0usize; rules.len()];
    let mut awaited_by: Vec<Vec<usize>> = vec![Vec::new(); rules.len()];
    for (place, rule) in rules.iter().enumerate() {
        for item in rule.items.iter().filter(|item| item.code != rule.left) {
            for &other in computed_by.get(&item.code.to_string()).into_iter().flatten() {
                waits_for[place] += 1;
                awaited_by[other].push(place);
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..rules.len()).filter(|place| waits_for[*place] == 0).map(Reverse).collect();
    let mut ordered = Vec::with_capacity(rules.len());
    while let Some(Reverse(place)) = ready.pop() {
        ordered.push(rules[place].clone());
        for &other in &awaited_by[place] {
            waits_for[other] -= 1;
            if waits_for[other] == 0 {
                ready.push(Reverse(other));
            }
        }
    }
    if ordered.len() == rules.len() {
        return Ok(ordered);
    }
    let mut circle: Vec<String> = (0..rules.len())
        .filter(|place| waits_for[*place] > 0)
        .map(|place| rules[place].left.to_string())
        .collect();
    circle.dedup();
    circle.truncate(CODES_SHOWN);
    Err(Diagnostic::semantic(
        mistake::CYCLE,
        span,
        format!("rules of {} need each other's results: those for {}", ruleset.name, circle.join(", ")),
    )
    .with_help("break the circle: a code must not be computed from itself"))
}

/// Codes that a diagnostic lists.
const CODES_SHOWN: usize = 8;

/// By code, the equations that compute it: one, or several that apply under conditions.
fn computed_by(
    rules: &[HierarchyRule],
    ruleset: &HierarchicalRuleset,
    span: Span,
) -> Result<HashMap<String, Vec<usize>>, Diagnostic> {
    let mut computed_by: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.relation == Comparison::Equal) {
        computed_by.entry(rule.left.to_string()).or_default().push(place);
    }
    let twice = computed_by
        .iter()
        .find(|(_, places)| places.len() > 1 && places.iter().any(|place| rules[*place].when.is_none()));
    match twice {
        None => Ok(computed_by),
        Some((code, _)) => Err(Diagnostic::semantic(
            mistake::RULESET,
            span,
            format!("the ruleset {} computes {code} by two rules", ruleset.name),
        )
        .with_help("give the code one rule with =, or tell the rules apart with when")),
    }
}
