//! Manifests: the lists of blocks that are datasets.
//!
//! What lives here: what a manifest says of a block, paging, writing and reading. What must not: where the
//! pages are kept.

mod info;
mod page;

pub use info::BlockInfo;
pub use page::{ManifestError, PageWriter, read_manifest, read_page};

/// Blocks on a page, at most.
pub const PAGE_BLOCKS_MAX: usize = 512;
/// A page ends after a block whose digest begins with a byte below this: after about 64 blocks. So a page is
/// rewritten only where one of its blocks is.
pub const PAGE_CUT_BELOW: u8 = 4;
/// Bytes of one page, at most: 512 blocks of 30 dimensions with long codes stay below.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a manifest without its pages, at most: 100,000 pages are some 50 thousand million observations.
pub const MANIFEST_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Parts of a submission, at most: a file whose rows change their ACTION more often is sorted by it first.
pub const PARTS_MAX: usize = 1_024;
