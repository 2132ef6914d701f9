//! The reducer: one record and the view before it give the changes of the view. A function of its arguments
//! alone: no clock, no randomness, no order of a map, so that a view derived again is the same.

use mighub::v1::record::What;
use mighub::v1::{self, SubmissionState};
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_store::{Position, View, ViewBatch, ViewError};
use prost::Message;

use super::lane::LaneId;
use super::release::four_eyes::decided;
use super::rows::{
    AccessTokenRow, AgencyRow, FOUNDED, HUB_KEYS, HistoryRow, HubKeyRow, HubKeysRow, KeysRow, RoleRow,
    RulebookRow, StepRow, StructureRow, SubmissionRow, TokenRow, VintageRow, access_token_key, agency_key,
    agreement_key, expunged_key, lane_key, rulebook_key, structure_key, submission_key, submission_order_key,
    token_key, vintage_key, withdrawal_key,
};

/// Why a record cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ReduceError {
    /// The view cannot be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A record of this program, or of an older one, is always readable: this one is newer or damaged.
    #[error(
        "record {position} cannot be understood ({reason}): run the program that wrote it, or a newer one"
    )]
    Unreadable {
        /// Its position.
        position: u64,
        /// What is wrong.
        reason: String,
    },
}

/// What a record says, when it took effect, and where it stands.
pub(super) struct Step<'a> {
    /// Position in the journal.
    pub position: Position,
    /// Effective time, milliseconds since 1970.
    pub effective_ms: i64,
    /// The record.
    pub record: &'a v1::Record,
}

/// The row of a key, if there is one.
pub(super) fn row<R: Message + Default>(view: &dyn View, key: &[u8]) -> Result<Option<R>, ViewError> {
    let Some(bytes) = view.get(key)? else { return Ok(None) };
    R::decode(&bytes[..]).map(Some).map_err(|error| ViewError(error.to_string()))
}

/// The changes that a record makes.
pub(super) fn reduce(view: &dyn View, step: &Step<'_>) -> Result<ViewBatch, ReduceError> {
    let mut batch = ViewBatch::default();
    let what = step.record.what.as_ref().ok_or_else(|| step.unreadable("it says nothing"))?;
    match what {
        What::Founded(founded) => batch.put(FOUNDED, founded.encode_to_vec()),
        What::Structures(structures) => step.structures(structures, &mut batch),
        What::StructuresDeleted(deleted) => {
            deleted.urns.iter().for_each(|urn| batch.delete(structure_key(urn)));
        }
        What::AgencyAdded(added) => {
            let key = agency_key(&step.agency(&added.agency_id)?);
            let known: AgencyRow = row(view, &key)?.unwrap_or_default();
            let row = AgencyRow { name: added.name.clone(), added_ms: step.effective_ms, ..known };
            batch.put(key, row.encode_to_vec());
        }
        What::TokenIssued(token) => {
            let expires_ms = token.expires_at.as_ref().map_or(i64::MIN, mighub::convert::timestamp);
            let row = TokenRow { agency: token.agency_id.clone(), expires_ms, used: false };
            batch.put(token_key(&token.token_digest), row.encode_to_vec());
        }
        What::AccessTokenIssued(token) => step.access_token(token, &mut batch),
        What::AccessTokenRevoked(revoked) => {
            let key = access_token_key(&revoked.token_digest);
            if let Some(mut token) = row::<AccessTokenRow>(view, &key)? {
                // The first revocation is when it ended.
                token.revoked_ms.get_or_insert(step.effective_ms);
                batch.put(key, token.encode_to_vec());
            }
        }
        What::KeysEnrolled(keys) => step.keys(view, keys, &mut batch)?,
        What::KeysRevoked(revoked) => step.keys_revoked(view, revoked, &mut batch)?,
        What::KeysRotated(rotated) => step.keys_rotated(view, rotated, &mut batch)?,
        What::HubKeyRotated(rotated) => step.hub_key(view, rotated, &mut batch)?,
        What::Agreement(agreement) => {
            let message = v1::Agreement::decode(&agreement.agreement[..])
                .map_err(|error| step.unreadable(&error.to_string()))?;
            batch.put(agreement_key(&message.id, step.position), agreement.agreement.to_vec());
        }
        What::RoleGranted(granted) => {
            let key = agency_key(&step.agency(&granted.agency_id)?);
            let mut row: AgencyRow = row(view, &key)?.unwrap_or_default();
            row.roles.push(RoleRow { role: granted.role, since: step.position.0, until: None });
            batch.put(key, row.encode_to_vec());
        }
        What::Verdict(verdict) => step.verdict(view, verdict, &mut batch)?,
        What::Answer(answer) => {
            let key = submission_key(&answer.submission_id);
            let mut row: SubmissionRow = row(view, &key)?.unwrap_or_default();
            row.answers.push(answer.answers_digest.to_vec());
            batch.put(key, row.encode_to_vec());
        }
        What::Rulebook(rulebook) => {
            let row = RulebookRow {
                digest: rulebook.rulebook_digest.to_vec(),
                since_ms: step.effective_ms,
                version: rulebook.version.clone(),
                rules: rulebook.rules,
            };
            batch.put(rulebook_key(&rulebook.dataflow, step.position.0), row.encode_to_vec());
        }
        What::RoleRevoked(revoked) => {
            let key = agency_key(&step.agency(&revoked.agency_id)?);
            let mut row: AgencyRow = row(view, &key)?.unwrap_or_default();
            let held = row.roles.iter_mut().filter(|role| role.role == revoked.role && role.until.is_none());
            held.for_each(|role| role.until = Some(step.position.0));
            batch.put(key, row.encode_to_vec());
        }
        What::Review(review) => step.review(view, review, &mut batch)?,
        What::Released(released) => step.released(view, released, &mut batch)?,
        What::Restricted(restricted) => step.restricted(view, restricted, &mut batch)?,
        What::Request(request) => step.request(view, request, &mut batch)?,
        What::DisclosurePolicy(policy) => step.disclosure_policy(view, policy, &mut batch)?,
        What::Suppression(suppression) => step.suppression(suppression, &mut batch)?,
        What::Expunged(expunged) => {
            batch.put(expunged_key(step.position.0), Vec::new());
            decided(view, Some(expunged.request), step.position.0, &mut batch)?;
        }
        What::Consolidated(consolidated) => step.consolidated(consolidated, &mut batch)?,
        What::MetadataReported(reported) => step.metadata_reported(reported, &mut batch)?,
        What::Accepted(accepted) => step.accepted(view, accepted, &mut batch)?,
        What::Withdrawn(withdrawn) => step.withdrawn(view, withdrawn, &mut batch)?,
    }
    Ok(batch)
}

impl Step<'_> {
    pub(super) fn unreadable(&self, reason: &str) -> ReduceError {
        ReduceError::Unreadable { position: self.position.0, reason: reason.to_owned() }
    }

    fn agency(&self, text: &str) -> Result<AgencyId, ReduceError> {
        AgencyId::new(text).map_err(|error| self.unreadable(&error.to_string()))
    }

    pub(super) fn lane(&self, dataflow: &str, provider: &str) -> Result<LaneId, ReduceError> {
        let dataflow = Reference::parse_short(Class::Dataflow, dataflow);
        let dataflow = dataflow.map_err(|error| self.unreadable(&error.to_string()))?;
        Ok(LaneId { dataflow, provider: self.agency(provider)? })
    }

    pub(super) fn history(&self, state: SubmissionState, reason: &str) -> HistoryRow {
        HistoryRow {
            time_ms: self.effective_ms,
            state: state.into(),
            agency: self.record.agency.clone(),
            person: self.record.person.clone(),
            reason: reason.to_owned(),
        }
    }

    fn structures(&self, structures: &v1::StructuresRecorded, batch: &mut ViewBatch) {
        let message_digest = structures.message_digest.to_vec();
        let row = StructureRow { message_digest, stored_ms: self.effective_ms }.encode_to_vec();
        structures.urns.iter().for_each(|urn| batch.put(structure_key(urn), row.clone()));
    }

    fn access_token(&self, token: &v1::AccessTokenRecorded, batch: &mut ViewBatch) {
        let row = AccessTokenRow {
            agency: token.agency_id.clone(),
            note: token.note.clone(),
            scope: token.scope,
            dataflows: token.dataflows.clone(),
            created_ms: self.effective_ms,
            expires_ms: token.expires_at.as_ref().map_or(i64::MIN, mighub::convert::timestamp),
            revoked_ms: None,
        };
        batch.put(access_token_key(&token.token_digest), row.encode_to_vec());
    }

    fn keys(
        &self,
        view: &dyn View,
        keys: &v1::KeysRecorded,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let key = agency_key(&self.agency(&keys.agency_id)?);
        let mut agency: AgencyRow = row(view, &key)?.unwrap_or_default();
        agency.keys.push(self.keys_row(keys));
        batch.put(key, agency.encode_to_vec());
        let token = token_key(&keys.token_digest);
        if let Some(used) = row::<TokenRow>(view, &token)? {
            batch.put(token, TokenRow { used: true, ..used }.encode_to_vec());
        }
        Ok(())
    }

    fn keys_row(&self, keys: &v1::KeysRecorded) -> KeysRow {
        KeysRow {
            application: keys.application.clone(),
            signing_key: keys.signing_key.to_vec(),
            certificate_fingerprint: keys.certificate_fingerprint.to_vec(),
            not_after_ms: keys.not_after.as_ref().map_or(i64::MIN, mighub::convert::timestamp),
            revoked_ms: None,
            certified_ms: self.effective_ms,
        }
    }

    fn keys_revoked(
        &self,
        view: &dyn View,
        revoked: &v1::KeysRevoked,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let key = agency_key(&self.agency(&revoked.agency_id)?);
        let Some(mut agency) = row::<AgencyRow>(view, &key)? else { return Ok(()) };
        for keys in &mut agency.keys {
            let is_named =
                revoked.certificate_fingerprints.iter().any(|f| f[..] == keys.certificate_fingerprint);
            if is_named && keys.application == revoked.application {
                // The first revocation is when they ended.
                keys.revoked_ms.get_or_insert(self.effective_ms);
            }
        }
        batch.put(key, agency.encode_to_vec());
        Ok(())
    }

    fn keys_rotated(
        &self,
        view: &dyn View,
        rotated: &v1::KeysRotated,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let new = rotated.keys.as_ref().ok_or_else(|| self.unreadable("keys were renewed by none"))?;
        let key = agency_key(&self.agency(&new.agency_id)?);
        let mut agency: AgencyRow = row(view, &key)?.unwrap_or_default();
        let until_ms = rotated.previous_until.as_ref().map_or(i64::MAX, mighub::convert::timestamp);
        let previous = agency
            .keys
            .iter_mut()
            .find(|keys| keys.certificate_fingerprint == rotated.previous_fingerprint[..]);
        if let Some(previous) = previous {
            previous.not_after_ms = previous.not_after_ms.min(until_ms);
        }
        agency.keys.push(self.keys_row(new));
        batch.put(key, agency.encode_to_vec());
        Ok(())
    }

    fn hub_key(
        &self,
        view: &dyn View,
        rotated: &v1::HubKeyRotated,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let mut known: HubKeysRow = row(view, HUB_KEYS)?.unwrap_or_default();
        if known.keys.is_empty() {
            // The first one is named by the record that ends it.
            let public_key = rotated.previous_key.to_vec();
            known.keys.push(HubKeyRow { public_key, from_ms: None, until_ms: None });
        }
        if let Some(last) = known.keys.last_mut() {
            last.until_ms = Some(self.effective_ms);
        }
        let public_key = rotated.key.to_vec();
        known.keys.push(HubKeyRow { public_key, from_ms: Some(self.effective_ms), until_ms: None });
        batch.put(HUB_KEYS, known.encode_to_vec());
        Ok(())
    }

    /// The row of a submission, begun with this record if it is the first about it.
    fn submission(
        &self,
        view: &dyn View,
        contents: &v1::SubmissionContents,
        batch: &mut ViewBatch,
    ) -> Result<SubmissionRow, ReduceError> {
        let known: Option<SubmissionRow> = row(view, &submission_key(&contents.submission_id))?;
        let first = known.as_ref().map_or(self.position.0, |row| row.first);
        if known.is_none() {
            batch.put(submission_order_key(first), contents.submission_id.as_bytes());
        }
        let mut row = known.unwrap_or_default();
        row.first = first;
        if row.agency.is_empty() {
            row.agency.clone_from(&self.record.agency);
        }
        row.observations = contents.observations;
        row.contents = Some(contents.clone());
        Ok(row)
    }

    fn verdict(
        &self,
        view: &dyn View,
        verdict: &v1::VerdictRecorded,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let contents = verdict.contents.as_ref().ok_or_else(|| self.unreadable("a verdict on nothing"))?;
        let mut row = self.submission(view, contents, batch)?;
        // What is judged anew is answered anew.
        row.answers_before = row.answers.len() as u32;
        row.state = verdict.state;
        let state = SubmissionState::try_from(verdict.state).unwrap_or_default();
        row.history.push(self.history(state, ""));
        batch.put(submission_key(&contents.submission_id), row.encode_to_vec());
        Ok(())
    }

    fn accepted(
        &self,
        view: &dyn View,
        accepted: &v1::Accepted,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let contents = accepted.contents.as_ref().ok_or_else(|| self.unreadable("nothing was accepted"))?;
        let lane = self.lane(&contents.dataflow, &contents.provider)?;
        let mut submission = self.submission(view, contents, batch)?;
        submission.state = SubmissionState::Accepted.into();
        submission.accepted = Some(self.position.0);
        submission.history.push(self.history(SubmissionState::Accepted, &contents.reason));
        batch.put(submission_key(&contents.submission_id), submission.encode_to_vec());
        let base = match accepted.base {
            None => None,
            Some(position) => row::<VintageRow>(view, &vintage_key(&lane, position))?,
        };
        let embargo_ms = accepted.embargo_time.as_ref().map(mighub::convert::timestamp);
        let vintage = VintageRow {
            effective_ms: self.effective_ms,
            steps: steps(&accepted.steps),
            submission_id: contents.submission_id.clone(),
            below: accepted.base,
            by_withdrawal: false,
            reason: contents.reason.clone(),
            kind: contents.kind,
            embargo_ms,
            latest_embargo_ms: embargo_ms.max(base.and_then(|base| base.latest_embargo_ms)),
            edition: accepted.edition.clone(),
            publication_date: accepted.publication_date.clone(),
            observations: contents.observations,
            structure_digest: contents.structure_digest.to_vec(),
            by_release: false,
        };
        self.head(&lane, &vintage, batch);
        Ok(())
    }

    fn withdrawn(
        &self,
        view: &dyn View,
        withdrawn: &v1::Withdrawn,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let lane = self.lane(&withdrawn.dataflow, &withdrawn.provider)?;
        let key = submission_key(&withdrawn.submission_id);
        let mut submission: SubmissionRow = row(view, &key)?.unwrap_or_default();
        submission.state = SubmissionState::Withdrawn.into();
        submission.withdrawn = Some(self.position.0);
        submission.history.push(self.history(SubmissionState::Withdrawn, &withdrawn.reason));
        batch.put(key, submission.encode_to_vec());
        if submission.accepted.is_none() {
            return Ok(());
        }
        let restored = match withdrawn.restores {
            None => None,
            Some(position) => row::<VintageRow>(view, &vintage_key(&lane, position))?,
        };
        let vintage = VintageRow {
            effective_ms: self.effective_ms,
            steps: steps(&withdrawn.steps),
            by_withdrawal: true,
            reason: withdrawn.reason.clone(),
            observations: withdrawn.observations,
            ..restored.unwrap_or_default()
        };
        // What was to become visible of the vintage that was taken back never does, at whatever position it is read.
        batch.put(withdrawal_key(&lane, self.position.0), self.effective_ms.to_be_bytes());
        self.head(&lane, &vintage, batch);
        Ok(())
    }

    pub(super) fn head(&self, lane: &LaneId, vintage: &VintageRow, batch: &mut ViewBatch) {
        batch.put(vintage_key(lane, self.position.0), vintage.encode_to_vec());
        batch.put(lane_key(lane), self.position.0.to_be_bytes());
    }
}

/// Steps of a record, as the view keeps them.
pub(super) fn steps(messages: &[v1::ReleaseStep]) -> Vec<StepRow> {
    let step = |message: &v1::ReleaseStep| StepRow {
        from_ms: message.from_time.as_ref().map_or(i64::MIN, mighub::convert::timestamp),
        manifest_digest: message.vintage_manifest_digest.to_vec(),
    };
    messages.iter().map(step).collect()
}
