//! Certificates: the office's own and the one that is shown at the hub's address, judged here, so that each fault has
//! its own words.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::home::Own;
use super::{Check, Examined};
use crate::enrol::ends_within_days;
use crate::error::ExitCode;

const ENROL: &str = "ask the hub's operator for a token and run `mighub enrol`";
const SET_CLOCK: &str = "set this machine's clock; if it is right,";

/// The days a certificate is good for.
#[derive(Clone, Copy)]
struct Dates {
    begin: Timestamp,
    end: Timestamp,
}

impl Dates {
    fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let at = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
        let validity = certificate.validity();
        Some(Self { begin: at(validity.not_before)?, end: at(validity.not_after)? })
    }

    /// An instant at which it is good, whatever the clock says.
    fn middle(self) -> Timestamp {
        let half = self.end.duration_since(self.begin) / 2;
        self.begin.checked_add(half).unwrap_or(self.begin)
    }
}

/// The office's own certificate.
pub(super) fn own(own: &Own, now: Timestamp) -> Check {
    let failed = |found: String, remedy: String| {
        Check::failed(Examined::OwnCertificate, ExitCode::NotAllowed, found, remedy)
    };
    let Some((certificate, dates)) = own.certificate().and_then(|der| Some((der, Dates::of(der)?))) else {
        return failed("tls.pem holds no certificate that can be read".to_owned(), ENROL.to_owned());
    };
    match judged_as_client(own, certificate, dates.middle()) {
        Ok(()) => {}
        Err(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            let text =
                "the certificate in tls.pem is not of the authority in authority.pem: two homes were mixed";
            return failed(text.to_owned(), "restore the home from its copy, or ".to_owned() + ENROL);
        }
        Err(CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }) => {
            let text =
                "the certificate in tls.pem is not for connections: perhaps it is the one for signatures";
            return failed(text.to_owned(), "restore tls.pem from its copy, or ".to_owned() + ENROL);
        }
        Err(error) => {
            return failed(format!("the certificate in tls.pem is not sound: {error}"), ENROL.to_owned());
        }
    }
    if now < dates.begin {
        let text =
            format!("by this machine's clock it is {now}, and the certificate begins on {}", dates.begin);
        return failed(text, format!("{SET_CLOCK} {ENROL}"));
    }
    if now >= dates.end {
        let text = format!("the certificate ended on {}, and by this machine's clock it is {now}", dates.end);
        return failed(text, format!("{SET_CLOCK} {ENROL}"));
    }
    match ends_within_days(dates.end, now) {
        None => Check::ok(Examined::OwnCertificate, format!("good until {}", dates.end)),
        Some(days) => {
            let text = format!("good until {}, {days} days from now", dates.end);
            Check::warning(Examined::OwnCertificate, text, "run `mighub enrol --renew`")
        }
    }
}

fn roots(own: &Own) -> Result<Arc<RootCertStore>, CertificateError> {
    let mut roots = RootCertStore::empty();
    for authority in &own.authorities {
        roots.add(authority.clone()).map_err(|_| CertificateError::BadEncoding)?;
    }
    Ok(Arc::new(roots))
}

/// As the hub will look at it, at a moment of its own validity.
fn judged_as_client(
    own: &Own,
    certificate: &CertificateDer<'_>,
    at: Timestamp,
) -> Result<(), CertificateError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(own)?, provider)
        .build()
        .map_err(|_| CertificateError::UnknownIssuer)?;
    of_rustls(verifier.verify_client_cert(certificate, &own.chain[1..], unix(at)))
}

/// What was shown at the hub's address: the hub's certificate, or another's. Gives an instant at which it is good, for
/// the questions that follow, even where this machine's clock is wrong.
pub(super) fn of_hub(
    own: &Own,
    shown: &[CertificateDer<'static>],
    now: Timestamp,
) -> Result<(Check, Timestamp), Check> {
    let other = |found: String, remedy: &str| {
        Check::failed(Examined::HubCertificate, ExitCode::VerificationFailed, found, remedy)
    };
    let readable = shown.split_first().and_then(|(first, rest)| Some((first, rest, Dates::of(first)?)));
    let Some((certificate, rest, dates)) = readable else {
        return Err(other("no certificate that can be read was shown".to_owned(), "check the address"));
    };
    match judged_as_hub(own, certificate, rest, dates.middle()) {
        Ok(()) => {}
        Err(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            let text = format!(
                "what answers shows a certificate of {}, which is not the hub's authority: a proxy in between opens \
                 connections, or another server is at this address",
                issuer(certificate)
            );
            let remedy = "have the network's operator let connections to the hub pass unopened; if the hub was made \
                          anew, ask its operator for a token and run `mighub enrol`";
            return Err(other(text, remedy));
        }
        Err(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            let text = format!(
                "the hub's certificate is not for {}, but for {}",
                own.address.server_name,
                names(certificate)
            );
            let remedy = "write one of those names as server_name in config.json, or have the hub's operator add this one \
                          to names in hub.json";
            return Err(other(text, remedy));
        }
        Err(error) => {
            return Err(other(
                format!("the hub's certificate is not sound: {error}"),
                "tell the hub's operator",
            ));
        }
    }
    // The chain holds; only the clocks may part.
    let check = if now < dates.begin {
        let text =
            format!("it is the hub, but its certificate begins on {} and here it is {now}", dates.begin);
        let remedy = format!("{SET_CLOCK} tell the hub's operator");
        Check::failed(Examined::HubCertificate, ExitCode::VerificationFailed, text, remedy)
    } else if now >= dates.end {
        let text = format!("it is the hub, but its certificate ended on {} and here it is {now}", dates.end);
        let remedy = format!("{SET_CLOCK} tell the hub's operator: a hub that runs renews it by itself");
        Check::failed(Examined::HubCertificate, ExitCode::VerificationFailed, text, remedy)
    } else {
        return Ok((
            Check::ok(Examined::HubCertificate, format!("the hub's, good until {}", dates.end)),
            now,
        ));
    };
    Ok((check, dates.middle()))
}

fn judged_as_hub(
    own: &Own,
    certificate: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
    at: Timestamp,
) -> Result<(), CertificateError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(own)?, provider)
        .build()
        .map_err(|_| CertificateError::UnknownIssuer)?;
    let name = ServerName::try_from(own.address.server_name.as_str());
    let name = name.map_err(|_| CertificateError::NotValidForName)?;
    of_rustls(verifier.verify_server_cert(certificate, rest, &name, &[], unix(at)))
}

fn of_rustls<T>(judged: Result<T, rustls::Error>) -> Result<(), CertificateError> {
    match judged {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(error)) => Err(error),
        Err(_) => Err(CertificateError::BadEncoding),
    }
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default()))
}

fn issuer(certificate: &CertificateDer<'_>) -> String {
    match X509Certificate::from_der(certificate) {
        Ok((_, certificate)) => format!("{:?}", certificate.issuer().to_string()),
        Err(_) => "somebody".to_owned(),
    }
}

fn names(certificate: &CertificateDer<'_>) -> String {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return "nobody".to_owned() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return "nobody".to_owned() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|octets| std::net::IpAddr::from(octets).to_string()),
            _ => <[u8; 16]>::try_from(*octets).ok().map(|octets| std::net::IpAddr::from(octets).to_string()),
        },
        _ => None,
    };
    let names: Vec<String> = names.value.general_names.iter().filter_map(text).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}
