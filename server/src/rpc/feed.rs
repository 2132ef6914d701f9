//! What lies between whoever makes a stream of answers and the reader who takes them: a few batches, a
//! deadline, and an end that the reader hears of.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use mighub::v1::ErrorReason;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_stream::Stream;
use tonic::Status;

use super::status;
use crate::door::Stop;
use crate::hub::Refusal;

/// A reader who takes nothing for so long is hung up on (SLOW_READER).
pub(super) const READER_PATIENCE: Duration = Duration::from_secs(60);
/// When to call again after the hub was stopped: a restart takes about so long.
const RESTART_TIME: Duration = Duration::from_secs(5);

/// The maker's end.
pub(super) struct Feeder<T> {
    batches: mpsc::Sender<Vec<T>>,
    shared: Arc<Shared<T>>,
    stop: Stop,
}

/// The reader's end: what tonic sends.
pub(super) struct Feed<T> {
    batch: std::vec::IntoIter<T>,
    shared: Arc<Shared<T>>,
}

/// The feed has ended; there is nobody to make more for.
#[derive(Debug)]
pub(super) struct Ended;

struct Shared<T> {
    queue: Mutex<mpsc::Receiver<Vec<T>>>,
    error: Mutex<Option<Status>>,
    /// Items the reader has taken.
    taken: AtomicU64,
    /// Looks after a reader for whom everything is made.
    guard: Mutex<Option<AbortHandle>>,
    /// Whatever the stream holds while it lasts, such as its place among the streams of its caller.
    held: Mutex<Option<Box<dyn Send>>>,
}

/// A feed that keeps at most `batches` waiting, and keeps `held` until it ends.
pub(super) fn feed<T>(batches: usize, held: Box<dyn Send>, stop: Stop) -> (Feeder<T>, Feed<T>) {
    let (sender, receiver) = mpsc::channel(batches);
    let shared = Arc::new(Shared {
        queue: Mutex::new(receiver),
        error: Mutex::new(None),
        taken: AtomicU64::new(0),
        guard: Mutex::new(None),
        held: Mutex::new(Some(held)),
    });
    (Feeder { batches: sender, shared: shared.clone(), stop }, Feed { batch: Vec::new().into_iter(), shared })
}

impl<T: Send + 'static> Feeder<T> {
    /// Hands a batch on, as soon as there is room.
    pub(super) async fn send(&mut self, batch: Vec<T>) -> Result<(), Ended> {
        let error = tokio::select! {
            room = self.batches.reserve() => {
                room.map_err(|_| Ended)?.send(batch);
                return Ok(());
            }
            () = self.shared.reader_sleeps() => slow_reader(),
            () = self.stop.asked() => shutting_down(),
        };
        self.cut(error);
        Err(Ended)
    }

    /// Ends when the reader is gone.
    pub(super) async fn reader_gone(&self) {
        self.batches.closed().await;
    }

    /// Ends the feed after what was handed on: well, or with an error.
    pub(super) fn end(self, how: Result<(), Refusal>) {
        *lock(&self.shared.error) = how.err().map(status::status);
        let shared = self.shared.clone();
        let guard = tokio::spawn(async move {
            shared.reader_sleeps().await;
            shared.cut(slow_reader());
        });
        *lock(&self.shared.guard) = Some(guard.abort_handle());
    }

    /// Ends the feed at once. What waited is dropped: its reader may never come for it, and memory is not for
    /// those who do not read.
    pub(super) fn cut(&self, error: Refusal) {
        self.shared.cut(error);
    }
}

impl<T> Shared<T> {
    /// Ends when the reader has taken nothing for [`READER_PATIENCE`].
    async fn reader_sleeps(&self) {
        loop {
            let taken = self.taken.load(Ordering::Relaxed);
            tokio::time::sleep(READER_PATIENCE).await;
            if self.taken.load(Ordering::Relaxed) == taken {
                return;
            }
        }
    }

    fn cut(&self, error: Refusal) {
        *lock(&self.error) = Some(status::status(error));
        self.close();
    }

    fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.close();
        while queue.try_recv().is_ok() {}
        lock(&self.held).take();
        if let Some(guard) = lock(&self.guard).take() {
            guard.abort();
        }
    }
}

impl<T: Unpin> Stream for Feed<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.batch.next() {
                self.shared.taken.fetch_add(1, Ordering::Relaxed);
                return Poll::Ready(Some(Ok(item)));
            }
            let received = lock(&self.shared.queue).poll_recv(cx);
            match received {
                Poll::Ready(Some(batch)) => self.batch = batch.into_iter(),
                Poll::Ready(None) => {
                    self.shared.close();
                    return Poll::Ready(lock(&self.shared.error).take().map(Err));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T> Drop for Feed<T> {
    fn drop(&mut self) {
        self.shared.close();
    }
}

fn slow_reader() -> Refusal {
    let text = format!("nothing was read for {READER_PATIENCE:?}: call again with the last resume token");
    Refusal::new(ErrorReason::SlowReader, text)
}

/// The hub is being stopped.
pub(super) fn shutting_down() -> Refusal {
    let text = "the hub is being stopped: call again, with the last resume token if there is one";
    Refusal::new(ErrorReason::ShuttingDown, text).retry_after(RESTART_TIME)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;
    use tonic::Code;

    use super::*;
    use crate::door::stop_switch;

    /// A place whose giving back can be seen.
    fn place() -> (Box<dyn Send>, std::sync::Weak<()>) {
        let place = Arc::new(());
        let seen = Arc::downgrade(&place);
        (Box::new(place), seen)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_loses_what_waited_and_its_place() {
        let (place, seen) = place();
        let (_switch, stop) = stop_switch();
        let (mut feeder, mut feed) = feed::<u8>(1, place, stop);
        feeder.send(vec![1, 2]).await.expect("room");
        assert_eq!(feed.next().await.expect("an item").expect("good"), 1);
        feeder.send(vec![3]).await.expect("room");
        // Time is paused: the sixty seconds pass at once.
        assert!(feeder.send(vec![4]).await.is_err());
        assert!(seen.upgrade().is_none());
        assert_eq!(feed.next().await.expect("an item").expect("what it had begun to take"), 2);
        assert_eq!(feed.next().await.expect("an end").expect_err("SLOW_READER").code(), Code::Aborted);
        assert!(feed.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_sleeps_at_the_end_loses_its_place_and_one_who_goes_on_does_not() {
        let (place, seen) = place();
        let (_switch, stop) = stop_switch();
        let (mut feeder, mut feed) = feed::<u8>(1, place, stop);
        feeder.send(vec![1, 2, 3]).await.expect("room");
        feeder.end(Ok(()));
        for expected in [1, 2] {
            assert_eq!(feed.next().await.expect("an item").expect("good"), expected);
            tokio::time::sleep(READER_PATIENCE * 2 / 3).await;
            assert!(seen.upgrade().is_some());
        }
        tokio::time::sleep(READER_PATIENCE * 2).await;
        assert!(seen.upgrade().is_none());
    }

    #[tokio::test]
    async fn stopping_ends_a_feed_with_a_time_to_come_back() {
        use tonic_types::StatusExt;
        let (switch, stop) = stop_switch();
        let (mut feeder, mut feed) = feed::<u8>(1, place().0, stop);
        feeder.send(vec![1]).await.expect("room");
        switch.ask();
        assert!(feeder.send(vec![2]).await.is_err());
        let error = feed.next().await.expect("an end").expect_err("SHUTTING_DOWN");
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.get_error_details().retry_info().is_some());
    }

    #[tokio::test]
    async fn a_reader_that_leaves_ends_the_making() {
        let (place, seen) = place();
        let (_switch, stop) = stop_switch();
        let (mut feeder, feed) = feed::<u8>(4, place, stop);
        feeder.send(vec![1]).await.expect("room");
        drop(feed);
        feeder.reader_gone().await;
        assert!(feeder.send(vec![2]).await.is_err());
        assert!(seen.upgrade().is_none());
    }

    #[tokio::test]
    async fn an_error_comes_after_what_was_made_before_it() {
        let (_switch, stop) = stop_switch();
        let (mut feeder, feed) = feed::<u8>(4, place().0, stop);
        feeder.send(vec![1, 2]).await.expect("room");
        feeder.end(Err(Refusal::new(ErrorReason::Gone, "gone")));
        let items: Vec<_> = feed.map(|item| item.map_err(|status| status.code())).collect().await;
        assert_eq!(items, [Ok(1), Ok(2), Err(Code::NotFound)]);
    }
}
