//! An end to connections on which nothing is asked: a peer that only answers pings must not hold a place for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

/// Requests of one connection that are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    requests: AtomicUsize,
    changed: Notify,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Request(UnderWay);

/// The body of an answer, during which its request is under way.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    _request: Request,
}

impl UnderWay {
    /// A request begins.
    pub(super) fn begin(&self) -> Request {
        self.0.requests.fetch_add(1, Ordering::AcqRel);
        self.0.changed.notify_one();
        Request(self.clone())
    }

    /// Ends when nothing was under way for as long as `idle`.
    pub(super) async fn none_for(&self, idle: Duration) {
        loop {
            if self.0.requests.load(Ordering::Acquire) > 0 {
                self.0.changed.notified().await;
            } else if tokio::time::timeout(idle, self.0.changed.notified()).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let count = &self.0.0;
        if count.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            count.changed.notify_one();
        }
    }
}

impl Request {
    /// The answer, whose body goes on with the request.
    pub(super) fn answered_by(self, answer: http::Response<Body>) -> http::Response<Answer> {
        answer.map(|body| Answer { body, _request: self })
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_only_when_nothing_was_under_way_for_long() {
        let idle = Duration::from_secs(10);
        let under_way = UnderWay::default();
        let watched = under_way.clone();
        let ended = tokio::spawn(async move { watched.none_for(idle).await });
        tokio::time::sleep(idle / 2).await;
        let request = under_way.begin();
        tokio::time::sleep(idle * 20).await;
        assert!(!ended.is_finished(), "a long answer is no idleness");
        drop(request);
        tokio::time::sleep(idle / 2).await;
        assert!(!ended.is_finished());
        tokio::time::sleep(idle).await;
        assert!(ended.is_finished());
    }
}
