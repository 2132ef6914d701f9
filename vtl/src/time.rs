//! Dates, regular periods, intervals and frequencies, packed in 64 bits in the order of time.
//!
//! What lives here: what they are and how they are packed. What must not: reading and writing of their texts
//! ([`text`]), operators on them ([`calendar`]), and their relatives in SDMX ([`sdmx`]).

pub mod calendar;
pub mod sdmx;
pub mod text;

/// A day, or an instant of one with microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

impl Date {
    /// A day, counted from 1970-01-01.
    pub fn day(days: i32) -> Self {
        Self(i64::from(days) * DAY_MICROS * 2)
    }

    /// An instant, in microseconds since 1970-01-01T00:00:00; written with its time.
    pub fn instant(micros: i64) -> Self {
        Self(micros * 2 + 1)
    }

    /// The day it is or lies on, counted from 1970-01-01.
    pub fn days(self) -> i32 {
        self.micros().div_euclid(DAY_MICROS) as i32
    }

    /// Microseconds since 1970-01-01T00:00:00.
    pub fn micros(self) -> i64 {
        self.0 >> 1
    }

    /// Whether it was written with a time.
    pub fn has_time(self) -> bool {
        self.0 & 1 == 1
    }

    /// The same time on another day.
    pub fn with_days(self, days: i32) -> Self {
        let within = self.micros().rem_euclid(DAY_MICROS);
        Self((i64::from(days) * DAY_MICROS + within) << 1 | i64::from(self.has_time()))
    }

    /// As one integer, in the order of time.
    pub fn packed(self) -> i64 {
        self.0
    }

    /// From what [`Self::packed`] gave.
    pub fn from_packed(packed: i64) -> Self {
        Self(packed)
    }
}

/// How long a regular period is; the shorter is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Frequency {
    /// A day.
    Day = 0,
    /// An ISO week.
    Week = 1,
    /// A month.
    Month = 2,
    /// Three months.
    Quarter = 3,
    /// Half a year.
    Semester = 4,
    /// A year.
    Year = 5,
}

impl Frequency {
    /// All of them, the shortest first.
    pub const ALL: [Self; 6] =
        [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Semester, Self::Year];

    /// Its letter in VTL: D W M Q S A.
    pub fn letter(self) -> char {
        ['D', 'W', 'M', 'Q', 'S', 'A'][self as usize]
    }

    /// By its letter.
    pub fn from_letter(letter: &str) -> Option<Self> {
        let mut bytes = letter.bytes();
        let (Some(letter), None) = (bytes.next(), bytes.next()) else { return None };
        Self::ALL.into_iter().find(|frequency| frequency.letter() == char::from(letter))
    }

    /// As one integer, in order of length.
    pub fn packed(self) -> i64 {
        self as i64
    }

    /// From what [`Self::packed`] gave.
    pub fn from_packed(packed: i64) -> Option<Self> {
        usize::try_from(packed).ok().and_then(|place| Self::ALL.get(place).copied())
    }
}

/// A regular period: the frequency and a year with a number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimePeriod(i64);

const NUMBER_BITS: u32 = 10;
const FREQUENCY_SHIFT: u32 = 48;

impl TimePeriod {
    /// A period. Periods of one frequency are ordered by time.
    pub fn new(frequency: Frequency, year: i32, number: u16) -> Self {
        let ordinal = (i64::from(year) << NUMBER_BITS) | i64::from(number);
        Self((frequency.packed() << FREQUENCY_SHIFT) + ordinal)
    }

    /// Its frequency.
    pub fn frequency(self) -> Frequency {
        Frequency::from_packed(self.0 >> FREQUENCY_SHIFT).unwrap_or(Frequency::Year)
    }

    /// Its year.
    pub fn year(self) -> i32 {
        ((self.0 & ((1 << FREQUENCY_SHIFT) - 1)) >> NUMBER_BITS) as i32
    }

    /// Its number within the year, from 1.
    pub fn number(self) -> u16 {
        (self.0 & ((1 << NUMBER_BITS) - 1)) as u16
    }

    /// As one integer: by frequency, then in the order of time. Years are 0 to 9999.
    pub fn packed(self) -> i64 {
        self.0
    }

    /// From what [`Self::packed`] gave.
    pub fn from_packed(packed: i64) -> Self {
        Self(packed)
    }
}

/// From a day to a day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// First day, counted from 1970-01-01.
    pub start: i32,
    /// Last day.
    pub end: i32,
}

impl Interval {
    /// As one integer, by start and then by end.
    pub fn packed(self) -> i64 {
        (i64::from(self.start) << 32) | i64::from((self.end as u32) ^ (1 << 31))
    }

    /// From what [`Self::packed`] gave.
    pub fn from_packed(packed: i64) -> Self {
        Self { start: (packed >> 32) as i32, end: (packed as u32 ^ (1 << 31)) as i32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_keeps_the_value_and_its_order(
            (a, b) in ((-800_000i32..3_000_000, -800_000i32..3_000_000), (-800_000i32..3_000_000, -800_000i32..3_000_000)),
            (year, number, frequency) in (0i32..=9999, 1u16..=366, 0i64..6),
        ) {
            let (x, y) = (Interval { start: a.0, end: a.1 }, Interval { start: b.0, end: b.1 });
            prop_assert_eq!(Interval::from_packed(x.packed()), x);
            prop_assert_eq!(x.packed().cmp(&y.packed()), x.cmp(&y));
            prop_assert_eq!(Date::day(a.0).days(), a.0);
            prop_assert_eq!(Date::day(a.0).packed().cmp(&Date::day(b.0).packed()), a.0.cmp(&b.0));
            let frequency = Frequency::from_packed(frequency).unwrap_or(Frequency::Year);
            let period = TimePeriod::new(frequency, year, number);
            prop_assert_eq!((period.frequency(), period.year(), period.number()), (frequency, year, number));
        }
    }
}
