//! What is there: the answer to availability queries.

use std::collections::BTreeMap;

use super::{MessageHeader, Writer, write_message};
use crate::ml::structure::version::MlVersion;
use crate::structure::{Annotation, Artefact, ConstraintRole, DataConstraint, Structures};

/// The type of the annotations that count what is there, where the message has no other place. Clients read
/// them.
const METRICS: &str = "sdmx_metrics";

/// What is there of the data of one dataflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// What it is attached to, and the one region that holds all values. Its identity is not written in 3.1.
    pub constraint: DataConstraint,
    /// Number of series.
    pub series: Option<u64>,
    /// Number of observations.
    pub observations: Option<u64>,
}

/// Writes what is there, with the artefacts that were asked for along with it: a ContentConstraint in 2.1, a
/// DataConstraint in 3.0, an AvailabilityConstraint in 3.1.
pub fn write_availability(
    availability: &Availability,
    structures: &Structures,
    version: MlVersion,
    header: &MessageHeader,
) -> Vec<u8> {
    if version == MlVersion::V3_1 {
        return super::write_with(structures, version, header, Some(availability));
    }
    let mut constraint = availability.constraint.clone();
    constraint.role = ConstraintRole::Actual;
    let counts = [("series_count", availability.series), ("obs_count", availability.observations)];
    for (id, count) in counts {
        let Some(count) = count else { continue };
        let (kind, texts) = (Some(METRICS.to_owned()), BTreeMap::new());
        let counted = Annotation { kind, texts, ..Annotation::new(id, count.to_string()) };
        constraint.identity.annotations.push(counted);
    }
    let mut all = structures.clone();
    all.replace(Artefact::DataConstraint(constraint));
    write_message(&all, version, header)
}

impl Writer<'_> {
    pub(super) fn availability(&mut self, availability: &Availability) {
        // The schema counts with 32 bits; a count beyond is not told at all.
        let count = |count: Option<u64>| count.and_then(|count| i32::try_from(count).ok());
        self.xml.open("str:AvailabilityConstraint");
        self.xml.optional("seriesCount", count(availability.series));
        self.xml.optional("obsCount", count(availability.observations));
        self.annotations(&availability.constraint.identity.annotations);
        self.attachment(&availability.constraint.constraint_attachment);
        for region in availability.constraint.cube_regions.iter().take(1) {
            self.cube_region(region);
        }
        self.xml.close();
    }
}
