//! What needs two persons: a request is recorded, and somebody else confirms it.
//!
//! The hub can prove which key called, and not who sat before it. So two persons are of two agencies, or of one
//! agency with two applications, each with keys of its own, and they give two names.

use mighub::v1::{self, ErrorReason, RequestedOperation, record::What};
use mighub_store::{View, ViewBatch};
use prost::Message;
use prost::bytes::Bytes;

use crate::hub::append::Actor;
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::reduce::{ReduceError, row};
use crate::hub::refusal::Refusal;
use crate::hub::rows::{REQUESTS, RequestRow, request_key};
use crate::hub::{Hub, Principal};

/// A request is good for so long: 30 days. What was urgent a month ago is looked at anew.
pub(in crate::hub) const REQUEST_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// A person, as far as the hub can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hub) struct Signatory {
    pub(in crate::hub) agency: String,
    /// Whose keys were used; empty where a token was.
    pub(in crate::hub) application: String,
    /// As the agency names them; may be empty.
    pub(in crate::hub) person: String,
}

impl Signatory {
    pub(in crate::hub) fn of(principal: &Principal, person: &str) -> Self {
        Self {
            agency: principal.agency.as_ref().map(ToString::to_string).unwrap_or_default(),
            application: principal.application.as_deref().unwrap_or_default().to_owned(),
            person: person.trim().to_owned(),
        }
    }

    /// Whether this is surely another person.
    pub(in crate::hub) fn is_other_than(&self, first: &Self) -> bool {
        let are_two = |here: &str, there: &str| !here.is_empty() && !there.is_empty() && here != there;
        are_two(&self.agency, &first.agency)
            || (are_two(&self.application, &first.application) && are_two(&self.person, &first.person))
    }

    /// Refuses whoever may be the same person.
    pub(in crate::hub) fn check_other_than(&self, first: &Self, what: &str) -> Result<(), Refusal> {
        if self.is_other_than(first) {
            return Ok(());
        }
        let text = format!(
            "{what} needs a second person: one of another agency than {}, or of the same one with another application \
             than {} and another name than {}",
            first.agency,
            named(&first.application),
            named(&first.person)
        );
        Err(Refusal::new(ErrorReason::SecondPersonNeeded, text))
    }

    pub(in crate::hub) fn actor(&self) -> Actor {
        Actor { agency: self.agency.clone(), person: self.person.clone() }
    }
}

fn named(text: &str) -> &str {
    if text.is_empty() { "(none given)" } else { text }
}

/// A request that waits.
#[derive(Clone, Debug)]
pub(in crate::hub) struct OpenRequest {
    /// Of its record.
    pub(in crate::hub) position: u64,
    pub(in crate::hub) operation: RequestedOperation,
    pub(in crate::hub) lane: LaneId,
    /// The message of the call that was made.
    pub(in crate::hub) request: Bytes,
    pub(in crate::hub) reason: String,
    pub(in crate::hub) by: Signatory,
}

impl OpenRequest {
    /// Refuses whoever may be the person that asked.
    pub(in crate::hub) fn check_second(&self, second: &Signatory) -> Result<(), Refusal> {
        second.check_other_than(&self.by, &format!("request {}", self.position))
    }
}

/// Whether a request can still be confirmed.
pub(in crate::hub) fn is_open(row: &RequestRow, now: Moment) -> bool {
    row.decided.is_none() && now.0.saturating_sub(row.requested_ms) <= REQUEST_KEPT_MS
}

/// Who asked.
pub(in crate::hub) fn asked_by(row: &RequestRow) -> Signatory {
    Signatory { agency: row.agency.clone(), application: row.application.clone(), person: row.person.clone() }
}

/// The lane of a request.
pub(in crate::hub) fn lane_of(row: &RequestRow) -> Result<LaneId, Refusal> {
    Ok(LaneId {
        dataflow: dataflow("dataflow", &row.dataflow)?,
        provider: agency("provider", &row.provider)?,
    })
}

/// In the reducer: the record at a position did what was requested, so the request is over.
pub(in crate::hub) fn decided(
    view: &dyn View,
    request: Option<u64>,
    position: u64,
    batch: &mut ViewBatch,
) -> Result<(), ReduceError> {
    let Some(request) = request else { return Ok(()) };
    let key = request_key(request);
    if let Some(mut known) = row::<RequestRow>(view, &key)?.filter(|known| known.decided.is_none()) {
        known.decided = Some(position);
        batch.put(key, known.encode_to_vec());
    }
    Ok(())
}

pub(in crate::hub) fn unknown_request(position: u64) -> Refusal {
    let text = format!(
        "there is no request {position} that you may see: `mighub release requests` shows those there are"
    );
    Refusal::new(ErrorReason::UnknownRequest, text).about("position", position)
}

impl Hub {
    /// Records a request; gives its position. Who asks again for the same gets that of the first.
    pub(in crate::hub) fn request_of_second(
        &self,
        by: &Signatory,
        operation: RequestedOperation,
        lane: &LaneId,
        request: Bytes,
        reason: &str,
        now: Moment,
    ) -> Result<u64, Refusal> {
        if let Some(position) = self.same_request(by, operation, lane, &request, now)? {
            return Ok(position);
        }
        let recorded = v1::RequestRecorded {
            operation: operation.into(),
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            request,
            reason: reason.to_owned(),
            application: by.application.clone(),
            declines: None,
        };
        self.record(by.actor(), What::Request(recorded), Vec::new(), now)
    }

    fn same_request(
        &self,
        by: &Signatory,
        operation: RequestedOperation,
        lane: &LaneId,
        request: &Bytes,
        now: Moment,
    ) -> Result<Option<u64>, Refusal> {
        for (key, value) in self.view.scan(REQUESTS, &[], usize::MAX)? {
            let row = RequestRow::decode(&value[..]).map_err(|error| Refusal::internal(error.to_string()))?;
            let is_same = row.operation == i32::from(operation)
                && row.request[..] == request[..]
                && lane_of(&row)? == *lane
                && asked_by(&row) == *by;
            if is_same && is_open(&row, now) {
                return Ok(key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)));
            }
        }
        Ok(None)
    }

    /// A request that may still be decided. Whoever decides it holds the lock of rights from here to the record.
    pub(in crate::hub) fn open_request(&self, position: u64, now: Moment) -> Result<OpenRequest, Refusal> {
        let known: Option<RequestRow> = row(&*self.view, &request_key(position))?;
        let known = known.ok_or_else(|| unknown_request(position))?;
        if !is_open(&known, now) {
            let text = format!("request {position} was decided, or is older than 30 days: ask for it anew");
            return Err(Refusal::new(ErrorReason::RequestEnded, text).about("position", position));
        }
        Ok(OpenRequest {
            position,
            operation: RequestedOperation::try_from(known.operation).unwrap_or_default(),
            lane: lane_of(&known)?,
            by: asked_by(&known),
            reason: known.reason,
            request: known.request.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_persons_are_of_two_agencies_or_have_two_keys_and_two_names() {
        let signatory = |text: &str| {
            let [agency, application, person] = text.split('/').collect::<Vec<_>>()[..] else {
                panic!("three parts")
            };
            Signatory { agency: agency.into(), application: application.into(), person: person.into() }
        };
        for (first, second, are_two) in [
            ("SWE/client/anna", "SWE/client/anna", false),
            ("SWE/client/anna", "SWE/client/bert", false),
            ("SWE/client/anna", "SWE/desk/anna", false),
            ("SWE/client/anna", "SWE/desk/", false),
            ("SWE/client/", "SWE/desk/bert", false),
            ("SWE//anna", "SWE/desk/bert", false),
            ("SWE/client/anna", "SWE/desk/bert", true),
            ("SWE/client/anna", "UNECE/client/anna", true),
            ("SWE/client/", "UNECE/client/", true),
            ("/client/anna", "UNECE/client/bert", false),
        ] {
            let found = signatory(second).is_other_than(&signatory(first));
            assert_eq!(found, are_two, "{first} and {second}");
        }
    }
}
