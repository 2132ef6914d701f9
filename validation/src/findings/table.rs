//! Findings about foreign tables: what their mapping has no meaning for.

use std::sync::Arc;

use mighub_sdmx::table::{CellTrouble, TableError, TableIssue};

use super::{Entry, FileError, Findings, clip};
use crate::rule::Rule;
use crate::rules::file;

impl Findings {
    /// A table that could not be translated.
    pub fn add_table_error(&mut self, error: &TableError) {
        let rule: &'static Rule = match error {
            TableError::Row(row) => FileError::rule_of_row(row),
            TableError::Scratch(_) => &file::NO_ROOM,
            TableError::AmbiguousAreas { .. } | TableError::NoAreaScheme { .. } => &file::AREA_SCHEME,
            TableError::Empty
            | TableError::TooManyColumns(_)
            | TableError::NoColumn { .. }
            | TableError::TwoColumns(_)
            | TableError::Misfit { .. } => &file::TABLE,
        };
        let mut entry = Entry { found: clip(&error.to_string()), ..Entry::new(rule) };
        if let TableError::AmbiguousAreas { column, code, first, second } = error {
            entry.found = clip(&format!("column {column}: {code} is {first}, and {second}"));
            entry.remedy = Some(format!(
                "Say which is meant: --areas {} or --areas {}, or \"scheme\" in the mapping.",
                first.scheme, second.scheme
            ));
        }
        self.add(entry);
    }

    /// Several mappings that fit a table.
    pub fn add_several_mappings(&mut self, names: &[String]) {
        let remedy = Some(format!(
            "Name the one that is meant: --mapping {}.",
            names.first().map_or("ID", |name| name)
        ));
        self.add(Entry { found: clip(&names.join(", ")), remedy, ..Entry::new(&file::SEVERAL_MAPPINGS) });
    }

    /// A cell of a table that has no meaning. `row` is its row in the translation.
    pub fn add_table_issue(&mut self, row: u64, issue: &TableIssue) {
        let rule = match &issue.trouble {
            CellTrouble::NoCode { .. }
            | CellTrouble::TwoCodes { .. }
            | CellTrouble::NoFlag(_)
            | CellTrouble::NoPart(_) => &file::NO_CODE,
            CellTrouble::TwoNumbers { .. } => &file::TWO_NUMBERS,
            CellTrouble::NoNumber => &file::FOREIGN_NUMBER,
            CellTrouble::CellCount { .. } => &file::CELL_COUNT,
        };
        let mut entry = Entry::new(rule);
        entry.rows.push(row);
        entry.occurrences = 1;
        entry.component = Arc::from(&*issue.component);
        entry.found.clone_from(&issue.content);
        entry.expected = match &issue.trouble {
            CellTrouble::NoNumber => String::new(),
            CellTrouble::NoCode { known } => clip(known),
            CellTrouble::TwoCodes { first, second } => format!("{first} or {second}"),
            CellTrouble::TwoNumbers { as_thousands, as_decimal } => {
                format!(
                    "{as_thousands} if the sign separates thousands, {as_decimal} if it is the decimal sign"
                )
            }
            CellTrouble::CellCount { found, expected } => {
                entry.found = format!("{found} cells");
                format!("{expected} cells")
            }
            trouble @ (CellTrouble::NoFlag(_) | CellTrouble::NoPart(_)) => clip(&trouble.to_string()),
        };
        self.add(entry);
    }
}
