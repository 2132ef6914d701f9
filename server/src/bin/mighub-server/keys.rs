//! `mighub-server agency keys` and `agency revoke`: the keys of agencies; `mighub-server keys`: the hub's own.

use std::path::Path;

use data_encoding::HEXLOWER;
use mighub::v1;
use mighub_server::clock::Clock;
use mighub_server::config::Config;
use mighub_server::hub::Moment;
use mighub_server::rpc::{Operator, OperatorError};
use mighub_server::serve::{HubFolder, rotate_signer};
use mighub_server::trust::HubKeys;
use serde_json::{Value, json};

use crate::arguments::{AgencyKeys, AgencyRevoke, Keys};
use crate::failure::Failure;
use crate::output::Output;

/// Entries on a page.
const PAGE: u32 = 1_000;

pub(crate) fn keys(dir: &Path, command: &Keys, output: Output) -> Result<(), Failure> {
    let now = Clock::of_machine().now();
    match command {
        Keys::Rotate => {
            let rotated = rotate_signer(dir, now).map_err(Failure::refused)?;
            let (before, after) =
                (HEXLOWER.encode(&rotated.previous_key_id), HEXLOWER.encode(&rotated.key_id));
            output.say(
                || {
                    format!(
                        "receipts are signed with {after} from now on; those signed with {before} stay verifiable\nback \
                         up keys/ now: without the new key the hub does not start"
                    )
                },
                || json!({ "previous_key_id": before, "key_id": after, "position": rotated.position }),
            );
        }
        Keys::Renew => {
            let folder = HubFolder::new(dir);
            let config = Config::read(&folder.config()).map_err(Failure::refused)?;
            let keys = HubKeys::open(&folder.keys()).map_err(Failure::refused)?;
            let made = keys.renew_door_certificate(&config.names, now).map_err(Failure::refused)?;
            output.say(
                || {
                    format!(
                        "the hub's certificate is new and good until {}; a hub that runs shows it within seconds",
                        made.not_after
                    )
                },
                || json!({ "not_after": made.not_after.to_string() }),
            );
        }
    }
    Ok(())
}

pub(crate) async fn list(
    operator: &Operator,
    arguments: AgencyKeys,
    output: Output,
) -> Result<(), OperatorError> {
    let (mut keys, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListKeysRequest {
            agency: arguments.agency.clone().unwrap_or_default(),
            in_force: !arguments.all,
            page_size: PAGE,
            page_token,
        };
        let page = operator.keys().list_keys(request).await?.into_inner();
        keys.extend(page.keys);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    say(&keys, "there are no keys", output);
    Ok(())
}

pub(crate) async fn revoke(
    operator: &Operator,
    arguments: AgencyRevoke,
    output: Output,
) -> Result<(), OperatorError> {
    let request = v1::RevokeKeysRequest {
        agency: arguments.agency,
        application: arguments.application,
        certificate_fingerprint: arguments.fingerprint.map(|bytes| bytes.to_vec()).unwrap_or_default().into(),
        reason: arguments.reason,
    };
    let revoked = operator.keys().revoke_keys(request).await?.into_inner();
    say(&revoked.keys, "nothing was revoked", output);
    Ok(())
}

fn say(keys: &[v1::Keys], nothing: &str, output: Output) {
    output.say(
        || match keys {
            [] => nothing.to_owned(),
            keys => keys.iter().map(|keys| in_words(keys) + "\n").collect(),
        },
        || keys.iter().map(in_json).collect(),
    );
}

fn in_words(keys: &v1::Keys) -> String {
    let end = match &keys.revoked_time {
        Some(revoked) => format!("revoked {}", Moment::of_message(revoked)),
        None => format!("until {}", time(&keys.not_after)),
    };
    let fingerprint = HEXLOWER.encode(&keys.certificate_fingerprint);
    format!("{} {}  {end}  {fingerprint}", keys.agency, keys.application)
}

fn in_json(keys: &v1::Keys) -> Value {
    json!({
        "agency": keys.agency,
        "application": keys.application,
        "certificate_fingerprint": HEXLOWER.encode(&keys.certificate_fingerprint),
        "signing_key_id": HEXLOWER.encode(&keys.signing_key_id),
        "certified_at": keys.certified_time.as_ref().map(|at| Moment::of_message(at).to_string()),
        "not_after": time(&keys.not_after),
        "revoked_at": keys.revoked_time.as_ref().map(|at| Moment::of_message(at).to_string()),
    })
}

fn time(time: &Option<prost_types::Timestamp>) -> String {
    time.as_ref().map(Moment::of_message).unwrap_or_default().to_string()
}
