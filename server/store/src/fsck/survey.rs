//! What lies in the files of a damaged log.

use std::io;
use std::path::Path;

use crate::disk::{Disk, RealDisk};
use crate::error::OpenError;
use crate::frame::{Header, Kind};
use crate::log::{LogFile, count_files, file_path};
use crate::reader::Damage;
use crate::recovery::{Bodies, Chain, Tail, judge_tail, scan, search};

/// What was found in the files of a log.
#[derive(Default)]
pub(super) struct Survey {
    /// As far as the frames are sound.
    pub(super) chain: Chain,
    pub(super) damage: Option<Damage>,
    /// File and offset where the sound frames end, if damage follows.
    pub(super) cut: Option<(u32, u64)>,
    /// One more than the highest sequence of any sound header.
    pub(super) reach: u64,
    /// Frames that a witness remembers.
    pub(super) seen: u64,
    /// Objects that do not have their hash.
    pub(super) unsound: Vec<(Unsound, Damage)>,
}

/// An object that does not have its hash.
pub(super) struct Unsound {
    pub(super) header: Header,
    pub(super) file: LogFile,
    pub(super) offset: u64,
}

/// Follows a log of which `seen` frames are known to have been durable.
pub(super) fn survey(folder: &Path, suffix: &str, seen: u64, bodies: Bodies) -> Result<Survey, OpenError> {
    let mut found = Survey { seen, ..Survey::default() };
    let mut last_group = 0;
    let count = count_files(folder, suffix)?;
    for nth in 0..count {
        let path = file_path(folder, suffix, nth);
        if !path.exists() {
            found.cut = Some((nth, 0));
            found.damage = Some(Damage { path, offset: 0, what: "the file is missing".to_owned() });
            note_reach(&mut found, folder, suffix, (nth + 1, 0), count)?;
            break;
        }
        let file = LogFile::open(&RealDisk, path.clone(), false).map_err(OpenError::io(&path))?;
        let mut objects: Vec<(Header, u64)> = Vec::new();
        let unsound = &mut found.unsound;
        let end = scan(&*file.file, 0, &mut found.chain, bodies, &mut |header, offset, _| {
            last_group = header.sequence.saturating_sub(header.in_group.into());
            match header.label.kind {
                // What is gone was overwritten on purpose, and what is lost was reported when it was.
                Kind::Gone | Kind::Lost => {
                    objects.retain(|(object, _)| object.name() != header.name());
                    unsound.retain(|(object, _)| object.header.name() != header.name());
                }
                Kind::Object if !header.is_swept => objects.push((*header, offset)),
                Kind::Object | Kind::Record => {}
            }
        })
        .map_err(OpenError::io(&path))?;
        for (header, offset) in objects {
            if file.read_frame(offset, header.label.length as usize).is_err() {
                let what = format!("object {:?} does not have its hash", header.name());
                let damage = Damage { path: path.clone(), offset, what };
                found.unsound.push((Unsound { header, file: file.clone(), offset }, damage));
            }
        }
        let tail = judge_tail(&*file.file, &path, end, found.chain.next)?;
        let is_torn = matches!(tail, Tail::Torn { .. }) && nth + 1 == count && found.chain.next >= seen;
        if is_torn || tail == Tail::Clean && !goes_on_later(folder, suffix, nth, count, &found.chain) {
            continue;
        }
        let sound = note_reach(&mut found, folder, suffix, (nth, end), count)?;
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
    found.unsound.retain(|(unsound, _)| !is_torn(&unsound.header));
    Ok(found)
}

/// Whether a file that ends well ends too early: the next one begins with a later frame.
fn goes_on_later(folder: &Path, suffix: &str, nth: u32, count: u32, chain: &Chain) -> bool {
    let next = (nth + 1 < count).then(|| LogFile::open_to_read(file_path(folder, suffix, nth + 1)).ok());
    let first = next.flatten().and_then(|next| next.read_header(0).ok());
    first.is_some_and(|first| first.sequence > chain.next)
}

/// Counts the sound headers from a place on, and notes how far they reach.
fn note_reach(
    found: &mut Survey,
    folder: &Path,
    suffix: &str,
    (nth, offset): (u32, u64),
    count: u32,
) -> Result<usize, OpenError> {
    let mut sound = 0;
    for later in nth..count {
        let path = file_path(folder, suffix, later);
        let Ok(file) = LogFile::open_to_read(path.clone()) else { continue };
        let headers =
            survivors(&file, if later == nth { offset } else { 0 }).map_err(OpenError::io(&path))?;
        sound += headers.len();
        found.reach = headers.last().map_or(found.reach, |(header, _)| header.sequence.saturating_add(1));
    }
    Ok(sound)
}

/// Sound headers behind a damaged place: those of a chain that reaches the end of the file. Others may be bytes
/// within an object that look like a frame, by chance or by intent.
pub(super) fn survivors(file: &LogFile, start: u64) -> io::Result<Vec<(Header, u64)>> {
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

/// Opens a file to be written.
pub(super) fn open(path: &Path) -> Result<LogFile, OpenError> {
    let file = RealDisk.open(path, false).map_err(OpenError::io(path))?;
    Ok(LogFile { path: path.into(), file })
}
