//! Reports about sources.

use mighub_sdmx::source_report::{Answer, Concept, Draft, DraftAnswer, SourceFinding, SourceReport};

use crate::v1;

/// The draft that a message is; `row` is its place among others, from 1. What is wrong with it is found by the check.
pub fn source_report_draft(mut message: v1::SourceReport, row: u64) -> Draft {
    let mut answers = Vec::new();
    for concept in Concept::ALL {
        let mut answer = |language: String, text: String| {
            answers.push(DraftAnswer { concept, language, text });
        };
        match field(&mut message, concept) {
            Field::Code(code) => answer(String::new(), std::mem::take(code)),
            Field::Number(number) => {
                answer(String::new(), number.map_or_else(String::new, |number| number.to_string()));
            }
            Field::Texts(texts) => texts.drain(..).for_each(|text| answer(text.language, text.text)),
        }
    }
    Draft {
        row,
        area: message.ref_area,
        direction: message.flow_dir,
        first: message.start_period,
        last: message.end_period,
        answers,
        rank: String::new(),
    }
}

/// The message of a report: the same report gives the same message.
pub fn source_report_message(report: &SourceReport) -> v1::SourceReport {
    let periods = report.periods();
    let mut message = v1::SourceReport {
        ref_area: report.area().to_owned(),
        flow_dir: report.direction().to_owned(),
        start_period: periods.first().to_string(),
        end_period: periods.last().map_or_else(String::new, |last| last.to_string()),
        ..Default::default()
    };
    for (concept, answer) in report.answers() {
        match (field(&mut message, *concept), answer) {
            (Field::Code(field), Answer::Code(code)) => field.clone_from(code),
            (Field::Number(field), Answer::Number(number)) => *field = Some(*number),
            (Field::Texts(field), Answer::Texts(texts)) => {
                let text = |(language, text): (&String, &String)| v1::LocalizedText {
                    language: language.clone(),
                    text: text.clone(),
                };
                *field = texts.iter().map(text).collect();
            }
            // A report's answers are of the kinds that its concepts take.
            _ => {}
        }
    }
    message
}

/// The message of a finding; whatever is beyond any number of reports is about all of them.
pub fn source_finding_message(finding: &SourceFinding) -> v1::SourceFinding {
    v1::SourceFinding {
        report: u32::try_from(finding.row).unwrap_or_default(),
        concept: finding.concept.clone(),
        found: finding.found.clone(),
        allowed: finding.allowed.clone(),
        remedy: finding.remedy.clone(),
    }
}

/// A field that holds what is said about a concept.
enum Field<'m> {
    Code(&'m mut String),
    Number(&'m mut Option<u32>),
    Texts(&'m mut Vec<v1::LocalizedText>),
}

/// The field of a concept: the one place that says so, for reading and for writing.
fn field(message: &mut v1::SourceReport, concept: Concept) -> Field<'_> {
    match concept {
        Concept::SourceType => Field::Code(&mut message.source_type),
        Concept::DurDef => Field::Code(&mut message.dur_def),
        Concept::ResDef => Field::Code(&mut message.res_def),
        Concept::Dereg => Field::Code(&mut message.dereg),
        Concept::CovCitizens => Field::Code(&mut message.cov_citizens),
        Concept::CovForeign => Field::Code(&mut message.cov_foreign),
        Concept::CovEu => Field::Code(&mut message.cov_eu),
        Concept::CovAsylum => Field::Code(&mut message.cov_asylum),
        Concept::Undercount => Field::Code(&mut message.undercount),
        Concept::Accuracy => Field::Code(&mut message.accuracy),
        Concept::RoundBase => Field::Code(&mut message.round_base),
        Concept::MinCell => Field::Number(&mut message.min_cell),
        Concept::RevisionPolicy => Field::Texts(&mut message.revision_policy),
        Concept::Timeliness => Field::Texts(&mut message.timeliness),
        Concept::Contact => Field::Texts(&mut message.contact),
        Concept::LegalBasis => Field::Texts(&mut message.legal_basis),
        Concept::Note => Field::Texts(&mut message.note),
    }
}
