//! An answer on its way: made piece by piece off the network's threads, as fast as its reader takes it.
//!
//! A reader who takes nothing for [`READER_PATIENCE`] is hung up on. An answer that is not made to its end breaks
//! off: it must not look like a whole one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::Stream;

use super::making::{Making, MakingError};
use crate::door::Stop;

/// Bytes of the first piece. An answer that is whole with it is sent with its length.
pub(crate) const FIRST_BYTES: usize = 64 * 1024;
/// Bytes of a later piece, about.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that wait for a reader.
const PIECES_WAITING: usize = 2;
/// A reader who takes nothing for so long is hung up on.
const READER_PATIENCE: Duration = Duration::from_secs(60);

/// A part of an answer, and whether it is the last.
pub(crate) type Piece = (Bytes, bool);

/// The body of an answer of which the first piece was made. `held` is kept until it ends, such as the reader's
/// place among the readers.
pub(crate) fn body(first: Piece, mut making: Making, held: Box<dyn Send>, stop: Stop) -> Body {
    match first {
        (bytes, true) => Body::from(bytes),
        first => {
            let mut first = Some(first);
            pieces(move || first.take().map_or_else(|| making.chunk(PIECE_BYTES), Ok), held, stop)
        }
    }
}

/// A body of pieces that are made one by one, where one may wait.
pub(crate) fn pieces(
    next: impl FnMut() -> Result<Piece, MakingError> + Send + 'static,
    held: Box<dyn Send>,
    stop: Stop,
) -> Body {
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    tokio::spawn(feed(sender, next, held, stop));
    Body::from_stream(Pieces { pieces, is_whole: false })
}

/// Makes pieces as there is room for them. Whatever ends it before the last was sent breaks the answer off.
async fn feed(
    sender: mpsc::Sender<Piece>,
    mut next: impl FnMut() -> Result<Piece, MakingError> + Send + 'static,
    held: Box<dyn Send>,
    mut stop: Stop,
) {
    loop {
        let room = tokio::select! {
            room = tokio::time::timeout(READER_PATIENCE, sender.reserve()) => room,
            () = stop.asked() => return,
        };
        // Either it takes nothing, or it has left.
        let Ok(Ok(room)) = room else { return };
        let made = tokio::task::spawn_blocking(move || {
            let piece = next();
            (next, piece)
        });
        match made.await {
            Ok((back, Ok(piece))) => {
                next = back;
                let is_last = piece.1;
                room.send(piece);
                if is_last {
                    drop(held);
                    return;
                }
            }
            Ok((_, Err(error))) => return tracing::warn!(%error, "an answer broke off"),
            Err(error) => return tracing::error!(%error, "an answer broke off by a fault of the hub"),
        }
    }
}

/// Pieces as they come; an error at the end, if it is not the end of the answer.
struct Pieces {
    pieces: mpsc::Receiver<Piece>,
    is_whole: bool,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_whole {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.pieces.poll_recv(context)) {
            Some((bytes, is_last)) => {
                self.is_whole = is_last;
                Some(Ok(bytes))
            }
            None => {
                self.is_whole = true;
                Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is not whole: ask again")))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_without_its_last_piece_ends_with_an_error() {
        for is_whole in [true, false] {
            let (sender, pieces) = mpsc::channel(2);
            sender.send((Bytes::from_static(b"a"), false)).await.expect("room");
            sender.send((Bytes::from_static(b"b"), is_whole)).await.expect("room");
            drop(sender);
            let read: Vec<_> = Pieces { pieces, is_whole: false }.map(|piece| piece.is_ok()).collect().await;
            let expected = if is_whole { vec![true, true] } else { vec![true, true, false] };
            assert_eq!(read, expected);
        }
    }
}
