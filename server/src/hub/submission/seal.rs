//! Sealing: all has come, so it is judged and, if nothing stands against it, accepted.

use std::sync::PoisonError;

use mighub::block::Digest;
use mighub::v1::{self, ErrorReason, ReceiptOutcome, SubmissionState, record::What};
use mighub_validation::{Checker, Rulebook};

use super::case::Case;
use super::judge::{findings, judge_result};
use super::lane_terms::LaneTerms;
use super::report::{StoredReport, remedy};
use super::withdraw::vintage_ref;
use super::{submission_id, unknown_submission};
use crate::hub::append::{Actor, record};
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::refusal::Refusal;
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Principal};

impl Hub {
    /// SubmissionService.SealSubmission.
    pub fn seal_submission(
        &self,
        principal: &Principal,
        request: &v1::SealSubmissionRequest,
        now: Moment,
    ) -> Result<v1::SealSubmissionResponse, Refusal> {
        let id = &request.submission_id;
        let Some(upload) = self.own_upload(principal, id, now)? else {
            return self.sealed_before(principal, id, now);
        };
        let mut settled = upload.settling.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = &*settled {
            return Ok(answer.clone());
        }
        let missing = upload.missing_count();
        // Presence is looked up again: what was there when the submission was opened may have been swept since.
        if missing > 0 || !upload.case.missing(self).is_empty() {
            let text = format!("{} blocks are missing: open the submission again, upload what it names, and seal it", missing.max(1));
            return Err(Refusal::new(ErrorReason::BlocksMissing, text).about("found", missing));
        }
        let (_, terms) = self.lane_terms(principal, &upload.case.lane, now)?;
        let answer = self.settle(&upload.case, &terms, now)?;
        *settled = Some(answer.clone());
        drop(settled);
        if !upload.case.is_test() && answer.outcome() != ReceiptOutcome::Unchanged {
            // The record has it now.
            self.desk.forget(&submission_id(id)?);
        }
        Ok(answer)
    }

    fn sealed_before(&self, principal: &Principal, id: &str, now: Moment) -> Result<v1::SealSubmissionResponse, Refusal> {
        submission_id(id)?;
        let found = self.readable(principal, id, now)?;
        if found.contents.is_none() {
            return Err(unknown_submission(id));
        }
        let receipt = found.accepted.map(|position| self.receipt_at(position)).transpose()?;
        let outcome = if receipt.is_some() { ReceiptOutcome::Accepted } else { ReceiptOutcome::Unspecified };
        Ok(v1::SealSubmissionResponse { verdict: Some(self.verdict_of(&found)?), receipt, outcome: outcome.into() })
    }

    /// Judges a submission against the lane's head and lets the verdict take effect.
    fn settle(&self, case: &Case, terms: &LaneTerms, now: Moment) -> Result<v1::SealSubmissionResponse, Refusal> {
        let lock = self.desk.lane(&case.lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let head = self.head(&case.lane)?;
        self.check_base(case, head.as_ref())?;
        let naming = terms.naming(self, &case.lane);
        let mut checker = Checker::new(case.definition.data.clone(), terms.terms(now));
        let mut findings = findings();
        let base = self.full_vintage(case, head.as_ref())?;
        let complete = case.header.message.complete_scope.is_some();
        let meets_nothing = base.blocks.is_empty() || complete;
        case.judge(self, &naming, meets_nothing, &mut checker, &mut findings)?;
        let blocks = self.lane_blocks(&case.lane, case.definition.data.shape.clone());
        let mut next = None;
        if !findings.has_errors() {
            let folded = self.fold_onto(case, terms, &base, now)?;
            if !(meets_nothing && case.parts.len() == 1) {
                judge_result(&blocks, &folded.made, &mut checker, &mut findings)?;
            }
            next = Some(folded);
        }
        let observations = match &next {
            Some(folded) => Some(self.counts(&blocks, &base, &folded.vintage)?),
            None => None,
        };
        let mut report = findings.finish().map_err(|error| Refusal::internal(format!("a scratch file failed: {error}")))?;
        let rulebook_digest = Digest::of(Rulebook::built_in().canonical_bytes()).to_bytes();
        let reference = head.as_ref().map(vintage_ref);
        let stored = StoredReport::of(&mut report, v1::Report {
            lane: Some(case.lane.to_message()),
            rulebook_digest: rulebook_digest.clone(),
            structure_digest: case.definition.digest.to_bytes(),
            references: reference
                .iter()
                .map(|vintage| v1::ReferenceVintage { lane: Some(case.lane.to_message()), vintage: Some(vintage.clone()) })
                .collect(),
            ..Default::default()
        })?;
        let counts = report.counts();
        let state = if counts.errors > 0 {
            SubmissionState::NeedsCorrection
        } else if counts.warnings > 0 {
            SubmissionState::NeedsAnswer
        } else if terms.agreement.needs_review {
            SubmissionState::UnderReview
        } else {
            SubmissionState::Accepted
        };
        let contents = v1::SubmissionContents {
            report_digest: stored.digest.to_bytes(),
            rulebook_digest: rulebook_digest.clone(),
            errors: counts.errors,
            warnings: counts.warnings,
            notes: counts.notes,
            observations,
            ..case.contents()
        };
        let verdict = v1::Verdict {
            submission_id: case.id.to_string(),
            state: state.into(),
            findings: stored.message.counts,
            groups: with_unanswered(&stored.message.groups, state),
            report_digest: stored.digest.to_bytes(),
            rulebook_digest,
            reference,
            observations,
            remedy: remedy(state).to_owned(),
        };
        let answer = |receipt, outcome: ReceiptOutcome| v1::SealSubmissionResponse {
            verdict: Some(verdict.clone()),
            receipt,
            outcome: outcome.into(),
        };
        if case.is_test() {
            return Ok(answer(None, ReceiptOutcome::Unspecified));
        }
        match next {
            Some(folded) if state == SubmissionState::Accepted => {
                if let Some(head) = &head
                    && is_unchanged(case, head, &folded.manifest_digest, now)
                {
                    return Ok(answer(Some(self.receipt_of_head(head)?), ReceiptOutcome::Unchanged));
                }
                let defaults_applied = LaneTerms::applied(checker.defaults_applied());
                let receipt =
                    self.accept(case, terms, head.as_ref(), folded, contents, stored, defaults_applied, now)?;
                Ok(answer(Some(receipt), ReceiptOutcome::Accepted))
            }
            _ => {
                let mut objects = case.objects.clone();
                objects.push(object(case.header.signed.header.clone()).1);
                objects.extend(stored.objects);
                let what = What::Verdict(v1::VerdictRecorded { contents: Some(contents), state: state.into() });
                let actor = Actor { agency: case.agency.to_string(), person: case.header.message.person.clone() };
                self.append(None, &[], now, |_| Ok((objects.clone(), record(&actor, what.clone(), now))))?;
                Ok(answer(None, ReceiptOutcome::Unspecified))
            }
        }
    }

    /// Settles a submission again after its warnings were answered: the answers let it pass.
    pub(super) fn settle_answered(
        &self,
        case: &Case,
        terms: &LaneTerms,
        contents: v1::SubmissionContents,
        now: Moment,
    ) -> Result<(v1::Receipt, ReceiptOutcome), Refusal> {
        let lock = self.desk.lane(&case.lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let head = self.head(&case.lane)?;
        self.check_base(case, head.as_ref())?;
        let base = self.full_vintage(case, head.as_ref())?;
        let folded = self.fold_onto(case, terms, &base, now)?;
        if let Some(head) = &head
            && is_unchanged(case, head, &folded.manifest_digest, now)
        {
            return Ok((self.receipt_of_head(head)?, ReceiptOutcome::Unchanged));
        }
        let blocks = self.lane_blocks(&case.lane, case.definition.data.shape.clone());
        let observations = Some(self.counts(&blocks, &base, &folded.vintage)?);
        let contents = v1::SubmissionContents { observations, ..contents };
        let stored = StoredReport {
            digest: Digest::from_slice(&contents.report_digest).unwrap_or(Digest([0; 32])),
            message: v1::Report::default(),
            objects: Vec::new(),
        };
        let receipt = self.accept(case, terms, head.as_ref(), folded, contents, stored, Vec::new(), now)?;
        Ok((receipt, ReceiptOutcome::Accepted))
    }

    /// If the sender built on a vintage that is not the head any more, the two must not touch the same keys.
    fn check_base(&self, case: &Case, head: Option<&Recorded>) -> Result<(), Refusal> {
        let Some(base) = case.header.message.base_position else { return Ok(()) };
        let Some(head) = head.filter(|head| head.position != base) else { return Ok(()) };
        let before = self.vintage_recorded_at(&case.lane, base)?;
        if self.touch_the_same(case, before.as_ref(), head)? {
            let text = "the lane has a newer vintage that touches the same series: look at it with `mighub diff`, and \
                        push the file again";
            let refusal = Refusal::new(ErrorReason::HeadMoved, text);
            return Err(refusal.about("expected", base).about("found", head.position));
        }
        Ok(())
    }

    /// The receipt of what a head's state came from.
    fn receipt_of_head(&self, head: &Recorded) -> Result<v1::Receipt, Refusal> {
        let found: Option<crate::hub::rows::SubmissionRow> =
            crate::hub::reduce::row(&*self.view, &crate::hub::rows::submission_key(&head.row.submission_id))?;
        let accepted = found.and_then(|found| found.accepted);
        self.receipt_at(accepted.ok_or_else(|| Refusal::internal("a vintage has no receipt"))?)
    }
}

/// Whether a submission would change nothing, now or when an embargo ends.
fn is_unchanged(case: &Case, head: &Recorded, manifest: &Digest, now: Moment) -> bool {
    let edition = case.header.message.edition.as_ref().map(|edition| &edition.label[..]).unwrap_or_default();
    head.manifest() == Some(*manifest)
        && (edition.is_empty() || edition == head.row.edition)
        && case.header.embargo(now).is_none()
        && head.releases(now).next().is_none()
}

fn with_unanswered(groups: &[v1::FindingGroup], state: SubmissionState) -> Vec<v1::FindingGroup> {
    let mut groups = groups.to_vec();
    for group in &mut groups {
        let waits = state == SubmissionState::NeedsAnswer && group.severity() == v1::Severity::Warning;
        group.unanswered = if waits { group.count } else { 0 };
    }
    groups
}
