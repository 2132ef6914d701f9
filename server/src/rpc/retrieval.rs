//! The retrieval service.

use std::sync::Arc;

use mighub::v1;
use mighub::v1::retrieval_service_server::RetrievalService;
use tonic::{Request, Response, Status};

use super::desk::{self, Desk};
use super::feed::Feed;
use super::watch::{Seen, Watched, watch};
use crate::hub::permit::{Permit, Read};
use crate::hub::retrieve::VintageWatch;
use crate::hub::{Hub, Moment, Refusal};

pub(super) struct RetrievalDesk(pub(super) Arc<Desk>);

#[tonic::async_trait]
impl RetrievalService for RetrievalDesk {
    type PullStream = Feed<v1::PullResponse>;
    type WatchVintagesStream = Feed<v1::WatchVintagesResponse>;
    type DiffVintagesStream = Feed<v1::DiffVintagesResponse>;

    async fn pull(&self, request: Request<v1::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        self.0.pull_figures(request).await
    }

    async fn watch_vintages(
        &self,
        request: Request<v1::WatchVintagesRequest>,
    ) -> Result<Response<Self::WatchVintagesStream>, Status> {
        let (visitor, message) = desk::received(request)?;
        watch(&self.0, visitor, Read, move |hub, permit, now| hub.watch_vintages(permit, &message, now)).await
    }

    async fn list_vintages(
        &self,
        request: Request<v1::ListVintagesRequest>,
    ) -> Result<Response<v1::ListVintagesResponse>, Status> {
        self.0.call(request, Hub::list_vintages).await
    }

    async fn get_coverage(
        &self,
        request: Request<v1::GetCoverageRequest>,
    ) -> Result<Response<v1::GetCoverageResponse>, Status> {
        self.0.call(request, Hub::get_coverage).await
    }

    async fn diff_vintages(
        &self,
        request: Request<v1::DiffVintagesRequest>,
    ) -> Result<Response<Self::DiffVintagesStream>, Status> {
        self.0.pull(request, |hub, permit, message, now| hub.diff_vintages(permit, message, now)).await
    }
}

impl Watched for VintageWatch {
    type Event = v1::WatchVintagesResponse;
    type Operation = Read;

    fn look(&mut self, _: &Hub, _: &Permit<Read>, now: Moment) -> Result<Seen<Self::Event>, Refusal> {
        use v1::watch_vintages_response::Event;
        let events = self.poll(now)?.into_iter();
        let events = events.map(|event| v1::WatchVintagesResponse { event: Some(Event::Vintage(event)) });
        Ok(Seen { events: events.collect(), is_over: false })
    }

    fn next_look(&self, _: Moment) -> Option<Moment> {
        self.next_release()
    }

    fn heartbeat(heartbeat: v1::Heartbeat) -> Self::Event {
        use v1::watch_vintages_response::Event;
        v1::WatchVintagesResponse { event: Some(Event::Heartbeat(heartbeat)) }
    }
}
