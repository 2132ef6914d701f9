//! The key service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::key_service_server::KeyService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::enrolment;
use crate::door::visitor::Visitor;
use crate::hub::permit::Administer;
use crate::hub::{Hub, Moment};

pub(super) struct KeyDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl KeyService for KeyDesk {
    async fn list_keys(
        &self,
        request: Request<v1::ListKeysRequest>,
    ) -> Result<Response<v1::ListKeysResponse>, Status> {
        self.0.call(request, Hub::list_keys).await
    }

    async fn renew_keys(
        &self,
        request: Request<v1::RenewKeysRequest>,
    ) -> Result<Response<v1::RenewKeysResponse>, Status> {
        let keys = self.0.keys().clone();
        let renew = move |hub: &Hub, visitor: &Visitor, message: &_, now: Moment| {
            enrolment::renew(hub, &keys, visitor.certificate(), message, now)
        };
        self.0.call_as(request, renew).await
    }

    async fn revoke_keys(
        &self,
        request: Request<v1::RevokeKeysRequest>,
    ) -> Result<Response<v1::RevokeKeysResponse>, Status> {
        let revoke = |hub: &Hub, visitor: &Visitor, message: &_, now: Moment| {
            let own = visitor.certificate().map(|certificate| certificate.fingerprint);
            hub.revoke_keys(&visitor.permit(hub, Administer, now)?, own, message, now)
        };
        self.0.call_as(request, revoke).await
    }
}
