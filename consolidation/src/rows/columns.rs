//! Attribute columns of derived rows while they are made: codes first, dictionaries sorted at the end.

use std::sync::Arc;

use hashbrown::HashMap;
use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Runs};

/// Whole numbers below this are found by place: most figures of corridors are small.
const SMALL: usize = 1 << 16;
/// Shares have four digits behind the point and are found by place too, from 0 to 1.
const SHARES: usize = 10_001;
const SHARE_DIGITS: u8 = 4;
/// Texts of numbers that are kept from batch to batch: some tens of megabytes.
const TEXTS_KEPT: usize = 500_000;

/// Runs of codes while entries come in; the run that is open grows by a comparison.
#[derive(Debug, Default)]
struct OpenRuns {
    closed: Runs,
    code: u32,
    start: usize,
    end: usize,
}

impl OpenRuns {
    /// Puts a code at an entry; entries come in order, and those left out are absent.
    #[inline]
    fn put(&mut self, entry: usize, code: u32) {
        if entry == self.end && code == self.code {
            self.end += 1;
            return;
        }
        self.closed.push(self.code, self.end - self.start);
        self.closed.push(0, entry - self.end);
        (self.code, self.start, self.end) = (code, entry, entry + 1);
    }

    fn finish(mut self, entries: usize) -> Runs {
        self.closed.push(self.code, self.end - self.start);
        self.closed.push(0, entries - self.end);
        self.closed
    }
}

/// One attribute of derived rows. What is not put stays absent.
#[derive(Debug)]
pub(super) struct MadeColumn {
    values: Vec<AttributeValue>,
    lookup: HashMap<AttributeValue, u32>,
    /// Codes of values that are one letter.
    letters: [u32; 128],
    /// Codes of values copied from a batch: (batch, code there).
    copied: HashMap<(u32, u32), u32>,
    runs: OpenRuns,
}

impl Default for MadeColumn {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            lookup: HashMap::new(),
            letters: [0; 128],
            copied: HashMap::new(),
            runs: OpenRuns::default(),
        }
    }
}

impl MadeColumn {
    /// Puts a code at an entry; entries come in order.
    #[inline]
    pub(super) fn put(&mut self, entry: usize, code: u32) {
        self.runs.put(entry, code);
    }

    pub(super) fn code(&mut self, value: &AttributeValue) -> u32 {
        if let Some(code) = self.lookup.get(value) {
            return *code;
        }
        let code = self.new_code(value.clone());
        self.lookup.insert(value.clone(), code);
        code
    }

    /// The code of a value that the caller knows to be new to this batch.
    pub(super) fn new_code(&mut self, value: AttributeValue) -> u32 {
        self.values.push(value);
        self.values.len() as u32
    }

    #[inline]
    pub(super) fn letter(&mut self, letter: u8) -> u32 {
        let place = usize::from(letter & 127);
        if self.letters[place] == 0 {
            self.letters[place] =
                self.code(&AttributeValue::text(char::from(letter).encode_utf8(&mut [0; 4])));
        }
        self.letters[place]
    }

    pub(super) fn copied(&mut self, batch: u32, column: &AttributeColumn, code: u32) -> u32 {
        if let Some(known) = self.copied.get(&(batch, code)) {
            return *known;
        }
        let Some(value) = column.value(code) else { return 0 };
        let made = self.code(value);
        self.copied.insert((batch, code), made);
        made
    }

    /// The column over `entries` entries; empty afterwards.
    pub(super) fn take(&mut self, entries: usize) -> AttributeColumn {
        let Self { values, runs, .. } = std::mem::take(self);
        let (sorted, places) = sorted(values);
        finish(sorted, runs, entries, |code| places[code as usize - 1] + 1)
    }
}

/// Numbers that several columns share: each is written once, and sorted once a batch.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Of this batch, by code.
    numbers: Vec<Decimal>,
    /// Codes of this batch: of small whole numbers, of shares to four digits, of others; 0 where there is none.
    small: Vec<u32>,
    shares: Vec<u32>,
    others: HashMap<Decimal, u32>,
    /// Texts, kept from batch to batch.
    texts: HashMap<Decimal, Arc<str>>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            small: vec![0; SMALL],
            shares: vec![0; SHARES],
            others: HashMap::new(),
            texts: HashMap::new(),
        }
    }
}

impl Numbers {
    /// The code of a number, from 1.
    #[inline]
    pub(super) fn code(&mut self, number: Decimal) -> u32 {
        let known = match (number.scale, usize::try_from(number.unscaled)) {
            (0, Ok(place)) if place < SMALL => &mut self.small[place],
            (SHARE_DIGITS, Ok(place)) if place < SHARES => &mut self.shares[place],
            _ => self.others.entry(number).or_insert(0),
        };
        if *known == 0 {
            self.numbers.push(number);
            *known = self.numbers.len() as u32;
        }
        *known
    }

    /// All numbers as texts with their order; empty afterwards.
    pub(super) fn take(&mut self) -> SortedNumbers {
        if self.texts.len() > TEXTS_KEPT {
            self.texts.clear();
        }
        let numbers = std::mem::take(&mut self.numbers);
        let mut texts = Vec::with_capacity(numbers.len());
        for number in numbers {
            match (number.scale, usize::try_from(number.unscaled)) {
                (0, Ok(place)) if place < SMALL => self.small[place] = 0,
                (SHARE_DIGITS, Ok(place)) if place < SHARES => self.shares[place] = 0,
                _ => {}
            }
            let written = || Arc::from(number.to_string());
            texts.push(self.texts.entry(number).or_insert_with(written).clone());
        }
        self.others.clear();
        let mut order: Vec<(u128, u32)> =
            texts.iter().zip(0..).map(|(text, code)| (first_bytes(text), code)).collect();
        order.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| texts[a.1 as usize].cmp(&texts[b.1 as usize]))
        });
        SortedNumbers { order: order.into_iter().map(|(_, code)| code).collect(), texts }
    }
}

/// The first sixteen bytes of a text, as a number that orders as they do.
fn first_bytes(text: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = text.len().min(bytes.len());
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}

/// Numbers as texts, by code, and their order.
pub(super) struct SortedNumbers {
    texts: Vec<Arc<str>>,
    order: Vec<u32>,
}

impl SortedNumbers {
    /// The column whose codes these numbers gave.
    fn column(&self, runs: OpenRuns, entries: usize) -> AttributeColumn {
        let mut places = vec![0u32; self.texts.len()];
        let open = (runs.code, 0..0);
        for (code, _) in runs.closed.runs().chain([open]) {
            if code > 0 {
                places[code as usize - 1] = 1;
            }
        }
        let mut values = Vec::new();
        for number in &self.order {
            let place = &mut places[*number as usize];
            if *place > 0 {
                values.push(AttributeValue::Text(self.texts[*number as usize].clone()));
                *place = values.len() as u32;
            }
        }
        finish(values, runs, entries, |code| places[code as usize - 1])
    }
}

/// A column of numbers while it is made.
#[derive(Debug, Default)]
pub(super) struct NumberColumn {
    runs: OpenRuns,
}

impl NumberColumn {
    #[inline]
    pub(super) fn put(&mut self, entry: usize, code: u32) {
        self.runs.put(entry, code);
    }

    pub(super) fn take(&mut self, numbers: &SortedNumbers, entries: usize) -> AttributeColumn {
        numbers.column(std::mem::take(&mut self.runs), entries)
    }
}

/// Items in order, and for each its place.
fn sorted<T: Ord>(items: Vec<T>) -> (Vec<T>, Vec<u32>) {
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    order.sort_unstable_by(|a, b| items[*a as usize].cmp(&items[*b as usize]));
    let mut places = vec![0; items.len()];
    for (place, item) in order.iter().enumerate() {
        places[*item as usize] = place as u32;
    }
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let in_order = order.into_iter().filter_map(|item| items[item as usize].take());
    (in_order.collect(), places)
}

/// A column that is absent throughout has no runs, so that equal contents are equal columns.
fn finish(
    values: Vec<AttributeValue>,
    runs: OpenRuns,
    entries: usize,
    place: impl Fn(u32) -> u32,
) -> AttributeColumn {
    if values.is_empty() {
        return AttributeColumn::default();
    }
    let raw = runs.finish(entries);
    let mut runs = Runs::default();
    for (code, range) in raw.runs() {
        runs.push(if code == 0 { 0 } else { place(code) }, range.len());
    }
    AttributeColumn { values, runs }
}
