//! Reports as they were written, and the checks that make them reports.

use std::collections::BTreeMap;

use super::{
    Answer, Concept, LANGUAGES_MAX, PeriodRange, REPORTS_MAX, SourceFinding, SourceFindings, SourceReport,
    TEXT_CHARACTERS_MAX, Values,
};
use crate::Period;
use crate::structure::is_code_id;

/// A report as somebody wrote it; anything may be wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Row of the file without its header, or place in the message, from 1.
    pub row: u64,
    /// Whose figures it is about.
    pub area: String,
    /// Which way.
    pub direction: String,
    /// First period.
    pub first: String,
    /// Last period; empty: until further notice.
    pub last: String,
    /// What it says; empty texts say nothing.
    pub answers: Vec<DraftAnswer>,
    /// The rank that the grades are said to make; empty if none is said.
    pub rank: String,
}

/// What a report says about one concept, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftAnswer {
    /// The concept.
    pub concept: Concept,
    /// Language of a text (BCP 47); of no meaning for codes and numbers.
    pub language: String,
    /// Code, number or text.
    pub text: String,
}

/// What a file holds, and what is wrong with its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts {
    /// In the order of the file.
    pub drafts: Vec<Draft>,
    /// Of the form alone: unknown columns, rows of another length.
    pub findings: SourceFindings,
}

/// The reports that drafts make, in their order; or all that is wrong. No two reports for one area and direction may
/// cover the same instant.
pub fn check(drafts: &[Draft]) -> Result<Vec<SourceReport>, SourceFindings> {
    let mut findings = SourceFindings::default();
    if drafts.len() > REPORTS_MAX {
        let (found, allowed) = (format!("{} reports", drafts.len()), format!("{REPORTS_MAX} at once"));
        findings.add(SourceFinding::new(0, "reports", &found, allowed, "send them in several files"));
        return Err(findings);
    }
    let mut reports = Vec::with_capacity(drafts.len());
    let mut ranges = Ranges::new();
    for draft in drafts {
        let mut checking = Checking { draft, findings: &mut findings };
        let about = checking.about();
        let answers = checking.answers();
        let Some((area, direction, periods)) = about else { continue };
        ranges.entry((area.clone(), direction.clone())).or_default().push((draft.row, periods));
        if let Some(answers) = answers {
            let report = SourceReport { area, direction, periods, answers };
            checking.rank(&report);
            reports.push(report);
        }
    }
    overlaps(ranges, &mut findings);
    if findings.is_empty() { Ok(reports) } else { Err(findings) }
}

/// Ranges with their rows, by area and direction.
type Ranges = BTreeMap<(String, String), Vec<(u64, PeriodRange)>>;

/// Within one area and direction, ranges that are sorted by their start overlap if one begins before all before it have
/// ended.
fn overlaps(ranges: Ranges, findings: &mut SourceFindings) {
    for mut ranges in ranges.into_values() {
        ranges.sort_by_key(|(row, range)| (range.start(), range.end(), *row));
        let mut longest: Option<(u64, PeriodRange)> = None;
        for (row, range) in ranges {
            if let Some((other_row, other)) = longest
                && other.overlaps(&range)
            {
                let allowed = format!("periods that row {other_row} ({other}) does not cover");
                let remedy = "let each period be in one report of an area and direction";
                findings.add(SourceFinding::new(row, "TIME_PERIOD", &range.to_string(), allowed, remedy));
            }
            if longest.is_none_or(|(_, other)| other.end() < range.end()) {
                longest = Some((row, range));
            }
        }
    }
}

struct Checking<'a> {
    draft: &'a Draft,
    findings: &'a mut SourceFindings,
}

impl Checking<'_> {
    /// Area, direction and periods.
    fn about(&mut self) -> Option<(String, String, PeriodRange)> {
        let area = self.code_id("REF_AREA", &self.draft.area, "write the area's code, such as SWE");
        let remedy = "write IMM, EMI or another direction of the dataflow, and _Z if it has none";
        let direction = self.code_id("FLOW_DIR", &self.draft.direction, remedy);
        let periods = self.periods();
        // All of it is looked at, so that all that is wrong is told at once.
        Some((area?, direction?, periods?))
    }

    fn wrong(&mut self, concept: &str, found: &str, allowed: impl ToString, remedy: &str) {
        self.findings.add(SourceFinding::new(self.draft.row, concept, found, allowed, remedy));
    }

    fn code_id(&mut self, concept: &'static str, text: &str, remedy: &str) -> Option<String> {
        let text = text.trim();
        if is_code_id(text) {
            return Some(text.to_owned());
        }
        self.wrong(concept, text, "one code", remedy);
        None
    }

    fn periods(&mut self) -> Option<PeriodRange> {
        let (first, last) = (self.draft.first.trim(), self.draft.last.trim());
        let first_period = self.period("START_PERIOD", first);
        let last_period = match last {
            "" => Some(None),
            text => self.period("END_PERIOD", text).map(Some),
        };
        let (first_period, last_period) = (first_period?, last_period?);
        let range = PeriodRange::new(first_period, last_period);
        if range.is_none() {
            let found = format!("{first} to {last}");
            let allowed = "an end that is not before the beginning";
            self.wrong("END_PERIOD", &found, allowed, "correct one of the two periods");
        }
        range
    }

    fn period(&mut self, concept: &'static str, text: &str) -> Option<Period> {
        match Period::parse(text.as_bytes()) {
            Ok(period) => Some(period),
            Err(error) => {
                self.wrong(concept, text, "a period", &error.to_string());
                None
            }
        }
    }

    fn answers(&mut self) -> Option<BTreeMap<Concept, Answer>> {
        let mut answers = BTreeMap::new();
        let mut is_sound = true;
        for answer in &self.draft.answers {
            let text = answer.text.trim();
            if text.is_empty() {
                continue;
            }
            is_sound &= self.answer(answer, text, &mut answers).is_some();
        }
        is_sound.then_some(answers)
    }

    fn answer(
        &mut self,
        draft: &DraftAnswer,
        text: &str,
        answers: &mut BTreeMap<Concept, Answer>,
    ) -> Option<()> {
        let concept = draft.concept;
        if let Values::Texts = concept.values() {
            let texts = answers.entry(concept).or_insert_with(|| Answer::Texts(BTreeMap::new()));
            let Answer::Texts(texts) = texts else { return None };
            return self.text(draft, text, texts);
        }
        let answer = match concept.values() {
            Values::Number => self.number(concept, text)?,
            Values::Codes(codes) => self.code(concept, text, codes)?,
            Values::CodeOfAttribute | Values::Texts => {
                Answer::Code(self.code_id(concept.id(), text, "write the code of the source's kind")?)
            }
        };
        if answers.insert(concept, answer).is_some() {
            self.wrong(concept.id(), text, "one value", "say it once");
            return None;
        }
        Some(())
    }

    fn number(&mut self, concept: Concept, text: &str) -> Option<Answer> {
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = text.parse()
        {
            return Some(Answer::Number(number));
        }
        self.wrong(concept.id(), text, "a whole number from 0", "write digits alone");
        None
    }

    fn code(&mut self, concept: Concept, text: &str, codes: &[&str]) -> Option<Answer> {
        // Grades are written in small letters as often as in capitals, and mean the same.
        if let Some(code) = codes.iter().find(|code| code.eq_ignore_ascii_case(text)) {
            return Some(Answer::Code((*code).to_owned()));
        }
        let allowed = codes.join(", ");
        self.wrong(concept.id(), text, allowed, "write one of these codes, or nothing if it is not known");
        None
    }

    fn text(&mut self, draft: &DraftAnswer, text: &str, texts: &mut BTreeMap<String, String>) -> Option<()> {
        let (id, language) = (draft.concept.id(), draft.language.trim());
        let characters = text.chars().count();
        if characters > TEXT_CHARACTERS_MAX {
            let allowed = format!("{TEXT_CHARACTERS_MAX} characters");
            self.wrong(
                id,
                &format!("{characters} characters"),
                allowed,
                "shorten it, and name a page that says more",
            );
            return None;
        }
        if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            let found = control.escape_unicode().to_string();
            self.wrong(id, &found, "text without control characters", "take it out");
            return None;
        }
        if !is_language(language) {
            let allowed = "a language such as en, fr or pt-BR";
            self.wrong(id, language, allowed, "name the language of the text by its BCP 47 tag");
            return None;
        }
        if texts.len() >= LANGUAGES_MAX {
            let allowed = format!("{LANGUAGES_MAX} languages");
            self.wrong(id, language, allowed, "leave out some of them");
            return None;
        }
        if texts.insert(language.to_owned(), text.to_owned()).is_some() {
            self.wrong(id, language, "one text in a language", "say it once");
            return None;
        }
        Some(())
    }

    /// Files that are passed on have the rank beside the grades that make it.
    fn rank(&mut self, report: &SourceReport) {
        let (said, rank) = (self.draft.rank.trim(), report.rank());
        if !said.is_empty() && said != rank.to_string() {
            let remedy = "leave RANK out, for it follows from UNDERCOUNT and ACCURACY, or correct these";
            self.wrong("RANK", said, rank, remedy);
        }
    }
}

/// Whether a text has the form of a BCP 47 tag: letters, then parts of letters and digits.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic()) && parts.all(is_part)
}
