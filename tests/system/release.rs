//! Release without sending anew, restriction, review, four eyes, and the list of who read what.

use mighub::v1::{self, ReviewDecision, Role, SubmissionState};
use mighub_client::{At, Decided, Effect, Error, Hub, Kind, PullRequest, PushOptions, PushOutcome};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::data::{Copy, flows, pulled};
use crate::office::{ADMINISTRATOR, FLOW, Stage, accepted, agreement, instant, push, raw};

fn why(reason: &str) -> Decided {
    Decided { reason: reason.into(), person: "anna".into() }
}

/// Years of the only series of a provider, with what is in them.
async fn years(hub: &Hub, request: PullRequest) -> Vec<(String, String)> {
    let table = pulled(hub, request).await.lane("SWE");
    let cell = |(key, cells): (&(String, String), &std::collections::BTreeMap<String, String>)| {
        (key.1.clone(), cells.get("OBS_VALUE").cloned().unwrap_or_default())
    };
    table.iter().map(cell).collect()
}

async fn seen(hub: &Hub) -> String {
    let years = years(hub, PullRequest::all(FLOW)).await;
    years.iter().map(|(year, value)| format!("{year}={value}")).collect::<Vec<_>>().join(" ")
}

fn year(year: u16, value: &str) -> String {
    flows("SWE", &[("M", "IMM", "NOR", year, &format!("{value},A,F"))])
}

fn under(hour: jiff::Timestamp, edition: &str) -> PushOptions {
    let edition = (!edition.is_empty()).then(|| (edition.to_owned(), String::new()));
    PushOptions { embargo: Some(hour), edition, ..PushOptions::default() }
}

fn refusal(error: &Error) -> String {
    error.reason().map_or_else(|| error.to_string(), |reason| reason.as_str_name().to_owned())
}

/// What a browser without token gets at an address.
async fn plain_file(stage: &Stage, path: &str) -> String {
    let mut stream = TcpStream::connect(stage.plain_address()).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// A hub, with Sweden that sends and releases, and a commission that reads.
async fn stage() -> (Stage, Hub, Hub) {
    let stage = Stage::with_hand_set_clock().await;
    stage.admit_office("SWE").await;
    stage.grant("SWE", Role::Publisher).await;
    stage.admit("ECE", &[Role::Reader]).await;
    let (sweden, reader) = (stage.client("SWE").await, stage.client("ECE").await);
    (stage, sweden, reader)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_shows_at_once_what_was_under_embargo_and_deltas_bring_it_as_new() {
    let (stage, sweden, reader) = stage().await;
    let lane = raw::lane("SWE");
    accepted(&sweden, &year(2015, "1"), &PushOptions::default()).await;
    let hour = instant(stage.now().0 / 1_000 + 3_600);
    accepted(&sweden, &year(2016, "2"), &under(hour, "first")).await;
    let mut copy = Copy::default();
    copy.pull(&reader, PullRequest::all(FLOW)).await.expect("a pull");
    let before = stage.records().await - 1;
    assert_eq!(sweden.embargoes(&lane).await.expect("listed").len(), 1);
    assert_eq!(
        refusal(&reader.embargoes(&lane).await.expect_err("no publisher")),
        "ERROR_REASON_RIGHT_MISSING"
    );

    let (effect, left) =
        sweden.release(&lane, None, None, &why("the minister spoke")).await.expect("released");
    assert!(matches!(effect, Effect::Recorded(_)) && left.is_empty(), "{effect:?} {left:?}");
    let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(FLOW) };
    copy.pull(&reader, request).await.expect("changes");
    assert_eq!((copy.came.len(), copy.gone.len()), (1, 0));
    assert_eq!(seen(&reader).await, "2015=1 2016=2");
    let edition = PullRequest { at: At::Edition("first".into()), ..PullRequest::all(FLOW) };
    assert_eq!(years(&reader, edition).await.len(), 2);
    let then = PullRequest { at: At::Position(before), ..PullRequest::all(FLOW) };
    assert_eq!(years(&reader, then).await.len(), 1, "what could be seen then");

    let again = sweden.release(&lane, None, None, &why("once more")).await.expect("nothing to do");
    assert_eq!(again.0, Effect::AsBefore);
    let late = sweden.release(&lane, None, Some(hour), &why("too late")).await.expect_err("it is out");
    assert_eq!(refusal(&late), "ERROR_REASON_NOTHING_EMBARGOED");
    // What is sent later follows on the release, and a withdrawal goes back to it.
    let receipt = accepted(&sweden, &year(2017, "3"), &PushOptions::default()).await;
    assert_eq!(seen(&reader).await, "2015=1 2016=2 2017=3");
    sweden.withdraw(&receipt.body.submission_id, "a slip", "").await.expect("withdrawn");
    assert_eq!(seen(&reader).await, "2015=1 2016=2");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embargo_that_was_moved_later_does_not_end_at_its_first_hour_whatever_is_asked() {
    let (stage, sweden, reader) = stage().await;
    let lane = raw::lane("SWE");
    let now = stage.now().0 / 1_000;
    accepted(&sweden, &year(2016, "2"), &under(instant(now + 3_600), "first")).await;
    let position = stage.records().await - 1;
    let later = Some(instant(now + 7_200));
    sweden.release(&lane, None, later, &why("the hour was moved")).await.expect("moved");
    let nothing = "";
    for (wait, expected) in [(3_599, nothing), (1, nothing), (3_599, nothing), (1, "2016=2")] {
        stage.wait_s(wait);
        assert_eq!(seen(&reader).await, expected);
        let then = PullRequest { at: At::Position(position), ..PullRequest::all(FLOW) };
        assert!(years(&reader, then).await.is_empty(), "its own step does not count any more");
        let edition = PullRequest { at: At::Edition("first".into()), ..PullRequest::all(FLOW) };
        let labelled = Copy::default().pull(&reader, edition).await.is_ok();
        assert_eq!(labelled, !expected.is_empty());
        let listed = reader.vintages(FLOW, Some("SWE"), 10).await.expect("listed").len();
        assert_eq!(listed, usize::from(!expected.is_empty()));
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embargoes_end_in_any_order_and_a_withdrawal_keeps_what_was_moved() {
    let (stage, sweden, reader) = stage().await;
    let lane = raw::lane("SWE");
    let now = stage.now().0 / 1_000;
    accepted(&sweden, &year(2015, "1"), &under(instant(now + 3_600), "")).await;
    let second = accepted(&sweden, &year(2016, "2"), &under(instant(now + 7_200), "")).await;
    let third = accepted(&sweden, &year(2017, "3"), &PushOptions::default()).await;
    assert_eq!(seen(&reader).await, "2017=3");
    let id = Some(&*second.body.submission_id);
    let (_, left) = sweden.release(&lane, id, None, &why("this one first")).await.expect("released");
    assert_eq!(left.len(), 1);
    assert_eq!(seen(&reader).await, "2016=2 2017=3", "folded anew, without the first");
    sweden.withdraw(&third.body.submission_id, "a slip", "").await.expect("withdrawn");
    assert_eq!(seen(&reader).await, "2016=2", "what was released stays released");
    stage.wait_s(3_600);
    assert_eq!(seen(&reader).await, "2015=1 2016=2");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restricted_cells_are_gone_from_every_vintage_and_come_back_when_freed() {
    let (mut stage, sweden, reader) = stage().await;
    let lane = raw::lane("SWE");
    accepted(
        &sweden,
        &(year(2015, "1") + year(2016, "2").split_once('\n').expect("a header").1),
        &PushOptions::default(),
    )
    .await;
    let first = stage.records().await - 1;
    accepted(&sweden, &year(2015, "10"), &PushOptions::default()).await;
    let mut copy = Copy::default();
    copy.pull(&reader, PullRequest::all(FLOW)).await.expect("a pull");
    let cells = sweden.selection(FLOW, "", Some("2015"), Some("2015")).await.expect("a selection");
    let stranger = reader.restrict(&lane, &cells, &why("not mine")).await.expect_err("no publisher");
    assert_eq!(refusal(&stranger), "ERROR_REASON_RIGHT_MISSING");
    let restriction = sweden.restrict(&lane, &cells, &why("names in it")).await.expect("restricted");

    let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(FLOW) };
    copy.pull(&reader, request).await.expect("changes");
    let gone: Vec<_> = copy.gone.iter().map(|(key, reason)| (&*key.1, &**reason)).collect();
    assert_eq!((copy.came.len(), gone), (0, vec![("2015", "WITHHELD")]));
    stage.restart(|_| ()).await;
    let (sweden, reader) = (stage.client("SWE").await, stage.client("ECE").await);
    for at in [At::Now, At::Position(first), At::Position(first + 1)] {
        let request = PullRequest { at, ..PullRequest::all(FLOW) };
        assert_eq!(years(&reader, request).await, [("2016".to_owned(), "2".to_owned())]);
    }
    assert_eq!(seen(&sweden).await, "2015=10 2016=2", "the office itself");
    let freed = sweden.free(&lane, restriction.position, &why("cleared")).await.expect("freed");
    assert!(matches!(freed, Effect::Recorded(_)));
    let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(FLOW) };
    copy.pull(&reader, request).await.expect("changes");
    assert_eq!((copy.came.len(), copy.gone.len()), (1, 0));
    assert_eq!(sweden.restrictions(&lane, true).await.expect("listed").len(), 1);
    assert_eq!(sweden.restrictions(&lane, false).await.expect("listed").len(), 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_more_waits_for_a_second_person_where_the_agreement_asks_for_it() {
    let (stage, sweden, reader) = stage().await;
    let lane = raw::lane("SWE");
    stage.admit("UNECE", &[Role::Publisher]).await;
    let terms = agreement("SWE");
    stage.agree(v1::Agreement { four_eyes: true, publisher_agencies: vec!["UNECE".into()], ..terms }).await;
    let second = stage.client("UNECE").await;
    let hour = instant(stage.now().0 / 1_000 + 3_600);
    accepted(&sweden, &year(2016, "2"), &under(hour, "")).await;
    let ask = async || sweden.release(&lane, None, None, &why("now")).await;
    let (Effect::Waits(request), _) = ask().await.expect("asked") else { panic!("it took effect") };
    assert_eq!(ask().await.expect("asked again").0, Effect::Waits(request), "one request, however often");
    assert_eq!(seen(&reader).await, "");
    let own = sweden.decide_request(request, v1::RequestDecision::Confirm, &why("")).await;
    assert_eq!(refusal(&own.expect_err("the same person")), "ERROR_REASON_SECOND_PERSON_NEEDED");
    let stranger = reader.decide_request(request, v1::RequestDecision::Confirm, &why("")).await;
    assert_eq!(refusal(&stranger.expect_err("no publisher")), "ERROR_REASON_UNKNOWN_REQUEST");
    assert_eq!(second.requests().await.expect("listed").len(), 1);
    let confirm =
        async || second.decide_request(request, v1::RequestDecision::Confirm, &Decided::default()).await;
    let position = confirm().await.expect("confirmed");
    assert!(position.is_some());
    assert_eq!(seen(&reader).await, "2016=2");
    assert_eq!(confirm().await.expect("confirmed again"), position, "its answer may have been lost");
    assert_eq!(second.requests().await.expect("listed").len(), 0);

    // What shows less needs one person; lifting it two.
    let cells = sweden.selection(FLOW, "", Some("2016"), None).await.expect("a selection");
    let restriction = sweden.restrict(&lane, &cells, &why("names in it")).await.expect("restricted");
    assert_eq!(seen(&reader).await, "");
    let freed = sweden.free(&lane, restriction.position, &why("cleared")).await.expect("asked");
    let Effect::Waits(request) = freed else { panic!("it took effect") };
    second.decide_request(request, v1::RequestDecision::Decline, &why("not yet")).await.expect("declined");
    let late = second.decide_request(request, v1::RequestDecision::Confirm, &why("")).await;
    assert_eq!(refusal(&late.expect_err("declined")), "ERROR_REASON_REQUEST_ENDED");
    assert_eq!(seen(&reader).await, "");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_approves_or_returns_and_not_what_he_sent_himself() {
    let (stage, sweden, reader) = stage().await;
    stage.admit("UNECE", &[Role::Reviewer]).await;
    stage.grant("SWE", Role::Reviewer).await;
    let reviewer = stage.client("UNECE").await;
    stage.agree(v1::Agreement { needs_review: true, four_eyes: true, ..agreement("SWE") }).await;
    let waits = |pushed: mighub_client::Pushed| {
        assert!(!matches!(pushed.outcome, PushOutcome::Accepted { .. }), "{:?}", pushed.outcome);
        pushed.submission.expect("an id")
    };
    let id = waits(push(&sweden, &year(2016, "2"), &PushOptions::default()).await);
    assert_eq!(seen(&reader).await, "");
    let own = sweden.review(&id, ReviewDecision::Approve, &why("fine")).await.expect_err("his own");
    assert_eq!(refusal(&own), "ERROR_REASON_SECOND_PERSON_NEEDED");
    let stranger = reader.review(&id, ReviewDecision::Approve, &why("fine")).await.expect_err("no reviewer");
    assert_eq!(refusal(&stranger), "ERROR_REASON_RIGHT_MISSING");
    let approved = reviewer.review(&id, ReviewDecision::Approve, &why("")).await.expect("approved");
    assert_eq!((approved.state(), approved.receipt.is_some()), (SubmissionState::Accepted, true));
    assert_eq!(seen(&reader).await, "2016=2");
    let again = reviewer.review(&id, ReviewDecision::Approve, &why("")).await.expect("approved again");
    assert_eq!(again.receipt, approved.receipt);

    let returned = waits(push(&sweden, &year(2016, "3"), &PushOptions::default()).await);
    let silent = reviewer.review(&returned, ReviewDecision::Return, &Decided::default()).await;
    assert_eq!(refusal(&silent.expect_err("no reason")), "ERROR_REASON_REASON_REQUIRED");
    let answer =
        reviewer.review(&returned, ReviewDecision::Return, &why("too high")).await.expect("returned");
    assert_eq!(answer.state(), SubmissionState::NeedsCorrection);
    let history = sweden.submission(&returned).await.expect("known").history;
    let last = history.last().expect("a history");
    assert_eq!((&*last.agency, &*last.reason), ("UNECE", "too high"));
    let late = reviewer.review(&returned, ReviewDecision::Approve, &why("")).await.expect_err("returned");
    assert_eq!(refusal(&late), "ERROR_REASON_STATE_UNFIT");

    // The head moves in the same series while the reviewer thinks: the office is asked again.
    let slow = waits(push(&sweden, &year(2016, "4"), &PushOptions::default()).await);
    let options = PushOptions { kind: Kind::Correction, reason: "quicker".into(), ..PushOptions::default() };
    let quick = waits(push(&sweden, &year(2016, "5"), &options).await);
    reviewer.review(&quick, ReviewDecision::Approve, &why("")).await.expect("approved");
    let moved = reviewer.review(&slow, ReviewDecision::Approve, &why("")).await.expect("judged");
    assert_eq!(moved.state(), SubmissionState::NeedsAnswer);
    assert_eq!(seen(&reader).await, "2016=5");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_what_and_who_could_have_is_listed_over_all_doors() {
    let (stage, sweden, reader) = stage().await;
    stage.admit("OECD", &[Role::Reader]).await;
    stage.agree(v1::Agreement { pre_release_readers: vec!["OECD".into()], ..agreement("SWE") }).await;
    let early = stage.client("OECD").await;
    let hour = instant(stage.now().0 / 1_000 + 3_600);
    accepted(&sweden, &year(2015, "1"), &PushOptions::default()).await;
    accepted(&sweden, &year(2016, "2"), &under(hour, "")).await;
    seen(&reader).await;
    seen(&early).await;
    let body = plain_file(&stage, "/v1/data/MIG_FLOW.csv").await;
    assert!(body.contains("2015") && !body.contains("2016"), "{body}");
    let mut audit = raw::releases(stage.channel(ADMINISTRATOR).await);
    let asked = v1::AuditReadsRequest { dataflow: FLOW.into(), provider: "SWE".into(), ..Default::default() };
    let mut reads = Vec::new();
    // The end of an answer is noted when the hub has let go of it.
    for _ in 0..50 {
        reads = audit.audit_reads(asked.clone()).await.expect("listed").into_inner().reads;
        if reads.len() >= 3 && reads.iter().all(|read| read.observations.is_some()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let found: Vec<_> = reads
        .iter()
        .map(|read| (&*read.agency, read.door().as_str_name(), read.before_release, read.observations))
        .collect();
    for expected in [
        ("ECE", "READ_DOOR_PULL", false, Some(1)),
        ("OECD", "READ_DOOR_PULL", true, Some(2)),
        ("", "READ_DOOR_REST", false, Some(1)),
    ] {
        assert_eq!(found.iter().filter(|read| **read == expected).count(), 1, "{expected:?} in {found:?}");
    }
    let sensitive = v1::AuditReadsRequest { sensitive_only: true, ..asked.clone() };
    let sensitive = audit.audit_reads(sensitive).await.expect("listed").into_inner().reads;
    assert_eq!(sensitive.iter().map(|read| &*read.agency).collect::<Vec<_>>(), ["OECD"]);
    let refused = raw::releases(stage.channel("ECE").await).audit_reads(asked).await.expect_err("no auditor");
    assert_eq!(raw::reason(&refused), "RIGHT_MISSING");

    let rights = v1::AuditRightsRequest { lane: Some(raw::lane("SWE")), day: String::new() };
    let rights = audit.audit_rights(rights).await.expect("told").into_inner();
    let viewers: Vec<_> = rights
        .viewers
        .iter()
        .map(|viewer| (&*viewer.agency, viewer.before_release, viewer.restricted))
        .collect();
    assert_eq!(viewers, [("", false, false), ("OECD", true, false), ("SWE", true, true)]);
    assert_eq!(rights.embargoes.len(), 1);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_taken_away_is_gone_at_the_next_call_and_an_administrator_stays() {
    let (stage, sweden, _) = stage().await;
    let lane = raw::lane("SWE");
    sweden.embargoes(&lane).await.expect("a publisher");
    let mut agencies = raw::agencies(stage.channel(ADMINISTRATOR).await);
    let revoke = |agency: &str, role: Role| v1::RevokeRoleRequest {
        agency: agency.into(),
        role: role.into(),
        reason: "he left".into(),
    };
    let left = agencies.revoke_role(revoke("SWE", Role::Publisher)).await.expect("revoked").into_inner();
    assert!(!left.roles.contains(&Role::Publisher.into()));
    assert_eq!(
        refusal(&sweden.embargoes(&lane).await.expect_err("no publisher any more")),
        "ERROR_REASON_RIGHT_MISSING"
    );
    stage.grant("SWE", Role::Publisher).await;
    sweden.embargoes(&lane).await.expect("a publisher again");
    let last = agencies.revoke_role(revoke(ADMINISTRATOR, Role::Administrator)).await.expect_err("the last");
    assert_eq!(raw::reason(&last), "LAST_ADMINISTRATOR");
    stage.close().await;
}
