//! Manifests, pages, headers, records and selections are read or refused; what is read of a page is within its limits.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mighub::convert::selection;
use mighub::manifest::{read_manifest, read_page};
use mighub::v1;
use prost::Message;

static DIMENSIONS: LazyLock<usize> = LazyLock::new(|| {
    let definition =
        mighub_fuzz::resolve("dataflow", "MIGHUB:MIG_FLOW(1.0.0)").expect("the dataflow is shipped");
    definition.shape.dimensions.len()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    match which % 4 {
        0 => drop(read_manifest(bytes)),
        1 => {
            if let Ok(blocks) = read_page(bytes, *DIMENSIONS) {
                assert!(blocks.iter().all(|block| block.first_key.len() == *DIMENSIONS));
                assert!(blocks.len() <= bytes.len(), "no page unfolds into more blocks than it has bytes");
            }
        }
        2 => {
            if let Ok(message) = v1::Selection::decode(bytes) {
                let _ = selection(&message, *DIMENSIONS);
            }
        }
        _ => {
            let _ = v1::SubmissionHeader::decode(bytes);
            let _ = v1::Record::decode(bytes);
        }
    }
});
