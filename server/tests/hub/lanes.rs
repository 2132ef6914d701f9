//! What the hub knows is a function of its journal.

use mighub::v1::{self, PartAction};
use mighub_server::hub::permit::{ActOn, Anybody, Enrolled, FollowOne};

use super::stage::{DRAFT, Push, STABLE, Stage, push, row, silent};

/// Everything an auditor can ask about submissions, and what the lanes hold.
fn all_answers(stage: &Stage) -> (Vec<v1::Submission>, String) {
    let auditor = stage.office("UNSD");
    let list = stage.hub().list_submissions(
        &stage.may(&auditor, Enrolled),
        &v1::ListSubmissionsRequest::default(),
        stage.now(),
    );
    let listed = list.expect("listed").submissions;
    let submissions = listed.iter().map(|summary| {
        let request = v1::GetSubmissionRequest { submission_id: summary.submission_id.clone() };
        stage
            .hub()
            .get_submission(
                &stage.may(&auditor, FollowOne(request.submission_id.clone())),
                &request,
                stage.now(),
            )
            .expect("there")
            .submission
            .expect("there")
    });
    let lanes = [(STABLE, "SWE"), (STABLE, "NOR"), (DRAFT, "SWE")];
    let contents = lanes.map(|(dataflow, provider)| {
        (
            stage.get_lane(dataflow, provider),
            stage.content(dataflow, provider, true),
            stage.content(dataflow, provider, false),
        )
    });
    let agencies = stage.hub().list_agencies(
        &stage.may(&auditor, Enrolled),
        &v1::ListAgenciesRequest::default(),
        stage.now(),
    );
    let agreements = stage.hub().list_agreements(
        &stage.may(&auditor, Anybody),
        &v1::ListAgreementsRequest::default(),
        stage.now(),
    );
    (submissions.collect(), format!("{contents:?} {agencies:?} {agreements:?} {:?}", stage.hub().position()))
}

#[test]
fn a_view_made_anew_from_the_journal_gives_the_same_answers() {
    let mut stage = Stage::new();
    let held = |number| push(number, vec![row("ESP", "F", 2021, 7)]);
    stage.send(&push(1, vec![row("ESP", "F", 2020, 1), row("FRA", "M", 2020, 2)])).expect("sent");
    let embargo = mighub_server::hub::Moment(stage.now().0 + 1_000_000).to_message();
    stage.send(&held(2).with(|header| header.embargo_time = Some(embargo))).expect("sent");
    stage.send(&push(3, vec![silent("ESP", "F", 2020)])).expect("waits for an answer");
    stage.send(&push(4, vec![row("XXX", "F", 2020, 1)])).expect("needs correction");
    stage.send(&push(5, vec![row("MAR", "F", 2020, 5)])).expect("sent");
    stage.withdraw(&push(5, vec![]), "too early").expect("withdrawn");
    stage.send(&push(6, vec![row("ESP", "F", 2020, 1)]).of(STABLE, "NOR")).expect("sent");
    stage.send(&push(7, vec![row("ESP", "F", 2020, 1)]).of(DRAFT, "SWE")).expect("sent");
    stage.put_draft(&["NOTE"]);
    let gone = Push { parts: vec![(PartAction::Delete, vec![silent("FRA", "M", 2020)])], ..push(8, vec![]) };
    stage.send(&gone).expect("sent");
    let before = all_answers(&stage);
    assert_eq!(before.0.len(), 8);
    for without_view in [false, true] {
        stage.restart(without_view);
        assert_eq!(all_answers(&stage), before, "without view: {without_view}");
    }
}

#[test]
fn pages_of_submissions_have_open_ones_first_and_never_more_than_was_asked() {
    let stage = Stage::new();
    for number in 1..=4 {
        stage.send(&push(number, vec![row("ESP", "F", 2020, number.into())])).expect("sent");
    }
    for number in 5..=9 {
        stage.wait_ms(1);
        stage
            .open(&stage.prepare(&push(number, vec![row("ESP", "F", 2021, number.into())])))
            .expect("opened");
    }
    for page_size in [1, 2, 4, 5, 6, 9, 10] {
        let (mut listed, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListSubmissionsRequest { page_size, page_token, ..Default::default() };
            let page = stage
                .hub()
                .list_submissions(&stage.may(&stage.office("SWE"), Enrolled), &request, stage.now())
                .expect("a page");
            assert!(page.submissions.len() <= page_size as usize);
            listed.extend(page.submissions.into_iter().map(|summary| summary.submission_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let newest_first: Vec<_> =
            (5..=9).rev().chain((1..=4).rev()).map(|number| push(number, vec![]).id()).collect();
        assert_eq!(listed, newest_first, "pages of {page_size}");
    }
}

#[test]
fn lanes_moved_by_many_at_once_keep_every_submission() {
    let stage = Stage::new();
    let pushes: Vec<_> = (1..=24u8)
        .map(|number| {
            let provider = if number % 2 == 0 { "SWE" } else { "NOR" };
            let dataflow = if number % 3 == 0 { STABLE } else { DRAFT };
            let prepared = stage.prepare(
                &push(number, vec![row("ESP", "F", 1990 + u16::from(number), 1)]).of(dataflow, provider),
            );
            (prepared, provider)
        })
        .collect();
    let (hub, now) = (stage.hub(), stage.now());
    for (prepared, _) in &pushes[..8] {
        stage.send_prepared(prepared).expect("sent");
    }
    std::thread::scope(|scope| {
        for (prepared, provider) in &pushes[8..] {
            let office = stage.office(provider);
            scope.spawn(move || {
                let mut opening = hub
                    .open_submission(
                        &hub.authorise(&office, Enrolled, now).expect("granted"),
                        prepared.signed.clone(),
                        now,
                    )
                    .expect("opened");
                opening.chunk(&prepared.manifest).expect("taken");
                let opened = opening.finish(now).expect("opened");
                let block = |index: u32| v1::SubmittedBlock {
                    index,
                    frame: prepared.frames[index as usize].clone().into(),
                };
                let blocks = opened.missing_blocks.into_iter().map(block).collect();
                hub.upload(&hub.authorise(&office, ActOn(prepared.id.clone()), now).expect("granted"), now)
                    .expect("open")
                    .put(blocks, now)
                    .expect("uploaded");
                let request = v1::SealSubmissionRequest { submission_id: prepared.id.clone() };
                let sealed = hub
                    .seal_submission(
                        &hub.authorise(&office, ActOn(request.submission_id.clone()), now).expect("granted"),
                        &request,
                        now,
                    )
                    .expect("sealed");
                let receipt = sealed.receipt.expect("a receipt");
                let body = <v1::ReceiptBody as prost::Message>::decode(&receipt.body[..]).expect("a receipt");
                assert_eq!(body.tree_size, body.position + 1);
            });
        }
    });
    let lanes = [(STABLE, "SWE"), (STABLE, "NOR"), (DRAFT, "SWE"), (DRAFT, "NOR")];
    let kept: usize =
        lanes.iter().map(|(dataflow, provider)| stage.content(dataflow, provider, true).len()).sum();
    assert_eq!(kept, 24);
}
