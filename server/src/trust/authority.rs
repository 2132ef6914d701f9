//! The hub's certificate authority: ECDSA P-256, because browsers refuse Ed25519 (DETAILS E28); it certifies
//! the Ed25519 keys of offices.

use std::path::Path;

use jiff::{Span, Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};

use super::files::{self, FileError};
use super::name::AgencyName;

/// How long the authority's own certificate is good for.
const AUTHORITY_YEARS: i64 = 10;
/// How long certificates of the hub and of offices are good for.
const CERTIFICATE_DAYS: i64 = 397;
/// Certificates begin a day early, for clocks that are behind.
const EARLY_DAYS: i64 = 1;

/// The authority with its private key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
}

/// A certificate for somebody else.
pub struct Issued {
    /// The certificate.
    pub der: CertificateDer<'static>,
    /// The same as text.
    pub pem: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// The certified public key as it stands in the request: for Ed25519 its 32 bytes.
    pub public_key: Vec<u8>,
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
        folder: String,
        /// What is wrong.
        reason: String,
    },
    /// A request for a certificate is not one.
    #[error("the certificate request is refused: {0}; run `mighub enrol` again with a new token")]
    Request(String),
    /// Making a key or a certificate failed.
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
}

impl Authority {
    /// Makes an authority for the hub `hub_id` in `folder` and writes its key and certificate there.
    pub fn create(folder: &Path, hub_id: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = validity(now, AUTHORITY_YEARS.years())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, format!("mighub authority of {hub_id}"));
        let certificate = params.self_signed(&key)?;
        files::write_secret(&folder.join("authority.key"), key.serialize_pem().as_bytes())?;
        files::write(&folder.join("authority.pem"), certificate.pem().as_bytes())?;
        let (der, pem) = (certificate.der().clone(), certificate.pem());
        Ok(Self { issuer: Issuer::new(params, key), certificate: der, certificate_pem: pem })
    }

    /// Opens the authority in `folder`.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let damaged = |reason: rcgen::Error| AuthorityError::Damaged {
            folder: folder.display().to_string(),
            reason: reason.to_string(),
        };
        let key = files::read_text(&folder.join("authority.key"))?;
        let certificate_pem = files::read_text(&folder.join("authority.pem"))?;
        let key = KeyPair::from_pem(&key).map_err(damaged)?;
        let certificate = files::certificates(&certificate_pem).into_iter().next();
        let certificate = certificate.ok_or_else(|| damaged(rcgen::Error::CouldNotParseCertificate))?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(damaged)?;
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

    /// BLAKE3 fingerprint of the certificate: a token carries it, so that an office knows the hub it meets
    /// for the first time.
    pub fn fingerprint(&self) -> [u8; 32] {
        *blake3::hash(&self.certificate).as_bytes()
    }

    /// A key and certificate with which the hub answers under `names` (DNS names or addresses).
    pub fn certify_hub(&self, names: &[String], now: Timestamp) -> Result<(Issued, KeyPair), AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = validity(now, CERTIFICATE_DAYS.days())?;
        let named = CertificateParams::new(names.to_vec())?;
        params.subject_alt_names = named.subject_alt_names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, "mighub hub");
        let certificate = params.signed_by(&key, &self.issuer)?;
        let issued = Issued {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            not_after: ends(now, CERTIFICATE_DAYS.days())?,
            public_key: key.public_key_raw().to_vec(),
        };
        Ok((issued, key))
    }

    /// Certifies the Ed25519 key of a request. Whatever names the request asks for are ignored: the name
    /// comes from the token.
    pub fn certify_request(
        &self,
        request: &[u8],
        name: &AgencyName,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Issued, AuthorityError> {
        let refuse = |reason: &str| AuthorityError::Request(reason.to_owned());
        check_possession(request)?;
        let request = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(request))
            .map_err(|error| refuse(&error.to_string()))?;
        if request.public_key.algorithm() != &PKCS_ED25519 {
            return Err(refuse("its key is not an Ed25519 key"));
        }
        let public_key = rcgen::PublicKeyData::der_bytes(&request.public_key).to_vec();
        let mut params = validity(now, CERTIFICATE_DAYS.days())?;
        params.subject_alt_names = vec![SanType::URI(name.uri().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, name.to_string());
        if purpose == Purpose::Tls {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        let certificate = params.signed_by(&request.public_key, &self.issuer)?;
        Ok(Issued {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            not_after: ends(now, CERTIFICATE_DAYS.days())?,
            public_key,
        })
    }
}

/// What a key is for. The two are kept apart, so that a stolen connection key signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Connections.
    Tls,
    /// Signatures of submissions.
    Signing,
}

fn check_possession(request: &[u8]) -> Result<(), AuthorityError> {
    use x509_parser::prelude::FromDer;
    let refuse = |reason: &str| AuthorityError::Request(reason.to_owned());
    let (rest, request) = x509_parser::certification_request::X509CertificationRequest::from_der(request)
        .map_err(|_| refuse("it is not a PKCS#10 request"))?;
    if !rest.is_empty() {
        return Err(refuse("something follows it"));
    }
    request.verify_signature().map_err(|_| refuse("it is not signed with its own key"))
}

fn validity(now: Timestamp, span: Span) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    let date = |at: Timestamp| {
        let date = at.to_zoned(TimeZone::UTC).date();
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let begin = now.to_zoned(TimeZone::UTC).saturating_sub(EARLY_DAYS.days()).timestamp();
    params.not_before = date(begin);
    params.not_after = date(ends(now, span)?);
    let mut serial = [0u8; 16];
    getrandom::fill(&mut serial).map_err(|error| AuthorityError::Request(error.to_string()))?;
    serial[0] &= 0x7F;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn ends(now: Timestamp, span: Span) -> Result<Timestamp, AuthorityError> {
    let end = now.to_zoned(TimeZone::UTC).saturating_add(span);
    let day = end.start_of_day().map_err(|error| AuthorityError::Request(error.to_string()))?;
    Ok(day.timestamp())
}
