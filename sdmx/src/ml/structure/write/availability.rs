//! What is there: the answer to availability queries.

use std::collections::BTreeMap;

use super::{MessageHeader, Writer, write_message};
use crate::ml::structure::version::MlVersion;
use crate::structure::{Annotation, Artefact, Attachment, Class, ConstraintRole, DataConstraint, Structures};

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

impl Availability {
    /// What a stored constraint says; nothing if it is not what 3.1 can say.
    fn of_stored(stored: &DataConstraint) -> Option<Self> {
        let mut constraint = stored.clone();
        let mut count = |id: &str| {
            let is_it = |note: &mut Annotation| {
                note.kind.as_deref() == Some(METRICS) && note.id.as_deref() == Some(id)
            };
            let found = constraint.identity.annotations.extract_if(.., is_it).last();
            found.and_then(|note| note.content().parse().ok())
        };
        let (series, observations) = (count("series_count"), count("obs_count"));
        let attachment = &mut constraint.constraint_attachment;
        attachment.data_provider = None;
        attachment.data_structures.truncate(1);
        attachment.dataflows.truncate(1);
        attachment.provision_agreements.truncate(1);
        let is_attached = *attachment != Attachment::default();
        (is_attached && !constraint.cube_regions.is_empty()).then_some(Self {
            constraint,
            series,
            observations,
        })
    }
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
    /// What is there, as an answer to a question and as constraints that are stored: those have no name in 3.1, one
    /// region, and what they are attached to is one artefact.
    pub(super) fn availabilities(&mut self, asked: Option<&Availability>) {
        let structures = self.structures;
        let stored =
            structures.of_class(Class::DataConstraint).filter_map(|(_, artefact)| match &**artefact {
                Artefact::DataConstraint(constraint) if constraint.role == ConstraintRole::Actual => {
                    Availability::of_stored(constraint)
                }
                _ => None,
            });
        let all: Vec<Availability> = asked.cloned().into_iter().chain(stored).collect();
        if !all.is_empty() {
            self.xml.open("str:AvailabilityConstraints");
            all.iter().for_each(|availability| self.availability(availability));
            self.xml.close();
        }
    }

    fn availability(&mut self, availability: &Availability) {
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
