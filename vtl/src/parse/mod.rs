//! From text to syntax tree.
//!
//! What lives here: the grammar of VTL 2.1 with what the engines and 2.2 add, limits, and going on after a
//! mistake so that one run shows all of them. What must not: what names refer to, types, and data.

mod call;
mod check;
mod clause;
mod cursor;
mod define;
mod explain;
mod expr;
pub(crate) mod keyword;
mod lex;
mod ruleset;
mod statement;

use cursor::Parser;

use crate::ast::{Script, Span};
use crate::diagnostic::Diagnostic;

/// Longest script in bytes: 1 MiB. The longest in use have some 100 kB; tokens and tree take some 20 times as
/// much.
pub const SCRIPT_BYTES_MAX: usize = 1 << 20;

/// Most statements of a script.
pub const STATEMENTS_MAX: usize = 10_000;

/// How deep expressions may be nested: brackets, calls, `if`, signs, and chains like `a + b + c`, which are
/// trees that lean to the left. All passes over the tree are recursive; at this depth they fit into a
/// thread's 2 MB.
pub const EXPRESSION_DEPTH_MAX: usize = 200;

/// Most mistakes that are reported of one script: nobody reads more.
pub const DIAGNOSTICS_MAX: usize = 50;

/// Reads a script. Fails with all mistakes in the order of the text, at most [`DIAGNOSTICS_MAX`].
pub fn parse(text: &str) -> Result<Script, Vec<Diagnostic>> {
    if text.len() > SCRIPT_BYTES_MAX {
        let message = format!("the script has {} bytes; at most {SCRIPT_BYTES_MAX} are read", text.len());
        let help = "split it into several scripts";
        return Err(vec![Diagnostic::syntax("SYN-TOO-LONG", Span::default(), message).with_help(help)]);
    }
    let (tokens, mistakes) = lex::lex(text);
    let mut parser = Parser::new(text, tokens, mistakes);
    let script = parser.script();
    let mut diagnostics = parser.into_diagnostics();
    if diagnostics.is_empty() {
        return Ok(script);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.truncate(DIAGNOSTICS_MAX);
    Err(diagnostics)
}
