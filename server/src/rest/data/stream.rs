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
use crate::rest::attendance::Attending;
use crate::rest::desk::{Held, Stay};

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

/// The body of an answer of which the first piece was made. Its reader's place is kept until it ends.
pub(crate) fn body(first: Piece, mut making: Making, stay: Stay, stop: Stop) -> Body {
    match first {
        (bytes, true) => Body::from(bytes),
        first => {
            let mut first = Some(first);
            pieces(move || first.take().map_or_else(|| making.chunk(PIECE_BYTES), Ok), stay, stop)
        }
    }
}

/// A body of pieces that are made one by one, where one may wait.
pub(crate) fn pieces(
    next: impl FnMut() -> Result<Piece, MakingError> + Send + 'static,
    stay: Stay,
    stop: Stop,
) -> Body {
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    let Stay { place, attending } = stay;
    tokio::spawn(feed(sender, next, place, stop));
    Body::from_stream(Pieces { pieces, is_whole: false, _attending: attending })
}

/// Makes pieces as there is room for them. Whatever ends it before the last was sent breaks the answer off.
async fn feed(
    sender: mpsc::Sender<Piece>,
    mut next: impl FnMut() -> Result<Piece, MakingError> + Send + 'static,
    held: Held,
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
            Ok((_, Err(MakingError::Left))) => return,
            Ok((_, Err(error))) => return tracing::warn!(%error, "an answer broke off"),
            Err(error) => return tracing::error!(%error, "an answer broke off by a fault of the hub"),
        }
    }
}

/// Pieces as they come; an error at the end, if it is not the end of the answer.
struct Pieces {
    pieces: mpsc::Receiver<Piece>,
    is_whole: bool,
    /// Dropped with the body, when its reader has left.
    _attending: Attending,
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

    fn pieces_of(pieces: mpsc::Receiver<Piece>) -> Pieces {
        Pieces { pieces, is_whole: false, _attending: Attending::default() }
    }

    #[tokio::test]
    async fn an_answer_without_its_last_piece_ends_with_an_error() {
        for is_whole in [true, false] {
            let (sender, pieces) = mpsc::channel(2);
            sender.send((Bytes::from_static(b"a"), false)).await.expect("room");
            sender.send((Bytes::from_static(b"b"), is_whole)).await.expect("room");
            drop(sender);
            let read: Vec<_> = pieces_of(pieces).map(|piece| piece.is_ok()).collect().await;
            let expected = if is_whole { vec![true, true] } else { vec![true, true, false] };
            assert_eq!(read, expected);
        }
    }

    #[tokio::test]
    async fn a_reader_who_leaves_is_missed_while_a_piece_is_made() {
        let attending = Attending::default();
        let attendance = attending.attendance();
        let (begun, mut began) = mpsc::channel(1);
        let (ended, mut end) = mpsc::channel(1);
        let next = move || {
            begun.blocking_send(()).expect("the test waits");
            while !attendance.is_over() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.blocking_send(()).expect("the test waits");
            Err(MakingError::Left)
        };
        let (_switch, stop) = crate::door::stop_switch();
        let body = pieces(next, Stay { place: Held::for_tests(), attending }, stop);
        began.recv().await.expect("it begins");
        drop(body);
        end.recv().await.expect("the work ends");
    }
}
