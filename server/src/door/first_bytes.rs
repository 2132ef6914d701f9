//! A deadline for the first bytes: a peer that shakes hands and then says nothing must not hold a place.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes with which HTTP/2 begins (RFC 9113, 3.4); no HTTP/1.1 request is shorter either.
const FIRST_BYTES: usize = 24;

/// A stream whose first [`FIRST_BYTES`] must come in time; after them it is the stream itself.
pub(super) struct FirstBytes<S> {
    stream: S,
    waiting: Option<Waiting>,
}

struct Waiting {
    deadline: Pin<Box<Sleep>>,
    missing: usize,
}

impl<S> FirstBytes<S> {
    pub(super) fn new(stream: S, within: Duration) -> Self {
        let deadline = Box::pin(tokio::time::sleep(within));
        Self { stream, waiting: Some(Waiting { deadline, missing: FIRST_BYTES }) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let Some(waiting) = &mut this.waiting else { return read };
        match &read {
            Poll::Ready(_) => {
                waiting.missing = waiting.missing.saturating_sub(buffer.filled().len() - before);
                if waiting.missing == 0 {
                    this.waiting = None;
                }
                read
            }
            Poll::Pending if waiting.deadline.as_mut().poll(cx).is_ready() => Poll::Ready(Err(
                io::Error::new(io::ErrorKind::TimedOut, "the peer did not begin to speak HTTP"),
            )),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_peer_that_drips_is_hung_up_on_and_one_that_has_begun_may_think() {
        let (mut peer, hub) = tokio::io::duplex(64);
        peer.write_all(&[0; FIRST_BYTES - 1]).await.expect("written");
        let mut dripping = FirstBytes::new(hub, SHORT);
        let error = dripping.read_exact(&mut [0; FIRST_BYTES]).await.expect_err("the deadline");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        let (mut peer, hub) = tokio::io::duplex(64);
        peer.write_all(&[0; FIRST_BYTES]).await.expect("written");
        let mut begun = FirstBytes::new(hub, SHORT);
        begun.read_exact(&mut [0; FIRST_BYTES]).await.expect("read");
        tokio::time::sleep(SHORT * 2).await;
        peer.write_all(b"x").await.expect("written");
        assert_eq!(begun.read_u8().await.expect("read"), b'x');
    }
}
