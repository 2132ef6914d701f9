//! Streams that tell of what happens: at once, then whenever something did, with signs of life in between.

use std::sync::Arc;
use std::time::Duration;

use mighub::v1;
use tokio::time::Instant;
use tonic::{Response, Status};

use super::desk::{Desk, Streaming};
use super::feed::{Ended, Feed, Feeder, shutting_down};
use super::status;
use crate::door::visitor::Visitor;
use crate::hub::permit::{Operation, Permit};
use crate::hub::{Hub, Moment, Refusal};

/// A sign of life on a quiet stream; the contract promises it.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Records that come quickly one after the other are looked at together.
const PAUSE: Duration = Duration::from_millis(50);
/// Batches of events that wait for a reader.
const BATCHES_WAITING: usize = 16;

/// Something to be watched.
pub(super) trait Watched: Send + 'static {
    /// What the stream is made of.
    type Event: Send + Unpin + 'static;
    /// What must be granted, at every look anew.
    type Operation: Operation + Clone + Send + Sync + 'static;

    /// What happened since the last look, and whether anything can still happen.
    fn look(
        &mut self,
        hub: &Hub,
        permit: &Permit<Self::Operation>,
        now: Moment,
    ) -> Result<Seen<Self::Event>, Refusal>;

    /// When to look again although nothing was recorded.
    fn next_look(&self, now: Moment) -> Option<Moment>;

    /// A sign of life in this stream's words.
    fn heartbeat(heartbeat: v1::Heartbeat) -> Self::Event;
}

/// What a look brought.
pub(super) struct Seen<E> {
    /// In order.
    pub(super) events: Vec<E>,
    /// Nothing more can happen.
    pub(super) is_over: bool,
}

/// Answers with a stream about what `open` gives; what is wrong with the request is the call's own error.
pub(super) async fn watch<W: Watched>(
    desk: &Arc<Desk>,
    visitor: Visitor,
    operation: W::Operation,
    open: impl FnOnce(&Arc<Hub>, &Permit<W::Operation>, Moment) -> Result<W, Refusal> + Send + 'static,
) -> Result<Response<Feed<W::Event>>, Status> {
    let (feeder, feed) = desk.feed(&visitor, BATCHES_WAITING, Streaming::Watch).map_err(status::status)?;
    // Before the first look, so that nothing falls between it and the wait.
    let mut changes = desk.changes();
    changes.borrow_and_update();
    let (known, granted) = (visitor.clone(), operation.clone());
    let opened = desk.work(move |hub, now| {
        let permit = known.permit(hub, granted, now)?;
        let mut watched = open(hub, &permit, now)?;
        let seen = watched.look(hub, &permit, now)?;
        Ok((watched, seen))
    });
    let (watched, seen) = opened.await.map_err(status::status)?;
    let watch = Watch { desk: desk.clone(), visitor, operation, watched, feeder, changes };
    tokio::spawn(watch.run(seen));
    Ok(Response::new(feed))
}

struct Watch<W: Watched> {
    desk: Arc<Desk>,
    visitor: Visitor,
    operation: W::Operation,
    watched: W,
    feeder: Feeder<W::Event>,
    changes: tokio::sync::watch::Receiver<u64>,
}

impl<W: Watched> Watch<W> {
    async fn run(mut self, mut seen: Seen<W::Event>) {
        let mut heard = Instant::now();
        loop {
            if !seen.events.is_empty() {
                heard = Instant::now();
                if self.feeder.send(seen.events).await.is_err() {
                    return;
                }
            }
            if seen.is_over {
                return self.feeder.end(Ok(()));
            }
            if self.quiet(&mut heard).await.is_err() {
                return;
            }
            // Rights are asked anew: a stream may last longer than the certificate it began with.
            let (visitor, operation) = (self.visitor.clone(), self.operation.clone());
            let mut watched = self.watched;
            let looked = self.desk.work(move |hub, now| {
                let permit = visitor.permit(hub, operation, now)?;
                let seen = watched.look(hub, &permit, now)?;
                Ok((watched, seen))
            });
            (self.watched, seen) = match looked.await {
                Ok(looked) => looked,
                Err(refusal) => return self.feeder.end(Err(refusal)),
            };
        }
    }

    /// Waits until it is time to look again.
    async fn quiet(&mut self, heard: &mut Instant) -> Result<(), Ended> {
        let mut stop = self.desk.stop();
        tokio::time::sleep(PAUSE).await;
        let now = self.desk.now();
        let wait = self.watched.next_look(now).map_or(HEARTBEAT, |at| {
            let ms = at.0.saturating_sub(now.0);
            Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(HEARTBEAT)
        });
        tokio::select! {
            changed = self.changes.changed() => {
                if changed.is_err() {
                    self.feeder.cut(shutting_down());
                    return Err(Ended);
                }
            }
            () = tokio::time::sleep(wait) => {}
            () = tokio::time::sleep_until(*heard + HEARTBEAT) => {
                *heard = Instant::now();
                let heartbeat = sign_of_life(&self.desk).await;
                self.feeder.send(vec![W::heartbeat(heartbeat)]).await?;
            }
            () = self.feeder.reader_gone() => return Err(Ended),
            () = stop.asked() => {
                self.feeder.cut(shutting_down());
                return Err(Ended);
            }
        }
        Ok(())
    }
}

async fn sign_of_life(desk: &Desk) -> v1::Heartbeat {
    let position = desk.work(|hub, _| Ok(hub.position().unwrap_or(0))).await;
    v1::Heartbeat { hub_time: Some(desk.now().to_message()), position: position.unwrap_or(0) }
}
