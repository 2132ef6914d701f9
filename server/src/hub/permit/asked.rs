//! How an operation is found in the message of a call.

use mighub::v1;

use super::{
    ActOn, Administer, Anybody, Audit, AuditDisclosure, Enrolled, FollowOne, Operation, Publish, Read,
    Review, SeePolicies, SeeReleases, SetPolicy, Submit,
};
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::refusal::Refusal;

/// An operation that is found in what a call asks for, so that a door need not look for it.
pub trait AskedBy<Q>: Operation {
    /// The operation, with what it is about.
    fn asked_by(request: &Q) -> Result<Self, Refusal>;
}

impl<Q> AskedBy<Q> for Anybody {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q> AskedBy<Q> for Enrolled {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q> AskedBy<Q> for Administer {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q> AskedBy<Q> for Audit {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q> AskedBy<Q> for AuditDisclosure {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q> AskedBy<Q> for SeePolicies {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl AskedBy<v1::SetPolicyRequest> for SetPolicy {
    fn asked_by(request: &v1::SetPolicyRequest) -> Result<Self, Refusal> {
        let provider = match &*request.provider {
            "" => None,
            provider => Some(agency("provider", provider)?),
        };
        Ok(Self { dataflow: dataflow("dataflow", &request.dataflow)?, provider })
    }
}

impl<Q> AskedBy<Q> for Read {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q> AskedBy<Q> for Review {
    fn asked_by(_: &Q) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<Q: NamesLane> AskedBy<Q> for Submit {
    fn asked_by(request: &Q) -> Result<Self, Refusal> {
        LaneId::of_message(request.lane()).map(Self)
    }
}

impl<Q: NamesLane> AskedBy<Q> for Publish {
    fn asked_by(request: &Q) -> Result<Self, Refusal> {
        LaneId::of_message(request.lane()).map(Self)
    }
}

impl<Q: NamesLane> AskedBy<Q> for SeeReleases {
    fn asked_by(request: &Q) -> Result<Self, Refusal> {
        LaneId::of_message(request.lane()).map(Self)
    }
}

impl<Q: NamesSubmission> AskedBy<Q> for ActOn {
    fn asked_by(request: &Q) -> Result<Self, Refusal> {
        Ok(Self(request.submission_id().to_owned()))
    }
}

impl<Q: NamesSubmission> AskedBy<Q> for FollowOne {
    fn asked_by(request: &Q) -> Result<Self, Refusal> {
        Ok(Self(request.submission_id().to_owned()))
    }
}

/// A message that is about one lane.
pub trait NamesLane {
    /// The lane, if it is there.
    fn lane(&self) -> Option<&v1::Lane>;
}

/// A message that is about one submission.
pub trait NamesSubmission {
    /// Its id.
    fn submission_id(&self) -> &str;
}

impl NamesLane for v1::GetLaneRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesLane for v1::PutReportsRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesLane for v1::ReleaseVintageRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesLane for v1::ListEmbargoesRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesLane for v1::RestrictCellsRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesLane for v1::FreeCellsRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesLane for v1::ListRestrictionsRequest {
    fn lane(&self) -> Option<&v1::Lane> {
        self.lane.as_ref()
    }
}

impl NamesSubmission for v1::SealSubmissionRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}

impl NamesSubmission for v1::GetSubmissionRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}

impl NamesSubmission for v1::ListFindingsRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}

impl NamesSubmission for v1::AnswerFindingsRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}

impl NamesSubmission for v1::WithdrawSubmissionRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}

impl NamesSubmission for v1::WatchSubmissionRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}

impl NamesSubmission for v1::GetEvidenceRequest {
    fn submission_id(&self) -> &str {
        &self.submission_id
    }
}
