//! A workbook is read to SDMX-CSV, or refused.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = mighub_workbook::extract(Cursor::new(bytes), &mut Vec::new());
});
