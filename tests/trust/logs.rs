//! What the hub writes into its log while it is attacked: kept, to be searched.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;

/// More of a log than this is not kept: it would be a failure of its own.
const KEPT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// More than an operator usually asks for.
const FILTER: &str = "info,mighub=debug,mighub_server=debug,mighub_store=debug,mighub_client=debug";

static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static BEGUN: OnceLock<()> = OnceLock::new();

/// From now on everything is kept that is logged in this process.
pub(crate) fn keep() {
    BEGUN.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(FILTER))
            .with_ansi(false)
            .with_writer(|| Kept)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else keeps a log here");
    });
}

/// What was logged so far.
pub(crate) fn kept() -> Vec<u8> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(kept.len() + bytes.len() <= KEPT_BYTES_MAX, "the log floods");
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
