//! The threads that a hub runs on.

use std::io;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

/// Threads of the network for each processor. Small answers are made on them, and may have to wait for a disk: as
/// many others go on meanwhile.
const THREADS_PER_PROCESSOR: usize = 2;

/// The runtime for a hub.
pub fn runtime() -> io::Result<Runtime> {
    let processors = available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread().enable_all().worker_threads(processors * THREADS_PER_PROCESSOR).build()
}
