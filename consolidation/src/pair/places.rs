//! Which series of an input speak of a corridor, and on whose behalf.

use std::sync::Arc;

use mighub_sdmx::columns::{Columns, Shape};

use super::{Definition, KEY_DIMENSIONS, Role};
use crate::areas::Areas;
use crate::dataflow::Input;

/// Where the dimensions of an input stand.
pub(crate) struct Places {
    input: Input,
    freq: usize,
    area: usize,
    counterpart: usize,
    sex: usize,
    age: usize,
    /// MIG_FLOW: FLOW_DIR, MIG_CRITERION, MIG_CATEGORY, DURATION. MIG_STOCK: MIG_CRITERION, ARRIVAL. MIG_REFUGEE:
    /// POP_TYPE, REF_ITEM.
    others: [usize; 4],
}

/// A series that speaks of a corridor.
pub(crate) struct Seen<'c> {
    pub(crate) origin: &'c Arc<str>,
    pub(crate) destination: &'c Arc<str>,
    pub(crate) role: Role,
    pub(crate) definition: Definition,
    pub(crate) by_birth: bool,
    /// The codes of its cell, in the order of the derived dataflow.
    pub(crate) codes: [&'c str; KEY_DIMENSIONS],
}

impl Places {
    /// Nothing if the shape is not that of the input.
    pub(crate) fn of(input: Input, shape: &Shape) -> Option<Self> {
        let place = |id: &str| shape.dimensions.iter().position(|dimension| &**dimension == id);
        let others = match input {
            Input::Flow => {
                [place("FLOW_DIR")?, place("MIG_CRITERION")?, place("MIG_CATEGORY")?, place("DURATION")?]
            }
            Input::Stock => [place("MIG_CRITERION")?, place("ARRIVAL")?, 0, 0],
            Input::Refugee => [place("POP_TYPE")?, place("REF_ITEM")?, 0, 0],
        };
        Some(Self {
            input,
            freq: place("FREQ")?,
            area: place("REF_AREA")?,
            counterpart: place("COUNTERPART_AREA")?,
            sex: place("SEX")?,
            age: place("AGE")?,
            others,
        })
    }

    /// What a series says; nothing if it is not of a corridor.
    pub(crate) fn see<'c>(&self, columns: &'c Columns, series: usize, areas: &Areas) -> Option<Seen<'c>> {
        let code = |place: usize| columns.code(series, place);
        let other = |place: usize| &**columns.code(series, self.others[place]);
        let (area, counterpart) = (code(self.area), code(self.counterpart));
        let (role, definition, by_birth, duration) = match self.input {
            Input::Flow => {
                if other(1) != "PRV" || other(2) != "_T" {
                    return None;
                }
                let role = match other(0) {
                    "IMM" => Role::Destination,
                    "EMI" => Role::Origin,
                    _ => return None,
                };
                match other(3) {
                    NATIONAL => (role, Definition::National, false, LONG_TERM),
                    duration => (role, Definition::Named, false, duration),
                }
            }
            Input::Stock => {
                let by_birth = match other(0) {
                    "BTH" => true,
                    "CTZ" => false,
                    _ => return None,
                };
                if other(1) != "_T" {
                    return None;
                }
                (Role::Destination, Definition::Named, by_birth, "")
            }
            Input::Refugee => {
                if other(0) != "REF" || other(1) != "STOCK" {
                    return None;
                }
                (Role::Refugees, Definition::Named, false, "")
            }
        };
        if area == counterpart || !areas.contains(area) || !areas.contains(counterpart) {
            return None;
        }
        let (origin, destination) =
            if role == Role::Origin { (area, counterpart) } else { (counterpart, area) };
        let (freq, sex, age) = (&**code(self.freq), &**code(self.sex), &**code(self.age));
        let codes = match self.input {
            Input::Flow => [freq, origin, destination, sex, age, duration],
            Input::Stock | Input::Refugee => [freq, destination, origin, sex, age, duration],
        };
        Some(Seen { origin, destination, role, definition, by_birth, codes })
    }
}

/// The duration that is wanted: twelve months or more.
pub(crate) const LONG_TERM: &str = "LT";
/// The duration that an office defines for itself; it stands in for [`LONG_TERM`].
pub(crate) const NATIONAL: &str = "ND";
