//! What records name: every object of the store that belongs to the record, what it is, and whose. Sweeping keeps by
//! it, verifying checks by it, and damage is told by it in the words of the trade.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::{self, record::What};
use mighub_store::{Entry, Error, Name, Position, Store, StoreReader};
use prost::Message;
use prost::bytes::Bytes;

use super::lane::{LaneId, LaneSecrets, agency, dataflow};
use super::objects::receipt_name;
use super::refusal::Refusal;

/// Where records and objects are read: the hub's own store, or any copy of one.
pub trait Contents {
    /// Number of records.
    fn records(&self) -> u64;
    /// The record at a position, its hashes checked.
    fn record(&self, position: Position) -> Result<Entry, Error>;
    /// The object with this name, its hashes checked.
    fn object(&self, name: &Name) -> Result<Bytes, Error>;
}

impl Contents for Store {
    fn records(&self) -> u64 {
        self.records()
    }

    fn record(&self, position: Position) -> Result<Entry, Error> {
        self.record(position)
    }

    fn object(&self, name: &Name) -> Result<Bytes, Error> {
        self.object(name)
    }
}

impl Contents for StoreReader {
    fn records(&self) -> u64 {
        self.records()
    }

    fn record(&self, position: Position) -> Result<Entry, Error> {
        self.record(position)
    }

    fn object(&self, name: &Name) -> Result<Bytes, Error> {
        self.object(name)
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A structure message, or a structure that figures were made with.
    Structure,
    /// A rulebook.
    Rulebook,
    /// The header that an office signed.
    Header,
    /// The first page of a report.
    Report,
    /// A page of findings.
    ReportPage,
    /// Answers to findings.
    Answers,
    /// Reports about sources.
    SourceReports,
    /// Cells that a disclosure policy suppresses.
    SuppressedCells,
    /// A method of consolidation.
    Method,
    /// The list of what was sent, or of what a vintage holds.
    Manifest,
    /// A page of such a list.
    ManifestPage,
    /// Observations.
    Block,
    /// A signed receipt.
    Receipt,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Structure => "structures",
            Self::Rulebook => "a rulebook",
            Self::Header => "the signed header",
            Self::Report => "the report",
            Self::ReportPage => "findings of the report",
            Self::Answers => "answers to findings",
            Self::SourceReports => "reports about sources",
            Self::SuppressedCells => "the list of suppressed cells",
            Self::Method => "a method of consolidation",
            Self::Manifest => "a manifest",
            Self::ManifestPage => "a page of a manifest",
            Self::Block => "a block of observations",
            Self::Receipt => "the receipt",
        })
    }
}

/// An object as a record names it.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name in the store.
    pub name: Name,
    /// What it is.
    pub kind: ObjectKind,
    /// Digest of its content: of the bytes as they lie or, for a block, of what they decompress to. A receipt has
    /// none.
    pub digest: Option<Digest>,
    /// Position of the record.
    pub position: u64,
    /// The lane that it belongs to, if it does to one.
    pub lane: Option<Arc<LaneId>>,
    /// The submission that it belongs to; empty for none.
    pub submission: Arc<str>,
}

/// What to do where an object cannot be read that names others. What was expunged names nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Stop: what it names must not be taken for unneeded.
    Refused,
    /// Go on: it is visited itself, and that is what the caller asks about.
    LeftOut,
}

/// Calls `visit` for every object that any record names, in the order of the records; as often as it is named.
pub fn each_named(
    contents: &impl Contents,
    unreadable: Unreadable,
    visit: &mut dyn FnMut(Named),
) -> Result<(), Refusal> {
    let mut walk =
        Walk { contents, unreadable, visit, secret: None, pages: HashMap::new(), lanes: HashMap::new() };
    for position in 0..contents.records() {
        walk.record(position)?;
    }
    Ok(())
}

/// Who names what is being visited.
#[derive(Clone)]
struct By {
    position: u64,
    lane: Option<Arc<LaneId>>,
    submission: Arc<str>,
}

struct Walk<'w, C> {
    contents: &'w C,
    unreadable: Unreadable,
    visit: &'w mut dyn FnMut(Named),
    secret: Option<[u8; 32]>,
    /// Blocks of pages that were read: vintages of a lane share most of them.
    pages: HashMap<Digest, Arc<[Digest]>>,
    lanes: HashMap<Arc<LaneId>, LaneSecrets>,
}

impl<C: Contents> Walk<'_, C> {
    fn record(&mut self, position: u64) -> Result<(), Refusal> {
        let entry = self.contents.record(Position(position))?;
        let record = v1::Record::decode(&entry.payload[..]).map_err(no_message)?;
        let mut by = By { position, lane: None, submission: Arc::from("") };
        match record.what {
            Some(What::Founded(founded)) => self.secret = founded.lane_secret[..].try_into().ok(),
            Some(What::Structures(structures)) => {
                self.one(&by, ObjectKind::Structure, &structures.message_digest);
            }
            Some(What::Rulebook(rulebook)) => self.one(&by, ObjectKind::Rulebook, &rulebook.rulebook_digest),
            Some(What::Verdict(verdict)) => self.submission(&mut by, verdict.contents.as_ref())?,
            Some(What::Answer(answer)) => {
                by.submission = Arc::from(answer.submission_id);
                self.one(&by, ObjectKind::Answers, &answer.answers_digest);
            }
            Some(What::Accepted(accepted)) => {
                self.submission(&mut by, accepted.contents.as_ref())?;
                let name = receipt_name(position, &entry.payload);
                self.say(&by, ObjectKind::Receipt, name, None);
                self.manifest(&by, &accepted.vintage_manifest_digest)?;
                self.steps(&by, &accepted.steps)?;
            }
            Some(What::Withdrawn(withdrawn)) => {
                by.submission = Arc::from(&*withdrawn.submission_id);
                by.lane = Some(self.lane(&withdrawn.dataflow, &withdrawn.provider)?);
                self.manifest(&by, &withdrawn.vintage_manifest_digest)?;
                self.steps(&by, &withdrawn.steps)?;
            }
            Some(What::Released(released)) => {
                by.lane = Some(self.lane(&released.dataflow, &released.provider)?);
                self.steps(&by, &released.steps)?;
            }
            Some(What::Consolidated(consolidated)) => {
                by.lane = Some(self.lane(&consolidated.dataflow, &consolidated.provider)?);
                self.one(&by, ObjectKind::Structure, &consolidated.structure_digest);
                for method in &consolidated.method_digests {
                    self.one(&by, ObjectKind::Method, method);
                }
                self.manifest(&by, &consolidated.vintage_manifest_digest)?;
            }
            Some(What::MetadataReported(reported)) => {
                by.lane = Some(self.lane(&reported.dataflow, &reported.provider)?);
                self.one(&by, ObjectKind::SourceReports, &reported.reports_digest);
            }
            Some(What::Suppression(suppression)) => {
                by.lane = Some(self.lane(&suppression.dataflow, &suppression.provider)?);
                self.one(&by, ObjectKind::SuppressedCells, &suppression.cells_digest);
            }
            // The others name no objects.
            _ => {}
        }
        Ok(())
    }

    fn submission(&mut self, by: &mut By, contents: Option<&v1::SubmissionContents>) -> Result<(), Refusal> {
        let Some(contents) = contents else { return Ok(()) };
        by.submission = Arc::from(&*contents.submission_id);
        by.lane = Some(self.lane(&contents.dataflow, &contents.provider)?);
        self.one(by, ObjectKind::Header, &contents.header_digest);
        self.one(by, ObjectKind::Structure, &contents.structure_digest);
        self.one(by, ObjectKind::Report, &contents.report_digest);
        if let Some(report) = self.read(&contents.report_digest)? {
            let report = v1::Report::decode(report).map_err(no_message)?;
            report.page_digests.iter().for_each(|page| self.one(by, ObjectKind::ReportPage, page));
        }
        self.manifest(by, &contents.manifest_digest)
    }

    fn steps(&mut self, by: &By, steps: &[v1::ReleaseStep]) -> Result<(), Refusal> {
        steps.iter().try_for_each(|step| self.manifest(by, &step.vintage_manifest_digest))
    }

    /// A manifest, its pages, and their blocks.
    fn manifest(&mut self, by: &By, digest: &[u8]) -> Result<(), Refusal> {
        self.one(by, ObjectKind::Manifest, digest);
        let Some(manifest) = self.read(digest)? else { return Ok(()) };
        let manifest = v1::Manifest::decode(manifest).map_err(no_message)?;
        let Some(lane) = &by.lane else { return Ok(()) };
        let secret = self.secret.ok_or_else(|| Refusal::internal("no record founds the hub"))?;
        let secrets =
            self.lanes.entry(lane.clone()).or_insert_with(|| LaneSecrets::derive(&secret, lane)).clone();
        for page in manifest.parts.iter().flat_map(|part| &part.pages) {
            self.one(by, ObjectKind::ManifestPage, &page.digest);
            for block in self.blocks_of(&page.digest)?.iter() {
                self.say(by, ObjectKind::Block, secrets.place(block), Some(*block));
            }
        }
        Ok(())
    }

    fn blocks_of(&mut self, page: &[u8]) -> Result<Arc<[Digest]>, Refusal> {
        let Some(digest) = Digest::from_slice(page) else { return Ok(Arc::from([])) };
        if let Some(blocks) = self.pages.get(&digest) {
            return Ok(blocks.clone());
        }
        let Some(bytes) = self.read(page)? else { return Ok(Arc::from([])) };
        let page = v1::ManifestPage::decode(bytes).map_err(no_message)?;
        let blocks: Arc<[Digest]> =
            page.blocks.iter().filter_map(|block| Digest::from_slice(&block.digest)).collect();
        self.pages.insert(digest, blocks.clone());
        Ok(blocks)
    }

    /// The content of an object; nothing if it was expunged, or is left out.
    fn read(&self, digest: &[u8]) -> Result<Option<Bytes>, Refusal> {
        let Some(digest) = Digest::from_slice(digest) else { return Ok(None) };
        match self.contents.object(&Name(digest.0)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::Gone(_)) => Ok(None),
            Err(_) if self.unreadable == Unreadable::LeftOut => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn lane(&self, dataflow_text: &str, provider: &str) -> Result<Arc<LaneId>, Refusal> {
        let dataflow = dataflow("dataflow", dataflow_text)?;
        Ok(Arc::new(LaneId { dataflow, provider: agency("provider", provider)? }))
    }

    fn one(&mut self, by: &By, kind: ObjectKind, digest: &[u8]) {
        if let Some(digest) = Digest::from_slice(digest) {
            self.say(by, kind, Name(digest.0), Some(digest));
        }
    }

    fn say(&mut self, by: &By, kind: ObjectKind, name: Name, digest: Option<Digest>) {
        let By { position, lane, submission } = by.clone();
        (self.visit)(Named { name, kind, digest, position, lane, submission });
    }
}

fn no_message(error: prost::DecodeError) -> Refusal {
    Refusal::internal(format!("what a record names cannot be understood: {error}"))
}
