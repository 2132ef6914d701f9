//! Random histories of one lane, read all the time by the public, a reader with changing rights, and the office.

use mighub::v1::{self, ErrorReason, Role};
use proptest::prelude::*;
use prost::bytes::Bytes;

use super::figures::Observer;
use super::lab::{AREAS, Copy, FLOW, Lab, Sees, Write, agency, request};
use super::{last_resume, point};
use crate::hub::{Moment, Principal, Refusal};

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

/// One history of one lane, read all the time by three readers.
fn check_history(lab: &mut Lab, provider: &str, moves: &[Move]) -> Result<(), TestCaseError> {
    lab.agree(provider, |_| {});
    let mut sees = Sees { early: false, restricted: false, keys: true };
    let public = Sees { ..sees };
    let mut readers =
        [Reader::new(Principal::PUBLIC), Reader::new(agency("UNHCR")), Reader::new(agency(provider))];
    let mut observers = [Principal::PUBLIC, agency("UNHCR"), agency(provider)].map(Observer::new);
    let first = v1::WatchVintagesRequest { providers: vec![provider.to_owned()], ..Default::default() };
    let mut watch =
        lab.hub.watch_vintages(&lab.granted(&Principal::PUBLIC), &first, lab.now).map_err(fail)?;
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
        let same_rights = !matches!(step, Move::Agree(..));
        for (observer, sees) in observers.iter_mut().zip([public, sees, office]) {
            let expected = lab.expected(provider, newest, lab.now, sees);
            observer.check(lab, provider, &expected, same_rights)?;
        }
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
            let expected = lab.expected_of_edition(provider, position, lab.now, sees);
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
        let answer =
            lab.hub.list_vintages(&lab.granted(&Principal::PUBLIC), &asked, lab.now).map_err(fail)?;
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
        let mut watch =
            lab.hub.watch_vintages(&lab.granted(&Principal::PUBLIC), &asked, lab.now).map_err(fail)?;
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
