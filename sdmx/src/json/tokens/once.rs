//! Members that an object has once at most. JSON leaves open what a second one means, and whichever were read, the
//! other would be lost: data, or that they are deleted.

use std::io::Read;

use super::Tokens;
use crate::json::problem::{JsonError, Malformed};

/// Names of members that are read. One that is passed over may come again.
const NAMES: [&str; 25] = [
    "action",
    "attributes",
    "data",
    "dataSet",
    "dataSets",
    "dataset",
    "datasets",
    "default",
    "dimensionGroup",
    "dimensionGroupAttributes",
    "dimensions",
    "id",
    "keyPosition",
    "links",
    "measures",
    "name",
    "names",
    "observation",
    "observations",
    "series",
    "structure",
    "structures",
    "urn",
    "value",
    "values",
];

/// Which of them an object has had so far: one bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::json) struct Once(u32);

impl Once {
    /// Takes note of the name that is the last token.
    #[inline]
    pub(in crate::json) fn check<R: Read>(&mut self, tokens: &mut Tokens<R>) -> Result<(), JsonError> {
        let Some(nth) = NAMES.iter().position(|name| *name == tokens.text()) else { return Ok(()) };
        if self.0 & 1 << nth != 0 {
            return Err(tokens.error(Malformed::Repeated(NAMES[nth])));
        }
        self.0 |= 1 << nth;
        Ok(())
    }
}
