//! From rows to what travels: blocks, manifest, header and signature, as a client makes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{BlockWriter, CANON, Digest, LaneKey, Naming, compress};
use mighub::convert::attribute_default;
use mighub::manifest::PageWriter;
use mighub::signing::{HEADER_CONTEXT, signed_bytes};
use mighub::v1;
use mighub_sdmx::Period;
use mighub_sdmx::columns::{AttributeValue, ColumnsBuilder};
use mighub_sdmx::decimal::Decimal;
use prost::Message;
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::stage::{Push, Row, Stage};

/// A submission ready to be sent.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) id: String,
    pub(crate) provider: &'static str,
    pub(crate) signed: v1::SignedHeader,
    pub(crate) manifest: Vec<u8>,
    pub(crate) frames: Vec<Vec<u8>>,
}

pub(crate) fn signing_key(agency: &str) -> Ed25519KeyPair {
    let seed = blake3::hash(agency.as_bytes());
    Ed25519KeyPair::from_seed_unchecked(seed.as_bytes()).expect("a key")
}

impl Stage {
    /// Blocks, manifest, header and signature, as a client makes them.
    pub(crate) fn prepare(&self, push: &Push) -> Prepared {
        let terms = self.get_lane(push.dataflow, push.provider);
        let lane = self.lane(push.dataflow, push.provider);
        let shape = self.hub().definition(&lane.dataflow).expect("defined").data.shape.clone();
        let key = LaneKey(terms.lane_key[..].try_into().expect("32 bytes"));
        let defaults: Vec<_> =
            terms.defaults.iter().map(|d| attribute_default(d).expect("a default")).collect();
        let naming = Naming::of_lane(key, &defaults);
        let (mut parts, mut pages, mut frames) = (Vec::new(), Vec::new(), Vec::new());
        for (action, rows) in &push.parts {
            let mut sorted: BTreeMap<[&str; 2], BTreeMap<Option<u16>, &Row>> = BTreeMap::new();
            for row in rows {
                sorted.entry(row.key).or_default().insert(row.year, row);
            }
            let mut builder = ColumnsBuilder::new(shape.clone());
            for (key, rows) in sorted {
                builder.start_series_with_key(&key.map(Arc::from));
                (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
                for row in rows.into_values() {
                    let period = row.year.map_or(Period::ANY, Period::year);
                    let status = row.status.map(AttributeValue::text);
                    builder.observation(period, row.value.map(Decimal::integer), |place| {
                        status.as_ref().filter(|_| &*shape.observation_attributes[place] == "OBS_STATUS")
                    });
                }
                builder.end_series();
            }
            let (mut writer, mut of_part) =
                (BlockWriter::new(shape.clone(), naming.clone()), PageWriter::default());
            let mut references = Vec::new();
            let mut page = |page: Option<(v1::PageReference, Vec<u8>)>| {
                if let Some((reference, bytes)) = page {
                    references.push(reference);
                    pages.push(bytes);
                }
            };
            let mut blocks = Vec::new();
            let mut take = |block| {
                blocks.push(block);
                Ok::<_, ()>(())
            };
            writer.push(&builder.take(), &mut take).expect("taken");
            writer.finish().into_iter().for_each(|block| take(block).expect("taken"));
            for block in blocks {
                frames.push(compress(&block.raw).expect("small"));
                page(of_part.push(block.info));
            }
            page(of_part.finish());
            parts.push(v1::ManifestPart { action: (*action).into(), pages: references });
        }
        let dataset = push.dataset.iter().map(|(id, value)| {
            mighub::convert::dataset_attribute_message(id, value.map(AttributeValue::text).as_ref())
        });
        let manifest = v1::Manifest {
            canon: CANON,
            dataflow: push.dataflow.into(),
            provider: push.provider.into(),
            structure_digest: terms.structure_digest.clone(),
            parts,
            dataset_attributes: dataset.collect(),
            absent_values: Vec::new(),
        };
        let header = v1::SubmissionHeader {
            hub_id: terms.hub_id,
            lane: Some(lane.to_message()),
            submission_id: push.id(),
            manifest_digest: Digest::of(&manifest.encode_to_vec()).to_bytes(),
            agency: push.provider.into(),
            structure_digest: terms.structure_digest,
            defaults: terms.defaults,
            dataset_attributes: manifest.dataset_attributes.clone(),
            ..push.header.clone()
        };
        let header = header.encode_to_vec();
        let signature = signing_key(push.provider).sign(&signed_bytes(HEADER_CONTEXT, &header));
        let mut bytes = manifest.encode_length_delimited_to_vec();
        for page in pages {
            prost::encode_length_delimiter(page.len(), &mut bytes).expect("room");
            bytes.extend(page);
        }
        Prepared {
            id: push.id(),
            provider: push.provider,
            signed: v1::SignedHeader {
                header: header.into(),
                signature: signature.as_ref().to_vec().into(),
                signing_key_id: Digest::of(signing_key(push.provider).public_key().as_ref()).to_bytes(),
            },
            manifest: bytes,
            frames,
        }
    }
}
