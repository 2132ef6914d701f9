//! Compression of answers on their way: gzip and zstd, as the caller takes them.

use axum::Router;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

/// Bytes below which compression saves less than its own header costs.
const BYTES_MIN: u64 = 512;

/// What is compressed: answers of some size that are not compressed by their format.
type Worthwhile = And<And<SizeAbove, NotForContentType>, NotForContentType>;

/// The layer. The lowest level is used: figures compress well at any, and readers wait for the fast one only.
pub(super) fn layer() -> CompressionLayer<Worthwhile> {
    let worthwhile = SizeAbove::new(BYTES_MIN)
        .and(NotForContentType::const_new("application/vnd.apache.parquet"))
        .and(NotForContentType::const_new("application/vnd.openxmlformats"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worthwhile)
}

/// A router whose answers are compressed.
pub(crate) fn compressed(router: Router) -> Router {
    router.layer(layer())
}
