//! The keys with which applications of agencies call and sign: KeyService but for the certificates themselves, and whom
//! a certificate stands for.
//!
//! What lives here: which keys are in force, renewal with overlap, revocation. What must not: private keys, and how a
//! connection ends (the door looks at [`Hub::standing`]).

use mighub::block::Digest;
use mighub::v1::{self, ErrorReason, record::What};
use mighub_sdmx::structure::AgencyId;

use super::append::Actor;
use super::lane::agency;
use super::moment::Moment;
use super::pages::Page;
use super::permit::{Administer, Audit, Enrolled, Permit};
use super::refusal::Refusal;
use super::rows::{AgencyRow, KeysRow};
use super::{Hub, Principal};
use crate::trust::AgencyName;

/// How long keys stay good after they were renewed: an office's machines get the new ones within two weeks, holidays
/// included.
pub const KEYS_OVERLAP_MS: i64 = 14 * 24 * 60 * 60 * 1_000;
/// Pairs of keys of one application that may be in force at a time: the present one, the one before, and some of
/// machines that share a name. Without it a stolen key could be renewed faster than anybody revokes.
const PAIRS_IN_FORCE_MAX: usize = 10;
/// Characters of a reason, at most.
const REASON_CHARACTERS_MAX: usize = 200;
/// Bytes of a fingerprint (SHA-256).
const FINGERPRINT_BYTES: usize = 32;

/// What the hub's record says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It opens connections.
    InForce,
    /// No record names it: perhaps the store is older than the certificate.
    Unknown,
    /// It has ended, by itself or since it was renewed.
    Ended,
    /// It was revoked.
    Revoked,
}

impl KeysRow {
    /// Whether they open connections and sign.
    pub(super) fn is_in_force(&self, now: Moment) -> bool {
        self.revoked_ms.is_none() && now.0 < self.not_after_ms
    }

    fn standing(&self, now: Moment) -> Standing {
        match self.revoked_ms {
            Some(_) => Standing::Revoked,
            None if now.0 < self.not_after_ms => Standing::InForce,
            None => Standing::Ended,
        }
    }
}

impl Hub {
    /// What the record says of a certificate now.
    pub fn standing(&self, name: &AgencyName, fingerprint: &[u8; 32], now: Moment) -> Standing {
        let Ok(id) = AgencyId::new(&name.agency) else { return Standing::Unknown };
        let rights = self.rights();
        let keys = rights.agency(&id).and_then(|row| certified(row, fingerprint));
        let keys = keys.filter(|keys| *keys.application == *name.application);
        keys.map_or(Standing::Unknown, |keys| keys.standing(now))
    }

    /// Who a certificate stands for. Its name alone does not do: its agency must have enrolled it.
    pub fn authenticate(
        &self,
        name: &AgencyName,
        certificate_fingerprint: &[u8; 32],
        now: Moment,
    ) -> Result<Principal, Refusal> {
        let refuse = || {
            let text = format!(
                "the certificate of {name} is not known to this hub, or has ended: run `mighub enrol` again"
            );
            Refusal::new(ErrorReason::NotEnrolled, text)
        };
        match self.standing(name, certificate_fingerprint, now) {
            Standing::InForce => {}
            Standing::Revoked => return Err(revoked(&format!("the certificate of {name}"))),
            Standing::Unknown | Standing::Ended => return Err(refuse()),
        }
        let id = AgencyId::new(&name.agency).map_err(|_| refuse())?;
        Ok(Principal { application: Some(name.application.clone()), ..Principal::of_agency(id) })
    }

    /// KeyService.ListKeys.
    pub fn list_keys(
        &self,
        permit: &Permit<Enrolled>,
        request: &v1::ListKeysRequest,
        now: Moment,
    ) -> Result<v1::ListKeysResponse, Refusal> {
        let principal = permit.principal();
        let rights = self.rights();
        let allowed = self.authorise(principal, Audit, now);
        if principal.agency.is_none() || principal.scope.is_some() {
            allowed.as_ref().map_err(Clone::clone)?;
        }
        let sees = |id: &AgencyId| allowed.is_ok() || principal.agency.as_ref() == Some(id);
        let asked = |id: &AgencyId| sees(id) && (request.agency.is_empty() || **id == *request.agency);
        let of_agencies = rights.agencies().iter().filter(|(id, _)| asked(id));
        let all = of_agencies.flat_map(|(id, row)| row.keys.iter().enumerate().map(move |keys| (id, keys)));
        let wanted = all.filter(|(_, (_, keys))| !request.in_force || keys.is_in_force(now)).collect();
        let page = Page::read(request.page_size, &request.page_token)?;
        // Agency ids have no space; places are as wide as any.
        let name = |(id, (place, _)): &(&AgencyId, (usize, &KeysRow))| format!("{id} {place:010}");
        let (keys, next_page_token) = page.cut(wanted, name);
        let keys = keys.into_iter().map(|(id, (_, keys))| message(id, keys)).collect();
        Ok(v1::ListKeysResponse { keys, next_page_token })
    }

    /// KeyService.RevokeKeys. `own` is the certificate that the caller calls with.
    pub fn revoke_keys(
        &self,
        permit: &Permit<Administer>,
        own: Option<[u8; 32]>,
        request: &v1::RevokeKeysRequest,
        now: Moment,
    ) -> Result<v1::RevokeKeysResponse, Refusal> {
        let principal = permit.principal();
        let id = agency("agency", &request.agency)?;
        check_reason(&request.reason)?;
        if !matches!(request.certificate_fingerprint.len(), 0 | FINGERPRINT_BYTES) {
            let text = format!("a fingerprint has {FINGERPRINT_BYTES} bytes");
            return Err(Refusal::malformed("certificate_fingerprint", text));
        }
        // Two calls at a time must not both record the end.
        let _one_at_a_time = self.desk.changing_rights();
        let rights = self.rights();
        let row = rights.agency(&id).ok_or_else(|| super::agencies::unknown_agency(&id))?;
        let is_meant = |keys: &&KeysRow| {
            let fingerprint = &keys.certificate_fingerprint[..];
            let named = match request.certificate_fingerprint.is_empty() {
                true => own.is_none_or(|own| own != fingerprint),
                false => fingerprint == &request.certificate_fingerprint[..],
            };
            named && keys.application == request.application
        };
        let mut fingerprints: Vec<Vec<u8>> =
            row.keys.iter().filter(is_meant).map(|keys| keys.certificate_fingerprint.clone()).collect();
        fingerprints.sort_unstable();
        if fingerprints.is_empty() {
            return Err(unknown_keys(&id, &request.application));
        }
        let is_news = row.keys.iter().filter(is_meant).any(|keys| keys.revoked_ms.is_none());
        let position = match is_news {
            false => None,
            true => {
                let revoked = v1::KeysRevoked {
                    agency_id: id.to_string(),
                    application: request.application.clone(),
                    certificate_fingerprints: fingerprints.iter().cloned().map(Into::into).collect(),
                    reason: request.reason.clone(),
                };
                Some(self.record(Actor::of(principal, ""), What::KeysRevoked(revoked), Vec::new(), now)?)
            }
        };
        let rights = self.rights();
        let row = rights.agency(&id).ok_or_else(|| super::agencies::unknown_agency(&id))?;
        let named = |keys: &&KeysRow| fingerprints.contains(&keys.certificate_fingerprint);
        let keys = row.keys.iter().filter(named).map(|keys| message(&id, keys)).collect();
        Ok(v1::RevokeKeysResponse { keys, position })
    }

    /// KeyService.RenewKeys, up to the certificates: whether a certificate may be renewed. Gives when it ends then.
    pub fn renewable(
        &self,
        name: &AgencyName,
        fingerprint: &[u8; 32],
        now: Moment,
    ) -> Result<Moment, Refusal> {
        let principal = self.authenticate(name, fingerprint, now)?;
        let rights = self.rights();
        let row = principal.agency.as_ref().and_then(|agency| rights.agency(agency));
        let row =
            row.ok_or_else(|| Refusal::internal("a certificate is in force and its agency is not known"))?;
        let of_application =
            |keys: &&KeysRow| *keys.application == *name.application && keys.is_in_force(now);
        let in_force = row.keys.iter().filter(of_application).count();
        if in_force >= PAIRS_IN_FORCE_MAX {
            let text = format!(
                "{name} has {in_force} pairs of keys in force: wait until one has ended, or have some revoked"
            );
            return Err(Refusal::limit(PAIRS_IN_FORCE_MAX as u64, in_force as u64, text));
        }
        let until = Moment(now.0.saturating_add(KEYS_OVERLAP_MS));
        let present = certified(row, fingerprint).map_or(until, |keys| Moment(keys.not_after_ms));
        Ok(until.min(present))
    }

    /// KeyService.RenewKeys, once the new keys are certified.
    pub fn record_renewal(
        &self,
        name: &AgencyName,
        previous: &[u8; 32],
        keys: v1::KeysRecorded,
        now: Moment,
    ) -> Result<u64, Refusal> {
        // Revoking and renewing at a time: what was revoked is not renewed.
        let _one_at_a_time = self.desk.changing_rights();
        let until = self.renewable(name, previous, now)?;
        let actor = Actor { agency: keys.agency_id.clone(), person: String::new() };
        let rotated = v1::KeysRotated {
            keys: Some(keys),
            previous_fingerprint: previous.to_vec().into(),
            previous_until: Some(until.to_message()),
        };
        self.record(actor, What::KeysRotated(rotated), Vec::new(), now)
    }
}

fn certified<'r>(row: &'r AgencyRow, fingerprint: &[u8; 32]) -> Option<&'r KeysRow> {
    row.keys.iter().find(|keys| keys.certificate_fingerprint[..] == fingerprint[..])
}

/// The one answer to whatever is done with revoked keys.
pub(super) fn revoked(what: &str) -> Refusal {
    let text = format!(
        "{what} was revoked by the hub's operator: ask why, and for a token with which to run `mighub enrol`"
    );
    Refusal::new(ErrorReason::KeysRevoked, text)
}

fn unknown_keys(id: &AgencyId, application: &str) -> Refusal {
    let text = format!(
        "{id} has no such keys of the application {application:?}: `mighub-server agency keys` shows those there are"
    );
    Refusal::new(ErrorReason::UnknownKeys, text)
}

fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        let text = "say why the keys are revoked: it stays in the journal";
        return Err(Refusal::new(ErrorReason::ReasonRequired, text).of_field("reason"));
    }
    if reason.chars().count() > REASON_CHARACTERS_MAX || reason.chars().any(char::is_control) {
        let text = format!("write at most {REASON_CHARACTERS_MAX} characters, on one line");
        return Err(Refusal::malformed("reason", text));
    }
    Ok(())
}

fn message(id: &AgencyId, keys: &KeysRow) -> v1::Keys {
    v1::Keys {
        certificate_fingerprint: keys.certificate_fingerprint.clone().into(),
        agency: id.to_string(),
        application: keys.application.clone(),
        signing_key_id: Digest::of(&keys.signing_key).to_bytes(),
        // Keys of a view made before this was kept have no time.
        certified_time: (keys.certified_ms != 0).then(|| Moment(keys.certified_ms).to_message()),
        not_after: Some(Moment(keys.not_after_ms).to_message()),
        revoked_time: keys.revoked_ms.map(|revoked_ms| Moment(revoked_ms).to_message()),
    }
}
