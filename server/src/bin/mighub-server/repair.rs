//! `mighub-server repair`.

use std::path::Path;

use mighub_server::serve::HubFolder;
use mighub_store::{Damage, RepairReport};
use serde_json::json;

use crate::arguments::Repair;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn repair(dir: &Path, arguments: &Repair, output: Output) -> Result<(), Failure> {
    let folder = HubFolder::new(dir);
    if !folder.store().is_dir() {
        return Err(Failure::usage(format!("{} holds no hub: name its folder with --dir", dir.display())));
    }
    let report = mighub_store::repair(&folder.store(), arguments.accept_loss).map_err(Failure::refused)?;
    if report.is_repaired && folder.view().exists() {
        // It is derived anew; what it remembers of lost records must not come back.
        let removed = std::fs::remove_dir_all(folder.view());
        removed
            .map_err(|error| Failure::other(format!("{}: {error}; remove it", folder.view().display())))?;
    }
    output.say(|| text(&report), || of_report(&report));
    if report.damage.is_empty() || report.is_repaired {
        return Ok(());
    }
    let remedy = "restore store/ from a copy, or accept the loss with `mighub-server repair --accept-loss`";
    Err(Failure::damaged(format!("nothing was changed; {remedy}")))
}

fn text(report: &RepairReport) -> String {
    if report.damage.is_empty() {
        return format!("the store is sound: {} records", report.records_kept);
    }
    let place =
        |damage: &Damage| format!("{} at byte {}: {}\n", damage.path.display(), damage.offset, damage.what);
    let mut text: String = report.damage.iter().map(place).collect();
    let (verb, kept) = if report.is_repaired { ("are", "stay") } else { ("would be", "would stay") };
    text += &format!(
        "{} records and {} objects {verb} lost; {} records {kept}\n",
        report.records_lost,
        report.objects_lost.len(),
        report.records_kept,
    );
    for copy in &report.copies {
        text += &format!("the file as it was: {}\n", copy.display());
    }
    text
}

fn of_report(report: &RepairReport) -> serde_json::Value {
    let place = |damage: &Damage| json!({ "file": damage.path.display().to_string(), "offset": damage.offset, "what": damage.what });
    json!({
        "damage": report.damage.iter().map(place).collect::<Vec<_>>(),
        "records_kept": report.records_kept,
        "records_lost": report.records_lost,
        "objects_lost": report.objects_lost.len(),
        "copies": report.copies.iter().map(|copy| copy.display().to_string()).collect::<Vec<_>>(),
        "repaired": report.is_repaired,
    })
}
