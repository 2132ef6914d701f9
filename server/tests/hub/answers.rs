//! Warnings that are answered, while the lane moves on or not.

use mighub::v1::{self, ErrorReason, ReceiptOutcome, SubmissionState};
use mighub_server::hub::permit::{ActOn, FollowOne};
use mighub_server::hub::{Moment, Refusal};

use super::stage::{Push, STABLE, Stage, content, push, row, silent};

fn answer(stage: &Stage, push: &Push, text: &str) -> Result<v1::AnswerFindingsResponse, Refusal> {
    let groups = stage.get(push).verdict.map(|verdict| verdict.groups).unwrap_or_default();
    let warned = groups.into_iter().filter(|group| group.severity() == v1::Severity::Warning);
    let answers = warned.map(|group| v1::FindingAnswer {
        rule_id: group.rule_id,
        finding_ids: vec![],
        text: text.into(),
    });
    let request = v1::AnswerFindingsRequest {
        submission_id: push.id(),
        answers: answers.collect(),
        person: "Ada".into(),
    };
    stage.hub().answer_findings(
        &stage.may(&stage.office(push.provider), ActOn(request.submission_id.clone())),
        &request,
        stage.now(),
    )
}

/// A lane with one figure, and a submission that waits for an answer.
fn waiting(embargo_ms: Option<i64>) -> (Stage, Push) {
    let stage = Stage::new();
    stage.send(&push(1, vec![row("ESP", "F", 2020, 1)])).expect("sent");
    let embargo = embargo_ms.map(|ms| Moment(stage.now().0 + ms).to_message());
    let waits = push(2, vec![silent("ESP", "F", 2020), row("MAR", "F", 2020, 2)]);
    let waits = waits.with(|header| header.embargo_time = embargo);
    let sealed = stage.send(&waits).expect("sent");
    assert_eq!(sealed.verdict.map(|verdict| verdict.state()), Some(SubmissionState::NeedsAnswer));
    (stage, waits)
}

#[test]
fn answers_let_a_submission_pass_once_whoever_sends_them() {
    let (stage, waits) = waiting(Some(100_000));
    let (hub, office, now) = (stage.hub(), stage.office("SWE"), stage.now());
    let before = hub.position().expect("records");
    let request = v1::AnswerFindingsRequest {
        submission_id: waits.id(),
        answers: vec![v1::FindingAnswer {
            rule_id: "STR-053".into(),
            finding_ids: vec![],
            text: "yes".into(),
        }],
        person: String::new(),
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    hub.answer_findings(
                        &hub.authorise(&office, ActOn(request.submission_id.clone()), now).expect("granted"),
                        &request,
                        now,
                    )
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic").expect("answered")).collect()
    });
    assert!(answers.iter().all(|answer| answer.receipt.is_some() && answer.receipt == answers[0].receipt));
    assert_eq!(hub.position(), Some(before + 2), "an answer and an acceptance");
    let receipt = answers[0].receipt.clone().expect("a receipt");
    let body = <v1::ReceiptBody as prost::Message>::decode(&receipt.body[..]).expect("a receipt");
    assert_eq!(body.defaults_applied.len(), 1, "{body:?}");
    assert_eq!(stage.seal(&stage.prepare(&waits)).expect("sealed").receipt, Some(receipt));
}

#[test]
fn an_answer_to_nothing_is_refused() {
    let (stage, waits) = waiting(None);
    let ask = |answer: v1::FindingAnswer| {
        let request = v1::AnswerFindingsRequest {
            submission_id: waits.id(),
            answers: vec![answer],
            person: String::new(),
        };
        stage
            .hub()
            .answer_findings(
                &stage.may(&stage.office("SWE"), ActOn(request.submission_id.clone())),
                &request,
                stage.now(),
            )
            .expect_err("refused")
            .reason
    };
    let known = v1::FindingAnswer { rule_id: "STR-053".into(), finding_ids: vec![], text: "yes".into() };
    assert_eq!(
        ask(v1::FindingAnswer { rule_id: "STR-999".into(), ..known.clone() }),
        ErrorReason::UnknownFinding
    );
    assert_eq!(
        ask(v1::FindingAnswer { finding_ids: vec!["x".into()], ..known.clone() }),
        ErrorReason::UnknownFinding
    );
    assert_eq!(ask(v1::FindingAnswer { text: " ".into(), ..known }), ErrorReason::ArgumentMalformed);
    assert_eq!(stage.get(&waits).answers, []);
}

#[test]
fn if_other_series_moved_meanwhile_the_submission_is_judged_again_and_passes() {
    let (stage, waits) = waiting(None);
    stage.send(&push(3, vec![row("FRA", "F", 2020, 3)])).expect("sent");
    let answered = answer(&stage, &waits, "as it is").expect("answered");
    assert_eq!((answered.outcome(), answered.unanswered), (ReceiptOutcome::Accepted, 0));
    let all = [("ESP", "F", 2020, 1), ("FRA", "F", 2020, 3), ("MAR", "F", 2020, 2)];
    assert_eq!(stage.content(STABLE, "SWE", true), content(&all));
}

#[test]
fn if_the_same_series_moved_meanwhile_the_office_is_asked_once_more() {
    let (stage, waits) = waiting(None);
    stage.send(&push(3, vec![row("MAR", "F", 2021, 3)])).expect("sent");
    let asked = answer(&stage, &waits, "as it is").expect("answered");
    assert_eq!((asked.state(), asked.unanswered), (SubmissionState::NeedsAnswer, 2));
    let moved = |stage: &Stage| {
        let request = v1::ListFindingsRequest {
            submission_id: waits.id(),
            rule_ids: vec!["HUB-001".into()],
            ..Default::default()
        };
        stage
            .hub()
            .list_findings(
                &stage.may(&stage.office("SWE"), FollowOne(request.submission_id.clone())),
                &request,
                stage.now(),
            )
            .expect("listed")
            .findings
            .len()
    };
    assert_eq!(moved(&stage), 1);
    stage.send(&push(4, vec![row("MAR", "F", 2022, 4)])).expect("sent");
    let asked = answer(&stage, &waits, "still").expect("answered");
    assert_eq!((asked.state(), asked.unanswered, moved(&stage)), (SubmissionState::NeedsAnswer, 2, 1));
    let answered = answer(&stage, &waits, "really").expect("answered");
    assert_eq!((answered.state(), answered.outcome()), (SubmissionState::Accepted, ReceiptOutcome::Accepted));
    assert_eq!(stage.content(STABLE, "SWE", true).len(), 4);
    assert_eq!(stage.get(&waits).answers.len(), 5, "all answers stay with it");
}

#[test]
fn if_the_result_became_wrong_meanwhile_the_submission_needs_correction() {
    let (stage, waits) = waiting(None);
    // The row that said nothing was about a figure that is gone.
    let gone = Push {
        parts: vec![(v1::PartAction::Delete, vec![silent("ESP", "F", 2020)])],
        ..push(3, vec![row("FRA", "F", 2020, 1)])
    };
    stage.send(&gone).expect("sent");
    let asked = answer(&stage, &waits, "as it is").expect("answered");
    assert_eq!(asked.state(), SubmissionState::NeedsCorrection);
    assert_eq!(stage.content(STABLE, "SWE", true).len(), 0);
}

#[test]
fn where_a_reviewer_must_consent_answers_lead_to_the_review() {
    let stage = Stage::new();
    stage.send(&push(1, vec![row("ESP", "F", 2020, 1)])).expect("sent");
    stage
        .put_agreement(v1::Agreement { needs_review: true, ..stage.agreement(STABLE, "SWE") })
        .expect("changed");
    let waits = push(2, vec![silent("ESP", "F", 2020), row("MAR", "F", 2020, 2)]);
    stage.send(&waits).expect("sent");
    for _ in 0..2 {
        let answered = answer(&stage, &waits, "as it is").expect("answered");
        assert_eq!((answered.state(), answered.unanswered), (SubmissionState::UnderReview, 0));
    }
    let unchanged = stage.send(&push(3, vec![row("ESP", "F", 2020, 1)])).expect("sent");
    assert_eq!(unchanged.outcome(), ReceiptOutcome::Unchanged, "nothing new needs no review");
    stage.withdraw(&waits, "no time").expect("withdrawn");
    assert_eq!(stage.content(STABLE, "SWE", true).len(), 1);
}

#[test]
fn a_withdrawal_and_an_answer_at_once_never_empty_the_lane() {
    for _ in 0..8 {
        let (stage, waits) = waiting(None);
        std::thread::scope(|scope| {
            let (hub, office, now) = (stage.hub(), stage.office("SWE"), stage.now());
            let id = waits.id();
            let answers = vec![v1::FindingAnswer {
                rule_id: "STR-053".into(),
                finding_ids: vec![],
                text: "yes".into(),
            }];
            let answer =
                v1::AnswerFindingsRequest { submission_id: id.clone(), answers, person: String::new() };
            let withdrawal = v1::WithdrawSubmissionRequest {
                submission_id: id,
                reason: "no".into(),
                ..Default::default()
            };
            let (other, answering) = (office.clone(), hub.clone());
            scope.spawn(move || {
                answering.answer_findings(
                    &answering.authorise(&other, ActOn(answer.submission_id.clone()), now).expect("granted"),
                    &answer,
                    now,
                )
            });
            scope.spawn(move || {
                hub.withdraw_submission(
                    &hub.authorise(&office, ActOn(withdrawal.submission_id.clone()), now).expect("granted"),
                    &withdrawal,
                    now,
                )
                .expect("withdrawn")
            });
        });
        assert_eq!(stage.content(STABLE, "SWE", true), content(&[("ESP", "F", 2020, 1)]));
        assert_eq!(stage.get(&waits).summary.expect("there").state(), SubmissionState::Withdrawn);
    }
}
