//! Whether somebody still waits for an answer: work for a caller who has left ends early.
//!
//! Work is done on threads that may wait, and those are not stopped when a connection ends. Whoever waits holds an
//! [`Attending`]; the work has an [`Attendance`] and looks at it between two steps.

use std::sync::{Arc, Weak};

/// Held by whoever waits for an answer, for as long as it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attending(Arc<()>);

/// What work knows of those who wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Attendance(Weak<()>);

impl Attending {
    /// What the work is to look at.
    pub(crate) fn attendance(&self) -> Attendance {
        Attendance(Arc::downgrade(&self.0))
    }
}

impl Attendance {
    /// Whether nobody waits any more.
    pub(crate) fn is_over(&self) -> bool {
        self.0.strong_count() == 0
    }
}
