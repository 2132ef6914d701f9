//! Figures as columns are those of a pull: whole, what changed, and every state there was.

use proptest::prelude::*;

use super::lab::{Copy, Lab, Place, flow};
use crate::hub::{Batch, Effect, FiguresOf, FiguresRequest, FiguresState, Moment, Principal, Refusal};

/// What is asked of one provider.
fn asked(provider: &str) -> FiguresRequest {
    let provider = mighub_sdmx::structure::AgencyId::new(provider).expect("an id");
    FiguresRequest { providers: FiguresOf::These([provider].into()), ..FiguresRequest::all(flow()) }
}

fn apply(batch: &Batch, copy: &mut Copy) {
    let (columns, shape) = (&batch.columns, &batch.columns.shape);
    let conf = shape.observation_attribute("CONF_STATUS").expect("an attribute");
    let area = shape.dimensions.iter().position(|id| &**id == "COUNTERPART_AREA").expect("a dimension");
    for series in 0..columns.series_count() {
        let code = columns.code(series, area);
        let area = *super::lab::AREAS.iter().find(|known| ***known == **code).expect("an area");
        for observation in columns.observations(series) {
            let year = columns.periods[observation].to_string().parse().expect("a year");
            let place: (String, Place) = (batch.lane.provider.to_string(), (area, year));
            match batch.effect {
                Effect::Delete => copy.remove(&place),
                Effect::Replace => {
                    let status = columns.observation_attributes[conf].get(observation);
                    let status = status.and_then(|status| status.as_text()).unwrap_or_default();
                    let value = columns.value(observation).map(|value| value.unscaled);
                    copy.insert(place, (value, status.to_owned()))
                }
            };
        }
    }
}

/// Applies an answer to a copy; deletions must come first, but in a history.
fn taken(
    lab: &Lab,
    principal: &Principal,
    request: FiguresRequest,
    copy: &mut Copy,
) -> Result<FiguresState, Refusal> {
    let is_history = request.history;
    let figures = lab.hub.figures(&lab.granted(principal), request, lab.now)?;
    let state = figures.state()?;
    let mut last = Effect::Delete;
    for batch in figures {
        let batch = batch?;
        assert!(!batch.columns.is_empty());
        assert!(
            is_history || (batch.effect == Effect::Delete) <= (last == Effect::Delete),
            "deletions come first"
        );
        last = batch.effect;
        apply(&batch, copy);
    }
    Ok(state)
}

/// A reader, what it saw when, and in which state that was.
pub(super) struct Observer {
    principal: Principal,
    seen: Vec<(Moment, Copy)>,
    last: Option<(Copy, FiguresState)>,
}

impl Observer {
    pub(super) fn new(principal: Principal) -> Self {
        Self { principal, seen: Vec::new(), last: None }
    }

    /// Compares all kinds of answers with what the reader is expected to see now.
    pub(super) fn check(
        &mut self,
        lab: &Lab,
        provider: &str,
        expected: &Copy,
        same_rights: bool,
    ) -> Result<(), TestCaseError> {
        let fail = |refusal: Refusal| TestCaseError::fail(format!("{:?}: {}", refusal.reason, refusal.text));
        let mut whole = Copy::new();
        let state = taken(lab, &self.principal, asked(provider), &mut whole).map_err(fail)?;
        prop_assert_eq!(&whole, expected);
        let mut replayed = Copy::new();
        let history = FiguresRequest { history: true, ..asked(provider) };
        taken(lab, &self.principal, history, &mut replayed).map_err(fail)?;
        prop_assert_eq!(&replayed, expected, "a history");
        if let Some((moment, copy)) = self.seen.last() {
            for history in [false, true] {
                // A history is told as it may be seen today.
                if history && !same_rights {
                    continue;
                }
                let mut copy = copy.clone();
                let changes = FiguresRequest { since: Some(*moment), history, ..asked(provider) };
                taken(lab, &self.principal, changes, &mut copy).map_err(fail)?;
                if !history {
                    prop_assert_eq!(&copy, expected, "since {}", moment);
                }
            }
        }
        if let Some((before, tag)) = &self.last {
            let is_same = before == expected;
            prop_assert!(is_same || *tag != state, "another content has the same tag");
            prop_assert!(!is_same || !same_rights || tag.tag == state.tag, "what is hidden changes the tag");
        }
        self.last = Some((expected.clone(), state));
        self.seen.push((lab.now, expected.clone()));
        Ok(())
    }
}

#[test]
fn moments_to_come_tell_nothing_of_embargoes() {
    let mut lab = Lab::new();
    lab.agree("SWE", |_| {});
    lab.send("SWE", [(("SYR", 2000), super::free(1))].into(), None, "");
    lab.wait(1);
    let embargo = Moment(lab.now.0 + 1_000);
    lab.send("SWE", [(("SYR", 2000), None), (("NOR", 2001), super::free(2))].into(), Some(embargo), "");
    lab.wait(1);
    let later = Some(Moment(embargo.0 + 1));
    let mut copy = Copy::new();
    let since = FiguresRequest { since: later, ..asked("SWE") };
    let changes = lab.hub.figures(&lab.granted(&Principal::PUBLIC), since, lab.now).expect("figures");
    assert_eq!(changes.count(), 0, "nothing changed that has come to be seen");
    let as_of = FiguresRequest { as_of: later, ..asked("SWE") };
    assert!(taken(&lab, &Principal::PUBLIC, as_of, &mut copy).is_err());
    assert!(copy.is_empty());
}

#[test]
fn what_becomes_restricted_or_free_has_another_tag_than_what_was_shown_before() {
    for existence_restricted in [true, false] {
        let mut lab = Lab::new();
        lab.agree("SWE", |agreement| agreement.existence_restricted = existence_restricted);
        lab.send("SWE", [(("POL", 2001), super::free(1))].into(), None, "");
        lab.wait(1);
        lab.send("SWE", [(("DEU", 2000), super::free(2))].into(), None, "");
        let then = lab.now;
        let mut seen: Vec<Vec<(Copy, FiguresState)>> = Vec::new();
        // POL is free, then restricted, then gone, and free again.
        for write in [None, Some(Some((1, "C"))), Some(None), Some(Some((1, "C"))), Some(Some((1, "F")))] {
            lab.wait(1_000);
            if let Some(cell) = write {
                lab.send("SWE", [(("POL", 2001), cell)].into(), None, "");
            }
            lab.wait(1);
            let of = |request| {
                let mut copy = Copy::new();
                let state = taken(&lab, &Principal::PUBLIC, request, &mut copy).expect("figures");
                (copy, state)
            };
            let as_of = FiguresRequest { as_of: Some(then), ..asked("SWE") };
            let history = FiguresRequest { history: true, ..asked("SWE") };
            seen.push([asked("SWE"), as_of, history].map(of).into());
        }
        assert!(seen[0][0].0 != seen[1][0].0, "it matters");
        for (nth, later) in seen.iter().enumerate() {
            for earlier in &seen[..nth] {
                for ((before, old), (after, new)) in earlier.iter().zip(later) {
                    let (tag, date) = (old.tag == new.tag, old.changed == new.changed);
                    assert!(
                        before == after || !(tag || date),
                        "{before:?} and {after:?} have the same tag or date"
                    );
                }
            }
        }
        if existence_restricted {
            // Restricted, gone, and restricted again: the public sees the same.
            assert!(seen[1][0].1.tag == seen[2][0].1.tag && seen[2][0].1.tag == seen[3][0].1.tag);
        }
    }
}
