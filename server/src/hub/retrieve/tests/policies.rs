//! Random lanes under disclosure policies: whichever way somebody asks who does not see restricted cells, no small
//! figure is told, and one figure is told one way.

use std::collections::{BTreeMap, BTreeSet};

use mighub::block::{decode, decompress};
use mighub::v1::diff_vintages_response::Part as DiffPart;
use mighub::v1::point::At;
use mighub::v1::{self, record::What};
use mighub_disclosure::Policy;
use mighub_disclosure::policy::RoundingBase;
use mighub_sdmx::columns::Columns;
use proptest::prelude::*;
use prost::bytes::Bytes;

use super::lab::{AREAS, Copy, FLOW, Lab, Place, Write, agency, flow, lane, request};
use super::point;
use crate::hub::append::Actor;
use crate::hub::permit::SetPolicy;
use crate::hub::{FiguresOf, FiguresRequest, Principal};

/// Exact figures, by place and position from which they hold.
type Account = BTreeMap<Place, Vec<(u64, Option<i64>)>>;

fn write() -> impl Strategy<Value = Write> {
    let place = (proptest::sample::select(&AREAS[..]), 2000u16..2003);
    let conf = proptest::sample::select(&["F", "F", "F", "C"][..]);
    let cell = proptest::option::weighted(0.9, (0i64..30, conf));
    proptest::collection::btree_map(place, cell, 1..10)
}

fn policy() -> impl Strategy<Value = Policy> {
    let base = proptest::sample::select(&[None, Some(RoundingBase::Three), Some(RoundingBase::Five)][..]);
    (2u64..12, base, any::<bool>(), any::<bool>()).prop_map(
        |(minimum_cell, rounding, zeros_count, bounds)| Policy {
            minimum_cell,
            rounding,
            zeros_count,
            bounds,
            suppression: false,
            ..Policy::default()
        },
    )
}

/// All figures that a reader was told, and by which policy.
#[derive(Default)]
struct Told(BTreeMap<(Place, i64), BTreeSet<i64>>);

impl Told {
    /// Takes in a figure that some answer gives for a place; it must be one of those the place ever had, as the policy
    /// shows it.
    fn figure(
        &mut self,
        place: Place,
        told: i64,
        account: &Account,
        policy: &Policy,
        how: &str,
    ) -> Result<(), TestCaseError> {
        prop_assert!(!policy.is_small(told.into()), "{how}: {place:?} is told as {told}");
        let base = policy.rounding.map_or(1, RoundingBase::number) as i64;
        prop_assert_eq!(told % base, 0, "{}: {:?} is not rounded", how, place);
        let known = account.get(&place).into_iter().flatten().filter_map(|(_, value)| *value);
        let meant = |value: &i64| (told - value).abs() < base && !policy.is_small((*value).into());
        prop_assert!(known.into_iter().any(|value| meant(&value)), "{how}: {place:?} never was {told}");
        Ok(())
    }

    /// Takes in what the newest state is told as, for which it is known which figure is meant.
    fn newest(
        &mut self,
        copy: &Copy,
        account: &Account,
        position: u64,
        policy: &Policy,
        how: &str,
    ) -> Result<(), TestCaseError> {
        for ((_, place), (told, _)) in copy {
            let Some(told) = told else { continue };
            self.figure(*place, *told, account, policy, how)?;
            let states = account.get(place).into_iter().flatten();
            let exact = states.rev().find(|(since, _)| *since <= position).and_then(|(_, value)| *value);
            let exact = exact.ok_or_else(|| TestCaseError::fail(format!("{how}: {place:?} is gone")))?;
            let all = self.0.entry((*place, exact)).or_default();
            all.insert(*told);
            prop_assert_eq!(all.len(), 1, "{}: {:?} {} is told in two ways", how, place, exact);
        }
        Ok(())
    }
}

/// Places and figures of columns.
fn figures(lab: &Lab, columns: &Columns) -> Vec<(Place, i64)> {
    let dimension =
        lab.shape.dimensions.iter().position(|id| &**id == "COUNTERPART_AREA").expect("a dimension");
    let mut figures = Vec::new();
    for series in 0..columns.series_count() {
        let area = AREAS.iter().find(|area| **area == &**columns.code(series, dimension)).expect("an area");
        for at in columns.observations(series) {
            let year = columns.periods[at].first_year().expect("a year") as u16;
            figures.extend(columns.value(at).map(|value| ((*area, year), value.unscaled)));
        }
    }
    figures
}

fn set(lab: &Lab, json: Vec<u8>) -> u64 {
    let of = SetPolicy { dataflow: flow(), provider: None };
    let permit = lab.hub.authorise(&agency("MIGHUB"), of, lab.now).expect("the administrator may");
    let asked = v1::SetPolicyRequest {
        dataflow: FLOW.to_owned(),
        policy: json.into(),
        reason: "small cells".to_owned(),
        ..Default::default()
    };
    lab.hub.set_policy(&permit, &asked, lab.now).expect("set").position.expect("it was not so before")
}

fn pulled(lab: &Lab, principal: &Principal, asked: v1::PullRequest, copy: &mut Copy) -> Bytes {
    let parts = lab.parts(principal, asked).expect("answered");
    lab.apply(&parts, copy).expect("a summary").cursor
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn no_door_tells_a_small_figure_and_all_tell_a_figure_alike(
        writes in proptest::collection::vec(write(), 1..5),
        set_after in 0usize..4,
        policy in policy(),
    ) {
        let mut lab = Lab::new();
        lab.agree("SWE", |agreement| agreement.confidential_readers.push("UNHCR".to_owned()));
        lab.role("UNHCR", v1::Role::Reader);
        lab.role("IOM", v1::Role::Reader);
        let (mut account, mut positions) = (Account::new(), Vec::new());
        let (mut early, mut cursor) = (Copy::new(), Bytes::new());
        let set_after = set_after.min(writes.len() - 1);
        let start = lab.now;
        for (nth, write) in writes.iter().enumerate() {
            lab.wait(1_000);
            let position = lab.send("SWE", write.clone(), None, "");
            positions.push((position, lab.now));
            for (place, cell) in write {
                account.entry(*place).or_default().push((position, cell.map(|(value, _)| value)));
            }
            if nth == set_after {
                // The public has it, and keeps its cursor: what it is told then is told through the policy.
                cursor = pulled(&lab, &Principal::PUBLIC, request(&["SWE"]), &mut early);
                lab.wait(1_000);
                set(&lab, serde_json::to_vec(&policy).expect("JSON"));
            }
        }
        let newest = positions.last().expect("one write").0;
        for principal in [Principal::PUBLIC, agency("IOM"), agency("NOR")] {
            let mut told = Told::default();
            let mut whole = Copy::new();
            pulled(&lab, &principal, request(&["SWE"]), &mut whole);
            told.newest(&whole, &account, newest, &policy, "pull")?;
            if principal == Principal::PUBLIC {
                let mut copy = early.clone();
                pulled(&lab, &principal, v1::PullRequest { since: cursor.clone(), ..request(&["SWE"]) }, &mut copy);
                prop_assert_eq!(&copy, &whole, "a delta across the policy");
            }
            for (position, moment) in &positions {
                for (at, how) in [(At::Position(*position), "at a position"), (At::AsOf(moment.to_message()), "as of")] {
                    let mut copy = Copy::new();
                    pulled(&lab, &principal, v1::PullRequest { point: point(at), ..request(&["SWE"]) }, &mut copy);
                    told.newest(&copy, &account, *position, &policy, how)?;
                }
            }
            let provider = lane("SWE").provider;
            let all = FiguresRequest { providers: FiguresOf::These([provider].into()), ..FiguresRequest::all(flow()) };
            for (since, as_of, history) in [
                (None, None, false),
                (None, None, true),
                (Some(start), None, false),
                (Some(positions[0].1), None, true),
                (None, Some(positions[0].1), false),
            ] {
                let asked = FiguresRequest { since, as_of, history, ..all.clone() };
                for batch in lab.hub.figures(&lab.granted(&principal), asked, lab.now).expect("answered") {
                    for (place, figure) in figures(&lab, &batch.expect("answered").columns) {
                        told.figure(place, figure, &account, &policy, "figures")?;
                    }
                }
            }
            if positions.len() > 1 {
                let asked = v1::DiffVintagesRequest {
                    lane: Some(lane("SWE").to_message()),
                    before: point(At::Position(positions[0].0)),
                    ..Default::default()
                };
                let diff = lab.hub.diff_vintages(&lab.granted(&principal), asked, lab.now);
                for part in diff.into_iter().flatten() {
                    let Some(DiffPart::Difference(part)) = part.expect("answered").part else { continue };
                    for block in part.before.iter().chain(&part.after) {
                        let columns = decode(&decompress(&block.frame).expect("a frame"), &lab.shape);
                        for (place, figure) in figures(&lab, &columns.expect("canonical")) {
                            told.figure(place, figure, &account, &policy, "a comparison")?;
                        }
                    }
                }
            }
        }
        // The office, and who may see what is restricted, see what was sent.
        for principal in [agency("SWE"), agency("UNHCR")] {
            let mut copy = Copy::new();
            pulled(&lab, &principal, request(&["SWE"]), &mut copy);
            for (place, states) in &account {
                let exact = states.last().and_then(|(_, value)| *value);
                let seen = copy.get(&("SWE".to_owned(), *place)).and_then(|(value, _)| *value);
                prop_assert_eq!(seen, exact, "{:?}", place);
            }
        }
    }
}

#[test]
fn a_policy_and_its_end_change_tag_and_cursor_and_a_pull_taken_up_across_it_begins_anew() {
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    let cells: Write = AREAS.iter().map(|area| ((*area, 2000), Some((3, "F")))).collect();
    lab.send("SWE", cells, None, "");
    let public = Principal::PUBLIC;
    let tag = |lab: &Lab| {
        let figures = lab.hub.figures(&lab.granted(&public), FiguresRequest::all(flow()), lab.now);
        figures.expect("answered").state().expect("a state")
    };
    let mut copy = Copy::new();
    let mut cursor = pulled(&lab, &public, request(&["SWE"]), &mut copy);
    let cut = v1::PullRequest { max_observations: Some(1), ..request(&["SWE"]) };
    let resume = super::last_resume(&lab.parts(&public, cut.clone()).expect("a part"));
    let before = tag(&lab);
    lab.wait(5_000);
    for (json, shown) in [(&br#"{"suppression": false}"#[..], false), (&b""[..], true)] {
        set(&lab, json.to_vec());
        let now = tag(&lab);
        assert_eq!((now.tag == before.tag, now.changed), (shown, Some(lab.now)), "{shown}");
        let delta = v1::PullRequest { since: cursor.clone(), ..request(&["SWE"]) };
        cursor = pulled(&lab, &public, delta, &mut copy);
        assert!(
            copy.values().all(|(value, conf)| value.is_some() == shown && (conf == "F") == shown),
            "{copy:?}"
        );
        lab.wait(5_000);
    }
    set(&lab, br#"{"suppression": false}"#.to_vec());
    let refused = lab.parts(&public, v1::PullRequest { resume, ..cut });
    assert_eq!(super::refused(refused), v1::ErrorReason::ResumeExpired);
}

#[test]
fn a_lane_whose_cells_are_not_chosen_yet_is_kept_back_from_all_but_those_who_see_what_is_restricted() {
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    lab.send("SWE", [(("DEU", 2000), Some((30, "F"))), (("EST", 2000), Some((3, "F")))].into(), None, "");
    let position = set(&lab, br#"{"minimum_cell": 5}"#.to_vec());
    let seen = |lab: &Lab, principal: &Principal, asked: v1::PullRequest| {
        let mut copy = Copy::new();
        pulled(lab, principal, asked, &mut copy);
        copy.values().filter_map(|(value, _)| *value).collect::<Vec<_>>()
    };
    let public = Principal::PUBLIC;
    assert!(seen(&lab, &public, request(&["SWE"])).is_empty());
    assert_eq!(seen(&lab, &agency("SWE"), request(&["SWE"])), [30, 3]);
    assert_eq!(lab.hub.choose_suppressed(lab.now).expect("chosen"), 1);
    assert_eq!(lab.hub.choose_suppressed(lab.now).expect("nothing to do"), 0);
    assert_eq!(seen(&lab, &public, request(&["SWE"])), [30]);
    // What is restricted meanwhile may need other cells.
    lab.wait(1_000);
    let restricted = v1::Restricted {
        dataflow: FLOW.to_owned(),
        provider: "SWE".to_owned(),
        selection: Some(v1::Selection { start_period: "2010".to_owned(), ..Default::default() }),
        reason: "a mistake".to_owned(),
        ..Default::default()
    };
    lab.hub.record(Actor::default(), What::Restricted(restricted), Vec::new(), lab.now).expect("recorded");
    assert!(seen(&lab, &public, request(&["SWE"])).is_empty());
    assert_eq!(lab.hub.choose_suppressed(lab.now).expect("chosen"), 1);
    assert_eq!(seen(&lab, &public, request(&["SWE"])), [30]);
    // And so may what is sent; what the public saw before the policy was set is not shown before that, either.
    lab.send("SWE", [(("EST", 2000), Some((8, "F")))].into(), None, "");
    let before = v1::PullRequest { point: point(At::Position(position - 1)), ..request(&["SWE"]) };
    assert!(seen(&lab, &public, request(&["SWE"])).is_empty());
    assert!(seen(&lab, &public, before.clone()).is_empty());
    assert_eq!(lab.hub.choose_suppressed(lab.now).expect("chosen"), 1);
    // Small in one state, hidden in all.
    assert_eq!(seen(&lab, &public, request(&["SWE"])), [30]);
    assert_eq!(seen(&lab, &public, before), [30]);
}
