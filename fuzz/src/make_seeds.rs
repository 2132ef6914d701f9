//! Writes valid inputs to begin with: one sample of figures as blocks, as a workbook, and in every format of data. Its
//! code is instrumented as all is, so that it must run within the engine.
#![no_main]

use std::error::Error;
use std::fs::{File, create_dir_all, write};
use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use mighub::block::{compress, encode};
use mighub_sdmx::columns::{Columns, ColumnsBuilder, SourceMap};
use mighub_sdmx::csv::{Action, CsvReader};
use mighub_sdmx::data::{DataFormat, DatasetContext, WriteOptions, writer};
use mighub_workbook::{Listings, Template, write_template};

const DATAFLOW: &str = "MIGHUB:MIG_FLOW(1.0.0)";
const SAMPLE: &str = "../demo/data/submissions/IRL_MIG_FLOW_2010_2016.csv";
/// Series of the sample; short inputs find more in the same time.
const SERIES: usize = 8;

fuzz_target!(init: write_seeds().expect("the seeds are written"), |_bytes: &[u8]| {});

fn write_seeds() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::var("SEEDS")?);
    let definition = mighub_fuzz::resolve("dataflow", DATAFLOW).ok_or("the dataflow is not there")?;
    let columns = sample()?;

    let raw = encode(&columns);
    let blocks = made(folder.join("block"))?;
    write(blocks.join("raw"), &raw)?;
    write(blocks.join("frame"), compress(&raw)?)?;

    let data = made(folder.join("data"))?;
    for format in DataFormat::all() {
        let path = data.join(format.name().replace([' ', '/'], "-"));
        let mut writer = writer(format, File::create(path)?, &definition, &WriteOptions::default())?;
        writer.write(Action::Replace, &columns, &DatasetContext::default())?;
        writer.finish()?;
    }

    let template = Template {
        definition: &definition,
        structure_digest: "0",
        listing: &Listings::standard().of("MIG_FLOW"),
        area: "IRL",
        periods: &["2025".to_owned()],
        language: "en",
        across: None,
        reference: None,
        made_on: (2026, 1, 1),
    };
    write_template(&template, File::create(made(folder.join("workbook"))?.join("template"))?)?;
    Ok(())
}

fn made(folder: PathBuf) -> Result<PathBuf, std::io::Error> {
    create_dir_all(&folder)?;
    Ok(folder)
}

fn sample() -> Result<Columns, Box<dyn Error>> {
    let file = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(SAMPLE))?;
    let mut reader = CsvReader::new(file, mighub_fuzz::resolve)?;
    let batch = reader.next_batch()?.ok_or("no rows")?;
    let mut builder = ColumnsBuilder::new(batch.columns.shape.clone());
    let mut map = SourceMap::default();
    for series in 0..batch.columns.series_count().min(SERIES) {
        let observations = batch.columns.observations(series);
        builder.start_series(&batch.columns, series, &mut map);
        builder.series_attributes_of(&batch.columns, series, &mut map);
        let range = mighub_sdmx::columns::ObservationRange {
            columns: &batch.columns,
            series,
            start: observations.start,
            end: observations.end,
        };
        builder.observations(range, &mut map);
        builder.end_series();
    }
    Ok(builder.take())
}
