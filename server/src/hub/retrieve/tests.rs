//! Retrieval from a real hub, compared with a plain account of what was sent to it.

mod applying;
mod figures;
mod histories;
pub(crate) mod lab;
mod policies;

use std::collections::BTreeMap;

use mighub::v1::pull_response::Part;
use mighub::v1::{self, ErrorReason, Role};
use prost::bytes::Bytes;

use crate::hub::{Moment, Principal, Refusal};
use lab::{AREAS, Cell, Copy, FLOW, Lab, Write, agency, request};

fn last_resume(parts: &[Part]) -> Bytes {
    let resumes = parts.iter().rev().find_map(|part| match part {
        Part::Checkpoint(checkpoint) => Some(checkpoint.resume.clone()),
        _ => None,
    });
    resumes.expect("a checkpoint")
}

fn point(at: v1::point::At) -> Option<v1::Point> {
    Some(v1::Point { at: Some(at) })
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
fn a_small_answer_is_at_hand_and_what_must_be_read_or_compared_is_not() {
    let mut lab = Lab::new();
    let providers = ["SWE", "NOR", "FIN", "DNK", "ISL", "EST"];
    for provider in providers {
        lab.agree(provider, |_| {});
        lab.send(provider, [(("SYR", 2000), free(1))].into(), None, "");
    }
    let is_at_hand = |asked: v1::PullRequest| {
        let mut pull = lab.hub.pull(&lab.granted(&Principal::PUBLIC), asked, lab.now).expect("a pull");
        let (messages, end) = pull.at_hand();
        assert!(matches!(messages[0].part, Some(Part::Header(_))));
        let has_summary = messages.iter().any(|message| matches!(message.part, Some(Part::Summary(_))));
        assert_eq!(has_summary, end.is_some());
        has_summary
    };
    let all = lab.parts(&Principal::PUBLIC, request(&providers)).expect("figures");
    let cursor = lab.apply(&all, &mut Copy::new()).expect("a summary").cursor;
    assert!(is_at_hand(request(&["SWE"])));
    assert!(!is_at_hand(request(&providers)), "many small answers are no small one");
    assert!(
        !is_at_hand(v1::PullRequest { since: cursor, ..request(&providers) }),
        "what changed may be anywhere"
    );
    lab.hub.forget_vintages();
    assert!(!is_at_hand(request(&["SWE"])), "its list of blocks must be read first");
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
fn the_past_reads_as_this_reader_could_read_it_then_and_may_today() {
    use v1::point::At;
    let mut lab = Lab::new();
    lab.role("UNHCR", Role::Reader);
    let named = |is: bool| if is { vec!["UNHCR".to_owned()] } else { Vec::new() };
    let agree =
        |lab: &Lab, may: bool| lab.agree("SWE", |agreement| agreement.confidential_readers = named(may));
    let values = |lab: &Lab, principal: &Principal, position: u64| {
        let asked = v1::PullRequest { point: point(At::Position(position)), ..request(&["SWE"]) };
        let mut copy = Copy::new();
        lab.apply(&lab.parts(principal, asked).expect("figures"), &mut copy);
        copy.values().filter(|(value, _)| value.is_some()).count()
    };
    agree(&lab, false);
    let without = lab.send("SWE", [(("SYR", 2000), Some((1, "C")))].into(), None, "");
    agree(&lab, true);
    let with = lab.send("SWE", [(("SYR", 2001), free(1))].into(), None, "");
    let reader = agency("UNHCR");
    assert_eq!((values(&lab, &reader, without), values(&lab, &reader, with)), (0, 2));
    agree(&lab, false);
    let after = lab.hub.position().expect("a record");
    assert_eq!([without, with, after].map(|position| values(&lab, &reader, position)), [0, 1, 1]);
    // Whoever audits or is the office sees what was recorded, when it was.
    lab.role("AUD", Role::Auditor);
    for principal in [agency("AUD"), agency("SWE")] {
        assert_eq!([without, with, after].map(|position| values(&lab, &principal, position)), [1, 2, 2]);
    }
}

#[test]
fn a_pull_taken_up_again_does_not_outlive_the_right_to_it() {
    let mut lab = Lab::new();
    lab.role("UNHCR", Role::Reader);
    lab.agree("SWE", |agreement| agreement.confidential_readers = vec!["UNHCR".to_owned()]);
    let cells: Write = AREAS.iter().map(|area| ((*area, 2000), Some((1, "C")))).collect();
    lab.send("SWE", cells, None, "");
    let asked = v1::PullRequest { max_observations: Some(2), ..request(&["SWE"]) };
    let resume = last_resume(&lab.parts(&agency("UNHCR"), asked).expect("a part"));
    let again = v1::PullRequest { resume, ..request(&["SWE"]) };
    assert!(lab.parts(&agency("UNHCR"), again.clone()).is_ok());
    lab.agree("SWE", |_| {});
    assert_eq!(refused(lab.parts(&agency("UNHCR"), again)), ErrorReason::ResumeExpired);
}

#[test]
fn news_of_one_moment_go_on_after_each_of_them() {
    let mut lab = Lab::new();
    let providers = ["FIN", "NOR", "SWE"];
    let release = Moment(lab.now.0 + 100);
    for provider in providers {
        lab.agree(provider, |_| {});
        lab.send(provider, [(("SYR", 2000), free(1))].into(), Some(release), "");
    }
    let asked = v1::WatchVintagesRequest { dataflows: vec![FLOW.to_owned()], ..Default::default() };
    let mut watch =
        lab.hub.watch_vintages(&lab.granted(&Principal::PUBLIC), &asked, lab.now).expect("a watch");
    assert_eq!(watch.next_release(), Some(release));
    assert!(watch.poll(lab.now).expect("news").is_empty());
    lab.wait(100);
    let told = watch.poll(lab.now).expect("news");
    let names = |events: &[v1::VintageEvent]| -> Vec<String> {
        let lane = |event: &v1::VintageEvent| event.vintage.clone().and_then(|vintage| vintage.lane);
        events.iter().filter_map(lane).map(|lane| lane.provider).collect()
    };
    assert_eq!(names(&told), providers);
    assert!(told.iter().all(|event| event.kind() == v1::VintageEventKind::Released));
    for (nth, event) in told.iter().enumerate() {
        let again = v1::WatchVintagesRequest { after: event.cursor.clone(), ..asked.clone() };
        let mut watch =
            lab.hub.watch_vintages(&lab.granted(&Principal::PUBLIC), &again, lab.now).expect("a watch");
        assert_eq!(names(&watch.poll(lab.now).expect("news")), providers[nth + 1..]);
        let other = agency("UNHCR");
        let refusal =
            lab.hub.watch_vintages(&lab.granted(&other), &again, lab.now).err().map(|refusal| refusal.reason);
        assert_eq!(refusal, Some(ErrorReason::CursorOtherRequest));
    }
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
        let diff =
            lab.hub.diff_vintages(&lab.granted(principal), asked.clone(), lab.now).expect("a comparison");
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
    let refusal = lab
        .hub
        .diff_vintages(&lab.granted(&Principal::PUBLIC), unknown, lab.now)
        .err()
        .map(|refusal| refusal.reason);
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
        let answer = lab.hub.get_coverage(&lab.granted(principal), &asked, lab.now).expect("coverage");
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
fn a_position_to_come_is_worth_waiting_for_and_an_instant_to_come_is_a_mistake() {
    use v1::point::At;
    let lab = Lab::new();
    for (at, reason) in [
        (At::Position(1_000), ErrorReason::PositionNotReached),
        (At::AsOf(Moment(lab.now.0 + 1).to_message()), ErrorReason::ArgumentMalformed),
    ] {
        let asked = v1::PullRequest { point: point(at), ..request(&[]) };
        let refusal = lab.parts(&Principal::PUBLIC, asked).expect_err("not reached");
        assert_eq!(refusal.reason, reason);
        assert_eq!(refusal.retry_after.is_some(), reason == ErrorReason::PositionNotReached);
    }
    let long_ago = v1::PullRequest { point: point(At::AsOf(Moment(0).to_message())), ..request(&[]) };
    assert_eq!(lab.parts(&Principal::PUBLIC, long_ago).expect("nothing").len(), 2);
}
