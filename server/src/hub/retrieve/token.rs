//! Cursors and resume tokens: what the hub gives a reader to keep, sealed so that nobody else can make one.
//!
//! Layout: version, kind, hub, body, seal, sum. The sum tells damage from forgery, the hub another hub's token
//! from one of ours.

use std::sync::Arc;

use mighub::v1::ErrorReason;
use prost::Message;
use prost::bytes::Bytes;

use super::reading::{At, Point, Reading};
use crate::hub::{Moment, Refusal};

/// Context of the key of seals; another use of the hub's secret has another context.
const KEY_CONTEXT: &[u8] = b"mighub token key 1";
/// A token of another layout is refused as damaged.
const VERSION: u8 = 1;
const HUB_BYTES: usize = 8;
const SEAL_BYTES: usize = 16;
const SUM_BYTES: usize = 4;
const HEAD_BYTES: usize = 2 + HUB_BYTES;
/// Longer texts are no tokens: one with some thousand lanes stays far below.
const TOKEN_BYTES_MAX: usize = 256 * 1024;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// For `PullRequest.since`.
    Cursor = 1,
    /// For `PullRequest.resume`.
    Resume = 2,
    /// For `WatchVintagesRequest.after`.
    Watch = 3,
}

/// Seals and opens tokens of one hub.
#[derive(Clone)]
pub(super) struct Sealer {
    key: [u8; 32],
    hub: [u8; HUB_BYTES],
}

/// Why bytes are not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenError {
    /// Damaged, forged, or of another kind.
    Malformed,
    /// Of another hub.
    OtherHub,
}

impl Sealer {
    pub(super) fn new(hub_secret: &[u8; 32], hub_id: &str) -> Self {
        let mut hub = [0; HUB_BYTES];
        hub.copy_from_slice(&blake3::hash(hub_id.as_bytes()).as_bytes()[..HUB_BYTES]);
        Self { key: *blake3::keyed_hash(hub_secret, KEY_CONTEXT).as_bytes(), hub }
    }

    pub(super) fn seal(&self, kind: Kind, body: &impl Message) -> Bytes {
        let mut token = vec![VERSION, kind as u8];
        token.extend_from_slice(&self.hub);
        token.extend_from_slice(&body.encode_to_vec());
        let seal = blake3::keyed_hash(&self.key, &token);
        token.extend_from_slice(&seal.as_bytes()[..SEAL_BYTES]);
        let sum = blake3::hash(&token);
        token.extend_from_slice(&sum.as_bytes()[..SUM_BYTES]);
        token.into()
    }

    pub(super) fn open<T: Message + Default>(&self, kind: Kind, token: &[u8]) -> Result<T, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed);
        }
        let (sealed, sum) = token.split_last_chunk::<SUM_BYTES>().ok_or(TokenError::Malformed)?;
        let (message, seal) = sealed.split_last_chunk::<SEAL_BYTES>().ok_or(TokenError::Malformed)?;
        let (head, body) = message.split_first_chunk::<HEAD_BYTES>().ok_or(TokenError::Malformed)?;
        if blake3::hash(sealed).as_bytes()[..SUM_BYTES] != *sum || head[..2] != [VERSION, kind as u8] {
            return Err(TokenError::Malformed);
        }
        if head[2..] != self.hub {
            return Err(TokenError::OtherHub);
        }
        // Compared as hashes are: in constant time, so that a seal cannot be guessed byte by byte.
        let mut padded = *blake3::keyed_hash(&self.key, message).as_bytes();
        let expected = blake3::Hash::from_bytes(padded);
        padded[..SEAL_BYTES].copy_from_slice(seal);
        if expected != blake3::Hash::from_bytes(padded) {
            return Err(TokenError::Malformed);
        }
        T::decode(body).map_err(|_| TokenError::Malformed)
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Malformed => {
                let text = "the cursor or resume token was damaged on the way: call without it";
                Self::new(ErrorReason::CursorMalformed, text)
            }
            TokenError::OtherHub => unknown_history(),
        }
    }
}

/// The token speaks of what this hub does not have.
pub(super) fn unknown_history() -> Refusal {
    let text = "the cursor is of another hub, or of a history that this hub does not have: call without it";
    Refusal::new(ErrorReason::CursorUnknown, text)
}

/// The token is good, but not here.
pub(super) fn other_request() -> Refusal {
    let text =
        "the cursor or resume token belongs to another request or reader: ask as before, or without it";
    Refusal::new(ErrorReason::CursorOtherRequest, text)
}

/// What a reader has after a pull.
#[derive(Clone, PartialEq, Message)]
pub(super) struct CursorBody {
    /// What was asked, by whom.
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) request: Bytes,
    /// Where and when it was read.
    #[prost(message, optional, tag = "2")]
    pub(super) reading: Option<ReadingBody>,
}

/// Where a pull goes on.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ResumeBody {
    /// What was asked, by whom, with point and cursor.
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) request: Bytes,
    /// Where and when it reads.
    #[prost(message, optional, tag = "2")]
    pub(super) reading: Option<ReadingBody>,
    /// Of the cursor, in a delta.
    #[prost(message, optional, tag = "3")]
    pub(super) since: Option<ReadingBody>,
    /// When the call was made that gave it.
    #[prost(sint64, tag = "4")]
    pub(super) created_ms: i64,
    /// Place among the lanes, in their order.
    #[prost(uint64, tag = "5")]
    pub(super) lane: u64,
    /// Within a whole lane: the block with which it goes on.
    #[prost(uint64, optional, tag = "6")]
    pub(super) block: Option<u64>,
    /// Within a delta: the series behind which it goes on.
    #[prost(string, repeated, tag = "7")]
    pub(super) behind: Vec<String>,
    /// Per lane up to this one, observations sent.
    #[prost(uint64, repeated, tag = "8")]
    pub(super) observations: Vec<u64>,
    /// The same for tombstones; empty if none were sent at all.
    #[prost(uint64, repeated, tag = "9")]
    pub(super) tombstones: Vec<u64>,
    /// Per lane before this one, what the reader has of it, and one; 0 if nothing was sent of it. Only in a delta.
    #[prost(uint64, repeated, tag = "10")]
    pub(super) totals: Vec<u64>,
    /// Digest of the structures that the pull's header named.
    #[prost(bytes = "bytes", tag = "11")]
    pub(super) structure: Bytes,
}

/// Up to where a reader was told.
#[derive(Clone, PartialEq, Message)]
pub(super) struct WatchBody {
    /// What is watched, by whom.
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) request: Bytes,
    /// Everything up to here.
    #[prost(uint64, tag = "2")]
    pub(super) position: u64,
    /// Its moment.
    #[prost(sint64, tag = "3")]
    pub(super) moment: i64,
    /// And so many events after it.
    #[prost(uint64, tag = "4")]
    pub(super) skip: u64,
    /// Of the journal at `position`.
    #[prost(bytes = "bytes", tag = "5")]
    pub(super) history: Bytes,
}

/// A [`Reading`], with a mark of the history in which it was done.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadingBody {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(sint64, tag = "2")]
    moment: i64,
    #[prost(string, tag = "3")]
    edition: String,
    #[prost(uint64, tag = "4")]
    today_position: u64,
    #[prost(sint64, tag = "5")]
    today_moment: i64,
    /// Of the journal at `today_position`.
    #[prost(bytes = "bytes", tag = "6")]
    pub(super) history: Bytes,
}

impl ReadingBody {
    pub(super) fn new(reading: &Reading, history: Bytes) -> Self {
        let today = reading.today;
        let (point, edition) = match &reading.at {
            At::Point(point) => (*point, String::new()),
            At::Edition(label) => (today, label.to_string()),
        };
        Self {
            position: point.position,
            moment: point.moment.0,
            edition,
            today_position: today.position,
            today_moment: today.moment.0,
            history,
        }
    }

    pub(super) fn reading(&self) -> Reading {
        let point = |position, moment| Point { position, moment: Moment(moment) };
        let at = match &self.edition[..] {
            "" => At::Point(point(self.position, self.moment)),
            label => At::Edition(Arc::from(label)),
        };
        Reading { at, today: point(self.today_position, self.today_moment) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> CursorBody {
        let point = Point { position: 7, moment: Moment(1_700_000_000_000) };
        let reading = Reading { at: At::Edition(Arc::from("2020 Revision")), today: point };
        let reading = ReadingBody::new(&reading, Bytes::from_static(&[1; 8]));
        CursorBody { request: Bytes::from_static(&[2; 16]), reading: Some(reading) }
    }

    fn sealer() -> Sealer {
        Sealer::new(&[3; 32], "hub.example")
    }

    #[test]
    fn a_token_opens_to_what_was_sealed() {
        let token = sealer().seal(Kind::Cursor, &body());
        assert_eq!(sealer().open(Kind::Cursor, &token), Ok(body()));
        assert!(token.len() < 120, "{} bytes are long for a command line", token.len());
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let token = sealer().seal(Kind::Cursor, &body());
        for bit in 0..token.len() * 8 {
            let mut damaged = token.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let opened = sealer().open::<CursorBody>(Kind::Cursor, &damaged);
            assert_eq!(opened, Err(TokenError::Malformed), "bit {bit}");
        }
        for length in 0..token.len() {
            let opened = sealer().open::<CursorBody>(Kind::Cursor, &token[..length]);
            assert_eq!(opened, Err(TokenError::Malformed), "{length} bytes");
        }
    }

    #[test]
    fn who_cannot_seal_cannot_make_a_token() {
        let forged = |secret: u8, hub: &str, kind| {
            let token = Sealer::new(&[secret; 32], hub).seal(kind, &body());
            sealer().open::<CursorBody>(Kind::Cursor, &token).map(drop)
        };
        for (secret, hub, kind, expected) in [
            (3, "hub.example", Kind::Cursor, Ok(())),
            (4, "hub.example", Kind::Cursor, Err(TokenError::Malformed)),
            (3, "hub.example", Kind::Resume, Err(TokenError::Malformed)),
            (3, "hub.example", Kind::Watch, Err(TokenError::Malformed)),
            (3, "other.example", Kind::Cursor, Err(TokenError::OtherHub)),
            (4, "other.example", Kind::Cursor, Err(TokenError::OtherHub)),
        ] {
            assert_eq!(forged(secret, hub, kind), expected, "{secret} {hub} {kind:?}");
        }
        // A sum can be made by anyone; the seal cannot.
        let mut changed = sealer().seal(Kind::Cursor, &body()).to_vec();
        let end = changed.len() - SUM_BYTES;
        changed[HEAD_BYTES + 3] ^= 1;
        let sum = blake3::hash(&changed[..end]);
        changed[end..].copy_from_slice(&sum.as_bytes()[..SUM_BYTES]);
        assert_eq!(sealer().open::<CursorBody>(Kind::Cursor, &changed), Err(TokenError::Malformed));
    }

    #[test]
    fn a_reading_survives_its_token() {
        let point = |position, moment| Point { position, moment: Moment(moment) };
        for at in [At::Point(point(3, -5)), At::Edition(Arc::from("x"))] {
            let reading = Reading { at, today: point(9, 11) };
            assert_eq!(ReadingBody::new(&reading, Bytes::new()).reading(), reading);
        }
    }
}
