//! Receipts and heads: what holds, what an older one says, and that nothing that was touched passes.

use prost::Message;
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::{by_definition, included, leaves};
use crate::block::Digest;
use crate::evidence::*;
use crate::signing::{HEADER_CONTEXT, LOG_HEAD_CONTEXT, RECEIPT_CONTEXT, signed_bytes};
use crate::v1::{self, record::What};

/// A hub with one accepted submission behind a few other records.
struct Paper {
    hub: Ed25519KeyPair,
    office: Ed25519KeyPair,
    receipt: v1::Receipt,
    header: v1::SignedHeader,
    leaves: Vec<TreeHash>,
}

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("32 bytes are a seed")
}

fn ring_of(key: &Ed25519KeyPair) -> KeyRing {
    [key.public_key().as_ref().to_vec()].into_iter().collect()
}

fn paper() -> Paper {
    let (hub, office) = (key(1), key(2));
    let lane = v1::Lane { dataflow: "A:B(1.0.0)".into(), provider: "SWE".into() };
    let header = v1::SubmissionHeader {
        hub_id: "HUB".into(),
        lane: Some(lane.clone()),
        submission_id: "S".into(),
        manifest_digest: vec![3; 32].into(),
        agency: "SWE".into(),
        ..Default::default()
    };
    let header: prost::bytes::Bytes = header.encode_to_vec().into();
    let signature = office.sign(&signed_bytes(HEADER_CONTEXT, &header)).as_ref().to_vec();
    let contents = v1::SubmissionContents {
        submission_id: "S".into(),
        dataflow: lane.dataflow.clone(),
        provider: lane.provider.clone(),
        header_digest: Digest::of(&header).to_bytes(),
        signing_key: office.public_key().as_ref().to_vec().into(),
        manifest_digest: vec![3; 32].into(),
        report_digest: vec![4; 32].into(),
        ..Default::default()
    };
    let accepted = v1::Accepted {
        contents: Some(contents.clone()),
        vintage_manifest_digest: vec![5; 32].into(),
        ..Default::default()
    };
    let record = v1::LogRecord {
        position: 6,
        salt: vec![7; 32].into(),
        effective_time: Some(crate::convert::timestamp_message(1_700_000_000_123)),
        record: v1::Record { what: Some(What::Accepted(accepted)), ..Default::default() }
            .encode_to_vec()
            .into(),
    };
    let mut leaves = leaves(6);
    leaves.push(leaf_hash(&record).expect("a record"));
    let mut tree: MemoryTree = leaves.iter().copied().collect();
    let body = v1::ReceiptBody {
        hub_id: "HUB".into(),
        submission_id: "S".into(),
        lane: Some(lane),
        manifest_digest: contents.manifest_digest.clone(),
        vintage_manifest_digest: vec![5; 32].into(),
        position: 6,
        tree_size: 7,
        report_digest: contents.report_digest.clone(),
        header_digest: contents.header_digest.clone(),
        log: Some(v1::LogPlace {
            root: by_definition(&leaves).to_bytes(),
            leaf_hash: leaves[6].to_bytes(),
            inclusion: included(&mut tree, 6, 7).iter().map(|hash| hash.to_bytes()).collect(),
        }),
        ..Default::default()
    };
    let header = v1::SignedHeader {
        header,
        signature: signature.into(),
        signing_key_id: Digest::of(office.public_key().as_ref()).to_bytes(),
    };
    let mut paper = Paper { hub, office, receipt: v1::Receipt::default(), header, leaves };
    paper.receipt.record = Some(record);
    paper.sign(&body);
    paper
}

impl Paper {
    fn sign(&mut self, body: &v1::ReceiptBody) {
        let body = body.encode_to_vec();
        self.receipt.signature =
            self.hub.sign(&signed_bytes(RECEIPT_CONTEXT, &body)).as_ref().to_vec().into();
        self.receipt.hub_key_id = Digest::of(self.hub.public_key().as_ref()).to_bytes();
        self.receipt.body = body.into();
    }

    fn body(&self) -> v1::ReceiptBody {
        v1::ReceiptBody::decode(&self.receipt.body[..]).expect("a body")
    }

    fn check(&self) -> Result<CheckedReceipt, ReceiptError> {
        check_receipt(&self.receipt, "HUB", &ring_of(&self.hub))
    }
}

#[test]
fn a_receipt_alone_proves_that_its_record_is_in_the_history() {
    let paper = paper();
    let checked = paper.check().expect("it holds");
    let tree = Known { tree_size: 7, root: by_definition(&paper.leaves) };
    assert_eq!(checked.log, LogProof::Included { leaf: paper.leaves[6], tree });
    assert_eq!(checked.signing_key(), Some(paper.office.public_key().as_ref()));
    let header = check_header(&paper.header, paper.office.public_key().as_ref(), &checked);
    assert_eq!(header.expect("signed").submission_id, "S");
}

#[test]
fn an_older_receipt_says_less_and_holds() {
    let mut paper = paper();
    paper.receipt.record = None;
    paper.sign(&v1::ReceiptBody { log: None, ..paper.body() });
    let checked = paper.check().expect("it holds");
    assert_eq!((checked.log, checked.record), (LogProof::None, RecordProof::None));
}

#[test]
fn no_word_of_a_hub_holds_if_one_bit_of_it_is_changed() {
    let paper = paper();
    for (name, length) in [("body", paper.receipt.body.len()), ("signature", 64), ("hub_key_id", 32)] {
        for bit in 0..length * 8 {
            let mut receipt = paper.receipt.clone();
            let field = match name {
                "body" => &mut receipt.body,
                "signature" => &mut receipt.signature,
                _ => &mut receipt.hub_key_id,
            };
            let mut bytes = field.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            *field = bytes.into();
            let held = check_receipt(&receipt, "HUB", &ring_of(&paper.hub));
            assert!(held.is_err(), "bit {bit} of {name}");
        }
    }
    let record = paper.receipt.record.clone().expect("a record");
    for bit in 0..record.record.len() * 8 {
        let mut bytes = record.record.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let record = v1::LogRecord { record: bytes.into(), ..record.clone() };
        let receipt = v1::Receipt { record: Some(record), ..paper.receipt.clone() };
        assert!(check_receipt(&receipt, "HUB", &ring_of(&paper.hub)).is_err(), "bit {bit} of the record");
    }
}

#[test]
fn a_hub_cannot_sign_for_a_record_that_is_not_where_it_says() {
    type Change = fn(&mut Paper, &mut v1::ReceiptBody);
    let lies: [(&str, Change, ReceiptError); 6] = [
        ("moved", |_, body| body.position = 5, ReceiptError::NotLast),
        (
            "another length",
            |_, body| (body.position, body.tree_size) = (7, 8),
            ReceiptError::NotIncluded(ProofError::Length { found: 2 }),
        ),
        (
            "no root",
            |_, body| body.log.as_mut().expect("a place").root = vec![0; 31].into(),
            ReceiptError::Unreadable,
        ),
        (
            "another salt",
            |paper, _| paper.receipt.record.as_mut().expect("a record").salt = vec![8; 32].into(),
            ReceiptError::OtherRecord,
        ),
        ("another submission", |_, body| body.submission_id = "T".into(), ReceiptError::OtherSubmission),
        ("other figures", |_, body| body.manifest_digest = vec![9; 32].into(), ReceiptError::OtherSubmission),
    ];
    for (name, lie, expected) in lies {
        let mut paper = paper();
        let mut body = paper.body();
        lie(&mut paper, &mut body);
        paper.sign(&body);
        match (paper.check(), expected) {
            (Err(ReceiptError::NotIncluded(_)), ReceiptError::NotIncluded(_)) => {}
            (found, expected) => assert_eq!(found.map(drop), Err(expected), "{name}"),
        }
    }
}

#[test]
fn signatures_of_one_kind_or_key_do_not_pass_for_another() {
    let paper = paper();
    let head = v1::LogHead {
        hub_id: "HUB".into(),
        tree_size: 7,
        root: by_definition(&paper.leaves).to_bytes(),
        time: Some(crate::convert::timestamp_message(0)),
    };
    let signed = |head: &v1::LogHead, context: &str, key: &Ed25519KeyPair| {
        let bytes = head.encode_to_vec();
        v1::SignedLogHead {
            signature: key.sign(&signed_bytes(context, &bytes)).as_ref().to_vec().into(),
            hub_key_id: Digest::of(key.public_key().as_ref()).to_bytes(),
            head: bytes.into(),
        }
    };
    let ring = ring_of(&paper.hub);
    let good = signed(&head, LOG_HEAD_CONTEXT, &paper.hub);
    assert_eq!(check_head(&good, "HUB", &ring).map(|head| head.tree_size), Ok(7));
    assert_eq!(check_head(&good, "OTHER", &ring), Err(HeadError::OtherHub));
    assert_eq!(check_head(&good, "HUB", &KeyRing::default()), Err(HeadError::KeyUnknown));
    let by_office = signed(&head, LOG_HEAD_CONTEXT, &paper.office);
    assert_eq!(check_head(&by_office, "HUB", &ring), Err(HeadError::KeyUnknown));
    let renamed = v1::SignedLogHead { hub_key_id: good.hub_key_id.clone(), ..by_office };
    assert_eq!(check_head(&renamed, "HUB", &ring), Err(HeadError::Signature));
    let as_receipt = signed(&head, RECEIPT_CONTEXT, &paper.hub);
    assert_eq!(check_head(&as_receipt, "HUB", &ring), Err(HeadError::Signature));
    let rootless = v1::LogHead { root: prost::bytes::Bytes::new(), ..head };
    let rootless = signed(&rootless, LOG_HEAD_CONTEXT, &paper.hub);
    assert_eq!(check_head(&rootless, "HUB", &ring), Err(HeadError::Unreadable));
}
