//! Whether the present rulebooks fit structures that are about to take effect.

use mighub::v1::{self, ErrorReason};
use mighub_sdmx::structure::{Class, Reference};

use super::Definitions;
use super::put::problem;
use crate::hub::Hub;
use crate::hub::refusal::Refusal;

impl Hub {
    /// Dataflows whose present rulebook judges today and would not fit any more: it would judge by the built-in rules
    /// alone, and nobody would have decided so.
    pub(super) fn broken_rulebooks(&self, after: &Definitions) -> Result<Vec<v1::StructureProblem>, Refusal> {
        let registry = self.registry();
        let is_same = |dataflow: &Reference| {
            let digest = |definitions: &Definitions| definitions.get(dataflow).map(|found| found.digest);
            digest(&registry.definitions) == digest(after)
        };
        // Rulebooks read structures by dataflow: as long as those are the same, all fit.
        if registry.definitions.keys().all(is_same) {
            return Ok(Vec::new());
        }
        let mut problems = Vec::new();
        for dataflow in registry.definitions.keys() {
            let present = self.present_rulebook(dataflow)?;
            if present.prepared.is_none() {
                continue;
            }
            let fits = present.rulebook.prepare(&|short| {
                let reference = Reference::parse_short(Class::Dataflow, short).ok()?;
                after.get(&reference).map(|definition| definition.data.clone())
            });
            let Err(unfit) = fits else { continue };
            let first = unfit.first().map(ToString::to_string).unwrap_or_default();
            let text = format!(
                "with these structures its present rulebook (version {}) does not fit any more: {first}. Put a rulebook \
                 that fits both, or make a new version of the dataflow",
                present.rulebook.version()
            );
            problems.push(problem(dataflow, ErrorReason::StructureConflict, text));
        }
        Ok(problems)
    }
}
