//! What is withheld of an input is withheld of what was made from it, in every vintage and from the same record on.
//!
//! What is restricted by its CONF_STATUS needs nothing here: the derived cell has that status too, and today's
//! confidentiality governs every vintage.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_consolidation::Input;
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::structure::{AgreementTerms, Reference};

use super::own;

/// Codes of one dimension; nothing: any.
type Codes = Option<BTreeSet<Arc<str>>>;

const CRITERION: &str = "PRV";
const TOTAL: &str = "_T";

/// Whether one dataflow is derived from the other.
pub(in crate::hub) fn is_made_from(derived: &Reference, input: &Reference) -> bool {
    own::input_of(input).is_some_and(|input| own::target_of(derived) == Some(input.target()))
}

/// The derived cells that go with withheld cells of an input; nothing if none can. `terms` are those of the agreement on
/// the lane: whose areas it may speak of.
pub(in crate::hub) fn withheld_of(
    input: &Reference,
    terms: Option<&AgreementTerms>,
    withheld: &Selection,
) -> Option<Selection> {
    let input = own::input_of(input)?;
    let every = [KeyPattern::default()];
    let patterns = if withheld.keys.is_empty() { &every[..] } else { &withheld.keys };
    let keys: Vec<KeyPattern> = patterns.iter().flat_map(|pattern| derived(input, terms, pattern)).collect();
    (!keys.is_empty()).then_some(Selection { keys, start: withheld.start, end: withheld.end })
}

fn derived(input: Input, terms: Option<&AgreementTerms>, pattern: &KeyPattern) -> Vec<KeyPattern> {
    let set = |place: usize| -> Codes { pattern.set(place).cloned() };
    let may_be = |place: usize, code: &str| pattern.set(place).is_none_or(|set| set.contains(code));
    // Who names no area means those that the lane is for; what it is for is not always said, and then it is any.
    let area = set(1).or_else(|| {
        let permitted = terms?.permitted.iter().find(|(id, _)| &***id == "REF_AREA")?.1;
        Some(permitted.iter().map(|code| code.as_arc().clone()).collect())
    });
    match input {
        Input::Flow => {
            if !may_be(3, CRITERION) || !may_be(8, TOTAL) {
                return Vec::new();
            }
            let of_view = |view: &str| Some(BTreeSet::from([Arc::from(view), Arc::from("CO")]));
            // Figures of several durations may stand in one cell, so that duration does not tell cells apart.
            let came = || vec![set(0), set(4), area.clone(), set(5), set(6), None, of_view("RD")];
            let left = || vec![set(0), area.clone(), set(4), set(5), set(6), None, of_view("RO")];
            let ways = [may_be(2, "IMM").then(came), may_be(2, "EMI").then(left)];
            ways.into_iter().flatten().map(|sets| KeyPattern { sets }).collect()
        }
        Input::Stock => vec![KeyPattern { sets: vec![set(0), area, set(3), set(4), set(5)] }],
        Input::Refugee => vec![KeyPattern { sets: vec![set(0), area, set(2), set(5), set(6)] }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mighub_sdmx::structure::Class;

    fn codes(text: &str) -> Codes {
        (text != "*").then(|| text.split('+').map(Arc::from).collect())
    }

    fn pattern(text: &str) -> KeyPattern {
        KeyPattern { sets: text.split('.').map(codes).collect() }
    }

    fn flow(text: &str) -> Vec<KeyPattern> {
        let dataflow = Reference::parse_short(Class::Dataflow, "MIGHUB:MIG_FLOW(1.0.0)").expect("a name");
        let withheld = Selection { keys: vec![pattern(text)], start: None, end: None };
        withheld_of(&dataflow, None, &withheld).map(|selection| selection.keys).unwrap_or_default()
    }

    #[test]
    fn a_withheld_arrival_takes_the_side_of_the_destination_and_the_consolidated_figure() {
        assert_eq!(flow("A.SWE.IMM.PRV.FIN._T.*.LT._T"), [pattern("A.FIN.SWE._T.*.*.RD+CO")],);
    }

    #[test]
    fn where_no_direction_is_named_both_go() {
        assert_eq!(
            flow("A.SWE.*.*.FIN.*.*.*.*"),
            [pattern("A.FIN.SWE.*.*.*.RD+CO"), pattern("A.SWE.FIN.*.*.*.RO+CO")],
        );
    }

    #[test]
    fn what_never_enters_takes_nothing_along() {
        assert!(flow("A.SWE.IMM.CTZ.FIN._T._T._T._T").is_empty());
        assert!(flow("A.SWE.NET.PRV._T._T._T._T._T").is_empty());
    }
}
