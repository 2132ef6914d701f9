//! What was sent, compared with what was signed: the manifest with its pages, and the blocks where they are at hand.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use mighub::block::{Digest, LaneKey, decompress};
use mighub::manifest::{MANIFEST_BYTES_MAX, PAGE_BYTES_MAX, read_manifest, read_page};
use mighub::v1;
use mighub_intake::FrameReader;

use crate::error::Error;

/// The file with a manifest and its pages, as they travel: in the outbox and in an auditor's folder.
pub(super) const MANIFEST: &str = "manifest";
/// Bytes of a length, at most.
const LENGTH_BYTES_MAX: u32 = 10;

/// What a manifest lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) blocks: u64,
    pub(super) observations: u64,
    /// Blocks that were at hand and have the digest that the manifest names.
    pub(super) compared: u64,
    /// Blocks whose names only the office's own key can tell.
    pub(super) keyed: u64,
}

/// Why what was sent is not what was signed.
#[derive(Debug)]
pub(super) enum Differs {
    /// A file cannot be read.
    File(io::Error),
    /// It is another.
    Other(String),
}

impl From<io::Error> for Differs {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Compares the manifest in `folder` with the digest that was signed, and its blocks with the manifest as far as they
/// are there and `key` allows.
pub(super) fn compare(folder: &Path, signed: &[u8], key: Option<&LaneKey>) -> Result<Listed, Differs> {
    let mut file = BufReader::new(File::open(folder.join(MANIFEST))?);
    let other = |text: &str| Differs::Other(text.to_owned());
    let bytes = next(&mut file, MANIFEST_BYTES_MAX)?;
    if Digest::of(&bytes).0[..] != *signed {
        return Err(other("the manifest is not the one whose digest was signed"));
    }
    let manifest = read_manifest(&bytes).map_err(|error| Differs::Other(error.to_string()))?;
    let mut blocks = FrameReader::open(folder).ok();
    let mut listed = Listed::default();
    for reference in manifest.parts.iter().flat_map(|part| &part.pages) {
        let bytes = next(&mut file, PAGE_BYTES_MAX)?;
        if Digest::of(&bytes).0[..] != *reference.digest {
            return Err(other("a page of the manifest is not the one that the manifest names"));
        }
        for block in blocks_of(&bytes).map_err(Differs::Other)? {
            if let Some(reader) = &mut blocks {
                compare_block(reader, listed.blocks as u32, &block, key, &mut listed)?;
            }
            listed.blocks += 1;
            listed.observations += u64::from(block.observations);
        }
    }
    if file.read(&mut [0])? != 0 {
        return Err(other("there is more behind the manifest's last page"));
    }
    Ok(listed)
}

fn blocks_of(page: &[u8]) -> Result<Vec<mighub::manifest::BlockInfo>, String> {
    use prost::Message;
    // A page says itself how many dimensions it has; whether they are the dataflow's is no question of evidence.
    let message = v1::ManifestPage::decode(page).map_err(|error| error.to_string())?;
    read_page(page, message.dimensions.len()).map_err(|error| error.to_string())
}

fn compare_block(
    reader: &mut FrameReader,
    place: u32,
    block: &mighub::manifest::BlockInfo,
    key: Option<&LaneKey>,
    listed: &mut Listed,
) -> Result<(), Differs> {
    let raw = decompress(&reader.read(place)?).map_err(|error| Differs::Other(error.to_string()))?;
    let digest = match (block.keyed, key) {
        (false, _) => Digest::of(&raw),
        (true, Some(key)) => Digest::keyed(key, &raw),
        (true, None) => {
            listed.keyed += 1;
            return Ok(());
        }
    };
    if digest != block.digest {
        return Err(Differs::Other(format!("block {place} holds other figures than the manifest names")));
    }
    listed.compared += 1;
    Ok(())
}

/// The next message: its length as a varint, and its bytes.
fn next(file: &mut impl Read, most: usize) -> Result<Vec<u8>, Differs> {
    let mut length: u64 = 0;
    for nth in 0..LENGTH_BYTES_MAX {
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        length |= u64::from(byte[0] & 0x7f) << (7 * nth).min(63);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    if length > most as u64 {
        return Err(Differs::Other("a part of the manifest is longer than it may be".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(Differs::Other("the manifest breaks off".to_owned()));
    }
    Ok(bytes)
}

/// Whether there is a manifest in a folder.
pub(super) fn is_there(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

impl Differs {
    /// A file that cannot be read is an error of its own; anything else is a finding.
    pub(super) fn finding(self, folder: &Path) -> Result<String, Error> {
        match self {
            Self::File(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Ok("the manifest breaks off".to_owned())
            }
            Self::File(error) => Err(Error::file(&folder.join(MANIFEST))(error)),
            Self::Other(text) => Ok(text),
        }
    }
}
