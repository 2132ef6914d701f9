//! Reports as a table: one a row, a column for each concept.
//!
//! Columns stand in any order. `REF_AREA` is needed, and `TIME_PERIOD` (one period) or `START_PERIOD` and `END_PERIOD`
//! (empty: until further notice). `FLOW_DIR` is needed where the dataflow has it. Then any of the concepts; those that
//! are texts may come once a language, as `NOTE:fr`, and without one are English. `RANK` may stand there: it must be
//! what the grades make.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use super::{
    Answer, Concept, Draft, DraftAnswer, Drafts, NOT_APPLICABLE, REPORTS_MAX, SourceFileError, SourceFinding,
    SourceReport, Values,
};
use crate::table::SourceRows;

/// The language of a text whose column names none.
pub(super) const LANGUAGE: &str = "en";

/// What a column holds.
enum Column {
    Area,
    Direction,
    /// The one period.
    Period,
    First,
    Last,
    Rank,
    Answer(Concept, String),
    /// Nobody knows; it was told once.
    Unknown,
}

impl Column {
    fn of(name: &str) -> Self {
        let (id, language) = name.split_once(':').unwrap_or((name, ""));
        let id = id.to_ascii_uppercase();
        match (&*id, language) {
            ("REF_AREA", "") => Self::Area,
            ("FLOW_DIR", "") => Self::Direction,
            ("TIME_PERIOD", "") => Self::Period,
            ("START_PERIOD", "") => Self::First,
            ("END_PERIOD", "") => Self::Last,
            ("RANK", "") => Self::Rank,
            _ => match Concept::of_id(&id) {
                Some(concept) if language.is_empty() => Self::Answer(concept, LANGUAGE.to_owned()),
                Some(concept) if concept.values() == Values::Texts => {
                    Self::Answer(concept, language.to_owned())
                }
                _ => Self::Unknown,
            },
        }
    }
}

/// Reads a table in UTF-8; commas, semicolons, tabs and bars are told apart.
pub fn read_csv(input: impl Read) -> Result<Drafts, SourceFileError> {
    let mut rows = SourceRows::new(input, None)?;
    let mut read = Drafts::default();
    let names = rows.header.columns.clone();
    let columns: Vec<Column> = names.iter().map(|name| Column::of(name)).collect();
    check_header(&names, &columns, &mut read);
    let has_direction = columns.iter().any(|column| matches!(column, Column::Direction));
    let mut texts = Vec::new();
    while rows.next(&mut texts)? {
        if texts.len() != columns.len() {
            let (found, allowed) = (format!("{} cells", texts.len()), format!("{} cells", columns.len()));
            let remedy = "put texts that hold the separator between quotation marks";
            read.findings.add(SourceFinding::new(rows.row, "row", &found, allowed, remedy));
            continue;
        }
        let mut draft = Draft { row: rows.row, ..Draft::default() };
        if !has_direction {
            NOT_APPLICABLE.clone_into(&mut draft.direction);
        }
        for (column, text) in columns.iter().zip(&texts) {
            put(&mut draft, column, text);
        }
        // One more is enough to be told that there are too many.
        if read.drafts.len() <= REPORTS_MAX {
            read.drafts.push(draft);
        }
    }
    Ok(read)
}

fn check_header(names: &[String], columns: &[Column], read: &mut Drafts) {
    let mut wrong = |concept: &str, found: &str, allowed: &str, remedy: &str| {
        read.findings.add(SourceFinding::new(0, concept, found, allowed, remedy));
    };
    let mut seen = BTreeSet::new();
    for (name, column) in names.iter().zip(columns) {
        if matches!(column, Column::Unknown) {
            let concepts: Vec<&str> = Concept::ALL.into_iter().map(Concept::id).collect();
            let allowed = format!(
                "REF_AREA, FLOW_DIR, TIME_PERIOD or START_PERIOD and END_PERIOD, {}",
                concepts.join(", ")
            );
            let remedy = "rename the column or take it out; a text in another language is headed as NOTE:fr";
            wrong("header", name, &allowed, remedy);
        } else if !seen.insert(name.to_ascii_uppercase()) {
            wrong("header", name, "each column once", "take out one of the two");
        }
    }
    let has = |wanted: fn(&Column) -> bool| columns.iter().any(wanted);
    if !has(|column| matches!(column, Column::Area)) {
        wrong("header", "", "REF_AREA", "add a column with the code of the area");
    }
    let one = has(|column| matches!(column, Column::Period));
    let range = has(|column| matches!(column, Column::First | Column::Last));
    if one == range {
        let found = if one { "both" } else { "" };
        let remedy = "head one column TIME_PERIOD, or two START_PERIOD and END_PERIOD";
        wrong("header", found, "TIME_PERIOD, or START_PERIOD and END_PERIOD", remedy);
    }
}

fn put(draft: &mut Draft, column: &Column, text: &str) {
    let text = text.to_owned();
    match column {
        Column::Area => draft.area = text,
        Column::Direction => draft.direction = text,
        Column::Period => {
            draft.last.clone_from(&text);
            draft.first = text;
        }
        Column::First => draft.first = text,
        Column::Last => draft.last = text,
        Column::Rank => draft.rank = text,
        Column::Answer(concept, language) if !text.trim().is_empty() => {
            draft.answers.push(DraftAnswer { concept: *concept, language: language.clone(), text });
        }
        Column::Answer(..) | Column::Unknown => {}
    }
}

/// Writes reports so that [`read_csv`] reads them again: all columns, and one for each language of a text that occurs.
pub fn write_csv<'r>(
    reports: impl IntoIterator<Item = &'r SourceReport> + Clone,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut languages: BTreeSet<(Concept, &str)> = BTreeSet::new();
    for report in reports.clone() {
        for (concept, answer) in report.answers() {
            if let Answer::Texts(texts) = answer {
                languages.extend(texts.keys().map(|language| (*concept, &**language)));
            }
        }
    }
    let columns: Vec<(Concept, &str)> = Concept::ALL
        .into_iter()
        .flat_map(|concept| match concept.values() {
            Values::Texts => languages.iter().filter(|(of, _)| *of == concept).copied().collect::<Vec<_>>(),
            _ => vec![(concept, LANGUAGE)],
        })
        .collect();
    let head = columns.iter().map(|(concept, language)| match *language {
        LANGUAGE => concept.id().to_owned(),
        language => format!("{}:{language}", concept.id()),
    });
    let fixed = ["REF_AREA", "FLOW_DIR", "START_PERIOD", "END_PERIOD"].map(str::to_owned);
    write_row(fixed.into_iter().chain(head).chain(["RANK".to_owned()]), out)?;
    for report in reports {
        let periods = report.periods();
        let fixed = [
            report.area().to_owned(),
            report.direction().to_owned(),
            periods.first().to_string(),
            periods.last().map_or_else(String::new, |last| last.to_string()),
        ];
        let cells = columns.iter().map(|(concept, language)| match report.answers().get(concept) {
            None => String::new(),
            Some(Answer::Code(code)) => code.clone(),
            Some(Answer::Number(number)) => number.to_string(),
            Some(Answer::Texts(texts)) => texts.get(*language).cloned().unwrap_or_default(),
        });
        write_row(fixed.into_iter().chain(cells).chain([report.rank().to_string()]), out)?;
    }
    Ok(())
}

fn write_row(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let quoted = |cell: String| match cell.contains([',', '"', '\n', '\r', ';', '\t', '|']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    let cells: Vec<String> = cells.map(quoted).collect();
    writeln!(out, "{}", cells.join(","))
}
