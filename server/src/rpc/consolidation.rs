//! The consolidation service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::consolidation_service_server::ConsolidationService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::feed::Feed;
use crate::hub::Hub;

pub(super) struct ConsolidationDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl ConsolidationService for ConsolidationDesk {
    type GetMatrixStream = Feed<v1::GetMatrixResponse>;

    async fn get_matrix(
        &self,
        request: Request<v1::GetMatrixRequest>,
    ) -> Result<Response<Self::GetMatrixStream>, Status> {
        self.0.pull(request, |hub, permit, message, now| hub.matrix(permit, &message, now)).await
    }

    async fn get_net_migration(
        &self,
        request: Request<v1::GetNetMigrationRequest>,
    ) -> Result<Response<v1::GetNetMigrationResponse>, Status> {
        self.0.answer(request, Hub::net_migration).await
    }

    async fn get_mirror(
        &self,
        request: Request<v1::GetMirrorRequest>,
    ) -> Result<Response<v1::GetMirrorResponse>, Status> {
        self.0.answer(request, Hub::mirror).await
    }

    async fn explain_cell(
        &self,
        request: Request<v1::ExplainCellRequest>,
    ) -> Result<Response<v1::ExplainCellResponse>, Status> {
        self.0.answer(request, Hub::explain_cell).await
    }

    async fn compare_methods(
        &self,
        request: Request<v1::CompareMethodsRequest>,
    ) -> Result<Response<v1::CompareMethodsResponse>, Status> {
        self.0.answer(request, Hub::compare_methods).await
    }

    async fn get_shares(
        &self,
        request: Request<v1::GetSharesRequest>,
    ) -> Result<Response<v1::GetSharesResponse>, Status> {
        self.0.answer(request, Hub::shares).await
    }

    async fn get_parties(
        &self,
        request: Request<v1::GetPartiesRequest>,
    ) -> Result<Response<v1::GetPartiesResponse>, Status> {
        self.0.answer(request, Hub::parties).await
    }

    async fn list_methods(
        &self,
        request: Request<v1::ListMethodsRequest>,
    ) -> Result<Response<v1::ListMethodsResponse>, Status> {
        self.0.call(request, Hub::list_methods).await
    }

    async fn get_method(
        &self,
        request: Request<v1::GetMethodRequest>,
    ) -> Result<Response<v1::GetMethodResponse>, Status> {
        self.0.call(request, Hub::get_method).await
    }

    async fn list_groups(
        &self,
        request: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        self.0.call(request, Hub::list_groups).await
    }
}
