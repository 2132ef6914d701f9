//! Fsck: what to do about a damaged store. It says what is damaged, and puts the bytes back that a backup or an office
//! still has. What nobody has can be given up: the journal is cut where the damage begins, so that the hub is as it
//! was at that moment, and every sound object is kept.
//!
//! Nothing is deleted: a file is copied beside itself before it is changed, as `NAME.damaged-N`.

mod accept;
mod heal;
mod survey;

use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::Name;
use crate::batch::{Batch, Object};
use crate::disk::{Disk, RealDisk};
use crate::error::{Error, OpenError};
use crate::format::{check_format, format_path, lock, write_format};
use crate::frame::Kind;
use crate::reader::{Damage, expect_store, seen_by_witness};
use crate::recovery::Bodies;
use crate::store::{Options, Store};
use crate::witness;
use crate::{blocks, journal};
use survey::{Survey, survey};

/// Gives the bytes of an object, from wherever they may still be had; they must be those that belong to the name.
pub type FindObject<'a> = &'a mut dyn FnMut(&Name) -> Option<Bytes>;

/// What may be done about damage.
#[derive(Default)]
pub struct Remedies<'a> {
    /// The store of a backup, or another copy of the store.
    pub copy: Option<&'a Path>,
    /// Other places to look for objects in.
    pub find: Option<FindObject<'a>>,
    /// Whether to give up what is still damaged afterwards.
    pub accept_loss: bool,
}

/// What was found, and done if it was allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FsckReport {
    /// The damaged places; empty if the store is sound.
    pub damage: Vec<Damage>,
    /// Objects whose bytes were found damaged.
    pub objects_damaged: Vec<Name>,
    /// Frames that were put back from the copy, because their headers were damaged or missing.
    pub frames_healed: u64,
    /// Objects whose bytes were put back.
    pub objects_healed: u64,
    /// Records before the first damage that is left: those that stay.
    pub records_kept: u64,
    /// Records from there on, as far as they are known.
    pub records_lost: u64,
    /// Objects whose bytes are not what they were and that were not found elsewhere. They may be stored again.
    pub objects_lost: Vec<Name>,
    /// Copies of the files that were changed.
    pub copies: Vec<PathBuf>,
    /// Whether the store was changed, and is sound now.
    pub is_repaired: bool,
}

/// Why fsck did not come to its end. What it had done by then is no harm: it can be started again.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// The folder, the copy, or what is left after the repair, cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An object could not be stored again.
    #[error("an object could not be saved: {0}")]
    Save(#[from] Error),
}

/// What is known of a damaged store.
struct Found {
    format: bool,
    journal: Survey,
    blocks: Survey,
}

/// Looks for damage in a store that nobody has open, and does about it what is allowed. Without remedies nothing is
/// changed.
pub fn fsck(folder: &Path, mut remedies: Remedies<'_>) -> Result<FsckReport, FsckError> {
    expect_store(folder)?;
    let lock = lock(folder)?;
    let mut report = FsckReport::default();
    let mut found = look(folder)?;
    report.damage = found.damage(folder);
    report.objects_damaged = found.blocks.unsound.iter().map(|(unsound, _)| unsound.header.name()).collect();
    if report.damage.is_empty() {
        found.count(&mut report);
        return Ok(report);
    }
    let mut is_changed = false;
    if let Some(copy) = remedies.copy {
        is_changed |= heal::from_copy(folder, copy, &mut found, &mut report)?;
    }
    if let Some(find) = remedies.find.as_mut() {
        is_changed |= heal::in_place(&mut found, *find, &mut report)?;
    }
    if is_changed {
        found = look(folder)?;
    }
    found.count(&mut report);
    // Objects that are offered in other bytes than they had: stored again under their names.
    let mut offered = Vec::new();
    if let (true, Some(find)) =
        (found.journal.damage.is_none() && found.blocks.damage.is_none(), remedies.find)
    {
        for name in &report.objects_lost {
            offered.extend(find(name).map(|bytes| Object { name: *name, bytes }));
        }
        report.objects_lost.retain(|name| !offered.iter().any(|object| object.name == *name));
    }
    report.objects_healed += offered.len() as u64;
    let is_whole = report.records_lost == 0 && report.objects_lost.is_empty() && !found.is_cut();
    let has_remedy = remedies.copy.is_some() || !offered.is_empty() || is_changed;
    if !(remedies.accept_loss || has_remedy && is_whole) {
        return Ok(report);
    }
    if found.format {
        accept::keep_copy(&format_path(folder), &mut report)?;
        write_format(folder)?;
    }
    let salvage = accept::cut(folder, &found, &mut report)?;
    let options = Options { free_space_min: 0, ..Options::default() };
    let (store, _) = Store::open_locked(folder, options, lock)?;
    let lost: Vec<Name> =
        report.objects_lost.iter().chain(offered.iter().map(|object| &object.name)).copied().collect();
    for name in lost {
        store.mark(Kind::Lost, name)?;
    }
    store.commit(Batch { objects: offered, ..Batch::default() })?;
    for (path, offset) in salvage {
        accept::save(&store, &path, offset)?;
    }
    store.close();
    report.is_repaired = true;
    Ok(report)
}

fn look(folder: &Path) -> Result<Found, OpenError> {
    let format = match check_format(folder) {
        Err(OpenError::Format { .. }) => true,
        other => other.map(|()| false)?,
    };
    let seen = seen_by_witness(folder)?;
    Ok(Found {
        format,
        journal: survey(&folder.join("journal"), journal::SUFFIX, seen.records, Bodies::Checked)?,
        blocks: survey(&folder.join("blocks"), blocks::SUFFIX, seen.objects, Bodies::Skipped)?,
    })
}

impl Found {
    fn damage(&self, folder: &Path) -> Vec<Damage> {
        let format = self.format.then(|| Damage {
            path: format_path(folder),
            offset: 0,
            what: "it does not say which store this is".to_owned(),
        });
        let logs = self.journal.damage.iter().chain(&self.blocks.damage).cloned();
        let unsound = self.blocks.unsound.iter().map(|(_, damage)| damage.clone());
        format.into_iter().chain(logs).chain(unsound).collect()
    }

    /// Whether a chain breaks.
    fn is_cut(&self) -> bool {
        self.journal.damage.is_some() || self.blocks.damage.is_some()
    }

    /// Says what is lost as things stand.
    fn count(&self, report: &mut FsckReport) {
        report.records_kept = self.journal.chain.next;
        report.records_lost =
            self.journal.seen.max(self.journal.reach).saturating_sub(self.journal.chain.next);
        report.objects_lost = self.blocks.unsound.iter().map(|(unsound, _)| unsound.header.name()).collect();
    }
}

/// Forgets the witness, which remembers what is no longer so.
fn forget_witness(folder: &Path, report: &mut FsckReport) -> Result<(), OpenError> {
    let path = witness::path(folder);
    if path.exists() {
        accept::keep_copy(&path, report)?;
        RealDisk.remove(&path).map_err(OpenError::io(&path))?;
    }
    Ok(())
}
