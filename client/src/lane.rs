//! Lanes: what a sender must know of one before preparing a submission, from the hub, the cache or a folder.

use std::collections::HashMap;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1;
use mighub::v1::ErrorReason;
use mighub_intake::{LaneInfo, Lanes, dataflow_meant, dataflow_named};
use mighub_sdmx::structure::{Class, DataDefinition, Reference, read_message};
use mighub_validation::{Prepared, Rulebook};
use tokio::runtime::Handle;

use crate::error::Error;
use crate::home::{Cache, Home, Kind};
use crate::hub::retry::until_answered;
use crate::hub::{Hub, pages};
use crate::structures::{StructureView, resolve};

/// Agreements looked through at most for one that a file names.
const AGREEMENTS_MAX: usize = 100_000;

fn digest(bytes: &[u8]) -> Option<Digest> {
    Digest::from_slice(bytes)
}

impl Hub {
    /// What a sender needs to know of a lane. Kept in the cache for checks without the hub.
    pub async fn lane(&self, dataflow: &str, provider: &str) -> Result<LaneInfo, Error> {
        let lane = v1::Lane { dataflow: dataflow.to_owned(), provider: provider.to_owned() };
        let request = v1::GetLaneRequest { lane: Some(lane.clone()) };
        let answer = until_answered(|| {
            let (mut service, request) = (self.submissions(), request.clone());
            async move { service.get_lane(request).await }
        })
        .await?;
        let config = self.config();
        if answer.hub_id != config.hub_id {
            // Signing for it would be signing for somebody that this office never joined.
            let reason =
                format!("it says it is {}, this home is enrolled at {}", answer.hub_id, config.hub_id);
            return Err(Error::OtherHub { address: config.hub, reason });
        }
        let structures = digest(&answer.structure_digest)
            .ok_or_else(|| Error::Contract("the answer to GetLane has no structure digest".to_owned()))?;
        let definition = self.definition(dataflow, structures).await?;
        self.home().cache().keep_lane(&lane, &answer)?;
        let book = match digest(&answer.rulebook_digest) {
            Some(digest) => {
                prepare_book(&self.rulebook(digest).await?, &self.home().cache(), &lane, &definition)
            }
            None => None,
        };
        Ok(LaneInfo::of_answer(lane, answer, definition, book)?)
    }

    /// Agreements in force that the caller may see.
    pub async fn agreements(&self) -> Result<Vec<v1::Agreement>, Error> {
        pages(AGREEMENTS_MAX, |page_token| async move {
            let request = v1::ListAgreementsRequest {
                in_force: true,
                page_size: crate::hub::PAGE_SIZE,
                page_token,
                ..Default::default()
            };
            let answer = until_answered(|| {
                let (mut service, request) = (self.agencies(), request.clone());
                async move { service.list_agreements(request).await }
            })
            .await?;
            Ok((answer.agreements, answer.next_page_token))
        })
        .await
    }
}

/// Lanes as the hub tells of them now.
pub(crate) struct HubLanes {
    hub: Hub,
    provider: String,
    runtime: Handle,
    known: HashMap<String, Option<Arc<LaneInfo>>>,
}

impl HubLanes {
    /// Lanes of a provider. Must be made within the runtime.
    pub(crate) fn new(hub: &Hub, provider: String) -> Self {
        Self { hub: hub.clone(), provider, runtime: Handle::current(), known: HashMap::new() }
    }

    /// The dataflow that rows mean; for a data structure the hub is asked who uses it.
    async fn meant(&self, structure: &str, id: &str) -> Result<Option<String>, Error> {
        let used = Reference::parse_short(Class::DataStructure, id);
        let (Ok(used), "datastructure") = (used, structure) else { return Ok(dataflow_named(structure, id)) };
        let view = StructureView { references: "parents".to_owned(), ..StructureView::default() };
        match self.hub.structures_of(&used.to_string(), &view).await {
            Ok(answer) => Ok(read_message(&answer.message)
                .ok()
                .and_then(|message| dataflow_meant(&message.structures, structure, id))),
            Err(error) if error.reason() == Some(ErrorReason::UnknownStructure) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask(&self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, Error> {
        let (dataflow, provider) = if structure == "dataprovision" {
            let agreements = self.hub.agreements().await?;
            let Some(agreement) = agreements.into_iter().find(|agreement| agreement.id == id) else {
                return Ok(None);
            };
            (agreement.dataflow, agreement.provider)
        } else {
            let Some(dataflow) = self.meant(structure, id).await? else { return Ok(None) };
            (dataflow, self.provider.clone())
        };
        match self.hub.lane(&dataflow, &provider).await {
            Ok(lane) => Ok(Some(Arc::new(lane))),
            Err(error) if error.reason() == Some(ErrorReason::UnknownDataflow) => Ok(None),
            // Not the first dataflow of the file: that there are several is what its sender must hear.
            Err(error)
                if error.reason() == Some(ErrorReason::LaneNotPermitted)
                    && self.known.values().any(Option::is_some) =>
            {
                let definition = self.hub.newest_definition(&dataflow).await?;
                Ok(Some(Arc::new(LaneInfo::of_structures(v1::Lane { dataflow, provider }, definition))))
            }
            Err(error) => Err(error),
        }
    }
}

impl Lanes for HubLanes {
    fn lane(&mut self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, mighub_intake::Error> {
        let named = format!("{structure} {id}");
        if let Some(known) = self.known.get(&named) {
            return Ok(known.clone());
        }
        let found = self.runtime.block_on(self.ask(structure, id)).map_err(mighub_intake::Error::of_lanes)?;
        self.known.insert(named, found.clone());
        Ok(found)
    }
}

/// Lanes as the hub told of them when it was last asked.
#[derive(Debug)]
pub struct CachedLanes {
    cache: Cache,
    provider: String,
}

impl CachedLanes {
    /// Lanes of a provider in the cache of a home.
    pub fn new(home: &Home, provider: &str) -> Self {
        Self { cache: home.cache(), provider: provider.to_owned() }
    }
}

impl Lanes for CachedLanes {
    fn lane(&mut self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, mighub_intake::Error> {
        self.kept(structure, id).map_err(mighub_intake::Error::of_lanes)
    }
}

impl CachedLanes {
    fn kept(&self, structure: &str, id: &str) -> Result<Option<Arc<LaneInfo>>, Error> {
        let Some(dataflow) = dataflow_named(structure, id) else { return Ok(None) };
        let lane = v1::Lane { dataflow, provider: self.provider.clone() };
        let missing = |what: String| Error::NotCached { what, cache: self.cache.folder().to_owned() };
        let answer = self.cache.lane(&lane)?;
        let answer = answer.ok_or_else(|| missing(format!("{} for {}", lane.dataflow, lane.provider)))?;
        let structures = digest(&answer.structure_digest);
        let structures = structures.map(|digest| self.cache.content(Kind::Structures, digest)).transpose()?;
        let structures = structures.flatten();
        let structures = structures.ok_or_else(|| missing(format!("the structure of {}", lane.dataflow)))?;
        let definition = resolve("the cache", &structures, &lane.dataflow)?;
        let rulebook =
            digest(&answer.rulebook_digest).map(|digest| self.cache.content(Kind::Rulebooks, digest));
        let rulebook = rulebook.transpose()?.flatten();
        let book = rulebook.and_then(|bytes| prepare_book(&bytes, &self.cache, &lane, &definition));
        Ok(Some(Arc::new(LaneInfo::of_answer(lane, answer, definition, book)?)))
    }
}

/// The rulebook of a lane, if this program can judge by it. Other dataflows of the office are known as far as
/// they are in the cache.
fn prepare_book(
    bytes: &[u8],
    cache: &Cache,
    lane: &v1::Lane,
    definition: &Arc<DataDefinition>,
) -> Option<Arc<Prepared>> {
    let definition_of = |dataflow: &str| {
        if dataflow == lane.dataflow {
            return Some(definition.clone());
        }
        let other = v1::Lane { dataflow: dataflow.to_owned(), provider: lane.provider.clone() };
        let answer = cache.lane(&other).ok()??;
        let structures = cache.content(Kind::Structures, digest(&answer.structure_digest)?).ok()??;
        resolve("the cache", &structures, dataflow).ok()
    };
    Rulebook::read(bytes).ok()?.prepare(&definition_of).ok()?.map(Arc::new)
}
