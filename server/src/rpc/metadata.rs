//! The metadata service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::metadata_service_server::MetadataService;
use tonic::{Request, Response, Status};

use super::desk::Desk;
use crate::hub::Hub;

pub(super) struct MetadataDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl MetadataService for MetadataDesk {
    async fn put_reports(
        &self,
        request: Request<v1::PutReportsRequest>,
    ) -> Result<Response<v1::PutReportsResponse>, Status> {
        self.0.call(request, Hub::put_reports).await
    }

    async fn list_reports(
        &self,
        request: Request<v1::ListReportsRequest>,
    ) -> Result<Response<v1::ListReportsResponse>, Status> {
        self.0.call(request, Hub::list_reports).await
    }

    async fn get_report(
        &self,
        request: Request<v1::GetReportRequest>,
    ) -> Result<Response<v1::GetReportResponse>, Status> {
        self.0.call(request, Hub::get_report).await
    }
}
