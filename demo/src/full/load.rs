//! One table, from the file to the receipt.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mighub::v1::Role;
use mighub_client::{Hub, Progress, PushOptions, PushOutcome, Pushed, Source, TableReading};

use crate::Failure;
use crate::scenes::receipt_for;
use crate::stage::{Provision, Stage};

use super::made_up::{LABEL, Table};
use super::programme::{MADE_UP, Part};
use super::set_aside::divide;

/// Where the figures of a part are taken from this time.
pub(super) enum Given {
    /// A table of `data/full`.
    Shipped(&'static str),
    /// A file of the user.
    File(PathBuf),
    /// Made up.
    MadeUp(&'static fn() -> Table),
}

/// What became of a part.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) dataflow: &'static str,
    pub(super) provider: &'static str,
    pub(super) what: String,
    /// Observations that it put into force.
    pub(super) observations: u64,
    /// Rows that were not sent, because they contradict themselves.
    pub(super) set_aside: usize,
    /// Warnings that the agency answered.
    pub(super) warnings: u64,
    /// Whether no office or agency ever said so.
    pub(super) is_made_up: bool,
}

pub(super) async fn load(stage: &Stage, part: &'static Part, given: Given) -> Result<Loaded, Failure> {
    let began = Instant::now();
    let is_made_up = matches!(given, Given::MadeUp(_));
    let provider = if is_made_up { MADE_UP } else { part.provider };
    let path = match given {
        Given::Shipped(name) => unpack(stage, name)?,
        Given::File(path) => brought(stage, &path)?,
        Given::MadeUp(table) => write(stage, &table())?,
    };
    let dataflow = format!("MIGHUB:{}(1.0.0)", part.dataflow);
    let provision = Provision { dataflow: &dataflow, region: part.region, default_conf_status: "" };
    stage.admit_once(provider, &[Role::Submitter, Role::Reader]).await?;
    stage.provide(provider.0, &provision).await?;

    let hub = Hub::connect(&stage.home(provider.0)).await?;
    let (edition, mapping) = if is_made_up { (LABEL, "") } else { (part.edition, part.mapping) };
    let options = PushOptions {
        edition: (!edition.is_empty()).then(|| (edition.to_owned(), String::new())),
        table: reading(stage, provider.0, mapping)?,
        ..PushOptions::default()
    };
    let mut pushed = push(&hub, &path, &options).await?;
    let mut set_aside = 0;
    if matches!(pushed.outcome, PushOutcome::NotSent) {
        let divided = divide(&path, &mut pushed.checked)?;
        set_aside = divided.set_aside;
        pushed = push(&hub, &divided.sent, &options).await?;
        std::fs::remove_file(divided.sent)?;
    }
    std::fs::remove_file(path)?;
    let (receipt, warnings) = receipt_for(&hub, pushed.outcome, provider.0).await?;
    let counts = receipt.body.observations.unwrap_or_default();
    let what = if is_made_up && !part.what.starts_with(LABEL) {
        format!("{LABEL}, in place of: {}", part.what)
    } else {
        part.what.to_owned()
    };
    let observations = counts.inserted + counts.changed;
    println!("  {:<15}  {what}: {observations} in {:.1} s", part.dataflow, began.elapsed().as_secs_f64());
    let dataflow = part.dataflow;
    Ok(Loaded { dataflow, provider: provider.0, what, observations, set_aside, warnings, is_made_up })
}

async fn push(hub: &Hub, path: &Path, options: &PushOptions) -> Result<Pushed, Failure> {
    Ok(Box::pin(hub.push(Source::path(path), options, &Progress::silent())).await?)
}

/// How the table is read: by the stored mapping, named, as two tables of UNHCR have the same columns.
fn reading(stage: &Stage, agency: &str, mapping: &str) -> Result<TableReading, Failure> {
    if mapping.is_empty() {
        return Ok(TableReading::default());
    }
    let known = stage.home(agency).mappings()?;
    let found = known.find(mapping).ok_or_else(|| format!("there is no mapping {mapping}"))?;
    Ok(TableReading { mapping: Some(found.clone()), ..TableReading::default() })
}

/// Unpacks a table that comes with the demo.
fn unpack(stage: &Stage, name: &str) -> Result<PathBuf, Failure> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/full/{name}.csv.zst"));
    let packed = File::open(&packed).map_err(|error| format!("{}: {error}", packed.display()))?;
    let path = stage.file(&format!("{name}.csv"));
    let mut file = File::create(&path)?;
    zstd::stream::copy_decode(packed, &mut file)?;
    file.flush()?;
    Ok(path)
}

/// A copy of the user's own file, so that his is never touched.
fn brought(stage: &Stage, path: &Path) -> Result<PathBuf, Failure> {
    let name = path.file_name().ok_or("a file without a name")?;
    let copy = stage.file(&name.to_string_lossy());
    let mut file = File::create(&copy)?;
    std::io::copy(&mut File::open(path)?, &mut file)?;
    Ok(copy)
}

fn write(stage: &Stage, table: &Table) -> Result<PathBuf, Failure> {
    let path = stage.file(&format!("{LABEL}_{}.csv", table.dataflow()));
    std::fs::write(&path, table.text())?;
    Ok(path)
}
