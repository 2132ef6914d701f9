//! The structure service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::structure_service_server::StructureService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use crate::hub::Hub;

pub(super) struct StructureDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl StructureService for StructureDesk {
    async fn put_structures(
        &self,
        request: Request<v1::PutStructuresRequest>,
    ) -> Result<Response<v1::PutStructuresResponse>, Status> {
        self.0.call(request, Hub::put_structures).await
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
}
