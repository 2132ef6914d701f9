//! Files of the home folder: written whole or not at all, secrets for the owner alone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// As the system has it.
    Usual,
    /// Its owner and nobody else.
    OwnerOnly,
}

/// Writes a file beside its place and moves it there, so that nobody ever sees half of it.
pub(crate) fn write(path: &Path, content: &[u8], access: Access) -> Result<(), Error> {
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut options = tempfile::Builder::new();
        options.prefix(".writing-");
        #[cfg(unix)]
        if access == Access::Usual {
            use std::os::unix::fs::PermissionsExt;
            options.permissions(fs::Permissions::from_mode(0o644));
        }
        // A temporary file is its owner's alone by itself.
        let mut file = options.tempfile_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    #[cfg(not(unix))]
    let _ = access;
    write().map_err(Error::file(path))
}

/// Makes a file's name in its folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened, and names are durable with the file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes a folder, and the folders above it, for the owner alone.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::file(path))
}

/// Whether others than its owner may read a file. Where files have no modes, who may read them is decided elsewhere.
pub(crate) fn others_may_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// A file's bytes, or nothing if there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}

/// Removes a file or folder that may be gone already.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(path)(error)),
        _ => Ok(()),
    }
}

/// Reads a JSON file, if there is one.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, remedy: &'static str) -> Result<Option<T>, Error> {
    let Some(bytes) = read_if_there(path)? else { return Ok(None) };
    let damaged = |error: serde_json::Error| Error::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
        remedy,
    };
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

/// Writes a JSON file that people can read too.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T, access: Access) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Error::Internal(error.to_string()))?;
    bytes.push(b'\n');
    write(path, &bytes, access)
}
