//! An office and its hub: what is sent, what is answered, what is kept.

use mighub::v1::{self, Role, SubmissionState};
use mighub_client::{
    Base, Complete, Cursor, Format, Hub, Kind, Progress, PullRequest, PushOptions, PushOutcome, Source,
    SubmissionFilter,
};

use crate::model::text as tiny;
use crate::office::data::{flows, pulled, sample, sample_path, table_of};
use crate::office::{FLOW, Stage, accepted, push, report_text, text};

/// A report without findings is smaller.
const REPORT_BYTES: u64 = 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn a_real_file_comes_back_as_it_was_sent_with_a_receipt() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let office = stage.client("SWE").await;
    let pushed = office
        .push(Source::path(sample_path("SWE")), &PushOptions::default(), &Progress::silent())
        .await
        .expect("the call succeeds");
    let PushOutcome::Accepted { receipt, .. } = &pushed.outcome else { panic!("{:?}", pushed.outcome) };
    let expected = table_of(&sample("SWE"));
    assert_eq!(receipt.body.observations.expect("counted").inserted, expected.len() as u64);
    assert!(receipt.path.exists(), "the receipt is kept at {}", receipt.path.display());
    let known = office.submission(pushed.submission.as_ref().expect("an id")).await.expect("known");
    assert_eq!(known.receipt.as_ref(), Some(&receipt.message), "the hub gives the same receipt again");

    let commission = stage.client("ECE").await;
    let copy = pulled(&commission, PullRequest::all(FLOW)).await;
    assert_eq!(copy.lanes.keys().collect::<Vec<_>>(), ["SWE"]);
    assert_eq!(copy.lane("SWE"), expected);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_two_dataflows_is_refused_with_both_names_and_goes_one_by_one() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    assert_eq!(stage.put_structures(tiny::structure()).await.problems, []);
    let (id, dataflow) = ("MIGHUB:PA_TINY(1.0.0)".into(), tiny::DATAFLOW.into());
    stage.agree(v1::Agreement { id, dataflow, provider: "SWE".into(), ..Default::default() }).await;
    let office = stage.client("SWE").await;
    let file = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")])
        + &format!("dataflow,{},M,A,SWE,,,,_T,,,,2015,2,A,F\n", tiny::DATAFLOW);
    let mut pushed = push(&office, &file, &PushOptions::default()).await;
    assert!(matches!(pushed.outcome, PushOutcome::NotSent), "{:?}", pushed.outcome);
    assert!(report_text(&mut pushed).contains("mighub push --split"));
    assert_eq!(pushed.checked.contents.dataflows, [FLOW, tiny::DATAFLOW]);
    for dataflow in [FLOW, tiny::DATAFLOW] {
        let one = PushOptions { only: Some(dataflow.to_owned()), ..PushOptions::default() };
        accepted(&office, &file, &one).await;
        assert_eq!(pulled(&office, PullRequest::all(dataflow)).await.lane("SWE").len(), 1);
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_again_stores_nothing_and_going_back_is_a_new_vintage() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let file = |value: &str| flows("SWE", &[("M", "IMM", "NOR", 2015, &format!("{value},A,F"))]);
    let first = accepted(&office, &file("1"), &PushOptions::default()).await;
    let records = stage.records().await;
    let bytes = stage.stored_bytes();

    let again = push(&office, &file("1"), &PushOptions::default()).await;
    let PushOutcome::Unchanged { receipt } = again.outcome else { panic!("{:?}", again.outcome) };
    assert_eq!(receipt.message, first.message, "the receipt of the head");
    assert_eq!(again.sent.blocks, 0, "nothing was sent");
    assert_eq!(stage.records().await, records, "nothing was recorded");
    // Its report can be read for a while; no figures were stored.
    assert!(
        stage.stored_bytes() - bytes < REPORT_BYTES,
        "{} bytes were stored",
        stage.stored_bytes() - bytes
    );

    let second = accepted(&office, &file("2"), &PushOptions::default()).await;
    let back = accepted(&office, &file("1"), &PushOptions::default()).await;
    assert!(first.body.position < second.body.position && second.body.position < back.body.position);
    assert_eq!(back.body.vintage_manifest_digest, first.body.vintage_manifest_digest, "the same content");
    assert_eq!(office.vintages(FLOW, Some("SWE"), 10).await.expect("listed").len(), 3);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_is_one_transaction_in_the_order_of_its_rows() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    accepted(&office, &sample("SWE"), &PushOptions::default()).await;
    let records = stage.records().await;
    // "Replace everything" of the cheat sheet: all goes, then rows come, of which one goes again.
    let everything = "dataflow,MIGHUB:MIG_FLOW(1.0.0),D,,,,,,,,,,,,,\n";
    let file = flows("SWE", &[])
        + everything
        + flows(
            "SWE",
            &[
                ("R", "IMM", "NOR", 2015, "1,A,F"),
                ("R", "IMM", "NOR", 2016, "2,E,F"),
                ("D", "IMM", "NOR", 2015, ",,"),
                ("M", "IMM", "NOR", 2016, ",P,"),
            ],
        )
        .split_once('\n')
        .expect("a header")
        .1;
    let receipt = accepted(&office, &file, &PushOptions::default()).await;
    assert_eq!(stage.records().await, records + 1, "one record");
    let counts = receipt.body.observations.expect("counted");
    assert_eq!((counts.total, counts.deleted), (1, table_of(&sample("SWE")).len() as u64));
    let copy = pulled(&office, PullRequest::all(FLOW)).await;
    let left: Vec<_> = copy.lane("SWE").into_iter().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(
        (left[0].0.1.as_str(), left[0].1["OBS_VALUE"].as_str(), left[0].1["OBS_STATUS"].as_str()),
        ("2016", "2", "P")
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_runs_everything_and_stores_nothing() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let records = stage.records().await;
    let options = PushOptions { test: true, ..PushOptions::default() };
    let tested = push(&office, &sample("SWE"), &options).await;
    let PushOutcome::Tested { verdict } = tested.outcome else { panic!("{:?}", tested.outcome) };
    assert_eq!(verdict.state(), SubmissionState::Accepted);
    assert_eq!(verdict.observations.expect("counted").inserted, table_of(&sample("SWE")).len() as u64);
    assert_eq!(stage.records().await, records);
    assert!(pulled(&office, PullRequest::all(FLOW)).await.lanes.is_empty());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_file_withdraws_what_it_does_not_hold_within_its_scope_only() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let all = [
        ("M", "IMM", "NOR", 2015, "1,A,F"),
        ("M", "IMM", "NOR", 2017, "2,A,F"),
        ("M", "IMM", "DNK", 2015, "3,A,F"),
        ("M", "EMI", "DNK", 2015, "4,A,F"),
        ("M", "EMI", "NOR", 2015, "5,A,F"),
    ];
    accepted(&office, &flows("SWE", &all), &PushOptions::default()).await;
    let options =
        PushOptions { complete: Some(Complete::Key("A.SWE.EMI".to_owned())), ..PushOptions::default() };
    let receipt = accepted(&office, &flows("SWE", &[("M", "EMI", "NOR", 2015, "6,A,F")]), &options).await;
    let counts = receipt.body.observations.expect("counted");
    assert_eq!(
        (counts.inserted, counts.changed, counts.deleted, counts.total),
        (0, 1, 1, 4),
        "emigration to DNK went"
    );

    // Within the years of the file, so that 2017 stays.
    let options = PushOptions { complete: Some(Complete::Lane), ..PushOptions::default() };
    let receipt = accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]), &options).await;
    let counts = receipt.body.observations.expect("counted");
    assert_eq!((counts.inserted, counts.changed, counts.deleted, counts.total), (0, 0, 2, 2));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_beyond_the_scope_of_a_complete_file_meet_what_is_there() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let there = [("M", "IMM", "NOR", 2015, ",M,F"), ("M", "IMM", "DNK", 2015, "5,A,F")];
    accepted(&office, &flows("SWE", &there), &PushOptions::default()).await;
    let options =
        PushOptions { complete: Some(Complete::Key("A.SWE.EMI".to_owned())), ..PushOptions::default() };
    let restricted = [("M", "EMI", "NOR", 2015, "1,A,F"), ("M", "IMM", "DNK", 2015, ",,N")];
    let receipt = accepted(&office, &flows("SWE", &restricted), &options).await;
    let counts = receipt.body.observations.expect("counted");
    assert_eq!((counts.inserted, counts.changed, counts.deleted), (1, 1, 0));
    let copy = pulled(&office, PullRequest::all(FLOW)).await;
    let values: Vec<_> =
        copy.lane("SWE").values().filter_map(|cells| cells.get("OBS_VALUE").cloned()).collect();
    assert_eq!(values, ["1", "5"], "a merge leaves the value that it does not name");

    let contradicting = [("M", "EMI", "NOR", 2015, "2,A,F"), ("M", "IMM", "NOR", 2015, "7,,")];
    let pushed = push(&office, &flows("SWE", &contradicting), &options).await;
    assert!(matches!(pushed.outcome, PushOutcome::NeedsCorrection { .. }), "{:?}", pushed.outcome);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_errors_is_answered_with_places_and_what_to_do_and_then_corrected() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let records = stage.records().await;
    let rows = [
        ("M", "IMM", "NOR", 2015, "1,A,F"),
        ("M", "IMM", "Norway", 2016, "2,A,F"),
        ("M", "IMM", "NOR", 2017, "3,M,F"),
    ];
    let mut pushed = push(&office, &flows("SWE", &rows), &PushOptions::default()).await;
    assert!(matches!(pushed.outcome, PushOutcome::NotSent), "{:?}", pushed.outcome);
    let mut found = Vec::new();
    pushed
        .checked
        .each_finding(|finding| {
            let place = finding.place.expect("the reader knows the place");
            found.push((finding.rule_id, place.row, place.line, place.column, place.component.to_string()));
            Ok(())
        })
        .expect("findings");
    found.sort();
    // Rows count below the header, lines from the top of the file, columns of the table from 0 in the library.
    assert_eq!(
        found,
        [
            ("STR-021".to_owned(), 2, Some(3), Some(7), "COUNTERPART_AREA".to_owned()),
            ("STR-052".to_owned(), 3, Some(4), Some(13), "OBS_VALUE".to_owned()),
        ]
    );
    let report = report_text(&mut pushed);
    assert!(report.contains("NOR") && report.contains('^'), "a suggestion and a caret:\n{report}");
    assert_eq!(stage.records().await, records, "nothing was sent");

    let corrected = [rows[0], ("M", "IMM", "NOR", 2016, "2,A,F"), ("M", "IMM", "NOR", 2017, ",M,F")];
    let receipt = accepted(&office, &flows("SWE", &corrected), &PushOptions::default()).await;
    assert_eq!(receipt.body.observations.expect("counted").total, 3);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_hub_can_find_needs_correction_and_stays_on_record() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, ",M,F")]), &PushOptions::default()).await;
    let records = stage.records().await;
    // For itself the row is in order; beside the status that is there it is not.
    let pushed =
        push(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "7,,")]), &PushOptions::default()).await;
    let PushOutcome::NeedsCorrection { verdict } = &pushed.outcome else { panic!("{:?}", pushed.outcome) };
    assert_eq!(verdict.findings.expect("counted").errors, 1);
    assert_eq!(stage.records().await, records + 1, "the verdict is on record");
    let id = pushed.submission.expect("an id");
    let report = office.report(&id, 10).await.expect("a report");
    assert_eq!(report.findings[0].rule_id, "STR-052");
    assert_eq!(report.findings[0].found, "7");
    assert_eq!(&*report.findings[0].observations[0].period, "2015");
    let filter =
        SubmissionFilter { states: vec![SubmissionState::NeedsCorrection], ..SubmissionFilter::default() };
    let listed = office.list_submissions(&filter, 10).await.expect("listed");
    assert_eq!(listed.iter().map(|one| &one.submission_id).collect::<Vec<_>>(), [&id]);
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "7,A,")]), &PushOptions::default()).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_are_answered_and_the_answer_brings_the_receipt() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let rows = [("M", "IMM", "NOR", 2015, "1,A,F"), ("M", "IMM", "NOR", 2016, ",,")];
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2016, "5,A,F")]), &PushOptions::default()).await;
    let file = flows("SWE", &rows);
    let pushed = push(&office, &file, &PushOptions::default()).await;
    let PushOutcome::NeedsAnswer { verdict } = &pushed.outcome else { panic!("{:?}", pushed.outcome) };
    assert_eq!(verdict.groups.iter().map(|group| &*group.rule_id).collect::<Vec<_>>(), ["STR-053"]);
    let id = pushed.submission.expect("an id");
    let held = pulled(&office, PullRequest::all(FLOW)).await;
    assert_eq!(held.lane("SWE").len(), 1, "not in force before the answer");

    let answered = office.answer(&id, None, "the row is a placeholder", "A. Person").await.expect("answered");
    assert_eq!((answered.state, answered.unanswered), (SubmissionState::Accepted, 0));
    let receipt = answered.receipt.expect("a receipt");
    assert_eq!(receipt.body.submission_id, id);
    let known = office.submission(&id).await.expect("known");
    assert_eq!(known.answers[0].text, "the row is a placeholder");
    assert_eq!(pulled(&office, PullRequest::all(FLOW)).await.lane("SWE").len(), 2);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_brings_the_vintage_before_back_and_is_seen_as_changes() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]), &PushOptions::default()).await;
    let before = pulled(&office, PullRequest::all(FLOW)).await;
    let rows = [("M", "IMM", "NOR", 2015, "2,A,F"), ("M", "IMM", "NOR", 2016, "3,A,F")];
    let pushed = push(&office, &flows("SWE", &rows), &PushOptions::default()).await;
    let id = pushed.submission.expect("an id");
    let mut copy = pulled(&office, PullRequest::all(FLOW)).await;
    let first = copy.cursor.clone();

    let withdrawn = office.withdraw(&id, "sent too early", "A. Person").await.expect("withdrawn");
    assert_eq!(withdrawn.state(), SubmissionState::Withdrawn);
    assert_eq!(office.withdraw(&id, "sent too early", "").await.expect("again").position, withdrawn.position);
    let other = office.withdraw(&id, "another reason", "").await.expect_err("refused");
    assert_eq!(other.reason(), Some(mighub::v1::ErrorReason::NotWithdrawable));

    let request = PullRequest { since: first, ..PullRequest::all(FLOW) };
    copy.pull(&office, request).await.expect("changes");
    assert_eq!(copy.lane("SWE"), before.lane("SWE"));
    assert_eq!((copy.came.len(), copy.gone.len(), copy.gone[0].1.as_str()), (1, 1, "DELETED"));
    let vintages = office.vintages(FLOW, Some("SWE"), 10).await.expect("listed");
    assert_eq!(
        vintages.iter().map(|vintage| vintage.by_withdrawal).collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_eq!(vintages[0].reason, "sent too early");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_head_is_refused_only_where_the_same_series_are_touched() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let first =
        accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]), &PushOptions::default())
            .await;
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "2,A,F")]), &PushOptions::default()).await;
    let built_on_first = PushOptions { base: Base::Position(first.body.position), ..PushOptions::default() };
    accepted(&office, &flows("SWE", &[("M", "EMI", "DNK", 2015, "3,A,F")]), &built_on_first).await;
    let same = text(flows("SWE", &[("M", "IMM", "NOR", 2015, "4,A,F")]));
    let refused = office.push(same, &built_on_first, &Progress::silent()).await.expect_err("the head moved");
    assert_eq!(refused.reason(), Some(mighub::v1::ErrorReason::HeadMoved));
    let correction =
        PushOptions { kind: Kind::Correction, reason: "a slip".to_owned(), ..PushOptions::default() };
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "4,A,F")]), &correction).await;
    stage.close().await;
}

/// What a reader pulls, written as a file and sent to another hub by its own office.
async fn carry_over(from: &Hub, request: PullRequest, to: &Hub, stage: &Stage) -> Option<Cursor> {
    let path = stage.path("carried.csv");
    let pull = from.pull(request, &Progress::silent()).await.expect("a pull");
    let file = std::fs::File::create(&path).expect("a file");
    let summary = pull.write(Format::Csv, file).await.expect("written");
    let pushed = to.push(Source::path(&path), &PushOptions::default(), &Progress::silent()).await;
    let outcome = pushed.expect("pushed").outcome;
    assert!(matches!(outcome, PushOutcome::Accepted { .. }), "{outcome:?}");
    summary.cursor
}

#[tokio::test(flavor = "multi_thread")]
async fn pulled_files_and_files_of_changes_keep_another_hub_in_step() {
    let (here, there) = (Stage::new().await, Stage::new().await);
    for stage in [&here, &there] {
        stage.admit_office("SWE").await;
    }
    let (office, mirror) = (here.client("SWE").await, there.client("SWE").await);
    let statuses = ["OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];
    let same = async || {
        let mut tables = Vec::new();
        for hub in [&office, &mirror] {
            let mut table = pulled(hub, PullRequest::all(FLOW)).await.lane("SWE");
            // A file says what the other hub would put in by default.
            table.values_mut().for_each(|cells| cells.retain(|id, _| statuses.contains(&id.as_str())));
            tables.push(table);
        }
        assert_eq!(tables[0], tables[1]);
    };
    accepted(&office, &sample("SWE"), &PushOptions::default()).await;
    let cursor = carry_over(&office, PullRequest::all(FLOW), &mirror, &there).await;
    same().await;
    let revision = [
        ("R", "EMI", "AUT", 2010, "1,E,F"),
        ("D", "EMI", "BEL", 2010, ",,"),
        ("M", "IMM", "NOR", 2011, ",L,C"),
    ];
    accepted(&office, &flows("SWE", &revision), &PushOptions::default()).await;
    let changes = PullRequest { since: cursor, ..PullRequest::all(FLOW) };
    carry_over(&office, changes, &mirror, &there).await;
    same().await;
    here.close().await;
    there.close().await;
}
