//! What records about review, release and restriction change in the view.

use mighub::v1::{self, ReviewDecision, SubmissionState};
use mighub_store::{View, ViewBatch};
use prost::Message;

use super::four_eyes;
use crate::hub::reduce::{ReduceError, Step, row, steps};
use crate::hub::rows::{
    EmbargoRow, RequestRow, RestrictionRow, SubmissionRow, VintageRow, embargo_key, release_key, request_key,
    restriction_key, submission_key, vintage_key,
};

impl Step<'_> {
    pub(in crate::hub) fn review(
        &self,
        view: &dyn View,
        review: &v1::ReviewRecorded,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let key = submission_key(&review.submission_id);
        let mut submission: SubmissionRow = row(view, &key)?.unwrap_or_default();
        // What is approved waits for the record that accepts it.
        let state = match ReviewDecision::try_from(review.decision).unwrap_or_default() {
            ReviewDecision::Return => SubmissionState::NeedsCorrection,
            _ => SubmissionState::UnderReview,
        };
        submission.state = state.into();
        submission.history.push(self.history(state, &review.reason));
        batch.put(key, submission.encode_to_vec());
        Ok(())
    }

    pub(in crate::hub) fn released(
        &self,
        view: &dyn View,
        released: &v1::Released,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let lane = self.lane(&released.dataflow, &released.provider)?;
        let base: Option<VintageRow> = row(view, &vintage_key(&lane, released.base))?;
        let mut vintage = base.ok_or_else(|| self.unreadable("what is released was never accepted"))?;
        for moved in &released.moved {
            let until_ms = moved.until.as_ref().map_or(self.effective_ms, mighub::convert::timestamp);
            batch.put(embargo_key(&lane, &moved.submission_id), EmbargoRow { until_ms }.encode_to_vec());
            let key = submission_key(&moved.submission_id);
            if let Some(mut submission) = row::<SubmissionRow>(view, &key)? {
                // It stays accepted; who released it, and why, belongs to its history.
                let state = match moved.until {
                    None => SubmissionState::Released,
                    Some(_) => SubmissionState::Accepted,
                };
                submission.history.push(self.history(state, &released.reason));
                batch.put(key, submission.encode_to_vec());
            }
            if moved.submission_id == vintage.submission_id {
                vintage.embargo_ms = Some(until_ms);
            }
            vintage.latest_embargo_ms = vintage.latest_embargo_ms.max(Some(until_ms));
        }
        let vintage = VintageRow {
            effective_ms: self.effective_ms,
            steps: steps(&released.steps),
            by_release: true,
            ..vintage
        };
        self.head(&lane, &vintage, batch);
        batch.put(release_key(&lane, self.position.0), self.effective_ms.to_be_bytes());
        four_eyes::decided(view, released.request, self.position.0, batch)
    }

    pub(in crate::hub) fn restricted(
        &self,
        view: &dyn View,
        restricted: &v1::Restricted,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let lane = self.lane(&restricted.dataflow, &restricted.provider)?;
        match restricted.lifts {
            None => {
                let row = RestrictionRow {
                    selection: restricted.selection.clone(),
                    since_ms: self.effective_ms,
                    agency: self.record.agency.clone(),
                    person: self.record.person.clone(),
                    reason: restricted.reason.clone(),
                    freed_at: None,
                };
                batch.put(restriction_key(&lane, self.position.0), row.encode_to_vec());
            }
            Some(position) => {
                let key = restriction_key(&lane, position);
                if let Some(mut restriction) = row::<RestrictionRow>(view, &key)? {
                    restriction.freed_at.get_or_insert(self.position.0);
                    batch.put(key, restriction.encode_to_vec());
                }
            }
        }
        four_eyes::decided(view, restricted.request, self.position.0, batch)
    }

    pub(in crate::hub) fn request(
        &self,
        view: &dyn View,
        request: &v1::RequestRecorded,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        if let Some(declined) = request.declines {
            let key = request_key(declined);
            if let Some(mut known) = row::<RequestRow>(view, &key)?.filter(|known| known.decided.is_none()) {
                known.decided = Some(self.position.0);
                known.declined = true;
                batch.put(key, known.encode_to_vec());
            }
            return Ok(());
        }
        let row = RequestRow {
            operation: request.operation,
            dataflow: request.dataflow.clone(),
            provider: request.provider.clone(),
            request: request.request.to_vec(),
            reason: request.reason.clone(),
            agency: self.record.agency.clone(),
            application: request.application.clone(),
            person: self.record.person.clone(),
            requested_ms: self.effective_ms,
            decided: None,
            declined: false,
        };
        batch.put(request_key(self.position.0), row.encode_to_vec());
        Ok(())
    }
}
