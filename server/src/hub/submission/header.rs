//! The signed header: what an office put its name to.

use bytes::Bytes;
use mighub::block::Digest;
use mighub::convert::{selection, timestamp};
use mighub::id::SubmissionId;
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use mighub::v1::{self, ErrorReason, SubmissionKind};
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::AgencyId;
use prost::Message;
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::hub::keys::revoked;
use crate::hub::lane::{LaneId, agency};
use crate::hub::moment::Moment;
use crate::hub::refusal::Refusal;
use crate::hub::rows::AgencyRow;

/// Bytes of a header, at most.
const HEADER_BYTES_MAX: usize = 256 * 1024;
/// How far a header may have been prepared in the hub's future.
const CLOCK_SKEW_MAX_MS: i64 = 10 * 60 * 1000;
const PERSON_CHARACTERS_MAX: usize = 200;
pub(super) const REASON_CHARACTERS_MAX: usize = 2_000;
const EDITION_CHARACTERS_MAX: usize = 100;

/// A header whose form is sound.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) id: SubmissionId,
    pub(super) lane: LaneId,
    pub(super) agency: AgencyId,
    pub(super) message: v1::SubmissionHeader,
    pub(super) signed: v1::SignedHeader,
    /// The public key that made the signature.
    pub(super) signing_key: Bytes,
}

fn malformed(field: &'static str, text: impl Into<String>) -> Refusal {
    let mut refusal = Refusal::malformed(field, text);
    refusal.reason = ErrorReason::HeaderMalformed;
    refusal
}

/// A person is named by the agency, in a few words.
pub(super) fn check_person(person: &str) -> Result<(), Refusal> {
    if person.chars().count() > PERSON_CHARACTERS_MAX {
        return Err(Refusal::malformed(
            "person",
            format!("it has more than {PERSON_CHARACTERS_MAX} characters"),
        ));
    }
    Ok(())
}

impl Header {
    /// Reads a header and checks its form.
    pub(super) fn read(signed: v1::SignedHeader, signing_key: Bytes) -> Result<Self, Refusal> {
        if signed.header.len() > HEADER_BYTES_MAX {
            return Err(malformed(
                "signed_header.header",
                format!("it has more than {HEADER_BYTES_MAX} bytes"),
            ));
        }
        let message = v1::SubmissionHeader::decode(signed.header.clone()).map_err(|error| {
            malformed("signed_header.header", format!("it is no SubmissionHeader: {error}"))
        })?;
        let in_header = |refusal: Refusal| Refusal { reason: ErrorReason::HeaderMalformed, ..refusal };
        let id = super::submission_id(&message.submission_id).map_err(in_header)?;
        let lane = LaneId::of_message(message.lane.as_ref()).map_err(in_header)?;
        let agency = agency("agency", &message.agency).map_err(in_header)?;
        let longer = |text: &str, most: usize| text.chars().count() > most;
        check_person(&message.person).map_err(in_header)?;
        if longer(&message.reason, REASON_CHARACTERS_MAX) {
            return Err(malformed("reason", format!("it has more than {REASON_CHARACTERS_MAX} characters")));
        }
        let edition = message.edition.as_ref();
        if edition.is_some_and(|edition| longer(&edition.label, EDITION_CHARACTERS_MAX)) {
            return Err(malformed(
                "edition.label",
                format!("it has more than {EDITION_CHARACTERS_MAX} characters"),
            ));
        }
        let day = edition.map(|edition| &edition.publication_date[..]).filter(|day| !day.is_empty());
        if day.is_some_and(|day| day.parse::<jiff::civil::Date>().is_err()) {
            return Err(malformed("edition.publication_date", "it is not a day: write 2026-01-31"));
        }
        match message.kind() {
            SubmissionKind::Unspecified => return Err(malformed("kind", "say why it is sent")),
            SubmissionKind::Routine | SubmissionKind::Test => {}
            _ if message.reason.trim().is_empty() => {
                let text = "a submission of this kind needs a reason in words";
                return Err(Refusal::new(ErrorReason::ReasonRequired, text).of_field("reason"));
            }
            _ => {}
        }
        Ok(Self { id, lane, agency, message, signed, signing_key })
    }

    /// Reads a header from a caller: it must be for this hub, of today, from the caller, and signed with one of
    /// the caller's keys.
    pub(super) fn admit(
        signed: v1::SignedHeader,
        hub_id: &str,
        caller: &AgencyId,
        row: &AgencyRow,
        now: Moment,
    ) -> Result<Self, Refusal> {
        let key = row.keys.iter().find(|keys| Digest::of(&keys.signing_key).0 == signed.signing_key_id[..]);
        if key.is_some_and(|keys| keys.revoked_ms.is_some()) {
            return Err(revoked("the signing key"));
        }
        let key = key.filter(|keys| now.0 < keys.not_after_ms).ok_or_else(|| {
            let text = "the signing key is not one of the sender's, or has ended: run `mighub enrol` again";
            Refusal::new(ErrorReason::SigningKeyUnknown, text)
        })?;
        let bytes = signed_bytes(HEADER_CONTEXT, &signed.header);
        UnparsedPublicKey::new(&ED25519, &key.signing_key).verify(&bytes, &signed.signature).map_err(|_| {
            let text = "the signature does not fit header and key: sign exactly the bytes that are sent, with the context";
            Refusal::new(ErrorReason::SignatureInvalid, text)
        })?;
        let header = Self::read(signed, key.signing_key.clone().into())?;
        if header.message.hub_prepared.is_some() {
            return Err(malformed("hub_prepared", "only the hub itself says that it prepared a submission"));
        }
        if header.message.hub_id != hub_id {
            let text =
                format!("the header is signed for the hub {:?}; this is {hub_id:?}", header.message.hub_id);
            return Err(Refusal::new(ErrorReason::WrongHub, text));
        }
        if header.agency != *caller {
            return Err(malformed(
                "agency",
                format!("the header names {}; the caller is {caller}", header.agency),
            ));
        }
        let prepared = header.message.prepared_time.as_ref().map_or(now.0, timestamp);
        if prepared > now.0.saturating_add(CLOCK_SKEW_MAX_MS) {
            let text = format!(
                "the submission was prepared at {} by its sender's clock, and here it is {now}: set the clock",
                Moment(prepared)
            );
            return Err(Refusal::new(ErrorReason::ClockSkew, text));
        }
        Ok(header)
    }

    /// The scope of a complete submission.
    pub(super) fn complete_scope(&self, dimensions: usize) -> Result<Option<Selection>, Refusal> {
        let scope = self.message.complete_scope.as_ref();
        Ok(scope.map(|scope| selection(scope, dimensions)).transpose()?)
    }

    /// When readers without early access may see it; nothing if at once.
    pub(super) fn embargo(&self, now: Moment) -> Option<Moment> {
        self.message.embargo_time.as_ref().map(Moment::of_message).filter(|embargo| *embargo > now)
    }

    /// Whether a manifest is of this header.
    pub(super) fn fits(&self, manifest: &v1::Manifest) -> Result<(), Refusal> {
        let lane = self.lane.to_message();
        if manifest.dataflow != lane.dataflow || manifest.provider != lane.provider {
            return Err(malformed("lane", "header and manifest name different lanes"));
        }
        if manifest.structure_digest != self.message.structure_digest {
            return Err(malformed("structure_digest", "header and manifest name different structures"));
        }
        if manifest.dataset_attributes != self.message.dataset_attributes {
            return Err(malformed(
                "dataset_attributes",
                "header and manifest have different attributes of the dataset",
            ));
        }
        Ok(())
    }
}
