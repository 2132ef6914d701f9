//! The story, scene by scene.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mighub_client::{Cursor, Hub, Kind, Progress, PullRequest, Pulled, PushOptions, PushOutcome, Source};
use mighub_validation::TextOptions;

use crate::Failure;
use crate::cast::{COMMISSION, DATAFLOW, OFFICES, REVISING};
use crate::consolidated::commission_pulls_consolidated;
use crate::corridors::Corridors;
use crate::mistakes::{revision, with_mistakes};
use crate::stage::Stage;

/// The year of which both sides of flows are shown.
const YEAR: &str = "2014";
const CORRIDORS_SHOWN: usize = 6;
const CHANGES_SHOWN: usize = 6;

/// Plays it all on an empty stage.
pub(crate) async fn play(stage: &Stage) -> Result<(), Failure> {
    println!(
        "A hub listens on {}; {} offices and {} are enrolled.\n",
        stage.address(),
        OFFICES.len(),
        COMMISSION.1
    );
    a_file_with_mistakes(stage).await?;
    offices_push(stage).await?;
    let cursor = commission_pulls(stage).await?;
    an_office_revises(stage).await?;
    commission_pulls_changes(stage, cursor).await?;
    commission_pulls_consolidated(stage).await
}

/// What a person at another terminal can do.
pub(crate) fn what_next(stage: &Stage) {
    let (office, commission) = (stage.home_folder(REVISING), stage.home_folder(COMMISSION.0));
    println!("\nThe hub goes on serving on {}. From another terminal:", stage.address());
    for (home, rest) in [
        (&commission, "pull MIG_FLOW A.SWE..PRV --start 2014"),
        (&commission, "vintages MIG_FLOW"),
        (&commission, "watch MIG_FLOW"),
        (&office, "status"),
    ] {
        println!("  cargo run --release -p mighub-client --bin mighub -- --home {} {rest}", home.display());
    }
    println!(
        "  cargo run --release -p mighub-client --bin mighub -- --home {} push {}",
        office.display(),
        stage.file("SWE_revision.csv").display()
    );
    if let Some(plain) = stage.plain_address() {
        println!("\nFor a browser, a spreadsheet, or any SDMX client, without a certificate: {plain}");
        for (what, line) in [
            ("figures as a table", format!("curl '{plain}/v1/data/MIG_FLOW.csv?ref_area=SWE&start=2014'")),
            (
                "SDMX REST 3.0",
                format!("curl -g '{plain}/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[REF_AREA]=SWE'"),
            ),
            ("SDMX REST 2.1", format!("curl '{plain}/sdmx/v1/data/MIG_FLOW/A.SWE?startPeriod=2014'")),
            ("what there is", format!("curl '{plain}/sdmx/v2/structure/dataflow'")),
        ] {
            println!("  {what:<19}{line}");
        }
        println!("These figures are released and free: the public may read them.\n");
    }
    println!("Ctrl-C stops it.");
}

fn sample(office: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/submissions");
    folder.join(format!("{office}_MIG_FLOW_2010_2016.csv"))
}

async fn a_file_with_mistakes(stage: &Stage) -> Result<(), Failure> {
    let file = stage.file("SWE_with_mistakes.csv");
    std::fs::write(&file, with_mistakes(&std::fs::read_to_string(sample(REVISING))?)?)?;
    println!(
        "== {REVISING} pushes a file with mistakes. The check before sending finds them all in one go:\n"
    );
    let hub = Hub::connect(&stage.home(REVISING)).await?;
    let mut pushed = hub.push(Source::path(&file), &PushOptions::default(), &Progress::silent()).await?;
    if !matches!(pushed.outcome, PushOutcome::NotSent) {
        return Err("a file with mistakes was sent".into());
    }
    let mut text = Vec::new();
    pushed.checked.write_text(&TextOptions::default(), &mut text)?;
    std::io::stdout().write_all(&text)?;
    println!("\nNothing was sent. The office corrects the file.\n");
    Ok(())
}

async fn offices_push(stage: &Stage) -> Result<(), Failure> {
    println!("== Every office pushes its figures: checked, signed, sent over TLS, durable, receipted.\n");
    println!("  office  observations  on the wire  receipt at position  time");
    let (mut observations, mut bytes) = (0, 0);
    let began = Instant::now();
    for (id, _) in OFFICES {
        let began = Instant::now();
        let hub = Hub::connect(&stage.home(id)).await?;
        let pushed = hub.push(Source::path(sample(id)), &PushOptions::default(), &Progress::silent()).await?;
        let (receipt, answered) = receipt_for(&hub, pushed.outcome, id).await?;
        let answered =
            if answered > 0 { format!("  answered: large changes ({answered})") } else { String::new() };
        let total = receipt.body.observations.map_or(0, |counts| counts.total);
        println!(
            "  {id}     {total:>12}  {:>8} B   {:>19}  {:>3} ms{answered}",
            pushed.sent.bytes,
            receipt.body.position,
            began.elapsed().as_millis()
        );
        observations += total;
        bytes += pushed.sent.bytes;
    }
    println!("  all     {observations:>12}  {bytes:>8} B   {:>24} ms\n", began.elapsed().as_millis());
    Ok(())
}

/// The receipt for what was sent. Warnings are answered first: the figures are right, the office says so, and its word
/// stays with them. Gives their number, too.
pub(crate) async fn receipt_for(
    hub: &Hub,
    outcome: PushOutcome,
    office: &str,
) -> Result<(mighub_client::Receipt, u64), Failure> {
    match outcome {
        PushOutcome::Accepted { receipt, .. } => Ok((receipt, 0)),
        PushOutcome::NeedsAnswer { verdict } => {
            let answered = hub.answer(&verdict.submission_id, None, "checked: as registered", "").await?;
            let receipt =
                answered.receipt.ok_or_else(|| format!("{office} answered, and was not accepted"))?;
            Ok((receipt, verdict.findings.unwrap_or_default().warnings))
        }
        other => Err(format!("{office} was not accepted: {other:?}").into()),
    }
}

async fn commission_pulls(stage: &Stage) -> Result<Cursor, Failure> {
    println!("== {} pulls what every office sent.\n", COMMISSION.1);
    let hub = Hub::connect(&stage.home(COMMISSION.0)).await?;
    let mut pull = hub.pull(PullRequest::all(DATAFLOW), &Progress::silent()).await?;
    let mut corridors = Corridors::default();
    let mut by_office: BTreeMap<String, u64> = BTreeMap::new();
    let mut office = String::new();
    let mut cursor = None;
    while let Some(pulled) = pull.next().await? {
        match pulled {
            Pulled::Lane(lane) => office.clone_from(&lane.lane.provider),
            Pulled::Observations(columns) => {
                *by_office.entry(office.clone()).or_default() += columns.len() as u64;
                corridors.add(&columns, YEAR);
            }
            Pulled::Gone { .. } => {}
            Pulled::End(summary) => cursor = summary.cursor,
        }
    }
    for line in by_office.iter().collect::<Vec<_>>().chunks(4) {
        let line: Vec<String> = line.iter().map(|(office, count)| format!("{office} {count:>4}")).collect();
        println!("  {}", line.join("    "));
    }
    println!("  {} observations of {} offices\n", by_office.values().sum::<u64>(), by_office.len());
    println!("  The largest flows of {YEAR} that both sides report:\n");
    println!("  from  to    origin says  destination says  destination / origin");
    for (from, to, left, arrived) in corridors.largest(CORRIDORS_SHOWN) {
        let ratio = if left > 0 { format!("{:.2}", arrived as f64 / left as f64) } else { "-".to_owned() };
        println!("  {from}   {to}   {left:>11}  {arrived:>16}  {ratio:>20}");
    }
    println!();
    cursor.ok_or_else(|| "the pull gave no cursor".into())
}

async fn an_office_revises(stage: &Stage) -> Result<(), Failure> {
    let file = stage.file("SWE_revision.csv");
    std::fs::write(&file, revision(&std::fs::read_to_string(sample(REVISING))?)?)?;
    let hub = Hub::connect(&stage.home(REVISING)).await?;
    let options = PushOptions {
        kind: Kind::Correction,
        reason: "late reports of departures".to_owned(),
        ..PushOptions::default()
    };
    let pushed = hub.push(Source::path(&file), &options, &Progress::silent()).await?;
    let (receipt, _) = receipt_for(&hub, pushed.outcome, REVISING).await?;
    let counts = receipt.body.observations.unwrap_or_default();
    println!(
        "== {REVISING} sends a revision: {} changed, {} deleted, {} new; {} in all.\n",
        counts.changed, counts.deleted, counts.inserted, counts.total
    );
    Ok(())
}

async fn commission_pulls_changes(stage: &Stage, cursor: Cursor) -> Result<(), Failure> {
    println!("== {} pulls what changed since its last pull, and nothing else.\n", COMMISSION.1);
    let hub = Hub::connect(&stage.home(COMMISSION.0)).await?;
    let request = PullRequest { since: Some(cursor), ..PullRequest::all(DATAFLOW) };
    let mut pull = hub.pull(request, &Progress::silent()).await?;
    let mut shown = 0;
    while let Some(pulled) = pull.next().await? {
        let (what, columns) = match &pulled {
            Pulled::Observations(columns) => ("now", columns),
            Pulled::Gone { columns, .. } => ("gone", columns),
            Pulled::Lane(_) => continue,
            Pulled::End(summary) => {
                println!("  {} new or changed, {} gone", summary.observations, summary.gone);
                continue;
            }
        };
        for series in 0..columns.series_count() {
            for observation in columns.observations(series) {
                shown += 1;
                if what == "gone" || shown <= CHANGES_SHOWN {
                    let value = columns.value(observation).map(|value| value.to_string()).unwrap_or_default();
                    println!(
                        "  {what:<4}  {}  {}  {value:>8}",
                        columns.key(series),
                        columns.periods[observation]
                    );
                } else if shown == CHANGES_SHOWN + 1 {
                    println!("  ...");
                }
            }
        }
    }
    Ok(())
}
