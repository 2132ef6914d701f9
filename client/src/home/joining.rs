//! New keys and certificates, put in place together: a crash leaves the old ones or the new ones, never a key without
//! its certificate.

use std::path::{Path, PathBuf};

use super::files::{self, Access};
use super::{Config, Home, PrivateKey};
use crate::error::Error;

/// Keys wait here until they are certified, so that a failed enrolment uses the same again; then everything else comes
/// beside them, and all of it is moved.
const PENDING: &str = "enrolling";
/// Written last: with it all is there, and only the moving is left.
const CONFIG: &str = "config.json";
/// What is moved; the configuration comes last.
const FILES: [&str; 6] = ["tls.key", "signing.key", "tls.pem", "signing.pem", "authority.pem", CONFIG];

/// Keys that are to be certified, and what comes with them.
pub(crate) struct Joining<'h> {
    home: &'h Home,
    folder: PathBuf,
    pub(crate) tls_key: PrivateKey,
    pub(crate) signing_key: PrivateKey,
}

impl<'h> Joining<'h> {
    /// Two keys: those of an attempt before that came to nothing, or new ones.
    pub(crate) fn begin(home: &'h Home) -> Result<Self, Error> {
        finish(home)?;
        let folder = home.path(PENDING);
        files::create_folder(&folder)?;
        let (tls_key, signing_key) = (key(&folder.join("tls.key"))?, key(&folder.join("signing.key"))?);
        Ok(Self { home, folder, tls_key, signing_key })
    }

    /// Puts keys, certificates and configuration in the place of what was there.
    pub(crate) fn complete(self, certificates: [(&str, String); 3], config: &Config) -> Result<(), Error> {
        for (name, pem) in certificates {
            files::write(&self.folder.join(name), pem.as_bytes(), Access::Usual)?;
        }
        files::write_json(&self.folder.join(CONFIG), config, Access::Usual)?;
        finish(self.home)
    }
}

/// Moves what was complete when a process before was cut off; nothing to do otherwise.
pub(super) fn finish(home: &Home) -> Result<(), Error> {
    let folder = home.path(PENDING);
    if !folder.join(CONFIG).exists() {
        return Ok(());
    }
    for name in FILES {
        match std::fs::rename(folder.join(name), home.path(name)) {
            // It was moved before.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            moved => moved.map_err(Error::file(&home.path(name)))?,
        }
    }
    files::sync_folder(home.folder()).map_err(Error::file(home.folder()))?;
    files::remove(&folder)
}

fn key(path: &Path) -> Result<PrivateKey, Error> {
    if let Some(key) = PrivateKey::open(path)? {
        return Ok(key);
    }
    let key = PrivateKey::generate()?;
    key.save(path)?;
    Ok(key)
}
