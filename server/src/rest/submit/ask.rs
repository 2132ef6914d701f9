//! How a file is sent, as the parameters and the header of a request say: the options of `mighub push`.

use http::request::Parts;
use mighub::id::SubmissionId;
use mighub::v1::SubmissionKind;
use mighub_intake::{Complete, ReadOptions};
use mighub_sdmx::structure::AgencyId;

use crate::hub::{Refusal, Sending};
use crate::rest::data::Parameters;
use crate::rest::error::Problem;

/// Names the submission (draft-ietf-httpapi-idempotency-key-header): the same file again takes effect once.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const KNOWN: [&str; 9] =
    ["dataflow", "provider", "kind", "reason", "person", "test", "embargo", "complete", "filename"];
/// Characters of a file's name.
const NAME_CHARACTERS_MAX: usize = 200;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Ask {
    /// What messages call the file.
    pub(super) name: String,
    pub(super) sending: Sending,
}

impl Ask {
    pub(super) fn read(parts: &Parts) -> Result<Self, Problem> {
        let mut given = Parameters::read(parts.uri.query())?;
        let malformed = |name: &str, what: String| Problem::malformed(format!("{name}: {what}"));
        let provider = given
            .take(&["provider"])?
            .map(|id| AgencyId::new(&id).map_err(|error| malformed("provider", error.to_string())));
        let kind = match given.take(&["kind"])?.as_deref().unwrap_or("routine") {
            "routine" => SubmissionKind::Routine,
            "correction" => SubmissionKind::Correction,
            "method-change" => SubmissionKind::MethodChange,
            "re-estimation" => SubmissionKind::ReEstimation,
            "test" => SubmissionKind::Test,
            other => {
                let what =
                    format!("{other:?} is none of routine, correction, method-change, re-estimation, test");
                return Err(malformed("kind", what));
            }
        };
        let embargo = given.take(&["embargo"])?.map(|text| {
            text.parse::<jiff::Timestamp>().map_err(|_| {
                malformed("embargo", format!("{text:?} is no time with a zone: write 2026-01-31T09:00:00Z"))
            })
        });
        let complete = match given.take(&["complete"])? {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("true") => Some(Complete::Lane),
            Some(text) if text.eq_ignore_ascii_case("false") => None,
            Some(key) => Some(Complete::Key(key)),
        };
        let only = given.take(&["dataflow"])?;
        let name = given.take(&["filename"])?.unwrap_or_else(|| "the file".to_owned());
        let sending = Sending {
            id: submission_id(parts)?,
            provider: provider.transpose()?,
            kind,
            reason: given.take(&["reason"])?.unwrap_or_default(),
            person: given.take(&["person"])?.unwrap_or_default(),
            test: given.take_flag(&["test"])?,
            embargo: embargo.transpose()?,
            read: ReadOptions { only, complete, ..ReadOptions::default() },
        };
        given.finish(&KNOWN)?;
        let name = name.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect();
        Ok(Self { name, sending })
    }
}

fn submission_id(parts: &Parts) -> Result<SubmissionId, Problem> {
    if let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) {
        // The draft writes it as a quoted string; many do not.
        let text = key.to_str().unwrap_or_default().trim().trim_matches('"');
        return text.parse().map_err(|error| Problem::malformed(format!("Idempotency-Key: {error}")));
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(SubmissionId::from_random(random))
}
