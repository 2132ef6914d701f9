//! Pages of a manifest, written and read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use mighub_sdmx::period::Period;
use prost::Message;

use super::{BlockInfo, MANIFEST_BYTES_MAX, PAGE_BLOCKS_MAX, PAGE_BYTES_MAX, PAGE_CUT_BELOW, PARTS_MAX};
use crate::block::{CANON, Digest};
use crate::v1;

/// Why bytes are not a manifest or a page of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Larger than the limits of [`super`].
    #[error(
        "the manifest or a page of it is too large: at most {MANIFEST_BYTES_MAX} and {PAGE_BYTES_MAX} bytes"
    )]
    TooLarge,
    /// Not a protobuf message of the schema.
    #[error("the manifest is not a {0} message: {1}")]
    Message(&'static str, String),
    /// A canon this program does not know.
    #[error("the manifest follows canon {0}; this program knows canon {CANON}: update it")]
    UnknownCanon(u32),
    /// What it says cannot be.
    #[error("the manifest contradicts itself: {0}")]
    Inconsistent(&'static str),
    /// Blocks are out of order or overlap.
    #[error("the blocks of the manifest are not in ascending order of their keys")]
    Unsorted,
}

/// Gathers blocks into pages.
#[derive(Debug, Default)]
pub struct PageWriter {
    blocks: Vec<BlockInfo>,
}

impl PageWriter {
    /// Adds a block; a page that is full is given back as its reference and bytes.
    pub fn push(&mut self, block: BlockInfo) -> Option<(v1::PageReference, Vec<u8>)> {
        let ends = block.digest.0[0] < PAGE_CUT_BELOW || self.blocks.len() + 1 == PAGE_BLOCKS_MAX;
        self.blocks.push(block);
        if ends { self.finish() } else { None }
    }

    /// The last page, if anything is left.
    pub fn finish(&mut self) -> Option<(v1::PageReference, Vec<u8>)> {
        let blocks = std::mem::take(&mut self.blocks);
        if blocks.is_empty() {
            return None;
        }
        let page = page_message(&blocks).encode_to_vec();
        let reference = v1::PageReference {
            digest: Digest::of(&page).to_bytes(),
            blocks: blocks.len() as u32,
            observations: blocks.iter().map(|block| u64::from(block.observations)).sum(),
        };
        Some((reference, page))
    }
}

fn page_message(blocks: &[BlockInfo]) -> v1::ManifestPage {
    let dimensions = blocks.first().map_or(0, |block| block.codes.len());
    let union = |place: usize| -> Vec<Arc<str>> {
        let codes: BTreeSet<&Arc<str>> = blocks.iter().flat_map(|block| &*block.codes[place]).collect();
        codes.into_iter().cloned().collect()
    };
    let dictionaries: Vec<Vec<Arc<str>>> = (0..dimensions).map(union).collect();
    let place_of = |place: usize, code: &Arc<str>| dictionaries[place].binary_search(code).unwrap_or(0);
    let entry = |block: &BlockInfo| v1::BlockEntry {
        digest: block.digest.to_bytes(),
        keyed: block.keyed,
        raw_bytes: block.raw_bytes,
        series: block.series,
        observations: block.observations,
        first_key: block
            .first_key
            .iter()
            .enumerate()
            .map(|(place, code)| place_of(place, code) as u32)
            .collect(),
        last_key: block
            .last_key
            .iter()
            .enumerate()
            .map(|(place, code)| place_of(place, code) as u32)
            .collect(),
        code_sets: block
            .codes
            .iter()
            .enumerate()
            .map(|(place, codes)| bits(codes.iter().map(|code| place_of(place, code))))
            .collect(),
        first_period: block.first_period.packed(),
        last_period: block.last_period.packed(),
        restricted: block.restricted,
        unmarked: block.unmarked,
    };
    v1::ManifestPage {
        dimensions: dictionaries
            .iter()
            .map(|codes| v1::PageCodes { codes: codes.iter().map(ToString::to_string).collect() })
            .collect(),
        blocks: blocks.iter().map(entry).collect(),
    }
}

fn bits(places: impl Iterator<Item = usize>) -> bytes::Bytes {
    let mut bits = Vec::new();
    for place in places {
        if bits.len() <= place / 8 {
            bits.resize(place / 8 + 1, 0u8);
        }
        bits[place / 8] |= 1 << (place % 8);
    }
    bits.into()
}

/// Reads a manifest without its pages.
pub fn read_manifest(bytes: &[u8]) -> Result<v1::Manifest, ManifestError> {
    if bytes.len() > MANIFEST_BYTES_MAX {
        return Err(ManifestError::TooLarge);
    }
    let manifest =
        v1::Manifest::decode(bytes).map_err(|error| ManifestError::Message("Manifest", error.to_string()))?;
    if manifest.canon != CANON {
        return Err(ManifestError::UnknownCanon(manifest.canon));
    }
    if manifest.parts.len() > PARTS_MAX {
        return Err(ManifestError::Inconsistent("it has more than 1,024 parts: sort the rows by ACTION"));
    }
    let known = |part: &v1::ManifestPart| {
        part.action() != v1::PartAction::Unspecified
            && part.pages.iter().all(|page| Digest::from_slice(&page.digest).is_some() && page.blocks > 0)
    };
    if !manifest.parts.iter().all(known) {
        return Err(ManifestError::Inconsistent("a part has no action, or a page no digest or no blocks"));
    }
    Ok(manifest)
}

/// Reads a page for a data structure with `dimensions` dimensions.
pub fn read_page(bytes: &[u8], dimensions: usize) -> Result<Vec<BlockInfo>, ManifestError> {
    const OUTSIDE: ManifestError =
        ManifestError::Inconsistent("a key or a set of codes points outside the page");
    if bytes.len() > PAGE_BYTES_MAX {
        return Err(ManifestError::TooLarge);
    }
    let page = v1::ManifestPage::decode(bytes)
        .map_err(|error| ManifestError::Message("ManifestPage", error.to_string()))?;
    if page.dimensions.len() != dimensions || page.blocks.is_empty() || page.blocks.len() > PAGE_BLOCKS_MAX {
        return Err(ManifestError::Inconsistent(
            "a page has other dimensions than its data structure, or no blocks",
        ));
    }
    let dictionaries: Vec<Vec<Arc<str>>> =
        page.dimensions.into_iter().map(|codes| codes.codes.into_iter().map(Arc::from).collect()).collect();
    let key = |indexes: &[u32]| -> Result<Vec<Arc<str>>, ManifestError> {
        if indexes.len() != dimensions {
            return Err(OUTSIDE);
        }
        let code =
            |(place, index): (usize, &u32)| dictionaries[place].get(*index as usize).cloned().ok_or(OUTSIDE);
        indexes.iter().enumerate().map(code).collect()
    };
    let mut known: Vec<HashMap<bytes::Bytes, Arc<[Arc<str>]>>> = vec![HashMap::new(); dimensions];
    let mut set = |(place, bits): (usize, &bytes::Bytes)| -> Result<Arc<[Arc<str>]>, ManifestError> {
        if let Some(known) = known[place].get(bits) {
            return Ok(known.clone());
        }
        let codes = &dictionaries[place];
        let set = (0..bits.len() * 8).filter(|bit| bits[bit / 8] >> (bit % 8) & 1 == 1);
        let set = set.map(|bit| codes.get(bit).cloned().ok_or(OUTSIDE)).collect::<Result<Arc<[_]>, _>>()?;
        known[place].insert(bits.clone(), set.clone());
        Ok(set)
    };
    let mut blocks: Vec<BlockInfo> = Vec::with_capacity(page.blocks.len());
    for entry in &page.blocks {
        if entry.code_sets.len() != dimensions || entry.observations == 0 || entry.series == 0 {
            return Err(OUTSIDE);
        }
        let period =
            |packed| Period::from_packed(packed).ok_or(ManifestError::Inconsistent("a period is none"));
        let digest = Digest::from_slice(&entry.digest);
        let info = BlockInfo {
            digest: digest.ok_or(ManifestError::Inconsistent("a digest has not 32 bytes"))?,
            keyed: entry.keyed,
            raw_bytes: entry.raw_bytes,
            series: entry.series,
            observations: entry.observations,
            first_key: key(&entry.first_key)?,
            last_key: key(&entry.last_key)?,
            codes: entry.code_sets.iter().enumerate().map(&mut set).collect::<Result<_, _>>()?,
            first_period: period(entry.first_period)?,
            last_period: period(entry.last_period)?,
            restricted: entry.restricted,
            unmarked: entry.unmarked,
        };
        if info.first_key > info.last_key
            || blocks.last().is_some_and(|before| before.last_key > info.first_key)
        {
            return Err(ManifestError::Unsorted);
        }
        blocks.push(info);
    }
    Ok(blocks)
}
