//! How far long work has come.

use std::fmt;
use std::sync::Arc;

/// A step of long work, told as it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file is read, checked and encoded.
    Reading {
        /// Bytes read so far; after a file turned out not to be in order it is read again from its beginning.
        bytes: u64,
        /// Bytes of the file, if they are known.
        bytes_total: Option<u64>,
    },
    /// Sorted rows are checked and encoded.
    Checking {
        /// Observations so far.
        observations: u64,
    },
    /// Blocks are sent.
    Uploading {
        /// Blocks of the submission that the hub has safely.
        blocks: u32,
        /// Blocks of the submission.
        blocks_total: u32,
    },
    /// Everything is there and the hub checks it.
    Judging,
    /// Figures come in.
    Pulling {
        /// Observations so far.
        observations: u64,
        /// Observations to come in all lanes known so far, if the hub could say.
        observations_total: Option<u64>,
    },
}

/// Who is told. Called often and from several threads: it must be quick.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Step) + Send + Sync>);

impl Progress {
    /// Tells this function.
    pub fn new(told: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Tells of a step.
    pub fn tell(&self, step: Step) {
        (self.0)(step);
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::silent()
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress(…)")
    }
}
