//! What an observation of SDMX-ML costs on one core, written and read with its codes looked up.
//! `cargo bench -p mighub-sdmx --bench ml [OBSERVATIONS]`

mod sample;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufWriter, Cursor, Seek, SeekFrom, Write};

use mighub_sdmx::Columns;
use mighub_sdmx::csv::CsvReader;
use mighub_sdmx::data::{
    Action, DataFormat, DatasetContext, MlForm, ObservationLevel, WriteOptions, raw_count, reader, writer,
};
use sample::{RowOrder, definition, file};

const OBSERVATIONS: usize = 2_000_000;
/// Each figure is the best of so many: the others were disturbed.
const ROUNDS: usize = 3;

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(OBSERVATIONS);
    println!("{rows} observations; millions of them in a second of processor time");
    let flat =
        || WriteOptions { observation_level: ObservationLevel::AllDimensions, ..WriteOptions::default() };
    let cases = [
        ("structure-specific 3.0", MlForm::Specific30, WriteOptions::default()),
        ("structure-specific 3.0, flat", MlForm::Specific30, flat()),
        ("structure-specific 2.1", MlForm::Specific21, WriteOptions::default()),
        ("generic 2.1", MlForm::Generic, WriteOptions::default()),
        ("generic 2.1, flat", MlForm::Generic, flat()),
    ];
    let mut messages = Vec::new();
    {
        let columns = columns(rows);
        for (name, form, options) in &cases {
            measure(&format!("write {name}"), rows, || write(&columns, *form, options, io::sink()));
            let message = tempfile::tempfile().expect("a scratch file");
            write(&columns, *form, options, BufWriter::new(&message));
            messages.push((*name, message));
        }
    }
    for (name, mut message) in messages {
        measure(&format!("read {name}"), rows, || read(&mut message));
        measure(&format!("count {name}"), rows, || {
            message.seek(SeekFrom::Start(0)).expect("a file");
            raw_count(&message).expect("a sound message").observations
        });
    }
}

/// Processor time of this thread in nanoseconds.
fn processor_time() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0)
}

/// The most memory that was held since the last call, in MB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().split(' ').next()?.parse::<u64>().ok());
    // Writing 5 there begins the peak anew (proc_pid_clear_refs(5)).
    let _ = fs::write("/proc/self/clear_refs", "5");
    kilobytes.unwrap_or(0) / 1024
}

fn measure<T>(what: &str, rows: usize, mut run: impl FnMut() -> T) {
    peak_memory();
    let mut round = || {
        let start = processor_time();
        black_box(run());
        (processor_time() - start) as f64 / rows as f64
    };
    let best = (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min);
    println!("{what:<40}{:>8.2} M/s {:>6} MB", 1e3 / best, peak_memory());
}

fn columns(rows: usize) -> Vec<Columns> {
    let definition = definition();
    let text = file(rows, RowOrder::Canonical);
    let mut reader = CsvReader::new(Cursor::new(text), |_, _| Some(definition.clone())).expect("sound");
    let mut columns = Vec::new();
    while let Some(batch) = reader.next_batch().expect("sound") {
        columns.push(batch.columns);
    }
    columns
}

fn write(columns: &[Columns], form: MlForm, options: &WriteOptions, output: impl Write + Send) {
    let mut writer = writer(DataFormat::Ml(form), output, &definition(), options).expect("a writer");
    for columns in columns {
        writer.write(Action::Replace, columns, &DatasetContext::default()).expect("room");
    }
    writer.finish().expect("room");
}

fn read(message: &mut File) -> usize {
    message.seek(SeekFrom::Start(0)).expect("a file");
    let definition = definition();
    let mut reader = reader(message, |_, _| Some(definition.clone())).expect("a message");
    let mut count = 0;
    while let Some(batch) = reader.next_batch().expect("a sound message") {
        assert!(batch.issues.is_empty(), "{:?}", batch.issues);
        count += batch.columns.len();
    }
    count
}
