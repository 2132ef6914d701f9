//! Jobs that move all figures at once.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use mighub_client::{Format, Hub, Progress, PullRequest, Pulled, PushOptions, PushOutcome, Pushed, Source};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::csv::Action;
use mighub_sdmx::structure::DataDefinition;
use mighub_sdmx::{Decimal, Period};
use mighub_validation::TextOptions;

use crate::Failure;
use crate::data::{CONFIDENTIALITIES, Codes, Figures, STATUSES};
use crate::office::{Done, Stretch};

/// Observations of one batch of columns, about.
const BATCH_OBSERVATIONS: usize = 32_768;
/// Bytes of CSV written to a file at a time.
const BUFFER_BYTES: usize = 1024 * 1024;

pub(crate) async fn push_file(hub: &Hub, file: &Path) -> Result<Done, Failure> {
    let stretch = Stretch::begin()?;
    let pushed = push(hub, Source::path(file)).await?;
    let done = stretch.end(0)?;
    Ok(of_push(done, &pushed))
}

/// The columns stay where they are and are given as copies, so that what the push itself needs can be told.
pub(crate) async fn push_columns(hub: &Hub, dataflow: &str, figures: Figures) -> Result<Done, Failure> {
    let lane = hub.lane(dataflow, &hub.config().agency).await?;
    let batches = Arc::new(columns(&lane.definition, figures));
    let given = batches.clone();
    let source = Source::Columns {
        dataflow: dataflow.to_owned(),
        action: Action::Merge,
        batches: Box::new((0..batches.len()).map(move |nth| given[nth].clone())),
    };
    let stretch = Stretch::begin()?;
    let owned = stretch.resident();
    let pushed = push(hub, source).await?;
    let done = stretch.end(owned)?;
    let sum = batches.iter().flat_map(|batch| &batch.unscaled).sum();
    Ok(Done { sum, ..of_push(done, &pushed) })
}

/// Pushes and insists on acceptance.
pub(crate) async fn push(hub: &Hub, source: Source) -> Result<Pushed, Failure> {
    let mut pushed = hub.push(source, &PushOptions::default(), &Progress::silent()).await?;
    if matches!(pushed.outcome, PushOutcome::Accepted { .. }) {
        return Ok(pushed);
    }
    pushed.checked.write_text(&TextOptions::default(), &mut io::stderr())?;
    Err(format!("the figures were not accepted: {:?}", pushed.outcome).into())
}

fn of_push(done: Done, pushed: &Pushed) -> Done {
    let sent = pushed.sent.bytes + pushed.sent.manifest_bytes;
    Done { observations: pushed.totals.observations, sent, ..done }
}

pub(crate) async fn pull_columns(hub: &Hub, dataflow: String) -> Result<Done, Failure> {
    let stretch = Stretch::begin()?;
    let mut pull = hub.pull(PullRequest::all(dataflow), &Progress::silent()).await?;
    let (mut observations, mut sum) = (0, 0);
    while let Some(pulled) = pull.next().await? {
        if let Pulled::Observations(columns) = pulled {
            observations += columns.len() as u64;
            sum += columns.unscaled.iter().sum::<i64>();
        }
    }
    Ok(Done { observations, sum, ..stretch.end(0)? })
}

pub(crate) async fn pull_csv(hub: &Hub, dataflow: String, file: Option<&Path>) -> Result<Done, Failure> {
    let stretch = Stretch::begin()?;
    let pull = hub.pull(PullRequest::all(dataflow), &Progress::silent()).await?;
    let output: Box<dyn Write + Send> = match file {
        Some(file) => Box::new(BufWriter::with_capacity(BUFFER_BYTES, File::create(file)?)),
        None => Box::new(io::sink()),
    };
    let summary = pull.write(Format::Csv, output).await?;
    Ok(Done { observations: summary.observations, ..stretch.end(0)? })
}

/// The figures as a program of an office would have them.
fn columns(definition: &DataDefinition, figures: Figures) -> Vec<Columns> {
    let values = |codes: &[&str]| codes.iter().map(|code| AttributeValue::text(code)).collect::<Vec<_>>();
    let (codes, statuses, confidentialities) = (Codes::new(), values(&STATUSES), values(&CONFIDENTIALITIES));
    let place_of_status = definition.shape.observation_attribute("OBS_STATUS");
    let mut builder = ColumnsBuilder::new(definition.shape.clone());
    let mut batches = Vec::new();
    for series in figures.series() {
        let key: Vec<Arc<str>> =
            codes.0.iter().zip(series.key).map(|(codes, place)| codes[usize::from(place)].clone()).collect();
        builder.start_series_with_key(&key);
        for (year, cell) in (series.first_year..).zip(&series.cells) {
            builder.observation(Period::year(year), Some(Decimal::integer(cell.value)), |place| {
                Some(if Some(place) == place_of_status {
                    &statuses[usize::from(cell.status)]
                } else {
                    &confidentialities[usize::from(series.confidentiality)]
                })
            });
        }
        builder.end_series();
        if builder.len() >= BATCH_OBSERVATIONS {
            batches.push(builder.take());
        }
    }
    if !builder.is_empty() {
        batches.push(builder.take());
    }
    batches
}
