//! Retrieval from a real hub, compared with a plain account of what was sent to it.

mod lab;

use std::collections::BTreeMap;

use mighub::v1::pull_response::Part;
use mighub::v1::{self, ErrorReason, Role};
use proptest::prelude::*;
use prost::bytes::Bytes;

use crate::hub::{Moment, Principal, Refusal};
use lab::{AREAS, Cell, Copy, FLOW, Lab, Sees, Write, agency, request};

const CONFS: [&str; 4] = ["F", "F", "C", ""];

fn write() -> impl Strategy<Value = Write> {
    let place = (proptest::sample::select(&AREAS[..]), 2000u16..2003);
    let cell = proptest::option::weighted(0.7, (0i64..9, proptest::sample::select(&CONFS[..])));
    proptest::collection::btree_map(place, cell, 1..8)
}

#[derive(Clone, Debug)]
enum Move {
    Send(Write, Option<i64>, &'static str),
    Withdraw,
    Wait(i64),
    /// Early access and restricted cells for UNHCR, and whether existence is restricted.
    Agree(bool, bool, bool),
    Pull,
}

fn a_move() -> impl Strategy<Value = Move> {
    let embargo = proptest::option::of(1i64..400);
    let edition = proptest::sample::select(&["", "2020"][..]);
    prop_oneof![
        5 => (write(), embargo, edition).prop_map(|(write, embargo, edition)| Move::Send(write, embargo, edition)),
        1 => Just(Move::Withdraw),
        3 => (1i64..300).prop_map(Move::Wait),
        2 => any::<(bool, bool, bool)>().prop_map(|(early, restricted, hidden)| Move::Agree(early, restricted, hidden)),
        4 => Just(Move::Pull),
    ]
}

/// A reader with what it pulled so far.
struct Reader {
    principal: Principal,
    copy: Copy,
    cursor: Bytes,
}

impl Reader {
    fn new(principal: Principal) -> Self {
        Self { principal, copy: Copy::new(), cursor: Bytes::new() }
    }

    /// Pulls what changed; every call is cut off behind its first checkpoint.
    fn pull_changes(&mut self, lab: &Lab, provider: &str) -> Result<(), TestCaseError> {
        let asked = v1::PullRequest { since: self.cursor.clone(), ..request(&[provider]) };
        let mut resume = Bytes::new();
        loop {
            let asked = v1::PullRequest { resume, max_observations: Some(1), ..asked.clone() };
            let parts = lab.parts(&self.principal, asked).map_err(fail)?;
            let summary = lab.apply(&parts, &mut self.copy).expect("a summary");
            if summary.complete {
                prop_assert!(!summary.cursor.is_empty());
                self.cursor = summary.cursor;
                for lane in &summary.lanes {
                    prop_assert_eq!(lane.total, self.copy.len() as u64);
                }
                return Ok(());
            }
            resume = last_resume(&parts);
        }
    }
}

fn last_resume(parts: &[Part]) -> Bytes {
    let resumes = parts.iter().rev().find_map(|part| match part {
        Part::Checkpoint(checkpoint) => Some(checkpoint.resume.clone()),
        _ => None,
    });
    resumes.expect("a checkpoint")
}

fn fail(refusal: Refusal) -> TestCaseError {
    TestCaseError::fail(format!("{:?}: {}", refusal.reason, refusal.text))
}

fn whole(lab: &Lab, principal: &Principal, asked: v1::PullRequest) -> Result<Copy, TestCaseError> {
    let mut copy = Copy::new();
    let parts = lab.parts(principal, asked).map_err(fail)?;
    let summary = lab.apply(&parts, &mut copy).expect("a summary");
    prop_assert!(summary.complete);
    prop_assert_eq!(summary.observations, copy.len() as u64);
    Ok(copy)
}

fn point(at: v1::point::At) -> Option<v1::Point> {
    Some(v1::Point { at: Some(at) })
}

/// One history of one lane, read all the time by three readers.
fn check_history(lab: &mut Lab, provider: &str, moves: &[Move]) -> Result<(), TestCaseError> {
    lab.agree(provider, |_| {});
    let mut sees = Sees { early: false, restricted: false, keys: true };
    let public = Sees { ..sees };
    let mut readers =
        [Reader::new(Principal::PUBLIC), Reader::new(agency("UNHCR")), Reader::new(agency(provider))];
    let first = v1::WatchVintagesRequest { providers: vec![provider.to_owned()], ..Default::default() };
    let mut watch = lab.hub.watch_vintages(&Principal::PUBLIC, &first, lab.now).map_err(fail)?;
    watch.poll(lab.now).map_err(fail)?;
    let mut told = Vec::new();
    let mut shown_before = Copy::new();
    for step in moves {
        lab.wait(1);
        match step {
            Move::Send(write, embargo, edition) => {
                let embargo = embargo.map(|ms| Moment(lab.now.0 + ms));
                lab.send(provider, write.clone(), embargo, edition);
            }
            Move::Withdraw => lab.withdraw(provider),
            Move::Wait(ms) => lab.wait(*ms),
            Move::Agree(early, restricted, hidden) => {
                sees = Sees { early: *early, restricted: *restricted, keys: *restricted || !hidden };
                lab.agree(provider, |agreement| {
                    let named = |is: bool| if is { vec!["UNHCR".to_owned()] } else { Vec::new() };
                    agreement.pre_release_readers = named(*early);
                    agreement.confidential_readers = named(*restricted);
                    agreement.existence_restricted = *hidden;
                });
            }
            Move::Pull => {}
        }
        let hidden_keys = moves_hidden(moves, step);
        let public = Sees { keys: !hidden_keys, ..public };
        let office = Sees { early: true, restricted: true, keys: true };
        let newest = lab.hub.position().expect("a record");
        for (reader, sees) in readers.iter_mut().zip([public, sees, office]) {
            let expected = lab.expected(provider, newest, lab.now, sees);
            prop_assert_eq!(&whole(lab, &reader.principal, request(&[provider]))?, &expected, "{:?}", sees);
            if matches!(step, Move::Pull) {
                reader.pull_changes(lab, provider)?;
                prop_assert_eq!(&reader.copy, &expected, "delta for {:?}", sees);
            }
        }
        let news = watch.poll(lab.now).map_err(fail)?;
        let shown = lab.expected(provider, newest, lab.now, public);
        prop_assert_eq!(!news.is_empty(), shown != shown_before, "{:?}: {:?}", step, news);
        shown_before = shown;
        told.extend(news);
    }
    let rights_differed = moves.iter().any(|step| matches!(step, Move::Agree(_, _, true)));
    check_past(lab, provider, rights_differed)?;
    check_list(lab, provider, &told, rights_differed)?;
    check_news(lab, provider, &told)
}

/// Whether existence was restricted by the last agreement up to a step.
fn moves_hidden(moves: &[Move], step: &Move) -> bool {
    let so_far = moves.iter().position(|other| std::ptr::eq(other, step)).map_or(0, |place| place + 1);
    let last = moves[..so_far].iter().rev().find_map(|step| match step {
        Move::Agree(_, _, hidden) => Some(*hidden),
        _ => None,
    });
    last.unwrap_or(false)
}

/// Every past point reads to the office as it was recorded, and to the public as it was then, less what is
/// restricted today.
fn check_past(lab: &Lab, provider: &str, rights_differed: bool) -> Result<(), TestCaseError> {
    use v1::point::At;
    let office = agency(provider);
    let sees = Sees { early: true, restricted: true, keys: true };
    let public = Sees { early: false, restricted: false, keys: true };
    for (position, time) in lab.points(provider) {
        let asked = |at| v1::PullRequest { point: point(at), ..request(&[provider]) };
        let expected = lab.expected(provider, position, lab.now, sees);
        prop_assert_eq!(&whole(lab, &office, asked(At::Position(position)))?, &expected);
        prop_assert_eq!(&whole(lab, &office, asked(At::AsOf(time.to_message())))?, &expected);
        if !rights_differed {
            let expected = lab.expected(provider, position, time, public);
            prop_assert_eq!(&whole(lab, &Principal::PUBLIC, asked(At::AsOf(time.to_message())))?, &expected);
            let expected = lab.expected(provider, position, lab.now, public);
            prop_assert_eq!(&whole(lab, &Principal::PUBLIC, asked(At::Position(position)))?, &expected);
        }
    }
    let asked = v1::PullRequest { point: point(At::Edition("2020".to_owned())), ..request(&[provider]) };
    match lab.edition(provider, "2020") {
        Some(position) => {
            let expected = lab.expected(provider, position, lab.now, sees);
            prop_assert_eq!(&whole(lab, &office, asked)?, &expected);
        }
        None => {
            let reason = lab.parts(&office, asked).err().map(|refusal| refusal.reason);
            prop_assert_eq!(reason, Some(ErrorReason::EditionUnknown));
        }
    }
    Ok(())
}

/// The public finds in the list what it was told of, page by page.
fn check_list(
    lab: &Lab,
    provider: &str,
    told: &[v1::VintageEvent],
    rights_differed: bool,
) -> Result<(), TestCaseError> {
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let asked = v1::ListVintagesRequest {
            dataflow: FLOW.to_owned(),
            provider: provider.to_owned(),
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let answer = lab.hub.list_vintages(&Principal::PUBLIC, &asked, lab.now).map_err(fail)?;
        listed.extend(answer.vintages);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    prop_assert!(listed.iter().all(|vintage| vintage.submission_id.is_empty()));
    // Where rights differed, the list tells the past as it may be read today.
    if !rights_differed {
        let nameless =
            told.iter().filter(|event| event.vintage.as_ref().is_some_and(|v| v.r#ref.is_none())).count();
        let times = |vintage: &v1::Vintage| vintage.r#ref.as_ref().and_then(|name| name.effective_time);
        let listed: Vec<_> = listed.iter().rev().filter_map(times).collect();
        let told: Vec<_> = told.iter().filter_map(|event| event.vintage.as_ref().and_then(times)).collect();
        // News that nothing is left names no vintage.
        let untold = listed.iter().filter(|time| !told.contains(time)).count();
        prop_assert!(untold <= nameless, "{:?} {:?}", listed, told);
    }
    Ok(())
}

/// Whoever was away hears the same from any cursor on.
fn check_news(lab: &Lab, provider: &str, told: &[v1::VintageEvent]) -> Result<(), TestCaseError> {
    for (nth, event) in told.iter().enumerate() {
        let asked = v1::WatchVintagesRequest {
            providers: vec![provider.to_owned()],
            after: event.cursor.clone(),
            ..Default::default()
        };
        let mut watch = lab.hub.watch_vintages(&Principal::PUBLIC, &asked, lab.now).map_err(fail)?;
        let mut again = watch.poll(lab.now).map_err(fail)?;
        let place = |event: &v1::VintageEvent| (event.kind, event.vintage.clone());
        let expected: Vec<_> = told[nth + 1..].iter().map(place).collect();
        let found: Vec<_> = again.drain(..).map(|event| place(&event)).collect();
        prop_assert_eq!(found, expected, "after event {}", nth);
    }
    Ok(())
}

#[test]
fn readers_see_what_the_account_of_a_lane_says_they_may() {
    let mut lab = Lab::new();
    lab.role("UNHCR", Role::Reader);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(60)
    });
    let lab = std::cell::RefCell::new((&mut lab, 0));
    let outcome = runner.run(&proptest::collection::vec(a_move(), 1..14), |moves| {
        let (lab, nth) = &mut *lab.borrow_mut();
        *nth += 1;
        lab.wait(1_000);
        check_history(lab, &format!("P{nth}"), &moves)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn free(value: i64) -> Option<Cell> {
    Some((value, "F"))
}

fn refused(answer: Result<Vec<Part>, Refusal>) -> ErrorReason {
    answer.expect_err("refused").reason
}

#[test]
fn a_token_is_good_for_its_reader_its_request_and_a_day() {
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    lab.agree("NOR", |_| {});
    let cells: Write = AREAS.iter().map(|area| ((*area, 2000), free(1))).collect();
    lab.send("SWE", cells.clone(), None, "");
    lab.send("NOR", cells.clone(), None, "");
    let public = Principal::PUBLIC;
    let asked = v1::PullRequest { max_observations: Some(2), ..request(&["SWE", "NOR"]) };
    let cut = lab.parts(&public, asked.clone()).expect("a part");
    let resume = last_resume(&cut);
    let full = lab.parts(&public, request(&["SWE", "NOR"])).expect("all");
    let cursor = lab.apply(&full, &mut Copy::new()).expect("a summary").cursor;

    let with = |resume: &Bytes, since: &Bytes, providers: &[&str]| v1::PullRequest {
        resume: resume.clone(),
        since: since.clone(),
        ..request(providers)
    };
    let none = Bytes::new();
    let mut damaged = cursor.to_vec();
    damaged[20] ^= 4;
    let damaged = Bytes::from(damaged);
    for (principal, asked, expected) in [
        (&public, with(&resume, &none, &["SWE", "NOR"]), None),
        (&public, with(&none, &cursor, &["NOR", "SWE"]), None),
        (&agency("UNHCR"), with(&resume, &none, &["SWE", "NOR"]), Some(ErrorReason::CursorOtherRequest)),
        (&agency("UNHCR"), with(&none, &cursor, &["SWE", "NOR"]), Some(ErrorReason::CursorOtherRequest)),
        (&public, with(&none, &cursor, &["SWE"]), Some(ErrorReason::CursorOtherRequest)),
        (&public, with(&resume, &cursor, &["SWE", "NOR"]), Some(ErrorReason::CursorOtherRequest)),
        (&public, with(&cursor, &none, &["SWE", "NOR"]), Some(ErrorReason::CursorMalformed)),
        (&public, with(&none, &resume, &["SWE", "NOR"]), Some(ErrorReason::CursorMalformed)),
        (&public, with(&none, &damaged, &["SWE", "NOR"]), Some(ErrorReason::CursorMalformed)),
    ] {
        let found = lab.parts(principal, asked).err().map(|refusal| refusal.reason);
        assert_eq!(found, expected);
    }
    lab.wait(23 * 60 * 60 * 1000);
    let mut copy = Copy::new();
    lab.apply(&cut, &mut copy);
    let rest = lab.parts(&public, with(&resume, &none, &["SWE", "NOR"])).expect("the rest");
    let summary = lab.apply(&rest, &mut copy).expect("a summary");
    assert_eq!((copy.len(), summary.observations, summary.lanes.len()), (12, 12, 2));
    lab.wait(60 * 60 * 1000 + 1);
    assert_eq!(
        refused(lab.parts(&public, with(&resume, &none, &["SWE", "NOR"]))),
        ErrorReason::ResumeExpired
    );
}

#[test]
fn a_pull_taken_up_again_does_not_show_what_was_restricted_since() {
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    lab.agree("NOR", |_| {});
    let cells: Write = AREAS.iter().map(|area| ((*area, 2000), free(1))).collect();
    lab.send("SWE", cells.clone(), None, "");
    let asked = v1::PullRequest { max_observations: Some(2), ..request(&["SWE"]) };
    let resume = last_resume(&lab.parts(&Principal::PUBLIC, asked).expect("a part"));
    let again = v1::PullRequest { resume, ..request(&["SWE"]) };
    // Somebody else's figures, or new free ones, are no hindrance.
    lab.send("NOR", [(("SYR", 2000), Some((3, "C")))].into(), None, "");
    lab.send("SWE", [(("DEU", 2000), free(2))].into(), None, "");
    let parts = lab.parts(&Principal::PUBLIC, again.clone()).expect("the rest");
    assert!(parts.iter().any(|part| matches!(part, Part::Blocks(_))));
    lab.send("SWE", [(("SYR", 2000), Some((1, "C")))].into(), None, "");
    assert_eq!(refused(lab.parts(&Principal::PUBLIC, again)), ErrorReason::ResumeExpired);
}

#[test]
fn who_asks_for_nobody_gets_the_principal_provider_of_each_series() {
    let mut lab = Lab::new();
    let areas = |areas: &[&str]| {
        vec![v1::DimensionCodes {
            dimension: "COUNTERPART_AREA".to_owned(),
            codes: areas.iter().map(ToString::to_string).collect(),
        }]
    };
    lab.agree("SWE", |agreement| agreement.permitted_region = areas(&["DEU", "EST", "FIN"]));
    lab.agree("SWEM", |agreement| agreement.principal_rank = 2);
    lab.agree("SWEX", |agreement| {
        agreement.principal_rank = 3;
        agreement.valid_to = "2001-01-01".to_owned();
    });
    let cells: Write = AREAS.iter().map(|area| ((*area, 2000), free(1))).collect();
    for provider in ["SWE", "SWEM", "SWEX"] {
        lab.send(provider, cells.clone(), None, "");
    }
    let given = |asked: v1::PullRequest| {
        let mut copy = Copy::new();
        let summary = lab.apply(&lab.parts(&Principal::PUBLIC, asked).expect("figures"), &mut copy);
        let mut of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (lane, (area, _)) in copy.into_keys() {
            of.entry(lane).or_default().push(area);
        }
        (of, summary.expect("a summary"))
    };
    let (of, summary) = given(request(&[]));
    // Whose agreement has ended comes after everybody; who has none above it gives all.
    assert_eq!(
        of,
        [("SWE".to_owned(), AREAS.to_vec()), ("SWEM".to_owned(), vec!["NOR", "POL", "SYR"])].into()
    );
    let whole: Vec<_> = summary.lanes.iter().map(|lane| !lane.manifest_digest.is_empty()).collect();
    assert_eq!(whole, [true, false]);
    let all = v1::PullRequest { all_providers: true, ..request(&[]) };
    assert_eq!(given(all).0.values().map(Vec::len).collect::<Vec<_>>(), [6, 6, 6]);
    assert_eq!(given(request(&["SWEX", "XXX"])).0.into_keys().collect::<Vec<_>>(), ["SWEX"]);
    let empty = given(request(&["XXX"]));
    assert_eq!((empty.0.len(), empty.1.complete), (0, true));
}

#[test]
fn a_comparison_tells_what_was_inserted_changed_and_deleted() {
    use v1::diff_vintages_response::Part;
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    let first = lab.send(
        "SWE",
        [(("DEU", 2000), free(1)), (("EST", 2000), free(1)), (("FIN", 2000), free(1))].into(),
        None,
        "",
    );
    lab.wait(1);
    lab.send(
        "SWE",
        [(("DEU", 2000), free(2)), (("EST", 2000), None), (("NOR", 2000), free(1))].into(),
        None,
        "",
    );
    lab.wait(1);
    lab.send("SWE", [(("SYR", 2000), free(1))].into(), Some(Moment(lab.now.0 + 100)), "");
    let asked = v1::DiffVintagesRequest { lane: Some(lab::lane("SWE").to_message()), ..Default::default() };
    let compared = |principal: &Principal, asked: &v1::DiffVintagesRequest| {
        let diff = lab.hub.diff_vintages(principal, asked.clone(), lab.now).expect("a comparison");
        let parts: Vec<_> = diff.map(|part| part.expect("a part").part.expect("a part")).collect();
        let Some(Part::Header(header)) = parts.first().cloned() else { panic!("no header") };
        let Some(Part::Summary(summary)) = parts.last().cloned() else { panic!("no summary") };
        let counts = summary.observations.expect("counts");
        let before = header.before.map(|before| before.position);
        (before, counts.inserted, counts.changed, counts.deleted, counts.total)
    };
    assert_eq!(compared(&Principal::PUBLIC, &asked), (Some(first), 1, 1, 1, 3));
    assert_eq!(compared(&agency("SWE"), &asked).1, 1);
    assert_eq!(compared(&agency("SWE"), &asked).4, 4);
    let at = |position| point(v1::point::At::Position(position));
    let back = v1::DiffVintagesRequest { before: at(first + 1), after: at(first), ..asked.clone() };
    assert_eq!(compared(&Principal::PUBLIC, &back), (Some(first + 1), 1, 1, 1, 3));
    let from_nothing = v1::DiffVintagesRequest { before: at(1), after: at(first), ..asked };
    assert_eq!(compared(&Principal::PUBLIC, &from_nothing), (None, 3, 0, 0, 3));
    let unknown = v1::DiffVintagesRequest { lane: Some(lab::lane("XXX").to_message()), ..Default::default() };
    let refusal =
        lab.hub.diff_vintages(&Principal::PUBLIC, unknown, lab.now).err().map(|refusal| refusal.reason);
    assert_eq!(refusal, Some(ErrorReason::VintageUnknown));
}

#[test]
fn coverage_counts_what_is_seen_and_nothing_else() {
    let mut lab = Lab::new();
    lab.role("UNHCR", Role::Reader);
    lab.agree("SWE", |agreement| agreement.confidential_readers = vec!["UNHCR".to_owned()]);
    lab.agree("NOR", |agreement| agreement.existence_restricted = true);
    let cells: Write =
        [(("DEU", 2000), free(1)), (("DEU", 2001), Some((2, "C"))), (("EST", 2001), free(1))].into();
    lab.send("SWE", cells.clone(), None, "");
    lab.send("NOR", cells, None, "");
    lab.send("SWE", [(("SYR", 2002), free(1))].into(), Some(Moment(lab.now.0 + 100)), "");
    let covered = |principal: &Principal| {
        let asked = v1::GetCoverageRequest { dataflow: FLOW.to_owned(), ..Default::default() };
        let answer = lab.hub.get_coverage(principal, &asked, lab.now).expect("coverage");
        let told = |provider: &v1::ProviderCoverage| {
            let periods =
                provider.periods.iter().map(|p| format!("{}:{}/{}", p.period, p.values, p.observations));
            let lane = provider.lane.as_ref().expect("a lane");
            format!("{} {} {}", lane.provider, provider.series, periods.collect::<Vec<_>>().join(" "))
        };
        answer.providers.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(covered(&Principal::PUBLIC), ["NOR 2 2000:1/1 2001:1/1", "SWE 2 2000:1/1 2001:1/2"]);
    assert_eq!(covered(&agency("UNHCR")), ["NOR 2 2000:1/1 2001:1/1", "SWE 2 2000:1/1 2001:2/2"]);
    assert_eq!(covered(&agency("SWE")), ["NOR 2 2000:1/1 2001:1/1", "SWE 3 2000:1/1 2001:2/2 2002:1/1"]);
    assert_eq!(covered(&agency("NOR"))[0], "NOR 2 2000:1/1 2001:2/2");
}

#[test]
fn what_is_still_to_come_is_not_reached() {
    use v1::point::At;
    let lab = Lab::new();
    for at in [At::Position(1_000), At::AsOf(Moment(lab.now.0 + 1).to_message())] {
        let asked = v1::PullRequest { point: point(at), ..request(&[]) };
        let refusal = lab.parts(&Principal::PUBLIC, asked).expect_err("not reached");
        assert_eq!(refusal.reason, ErrorReason::PositionNotReached);
        assert!(refusal.retry_after.is_some());
    }
    let long_ago = v1::PullRequest { point: point(At::AsOf(Moment(0).to_message())), ..request(&[]) };
    assert_eq!(lab.parts(&Principal::PUBLIC, long_ago).expect("nothing").len(), 2);
}
