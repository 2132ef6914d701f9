//! What is asked of consolidated data: matrices, net migration, mirror analysis, and how a figure came about.

use std::future::Future;

use mighub::v1;
use mighub::v1::consolidation_service_client::ConsolidationServiceClient;
use mighub::v1::get_matrix_response::Part;
use tonic::{Response, Status};

use crate::error::Error;
use crate::evidence::Gated;
use crate::hub::retry::until_answered;
use crate::hub::{Hub, pages};

/// Tables of origins by destinations, as they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// What the tables are.
    pub header: v1::MatrixHeader,
    /// Their rows, by period and origin.
    pub rows: Vec<v1::MatrixRow>,
}

/// One cell of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell<'a> {
    /// The origin.
    pub origin: &'a str,
    /// The destination.
    pub destination: &'a str,
    /// The period.
    pub period: &'a str,
    /// The sum and what is known of it.
    pub total: &'a v1::Total,
}

impl Matrix {
    /// All cells, by period, origin and destination.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.rows.iter().flat_map(|row| {
            let cell =
                |(destination, total)| Cell { origin: &row.origin, destination, period: &row.period, total };
            self.header.destinations.iter().map(String::as_str).zip(&row.cells).map(cell)
        })
    }
}

impl Hub {
    /// Tables of origins by destinations. The hub bounds how many cells an answer has.
    pub async fn matrix(&self, request: &v1::GetMatrixRequest) -> Result<Matrix, Error> {
        let call = |mut service: Service, request| async move { service.get_matrix(request).await };
        let mut stream = self.consolidated(request, call).await?;
        let mut matrix = Matrix::default();
        let refused = |status| Error::from(status);
        while let Some(message) = stream.message().await.map_err(refused)? {
            match message.part {
                Some(Part::Header(header)) => matrix.header = header,
                Some(Part::Row(row)) if row.cells.len() == matrix.header.destinations.len() => {
                    matrix.rows.push(row);
                }
                Some(Part::Row(_)) => {
                    return Err(Error::Contract(
                        "a row of a matrix does not have a cell a column".to_owned(),
                    ));
                }
                None => {}
            }
        }
        if matrix.rows.len() != matrix.header.origins.len() * matrix.header.periods.len() {
            return Err(Error::Contract("a matrix came with some rows missing".to_owned()));
        }
        Ok(matrix)
    }

    /// Arrivals less departures of areas and groups.
    pub async fn net_migration(
        &self,
        request: &v1::GetNetMigrationRequest,
    ) -> Result<v1::GetNetMigrationResponse, Error> {
        let call = |mut service: Service, request| async move { service.get_net_migration(request).await };
        self.consolidated(request, call).await
    }

    /// How both sides' reports compare.
    pub async fn mirror(&self, request: &v1::GetMirrorRequest) -> Result<v1::GetMirrorResponse, Error> {
        let call = |mut service: Service, request| async move { service.get_mirror(request).await };
        self.consolidated(request, call).await
    }

    /// How one derived figure came about.
    pub async fn explain(&self, request: &v1::ExplainCellRequest) -> Result<v1::ExplainCellResponse, Error> {
        let call = |mut service: Service, request| async move { service.explain_cell(request).await };
        self.consolidated(request, call).await
    }

    /// What the choice of the method does.
    pub async fn compare_methods(
        &self,
        request: &v1::CompareMethodsRequest,
    ) -> Result<v1::CompareMethodsResponse, Error> {
        let call = |mut service: Service, request| async move { service.compare_methods(request).await };
        self.consolidated(request, call).await
    }

    /// Shares of governments that hold a view.
    pub async fn shares(&self, request: &v1::GetSharesRequest) -> Result<v1::GetSharesResponse, Error> {
        let call = |mut service: Service, request| async move { service.get_shares(request).await };
        self.consolidated(request, call).await
    }

    /// The parties to a treaty on a day.
    pub async fn parties(&self, request: &v1::GetPartiesRequest) -> Result<v1::GetPartiesResponse, Error> {
        let call = |mut service: Service, request| async move { service.get_parties(request).await };
        self.consolidated(request, call).await
    }

    /// The methods that the hub applies.
    pub async fn methods(&self) -> Result<Vec<v1::Method>, Error> {
        let call = |mut service: Service, request| async move { service.list_methods(request).await };
        Ok(self.consolidated(&v1::ListMethodsRequest {}, call).await?.methods)
    }

    /// Groups of areas, or one of them, with members at all times or on a day; at most `limit`.
    pub async fn groups(&self, group: &str, day: &str, limit: usize) -> Result<Vec<v1::AreaGroup>, Error> {
        pages(limit, |page_token| async move {
            let request = v1::ListGroupsRequest {
                group: group.to_owned(),
                day: day.to_owned(),
                page_size: crate::hub::PAGE_SIZE,
                page_token,
            };
            let call = |mut service: Service, request| async move { service.list_groups(request).await };
            let answer = self.consolidated(&request, call).await?;
            Ok((answer.groups, answer.next_page_token))
        })
        .await
    }

    async fn consolidated<Q, A, F>(&self, request: &Q, call: impl Fn(Service, Q) -> F) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        until_answered(|| call(self.consolidation_service(), request.clone())).await
    }
}

type Service = ConsolidationServiceClient<Gated>;
