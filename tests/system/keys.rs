//! Keys that are renewed, lost and replaced, and an office that wants to know why it does not get through.

use std::path::Path;

use mighub::v1::{self, ErrorReason, Role};
use mighub_client::doctor::{Examined, State, examine};
use mighub_client::{Error, ExitCode, Home, Hub, PullRequest, PushOptions, Timestamp, clock, renew};
use mighub_server::hub::Moment;
use mighub_server::serve::rotate_signer;
use mighub_server::trust::HubKeys;

use crate::hostile::{scene, told};
use crate::office::data::{flows, pulled};
use crate::office::parcel::{self, Desk};
use crate::office::raw::{self, reason};
use crate::office::{ADMINISTRATOR, FLOW, Stage, accepted, instant, machine_now};

const DAY_S: i64 = 24 * 3_600;

fn copy_home(from: &Home, to: &Path) -> Home {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from.folder()).expect("a home") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
        }
    }
    Home::new(to)
}

fn figure(value: u32) -> String {
    flows("SWE", &[("M", "IMM", "NOR", 2015, &format!("{value},A,F"))])
}

async fn revoke(
    stage: &Stage,
    caller: &str,
    request: v1::RevokeKeysRequest,
) -> Result<v1::RevokeKeysResponse, String> {
    let mut keys = v1::key_service_client::KeyServiceClient::new(stage.channel(caller).await);
    keys.revoke_keys(request).await.map(|answer| answer.into_inner()).map_err(|status| reason(&status))
}

fn of_office(agency: &str) -> v1::RevokeKeysRequest {
    v1::RevokeKeysRequest {
        agency: agency.to_owned(),
        application: "client".to_owned(),
        certificate_fingerprint: Default::default(),
        reason: "the laptop was stolen".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_keys_and_those_before_are_good_together_for_two_weeks() {
    let stage = Stage::with_hand_set_clock().await;
    stage.admit_office("SWE").await;
    let home = stage.home("SWE");
    let before = copy_home(&home, &stage.path("other-machine"));
    let (config, previous_until) = renew(&home).await.expect("renewed");
    assert_ne!(config.signing_key_id, before.config().expect("enrolled").signing_key_id);
    assert_eq!(previous_until.as_second(), stage.now().0 / 1_000 + 14 * DAY_S);

    let (new, old) = (stage.client("SWE").await, Hub::connect(&before).await.expect("still good"));
    accepted(&new, &figure(1), &PushOptions::default()).await;
    let receipt = accepted(&old, &figure(2), &PushOptions::default()).await;
    stage.wait_s(14 * DAY_S + 1);
    let refused = old.who_am_i().await.expect_err("the overlap is over");
    assert_eq!(refused.reason(), Some(ErrorReason::NotEnrolled), "{refused}");
    let refused = Hub::connect(&before).await.expect_err("and no new connection");
    assert!(matches!(&refused, Error::CertificateRefused { .. }), "{refused}");
    accepted(&new, &figure(3), &PushOptions::default()).await;
    // What the old key signed stays what it is.
    let seen = new.submission(&receipt.body.submission_id).await.expect("there");
    assert!(seen.receipt.is_some(), "{seen:?}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_keys_open_nothing_sign_nothing_and_end_what_is_open() {
    let (stage, desk, channel) = scene().await;
    stage.admit_office("NOR").await;
    stage.admit("READER", &[Role::Reader]).await;
    let sealed = desk.fresh().send(&channel).await.expect("accepted");
    assert!(sealed.receipt.is_some());
    let (bystander, administrator) = (stage.channel("NOR").await, stage.client(ADMINISTRATOR).await);
    // Signed now, and handed in when the key is revoked.
    let later = desk.fresh().opening();

    for caller in ["SWE", "NOR", "READER"] {
        assert_eq!(revoke(&stage, caller, of_office("SWE")).await.err().as_deref(), Some("RIGHT_MISSING"));
    }
    let nameless = v1::RevokeKeysRequest { application: "robot".to_owned(), ..of_office("SWE") };
    assert_eq!(revoke(&stage, ADMINISTRATOR, nameless).await.err().as_deref(), Some("UNKNOWN_KEYS"));
    let silent = v1::RevokeKeysRequest { reason: " ".to_owned(), ..of_office("SWE") };
    assert_eq!(revoke(&stage, ADMINISTRATOR, silent).await.err().as_deref(), Some("REASON_REQUIRED"));

    // A stream that is open when the keys are revoked ends, and so does the connection under it.
    let watch = v1::WatchVintagesRequest { dataflows: vec![FLOW.to_owned()], ..Default::default() };
    let mut watched =
        raw::retrieval(channel.clone()).watch_vintages(watch).await.expect("watched").into_inner();
    let records = stage.records().await;
    let revoked = revoke(&stage, ADMINISTRATOR, of_office("SWE")).await.expect("revoked");
    assert_eq!((revoked.keys.len(), revoked.position), (1, Some(records)));
    let ended = async { while let Ok(Some(_)) = watched.message().await {} };
    tokio::time::timeout(std::time::Duration::from_secs(5), ended).await.expect("the stream ends at once");
    let again = revoke(&stage, ADMINISTRATOR, of_office("SWE")).await.expect("known");
    assert_eq!((again.position, again.keys), (None, revoked.keys), "once is enough");

    let refused = Hub::connect(&stage.home("SWE")).await.expect_err("refused in the handshake");
    assert!(refused.to_string().contains("revoked"), "{refused}");
    assert_eq!(refused.exit_code(), ExitCode::NotAllowed);
    // Nobody else may hand in what the revoked key signs.
    assert_eq!(told(parcel::open(&bystander, later.clone()).await), "SIGNING_KEY_UNKNOWN");
    raw::agencies(bystander).who_am_i(v1::WhoAmIRequest {}).await.expect("others are not concerned");
    administrator.who_am_i().await.expect("nor is the operator");
    // What was accepted stays, and the office goes on with new keys.
    let reader = stage.client("READER").await;
    assert_eq!(pulled(&reader, PullRequest::all(FLOW)).await.lane("SWE").len(), 1);
    let request = v1::AddAgencyRequest { agency: "SWE".into(), name: String::new(), token_only: true };
    let mut agencies = raw::agencies(stage.channel(ADMINISTRATOR).await);
    let token = agencies.add_agency(request).await.expect("a token").into_inner().enrolment_token;
    stage.enrol("SWE", &token.parse().expect("a token")).await;
    // The signature of the old key is refused from its own agency, too.
    let channel = stage.channel("SWE").await;
    assert_eq!(told(parcel::open(&channel, later).await), "KEYS_REVOKED");
    let new = Desk::of(&stage, "SWE", "SWE").await.fresh();
    assert!(new.send(&channel).await.expect("taken").receipt.is_some());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_revokes_the_operators_keys_does_not_lock_himself_out() {
    let stage = Stage::new().await;
    let own = v1::RevokeKeysRequest { application: "operator".to_owned(), ..of_office(ADMINISTRATOR) };
    assert_eq!(
        revoke(&stage, ADMINISTRATOR, own.clone()).await.err().as_deref(),
        Some("UNKNOWN_KEYS"),
        "all but those that are called with"
    );
    // The pair itself, named, as after a theft of the hub's folder.
    let mut keys = v1::key_service_client::KeyServiceClient::new(stage.channel(ADMINISTRATOR).await);
    let all = keys.list_keys(v1::ListKeysRequest::default()).await.expect("listed").into_inner().keys;
    let certificate_fingerprint = all[0].certificate_fingerprint.clone();
    // The answer may be lost with the connection.
    let _ = revoke(&stage, ADMINISTRATOR, v1::RevokeKeysRequest { certificate_fingerprint, ..own }).await;
    let made_anew = async {
        loop {
            if let Ok(hub) = Hub::connect(&stage.home(ADMINISTRATOR)).await
                && hub.who_am_i().await.is_ok()
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), made_anew).await.expect("new keys in the home");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_a_replaced_key_stay_good_and_the_replaced_key_starts_no_hub() {
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    accepted(&office, &figure(1), &PushOptions::default()).await;
    let mut rotated = None;
    stage
        .restart(|folder| {
            let key = folder.join("keys/signing.key");
            let replaced = std::fs::read(&key).expect("a key");
            rotated = Some(rotate_signer(folder, machine_now()).expect("rotated"));
            let new = std::fs::read(&key).expect("a key");
            assert_ne!(replaced, new);
            std::fs::write(folder.join("keys/signing.key"), &replaced).expect("written");
            let refused = rotate_signer(folder, machine_now()).expect_err("the key is not the record's");
            assert!(refused.to_string().contains("replaced by a newer key"), "{refused}");
            std::fs::write(folder.join("keys/signing.key"), &new).expect("written");
        })
        .await;
    let rotated = rotated.expect("rotated");
    let office = stage.client("SWE").await;
    // The client checks the receipt's signature; it learns of the new key over TLS.
    let receipt = accepted(&office, &figure(2), &PushOptions::default()).await;
    assert_eq!(receipt.message.hub_key_id[..], rotated.key_id);
    let keys = office.who_am_i().await.expect("known").hub_keys;
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0].key_id[..], rotated.previous_key_id);
    assert!(keys[0].valid_to.is_some() && keys[1].valid_to.is_none());
    stage.close().await;
}

/// Where a rotation is cut off.
#[derive(Clone, Copy, Debug)]
enum CutOff {
    /// The key is made and nothing says so.
    BeforeTheRecord,
    /// The journal names the new key, which is not in its place.
    AfterTheRecord,
}

/// The hub's folder as a rotation leaves it that is cut off; gives the id of the key that is to sign.
fn cut_off(folder: &Path, cut: CutOff) -> [u8; 32] {
    let keys = folder.join("keys");
    let (present, next) = (keys.join("signing.key"), keys.join("signing.next.key"));
    match cut {
        CutOff::BeforeTheRecord => HubKeys::open(&keys).expect("keys").next_signer().expect("a key").key_id(),
        CutOff::AfterTheRecord => {
            let kept = keys.join("kept");
            std::fs::copy(&present, &kept).expect("kept");
            let rotated = rotate_signer(folder, machine_now()).expect("rotated");
            std::fs::rename(&present, &next).expect("taken back");
            std::fs::rename(&kept, &present).expect("put back");
            rotated.key_id
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_cut_off_anywhere_is_ended_by_the_next_start_or_rotation() {
    let mut stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    accepted(&office, &figure(1), &PushOptions::default()).await;
    let mut value = 1;
    for cut in [CutOff::BeforeTheRecord, CutOff::AfterTheRecord] {
        for rotates_again in [false, true] {
            let before = office_keys(&stage).await;
            let mut next = [0; 32];
            let mut again = None;
            stage
                .restart(|folder| {
                    next = cut_off(folder, cut);
                    again =
                        rotates_again.then(|| rotate_signer(folder, machine_now()).expect("rotated").key_id);
                })
                .await;
            // The hub serves, and signs with the key that its journal names last.
            value += 1;
            let receipt = accepted(&stage.client("SWE").await, &figure(value), &PushOptions::default()).await;
            let keys = office_keys(&stage).await;
            let last = keys.last().expect("keys");
            assert_eq!(receipt.message.hub_key_id[..], last[..]);
            let expected = match (cut, again) {
                // Nothing was recorded: the hub goes on with the key that it had, and the key that was made is the
                // next one, whenever that is.
                (CutOff::BeforeTheRecord, None) => before,
                (CutOff::BeforeTheRecord, Some(again)) => {
                    assert_eq!(again, next);
                    [before, vec![next.to_vec()]].concat()
                }
                (CutOff::AfterTheRecord, None) => [before, vec![next.to_vec()]].concat(),
                (CutOff::AfterTheRecord, Some(again)) => {
                    [before, vec![next.to_vec(), again.to_vec()]].concat()
                }
            };
            assert_eq!(keys, expected, "{cut:?}, rotated again: {rotates_again}");
        }
    }
    stage.close().await;
}

/// Ids of the keys that the hub says it signed with, oldest first.
async fn office_keys(stage: &Stage) -> Vec<Vec<u8>> {
    let keys = stage.client("SWE").await.who_am_i().await.expect("known").hub_keys;
    keys.iter().map(|key| key.key_id.to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_the_cause() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let other = Stage::new().await;
    other.admit_office("SWE").await;
    let now = clock::now();
    let sound = examine(&stage.home("SWE"), now).await;
    assert!(sound.is_sound(), "{sound:#?}");
    assert_eq!((sound.exit_code(), sound.checks.len()), (ExitCode::Done, Examined::ALL.len()));

    let days = |days: i64| instant(now.as_second() + days * DAY_S);
    let with_config = |name: &str, change: &dyn Fn(&mut mighub_client::Config)| {
        let home = copy_home(&stage.home("SWE"), &stage.path(name));
        let mut config = home.config().expect("enrolled");
        change(&mut config);
        home.save_config(&config).expect("saved");
        home
    };
    let with_file = |name: &str, file: &str, from: &Home| {
        let home = copy_home(&stage.home("SWE"), &stage.path(name));
        std::fs::copy(from.folder().join(file), home.folder().join(file)).expect("copied");
        home
    };
    let parted = with_file("parted", "tls.key", &other.home("SWE"));
    let exposed = copy_home(&stage.home("SWE"), &stage.path("exposed"));
    make_readable(&exposed.folder().join("signing.key"));
    let elsewhere = with_config("elsewhere", &|config| config.hub = other.address().to_string());
    let other_id = with_config("other-id", &|config| config.hub_id = "OTHER".into());
    let other_name = with_config("other-name", &|config| config.server_name = "hub.example.org".into());
    let closed = with_config("closed", &|config| config.hub = "127.0.0.1:1".into());
    let nameless = with_config("nameless", &|config| config.hub = "no-such-host.invalid:8443".into());
    let plain = with_config("plain", &|config| config.hub = stage.plain_address().to_string());
    let mixed = with_file("mixed", "authority.pem", &other.home("SWE"));
    let nobody = Home::new(stage.path("nobody"));
    let home = stage.home("SWE");
    let table: [(&str, &Home, Timestamp, Examined, &str, ExitCode); 12] = [
        ("not enrolled", &nobody, now, Examined::Home, "not enrolled", ExitCode::NotAllowed),
        (
            "keys that do not fit",
            &parted,
            now,
            Examined::Home,
            "not the key of the certificate",
            ExitCode::Other,
        ),
        ("a key that others may read", &exposed, now, Examined::Home, "others may read it", ExitCode::Other),
        ("a clock that is ahead", &home, days(1), Examined::Clock, "ahead of the hub's", ExitCode::Refused),
        (
            "a clock that is far behind",
            &home,
            days(-900),
            Examined::Clock,
            "behind the hub's",
            ExitCode::Refused,
        ),
        ("a mixed home", &mixed, now, Examined::OwnCertificate, "two homes were mixed", ExitCode::NotAllowed),
        ("a name that is not there", &nameless, now, Examined::Name, "has no address", ExitCode::Temporary),
        ("a closed port", &closed, now, Examined::Port, "is closed", ExitCode::Temporary),
        ("a port without TLS", &plain, now, Examined::Tls, "TLS", ExitCode::Other),
        (
            "another authority, as of a proxy",
            &elsewhere,
            now,
            Examined::HubCertificate,
            "a proxy in between",
            ExitCode::VerificationFailed,
        ),
        (
            "another name",
            &other_name,
            now,
            Examined::HubCertificate,
            "is not for hub.example.org, but for localhost",
            ExitCode::VerificationFailed,
        ),
        (
            "another hub's id",
            &other_id,
            now,
            Examined::HubId,
            "this is the hub",
            ExitCode::VerificationFailed,
        ),
    ];
    for (what, home, at, examined, words, code) in table {
        let diagnosis = examine(home, at).await;
        let cause = diagnosis.cause().unwrap_or_else(|| panic!("{what}: nothing was found"));
        assert_eq!(cause.examined, examined, "{what}: {diagnosis:#?}");
        assert!(cause.found.contains(words), "{what}: {}", cause.found);
        assert!(cause.remedy.as_ref().is_some_and(|remedy| !remedy.is_empty()), "{what}");
        assert_eq!(diagnosis.exit_code(), code, "{what}");
        assert_eq!(diagnosis.checks.len(), Examined::ALL.len(), "{what}");
    }
    // By its own clock all is well; only the hub knows.
    revoke(&stage, ADMINISTRATOR, of_office("SWE")).await.expect("revoked");
    let diagnosis = examine(&home, now).await;
    let cause = diagnosis.cause().expect("a cause");
    assert_eq!((cause.examined, cause.state), (Examined::Admission, State::Failed));
    assert!(cause.found.contains("has revoked"), "{}", cause.found);
    stage.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_an_ended_certificate_from_a_wrong_clock() {
    let stage = Stage::with_hand_set_clock().await;
    stage.admit_office("SWE").await;
    stage.wait_s(380 * DAY_S);
    // Before its end one is warned.
    let at = |moment: Moment| instant(moment.0 / 1_000);
    let diagnosis = examine(&stage.home("SWE"), at(stage.now())).await;
    let own = &diagnosis.checks[1];
    assert_eq!((own.examined, own.state), (Examined::OwnCertificate, State::Warning), "{diagnosis:#?}");
    assert!(own.remedy.as_ref().is_some_and(|remedy| remedy.contains("--renew")), "{own:?}");
    stage.wait_s(20 * DAY_S);
    let diagnosis = examine(&stage.home("SWE"), at(stage.now())).await;
    let found = |examined| diagnosis.checks.iter().find(|check| check.examined == examined).expect("there");
    assert_eq!(found(Examined::OwnCertificate).state, State::Failed, "{diagnosis:#?}");
    assert_eq!(found(Examined::Clock).state, State::Ok);
    assert_eq!(found(Examined::Admission).state, State::Failed);
    assert!(found(Examined::Admission).found.contains("has ended"), "{diagnosis:#?}");
    stage.close().await;
}

fn make_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("changed");
}
