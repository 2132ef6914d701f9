//! The file that was sent, made into a manifest again: the same figures give the same digest.

use std::path::Path;

use mighub::block::Digest;
use mighub::v1;
use mighub_intake::{Progress, ReadOptions, Source, TableReading};

use crate::error::Error;
use crate::home::Home;
use crate::lane::CachedLanes;

/// Digest of the manifest that a file makes for a lane, with the structures in the cache.
pub(super) fn manifest_of(
    file: &Path,
    table: &TableReading,
    home: &Home,
    lane: &v1::Lane,
) -> Result<Digest, Error> {
    let mut lanes = CachedLanes::new(home, &lane.provider);
    let options = ReadOptions { only: Some(lane.dataflow.clone()), complete: None, table: table.clone() };
    let scratch = tempfile::tempdir().map_err(Error::file(Path::new("a scratch folder")))?;
    let prepared = mighub_intake::prepare(
        Source::path(file),
        &mut lanes,
        &options,
        scratch.path(),
        &Progress::silent(),
    )?;
    let with_errors = || {
        let text = format!("{} has errors as it is read now: `mighub validate` shows them", file.display());
        Error::Request(text)
    };
    prepared.spool.map(|spool| spool.manifest).ok_or_else(with_errors)
}
