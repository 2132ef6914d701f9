//! Of a tree only its own leaves are proven, only its own past goes on, and receipts and heads that nobody signed are
//! refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub::evidence::{
    KeyRing, MemoryTree, TreeHash, check_head, check_receipt, consistency_proof, inclusion_proof, root_of,
    verify_consistency, verify_inclusion,
};
use mighub::v1;
use prost::Message;

/// Leaves of a tree: enough for every shape of the upper levels.
const LEAVES_MAX: u8 = 80;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(receipt) = v1::Receipt::decode(bytes) {
        assert!(check_receipt(&receipt, "HUB", &KeyRing::default()).is_err());
    }
    if let Ok(head) = v1::SignedLogHead::decode(bytes) {
        assert!(check_head(&head, "HUB", &KeyRing::default()).is_err());
    }
    let [size, index, claimed, change @ ..] = bytes else { return };
    let size = u64::from(size % LEAVES_MAX) + 1;
    let (index, claimed) = (u64::from(*index) % size, u64::from(*claimed) % size);
    let mut tree: MemoryTree = (0..size).map(|leaf| TreeHash::leaf(&leaf.to_le_bytes())).collect();
    let Ok(root) = root_of(&mut tree, size);

    // A proof that is changed somewhere, or used for another leaf or place, proves nothing.
    let Ok(sound) = inclusion_proof(&mut tree, index, size);
    let proof = changed(&sound, change);
    let leaf = TreeHash::leaf(&claimed.to_le_bytes());
    let holds = verify_inclusion(leaf, index, size, &proof, root).is_ok();
    assert_eq!(holds, proof == sound && claimed == index);

    let first = claimed + 1;
    let (Ok(first_root), Ok(sound)) = (root_of(&mut tree, first), consistency_proof(&mut tree, first, size));
    let proof = changed(&sound, change);
    let holds = verify_consistency((first, first_root), (size, root), &proof).is_ok();
    assert_eq!(holds, proof == sound);
});

/// The proof with bytes changed, hashes added or taken away, as the input says.
fn changed(proof: &[TreeHash], change: &[u8]) -> Vec<TreeHash> {
    let mut proof = proof.to_vec();
    for step in change.chunks_exact(3) {
        let [what, place, by] = [step[0], step[1], step[2]];
        match what % 3 {
            0 if !proof.is_empty() => {
                let at = usize::from(place) % proof.len();
                proof[at].0[usize::from(by) % 32] ^= by;
            }
            1 => proof.push(TreeHash([by; 32])),
            _ => drop(proof.pop()),
        }
    }
    proof
}
