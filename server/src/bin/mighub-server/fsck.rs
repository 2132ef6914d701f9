//! `mighub-server fsck`.

use std::path::Path;

use mighub_server::serve::HubFolder;
use mighub_server::upkeep::{self, Concerned, Repaired};
use mighub_store::{Damage, FsckReport};
use serde_json::{Value, json};

use crate::arguments::Fsck;
use crate::failure::Failure;
use crate::output::Output;

/// Submissions and vintages of a lane that are named; the JSON has all.
const NAMED: usize = 5;

pub(crate) fn fsck(dir: &Path, arguments: &Fsck, output: Output) -> Result<(), Failure> {
    let repaired = upkeep::fsck(&HubFolder::new(dir), &arguments.from, arguments.accept_loss);
    let repaired = repaired.map_err(Failure::refused)?;
    output.say(|| text(&repaired), || of_repaired(&repaired));
    let report = &repaired.report;
    if report.damage.is_empty() || report.is_repaired {
        return Ok(());
    }
    let remedy = "mend it with --from and a backup, or with --from and an office's outbox; or restore a backup; or accept the \
                  loss with --accept-loss";
    Err(Failure::damaged(format!("the store is damaged still; {remedy}")))
}

fn text(repaired: &Repaired) -> String {
    let report = &repaired.report;
    if report.damage.is_empty() {
        return format!("the store is sound: {} records", report.records_kept);
    }
    let mut text: String = report.damage.iter().map(place).collect();
    text += &concerned_text(&repaired.concerned);
    if report.frames_healed + report.objects_healed > 0 {
        text += &format!("put back: {} frames, {} objects\n", report.frames_healed, report.objects_healed);
    }
    text += &loss(report);
    if repaired.still_concerned != Concerned::default() {
        text += "lost objects:\n";
        text += &concerned_text(&repaired.still_concerned);
    }
    for copy in &report.copies {
        text += &format!("the file as it was: {}\n", copy.display());
    }
    text
}

pub(crate) fn place(damage: &Damage) -> String {
    format!("{} at byte {}: {}\n", damage.path.display(), damage.offset, damage.what)
}

fn loss(report: &FsckReport) -> String {
    let (records, objects) = (report.records_lost, report.objects_lost.len());
    if records == 0 && objects == 0 && report.is_repaired {
        return format!("nothing is lost; {} records\n", report.records_kept);
    }
    let (verb, kept) = if report.is_repaired { ("are", "stay") } else { ("would be", "would stay") };
    let mut text = format!(
        "{records} records and {objects} objects {verb} lost; {} records {kept}\n",
        report.records_kept
    );
    if objects > 0 && report.is_repaired {
        text += "what an office sends again is taken in again: the same file has the same blocks\n";
    }
    text
}

/// What is concerned, lane by lane.
pub(crate) fn concerned_text(concerned: &Concerned) -> String {
    let mut text = String::new();
    for (lane, found) in &concerned.lanes {
        let objects: Vec<String> =
            found.objects.iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
        let whose = if lane.is_empty() { "the hub" } else { lane };
        text += &format!("  {whose}: {}\n", objects.join(", "));
        let some = |all: Vec<String>| {
            let more = all.len().saturating_sub(NAMED);
            let named = all.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            if more > 0 { format!("{named} and {more} more") } else { named }
        };
        if !found.submissions.is_empty() {
            text += &format!("    submissions {}\n", some(found.submissions.iter().cloned().collect()));
        }
        if !found.vintages.is_empty() {
            let vintages = found.vintages.iter().map(u64::to_string).collect();
            text += &format!("    vintages of records {}\n", some(vintages));
        }
    }
    if concerned.unnamed > 0 {
        text += &format!("  {} objects that no record names: nothing is lost with them\n", concerned.unnamed);
    }
    text
}

fn of_repaired(repaired: &Repaired) -> Value {
    let report = &repaired.report;
    json!({
        "damage": report.damage.iter().map(of_damage).collect::<Vec<_>>(),
        "concerned": of_concerned(&repaired.concerned),
        "frames_healed": report.frames_healed,
        "objects_healed": report.objects_healed,
        "records_kept": report.records_kept,
        "records_lost": report.records_lost,
        "objects_lost": report.objects_lost.len(),
        "still_concerned": of_concerned(&repaired.still_concerned),
        "copies": report.copies.iter().map(|copy| copy.display().to_string()).collect::<Vec<_>>(),
        "repaired": report.is_repaired,
    })
}

pub(crate) fn of_damage(damage: &Damage) -> Value {
    json!({ "file": damage.path.display().to_string(), "offset": damage.offset, "what": damage.what })
}

pub(crate) fn of_concerned(concerned: &Concerned) -> Value {
    let lanes: Vec<Value> = concerned.lanes.iter().map(|(lane, found)| {
        json!({
            "lane": lane,
            "objects": found.objects.iter().map(|(kind, count)| json!({ "kind": kind.to_string(), "count": count })).collect::<Vec<_>>(),
            "submissions": found.submissions,
            "vintages": found.vintages,
        })
    }).collect();
    json!({ "lanes": lanes, "unnamed": concerned.unnamed })
}
