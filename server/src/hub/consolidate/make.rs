//! Rows become the next vintage of the hub's own lane: folded onto its head, durable, and named by one record.

use std::sync::Arc;

use mighub::block::{Digest, Naming};
use mighub::v1::{self, record::What};
use mighub_consolidation::Scope;
use mighub_store::Object;

use super::rows::{Making, Reading};
use super::run::Consolidated;
use crate::hub::append::{Actor, record};
use crate::hub::fold::{BlockSink, Change, fold};
use crate::hub::lane::LaneId;
use crate::hub::objects::object;
use crate::hub::retrieve::Since;
use crate::hub::submission::accept::{StoreSink, manifest_objects};
use crate::hub::vintage::Vintage;
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Refusal};

impl Hub {
    /// Makes the rows of a scope anew, part by part; nothing if the lane holds exactly them.
    pub(super) fn make(
        &self,
        lane: &LaneId,
        making: &Making<'_>,
        scope: &Scope,
        parts: &[Scope],
        read: Since,
    ) -> Result<Option<Consolidated>, Refusal> {
        let (definition, now) = (&making.basis.definition, making.now);
        let shape = &definition.data.shape;
        let head = self.head(lane)?;
        let of_this_structure = |head: &&Recorded| head.row.structure_digest == definition.digest.0;
        let base = match head.as_ref().filter(of_this_structure).and_then(Recorded::manifest) {
            Some(digest) => self.vintage(shape, &digest)?,
            None => Arc::new(Vintage::empty(shape.clone())),
        };
        let blocks = self.lane_blocks(lane, shape.clone());
        let mut sink = StoreSink::new(self, blocks.secrets(), now);
        // Every cell says itself whether it is free.
        let naming = Naming { key: blocks.secrets().key, unmarked_restricted: true };
        let mut change = Change { complete: Some(scope.derived(making.target)), ..Change::default() };
        for part in parts {
            change.parts.extend(making.part(part, &naming, &mut sink)?);
        }
        sink.settle()?;
        let vintage = fold(&base, &change, &blocks, &blocks.secrets().key, &mut sink)?;
        sink.settle()?;
        let (manifest_digest, mut objects) = manifest_objects(lane, &definition.digest, &vintage);
        if head.as_ref().and_then(Recorded::manifest) == Some(manifest_digest)
            || (head.is_none() && vintage.blocks.is_empty())
        {
            return Ok(None);
        }
        let observations = self.counts(&blocks, &base, &vintage)?;
        let methods: Vec<(Digest, Object)> =
            making.basis.consolidation.methods().iter().map(|method| object(method.canonical())).collect();
        let consolidated = v1::Consolidated {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            base: head.as_ref().map(|head| head.position),
            vintage_manifest_digest: manifest_digest.to_bytes(),
            structure_digest: definition.digest.to_bytes(),
            read_position: read.position,
            read_time: Some(read.moment.to_message()),
            inputs: making.readings.iter().filter_map(input).collect(),
            method_digests: methods.iter().map(|(digest, _)| digest.to_bytes()).collect(),
            basis_digest: making.basis.digest.to_vec().into(),
            observations: Some(observations),
            full: *scope == Scope::All,
        };
        objects.extend(methods.into_iter().map(|(_, object)| object));
        let mut present = self.places(lane, &vintage.blocks);
        let objects = self.stored_or_small(objects, &mut present, now)?;
        present.sort_unstable();
        present.dedup();
        let position = self.append(Some((lane, head.map(|head| head.position))), &present, now, |_| {
            let what = What::Consolidated(consolidated.clone());
            Ok((objects.clone(), record(&Actor::default(), what, now)))
        })?;
        Ok(Some(Consolidated { lane: lane.clone(), position, observations, full: consolidated.full }))
    }
}

/// What a record says of an input; nothing of one of which nothing is seen.
fn input(reading: &Reading) -> Option<v1::ConsolidatedInput> {
    let lane = &reading.lane.lane;
    Some(v1::ConsolidatedInput {
        dataflow: lane.dataflow.short(),
        provider: lane.provider.to_string(),
        position: reading.lane.recorded()?.position,
        sources_position: reading.ranks.changed_at(),
    })
}
