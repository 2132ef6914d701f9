//! The structure service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::structure_service_server::StructureService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::feed::Feed;
use crate::hub::Hub;

pub(super) struct StructureDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl StructureService for StructureDesk {
    type TryRulebookStream = Feed<v1::TryRulebookResponse>;

    async fn put_structures(
        &self,
        request: Request<v1::PutStructuresRequest>,
    ) -> Result<Response<v1::PutStructuresResponse>, Status> {
        self.0.call(request, Hub::put_structures).await
    }

    async fn delete_structures(
        &self,
        request: Request<v1::DeleteStructuresRequest>,
    ) -> Result<Response<v1::DeleteStructuresResponse>, Status> {
        self.0.call(request, Hub::delete_structures).await
    }

    async fn get_structures(
        &self,
        request: Request<v1::GetStructuresRequest>,
    ) -> Result<Response<v1::GetStructuresResponse>, Status> {
        self.0.call(request, Hub::get_structures).await
    }

    async fn list_structures(
        &self,
        request: Request<v1::ListStructuresRequest>,
    ) -> Result<Response<v1::ListStructuresResponse>, Status> {
        self.0.call(request, Hub::list_structures).await
    }

    async fn get_rulebook(
        &self,
        request: Request<v1::GetRulebookRequest>,
    ) -> Result<Response<v1::GetRulebookResponse>, Status> {
        self.0.call(request, Hub::get_rulebook).await
    }

    async fn put_rulebook(
        &self,
        request: Request<v1::PutRulebookRequest>,
    ) -> Result<Response<v1::PutRulebookResponse>, Status> {
        self.0.call(request, Hub::put_rulebook).await
    }

    async fn try_rulebook(
        &self,
        request: Request<v1::TryRulebookRequest>,
    ) -> Result<Response<Self::TryRulebookStream>, Status> {
        self.0.pull(request, |hub, permit, message, now| hub.try_rulebook(permit, message, now)).await
    }

    async fn list_rulebooks(
        &self,
        request: Request<v1::ListRulebooksRequest>,
    ) -> Result<Response<v1::ListRulebooksResponse>, Status> {
        self.0.call(request, Hub::list_rulebooks).await
    }
}
