//! The way to the hub: its name, its port, and what answers there.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Check, Examined};
use crate::error::ExitCode;
use crate::hub::first_word::alert_in;
use crate::hub::tls::{Address, with_h2};

/// What does not answer within this time is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The addresses behind the hub's name.
pub(super) async fn name(address: &Address) -> Result<(Check, Vec<SocketAddr>), Check> {
    let failed = |found: String| {
        let remedy =
            "check the spelling of the hub's address in config.json, and whether this machine resolves names";
        Check::failed(Examined::Name, ExitCode::Temporary, found, remedy)
    };
    let lookup = tokio::net::lookup_host((address.host.as_str(), address.port));
    let places: Vec<SocketAddr> = match tokio::time::timeout(ANSWER_WITHIN, lookup).await {
        Ok(Ok(places)) => places.collect(),
        Ok(Err(error)) => return Err(failed(format!("{} has no address: {error}", address.host))),
        Err(_) => return Err(failed(format!("no answer about {} within {ANSWER_WITHIN:?}", address.host))),
    };
    if places.is_empty() {
        return Err(failed(format!("{} has no address", address.host)));
    }
    let list: Vec<String> = places.iter().map(|place| place.ip().to_string()).collect();
    Ok((Check::ok(Examined::Name, format!("{} is at {}", address.host, list.join(", "))), places))
}

/// The first address at which something answers.
pub(super) async fn port(address: &Address, places: &[SocketAddr]) -> Result<(Check, SocketAddr), Check> {
    let mut found = Vec::new();
    for place in places {
        match tokio::time::timeout(ANSWER_WITHIN, TcpStream::connect(place)).await {
            Ok(Ok(_)) => return Ok((Check::ok(Examined::Port, format!("{place} is open")), *place)),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                found.push(format!("{place} is closed: the machine is there, and nothing listens"));
            }
            Ok(Err(error)) => found.push(format!("{place}: {error}")),
            Err(_) => found.push(format!(
                "{place} says nothing within {ANSWER_WITHIN:?}: a firewall keeps it, or the machine is down"
            )),
        }
    }
    let remedy = format!(
        "ask the hub's operator whether it runs and listens on port {}, and the network's operator whether it may be \
         reached from here",
        address.port
    );
    Err(Check::failed(Examined::Port, ExitCode::Temporary, found.join("; "), remedy))
}

/// The certificates that are shown; whatever they are, nothing is sent there.
pub(super) async fn tls(
    address: &Address,
    place: SocketAddr,
) -> Result<(Check, Vec<CertificateDer<'static>>), Check> {
    let failed = |found: String, remedy: &str| Check::failed(Examined::Tls, ExitCode::Other, found, remedy);
    let pass = "check the address; a proxy in between must pass connections on unopened";
    let provider = Arc::new(ring::default_provider());
    let heard = Arc::new(Heard { chain: Mutex::default(), provider: provider.clone() });
    // 1.2 too, only to be able to say that it is spoken.
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| failed(error.to_string(), "this is a fault of mighub, please report it"))?
        .dangerous()
        .with_custom_certificate_verifier(heard.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(address.server_name.clone()).map_err(|error| {
        failed(format!("{:?}: {error}", address.server_name), "correct server_name in config.json")
    })?;
    let handshake = async {
        let stream = TcpStream::connect(place).await?;
        TlsConnector::from(Arc::new(with_h2(config))).connect(name, stream).await
    };
    let stream = match tokio::time::timeout(ANSWER_WITHIN, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(failed(in_words(&error), pass)),
        Err(_) => {
            return Err(failed(format!("what answers does not speak TLS within {ANSWER_WITHIN:?}"), pass));
        }
    };
    let (_, session) = stream.get_ref();
    if session.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        let text = "what answers speaks TLS 1.2, which no hub does: a proxy in between opens connections";
        return Err(failed(text.to_owned(), pass));
    }
    if session.alpn_protocol() != Some(b"h2") {
        let text = "what answers does not offer HTTP/2 (ALPN h2): it is no hub, or a proxy in between opens connections";
        return Err(failed(text.to_owned(), pass));
    }
    let chain = heard.chain.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((Check::ok(Examined::Tls, "TLS 1.3 with HTTP/2"), chain))
}

fn in_words(error: &io::Error) -> String {
    match alert_in(error) {
        Some(AlertDescription::NoApplicationProtocol) => {
            return "what answers does not offer HTTP/2 (ALPN h2)".to_owned();
        }
        Some(AlertDescription::ProtocolVersion) => {
            return "what answers speaks neither TLS 1.3 nor 1.2".to_owned();
        }
        Some(alert) => return format!("what answers broke off with {alert:?}"),
        None => {}
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => {
            "what answers does not speak TLS: perhaps it is a plain HTTP port".to_owned()
        }
        Some(error) => format!("no TLS with what answers: {error}"),
        None => format!("what answers hung up during the handshake: {error}"),
    }
}

/// Takes every certificate, and keeps it to be judged. Nothing is ever sent over such a connection.
#[derive(Debug)]
struct Heard {
    chain: Mutex<Vec<CertificateDer<'static>>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Heard {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) =
            chain.map(|certificate| certificate.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
