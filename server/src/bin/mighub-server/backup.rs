//! `mighub-server backup` and `restore`.

use std::path::Path;

use mighub_server::clock::Clock;
use mighub_server::serve::HubFolder;
use mighub_server::upkeep::{self, BackedUp, BackupError, Restored};
use serde_json::json;

use crate::arguments::{Backup, Restore};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn backup(dir: &Path, arguments: &Backup, output: Output) -> Result<(), Failure> {
    let now = Clock::of_machine().now();
    let done = upkeep::back_up(&HubFolder::new(dir), &arguments.backup, arguments.with_keys, now);
    let done = done.map_err(|error| match error {
        BackupError::Store(
            mighub_store::BackupError::Damaged { .. }
            | mighub_store::BackupError::Open(mighub_store::OpenError::Damaged { .. }),
        ) => Failure::damaged(format!(
            "no backup was made, and what was backed up before is as it was: {error}; see with `mighub-server fsck` \
             what is concerned"
        )),
        other => Failure::refused(other),
    })?;
    output.say(|| backed_up(&done, &arguments.backup), || of_backup(&done));
    Ok(())
}

fn backed_up(done: &BackedUp, backup: &Path) -> String {
    let BackedUp { manifest, store } = done;
    let mut text = format!(
        "{} holds the hub {} up to record {} of {}: {} bytes, verified; {} were copied\n",
        backup.display(),
        manifest.hub_id,
        manifest.records.saturating_sub(1),
        manifest.last_record_at,
        store.bytes,
        store.bytes_copied,
    );
    if store.files_replaced > 0 {
        text += &format!(
            "{} files were copied whole: swept since, or damaged in the backup\n",
            store.files_replaced
        );
    }
    if store.expunged > 0 {
        text += &format!("{} objects were expunged in the backup, too\n", store.expunged);
    }
    text += if manifest.has_keys() {
        "the hub's keys are in it: show it to nobody\n"
    } else {
        "the hub's keys are NOT in it; keep a copy of keys/ elsewhere, or back up with --with-keys\n"
    };
    text
}

fn of_backup(done: &BackedUp) -> serde_json::Value {
    json!({
        "hub_id": done.manifest.hub_id,
        "records": done.manifest.records,
        "last_record_at": done.manifest.last_record_at,
        "bytes": done.store.bytes,
        "bytes_copied": done.store.bytes_copied,
        "files_replaced": done.store.files_replaced,
        "expunged": done.store.expunged,
        "keys": done.manifest.has_keys(),
    })
}

pub(crate) fn restore(dir: &Path, arguments: &Restore, output: Output) -> Result<(), Failure> {
    let restored = upkeep::restore(&arguments.backup, &HubFolder::new(dir), &arguments.expunged_in);
    let restored = restored.map_err(Failure::refused)?;
    output.say(|| made(&restored, dir, arguments), || of_restored(&restored));
    Ok(())
}

fn made(restored: &Restored, dir: &Path, arguments: &Restore) -> String {
    let Restored { manifest, store, has_keys } = restored;
    let mut text = format!(
        "{} holds the hub {} as it was after record {} of {}\n",
        dir.display(),
        manifest.hub_id,
        manifest.records.saturating_sub(1),
        manifest.last_record_at,
    );
    text += "what was acknowledged after that is MISSING: offices have receipts for it, their clients will say that \
             the hub's history does not contain them, and they must send it again\n";
    if store.expunged > 0 {
        text += &format!("{} objects were expunged again\n", store.expunged);
    }
    if arguments.expunged_in.is_empty() {
        text += "if anything was expunged after this backup was made, it is back: restore with --expunged-in and the \
                 folder of the old hub or of a later backup\n";
    }
    text += if *has_keys {
        "next: mighub-server check-config, then serve\n"
    } else {
        "the backup has no keys: put the copy of keys/ into the folder, then mighub-server check-config and serve\n"
    };
    text
}

fn of_restored(restored: &Restored) -> serde_json::Value {
    json!({
        "hub_id": restored.manifest.hub_id,
        "records": restored.manifest.records,
        "last_record_at": restored.manifest.last_record_at,
        "objects": restored.store.objects,
        "expunged": restored.store.expunged,
        "keys": restored.has_keys,
    })
}
