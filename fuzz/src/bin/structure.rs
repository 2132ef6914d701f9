//! A structure message is read or refused; what was read is written to a message that says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub_sdmx::structure::{read_message, write_json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = read_message(bytes) else { return };
    let written = write_json(&message.structures);
    let again = read_message(&written).expect("what is written is read");
    assert!(again.problems.is_empty(), "{:?}", again.problems);
    assert_eq!(write_json(&again.structures), written);
});
