//! Keys as integers: the one place that turns identifier columns, of one data set or of several, into numbers
//! that are equal where the values are equal.
//!
//! What lives here: encoding, groups of equal keys, places of keys, order. What must not: operators.
//!
//! Every column gets dense codes and a number of them, its radix; a key is the mixed-radix number of its codes.
//! Where the radixes outgrow 64 bits, the keys so far are numbered anew: there are never more than rows. A
//! small range of keys is looked up in a table, a large one by hash.

mod codes;

use hashbrown::HashMap;

use crate::dataset::{Column, NO_ROW};
use codes::Codes;

/// Slots of a table beside those that the rows pay for.
const DIRECT_SLOTS: u64 = 1 << 16;
/// Slots of a table for each row: a slot costs a quarter of what a hash entry costs.
const DIRECT_SLOTS_PER_ROW: u64 = 4;

/// Keys of the rows of one or several tables, comparable among them.
pub(super) struct Keys {
    tables: Vec<Vec<u64>>,
    /// All keys are below it.
    bound: u64,
}

impl Keys {
    /// Keys of several tables; each has the same columns in the same order, and so many rows.
    pub(super) fn of_tables(tables: &[(Vec<&Column>, usize)]) -> Self {
        let mut keys = Self::start(tables.iter().map(|(_, rows)| *rows));
        for place in 0..tables.first().map_or(0, |(columns, _)| columns.len()) {
            let columns: Vec<&Column> = tables.iter().map(|(columns, _)| columns[place]).collect();
            keys.append(&Codes::equal(&columns), false);
        }
        keys
    }

    /// Keys of one table.
    pub(super) fn of(columns: &[&Column], rows: usize) -> Self {
        Self::of_tables(&[(columns.to_vec(), rows)])
    }

    /// Keys of one table whose order is that of the values, column by column; the flag says whether a column
    /// descends. Nulls come last.
    pub(super) fn ordered<'c>(columns: impl Iterator<Item = (&'c Column, bool)>, rows: usize) -> Self {
        let mut keys = Self::start(std::iter::once(rows));
        columns.for_each(|(column, descending)| keys.append(&Codes::ordered(column, descending), true));
        keys
    }

    fn start(rows: impl Iterator<Item = usize>) -> Self {
        Self { tables: rows.map(|rows| vec![0; rows]).collect(), bound: 1 }
    }

    fn append(&mut self, codes: &Codes<'_>, in_order: bool) {
        if self.bound.checked_mul(codes.radix()).is_none() {
            self.renumber(in_order);
        }
        self.bound = self.bound.saturating_mul(codes.radix());
        for (table, keys) in self.tables.iter_mut().enumerate() {
            codes.append_to(table, keys);
        }
    }

    /// Dense numbers instead of keys; afterwards the bound is at most the number of rows, below 2^32 as the
    /// number of codes is, so that their product fits in 64 bits.
    fn renumber(&mut self, in_order: bool) {
        let mut numbers: HashMap<u64, u64> = HashMap::new();
        for &key in self.tables.iter().flatten() {
            let next = numbers.len() as u64;
            numbers.entry(key).or_insert(next);
        }
        if in_order {
            let mut distinct: Vec<u64> = numbers.keys().copied().collect();
            distinct.sort_unstable();
            numbers = distinct.into_iter().zip(0..).collect();
        }
        self.bound = (numbers.len() as u64).max(1);
        self.tables.iter_mut().flatten().for_each(|key| *key = numbers[&*key]);
    }

    /// The keys of a table.
    pub(super) fn table(&self, table: usize) -> &[u64] {
        &self.tables[table]
    }

    /// An empty lookup for keys of these tables; about so many will be entered.
    pub(super) fn places(&self, rows: usize) -> Places {
        if self.bound <= DIRECT_SLOTS + rows as u64 * DIRECT_SLOTS_PER_ROW {
            Places::Direct(vec![NO_ROW; self.bound as usize])
        } else {
            Places::Hashed(HashMap::with_capacity(rows))
        }
    }

    /// The rows of the first table in the order of their keys; equal keys keep the order of their rows.
    pub(super) fn sorted_rows(&self) -> Vec<u32> {
        let keys = &self.tables[0];
        if keys.is_sorted() {
            return (0..keys.len() as u32).collect();
        }
        if self.bound <= DIRECT_SLOTS + keys.len() as u64 * DIRECT_SLOTS_PER_ROW {
            return self.counted_rows();
        }
        if self.bound <= 1 << 32 {
            let mut rows: Vec<u64> = keys.iter().zip(0u64..).map(|(key, row)| key << 32 | row).collect();
            rows.sort_unstable();
            return rows.into_iter().map(|row| row as u32).collect();
        }
        let mut rows: Vec<(u64, u32)> = keys.iter().copied().zip(0..).collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn counted_rows(&self) -> Vec<u32> {
        let keys = &self.tables[0];
        let mut starts = vec![0u32; self.bound as usize];
        keys.iter().for_each(|&key| starts[key as usize] += 1);
        let mut start = 0;
        for count in &mut starts {
            (*count, start) = (start, start + *count);
        }
        let mut rows = vec![0; keys.len()];
        for (row, &key) in keys.iter().enumerate() {
            let place = &mut starts[key as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        rows
    }
}

/// One number for each key, [`NO_ROW`] for a key that was not entered.
pub(super) enum Places {
    Direct(Vec<u32>),
    Hashed(HashMap<u64, u32>),
}

impl Places {
    #[inline]
    pub(super) fn get(&self, key: u64) -> u32 {
        match self {
            Self::Direct(slots) => slots[key as usize],
            Self::Hashed(map) => map.get(&key).copied().unwrap_or(NO_ROW),
        }
    }

    #[inline]
    pub(super) fn slot(&mut self, key: u64) -> &mut u32 {
        match self {
            Self::Direct(slots) => &mut slots[key as usize],
            Self::Hashed(map) => map.entry(key).or_insert(NO_ROW),
        }
    }
}

/// Rows with equal keys, numbered in the order of their first rows.
pub(super) struct Groups {
    group_of_row: Vec<u32>,
    first_row: Vec<u32>,
}

impl Groups {
    /// Groups of rows by these columns; without columns all rows are one group, if there are any.
    pub(super) fn of(columns: &[&Column], rows: usize) -> Self {
        Self::of_keys(&Keys::of(columns, rows))
    }

    fn of_keys(keys: &Keys) -> Self {
        let rows = keys.table(0);
        let mut places = keys.places(rows.len());
        let mut first_row = Vec::new();
        let number = |(row, key): (usize, &u64)| {
            let slot = places.slot(*key);
            if *slot == NO_ROW {
                *slot = first_row.len() as u32;
                first_row.push(row as u32);
            }
            *slot
        };
        let group_of_row = rows.iter().enumerate().map(number).collect();
        Self { group_of_row, first_row }
    }

    /// Per row, its group.
    pub(super) fn group_of_row(&self) -> &[u32] {
        &self.group_of_row
    }

    /// Per group, its first row.
    pub(super) fn first_row(&self) -> &[u32] {
        &self.first_row
    }

    /// Number of groups.
    pub(super) fn len(&self) -> usize {
        self.first_row.len()
    }

    /// These rows group by group, within a group in the order given, and where the groups end.
    pub(super) fn gather(&self, rows: &[u32]) -> (Vec<u32>, Vec<usize>) {
        let mut ends = vec![0usize; self.len()];
        rows.iter().for_each(|row| ends[self.group_of_row[*row as usize] as usize] += 1);
        let mut start = 0;
        for end in &mut ends {
            (*end, start) = (start, start + *end);
        }
        let mut gathered = vec![0; rows.len()];
        for &row in rows {
            let place = &mut ends[self.group_of_row[row as usize] as usize];
            gathered[*place] = row;
            *place += 1;
        }
        (gathered, ends)
    }
}

/// Where the keys of a table stand.
pub(super) struct Index {
    first: Places,
    /// Per row, the next with the same key; empty if no key occurs twice.
    next: Vec<u32>,
}

impl Index {
    /// Of one of the tables.
    pub(super) fn of(keys: &Keys, table: usize) -> Self {
        let rows = keys.table(table);
        let mut index = Self { first: keys.places(rows.len()), next: Vec::new() };
        // Backwards, so that the rows of a key come out in their order.
        for (row, &key) in rows.iter().enumerate().rev() {
            let slot = index.first.slot(key);
            if *slot != NO_ROW {
                if index.next.is_empty() {
                    index.next = vec![NO_ROW; rows.len()];
                }
                index.next[row] = *slot;
            }
            *slot = row as u32;
        }
        index
    }

    /// Whether a key occurs.
    #[inline]
    pub(super) fn contains(&self, key: u64) -> bool {
        self.first.get(key) != NO_ROW
    }

    /// How many rows a key has.
    #[inline]
    pub(super) fn count(&self, key: u64) -> usize {
        if self.next.is_empty() { usize::from(self.contains(key)) } else { self.rows(key).count() }
    }

    /// The rows of a key, ascending.
    #[inline]
    pub(super) fn rows(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.first.get(key);
        std::iter::from_fn(move || {
            let row = at;
            at = self.next.get(row as usize).copied().unwrap_or(NO_ROW);
            (row != NO_ROW).then_some(row)
        })
    }
}

#[cfg(test)]
#[path = "keys/tests.rs"]
mod tests;
