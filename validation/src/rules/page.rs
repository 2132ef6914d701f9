//! The page of rules, for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::all;
use crate::rule::{FIRST_LANGUAGE, Rule};
use crate::rulebook::{RuleSpec, Rulebook};

/// The page in Markdown, with a section for every rule.
pub fn page() -> String {
    let mut page = String::from(
        "# What is checked\n\n\
         This page is made from the table of rules in `validation/src/rules`; change it there. An id is never used\n\
         again for another rule. `mighub validate FILE` applies the same rules as the hub, without sending anything.\n\n\
         An **error** must be corrected. A **warning** must be corrected or answered. A **note** is for information.\n",
    );
    for (level, name) in [(0, "File"), (1, "Structure"), (3, "Earlier vintages")] {
        let _ = write!(page, "\n## Level {level}: {name}\n\n| id | weight | what |\n|---|---|---|\n");
        let rules = || all().iter().filter(move |rule| rule.level == level);
        for Rule { id, severity, title, .. } in rules() {
            let _ = writeln!(page, "| [{id}](#{}) | {} | {title} |", id.to_lowercase(), severity.word());
        }
        for rule in rules() {
            let _ = write!(page, "\n### {}\n\n**{}.** {}\n", rule.id, rule.title, rule.explanation);
            let _ = write!(page, "\n*What to do:* {}\n", rule.remedy);
        }
    }
    rulebooks(&mut page);
    page
}

/// Rules of the rulebooks that come with the program, each rule once: several rulebooks may have it.
fn rulebooks(page: &mut String) {
    page.push_str(
        "\n## Levels 2 to 5: rulebooks\n\n\
         Each dataflow has a rulebook: VTL with parameters, in `rulebooks/`; a hub may have others. Level 2 looks\n\
         within the dataset, 3 at the office's previous vintage, 4 at its other dataflows, 5 at partners. The type is\n\
         the main type of the European Statistical System. A tolerance is a parameter, and an agreement may change it.\n",
    );
    let books = Rulebook::all_shipped();
    let books: Vec<_> = books.iter().filter_map(Rulebook::book).collect();
    let mut known: BTreeMap<&str, (&RuleSpec, Vec<&str>)> = BTreeMap::new();
    for book in &books {
        let _ = write!(
            page,
            "\n### {} {}\n\n| id | level | type | weight | what |\n|---|---|---|---|---|\n",
            book.dataflow, book.version
        );
        for rule in &book.rules {
            known.entry(&rule.id).or_insert((rule, Vec::new())).1.push(&book.id);
            let (level, letters) = (rule.level, rule.main_type.letters());
            let (id, weight) = (&rule.id, rule.severity.word());
            let title = rule.texts.get(FIRST_LANGUAGE).map_or("", |texts| &texts.title);
            let _ = writeln!(
                page,
                "| [{id}](#{}) | {level} | {letters} | {weight} | {title} |",
                id.to_lowercase()
            );
        }
        if !book.parameters.is_empty() {
            page.push_str("\n| parameter | value | what |\n|---|---|---|\n");
            for parameter in &book.parameters {
                let _ = writeln!(page, "| {} | {} | {} |", parameter.id, parameter.value, parameter.about);
            }
        }
    }
    page.push_str("\n### All rules of rulebooks\n");
    for (id, (rule, of)) in known {
        let Some(texts) = rule.texts.get(FIRST_LANGUAGE) else { continue };
        let _ = write!(page, "\n### {id}\n\n**{}.** {}\n", texts.title, texts.explanation);
        let _ = write!(page, "\n*What to do:* {}\n", texts.remedy);
        for (language, name) in [("fr", "en français"), ("es", "en español")] {
            if let Some(texts) = rule.texts.get(language) {
                let _ = write!(page, "\n*{name}:* {}. {}\n", texts.title, texts.remedy);
            }
        }
        let _ = write!(page, "\n*Rulebooks:* {}.\n", of.join(", "));
    }
}
