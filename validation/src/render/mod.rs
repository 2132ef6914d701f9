//! Reports as text, as a statistician likes to read them: rule by rule what was found and where it
//! concentrates, then the first findings of each with the cell drawn in its row.
//!
//! What lives here: words and layout. What must not: files (see [`SourceFile`]) and terminals; whoever calls
//! says how wide the screen is and whether it has colours.

mod excerpt;
mod labels;
mod source;
mod text;

use std::io::{self, Write};

use mighub_sdmx::csv::CellPlace;

pub use source::SourceFile;
pub use text::Style;

use crate::finding::{ComponentSample, Finding, FindingCounts, FindingGroup, Place, Summary};
use crate::wording::Language;
use excerpt::Excerpt;
use labels::{Counted, Labels};
use text::{and_more, beginning, count, wrapped};

/// How a report is written.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Columns of the screen.
    pub width: usize,
    /// Findings shown of each rule; the others are only counted.
    pub findings_per_rule: u64,
    /// Whether there are colours.
    pub style: Style,
    /// Language of the labels; the rules speak that of their report.
    pub language: Language,
}

/// Narrowest text: below that, lines run over.
const WIDTH_MIN: usize = 40;
/// Rows, periods and suggestions that are listed of a finding.
const LISTED: usize = 8;
/// Values that are listed where findings concentrate.
const VALUES_LISTED: usize = 5;
/// Characters of a value that are shown where findings concentrate.
const VALUE_CHARACTERS: usize = 40;
/// Columns before the text of a finding.
const INDENT: usize = 2;
/// Columns before what is said of a finding, label and all.
const LABELLED: usize = 13;

impl Default for TextOptions {
    fn default() -> Self {
        Self { width: 100, findings_per_rule: 3, style: Style::Plain, language: Language::English }
    }
}

/// Writes a report. `findings` come in the order of reports, all or only the first pages; `locate` looks one
/// up in the file and has no answer where there is none.
pub fn write_text(
    summary: &Summary,
    findings: impl IntoIterator<Item = io::Result<Finding>>,
    locate: impl FnMut(&Finding) -> Option<CellPlace>,
    options: &TextOptions,
    out: &mut impl Write,
) -> io::Result<()> {
    let options = TextOptions { width: options.width.max(WIDTH_MIN), ..*options };
    Writer { options, labels: Labels::of(options.language), locate, out }.write(summary, findings)
}

struct Writer<'o, L, W> {
    options: TextOptions,
    labels: &'static Labels,
    locate: L,
    out: &'o mut W,
}

impl<L: FnMut(&Finding) -> Option<CellPlace>, W: Write> Writer<'_, L, W> {
    fn write(
        &mut self,
        summary: &Summary,
        findings: impl IntoIterator<Item = io::Result<Finding>>,
    ) -> io::Result<()> {
        writeln!(self.out, "{}", in_words(summary.counts, self.labels))?;
        let mut findings = findings.into_iter();
        let mut next = findings.next().transpose()?;
        for group in &summary.groups {
            self.group(group)?;
            let mut shown = 0;
            while let Some(finding) = next.take_if(|finding| finding.rule_id == group.rule_id) {
                if shown < self.options.findings_per_rule {
                    self.finding(&finding)?;
                    shown += 1;
                }
                next = findings.next().transpose()?;
            }
            if group.count > shown && shown > 0 {
                let more = count(group.count - shown, self.labels.more_findings);
                writeln!(self.out)?;
                let Labels { and, of, .. } = self.labels;
                self.lines(&format!("{and} {more} {of} {}", group.rule_id), INDENT)?;
            }
        }
        if !summary.not_run.is_empty() {
            writeln!(self.out, "\n{}", self.labels.not_run)?;
        }
        for not_run in &summary.not_run {
            let text = format!("{} {}", not_run.rule_id, not_run.reason);
            self.lines(&text, INDENT)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &FindingGroup) -> io::Result<()> {
        let style = self.options.style;
        let mut counts = count(group.count, self.labels.findings);
        if group.occurrences > group.count {
            let observations = count(group.occurrences, self.labels.observations);
            counts += &format!(" {} {observations}", self.labels.in_);
        }
        let word = self.labels.severity(group.severity);
        let head = format!("{word} {} ", group.rule_id);
        let lines = wrapped(&format!("{head}{} ({counts})", group.title), self.options.width - INDENT);
        let (severity, id) = (style.severity_colour(group.severity, word), style.strong(&group.rule_id));
        for (nth, line) in lines.iter().enumerate() {
            match line.strip_prefix(&head) {
                Some(rest) if nth == 0 => writeln!(self.out, "\n{severity} {id} {rest}")?,
                _ => writeln!(self.out, "{:INDENT$}{line}", "")?,
            }
        }
        let samples: Vec<_> =
            group.components.iter().filter_map(|values| sample(values, self.labels)).collect();
        samples.iter().try_for_each(|sample| self.lines(sample, INDENT))
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        writeln!(self.out)?;
        let place = (self.locate)(finding);
        let title = title(finding, place.as_ref(), self.labels);
        if !title.is_empty() {
            self.lines(&title, INDENT)?;
        }
        if let Some(place) = &place {
            let room = self.options.width - 2 * INDENT;
            let Excerpt { header, row, caret } = Excerpt::new(place, room);
            let caret = self.options.style.severity_colour(finding.severity, &caret);
            let lines = [&header, &row, &caret];
            let drawn = if is_about_cell(finding) { &lines[..] } else { &lines[..2] };
            for line in drawn {
                writeln!(self.out, "{:1$}{line}", "", 2 * INDENT)?;
            }
        }
        self.labelled(self.labels.found, &finding.found)?;
        self.labelled(self.labels.in_the_file, &own_text(finding, place.as_ref()))?;
        self.labelled(self.labels.expected, &finding.expected)?;
        self.labelled(self.labels.sum, &finding.arithmetic)?;
        let nearest: Vec<&str> = finding.suggestions.iter().map(|code| &**code).collect();
        self.labelled(self.labels.nearest, &and_more(&nearest, nearest.len() as u64, LISTED, self.labels))?;
        self.labelled(self.labels.what_to_do, &finding.remedy)?;
        let also = self.others(finding, place.as_ref());
        self.labelled(self.labels.also, &also)
    }

    /// The lines of a finding beside the one that is shown.
    fn others(&mut self, finding: &Finding, shown: Option<&CellPlace>) -> String {
        let (Some(place), Some(shown)) = (&finding.place, shown) else { return String::new() };
        let mut lines = Vec::new();
        // One more than are listed, for the one that is shown is among them.
        for row in finding.rows.iter().take(LISTED + 1) {
            let place = Some(Place { row: *row, ..place.clone() });
            let other = Finding { place, rows: Vec::new(), ..finding.clone() };
            lines.extend((self.locate)(&other).map(|cell| cell.line).filter(|line| *line != shown.line));
        }
        let total = finding.occurrences.max(finding.rows.len() as u64).saturating_sub(1);
        let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        // A sheet has rows, a text has lines.
        let (one, many) = if place.address.is_some() { self.labels.rows } else { self.labels.lines };
        match (total, lines.is_empty()) {
            (0, _) | (_, true) => String::new(),
            (1, _) => format!("{one} {}", and_more(&lines, 1, LISTED, self.labels)),
            (total, _) => format!("{many} {}", and_more(&lines, total, LISTED, self.labels)),
        }
    }

    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let lines = wrapped(text, self.options.width - INDENT - LABELLED);
        for (nth, line) in lines.iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            let label = format!("{label:LABELLED$}");
            writeln!(self.out, "{:INDENT$}{}{line}", "", self.options.style.faint(&label))?;
        }
        Ok(())
    }

    fn lines(&mut self, text: &str, indent: usize) -> io::Result<()> {
        let lines = wrapped(text, self.options.width - indent);
        lines.iter().try_for_each(|line| writeln!(self.out, "{:indent$}{line}", ""))
    }
}

/// `2 errors, 1 warning`.
fn in_words(counts: FindingCounts, labels: &Labels) -> String {
    let kinds: [(u64, Counted); 3] =
        [(counts.errors, labels.errors), (counts.warnings, labels.warnings), (counts.notes, labels.notes)];
    let kinds = kinds.into_iter().filter(|(number, _)| *number > 0);
    let words: Vec<_> = kinds.map(|(number, kind)| count(number, kind)).collect();
    if words.is_empty() { labels.nothing_found.to_owned() } else { words.join(", ") }
}

/// `SEX: X ×4, Y ×2 and 3 other values`.
fn sample(sample: &ComponentSample, labels: &Labels) -> Option<String> {
    let named: Vec<_> = sample.values.iter().filter(|value| !value.value.is_empty()).collect();
    if sample.component.is_empty() {
        return None;
    }
    if named.is_empty() {
        return Some(sample.component.to_string());
    }
    let values: Vec<_> = named
        .iter()
        .take(VALUES_LISTED)
        .map(|value| format!("{} ×{}", beginning(&value.value, VALUE_CHARACTERS), value.count))
        .collect();
    let others = sample.distinct.saturating_sub(values.len() as u64);
    let others = match others {
        0 => String::new(),
        others => format!(" {} {}", labels.and, count(others, labels.other_values)),
    };
    Some(format!("{}: {}{others}", sample.component, values.join(", ")))
}

/// Where a finding is: a line of the file, or an observation.
fn title(finding: &Finding, place: Option<&CellPlace>, labels: &Labels) -> String {
    let Labels { lines: (line_word, _), rows: (row_word, _), column: column_word, of_the_header, .. } =
        labels;
    let component = finding.component();
    let mut parts = Vec::new();
    match (place, &finding.place) {
        (_, Some(Place { address: Some(address), .. })) => parts.push(address.clone()),
        (Some(place), _) if is_about_cell(finding) => {
            parts.push(format!("{line_word} {}, {column_word} {}", place.line, place.column));
        }
        (Some(place), _) => parts.push(format!("{line_word} {}", place.line)),
        (None, Some(place)) => match (place.line, place.row, place.column) {
            (Some(line), _, _) => parts.push(format!("{line_word} {line}")),
            (None, 0, Some(column)) => parts.push(format!("{column_word} {} {of_the_header}", column + 1)),
            (None, row, _) => parts.push(format!("{row_word} {row}")),
        },
        (None, None) => {}
    }
    if let (None, Some(first)) = (place, finding.observations.first()) {
        let periods: Vec<&str> =
            finding.observations.iter().map(|observation| &*observation.period).collect();
        let periods: Vec<&str> = periods.into_iter().filter(|period| !period.is_empty()).collect();
        let total = if periods.is_empty() { 0 } else { finding.occurrences };
        parts.push(first.series_key.join("."));
        parts.extend(Some(and_more(&periods, total, LISTED, labels)).filter(|periods| !periods.is_empty()));
    }
    parts.extend(Some(component.to_owned()).filter(|component| !component.is_empty()));
    parts.join(", ")
}

/// What the sender wrote, where something else was read of it.
fn own_text(finding: &Finding, place: Option<&CellPlace>) -> String {
    let place =
        place.filter(|place| place.is_translated && is_about_cell(finding) && !finding.found.is_empty());
    let own = place.map_or("", |place| place.content.trim());
    if own == finding.found { String::new() } else { own.to_owned() }
}

/// Whether one cell of the row is to be looked at.
fn is_about_cell(finding: &Finding) -> bool {
    let has_column = finding.place.as_ref().is_some_and(|place| place.column.is_some());
    has_column || !finding.component().is_empty()
}
