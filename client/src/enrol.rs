//! Joining a hub: two keys, certified with a token that names the hub's authority.

use data_encoding::{BASE64, HEXLOWER};
use mighub::token::EnrolmentToken;
use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use prost::bytes::Bytes;

use crate::clock;
use crate::error::Error;
use crate::home::files::{self, Access};
use crate::home::{Config, Home, HubKey, PrivateKey};
use crate::hub::tls::{self, Address};

/// Keys wait here until they are certified, so that a failed enrolment uses the same again.
const PENDING: &str = "enrolling";

/// Enrols the home at the hub: makes two Ed25519 keys, has them certified, and stores what is needed to
/// connect. The token tells which hub is the right one before anything is sent to it.
///
/// After a failure call again with the same token, if it was not used up; keys and certificates that are in
/// force stay so until the new ones are all there.
pub async fn enrol(
    home: &Home,
    hub: &str,
    token: &EnrolmentToken,
    application: &str,
) -> Result<Config, Error> {
    let address = Address::parse(hub)?;
    let (tls_key, signing_key) = (pending_key(home, "tls.key")?, pending_key(home, "signing.key")?);
    let channel = tls::connect(&address, tls::first_meeting(*token.authority())?).await?;
    let request = v1::EnrolRequest {
        enrolment_token: token.reveal(),
        application: application.to_owned(),
        tls_request: tls_key.certificate_request()?.into(),
        signing_request: signing_key.certificate_request()?.into(),
    };
    // Not tried again by itself: the token is good once.
    let answer = AgencyServiceClient::new(channel).enrol(request).await?.into_inner();
    check(&answer, &signing_key)?;
    let before = home.config().ok();
    let config = Config {
        hub: address.text(),
        server_name: address.host.clone(),
        hub_id: answer.hub_id.clone(),
        agency: answer.agency.clone(),
        application: answer.application.clone(),
        person: before.map(|config| config.person).unwrap_or_default(),
        not_after: answer.not_after.as_ref().map_or_else(clock::now, clock::instant),
        signing_key_id: HEXLOWER.encode(&answer.signing_key_id),
        hub_keys: answer.hub_keys.iter().map(HubKey::from).collect(),
    };
    tls_key.save(&home.path("tls.key"))?;
    signing_key.save(&home.path("signing.key"))?;
    for (name, chain) in [
        ("tls.pem", &answer.tls_chain),
        ("signing.pem", &answer.signing_chain),
        ("authority.pem", &answer.authorities),
    ] {
        files::write(&home.path(name), pem(chain).as_bytes(), Access::Usual)?;
    }
    // Last: with the configuration the home is enrolled.
    home.save_config(&config)?;
    files::remove(&home.path(PENDING))?;
    Ok(config)
}

fn pending_key(home: &Home, name: &str) -> Result<PrivateKey, Error> {
    let folder = home.path(PENDING);
    files::create_folder(&folder)?;
    let path = folder.join(name);
    if let Some(key) = PrivateKey::open(&path)? {
        return Ok(key);
    }
    let key = PrivateKey::generate()?;
    key.save(&path)?;
    Ok(key)
}

fn check(answer: &v1::EnrolResponse, signing_key: &PrivateKey) -> Result<(), Error> {
    let empty =
        [&answer.tls_chain, &answer.signing_chain, &answer.authorities].iter().any(|chain| chain.is_empty());
    if empty || answer.hub_id.is_empty() || answer.agency.is_empty() {
        return Err(Error::Contract("the answer to Enrol lacks certificates or names".to_owned()));
    }
    if signing_key.id()?.0[..] != answer.signing_key_id[..] {
        return Err(Error::Contract("the hub certified another signing key than was sent".to_owned()));
    }
    Ok(())
}

fn pem(chain: &[Bytes]) -> String {
    let mut text = String::new();
    for der in chain {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        // RFC 7468: 64 characters a line.
        for line in BASE64.encode(der).as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
