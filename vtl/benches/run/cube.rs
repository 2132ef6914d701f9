//! A cube of population by citizenship: ten years, forty areas, sexes, ages and citizenships with all totals,
//! 1,008,000 observations in random order. A figure in a thousand is wrong, two in a thousand are missing. The
//! second file has other figures for 95 in a hundred of the keys. The same on every run.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

pub(crate) const IDENTIFIERS: [&str; 6] = ["FREQ", "TIME_PERIOD", "REF_AREA", "SEX", "AGE", "CITIZENSHIP"];

const YEARS: usize = 10;
const FIRST_YEAR: usize = 2014;
const AREAS: [&str; 40] = [
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "AL", "BA", "GE",
    "MD", "ME", "MK", "RS", "TR", "UA",
];
const SEXES: [&str; 3] = ["T", "M", "F"];
/// Five-year ages: 0-4 to 75-79, and 80 and over.
const AGES: usize = 17;
/// Own nationals, then citizens of the union's members, then others.
const CITIZENSHIPS: usize = 36;
const MEMBERS: usize = 17;

/// Numbers that look like chance, always the same (xorshift of 64 bits).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }
}

struct Row {
    /// Places of year, area, sex, age and citizenship.
    key: [u8; 5],
    value: i64,
}

/// Makes the files unless they are there.
pub(crate) fn write_files(dir: &Path) -> io::Result<()> {
    if dir.join("DS_1.csv").exists() && dir.join("DS_2.csv").exists() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut rows = rows(&mut chance);
    for place in (1..rows.len()).rev() {
        rows.swap(place, chance.below(place as u64 + 1) as usize);
    }
    let (ages, citizenships) = (ages(), citizenships());
    let header = IDENTIFIERS.join(",");
    let mut first = format!("{header},OBS_VALUE,OBS_STATUS\n");
    let mut second = format!("{header},OBS_VALUE\n");
    for row in &rows {
        let [year, area, sex, age, citizenship] = row.key.map(usize::from);
        let key = format!(
            "A,{},{},{},{},{}",
            FIRST_YEAR + year,
            AREAS[area],
            SEXES[sex],
            ages[age],
            citizenships[citizenship]
        );
        let is_missing = chance.below(1000) < 2;
        let value = match chance.below(5000) {
            0 => -1,
            1..=5 => row.value + chance.below(60) as i64 - 30,
            _ => row.value,
        };
        let status = match (is_missing, chance.below(100)) {
            (true, 0..50) => "M",
            (true, _) => "",
            (false, 0..2) => "P",
            (false, _) => "A",
        };
        let shown = if is_missing { String::new() } else { value.to_string() };
        // Writing to a string does not fail.
        let _ = writeln!(first, "{key},{shown},{status}");
        if chance.below(100) < 95 {
            let other = value + value * (chance.below(200) as i64 - 100) / 1000;
            let shown = if is_missing { String::new() } else { other.to_string() };
            let _ = writeln!(second, "{key},{shown}");
        }
    }
    fs::write(dir.join("DS_1.csv"), first)?;
    fs::write(dir.join("DS_2.csv"), second)
}

/// TOTAL, three broad groups, seventeen ages.
fn ages() -> Vec<String> {
    let five = (0..AGES - 1).map(|age| format!("Y{}T{}", age * 5, age * 5 + 4));
    let broad = ["TOTAL", "Y_LT15", "Y15T64", "Y_GE65"].map(str::to_owned);
    broad.into_iter().chain(five).chain(["Y_GE80".to_owned()]).collect()
}

/// TOTAL, NAT, FOR, EU_FOR, NEU_FOR, then single citizenships.
fn citizenships() -> Vec<String> {
    let broad = ["TOTAL", "NAT", "FOR", "EU_FOR", "NEU_FOR"].map(str::to_owned);
    let members = (0..MEMBERS).map(|place| format!("E{place:02}"));
    let others = (0..CITIZENSHIPS - 1 - MEMBERS).map(|place| format!("N{place:02}"));
    broad.into_iter().chain(members).chain(others).collect()
}

/// Places of the ages, of the totals that a single age counts in.
fn ages_of(age: usize) -> [usize; 3] {
    let broad = match age {
        0..3 => 1,
        3..13 => 2,
        _ => 3,
    };
    [0, broad, 4 + age]
}

/// Likewise of a single citizenship; own nationals are 0.
fn citizenships_of(citizenship: usize) -> &'static [usize] {
    match citizenship {
        0 => &[0, 1],
        1..=MEMBERS => &[0, 2, 3],
        _ => &[0, 2, 4],
    }
}

/// All cells, each total the sum of its parts.
fn rows(chance: &mut Chance) -> Vec<Row> {
    let (ages, citizenships) = (AGES + 4, CITIZENSHIPS + 4);
    let cell = |sex: usize, age: usize, citizenship: usize| (sex * ages + age) * citizenships + citizenship;
    let mut rows = Vec::with_capacity(YEARS * AREAS.len() * SEXES.len() * ages * citizenships);
    for (year, area) in (0..YEARS).flat_map(|year| (0..AREAS.len()).map(move |area| (year, area))) {
        let mut values = vec![0i64; SEXES.len() * ages * citizenships];
        for (age, citizenship) in (0..AGES).flat_map(|age| (0..CITIZENSHIPS).map(move |place| (age, place))) {
            let size = if citizenship == 0 { 24_000 } else { 80 };
            let own = (citizenship > 0).then_some(citizenship + 4);
            for sex in [1, 2] {
                let value = chance.below(size) as i64 + chance.below(size) as i64;
                for (sex, age) in [0, sex].into_iter().flat_map(|sex| ages_of(age).map(|age| (sex, age))) {
                    let totals = citizenships_of(citizenship).iter().copied().chain(own);
                    totals.for_each(|citizenship| values[cell(sex, age, citizenship)] += value);
                }
            }
        }
        for sex in 0..SEXES.len() {
            for (age, citizenship) in
                (0..ages).flat_map(|age| (0..citizenships).map(move |place| (age, place)))
            {
                let key = [year, area, sex, age, citizenship].map(|place| place as u8);
                rows.push(Row { key, value: values[cell(sex, age, citizenship)] });
            }
        }
    }
    rows
}
