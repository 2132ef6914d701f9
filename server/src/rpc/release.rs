//! The release service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::release_service_server::ReleaseService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use crate::hub::Hub;

pub(super) struct ReleaseDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl ReleaseService for ReleaseDesk {
    async fn review_submission(
        &self,
        request: Request<v1::ReviewSubmissionRequest>,
    ) -> Result<Response<v1::ReviewSubmissionResponse>, Status> {
        self.0.call_to_judge(request, Hub::review_submission).await
    }

    async fn release_vintage(
        &self,
        request: Request<v1::ReleaseVintageRequest>,
    ) -> Result<Response<v1::ReleaseVintageResponse>, Status> {
        // It may have to fold submissions anew.
        self.0.call_to_judge(request, Hub::release_vintage).await
    }

    async fn list_embargoes(
        &self,
        request: Request<v1::ListEmbargoesRequest>,
    ) -> Result<Response<v1::ListEmbargoesResponse>, Status> {
        self.0.call(request, Hub::list_embargoes).await
    }

    async fn restrict_cells(
        &self,
        request: Request<v1::RestrictCellsRequest>,
    ) -> Result<Response<v1::RestrictCellsResponse>, Status> {
        self.0.call(request, Hub::restrict_cells).await
    }

    async fn free_cells(
        &self,
        request: Request<v1::FreeCellsRequest>,
    ) -> Result<Response<v1::FreeCellsResponse>, Status> {
        self.0.call(request, Hub::free_cells).await
    }

    async fn list_restrictions(
        &self,
        request: Request<v1::ListRestrictionsRequest>,
    ) -> Result<Response<v1::ListRestrictionsResponse>, Status> {
        self.0.call(request, Hub::list_restrictions).await
    }

    async fn list_requests(
        &self,
        request: Request<v1::ListRequestsRequest>,
    ) -> Result<Response<v1::ListRequestsResponse>, Status> {
        self.0.call(request, Hub::list_requests).await
    }

    async fn decide_request(
        &self,
        request: Request<v1::DecideRequestRequest>,
    ) -> Result<Response<v1::DecideRequestResponse>, Status> {
        self.0.call_to_judge(request, Hub::decide_request).await
    }

    async fn audit_rights(
        &self,
        request: Request<v1::AuditRightsRequest>,
    ) -> Result<Response<v1::AuditRightsResponse>, Status> {
        self.0.call(request, Hub::audit_rights).await
    }

    async fn audit_reads(
        &self,
        request: Request<v1::AuditReadsRequest>,
    ) -> Result<Response<v1::AuditReadsResponse>, Status> {
        self.0.call(request, Hub::audit_reads).await
    }
}
