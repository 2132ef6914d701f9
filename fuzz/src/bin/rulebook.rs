//! A rulebook is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub_validation::Rulebook;

fuzz_target!(|bytes: &[u8]| {
    let _ = Rulebook::read(bytes);
});
