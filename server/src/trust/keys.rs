//! The hub's own keys and certificates, as they lie in one folder.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use zeroize::Zeroizing;

use super::authority::{self, Authority, AuthorityError};
use super::files::{self, FileError};
use super::signer::{HubSigner, SignerError};
use crate::hub::Moment;

/// A certificate that ends within this time is made anew: long enough to notice that it did not work.
pub const RENEW_BEFORE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Names under which every hub answers, beside its own: for whoever works on the machine itself.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// All keys of a hub.
pub struct HubKeys {
    folder: PathBuf,
    /// Certifies offices and the hub.
    pub authority: Authority,
}

/// What the hub shows at its door.
pub struct DoorCertificate {
    /// The hub's certificate, then the authority's.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first.
    pub key: PrivateKeyDer<'static>,
    /// When the certificate ends.
    pub not_after: Moment,
}

/// A mark of the files that are heeded while the hub runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched([Option<(u64, u64, i64, i64)>; 2]);

/// The hub's keys are not usable.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The signing key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The lists of revoked certificates.
    #[error("{path} holds no revocation list in PEM (X509 CRL): correct it, or take it away")]
    Revocations {
        /// The file.
        path: PathBuf,
    },
    /// The signing key is not the one that the journal names.
    #[error(
        "{path} was replaced by a newer key, which the journal names: restore the keys as they were after the last \
         `mighub-server keys rotate`"
    )]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// The folder could not be made.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl HubKeys {
    /// Makes all keys of the hub `hub_id` in `folder`, which must not be there yet.
    pub fn create(folder: &Path, hub_id: &str, names: &[String], now: Moment) -> Result<Self, KeysError> {
        use std::os::unix::fs::DirBuilderExt;
        let made = std::fs::DirBuilder::new().mode(0o700).create(folder);
        made.map_err(|source| KeysError::Folder { path: folder.to_owned(), source })?;
        let authority = Authority::create(folder, hub_id, now)?;
        HubSigner::create(&signing_file(folder))?;
        let keys = Self { folder: folder.to_owned(), authority };
        keys.make_door_certificate(names, now)?;
        Ok(keys)
    }

    /// Opens the keys in `folder`.
    pub fn open(folder: &Path) -> Result<Self, KeysError> {
        Ok(Self { folder: folder.to_owned(), authority: Authority::open(folder)? })
    }

    /// The key that signs receipts.
    pub fn signer(&self) -> Result<HubSigner, SignerError> {
        HubSigner::open(&signing_file(&self.folder))
    }

    /// Lists of revoked certificates (RFC 5280) that the operator put beside the keys; none if there are none.
    pub fn revocations(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, KeysError> {
        let path = revocations_file(&self.folder);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let pem = files::read(&path)?;
        let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem.as_bytes()).collect();
        match lists {
            Ok(lists) if !lists.is_empty() => Ok(lists),
            _ => Err(KeysError::Revocations { path }),
        }
    }

    /// What changes when somebody changes a file that the hub heeds while it runs.
    pub fn watched(&self) -> Watched {
        Watched([door_file(&self.folder), revocations_file(&self.folder)].map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
        }))
    }

    /// Makes a new certificate for the door, whatever there is.
    pub fn renew_door_certificate(
        &self,
        names: &[String],
        now: Moment,
    ) -> Result<DoorCertificate, KeysError> {
        self.make_door_certificate(names, now)
    }

    /// Makes the key that is to sign receipts next; it signs once [`take_next_signer`](Self::take_next_signer) was
    /// called. One that was made before and not taken is used.
    pub fn next_signer(&self) -> Result<HubSigner, SignerError> {
        let path = next_signing_file(&self.folder);
        if path.exists() { HubSigner::open(&path) } else { HubSigner::create(&path) }
    }

    /// Puts the next key in the place of the present one, which is gone with that: what it signed stays verifiable with
    /// its public key.
    pub fn take_next_signer(&self) -> Result<(), KeysError> {
        let (from, to) = (next_signing_file(&self.folder), signing_file(&self.folder));
        let moved = std::fs::rename(from, to).and_then(|()| std::fs::File::open(&self.folder)?.sync_all());
        moved.map_err(|source| KeysError::Folder { path: self.folder.clone(), source })
    }

    /// The key that signs receipts, where the record names the one that should: a handover that was recorded, and cut
    /// off before the files were moved, is ended here.
    pub fn signer_of(&self, recorded: Option<&[u8]>) -> Result<HubSigner, KeysError> {
        let present = self.signer()?;
        let Some(recorded) = recorded.filter(|recorded| *recorded != present.public_key()) else {
            return Ok(present);
        };
        if !next_signing_file(&self.folder).exists() || self.next_signer()?.public_key() != recorded {
            return Err(KeysError::Replaced { path: signing_file(&self.folder) });
        }
        self.take_next_signer()?;
        Ok(self.signer()?)
    }

    /// The certificate for the door: the one in the folder, or a new one if that is not usable, is for other
    /// names, or ends soon. Offices need not notice: they trust the authority.
    pub fn door_certificate(&self, names: &[String], now: Moment) -> Result<DoorCertificate, KeysError> {
        if let Some(present) = self.present()?
            && present.fits(&with_local(names), now)
        {
            return Ok(present);
        }
        self.make_door_certificate(names, now)
    }

    /// Whether the file of the door's certificate can be read; what else may be wrong with it mends itself.
    pub fn check_door_certificate(&self) -> Result<(), KeysError> {
        self.present().map(drop)
    }

    /// The certificate in the folder; nothing if there is none that can be used.
    fn present(&self) -> Result<Option<DoorCertificate>, KeysError> {
        let path = door_file(&self.folder);
        if !path.exists() {
            return Ok(None);
        }
        let pem = files::read_secret(&path)?;
        let chain = files::certificates(&pem);
        let Ok(key) = PrivateKeyDer::from_pem_slice(pem.as_bytes()) else { return Ok(None) };
        let Ok(pair) = KeyPair::from_pem(&pem) else { return Ok(None) };
        let ours = match &chain[..] {
            [own, authority] => authority == self.authority.certificate() && authority::certifies(own, &pair),
            _ => false,
        };
        let not_after = chain.first().and_then(|own| not_after(own));
        Ok(not_after.filter(|_| ours).map(|not_after| DoorCertificate { chain, key, not_after }))
    }

    /// Key and chain go into one file, so that a crash cannot part them.
    fn make_door_certificate(&self, names: &[String], now: Moment) -> Result<DoorCertificate, KeysError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AuthorityError::Make)?;
        let issued = self.authority.certify_hub(&key, &with_local(names), now)?;
        let key_pem = Zeroizing::new(key.serialize_pem());
        let content =
            Zeroizing::new(format!("{}{}{}", *key_pem, issued.pem, self.authority.certificate_pem()));
        files::write_secret(&door_file(&self.folder), content.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|_| AuthorityError::Make(rcgen::Error::CouldNotParseKeyPair))?;
        let chain = vec![issued.der, self.authority.certificate().clone()];
        Ok(DoorCertificate { chain, key, not_after: issued.not_after })
    }
}

impl DoorCertificate {
    /// The hub's certificate.
    pub fn own(&self) -> &CertificateDer<'static> {
        self.chain.first().expect("made with two certificates")
    }

    fn fits(&self, names: &[String], now: Moment) -> bool {
        let mut wanted = names.to_vec();
        let mut present = names_in(self.own());
        wanted.sort();
        present.sort();
        wanted == present && self.not_after.0 > now.0.saturating_add(RENEW_BEFORE_MS)
    }
}

/// When a certificate ends; nothing if it is none.
pub fn not_after(certificate: &[u8]) -> Option<Moment> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(Moment(certificate.validity().not_after.timestamp().saturating_mul(1_000)))
}

/// The public key in a certificate, as bytes without their description; nothing if it is none.
pub fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.public_key().subject_public_key.data.to_vec())
}

fn names_in(certificate: &[u8]) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|octets| std::net::IpAddr::from(octets).to_string()),
            _ => <[u8; 16]>::try_from(*octets).ok().map(|octets| std::net::IpAddr::from(octets).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}

fn with_local(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(names.len() + LOCAL_NAMES.len());
    for name in names.iter().cloned().chain(LOCAL_NAMES.map(str::to_owned)) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn signing_file(folder: &Path) -> PathBuf {
    folder.join("signing.key")
}

fn next_signing_file(folder: &Path) -> PathBuf {
    folder.join("signing.next.key")
}

fn revocations_file(folder: &Path) -> PathBuf {
    folder.join("revocations.pem")
}

fn door_file(folder: &Path) -> PathBuf {
    folder.join("hub.pem")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_795_000_000_000);
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn the_door_certificate_is_kept_until_it_ends_soon_or_the_names_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("keys");
        let names = ["hub.example.org".to_owned(), "2001:db8::7".to_owned()];
        let keys = HubKeys::create(&folder, "TEST", &names, NOW).expect("keys");
        let first = keys.door_certificate(&names, NOW).expect("a certificate");
        let days_later = |days: i64| Moment(NOW.0 + days * DAY_MS);
        let kept = |names: &[String], now| {
            let keys = HubKeys::open(&folder).expect("keys");
            keys.door_certificate(names, now).expect("a certificate").own() == first.own()
        };
        assert!(kept(&names, days_later(366)));
        assert!(!kept(&names, days_later(368)));
        assert!(!kept(&names[..1], NOW));
    }

    #[test]
    fn a_damaged_door_certificate_is_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("keys");
        let keys = HubKeys::create(&folder, "TEST", &[], NOW).expect("keys");
        files::write_secret(&door_file(&folder), b"nothing").expect("written");
        let made = keys.door_certificate(&[], NOW).expect("a certificate");
        assert_eq!(keys.door_certificate(&[], NOW).expect("a certificate").own(), made.own());
    }
}
