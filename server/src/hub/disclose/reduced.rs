//! What records of policies and suppressions change in the view.

use mighub::v1;
use mighub_disclosure::Policy;
use mighub_store::{View, ViewBatch};
use prost::Message;

use crate::hub::reduce::{ReduceError, Step};
use crate::hub::release::four_eyes::decided;
use crate::hub::rows::{PolicyRow, SuppressionRow, policy_key, suppression_key};

impl Step<'_> {
    pub(in crate::hub) fn disclosure_policy(
        &self,
        view: &dyn View,
        recorded: &v1::DisclosurePolicyRecorded,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        if !recorded.policy.is_empty() {
            // A policy that this program does not understand must not pass for none.
            Policy::read(&recorded.policy).map_err(|error| self.unreadable(&error.to_string()))?;
        }
        let row = PolicyRow {
            policy: recorded.policy.to_vec(),
            since_ms: self.effective_ms,
            agency: self.record.agency.clone(),
            person: self.record.person.clone(),
            reason: recorded.reason.clone(),
        };
        let key = policy_key(&recorded.dataflow, &recorded.provider, self.position.0);
        batch.put(key, row.encode_to_vec());
        decided(view, recorded.request, self.position.0, batch)
    }

    pub(in crate::hub) fn suppression(
        &self,
        recorded: &v1::SuppressionRecorded,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let lane = self.lane(&recorded.dataflow, &recorded.provider)?;
        let row = SuppressionRow {
            policy: recorded.policy,
            cells_digest: recorded.cells_digest.to_vec(),
            manifest_digests: recorded.manifest_digests.iter().map(|digest| digest.to_vec()).collect(),
        };
        batch.put(suppression_key(&lane, self.position.0), row.encode_to_vec());
        Ok(())
    }
}
