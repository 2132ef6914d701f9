//! TLS at the door: version 1.3 only, clients' certificates judged by the hub's authority, clock and record.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore, ServerConfig,
    SignatureScheme,
};

use super::{DoorError, PeerCertificate};
use crate::clock::Clock;
use crate::hub::Standing;
use crate::trust::keys::DoorCertificate;
use crate::trust::{self, AgencyName, NameError};

/// The TLS configuration of a door. Its certificate and the lists of revoked ones can be replaced while it is open.
pub struct DoorTls {
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
    verifier: Arc<AgencyVerifier>,
    provider: Arc<CryptoProvider>,
}

/// Where a certificate stands, by its name and fingerprint.
type StandingOf = dyn Fn(&AgencyName, &[u8; 32]) -> Standing + Send + Sync;

/// What the hub's record says of certificates.
#[derive(Clone)]
pub struct Record(Arc<StandingOf>);

impl Record {
    /// Asks there.
    pub fn new(standing: impl Fn(&AgencyName, &[u8; 32]) -> Standing + Send + Sync + 'static) -> Self {
        Self(Arc::new(standing))
    }

    /// Whether a certificate may open a connection, and keep it. One that is not known may: every call with it is told
    /// so, which a broken handshake could not.
    pub(super) fn opens(&self, certificate: &PeerCertificate) -> bool {
        match (self.0)(&certificate.name, &certificate.fingerprint) {
            Standing::InForce | Standing::Unknown => true,
            Standing::Ended | Standing::Revoked => false,
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(…)")
    }
}

impl DoorTls {
    /// Shows `certificate`, and takes certificates of `authority` that are in force by `clock` and by the hub's
    /// `record`. With `revocations` (RFC 5280) their word counts as well, and once one has ended no certificate is
    /// taken until there is a newer one.
    pub fn new(
        certificate: DoorCertificate,
        authority: &CertificateDer<'static>,
        revocations: Vec<CertificateRevocationListDer<'static>>,
        record: Record,
        clock: Arc<Clock>,
    ) -> Result<Self, DoorError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let shown = Arc::new(Shown(RwLock::new(certified_key(certificate, &provider)?)));
        let verifier = Arc::new(AgencyVerifier::new(authority, revocations, record, &provider)?);
        let mut config = ServerConfig::builder_with_details(provider.clone(), Arc::new(HubTime(clock)))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier.clone())
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // No sessions: a certificate that has ended must not live on in one.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), shown, verifier, provider })
    }

    /// Shows another certificate to connections from now on.
    pub fn show(&self, certificate: DoorCertificate) -> Result<(), DoorError> {
        let key = certified_key(certificate, &self.provider)?;
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// Heeds other lists of revoked certificates from now on.
    pub fn heed(&self, revocations: Vec<CertificateRevocationListDer<'static>>) -> Result<(), DoorError> {
        self.verifier.heed(revocations, &self.provider)
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }

    pub(super) fn record(&self) -> Record {
        self.verifier.record.clone()
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
        CertificateError::Revoked => "the client's certificate was revoked".to_owned(),
        CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
            "keys/revocations.pem has ended: nobody with a certificate is let in until there is a newer list, or none"
                .to_owned()
        }
        CertificateError::UnknownRevocationStatus => {
            "keys/revocations.pem is not a list of this hub's authority: nobody with a certificate is let in".to_owned()
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

/// Takes certificates of the authority that name exactly one agency and application, unless the hub's record says that
/// they are over.
#[derive(Debug)]
struct AgencyVerifier {
    authority: Arc<RootCertStore>,
    /// Looks at chain, dates, purpose, and lists of revoked ones.
    of_authority: RwLock<Arc<dyn ClientCertVerifier>>,
    hints: Vec<DistinguishedName>,
    record: Record,
}

impl AgencyVerifier {
    fn new(
        authority: &CertificateDer<'static>,
        revocations: Vec<CertificateRevocationListDer<'static>>,
        record: Record,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, DoorError> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        let authority = Arc::new(roots);
        let of_authority = of_authority(&authority, revocations, provider)?;
        let hints = of_authority.root_hint_subjects().to_vec();
        Ok(Self { authority, of_authority: RwLock::new(of_authority), hints, record })
    }

    fn heed(
        &self,
        revocations: Vec<CertificateRevocationListDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), DoorError> {
        let verifier = of_authority(&self.authority, revocations, provider)?;
        *self.of_authority.write().unwrap_or_else(PoisonError::into_inner) = verifier;
        Ok(())
    }

    fn of_authority(&self) -> Arc<dyn ClientCertVerifier> {
        self.of_authority.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn of_authority(
    authority: &Arc<RootCertStore>,
    revocations: Vec<CertificateRevocationListDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, DoorError> {
    // Without a certificate a peer may still enrol, ask for health, or read what is public.
    let builder = WebPkiClientVerifier::builder_with_provider(authority.clone(), provider.clone())
        .allow_unauthenticated()
        .with_crls(revocations)
        .only_check_end_entity_revocation()
        .enforce_revocation_expiration();
    builder.build().map_err(DoorError::Authority)
}

impl ClientCertVerifier for AgencyVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.of_authority().verify_client_cert(end_entity, intermediates, now)?;
        let name = AgencyName::of_certificate(end_entity)
            .map_err(|error| CertificateError::Other(OtherError(Arc::new(error))))?;
        match (self.record.0)(&name, &trust::fingerprint(end_entity)) {
            Standing::InForce | Standing::Unknown => Ok(verified),
            Standing::Ended => Err(CertificateError::Expired.into()),
            Standing::Revoked => Err(CertificateError::Revoked.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.of_authority().verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.of_authority().verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.of_authority().supported_verify_schemes()
    }
}
