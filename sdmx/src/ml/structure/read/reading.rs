//! What comes out of reading besides artefacts: what is wrong, and what was left out.

use std::collections::BTreeMap;

use super::element::{Element, Place};

/// Something wrong in an artefact.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) place: Place,
    pub(super) text: String,
}

/// The reading of one artefact.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// What was left out, and where it stood first.
    left_out: BTreeMap<String, Place>,
}

/// What only repeats what is said elsewhere: the URN of an element is made of its ids.
const REPETITIONS: [&str; 1] = ["urn"];

impl Reading {
    /// Ends the reading of an element: what nobody took out of it was left out.
    pub(super) fn finish(&mut self, element: Element) {
        for (name, _) in &element.attributes {
            let is_of_xml = name.starts_with("xmlns") || name.starts_with("xsi:");
            if !is_of_xml && !REPETITIONS.contains(&&**name) {
                self.leave_out(format!("{}/@{name}", element.name), element.place);
            }
        }
        for child in &element.children {
            self.leave_out(format!("{}/{}", element.name, child.name), child.place);
        }
        if !element.text.trim().is_empty() {
            self.leave_out(format!("the text of {}", element.name), element.place);
        }
    }

    /// Says that something is left out.
    pub(super) fn leave_out(&mut self, what: String, place: Place) {
        self.left_out.entry(what).or_insert(place);
    }

    /// All that was left out, for the reader of the message.
    pub(super) fn left_out(&self) -> Option<String> {
        if self.left_out.is_empty() {
            return None;
        }
        let all: Vec<_> = self.left_out.iter().map(|(what, place)| format!("{what} ({place})")).collect();
        Some(format!("left out: {}", all.join(", ")))
    }
}
