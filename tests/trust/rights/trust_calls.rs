//! The table of calls, continued: release, evidence, keys and disclosure.

use mighub::v1;

use super::calls::{ADMINISTRATORS, AUDITORS, CALL, Call, EVERYBODY, FOLLOWERS, KNOWN, one};
use crate::office::{FLOW, raw};

/// Whoever reviews, with a certificate.
const REVIEWERS: &str = "werrrrrrr.rrr rrrrrrxxx";
/// The publisher of a lane needs the role and a part in the agreement; here nobody has both.
const PUBLISHERS: &str = "werrrrrrrrlrr rrrrrrxxx";
/// The same, or an auditor.
const SEERS: &str = "werrrrrrrrl.r rrrrrrxxx";
/// Agencies with a certificate.
const CERTIFIED: &str = "we........... rrrrrrxxx";

/// All of them.
pub(super) const TRUST_CALLS: &[Call] = &[
    // ReleaseService
    Call {
        name: "ReleaseService/ReviewSubmission",
        messages: |world, _| {
            one(v1::ReviewSubmissionRequest {
                submission_id: world.id.clone(),
                decision: v1::ReviewDecision::Approve.into(),
                reason: "it is sound".into(),
                person: "Anna".into(),
            })
        },
        // It is in force already, and is so still.
        expected: [REVIEWERS; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/ReleaseVintage",
        messages: |world, _| {
            one(v1::ReleaseVintageRequest {
                lane: Some(raw::lane("SWE")),
                submission_id: world.id.clone(),
                reason: "it is due".into(),
                ..Default::default()
            })
        },
        expected: [PUBLISHERS; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/ListEmbargoes",
        messages: |_, _| one(v1::ListEmbargoesRequest { lane: Some(raw::lane("SWE")) }),
        expected: [SEERS; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/RestrictCells",
        messages: |_, _| {
            one(v1::RestrictCellsRequest {
                lane: Some(raw::lane("SWE")),
                reason: "a mistake".into(),
                ..Default::default()
            })
        },
        expected: [PUBLISHERS; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/FreeCells",
        messages: |_, _| {
            one(v1::FreeCellsRequest {
                lane: Some(raw::lane("SWE")),
                restriction: 1,
                reason: "it was none".into(),
                ..Default::default()
            })
        },
        expected: [PUBLISHERS; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/ListRestrictions",
        messages: |_, _| {
            one(v1::ListRestrictionsRequest { lane: Some(raw::lane("SWE")), ..Default::default() })
        },
        expected: [SEERS; 3],
        ..CALL
    },
    // Everybody sees his own requests; to decide one needs what its operation needs, which no token has.
    Call { name: "ReleaseService/ListRequests", expected: [KNOWN; 3], ..CALL },
    Call {
        name: "ReleaseService/DecideRequest",
        messages: |_, _| {
            one(v1::DecideRequestRequest {
                request: 1,
                decision: v1::RequestDecision::Decline.into(),
                reason: "it is not there".into(),
                person: "Anna".into(),
            })
        },
        let_in: "UNKNOWN_REQUEST",
        expected: [KNOWN; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/AuditRights",
        messages: |_, _| one(v1::AuditRightsRequest { lane: Some(raw::lane("SWE")), ..Default::default() }),
        expected: [AUDITORS; 3],
        ..CALL
    },
    Call {
        name: "ReleaseService/AuditReads",
        messages: |_, _| one(v1::AuditReadsRequest { dataflow: FLOW.into(), ..Default::default() }),
        expected: [AUDITORS; 3],
        ..CALL
    },
    Call {
        name: "AgencyService/RevokeRole",
        messages: |_, _| {
            one(v1::RevokeRoleRequest {
                agency: "ILO".into(),
                role: v1::Role::Publisher.into(),
                reason: "a test".into(),
            })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    // EvidenceService: hashes tell nothing, and whoever has a receipt may check it.
    Call { name: "EvidenceService/GetLogHead", expected: [EVERYBODY; 3], ..CALL },
    Call {
        name: "EvidenceService/GetConsistencyProof",
        messages: |_, _| one(v1::GetConsistencyProofRequest { first_size: 1, second_size: 2 }),
        expected: [EVERYBODY; 3],
        ..CALL
    },
    Call {
        name: "EvidenceService/GetInclusionProof",
        messages: |_, _| one(v1::GetInclusionProofRequest { position: 1, tree_size: 2 }),
        expected: [EVERYBODY; 3],
        ..CALL
    },
    Call {
        name: "EvidenceService/ListLeafHashes",
        messages: |_, _| one(v1::ListLeafHashesRequest { from: 0, count: 1 }),
        expected: [EVERYBODY; 3],
        ..CALL
    },
    Call {
        name: "EvidenceService/GetEvidence",
        messages: |world, _| one(v1::GetEvidenceRequest { submission_id: world.id.clone() }),
        expected: FOLLOWERS,
        ..CALL
    },
    // KeyService
    Call { name: "KeyService/ListKeys", expected: [CERTIFIED; 3], ..CALL },
    Call {
        name: "KeyService/RenewKeys",
        let_in: "CSR_INVALID",
        // A token has no keys to renew, whatever it is worth.
        expected: ["we........... wwwwwwwww"; 3],
        ..CALL
    },
    Call {
        name: "KeyService/RevokeKeys",
        messages: |_, _| {
            one(v1::RevokeKeysRequest {
                agency: "NONE".into(),
                application: "none".into(),
                reason: "a test".into(),
                ..Default::default()
            })
        },
        let_in: "UNKNOWN_AGENCY",
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    // ExpungeService
    Call {
        name: "ExpungeService/ExpungeSubmission",
        messages: |world, _| {
            one(v1::ExpungeSubmissionRequest {
                submission_id: world.id.clone(),
                reason: "a test".into(),
                person: "Anna".into(),
                dry_run: true,
            })
        },
        expected: [ADMINISTRATORS; 3],
        ..CALL
    },
    Call { name: "ExpungeService/ListExpunged", expected: [AUDITORS; 3], ..CALL },
    // DisclosureService: figures stand in its findings only as far as the caller could read them.
    Call {
        name: "DisclosureService/AuditDisclosure",
        messages: |_, _| one(v1::AuditDisclosureRequest { dataflow: FLOW.into(), ..Default::default() }),
        expected: ["werrrrrrrr..r rrrrrrxxx"; 3],
        ..CALL
    },
    // There is none that it could end, so nothing is changed.
    Call {
        name: "DisclosureService/SetPolicy",
        messages: |_, _| {
            one(v1::SetPolicyRequest {
                dataflow: FLOW.into(),
                provider: "SWE".into(),
                reason: "small cells".into(),
                ..Default::default()
            })
        },
        expected: ["werrrrrrrrlr. rrrrrrxxx"; 3],
        ..CALL
    },
    Call {
        name: "DisclosureService/GetPolicy",
        messages: |_, _| one(v1::GetPolicyRequest { dataflow: FLOW.into(), ..Default::default() }),
        expected: ["werrrrrrrr... rrrrrrxxx"; 3],
        ..CALL
    },
];
