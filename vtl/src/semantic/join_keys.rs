//! Which components the rows of a join are matched by.
//!
//! What lives here: the conditions of the manual on identifiers of operands. What must not: columns.

use std::collections::HashSet;
use std::sync::Arc;

use super::mistake::{self, Mistakes};
use crate::ast::{ComponentName, JoinKind, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::Relation;

/// An operand.
pub(super) struct Part {
    pub(super) alias: Option<Arc<str>>,
    pub(super) relation: Relation,
    pub(super) span: Span,
}

impl Part {
    fn identifiers(&self) -> impl Iterator<Item = &Arc<str>> {
        self.relation.structure.identifiers().map(|(_, component)| &component.name)
    }

    fn name(&self, place: usize) -> String {
        self.alias.as_ref().map_or_else(|| format!("operand {}", place + 1), ToString::to_string)
    }
}

/// What rows are matched by.
pub(super) struct Keys {
    /// Names that a pair of operands is matched by, as far as both have them.
    pub(super) names: Vec<Arc<str>>,
    /// The operand that has the keys of all others.
    pub(super) reference: usize,
}

impl Keys {
    /// The keys of a join.
    pub(super) fn of(
        kind: JoinKind,
        parts: &[Part],
        using: &[ComponentName],
        span: Span,
    ) -> Result<Self, Mistakes> {
        let most = parts
            .iter()
            .enumerate()
            .rev()
            .max_by_key(|(_, part)| part.identifiers().count())
            .map_or(0, |(place, _)| place);
        if parts.len() == 1 || kind == JoinKind::Cross {
            return Ok(Self { names: Vec::new(), reference: 0 });
        }
        let reference = if kind == JoinKind::Inner { most } else { 0 };
        if kind == JoinKind::Full {
            return Ok(Self { names: same_identifiers(parts, span)?, reference });
        }
        if using.is_empty() {
            return Ok(Self { names: natural(kind, parts, reference, span)?, reference });
        }
        named(kind, parts, using, span)
    }
}

fn same_identifiers(parts: &[Part], span: Span) -> Result<Vec<Arc<str>>, Diagnostic> {
    let first: Vec<Arc<str>> = parts[0].identifiers().cloned().collect();
    for (place, part) in parts.iter().enumerate().skip(1) {
        let own: HashSet<_> = part.identifiers().collect();
        if own.len() != first.len() || !first.iter().all(|name| own.contains(name)) || first.is_empty() {
            return Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                span,
                format!(
                    "full_join needs data sets with the same identifiers; {} has others",
                    part.name(place)
                ),
            )
            .with_help("aggregate or rename before"));
        }
    }
    Ok(first)
}

/// Without `using`: the reference has all identifiers of all others.
fn natural(
    kind: JoinKind,
    parts: &[Part],
    reference: usize,
    span: Span,
) -> Result<Vec<Arc<str>>, Diagnostic> {
    let keys: Vec<Arc<str>> = parts[reference].identifiers().cloned().collect();
    for (place, part) in parts.iter().enumerate() {
        let missing = part.identifiers().find(|name| !keys.contains(name));
        if let Some(missing) = missing {
            let help = match kind {
                JoinKind::Left => "the first data set of a left_join must have the identifiers of all others",
                _ => "name the keys with using, or aggregate before",
            };
            return Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                span,
                format!(
                    "the identifier {missing} of {} is no identifier of {}",
                    part.name(place),
                    parts[reference].name(reference)
                ),
            )
            .with_help(help));
        }
        if place != reference && part.identifiers().next().is_none() {
            return Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                part.span,
                format!("{} has no identifiers to be joined by", part.name(place)),
            ));
        }
    }
    Ok(keys)
}

/// With `using`: the keys are components of the reference, and exactly the identifiers of all others.
fn named(kind: JoinKind, parts: &[Part], using: &[ComponentName], span: Span) -> Result<Keys, Mistakes> {
    let mut mistakes = Mistakes::default();
    let mut keys: Vec<Arc<str>> = Vec::new();
    for name in using {
        if keys.contains(&name.name.text) {
            mistakes.add(Diagnostic::semantic(
                mistake::DUPLICATE,
                name.span(),
                format!("{} occurs twice in using", name.name),
            ));
            continue;
        }
        keys.push(name.name.text.clone());
        for (place, part) in parts.iter().enumerate() {
            if part.relation.structure.component(&name.name.text).is_none() {
                let known = part.relation.structure.components().iter().map(|component| &*component.name);
                let what = format!("component of {}", part.name(place));
                mistakes.add(mistake::unknown(&what, &name.name.text, name.span(), known));
            }
        }
    }
    mistakes.or(())?;
    let is_others = |part: &Part| {
        let own: Vec<_> = part.identifiers().collect();
        own.len() == keys.len() && own.iter().all(|name| keys.contains(name))
    };
    let unlike: Vec<usize> = (0..parts.len()).filter(|place| !is_others(&parts[*place])).collect();
    let reference = match (kind, unlike.as_slice()) {
        (_, []) => Some(0),
        (JoinKind::Inner, [one]) => Some(*one),
        (_, [0]) => Some(0),
        _ => None,
    };
    match reference {
        Some(reference) => Ok(Keys { names: keys, reference }),
        None => Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            format!(
                "with using, {} must be all identifiers of every data set of the join but {}",
                keys.join(", "),
                if kind == JoinKind::Left { "the first" } else { "one" }
            ),
        )
        .with_help("use all identifiers of the smaller data sets, or aggregate before")
        .into()),
    }
}
