//! Setting policies of disclosure control and telling which there are.

use mighub::v1::{self, ErrorReason, RequestedOperation, record::What};
use mighub_disclosure::Policy;
use prost::Message;

use crate::hub::Hub;
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::permit::{Permit, SeePolicies, SetPolicy};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::release::four_eyes::{OpenRequest, Signatory};
use crate::hub::release::{end_of_day, person, reason};
use crate::hub::rows::{PolicyRow, policy_key};

impl Hub {
    /// DisclosureService.SetPolicy.
    pub fn set_policy(
        &self,
        permit: &Permit<SetPolicy>,
        request: &v1::SetPolicyRequest,
        now: Moment,
    ) -> Result<v1::SetPolicyResponse, Refusal> {
        let by = Signatory::of(permit.principal(), person(&request.person)?);
        let reason = reason(&request.reason, "a disclosure policy")?;
        let of = permit.operation();
        self.definition(&of.dataflow)?;
        let policy = canonical(&request.policy)?;
        let _one_at_a_time = self.desk.changing_rights();
        if self.policy_set(of)? == policy {
            return Ok(v1::SetPolicyResponse::default());
        }
        if let Some(lane) = self.lane_of_two(of, now)? {
            if of.provider.is_none() {
                let text = format!(
                    "the agreement on {lane} asks for four eyes: set the policy of that provider, which a second \
                     person then confirms, and those of the others likewise"
                );
                return Err(Refusal::new(ErrorReason::SecondPersonNeeded, text));
            }
            let bytes = request.encode_to_vec().into();
            let position =
                self.request_of_second(&by, RequestedOperation::SetPolicy, &lane, bytes, &reason, now)?;
            return Ok(v1::SetPolicyResponse { position: None, request: Some(position) });
        }
        let position = self.record_policy(of, policy, &by, &reason, None, now)?;
        Ok(v1::SetPolicyResponse { position: Some(position), request: None })
    }

    /// What a second person confirmed; nothing if it is so already. The lock of rights is held.
    pub(in crate::hub) fn policy_confirmed(
        &self,
        permit: &Permit<SetPolicy>,
        request: &v1::SetPolicyRequest,
        by: &Signatory,
        confirmed: &OpenRequest,
        now: Moment,
    ) -> Result<Option<u64>, Refusal> {
        let policy = canonical(&request.policy)?;
        if self.policy_set(permit.operation())? == policy {
            return Ok(None);
        }
        let position = Some(confirmed.position);
        self.record_policy(permit.operation(), policy, by, &confirmed.reason, position, now).map(Some)
    }

    fn record_policy(
        &self,
        of: &SetPolicy,
        policy: Vec<u8>,
        by: &Signatory,
        reason: &str,
        request: Option<u64>,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let recorded = v1::DisclosurePolicyRecorded {
            dataflow: of.dataflow.short(),
            provider: of.provider.as_ref().map(ToString::to_string).unwrap_or_default(),
            policy: policy.into(),
            reason: reason.to_owned(),
            request,
        };
        self.record(by.actor(), What::DisclosurePolicy(recorded), Vec::new(), now)
    }

    /// The policy that is set for a dataflow or one provider in it; empty if none is.
    fn policy_set(&self, of: &SetPolicy) -> Result<Vec<u8>, Refusal> {
        let provider = of.provider.as_deref().map_or("", |provider| provider);
        let rights = self.rights();
        let mut set = rights.policies().of(&of.dataflow, u64::MAX);
        let Some((_, position)) = set.find(|(known, _)| *known == provider) else { return Ok(Vec::new()) };
        Ok(self.policy_row(&of.dataflow.short(), provider, position)?.policy)
    }

    fn policy_row(&self, dataflow: &str, provider: &str, position: u64) -> Result<PolicyRow, Refusal> {
        let known: Option<PolicyRow> = row(&*self.view, &policy_key(dataflow, provider, position))?;
        known.ok_or_else(|| Refusal::internal("a policy is not in the view"))
    }

    /// A lane that would be seen otherwise than now, and whose agreement asks for two persons. The first policy of a lane
    /// shows less than before: one suffices.
    fn lane_of_two(&self, of: &SetPolicy, now: Moment) -> Result<Option<LaneId>, Refusal> {
        let lanes = match &of.provider {
            Some(provider) => vec![LaneId { dataflow: of.dataflow.clone(), provider: provider.clone() }],
            None => self.lanes(&of.dataflow)?,
        };
        let rights = self.rights();
        let is_seen_through_one = |lane: &LaneId| rights.policy_on(lane, u64::MAX).is_some();
        Ok(lanes.into_iter().find(|lane| is_seen_through_one(lane) && self.needs_two(lane, now)))
    }

    /// DisclosureService.GetPolicy.
    pub fn get_policy(
        &self,
        _: &Permit<SeePolicies>,
        request: &v1::GetPolicyRequest,
        now: Moment,
    ) -> Result<v1::GetPolicyResponse, Refusal> {
        let flow = dataflow("dataflow", &request.dataflow)?;
        self.definition(&flow)?;
        let is_today = request.day.is_empty();
        let instant = if is_today { now } else { end_of_day(&request.day)?.min(now) };
        let position = if is_today { self.position() } else { self.position_at(instant) }.unwrap_or(0);
        let rights = self.rights();
        let mut policies = Vec::new();
        for (provider, since) in rights.policies().of(&flow, position) {
            let row = self.policy_row(&flow.short(), provider, since)?;
            policies.push(v1::DisclosurePolicy {
                provider: provider.to_owned(),
                policy: row.policy.into(),
                position: since,
                since: Some(Moment(row.since_ms).to_message()),
                agency: row.agency,
                person: row.person,
                reason: row.reason,
            });
        }
        let mut lanes = Vec::new();
        for lane in if is_today { self.lanes(&flow)? } else { Vec::new() } {
            lanes.extend(self.disclosed(&lane, position, now)?);
        }
        Ok(v1::GetPolicyResponse { policies, lanes })
    }

    /// What the public sees of a lane; nothing if it follows no policy, or has no figures yet.
    fn disclosed(
        &self,
        lane: &LaneId,
        position: u64,
        now: Moment,
    ) -> Result<Option<v1::DisclosedLane>, Refusal> {
        let Some(in_force) = self.rights().policy_on(lane, position) else { return Ok(None) };
        let Some(head) = self.vintage_at(lane, position)? else { return Ok(None) };
        let Some(manifest) = head.manifest_at(now, false) else { return Ok(None) };
        let shown = in_force.shows(&manifest);
        let suppressed =
            in_force.suppressed.as_ref().map(|suppressed| self.cell_set(suppressed)).transpose()?;
        Ok(Some(v1::DisclosedLane {
            lane: Some(lane.to_message()),
            shown,
            why_not: if shown { String::new() } else { self.outcomes.why_not(lane) },
            suppressed: suppressed.map_or(0, |suppressed| suppressed.len() as u64),
        }))
    }
}

/// A policy with all its fields, so that two that say the same are the same; empty for none.
fn canonical(json: &[u8]) -> Result<Vec<u8>, Refusal> {
    if json.is_empty() {
        return Ok(Vec::new());
    }
    let policy = Policy::read(json).map_err(|error| Refusal::malformed("policy", error.to_string()))?;
    serde_json::to_vec(&policy).map_err(|error| Refusal::internal(error.to_string()))
}

/// The policy that a request which waits for a second person asks for, in words.
pub(in crate::hub) fn request_in_words(request: &v1::SetPolicyRequest) -> String {
    let lane =
        agency("provider", &request.provider).map(|provider| format!(" of {provider}")).unwrap_or_default();
    if request.policy.is_empty() {
        return format!("end the disclosure policy{lane}");
    }
    format!("set the disclosure policy{lane} to {}", String::from_utf8_lossy(&request.policy))
}
