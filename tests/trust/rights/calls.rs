//! The table of calls: for each rpc of the contract, who may. Written by hand; a new rpc needs a row here.
//!
//! What came with evidence, release, keys and disclosure stands in [`trust_calls`](super::trust_calls). One letter an identity, in the order of [`IDENTITIES`](super::world::IDENTITIES); blanks only part those with
//! certificates from those with tokens. One text for each state of the agreement ([`TERMS`](super::world::TERMS)).

use mighub::v1::{self, Role};
use prost::Message;

use super::wire::Until;
use super::world::{Caller, State, World};
use crate::office::{FLOW, agreement, raw};

/// One rpc.
pub(super) struct Call {
    /// Of the package `mighub.v1`.
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) until: Until,
    pub(super) messages: fn(&World, &Caller) -> Vec<Vec<u8>>,
    /// Whoever is let in hears this; nothing, if the call succeeds.
    pub(super) let_in: &'static str,
    /// A call that succeeded changes what the next would find.
    pub(super) consumes: bool,
    pub(super) expected: [&'static str; 3],
}

pub(super) const CALL: Call = Call {
    name: "",
    state: State::InForce,
    until: Until::End,
    messages: |_, _| vec![Vec::new()],
    let_in: "",
    consumes: false,
    expected: [EVERYBODY; 3],
};

/// Figures and what describes them: everybody whose credentials are good sees what is for him.
pub(super) const EVERYBODY: &str = ".e........... ......xxx";
/// Whoever says who it is.
pub(super) const KNOWN: &str = "we........... ......xxx";
/// A token is for figures and submissions alone.
pub(super) const ADMINISTRATORS: &str = "werrrrrrrrrr. rrrrrrxxx";
pub(super) const AUDITORS: &str = "werrrrrrrrr.. rrrrrrxxx";

/// What is done with a submission: its office may, while its agreement holds and by a token for that; who may only look
/// is told so; and who may not even look hears what he would of one that does not exist.
const SENDERS: [&str; 3] = ["wenn..nnnrnrn r.rnnrxxx", "wennlnnnnrnrn rlrnnrxxx", "wenn.nnnnrnrn r.rnnrxxx"];
/// The same for who looks at one: its office may for ever.
pub(super) const FOLLOWERS: [&str; 3] =
    ["wenn..nnn.n.n ..rnn.xxx", "wenn.nnnn.n.n ..rnn.xxx", "wenn.nnnn.n.n ..rnn.xxx"];
/// Who opens one.
const OPENERS: [&str; 3] = ["werl..rrrrrrr r.rrrrxxx", "werlllrrrrrrr rlrrrrxxx", "werl.lrrrrrrr r.rrrrxxx"];

pub(super) fn one(message: impl Message) -> Vec<Vec<u8>> {
    vec![message.encode_to_vec()]
}

/// All of them.
pub(super) const CALLS: &[Call] = &[
    // SubmissionService
    Call {
        name: "SubmissionService/GetLane",
        messages: |_, _| one(v1::GetLaneRequest { lane: Some(raw::lane("SWE")) }),
        expected: OPENERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/OpenSubmission",
        messages: |world, caller| world.opening(caller.signer()),
        consumes: true,
        expected: OPENERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/UploadBlocks",
        state: State::Open,
        messages: |world, _| {
            let frame = b"noise".as_slice();
            let blocks = vec![v1::SubmittedBlock { index: 0, frame: frame.into() }];
            one(v1::UploadBlocksRequest { submission_id: world.id.clone(), blocks })
        },
        let_in: "BLOCK_DECOMPRESSION",
        expected: SENDERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/SealSubmission",
        state: State::Sent,
        messages: |world, _| one(v1::SealSubmissionRequest { submission_id: world.id.clone() }),
        consumes: true,
        expected: SENDERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/GetSubmission",
        messages: |world, _| one(v1::GetSubmissionRequest { submission_id: world.id.clone() }),
        expected: FOLLOWERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/ListSubmissions",
        messages: |_, _| one(v1::ListSubmissionsRequest::default()),
        expected: [KNOWN; 3],
        ..CALL
    },
    Call {
        name: "SubmissionService/WatchSubmission",
        until: Until::FirstMessage,
        messages: |world, _| one(v1::WatchSubmissionRequest { submission_id: world.id.clone() }),
        expected: FOLLOWERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/ListFindings",
        messages: |world, _| {
            one(v1::ListFindingsRequest { submission_id: world.id.clone(), ..Default::default() })
        },
        expected: FOLLOWERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/AnswerFindings",
        state: State::ToBeAnswered,
        messages: |world, _| {
            let text = "it is a placeholder".to_owned();
            let answer = v1::FindingAnswer { rule_id: "STR-053".into(), finding_ids: Vec::new(), text };
            let (submission_id, person) = (world.id.clone(), String::new());
            one(v1::AnswerFindingsRequest { submission_id, answers: vec![answer], person })
        },
        consumes: true,
        expected: SENDERS,
        ..CALL
    },
    Call {
        name: "SubmissionService/WithdrawSubmission",
        messages: |world, _| {
            let (submission_id, reason) = (world.id.clone(), "it was wrong".to_owned());
            one(v1::WithdrawSubmissionRequest { submission_id, reason, person: String::new() })
        },
        consumes: true,
        expected: SENDERS,
        ..CALL
    },
    // MetadataService
    Call {
        name: "MetadataService/PutReports",
        messages: |_, _| {
            let report = v1::SourceReport {
                ref_area: "SWE".into(),
                flow_dir: "IMM".into(),
                start_period: "2010".into(),
                ..Default::default()
            };
            let lane = Some(raw::lane("SWE"));
            one(v1::PutReportsRequest { lane, reports: vec![report], dry_run: true, ..Default::default() })
        },
        expected: OPENERS,
        ..CALL
    },
    Call {
        name: "MetadataService/ListReports",
        messages: |_, _| one(v1::ListReportsRequest { dataflow: FLOW.into(), ..Default::default() }),
        ..CALL
    },
    Call {
        name: "MetadataService/GetReport",
        messages: |_, _| one(v1::GetReportRequest { position: 0, number: 0 }),
        let_in: "UNKNOWN_REPORT",
        ..CALL
    },
    // RetrievalService
    Call {
        name: "RetrievalService/Pull",
        messages: |_, _| one(v1::PullRequest { dataflow: FLOW.into(), ..Default::default() }),
        ..CALL
    },
    Call {
        name: "RetrievalService/WatchVintages",
        until: Until::Header,
        messages: |_, _| one(v1::WatchVintagesRequest::default()),
        ..CALL
    },
    Call {
        name: "RetrievalService/ListVintages",
        messages: |_, _| one(v1::ListVintagesRequest { dataflow: FLOW.into(), ..Default::default() }),
        ..CALL
    },
    Call {
        name: "RetrievalService/GetCoverage",
        messages: |_, _| one(v1::GetCoverageRequest { dataflow: FLOW.into(), ..Default::default() }),
        ..CALL
    },
    Call {
        name: "RetrievalService/DiffVintages",
        messages: |_, _| one(v1::DiffVintagesRequest { lane: Some(raw::lane("SWE")), ..Default::default() }),
        ..CALL
    },
    // ConsolidationService
    Call { name: "ConsolidationService/GetMatrix", ..CALL },
    Call { name: "ConsolidationService/GetNetMigration", ..CALL },
    Call { name: "ConsolidationService/GetMirror", ..CALL },
    Call {
        name: "ConsolidationService/ExplainCell",
        messages: |_, _| {
            let (key, period) = ("A.FIN.SWE._T._T.LT.CO.M1".to_owned(), "1900".to_owned());
            one(v1::ExplainCellRequest { key, period, ..Default::default() })
        },
        let_in: "UNKNOWN_CELL",
        ..CALL
    },
    Call { name: "ConsolidationService/CompareMethods", ..CALL },
    Call {
        name: "ConsolidationService/GetShares",
        messages: |_, _| {
            let (topic, aspect) = ("IMM_LEVEL".to_owned(), "VIEW".to_owned());
            one(v1::GetSharesRequest { topic, aspect, ..Default::default() })
        },
        ..CALL
    },
    Call {
        name: "ConsolidationService/GetParties",
        messages: |_, _| one(v1::GetPartiesRequest { treaty: "ICRMW".into(), ..Default::default() }),
        ..CALL
    },
    Call { name: "ConsolidationService/ListMethods", ..CALL },
    Call {
        name: "ConsolidationService/GetMethod",
        messages: |_, _| one(v1::GetMethodRequest { code: "M1".into() }),
        ..CALL
    },
    Call { name: "ConsolidationService/ListGroups", ..CALL },
    // StructureService
    Call {
        name: "StructureService/PutStructures",
        messages: |_, _| {
            one(v1::PutStructuresRequest { message: "{}".into(), dry_run: true, ..Default::default() })
        },
        let_in: "STRUCTURE_MALFORMED",
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call {
        name: "StructureService/DeleteStructures",
        messages: |_, _| {
            let urns = vec![format!("urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={FLOW}")];
            one(v1::DeleteStructuresRequest { urns, dry_run: true })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call {
        name: "StructureService/GetStructures",
        messages: |_, _| {
            let urn = format!("urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={FLOW}");
            let artefact = Some(v1::get_structures_request::Artefact::Urn(urn));
            one(v1::GetStructuresRequest { artefact, ..Default::default() })
        },
        ..CALL
    },
    Call {
        name: "StructureService/ListStructures",
        messages: |_, _| one(v1::ListStructuresRequest { page_size: 1, ..Default::default() }),
        ..CALL
    },
    Call {
        name: "StructureService/GetRulebook",
        messages: |_, _| {
            let rulebook = Some(v1::get_rulebook_request::Rulebook::Dataflow(FLOW.into()));
            one(v1::GetRulebookRequest { rulebook })
        },
        ..CALL
    },
    Call {
        name: "StructureService/PutRulebook",
        messages: |_, _| {
            let rulebook = format!(
                r#"{{"id":"RB_TRIED","version":"1.0.0","dataflow":"{FLOW}","scripts":[],"rules":[]}}"#
            );
            one(v1::PutRulebookRequest { rulebook: rulebook.into(), dry_run: true })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call {
        name: "StructureService/TryRulebook",
        messages: |_, _| {
            let rulebook = format!(
                r#"{{"id":"RB_TRIED","version":"1.0.0","dataflow":"{FLOW}","scripts":[],"rules":[]}}"#
            );
            one(v1::TryRulebookRequest { rulebook: rulebook.into(), providers: Vec::new() })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call { name: "StructureService/ListRulebooks", ..CALL },
    // AgencyService
    Call {
        name: "AgencyService/AddAgency",
        messages: |world, _| {
            // Every agency is added once.
            let agency = format!("NEW{}", world.fresh_number());
            one(v1::AddAgencyRequest { agency, name: "New".into(), token_only: false })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call { name: "AgencyService/ListAgencies", expected: [KNOWN; 3], ..CALL },
    Call {
        name: "AgencyService/Enrol",
        messages: |_, _| {
            one(v1::EnrolRequest { enrolment_token: "mighub-none".into(), ..Default::default() })
        },
        // Whoever enrols has nothing yet but the token in the message, which is what is looked at.
        let_in: "TOKEN_INVALID",
        expected: ["............. ........."; 3],
        ..CALL
    },
    Call {
        name: "AgencyService/PutAgreement",
        messages: |_, _| {
            // What holds anyway, so that it stays as it is.
            one(v1::PutAgreementRequest { agreement: Some(agreement("NOR")) })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call { name: "AgencyService/ListAgreements", ..CALL },
    Call { name: "AgencyService/WhoAmI", ..CALL },
    Call {
        name: "AgencyService/GrantRole",
        messages: |_, _| one(v1::GrantRoleRequest { agency: "NOR".into(), role: Role::Submitter.into() }),
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call { name: "AgencyService/ListRoles", expected: [AUDITORS; 3], ..CALL },
    Call {
        name: "AgencyService/CreateToken",
        messages: |_, _| {
            let scope = v1::TokenScope::Read.into();
            one(v1::CreateTokenRequest { agency: "NOR".into(), scope, ..Default::default() })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call { name: "AgencyService/ListTokens", expected: [AUDITORS; 3], ..CALL },
    Call {
        name: "AgencyService/RevokeToken",
        messages: |_, _| one(v1::RevokeTokenRequest { id: "none".into(), reason: "a test".into() }),
        let_in: "UNKNOWN_TOKEN",
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
];

/// What the letter of an identity stands for.
pub(super) fn meaning(letter: char, let_in: &'static str) -> &'static str {
    match letter {
        '.' => let_in,
        'w' => "UNAUTHENTICATED",
        'e' => "NOT_ENROLLED",
        'x' => "ACCESS_TOKEN_INVALID",
        'r' => "RIGHT_MISSING",
        'l' => "LANE_NOT_PERMITTED",
        'n' => "UNKNOWN_SUBMISSION",
        other => panic!("{other} stands for nothing"),
    }
}
