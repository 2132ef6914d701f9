//! Repair: what to do about a store that does not open. It says what is damaged; if the loss is accepted it cuts the
//! journal where the damage begins, so that the hub is as it was at that moment, and keeps every sound object.
//!
//! Nothing is deleted: a file is copied beside itself before it is cut, as `NAME.damaged-N`.

use std::io;
use std::path::{Path, PathBuf};

use crate::Name;
use crate::batch::{Batch, Object};
use crate::blocks::{self, index_path};
use crate::disk::{Disk, RealDisk, sync_folder};
use crate::error::{Error, OpenError};
use crate::format::{check_format, format_path, lock, write_format};
use crate::frame::{HEADER_BYTES, Header, Kind};
use crate::journal;
use crate::log::{LogFile, count_files, file_path};
use crate::recovery::{Bodies, Chain, Tail, judge_tail, scan, search};
use crate::store::{Options, Store};
use crate::witness::{self, seen_in};

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

/// What a repair found, and did if it was allowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// The damaged places; empty if the store is sound.
    pub damage: Vec<Damage>,
    /// Records before the first damage: those that stay.
    pub records_kept: u64,
    /// Records from the first damage on, as far as they are known.
    pub records_lost: u64,
    /// Objects whose bytes are not what they were. They may be stored again.
    pub objects_lost: Vec<Name>,
    /// Copies of the files that were changed.
    pub copies: Vec<PathBuf>,
    /// Whether the store was changed, and opens now. The view has to be derived again.
    pub is_repaired: bool,
}

/// Looks for damage in a store that nobody has open; repairs it if `accept_loss`.
pub fn repair(folder: &Path, accept_loss: bool) -> Result<RepairReport, RepairError> {
    let lock = lock(folder)?;
    let mut report = RepairReport::default();
    let format = match check_format(folder) {
        Err(error @ OpenError::Format { .. }) => {
            report.damage.push(Damage { path: format_path(folder), offset: 0, what: error.to_string() });
            true
        }
        other => other.map(|()| false)?,
    };
    let at_witness = witness::path(folder);
    let seen = if at_witness.exists() {
        let file = RealDisk.open(&at_witness, false).map_err(OpenError::io(&at_witness))?;
        seen_in(&*file).map_err(OpenError::io(&at_witness))?
    } else {
        witness::Seen::default()
    };
    let (journal_folder, block_folder) = (folder.join("journal"), folder.join("blocks"));
    let journal = survey(&journal_folder, journal::SUFFIX, seen.records, Bodies::Checked)?;
    let blocks = survey(&block_folder, blocks::SUFFIX, seen.objects, Bodies::Skipped)?;
    report.records_kept = journal.chain.next;
    report.records_lost = seen.records.max(journal.reach).saturating_sub(journal.chain.next);
    report.objects_lost = blocks.unsound.iter().map(|(header, _)| header.name()).collect();
    report.damage.extend(journal.damage.into_iter().chain(blocks.damage));
    report.damage.extend(blocks.unsound.into_iter().map(|(_, damage)| damage));
    if report.damage.is_empty() || !accept_loss {
        return Ok(report);
    }

    if format {
        keep_copy(&format_path(folder), &mut report)?;
        write_format(folder)?;
    }
    if let Some((nth, offset)) = journal.cut {
        cut(&journal_folder, journal::SUFFIX, nth, offset, &mut report)?;
    }
    let salvage = match blocks.cut {
        Some((nth, offset)) => cut(&block_folder, blocks::SUFFIX, nth, offset, &mut report)?,
        None => Vec::new(),
    };
    // It remembers what is no longer so.
    if at_witness.exists() {
        keep_copy(&at_witness, &mut report)?;
        RealDisk.remove(&at_witness).map_err(OpenError::io(&at_witness))?;
    }
    let options = Options { free_space_min: 0, ..Options::default() };
    let (store, _) = Store::open_locked(folder, options, lock)?;
    for name in &report.objects_lost {
        store.mark(Kind::Lost, *name)?;
    }
    for (path, offset) in salvage {
        save(&store, &path, offset)?;
    }
    store.close();
    report.is_repaired = true;
    Ok(report)
}

/// Why a repair did not come to its end. What it had done by then is no harm: it can be started again.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The folder, or what is left after the repair, cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An object could not be stored again.
    #[error("an object could not be saved: {0}")]
    Save(#[from] Error),
}

/// What was found in the files of a log.
#[derive(Default)]
struct Survey {
    chain: Chain,
    damage: Option<Damage>,
    /// File and offset where the sound frames end, if damage follows.
    cut: Option<(u32, u64)>,
    /// One more than the highest sequence of any sound header.
    reach: u64,
    unsound: Vec<(Header, Damage)>,
}

fn survey(folder: &Path, suffix: &str, seen: u64, bodies: Bodies) -> Result<Survey, OpenError> {
    let mut found = Survey::default();
    let mut last_group = 0;
    let count = count_files(folder, suffix)?;
    for nth in 0..count {
        let path = file_path(folder, suffix, nth);
        if !path.exists() {
            found.cut = Some((nth, 0));
            found.damage = Some(Damage { path, offset: 0, what: "the file is missing".to_owned() });
            break;
        }
        let log_file = LogFile::open(&RealDisk, path.clone(), false).map_err(OpenError::io(&path))?;
        let mut objects: Vec<(Header, u64)> = Vec::new();
        let unsound = &mut found.unsound;
        let end = scan(&*log_file.file, 0, &mut found.chain, bodies, &mut |header, offset, _| {
            last_group = header.sequence.saturating_sub(header.in_group.into());
            match header.label.kind {
                // What is gone was overwritten on purpose, and what is lost was reported when it was.
                Kind::Gone | Kind::Lost => {
                    objects.retain(|(object, _)| object.name() != header.name());
                    unsound.retain(|(object, _): &(Header, Damage)| object.name() != header.name());
                }
                Kind::Object if !header.is_swept => objects.push((*header, offset)),
                Kind::Object | Kind::Record => {}
            }
        })
        .map_err(OpenError::io(&path))?;
        for (header, offset) in objects {
            if log_file.read_frame(offset, header.label.length as usize).is_err() {
                let what = format!("object {:?} does not have its hash", header.name());
                found.unsound.push((header, Damage { path: path.clone(), offset, what }));
            }
        }
        let tail = judge_tail(&*log_file.file, &path, end, found.chain.next)?;
        let is_torn = matches!(tail, Tail::Torn { .. }) && nth + 1 == count && found.chain.next >= seen;
        if tail == Tail::Clean || is_torn {
            continue;
        }
        let mut sound = 0;
        for later in nth..count {
            let path = file_path(folder, suffix, later);
            let Ok(file) = LogFile::open(&RealDisk, path.clone(), false) else { continue };
            let headers =
                survivors(&file, if later == nth { end } else { 0 }).map_err(OpenError::io(&path))?;
            sound += headers.len();
            found.reach = headers.last().map_or(found.reach, |(header, _)| header.sequence.saturating_add(1));
        }
        let what = format!("frame {} is damaged, and {sound} sound ones follow", found.chain.next);
        (found.cut, found.damage) = (Some((nth, end)), Some(Damage { path, offset: end, what }));
        break;
    }
    if found.damage.is_none() && found.chain.next < seen {
        let path = file_path(folder, suffix, count.saturating_sub(1));
        let offset = std::fs::metadata(&path).map_or(0, |file| file.len());
        let what = format!("the log ends after {} frames, and there were {seen}", found.chain.next);
        found.damage = Some(Damage { path, offset, what });
    }
    // What opening takes for a torn write is no damage.
    let is_torn = |header: &Header| found.cut.is_none() && header.sequence >= seen.max(last_group);
    found.unsound.retain(|(header, _)| !is_torn(header));
    Ok(found)
}

/// Copies the file where the damage begins, cuts it there, and sets later files aside. Gives where sound frames may
/// still be found.
fn cut(
    folder: &Path,
    suffix: &str,
    nth: u32,
    offset: u64,
    report: &mut RepairReport,
) -> Result<Vec<(PathBuf, u64)>, OpenError> {
    let mut sources = Vec::new();
    for later in nth..count_files(folder, suffix)? {
        let path = file_path(folder, suffix, later);
        let index = index_path(folder, later as usize);
        RealDisk.remove(&index).map_err(OpenError::io(&index))?;
        if !path.exists() {
            continue;
        }
        if later > nth {
            let aside = free_name(&path);
            RealDisk.rename(&path, &aside).map_err(OpenError::io(&path))?;
            report.copies.push(aside.clone());
            sources.push((aside, 0));
            continue;
        }
        sources.push((keep_copy(&path, report)?, offset));
        let file = RealDisk.open(&path, false).map_err(OpenError::io(&path))?;
        file.set_length(offset).and_then(|()| file.sync()).map_err(OpenError::io(&path))?;
    }
    Ok(sources)
}

/// Stores the sound objects of a file again, and says of expunged ones that they are gone.
fn save(store: &Store, path: &Path, start: u64) -> Result<(), RepairError> {
    let file = LogFile::open(&RealDisk, path.to_owned(), false).map_err(OpenError::io(path))?;
    for (header, offset) in survivors(&file, start).map_err(OpenError::io(path))? {
        match header.label.kind {
            Kind::Gone => store.mark(Kind::Gone, header.name())?,
            Kind::Object if !header.is_swept => {
                let Ok((header, frame)) = file.read_frame(offset, header.label.length as usize) else {
                    continue;
                };
                let bytes = bytes::Bytes::from(frame).slice(HEADER_BYTES..);
                let objects = vec![Object { name: header.name(), bytes }];
                store.commit(Batch { objects, time_ms: header.label.time_ms, ..Batch::default() })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Sound headers behind a damaged place: those of a chain that reaches the end of the file. Others may be bytes
/// within an object that look like a frame, by chance or by intent.
fn survivors(file: &LogFile, start: u64) -> io::Result<Vec<(Header, u64)>> {
    let length = file.file.length()?;
    let mut candidates = Vec::new();
    search(&*file.file, start, &mut |header, offset| {
        candidates.push((Chain::before(header.sequence, header.previous), offset))
    })?;
    for (mut chain, offset) in candidates {
        let mut headers = Vec::new();
        let visit = &mut |header: &Header, offset, _: &[u8]| headers.push((*header, offset));
        if scan(&*file.file, offset, &mut chain, Bodies::Skipped, visit)? == length {
            return Ok(headers);
        }
    }
    Ok(Vec::new())
}

fn keep_copy(path: &Path, report: &mut RepairReport) -> Result<PathBuf, OpenError> {
    let copy = free_name(path);
    let write = || -> io::Result<()> {
        std::fs::copy(path, &copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
        copy.parent().map_or(Ok(()), sync_folder)
    };
    write().map_err(OpenError::io(path))?;
    report.copies.push(copy.clone());
    Ok(copy)
}

fn free_name(path: &Path) -> PathBuf {
    let name = |nth: u32| PathBuf::from(format!("{}.damaged-{nth}", path.display()));
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}
