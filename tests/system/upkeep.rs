//! The upkeep of a hub: backups made while offices send, hubs made from them, damage told and mended, and content that
//! is expunged.

use std::path::{Path, PathBuf};

use mighub::v1::expunge_service_client::ExpungeServiceClient;
use mighub::v1::release_service_client::ReleaseServiceClient;
use mighub::v1::{self, RequestDecision, Role};
use mighub_client::{At, Config, Home, Hub, Progress, PullRequest, PushOptions, Receipt};
use mighub_server::hub::Moment;
use mighub_server::serve::{HubFolder, ServeOptions, start};
use mighub_server::trust::HubKeys;
use mighub_server::upkeep::{self, BackupManifest, ReceiptFileError, ReceiptFound};
use mighub_store::Until;

use crate::office::data::{flows, pulled, refused};
use crate::office::proxy::Proxy;
use crate::office::{FLOW, Stage, accepted, machine_now, raw, text};

/// A file of one cell.
fn file(value: u64) -> String {
    flows("SWE", &[("M", "IMM", "NOR", 2015, &format!("{value},A,F"))])
}

fn back_up(hub: &Path, backup: &Path) -> BackupManifest {
    let done = upkeep::back_up(&HubFolder::new(hub), backup, true, Moment(1_700_000_000_000));
    done.unwrap_or_else(|error| panic!("no backup: {error}")).manifest
}

/// Puts a hub that was made from a backup in the place of the hub, and gives where that is now.
async fn restore_instead(stage: &mut Stage, backup: &Path, expunged_in_old: bool) -> PathBuf {
    let old = stage.path("old-hub");
    let (from, aside) = (backup.to_owned(), old.clone());
    stage
        .restart(move |folder| {
            std::fs::rename(folder, &aside).expect("set aside");
            let known = if expunged_in_old { vec![aside.clone()] } else { Vec::new() };
            let restored = upkeep::restore(&from, &HubFolder::new(folder), &known);
            let restored = restored.unwrap_or_else(|error| panic!("not restored: {error}"));
            assert!(restored.has_keys);
        })
        .await;
    old
}

/// The home of an agency as it is now, to be used later.
fn home_kept(stage: &Stage, agency: &str) -> Home {
    let kept = stage.path("kept-homes").join(agency);
    copy(stage.home(agency).folder(), &kept);
    Home::new(kept)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_restored_from_a_backup_made_while_offices_sent_has_every_receipt_before_its_position() {
    const PUSHES: u64 = 24;
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let (office_before, reader_before) = (home_kept(&stage, "SWE"), home_kept(&stage, "ECE"));
    let office = stage.client("SWE").await;
    let backup = stage.path("backup");
    let (hub_folder, folder) = (stage.hub_folder(), backup.clone());
    let (ends, ended) = std::sync::mpsc::sync_channel::<()>(1);
    let backups = tokio::task::spawn_blocking(move || {
        let mut runs = 0;
        while ended.try_recv().is_err() {
            back_up(&hub_folder, &folder);
            runs += 1;
        }
        runs
    });
    let mut receipts: Vec<Receipt> = Vec::new();
    for value in 0..PUSHES {
        receipts.push(accepted(&office, &file(value), &PushOptions::default()).await);
        if value == PUSHES / 2 {
            // What is sent from here on may or may not be in the backup.
            let _ = ends.try_send(());
        }
    }
    let runs: u64 = backups.await.expect("backups");
    assert!(runs > 0);
    let manifest = BackupManifest::read(&backup).expect("a whole backup");
    let last = manifest.records - 1;
    let (kept, lost): (Vec<_>, Vec<_>) = receipts.iter().partition(|receipt| receipt.body.position <= last);
    assert!(kept.len() as u64 > PUSHES / 4 && !lost.is_empty(), "{} kept, {} lost", kept.len(), lost.len());
    let at = PullRequest { at: At::Position(last), ..PullRequest::all(FLOW) };
    let expected = pulled(&stage.client("ECE").await, at).await.lane("SWE");

    restore_instead(&mut stage, &backup, false).await;
    let reader = Hub::connect(&pointed_at(&reader_before, &stage)).await.expect("connects");
    assert_eq!(pulled(&reader, PullRequest::all(FLOW)).await.lane("SWE"), expected);
    let office = Hub::connect(&pointed_at(&office_before, &stage)).await.expect("connects");
    for receipt in &kept {
        let known = office.submission(&receipt.body.submission_id).await.expect("it is there");
        assert_eq!(known.receipt.as_ref(), Some(&receipt.message));
    }
    for receipt in &lost {
        assert!(
            office.submission(&receipt.body.submission_id).await.is_err(),
            "it was sent after the backup"
        );
    }
    let verified = upkeep::verify(&stage.hub_folder().join("store"), Until::Durable).expect("it can be read");
    assert!(verified.is_sound() && verified.objects > 0, "{verified:#?}");
    stage.close().await;
}

/// A home that calls the hub where it is now.
fn pointed_at(home: &Home, stage: &Stage) -> Home {
    let config =
        mighub_client::Config { hub: stage.address().to_string(), ..home.config().expect("enrolled") };
    home.save_config(&config).expect("saved");
    Home::new(home.folder())
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_told_by_lane_and_submission_and_mended_from_a_backup() {
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let office = stage.client("SWE").await;
    let receipt = accepted(&office, &file(4711), &PushOptions::default()).await;
    let expected = pulled(&stage.client("ECE").await, PullRequest::all(FLOW)).await.lane("SWE");
    let backup = stage.path("backup");
    back_up(&stage.hub_folder(), &backup);
    let id = receipt.body.submission_id.clone();
    stage
        .restart(|folder| {
            let hub = HubFolder::new(folder);
            let sound = upkeep::fsck(&hub, &[], false).expect("it can be read");
            assert!(sound.report.damage.is_empty());
            harm_newest_object(&folder.join("store/blocks"));
            let seen = upkeep::fsck(&hub, &[], false).expect("it can be read");
            let lane = &seen.concerned.lanes[&format!("{FLOW}/SWE")];
            assert!(lane.submissions.contains(&id) && !lane.objects.is_empty(), "{lane:?}");
            assert!(!seen.report.is_repaired);
            let verified = upkeep::verify(&hub.store(), Until::Durable).expect("it can be read");
            assert!(!verified.is_sound() && verified.concerned.lanes.contains_key(&format!("{FLOW}/SWE")));
            let mended = upkeep::fsck(&hub, std::slice::from_ref(&backup), false).expect("it can be mended");
            assert!(mended.report.is_repaired && mended.report.objects_healed > 0, "{:#?}", mended.report);
            assert!(upkeep::verify(&hub.store(), Until::Durable).expect("it can be read").is_sound());
        })
        .await;
    assert_eq!(pulled(&stage.client("ECE").await, PullRequest::all(FLOW)).await.lane("SWE"), expected);
    stage.close().await;
}

/// Inverts a byte in the body of each of the last objects of the last file: something of the last submission.
fn harm_newest_object(blocks: &Path) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(blocks)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "blocks"))
        .collect();
    files.sort();
    let path = files.last().expect("a file");
    let mut bytes = std::fs::read(path).expect("reads");
    let heads: Vec<usize> =
        (0..bytes.len().saturating_sub(200)).filter(|at| bytes[*at..].starts_with(b"mhf1")).collect();
    // A header has 160 bytes.
    heads.iter().rev().take(4).for_each(|at| bytes[at + 165] ^= 0xFF);
    std::fs::write(path, bytes).expect("writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_expunged_by_two_persons_is_gone_for_good_and_proofs_still_hold() {
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    stage.admit("PUB", &[Role::Publisher]).await;
    let agreement =
        v1::Agreement { publisher_agencies: vec!["PUB".into()], ..crate::office::agreement("SWE") };
    stage.agree(agreement).await;
    let office = stage.client("SWE").await;
    let wrong = accepted(&office, &file(666_777), &PushOptions::default()).await;
    let (old_backup, backup) = (stage.path("old-backup"), stage.path("backup"));
    back_up(&stage.hub_folder(), &old_backup);
    back_up(&stage.hub_folder(), &backup);
    let submission_id = wrong.body.submission_id.clone();
    let ask = |dry_run| v1::ExpungeSubmissionRequest {
        submission_id: submission_id.clone(),
        reason: "it held what it must not".into(),
        person: "Anna".into(),
        dry_run,
    };
    let mut administrator = ExpungeServiceClient::new(stage.channel(crate::office::ADMINISTRATOR).await);
    // As long as it is what the lane holds, nothing goes.
    let in_force = administrator.expunge_submission(ask(false)).await.expect_err("the lane holds it");
    assert_eq!(raw::reason(&in_force), "NOTHING_TO_EXPUNGE");
    let right = accepted(&office, &file(5), &PushOptions::default()).await;
    let seen = administrator.expunge_submission(ask(true)).await.expect("a dry run").into_inner();
    assert_eq!((seen.request, seen.vintages.as_slice()), (None, &[wrong.body.position][..]));
    assert!(seen.objects > 0);

    let request = administrator.expunge_submission(ask(false)).await.expect("asked").into_inner().request;
    let request = request.expect("a request");
    let confirm = v1::DecideRequestRequest {
        request,
        decision: RequestDecision::Confirm.into(),
        person: "Bert".into(),
        ..Default::default()
    };
    let reader = stage.client("ECE").await;
    let then = PullRequest { at: At::Position(wrong.body.position), ..PullRequest::all(FLOW) };
    assert_eq!(pulled(&reader, then.clone()).await.lane("SWE").len(), 1, "nothing is gone before");
    let mut publisher = ReleaseServiceClient::new(stage.channel("PUB").await);
    publisher.decide_request(confirm).await.expect("confirmed");

    assert_eq!(refused(&reader, then.clone()).await, "GONE");
    let now = pulled(&reader, PullRequest::all(FLOW)).await.lane("SWE");
    assert_eq!(now.len(), 1);
    let listed = administrator.list_expunged(v1::ListExpungedRequest {}).await.expect("a list").into_inner();
    let [expunged] = &listed.expunged[..] else { panic!("{listed:?}") };
    assert_eq!(
        (&*expunged.submission_id, &*expunged.agency, &*expunged.person),
        (&*submission_id, "PUB", "Bert")
    );
    // The receipts hold, the chain verifies, and the correction cannot be withdrawn to what is gone.
    let known = office.submission(&submission_id).await.expect("known");
    assert_eq!(known.receipt.as_ref(), Some(&wrong.message));
    let gone =
        office.withdraw(&right.body.submission_id, "back", "").await.expect_err("what was before is gone");
    assert!(gone.to_string().contains("expunged"), "{gone}");
    let is_sound = |folder: &Path| {
        let verified = upkeep::verify(&folder.join("store"), Until::Durable).expect("it can be read");
        assert!(verified.is_sound() && verified.expunged > 0, "{verified:#?}");
    };
    is_sound(&stage.hub_folder());

    // The next backup is rid of it, and an old one is restored without it.
    let done =
        upkeep::back_up(&HubFolder::new(stage.hub_folder()), &backup, false, Moment(0)).expect("a backup");
    assert!(done.store.expunged > 0);
    restore_instead(&mut stage, &old_backup, true).await;
    is_sound(&stage.hub_folder());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_the_keys_of_another_hub_does_not_start() {
    let stage = Stage::new().await;
    let folder = stage.path("moved");
    copy(&stage.hub_folder(), &folder);
    let keys = folder.join("keys");
    std::fs::remove_dir_all(&keys).expect("removed");
    HubKeys::create(&keys, "ANOTHER", &["localhost".to_owned()], machine_now()).expect("keys");
    let started = start(ServeOptions::new(&folder).listening_on("127.0.0.1:0")).await;
    let error = started.err().expect("it does not start").to_string();
    assert!(error.contains("the keys are those of the hub ANOTHER"), "{error}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_found_in_the_store_that_gave_it_and_in_no_other() {
    let (stage, other) = (Stage::new().await, Stage::new().await);
    for stage in [&stage, &other] {
        stage.admit_office("SWE").await;
    }
    let receipt = accepted(&stage.client("SWE").await, &file(1), &PushOptions::default()).await;
    let backup = stage.path("backup");
    back_up(&stage.hub_folder(), &backup);
    let later = accepted(&stage.client("SWE").await, &file(2), &PushOptions::default()).await;
    // The other hub's history is as long, and about the same.
    for value in [1, 2] {
        accepted(&other.client("SWE").await, &file(value), &PushOptions::default()).await;
    }
    let found = |folder: &Path, file: &Path| {
        upkeep::find_receipt(&folder.join("store"), Until::Durable, file).expect("readable")
    };
    let (position, last) = (receipt.body.position, later.body.position);
    for receipt in [&receipt, &later] {
        let position = receipt.body.position;
        assert_eq!(found(&stage.hub_folder(), &receipt.path), ReceiptFound::Holds { position });
        assert_eq!(found(&other.hub_folder(), &receipt.path), ReceiptFound::OtherHistory { position });
    }
    let manifest = BackupManifest::read(&backup).expect("a backup");
    let (records, store) = (manifest.records, backup.join("store"));
    let in_backup =
        |file: &Path| upkeep::find_receipt(&store, Until::Extent(manifest.extent()), file).expect("readable");
    assert_eq!(in_backup(&receipt.path), ReceiptFound::Holds { position });
    assert_eq!(in_backup(&later.path), ReceiptFound::Missing { position: last, records });
    let none = stage.path("none.json");
    std::fs::write(&none, "{\"evidence\":{\"body\":\"AAAA\"}}").expect("written");
    let refused = upkeep::find_receipt(&stage.hub_folder().join("store"), Until::Durable, &none);
    assert!(matches!(refused, Err(ReceiptFileError::Malformed { .. })), "{refused:?}");
    other.close().await;
    stage.close().await;
}

/// The one entry of an office's outbox.
fn outbox_entry(home: &Home) -> Option<PathBuf> {
    let entries = std::fs::read_dir(home.folder().join("outbox")).ok()?;
    entries.map(|entry| entry.expect("an entry").path()).find(|path| path.join("manifest").is_file())
}

/// Inverts a byte of a block as it lies in the store.
fn harm_block(blocks: &Path, frame: &[u8]) {
    let mut harmed = 0;
    for entry in std::fs::read_dir(blocks).expect("a folder") {
        let path = entry.expect("an entry").path();
        let mut bytes = std::fs::read(&path).expect("reads");
        if let Some(at) = bytes.windows(frame.len()).position(|window| window == frame) {
            bytes[at + frame.len() / 2] ^= 0xFF;
            std::fs::write(path, bytes).expect("writes");
            harmed += 1;
        }
    }
    assert_eq!(harmed, 1, "the block is in the store once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_damaged_is_mended_with_what_its_office_still_has_in_the_outbox() {
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let proxy = Proxy::to(stage.address()).await;
    let config = Config { hub: proxy.address().to_string(), ..stage.home("SWE").config().expect("enrolled") };
    stage.home("SWE").save_config(&config).expect("saved");
    let office = stage.client("SWE").await;
    accepted(&office, &file(1), &PushOptions::default()).await;
    let within = proxy.passed();
    // Pushes that were cut off until one left its entry behind.
    let (options, silent) = (PushOptions::default(), Progress::silent());
    let mut kept = None;
    for round in 1..=40 {
        proxy.break_after(within * round / 40);
        tokio::select! {
            () = proxy.broke(proxy.breaks() + 1) => {}
            _ = office.push(text(file(4711)), &options, &silent) => {}
        }
        proxy.mend();
        if let Some(entry) = outbox_entry(&stage.home("SWE")) {
            let parcel = stage.path("parcel");
            copy(&entry, &parcel);
            kept = Some(parcel);
            break;
        }
    }
    let parcel = kept.expect("an entry of the outbox");
    accepted(&office, &file(4711), &PushOptions::default()).await;
    let expected = pulled(&office, PullRequest::all(FLOW)).await.lane("SWE");
    let frame = std::fs::read(parcel.join("blocks")).expect("its only block");
    stage
        .restart(|folder| {
            let hub = HubFolder::new(folder);
            harm_block(&folder.join("store/blocks"), &frame);
            let seen = upkeep::fsck(&hub, &[], false).expect("it can be read");
            assert!(!seen.report.is_repaired && seen.report.objects_damaged.len() == 1, "{:#?}", seen.report);
            let mended = upkeep::fsck(&hub, std::slice::from_ref(&parcel), false).expect("it can be mended");
            assert!(mended.report.is_repaired, "{:#?}", mended.report);
            assert_eq!(mended.report.objects_healed, 1);
            assert!(upkeep::verify(&hub.store(), Until::Durable).expect("it can be read").is_sound());
        })
        .await;
    let office = stage.client("SWE").await;
    assert_eq!(pulled(&office, PullRequest::all(FLOW)).await.lane("SWE"), expected);
    stage.close().await;
}
