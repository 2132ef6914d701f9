//! All but the figures that a derived vintage rests on: methods, structure, areas, and which provider of a series goes
//! first. If it is another one, everything is made anew.

use std::collections::BTreeMap;

use mighub_consolidation::{Areas, Consolidation, Input, Method, Target};
use mighub_sdmx::structure::{AgencyId, Reference};

use super::own;
use crate::hub::structures::Definition;
use crate::hub::{Hub, Moment, Refusal};

/// The dimension whose code list says what an area is.
const ORIGIN: &str = "ORIGIN";
/// The rank of a provider without agreement in force: behind all others.
const UNRANKED: u32 = u32::MAX;

/// What a derived vintage rests on.
pub(super) struct Basis {
    pub(super) definition: Definition,
    pub(super) consolidation: Consolidation,
    pub(super) areas: Areas,
    ranks: BTreeMap<(Input, AgencyId), u32>,
    pub(super) digest: [u8; 32],
}

impl Basis {
    /// The basis of a target today; nothing if the hub lacks one of the dataflows.
    pub(super) fn of(hub: &Hub, target: Target, position: u64, now: Moment) -> Result<Option<Self>, Refusal> {
        let Ok(definition) = hub.definition(&own::lane_of(target)?.dataflow) else { return Ok(None) };
        let mut ranks = BTreeMap::new();
        let rights = hub.rights();
        for input in target.inputs() {
            let dataflow: Reference = own::dataflow_of(*input)?;
            if hub.definition(&dataflow).is_err() {
                return Ok(None);
            }
            for agreement in rights.agreements_on(&dataflow, position, now) {
                let rank = u32::from(agreement.terms.rank.get()) - 1;
                ranks.insert((*input, agreement.lane.provider.clone()), rank);
            }
        }
        let origin = definition.data.dimensions.iter().find(|dimension| &*dimension.id == ORIGIN);
        let Some(list) = origin.and_then(|origin| origin.coded_by.codelist()) else { return Ok(None) };
        let areas = Areas::from_codelist(list);
        let methods = Method::defaults();
        let shape = definition.data.shape.clone();
        let consolidation = Consolidation::new(target, shape, methods)
            .map_err(|error| Refusal::internal(format!("the methods cannot be applied: {error}")))?;
        let mut basis = Self { definition, consolidation, areas, ranks, digest: [0; 32] };
        basis.digest = basis.digest();
        Ok(Some(basis))
    }

    /// Which provider of a series goes first: 0 is the principal.
    pub(super) fn rank(&self, input: Input, provider: &AgencyId) -> u32 {
        self.ranks.get(&(input, provider.clone())).copied().unwrap_or(UNRANKED)
    }

    fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        part(&self.definition.digest.0);
        for method in self.consolidation.methods() {
            part(&method.canonical());
        }
        for area in self.areas.iter() {
            part(area.as_bytes());
        }
        for ((input, provider), rank) in &self.ranks {
            part(format!("{}/{provider}={rank}", input.dataflow()).as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}
