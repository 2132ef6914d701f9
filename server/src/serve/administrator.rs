//! The administrator's home: with it the operator of the machine calls the hub like anybody else. It is made
//! and renewed by the hub itself, since whoever can write the hub's folder can do anything anyway.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use data_encoding::HEXLOWER;
use mighub_sdmx::structure::AgencyId;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::hub::{Hub, Moment, Refusal};
use crate::rpc::{Certified, certify};
use crate::trust::keys::{self, RENEW_BEFORE_MS};
use crate::trust::{self, AgencyName, FileError, HubKeys, NameError, files};

/// The application of the administrator's agency that lies in the hub's folder.
const APPLICATION: &str = "operator";
/// Name in the hub's certificate for whoever calls from the machine itself.
pub(crate) const LOCAL_NAME: &str = "localhost";

/// The administrator has no usable home.
#[derive(Debug, thiserror::Error)]
pub enum AdministratorError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder cannot be made.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Not an agency.
    #[error("the administrator in hub.json cannot have a certificate: {0}")]
    Name(#[from] NameError),
    /// No keys could be made.
    #[error("the administrator's keys could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The hub does not take them.
    #[error("the administrator's keys could not be recorded: {0}")]
    Record(#[from] Refusal),
}

/// The fields of a client's `config.json`.
#[derive(Debug, Serialize, Deserialize)]
struct HomeConfig {
    hub: String,
    server_name: String,
    hub_id: String,
    agency: String,
    application: String,
    person: String,
    not_after: String,
    signing_key_id: String,
    hub_keys: Vec<HomeHubKey>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HomeHubKey {
    key_id: String,
    public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
}

/// Sees to it that `home` holds keys of the administrator that the hub knows and that do not end soon, and says
/// where the hub is. Gives when they end.
pub(super) fn ensure(
    hub: &Hub,
    keys: &HubKeys,
    agency: &AgencyId,
    home: &Path,
    address: SocketAddr,
    now: Moment,
) -> Result<Moment, AdministratorError> {
    let name = AgencyName::new(agency, APPLICATION)?;
    let not_after = match in_force(hub, keys, &name, home, now) {
        Some(not_after) => not_after,
        None => make(hub, keys, &name, home, now)?,
    };
    write_config(hub, &name, home, address, not_after)?;
    Ok(not_after)
}

/// When the present keys end; nothing if they must be made anew.
fn in_force(hub: &Hub, keys: &HubKeys, name: &AgencyName, home: &Path, now: Moment) -> Option<Moment> {
    let present = |file: &str| files::read_secret(&home.join(file)).ok();
    let _both = (present("tls.key")?, present("signing.key")?);
    let authority = files::certificates(&files::read(&home.join("authority.pem")).ok()?);
    let chain = files::certificates(&files::read(&home.join("tls.pem")).ok()?);
    let own = chain.first()?;
    let not_after = keys::not_after(own)?;
    let is_current = authority.first() == Some(keys.authority.certificate())
        && not_after.0 > now.0.saturating_add(RENEW_BEFORE_MS)
        && hub.authenticate(name, &trust::fingerprint(own), now).is_ok();
    is_current.then_some(not_after)
}

fn make(
    hub: &Hub,
    keys: &HubKeys,
    name: &AgencyName,
    home: &Path,
    now: Moment,
) -> Result<Moment, AdministratorError> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(home);
    folder.map_err(|source| AdministratorError::Folder { path: home.display().to_string(), source })?;
    let (tls_key, signing_key) =
        (KeyPair::generate_for(&PKCS_ED25519)?, KeyPair::generate_for(&PKCS_ED25519)?);
    let request = |key: &KeyPair| CertificateParams::default().serialize_request(key);
    let (tls_request, signing_request) = (request(&tls_key)?, request(&signing_key)?);
    let Certified { tls, signing, record } =
        certify(keys, name, tls_request.der(), signing_request.der(), now)?;
    let secret = |file: &str, key: &KeyPair| {
        files::write_secret(&home.join(file), Zeroizing::new(key.serialize_pem()).as_bytes())
    };
    secret("tls.key", &tls_key)?;
    secret("signing.key", &signing_key)?;
    files::write(&home.join("tls.pem"), tls.pem.as_bytes())?;
    files::write(&home.join("signing.pem"), signing.pem.as_bytes())?;
    files::write(&home.join("authority.pem"), keys.authority.certificate_pem().as_bytes())?;
    // After the files: keys that the hub does not know are made anew the next time.
    hub.record_keys(None, record, now)?;
    Ok(tls.not_after)
}

fn write_config(
    hub: &Hub,
    name: &AgencyName,
    home: &Path,
    address: SocketAddr,
    not_after: Moment,
) -> Result<(), AdministratorError> {
    let signing = files::certificates(&files::read(&home.join("signing.pem"))?);
    let signing_key_id = signing.first().and_then(|der| trust::keys::public_key(der));
    let config = HomeConfig {
        hub: reachable(address).to_string(),
        server_name: LOCAL_NAME.to_owned(),
        hub_id: hub.hub_id().to_owned(),
        agency: name.agency.to_string(),
        application: name.application.to_string(),
        person: String::new(),
        not_after: not_after.to_string(),
        signing_key_id: signing_key_id.map(|key| blake3::hash(&key).to_hex().to_string()).unwrap_or_default(),
        hub_keys: hub
            .hub_keys()
            .iter()
            .map(|key| HomeHubKey {
                key_id: HEXLOWER.encode(&key.key_id),
                public_key: HEXLOWER.encode(&key.public_key),
                valid_from: key.valid_from.as_ref().map(|from| Moment::of_message(from).to_string()),
            })
            .collect(),
    };
    let mut text = serde_json::to_vec_pretty(&config).expect("strings are JSON");
    text.push(b'\n');
    Ok(files::write(&home.join("config.json"), &text)?)
}

/// Where a hub that listens on `address` is reached from its own machine.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let local = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(local, address.port())
}
