//! The expunging service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::expunge_service_server::ExpungeService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use crate::hub::Hub;

pub(super) struct ExpungeDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl ExpungeService for ExpungeDesk {
    async fn expunge_submission(
        &self,
        request: Request<v1::ExpungeSubmissionRequest>,
    ) -> Result<Response<v1::ExpungeSubmissionResponse>, Status> {
        self.0.call(request, Hub::expunge_submission).await
    }

    async fn list_expunged(
        &self,
        request: Request<v1::ListExpungedRequest>,
    ) -> Result<Response<v1::ListExpungedResponse>, Status> {
        self.0.call(request, Hub::list_expunged).await
    }
}
