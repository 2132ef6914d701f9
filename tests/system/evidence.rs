//! Evidence: what can be proven with a receipt when nobody is trusted.

use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use mighub::evidence::{Frontier, TreeHash};
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use mighub::v1::{self, Role};
use mighub_client::{
    Base, Error, ExitCode, Home, Hub, Progress, PushOptions, PushOutcome, Receipt, Statement, VerifyOptions,
    verify,
};
use mighub_server::rpc::Operator;
use mighub_server::witness::{ExportError, Exported, export_log};
use prost::Message;
use ring::signature::Ed25519KeyPair;

use crate::office::data::flows;
use crate::office::raw::{self, reason};
use crate::office::{Stage, accepted, copy_folder, text};

pub(crate) fn figures(year: u16, value: &str) -> String {
    flows("SWE", &[("M", "IMM", "NOR", year, value)])
}

/// A hub with an office that has sent once, an auditor, and somebody else who sends, too.
pub(crate) async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit_office("NOR").await;
    stage.admit("AUDITOR", &[Role::Auditor]).await;
    stage
}

pub(crate) async fn sent(stage: &Stage, agency: &str, year: u16) -> Receipt {
    let text = flows(agency, &[("M", "IMM", "FIN", year, "4,A,F")]);
    accepted(&stage.client(agency).await, &text, &PushOptions::default()).await
}

pub(crate) fn by(home: Home) -> VerifyOptions {
    VerifyOptions { home: Some(home), ..VerifyOptions::default() }
}

pub(crate) fn whats(found: &[Statement]) -> Vec<&'static str> {
    found.iter().map(|statement| statement.what).collect()
}

pub(crate) async fn exported(stage: &Stage, folder: &Path) -> Result<Exported, ExportError> {
    let operator = Operator::connect(&stage.hub_folder()).await.expect("the hub runs");
    let exported = export_log(&operator, folder).await;
    operator.end().await;
    exported
}

/// What a client says of a hub whose history is not what it knows.
pub(crate) async fn broken(hub: &Hub) -> (Error, String) {
    let error = hub.who_am_i().await.expect_err("the hub has another history");
    assert_eq!(error.exit_code(), ExitCode::VerificationFailed, "{error}");
    let text = error.to_string();
    (error, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_proves_from_one_receipt_what_an_office_sent() {
    let stage = stage().await;
    let file = stage.path("figures.csv");
    std::fs::write(&file, figures(2015, "4,A,F")).expect("written");
    let office = stage.client("SWE").await;
    let receipt = accepted(&office, &figures(2015, "4,A,F"), &PushOptions::default()).await;
    sent(&stage, "NOR", 2016).await;
    let bundle = stage.path("evidence");
    let fetched = stage.client("AUDITOR").await.evidence(&receipt.body.submission_id, &bundle).await;
    assert!(fetched.expect("the auditor may follow").verification.holds());
    let denied = stage.client("NOR").await.evidence(&receipt.body.submission_id, &stage.path("no")).await;
    assert_eq!(denied.expect_err("another's").reason(), Some(v1::ErrorReason::UnknownSubmission));
    let (home, auditor) = (stage.home("SWE"), stage.home("AUDITOR"));
    let key = office.config().hub_keys[0].public_key.clone();
    let keep = stage.path("elsewhere");
    std::fs::create_dir_all(&keep).expect("a folder");
    for name in ["receipt.json", "manifest"] {
        std::fs::copy(bundle.join(name), keep.join(name)).expect("copied");
    }

    // The hub is gone; the receipt is not.
    let template = stage.into_template().await;
    let with_file = VerifyOptions { file: Some((file.clone(), Default::default())), ..by(home.clone()) };
    let found = verify(&receipt.path, &with_file);
    let found = found.expect("readable");
    assert!(found.holds(), "{found:#?}");
    assert_eq!(
        whats(&found.proven),
        ["hub-signature", "log", "record", "office-signature", "office-key", "figures"]
    );
    assert_eq!(whats(&found.not_proven), ["manifest", "history"]);

    let found = verify(&bundle, &by(auditor)).expect("readable");
    assert!(found.holds(), "{found:#?}");
    assert_eq!(
        whats(&found.proven),
        ["hub-signature", "log", "record", "office-signature", "manifest", "head"]
    );
    assert_eq!(whats(&found.not_proven), ["office-key", "figures"]);

    // Whoever has no home at the hub needs its key from somebody, and takes no key from the evidence itself.
    let nobody = VerifyOptions::default();
    let found = verify(&keep, &nobody).expect("readable");
    assert_eq!((found.holds(), whats(&found.failed)), (false, vec!["hub-signature"]));
    let hub_keys = vec![HEXLOWER.decode(key.as_bytes()).expect("hexadecimal")];
    let found = verify(&keep, &VerifyOptions { hub_keys, ..nobody }).expect("readable");
    assert!(found.holds(), "{found:#?}");

    // Other figures are not those that were signed.
    std::fs::write(&file, figures(2015, "5,A,F")).expect("written");
    let found = verify(&receipt.path, &VerifyOptions { file: Some((file, Default::default())), ..by(home) });
    assert_eq!(whats(&found.expect("readable").failed), ["figures"]);
    drop(template);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_stays_what_it_was_for_ever_and_is_given_again() {
    let mut stage = stage().await;
    let receipt = sent(&stage, "SWE", 2015).await;
    let log = receipt.body.log.clone().expect("a place in the log");
    assert_eq!(receipt.body.tree_size, receipt.body.position + 1);
    assert!(!log.inclusion.is_empty());
    sent(&stage, "NOR", 2015).await;
    stage.restart(|folder| std::fs::remove_dir_all(folder.join("view")).expect("a view")).await;
    let again = stage.client("SWE").await.submission(&receipt.body.submission_id).await.expect("known");
    assert_eq!(again.receipt, Some(receipt.message.clone()), "rebuilt from the journal alone");
    let bundle = stage.path("evidence");
    stage.client("SWE").await.evidence(&receipt.body.submission_id, &bundle).await.expect("fetched");
    let manifest = std::fs::read(bundle.join("manifest")).expect("a manifest");
    // The same header again is answered with the first receipt.
    let signed = again.signed_header.clone().expect("signed");
    let opened = open_again(&stage, signed.clone(), &manifest).await.expect("open to its own office");
    assert_eq!(opened.receipt, Some(receipt.message));
    // The same id for something else is refused.
    let mut header = v1::SubmissionHeader::decode(&signed.header[..]).expect("a header");
    header.reason = "other contents".into();
    let refused = open_again(&stage, sign(&stage.home("SWE"), &header, signed), &manifest)
        .await
        .expect_err("other contents");
    assert_eq!(reason(&refused), "SUBMISSION_ID_REUSED");
    stage.close().await;
}

/// Signs a header with the key in a home.
fn sign(home: &Home, header: &v1::SubmissionHeader, as_before: v1::SignedHeader) -> v1::SignedHeader {
    let pem = std::fs::read_to_string(home.folder().join("signing.key")).expect("a key");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&BASE64.decode(body.as_bytes()).expect("Base64"));
    let header = header.encode_to_vec();
    let signature = key.expect("Ed25519").sign(&signed_bytes(HEADER_CONTEXT, &header)).as_ref().to_vec();
    v1::SignedHeader { header: header.into(), signature: signature.into(), ..as_before }
}

async fn open_again(
    stage: &Stage,
    signed: v1::SignedHeader,
    manifest: &[u8],
) -> Result<v1::OpenSubmissionResponse, tonic::Status> {
    use v1::open_submission_request::Part;
    let parts = [Part::SignedHeader(signed), Part::ManifestChunk(manifest.to_vec().into())];
    let messages = parts.map(|part| v1::OpenSubmissionRequest { part: Some(part) });
    let mut submissions = raw::submissions(stage.channel("SWE").await);
    Ok(submissions.open_submission(tokio_stream::iter(messages)).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_that_were_made_at_the_same_time_are_of_one_history() {
    let stage = stage().await;
    let offices = ["DNK", "FIN", "ISL", "EST", "LVA", "LTU"];
    for office in offices {
        stage.admit_office(office).await;
    }
    let mut pushes = tokio::task::JoinSet::new();
    for office in offices {
        // Two programs of one office send at the same time: one of them finds that the head has moved, and positions
        // that were guessed behind it were guessed wrongly.
        for program in 0..2 {
            let hub = stage.client(office).await;
            pushes.spawn(async move {
                let mut receipts = Vec::new();
                for year in 0..6 {
                    let file =
                        flows(office, &[("M", "IMM", "NOR", 2000 + year, &format!("{},A,F", program + 1))]);
                    let options = PushOptions { base: Base::Any, ..PushOptions::default() };
                    if let Ok(pushed) = hub.push(text(file), &options, &Progress::silent()).await
                        && let PushOutcome::Accepted { receipt, .. } = pushed.outcome
                    {
                        receipts.push(receipt.body);
                    }
                }
                receipts
            });
        }
    }
    let receipts: Vec<_> = pushes.join_all().await.into_iter().flatten().collect();
    assert!(receipts.len() > 30, "{} receipts", receipts.len());
    let folder = stage.path("witness");
    let head = exported(&stage, &folder).await.expect("exported").head;
    let leaves = std::fs::read(folder.join("leaves")).expect("leaves");
    assert_eq!(leaves.len() as u64, head.tree_size * 32);
    let (leaves, _) = leaves.as_chunks::<32>();
    for body in receipts {
        let mut tree = Frontier::default();
        leaves[..body.tree_size as usize].iter().for_each(|leaf| tree.push(TreeHash(*leaf)));
        let log = body.log.expect("a place in the log");
        assert_eq!(tree.root().to_bytes(), log.root, "position {}", body.position);
        assert_eq!(log.leaf_hash[..], leaves[body.position as usize][..]);
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_saw_no_record_knows_the_history() {
    let mut stage = stage().await;
    let receipt = sent(&stage, "SWE", 2015).await;
    let folder = stage.path("witness");
    let first = exported(&stage, &folder).await.expect("exported");
    assert_eq!((first.before, first.head.tree_size), (0, stage.records().await));
    let against = VerifyOptions { against: Some(folder.clone()), ..by(stage.home("SWE")) };
    let found = verify(&receipt.path, &against).expect("readable");
    assert!(whats(&found.proven).contains(&"witness"), "{found:#?}");

    let later = sent(&stage, "SWE", 2016).await;
    let found = verify(&later.path, &against).expect("readable");
    assert!(found.holds() && whats(&found.not_proven).contains(&"witness"), "not seen yet: {found:#?}");
    let second = exported(&stage, &folder).await.expect("exported");
    assert_eq!(second.before, first.head.tree_size);
    let found = verify(&later.path, &against).expect("readable");
    assert!(whats(&found.proven).contains(&"witness"), "{found:#?}");
    // Of a head alone the hub must prove that it is the same history.
    let head = VerifyOptions { against: Some(folder.join("head.json")), ..by(stage.home("SWE")) };
    assert!(whats(&verify(&receipt.path, &head).expect("readable").not_proven).contains(&"witness"));
    let found = stage.client("SWE").await.verify(&receipt.path, &head).await.expect("answered");
    assert!(found.holds() && whats(&found.proven).ends_with(&["history", "witness"]), "{found:#?}");

    let mut leaves = std::fs::read(folder.join("leaves")).expect("leaves");
    leaves[40] ^= 1;
    std::fs::write(folder.join("leaves"), &leaves).expect("written");
    assert!(matches!(exported(&stage, &folder).await, Err(ExportError::Damaged { .. })));
    let found = verify(&receipt.path, &against).expect("readable");
    assert!(whats(&found.failed).contains(&"witness"), "{found:#?}");
    stage.restart(|_| {}).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_connect_gets_heads_and_proofs_and_nobody_else_evidence() {
    let stage = stage().await;
    let receipt = sent(&stage, "SWE", 2015).await;
    let id = receipt.body.submission_id.clone();
    let size = stage.records().await;
    for channel in [stage.public_channel().await, stage.channel("NOR").await] {
        let mut evidence = v1::evidence_service_client::EvidenceServiceClient::new(channel);
        let head =
            evidence.get_log_head(v1::GetLogHeadRequest { known_size: Some(3) }).await.expect("a head");
        assert!(!head.into_inner().consistency.is_empty());
        let ahead = evidence.get_log_head(v1::GetLogHeadRequest { known_size: Some(size + 9) }).await;
        assert!(
            ahead.expect("a head").into_inner().consistency.is_empty(),
            "a shorter history is its own evidence"
        );
        let beyond = v1::GetConsistencyProofRequest { first_size: 1, second_size: size + 9 };
        let refused = evidence.get_consistency_proof(beyond).await.expect_err("not there");
        assert_eq!(reason(&refused), "LOG_TOO_SHORT");
        for (first_size, second_size) in [(0, 1), (2, 1)] {
            let request = v1::GetConsistencyProofRequest { first_size, second_size };
            let refused = evidence.get_consistency_proof(request).await.expect_err("nonsense");
            assert_eq!(reason(&refused), "ARGUMENT_MALFORMED");
        }
        let proof = v1::GetInclusionProofRequest { position: 1, tree_size: size };
        assert_eq!(
            evidence.get_inclusion_proof(proof).await.expect("a proof").into_inner().leaf_hash.len(),
            32
        );
        let request = v1::GetEvidenceRequest { submission_id: id.clone() };
        let refused = evidence.get_evidence(request).await.expect_err("not for them");
        assert!(
            ["UNAUTHENTICATED", "UNKNOWN_SUBMISSION"].contains(&reason(&refused).as_str()),
            "{refused:?}"
        );
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_was_restored_without_its_last_records_is_told_apart_from_one_that_was_restarted() {
    let mut stage = stage().await;
    sent(&stage, "SWE", 2015).await;
    let backup = stage.path("backup");
    let copy = backup.clone();
    stage.restart(move |folder| copy_folder(&folder.join("store"), &copy)).await;
    sent(&stage, "SWE", 2016).await;
    stage.restart(|_| {}).await;
    stage.client("SWE").await.history_confirmed().await.expect("the same history");
    stage.client("AUDITOR").await.history_confirmed().await.expect("the same history");
    stage
        .restart(move |folder| {
            for part in ["store", "view"] {
                std::fs::remove_dir_all(folder.join(part)).expect("there");
            }
            copy_folder(&backup, &folder.join("store"));
        })
        .await;
    for agency in ["SWE", "AUDITOR"] {
        let (error, text) = broken(&stage.client(agency).await).await;
        assert!(matches!(error, Error::History(_)) && text.contains("rolled back"), "{agency}: {text}");
    }
    // Whoever never knew more than the backup has goes on.
    stage.client("NOR").await.history_confirmed().await.expect("nothing is missing that it knew of");
    stage.close().await;
}
