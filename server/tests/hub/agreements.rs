//! Terms and structures that change under a lane.

use mighub::v1::{self, ErrorReason, PartAction, SubmissionState};

use super::stage::{DRAFT, Push, Row, STABLE, Stage, push, row};

/// What the blocks of a lane's head say: named with the key or not, a restricted cell or not.
fn secrecy(stage: &Stage, dataflow: &str) -> Vec<(bool, bool)> {
    let (hub, lane) = (stage.hub(), stage.lane(dataflow, "SWE"));
    let position = hub.head_position(&lane).expect("read").expect("a head");
    let head = hub.vintage_recorded_at(&lane, position).expect("read").expect("there");
    let shape = hub.definition(&lane.dataflow).expect("defined").data.shape.clone();
    let vintage = hub.vintage(&shape, &head.manifest().expect("a state")).expect("a vintage");
    vintage.blocks.iter().map(|block| (block.keyed, block.restricted || block.unmarked)).collect()
}

#[test]
fn what_was_said_before_keeps_its_confidentiality_whatever_the_agreement_says_later() {
    let stage = Stage::new();
    let conf =
        |status: &str| v1::Agreement { default_conf_status: status.into(), ..stage.agreement(STABLE, "SWE") };
    stage.send(&push(1, vec![row("ESP", "F", 2020, 1)])).expect("sent");
    assert_eq!(secrecy(&stage, STABLE), [(false, true)], "free by agreement");
    stage.put_agreement(conf("N")).expect("changed");
    stage.send(&push(2, vec![row("FRA", "F", 2020, 1)])).expect("sent");
    assert_eq!(secrecy(&stage, STABLE), [(true, true)], "one figure is restricted by the new default");
    stage.put_agreement(conf("F")).expect("changed");
    let wild = Row { key: ["FRA", ""], year: None, value: None, status: None };
    let gone = Push { parts: vec![(PartAction::Delete, vec![wild])], ..push(3, vec![]) };
    stage.send(&gone).expect("sent");
    assert_eq!(
        secrecy(&stage, STABLE),
        [(false, false)],
        "the figure that was sent as free says so itself by now"
    );
}

#[test]
fn a_submission_prepared_for_other_terms_is_sent_back_at_every_step() {
    let stage = Stage::new();
    let prepared = stage.prepare(&push(1, vec![row("ESP", "F", 2020, 1)]));
    let opened = stage.open(&prepared).expect("opened");
    stage.upload(&prepared, &opened.missing_blocks).expect("uploaded");
    let changed = v1::Agreement { default_conf_status: "N".into(), ..stage.agreement(STABLE, "SWE") };
    stage.put_agreement(changed).expect("changed");
    assert_eq!(stage.seal(&prepared).expect_err("moved").reason, ErrorReason::StructureMoved);
    assert_eq!(stage.open(&prepared).expect_err("moved").reason, ErrorReason::StructureMoved);
    let ended = v1::Agreement { valid_to: "2020-12-31".into(), ..stage.agreement(STABLE, "SWE") };
    stage.put_agreement(ended).expect("changed");
    assert_eq!(stage.seal(&prepared).expect_err("ended").reason, ErrorReason::LaneNotPermitted);
}

#[test]
fn a_structure_may_grow_under_a_lane_and_not_shrink() {
    let stage = Stage::new();
    let draft = |number, value| {
        push(number, vec![row("ESP", "F", 2020, value), row("MAR", "M", 2020, 1)]).of(DRAFT, "SWE")
    };
    stage.send(&draft(1, 1)).expect("sent");
    let put = stage.put_draft(&["NOTE"]);
    assert!(put.problems.is_empty() && put.position.is_some(), "{put:?}");
    let sent = stage.send(&draft(2, 5)).expect("sent");
    assert_eq!(sent.verdict.and_then(|verdict| verdict.observations).map(|counts| counts.changed), Some(1));
    let refused = stage.put_draft(&[]);
    let reasons: Vec<_> = refused.problems.iter().map(v1::StructureProblem::reason).collect();
    assert_eq!((reasons, refused.position), (vec![ErrorReason::StructureConflict], None));
    stage.withdraw(&draft(2, 5), "wrong").expect("back to what the older structure says");
    assert_eq!(stage.content(DRAFT, "SWE", true).len(), 2);
    assert_eq!(
        stage.send(&draft(3, 7)).expect("sent").verdict.map(|v| v.state()),
        Some(SubmissionState::Accepted)
    );
}

#[test]
fn an_agreement_that_names_nothing_that_exists_is_refused() {
    let stage = Stage::new();
    let refused = |change: fn(&mut v1::Agreement)| {
        let mut agreement = stage.agreement(STABLE, "SWE");
        change(&mut agreement);
        stage.put_agreement(agreement).expect_err("refused").reason
    };
    let only_for = |dimension: &str, code: &str| v1::AttributeDefault {
        attribute: "OBS_STATUS".into(),
        value: Some(v1::attribute_default::Value::Text("A".into())),
        only_for: Some(v1::DimensionCodes { dimension: dimension.into(), codes: vec![code.into()] }),
        ..Default::default()
    };
    assert_eq!(refused(|agreement| agreement.valid_from = "soon".into()), ErrorReason::AgreementMalformed);
    assert_eq!(
        refused(|agreement| agreement.default_conf_status = "X".into()),
        ErrorReason::AgreementMalformed
    );
    assert_eq!(
        refused(|agreement| agreement.sender_agencies = vec!["NOBODY".into()]),
        ErrorReason::UnknownAgency
    );
    for default in [only_for("NOWHERE", "ESP"), only_for("REF_AREA", "ATL")] {
        let agreement = v1::Agreement { attribute_defaults: vec![default], ..stage.agreement(STABLE, "SWE") };
        assert_eq!(
            stage.put_agreement(agreement).expect_err("refused").reason,
            ErrorReason::AgreementMalformed
        );
    }
}
