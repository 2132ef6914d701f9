//! Writes valid inputs to begin with: one sample of figures as blocks, as a manifest, as a workbook, and in every format of
//! data; tokens, and proofs of a tree. Its code is instrumented as all is, so that it must run within the engine.
#![no_main]

use std::error::Error;
use std::fs::{File, create_dir_all, write};
use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use mighub::block::{CANON, compress, encode};
use mighub::id::SubmissionId;
use mighub::manifest::{BlockInfo, PageWriter};
use mighub::token::{AccessToken, EnrolmentToken};
use mighub::v1;
use mighub_sdmx::columns::{Columns, ColumnsBuilder, SourceMap};
use mighub_sdmx::csv::{Action, CsvReader};
use mighub_sdmx::data::{DataFormat, DatasetContext, WriteOptions, writer};
use mighub_workbook::{Listings, Template, write_template};
use prost::Message;

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

    // The first byte chooses what the bytes behind it are read as.
    let manifests = made(folder.join("manifest"))?;
    let mut pages = PageWriter::default();
    let pushed = pages.push(BlockInfo::describe(&columns, raw.len()));
    for (nth, (reference, page)) in pushed.into_iter().chain(pages.finish()).enumerate() {
        let manifest = v1::Manifest {
            canon: CANON,
            dataflow: DATAFLOW.into(),
            provider: "IRL".into(),
            parts: vec![v1::ManifestPart { action: v1::PartAction::Merge.into(), pages: vec![reference] }],
            ..Default::default()
        };
        write(manifests.join(format!("manifest-{nth}")), [&[0][..], &manifest.encode_to_vec()].concat())?;
        write(manifests.join(format!("page-{nth}")), [&[1][..], &page].concat())?;
    }
    let tokens = made(folder.join("token"))?;
    write(tokens.join("enrolment"), EnrolmentToken::new([1; 16], [2; 32]).reveal())?;
    write(tokens.join("access"), AccessToken::new([3; 32]).reveal())?;
    write(tokens.join("submission"), SubmissionId::from_random([4; 16]).to_string())?;
    // A tree of 41 leaves, the leaf at 17 and its own proof, unchanged and changed.
    let evidence = made(folder.join("evidence"))?;
    write(evidence.join("sound"), [40, 17, 17])?;
    write(evidence.join("changed"), [40, 17, 17, 0, 2, 9])?;

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
