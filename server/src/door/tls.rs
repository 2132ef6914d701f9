//! TLS at the door: version 1.3 only, clients' certificates judged by the hub's authority, by the hub's clock.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore, ServerConfig,
    SignatureScheme,
};

use super::DoorError;
use crate::clock::Clock;
use crate::trust::keys::DoorCertificate;
use crate::trust::{AgencyName, NameError};

/// The TLS configuration of a door, whose certificate can be replaced while it is open.
pub struct DoorTls {
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
    provider: Arc<CryptoProvider>,
}

impl DoorTls {
    /// Shows `certificate`, and takes certificates of `authority` that are in force by `clock`.
    pub fn new(
        certificate: DoorCertificate,
        authority: &CertificateDer<'static>,
        clock: Arc<Clock>,
    ) -> Result<Self, DoorError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let shown = Arc::new(Shown(RwLock::new(certified_key(certificate, &provider)?)));
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        // Without a certificate a peer may still enrol, ask for health, or read what is public.
        let of_authority = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()
            .map_err(DoorError::Authority)?;
        let mut config = ServerConfig::builder_with_details(provider.clone(), Arc::new(HubTime(clock)))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(AgencyVerifier(of_authority)))
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // No sessions: a certificate that has ended must not live on in one.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), shown, provider })
    }

    /// Shows another certificate to connections from now on.
    pub fn show(&self, certificate: DoorCertificate) -> Result<(), DoorError> {
        let key = certified_key(certificate, &self.provider)?;
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

fn certified_key(
    certificate: DoorCertificate,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, rustls::Error> {
    let key = provider.key_provider.load_private_key(certificate.key)?;
    let certified = CertifiedKey::new(certificate.chain, key);
    certified.keys_match()?;
    Ok(Arc::new(certified))
}

/// Why a handshake came to nothing, for the log.
pub(super) fn in_words(error: &io::Error) -> String {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return error.to_string();
    };
    match error {
        rustls::Error::InvalidCertificate(error) => certificate_in_words(error),
        rustls::Error::AlertReceived(alert) => {
            format!("the peer broke off with {alert:?}; it may trust another authority than this hub's")
        }
        error => error.to_string(),
    }
}

fn certificate_in_words(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the client's certificate has ended; its agency must enrol again".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the client's certificate is not in force yet; the clock here or there is wrong".to_owned()
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the client's certificate is of another authority; its agency must enrol with this hub".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the client's certificate is not for connections; it may be the one for signatures".to_owned()
        }
        CertificateError::Other(OtherError(error)) => match error.downcast_ref::<NameError>() {
            Some(error) => error.to_string(),
            None => error.to_string(),
        },
        error => format!("the client's certificate is refused: {error}"),
    }
}

/// The certificate that is shown at present.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(…)")
    }
}

/// Certificates are judged by the hub's clock, like everything else.
#[derive(Debug)]
struct HubTime(Arc<Clock>);

impl TimeProvider for HubTime {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from(self.0.now().0).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(ms)))
    }
}

/// Takes certificates of the authority that name exactly one agency and application.
#[derive(Debug)]
struct AgencyVerifier(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for AgencyVerifier {
    fn offer_client_auth(&self) -> bool {
        self.0.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.0.verify_client_cert(end_entity, intermediates, now)?;
        match AgencyName::of_certificate(end_entity) {
            Ok(_) => Ok(verified),
            Err(error) => Err(CertificateError::Other(OtherError(Arc::new(error))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
