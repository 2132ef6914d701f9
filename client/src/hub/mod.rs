//! The connection to a hub, and the calls that ask for one thing and get one answer.

pub(crate) mod first_word;
#[cfg(test)]
pub(crate) mod in_process;
mod pages;
pub(crate) mod retry;
pub(crate) mod tls;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use mighub::block::Digest;
use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use mighub::v1::consolidation_service_client::ConsolidationServiceClient;
use mighub::v1::evidence_service_client::EvidenceServiceClient;
use mighub::v1::key_service_client::KeyServiceClient;
use mighub::v1::metadata_service_client::MetadataServiceClient;
use mighub::v1::release_service_client::ReleaseServiceClient;
use mighub::v1::retrieval_service_client::RetrievalServiceClient;
use mighub::v1::structure_service_client::StructureServiceClient;
use mighub::v1::submission_service_client::SubmissionServiceClient;
use mighub_sdmx::structure::DataDefinition;
use tokio::sync::watch;
use tonic::transport::Channel;

pub(crate) use pages::{PAGE_SIZE, pages};

use crate::clock;
use crate::error::Error;
use crate::evidence::{Confirmation, Confirmed, Gated};
use crate::home::{Config, Home, HubKey};
use retry::until_answered;
use tls::Address;

/// Bytes of one gRPC message, both ways (common.proto).
pub(crate) const MESSAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// What a message with many blocks is filled to.
pub(crate) const MESSAGE_BYTES_AIM: usize = 1024 * 1024;
/// Definitions kept in memory, of some hundred kilobytes each with their code lists; beyond, all are forgotten.
const DEFINITIONS_MAX: usize = 64;

/// Pause before a hub that did not answer is asked for the proof of its history again.
const CONFIRM_PAUSE: Duration = Duration::from_secs(2);

/// A hub, connected to as one agency. Cheap to clone: all clones share one connection.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    home: Home,
    config: Mutex<Config>,
    channel: Channel,
    /// What the hub's proof came to: all answers wait for it.
    confirmation: Confirmation,
    definitions: Mutex<Definitions>,
}

/// Definitions by dataflow and digest of their structures.
type Definitions = HashMap<(String, Digest), Arc<DataDefinition>>;

impl Hub {
    /// Connects with the keys and the address in `home`.
    pub async fn connect(home: &Home) -> Result<Self, Error> {
        let config = home.config()?;
        // The hub would only hang up: TLS 1.3 tells a client of a refused certificate when it is too late.
        if config.not_after <= clock::now() {
            return Err(Error::CertificateEnded { not_after: config.not_after });
        }
        let address = Address::of_home(&config)?;
        let channel = tls::connect(&address, tls::enrolled(home)?).await?;
        let (sender, confirmation) = Confirmation::awaited();
        let hub = Self {
            inner: Arc::new(Inner {
                home: home.clone(),
                config: Mutex::new(config),
                channel,
                confirmation,
                definitions: Mutex::default(),
            }),
        };
        // The hub proves its history while the first call is on its way; no answer is heeded before.
        tokio::spawn(confirm(Arc::downgrade(&hub.inner), sender));
        Ok(hub)
    }

    /// A hub behind a channel that somebody else made.
    #[cfg(test)]
    pub(crate) fn over(home: &Home, config: Config, channel: Channel) -> Self {
        let (config, definitions) = (Mutex::new(config), Mutex::default());
        let confirmation = Confirmation::unasked();
        Self { inner: Arc::new(Inner { home: home.clone(), config, channel, confirmation, definitions }) }
    }

    /// The home whose keys are used.
    pub fn home(&self) -> &Home {
        &self.inner.home
    }

    /// What the home knows of the hub and of the agency.
    pub fn config(&self) -> Config {
        self.inner.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who the caller is to the hub, and what it may do.
    pub async fn who_am_i(&self) -> Result<v1::WhoAmIResponse, Error> {
        until_answered(|| {
            let mut agencies = self.agencies();
            async move { agencies.who_am_i(v1::WhoAmIRequest {}).await }
        })
        .await
    }

    /// Asks the hub for its keys for receipts and keeps them.
    pub(crate) async fn refresh_hub_keys(&self) -> Result<(), Error> {
        let answer = self.who_am_i().await?;
        self.know_hub_keys(&answer)
    }

    /// The same for the check of the hub's history, for which all other calls wait.
    pub(crate) async fn refresh_hub_keys_ungated(&self) -> Result<(), Error> {
        let answer = until_answered(|| {
            let mut agencies = AgencyServiceClient::new(self.inner.channel.clone());
            async move { agencies.who_am_i(v1::WhoAmIRequest {}).await }
        })
        .await?;
        self.know_hub_keys(&answer)
    }

    fn know_hub_keys(&self, answer: &v1::WhoAmIResponse) -> Result<(), Error> {
        let mut config = self.config();
        config.know(answer.hub_keys.iter().map(HubKey::from));
        self.home().save_config(&config)?;
        *self.inner.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Whether the hub has proven its history.
    pub(crate) fn confirmation(&self) -> Confirmation {
        self.inner.confirmation.clone()
    }

    /// A definition that was resolved before.
    pub(crate) fn known_definition(&self, dataflow: &str, digest: Digest) -> Option<Arc<DataDefinition>> {
        let definitions = self.inner.definitions.lock().unwrap_or_else(PoisonError::into_inner);
        definitions.get(&(dataflow.to_owned(), digest)).cloned()
    }

    /// Remembers a definition.
    pub(crate) fn remember_definition(
        &self,
        dataflow: &str,
        digest: Digest,
        definition: &Arc<DataDefinition>,
    ) {
        let mut definitions = self.inner.definitions.lock().unwrap_or_else(PoisonError::into_inner);
        if definitions.len() >= DEFINITIONS_MAX {
            definitions.clear();
        }
        definitions.insert((dataflow.to_owned(), digest), definition.clone());
    }

    fn gated(&self) -> Gated {
        Gated::new(self.inner.channel.clone(), self.inner.confirmation.clone())
    }

    /// Not gated: it is what the others wait for.
    pub(crate) fn evidence_service(&self) -> EvidenceServiceClient<Channel> {
        EvidenceServiceClient::new(self.inner.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    pub(crate) fn submissions(&self) -> SubmissionServiceClient<Gated> {
        SubmissionServiceClient::new(self.gated())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    pub(crate) fn retrieval(&self) -> RetrievalServiceClient<Gated> {
        RetrievalServiceClient::new(self.gated()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    pub(crate) fn structure_service(&self) -> StructureServiceClient<Gated> {
        StructureServiceClient::new(self.gated())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    pub(crate) fn consolidation_service(&self) -> ConsolidationServiceClient<Gated> {
        ConsolidationServiceClient::new(self.gated())
    }

    pub(crate) fn metadata_service(&self) -> MetadataServiceClient<Gated> {
        MetadataServiceClient::new(self.gated())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    pub(crate) fn release_service(&self) -> ReleaseServiceClient<Gated> {
        ReleaseServiceClient::new(self.gated()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    pub(crate) fn keys(&self) -> KeyServiceClient<Gated> {
        KeyServiceClient::new(self.gated())
    }

    pub(crate) fn agencies(&self) -> AgencyServiceClient<Gated> {
        AgencyServiceClient::new(self.gated()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }
}

/// Has the hub prove its history, again and again if it does not answer, as long as anybody wants to know.
async fn confirm(hub: Weak<Inner>, sender: watch::Sender<Option<Confirmed>>) {
    while let Some(inner) = hub.upgrade() {
        let confirmed = Hub { inner }.confirm_history().await.into();
        let is_final = !matches!(confirmed, Confirmed::Unanswered(_));
        sender.send_replace(Some(confirmed));
        if is_final {
            return;
        }
        tokio::time::sleep(CONFIRM_PAUSE).await;
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("home", &self.inner.home).finish_non_exhaustive()
    }
}
