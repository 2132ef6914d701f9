//! The evidence service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::evidence_service_server::EvidenceService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::feed::Feed;
use crate::hub::Hub;

pub(super) struct EvidenceDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl EvidenceService for EvidenceDesk {
    type GetEvidenceStream = Feed<v1::GetEvidenceResponse>;

    async fn get_log_head(
        &self,
        request: Request<v1::GetLogHeadRequest>,
    ) -> Result<Response<v1::GetLogHeadResponse>, Status> {
        self.0.call(request, Hub::get_log_head).await
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        self.0.call(request, Hub::get_consistency_proof).await
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        self.0.call(request, Hub::get_inclusion_proof).await
    }

    async fn list_leaf_hashes(
        &self,
        request: Request<v1::ListLeafHashesRequest>,
    ) -> Result<Response<v1::ListLeafHashesResponse>, Status> {
        self.0.call(request, Hub::list_leaf_hashes).await
    }

    async fn get_evidence(
        &self,
        request: Request<v1::GetEvidenceRequest>,
    ) -> Result<Response<Self::GetEvidenceStream>, Status> {
        self.0.pull(request, |hub, permit, message, now| hub.get_evidence(permit, &message, now)).await
    }
}
