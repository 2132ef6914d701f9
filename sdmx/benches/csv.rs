//! What a row costs on one core: reading, the pass of rows that are in order, sorting of rows that are not,
//! writing. `cargo bench -p mighub-sdmx --bench csv [ROWS]`

mod sample;

use std::hint::black_box;
use std::io::{self, Cursor};
use std::time::Instant;

use mighub_sdmx::Columns;
use mighub_sdmx::csv::{Action, CsvReader, CsvWriter, WriteOptions};
use mighub_sdmx::sort::{InOrder, Sorter};
use sample::{RowOrder, definition, file};

const ROWS: usize = 4_000_000;
/// Each figure is the best of so many: the others were disturbed.
const ROUNDS: usize = 3;
/// What a client gives its sorter.
const SORT_BYTES: usize = 24 * 1024 * 1024;

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROWS);
    let text = file(rows, RowOrder::Canonical);
    println!("{rows} rows, {} MB of CSV", text.len() / 1_000_000);
    let mut batches = Vec::new();
    read(&text, |batch| batches.push(batch));
    let mut canonical = Vec::new();
    in_order(&batches, |batch| canonical.push(batch));
    measure("read CSV, series order", rows, || read(&text, drop));
    measure("in-order pass", rows, || in_order(&batches, drop));
    measure("write CSV", rows, || write(&canonical));
    drop((canonical, text));

    let text = file(rows, RowOrder::TimeMajor);
    batches.clear();
    read(&text, |batch| batches.push(batch));
    measure("read CSV, time-major order", rows, || read(&text, drop));
    drop(text);
    measure("sort time-major rows, in memory", rows, || sort(&batches, usize::MAX));
    measure("sort time-major rows, with scratch files", rows, || sort(&batches, SORT_BYTES));
}

fn measure<T>(what: &str, rows: usize, mut run: impl FnMut() -> T) {
    let round = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_nanos() as f64 / rows as f64
    };
    let best = (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min);
    println!("{what:<44}{best:>8.1} ns/row");
}

fn read(text: &[u8], mut take: impl FnMut(Columns)) {
    let definition = definition();
    let mut reader =
        CsvReader::new(Cursor::new(text), |_, _| Some(definition.clone())).expect("the header is sound");
    while let Some(batch) = reader.next_batch().expect("the rows are sound") {
        assert!(batch.issues.is_empty(), "{:?}", batch.issues);
        take(batch.columns);
    }
}

fn in_order(batches: &[Columns], mut take: impl FnMut(Columns)) {
    let mut pass = InOrder::new(batches[0].shape.clone());
    for batch in batches {
        pass.push(batch).expect("the rows are in order").into_iter().for_each(&mut take);
    }
    pass.finish().into_iter().for_each(take);
}

/// Sorts and throws away; the number of observations that came out.
fn sort(batches: &[Columns], memory_bytes: usize) -> usize {
    let mut sorter = Sorter::new(batches[0].shape.clone(), memory_bytes, Box::new(tempfile::tempfile));
    for batch in batches {
        sorter.push(batch.clone()).expect("there is room");
    }
    let sorted = sorter.finish().expect("there is room");
    sorted.map(|batch| batch.expect("scratch files are readable").columns.len()).sum()
}

fn write(batches: &[Columns]) {
    let mut writer = CsvWriter::new(io::sink(), &definition(), &WriteOptions::default())
        .expect("the sink takes everything");
    for batch in batches {
        writer.write(batch, Action::Replace, &[]).expect("the sink takes everything");
    }
    writer.finish().expect("the sink takes everything");
}
