//! What may go: objects that no record ever named and no open upload names, once they are old (DETAILS D23).

use std::collections::HashSet;

use mighub::block::Digest;
use mighub::v1::{self, record::What};
use mighub_store::{Name, Position, Swept};
use prost::Message;

use super::Hub;
use super::lane::{LaneId, LaneSecrets, agency, dataflow};
use super::moment::Moment;
use super::objects::{content, receipt_name};
use super::refusal::Refusal;
use super::structures::canonical_objects;

/// What was uploaded and never sealed is kept so long.
const ORPHANS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Names that must stay. The first eight bytes stand for a name: if two share them, an orphan stays, and that is
/// all.
#[derive(Default)]
struct Needed(HashSet<u64>);

impl Needed {
    /// True if it was not needed so far.
    fn add(&mut self, name: &Name) -> bool {
        self.0.insert(prefix(name))
    }

    fn has(&self, name: &Name) -> bool {
        self.0.contains(&prefix(name))
    }
}

fn prefix(name: &Name) -> u64 {
    name.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl Hub {
    /// Drops what nobody needs. Reads every manifest that a record names; submissions go on meanwhile.
    pub fn sweep(&self, now: Moment) -> Result<Swept, Refusal> {
        // From here on what a record or an upload names stays, whether or not it is seen below.
        let sweep = self.store.begin_sweep()?;
        let mut needed = Needed::default();
        for object in canonical_objects(self.registry().structures()) {
            needed.add(&object.name);
        }
        for position in 0..self.store.records() {
            let entry = self.store.record(Position(position))?;
            let record = v1::Record::decode(&entry.payload[..])
                .map_err(|error| Refusal::internal(error.to_string()))?;
            if matches!(record.what, Some(What::Accepted(_))) {
                needed.add(&receipt_name(position, &entry.payload));
            }
            self.name_all(&mut needed, record.what)?;
        }
        for (lane, blocks) in self.desk.under_way() {
            let secrets = self.lane_secrets(&lane);
            blocks.iter().for_each(|block| {
                needed.add(&secrets.place(block));
            });
        }
        let older_than = now.0.saturating_sub(ORPHANS_KEPT_MS);
        Ok(sweep.drop_unneeded(older_than, &|name| needed.has(name))?)
    }

    fn name_all(&self, needed: &mut Needed, what: Option<What>) -> Result<(), Refusal> {
        match what {
            Some(What::Structures(structures)) => {
                name(needed, &structures.message_digest);
            }
            Some(What::Rulebook(rulebook)) => {
                name(needed, &rulebook.rulebook_digest);
            }
            Some(What::Verdict(verdict)) => self.name_contents(needed, verdict.contents.as_ref())?,
            Some(What::Answer(answer)) => {
                name(needed, &answer.answers_digest);
            }
            Some(What::Accepted(accepted)) => {
                self.name_contents(needed, accepted.contents.as_ref())?;
                let lane = accepted.contents.as_ref().map(|c| (c.dataflow.clone(), c.provider.clone()));
                let (dataflow, provider) = lane.unwrap_or_default();
                let manifests = accepted.steps.iter().map(|step| &step.vintage_manifest_digest);
                for manifest in manifests.chain([&accepted.vintage_manifest_digest]) {
                    self.name_manifest(needed, &dataflow, &provider, manifest)?;
                }
            }
            Some(What::Released(released)) => {
                for step in &released.steps {
                    let manifest = &step.vintage_manifest_digest;
                    self.name_manifest(needed, &released.dataflow, &released.provider, manifest)?;
                }
            }
            Some(What::Withdrawn(withdrawn)) => {
                for step in &withdrawn.steps {
                    let manifest = &step.vintage_manifest_digest;
                    self.name_manifest(needed, &withdrawn.dataflow, &withdrawn.provider, manifest)?;
                }
            }
            // The others name nothing, or only what the record before named.
            _ => {}
        }
        Ok(())
    }

    fn name_contents(
        &self,
        needed: &mut Needed,
        contents: Option<&v1::SubmissionContents>,
    ) -> Result<(), Refusal> {
        let Some(contents) = contents else { return Ok(()) };
        name(needed, &contents.header_digest);
        name(needed, &contents.structure_digest);
        if name(needed, &contents.report_digest) {
            let report = v1::Report::decode(content(&self.store, &contents.report_digest)?);
            let report = report.map_err(|error| Refusal::internal(error.to_string()))?;
            report.page_digests.iter().for_each(|page| {
                name(needed, page);
            });
        }
        self.name_manifest(needed, &contents.dataflow, &contents.provider, &contents.manifest_digest)
    }

    /// A manifest, its pages, and their blocks. Vintages of a lane share pages, which are read once.
    fn name_manifest(
        &self,
        needed: &mut Needed,
        dataflow_text: &str,
        provider: &str,
        manifest: &[u8],
    ) -> Result<(), Refusal> {
        if manifest.is_empty() || !name(needed, manifest) {
            return Ok(());
        }
        let lane = LaneId {
            dataflow: dataflow("dataflow", dataflow_text)?,
            provider: agency("provider", provider)?,
        };
        let secrets: LaneSecrets = self.lane_secrets(&lane);
        let failed = |error: prost::DecodeError| Refusal::internal(error.to_string());
        let manifest = v1::Manifest::decode(content(&self.store, manifest)?).map_err(failed)?;
        for page in manifest.parts.iter().flat_map(|part| &part.pages) {
            name(needed, &page.digest);
            // Two lanes may share a page, and still have blocks of their own: that it was read is noted by lane.
            let read =
                Digest::from_slice(&page.digest).is_some_and(|digest| needed.add(&secrets.place(&digest)));
            if !read {
                continue;
            }
            let page = v1::ManifestPage::decode(content(&self.store, &page.digest)?).map_err(failed)?;
            for digest in page.blocks.iter().filter_map(|block| Digest::from_slice(&block.digest)) {
                needed.add(&secrets.place(&digest));
            }
        }
        Ok(())
    }
}

/// Takes note of a digest; true if it is new.
fn name(needed: &mut Needed, digest: &[u8]) -> bool {
    Digest::from_slice(digest).is_some_and(|digest| needed.add(&Name(digest.0)))
}
