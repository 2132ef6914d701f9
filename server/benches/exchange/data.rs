//! The figures: flows between 200 areas by sex, age and kind of measure over thirty years, with heavy-tailed
//! integers that drift from year to year, as registers give them. The same on every run, made series by series in
//! canonical order, so that any number of them needs no memory.
//!
//! What lives here: codes and numbers. What must not: files, columns, and what is done with them.

use std::sync::Arc;

/// The dimensions before TIME_PERIOD.
pub(crate) const DIMENSIONS: [&str; 6] = ["FREQ", "REPORTER", "PARTNER", "SEX", "AGE", "MEASURE_TYPE"];
/// OBS_STATUS, by how often: nearly all are normal.
pub(crate) const STATUSES: [&str; 4] = ["A", "E", "P", "B"];
/// CONF_STATUS, one for each series: nearly all are free.
pub(crate) const CONFIDENTIALITIES: [&str; 3] = ["F", "C", "N"];
/// The first year of the figures.
pub(crate) const FIRST_YEAR: u16 = 1995;
/// Years there are figures for.
pub(crate) const YEARS: u16 = 30;

const AREAS: usize = 200;
const PAIRS_MAX: usize = AREAS * AREAS;
const SERIES_PER_PAIR: usize = 3 * 20 * 2;
/// Figures made for each that is wanted.
const MARGIN: f64 = 1.01;
/// The shortest series, unless there must be more figures than such series can hold.
const LENGTH_MIN: u16 = 11;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// How many figures, and of what size.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Figures {
    /// Observations.
    pub(crate) observations: u64,
    /// Flows in the thousands and millions, of which more digits must be kept, instead of the usual many small
    /// ones.
    pub(crate) large_values: bool,
}

/// The codes of the dimensions, each list in byte order.
pub(crate) struct Codes(pub(crate) [Vec<Arc<str>>; DIMENSIONS.len()]);

/// A series.
pub(crate) struct Series {
    /// Per dimension, a place in its list of codes.
    pub(crate) key: [u8; DIMENSIONS.len()],
    /// A place in [`CONFIDENTIALITIES`].
    pub(crate) confidentiality: u8,
    /// Year of the first cell; the others follow without gap.
    pub(crate) first_year: u16,
    pub(crate) cells: Vec<Cell>,
}

/// An observation.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) value: i64,
    /// A place in [`STATUSES`].
    pub(crate) status: u8,
}

impl Codes {
    pub(crate) fn new() -> Self {
        let sorted = |codes: Vec<String>| {
            let mut codes: Vec<Arc<str>> = codes.into_iter().map(Arc::from).collect();
            codes.sort();
            codes
        };
        let these = |codes: &[&str]| sorted(codes.iter().map(|code| (*code).to_owned()).collect());
        let letter = |number: usize| char::from(b'A' + (number % 26) as u8);
        let area = |nth: usize| {
            let number = nth * 87 + 11;
            [letter(number / 676), letter(number / 26), letter(number)].iter().collect()
        };
        let ages = (0..18).map(|five| format!("Y{}T{}", five * 5, five * 5 + 4));
        let areas = sorted((0..AREAS).map(area).collect());
        Self([
            these(&["A"]),
            areas.clone(),
            areas,
            these(&["F", "M", "_T"]),
            sorted(ages.chain(["Y_GE90".to_owned(), "_T".to_owned()]).collect()),
            these(&["EMIG", "IMMIG"]),
        ])
    }

    /// The SDMX key of a series.
    pub(crate) fn key(&self, key: [u8; DIMENSIONS.len()]) -> String {
        let codes: Vec<&str> =
            self.0.iter().zip(key).map(|(codes, place)| &*codes[usize::from(place)]).collect();
        codes.join(".")
    }
}

impl Figures {
    /// All series in canonical order.
    pub(crate) fn series(self) -> impl Iterator<Item = Series> {
        let mean_of = |length_min: u16| f64::from(length_min + YEARS) / 2.0 * SERIES_PER_PAIR as f64;
        // Some more, because the mean is not met exactly; what is too many is cut off.
        let wanted = self.observations as f64 * MARGIN;
        let length_min =
            (LENGTH_MIN..YEARS).find(|length| mean_of(*length) * PAIRS_MAX as f64 > wanted).unwrap_or(YEARS);
        let pairs = ((wanted / mean_of(length_min)) as usize + 1).min(PAIRS_MAX);
        let mut random = Random(SEED);
        let mut left = self.observations;
        // The pairs, spread over all reporters, and those of a reporter over all partners.
        (0..AREAS)
            .flat_map(move |reporter| {
                let partners = (reporter + 1) * pairs / AREAS - reporter * pairs / AREAS;
                (0..partners).map(move |nth| (reporter, nth * AREAS / partners))
            })
            .flat_map(move |(reporter, partner)| {
                let base = if self.large_values { 8.0 } else { 4.0 };
                let size = (base + 2.5 * random.normal()).exp();
                let pair = Pair { reporter: reporter as u8, partner: partner as u8, size, length_min };
                (0..SERIES_PER_PAIR).map(|nth| pair.series(nth, &mut random)).collect::<Vec<_>>()
            })
            .map_while(move |mut series| {
                series.cells.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                left -= series.cells.len() as u64;
                (!series.cells.is_empty()).then_some(series)
            })
    }
}

/// Two areas and how many move between them.
struct Pair {
    reporter: u8,
    partner: u8,
    size: f64,
    length_min: u16,
}

impl Pair {
    fn series(&self, nth: usize, random: &mut Random) -> Series {
        let (sex, age, kind) = ((nth / 40) as u8, (nth / 2 % 20) as u8, (nth % 2) as u8);
        // The last code of both is the total.
        let of_sex = if sex == 2 { 1.0 } else { 0.5 };
        let of_age =
            if age == 19 { 1.0 } else { 0.3 * (-((f64::from(age) - 5.0) / 3.0).powi(2)).exp() + 0.01 };
        let mut level = (self.size * of_sex * of_age).max(0.2).ln() + 0.3 * random.normal();
        let length = self.length_min + random.below(u64::from(YEARS - self.length_min) + 1) as u16;
        let first_year = FIRST_YEAR + random.below(u64::from(YEARS - length) + 1) as u16;
        let confidentiality = if random.below(100) < 97 { 0 } else { 1 + random.below(2) as u8 };
        let cell = |_| {
            level += 0.15 * random.normal();
            let status = match random.below(100) {
                0..92 => 0,
                92..96 => 1,
                96..99 => 2,
                _ => 3,
            };
            Cell { value: level.exp().round() as i64, status }
        };
        let cells = (0..length).map(cell).collect();
        Series { key: [0, self.reporter, self.partner, sex, age, kind], confidentiality, first_year, cells }
    }
}

/// xorshift64*: good enough for figures.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of the standard normal distribution (Box and Muller).
    fn normal(&mut self) -> f64 {
        let (u, v) = (self.unit().max(1e-12), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}
