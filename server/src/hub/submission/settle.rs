//! What a submission comes to: judged against a head, and what is recorded of it.

use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::{self, ReceiptOutcome, SubmissionState, record::What};
use mighub_validation::Checker;

use super::accept::{Acceptance, Folded};
use super::case::Case;
use super::judge::{findings, judge_left_out, judge_result};
use super::lane_terms::LaneTerms;
use super::levels::States;
use super::report::{Answers, StoredReport, remedy};
use super::withdraw::vintage_ref;
use crate::hub::Hub;
use crate::hub::append::{Actor, record};
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::objects::object;
use crate::hub::refusal::Refusal;
use crate::hub::vintages::Recorded;

/// What a submission is judged by and against. The lane's lock is held from here to the record.
pub(super) struct Hearing<'a> {
    pub(super) case: &'a Case,
    pub(super) terms: &'a LaneTerms,
    pub(super) head: Option<Recorded>,
    /// Answers that were given already.
    pub(super) answers: Answers,
    /// What the hub itself has to say, as a warning.
    pub(super) also: Option<v1::Finding>,
    /// Whether a reviewer consented.
    pub(super) is_reviewed: bool,
    pub(super) now: Moment,
}

/// What the judge found.
pub(super) struct Judged {
    state: SubmissionState,
    contents: v1::SubmissionContents,
    report: StoredReport,
    reference: Option<v1::VintageRef>,
    /// The next vintage, if there are no errors.
    folded: Option<Folded>,
    defaults_applied: Vec<v1::AttributeDefault>,
}

impl Judged {
    fn verdict(&self) -> v1::Verdict {
        v1::Verdict {
            submission_id: self.contents.submission_id.clone(),
            state: self.state.into(),
            findings: self.report.message.counts,
            groups: self.report.groups(self.state),
            report_digest: self.report.digest.to_bytes(),
            rulebook_digest: self.contents.rulebook_digest.clone(),
            reference: self.reference.clone(),
            observations: self.contents.observations,
            remedy: remedy(self.state).to_owned(),
        }
    }
}

impl Hub {
    /// Judges a submission and lets the verdict take effect.
    pub(super) fn settle(&self, hearing: &Hearing<'_>) -> Result<v1::SealSubmissionResponse, Refusal> {
        let Hearing { case, terms, head, now, .. } = hearing;
        let mut judged = self.judge(hearing)?;
        let unchanged = judged.folded.as_ref().zip(head.as_ref());
        let unchanged =
            unchanged.filter(|(folded, head)| is_unchanged(case, head, &folded.manifest_digest, *now));
        if let Some((_, head)) = unchanged.filter(|_| !case.is_test()) {
            // What is there already was answered for when it came.
            let receipt = Some(self.receipt_of_head(head)?);
            judged.state = SubmissionState::Accepted;
            self.keep(std::mem::take(&mut judged.report.objects), *now)?;
            let outcome = ReceiptOutcome::Unchanged.into();
            return Ok(v1::SealSubmissionResponse { verdict: Some(judged.verdict()), receipt, outcome });
        }
        let verdict = judged.verdict();
        let answer = |receipt, outcome: ReceiptOutcome| v1::SealSubmissionResponse {
            verdict: Some(verdict),
            receipt,
            outcome: outcome.into(),
        };
        if case.is_test() {
            // In no record, so that it is swept in a week; until then the office can read its findings.
            self.keep(judged.report.objects, *now)?;
            return Ok(answer(None, ReceiptOutcome::Unspecified));
        }
        match judged.folded {
            Some(folded) if judged.state == SubmissionState::Accepted => {
                let receipt = self.accept(Acceptance {
                    case,
                    terms,
                    head: head.as_ref(),
                    folded,
                    contents: judged.contents,
                    report: judged.report.objects,
                    defaults_applied: judged.defaults_applied,
                    now: *now,
                })?;
                Ok(answer(Some(receipt), ReceiptOutcome::Accepted))
            }
            _ => {
                let mut objects = case.objects.clone();
                objects.push(object(case.header.signed.header.clone()).1);
                objects.extend(judged.report.objects);
                let contents = Some(judged.contents);
                let what = What::Verdict(v1::VerdictRecorded { contents, state: judged.state.into() });
                let actor =
                    Actor { agency: case.agency.to_string(), person: case.header.message.person.clone() };
                let mut present = self.places(&case.lane, &case.blocks);
                let objects = self.stored_or_small(objects, &mut present, *now)?;
                self.append(None, &present, *now, |_| {
                    Ok((objects.clone(), record(&actor, what.clone(), *now)))
                })?;
                Ok(answer(None, ReceiptOutcome::Unspecified))
            }
        }
    }

    fn judge(&self, hearing: &Hearing<'_>) -> Result<Judged, Refusal> {
        let Hearing { case, terms, head, answers, also, is_reviewed, now } = hearing;
        let naming = terms.naming(self, &case.lane);
        let mut checker = Checker::new(case.definition.data.clone(), terms.terms(*now));
        let mut findings = findings();
        let base = self.full_vintage(case, head.as_ref())?;
        let scope = case.header.complete_scope(case.definition.data.dimensions.len())?;
        // Rows meet nothing where nothing is, or where all that is gives way to them.
        let clears =
            scope.as_ref().is_some_and(|scope| case.blocks.iter().all(|block| block.all_match(scope)));
        let is_whole = (base.blocks.is_empty() || clears) && case.parts.len() == 1;
        case.judge(self, &naming, is_whole, &mut checker, &mut findings)?;
        let blocks = self.lane_blocks(&case.lane, case.definition.data.shape.clone());
        let mut folded = None;
        let mut observations = None;
        let rulebook = self.present_rulebook(&case.lane.dataflow)?;
        let mut read = Vec::new();
        if !findings.has_errors() {
            let next = self.fold_onto(case, terms, &base, *now)?;
            if !is_whole {
                judge_result(&blocks, &base, &next.vintage, &mut checker, &mut findings)?;
                judge_left_out(case, &blocks, &next.vintage, &mut checker, &mut findings)?;
            }
            observations = Some(self.counts(&blocks, &base, &next.vintage)?);
            if !findings.has_errors()
                && let Some(prepared) = &rulebook.prepared
            {
                let states = States {
                    lane: &case.lane,
                    definition: &case.definition.data,
                    before: &base,
                    after: &next.vintage,
                    parameters: &terms.agreement.rule_parameters,
                    as_a_whole: false,
                };
                read = self.judge_levels(prepared, &states, &mut findings, *now)?;
            }
            folded = Some(next);
        }
        let mut report = findings
            .finish()
            .map_err(|error| Refusal::internal(format!("a scratch file failed: {error}")))?;
        let rulebook_digest = rulebook.digest.to_bytes();
        let reference = head.as_ref().map(vintage_ref);
        let of_lane = |lane: &LaneId, vintage: &v1::VintageRef| v1::ReferenceVintage {
            lane: Some(lane.to_message()),
            vintage: Some(vintage.clone()),
        };
        let references = reference.iter().map(|vintage| of_lane(&case.lane, vintage));
        let references = references.chain(read.iter().map(|(lane, vintage)| of_lane(lane, vintage)));
        let report_head = v1::Report {
            lane: Some(case.lane.to_message()),
            rulebook_digest: rulebook_digest.clone(),
            structure_digest: case.definition.digest.to_bytes(),
            references: references.collect(),
            ..Default::default()
        };
        let report = self.store_report(&mut report, report_head, also.clone(), answers, *now)?;
        let counts = report.message.counts.unwrap_or_default();
        let state = if counts.errors > 0 {
            SubmissionState::NeedsCorrection
        } else if report.waits {
            SubmissionState::NeedsAnswer
        } else if terms.agreement.needs_review && !is_reviewed {
            SubmissionState::UnderReview
        } else {
            SubmissionState::Accepted
        };
        let contents = v1::SubmissionContents {
            report_digest: report.digest.to_bytes(),
            rulebook_digest,
            errors: counts.errors,
            warnings: counts.warnings,
            notes: counts.notes,
            observations,
            ..case.contents()
        };
        let defaults_applied = LaneTerms::applied(checker.defaults_applied());
        Ok(Judged { state, contents, report, reference, folded, defaults_applied })
    }

    /// The names under which blocks of a lane are stored.
    pub(in crate::hub) fn places(
        &self,
        lane: &crate::hub::lane::LaneId,
        blocks: &[Arc<mighub::manifest::BlockInfo>],
    ) -> Vec<mighub_store::Name> {
        let secrets = self.lane_secrets(lane);
        blocks.iter().map(|block| secrets.place(&block.digest)).collect()
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
    let edition = case.header.message.edition.clone().unwrap_or_default();
    let names_nothing_new = (edition.label.is_empty() && edition.publication_date.is_empty())
        || (edition.label == head.row.edition && edition.publication_date == head.row.publication_date);
    head.manifest() == Some(*manifest)
        && names_nothing_new
        && case.header.embargo(now).is_none()
        && head.releases(now).next().is_none()
}
