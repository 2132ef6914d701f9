//! Where derived rows put what they say, in the shape of their data structure.

use std::sync::Arc;

use mighub_sdmx::columns::Shape;

use crate::dataflow::Target;
use crate::method::MethodError;
use crate::pair::Batch;

/// What a row copies from what was reported, beside its figure and its two statuses.
const COPIED: [&str; 8] = [
    "OBS_FLAG_SRC",
    "CENSOR_LOWER",
    "CENSOR_UPPER",
    "COMMENT_OBS",
    "PRE_BREAK_VALUE",
    "SOURCE_TYPE",
    "DEF_NOTE",
    "REF_DATE",
];

/// Attributes of a consolidated figure that are numbers.
pub(super) const NUMBERS: [&str; 5] = ["RO_VALUE", "RD_VALUE", "ASYMMETRY", "LOWER", "UPPER"];

/// Places of attributes.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) status: usize,
    pub(super) confidentiality: usize,
    pub(super) rule: usize,
    pub(super) inputs: usize,
    pub(super) flags: Option<usize>,
    pub(super) definition_note: Option<usize>,
    /// Of [`NUMBERS`].
    pub(super) numbers: [Option<usize>; NUMBERS.len()],
    pub(super) unit: Option<usize>,
    pub(super) multiplier: Option<usize>,
    pub(super) decimals: Option<usize>,
    pub(super) basis: Option<usize>,
    pub(super) refugees: Option<usize>,
    copied: Vec<(Arc<str>, usize)>,
}

impl Layout {
    pub(super) fn new(target: Target, shape: &Shape) -> Result<Self, MethodError> {
        let missing = |component| MethodError::Shape { target: target.dataflow(), component };
        let dimensions = target.dimensions().iter().chain(&["VIEW", "CONS_METHOD"]);
        for (place, dimension) in dimensions.enumerate() {
            if shape.dimensions.get(place).is_none_or(|found| &**found != *dimension) {
                return Err(missing(dimension));
            }
        }
        let needed = |id: &'static str| shape.observation_attribute(id).ok_or_else(|| missing(id));
        let of_series = |id: &str| shape.series_attribute(id);
        Ok(Self {
            status: needed("OBS_STATUS")?,
            confidentiality: needed("CONF_STATUS")?,
            rule: needed("CONS_RULE")?,
            inputs: needed("INPUT_REFS")?,
            flags: shape.observation_attribute("OBS_FLAG_SRC"),
            definition_note: shape.observation_attribute("DEF_NOTE"),
            numbers: NUMBERS.map(|id| shape.observation_attribute(id)),
            unit: of_series("UNIT_MEASURE"),
            multiplier: of_series("UNIT_MULT"),
            decimals: of_series("DECIMALS"),
            basis: of_series("EST_BASIS"),
            refugees: of_series("REFUGEES_INCL"),
            copied: COPIED
                .into_iter()
                .filter_map(|id| Some((Arc::from(id), shape.observation_attribute(id)?)))
                .collect(),
        })
    }

    /// Of a batch, the attributes that are copied and not absent throughout: (place there, place here).
    pub(super) fn copies(&self, batch: &Batch) -> Vec<(usize, usize)> {
        let found = |(id, to): &(Arc<str>, usize)| {
            let from = batch.columns.shape.observation_attribute(id)?;
            (!batch.columns.observation_attributes[from].all_absent()).then_some((from, *to))
        };
        self.copied.iter().filter_map(found).collect()
    }
}
