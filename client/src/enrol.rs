//! Joining a hub, and staying with it: two keys, certified with a token that names the hub's authority, and later with
//! the certificate before.

use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use mighub::token::EnrolmentToken;
use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use prost::bytes::Bytes;

use crate::clock;
use crate::error::Error;
use crate::home::{Config, Home, HubKey, Joining, PrivateKey};
use crate::hub::Hub;
use crate::hub::tls::{self, Address};

/// Certificates that end within this time should be renewed: long enough for holidays and for a letter.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

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
    let joining = Joining::begin(home)?;
    let channel = tls::connect(&address, tls::first_meeting(*token.authority())?).await?;
    let request = v1::EnrolRequest {
        enrolment_token: token.reveal(),
        application: application.to_owned(),
        tls_request: joining.tls_key.certificate_request()?.into(),
        signing_request: joining.signing_key.certificate_request()?.into(),
    };
    // Not tried again by itself: the token is good once.
    let answer = AgencyServiceClient::new(channel).enrol(request).await?.into_inner();
    let certified = Certified {
        tls_chain: answer.tls_chain,
        signing_chain: answer.signing_chain,
        authorities: answer.authorities,
        signing_key_id: answer.signing_key_id,
    };
    certified.check(&joining.signing_key)?;
    if answer.hub_id.is_empty() || answer.agency.is_empty() {
        return Err(Error::Contract("the answer to Enrol lacks names".to_owned()));
    }
    let before = home.config().ok();
    let config = Config {
        hub: address.text(),
        server_name: address.host.clone(),
        hub_id: answer.hub_id.clone(),
        agency: answer.agency.clone(),
        application: answer.application.clone(),
        person: before.map(|config| config.person).unwrap_or_default(),
        not_after: answer.not_after.as_ref().map_or_else(clock::now, clock::instant),
        signing_key_id: HEXLOWER.encode(&certified.signing_key_id),
        hub_keys: answer.hub_keys.iter().map(HubKey::from).collect(),
    };
    joining.complete(certified.files(), &config)?;
    Ok(config)
}

/// Renews the keys of a home with its present certificate. The keys before stay good at the hub until the instant that
/// is given back, so that copies of this home on other machines have time to get the new ones.
///
/// After a failure call again.
pub async fn renew(home: &Home) -> Result<(Config, Timestamp), Error> {
    let hub = Hub::connect(home).await?;
    let joining = Joining::begin(home)?;
    let request = v1::RenewKeysRequest {
        tls_request: joining.tls_key.certificate_request()?.into(),
        signing_request: joining.signing_key.certificate_request()?.into(),
    };
    // Not tried again by itself: every call makes a pair of certificates.
    let answer = hub.keys().renew_keys(request).await?.into_inner();
    let certified = Certified {
        tls_chain: answer.tls_chain,
        signing_chain: answer.signing_chain,
        authorities: answer.authorities,
        signing_key_id: answer.signing_key_id,
    };
    certified.check(&joining.signing_key)?;
    let (Some(not_after), Some(previous_until)) = (&answer.not_after, &answer.previous_until) else {
        return Err(Error::Contract("the answer to RenewKeys lacks dates".to_owned()));
    };
    let mut config = hub.config();
    config.not_after = clock::instant(not_after);
    config.signing_key_id = HEXLOWER.encode(&certified.signing_key_id);
    config.know(answer.hub_keys.iter().map(HubKey::from));
    joining.complete(certified.files(), &config)?;
    Ok((config, clock::instant(previous_until)))
}

/// Whether certificates end so soon that their holder should be told: in how many whole days.
pub fn ends_within_days(not_after: Timestamp, now: Timestamp) -> Option<i64> {
    let left = not_after.duration_since(now);
    (left < RENEW_BEFORE).then_some(left.as_hours().max(0) / 24)
}

/// What an answer certifies.
struct Certified {
    tls_chain: Vec<Bytes>,
    signing_chain: Vec<Bytes>,
    authorities: Vec<Bytes>,
    signing_key_id: Bytes,
}

impl Certified {
    fn check(&self, signing_key: &PrivateKey) -> Result<(), Error> {
        if [&self.tls_chain, &self.signing_chain, &self.authorities].iter().any(|chain| chain.is_empty()) {
            return Err(Error::Contract("the hub's answer lacks certificates".to_owned()));
        }
        if signing_key.id()?.0[..] != self.signing_key_id[..] {
            return Err(Error::Contract("the hub certified another signing key than was sent".to_owned()));
        }
        Ok(())
    }

    fn files(&self) -> [(&'static str, String); 3] {
        [
            ("tls.pem", pem(&self.tls_chain)),
            ("signing.pem", pem(&self.signing_chain)),
            ("authority.pem", pem(&self.authorities)),
        ]
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_told_in_the_last_thirty_days() {
        let end: Timestamp = "2026-07-31T00:00:00Z".parse().expect("an instant");
        for (now, days) in [
            ("2026-06-30T00:00:00Z", None),
            ("2026-07-01T00:00:01Z", Some(29)),
            ("2026-07-30T12:00:00Z", Some(0)),
            ("2026-08-09T00:00:00Z", Some(0)),
        ] {
            assert_eq!(ends_within_days(end, now.parse().expect("an instant")), days, "{now}");
        }
    }
}
