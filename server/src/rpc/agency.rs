//! The agency service.

use std::sync::Arc;

use mighub::token::{AccessToken, EnrolmentToken};
use mighub::v1;
use mighub::v1::agency_service_server::AgencyService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use super::enrolment;
use crate::door::visitor::Visitor;
use crate::hub::permit::Anybody;
use crate::hub::{Hub, Moment, Refusal};

/// How long a token is good: it travels by letter or telephone, and offices have holidays.
const TOKEN_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

pub(super) struct Agencies(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl AgencyService for Agencies {
    async fn add_agency(
        &self,
        request: Request<v1::AddAgencyRequest>,
    ) -> Result<Response<v1::AddAgencyResponse>, Status> {
        let authority = self.0.keys().authority.fingerprint();
        let add = move |hub: &Hub, permit: &_, message: &_, now: Moment| {
            let mut secret = [0; 16];
            getrandom::fill(&mut secret).map_err(|error| Refusal::internal(error.to_string()))?;
            let token = EnrolmentToken::new(secret, authority);
            hub.add_agency(permit, message, &token, Moment(now.0.saturating_add(TOKEN_MS)), now)
        };
        self.0.call(request, add).await
    }

    async fn list_agencies(
        &self,
        request: Request<v1::ListAgenciesRequest>,
    ) -> Result<Response<v1::ListAgenciesResponse>, Status> {
        self.0.call(request, Hub::list_agencies).await
    }

    async fn enrol(&self, request: Request<v1::EnrolRequest>) -> Result<Response<v1::EnrolResponse>, Status> {
        let keys = self.0.keys().clone();
        self.0.call_as(request, move |hub, _, message, now| enrolment::enrol(hub, &keys, message, now)).await
    }

    async fn put_agreement(
        &self,
        request: Request<v1::PutAgreementRequest>,
    ) -> Result<Response<v1::PutAgreementResponse>, Status> {
        self.0.call(request, Hub::put_agreement).await
    }

    async fn list_agreements(
        &self,
        request: Request<v1::ListAgreementsRequest>,
    ) -> Result<Response<v1::ListAgreementsResponse>, Status> {
        self.0.call(request, Hub::list_agreements).await
    }

    async fn who_am_i(
        &self,
        request: Request<v1::WhoAmIRequest>,
    ) -> Result<Response<v1::WhoAmIResponse>, Status> {
        let answer = |hub: &Hub, visitor: &Visitor, _: &_, now| {
            hub.who_am_i(&visitor.permit(hub, Anybody, now)?, visitor.certificate_not_after(), now)
        };
        self.0.call_as(request, answer).await
    }

    async fn grant_role(
        &self,
        request: Request<v1::GrantRoleRequest>,
    ) -> Result<Response<v1::GrantRoleResponse>, Status> {
        self.0.call(request, Hub::grant_role).await
    }

    async fn revoke_role(
        &self,
        request: Request<v1::RevokeRoleRequest>,
    ) -> Result<Response<v1::RevokeRoleResponse>, Status> {
        self.0.call(request, Hub::revoke_role).await
    }

    async fn list_roles(
        &self,
        request: Request<v1::ListRolesRequest>,
    ) -> Result<Response<v1::ListRolesResponse>, Status> {
        self.0.call(request, Hub::list_roles).await
    }

    async fn create_token(
        &self,
        request: Request<v1::CreateTokenRequest>,
    ) -> Result<Response<v1::CreateTokenResponse>, Status> {
        let create = |hub: &Hub, permit: &_, message: &_, now: Moment| {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|error| Refusal::internal(error.to_string()))?;
            hub.create_token(permit, message, &AccessToken::new(secret), now)
        };
        self.0.call(request, create).await
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Result<Response<v1::ListTokensResponse>, Status> {
        self.0.call(request, Hub::list_tokens).await
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Result<Response<v1::RevokeTokenResponse>, Status> {
        self.0.call(request, Hub::revoke_token).await
    }
}
