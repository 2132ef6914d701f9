//! The series block: observations in the one canonical form that a digest names (canon 1).
//!
//! What lives here: where blocks are cut, how they are written and read, the proof that bytes are canonical,
//! compression under a limit, digests. What must not: who holds a block, and who may see it.

mod bytes;
mod canon;
mod decode;
mod digest;
mod encode;
mod field;
mod frame;
mod part;
mod writer;

pub use canon::{Cutter, key_hash};
pub use decode::{decode, decode_proven, value_of_message};
pub use digest::{Digest, LaneKey};
pub use encode::{encode, value_message};
pub use frame::{compress, decompress};
pub use part::{Wanted, decode_part};
pub use writer::{BlockWriter, FinishedBlock, Naming, check_cut};

/// The only canon there is so far.
pub const CANON: u32 = 1;
/// A block is not cut before it has so many units; see [`Cutter`].
pub const UNITS_MIN: u32 = 2_000;
/// Expected units of a block: reads of single series are cheapest between 4,000 and 16,000.
pub const UNITS_TARGET: u32 = 8_000;
/// A block is cut at the next piece once it has so many units.
pub const UNITS_FORCED: u32 = 24_000;
/// A series of more units is taken in pieces of so many, so that no block exceeds [`UNITS_MAX`].
pub const PIECE_UNITS_MAX: u32 = 8_000;
/// No block has more units, and therefore not more observations.
pub const UNITS_MAX: u32 = UNITS_FORCED + PIECE_UNITS_MAX;
/// Bytes of attribute text that weigh as much as one observation.
pub const TEXT_BYTES_PER_UNIT: usize = 16;
/// Uncompressed bytes a block may declare. Canonical blocks stay far below; beyond it lies an attack.
pub const RAW_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Compressed bytes a block may have: incompressible raw bytes and zstd's overhead.
pub const FRAME_BYTES_MAX: usize = RAW_BYTES_MAX + 64 * 1024;

/// Why bytes are not a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The frame is not one zstd frame of a declared, allowed length.
    #[error("the block is not one zstd frame that declares at most {RAW_BYTES_MAX} bytes: {0}")]
    Frame(String),
    /// More bytes than a block may have, as they travel or as the frame declares.
    #[error(
        "the block has more than {RAW_BYTES_MAX} bytes, or {FRAME_BYTES_MAX} compressed: no canonical block does"
    )]
    TooLarge,
    /// Not a protobuf message of the block's schema.
    #[error("the block is not a SeriesBlock message: {0}")]
    Message(String),
    /// A canon this hub does not know.
    #[error("the block follows canon {0}; this program knows canon {CANON}: update it")]
    UnknownCanon(u32),
    /// Counts, indexes or runs contradict each other.
    #[error("the block contradicts itself: {0}")]
    Inconsistent(&'static str),
    /// An attribute that the data structure lacks.
    #[error("the block has an attribute {0:?} that its data structure lacks")]
    UnknownAttribute(String),
    /// Equal content has other bytes in canonical form.
    #[error("the block is not in canonical form: {0}; encode it as docs/block-format.md says")]
    NotCanonical(&'static str),
    /// The bytes do not have the digest under which they were named.
    #[error("the block does not have the digest that names it")]
    WrongDigest,
}
