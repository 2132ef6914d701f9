//! The table: one row for each thing measured.

use crate::arguments::{Arguments, Part};
use crate::office::Done;

/// One thing measured.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) part: Part,
    /// What it is called.
    pub(crate) name: String,
    pub(crate) done: Done,
    /// Processor time of the hub.
    pub(crate) hub_cpu_ns: u64,
    /// The most memory of the hub, in bytes.
    pub(crate) hub_peak: u64,
    /// Bytes to the hub and from it, all told; nothing if the meter was passed by.
    pub(crate) wire: Option<(u64, u64)>,
    /// Bytes that the store grew by.
    pub(crate) stored: u64,
    /// What plain relay of the same bytes takes; for rounds, of one of them.
    pub(crate) relay_ns: Option<u64>,
}

impl Row {
    pub(crate) fn per_second(&self) -> f64 {
        self.done.observations as f64 * 1e9 / self.done.elapsed_ns as f64
    }

    /// Rounds per second.
    pub(crate) fn answers_per_second(&self) -> f64 {
        self.done.laps_ns.len() as f64 * 1e9 / self.done.elapsed_ns as f64
    }

    /// Divided by the observations.
    pub(crate) fn each(&self, whole: u64) -> f64 {
        whole as f64 / self.done.observations as f64
    }

    pub(crate) fn wire_bytes(&self) -> Option<u64> {
        self.wire.map(|(up, down)| up + down)
    }

    /// Milliseconds within which so many of a hundred rounds were done; nothing if there were no rounds.
    pub(crate) fn percentile_ms(&self, percent: usize) -> Option<f64> {
        percentile_ms(&self.done.laps_ns, percent)
    }

    /// Wall time by that of plain relay.
    pub(crate) fn by_relay(&self) -> Option<f64> {
        let round_ns = self.percentile_ms(50).map_or(self.done.elapsed_ns as f64, |ms| ms * 1e6);
        self.relay_ns.map(|relay_ns| round_ns / relay_ns as f64)
    }
}

/// Milliseconds within which so many of a hundred laps were done.
pub(crate) fn percentile_ms(laps_ns: &[u64], percent: usize) -> Option<f64> {
    let mut sorted = laps_ns.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).map(|ns| *ns as f64 / 1e6)
}

/// Bytes in megabytes, as the bars count them.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

const HEAD: [&str; 13] = [
    "observations",
    "seconds",
    "M obs/s",
    "p50 ms",
    "p99 ms",
    "hub ns/obs",
    "client ns/obs",
    "wire B/obs",
    "disk B/obs",
    "hub MB",
    "client MB",
    "relay ms",
    "x relay",
];

/// Prints all rows.
pub(crate) fn print(arguments: &Arguments, rows: &[Row]) {
    let values =
        if arguments.large_values { "large values" } else { "heavy-tailed values, most of them small" };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\n{} observations, {values}; {processors} processors for both sides\n", arguments.observations);
    let mut lines = vec![(String::new(), HEAD.map(str::to_owned))];
    lines.extend(rows.iter().map(|row| (row.name.clone(), cells(row))));
    let name_width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let width = |column: usize| lines.iter().map(|(_, cells)| cells[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    for (name, cells) in &lines {
        let cells: String =
            cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}")).collect();
        println!("{name:<name_width$}{cells}");
    }
}

fn cells(row: &Row) -> [String; HEAD.len()] {
    let done = &row.done;
    let is_counted = done.observations > 0;
    let number = |value: Option<f64>, decimals: usize| {
        value.filter(|value| value.is_finite()).map(|value| format!("{value:.decimals$}")).unwrap_or_default()
    };
    let each = |whole: u64| is_counted.then(|| row.each(whole));
    let is_bulk = is_counted && done.laps_ns.is_empty();
    [
        if is_counted { done.observations.to_string() } else { String::new() },
        number(Some(done.elapsed_ns as f64 / 1e9), 2),
        number(is_bulk.then(|| row.per_second() / 1e6), 2),
        number(row.percentile_ms(50), 2),
        number(row.percentile_ms(99), 2),
        number(each(row.hub_cpu_ns), 1),
        number(each(done.cpu_ns), 1),
        number(row.wire_bytes().and_then(each), 3),
        number(each(row.stored).filter(|_| row.stored > 0), 3),
        number(Some(megabytes(row.hub_peak)), 0),
        number((done.peak > 0).then(|| megabytes(done.peak)), 0),
        number(row.relay_ns.map(|ns| ns as f64 / 1e6), 2),
        number(row.by_relay(), 1),
    ]
}
