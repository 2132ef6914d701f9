//! Rulesets in themselves: names of their rules, signatures, error codes and levels.
//!
//! What lives here: what is wrong with a ruleset whatever it is applied to. What must not: data sets.

use std::collections::HashSet;
use std::sync::Arc;

use super::expression;
use super::mistake::{self, Mistakes};
use crate::ast::{Constant, DatapointRuleset, HierarchicalRuleset, Name, SignatureItem, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::ErrorLiterals;
use crate::value::{Scalar, ScalarType};

/// What is wrong with a data point ruleset.
pub(super) fn check_datapoint(ruleset: &DatapointRuleset) -> Result<(), Mistakes> {
    let mut mistakes = Mistakes::default();
    names(&ruleset.name, ruleset.rules.iter().map(|rule| (rule.name.as_ref(), rule.span)), &mut mistakes);
    aliases(&ruleset.signature, &mut mistakes);
    mistakes.or(())
}

/// What is wrong with a hierarchical ruleset.
pub(super) fn check_hierarchical(ruleset: &HierarchicalRuleset) -> Result<(), Mistakes> {
    let mut mistakes = Mistakes::default();
    names(&ruleset.name, ruleset.rules.iter().map(|rule| (rule.name.as_ref(), rule.span)), &mut mistakes);
    aliases(&ruleset.conditions, &mut mistakes);
    mistakes.or(())
}

/// All rules have names or none, and each its own.
fn names<'r>(ruleset: &Name, rules: impl Iterator<Item = (Option<&'r Name>, Span)>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    let mut nameless = None;
    for (name, span) in rules {
        match name {
            None => nameless = nameless.or(Some(span)),
            Some(name) if !seen.insert(&name.text) => mistakes.add(Diagnostic::semantic(
                mistake::DUPLICATE,
                name.span,
                format!("two rules of {ruleset} are called {name}"),
            )),
            Some(_) => {}
        }
    }
    if let (Some(span), false) = (nameless, seen.is_empty()) {
        mistakes.add(
            Diagnostic::semantic(
                mistake::RULESET,
                span,
                format!("some rules of {ruleset} have names, and this one has none"),
            )
            .with_help("name all rules, or none: then they are called 1, 2, ..."),
        );
    }
}

/// Each visible name of a signature once; the same variable may be listed again under the same name.
fn aliases(signature: &[SignatureItem], mistakes: &mut Mistakes) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for item in signature {
        let visible = &*item.alias.as_ref().unwrap_or(&item.name).text;
        if seen.iter().any(|(other, of)| *other == visible && *of != &*item.name.text) {
            mistakes.add(Diagnostic::semantic(
                mistake::DUPLICATE,
                item.name.span,
                format!("the signature has two components that rules would call {visible}"),
            ));
        }
        seen.push((visible, &item.name.text));
    }
}

/// The name of a rule; nameless ones are numbered from 1.
pub(super) fn rule_name(name: Option<&Name>, place: usize) -> Arc<str> {
    name.map_or_else(|| (place + 1).to_string().into(), |name| name.text.clone())
}

/// `errorcode` and `errorlevel`.
pub(super) fn literals(
    code: Option<&Constant>,
    level: Option<&Constant>,
) -> Result<ErrorLiterals, Diagnostic> {
    let value = |constant: Option<&Constant>| constant.map_or(Ok(Scalar::Null), expression::constant);
    let code = value(code)?;
    let code = match code {
        Scalar::Null | Scalar::String(_) => code,
        // Codes go into a column of texts.
        other => crate::run::cast_value(&other, ScalarType::String, None).unwrap_or(Scalar::Null),
    };
    Ok(ErrorLiterals { code, level: value(level)? })
}

/// Type of the column `errorlevel`; that of `errorcode` is string.
pub(super) struct ErrorTypes {
    pub(super) level: ScalarType,
}

impl ErrorTypes {
    /// The types that hold all literals. Levels of whole numbers are of type `numeric`.
    pub(super) fn of(errors: &[ErrorLiterals], numeric: ScalarType, span: Span) -> Result<Self, Diagnostic> {
        let levels = errors.iter().map(|error| error.level.scalar_type());
        let level = match common(levels, "errorlevel", span)? {
            ScalarType::Null | ScalarType::Integer => numeric,
            other => other,
        };
        Ok(Self { level })
    }
}

fn common(
    mut types: impl Iterator<Item = ScalarType>,
    what: &str,
    span: Span,
) -> Result<ScalarType, Diagnostic> {
    types.try_fold(ScalarType::Null, |common, next| {
        common.common(next).ok_or_else(|| {
            Diagnostic::semantic(
                mistake::TYPE,
                span,
                format!("{what} has values of types {common} and {next}, and they go into one column"),
            )
            .with_help("write all of them as one type, for example as texts")
        })
    })
}
