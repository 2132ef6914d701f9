//! Reports about sources: read from files, sent, and fetched.

use std::fs::File;
use std::future::Future;
use std::path::Path;

use mighub::convert::{source_report_draft, source_report_message};
use mighub::v1;
use mighub::v1::metadata_service_client::MetadataServiceClient;
use mighub_sdmx::source_report::{self, SourceFindings, SourceReport, check};
use tonic::{Response, Status};

use crate::error::Error;
use crate::evidence::Gated;
use crate::hub::retry::until_answered;
use crate::hub::{Hub, pages};
use crate::pull::At;
use crate::release::Decided;

/// Which reports are asked for.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Of this dataflow, as AGENCY:ID(VERSION); empty: of all.
    pub dataflow: String,
    /// Of these providers; none: of all.
    pub providers: Vec<String>,
    /// Of this area; empty: of all.
    pub area: String,
    /// Of this direction; empty: of all.
    pub direction: String,
    /// Those whose range covers this period; empty: all.
    pub period: String,
}

/// The reports of a file, with the rows they stand in.
#[derive(Clone, Debug)]
pub struct ReportsFile {
    rows: Vec<u64>,
    reports: Vec<SourceReport>,
}

impl ReportsFile {
    /// Reads a file, CSV or an SDMX-JSON metadata message, and checks it; with `area` only the reports of that area. What
    /// is wrong with it is the inner error.
    pub fn read(path: &Path, area: Option<&str>) -> Result<Result<Self, SourceFindings>, Error> {
        let file = File::open(path).map_err(Error::file(path))?;
        let read = source_report::read(file);
        let read = read.map_err(|source| Error::Reports { name: path.display().to_string(), source })?;
        if !read.findings.is_empty() {
            return Ok(Err(read.findings));
        }
        let mut drafts = read.drafts;
        drafts.retain(|draft| area.is_none_or(|area| draft.area.trim() == area));
        let rows = drafts.iter().map(|draft| draft.row).collect();
        Ok(check(&drafts).map(|reports| Self { rows, reports }))
    }

    /// The reports, in the order of the file.
    pub fn reports(&self) -> &[SourceReport] {
        &self.reports
    }

    /// The row of a report that the hub names by its place from 1; 0 for the whole file.
    pub fn row(&self, place: u32) -> u64 {
        let place = (place as usize).checked_sub(1);
        place.and_then(|place| self.rows.get(place)).copied().unwrap_or(0)
    }
}

/// A report that came from a hub.
pub fn source_report(message: &v1::SourceReport) -> Result<SourceReport, Error> {
    let checked = check(&[source_report_draft(message.clone(), 1)]);
    let report = checked.map(|mut reports| reports.pop()).map_err(|findings| {
        let first = findings.listed().first().map(ToString::to_string).unwrap_or_default();
        Error::Contract(format!(
            "a report about a source has a value that this program does not know: {first}"
        ))
    })?;
    report.ok_or_else(|| Error::Contract("no report came".to_owned()))
}

impl Hub {
    /// Sends reports of a lane, all of them or none; with `dry_run` they are only checked. Findings are part of the
    /// answer.
    pub async fn put_reports(
        &self,
        lane: &v1::Lane,
        reports: &[SourceReport],
        dry_run: bool,
        decided: &Decided,
    ) -> Result<v1::PutReportsResponse, Error> {
        let request = v1::PutReportsRequest {
            lane: Some(lane.clone()),
            reports: reports.iter().map(source_report_message).collect(),
            dry_run,
            reason: decided.reason.clone(),
            person: decided.person.clone(),
        };
        self.metadata(request, |mut service, request| async move { service.put_reports(request).await }).await
    }

    /// Reports that count at a point, at most `limit`; by lane, area, direction, and from when on they hold.
    pub async fn reports(
        &self,
        filter: &ReportFilter,
        at: &At,
        limit: usize,
    ) -> Result<Vec<v1::RecordedReport>, Error> {
        pages(limit, |page_token| async move {
            let request = v1::ListReportsRequest {
                dataflow: filter.dataflow.clone(),
                providers: filter.providers.clone(),
                ref_area: filter.area.clone(),
                flow_dir: filter.direction.clone(),
                period: filter.period.clone(),
                point: at.message(),
                page_size: crate::hub::PAGE_SIZE,
                page_token,
            };
            let call = |mut service: Metadata, request| async move { service.list_reports(request).await };
            let answer = self.metadata(request, call).await?;
            Ok((answer.reports, answer.next_page_token))
        })
        .await
    }

    /// One report, whether it still counts or not, by the position of its record and its number there.
    pub async fn report_at(&self, position: u64, number: u32) -> Result<v1::RecordedReport, Error> {
        let request = v1::GetReportRequest { position, number };
        let call = |mut service: Metadata, request| async move { service.get_report(request).await };
        let answer = self.metadata(request, call).await?;
        answer.report.ok_or_else(|| Error::Contract("no report came".to_owned()))
    }

    async fn metadata<Q, A, F>(&self, request: Q, call: impl Fn(Metadata, Q) -> F) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        until_answered(|| call(self.metadata_service(), request.clone())).await
    }
}

type Metadata = MetadataServiceClient<Gated>;
