//! The encoding and the layout of a table are told or refused, and what is transcoded is UTF-8.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub_sdmx::table::{Encoding, read_header};

fuzz_target!(|bytes: &[u8]| {
    for encoding in [Encoding::WINDOWS_1252, Encoding::UTF_16LE, Encoding::UTF_16BE] {
        let mut text = Vec::new();
        if encoding.transcode(&mut &bytes[..], &mut text).is_ok() {
            assert!(std::str::from_utf8(&text).is_ok());
        }
    }
    let _ = Encoding::guess(&mut &bytes[..]);
    let _ = read_header(bytes, None);
});
