//! Taking reports in.

use std::sync::PoisonError;

use mighub::convert::{source_finding_message, source_report_draft, source_report_message};
use mighub::v1::{self, record::What};
use mighub_sdmx::source_report::{Accuracy, SourceFindings, SourceReport, Undercount, check};
use prost::Message;

use super::LANE_REPORTS_MAX;
use super::admitted::foreign;
use super::reported::{Records, Reported, in_force};
use crate::hub::Hub;
use crate::hub::append::{Actor, record};
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::permit::{Permit, Submit};
use crate::hub::refusal::Refusal;
use crate::hub::release::{person, reason_if_any};
use crate::hub::rights::{lane_not_permitted, unauthenticated};

impl Hub {
    /// MetadataService.PutReports.
    pub fn put_reports(
        &self,
        permit: &Permit<Submit>,
        request: &v1::PutReportsRequest,
        now: Moment,
    ) -> Result<v1::PutReportsResponse, Refusal> {
        let agency = permit.principal().agency.as_ref().ok_or_else(unauthenticated)?;
        let person = person(&request.person)?;
        let reason = reason_if_any(&request.reason)?;
        let lane = &permit.operation().0;
        if request.reports.is_empty() {
            return Err(Refusal::malformed("reports", "there are no reports: send at least one"));
        }
        if !request.dry_run {
            self.count_sent(agency, request.encoded_len() as u64, now)?;
        }
        let reports = match self.checked(lane, &request.reports, now)? {
            Ok(reports) => reports,
            Err(findings) => return Ok(refused(&findings)),
        };
        // Two calls at a time must not both find that something is new.
        let lock = self.desk.lane(lane);
        let _one_at_a_time = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.reported(lane, u64::MAX)?;
        let before = all.len();
        let said = self.said(&in_force(all), &reports)?;
        let new: Vec<&SourceReport> =
            reports.iter().zip(said).filter(|(_, is_said)| !is_said).map(|(report, _)| report).collect();
        let mut answer = v1::PutReportsResponse {
            recorded: count(new.len()),
            as_before: count(reports.len() - new.len()),
            ..Default::default()
        };
        if new.is_empty() || request.dry_run {
            return Ok(answer);
        }
        if before + new.len() > LANE_REPORTS_MAX {
            let text = format!("{lane} has {before} reports: report of longer ranges of periods");
            return Err(Refusal::limit(LANE_REPORTS_MAX as u64, (before + new.len()) as u64, text));
        }
        answer.position =
            Some(self.record_reports(lane, &new, &reason, Actor::of(permit.principal(), person), now)?);
        Ok(answer)
    }

    /// The reports of messages, or all that is wrong with them.
    fn checked(
        &self,
        lane: &LaneId,
        messages: &[v1::SourceReport],
        now: Moment,
    ) -> Result<Result<Vec<SourceReport>, SourceFindings>, Refusal> {
        let drafts: Vec<_> = messages
            .iter()
            .zip(1..)
            .map(|(message, row)| source_report_draft(message.clone(), row))
            .collect();
        let definition = self.definition(&lane.dataflow)?.data;
        let rights = self.rights();
        let agreement = rights.agreement_on(lane, u64::MAX, now);
        // It ended since the call was permitted.
        let agreement = agreement.ok_or_else(|| lane_not_permitted(&lane.provider, lane))?;
        Ok(check(&drafts).and_then(|reports| {
            let findings = foreign(&reports, &definition, agreement);
            if findings.is_empty() { Ok(reports) } else { Err(findings) }
        }))
    }

    /// Of each report, whether the one that counts for its periods is for these alone, and says the very same.
    fn said(&self, in_force: &[Reported], reports: &[SourceReport]) -> Result<Vec<bool>, Refusal> {
        let mut records = Records::default();
        let mut said = Vec::with_capacity(reports.len());
        for report in reports {
            // The newest first: if a later one covers a part, what was said before must be said again to count there.
            let counting = in_force.iter().find(|known| {
                known.area == report.area()
                    && known.direction == report.direction()
                    && known.periods.overlaps(report.periods())
            });
            let before = match counting.filter(|known| known.periods == *report.periods()) {
                Some(known) => {
                    records.of(self, known.position)?.and_then(|recorded| recorded.report(known.number))
                }
                None => None,
            };
            said.push(before == Some(&source_report_message(report)));
        }
        Ok(said)
    }

    fn record_reports(
        &self,
        lane: &LaneId,
        reports: &[&SourceReport],
        reason: &str,
        actor: Actor,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let messages: Vec<v1::SourceReport> =
            reports.iter().map(|report| source_report_message(report)).collect();
        let source = |(report, message): (&&SourceReport, &v1::SourceReport)| v1::ReportedSource {
            ref_area: message.ref_area.clone(),
            flow_dir: message.flow_dir.clone(),
            start_period: message.start_period.clone(),
            end_period: message.end_period.clone(),
            undercount: report.undercount().map_or("", Undercount::code).to_owned(),
            accuracy: report.accuracy().map_or("", Accuracy::code).to_owned(),
        };
        let sources = reports.iter().zip(&messages).map(source).collect();
        let (digest, stored) = object(v1::SourceReports { reports: messages }.encode_to_vec());
        let what = What::MetadataReported(v1::MetadataReported {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            reports_digest: digest.to_bytes(),
            sources,
            reason: reason.to_owned(),
        });
        let mut present = Vec::new();
        let objects = self.stored_or_small(vec![stored], &mut present, now)?;
        self.append(None, &present, now, |_| Ok((objects.clone(), record(&actor, what.clone(), now))))
    }
}

fn refused(findings: &SourceFindings) -> v1::PutReportsResponse {
    v1::PutReportsResponse {
        findings: findings.listed().iter().map(source_finding_message).collect(),
        findings_left_out: findings.left_out(),
        ..Default::default()
    }
}

/// A number of reports; they are limited far below.
fn count(reports: usize) -> u32 {
    u32::try_from(reports).unwrap_or(u32::MAX)
}
