//! `mighub-server check-config`: everything that would keep the hub from starting, but for damage in the store, for
//! which there is `verify`.

use std::path::Path;

use mighub_server::clock::Clock;
use mighub_server::config::Config;
use mighub_server::hub::Moment;
use mighub_server::serve::{HubFolder, RunningAt};
use mighub_server::trust::HubKeys;
use mighub_server::trust::keys::not_after;
use mighub_server::upkeep;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn check(dir: &Path, output: Output) -> Result<(), Failure> {
    let folder = HubFolder::new(dir);
    let mut problems: Vec<String> = Vec::new();
    let config = match Config::read(&folder.config()) {
        Ok(config) => Some(config),
        Err(error) => {
            let name = error.path.display().to_string();
            problems.extend(error.problems.iter().map(|problem| format!("{name}: {problem}")));
            None
        }
    };
    let now = Clock::of_machine().now();
    match HubKeys::open(&folder.keys()) {
        Ok(keys) => {
            let ends = not_after(keys.authority.certificate());
            if ends.is_none_or(|ends| ends <= now) {
                let ended = ends.map_or("on no day that can be read".to_owned(), |ends| ends.to_string());
                problems.push(format!(
                    "keys/authority.pem ended {ended}: make a new hub, and have offices enrol there"
                ));
            }
            problems.extend(keys.signer().err().map(|error| error.to_string()));
            problems.extend(keys.check_door_certificate().err().map(|error| error.to_string()));
            problems.extend(keys.revocations().err().map(|error| error.to_string()));
        }
        Err(error) => problems.push(error.to_string()),
    }
    match upkeep::hub_id_of(&folder.store()) {
        Err(error) => problems.push(format!("store/: {error}")),
        Ok(hub_id) => {
            // Keys that cannot be read are told of above.
            let keys = HubKeys::open(&folder.keys()).ok();
            let authority = keys.as_ref().map(|keys| keys.authority.certificate());
            let fits = authority.map_or(Ok(()), |authority| upkeep::belongs_together(&hub_id, authority));
            problems.extend(fits.err().map(|error| error.to_string()));
        }
    }
    if !problems.is_empty() {
        return Err(Failure::refused(problems.join("\n")));
    }
    let running = RunningAt::read(dir);
    output.say(
        || text(config.as_ref(), running.as_ref(), now),
        || {
            json!({
                "ok": true,
                "listen": config.as_ref().map(|config| config.listen.to_string()),
                "plain_listen": config.as_ref().and_then(|config| config.plain_listen).map(|at| at.to_string()),
                "public_reading": config.as_ref().map(|config| config.public_reading),
                "names": config.as_ref().map(|config| config.names.clone()),
                "running_at": running.as_ref().map(|running| running.address.to_string()),
            })
        },
    );
    Ok(())
}

fn text(config: Option<&Config>, running: Option<&RunningAt>, now: Moment) -> String {
    let listen = config.map(|config| config.listen.to_string()).unwrap_or_default();
    let names = config.map(|config| config.names.join(", ")).unwrap_or_default();
    let mut text = format!(
        "hub.json, keys and store are of one hub and in order at {now}; it listens on {listen} as {names}\n"
    );
    if let Some(plain) = config.and_then(|config| config.plain_listen) {
        text += &format!("it listens on {plain} without TLS, for REST from this machine\n");
    }
    if config.is_some_and(|config| !config.public_reading) {
        text += "nobody reads without a certificate or an access token\n";
    }
    if let Some(running) = running {
        text += &format!("process {} says that it serves at {}\n", running.process, running.address);
    }
    text
}
