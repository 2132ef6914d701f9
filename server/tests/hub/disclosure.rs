//! The disclosure audit of what a lane publishes: what it finds, and to whom it tells figures.

use mighub::v1::{self, ErrorReason, Role};
use mighub_server::hub::permit::AuditDisclosure;
use mighub_server::hub::{Moment, Principal, Refusal};

use super::stage::{Push, Row, STABLE, Stage, push, row};

/// A figure that the office has suppressed.
fn suppressed(sex: &'static str) -> Row {
    Row { value: None, status: Some("Q"), ..row("ESP", sex, 2020, 0) }
}

/// All answers to an agency.
fn audit(
    stage: &Stage,
    principal: &Principal,
    request: v1::AuditDisclosureRequest,
) -> Result<Vec<v1::AuditDisclosureResponse>, Refusal> {
    let permit = stage.hub().authorise(principal, AuditDisclosure, stage.now())?;
    stage.hub().audit_disclosure(&permit, request, stage.now())?.collect()
}

fn all() -> v1::AuditDisclosureRequest {
    v1::AuditDisclosureRequest { dataflow: STABLE.to_owned(), ..Default::default() }
}

/// Audited by the auditor, of the one lane that shows something.
fn audited(stage: &Stage, request: v1::AuditDisclosureRequest) -> v1::AuditDisclosureResponse {
    let answers = audit(stage, &stage.office("UNSD"), request).expect("audited");
    let [answer] = &answers[..] else { panic!("one lane in one message: {answers:#?}") };
    answer.clone()
}

/// The office of another lane, which publishes.
fn publisher(stage: &Stage) -> Principal {
    stage.grant("NOR", Role::Publisher);
    stage.office("NOR")
}

fn accept(stage: &Stage, push: &Push) {
    let verdict = stage.send(push).expect("sent");
    assert!(verdict.receipt.is_some(), "{verdict:?}");
}

#[test]
fn a_figure_that_everybody_can_subtract_is_found() {
    let stage = Stage::new();
    let rows = vec![row("ESP", "_T", 2020, 57), row("ESP", "M", 2020, 41), suppressed("F")];
    accept(&stage, &push(1, rows));
    let answer = audited(&stage, all());
    let counts = answer.counts.expect("the first message has them");
    assert_eq!((counts.cells, counts.secrets, counts.recovered, counts.proven), (3, 1, 1, 0));
    let [finding] = &answer.findings[..] else { panic!("{:#?}", answer.findings) };
    assert_eq!((&*finding.cell, finding.recovered, &*finding.known), ("ESP.F 2020", true, "16"));
    assert_eq!(finding.derivation, ["SEXES in ESP.* 2020: _T 57 - M 41 = F 16"]);
    // A publisher of other lanes sees nothing restricted here, but these figures are everybody's.
    assert_eq!(audit(&stage, &publisher(&stage), all()).expect("audited"), [answer]);
}

#[test]
fn a_hidden_figure_that_an_earlier_state_showed_is_told_to_those_who_see_what_is_restricted() {
    let stage = Stage::new();
    let rows = vec![row("ESP", "_T", 2020, 57), row("ESP", "M", 2020, 41), row("ESP", "F", 2020, 16)];
    accept(&stage, &push(1, rows));
    let published = stage.now();
    stage.wait_ms(60_000);
    accept(&stage, &push(2, vec![suppressed("M"), suppressed("F")]));
    let answer = audited(&stage, all());
    assert_eq!(answer.earlier_states, 1);
    assert_eq!(answer.counts.map(|counts| counts.recovered), Some(2));
    let known: Vec<_> = answer.findings.iter().map(|finding| (&*finding.cell, &*finding.known)).collect();
    assert_eq!(known, [("ESP.F 2020", "16"), ("ESP.M 2020", "41")]);
    assert_eq!(answer.findings[0].vintage, published.to_string());
    // A publisher of other lanes learns which cells, and no figure.
    let answers = audit(&stage, &publisher(&stage), all()).expect("audited");
    let told = &answers[0].findings;
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|finding| finding.known.is_empty() && finding.derivation.is_empty()),
        "{told:#?}"
    );
    // Of today's state alone, nothing can be had.
    let today = audited(&stage, v1::AuditDisclosureRequest { earlier_states: Some(0), ..all() });
    assert_eq!(today.counts.map(|counts| (counts.recovered, counts.proven)), Some((0, 2)));
}

#[test]
fn what_is_under_embargo_is_judged_before_its_release_by_who_may_see_it() {
    let stage = Stage::new();
    let rows = vec![row("ESP", "_T", 2020, 57), row("ESP", "M", 2020, 41), suppressed("F")];
    let embargo = Moment(stage.now().0 + 1_000_000).to_message();
    accept(&stage, &push(1, rows).with(|header| header.embargo_time = Some(embargo)));
    assert_eq!(audit(&stage, &stage.office("UNSD"), all()).expect("audited"), [], "the public sees nothing");
    let before = || v1::AuditDisclosureRequest { before_release: true, ..all() };
    assert_eq!(audited(&stage, before()).counts.map(|counts| counts.recovered), Some(1));
    assert_eq!(audit(&stage, &publisher(&stage), before()).expect("audited"), [], "nothing of it is told");
}

#[test]
fn only_who_releases_or_audits_may_audit_and_only_with_a_sound_policy() {
    let stage = Stage::new();
    let reason = |principal: &Principal| audit(&stage, principal, all()).map_err(|refusal| refusal.reason);
    assert_eq!(reason(&Principal::PUBLIC), Err(ErrorReason::Unauthenticated));
    assert_eq!(reason(&stage.office("NOR")), Err(ErrorReason::RightMissing));
    assert_eq!(reason(&stage.office("HUB")), Err(ErrorReason::RightMissing), "it would tell him figures");
    let policy = |json: &'static str| v1::AuditDisclosureRequest { policy: json.into(), ..all() };
    let refusal = audit(&stage, &stage.office("UNSD"), policy(r#"{"minimum": 5}"#)).expect_err("no field");
    assert_eq!((refusal.reason, refusal.field), (ErrorReason::ArgumentMalformed, Some("policy")));
    assert!(audit(&stage, &stage.office("UNSD"), policy(r#"{"minimum_cell": 10}"#)).is_ok());
}
