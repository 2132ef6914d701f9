//! A script is parsed or refused with places inside it; what was parsed prints to a script that parses again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub_vtl::{Environment, analyze, parse, print};

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(script) => {
            let printed = print(&script);
            let again = parse(&printed).expect("what is printed parses");
            assert_eq!(print(&again), printed);
            if let Err(diagnostics) = analyze(&script, &Environment::default()) {
                assert!(!diagnostics.is_empty());
            }
        }
        Err(diagnostics) => assert!(!diagnostics.is_empty()),
    }
});
