//! Damage in a hub's folder, named in the words of the trade, and mended from a backup or from what an office has.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use mighub::block::{Digest, decompress};
use mighub_intake::{FrameReader, MANIFEST};
use mighub_store::{FsckReport, Name, Remedies, StoreReader, Until};
use prost::bytes::Bytes;

use super::concerned::{Concerned, concerned};
use crate::hub::Refusal;
use crate::hub::named::{ObjectKind, Unreadable, each_named};
use crate::serve::HubFolder;

/// What fsck found, and did if it was allowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Of the store's files.
    pub report: FsckReport,
    /// Who is concerned by what was found.
    pub concerned: Concerned,
    /// The same, of what is still lost.
    pub still_concerned: Concerned,
}

/// Why fsck did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// No hub is there.
    #[error("{0} holds no hub: name its folder with --dir")]
    NoHub(PathBuf),
    /// Nothing to mend from.
    #[error(
        "{0} holds neither a backup, nor blocks as an office has them in its outbox: name another folder with --from"
    )]
    NoSource(PathBuf),
    /// The store.
    #[error(transparent)]
    Store(#[from] mighub_store::FsckError),
    /// The store's files cannot be read.
    #[error(transparent)]
    Open(#[from] mighub_store::OpenError),
    /// Its records cannot be understood.
    #[error(transparent)]
    Read(#[from] Refusal),
    /// The view could not be removed.
    #[error("{path}: {source}; remove it by hand: it is derived anew")]
    View {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Looks for damage in the folder of a hub that does not run. `from` are folders from which bytes are put back:
/// backups, other copies of the hub's folder, entries of an office's outbox. What is still damaged then is given up
/// if `accept_loss`; without either nothing is changed.
pub fn fsck(hub: &HubFolder, from: &[PathBuf], accept_loss: bool) -> Result<Repaired, FsckError> {
    let folder = hub.store();
    if !folder.is_dir() {
        return Err(FsckError::NoHub(hub.path().to_owned()));
    }
    let mut repaired =
        Repaired { report: mighub_store::fsck(&folder, Remedies::default())?, ..Repaired::default() };
    if repaired.report.damage.is_empty() {
        return Ok(repaired);
    }
    let (copies, parcels) = sources(from)?;
    // Records behind damage are read from a copy, where there is one.
    let best = copies.first().map_or(&folder, |copy| copy);
    let reader = StoreReader::open(best, Until::End).or_else(|_| StoreReader::open(&folder, Until::End));
    if let Ok(reader) = &reader {
        repaired.concerned = concerned(reader, &repaired.report.objects_damaged)?;
    }
    let mut healed = (0, 0, Vec::new());
    for copy in &copies {
        let done = mighub_store::fsck(&folder, Remedies { copy: Some(copy), ..Remedies::default() })?;
        healed =
            (healed.0 + done.frames_healed, healed.1 + done.objects_healed, [healed.2, done.copies].concat());
    }
    let mut offered = Offered::of(&folder, &parcels)?;
    let find: mighub_store::FindObject<'_> = &mut |name| offered.find(name);
    let last = mighub_store::fsck(&folder, Remedies { copy: None, find: Some(find), accept_loss })?;
    let damage = std::mem::take(&mut repaired.report.damage);
    let objects_damaged = std::mem::take(&mut repaired.report.objects_damaged);
    let is_repaired = last.is_repaired || last.damage.is_empty();
    repaired.report = FsckReport {
        damage,
        objects_damaged,
        frames_healed: healed.0 + last.frames_healed,
        objects_healed: healed.1 + last.objects_healed,
        copies: [healed.2, last.copies].concat(),
        is_repaired,
        ..last
    };
    if let Ok(reader) = StoreReader::open(&folder, Until::End) {
        repaired.still_concerned = concerned(&reader, &repaired.report.objects_lost)?;
    }
    let view = hub.view();
    if is_repaired && view.exists() {
        // It is derived anew; what it remembers of lost records must not come back.
        std::fs::remove_dir_all(&view).map_err(|source| FsckError::View { path: view, source })?;
    }
    Ok(repaired)
}

/// Stores of backups and copies, and entries of outboxes.
fn sources(from: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), FsckError> {
    let (mut copies, mut parcels) = (Vec::new(), Vec::new());
    for folder in from {
        if folder.join("store").join("journal").is_dir() {
            copies.push(folder.join("store"));
        } else if folder.join("journal").is_dir() {
            copies.push(folder.clone());
        } else if folder.join(MANIFEST).is_file() {
            parcels.push(folder.clone());
        } else {
            return Err(FsckError::NoSource(folder.clone()));
        }
    }
    Ok((copies, parcels))
}

/// Blocks that offices still have, by the names that they have in the store.
#[derive(Default)]
struct Offered {
    frames: HashMap<Digest, Vec<u8>>,
    digests: HashMap<Name, Digest>,
}

impl Offered {
    fn of(store: &Path, parcels: &[PathBuf]) -> Result<Self, FsckError> {
        let mut offered = Self::default();
        if parcels.is_empty() {
            return Ok(offered);
        }
        for parcel in parcels {
            offered.take(parcel).ok_or_else(|| FsckError::NoSource(parcel.clone()))?;
        }
        let reader = StoreReader::open(store, Until::End)?;
        each_named(&reader, Unreadable::LeftOut, &mut |named| {
            if named.kind == ObjectKind::Block
                && let Some(digest) = named.digest.filter(|digest| offered.frames.contains_key(digest))
            {
                offered.digests.insert(named.name, digest);
            }
        })?;
        Ok(offered)
    }

    /// Takes the blocks of an outbox's entry; each is what it decompresses to, whatever its folder says.
    fn take(&mut self, parcel: &Path) -> Option<()> {
        let mut frames = FrameReader::open(parcel).ok()?;
        for place in 0.. {
            let Ok(frame) = frames.read(place) else { break };
            if let Ok(raw) = decompress(&frame) {
                self.frames.insert(Digest::of(&raw), frame);
            }
        }
        Some(())
    }

    fn find(&mut self, name: &Name) -> Option<Bytes> {
        self.frames.get(self.digests.get(name)?).cloned().map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mighub::block::compress;

    #[test]
    fn blocks_of_an_outbox_are_known_by_what_they_decompress_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut blocks, mut index) = (Vec::new(), Vec::new());
        for content in ["one", "two"] {
            blocks.extend(compress(content.as_bytes()).expect("compresses"));
            index.extend((blocks.len() as u64).to_le_bytes());
        }
        for (name, bytes) in [(MANIFEST, Vec::new()), ("blocks", blocks), ("blocks.index", index)] {
            std::fs::write(folder.path().join(name), bytes).expect("written");
        }
        let (copies, parcels) = sources(&[folder.path().to_owned()]).expect("an outbox's entry");
        assert_eq!((copies.len(), parcels.len()), (0, 1));
        let mut offered = Offered::default();
        offered.take(&parcels[0]).expect("its blocks");
        let (known, unknown) = (Name([1; 32]), Name([2; 32]));
        offered.digests.insert(known, Digest::of(b"two"));
        let found = offered.find(&known).expect("it is offered");
        assert_eq!(decompress(&found).expect("a frame"), b"two");
        assert_eq!(offered.find(&unknown), None);
        assert!(matches!(sources(&[folder.path().join("none")]), Err(FsckError::NoSource(_))));
    }
}
