//! What is asked for, read from the messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::convert::{selection, selection_message};
use mighub::v1;
use mighub_sdmx::key::Selection;
use prost::Message;
use prost::bytes::Bytes;

use super::PROVIDERS_MAX;
use super::sieve::PeriodBounds;
use super::sight::{Ask, Providers};
use crate::hub::lane::{agency, dataflow};
use crate::hub::permit::{Permit, Read};
use crate::hub::rights::Rights;
use crate::hub::{Hub, Principal, Refusal};

/// Bytes of the digest of a request: enough that nobody finds two alike.
const REQUEST_BYTES: usize = 16;

impl Ask {
    /// What a pull asks for.
    pub(super) fn of_pull(
        hub: &Hub,
        permit: &Permit<Read>,
        rights: Arc<Rights>,
        request: &v1::PullRequest,
    ) -> Result<Self, Refusal> {
        let providers = match (&request.providers[..], request.all_providers) {
            ([], false) => Providers::Principal,
            ([], true) => Providers::All,
            (providers, false) => Providers::These(read_providers(providers)?),
            (_, true) => {
                let text = "all_providers leaves no choice: leave providers empty, or all_providers false";
                return Err(Refusal::malformed("providers", text));
            }
        };
        let everything = Self::everything(hub, permit, rights, dataflow("dataflow", &request.dataflow)?)?;
        everything.selecting(request.selection.as_ref(), providers)
    }

    /// The same, narrowed.
    pub(super) fn selecting(
        self,
        message: Option<&v1::Selection>,
        providers: Providers,
    ) -> Result<Self, Refusal> {
        let selection = match message {
            Some(message) => selection(message, self.shape().dimensions.len())?,
            None => Selection::all(),
        };
        Ok(Self {
            providers,
            bounds: Arc::new(PeriodBounds::of(&selection)),
            selection: Arc::new(selection),
            ..self
        })
    }

    /// A digest of what is asked and who asks: a cursor is good for the same alone.
    pub(super) fn digest(&self) -> Bytes {
        let mut parts =
            vec![self.dataflow.short().into_bytes(), selection_message(&self.selection).encode_to_vec()];
        match &self.providers {
            Providers::Principal => parts.push(b"principal".to_vec()),
            Providers::All => parts.push(b"all".to_vec()),
            Providers::These(these) => {
                parts.push(b"these".to_vec());
                parts.extend(these.iter().map(|provider| provider.as_bytes().to_vec()));
            }
        }
        digest(&self.principal, parts.iter().map(|part| &part[..]))
    }
}

/// Providers that a request names.
pub(super) fn read_providers(
    texts: &[String],
) -> Result<BTreeSet<mighub_sdmx::structure::AgencyId>, Refusal> {
    if texts.len() > PROVIDERS_MAX {
        let text = format!("there are more than {PROVIDERS_MAX} providers: name fewer, or all");
        return Err(Refusal::limit(PROVIDERS_MAX as u64, texts.len() as u64, text));
    }
    texts.iter().map(|text| agency("providers", text)).collect()
}

/// A digest of a reader and parts of what it asks.
pub(super) fn digest<'p>(principal: &'p Principal, parts: impl Iterator<Item = &'p [u8]>) -> Bytes {
    let mut hasher = blake3::Hasher::new();
    let reader = principal.agency.as_ref().map_or(&b""[..], |agency| agency.as_bytes());
    for part in [reader].into_iter().chain(parts) {
        // With its length, so that parts cannot run into each other.
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    Bytes::copy_from_slice(&hasher.finalize().as_bytes()[..REQUEST_BYTES])
}
