//! What readers see of a lane and from when on: the chain of visible vintages beside the full one.
//!
//! An embargo makes a write not yet written (DETAILS C14). While one is pending, a later submission is folded
//! onto every state that will become visible, so that reading is a lookup.

use std::collections::BTreeMap;

use mighub::block::Digest;
use mighub::v1;

use crate::hub::moment::Moment;
use crate::hub::refusal::Refusal;
use crate::hub::rows::StepRow;
use crate::hub::vintages::Recorded;

/// Embargoes of one lane that may be pending at a time: each costs a fold at every submission.
pub(in crate::hub) const EMBARGOES_PENDING_MAX: usize = 16;

/// What is visible from a moment on; nothing: nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hub) struct Step {
    pub(in crate::hub) from: Moment,
    pub(in crate::hub) manifest: Option<Digest>,
}

/// The steps of a vintage that count at `now`: what is visible already, and what will be.
pub(in crate::hub) fn pending(vintage: Option<&Recorded>, now: Moment) -> Vec<Step> {
    let read = |row: &StepRow| Step {
        from: Moment(row.from_ms),
        manifest: Digest::from_slice(&row.manifest_digest),
    };
    let mut steps: Vec<Step> =
        vintage.iter().flat_map(|vintage| vintage.row.steps.iter().map(read)).collect();
    let passed = steps.iter().rposition(|step| step.from <= now).unwrap_or(0);
    steps.drain(..passed);
    match steps.first_mut() {
        Some(first) => first.from = Moment::BEGINNING,
        None => steps.push(Step { from: Moment::BEGINNING, manifest: None }),
    }
    steps
}

/// The steps after a submission that is visible from `embargo` on, or at once. `fold` gives the manifest of the
/// submission folded onto a state.
pub(super) fn after_submission(
    before: &[Step],
    embargo: Option<Moment>,
    mut fold: impl FnMut(Option<Digest>) -> Result<Digest, Refusal>,
) -> Result<Vec<Step>, Refusal> {
    let visible_from = embargo.unwrap_or(Moment::BEGINNING);
    let mut moments: Vec<Moment> = before.iter().map(|step| step.from).collect();
    moments.push(visible_from);
    moments.sort_unstable();
    moments.dedup();
    if moments.len() > EMBARGOES_PENDING_MAX + 1 {
        let text = format!(
            "{EMBARGOES_PENDING_MAX} embargoes of this dataflow are pending: send when one has passed"
        );
        return Err(Refusal::limit(EMBARGOES_PENDING_MAX as u64, moments.len() as u64 - 1, text));
    }
    let mut folded: BTreeMap<Option<Digest>, Digest> = BTreeMap::new();
    let mut steps: Vec<Step> = Vec::new();
    for from in moments {
        let base = before.iter().rev().find(|step| step.from <= from).and_then(|step| step.manifest);
        let manifest = if from < visible_from {
            base
        } else {
            Some(match folded.get(&base) {
                Some(known) => *known,
                None => *folded.entry(base).or_insert(fold(base)?),
            })
        };
        if steps.last().is_none_or(|last| last.manifest != manifest) {
            steps.push(Step { from, manifest });
        }
    }
    Ok(steps)
}

/// For a record.
pub(in crate::hub) fn messages(steps: &[Step]) -> Vec<v1::ReleaseStep> {
    let message = |step: &Step| v1::ReleaseStep {
        from_time: (step.from != Moment::BEGINNING).then(|| step.from.to_message()),
        vintage_manifest_digest: step.manifest.map(Digest::to_bytes).unwrap_or_default(),
    };
    steps.iter().map(message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state is named by the submissions folded into it.
    fn state(name: &str) -> Digest {
        let mut bytes = [b' '; 32];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Digest(bytes)
    }

    fn send(before: &[Step], name: char, embargo: Option<i64>) -> Vec<Step> {
        after_submission(before, embargo.map(Moment), |base| {
            let base =
                base.map(|base| String::from_utf8_lossy(&base.0).trim().to_owned()).unwrap_or_default();
            Ok(state(&format!("{base}{name}")))
        })
        .expect("few embargoes")
    }

    fn seen(steps: &[Step], at: i64) -> String {
        let step = steps.iter().rev().find(|step| step.from <= Moment(at));
        let manifest = step.and_then(|step| step.manifest);
        manifest.map(|digest| String::from_utf8_lossy(&digest.0).trim().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_later_submission_is_seen_without_the_one_under_embargo() {
        let steps = send(&pending(None, Moment(0)), 'a', None);
        let steps = send(&steps, 'b', Some(100));
        let steps = send(&steps, 'c', None);
        assert_eq!((seen(&steps, 50), seen(&steps, 100)), ("ac".to_owned(), "abc".to_owned()));
    }

    #[test]
    fn several_embargoes_end_one_by_one() {
        let steps = send(&pending(None, Moment(0)), 'a', Some(200));
        let steps = send(&steps, 'b', Some(100));
        let table = [(50, ""), (100, "b"), (200, "ab")];
        for (at, expected) in table {
            assert_eq!(seen(&steps, at), expected, "at {at}");
        }
    }

    #[test]
    fn what_was_sent_before_anything_is_released_shows_nothing() {
        let steps = send(&pending(None, Moment(0)), 'a', Some(10));
        assert_eq!(seen(&steps, 9), "");
        assert_eq!(steps[0], Step { from: Moment::BEGINNING, manifest: None });
    }
}
