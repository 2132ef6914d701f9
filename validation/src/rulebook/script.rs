//! Several VTL texts as one script: places in it, and which statement uses which names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub_vtl::ast::{self, HierarchicalRuleset, Span, StatementKind};
use mighub_vtl::{Diagnostic, parse};

use super::{RulebookProblem, Script};

/// The scripts of a rulebook, read as one.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    text: String,
    /// Name and first byte of each script.
    starts: Vec<(String, usize)>,
    pub(super) tree: ast::Script,
    /// Words that each assignment and each ruleset consists of.
    words: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Joined {
    /// Reads all scripts; all mistakes are told at once.
    pub(super) fn read(scripts: &[Script]) -> Result<Self, Vec<RulebookProblem>> {
        let mut joined = Self {
            text: String::new(),
            starts: Vec::new(),
            tree: ast::Script::default(),
            words: BTreeMap::new(),
        };
        for script in scripts {
            joined.starts.push((script.name.clone(), joined.text.len()));
            joined.text.push_str(&script.text);
            joined.text.push('\n');
        }
        match parse(&joined.text) {
            Ok(tree) => joined.tree = tree,
            Err(mistakes) => {
                return Err(mistakes.into_iter().map(|mistake| joined.problem(mistake)).collect());
            }
        }
        for statement in &joined.tree.statements {
            let name = match &statement.kind {
                StatementKind::Assignment(assignment) => &assignment.name,
                StatementKind::Operator(definition) => &definition.name,
                StatementKind::Datapoint(ruleset) => &ruleset.name,
                StatementKind::Hierarchical(ruleset) => &ruleset.name,
                StatementKind::ViralPropagation(propagation) => &propagation.name,
            };
            joined.words.insert(name.text.clone(), words(&joined.text[statement.span.range()]));
        }
        Ok(joined)
    }

    /// A mistake with its place in the script where its author looks for it.
    pub(super) fn problem(&self, mut mistake: Diagnostic) -> RulebookProblem {
        let (name, text, start) = self.script_at(mistake.span.start as usize);
        mistake.span = Span::new(
            mistake.span.start.saturating_sub(start as u32),
            mistake.span.end.saturating_sub(start as u32),
        );
        let (line, column) = mistake.place(text);
        RulebookProblem {
            rule_id: String::new(),
            script: name.to_owned(),
            line,
            column,
            text: mistake.render(text, name).to_string(),
        }
    }

    /// `script:line:column` of a piece.
    pub(crate) fn place(&self, span: Span) -> String {
        let (name, text, start) = self.script_at(span.start as usize);
        let before = text.get(..(span.start as usize).saturating_sub(start)).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("{name}:{line}:{column}")
    }

    /// What stands at a place.
    pub(super) fn text_of(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn script_at(&self, byte: usize) -> (&str, &str, usize) {
        let place = self.starts.partition_point(|(_, start)| *start <= byte).saturating_sub(1);
        let Some((name, start)) = self.starts.get(place) else { return ("", &self.text, 0) };
        let end = self.starts.get(place + 1).map_or(self.text.len(), |(_, next)| *next);
        (name, &self.text[*start..end], *start)
    }

    /// A hierarchical ruleset.
    pub(super) fn hierarchy(&self, name: &str) -> Option<&HierarchicalRuleset> {
        self.tree.statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Hierarchical(ruleset) if *ruleset.name.text == *name => Some(ruleset),
            _ => None,
        })
    }

    /// The assignment of a name.
    pub(super) fn assignment(&self, name: &str) -> Option<(&ast::Assignment, Span)> {
        self.tree.statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Assignment(assignment) if *assignment.name.text == *name => {
                Some((assignment, statement.span))
            }
            _ => None,
        })
    }

    /// All names that a result is made from, itself among them: statements and inputs. Components of the same
    /// name count as well; that only makes it more.
    pub(crate) fn closure(&self, name: &str) -> BTreeSet<Arc<str>> {
        let mut closure: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut open = vec![Arc::<str>::from(name)];
        while let Some(name) = open.pop() {
            if closure.insert(name.clone()) {
                open.extend(self.words.get(&name).into_iter().flatten().cloned());
            }
        }
        closure
    }

    /// Without the assignments that need one of these inputs.
    pub(super) fn without(&self, inputs: &BTreeSet<Arc<str>>) -> ast::Script {
        let stays = |statement: &&ast::Statement| match &statement.kind {
            StatementKind::Assignment(assignment) => self.closure(&assignment.name.text).is_disjoint(inputs),
            _ => true,
        };
        ast::Script { statements: self.tree.statements.iter().filter(stays).cloned().collect() }
    }

    /// All words of all scripts: attributes that none of them names need not be carried.
    pub(super) fn uses(&self, word: &str) -> bool {
        self.words.values().any(|words| words.contains(word))
    }
}

fn words(text: &str) -> BTreeSet<Arc<str>> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
        .filter(|word| !word.is_empty())
        .map(Arc::from)
        .collect()
}
