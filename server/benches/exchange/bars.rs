//! The project's bars, and which of them the rows meet.

use crate::arguments::{Arguments, Part};
use crate::table::{Row, megabytes, percentile_ms};

/// Where the figures of other systems come from.
const PEERS: &str = "\
Other systems are not run here. They were measured once, with the scripts that the project keeps beside its \
checkout in shared/bench/exchange (Arrow Flight, PostgreSQL, DuckDB; its README.md has the figures): run them in \
the same session and compare processor time, since wall time on a shared machine varies up to 1.7 times.";

/// Memory of the hub while it serves one stream: 128 MB and 4 MB for each.
const HUB_MEGABYTES: f64 = 132.0;
const CLIENT_MEGABYTES: f64 = 64.0;

/// A bar and what was found.
struct Bar {
    what: String,
    bar: String,
    found: f64,
    is_met: bool,
}

impl Bar {
    fn at_most(what: impl Into<String>, most: f64, unit: &str, found: f64) -> Self {
        Self { what: what.into(), bar: format!("<= {most} {unit}"), found, is_met: found <= most }
    }

    fn at_least(what: impl Into<String>, least: f64, unit: &str, found: f64) -> Self {
        Self { what: what.into(), bar: format!(">= {least} {unit}"), found, is_met: found >= least }
    }
}

/// Prints all bars that the rows have to do with.
pub(crate) fn print(arguments: &Arguments, rows: &[Row]) {
    println!("\nbars (for 10,000,000 observations, but for the last, which is for 100,000,000)\n");
    let first = rows.iter().find(|row| row.part == Part::Revision);
    let bars: Vec<Bar> = rows.iter().flat_map(|row| bars(arguments, row, first)).collect();
    let what_width = bars.iter().map(|bar| bar.what.len()).max().unwrap_or(0);
    let bar_width = bars.iter().map(|bar| bar.bar.len()).max().unwrap_or(0);
    for Bar { what, bar, found, is_met } in &bars {
        let verdict = if *is_met { "met" } else { "NOT MET" };
        println!("{what:<what_width$}  {bar:<bar_width$}  {found:>9.2}  {verdict}");
    }
    println!("\n{PEERS}");
}

fn bars(arguments: &Arguments, row: &Row, revised: Option<&Row>) -> Vec<Bar> {
    let name = |of: &str| format!("{}: {of}", row.name);
    let rate = |least| Bar::at_least(name("rate"), least, "M obs/s", row.per_second() / 1e6);
    let hub_time = |most| Bar::at_most(name("hub"), most, "ns/obs", row.each(row.hub_cpu_ns));
    let memory = || {
        [
            Bar::at_most(name("hub memory"), HUB_MEGABYTES, "MB", megabytes(row.hub_peak)),
            Bar::at_most(name("client memory"), CLIENT_MEGABYTES, "MB", megabytes(row.done.peak)),
        ]
    };
    let bytes_most = if arguments.large_values { 1.6 } else { 1.0 };
    let wire = || Bar::at_most(name("wire"), bytes_most, "B/obs", row.each(row.wire_bytes().unwrap_or(0)));
    let disk = || Bar::at_most(name("disk"), bytes_most, "B/obs", row.each(row.stored));
    let percentile = |percent: usize, most| {
        let found = row.percentile_ms(percent).unwrap_or(f64::INFINITY);
        Bar::at_most(name(&format!("p{percent}")), most, "ms", found)
    };
    let mut bars = Vec::new();
    match row.part {
        Part::Csv => bars.extend([rate(5.0), wire(), disk()].into_iter().chain(memory())),
        Part::CsvTime => bars.extend([rate(2.0)].into_iter().chain(memory())),
        Part::Columns => bars.extend([rate(6.0), hub_time(80.0), wire(), disk()].into_iter().chain(memory())),
        Part::Pull => bars.extend([rate(15.0), hub_time(5.0), wire()].into_iter().chain(memory())),
        Part::PullMasked => bars.extend(memory()),
        Part::PullCsv | Part::PullCsvFile => {
            bars.extend([rate(10.0), hub_time(5.0)].into_iter().chain(memory()));
        }
        Part::Series => bars.extend([percentile(50, 0.3), percentile(99, 2.0)]),
        Part::Reporter => bars.push(percentile(50, 5.0)),
        Part::Year => bars.push(percentile(50, 100.0)),
        Part::Clients => {
            bars.push(Bar::at_least(name("rate"), 4_000.0, "answers/s", row.answers_per_second()));
            bars.push(percentile(99, 60.0));
        }
        Part::Small => {
            let beyond = row.percentile_ms(50).zip(percentile_ms(&row.done.syncs_ns, 50));
            let beyond = beyond.map_or(f64::INFINITY, |(whole, sync)| whole - sync);
            bars.push(Bar::at_most(name("p50 beyond one sync of its disk"), 15.0, "ms", beyond));
        }
        Part::Revision => bars.extend(revision(row, revised)),
        Part::Rebuild => bars.push(Bar::at_most(name("serves"), 10.0, "s", row.done.elapsed_ns as f64 / 1e9)),
    }
    bars
}

/// What a revision sends and stores of the lane that it revises.
fn revision(row: &Row, revised: Option<&Row>) -> Vec<Bar> {
    let Some(lane) = revised.filter(|lane| lane.name != row.name) else { return Vec::new() };
    let percent = |part: u64, whole: u64| part as f64 * 100.0 / whole as f64;
    let sends = percent(row.done.sent, lane.done.sent);
    let stores = percent(row.stored, lane.stored);
    let mut bars = vec![Bar::at_most(format!("{}: sends", row.name), 5.0, "%", sends)];
    if row.name.ends_with("contiguous") {
        bars.push(Bar::at_most(format!("{}: stores", row.name), 5.0, "%", stores));
    } else {
        let what = format!("{}: stores", row.name);
        bars.push(Bar { what, bar: "(no bar) %".to_owned(), found: stores, is_met: true });
    }
    bars
}
