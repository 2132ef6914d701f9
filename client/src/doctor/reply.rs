//! What the hub itself says: its clock, its id, and what it makes of this office's certificate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::{ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::home::Own;
use super::{Check, Examined};
use crate::clock;
use crate::error::{Error, ExitCode};
use crate::home::Home;
use crate::hub::first_word::{alert_in, greeted, in_words};
use crate::hub::tls;

/// A clock that is off by less is not worth a word.
const SKEW_UNNOTICED: SignedDuration = SignedDuration::from_mins(1);
/// The hub takes nothing that was prepared further in its future (CLOCK_SKEW).
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(10);
/// What does not answer within this time is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A clock that stands: at an instant at which the hub's certificate is good.
#[derive(Debug)]
struct Standing(Timestamp);

impl TimeProvider for Standing {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// What the hub tells everybody about itself.
pub(super) async fn public(own: &Own, trusted_at: Timestamp) -> Result<v1::WhoAmIResponse, Error> {
    who_am_i(own, config(own, trusted_at, None)?).await
}

fn config(own: &Own, trusted_at: Timestamp, shown: Option<&Home>) -> Result<ClientConfig, Error> {
    let refuse = |error: rustls::Error| Error::Key(error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    for authority in &own.authorities {
        roots.add(authority.clone()).map_err(refuse)?;
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_details(provider, Arc::new(Standing(trusted_at)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refuse)?
        .with_root_certificates(roots);
    let config = match shown {
        None => builder.with_no_client_auth(),
        Some(home) => {
            let key = home.tls_key()?.pkcs8().into();
            builder.with_client_auth_cert(own.chain.clone(), key).map_err(refuse)?
        }
    };
    Ok(tls::with_h2(config))
}

async fn who_am_i(own: &Own, config: ClientConfig) -> Result<v1::WhoAmIResponse, Error> {
    let ask = async {
        let channel = tls::connect(&own.address, config).await?;
        Ok(AgencyServiceClient::new(channel).who_am_i(v1::WhoAmIRequest {}).await?.into_inner())
    };
    tokio::time::timeout(ANSWER_WITHIN, ask).await.unwrap_or_else(|_| {
        let reason = format!("it gave no answer within {ANSWER_WITHIN:?}");
        Err(Error::Unreachable { address: own.address.text(), reason })
    })
}

pub(super) fn clock(asked: Result<&v1::WhoAmIResponse, &Error>, now: Timestamp) -> Check {
    let hub_time = match asked {
        Err(error) => return unasked(Examined::Clock, error),
        Ok(answer) => answer.hub_time.as_ref().map_or(now, clock::instant),
    };
    let skew = now.duration_since(hub_time);
    let text = |skew: SignedDuration| {
        let direction = if skew.is_negative() { "behind" } else { "ahead of" };
        format!(
            "this machine's clock is {:#} {direction} the hub's, where it is {hub_time}",
            rounded(skew.abs())
        )
    };
    let set = "set this machine's clock, and have it follow a time server (NTP)";
    match skew.abs() {
        small if small < SKEW_UNNOTICED => Check::ok(Examined::Clock, "as the hub's"),
        much if much > SKEW_MAX => Check::failed(Examined::Clock, ExitCode::Refused, text(skew), set),
        _ => Check::warning(Examined::Clock, text(skew), set),
    }
}

fn rounded(skew: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(skew.as_secs())
}

pub(super) fn hub_id(own: &Own, asked: Result<&v1::WhoAmIResponse, &Error>) -> Check {
    match asked {
        Err(error) => unasked(Examined::HubId, error),
        Ok(answer) if answer.hub_id == own.config.hub_id => {
            Check::ok(Examined::HubId, format!("{}, version {}", answer.hub_id, answer.hub_version))
        }
        Ok(answer) => {
            let text = format!(
                "this is the hub {:?}; this home is enrolled at {:?}",
                answer.hub_id, own.config.hub_id
            );
            let remedy = "correct the address in config.json, or enrol at this hub with a home of its own";
            Check::failed(Examined::HubId, ExitCode::VerificationFailed, text, remedy)
        }
    }
}

fn unasked(examined: Examined, error: &Error) -> Check {
    let remedy = "ask the hub's operator what its log says of this moment";
    Check::failed(examined, error.exit_code(), format!("the hub did not say: {error}"), remedy)
}

/// Shows the certificate and listens.
pub(super) async fn admission(
    home: &Home,
    own: &Own,
    place: SocketAddr,
    trusted_at: Timestamp,
) -> Result<(Check, ()), Check> {
    let failed =
        |found: String, remedy: &str| Check::failed(Examined::Admission, ExitCode::NotAllowed, found, remedy);
    let report = "this is a fault of mighub, please report it";
    let config = config(own, trusted_at, Some(home)).map_err(|error| failed(error.to_string(), report))?;
    let name = ServerName::try_from(own.address.server_name.clone())
        .map_err(|error| failed(error.to_string(), "correct server_name in config.json"))?;
    let shown = async {
        let stream = TcpStream::connect(place).await?;
        greeted(TlsConnector::from(Arc::new(config)).connect(name, stream).await?).await
    };
    let log = "ask the hub's operator what its log says of this moment";
    match tokio::time::timeout(ANSWER_WITHIN, shown).await {
        Ok(Ok(greeted)) if greeted.has_spoken() => {
            Ok((Check::ok(Examined::Admission, "the hub takes this office's certificate"), ()))
        }
        Ok(Ok(_)) | Err(_) => {
            Err(failed("the hub takes the certificate and says nothing more".to_owned(), log))
        }
        Ok(Err(error)) => Err(match alert_in(&error) {
            Some(alert) => {
                let (found, remedy) = in_words(alert);
                failed(found, remedy)
            }
            None => {
                failed(format!("the hub hung up when it saw the certificate, without a word: {error}"), log)
            }
        }),
    }
}

/// Who the office is to the hub.
pub(super) async fn enrolment(home: &Home, own: &Own, trusted_at: Timestamp) -> Check {
    let answer = match config(own, trusted_at, Some(home)) {
        Ok(config) => who_am_i(own, config).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) if answer.agency == own.config.agency => {
            let sends = answer.agreements.len();
            let text = format!("{} ({}), with {sends} agreements to send", answer.agency, answer.application);
            Check::ok(Examined::Enrolment, text)
        }
        Ok(answer) => {
            let text =
                format!("to the hub this is {:?}; config.json says {:?}", answer.agency, own.config.agency);
            let remedy = "restore the home from its copy: two were mixed";
            Check::failed(Examined::Enrolment, ExitCode::VerificationFailed, text, remedy)
        }
        Err(error) => {
            let text = error.to_string();
            let remedy = match &error {
                Error::Hub(error) => error.remedy().unwrap_or("ask the hub's operator"),
                _ => "ask the hub's operator",
            };
            Check::failed(Examined::Enrolment, error.exit_code(), text, remedy)
        }
    }
}
