//! Three rules over the real reports of sixteen offices, against a script that shares no code with the crate.

mod package;

use std::collections::BTreeMap;
use std::path::Path;

use mighub_consolidation::{DerivedRow, Method, Scope, derived};
use package::{Declared, flows, national_files, pair};

/// Year, origin, destination.
type Cell = (String, String, String);

/// Both reports of all 4,914 cells, read from the file that holds them side by side.
fn mirror() -> BTreeMap<Cell, (Option<f64>, Option<f64>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/eu_mirror_flows_2010_2016.csv");
    let mut reader = csv::Reader::from_path(path).expect("the file");
    let number = |text: &str| text.parse::<f64>().ok();
    let row = |row: csv::StringRecord| {
        ((row[0].to_owned(), row[1].to_owned(), row[2].to_owned()), (number(&row[3]), number(&row[4])))
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

/// RANK as it was published, by area, direction and year.
fn ranks() -> BTreeMap<(String, String, String), u32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/source_quality.csv");
    let mut reader = csv::Reader::from_path(path).expect("the file");
    let row = |row: csv::StringRecord| {
        ((row[0].to_owned(), row[1].to_owned(), row[2].to_owned()), row[5].parse().expect("a rank"))
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

fn expected(rule: impl Fn(&Cell, f64, f64) -> f64) -> BTreeMap<Cell, f64> {
    let figure = |(cell, sides): (Cell, (Option<f64>, Option<f64>))| {
        let figure = match sides {
            (Some(origin), Some(destination)) => rule(&cell, origin, destination),
            (origin, destination) => origin.or(destination)?,
        };
        Some((cell, figure))
    };
    mirror().into_iter().filter_map(figure).collect()
}

/// The figures that the crate makes of the national files.
fn made(method: Method) -> BTreeMap<Cell, f64> {
    let paired = pair(national_files(), Scope::All);
    let columns = flows(vec![method]).all_rows(&paired, &Declared::read());
    let rows = derived::rows(&columns).expect("derived rows").filter(|row| &*row.view == "CO");
    let figure = |row: DerivedRow| {
        let value = row.value.expect("a figure").to_string().parse().expect("a number");
        ((row.period.to_string(), row.origin.to_string(), row.destination.to_string()), value)
    };
    rows.map(figure).collect()
}

fn by_quality(
    ranks: &BTreeMap<(String, String, String), u32>,
    cell: &Cell,
    origin: f64,
    destination: f64,
) -> f64 {
    let (year, from, to) = cell;
    let rank = |area: &String, direction: &str| ranks[&(area.clone(), direction.to_owned(), year.clone())];
    if rank(from, "EMI") < rank(to, "IMM") { origin } else { destination }
}

#[test]
fn of_4914_cells_sixteen_offices_give_3684_a_figure() {
    let mirror = mirror();
    assert_eq!(mirror.len(), 4_914);
    assert_eq!(mirror.values().filter(|(a, b)| a.is_some() || b.is_some()).count(), 3_684);
    assert_eq!(made(Method::m0()).len(), 3_684);
}

#[test]
fn the_receiver_goes_first() {
    let made = made(Method::m0());
    assert_eq!(made, expected(|_, _, destination| destination));
    assert_eq!(made.values().sum::<f64>(), 5_578_790.0);
}

#[test]
fn the_larger_of_two_is_taken() {
    let made = made(Method::m2());
    assert_eq!(made, expected(|_, origin, destination| origin.max(destination)));
    assert_eq!(made.values().sum::<f64>(), 5_888_483.0);
}

#[test]
fn without_a_mean_the_better_declared_quality_decides() {
    let (made, ranks) = (made(Method::m1_without_mean()), ranks());
    assert_eq!(made, expected(|cell, a, b| by_quality(&ranks, cell, a, b)));
    assert_eq!(made.values().sum::<f64>(), 5_737_227.0);
}

#[test]
fn the_mean_of_what_agrees_within_a_tenth_changes_125_cells() {
    let (made_of_both, ranks) = (made(Method::m1()), ranks());
    let rule = |cell: &Cell, a: f64, b: f64| {
        if (a - b).abs() * 10.0 <= a.max(b) { (a + b) / 2.0 } else { by_quality(&ranks, cell, a, b) }
    };
    assert_eq!(made_of_both, expected(rule));
    let quality = made(Method::m1_without_mean());
    assert_eq!(made_of_both.iter().filter(|(cell, figure)| quality[*cell] != **figure).count(), 125);
}

#[test]
fn spain_and_france_disagree_about_2013_as_they_did() {
    let paired = pair(national_files(), Scope::All);
    let columns = flows(vec![Method::m0()]).all_rows(&paired, &Declared::read());
    let mut rows = derived::rows(&columns).expect("derived rows").filter(|row| {
        &*row.origin == "ESP" && &*row.destination == "FRA" && row.period.to_string() == "2013"
    });
    let row = rows.find(|row| &*row.view == "CO").expect("the cell");
    let text = |value: Option<mighub_sdmx::Decimal>| value.map(|value| value.to_string());
    assert_eq!(text(row.origin_value).as_deref(), Some("27568"));
    assert_eq!(text(row.destination_value).as_deref(), Some("21892"));
    assert_eq!(text(row.value).as_deref(), Some("21892"));
    assert_eq!(text(row.asymmetry).as_deref(), Some("0.2059"));
}
