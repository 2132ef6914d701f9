//! `mighub-server verify`.

use std::path::Path;

use data_encoding::HEXLOWER;
use mighub_server::serve::HubFolder;
use mighub_server::upkeep::{self, BackupManifest, ReceiptFound, Verified};
use mighub_store::Until;
use serde_json::{Value, json};

use crate::arguments::Verify;
use crate::failure::Failure;
use crate::fsck::{concerned_text, of_concerned, of_damage, place};
use crate::output::Output;

pub(crate) fn verify(dir: &Path, arguments: &Verify, output: Output) -> Result<(), Failure> {
    let hub = HubFolder::new(dir);
    let (store, until) = match &arguments.backup {
        Some(backup) => {
            let manifest = BackupManifest::read(backup).map_err(Failure::refused)?;
            (backup.join("store"), Until::Extent(manifest.extent()))
        }
        None => (hub.store(), Until::Durable),
    };
    let verified = upkeep::verify(&store, until).map_err(Failure::refused)?;
    output.say(|| text(&verified), || of_verified(&verified));
    if let Some(file) = &arguments.receipt {
        let found = upkeep::find_receipt(&store, until, file).map_err(Failure::refused)?;
        let (holds, words) = receipt_words(found);
        output.say(
            || format!("{}: {words}", file.display()),
            || json!({ "receipt": file.display().to_string(), "holds": holds, "found": words }),
        );
        if !holds {
            return Err(Failure::damaged(format!(
                "{}: {words}; tell the office and the auditor, and look for a later backup",
                file.display()
            )));
        }
    }
    if verified.is_sound() {
        return Ok(());
    }
    let remedy = match &arguments.backup {
        Some(_) => "run `mighub-server backup` into it again while the hub is sound, or use another backup",
        None => "stop the hub and mend it with `mighub-server fsck --from BACKUP`",
    };
    Err(Failure::damaged(format!("damage was found; {remedy}")))
}

/// Whether the store holds what a receipt was given for, and in words.
fn receipt_words(found: ReceiptFound) -> (bool, String) {
    match found {
        ReceiptFound::Holds { position } => {
            (true, format!("the records up to {position} are those that the receipt was given for"))
        }
        ReceiptFound::Missing { position, records } => {
            (false, format!("its record {position} is missing: there are {records}"))
        }
        ReceiptFound::OtherHistory { position } => {
            (false, format!("the records up to {position} are not those that the receipt was given for"))
        }
        ReceiptFound::NoTree => {
            (false, "it is of the time before hubs kept a tree, and proves no history".to_owned())
        }
    }
}

fn text(verified: &Verified) -> String {
    let mut text: String = verified.damage.iter().map(place).collect();
    for (name, reason) in &verified.missing {
        text += &format!("object {name:?}: {reason}\n");
    }
    text += &concerned_text(&verified.concerned);
    text + &format!(
        "hub {}: {} records, journal {}; {} objects that they name were read, {} of them expunged{}\n",
        verified.hub_id,
        verified.extent.records,
        HEXLOWER.encode(&verified.extent.journal_hash),
        verified.objects,
        verified.expunged,
        if verified.is_sound() { "; all is sound" } else { "" },
    )
}

fn of_verified(verified: &Verified) -> Value {
    let missing = |(name, reason): &(mighub_store::Name, String)| json!({ "object": HEXLOWER.encode(&name.0), "reason": reason });
    json!({
        "sound": verified.is_sound(),
        "hub_id": verified.hub_id,
        "records": verified.extent.records,
        "journal_hash": HEXLOWER.encode(&verified.extent.journal_hash),
        "objects": verified.objects,
        "expunged": verified.expunged,
        "damage": verified.damage.iter().map(of_damage).collect::<Vec<_>>(),
        "missing": verified.missing.iter().map(missing).collect::<Vec<_>>(),
        "concerned": of_concerned(&verified.concerned),
    })
}
