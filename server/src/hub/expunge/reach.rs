//! How far expunging a submission reaches: its own blocks, blocks of later vintages in which its cells can be, and the
//! findings of its report; but nothing that the lane holds now.

use std::collections::{BTreeSet, HashSet};

use mighub::block::Digest;
use mighub::v1;
use mighub_store::Name;
use prost::Message;

use crate::hub::Hub;
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::named::{ObjectKind, Unreadable, each_named};
use crate::hub::objects::content;
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{SubmissionRow, submission_key};
use crate::hub::submission::unknown_submission;
use crate::hub::vintages::Recorded;

/// What goes if a submission is expunged.
pub(super) struct Reach {
    pub(super) lane: LaneId,
    pub(super) objects: BTreeSet<Name>,
    /// Blocks of the submission that the lane holds now.
    pub(super) blocks_in_force: u64,
    /// Vintages that cannot be read whole afterwards.
    pub(super) vintages: BTreeSet<u64>,
}

/// A block as a manifest lists it.
#[derive(Clone)]
pub(super) struct Listed {
    pub(super) name: Name,
    first_key: Vec<String>,
    last_key: Vec<String>,
}

impl Listed {
    /// Whether both may have cells of one series.
    fn overlaps(&self, other: &Self) -> bool {
        self.first_key <= other.last_key && other.first_key <= self.last_key
    }
}

impl Hub {
    pub(super) fn reach_of_expunging(&self, submission: &str) -> Result<Reach, Refusal> {
        let known: Option<SubmissionRow> = row(&*self.view, &submission_key(submission))?;
        let known = known.ok_or_else(|| unknown_submission(submission))?;
        let contents = known.contents.clone().ok_or_else(|| unknown_submission(submission))?;
        let lane = LaneId {
            dataflow: dataflow("dataflow", &contents.dataflow)?,
            provider: agency("provider", &contents.provider)?,
        };
        let own = self.blocks_listed(&lane, &[contents.manifest_digest.to_vec()])?;
        let mut kept: HashSet<Name> = HashSet::new();
        if let Some(head) = self.head(&lane)? {
            kept.extend(self.blocks_listed(&lane, &manifests(&head))?.into_iter().map(|block| block.name));
        }
        let own_names: HashSet<Name> = own.iter().map(|block| block.name).collect();
        let blocks_in_force = own_names.intersection(&kept).count() as u64;
        let mut objects: BTreeSet<Name> = own_names.difference(&kept).copied().collect();

        // What was there before the submission cannot have its cells, unless it sent the same block again.
        let vintages = self.vintages_from(&lane, u64::MAX, usize::MAX)?;
        let since = known.accepted.unwrap_or(u64::MAX);
        for before in vintages.iter().filter(|vintage| vintage.position < since) {
            let blocks = self.blocks_listed(&lane, &manifests(before))?;
            kept.extend(blocks.into_iter().map(|block| block.name).filter(|name| !own_names.contains(name)));
        }
        for after in vintages.iter().filter(|vintage| vintage.position >= since) {
            for block in self.blocks_listed(&lane, &manifests(after))? {
                if !kept.contains(&block.name) && own.iter().any(|own| own.overlaps(&block)) {
                    objects.insert(block.name);
                }
            }
        }
        each_named(&self.store, Unreadable::Refused, &mut |named| {
            if named.kind == ObjectKind::ReportPage && *named.submission == *submission {
                objects.insert(named.name);
            }
        })?;
        let names: Vec<Name> = objects.iter().copied().collect();
        let there = self.store.has(&names);
        let gone = self.store.is_expunged(&names);
        for ((name, is_there), is_gone) in names.iter().zip(there).zip(gone) {
            if !is_there || is_gone {
                objects.remove(name);
            }
        }
        let mut unreadable = BTreeSet::new();
        for vintage in &vintages {
            let blocks = self.blocks_listed(&lane, &manifests(vintage))?;
            if blocks.iter().any(|block| objects.contains(&block.name)) {
                unreadable.insert(vintage.position);
            }
        }
        Ok(Reach { lane, objects, blocks_in_force, vintages: unreadable })
    }

    /// Blocks that manifests of a lane list.
    pub(super) fn blocks_listed(&self, lane: &LaneId, manifests: &[Vec<u8>]) -> Result<Vec<Listed>, Refusal> {
        let secrets = self.lane_secrets(lane);
        let failed = |error: prost::DecodeError| Refusal::internal(error.to_string());
        let mut blocks = Vec::new();
        for digest in manifests.iter().filter(|digest| !digest.is_empty()) {
            let manifest = v1::Manifest::decode(content(&self.store, digest)?).map_err(failed)?;
            for page in manifest.parts.iter().flat_map(|part| &part.pages) {
                let page = v1::ManifestPage::decode(content(&self.store, &page.digest)?).map_err(failed)?;
                for block in &page.blocks {
                    let Some(digest) = Digest::from_slice(&block.digest) else { continue };
                    blocks.push(Listed {
                        name: secrets.place(&digest),
                        first_key: key_of(&page, &block.first_key),
                        last_key: key_of(&page, &block.last_key),
                    });
                }
            }
        }
        Ok(blocks)
    }
}

/// Manifests of a vintage: of all it shows at any moment.
fn manifests(vintage: &Recorded) -> Vec<Vec<u8>> {
    let digests: BTreeSet<Vec<u8>> =
        vintage.row.steps.iter().map(|step| step.manifest_digest.clone()).collect();
    digests.into_iter().filter(|digest| !digest.is_empty()).collect()
}

fn key_of(page: &v1::ManifestPage, indexes: &[u32]) -> Vec<String> {
    let code = |(place, index): (usize, &u32)| {
        page.dimensions
            .get(place)
            .and_then(|codes| codes.codes.get(*index as usize))
            .cloned()
            .unwrap_or_default()
    };
    indexes.iter().enumerate().map(code).collect()
}
