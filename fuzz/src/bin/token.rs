//! Tokens and ids are read or refused, and what was read is written as it came but for the case of letters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub::id::{SubmissionId, base32, from_base32};
use mighub::token::{AccessToken, EnrolmentToken};

fuzz_target!(|text: &str| {
    if let Ok(token) = text.parse::<EnrolmentToken>() {
        assert_eq!(token.reveal().parse(), Ok(token));
    }
    if let Ok(token) = text.parse::<AccessToken>() {
        let revealed = token.reveal();
        assert!(revealed.parse::<AccessToken>().is_ok_and(|again| again == token));
        assert!(!format!("{token:?}").contains(&revealed), "no secret is printed");
    }
    if let Ok(id) = text.parse::<SubmissionId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Some(bytes) = from_base32(text) {
        assert_eq!(from_base32(&base32(&bytes)), Some(bytes));
    }
});
