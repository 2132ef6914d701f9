//! Field numbers of `SeriesBlock` and of the messages in it; `block.proto` says what they hold.

pub(super) const CANON: u32 = 1;
pub(super) const DIMENSIONS: u32 = 2;
pub(super) const OBSERVATION_COUNTS: u32 = 3;
pub(super) const FIRST_PERIODS: u32 = 4;
pub(super) const CONTIGUOUS_RUNS: u32 = 5;
pub(super) const PERIOD_STEPS: u32 = 6;
pub(super) const SCALE_LENGTHS: u32 = 7;
pub(super) const SCALE_CODES: u32 = 8;
pub(super) const VALUES: u32 = 9;
pub(super) const OBSERVATION_ATTRIBUTES: u32 = 10;
pub(super) const SERIES_ATTRIBUTES: u32 = 11;

pub(super) const DIMENSION_CODES: u32 = 1;
pub(super) const DIMENSION_SERIES: u32 = 2;

pub(super) const ATTRIBUTE_ID: u32 = 1;
pub(super) const ATTRIBUTE_VALUES: u32 = 2;
pub(super) const ATTRIBUTE_RUN_LENGTHS: u32 = 3;
pub(super) const ATTRIBUTE_RUN_CODES: u32 = 4;
