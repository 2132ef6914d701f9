//! Requests that wait for a second person: which there are, and what is decided about them.

use mighub::v1::{self, ErrorReason, RequestDecision, RequestedOperation, Role, record::What};
use prost::Message;
use prost::bytes::Bytes;

use super::four_eyes::{self, REQUEST_KEPT_MS, Signatory, asked_by, is_open, unknown_request};
use super::{person, reason};
use crate::hub::disclose::request_in_words;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{AskedBy, Enrolled, Permit, Publish, SetPolicy};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{REQUESTS, RequestRow, request_key};
use crate::hub::{Hub, Principal};

impl Hub {
    /// ReleaseService.ListRequests.
    pub fn list_requests(
        &self,
        permit: &Permit<Enrolled>,
        _: &v1::ListRequestsRequest,
        now: Moment,
    ) -> Result<v1::ListRequestsResponse, Refusal> {
        let mut requests = Vec::new();
        for (key, value) in self.view.scan(REQUESTS, &[], usize::MAX)? {
            let row = RequestRow::decode(&value[..]).map_err(|error| Refusal::internal(error.to_string()))?;
            let position = key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            if is_open(&row, now) && self.may_see_request(permit.principal(), &row, now)? {
                requests.push(message_of(position, row)?);
            }
        }
        Ok(v1::ListRequestsResponse { requests })
    }

    /// ReleaseService.DecideRequest.
    pub fn decide_request(
        &self,
        permit: &Permit<Enrolled>,
        request: &v1::DecideRequestRequest,
        now: Moment,
    ) -> Result<v1::DecideRequestResponse, Refusal> {
        let principal = permit.principal();
        let by = Signatory::of(principal, person(&request.person)?);
        let known: Option<RequestRow> = row(&*self.view, &request_key(request.request))?;
        let known = known.filter(|known| self.may_see_request(principal, known, now).unwrap_or(false));
        let known = known.ok_or_else(|| unknown_request(request.request))?;
        match request.decision() {
            RequestDecision::Unspecified => Err(Refusal::malformed("decision", "confirm or decline")),
            RequestDecision::Decline => self.decline(principal, &by, request, now),
            // Who lost our answer asks again.
            RequestDecision::Confirm if known.decided.is_some() && !known.declined => {
                Ok(v1::DecideRequestResponse { position: known.decided })
            }
            RequestDecision::Confirm => self.confirm(principal, &by, request.request, now),
        }
    }

    fn confirm(
        &self,
        principal: &Principal,
        by: &Signatory,
        position: u64,
        now: Moment,
    ) -> Result<v1::DecideRequestResponse, Refusal> {
        // Two at a time must not both confirm.
        let _one_at_a_time = self.desk.changing_rights();
        let open = self.open_request(position, now)?;
        open.check_second(by)?;
        let may_publish = || self.authorise(principal, Publish(open.lane.clone()), now);
        let position = match open.operation {
            RequestedOperation::Release => {
                let asked = read(open.request.clone())?;
                self.release_confirmed(&may_publish()?, &asked, by, &open, now)?
            }
            RequestedOperation::Free => {
                let asked = read(open.request.clone())?;
                self.freeing_confirmed(&may_publish()?, &asked, by, &open, now)?
            }
            RequestedOperation::Expunge => {
                let asked = read(open.request.clone())?;
                Some(self.expunge_confirmed(&may_publish()?, &asked, by, &open, now)?)
            }
            RequestedOperation::SetPolicy => {
                let asked: v1::SetPolicyRequest = read(open.request.clone())?;
                let permit = self.authorise(principal, SetPolicy::asked_by(&asked)?, now)?;
                self.policy_confirmed(&permit, &asked, by, &open, now)?
            }
            RequestedOperation::Unspecified => {
                let text = "what this request asks for is not confirmed by this call";
                return Err(Refusal::new(ErrorReason::NotOffered, text));
            }
        };
        if position.is_none() {
            self.record_decline(by, open.position, "what was requested had come about already", now)?;
        }
        Ok(v1::DecideRequestResponse { position })
    }

    fn decline(
        &self,
        principal: &Principal,
        by: &Signatory,
        request: &v1::DecideRequestRequest,
        now: Moment,
    ) -> Result<v1::DecideRequestResponse, Refusal> {
        let reason = reason(&request.reason, "declining")?;
        let _one_at_a_time = self.desk.changing_rights();
        let open = self.open_request(request.request, now)?;
        if by.agency != open.by.agency {
            self.may_decide(principal, open.operation, &open.lane, &open.request, now)?;
        }
        self.record_decline(by, request.request, &reason, now)?;
        Ok(v1::DecideRequestResponse { position: None })
    }

    fn record_decline(
        &self,
        by: &Signatory,
        position: u64,
        reason: &str,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let declined = v1::RequestRecorded {
            declines: Some(position),
            reason: reason.to_owned(),
            application: by.application.clone(),
            ..Default::default()
        };
        self.record(by.actor(), What::Request(declined), Vec::new(), now)
    }

    /// Who asked, who may decide, and auditors.
    fn may_see_request(&self, principal: &Principal, row: &RequestRow, now: Moment) -> Result<bool, Refusal> {
        let Some(agency) = &principal.agency else { return Ok(false) };
        if *row.agency == **agency || self.rights().has_role(agency, Role::Auditor, u64::MAX) {
            return Ok(true);
        }
        let lane: LaneId = four_eyes::lane_of(row)?;
        let operation = RequestedOperation::try_from(row.operation).unwrap_or_default();
        let request = Bytes::from(row.request.clone());
        Ok(self.may_decide(principal, operation, &lane, &request, now).is_ok())
    }

    /// Whoever may do what is requested may decide about it.
    fn may_decide(
        &self,
        principal: &Principal,
        operation: RequestedOperation,
        lane: &LaneId,
        request: &Bytes,
        now: Moment,
    ) -> Result<(), Refusal> {
        if operation == RequestedOperation::SetPolicy {
            let asked: v1::SetPolicyRequest = read(request.clone())?;
            return self.authorise(principal, SetPolicy::asked_by(&asked)?, now).map(drop);
        }
        self.authorise(principal, Publish(lane.clone()), now).map(drop)
    }
}

fn read<M: Message + Default>(bytes: Bytes) -> Result<M, Refusal> {
    M::decode(bytes).map_err(|error| Refusal::internal(error.to_string()))
}

fn message_of(position: u64, row: RequestRow) -> Result<v1::ReleaseRequest, Refusal> {
    let by = asked_by(&row);
    let operation = RequestedOperation::try_from(row.operation).unwrap_or_default();
    let request = Bytes::from(row.request.clone());
    let text = match operation {
        RequestedOperation::Release => {
            let asked: v1::ReleaseVintageRequest = read(request)?;
            let what = match &*asked.submission_id {
                "" => "all that is under embargo".to_owned(),
                id => id.to_owned(),
            };
            let when = asked.until.as_ref().map(Moment::of_message);
            let when = when.map_or_else(|| "now".to_owned(), |until| format!("at {until}"));
            format!("release {what} {when}")
        }
        RequestedOperation::Free => {
            let asked: v1::FreeCellsRequest = read(request)?;
            format!("lift restriction {}", asked.restriction)
        }
        RequestedOperation::Expunge => "expunge".to_owned(),
        RequestedOperation::SetPolicy => request_in_words(&read(request)?),
        RequestedOperation::Unspecified => String::new(),
    };
    Ok(v1::ReleaseRequest {
        position,
        operation: operation.into(),
        lane: Some(v1::Lane { dataflow: row.dataflow, provider: row.provider }),
        text,
        reason: row.reason,
        agency: by.agency,
        person: by.person,
        requested_time: Some(Moment(row.requested_ms).to_message()),
        expires_at: Some(Moment(row.requested_ms.saturating_add(REQUEST_KEPT_MS)).to_message()),
    })
}
