//! The disclosure service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::disclosure_service_server::DisclosureService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::feed::Feed;

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
}
