//! The submission service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::SubmissionState;
use mighub::v1::submission_service_server::SubmissionService;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::desk::{self, Desk};
use super::feed::Feed;
use super::sending;
use super::watch::{Seen, Watched, watch};
use crate::hub::permit::{FollowOne, Permit};
use crate::hub::{Hub, Moment, Refusal};

pub(super) struct SubmissionDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl SubmissionService for SubmissionDesk {
    type UploadBlocksStream = ReceiverStream<Result<v1::UploadBlocksResponse, Status>>;
    type WatchSubmissionStream = Feed<v1::WatchSubmissionResponse>;

    async fn get_lane(
        &self,
        request: Request<v1::GetLaneRequest>,
    ) -> Result<Response<v1::GetLaneResponse>, Status> {
        self.0.call(request, Hub::get_lane).await
    }

    async fn open_submission(
        &self,
        request: Request<Streaming<v1::OpenSubmissionRequest>>,
    ) -> Result<Response<v1::OpenSubmissionResponse>, Status> {
        let (visitor, messages) = desk::received(request)?;
        sending::open(&self.0, visitor, messages).await
    }

    async fn upload_blocks(
        &self,
        request: Request<Streaming<v1::UploadBlocksRequest>>,
    ) -> Result<Response<Self::UploadBlocksStream>, Status> {
        let (visitor, messages) = desk::received(request)?;
        sending::upload(&self.0, visitor, messages).await
    }

    async fn seal_submission(
        &self,
        request: Request<v1::SealSubmissionRequest>,
    ) -> Result<Response<v1::SealSubmissionResponse>, Status> {
        self.0.call_to_judge(request, Hub::seal_submission).await
    }

    async fn get_submission(
        &self,
        request: Request<v1::GetSubmissionRequest>,
    ) -> Result<Response<v1::GetSubmissionResponse>, Status> {
        self.0.call(request, Hub::get_submission).await
    }

    async fn list_submissions(
        &self,
        request: Request<v1::ListSubmissionsRequest>,
    ) -> Result<Response<v1::ListSubmissionsResponse>, Status> {
        self.0.call(request, Hub::list_submissions).await
    }

    async fn watch_submission(
        &self,
        request: Request<v1::WatchSubmissionRequest>,
    ) -> Result<Response<Self::WatchSubmissionStream>, Status> {
        let (visitor, message) = desk::received(request)?;
        let watched = WatchedSubmission { told: None };
        watch(&self.0, visitor, FollowOne(message.submission_id), move |_, _, _| Ok(watched)).await
    }

    async fn list_findings(
        &self,
        request: Request<v1::ListFindingsRequest>,
    ) -> Result<Response<v1::ListFindingsResponse>, Status> {
        self.0.call(request, Hub::list_findings).await
    }

    async fn answer_findings(
        &self,
        request: Request<v1::AnswerFindingsRequest>,
    ) -> Result<Response<v1::AnswerFindingsResponse>, Status> {
        self.0.call_to_judge(request, Hub::answer_findings).await
    }

    async fn withdraw_submission(
        &self,
        request: Request<v1::WithdrawSubmissionRequest>,
    ) -> Result<Response<v1::WithdrawSubmissionResponse>, Status> {
        self.0.call(request, Hub::withdraw_submission).await
    }
}

/// How often to look at a submission that is open or being checked: those steps are not in the journal.
const UNRECORDED_STEP_MS: i64 = 1_000;

struct WatchedSubmission {
    told: Option<v1::StateChange>,
}

impl Watched for WatchedSubmission {
    type Event = v1::WatchSubmissionResponse;
    type Operation = FollowOne;

    fn look(
        &mut self,
        hub: &Hub,
        permit: &Permit<FollowOne>,
        now: Moment,
    ) -> Result<Seen<Self::Event>, Refusal> {
        use v1::watch_submission_response::Event;
        let change = hub.submission_state(permit, now)?;
        let is_over = matches!(change.state(), SubmissionState::NeedsCorrection | SubmissionState::Withdrawn);
        if self.told.as_ref().is_some_and(|told| told.state == change.state) {
            return Ok(Seen { events: Vec::new(), is_over });
        }
        self.told = Some(change.clone());
        Ok(Seen { events: vec![v1::WatchSubmissionResponse { event: Some(Event::Change(change)) }], is_over })
    }

    fn next_look(&self, now: Moment) -> Option<Moment> {
        let state = self.told.as_ref()?.state();
        let is_unrecorded = matches!(state, SubmissionState::Receiving | SubmissionState::Checking);
        is_unrecorded.then_some(Moment(now.0.saturating_add(UNRECORDED_STEP_MS)))
    }

    fn heartbeat(heartbeat: v1::Heartbeat) -> Self::Event {
        use v1::watch_submission_response::Event;
        v1::WatchSubmissionResponse { event: Some(Event::Heartbeat(heartbeat)) }
    }
}
