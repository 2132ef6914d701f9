//! Connections: TLS 1.3 over ring, with the office's certificate, and the first meeting, at which only the
//! fingerprint of the hub's authority is known.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use mighub::block::Digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

use super::first_word::{alert_in, greeted, in_words};
use crate::error::Error;
use crate::home::{Config, Home};

/// A hub that does not answer within this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a quiet connection is tried, so that one that a firewall forgot is noticed.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// A hub that does not answer a ping within this time is gone.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of one stream in flight: with messages of 1 MiB, four of them.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of one connection in flight.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// Where a hub listens if its address names no port.
const DEFAULT_PORT: u16 = 8443;

/// Host and port of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// DNS name or address; an IPv6 address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Name that the hub's certificate must carry.
    pub(crate) server_name: String,
}

impl Address {
    /// Reads `host:port`, `host`, or `[address]:port`; `https://` before it does no harm.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::Request(format!(
                "{text:?} is not an address: write host:port, such as hub.example.org:8443"
            ))
        };
        let text_only = text.trim().trim_start_matches("https://").trim_end_matches('/');
        let (host, port) = match text_only.rsplit_once(':') {
            Some((host, _)) if host.contains(':') && !host.starts_with('[') => (text_only, None),
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text_only, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = port.map_or(Ok(DEFAULT_PORT), str::parse).map_err(|_| refuse())?;
        if host.is_empty() || ServerName::try_from(host.as_str()).is_err() {
            return Err(refuse());
        }
        Ok(Self { server_name: host.clone(), host, port })
    }

    /// Where a home's hub is.
    pub(crate) fn of_home(config: &Config) -> Result<Self, Error> {
        let address = Self::parse(&config.hub)?;
        match &config.server_name[..] {
            "" => Ok(address),
            name => Ok(Self { server_name: name.to_owned(), ..address }),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The authorities that a home trusts.
pub(crate) fn roots(home: &Home) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for authority in home.authorities()? {
        roots.add(authority).map_err(|error| Error::Key(error.to_string()))?;
    }
    Ok(roots)
}

/// TLS for an enrolled office.
pub(crate) fn enrolled(home: &Home) -> Result<ClientConfig, Error> {
    let refuse = |error: rustls::Error| Error::Key(error.to_string());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refuse)?
        .with_root_certificates(roots(home)?)
        .with_client_auth_cert(home.tls_chain()?, home.tls_key()?.pkcs8().into())
        .map_err(refuse)?;
    Ok(with_h2(config))
}

/// TLS for an office that has nothing but a token: the chain must hold the authority with this fingerprint,
/// and end in it.
pub(crate) fn first_meeting(authority: [u8; 32]) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = FirstMeeting { authority: Digest(authority), provider: provider.clone() };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| Error::Key(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(with_h2(config))
}

pub(crate) fn with_h2(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// Connects. The channel connects again by itself when the connection breaks.
pub(crate) async fn connect(address: &Address, config: ClientConfig) -> Result<Channel, Error> {
    let malformed = |error: &dyn fmt::Display| Error::Request(format!("{}: {error}", address.text()));
    let name = ServerName::try_from(address.server_name.clone()).map_err(|error| malformed(&error))?;
    let origin: Uri = format!("https://{}", address.text()).parse().map_err(|error| malformed(&error))?;
    // The scheme is http because TLS is ours: tonic's own does not insist on 1.3.
    let endpoint = Endpoint::from_shared(format!("http://{}", address.text()))
        .map_err(|error| malformed(&error))?
        .origin(origin)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .user_agent(concat!("mighub/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| malformed(&error))?;
    let tls = TlsConnector::from(Arc::new(config));
    let place = (address.host.clone(), address.port);
    let connector = tower::service_fn(move |_: Uri| {
        let (tls, name, place) = (tls.clone(), name.clone(), place.clone());
        async move {
            let stream = TcpStream::connect((place.0.as_str(), place.1)).await?;
            stream.set_nodelay(true)?;
            Ok::<_, io::Error>(TokioIo::new(greeted(tls.connect(name, stream).await?).await?))
        }
    });
    endpoint.connect_with_connector(connector).await.map_err(|error| unreachable(address, &error))
}

/// Why there is no connection: the innermost causes say it, the outer ones only that it failed.
fn unreachable(address: &Address, error: &(dyn std::error::Error + 'static)) -> Error {
    if let Some(alert) = alert_in(error) {
        let (reason, remedy) = in_words(alert);
        return Error::CertificateRefused { address: address.text(), reason, remedy };
    }
    let (mut reason, mut cause) = (error.to_string(), error.source());
    let mut other_hub = false;
    while let Some(error) = cause {
        reason = error.to_string();
        let inner = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let tls = error.downcast_ref::<rustls::Error>();
        let tls = tls.or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()));
        other_hub |= matches!(tls, Some(rustls::Error::InvalidCertificate(_)));
        cause = error.source();
    }
    let address = address.text();
    if other_hub { Error::OtherHub { address, reason } } else { Error::Unreachable { address, reason } }
}

/// Accepts exactly a chain that ends in the authority that the token names.
#[derive(Debug)]
struct FirstMeeting {
    authority: Digest,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for FirstMeeting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates.iter().find(|certificate| Digest::of(certificate) == self.authority);
        let authority =
            authority.ok_or(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only TLS 1.3 is spoken".to_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_its_usual_forms() {
        for (text, host, port) in [
            ("hub.example.org:9000", "hub.example.org", 9000),
            ("hub.example.org", "hub.example.org", DEFAULT_PORT),
            ("https://hub.example.org:9000/", "hub.example.org", 9000),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:8443", "::1", 8443),
            ("[::1]", "::1", DEFAULT_PORT),
            ("::1", "::1", DEFAULT_PORT),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!((address.host.as_str(), address.port), (host, port), "{text}");
        }
        for text in ["", ":8443", "hub:port", "hub:99999", "a b:1"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
