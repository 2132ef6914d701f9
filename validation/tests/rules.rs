//! The table of rules, its page, and the rulebook.

mod support;

use std::collections::BTreeSet;

use mighub_validation::{Rulebook, rules};
use support::project;

/// Set to write the page anew.
const WRITE_PAGE: &str = "MIGHUB_WRITE_DOCS";

#[test]
fn the_page_of_rules_is_that_of_the_table() {
    let path = project("docs/rules.md");
    let page = rules::page();
    if std::env::var_os(WRITE_PAGE).is_some() {
        std::fs::create_dir_all(project("docs")).expect("the folder docs/");
        std::fs::write(&path, &page).expect("a page that can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/rules.md is not up to date: run {WRITE_PAGE}=1 cargo test -p mighub-validation --test rules"
    );
}

#[test]
fn every_rule_has_an_id_of_its_own_and_a_sentence_to_act_on() {
    let ids: BTreeSet<_> = rules::all().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules::all().len());
    for rule in rules::all() {
        assert!(rules::find(rule.id) == Some(*rule), "{}", rule.id);
        let (letters, digits) = rule.id.split_once('-').expect(rule.id);
        assert_eq!((letters.len(), digits.len()), (3, 3), "{}", rule.id);
        assert!(rule.remedy.ends_with('.') && rule.explanation.ends_with('.'), "{}", rule.id);
        assert!(!rule.title.ends_with('.'), "{}", rule.id);
    }
    assert_eq!(rules::find("STR-000"), None);
}

#[test]
fn ids_weights_and_levels_are_what_they_always_were() {
    let rulebook = Rulebook::built_in();
    assert!(Rulebook::is_built_in(rulebook.canonical_bytes()));
    assert!(!Rulebook::is_built_in(b"{}"));
    let text = String::from_utf8(rulebook.canonical_bytes().to_vec()).expect("JSON");
    insta::assert_snapshot!(text.replace("},{", "},\n{"));
}
