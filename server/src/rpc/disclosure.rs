//! The disclosure service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::disclosure_service_server::DisclosureService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::feed::Feed;
use crate::hub::Hub;

pub(super) struct DisclosureDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl DisclosureService for DisclosureDesk {
    type AuditDisclosureStream = Feed<v1::AuditDisclosureResponse>;

    async fn audit_disclosure(
        &self,
        request: Request<v1::AuditDisclosureRequest>,
    ) -> Result<Response<Self::AuditDisclosureStream>, Status> {
        self.0.pull(request, |hub, permit, message, now| hub.audit_disclosure(permit, message, now)).await
    }

    async fn set_policy(
        &self,
        request: Request<v1::SetPolicyRequest>,
    ) -> Result<Response<v1::SetPolicyResponse>, Status> {
        self.0.call(request, Hub::set_policy).await
    }

    async fn get_policy(
        &self,
        request: Request<v1::GetPolicyRequest>,
    ) -> Result<Response<v1::GetPolicyResponse>, Status> {
        self.0.call(request, Hub::get_policy).await
    }
}
