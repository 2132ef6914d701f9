//! Reports as an SDMX-JSON 2.0.0 metadata message: one metadata set a report. Its reporting begin and end are the
//! range of periods, its target is the dataflow; area and direction are attributes beside the concepts.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::csv::LANGUAGE;
use super::{
    Answer, Concept, Draft, DraftAnswer, Drafts, METADATAFLOW, NOT_APPLICABLE, REPORTS_MAX, SourceFileError,
    SourceFinding, SourceReport,
};
use crate::Period;
use crate::period::Form;
use crate::structure::Reference;

const SCHEMA: &str = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/metadata-message/tools/schemas/2.0.0/sdmx-json-metadata-schema.json";
const METADATAFLOW_CLASS: &str = "urn:sdmx:org.sdmx.infomodel.metadatastructure.Metadataflow";
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What a message says beside its reports.
#[derive(Clone, Copy, Debug)]
pub struct MessageAbout<'a> {
    /// Id of the sender.
    pub sender: &'a str,
    /// Who reports.
    pub provider: &'a str,
    /// The dataflow that the reports are about.
    pub dataflow: &'a Reference,
    /// When the message was made, RFC 3339.
    pub prepared: &'a str,
}

#[derive(Deserialize)]
struct Message {
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    metadata_sets: Option<Vec<MetadataSet>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataSet {
    #[serde(default)]
    reporting_begin: String,
    #[serde(default)]
    reporting_end: String,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Default, Deserialize, Serialize)]
struct Attribute {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, String>,
}

impl Attribute {
    fn of_value(id: &str, value: impl ToString) -> Self {
        Self { id: id.to_owned(), value: Some(value.to_string()), ..Self::default() }
    }

    /// Texts by language. The best match alone is there where its language is not named.
    fn texts(self) -> Vec<(String, String)> {
        if !self.texts.is_empty() {
            return self.texts.into_iter().collect();
        }
        let text = self.value.or(self.text).unwrap_or_default();
        vec![(LANGUAGE.to_owned(), text)]
    }
}

/// Reads a metadata message.
pub fn read_json(text: &[u8]) -> Result<Drafts, SourceFileError> {
    let message: Message = serde_json::from_slice(text)?;
    let sets = message.data.and_then(|data| data.metadata_sets).ok_or(SourceFileError::NoMetadataSets)?;
    let mut read = Drafts::default();
    // One more is enough to be told that there are too many.
    for (set, row) in sets.into_iter().take(REPORTS_MAX + 1).zip(1..) {
        let draft = draft(set, row, &mut read);
        read.drafts.push(draft);
    }
    Ok(read)
}

fn draft(set: MetadataSet, row: u64, read: &mut Drafts) -> Draft {
    let mut draft = Draft {
        row,
        area: NOT_APPLICABLE.to_owned(),
        direction: NOT_APPLICABLE.to_owned(),
        first: set.reporting_begin,
        last: set.reporting_end,
        ..Draft::default()
    };
    for attribute in set.attributes {
        match &*attribute.id {
            "REF_AREA" => draft.area = attribute.value.unwrap_or_default(),
            "FLOW_DIR" => draft.direction = attribute.value.unwrap_or_default(),
            "RANK" => draft.rank = attribute.value.unwrap_or_default(),
            id => match Concept::of_id(id) {
                Some(concept) => {
                    let texts = attribute.texts().into_iter();
                    let answer = |(language, text)| DraftAnswer { concept, language, text };
                    draft.answers.extend(texts.map(answer));
                }
                None => {
                    let allowed = "REF_AREA, FLOW_DIR, RANK and the concepts of MDF_MIG_SOURCE";
                    let remedy = "take the attribute out";
                    read.findings.add(SourceFinding::new(row, id, id, allowed, remedy));
                }
            },
        }
    }
    draft
}

/// Writes reports so that [`read_json`] reads them again.
pub fn write_json<'r>(
    reports: impl IntoIterator<Item = &'r SourceReport>,
    about: &MessageAbout<'_>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let sets: Vec<_> = reports.into_iter().map(|report| metadata_set(report, about)).collect();
    let message = json!({
        "meta": {
            "schema": SCHEMA,
            "id": "MIG_SOURCE",
            "test": false,
            "prepared": about.prepared,
            "contentLanguages": [LANGUAGE],
            "sender": { "id": about.sender },
        },
        "data": { "metadataSets": sets },
    });
    serde_json::to_writer_pretty(&mut *out, &message)?;
    writeln!(out)
}

fn metadata_set(report: &SourceReport, about: &MessageAbout<'_>) -> serde_json::Value {
    let periods = report.periods();
    let begin = day_or_longer(periods.first(), periods.start());
    let end = periods.last().map(|last| day_or_longer(last, last.end() - 1));
    let about_what = [("REF_AREA", report.area()), ("FLOW_DIR", report.direction())];
    let about_what = about_what.into_iter().filter(|(_, code)| *code != NOT_APPLICABLE);
    let mut attributes: Vec<_> = about_what.map(|(id, code)| Attribute::of_value(id, code)).collect();
    for (concept, answer) in report.answers() {
        attributes.push(match answer {
            Answer::Code(code) => Attribute::of_value(concept.id(), code),
            Answer::Number(number) => Attribute::of_value(concept.id(), number),
            Answer::Texts(texts) => Attribute {
                id: concept.id().to_owned(),
                text: texts.get(LANGUAGE).or_else(|| texts.values().next()).cloned(),
                texts: texts.clone(),
                ..Attribute::default()
            },
        });
    }
    let until = end.as_ref().map_or_else(|| "open".to_owned(), ToString::to_string);
    let id = format!("SOURCE_{}_{}_{begin}_{until}", report.area(), report.direction());
    let mut set = json!({
        "id": id.replace(|c: char| !c.is_ascii_alphanumeric() && !"_@$-".contains(c), "-"),
        "agencyID": about.provider,
        "name": format!("Source of {}, {}, {periods}", report.area(), report.direction()),
        "metadataflow": format!("{METADATAFLOW_CLASS}={METADATAFLOW}"),
        "targets": [about.dataflow.to_string()],
        "reportingBegin": begin.to_string(),
        "attributes": attributes,
    });
    if let (Some(end), Some(members)) = (end, set.as_object_mut()) {
        members.insert("reportingEnd".to_owned(), end.to_string().into());
    }
    set
}

/// The schema takes calendar periods alone: of all others the day of one second stands there.
fn day_or_longer(period: Period, second: i64) -> Period {
    match period.form() {
        Form::Year | Form::Month | Form::Day => period,
        _ => Period::new(Form::Day, second.div_euclid(DAY)),
    }
}
