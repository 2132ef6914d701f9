//! Blocks, pages and manifest of a submission, written to a folder of the outbox while the file is read.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub::block::{BlockWriter, CANON, Digest, FinishedBlock};
use mighub::convert::dataset_attribute_message;
use mighub::manifest::{MANIFEST_BYTES_MAX, PARTS_MAX, PageWriter};
use mighub::v1;
use mighub_sdmx::Columns;
use mighub_sdmx::csv::Action;
use prost::Message;
use tempfile::TempDir;

use super::DatasetAttribute;
use super::frames::FrameWriter;
use crate::error::Error;
use crate::lane::LaneInfo;

/// The file with the manifest and its pages, as they travel.
pub const MANIFEST: &str = "manifest";
const PAGES: &str = "pages";

/// Everything that is to be sent, in a folder.
#[derive(Debug)]
pub struct Spool {
    /// Where it lies; it goes with this.
    pub folder: TempDir,
    /// Digest of the manifest.
    pub manifest: Digest,
    /// How large it is.
    pub totals: SpoolTotals,
}

/// How much there is to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolTotals {
    /// Blocks of all parts.
    pub blocks: u32,
    /// Observations of all parts.
    pub observations: u64,
    /// Bytes of the blocks, uncompressed.
    pub raw_bytes: u64,
    /// Bytes of the blocks, compressed.
    pub frame_bytes: u64,
    /// Bytes of the manifest with its pages.
    pub manifest_bytes: u64,
}

/// Takes observations part by part, in canonical order within each.
pub(super) struct SpoolWriter {
    lane: Arc<LaneInfo>,
    folder: TempDir,
    frames: FrameWriter,
    pages: BufWriter<File>,
    pages_path: PathBuf,
    parts: Vec<v1::ManifestPart>,
    part: Option<Part>,
    totals: SpoolTotals,
}

struct Part {
    blocks: BlockWriter,
    pages: PageWriter,
    message: v1::ManifestPart,
}

impl SpoolWriter {
    /// Writes into a new folder within `outbox`.
    pub(super) fn create(lane: Arc<LaneInfo>, folder: TempDir) -> Result<Self, Error> {
        let pages_path = folder.path().join(PAGES);
        let pages = File::create_new(&pages_path).map_err(Error::file(&pages_path))?;
        Ok(Self {
            lane,
            frames: FrameWriter::create(folder.path())?,
            folder,
            pages: BufWriter::new(pages),
            pages_path,
            parts: Vec::new(),
            part: None,
            totals: SpoolTotals::default(),
        })
    }

    /// Begins a part: what is pushed from now on takes effect in this way.
    pub(super) fn begin_part(&mut self, action: Action) -> Result<(), Error> {
        self.end_part()?;
        if self.parts.len() == PARTS_MAX {
            return Err(Error::TooManyParts);
        }
        let action = match action {
            Action::Merge => v1::PartAction::Merge,
            Action::Replace => v1::PartAction::Replace,
            Action::Delete => v1::PartAction::Delete,
        };
        self.part = Some(Part {
            blocks: BlockWriter::new(self.lane.definition.shape.clone(), self.lane.naming()),
            pages: PageWriter::default(),
            message: v1::ManifestPart { action: action.into(), pages: Vec::new() },
        });
        Ok(())
    }

    /// Takes observations that follow in canonical order on those of the same part before.
    pub(super) fn push(&mut self, columns: &Columns) -> Result<(), Error> {
        let Self { frames, pages, totals, .. } = self;
        let Some(part) = &mut self.part else {
            return Err(Error::Internal("observations came before their part".to_owned()));
        };
        let Part { blocks, pages: page_writer, message } = part;
        let mut keep = |block| keep_block(block, frames, page_writer, message, pages, totals);
        blocks.push(columns, &mut keep).map_err(Error::file(&self.pages_path))
    }

    fn end_part(&mut self) -> Result<(), Error> {
        let Some(mut part) = self.part.take() else { return Ok(()) };
        let Self { frames, pages, totals, .. } = self;
        let mut end = || {
            if let Some(block) = part.blocks.finish() {
                keep_block(block, frames, &mut part.pages, &mut part.message, pages, totals)?;
            }
            match part.pages.finish() {
                Some(page) => keep_page(page, &mut part.message, pages, totals),
                None => Ok(()),
            }
        };
        end().map_err(Error::file(&self.pages_path))?;
        // A run of rows may have had none that could be read.
        if !part.message.pages.is_empty() {
            self.parts.push(part.message);
        }
        Ok(())
    }

    /// Writes the manifest before its pages, as it travels.
    pub(super) fn finish(mut self, dataset_attributes: &[DatasetAttribute]) -> Result<Spool, Error> {
        self.end_part()?;
        let message = v1::Manifest {
            canon: CANON,
            dataflow: self.lane.lane.dataflow.clone(),
            provider: self.lane.lane.provider.clone(),
            structure_digest: self.lane.structure_digest.to_bytes(),
            parts: self.parts,
            dataset_attributes: dataset_attributes
                .iter()
                .map(|(id, value)| dataset_attribute_message(id, value.as_ref()))
                .collect(),
            absent_values: Vec::new(),
        };
        let manifest = message.encode_to_vec();
        if manifest.len() > MANIFEST_BYTES_MAX {
            let (found, limit) = (manifest.len() as u64, MANIFEST_BYTES_MAX as u64);
            return Err(Error::BeyondLimit { what: "bytes of the manifest", found, limit });
        }
        self.pages.flush().map_err(Error::file(&self.pages_path))?;
        drop(self.pages);
        let path = self.folder.path().join(MANIFEST);
        let bytes = assemble(&path, &manifest, &self.pages_path).map_err(Error::file(&path))?;
        std::fs::remove_file(&self.pages_path).map_err(Error::file(&self.pages_path))?;
        self.totals.frame_bytes = self.frames.finish(self.folder.path())?.bytes;
        self.totals.manifest_bytes = bytes;
        Ok(Spool { folder: self.folder, manifest: Digest::of(&manifest), totals: self.totals })
    }
}

fn keep_block(
    block: FinishedBlock,
    frames: &mut FrameWriter,
    page_writer: &mut PageWriter,
    part: &mut v1::ManifestPart,
    pages: &mut BufWriter<File>,
    totals: &mut SpoolTotals,
) -> io::Result<()> {
    totals.blocks += 1;
    totals.observations += u64::from(block.info.observations);
    totals.raw_bytes += u64::from(block.info.raw_bytes);
    frames.push(block.raw);
    match page_writer.push(block.info) {
        Some(page) => keep_page(page, part, pages, totals),
        None => Ok(()),
    }
}

fn keep_page(
    (reference, page): (v1::PageReference, Vec<u8>),
    part: &mut v1::ManifestPart,
    pages: &mut BufWriter<File>,
    totals: &mut SpoolTotals,
) -> io::Result<()> {
    part.pages.push(reference);
    totals.manifest_bytes += page.len() as u64;
    write_delimited(pages, &page)
}

fn assemble(path: &Path, manifest: &[u8], pages: &Path) -> io::Result<u64> {
    let mut output = BufWriter::new(File::create_new(path)?);
    write_delimited(&mut output, manifest)?;
    io::copy(&mut BufReader::new(File::open(pages)?), &mut output)?;
    output.into_inner()?.metadata().map(|metadata| metadata.len())
}

/// Bytes with their length before them as a varint.
fn write_delimited(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let mut length = Vec::with_capacity(10);
    prost::encoding::encode_varint(bytes.len() as u64, &mut length);
    output.write_all(&length)?;
    output.write_all(bytes)
}
