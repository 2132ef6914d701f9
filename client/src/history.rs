//! What there is and how it came about: vintages, coverage, and news of both.

use std::time::Duration;

use mighub::v1::{self, watch_vintages_response::Event};
use prost::bytes::Bytes;
use tonic::Streaming;

use crate::error::Error;
use crate::hub::retry::{Backoff, until_answered};
use crate::hub::{Hub, pages};
use crate::pull::{At, Cursor};

/// A stream that is silent for so long is dead: the hub gives a sign of life every 15 seconds.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Providers whose coverage is read at most; a dataflow has some hundreds.
const PROVIDERS_MAX: usize = 100_000;

/// Which changes are told of.
#[derive(Clone, Debug, Default)]
pub struct WatchRequest {
    /// Of these dataflows, as AGENCY:ID(VERSION); if there are none, of all that the caller may see.
    pub dataflows: Vec<String>,
    /// Of these providers; if there are none, of all.
    pub providers: Vec<String>,
    /// Everything since the event with this cursor; nothing: from now on.
    pub after: Option<Cursor>,
}

/// News of vintages, one at a time.
pub struct Watch {
    hub: Hub,
    request: WatchRequest,
    stream: Option<Streaming<v1::WatchVintagesResponse>>,
    backoff: Backoff,
}

impl Hub {
    /// Tells of every change of what the caller can see. A connection that breaks is taken up again after the
    /// last event; only changes before the very first event may be missed then, if no cursor was given.
    pub async fn watch(&self, request: WatchRequest) -> Result<Watch, Error> {
        let mut watch = Watch { hub: self.clone(), request, stream: None, backoff: Backoff::default() };
        watch.connect().await?;
        Ok(watch)
    }

    /// The vintages of a dataflow, newest first, at most `limit`.
    pub async fn vintages(
        &self,
        dataflow: &str,
        provider: Option<&str>,
        limit: usize,
    ) -> Result<Vec<v1::Vintage>, Error> {
        pages(limit, |page_token| async move {
            let request = v1::ListVintagesRequest {
                dataflow: dataflow.to_owned(),
                provider: provider.unwrap_or_default().to_owned(),
                page_size: limit.min(crate::hub::PAGE_SIZE as usize) as u32,
                page_token,
                ..Default::default()
            };
            let answer = until_answered(|| {
                let (mut service, request) = (self.retrieval(), request.clone());
                async move { service.list_vintages(request).await }
            })
            .await?;
            Ok((answer.vintages, answer.next_page_token))
        })
        .await
    }

    /// What there is of a dataflow, by provider and period.
    pub async fn coverage(
        &self,
        dataflow: &str,
        providers: &[String],
        at: &At,
    ) -> Result<Vec<v1::ProviderCoverage>, Error> {
        pages(PROVIDERS_MAX, |page_token| async move {
            let request = v1::GetCoverageRequest {
                dataflow: dataflow.to_owned(),
                providers: providers.to_vec(),
                point: at.message(),
                page_size: crate::hub::PAGE_SIZE,
                page_token,
            };
            let answer = until_answered(|| {
                let (mut service, request) = (self.retrieval(), request.clone());
                async move { service.get_coverage(request).await }
            })
            .await?;
            Ok((answer.providers, answer.next_page_token))
        })
        .await
    }
}

impl Watch {
    /// The next change. Waits for it as long as it takes; an error means that the hub cannot be reached any
    /// more or refuses.
    pub async fn next(&mut self) -> Result<v1::VintageEvent, Error> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.connect().await?;
                continue;
            };
            let error = match tokio::time::timeout(SILENCE_MAX, stream.message()).await {
                Ok(Ok(Some(message))) => {
                    self.backoff.moved_on();
                    match message.event {
                        Some(Event::Vintage(event)) => {
                            self.request.after = Cursor::of_event(&event).or(self.request.after.take());
                            return Ok(event);
                        }
                        // A sign of life, or news of a kind that this program does not know.
                        Some(Event::Heartbeat(_)) | None => continue,
                    }
                }
                Ok(Ok(None)) => self.silent("the stream ended"),
                Ok(Err(status)) => status.into(),
                Err(_) => self.silent("the hub gave no sign of life"),
            };
            self.stream = None;
            self.backoff.pause(error).await?;
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        loop {
            let request = v1::WatchVintagesRequest {
                dataflows: self.request.dataflows.clone(),
                providers: self.request.providers.clone(),
                after: self.request.after.as_ref().map_or_else(Bytes::new, |cursor| cursor.0.clone()),
            };
            match self.hub.retrieval().watch_vintages(request).await {
                Ok(answer) => {
                    self.stream = Some(answer.into_inner());
                    return Ok(());
                }
                Err(status) => self.backoff.pause(status.into()).await?,
            }
        }
    }

    fn silent(&self, reason: &str) -> Error {
        Error::Unreachable { address: self.hub.config().hub, reason: reason.to_owned() }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("request", &self.request).finish_non_exhaustive()
    }
}
