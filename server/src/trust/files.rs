//! Files that hold keys and certificates.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// A key file may be read by its owner and nobody else.
const SECRET_MODE: u32 = 0o600;

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct FileError {
    path: String,
    source: std::io::Error,
}

/// Writes a file that only its owner may read. An existing file is not overwritten.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(SECRET_MODE).open(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|source| error(path, source))
}

/// Writes a file that anybody may read.
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let write = || {
        let mut file = std::fs::File::create(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|source| error(path, source))
}

/// Reads a whole text file.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|source| error(path, source))
}

/// The certificates in a PEM text; none if there are none.
pub fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect()
}

fn error(path: &Path, source: std::io::Error) -> FileError {
    FileError { path: path.display().to_string(), source }
}
