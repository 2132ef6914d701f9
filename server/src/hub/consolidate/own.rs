//! The lanes that are the hub's own.

use mighub::v1::ErrorReason;
use mighub_consolidation::{Input, Target};
use mighub_sdmx::structure::{AgencyId, Class, Reference};

use crate::hub::lane::LaneId;
use crate::hub::refusal::Refusal;

/// The provider of derived lanes: the hub itself. It is the agency that maintains their dataflows.
pub const HUB_PROVIDER: &str = "MIGHUB";
/// The one VIEW that an agency may send in a derived dataflow: its own estimate.
pub const DERIVED_ESTIMATE: &str = "ES";
/// The version of the dataflows that are read and made.
const VERSION: &str = "1.0.0";

/// Whether a dataflow is one that the hub derives.
pub fn is_derived(dataflow: &Reference) -> bool {
    target_of(dataflow).is_some()
}

/// Whether a lane is the hub's own.
pub fn is_own(lane: &LaneId) -> bool {
    &*lane.provider == HUB_PROVIDER && is_derived(&lane.dataflow)
}

/// Figures of an own lane are computed, never sent.
pub(in crate::hub) fn derived_lane(lane: &LaneId) -> Refusal {
    let text = format!(
        "{lane} holds what the hub computes itself: send the figures it is computed from, or an estimate with \
         VIEW={DERIVED_ESTIMATE} in a lane of your own"
    );
    Refusal::new(ErrorReason::DerivedLane, text).about("dataflow", lane.dataflow.short())
}

/// What the hub makes in a dataflow.
pub(super) fn target_of(dataflow: &Reference) -> Option<Target> {
    let short = dataflow.short();
    Target::ALL.into_iter().find(|target| short == name(target.dataflow()))
}

/// The input that a dataflow is.
pub(super) fn input_of(dataflow: &Reference) -> Option<Input> {
    let short = dataflow.short();
    Input::ALL.into_iter().find(|input| short == name(input.dataflow()))
}

/// The lane of a target.
pub(super) fn lane_of(target: Target) -> Result<LaneId, Refusal> {
    let provider = AgencyId::new(HUB_PROVIDER).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(LaneId { dataflow: reference(target.dataflow())?, provider })
}

/// The dataflow of an input.
pub(super) fn dataflow_of(input: Input) -> Result<Reference, Refusal> {
    reference(input.dataflow())
}

fn name(id: &str) -> String {
    format!("{HUB_PROVIDER}:{id}({VERSION})")
}

fn reference(id: &str) -> Result<Reference, Refusal> {
    Reference::parse_short(Class::Dataflow, &name(id)).map_err(|error| Refusal::internal(error.to_string()))
}
