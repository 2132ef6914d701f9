//! The tree against the definition in the RFC, against values that other implementations agree on, and against proofs
//! that were tampered with.

use prost::Message;
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::*;
use crate::block::Digest;
use crate::signing::{HEADER_CONTEXT, LOG_HEAD_CONTEXT, RECEIPT_CONTEXT, signed_bytes};
use crate::v1::{self, record::What};

/// Sizes up to here are tried one by one: every shape of a tree with nine levels.
const SIZE_MAX: u64 = 300;

/// The leaves with which implementations of RFC 6962 are tested since 2012.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Their roots, by the number of leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves(count: u64) -> Vec<TreeHash> {
    (0..count).map(|nth| TreeHash::leaf(&nth.to_be_bytes())).collect()
}

/// The definition (RFC 9162, 2.1.1), word for word.
fn by_definition(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => TreeHash::empty(),
        [one] => *one,
        many => {
            let split = many.len().next_power_of_two() / 2;
            TreeHash::node(by_definition(&many[..split]), by_definition(&many[split..]))
        }
    }
}

fn included(tree: &mut MemoryTree, index: u64, size: u64) -> Vec<TreeHash> {
    inclusion_proof(tree, index, size).unwrap_or_else(|never| match never {})
}

fn consistent(tree: &mut MemoryTree, first: u64, second: u64) -> Vec<TreeHash> {
    consistency_proof(tree, first, second).unwrap_or_else(|never| match never {})
}

fn texts(proof: &[TreeHash]) -> Vec<String> {
    proof.iter().map(ToString::to_string).collect()
}

#[test]
fn roots_and_proofs_are_those_that_other_implementations_give() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(TreeHash::empty().to_string(), empty);
    let mut frontier = Frontier::default();
    let mut tree = MemoryTree::default();
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        frontier.push(TreeHash::leaf(leaf));
        tree.push(TreeHash::leaf(leaf));
        assert_eq!(frontier.root().to_string(), root, "{} leaves", frontier.size());
    }
    let (second, of_2, of_4) = (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    );
    assert_eq!(texts(&included(&mut tree, 0, 8)), [second, of_2, of_4]);
    assert_eq!(texts(&consistent(&mut tree, 1, 8)), [second, of_2, of_4]);
    assert_eq!(
        texts(&consistent(&mut tree, 6, 8)),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            ROOTS[3],
        ]
    );
    assert_eq!(
        texts(&consistent(&mut tree, 2, 5)),
        [of_2, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]
    );
}

#[test]
fn every_way_to_a_root_is_the_definition() {
    let all = leaves(SIZE_MAX);
    let mut tree: MemoryTree = all.iter().copied().collect();
    let mut frontier = Frontier::default();
    for size in 0..=SIZE_MAX {
        let root = by_definition(&all[..size as usize]);
        assert_eq!(frontier.root(), root, "{size} leaves, one by one");
        assert_eq!(root_of(&mut tree, size), Ok(root), "{size} leaves of a larger tree");
        let part: MemoryTree = all[..size as usize].iter().copied().collect();
        assert_eq!(
            Frontier::of_peaks(size, part.peaks()),
            Some(frontier.clone()),
            "{size} leaves by their peaks"
        );
        if let Some(next) = all.get(size as usize) {
            assert_eq!(
                frontier.next_proof(),
                included(&mut tree, size, size + 1),
                "the proof of leaf {size}"
            );
            frontier.push(*next);
        }
    }
    assert_eq!(Frontier::of_peaks(5, vec![TreeHash::empty()]), None, "5 leaves have two peaks");
}

#[test]
fn every_leaf_is_proven_to_be_in_every_tree_and_nowhere_else() {
    let all = leaves(SIZE_MAX);
    let mut tree: MemoryTree = all.iter().copied().collect();
    for size in 1..=SIZE_MAX {
        let root = by_definition(&all[..size as usize]);
        for index in 0..size {
            let proof = included(&mut tree, index, size);
            let leaf = all[index as usize];
            assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()), "{index} of {size}");
            let elsewhere = (index + 1) % size;
            let moved = verify_inclusion(leaf, elsewhere, size, &proof, root);
            assert!(size == 1 || moved.is_err(), "{index} of {size} passes for {elsewhere}");
            assert!(
                verify_inclusion(all[elsewhere as usize], index, size, &proof, root).is_err() || size == 1
            );
        }
        assert!(verify_inclusion(all[0], size, size, &[], root).is_err(), "a leaf behind the last of {size}");
    }
}

#[test]
fn every_tree_is_proven_to_go_on_from_every_smaller_one() {
    let all = leaves(SIZE_MAX);
    let mut tree: MemoryTree = all.iter().copied().collect();
    let roots: Vec<_> = (0..=SIZE_MAX).map(|size| by_definition(&all[..size as usize])).collect();
    for second in 0..=SIZE_MAX {
        for first in 0..=second {
            let proof = consistent(&mut tree, first, second);
            let trees = ((first, roots[first as usize]), (second, roots[second as usize]));
            assert_eq!(verify_consistency(trees.0, trees.1, &proof), Ok(()), "{first} to {second}");
            let forked = TreeHash::leaf(b"another history");
            let of_fork = verify_consistency((first, forked), trees.1, &proof);
            assert!(of_fork.is_err(), "a history of {first} records that never was goes on to {second}");
            assert!(verify_consistency(trees.0, (second, forked), &proof).is_err() || first == 0);
            if first < second {
                let back = verify_consistency(trees.1, trees.0, &proof);
                assert_eq!(back, Err(ProofError::Shorter { first: second, second: first }));
            }
        }
    }
}

/// All that differ from a proof in one bit, one hash more, or one less.
fn tampered(proof: &[TreeHash]) -> impl Iterator<Item = Vec<TreeHash>> + '_ {
    let flipped = (0..proof.len() * 256).map(|bit| {
        let mut proof = proof.to_vec();
        proof[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
        proof
    });
    let without = (0..proof.len()).map(|nth| [&proof[..nth], &proof[nth + 1..]].concat());
    let with = (0..=proof.len()).map(|nth| [&proof[..nth], &[TreeHash::empty()], &proof[nth..]].concat());
    let swapped = (1..proof.len()).map(|nth| {
        let mut proof = proof.to_vec();
        proof.swap(nth - 1, nth);
        proof
    });
    flipped.chain(without).chain(with).chain(swapped)
}

#[test]
fn no_proof_with_one_bit_changed_verifies() {
    // All shapes up to four levels; larger trees have the same steps more often.
    const SIZE: u64 = 14;
    let all = leaves(SIZE);
    let mut tree: MemoryTree = all.iter().copied().collect();
    let mut tried = 0u64;
    for second in 1..=SIZE {
        let root = by_definition(&all[..second as usize]);
        for first in 0..second {
            for proof in tampered(&included(&mut tree, first, second)) {
                tried += 1;
                let held = verify_inclusion(all[first as usize], first, second, &proof, root);
                assert!(held.is_err(), "leaf {first} of {second}: {proof:?}");
            }
            let before = by_definition(&all[..first as usize]);
            for proof in tampered(&consistent(&mut tree, first, second)) {
                tried += 1;
                let held = verify_consistency((first, before), (second, root), &proof);
                assert!(held.is_err(), "{first} to {second}: {proof:?}");
            }
        }
    }
    assert!(tried > 100_000, "{tried} proofs were tried");
}

#[test]
fn a_proof_without_end_is_refused_at_once() {
    let endless = vec![TreeHash::empty(); 1_000_000];
    let root = TreeHash::empty();
    let refused = Err(ProofError::Length { found: endless.len() });
    assert_eq!(verify_inclusion(root, 0, u64::MAX, &endless, root), refused);
    assert_eq!(verify_consistency((1, root), (u64::MAX, root), &endless), refused);
    assert_eq!(
        verify_consistency((u64::MAX - 1, root), (u64::MAX, root), &[]),
        Err(ProofError::Length { found: 0 })
    );
}

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
