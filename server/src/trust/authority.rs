//! The hub's certificate authority: ECDSA P-256, because browsers refuse Ed25519 (DETAILS E28); it certifies
//! the Ed25519 keys of offices.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::files::{self, FileError};
use super::name::AgencyName;
use super::request::RequestedKey;
use crate::hub::Moment;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the authority's own certificate is good for.
const AUTHORITY_DAYS: u32 = 3_652;
/// How long certificates of the hub and of offices are good for: the longest that browsers take.
const CERTIFICATE_DAYS: u32 = 397;
/// Certificates begin a day early, for clocks that are behind.
const EARLY: Duration = DAY;
/// Bytes of a serial number: too many to meet twice.
const SERIAL_BYTES: usize = 16;
/// Extended key usage "document signing" (RFC 9336). A certificate that has it and no other does not open
/// connections.
const DOCUMENT_SIGNING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 36];

/// The authority with its private key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
}

/// A certificate for somebody else.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub der: CertificateDer<'static>,
    /// The same as text.
    pub pem: String,
    /// When it ends.
    pub not_after: Moment,
}

/// What a key is for. The two are kept apart, so that a stolen connection key signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Connections.
    Tls,
    /// Signatures of submissions.
    Signing,
}

/// Why something was not certified.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file of the authority is missing or cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Keys or certificates of the authority are not usable.
    #[error("the certificate authority in {folder} is damaged: {reason}; restore the folder from its copy")]
    Damaged {
        /// Where it lies.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A name cannot stand in a certificate.
    #[error(
        "{0:?} cannot stand in a certificate: give a host name such as hub.example.org, or an IP address"
    )]
    Name(String),
    /// Making a key or a certificate failed.
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Random(getrandom::Error),
}

impl Authority {
    /// Makes an authority for the hub `hub_id` and writes its key and certificate into `folder`.
    pub fn create(folder: &Path, hub_id: &str, now: Moment) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let (mut params, _) = good_for(now, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, format!("mighub authority of {hub_id}"));
        let certificate = params.self_signed(&key)?;
        files::write_secret(&key_file(folder), Zeroizing::new(key.serialize_pem()).as_bytes())?;
        files::write(&certificate_file(folder), certificate.pem().as_bytes())?;
        Self::open(folder)
    }

    /// Opens the authority in `folder`.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let damaged = |reason: String| AuthorityError::Damaged { folder: folder.to_owned(), reason };
        let key = files::read_secret(&key_file(folder))?;
        let certificate_pem = files::read(&certificate_file(folder))?;
        let key = KeyPair::from_pem(&key).map_err(|error| damaged(format!("authority.key: {error}")))?;
        let [certificate] = &files::certificates(&certificate_pem)[..] else {
            return Err(damaged("authority.pem does not hold exactly one certificate".to_owned()));
        };
        let certificate = certificate.clone();
        if !certifies(&certificate, &key) {
            return Err(damaged("authority.key and authority.pem do not belong together".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|error| damaged(format!("authority.pem: {error}")))?;
        Ok(Self { issuer, certificate, certificate_pem })
    }

    /// The authority's certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The authority's certificate as text.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// BLAKE3 digest of the certificate: a token carries it, so that an office knows the hub it meets for the
    /// first time.
    pub fn fingerprint(&self) -> [u8; 32] {
        *blake3::hash(&self.certificate).as_bytes()
    }

    /// A certificate for the hub's key, with which it answers under `names` (host names or addresses).
    pub(super) fn certify_hub(
        &self,
        key: &KeyPair,
        names: &[String],
        now: Moment,
    ) -> Result<Issued, AuthorityError> {
        let (mut params, not_after) = good_for(now, CERTIFICATE_DAYS)?;
        for name in names {
            let named =
                CertificateParams::new([name.clone()]).map_err(|_| AuthorityError::Name(name.clone()))?;
            params.subject_alt_names.extend(named.subject_alt_names);
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, "mighub hub");
        self.sign(&params, key, not_after)
    }

    /// Certifies a key of an agency under the one name it has here.
    pub fn certify_agency(
        &self,
        key: &RequestedKey,
        name: &AgencyName,
        purpose: Purpose,
        now: Moment,
    ) -> Result<Issued, AuthorityError> {
        let (mut params, not_after) = good_for(now, CERTIFICATE_DAYS)?;
        let uri = name.uri();
        params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match purpose {
            Purpose::Tls => ExtendedKeyUsagePurpose::ClientAuth,
            Purpose::Signing => ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec()),
        }];
        params.distinguished_name.push(DnType::CommonName, name.to_string());
        self.sign(&params, key.info(), not_after)
    }

    fn sign(
        &self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
        not_after: Moment,
    ) -> Result<Issued, AuthorityError> {
        let certificate = params.signed_by(key, &self.issuer)?;
        Ok(Issued { der: certificate.der().clone(), pem: certificate.pem(), not_after })
    }
}

/// Whether a certificate is for this key.
pub(super) fn certifies(certificate: &[u8], key: &impl PublicKeyData) -> bool {
    use x509_parser::prelude::{FromDer, X509Certificate};
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, certificate)| *certificate.public_key().subject_public_key.data == *key.der_bytes())
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("authority.key")
}

fn certificate_file(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

/// What every certificate begins with, and when it ends: a whole second, as certificates have no finer time.
fn good_for(now: Moment, days: u32) -> Result<(CertificateParams, Moment), AuthorityError> {
    let seconds = Duration::from_secs(u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0));
    let end = seconds + DAY * days;
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + seconds.saturating_sub(EARLY);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + end;
    let mut serial = [0u8; SERIAL_BYTES];
    getrandom::fill(&mut serial).map_err(AuthorityError::Random)?;
    // A serial number is positive (RFC 5280, 4.1.2.2).
    serial[0] &= 0x7F;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.use_authority_key_identifier_extension = true;
    Ok((params, Moment(i64::try_from(end.as_millis()).unwrap_or(i64::MAX))))
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, X509Certificate};

    use super::super::request::{RequestError, RequestedKey};
    use super::*;

    const NOW: Moment = Moment(1_795_000_000_000);

    fn authority(folder: &Path) -> Authority {
        Authority::create(folder, "TEST", NOW).expect("an authority")
    }

    fn request(
        params: CertificateParams,
        algorithm: &'static rcgen::SignatureAlgorithm,
    ) -> (Vec<u8>, KeyPair) {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let request = params.serialize_request(&key).expect("a request");
        (request.der().to_vec(), key)
    }

    #[test]
    fn a_certificate_has_the_name_of_the_token_whatever_the_request_asks_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = authority(folder.path());
        let mut greedy = CertificateParams::new(["hub.example.org".to_owned()]).expect("parameters");
        greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        greedy
            .subject_alt_names
            .push(SanType::URI("spiffe://mighub/agency/OTHER/client".try_into().expect("URI")));
        let (request, key) = request(greedy, &rcgen::PKCS_ED25519);
        let requested = RequestedKey::read(&request).expect("a key");
        assert_eq!(requested.bytes(), key.public_key_raw());

        let name = AgencyName::new("SWE", "client").expect("a name");
        for (purpose, client_auth) in [(Purpose::Tls, true), (Purpose::Signing, false)] {
            let issued = authority.certify_agency(&requested, &name, purpose, NOW).expect("a certificate");
            assert_eq!(AgencyName::of_certificate(&issued.der), Ok(name.clone()));
            let (_, certificate) = X509Certificate::from_der(&issued.der).expect("a certificate");
            assert!(!certificate.is_ca());
            assert_eq!(certificate.validity().not_after.timestamp() * 1_000, issued.not_after.0);
            let usage = certificate.extended_key_usage().expect("readable").expect("present");
            assert_eq!(usage.value.client_auth, client_auth, "{purpose:?}");
        }
    }

    #[test]
    fn what_is_no_request_of_the_holder_of_an_ed25519_key_is_refused() {
        let (good, _) = request(CertificateParams::default(), &rcgen::PKCS_ED25519);
        let (other_kind, _) = request(CertificateParams::default(), &PKCS_ECDSA_P256_SHA256);
        let (stranger, _) = request(CertificateParams::default(), &rcgen::PKCS_ED25519);
        // The request of one, signed by another.
        let mut stolen = good.clone();
        let signature = good.len() - 64;
        stolen[signature..].copy_from_slice(&stranger[stranger.len() - 64..]);
        let cut = good[..good.len() - 1].to_vec();
        let followed = [&good[..], b"x"].concat();
        let is_no_request = |error: &RequestError| matches!(error, RequestError::NotARequest(_));
        type Expected<'e> = &'e dyn Fn(&RequestError) -> bool;
        let table: [(&str, Vec<u8>, Expected<'_>); 7] = [
            ("nothing", Vec::new(), &is_no_request),
            ("text", b"-----BEGIN CERTIFICATE REQUEST-----".to_vec(), &is_no_request),
            ("cut off", cut, &is_no_request),
            ("followed by something", followed, &is_no_request),
            ("huge", vec![0x30; 9_000], &is_no_request),
            ("another kind of key", other_kind, &|error| *error == RequestError::NotEd25519),
            ("signed by another", stolen, &|error| *error == RequestError::NotSignedByItsKey),
        ];
        for (what, request, expected) in table {
            let error = RequestedKey::read(&request).expect_err(what);
            assert!(expected(&error), "{what}: {error:?}");
        }
    }

    #[test]
    fn an_authority_with_another_key_is_refused() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        authority(one.path());
        authority(other.path());
        std::fs::copy(other.path().join("authority.key"), one.path().join("authority.key")).expect("copied");
        let error = Authority::open(one.path()).err().expect("refused").to_string();
        assert!(error.contains("do not belong together"), "{error}");
    }
}
