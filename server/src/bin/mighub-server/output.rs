//! Answers on standard output, as text or as one line of JSON; failures on standard error.

use std::io::Write;

use serde_json::{Value, json};

use crate::failure::Failure;

/// How answers are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// As JSON.
    pub(crate) json: bool,
}

impl Output {
    /// Gives an answer in the form that was asked for.
    pub(crate) fn say(self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        let line = if self.json { json().to_string() } else { text() };
        // Whoever closed standard output does not want the answer.
        let _ = writeln!(std::io::stdout(), "{}", line.trim_end_matches('\n'));
    }

    /// Says what went wrong.
    pub(crate) fn failure(self, failure: &Failure) {
        let line = if self.json {
            json!({
                "error": failure.to_string(),
                "reason": failure.reason(),
                "exit_code": failure.exit_code(),
            })
            .to_string()
        } else {
            match failure.reason() {
                Some(reason) => format!("mighub-server: {failure} ({reason})"),
                None => format!("mighub-server: {failure}"),
            }
        };
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}
