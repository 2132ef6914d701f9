//! A message of any format is read to columns that hold together, or refused; so is its count.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use mighub_sdmx::data::{raw_count, reader};

fuzz_target!(|bytes: &[u8]| {
    // The decoder of Parquet panics on damaged files; the reader catches that, but here it would end the run. Random
    // damage to Parquet is a test of its own.
    if bytes.starts_with(b"PAR1") {
        return;
    }
    let _ = raw_count(Cursor::new(bytes));
    let Ok(mut reader) = reader(Cursor::new(bytes), mighub_fuzz::resolve) else { return };
    while let Ok(Some(batch)) = reader.next_batch() {
        assert!(batch.columns.check());
    }
    reader.finish();
});
