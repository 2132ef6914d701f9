//! Whether a store, keys and configuration are of one hub: after a restore, or a move by hand, they may not be.

use std::path::Path;

use mighub::v1::{self, record::What};
use mighub_store::{Position, StoreReader, Until};
use prost::Message;
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::verify::VerifyError;
use crate::hub::Refusal;
use crate::hub::named::Contents;

/// Before the id of the hub in its authority's name.
const AUTHORITY_OF: &str = "mighub authority of ";

/// What is put together does not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the store is that of the hub {store}, and the keys are those of the hub {keys}: put the keys of {store} into keys/, or name the folder of the hub {keys}"
)]
pub struct NotOneHub {
    /// The id in the store.
    pub store: String,
    /// The id in the authority's certificate.
    pub keys: String,
}

/// Refuses keys of another hub than the store's.
pub fn belongs_together(hub_id: &str, authority: &CertificateDer<'_>) -> Result<(), NotOneHub> {
    match hub_of_authority(authority) {
        Some(keys) if keys != hub_id => Err(NotOneHub { store: hub_id.to_owned(), keys }),
        _ => Ok(()),
    }
}

/// The id of the hub whose store lies in a folder; the hub may run meanwhile.
pub fn hub_id_of(store: &Path) -> Result<String, VerifyError> {
    Ok(hub_id(&StoreReader::open(store, Until::End)?)?)
}

/// The id of the hub whose records these are.
pub(super) fn hub_id(contents: &impl Contents) -> Result<String, Refusal> {
    let entry = contents.record(Position(0))?;
    let record = v1::Record::decode(&entry.payload[..]);
    match record.ok().and_then(|record| record.what) {
        Some(What::Founded(founded)) => Ok(founded.hub_id),
        _ => Err(Refusal::internal("the first record does not found a hub")),
    }
}

/// The id of the hub in the name of its authority; nothing if the certificate was made by another program.
fn hub_of_authority(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let mut names = certificate.subject().iter_common_name();
    names.find_map(|name| name.as_str().ok()?.strip_prefix(AUTHORITY_OF).map(str::to_owned))
}
