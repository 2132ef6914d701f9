//! Files that hold keys and certificates.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

/// A key file may be read by its owner and nobody else.
const SECRET_MODE: u32 = 0o600;
/// Certificates are for everybody.
const PUBLIC_MODE: u32 = 0o644;
/// The bits that let somebody else in.
const OTHERS: u32 = 0o077;
/// Larger than any key or certificate chain: a wrong file is not read whole.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// A key or certificate file is not usable.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read it.
    #[error("{path} holds a private key and others may read it: run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Not a file of keys.
    #[error("{path} has {bytes} bytes, more than any key file: it is another file; restore it from its copy")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
}

/// Writes a file that only its owner may read, in one step: after a crash it is the old one or the new one.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<(), FileError> {
    write_mode(path, content, SECRET_MODE)
}

/// Writes a file that anybody may read, in one step.
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    write_mode(path, content, PUBLIC_MODE)
}

/// Reads a file that only its owner may read; one that others may read is refused, for it is no secret any more.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, FileError> {
    let metadata = std::fs::metadata(path).map_err(|source| io_error(path, source))?;
    if metadata.mode() & OTHERS != 0 {
        return Err(FileError::Exposed { path: path.to_owned() });
    }
    read(path).map(Zeroizing::new)
}

/// Reads a whole text file.
pub fn read(path: &Path) -> Result<String, FileError> {
    let bytes = std::fs::metadata(path).map_err(|source| io_error(path, source))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(FileError::TooLarge { path: path.to_owned(), bytes });
    }
    std::fs::read_to_string(path).map_err(|source| io_error(path, source))
}

/// The certificates in a PEM text; none if there are none.
pub fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect()
}

fn write_mode(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let temporary = path.with_extension("new");
    let write = || {
        // A leftover of a crash may have another mode; a new file has the one asked for from its first byte.
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> FileError {
    FileError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("some.key");
        write_secret(&path, b"secret").expect("written");
        assert_eq!(**read_secret(&path).expect("read"), *"secret");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
        assert!(matches!(read_secret(&path), Err(FileError::Exposed { .. })));
        // Writing it anew closes it again.
        write_secret(&path, b"another").expect("written");
        assert_eq!(**read_secret(&path).expect("read"), *"another");
    }
}
