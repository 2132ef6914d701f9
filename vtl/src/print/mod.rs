//! From syntax tree to text: canonical VTL, which reads back as the same tree.
//!
//! What lives here: one way of writing for everything the grammar has, with brackets only where the tree
//! needs them. What must not: comments and layout of the original; they are not in the tree.

mod call;
mod define;
mod expr;
mod ruleset;

use crate::ast::{Assignment, Expr, Name, Script, StatementKind};
use crate::parse::keyword::is_plain_name;

/// A script as text: a line for each assignment and each rule.
pub fn print(script: &Script) -> String {
    let mut printer = Printer::default();
    for statement in &script.statements {
        match &statement.kind {
            StatementKind::Assignment(assignment) => printer.assignment(assignment),
            StatementKind::Operator(definition) => printer.operator_definition(definition),
            StatementKind::Datapoint(ruleset) => printer.datapoint_ruleset(ruleset),
            StatementKind::Hierarchical(ruleset) => printer.hierarchical_ruleset(ruleset),
            StatementKind::ViralPropagation(propagation) => printer.viral_propagation(propagation),
        }
        printer.put(";\n");
    }
    printer.text
}

/// An expression as text, in one line.
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr);
    printer.text
}

/// A name as it stands in a script: with quotes if it needs them.
pub fn print_name(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { format!("'{name}'") }
}

#[derive(Default)]
struct Printer {
    text: String,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn name(&mut self, name: &Name) {
        self.put(&print_name(&name.text));
    }

    /// Members of a list with something between.
    fn separated<T>(&mut self, items: &[T], separator: &str, mut put: impl FnMut(&mut Self, &T)) {
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.put(separator);
            }
            put(self, item);
        }
    }

    /// Members of a list with commas between.
    fn list<T>(&mut self, items: &[T], put: impl FnMut(&mut Self, &T)) {
        self.separated(items, ", ", put);
    }

    fn assignment(&mut self, assignment: &Assignment) {
        self.name(&assignment.name);
        self.put(if assignment.persistent { " <- " } else { " := " });
        self.expr(&assignment.value);
    }
}
