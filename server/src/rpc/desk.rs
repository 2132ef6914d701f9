//! The desk where every call is received: who calls, is there a place, then off the network's threads to the
//! hub, and back with its answer.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use mighub::v1::{self, ErrorReason};
use prost::Message;
use tokio::sync::{Semaphore, watch};
use tonic::{Request, Response, Status};

use super::feed::{Feed, Feeder, feed, shutting_down};
use super::status;
use crate::clock::Clock;
use crate::door::Stop;
use crate::door::places::{Place, Places};
use crate::door::visitor::{Caller, Visitor};
use crate::hub::permit::{AskedBy, Permit, Read};
use crate::hub::{Hub, Moment, Refusal};
use crate::limits::{Limits, count, count32, seconds};
use crate::trust::HubKeys;

/// When a caller who found no place may try again.
const PLACE_WAIT: Duration = Duration::from_secs(1);
/// Bytes of a batch of messages, about: one large message, or many small ones.
const BATCH_BYTES: usize = 1024 * 1024;
/// Bytes of the first: it goes out early, so that the reader has work while the hub makes the rest. Each batch
/// after it is twice as large.
const FIRST_BATCH_BYTES: usize = 64 * 1024;
/// Batches that wait for a reader.
const BATCHES_WAITING: usize = 3;

/// What the hub's services share.
pub(super) struct Desk {
    hub: Arc<Hub>,
    keys: Arc<HubKeys>,
    clock: Arc<Clock>,
    changes: watch::Receiver<u64>,
    stop: Stop,
    calls: Places<Caller>,
    pulls: Places<Caller>,
    uploads: Places<Caller>,
    watches: Places<Caller>,
    /// A sender of blocks from whom nothing comes for so long is hung up on.
    sender_patience: Duration,
    /// Judging a submission takes a processor for a while: as many at a time as there are.
    judging: Arc<Semaphore>,
}

/// Which places a stream takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Streaming {
    Upload,
    Watch,
}

impl Desk {
    pub(super) fn new(
        hub: Arc<Hub>,
        keys: Arc<HubKeys>,
        clock: Arc<Clock>,
        changes: watch::Receiver<u64>,
        limits: &Limits,
        stop: Stop,
    ) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            hub,
            keys,
            clock,
            changes,
            stop,
            calls: Places::new(count(limits.calls), count32(limits.calls_per_caller)),
            pulls: Places::new(count(limits.pulls), count32(limits.pulls_per_caller)),
            uploads: Places::new(count(limits.uploads), count32(limits.uploads_per_caller)),
            watches: Places::new(count(limits.watches), count32(limits.watches_per_caller)),
            sender_patience: seconds(limits.upload_silence_seconds),
            judging: Arc::new(Semaphore::new(processors)),
        }
    }

    pub(super) fn keys(&self) -> &Arc<HubKeys> {
        &self.keys
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Told of every record, as the number of records there are.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    pub(super) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    pub(super) fn sender_patience(&self) -> Duration {
        self.sender_patience
    }

    /// A call with one answer. What must be granted for it, and about what, follows from the method: it takes a
    /// permit.
    pub(super) async fn call<Q, A, O>(
        &self,
        request: Request<Q>,
        method: impl FnOnce(&Hub, &Permit<O>, &Q, Moment) -> Result<A, Refusal> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: Send + 'static,
        A: Send + 'static,
        O: AskedBy<Q>,
    {
        self.call_as(request, move |hub, visitor, message, now| {
            method(hub, &visitor.permit(hub, O::asked_by(message)?, now)?, message, now)
        })
        .await
    }

    /// A call with one answer, for whoever may not be known yet.
    pub(super) async fn call_as<Q, A>(
        &self,
        request: Request<Q>,
        method: impl FnOnce(&Hub, &Visitor, &Q, Moment) -> Result<A, Refusal> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: Send + 'static,
        A: Send + 'static,
    {
        let (visitor, message) = received(request)?;
        let place = take(&self.calls, self.caller(&visitor), "calls")?;
        let answer = self.work(move |hub, now| {
            let answer = method(hub, &visitor, &message, now);
            // Held to the end of the work, which goes on when the caller has left.
            drop(place);
            answer
        });
        answer.await.map(Response::new).map_err(status::status)
    }

    /// A call that keeps a processor busy: it waits until one is free.
    pub(super) async fn call_to_judge<Q, A, O>(
        &self,
        request: Request<Q>,
        method: impl FnOnce(&Hub, &Permit<O>, &Q, Moment) -> Result<A, Refusal> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: Send + 'static,
        A: Send + 'static,
        O: AskedBy<Q>,
    {
        let mut stop = self.stop.clone();
        let processor = tokio::select! {
            permit = self.judging.clone().acquire_owned() => permit,
            () = stop.asked() => return Err(status::status(shutting_down())),
        };
        self.call(request, move |hub, permit: &Permit<O>, message, now| {
            let answer = method(hub, permit, message, now);
            drop(processor);
            answer
        })
        .await
    }

    /// A call with one answer that is computed from figures: it waits until a processor is free, and takes a place
    /// among pulls.
    pub(super) async fn answer<Q, A, O>(
        &self,
        request: Request<Q>,
        method: impl FnOnce(&Arc<Hub>, &Permit<O>, &Q, Moment) -> Result<A, Refusal> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: Send + 'static,
        A: Send + 'static,
        O: AskedBy<Q>,
    {
        let (visitor, message) = received(request)?;
        let place = take(&self.pulls, self.caller(&visitor), "pulls")?;
        let mut stop = self.stop.clone();
        let processor = tokio::select! {
            permit = self.judging.clone().acquire_owned() => permit,
            () = stop.asked() => return Err(status::status(shutting_down())),
        };
        let answer = self.work(move |hub, now| {
            let permit = visitor.permit(hub, O::asked_by(&message)?, now)?;
            let answer = method(hub, &permit, &message, now);
            // Held to the end of the work, which goes on when the caller has left.
            drop((place, processor));
            answer
        });
        answer.await.map(Response::new).map_err(status::status)
    }

    /// A call for figures. A small answer is made here, on the network's thread: to wake another one twice takes
    /// longer than to make it. The rest is made where one may wait.
    pub(super) async fn pull_figures(
        &self,
        request: Request<v1::PullRequest>,
    ) -> Result<Response<Feed<v1::PullResponse>>, Status> {
        let (visitor, message) = received(request)?;
        let place = take(&self.pulls, self.caller(&visitor), "pulls")?;
        let now = self.clock.now();
        let permit = visitor.permit(&self.hub, Read, now).map_err(status::status)?;
        let mut parts = self.hub.pull(&permit, message, now).map_err(status::status)?;
        let (mut messages, end) = parts.at_hand();
        if end.is_some() {
            return self.stream(place, parts, (messages, end)).await;
        }
        let first = off_network(move || {
            let batch = next_batch(&mut parts, FIRST_BATCH_BYTES);
            Ok((parts, batch))
        });
        let (parts, (more, end)) = first.await.map_err(status::status)?;
        messages.extend(more);
        self.stream(place, parts, (messages, end)).await
    }

    /// A call whose answer is a stream of messages that the hub makes one by one.
    pub(super) async fn pull<Q, T, I, O>(
        &self,
        request: Request<Q>,
        open: impl FnOnce(&Arc<Hub>, &Permit<O>, Q, Moment) -> Result<I, Refusal> + Send + 'static,
    ) -> Result<Response<Feed<T>>, Status>
    where
        O: AskedBy<Q>,
        Q: Send + 'static,
        T: Message + 'static,
        I: Iterator<Item = Result<T, Refusal>> + Send + 'static,
    {
        let (visitor, message) = received(request)?;
        let place = take(&self.pulls, self.caller(&visitor), "pulls")?;
        let opened = self.work(move |hub, now| {
            let permit = visitor.permit(hub, O::asked_by(&message)?, now)?;
            let mut parts = open(hub, &permit, message, now)?;
            let batch = next_batch(&mut parts, FIRST_BATCH_BYTES);
            Ok((parts, batch))
        });
        let (parts, batch) = opened.await.map_err(status::status)?;
        self.stream(place, parts, batch).await
    }

    /// Sends messages that are made already, and goes on with the rest.
    async fn stream<T, I>(
        &self,
        place: Place<Caller>,
        mut parts: I,
        mut batch: (Vec<T>, End),
    ) -> Result<Response<Feed<T>>, Status>
    where
        T: Message + 'static,
        I: Iterator<Item = Result<T, Refusal>> + Send + 'static,
    {
        let (mut feeder, answer) = feed(BATCHES_WAITING, Box::new(place), self.stop());
        // A short answer is complete by now, and needs no task.
        if let (messages, Some(end)) = batch {
            if let (true, Err(refusal)) = (messages.is_empty(), &end) {
                return Err(status::status(refusal.clone()));
            }
            // There is room: nothing was sent yet. If the hub is being stopped, the feed says so itself.
            if feeder.send(messages).await.is_ok() {
                feeder.end(end);
            }
            return Ok(Response::new(answer));
        }
        tokio::spawn(async move {
            let mut bytes_aim = FIRST_BATCH_BYTES;
            loop {
                let (messages, end) = batch;
                if feeder.send(messages).await.is_err() {
                    return;
                }
                if let Some(end) = end {
                    return feeder.end(end);
                }
                bytes_aim = BATCH_BYTES.min(bytes_aim * 2);
                let next = off_network(move || {
                    let batch = next_batch(&mut parts, bytes_aim);
                    Ok((parts, batch))
                });
                (parts, batch) = match next.await {
                    Ok(next) => next,
                    Err(refusal) => return feeder.end(Err(refusal)),
                };
            }
        });
        Ok(Response::new(answer))
    }

    /// A stream that the hub feeds as things happen.
    pub(super) fn feed<T>(
        &self,
        visitor: &Visitor,
        waiting: usize,
        kind: Streaming,
    ) -> Result<(Feeder<T>, Feed<T>), Refusal> {
        let place = self.place(visitor, kind)?;
        Ok(feed(waiting, Box::new(place), self.stop()))
    }

    /// A place among the streams of a kind.
    pub(super) fn place(&self, visitor: &Visitor, kind: Streaming) -> Result<Place<Caller>, Refusal> {
        let (places, what) = match kind {
            Streaming::Upload => (&self.uploads, "uploads"),
            Streaming::Watch => (&self.watches, "watches"),
        };
        place(places, self.caller(visitor), what)
    }

    fn caller(&self, visitor: &Visitor) -> Caller {
        visitor.caller(&self.hub, self.clock.now())
    }

    /// Runs what may wait for a disk or a processor off the network's threads.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Hub>, Moment) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (hub, clock) = (self.hub.clone(), self.clock.clone());
        off_network(move || work(&hub, clock.now())).await
    }
}

/// Who calls, and what with.
pub(super) fn received<Q>(request: Request<Q>) -> Result<(Visitor, Q), Status> {
    let visitor = Visitor::of(request.extensions(), request.metadata().as_ref()).map_err(status::status)?;
    Ok((visitor, request.into_inner()))
}

fn take(places: &Places<Caller>, caller: Caller, what: &str) -> Result<Place<Caller>, Status> {
    place(places, caller, what).map_err(status::status)
}

fn place(places: &Places<Caller>, caller: Caller, what: &str) -> Result<Place<Caller>, Refusal> {
    places.take(caller).ok_or_else(|| {
        let text = format!(
            "too many {what} at a time, of this caller (at most {}) or of all: end some, or try again",
            places.each()
        );
        Refusal::new(ErrorReason::TooBusy, text).about("limit", places.each()).retry_after(PLACE_WAIT)
    })
}

/// How a stream of messages ended, once it has.
type End = Option<Result<(), Refusal>>;

/// Messages of about `bytes_aim` together.
fn next_batch<T: Message>(
    parts: &mut impl Iterator<Item = Result<T, Refusal>>,
    bytes_aim: usize,
) -> (Vec<T>, End) {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while bytes < bytes_aim {
        match parts.next() {
            Some(Ok(message)) => {
                bytes += message.encoded_len();
                batch.push(message);
            }
            Some(Err(refusal)) => return (batch, Some(Err(refusal))),
            None => return (batch, Some(Ok(()))),
        }
    }
    (batch, None)
}

async fn off_network<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => Err(status::of_panic(&*payload)),
            Err(_) => Err(shutting_down()),
        },
    }
}
