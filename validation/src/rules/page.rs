//! The page of rules, for people.

use std::fmt::Write;

use super::all;
use crate::rule::Rule;

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
    page
}
