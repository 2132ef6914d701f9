//! What must be true of a rulebook before it judges anything.

use std::collections::BTreeSet;

use mighub_sdmx::structure::DataDefinition;
use mighub_vtl::{ScalarType, Structure};

use super::parameter::scalar_of;
use super::script::Joined;
use super::{Artefact, RuleSpec, RulebookProblem};
use crate::judge::template;
use crate::rule::{FIRST_LANGUAGE, Severity};
use crate::rules;

/// Levels of rules that a rulebook can have.
const LEVELS: std::ops::RangeInclusive<u8> = 2..=5;

/// The book as a whole.
pub(super) fn book(book: &Artefact, definition: &DataDefinition) -> Vec<RulebookProblem> {
    let mut problems = Vec::new();
    let mut say = |text: String| problems.push(RulebookProblem::of_book(text));
    if book.dataflow != definition.dataflow.short() {
        say(format!("dataflow {} must be written {}", book.dataflow, definition.dataflow.short()));
    }
    for parameter in &book.parameters {
        if let Err(error) = scalar_of(parameter, None) {
            say(format!("{error}: correct its value or its type"));
        }
    }
    let mut names = BTreeSet::new();
    for name in book.parameters.iter().map(|parameter| &parameter.id).chain(book.inputs.keys()) {
        if !names.insert(name) || name == super::prepare::LANE {
            say(format!("the name {name} is given twice: parameters and inputs share names with the script"));
        }
    }
    let mut ids = BTreeSet::new();
    for rule in &book.rules {
        if !ids.insert(&rule.id) || rules::find(&rule.id).is_some() {
            problems
                .push(RulebookProblem::of_rule(&rule.id, "this id belongs to another rule: give a new one"));
        }
    }
    problems
}

/// A rule for itself.
pub(super) fn rule(
    book: &Artefact,
    rule: &RuleSpec,
    script: &Joined,
    definition: &DataDefinition,
) -> Vec<RulebookProblem> {
    let mut problems = Vec::new();
    let mut say = |text: String| problems.push(RulebookProblem::of_rule(&rule.id, text));
    if !has_form_of_id(&rule.id) {
        say("an id has three to five capital letters, a hyphen and three digits, such as FLOW-201".to_owned());
    }
    if !LEVELS.contains(&rule.level) {
        say(format!(
            "level {} is not one of 2 to 5: files and structure are judged by the program",
            rule.level
        ));
    }
    if rule.id.split('-').nth(1).and_then(|digits| digits.get(..1)) != Some(&*rule.level.to_string()) {
        say(format!("the first digit of its number is not its level {}", rule.level));
    }
    match rule.texts.get(FIRST_LANGUAGE) {
        None => say("texts in English (en) are missing".to_owned()),
        Some(texts) if texts.explanation.is_empty() => {
            say("the explanation in English is missing".to_owned())
        }
        Some(_) => {}
    }
    if rule.texts.values().any(|texts| texts.title.is_empty() || texts.remedy.is_empty()) {
        say("a title or remedy is empty".to_owned());
    }
    for need in rule.needs.iter().filter(|need| !book.inputs.contains_key(*need)) {
        say(format!("it needs {need}, which is not among the inputs"));
    }
    let used = script.closure(&rule.result);
    for name in book.inputs.keys().filter(|name| used.contains(&***name) && !rule.needs.contains(name)) {
        say(format!("its result {} reads {name}: add {name} to its needs", rule.result));
    }
    for dimension in rule.crosses.iter().chain(rule.about.keys()) {
        if definition.dimension(dimension).is_none() {
            say(format!("{dimension} is no dimension of {}", definition.dataflow.short()));
        }
    }
    match script.assignment(&rule.result) {
        None => say(format!("no statement of the script assigns {}", rule.result)),
        Some((assignment, _)) if !assignment.persistent => {
            say(format!("the result {} must be assigned with <-, as it is read from outside", rule.result));
        }
        Some((_, span)) => literals(book, rule, script.text_of(span), &mut say),
    }
    if let Some(parts) = &rule.parts {
        match script.hierarchy(&parts.ruleset) {
            None => say(format!("the script defines no hierarchical ruleset {}", parts.ruleset)),
            Some(ruleset) => {
                for of_ruleset in &ruleset.rules {
                    literals(book, rule, script.text_of(of_ruleset.span), &mut say);
                }
            }
        }
        let is_known = |id: &str| book.parameters.iter().any(|parameter| parameter.id == id);
        if !parts.tolerance.is_empty() && !is_known(&parts.tolerance) {
            say(format!("the tolerance {} is no parameter", parts.tolerance));
        }
    }
    problems
}

/// `errorcode` and `errorlevel` in VTL say what the artefact says.
fn literals(book: &Artefact, rule: &RuleSpec, text: &str, say: &mut impl FnMut(String)) {
    let of_result: Vec<&RuleSpec> = book.rules.iter().filter(|other| other.result == rule.result).collect();
    for code in after(text, "errorcode") {
        let code = code.trim_matches('"');
        let id = code.split(' ').next().unwrap_or(code);
        if !of_result.iter().any(|rule| rule.id == id) {
            say(format!("errorcode {code:?} in the script does not begin with the id of the rule"));
        }
    }
    for level in after(text, "errorlevel") {
        if !of_result.iter().any(|rule| level == error_level(rule.severity)) {
            let weight = rule.severity.word();
            say(format!(
                "errorlevel {level} in the script, but a rule of weight {weight}: note 1, warning 2, error 3"
            ));
        }
    }
}

/// `errorlevel` of a severity.
fn error_level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "1",
        Severity::Warning => "2",
        Severity::Error => "3",
    }
}

/// The literals behind a keyword.
fn after<'t>(text: &'t str, keyword: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(keyword).skip(1).map(|rest| {
        let rest = rest.trim_start();
        let end = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 2),
            None => rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()),
        };
        &rest[..end]
    })
}

/// A rule against the structure of its result.
pub(super) fn result(
    book: &Artefact,
    rule: &RuleSpec,
    structure: Option<&Structure>,
    definition: &DataDefinition,
) -> Vec<RulebookProblem> {
    let mut problems = Vec::new();
    let mut say = |text: String| problems.push(RulebookProblem::of_rule(&rule.id, text));
    let Some(structure) = structure else {
        // That no statement assigns it was said before.
        return problems;
    };
    let truth = structure.component("bool_var");
    if truth.is_none_or(|truth| truth.scalar_type != ScalarType::Boolean) {
        say(format!(
            "the result {} needs a boolean component bool_var that says where the rule holds",
            rule.result
        ));
    }
    let has_ruleid = structure.component("ruleid").is_some();
    if (!rule.ruleids.is_empty() || rule.parts.is_some()) && !has_ruleid {
        say(format!("the result {} has no component ruleid to choose rules by", rule.result));
    }
    for dimension in &definition.dimensions {
        let id = &*dimension.id;
        if structure.component(id).is_none() && !rule.about.contains_key(id) {
            say(format!(
                "the result {} has no {id}: say in `about` which code its findings are about",
                rule.result
            ));
        }
    }
    if let Some(time) = &definition.time
        && structure.component(time).is_none()
    {
        say(format!("the result {} has no {time}", rule.result));
    }
    for name in template::names(&rule.arithmetic).chain(template::names(&rule.expected)) {
        let is_parameter = book.parameters.iter().any(|parameter| parameter.id == name);
        if structure.component(name).is_none() && !is_parameter {
            say(format!("{{{name}}} is neither a component of the result {} nor a parameter", rule.result));
        }
    }
    problems
}

fn has_form_of_id(id: &str) -> bool {
    let Some((letters, digits)) = id.split_once('-') else { return false };
    (3..=5).contains(&letters.len())
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits.len() == 3
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
