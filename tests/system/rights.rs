//! Who may call what: every call of the contract by everybody, and the answers that were written down by hand.

use std::collections::BTreeMap;

use mighub::v1::{self, Role};
use mighub_client::{PushOptions, PushOutcome, SubmissionFilter};
use tonic::Status;
use tonic::transport::Channel;

use crate::model::text::structure;
use crate::office::data::flows;
use crate::office::parcel::{self, Desk};
use crate::office::raw::{self, reason};
use crate::office::{ADMINISTRATOR, FLOW, Stage, accepted, agreement, push};

/// Who calls. Everything is about the lane of SWE.
const CALLERS: [&str; 9] = [
    // Nobody: no certificate.
    "public",
    // An agency without any role.
    "ILO",
    // Sends, but for itself.
    "NOR",
    // The office.
    "SWE",
    // Sends in the office's name.
    "MPI",
    "READER",
    "REVIEWER",
    "AUDITOR",
    ADMINISTRATOR,
];

const OK: &str = "";
const WHO: &str = "UNAUTHENTICATED";
const ROLE: &str = "RIGHT_MISSING";
const LANE: &str = "LANE_NOT_PERMITTED";
/// The same as for a submission that does not exist: for those who may not see it. Who may see it and not touch it
/// lacks the role.
const NONE: &str = "UNKNOWN_SUBMISSION";

/// One row a call, one column a caller of [`CALLERS`], in their order.
#[rustfmt::skip]
const EXPECTED: [(&str, [&str; 9]); 31] = [
    //                     public  ILO   NOR   SWE  MPI  READER REVIEWER AUDITOR ADMIN
    ("GetLane",            [WHO,   ROLE, LANE, OK,  OK,  ROLE,  ROLE,    ROLE,   ROLE]),
    ("OpenSubmission",     [WHO,   ROLE, LANE, OK,  OK,  ROLE,  ROLE,    ROLE,   ROLE]),
    ("UploadBlocks",       [WHO,   NONE, NONE, OK,  OK,  NONE,  ROLE,    ROLE,   NONE]),
    ("SealSubmission",     [WHO,   NONE, NONE, OK,  OK,  NONE,  ROLE,    ROLE,   NONE]),
    ("GetSubmission",      [WHO,   NONE, NONE, OK,  OK,  NONE,  OK,      OK,     NONE]),
    ("ListSubmissions",    [WHO,   OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("WatchSubmission",    [WHO,   NONE, NONE, OK,  OK,  NONE,  OK,      OK,     NONE]),
    ("ListFindings",       [WHO,   NONE, NONE, OK,  OK,  NONE,  OK,      OK,     NONE]),
    ("AnswerFindings",     [WHO,   NONE, NONE, OK,  OK,  NONE,  ROLE,    ROLE,   NONE]),
    ("WithdrawSubmission", [WHO,   NONE, NONE, OK,  OK,  NONE,  ROLE,    ROLE,   NONE]),
    ("Pull",               [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("WatchVintages",      [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("ListVintages",       [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("GetCoverage",        [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("DiffVintages",       [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("PutStructures",      [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   ROLE,   OK]),
    ("GetStructures",      [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("ListStructures",     [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("GetRulebook",        [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("AddAgency",          [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   ROLE,   OK]),
    ("ListAgencies",       [WHO,   OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("Enrol",              ["TOKEN_INVALID"; 9]),
    ("PutAgreement",       [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   ROLE,   OK]),
    ("ListAgreements",     [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("WhoAmI",             [OK,    OK,   OK,   OK,  OK,  OK,    OK,      OK,     OK]),
    ("GrantRole",          [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   ROLE,   OK]),
    ("ListRoles",          [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   OK,     OK]),
    ("CreateToken",        [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   ROLE,   OK]),
    ("ListTokens",         [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   OK,     OK]),
    ("RevokeToken",        [WHO,   ROLE, ROLE, ROLE, ROLE, ROLE, ROLE,   ROLE,   "UNKNOWN_TOKEN"]),
    // In the name of FIN, for which MPI sends as well.
    ("OpenForAnother",     [WHO,   ROLE, LANE, LANE, OK,  ROLE,  ROLE,    ROLE,   ROLE]),
];

/// A hub with everybody, and a connection for each.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    office: Desk,
    for_other: Desk,
    channels: BTreeMap<&'static str, Channel>,
}

pub(crate) async fn scene() -> Scene {
    let stage = Stage::new().await;
    stage.admit_office("NOR").await;
    for (agency, roles) in [
        ("ILO", &[][..]),
        ("FIN", &[]),
        ("SWE", &[Role::Submitter]),
        ("MPI", &[Role::Submitter]),
        ("READER", &[Role::Reader]),
        ("REVIEWER", &[Role::Reviewer]),
        ("AUDITOR", &[Role::Auditor]),
    ] {
        stage.admit(agency, roles).await;
    }
    for provider in ["FIN", "SWE"] {
        stage.agree(v1::Agreement { sender_agencies: vec!["MPI".into()], ..agreement(provider) }).await;
    }
    let file = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
    accepted(&stage.client("SWE").await, &file, &PushOptions::default()).await;
    let (office, for_other) = (Desk::of(&stage, "SWE", "SWE").await, Desk::of(&stage, "MPI", "FIN").await);
    let mut channels = BTreeMap::from([("public", stage.public_channel().await)]);
    for caller in &CALLERS[1..] {
        channels.insert(*caller, stage.channel(caller).await);
    }
    Scene { stage, office, for_other, channels }
}

impl Scene {
    /// A submission of SWE that waits for blocks, for sealing or for answers, or is in force.
    async fn submission(&self, state: &str) -> String {
        let office = &self.channels["SWE"];
        let parcel = self.office.fresh();
        match state {
            "open" => drop(parcel::open(office, parcel.opening()).await.expect("open")),
            "sent" => {
                parcel::open(office, parcel.opening()).await.expect("open");
                parcel::upload(office, parcel.upload()).await.expect("sent");
            }
            "to be answered" => {
                // A key and nothing else is a warning.
                let figure = format!("{},A,F", parcel::fresh_figure());
                let rows = [("M", "IMM", "NOR", 2015, ",,"), ("M", "IMM", "NOR", 2016, &figure)];
                let office = self.stage.client("SWE").await;
                let pushed = push(&office, &flows("SWE", &rows), &PushOptions::default()).await;
                assert!(matches!(pushed.outcome, PushOutcome::NeedsAnswer { .. }), "{:?}", pushed.outcome);
                return pushed.submission.expect("an id");
            }
            _ => drop(parcel.send(office).await.expect("accepted")),
        }
        parcel.id()
    }

    /// Only so many may be open at a time.
    async fn clear_away(&self, id: &str) {
        let reason = "the test is over".to_owned();
        let request =
            v1::WithdrawSubmissionRequest { submission_id: id.to_owned(), reason, ..Default::default() };
        // Some are taken back already.
        let _ = raw::submissions(self.channels["SWE"].clone()).withdraw_submission(request).await;
    }
}

/// Makes a call; gives nothing, or why it was refused.
async fn call(scene: &Scene, caller: &str, name: &str, id: &str) -> Result<(), Status> {
    let channel = scene.channels[caller].clone();
    let lane = Some(raw::lane("SWE"));
    let mut submissions = raw::submissions(channel.clone());
    let mut retrieval = raw::retrieval(channel.clone());
    let mut structures = raw::structures(channel.clone());
    let mut agencies = raw::agencies(channel.clone());
    let submission_id = id.to_owned();
    match name {
        "GetLane" => submissions.get_lane(v1::GetLaneRequest { lane }).await.map(drop),
        "OpenSubmission" => open_as(scene, caller, &scene.office).await,
        "OpenForAnother" => open_as(scene, caller, &scene.for_other).await,
        "UploadBlocks" => {
            let frame = b"noise".as_slice();
            let blocks = vec![v1::SubmittedBlock { index: 0, frame: frame.into() }];
            let uploaded =
                parcel::upload(&channel, vec![v1::UploadBlocksRequest { submission_id, blocks }]).await;
            match uploaded {
                // It was let in as far as the block, which is none.
                Err(status) if reason(&status).starts_with("BLOCK_") => Ok(()),
                other => other.map(drop),
            }
        }
        "SealSubmission" => parcel::seal(&channel, id).await.map(drop),
        "GetSubmission" => {
            submissions.get_submission(v1::GetSubmissionRequest { submission_id }).await.map(drop)
        }
        "ListSubmissions" => {
            submissions.list_submissions(v1::ListSubmissionsRequest::default()).await.map(drop)
        }
        "WatchSubmission" => {
            let mut watch = submissions
                .watch_submission(v1::WatchSubmissionRequest { submission_id })
                .await?
                .into_inner();
            watch.message().await.map(drop)
        }
        "ListFindings" => submissions
            .list_findings(v1::ListFindingsRequest { submission_id, ..Default::default() })
            .await
            .map(drop),
        "AnswerFindings" => {
            let text = "it is a placeholder".to_owned();
            let answer = v1::FindingAnswer { rule_id: "STR-053".into(), finding_ids: Vec::new(), text };
            let request =
                v1::AnswerFindingsRequest { submission_id, answers: vec![answer], person: String::new() };
            submissions.answer_findings(request).await.map(drop)
        }
        "WithdrawSubmission" => {
            let reason = "it was wrong".to_owned();
            let request = v1::WithdrawSubmissionRequest { submission_id, reason, person: String::new() };
            submissions.withdraw_submission(request).await.map(drop)
        }
        "Pull" => {
            let request = v1::PullRequest { dataflow: FLOW.into(), ..Default::default() };
            raw::all(retrieval.pull(request).await?.into_inner()).await.map(drop)
        }
        "WatchVintages" => retrieval.watch_vintages(v1::WatchVintagesRequest::default()).await.map(drop),
        "ListVintages" => {
            let request = v1::ListVintagesRequest { dataflow: FLOW.into(), ..Default::default() };
            retrieval.list_vintages(request).await.map(drop)
        }
        "GetCoverage" => {
            let request = v1::GetCoverageRequest { dataflow: FLOW.into(), ..Default::default() };
            retrieval.get_coverage(request).await.map(drop)
        }
        "DiffVintages" => {
            let request = v1::DiffVintagesRequest { lane, ..Default::default() };
            raw::all(retrieval.diff_vintages(request).await?.into_inner()).await.map(drop)
        }
        "PutStructures" => {
            let media_type = "application/vnd.sdmx.structure+json;version=2.0.0".into();
            let request = v1::PutStructuresRequest { message: structure().into(), media_type, dry_run: true };
            structures.put_structures(request).await.map(drop)
        }
        "GetStructures" => {
            let urn = format!("urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={FLOW}");
            let artefact = Some(v1::get_structures_request::Artefact::Urn(urn));
            structures
                .get_structures(v1::GetStructuresRequest {
                    artefact,
                    descendants: true,
                    ..Default::default()
                })
                .await
                .map(drop)
        }
        "ListStructures" => structures.list_structures(v1::ListStructuresRequest::default()).await.map(drop),
        "GetRulebook" => {
            let rulebook = Some(v1::get_rulebook_request::Rulebook::Dataflow(FLOW.into()));
            structures.get_rulebook(v1::GetRulebookRequest { rulebook }).await.map(drop)
        }
        "AddAgency" => {
            let agency = format!("NEW_{}", caller.to_uppercase());
            let request = v1::AddAgencyRequest { agency, name: "New".into(), token_only: false };
            agencies.add_agency(request).await.map(drop)
        }
        "ListAgencies" => agencies.list_agencies(v1::ListAgenciesRequest::default()).await.map(drop),
        "Enrol" => {
            let request = v1::EnrolRequest { enrolment_token: "mighub-none".into(), ..Default::default() };
            agencies.enrol(request).await.map(drop)
        }
        "PutAgreement" => {
            let terms = v1::Agreement { sender_agencies: vec!["MPI".into()], ..agreement("SWE") };
            agencies.put_agreement(v1::PutAgreementRequest { agreement: Some(terms) }).await.map(drop)
        }
        "ListAgreements" => agencies.list_agreements(v1::ListAgreementsRequest::default()).await.map(drop),
        "WhoAmI" => agencies.who_am_i(v1::WhoAmIRequest {}).await.map(drop),
        "GrantRole" => {
            let request = v1::GrantRoleRequest { agency: "NOR".into(), role: Role::Reader.into() };
            agencies.grant_role(request).await.map(drop)
        }
        "CreateToken" => {
            let scope = v1::TokenScope::Read.into();
            let request = v1::CreateTokenRequest { agency: "SWE".into(), scope, ..Default::default() };
            agencies.create_token(request).await.map(drop)
        }
        "ListTokens" => agencies.list_tokens(v1::ListTokensRequest::default()).await.map(drop),
        "RevokeToken" => {
            let request = v1::RevokeTokenRequest { id: "none".into(), reason: "a test".into() };
            agencies.revoke_token(request).await.map(drop)
        }
        "ListRoles" => agencies.list_roles(v1::ListRolesRequest::default()).await.map(drop),
        other => panic!("{other} is no call"),
    }
}

/// Opens a submission for a provider, signed by the caller; the public signs with the office's key.
async fn open_as(scene: &Scene, caller: &str, desk: &Desk) -> Result<(), Status> {
    let signer = if caller == "public" { "SWE" } else { caller };
    let mut parcel = desk.fresh();
    parcel.header.agency = signer.to_owned();
    let mut messages = parcel.opening();
    let signed = parcel.signed_by(&scene.stage.home(signer));
    messages[0] = parcel::part(v1::open_submission_request::Part::SignedHeader(signed));
    let opened = parcel::open(&scene.channels[caller], messages).await.map(drop);
    if opened.is_ok() {
        scene.clear_away(&parcel.id()).await;
    }
    opened
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_by_everybody_is_answered_as_it_was_written_down() {
    let scene = scene().await;
    let mut wrong = Vec::new();
    for (name, row) in EXPECTED {
        let state = match name {
            "UploadBlocks" => "open",
            "SealSubmission" => "sent",
            "AnswerFindings" => "to be answered",
            _ => "in force",
        };
        let mut id = scene.submission(state).await;
        for (caller, expected) in CALLERS.iter().zip(row) {
            let called = call(&scene, caller, name, &id).await;
            if called.is_ok() && matches!(name, "SealSubmission" | "AnswerFindings" | "WithdrawSubmission") {
                id = scene.submission(state).await;
            }
            let told = called.map_or_else(|status| reason(&status), |()| OK.to_owned());
            if told != expected {
                wrong.push(format!("{name} by {caller}: {told:?}, not {expected:?}"));
            }
        }
        scene.clear_away(&id).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_seen_gives_the_same_answer_as_what_is_not_there() {
    let scene = scene().await;
    let there = scene.submission("in force").await;
    let not_there = "0".repeat(26);
    for caller in ["ILO", "NOR", "READER", ADMINISTRATOR] {
        for name in [
            "UploadBlocks",
            "SealSubmission",
            "GetSubmission",
            "WatchSubmission",
            "ListFindings",
            "AnswerFindings",
            "WithdrawSubmission",
        ] {
            let mut answers = Vec::new();
            for id in [&there, &not_there] {
                let status = call(&scene, caller, name, id).await.expect_err("refused");
                let details = String::from_utf8_lossy(status.details()).replace(id, "ID");
                answers.push((status.code(), status.message().replace(id, "ID"), details));
            }
            assert_eq!(answers[0], answers[1], "{name} by {caller}");
        }
    }
    let mut other = raw::submissions(scene.channels["NOR"].clone());
    let listed = other.list_submissions(v1::ListSubmissionsRequest::default()).await.expect("listed");
    assert!(listed.into_inner().submissions.is_empty());
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sent_a_submission_and_in_whose_name_follow_it_when_the_agreement_has_ended() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit_office("NOR").await;
    stage.admit("MPI", &[Role::Submitter]).await;
    let full = v1::Agreement { sender_agencies: vec!["MPI".into()], ..agreement("SWE") };
    stage.agree(full.clone()).await;
    let file = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
    let options = PushOptions { provider: Some("SWE".into()), ..PushOptions::default() };
    let institute = stage.client("MPI").await;
    let receipt = accepted(&institute, &file, &options).await;
    let id = receipt.body.submission_id;
    stage.agree(v1::Agreement { valid_to: "2020-12-31".into(), ..full }).await;
    for agency in ["MPI", "SWE"] {
        let hub = stage.client(agency).await;
        let submission = hub.submission(&id).await.expect("its own");
        assert!(submission.receipt.is_some(), "{agency} can prove what was sent");
        hub.report(&id, 10).await.expect("its own");
        let folder = tempfile::tempdir().expect("a folder");
        hub.evidence(&id, &folder.path().join("evidence")).await.expect("its own");
        let listed = hub.list_submissions(&SubmissionFilter::default(), 10).await.expect("listed");
        assert_eq!(listed.iter().map(|summary| &summary.submission_id).collect::<Vec<_>>(), [&id]);
    }
    // To follow is not to act, and not for neighbours.
    let withdrawn = institute.withdraw(&id, "a mistake", "anna").await.expect_err("it ended");
    assert_eq!(withdrawn.reason(), Some(v1::ErrorReason::LaneNotPermitted));
    let norway = stage.client("NOR").await;
    let hidden = norway.submission(&id).await.expect_err("not theirs");
    assert_eq!(hidden.reason(), Some(v1::ErrorReason::UnknownSubmission));
    stage.close().await;
}
