//! A structure message of SDMX-ML is read or refused; what was read is written to messages of every version
//! that are read again without a word.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub_sdmx::ml::structure::{MessageHeader, MlVersion, read_message, write_message};
use mighub_sdmx::structure::Problem;

fuzz_target!(|bytes: &[u8]| {
    let Ok(message) = read_message(bytes) else { return };
    let header = MessageHeader {
        id: "FUZZ".to_owned(),
        test: true,
        prepared: Default::default(),
        sender: "MIGHUB".to_owned(),
        receivers: Vec::new(),
    };
    for version in MlVersion::ALL {
        let written = write_message(&message.structures, version, &header);
        let again = read_message(&written).expect("what is written is read");
        // What 3.1 has for a stored constraint of the kind Actual is an answer about data, and is not stored again.
        let is_answer = |ignored: &Problem| ignored.artefact.starts_with("AvailabilityConstraints");
        assert!(again.problems.is_empty() && again.ignored.iter().all(is_answer), "{again:?}");
    }
});
