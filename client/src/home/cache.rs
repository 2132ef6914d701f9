//! Structures and rulebooks by digest, and lanes as the hub last told of them: enough to check a file without
//! the hub.

use std::path::{Path, PathBuf};

use mighub::block::Digest;
use mighub::v1;
use prost::Message;

use super::files::{self, Access};
use crate::error::Error;

/// The folder `cache/`. May be deleted at any time.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// What is kept by digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SDMX-JSON structure messages.
    Structures,
    /// Rulebooks.
    Rulebooks,
}

impl Cache {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A content, if it is there and whole: what does not have its digest counts as missing.
    pub(crate) fn content(&self, kind: Kind, digest: Digest) -> Result<Option<Vec<u8>>, Error> {
        let bytes = files::read_if_there(&self.content_path(kind, digest))?;
        Ok(bytes.filter(|bytes| Digest::of(bytes) == digest))
    }

    /// Keeps a content under its digest.
    pub(crate) fn keep_content(&self, kind: Kind, content: &[u8]) -> Result<(), Error> {
        let path = self.content_path(kind, Digest::of(content));
        files::create_folder(path.parent().unwrap_or(&self.folder))?;
        files::write(&path, content, Access::Usual)
    }

    /// What the hub last said of a lane.
    pub(crate) fn lane(&self, lane: &v1::Lane) -> Result<Option<v1::GetLaneResponse>, Error> {
        let bytes = files::read_if_there(&self.lane_path(lane))?;
        Ok(bytes.and_then(|bytes| v1::GetLaneResponse::decode(&bytes[..]).ok()))
    }

    /// Keeps what the hub says of a lane. It holds the lane's key, so it is its owner's alone.
    pub(crate) fn keep_lane(&self, lane: &v1::Lane, answer: &v1::GetLaneResponse) -> Result<(), Error> {
        let path = self.lane_path(lane);
        files::create_folder(path.parent().unwrap_or(&self.folder))?;
        files::write(&path, &answer.encode_to_vec(), Access::OwnerOnly)
    }

    fn content_path(&self, kind: Kind, digest: Digest) -> PathBuf {
        let folder = match kind {
            Kind::Structures => "structures",
            Kind::Rulebooks => "rulebooks",
        };
        self.folder.join(folder).join(digest.to_string())
    }

    fn lane_path(&self, lane: &v1::Lane) -> PathBuf {
        // Ids have no / and no path may be built of what else a message holds.
        let name = Digest::of(format!("{}\0{}", lane.provider, lane.dataflow).as_bytes());
        self.folder.join("lanes").join(name.to_string())
    }
}
