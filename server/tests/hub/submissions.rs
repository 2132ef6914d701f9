//! Sent once or several times, and what it comes to.

use mighub::v1::{self, ErrorReason, PartAction, ReceiptOutcome, SubmissionKind, SubmissionState};
use mighub_server::hub::Moment;
use mighub_server::hub::permit::{ActOn, FollowOne};

use super::stage::{Push, Row, STABLE, Stage, content, push, row, silent};

fn reason<T: std::fmt::Debug>(answer: Result<T, mighub_server::hub::Refusal>) -> ErrorReason {
    answer.expect_err("a refusal").reason
}

fn two(number: u8, value: i64) -> Push {
    push(number, vec![row("ESP", "F", 2020, value), row("ESP", "M", 2020, 2)])
}

#[test]
fn every_step_may_be_repeated_and_gives_the_same_receipt() {
    let mut stage = Stage::new();
    let sent = stage.prepare(&two(1, 1));
    let opened = stage.open(&sent).expect("opened");
    assert_eq!(stage.open(&sent).expect("opened").missing_blocks, opened.missing_blocks);
    stage.upload(&sent, &opened.missing_blocks).expect("uploaded");
    stage.upload(&sent, &opened.missing_blocks).expect("uploaded");
    let sealed = stage.seal(&sent).expect("sealed");
    assert_eq!(sealed.outcome(), ReceiptOutcome::Accepted);
    let receipt = sealed.receipt.expect("a receipt");
    for _ in 0..2 {
        assert_eq!(stage.seal(&sent).expect("sealed").receipt.as_ref(), Some(&receipt));
        assert_eq!(stage.open(&sent).expect("opened").receipt.as_ref(), Some(&receipt));
        assert_eq!(reason(stage.upload(&sent, &opened.missing_blocks)), ErrorReason::StateUnfit);
        stage.restart(false);
    }
    let other = stage.prepare(&two(1, 5));
    assert_eq!(reason(stage.open(&other)), ErrorReason::SubmissionIdReused);
}

#[test]
fn a_submission_sealed_by_many_at_once_takes_effect_once() {
    let stage = Stage::new();
    let sent = stage.prepare(&two(1, 1));
    let opened = stage.open(&sent).expect("opened");
    stage.upload(&sent, &opened.missing_blocks).expect("uploaded");
    let (hub, office, now) = (stage.hub(), stage.office("SWE"), stage.now());
    let before = hub.position();
    let request = v1::SealSubmissionRequest { submission_id: sent.id.clone() };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let seal = || {
            scope.spawn(|| {
                hub.seal_submission(
                    &hub.authorise(&office, ActOn(request.submission_id.clone()), now).expect("granted"),
                    &request,
                    now,
                )
                .expect("sealed")
            })
        };
        let threads: Vec<_> = (0..8).map(|_| seal()).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(answers.iter().all(|answer| answer.receipt.is_some() && answer.receipt == answers[0].receipt));
    assert_eq!(hub.position(), before.map(|position| position + 1));
}

#[test]
fn the_head_sent_again_is_unchanged_and_an_older_state_is_a_new_vintage() {
    let stage = Stage::new();
    let first = stage.send(&two(1, 1)).expect("sent");
    let position = stage.hub().position();
    let again = stage.send(&two(2, 1)).expect("sent");
    assert_eq!((again.outcome(), &again.receipt), (ReceiptOutcome::Unchanged, &first.receipt));
    assert_eq!(stage.hub().position(), position);
    assert_eq!(stage.seal(&stage.prepare(&two(2, 1))).expect("sealed"), again);
    stage.send(&two(3, 9)).expect("sent");
    let back = stage.send(&two(4, 1)).expect("sent");
    assert_eq!(back.outcome(), ReceiptOutcome::Accepted);
    assert_ne!(back.receipt, first.receipt);
    let edition = |number, label: &str, day: &str| {
        let edition = v1::Edition { label: label.into(), publication_date: day.into() };
        stage.send(&two(number, 1).with(|header| header.edition = Some(edition))).expect("sent").outcome()
    };
    assert_eq!(edition(5, "2020 Revision", "2026-01-01"), ReceiptOutcome::Accepted);
    assert_eq!(edition(6, "2020 Revision", "2026-01-01"), ReceiptOutcome::Unchanged);
    assert_eq!(edition(7, "2020 Revision", "2026-01-02"), ReceiptOutcome::Accepted);
}

#[test]
fn a_test_leaves_no_record_and_its_findings_can_be_read() {
    let stage = Stage::new();
    stage.send(&two(1, 1)).expect("sent");
    let position = stage.hub().position();
    let test = push(2, vec![silent("ESP", "F", 2020)]).with(|header| header.test = true);
    let answer = stage.send(&test).expect("sent");
    assert_eq!(answer.verdict.as_ref().map(v1::Verdict::state), Some(SubmissionState::NeedsAnswer));
    assert_eq!(stage.seal(&stage.prepare(&test)).expect("sealed"), answer);
    let request = v1::ListFindingsRequest { submission_id: test.id(), ..Default::default() };
    let listed = stage
        .hub()
        .list_findings(
            &stage.may(&stage.office("SWE"), FollowOne(request.submission_id.clone())),
            &request,
            stage.now(),
        )
        .expect("listed");
    assert_eq!((listed.findings.len(), listed.total), (1, 1));
    assert_eq!(stage.hub().position(), position);
    let tests =
        (10..60).map(|number| push(number, vec![row("MAR", "F", 2020, 3)]).with(|header| header.test = true));
    tests.for_each(|test| drop(stage.send(&test).expect("tests that are over do not count as open")));
}

#[test]
fn rows_that_come_after_all_that_is_there_are_judged_as_a_result_too() {
    let stage = Stage::new();
    stage.send(&two(1, 1)).expect("sent");
    // Nothing is there for the empty cell to leave as it is.
    let answer = stage.send(&push(2, vec![silent("SWE", "M", 2020)])).expect("sent");
    let state = answer.verdict.as_ref().map(v1::Verdict::state);
    assert_eq!(state, Some(SubmissionState::NeedsCorrection), "{answer:?}");
    // The same if a file that is complete for one area has a row of another.
    let spain = v1::KeyPattern { dimensions: vec![v1::CodeSet { codes: vec!["ESP".into()] }] };
    let scope = v1::Selection { keys: vec![spain], ..Default::default() };
    let outside =
        push(3, vec![row("ESP", "F", 2020, 1), Row { status: Some("E"), ..silent("MAR", "F", 2020) }]);
    let answer = stage.send(&outside.with(|header| header.complete_scope = Some(scope))).expect("sent");
    assert_eq!(answer.verdict.map(|verdict| verdict.state()), Some(SubmissionState::NeedsCorrection));
}

#[test]
fn rows_about_a_series_that_is_not_there_are_left_out_with_a_note() {
    let stage = Stage::new();
    let about = |area| Row { year: None, ..silent(area, "F", 2020) };
    let left_out = |push: &Push| {
        let verdict = stage.send(push).expect("answered").verdict.expect("a verdict");
        assert!(
            matches!(verdict.state(), SubmissionState::Released | SubmissionState::Accepted),
            "{verdict:?}"
        );
        let groups = verdict.groups.iter().filter(|group| group.rule_id == "STR-073");
        groups.map(|group| group.count).sum::<u64>()
    };
    // The first of a lane, rows that meet others, and a row whose series comes with it.
    assert_eq!(left_out(&push(1, vec![about("FRA"), row("ESP", "F", 2020, 1)])), 1);
    assert_eq!(
        left_out(&push(2, vec![about("ESP"), about("FRA"), about("MAR"), row("SWE", "M", 2020, 1)])),
        2
    );
    assert_eq!(left_out(&push(3, vec![about("MAR"), row("MAR", "F", 2020, 1)])), 0);
}

#[test]
fn a_complete_file_withdraws_what_it_lacks_and_a_deletion_what_it_names() {
    let stage = Stage::new();
    stage
        .send(&push(1, vec![row("ESP", "F", 2020, 1), row("ESP", "F", 2021, 2), row("MAR", "F", 2020, 3)]))
        .expect("sent");
    let all = push(2, vec![row("ESP", "F", 2021, 4)])
        .with(|header| header.complete_scope = Some(Default::default()));
    let counts =
        stage.send(&all).expect("sent").verdict.and_then(|verdict| verdict.observations).expect("counted");
    assert_eq!((counts.inserted, counts.changed, counts.deleted, counts.total), (0, 1, 2, 1));
    assert_eq!(stage.content(STABLE, "SWE", true), content(&[("ESP", "F", 2021, 4)]));
    let wild = Row { key: ["", ""], year: None, value: None, status: None };
    let parts = Push { parts: vec![(PartAction::Delete, vec![wild])], ..push(3, vec![]) };
    stage.send(&parts.part(PartAction::Merge, vec![row("FRA", "M", 2020, 5)])).expect("sent");
    assert_eq!(stage.content(STABLE, "SWE", true), content(&[("FRA", "M", 2020, 5)]));
}

#[test]
fn a_submission_withdrawn_while_it_is_open_is_not_accepted() {
    let stage = Stage::new();
    let sent = two(1, 1);
    let prepared = stage.prepare(&sent);
    let opened = stage.open(&prepared).expect("opened");
    stage.upload(&prepared, &opened.missing_blocks).expect("uploaded");
    for _ in 0..2 {
        let withdrawn = stage.withdraw(&sent, "a mistake").expect("withdrawn");
        assert_eq!(
            (withdrawn.state(), withdrawn.position, withdrawn.head),
            (SubmissionState::Withdrawn, None, None)
        );
    }
    assert_eq!(reason(stage.withdraw(&sent, "another reason")), ErrorReason::NotWithdrawable);
    assert_eq!(reason(stage.seal(&prepared)), ErrorReason::StateUnfit);
    assert_eq!(stage.open(&prepared).expect("answered").state(), SubmissionState::Withdrawn);
    assert!(stage.content(STABLE, "SWE", true).is_empty());
}

#[test]
fn a_withdrawal_repeated_answers_with_its_own_position() {
    let stage = Stage::new();
    let (first, second) = (two(1, 1), two(2, 9));
    stage.send(&first).expect("sent");
    stage.send(&second).expect("sent");
    assert_eq!(reason(stage.withdraw(&first, "wrong")), ErrorReason::NotWithdrawable);
    let withdrawn = stage.withdraw(&second, "wrong").expect("withdrawn");
    assert_eq!(stage.content(STABLE, "SWE", true), content(&[("ESP", "F", 2020, 1), ("ESP", "M", 2020, 2)]));
    stage.send(&two(3, 5)).expect("sent");
    let again = stage.withdraw(&second, "wrong").expect("withdrawn");
    assert_eq!((again.position, again.state()), (withdrawn.position, SubmissionState::Withdrawn));
    stage.withdraw(&two(3, 5), "wrong too").expect("withdrawn");
    stage.withdraw(&first, "all wrong").expect("withdrawn");
    assert!(stage.content(STABLE, "SWE", true).is_empty());
    assert_eq!(stage.get(&first).summary.expect("there").state(), SubmissionState::Withdrawn);
}

#[test]
fn an_embargo_hides_what_a_submission_changes_and_nothing_else() {
    let stage = Stage::new();
    stage.send(&two(1, 1)).expect("sent");
    let end = Moment(stage.now().0 + 1_000);
    let held = two(2, 9).with(|header| header.embargo_time = Some(end.to_message()));
    stage.send(&held).expect("sent");
    assert_eq!(stage.get(&held).summary.expect("there").state(), SubmissionState::Accepted);
    let later = push(3, vec![row("FRA", "F", 2020, 7)]);
    stage.send(&later).expect("sent");
    let (old, new) = (("ESP", "F", 2020, 1), ("ESP", "F", 2020, 9));
    let rest = [("ESP", "M", 2020, 2), ("FRA", "F", 2020, 7)];
    assert_eq!(stage.content(STABLE, "SWE", false), content(&[old, rest[0], rest[1]]));
    stage.withdraw(&later, "not yet").expect("withdrawn");
    assert_eq!(stage.content(STABLE, "SWE", false), content(&[old, rest[0]]));
    stage.wait_ms(2_000);
    assert_eq!(stage.content(STABLE, "SWE", false), content(&[new, rest[0]]));
    assert_eq!(stage.get(&held).summary.expect("there").state(), SubmissionState::Released);
    stage.withdraw(&held, "wrong").expect("withdrawn");
    assert_eq!(stage.content(STABLE, "SWE", false), content(&[old, rest[0]]));
}

#[test]
fn a_moved_head_is_refused_only_to_who_touches_the_same_series() {
    let stage = Stage::new();
    stage.send(&two(1, 1)).expect("sent");
    let base = stage.get_lane(STABLE, "SWE").head.expect("a head").position;
    let on_base = |push: Push| push.with(|header| header.base_position = Some(base));
    stage.send(&push(2, vec![row("FRA", "F", 2020, 3)])).expect("sent");
    // One block from ESP to MAR, and FRA is not in it.
    stage
        .send(&on_base(push(3, vec![row("ESP", "F", 2020, 5), row("MAR", "F", 2020, 5)])))
        .expect("disjoint");
    let same = stage.send(&on_base(push(4, vec![row("FRA", "F", 2021, 6)])));
    assert_eq!(reason(same), ErrorReason::HeadMoved);
    let wild = Row { key: ["", "F"], year: Some(1990), value: None, status: None };
    let wild = Push { parts: vec![(PartAction::Delete, vec![wild])], ..push(5, vec![]) };
    assert_eq!(reason(stage.send(&on_base(wild))), ErrorReason::HeadMoved);
    let never = push(6, vec![row("FRA", "F", 2021, 6)]).with(|header| header.base_position = Some(1));
    assert_eq!(reason(stage.send(&never)), ErrorReason::VintageUnknown);
}

#[test]
fn a_header_that_is_not_sound_is_refused_with_its_reason() {
    let stage = Stage::new();
    let refused =
        |number, change: fn(&mut v1::SubmissionHeader)| reason(stage.send(&two(number, 1).with(change)));
    let correction = i32::from(SubmissionKind::Correction);
    assert_eq!(
        refused(1, |header| header.kind = SubmissionKind::Correction.into()),
        ErrorReason::ReasonRequired
    );
    assert_eq!(refused(2, |header| header.kind = 0), ErrorReason::HeaderMalformed);
    assert_eq!(refused(3, |header| header.person = "x".repeat(201)), ErrorReason::HeaderMalformed);
    let tomorrow = |header: &mut v1::SubmissionHeader| {
        header.prepared_time = Some(Moment(super::stage::START_MS + 86_400_000).to_message());
    };
    assert_eq!(refused(4, tomorrow), ErrorReason::ClockSkew);
    let mut prepared = stage.prepare(&two(5, 1));
    prepared.provider = "NOR";
    assert_eq!(reason(stage.open(&prepared)), ErrorReason::SigningKeyUnknown);
    let unknown = Push { dataset: vec![("NO_SUCH", Some("x"))], ..two(6, 1) };
    assert_eq!(reason(stage.send(&unknown)), ErrorReason::ManifestMalformed);
    assert!(
        stage.send(&two(7, 1).with(|header| header.reason = "a typing mistake".into())).is_ok(),
        "{correction}"
    );
}

#[test]
fn who_may_not_know_of_a_submission_gets_the_same_answer_as_for_none() {
    let stage = Stage::new();
    let prepared = stage.prepare(&two(1, 1));
    stage.open(&prepared).expect("opened");
    stage.send(&two(2, 1)).expect("sent");
    let stranger = stage.office("NOR");
    let texts: Vec<_> = [two(1, 1), two(2, 1), two(3, 1)]
        .iter()
        .map(|push| {
            let refused = |granted: Option<mighub_server::hub::Refusal>| granted.expect("unknown");
            let (hub, now) = (stage.hub(), stage.now());
            let follow = refused(hub.authorise(&stranger, FollowOne(push.id()), now).err());
            let act = refused(hub.authorise(&stranger, ActOn(push.id()), now).err());
            [follow, act].map(|refusal| (refusal.reason, refusal.text.replace(&push.id(), "ID")))
        })
        .collect();
    assert!(texts.iter().flatten().all(|(reason, _)| *reason == ErrorReason::UnknownSubmission), "{texts:?}");
    assert!(texts.iter().all(|answers| *answers == texts[0]), "{texts:?}");
}
