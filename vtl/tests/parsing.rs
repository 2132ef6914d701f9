//! The parser ends on every text, stays within its limits, and tells mistakes so that their author can
//! correct them.

mod scripts;

use mighub_vtl::{EXPRESSION_DEPTH_MAX, Phase, SCRIPT_BYTES_MAX, STATEMENTS_MAX, parse, print};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Pieces of scripts, whole and broken.
const PIECES: &[&str] = &[
    "define ",
    "datapoint ",
    "hierarchical ",
    "ruleset ",
    "operator ",
    "viral ",
    "propagation ",
    "end ",
    "is ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":=",
    "<-",
    ";",
    ",",
    ":",
    "#",
    "_",
    "+",
    "-",
    "*",
    "/",
    "||",
    "=",
    "<",
    ">",
    "<>",
    "'",
    "\"",
    "/*",
    "*/",
    "//",
    "\n",
    "if ",
    "then ",
    "else ",
    "case ",
    "when ",
    "not ",
    "and ",
    "in ",
    "x ",
    "DS_1 ",
    "'a b' ",
    "1 ",
    "2.5 ",
    "\"t\" ",
    "null ",
    "sum(",
    "check(",
    "inner_join(",
    "calc ",
    "aggr ",
    "group by ",
    "over (",
    "errorcode ",
    "time_agg(",
    "cast(",
    "rule ",
    "variable ",
    "é",
    "“",
    "\u{0}",
    "\u{feff}",
];

/// What every text must hold to: the parser comes back, and speaks of places that exist.
fn holds(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(script) => {
            for statement in &script.statements {
                prop_assert!(text.get(statement.span.range()).is_some(), "{:?} in {text:?}", statement.span);
            }
        }
        Err(diagnostics) => {
            prop_assert!(!diagnostics.is_empty());
            for diagnostic in diagnostics {
                prop_assert_eq!(diagnostic.phase, Phase::Syntax);
                prop_assert!(text.get(diagnostic.span.range()).is_some(), "{diagnostic:?} in {text:?}");
                prop_assert!(diagnostic.render(text, "script").to_string().contains(&diagnostic.message));
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}|(?s).{0,50}") {
        holds(&text)?;
    }

    #[test]
    fn any_heap_of_words_is_read_or_refused(
        pieces in proptest::collection::vec(select(PIECES), 0..120),
    ) {
        holds(&pieces.concat())?;
    }

    #[test]
    fn a_script_with_any_piece_replaced_is_read_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        places in proptest::collection::vec((any::<Index>(), 0usize..8, select(PIECES)), 1..4),
    ) {
        let mut text = print(&scripts::Choices::new(&bytes).script());
        for (place, removed, piece) in places {
            let start = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.floor_char_boundary((start + removed).min(text.len())).max(start);
            text.replace_range(start..end, piece);
        }
        holds(&text)?;
    }
}

#[test]
fn no_nesting_overflows_the_stack() {
    let deep = 100_000;
    for open in [
        "(",
        "not ",
        "-",
        "if a then b else ",
        "case when ",
        "x[calc y := ",
        "abs(",
        "f(",
        "check(",
        "{",
        "x in {",
    ] {
        let script = format!("A := {}1;", open.repeat(deep));
        assert!(parse(&script).is_err(), "{open}");
    }
    for more in ["[filter x]", "#a", " + 1", " in {1}", " and x", " || \"a\""] {
        let script = format!("A := x{};", more.repeat(deep));
        let diagnostics = parse(&script).expect_err("such a tree is too high");
        assert_eq!(diagnostics[0].code, "SYN-TOO-DEEP", "{more}");
    }
}

#[test]
fn the_deepest_expressions_that_are_read_can_be_worked_with() {
    // None of these takes more than four levels a piece.
    let deep = EXPRESSION_DEPTH_MAX / 4;
    for (open, close) in
        [("(-", ")"), ("if a then b else ", ""), ("nvl(x, ", ")"), ("x[calc y := ", "]"), ("1 + (", ")")]
    {
        let text = format!("A := {}x{};", open.repeat(deep), close.repeat(deep));
        let script = parse(&text).unwrap_or_else(|diagnostics| panic!("{open}: {}", diagnostics[0]));
        assert_eq!(parse(&print(&script)).map(|again| print(&again)), Ok(print(&script)));
        assert_eq!(script.clone(), script);
    }
}

#[test]
fn scripts_beyond_the_limits_are_refused_at_once() {
    let long = " ".repeat(SCRIPT_BYTES_MAX + 1);
    let many = "a:=1;".repeat(STATEMENTS_MAX + 1);
    for text in [long, many] {
        assert_eq!(parse(&text).map_err(|diagnostics| diagnostics[0].code), Err("SYN-TOO-LONG"));
    }
    assert!(parse(&"a:=1;".repeat(STATEMENTS_MAX)).is_ok());
    assert!(parse(&";".repeat(SCRIPT_BYTES_MAX)).is_err());
}
