//! What becomes visible, and when: review, release, restriction, and what needs a second person.

use std::future::Future;

use jiff::Timestamp;
use mighub::convert::selection_message;
use mighub::v1;
use mighub::v1::release_service_client::ReleaseServiceClient;
use mighub_sdmx::key::Selection;
use tonic::{Response, Status};

use crate::clock;
use crate::error::Error;
use crate::evidence::Gated;
use crate::hub::Hub;
use crate::hub::retry::until_answered;

/// Who acts, and why: the record keeps both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// Why.
    pub reason: String,
    /// Person, as the agency names them.
    pub person: String,
}

/// What came of something that may need a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It took effect with the record at this position.
    Recorded(u64),
    /// It is request number so much, which a second person must confirm.
    Waits(u64),
    /// It was so already.
    AsBefore,
}

impl Effect {
    fn of(position: Option<u64>, request: Option<u64>) -> Self {
        match (position, request) {
            (Some(position), _) => Self::Recorded(position),
            (None, Some(request)) => Self::Waits(request),
            (None, None) => Self::AsBefore,
        }
    }
}

impl Hub {
    /// Approves a submission that waits for review, or returns it to its office.
    pub async fn review(
        &self,
        submission: &str,
        decision: v1::ReviewDecision,
        decided: &Decided,
    ) -> Result<v1::ReviewSubmissionResponse, Error> {
        let request = v1::ReviewSubmissionRequest {
            submission_id: submission.to_owned(),
            decision: decision.into(),
            reason: decided.reason.clone(),
            person: decided.person.clone(),
        };
        let call = |mut service: Release, request| async move { service.review_submission(request).await };
        self.decide(request, call).await
    }

    /// Embargoes of a lane that have not passed.
    pub async fn embargoes(&self, lane: &v1::Lane) -> Result<Vec<v1::Embargo>, Error> {
        let request = v1::ListEmbargoesRequest { lane: Some(lane.clone()) };
        let call = |mut service: Release, request| async move { service.list_embargoes(request).await };
        Ok(self.decide(request, call).await?.embargoes)
    }

    /// Ends the embargo of a submission, or all of a lane, now or at an instant to come.
    pub async fn release(
        &self,
        lane: &v1::Lane,
        submission: Option<&str>,
        until: Option<Timestamp>,
        decided: &Decided,
    ) -> Result<(Effect, Vec<v1::Embargo>), Error> {
        let request = v1::ReleaseVintageRequest {
            lane: Some(lane.clone()),
            submission_id: submission.unwrap_or_default().to_owned(),
            until: until.map(clock::instant_message),
            reason: decided.reason.clone(),
            person: decided.person.clone(),
        };
        let call = |mut service: Release, request| async move { service.release_vintage(request).await };
        let answer = self.decide(request, call).await?;
        Ok((Effect::of(answer.position, answer.request), answer.embargoes))
    }

    /// Withholds cells of a lane from now on, in every vintage.
    pub async fn restrict(
        &self,
        lane: &v1::Lane,
        selection: &Selection,
        decided: &Decided,
    ) -> Result<v1::Restriction, Error> {
        let request = v1::RestrictCellsRequest {
            lane: Some(lane.clone()),
            selection: Some(selection_message(selection)),
            reason: decided.reason.clone(),
            person: decided.person.clone(),
        };
        // Every call makes a restriction: one whose answer was lost is not made again.
        let mut service = self.release_service();
        let answer = service.restrict_cells(request).await?.into_inner();
        answer.restriction.ok_or_else(|| Error::Contract("no restriction came".to_owned()))
    }

    /// Lifts a restriction.
    pub async fn free(&self, lane: &v1::Lane, restriction: u64, decided: &Decided) -> Result<Effect, Error> {
        let request = v1::FreeCellsRequest {
            lane: Some(lane.clone()),
            restriction,
            reason: decided.reason.clone(),
            person: decided.person.clone(),
        };
        let call = |mut service: Release, request| async move { service.free_cells(request).await };
        let answer = self.decide(request, call).await?;
        Ok(Effect::of(answer.position, answer.request))
    }

    /// Restrictions of a lane: those in force, or all there ever were.
    pub async fn restrictions(
        &self,
        lane: &v1::Lane,
        with_freed: bool,
    ) -> Result<Vec<v1::Restriction>, Error> {
        let request = v1::ListRestrictionsRequest { lane: Some(lane.clone()), with_freed };
        let call = |mut service: Release, request| async move { service.list_restrictions(request).await };
        Ok(self.decide(request, call).await?.restrictions)
    }

    /// What waits for a second person, and the caller may decide or asked for.
    pub async fn requests(&self) -> Result<Vec<v1::ReleaseRequest>, Error> {
        let call = |mut service: Release, request| async move { service.list_requests(request).await };
        Ok(self.decide(v1::ListRequestsRequest {}, call).await?.requests)
    }

    /// Confirms or declines what somebody else asked for; gives the position of the record, if it took effect.
    pub async fn decide_request(
        &self,
        request: u64,
        decision: v1::RequestDecision,
        decided: &Decided,
    ) -> Result<Option<u64>, Error> {
        let request = v1::DecideRequestRequest {
            request,
            decision: decision.into(),
            reason: decided.reason.clone(),
            person: decided.person.clone(),
        };
        let call = |mut service: Release, request| async move { service.decide_request(request).await };
        Ok(self.decide(request, call).await?.position)
    }

    async fn decide<Q, A, F>(&self, request: Q, call: impl Fn(Release, Q) -> F) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        until_answered(|| call(self.release_service(), request.clone())).await
    }
}

type Release = ReleaseServiceClient<Gated>;
