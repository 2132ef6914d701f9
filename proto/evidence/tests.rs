//! The tree against the definition in the RFC, against values that other implementations agree on, and against proofs
//! that were tampered with.

mod papers;

use super::*;

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
