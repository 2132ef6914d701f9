//! How long audit and suppression take for a table of about a hundred thousand cells: one country, twelve years,
//! partners by region, sexes, ages in overlapping bands. `cargo bench -p mighub-disclosure`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use mighub_disclosure::{Policy, Reading, Report, Stage, Sums, Table, Tree, audit, suppress};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::{Decimal, Period};

const YEARS: i64 = 12;
const REGIONS: usize = 12;
const PARTNERS_PER_REGION: usize = 9;
/// Five-year ages up to 85 and over.
const AGES: usize = 18;

fn main() {
    let (columns, trees) = table();
    let policy = Policy::default();
    let sums = Sums::shipped();
    let (stored, figures) = timed("read", || {
        let mut reading = Reading::new(&columns.shape, &policy, &sums, Stage::Stored);
        reading.push(&columns).expect("a table within the limit");
        let figures = reading.figures();
        (reading.finish(&trees), figures)
    });
    println!("{} cells, {} relations", stored.cells().len(), stored.relations().len());
    let report = timed("audit with primary suppression alone", || audit(&stored, policy.width));
    say(&stored, &report);
    let suppression = timed("secondary suppression", || suppress(stored, &figures, &policy));
    say(&suppression.table, &suppression.report);
    println!("  {:?}, {} rounds", suppression.loss, suppression.rounds);
    let report = timed("audit of the outcome by its readers", || audit(&suppression.table, policy.width));
    say(&suppression.table, &report);
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    println!("{what}: {} ms", start.elapsed().as_millis());
    done
}

fn say(table: &Table, report: &Report) {
    println!("  {:?}", report.counts);
    if let Some(finding) = report.findings.first() {
        println!("  {} {:?}: {:?}", table.name(finding.cell), finding.exposure, finding.derivation);
    }
}

/// Innermost figures, mostly small, and all their totals.
fn table() -> (Columns, Vec<Tree>) {
    let ages: Vec<String> = (0..AGES)
        .map(
            |age| if age == AGES - 1 { "Y_GE85".to_owned() } else { format!("Y{}T{}", age * 5, age * 5 + 4) },
        )
        .collect();
    let bands: [(&str, std::ops::Range<usize>); 4] =
        [("_T", 0..AGES), ("Y_LT15", 0..3), ("Y15T64", 3..13), ("Y_GE65", 13..AGES)];
    let mut random = 20_261_124u64;
    let mut draw = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as u32
    };
    let mut cells: BTreeMap<[String; 3], Vec<i64>> = BTreeMap::new();
    let mut children: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for region in 0..REGIONS {
        for partner in 0..PARTNERS_PER_REGION {
            let region = format!("{:03}", 100 + region);
            let partner = format!("P{region}{partner}");
            children.entry("001".to_owned()).or_default().insert(region.clone());
            children.entry(region.clone()).or_default().insert(partner.clone());
            let size = 1 << (draw() % 9);
            for sex in ["F", "M"] {
                for (place, age) in ages.iter().enumerate() {
                    for year in 0..YEARS as usize {
                        let figure = i64::from(draw() % size) + i64::from(draw() % 4);
                        let within = |(_, range): &&(&str, _)| std::ops::Range::contains(range, &place);
                        let all_ages = bands.iter().filter(within).map(|(band, _)| *band).chain([&**age]);
                        for age in all_ages {
                            for area in ["_T", "001", &region, &partner] {
                                for sex in ["_T", sex] {
                                    let key = [area.to_owned(), sex.to_owned(), age.to_owned()];
                                    cells.entry(key).or_insert_with(|| vec![0; YEARS as usize])[year] +=
                                        figure;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    let tree = Tree { dimension: "COUNTERPART_AREA".to_owned(), name: "CL_AREA".to_owned(), children };
    (columns(&cells), vec![tree])
}

fn columns(cells: &BTreeMap<[String; 3], Vec<i64>>) -> Columns {
    let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect();
    let shape = Shape {
        dimensions: ids(&["FREQ", "REF_AREA", "COUNTERPART_AREA", "SEX", "AGE"]),
        observation_attributes: ids(&["OBS_STATUS", "CONF_STATUS"]),
        series_attributes: Vec::new(),
        timeless: false,
    };
    let mut builder = ColumnsBuilder::new(Arc::new(shape));
    let statuses = ["A", "F"].map(AttributeValue::text);
    for (key, figures) in cells {
        let [area, sex, age] = key;
        builder.start_series_with_key(&["A", "SWE", area, sex, age].map(Arc::from));
        for (year, figure) in figures.iter().enumerate() {
            let period = Period::parse(format!("{}", 2010 + year).as_bytes()).expect("a year");
            builder.observation(period, Some(Decimal::integer(*figure)), |place| statuses.get(place));
        }
        builder.end_series();
    }
    builder.take()
}
