//! Files that appear when they are complete: written beside their place and moved there.

use std::fs::File;
use std::path::Path;

use crate::error::Error;

/// Writes a file. If `write` fails nothing is left, and what was there before stays.
pub(crate) fn write<T>(path: &Path, write: impl FnOnce(&mut File) -> Result<T, Error>) -> Result<T, Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut options = tempfile::Builder::new();
    options.prefix(".writing-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is its owner's alone by itself; this one is passed on.
        options.permissions(std::fs::Permissions::from_mode(0o644));
    }
    let mut part = options.tempfile_in(folder).map_err(Error::file(path))?;
    let written = write(part.as_file_mut())?;
    part.persist(path).map_err(|error| Error::file(path)(error.error))?;
    Ok(written)
}
