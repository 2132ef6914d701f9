//! Enrolment and renewal: two requests, and a token or the certificate before, become two certificates and a record.

use mighub::token::EnrolmentToken;
use mighub::v1;
use mighub::v1::ErrorReason;

use crate::door::PeerCertificate;
use crate::hub::{Hub, Moment, Refusal};
use crate::trust::request::RequestedKey;
use crate::trust::{self, AgencyName, HubKeys, Issued, Purpose};

/// The keys of an application, certified and not recorded yet.
pub(crate) struct Certified {
    /// For connections.
    pub(crate) tls: Issued,
    /// For signatures.
    pub(crate) signing: Issued,
    /// What the journal keeps of them.
    pub(crate) record: v1::KeysRecorded,
}

/// Certifies the keys of whoever holds a token, and records them.
pub(super) fn enrol(
    hub: &Hub,
    keys: &HubKeys,
    request: &v1::EnrolRequest,
    now: Moment,
) -> Result<v1::EnrolResponse, Refusal> {
    let token: EnrolmentToken =
        request.enrolment_token.parse().map_err(|error: mighub::token::TokenError| {
            Refusal::new(ErrorReason::TokenInvalid, error.to_string())
        })?;
    if *token.authority() != keys.authority.fingerprint() {
        let text = "the token is of another hub: check the address, or ask this hub's operator for a token";
        return Err(Refusal::new(ErrorReason::TokenInvalid, text));
    }
    let agency = hub.enrolling_agency(&token, now)?;
    let name = AgencyName::new(&agency, &request.application)
        .map_err(|error| Refusal::malformed("application", error.to_string()))?;
    let certified = certify(keys, &name, &request.tls_request, &request.signing_request, now)?;
    let answer = v1::EnrolResponse {
        agency: name.agency.to_string(),
        application: name.application.to_string(),
        hub_id: hub.hub_id().to_owned(),
        tls_chain: vec![certified.tls.der.to_vec().into()],
        signing_chain: vec![certified.signing.der.to_vec().into()],
        authorities: vec![keys.authority.certificate().to_vec().into()],
        signing_key_id: blake3::hash(&certified.record.signing_key).as_bytes().to_vec().into(),
        not_after: Some(certified.tls.not_after.to_message()),
        hub_keys: hub.hub_keys(),
    };
    // Last: a token is used up only by an answer that is ready to be sent.
    hub.record_keys(Some(&token), certified.record, now)?;
    Ok(answer)
}

/// Certifies new keys of whoever calls with a certificate, and records them.
pub(super) fn renew(
    hub: &Hub,
    keys: &HubKeys,
    present: Option<&PeerCertificate>,
    request: &v1::RenewKeysRequest,
    now: Moment,
) -> Result<v1::RenewKeysResponse, Refusal> {
    let present = present.ok_or_else(|| {
        let text = "keys are renewed with the present certificate: connect with it, or enrol with a token";
        Refusal::new(ErrorReason::Unauthenticated, text)
    })?;
    // Before anything is certified, and again when it is recorded.
    let previous_until = hub.renewable(&present.name, &present.fingerprint, now)?;
    let certified = certify(keys, &present.name, &request.tls_request, &request.signing_request, now)?;
    let answer = v1::RenewKeysResponse {
        tls_chain: vec![certified.tls.der.to_vec().into()],
        signing_chain: vec![certified.signing.der.to_vec().into()],
        authorities: vec![keys.authority.certificate().to_vec().into()],
        signing_key_id: blake3::hash(&certified.record.signing_key).as_bytes().to_vec().into(),
        not_after: Some(certified.tls.not_after.to_message()),
        hub_keys: hub.hub_keys(),
        previous_until: Some(previous_until.to_message()),
    };
    hub.record_renewal(&present.name, &present.fingerprint, certified.record, now)?;
    Ok(answer)
}

/// Certifies the keys of two requests under one name.
pub(crate) fn certify(
    keys: &HubKeys,
    name: &AgencyName,
    tls_request: &[u8],
    signing_request: &[u8],
    now: Moment,
) -> Result<Certified, Refusal> {
    let read = |field: &'static str, request: &[u8]| {
        RequestedKey::read(request).map_err(|error| {
            let text = format!("the request in {field} is refused: {error}; make new keys and requests");
            Refusal::new(ErrorReason::CsrInvalid, text).of_field(field)
        })
    };
    let tls_key = read("tls_request", tls_request)?;
    let signing_key = read("signing_request", signing_request)?;
    if tls_key.bytes() == signing_key.bytes() {
        let text = "both requests hold one key: make two, so that a stolen connection key signs nothing";
        return Err(Refusal::new(ErrorReason::CsrInvalid, text).of_field("signing_request"));
    }
    let issue = |key, purpose| {
        let issued = keys.authority.certify_agency(key, name, purpose, now);
        issued.map_err(|error| Refusal::internal(error.to_string()))
    };
    let tls = issue(&tls_key, Purpose::Tls)?;
    let signing = issue(&signing_key, Purpose::Signing)?;
    let record = v1::KeysRecorded {
        agency_id: name.agency.to_string(),
        application: name.application.to_string(),
        token_digest: Default::default(),
        signing_key: signing_key.bytes().to_vec().into(),
        certificate_fingerprint: trust::fingerprint(&tls.der).to_vec().into(),
        not_after: Some(tls.not_after.to_message()),
    };
    Ok(Certified { tls, signing, record })
}
