//! What consolidation costs: all corridors of 200 countries at once, and the corridors of one office after it has sent a
//! new file. `cargo bench -p mighub-consolidation [OBSERVATIONS]`

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use mighub_consolidation::{Areas, Consolidation, Input, Method, Pairing, Scope, Source, Target, Ungraded};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::{Decimal, Period};

const OBSERVATIONS: usize = 10_000_000;
const COUNTRIES: usize = 200;
const SEXES: [&str; 3] = ["F", "M", "_T"];
/// Each figure is the best of so many: the others were disturbed.
const ROUNDS: usize = 3;

fn main() {
    let wanted = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(OBSERVATIONS);
    let years = wanted / (COUNTRIES * (COUNTRIES - 1) * 2 * SEXES.len());
    let countries = countries();
    let areas: Areas = countries.iter().cloned().collect();
    let lanes: Vec<(Source, Columns)> = countries
        .iter()
        .enumerate()
        .map(|(place, country)| (source(country), lane(&countries, place, years.max(1))))
        .collect();
    let observations: usize = lanes.iter().map(|(_, columns)| columns.len()).sum();
    println!("{observations} reported observations of {COUNTRIES} countries");
    let consolidation =
        Consolidation::new(Target::Flow, shape("MIG_FLOW_OD"), vec![Method::m1()]).expect("a method");

    measure("all corridors, RO, RD and M1", ROUNDS, || {
        let inputs = lanes.clone();
        let (consolidation, areas) = (&consolidation, &areas);
        move || consolidate(consolidation, areas, Scope::All, inputs)
    });

    let changed = &lanes[100];
    let mut scope = Scope::nothing();
    measure("corridors that one office's file touches", ROUNDS, || {
        || {
            let mut scope = Scope::nothing();
            scope.touch(Input::Flow, &changed.1, &areas);
            scope.selection(Input::Flow).keys.len()
        }
    });
    scope.touch(Input::Flow, &changed.1, &areas);
    let selection = scope.selection(Input::Flow);
    let touched: Vec<(Source, Columns)> =
        lanes.iter().map(|(source, columns)| (source.clone(), select(columns, &selection))).collect();
    let count: usize = touched.iter().map(|(_, columns)| columns.len()).sum();
    println!("{count} observations speak of the corridors of one office");
    measure("those corridors, RO, RD and M1", ROUNDS, || {
        let (inputs, scope) = (touched.clone(), scope.clone());
        let (consolidation, areas) = (&consolidation, &areas);
        move || consolidate(consolidation, areas, scope, inputs)
    });
}

fn consolidate(
    consolidation: &Consolidation,
    areas: &Areas,
    scope: Scope,
    inputs: Vec<(Source, Columns)>,
) -> usize {
    let mut pairing = Pairing::new(Target::Flow, areas.clone(), scope);
    for (source, columns) in inputs {
        pairing.push(&source, columns).expect("flows");
    }
    let paired = pairing.finish();
    consolidation.rows(&paired, &Ungraded).map(|batch| black_box(batch).len()).sum()
}

/// `prepare` is not measured.
fn measure<F: FnOnce() -> usize>(what: &str, rounds: usize, prepare: impl Fn() -> F) {
    let round = |_| {
        let run = prepare();
        let start = on_processor();
        let rows = black_box(run());
        (on_processor() - start, rows)
    };
    let (best, rows) = (0..rounds).map(round).min().expect("a round");
    println!("{what:<44}{:>10.1} ms of CPU, {rows} out", best.as_secs_f64() * 1e3);
}

/// How long this thread has had a processor: others on the machine do not count. Where the system does not say it, the
/// time that has passed.
fn on_processor() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn countries() -> Vec<Arc<str>> {
    let letter = |place: usize| char::from(b'A' + place as u8);
    (0..COUNTRIES).map(|place| Arc::from(format!("{}{}X", letter(place / 26), letter(place % 26)))).collect()
}

fn source(country: &str) -> Source {
    Source {
        input: Input::Flow,
        provider: Arc::from(country),
        submission: Arc::from(format!("01JD{country}QW5T8Z3N7H2K4M6P9R1")),
        version: Arc::from("3"),
        rank: 0,
    }
}

fn shape(dataflow: &str) -> Arc<Shape> {
    let codes = |codes: &[&str]| codes.iter().map(|code| Arc::from(*code)).collect();
    let standard = ["OBS_STATUS", "CONF_STATUS", "OBS_FLAG_SRC", "COMMENT_OBS", "DEF_NOTE", "REF_DATE"];
    let derived = ["CONS_RULE", "RO_VALUE", "RD_VALUE", "ASYMMETRY", "LOWER", "UPPER", "INPUT_REFS"];
    let is_derived = dataflow == "MIG_FLOW_OD";
    Arc::new(Shape {
        dimensions: if is_derived {
            codes(&["FREQ", "ORIGIN", "DESTINATION", "SEX", "AGE", "DURATION", "VIEW", "CONS_METHOD"])
        } else {
            codes(&[
                "FREQ",
                "REF_AREA",
                "FLOW_DIR",
                "MIG_CRITERION",
                "COUNTERPART_AREA",
                "SEX",
                "AGE",
                "DURATION",
                "MIG_CATEGORY",
            ])
        },
        observation_attributes: if is_derived {
            codes(&[&standard[..], &derived[..]].concat())
        } else {
            codes(&standard)
        },
        series_attributes: codes(&["UNIT_MEASURE", "UNIT_MULT"]),
        timeless: false,
    })
}

/// What one office reports of all others, both ways: small figures mostly, some large; a few of them provisional.
fn lane(countries: &[Arc<str>], own: usize, years: usize) -> Columns {
    let shape = shape("MIG_FLOW");
    let mut builder = ColumnsBuilder::new(shape);
    let mut random = 0x9E37_79B9_7F4A_7C15u64 ^ own as u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let [free, normal, provisional, persons, units] = ["F", "A", "P", "PS", "0"].map(AttributeValue::text);
    for direction in ["EMI", "IMM"] {
        for (place, country) in countries.iter().enumerate() {
            for sex in SEXES.iter().filter(|_| place != own) {
                let key = ["A", &countries[own], direction, "PRV", country, sex, "_T", "LT", "_T"];
                builder.start_series_with_key(&key.map(Arc::from));
                builder.series_attribute(0, Some(&persons));
                builder.series_attribute(1, Some(&units));
                let size = 1 << (next() % 16);
                for year in 0..years {
                    let value = Decimal::integer((size + next() % (size / 2 + 1)) as i64);
                    let status = if year + 2 > years { &provisional } else { &normal };
                    builder.observation(Period::year((2024 - years + year) as u16), Some(value), |place| {
                        match place {
                            0 => Some(status),
                            1 => Some(&free),
                            _ => None,
                        }
                    });
                }
                builder.end_series();
            }
        }
    }
    builder.take()
}

fn select(columns: &Columns, selection: &mighub_sdmx::key::Selection) -> Columns {
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    let mut map = mighub_sdmx::columns::SourceMap::default();
    let matching = selection.matching_series(columns);
    let selected: BTreeSet<usize> = (0..columns.series_count()).filter(|series| matching[*series]).collect();
    for series in selected {
        builder.push(mighub_sdmx::columns::ObservationRange::whole(columns, series), &mut map);
    }
    builder.take()
}
