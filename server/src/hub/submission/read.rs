//! What offices, reviewers and auditors may read about submissions.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::id::SubmissionId;
use mighub::v1::{self, ErrorReason, SubmissionState};
use prost::Message;

use super::upload::OpenUpload;
use super::{submission_id, unknown_submission};
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::objects::content;
use crate::hub::pages::Page;
use crate::hub::permit::{Enrolled, FollowOne, FollowSent, Permit};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{HistoryRow, SUBMISSIONS_BY_TIME, SubmissionRow, falling_position, submission_key};
use crate::hub::{Hub, Principal};

/// Submissions looked at for one page, at most, whoever they belong to: then the page is short.
const LOOKED_AT_MAX: usize = 10_000;
/// Submissions read from the view at a time.
const SCAN: usize = 256;
/// Page tokens that name an open submission begin so; the others are keys of the view.
const OPEN: &str = "open ";

impl Hub {
    /// A submission that was judged.
    pub(in crate::hub) fn judged(&self, id: &str) -> Result<SubmissionRow, Refusal> {
        row(&*self.view, &submission_key(id))?.ok_or_else(|| unknown_submission(id))
    }

    /// The lane of a submission, open or judged, and the agency that sent it.
    pub(in crate::hub) fn place_of_submission(
        &self,
        id: &str,
        now: Moment,
    ) -> Result<Option<(LaneId, String)>, Refusal> {
        if let Some(upload) = self.desk.upload(&submission_id(id)?, now) {
            return Ok(Some((upload.case.lane.clone(), upload.case.agency.to_string())));
        }
        let found: Option<SubmissionRow> = row(&*self.view, &submission_key(id))?;
        Ok(found.and_then(|found| Some((lane_of(&found)?, found.agency))))
    }

    /// The state of a submission at a moment, with what follows from its lane.
    pub(super) fn state_of(
        &self,
        submission: &SubmissionRow,
        now: Moment,
    ) -> Result<SubmissionState, Refusal> {
        let stored = SubmissionState::try_from(submission.state).unwrap_or_default();
        let (SubmissionState::Accepted, Some(lane)) = (stored, lane_of(submission)) else {
            return Ok(stored);
        };
        let id = submission.contents.as_ref().map(|contents| &contents.submission_id);
        let head = self.head(&lane)?.filter(|head| Some(&head.row.submission_id) == id);
        Ok(match head {
            None => SubmissionState::Superseded,
            Some(head) if head.releases(now).next().is_some() => SubmissionState::Accepted,
            Some(_) => SubmissionState::Released,
        })
    }

    /// Whether a submission was accepted in a lane.
    pub(in crate::hub) fn accepted_in(&self, lane: &LaneId, id: &str) -> Result<bool, Refusal> {
        let found: Option<SubmissionRow> = row(&*self.view, &submission_key(id))?;
        Ok(found.is_some_and(|found| found.accepted.is_some() && lane_of(&found).as_ref() == Some(lane)))
    }

    /// SubmissionService.GetSubmission.
    pub fn get_submission(
        &self,
        _permit: &Permit<FollowOne>,
        request: &v1::GetSubmissionRequest,
        now: Moment,
    ) -> Result<v1::GetSubmissionResponse, Refusal> {
        let id = &request.submission_id;
        if let Some(upload) = self.desk.upload(&submission_id(id)?, now) {
            let submission = v1::Submission {
                summary: Some(open_summary(&upload)),
                signed_header: Some(upload.case.header.signed.clone()),
                verdict: upload.verdict(),
                expires_at: Some(upload.expires().to_message()),
                missing_count: upload.missing_count() as u32,
                ..Default::default()
            };
            return Ok(v1::GetSubmissionResponse { submission: Some(submission) });
        }
        let found = self.judged(id)?;
        let contents = found.contents.clone().unwrap_or_default();
        let verdict = self.verdict_of(&found, now)?;
        let answers = found.answers.iter().map(|digest| {
            let bytes = content(&self.store, digest)?;
            v1::AnswerFindingsRequest::decode(bytes).map_err(|error| Refusal::internal(error.to_string()))
        });
        let answers = answers.collect::<Result<Vec<_>, _>>()?;
        let submission = v1::Submission {
            summary: Some(self.summary(&found, now)?),
            signed_header: Some(v1::SignedHeader {
                header: content(&self.store, &contents.header_digest)?,
                signature: contents.header_signature.clone(),
                signing_key_id: mighub::block::Digest::of(&contents.signing_key).to_bytes(),
            }),
            verdict: Some(verdict),
            receipt: found.accepted.map(|position| self.receipt_at(position)).transpose()?,
            answers: answers.into_iter().flat_map(|request| request.answers).collect(),
            history: found.history.iter().map(change_message).collect(),
            ..Default::default()
        };
        Ok(v1::GetSubmissionResponse { submission: Some(submission) })
    }

    /// The state of a submission, for those who watch it.
    pub fn submission_state(
        &self,
        permit: &Permit<FollowOne>,
        now: Moment,
    ) -> Result<v1::StateChange, Refusal> {
        let FollowOne(id) = permit.operation();
        if let Some(upload) = self.desk.upload(&submission_id(id)?, now) {
            return Ok(v1::StateChange {
                time: Some(upload.opened.to_message()),
                state: upload.state().into(),
                ..Default::default()
            });
        }
        let found = self.judged(id)?;
        let mut change = found.history.last().map(change_message).unwrap_or_default();
        change.state = self.state_of(&found, now)?.into();
        Ok(change)
    }

    /// SubmissionService.ListSubmissions.
    pub fn list_submissions(
        &self,
        permit: &Permit<Enrolled>,
        request: &v1::ListSubmissionsRequest,
        now: Moment,
    ) -> Result<v1::ListSubmissionsResponse, Refusal> {
        let principal = permit.principal();
        let page = Page::read(request.page_size, &request.page_token)?;
        let refuse =
            || Refusal::new(ErrorReason::PageTokenMalformed, "the page token is not one of this list");
        let mut after = Vec::new();
        let mut submissions = Vec::new();
        let behind = page.after.strip_prefix(OPEN);
        if page.after.is_empty() || behind.is_some() {
            let behind = behind.map(|place| open_place(place).ok_or_else(refuse)).transpose()?;
            let mut open = self.open_submissions(principal, request, behind, now);
            open.truncate(page.size);
            submissions.extend(open.iter().map(|upload| open_summary(upload)));
            if let Some(last) = open.last().filter(|_| open.len() == page.size) {
                let next_page_token = Page::token(&format!("{OPEN}{} {}", last.opened.0, last.case.id));
                return Ok(v1::ListSubmissionsResponse { submissions, next_page_token });
            }
        } else {
            after = data_encoding::HEXLOWER.decode(page.after.as_bytes()).map_err(|_| refuse())?;
            if !after.starts_with(SUBMISSIONS_BY_TIME) || falling_position(&after).is_none() {
                return Err(refuse());
            }
        }
        let mut looked_at = 0;
        loop {
            let found = self.view.scan(SUBMISSIONS_BY_TIME, &after, SCAN)?;
            let is_last = found.len() < SCAN;
            for (key, id) in found {
                looked_at += 1;
                let id = String::from_utf8_lossy(&id).into_owned();
                after = key;
                let found = self.judged(&id)?;
                let sender = &found.agency;
                if lane_of(&found).is_some_and(|lane| self.follows(principal, lane, sender, now)) {
                    let summary = self.summary(&found, now)?;
                    if is_asked(request, &summary) {
                        submissions.push(summary);
                    }
                }
                if submissions.len() >= page.size || looked_at >= LOOKED_AT_MAX {
                    let next_page_token = Page::token(&data_encoding::HEXLOWER.encode(&after));
                    return Ok(v1::ListSubmissionsResponse { submissions, next_page_token });
                }
            }
            if is_last {
                return Ok(v1::ListSubmissionsResponse { submissions, next_page_token: String::new() });
            }
        }
    }

    /// Submissions that are no records yet, newest first, behind one of them.
    fn open_submissions(
        &self,
        principal: &Principal,
        request: &v1::ListSubmissionsRequest,
        behind: Option<(Moment, SubmissionId)>,
        now: Moment,
    ) -> Vec<Arc<OpenUpload>> {
        let place = |upload: &OpenUpload| (upload.opened, upload.case.id);
        let mut open = self.desk.open_uploads();
        open.retain(|upload| {
            behind.is_none_or(|behind| place(upload) < behind)
                && self.follows(principal, upload.case.lane.clone(), &upload.case.agency, now)
                && is_asked(request, &open_summary(upload))
        });
        open.sort_by_key(|upload| Reverse(place(upload)));
        open
    }

    fn follows(&self, principal: &Principal, lane: LaneId, sender: &str, now: Moment) -> bool {
        self.authorise(principal, FollowSent { lane, sender: sender.to_owned() }, now).is_ok()
    }

    fn summary(&self, found: &SubmissionRow, now: Moment) -> Result<v1::SubmissionSummary, Refusal> {
        let contents = found.contents.clone().unwrap_or_default();
        let header = content(&self.store, &contents.header_digest)?;
        let header =
            v1::SubmissionHeader::decode(header).map_err(|error| Refusal::internal(error.to_string()))?;
        let (first, last) = (found.history.first(), found.history.last());
        Ok(v1::SubmissionSummary {
            submission_id: contents.submission_id.clone(),
            lane: header.lane.clone(),
            state: self.state_of(found, now)?.into(),
            state_time: last.map(|last| Moment(last.time_ms).to_message()),
            opened_time: first.map(|first| Moment(first.time_ms).to_message()),
            agency: found.agency.clone(),
            person: header.person,
            kind: contents.kind,
            reason: contents.reason.clone(),
            test: header.test,
            findings: Some(counts(&contents)),
            observations: found.observations,
            position: found.accepted,
            embargo_time: header.embargo_time,
            edition: header.edition,
        })
    }

    /// SubmissionService.ListFindings.
    pub fn list_findings(
        &self,
        _permit: &Permit<FollowOne>,
        request: &v1::ListFindingsRequest,
        now: Moment,
    ) -> Result<v1::ListFindingsResponse, Refusal> {
        let id = &request.submission_id;
        if let Some(upload) = self.desk.upload(&submission_id(id)?, now) {
            return match upload.verdict() {
                Some(verdict) => self.findings_of_verdict(&verdict, request),
                None => Ok(v1::ListFindingsResponse::default()),
            };
        }
        let found = self.judged(id)?;
        self.findings_of(&found, request)
    }
}

/// The lane of a submission.
pub(super) fn lane_of(submission: &SubmissionRow) -> Option<LaneId> {
    let contents = submission.contents.as_ref()?;
    Some(LaneId {
        dataflow: dataflow("dataflow", &contents.dataflow).ok()?,
        provider: agency("provider", &contents.provider).ok()?,
    })
}

/// Numbers of findings.
pub(super) fn counts(contents: &v1::SubmissionContents) -> v1::FindingCounts {
    v1::FindingCounts { errors: contents.errors, warnings: contents.warnings, notes: contents.notes }
}

fn is_asked(request: &v1::ListSubmissionsRequest, summary: &v1::SubmissionSummary) -> bool {
    let lane = summary.lane.clone().unwrap_or_default();
    let opened = summary.opened_time.as_ref().map_or(Moment::BEGINNING, Moment::of_message);
    let states: BTreeSet<i32> = request.states.iter().copied().collect();
    (request.dataflow.is_empty() || request.dataflow == lane.dataflow)
        && (request.provider.is_empty() || request.provider == lane.provider)
        && (states.is_empty() || states.contains(&summary.state))
        && request.opened_from.as_ref().is_none_or(|from| Moment::of_message(from) <= opened)
        && request.opened_before.as_ref().is_none_or(|before| opened < Moment::of_message(before))
}

/// Where a page of open submissions ended.
fn open_place(text: &str) -> Option<(Moment, SubmissionId)> {
    let (opened, id) = text.split_once(' ')?;
    Some((Moment(opened.parse().ok()?), submission_id(id).ok()?))
}

fn open_summary(upload: &OpenUpload) -> v1::SubmissionSummary {
    let header = &upload.case.header.message;
    let verdict = upload.verdict();
    v1::SubmissionSummary {
        submission_id: header.submission_id.clone(),
        lane: header.lane.clone(),
        state: upload.state().into(),
        findings: verdict.as_ref().and_then(|verdict| verdict.findings),
        observations: verdict.as_ref().and_then(|verdict| verdict.observations),
        state_time: Some(upload.opened.to_message()),
        opened_time: Some(upload.opened.to_message()),
        agency: header.agency.clone(),
        person: header.person.clone(),
        kind: header.kind,
        reason: header.reason.clone(),
        test: header.test,
        embargo_time: header.embargo_time,
        edition: header.edition.clone(),
        ..Default::default()
    }
}

fn change_message(history: &HistoryRow) -> v1::StateChange {
    v1::StateChange {
        time: Some(Moment(history.time_ms).to_message()),
        state: history.state,
        agency: history.agency.clone(),
        person: history.person.clone(),
        reason: history.reason.clone(),
    }
}
