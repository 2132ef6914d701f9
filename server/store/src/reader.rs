//! The files of a store as they lie, read by somebody else than the hub: nothing is written, nobody is kept out. So
//! backups are made and verified, and damage is named.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::Name;
use crate::blocks::{self, BlockIndex};
use crate::error::{Error, OpenError};
use crate::format::check_format;
use crate::frame::{Header, Kind};
use crate::index::IndexEntry;
use crate::journal::{self, Entry, JournalIndex, Position, is_next, lane_of, read_entry};
use crate::log::{LogFile, count_files, file_path};
use crate::recovery::{Bodies, Chain, Tail, judge_tail, scan_until};
use crate::witness::{self, Seen, seen_in};

/// A damaged place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// The byte where it begins.
    pub offset: u64,
    /// What is wrong there, and what hangs on it.
    pub what: String,
}

/// How far a store goes. The hashes are of the last headers: as every header names the one before and the hash of
/// its body, they stand for all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Records in the journal.
    pub records: u64,
    /// Hash of the journal so far.
    pub journal_hash: [u8; 32],
    /// Frames in the block files: objects, and what is said of them.
    pub frames: u64,
    /// Hash of the block files so far.
    pub blocks_hash: [u8; 32],
}

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To the end of what is known to be durable: right beside a running hub.
    Durable,
    /// So far, and it must come out the same.
    Extent(Extent),
    /// As far as there are sound frames.
    End,
}

/// A store that is read where it lies.
pub struct StoreReader {
    journal: JournalIndex,
    blocks: BlockIndex,
    extent: Extent,
    damage: Vec<Damage>,
    /// What frames beyond the extent say is gone.
    gone_later: HashSet<Name>,
}

impl StoreReader {
    /// Follows the chains in `folder`. What is damaged is told by [`Self::damage`], and what lies before it can be
    /// read.
    pub fn open(folder: &Path, until: Until) -> Result<Self, OpenError> {
        expect_store(folder)?;
        check_format(folder)?;
        let seen = seen_by_witness(folder)?;
        let (records, frames) = match until {
            Until::Durable => (seen.records, seen.objects),
            Until::Extent(extent) => (extent.records, extent.frames),
            Until::End => (u64::MAX, u64::MAX),
        };
        let mut reader = Self {
            journal: JournalIndex::default(),
            blocks: BlockIndex::default(),
            extent: Extent::default(),
            damage: Vec::new(),
            gone_later: HashSet::new(),
        };
        let chain = reader.follow_journal(&folder.join("journal"), records)?;
        (reader.extent.records, reader.extent.journal_hash) = (chain.next, chain.hash);
        let chain = reader.follow_blocks(&folder.join("blocks"), frames)?;
        (reader.extent.frames, reader.extent.blocks_hash) = (chain.next, chain.hash);
        if let Until::Extent(expected) = until
            && reader.damage.is_empty()
            && reader.extent != expected
        {
            let what = "its history is not the one that is written down of it".to_owned();
            reader.damage.push(Damage { path: folder.to_owned(), offset: 0, what });
        }
        Ok(reader)
    }

    fn follow_journal(&mut self, folder: &Path, until: u64) -> Result<Chain, OpenError> {
        let (journal, mut malformed) = (&mut self.journal, None);
        let followed = follow(folder, journal::SUFFIX, Bodies::Checked, until, &mut |frame| {
            let Frame { file, nth, offset, header, body } = *frame;
            while journal.files.len() <= nth as usize {
                journal.files.push(file.clone());
            }
            match lane_of(body).filter(|lane| is_next(journal, header, lane)) {
                Some(lane) => journal.add(header, lane, (nth, offset)),
                None if malformed.is_none() => {
                    let what = "a record has its hash and breaks its lane's chain or the order of times";
                    malformed = Some(Damage { path: file.path.to_path_buf(), offset, what: what.to_owned() });
                }
                None => {}
            }
        })?;
        self.damage.extend(malformed.into_iter().chain(followed.damage));
        Ok(followed.chain)
    }

    fn follow_blocks(&mut self, folder: &Path, until: u64) -> Result<Chain, OpenError> {
        let (blocks, gone_later) = (&mut self.blocks, &mut self.gone_later);
        let mut within = Chain::default();
        let followed = follow(folder, blocks::SUFFIX, Bodies::Skipped, u64::MAX, &mut |frame| {
            let Frame { file, nth, offset, header, .. } = *frame;
            if header.sequence >= until {
                if header.label.kind == Kind::Gone {
                    gone_later.insert(header.name());
                }
                return;
            }
            within = Chain::before(header.sequence + 1, header.hash);
            while blocks.files.len() <= nth as usize {
                blocks.files.push(file.clone());
            }
            if !header.is_swept {
                blocks.apply(&IndexEntry::of(header, offset), nth);
            }
        })?;
        // What comes later may still be being written.
        if within.next < until {
            self.damage.extend(followed.damage);
        }
        Ok(within)
    }

    /// How far it was read.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Where the chains break, if they do.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Number of records that can be read.
    pub fn records(&self) -> u64 {
        self.journal.len()
    }

    /// Number of objects that are there.
    pub fn objects(&self) -> u64 {
        self.blocks.len()
    }

    /// The record at a position, its hashes checked.
    pub fn record(&self, position: Position) -> Result<Entry, Error> {
        let (file, offset) = self.journal.find(position)?;
        read_entry(&file, offset, position)
    }

    /// The object with this name, its hashes checked.
    pub fn object(&self, name: &Name) -> Result<Bytes, Error> {
        self.blocks.find(name)?.read()
    }

    /// Names of objects that were expunged, also of those about which frames beyond the extent say so.
    pub fn expunged(&self) -> Vec<Name> {
        let gone = self.blocks.places.iter().filter(|(_, place)| place.is_gone).map(|(name, _)| *name);
        let mut names: Vec<Name> = gone.chain(self.gone_later.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Reads every object and names those that do not have their hash, in the order of their names.
    pub fn unsound(&self) -> Vec<(Name, Damage)> {
        let mut names: Vec<&Name> = self.blocks.places.keys().collect();
        names.sort_unstable_by_key(|name| {
            self.blocks.places.get(*name).map(|place| (place.file, place.offset))
        });
        let damage = |name: &Name| match self.object(name) {
            Ok(_) | Err(Error::Gone(_)) => None,
            Err(_) if self.gone_later.contains(name) => None,
            Err(error) => {
                let place = self.blocks.places.get(name)?;
                let path = self.blocks.files.get(place.file as usize)?.path.to_path_buf();
                let what = match error {
                    Error::Damaged { .. } => format!("object {name:?} does not have its hash"),
                    other => other.to_string(),
                };
                Some((*name, Damage { path, offset: place.offset, what }))
            }
        };
        names.into_iter().filter_map(damage).collect()
    }
}

/// Refuses a folder that holds no store, which opening would make one.
pub(crate) fn expect_store(folder: &Path) -> Result<(), OpenError> {
    let holds_one = folder.join("journal").is_dir() && folder.join("blocks").is_dir();
    if holds_one { Ok(()) } else { Err(OpenError::NoStore(folder.to_owned())) }
}

/// Whether another process has a store open.
pub(crate) fn is_in_use(folder: &Path) -> Result<bool, OpenError> {
    let path = folder.join("lock");
    let Ok(file) = File::open(&path) else { return Ok(false) };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

/// How often a witness is read: its two slots may both be written while one reading goes over them.
const WITNESS_READINGS: u32 = 4;

/// What the witness of a store remembers.
pub(crate) fn seen_by_witness(folder: &Path) -> Result<Seen, OpenError> {
    let path = witness::path(folder);
    let file = match crate::disk::open_to_read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Seen::default()),
        file => file.map_err(OpenError::io(&path))?,
    };
    let mut newest = Seen::default();
    for _ in 0..WITNESS_READINGS {
        let seen = seen_in(&*file).map_err(OpenError::io(&path))?;
        newest = if seen.writes > newest.writes { seen } else { newest };
    }
    Ok(newest)
}

/// A frame that was read.
pub(crate) struct Frame<'f> {
    pub(crate) file: &'f LogFile,
    /// Number of the file.
    pub(crate) nth: u32,
    pub(crate) offset: u64,
    pub(crate) header: &'f Header,
    /// Empty where bodies are skipped.
    pub(crate) body: &'f [u8],
}

/// Where following the files of a log has ended.
pub(crate) struct Followed {
    pub(crate) chain: Chain,
    pub(crate) damage: Option<Damage>,
}

/// Calls `visit` for the frames before `until`, as long as they are sound.
pub(crate) fn follow(
    folder: &Path,
    suffix: &str,
    bodies: Bodies,
    until: u64,
    visit: &mut dyn FnMut(&Frame<'_>),
) -> Result<Followed, OpenError> {
    let mut chain = Chain::default();
    let count = count_files(folder, suffix)?;
    for nth in 0..count {
        if chain.next >= until {
            break;
        }
        let path = file_path(folder, suffix, nth);
        let damaged = |offset, what: String, chain| {
            Ok(Followed { chain, damage: Some(Damage { path: path.clone(), offset, what }) })
        };
        let file = match LogFile::open_to_read(path.clone()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return damaged(0, "the file is missing".to_owned(), chain);
            }
            file => file.map_err(OpenError::io(&path))?,
        };
        let end = scan_until(&*file.file, 0, &mut chain, bodies, until, &mut |header, offset, body| {
            visit(&Frame { file: &file, nth, offset, header, body });
        })
        .map_err(OpenError::io(&path))?;
        if chain.next >= until {
            break;
        }
        match judge_tail(&*file.file, &path, end, chain.next)? {
            Tail::Clean => {}
            Tail::Torn { .. } if nth + 1 == count && until == u64::MAX => {}
            Tail::Torn { bytes } => {
                return damaged(end, format!("the last {bytes} bytes are no frame"), chain);
            }
            Tail::Damaged { sound } => {
                let what = format!("frame {} is damaged, and {sound} sound ones follow", chain.next);
                return damaged(end, what, chain);
            }
        }
    }
    if until != u64::MAX && chain.next < until {
        let path = file_path(folder, suffix, count.saturating_sub(1));
        let offset = std::fs::metadata(&path).map_or(0, |file| file.len());
        let what = format!("it ends after {} frames, and there were {until}", chain.next);
        return Ok(Followed { chain, damage: Some(Damage { path, offset, what }) });
    }
    Ok(Followed { chain, damage: None })
}
