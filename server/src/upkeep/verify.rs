//! Verifying a hub's folder or a backup: the chains, every object that a record names and its digest.

use std::collections::HashSet;
use std::path::Path;

use mighub::block::{Digest, decompress};
use mighub_store::{Damage, Extent, Name, StoreReader, Until};

use super::belonging::hub_id;
use super::concerned::{Concerned, concerned};
use crate::hub::Refusal;
use crate::hub::named::{ObjectKind, Unreadable, each_named};

/// What verifying came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The hub.
    pub hub_id: String,
    /// How far its store goes.
    pub extent: Extent,
    /// Objects that records name, each of which was read and has its digest, unless it is listed below.
    pub objects: u64,
    /// Objects of those that were expunged.
    pub expunged: u64,
    /// Places in the files that are damaged.
    pub damage: Vec<Damage>,
    /// Objects that are named and damaged or missing, with the reason.
    pub missing: Vec<(Name, String)>,
    /// Who is concerned by them.
    pub concerned: Concerned,
}

impl Verified {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.missing.is_empty()
    }
}

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store cannot be read.
    #[error(transparent)]
    Open(#[from] mighub_store::OpenError),
    /// Its records cannot be understood.
    #[error(transparent)]
    Read(#[from] Refusal),
}

/// Verifies the store in `folder`; the hub may run meanwhile, and nothing is written.
pub fn verify(folder: &Path, until: Until) -> Result<Verified, VerifyError> {
    let reader = StoreReader::open(folder, until)?;
    let mut verified = Verified { extent: reader.extent(), ..Verified::default() };
    verified.damage.extend_from_slice(reader.damage());
    if reader.records() == 0 {
        return Ok(verified);
    }
    verified.hub_id = hub_id(&reader)?;
    verified.damage.extend(reader.unsound().into_iter().map(|(_, damage)| damage));
    let mut seen: HashSet<Name> = HashSet::new();
    each_named(&reader, Unreadable::LeftOut, &mut |named| {
        if !seen.insert(named.name) {
            return;
        }
        verified.objects += 1;
        match reader.object(&named.name) {
            Ok(bytes) if has_digest(named.kind, named.digest.as_ref(), &bytes) => {}
            Ok(_) => verified.missing.push((named.name, format!("{} lacks its digest", named.kind))),
            Err(mighub_store::Error::Gone(_)) => verified.expunged += 1,
            Err(error) => verified.missing.push((named.name, format!("{}: {error}", named.kind))),
        }
    })?;
    let names: Vec<Name> = verified.missing.iter().map(|(name, _)| *name).collect();
    if !names.is_empty() {
        verified.concerned = concerned(&reader, &names)?;
    }
    Ok(verified)
}

fn has_digest(kind: ObjectKind, digest: Option<&Digest>, bytes: &[u8]) -> bool {
    let Some(digest) = digest else { return true };
    if kind == ObjectKind::Block {
        return decompress(bytes).is_ok_and(|raw| Digest::of(&raw) == *digest);
    }
    Digest::of(bytes) == *digest
}
