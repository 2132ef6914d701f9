//! A block is what it decodes to, byte for byte, or it is refused; frames and manifests are read or refused.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mighub::block::{decode, decompress, encode};
use mighub::manifest::{read_manifest, read_page};
use std::sync::Arc;

static DEFINITION: LazyLock<Arc<mighub_sdmx::structure::DataDefinition>> = LazyLock::new(|| {
    mighub_fuzz::resolve("dataflow", "MIGHUB:MIG_FLOW(1.0.0)").expect("the dataflow is shipped")
});

fuzz_target!(|bytes: &[u8]| {
    let _ = decompress(bytes);
    let _ = read_manifest(bytes);
    let _ = read_page(bytes, DEFINITION.shape.dimensions.len());
    if let Ok(columns) = decode(bytes, &DEFINITION.shape) {
        assert!(columns.check());
        assert_eq!(encode(&columns), bytes);
    }
});
