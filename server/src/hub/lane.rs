//! The lane: where one provider's figures for one dataflow live, vintage after vintage.

use std::fmt;
use std::sync::Arc;

use mighub::block::{Digest, LaneKey};
use mighub::v1;
use mighub_sdmx::structure::{AgencyId, Class, Reference};
use mighub_store::Name;

use super::refusal::Refusal;

/// Context of the keys of lanes; another use of the hub's secret has another context.
const KEY_CONTEXT: &[u8] = b"mighub lane key 1";
/// Context of the names under which a lane's blocks are stored.
const PLACE_CONTEXT: &[u8] = b"mighub lane blocks 1";

/// Names a lane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId {
    /// The dataflow.
    pub dataflow: Reference,
    /// The data provider.
    pub provider: AgencyId,
}

impl LaneId {
    /// The lane a message names.
    pub fn of_message(lane: Option<&v1::Lane>) -> Result<Self, Refusal> {
        let lane = lane
            .ok_or_else(|| Refusal::malformed("lane", "the lane is missing: name dataflow and provider"))?;
        Ok(Self {
            dataflow: dataflow("lane.dataflow", &lane.dataflow)?,
            provider: agency("lane.provider", &lane.provider)?,
        })
    }

    /// For a message.
    pub fn to_message(&self) -> v1::Lane {
        v1::Lane { dataflow: self.dataflow.short(), provider: self.provider.to_string() }
    }

    /// Bytes that name the lane in the journal.
    pub fn to_store(&self) -> mighub_store::Lane {
        mighub_store::Lane(Arc::from(self.to_string().as_bytes()))
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dataflow.short(), self.provider)
    }
}

/// A dataflow's name in a field.
pub fn dataflow(field: &'static str, text: &str) -> Result<Reference, Refusal> {
    Reference::parse_short(Class::Dataflow, text).map_err(|_| {
        Refusal::malformed(field, format!("{text:?} is not a dataflow: write AGENCY:ID(VERSION)"))
    })
}

/// An agency's id in a field.
pub fn agency(field: &'static str, text: &str) -> Result<AgencyId, Refusal> {
    AgencyId::new(text).map_err(|error| Refusal::malformed(field, error.to_string()))
}

/// The secrets of one lane, derived from the hub's.
#[derive(Clone)]
pub struct LaneSecrets {
    /// Names blocks with restricted cells; the office has it too.
    pub key: LaneKey,
    /// Names blocks in the store. So what one lane holds cannot be found by another, even where the content is
    /// the same (DETAILS B11).
    place_key: [u8; 32],
}

impl LaneSecrets {
    /// Those of `lane` in a hub with this secret.
    pub fn derive(hub_secret: &[u8; 32], lane: &LaneId) -> Self {
        let derive = |context: &[u8]| {
            let mut hasher = blake3::Hasher::new_keyed(hub_secret);
            hasher.update(context).update(&[0]).update(lane.to_string().as_bytes());
            *hasher.finalize().as_bytes()
        };
        Self { key: LaneKey(derive(KEY_CONTEXT)), place_key: derive(PLACE_CONTEXT) }
    }

    /// The name under which a block is stored.
    pub fn place(&self, block: &Digest) -> Name {
        Name(*blake3::keyed_hash(&self.place_key, &block.0).as_bytes())
    }
}
