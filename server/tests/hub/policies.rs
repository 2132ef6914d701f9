//! Disclosure policies that suppress: what the public sees of a lane gives nothing hidden away, in whatever vintage; who
//! may set a policy; and what is told of it.

use mighub::v1::{self, ErrorReason, RequestDecision, Role};
use mighub_disclosure::{Policy, Reading, Stage as ReadingStage, Sums, audit};
use mighub_sdmx::structure::Class;
use mighub_sdmx::structure::Reference;
use mighub_server::hub::permit::{AuditDisclosure, Enrolled, Read, SeePolicies, SetPolicy};
use mighub_server::hub::{FiguresOf, FiguresRequest, Moment, Principal, Refusal};
use proptest::prelude::*;

use super::stage::{Push, Row, STABLE, Stage, push, row};

fn flow() -> Reference {
    Reference::parse_short(Class::Dataflow, STABLE).expect("a dataflow")
}

fn asked(policy: &str) -> v1::SetPolicyRequest {
    v1::SetPolicyRequest {
        dataflow: STABLE.into(),
        provider: "SWE".into(),
        policy: policy.to_owned().into_bytes().into(),
        reason: "small cells".into(),
        person: "Anna".into(),
    }
}

fn set(stage: &Stage, by: &Principal, policy: &str) -> Result<v1::SetPolicyResponse, Refusal> {
    let of = SetPolicy { dataflow: flow(), provider: Some(stage.lane(STABLE, "SWE").provider) };
    let permit = stage.hub().authorise(by, of, stage.now())?;
    stage.hub().set_policy(&permit, &asked(policy), stage.now())
}

fn policies(stage: &Stage, day: &str) -> v1::GetPolicyResponse {
    let request = v1::GetPolicyRequest { dataflow: STABLE.into(), day: day.into() };
    let permit = stage.may(&stage.office("UNSD"), SeePolicies);
    stage.hub().get_policy(&permit, &request, stage.now()).expect("told")
}

fn accept(stage: &Stage, push: &Push) {
    let verdict = stage.send(push).expect("sent");
    assert!(verdict.receipt.is_some(), "{verdict:?}");
}

/// What an attacker finds in what the public is given as of a moment, and how many figures it is given.
fn attacked(stage: &Stage, policy: &Policy, as_of: Option<Moment>) -> (usize, usize) {
    let definition = stage.hub().definition(&flow()).expect("defined").data;
    let providers = FiguresOf::These([stage.lane(STABLE, "SWE").provider].into());
    let request = FiguresRequest { providers, as_of, ..FiguresRequest::all(flow()) };
    let permit = stage.may(&Principal::PUBLIC, Read);
    let sums = Sums::shipped();
    let mut reading =
        Reading::new(&definition.shape, policy, &sums, ReadingStage::Published).unmarked(Some("F".into()));
    for batch in stage.hub().figures(&permit, request, stage.now()).expect("answered") {
        reading.push(&batch.expect("answered").columns).expect("small");
    }
    let report = audit(&reading.finish(&[]), policy.width);
    (report.counts.recovered + report.counts.too_narrow, report.counts.shown)
}

/// Women and men of some countries, and both together.
fn table() -> impl Strategy<Value = Vec<Row>> {
    let cells = proptest::collection::vec((0i64..12, 0i64..40), 3);
    cells.prop_map(|cells| {
        let rows = ["ESP", "FRA", "MAR"].into_iter().zip(cells).flat_map(|(area, (women, men))| {
            [row(area, "F", 2020, women), row(area, "M", 2020, men), row(area, "_T", 2020, women + men)]
        });
        rows.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn with_suppression_nothing_hidden_can_be_had_in_any_vintage(
        tables in proptest::collection::vec(table(), 1..4),
        minimum_cell in 3u64..8,
    ) {
        let stage = Stage::new();
        let json = format!(r#"{{"minimum_cell": {minimum_cell}}}"#);
        let policy = Policy::read(json.as_bytes()).expect("a policy");
        let mut moments = Vec::new();
        for (nth, rows) in tables.into_iter().enumerate() {
            // The policy may come late.
            if nth == 1 {
                set(&stage, &stage.office("HUB"), &json).expect("set");
            }
            // Only what differs may be sent; the same again changes nothing and is not accepted anew.
            if stage.send(&push(nth as u8 + 1, rows)).expect("sent").receipt.is_some() {
                moments.push(stage.now());
            }
            stage.hub().choose_suppressed(stage.now()).expect("chosen");
            stage.wait_ms(10_000);
        }
        set(&stage, &stage.office("HUB"), &json).expect("set");
        stage.hub().choose_suppressed(stage.now()).expect("chosen");
        let today = policies(&stage, "");
        let (found, shown) = attacked(&stage, &policy, None);
        prop_assert_eq!(found, 0, "today");
        // A table that nothing protects is kept back whole.
        prop_assert!(shown == 0 || today.lanes.iter().all(|lane| lane.shown), "{:?}", today.lanes);
        for moment in moments {
            prop_assert_eq!(attacked(&stage, &policy, Some(moment)).0, 0, "as of {}", moment);
        }
    }
}

#[test]
fn a_total_beside_a_suppressed_part_is_protected_once_the_policy_is_set() {
    let mut stage = Stage::new();
    let suppressed = Row { value: None, status: Some("Q"), ..row("ESP", "F", 2020, 0) };
    accept(&stage, &push(1, vec![row("ESP", "_T", 2020, 57), row("ESP", "M", 2020, 41), suppressed]));
    let recovered = |stage: &Stage| {
        let request = v1::AuditDisclosureRequest { dataflow: STABLE.into(), ..Default::default() };
        let permit = stage.may(&stage.office("UNSD"), AuditDisclosure);
        let request = v1::AuditDisclosureRequest { earlier_states: Some(0), ..request };
        let answers = stage.hub().audit_disclosure(&permit, request, stage.now()).expect("audited");
        let counts = answers.map(|answer| answer.expect("audited").counts.expect("counts"));
        counts.map(|counts| counts.recovered).collect::<Vec<_>>()
    };
    assert_eq!(recovered(&stage), [1]);
    stage.grant("SWE", Role::Publisher);
    set(&stage, &stage.office("SWE"), "{}").expect("its own lane");
    let lane = policies(&stage, "").lanes.remove(0);
    assert!(!lane.shown && lane.why_not.contains("being chosen"), "{lane:?}");
    assert_eq!(recovered(&stage), [] as [u64; 0], "it is kept back");
    assert_eq!(stage.hub().choose_suppressed(stage.now()).expect("chosen"), 1);
    assert_eq!(recovered(&stage), [0]);
    let policy = Policy::default();
    assert_eq!(attacked(&stage, &policy, None), (0, 1), "one figure is left of two");
    // What was chosen is a part of the journal: a view that is derived anew shows the same.
    stage.restart(true);
    assert_eq!(stage.hub().choose_suppressed(stage.now()).expect("nothing to do"), 0);
    assert_eq!(attacked(&stage, &policy, None), (0, 1));
    assert_eq!(policies(&stage, "").lanes.remove(0).suppressed, 1);
}

#[test]
fn what_cannot_be_protected_is_kept_back_and_publishers_are_told_why() {
    let stage = Stage::new();
    // Only women are protected, and both figures beside theirs are too small to be hidden for others' sake.
    accept(
        &stage,
        &push(1, vec![row("ESP", "F", 2020, 2), row("ESP", "M", 2020, 2), row("ESP", "_T", 2020, 4)]),
    );
    set(&stage, &stage.office("HUB"), r#"{"concerns": {"SEX": ["F"]}}"#).expect("set");
    stage.wait_ms(1_000);
    assert_eq!(stage.hub().choose_suppressed(stage.now()).expect("tried"), 0);
    let lane = policies(&stage, "").lanes.remove(0);
    assert!(!lane.shown && lane.why_not.contains("1 hidden figures could still be had"), "{lane:?}");
    assert_eq!(attacked(&stage, &Policy::default(), None), (0, 0), "nothing is shown");
    // What is corrected is shown.
    accept(&stage, &push(2, vec![row("ESP", "M", 2020, 20), row("ESP", "_T", 2020, 22)]));
    assert_eq!(stage.hub().choose_suppressed(stage.now()).expect("chosen"), 1);
    assert_eq!(attacked(&stage, &Policy::default(), None), (0, 1));
}

#[test]
fn a_policy_is_weakened_by_two_persons_where_the_agreement_asks_for_it() {
    let stage = Stage::new();
    stage.put_agreement(v1::Agreement { four_eyes: true, ..stage.agreement(STABLE, "SWE") }).expect("put");
    accept(&stage, &push(1, vec![row("ESP", "F", 2020, 3)]));
    stage.grant("SWE", Role::Publisher);
    let (office, operator) = (stage.office("SWE"), stage.office("HUB"));
    let first = set(&stage, &office, r#"{"minimum_cell": 10}"#).expect("it shows less than before");
    assert!(first.position.is_some() && first.request.is_none());
    assert_eq!(
        set(&stage, &office, r#"{"minimum_cell": 10}"#).expect("as before"),
        v1::SetPolicyResponse::default()
    );
    stage.wait_ms(1_000);
    let request = set(&stage, &office, "").expect("asked for").request.expect("a second person is needed");
    assert_eq!(policies(&stage, "").policies.len(), 1, "nothing has changed");
    let decide = |by: &Principal, person: &str| {
        let decision = v1::DecideRequestRequest {
            request,
            decision: RequestDecision::Confirm.into(),
            person: person.into(),
            ..Default::default()
        };
        stage.hub().decide_request(&stage.may(by, Enrolled), &decision, stage.now())
    };
    assert_eq!(decide(&office, "Anna").expect_err("the same").reason, ErrorReason::SecondPersonNeeded);
    assert!(decide(&operator, "Bert").expect("another").position.is_some());
    assert!(policies(&stage, "").policies.is_empty());
    assert_eq!(
        set(&stage, &stage.office("NOR"), "{}").expect_err("no role").reason,
        ErrorReason::RightMissing
    );
    let unread = set(&stage, &office, r#"{"minimum": 5}"#).expect_err("no such field");
    assert_eq!((unread.reason, unread.field), (ErrorReason::ArgumentMalformed, Some("policy")));
}
