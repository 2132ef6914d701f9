//! Distinct cells of a column: read once, then found again by their bytes.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::split::Packed;

const VACANT: u64 = u64::MAX;
const UNUSED: u32 = u32::MAX;

/// Distinct values of a column, numbered for the whole file, and those used in the batch at hand, numbered
/// for it.
pub(super) struct Dictionary<V> {
    short: PackedTable,
    long: HashMap<Box<[u8]>, u32>,
    /// The long cell that was last found: neighbours are often equal.
    last_long: (Vec<u8>, u32),
    values: Vec<V>,
    /// Several spellings may hold one value: `A: Annual` and `A`.
    numbers: HashMap<V, u32>,
    spelling_bytes: usize,
    /// Per value, its number in this batch.
    in_batch: Vec<u32>,
    /// Values of this batch.
    used: Vec<u32>,
}

impl<V: Clone + Eq + Hash> Dictionary<V> {
    pub(super) fn new() -> Self {
        Self {
            short: PackedTable::new(),
            long: HashMap::new(),
            last_long: (Vec::new(), UNUSED),
            values: Vec::new(),
            numbers: HashMap::new(),
            spelling_bytes: 0,
            in_batch: Vec::new(),
            used: Vec::new(),
        }
    }

    /// Whether more spellings are remembered than so many, or more bytes of them.
    pub(super) fn exceeds(&self, spellings: usize, bytes: usize) -> bool {
        self.short.filled + self.long.len() > spellings || self.spelling_bytes > bytes
    }

    /// The number in this batch of the value that a cell is known to hold.
    #[inline]
    pub(super) fn find(&mut self, packed: Packed, content: &[u8]) -> Option<u32> {
        let value = if packed.is_whole() { self.short.get(packed.0) } else { self.find_long(content) }?;
        Some(self.use_value(value))
    }

    fn find_long(&mut self, content: &[u8]) -> Option<u32> {
        if self.last_long.0 == content && self.last_long.1 != UNUSED {
            return Some(self.last_long.1);
        }
        let value = *self.long.get(content)?;
        self.last_long.0.clear();
        self.last_long.0.extend_from_slice(content);
        self.last_long.1 = value;
        Some(value)
    }

    #[inline]
    fn use_value(&mut self, value: u32) -> u32 {
        let number = &mut self.in_batch[value as usize];
        if *number == UNUSED {
            *number = self.used.len() as u32;
            self.used.push(value);
        }
        *number
    }

    /// Remembers that a cell holds `value`; its number in this batch.
    pub(super) fn add(&mut self, packed: Packed, content: &[u8], value: V) -> u32 {
        let next = self.values.len() as u32;
        let place = *self.numbers.entry(value).or_insert_with_key(|value| {
            self.values.push(value.clone());
            self.in_batch.push(UNUSED);
            next
        });
        self.spelling_bytes += content.len();
        if packed.is_whole() {
            self.short.insert(packed.0, place);
        } else {
            self.long.insert(content.into(), place);
        }
        self.use_value(place)
    }

    /// The value of this batch with the number before `next`; nothing for 0.
    pub(super) fn used(&self, next: u32) -> Option<&V> {
        let value = self.used.get((next as usize).checked_sub(1)?)?;
        self.values.get(*value as usize)
    }

    /// The values of this batch by their numbers; the next batch begins.
    pub(super) fn take_used(&mut self) -> Vec<V> {
        let values = self.used.iter().map(|value| self.values[*value as usize].clone()).collect();
        for value in self.used.drain(..) {
            self.in_batch[value as usize] = UNUSED;
        }
        values
    }
}

/// Open addressing over packed cells. The multiplier is random, so that no file can be made to collide.
struct PackedTable {
    slots: Vec<(u64, u32)>,
    shift: u32,
    filled: usize,
    multiplier: u64,
}

impl PackedTable {
    fn new() -> Self {
        let multiplier = RandomState::new().build_hasher().finish() | 1;
        Self { slots: vec![(VACANT, 0); 64], shift: 64 - 6, filled: 0, multiplier }
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = self.place(key);
        loop {
            let (known, value) = self.slots[at & mask];
            if known == key {
                return Some(value);
            }
            if known == VACANT {
                return None;
            }
            at += 1;
        }
    }

    #[inline]
    fn place(&self, key: u64) -> usize {
        // Lengths stand in the high byte: folding them in keeps short cells apart.
        ((key ^ key >> 29).wrapping_mul(self.multiplier) >> self.shift) as usize
    }

    fn insert(&mut self, key: u64, value: u32) {
        if self.filled * 2 >= self.slots.len() {
            let grown = vec![(VACANT, 0); self.slots.len() * 2];
            self.shift -= 1;
            for (key, value) in std::mem::replace(&mut self.slots, grown) {
                if key != VACANT {
                    self.put(key, value);
                }
            }
        }
        self.filled += 1;
        self.put(key, value);
    }

    fn put(&mut self, key: u64, value: u32) {
        let mask = self.slots.len() - 1;
        let mut at = self.place(key);
        while self.slots[at & mask].0 != VACANT {
            at += 1;
        }
        self.slots[at & mask] = (key, value);
    }
}
