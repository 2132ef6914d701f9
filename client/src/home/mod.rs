//! The home folder of an office: configuration, keys, cache, outbox, receipts.
//!
//! What lives here: where things lie and how they are written. What must not: the network, and what is sent.

mod cache;
mod config;
pub(crate) mod files;
mod joining;
mod keys;

use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

pub use cache::Cache;
pub(crate) use cache::Kind;
pub use config::{Config, HubKey};
pub(crate) use joining::Joining;
pub use keys::PrivateKey;

use crate::error::Error;
use files::Access;

const CONFIG_REMEDY: &str = "correct it by hand, or enrol again with a new token";

/// The folder in which an office keeps what the client needs.
///
/// | file | holds |
/// |---|---|
/// | `config.json` | the hub, the agency, the hub's keys for receipts |
/// | `tls.key`, `tls.pem` | key and certificates for connections |
/// | `signing.key`, `signing.pem` | key and certificates for signatures |
/// | `authority.pem` | the hub's certificate authority |
/// | `cache/` | structures, rulebooks and lanes; may be deleted |
/// | `outbox/` | submissions whose receipt is not there yet |
/// | `history.json` | what the hub has given its word for; keep it |
/// | `receipts/` | one file for each receipt; keep them |
#[derive(Clone, Debug)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// The home in `folder`, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The home that the environment names: `MIGHUB_HOME`, else `.mighub` in the user's own folder.
    pub fn of_environment() -> Self {
        let folder = std::env::var_os("MIGHUB_HOME").map(PathBuf::from);
        Self::new(folder.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".mighub")))
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The configuration; an error if this home is not enrolled.
    pub fn config(&self) -> Result<Config, Error> {
        joining::finish(self)?;
        let config = files::read_json(&self.path("config.json"), CONFIG_REMEDY)?;
        config.ok_or_else(|| Error::NotEnrolled { home: self.folder.clone() })
    }

    /// Writes the configuration.
    pub fn save_config(&self, config: &Config) -> Result<(), Error> {
        files::create_folder(&self.folder)?;
        files::write_json(&self.path("config.json"), config, Access::Usual)
    }

    /// The key for signatures.
    pub fn signing_key(&self) -> Result<PrivateKey, Error> {
        self.key("signing.key")
    }

    /// The key for connections.
    pub fn tls_key(&self) -> Result<PrivateKey, Error> {
        self.key("tls.key")
    }

    /// The certificates for connections, the office's own first.
    pub fn tls_chain(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        self.certificates("tls.pem")
    }

    /// The certificate authorities of the hub.
    pub fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        self.certificates("authority.pem")
    }

    /// The cache.
    pub fn cache(&self) -> Cache {
        Cache::new(self.path("cache"))
    }

    /// Where open submissions lie.
    pub fn outbox(&self) -> PathBuf {
        self.path("outbox")
    }

    /// Where receipts lie.
    pub fn receipts(&self) -> PathBuf {
        self.path("receipts")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn key(&self, name: &str) -> Result<PrivateKey, Error> {
        let key = PrivateKey::open(&self.path(name))?;
        key.ok_or_else(|| Error::NotEnrolled { home: self.folder.clone() })
    }

    fn certificates(&self, name: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
        let path = self.path(name);
        let Some(pem) = files::read_if_there(&path)? else {
            return Err(Error::NotEnrolled { home: self.folder.clone() });
        };
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match read {
            Ok(chain) if !chain.is_empty() => Ok(chain),
            other => Err(Error::Damaged {
                path,
                reason: other.err().map_or("it holds no certificate".to_owned(), |error| error.to_string()),
                remedy: CONFIG_REMEDY,
            }),
        }
    }
}
