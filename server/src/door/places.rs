//! Places for connections, calls and streams: so many in all, so many for each of those who come.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places of one kind, taken by those whom `K` names.
pub(crate) struct Places<K: Eq + Hash> {
    all: Arc<Semaphore>,
    each: u32,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

/// A place that is taken until it is dropped.
pub(crate) struct Place<K: Eq + Hash> {
    _permit: OwnedSemaphorePermit,
    taken: Arc<Mutex<HashMap<K, u32>>>,
    holder: K,
}

impl<K: Eq + Hash + Clone> Places<K> {
    /// `all` places, of which one holder may have `each`.
    pub(crate) fn new(all: usize, each: u32) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), each, taken: Arc::default() }
    }

    /// Waits until there is a place at all.
    pub(crate) async fn any(&self) -> OwnedSemaphorePermit {
        self.all.clone().acquire_owned().await.expect("this semaphore is never closed")
    }

    /// The place for `holder` that goes with a permit; nothing if it has as many as it may.
    pub(crate) fn of(&self, holder: K, permit: OwnedSemaphorePermit) -> Option<Place<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(&holder).copied().unwrap_or(0);
        if count >= self.each {
            return None;
        }
        taken.insert(holder.clone(), count + 1);
        Some(Place { _permit: permit, taken: self.taken.clone(), holder })
    }

    /// A place for `holder`, if there is one now.
    pub(crate) fn take(&self, holder: K) -> Option<Place<K>> {
        let permit = self.all.clone().try_acquire_owned().ok()?;
        self.of(holder, permit)
    }

    /// Places that one holder may have.
    pub(crate) fn each(&self) -> u32 {
        self.each
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_cannot_take_all_places() {
        let places = Places::new(4, 3);
        let mut greedy: Vec<_> = (0..3).map(|_| places.take("greedy").expect("a place")).collect();
        assert!(places.take("greedy").is_none());
        let other = places.take("other").expect("a place");
        assert!(places.take("third").is_none(), "all are taken");
        drop(other);
        greedy.pop();
        assert!(places.take("greedy").is_some());
        greedy.clear();
        assert!(places.taken.lock().expect("sound").is_empty());
        assert_eq!(places.all.available_permits(), 4);
    }
}
