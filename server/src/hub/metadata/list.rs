//! Giving reports out.

use std::collections::BTreeSet;

use mighub::v1::{self, ErrorReason, point};
use mighub_sdmx::Period;
use mighub_sdmx::source_report::{Accuracy, SourceRank, Undercount};
use mighub_sdmx::structure::{AgencyId, Reference};

use super::reported::{Recorded, Records, Reported, in_force};
use crate::hub::Hub;
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::pages::Page;
use crate::hub::permit::{Permit, Read};
use crate::hub::refusal::Refusal;
use crate::hub::rows::{SOURCES, source_key, source_lane};

/// Providers that a request may name.
const PROVIDERS_MAX: usize = 1_000;

impl Hub {
    /// MetadataService.ListReports.
    pub fn list_reports(
        &self,
        permit: &Permit<Read>,
        request: &v1::ListReportsRequest,
        now: Moment,
    ) -> Result<v1::ListReportsResponse, Refusal> {
        let asked = Asked::read(request)?;
        let page = Page::read(request.page_size, &request.page_token)?;
        let (position, _) = self.positions_asked(request.point.as_ref(), now)?;
        let mut found = Vec::new();
        for lane in self.lanes_with_reports()? {
            if !asked.is_about(&lane) || !self.shows_reports(permit.principal(), &lane, now) {
                continue;
            }
            let reports = in_force(self.reported(&lane, position)?);
            found.extend(
                reports
                    .into_iter()
                    .filter(|report| asked.asks_for(report))
                    .map(|report| (lane.clone(), report)),
            );
        }
        found.sort_by_cached_key(|(lane, report)| name(lane, report));
        let (found, next_page_token) = page.cut(found, |(lane, report)| name(lane, report));
        let mut records = Records::default();
        let mut reports = Vec::with_capacity(found.len());
        for (_, report) in &found {
            let recorded = records.of(self, report.position)?;
            let message = recorded.and_then(|recorded| recorded.message(report.position, report.number));
            reports.push(message.ok_or_else(|| Refusal::internal("a report is not in its record"))?);
        }
        Ok(v1::ListReportsResponse { reports, next_page_token })
    }

    /// MetadataService.GetReport.
    pub fn get_report(
        &self,
        permit: &Permit<Read>,
        request: &v1::GetReportRequest,
        now: Moment,
    ) -> Result<v1::GetReportResponse, Refusal> {
        let recorded = self.recorded_reports(request.position)?;
        let visible = recorded.filter(|recorded| self.shows_reports(permit.principal(), &recorded.lane, now));
        let report = visible.and_then(|recorded| recorded.message(request.position, request.number));
        let report = report.ok_or_else(|| {
            let text = "there is no such report: `mighub metadata list` shows those there are";
            Refusal::new(ErrorReason::UnknownReport, text).about("position", request.position)
        })?;
        Ok(v1::GetReportResponse { report: Some(report) })
    }

    /// Lanes of which something was ever reported, in the order of their names.
    fn lanes_with_reports(&self) -> Result<Vec<LaneId>, Refusal> {
        let mut lanes = Vec::new();
        let mut after = Vec::new();
        // From lane to lane, and not through all reports of each.
        while let Some((key, _)) = self.view.scan(SOURCES, &after, 1)?.pop() {
            let lane =
                source_lane(&key).ok_or_else(|| Refusal::internal("a report in the view has no lane"))?;
            after = source_key(&lane, 0, u32::MAX);
            lanes.push(lane);
        }
        Ok(lanes)
    }
}

/// A request, read.
struct Asked {
    dataflow: Option<Reference>,
    providers: BTreeSet<AgencyId>,
    area: Option<String>,
    direction: Option<String>,
    period: Option<Period>,
}

impl Asked {
    fn read(request: &v1::ListReportsRequest) -> Result<Self, Refusal> {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        if let Some(point::At::Edition(_)) = request.point.as_ref().and_then(|point| point.at.as_ref()) {
            let text = "reports have no editions: name an instant or a position";
            return Err(Refusal::malformed("point.edition", text));
        }
        if request.providers.len() > PROVIDERS_MAX {
            let text = format!("at most {PROVIDERS_MAX} providers: name none for all");
            return Err(Refusal::limit(PROVIDERS_MAX as u64, request.providers.len() as u64, text));
        }
        let period = given(&request.period).map(|text| {
            Period::parse(text.as_bytes()).map_err(|error| {
                Refusal::new(ErrorReason::PeriodMalformed, format!("{text:?}: {error}")).of_field("period")
            })
        });
        Ok(Self {
            dataflow: given(&request.dataflow).map(|text| dataflow("dataflow", &text)).transpose()?,
            providers: request
                .providers
                .iter()
                .map(|text| agency("providers", text))
                .collect::<Result<_, _>>()?,
            area: given(&request.ref_area),
            direction: given(&request.flow_dir),
            period: period.transpose()?,
        })
    }

    fn is_about(&self, lane: &LaneId) -> bool {
        self.dataflow.as_ref().is_none_or(|dataflow| *dataflow == lane.dataflow)
            && (self.providers.is_empty() || self.providers.contains(&lane.provider))
    }

    fn asks_for(&self, report: &Reported) -> bool {
        self.area.as_ref().is_none_or(|area| *area == report.area)
            && self.direction.as_ref().is_none_or(|direction| *direction == report.direction)
            && self.period.is_none_or(|period| report.periods.covers(period))
    }
}

impl Recorded {
    /// One of its reports.
    fn message(&self, position: u64, number: u32) -> Option<v1::RecordedReport> {
        let report = self.report(number)?;
        let grades = (Undercount::of_code(&report.undercount), Accuracy::of_code(&report.accuracy));
        Some(v1::RecordedReport {
            lane: Some(self.lane.to_message()),
            position,
            number,
            effective_time: Some(self.effective.to_message()),
            agency: self.agency.clone(),
            report: Some(report.clone()),
            rank: SourceRank::of(grades.0, grades.1).get().into(),
        })
    }
}

/// By what reports are sorted: lane, area, direction, and from when on they hold; the place tells one from all others.
fn name(lane: &LaneId, report: &Reported) -> String {
    // Shifted so that instants before 1970 come before those after.
    let start = report.periods.start().wrapping_sub(i64::MIN).cast_unsigned();
    format!(
        "{lane}\u{0}{}\u{0}{}\u{0}{start:020}\u{0}{:020}\u{0}{:010}",
        report.area, report.direction, report.position, report.number
    )
}
