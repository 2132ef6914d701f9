//! The parts of the benchmark, in the order in which they are measured.

use std::time::Duration;

use crate::Failure;
use crate::arguments::{Arguments, Part};
use crate::data::{Codes, FIRST_YEAR, Figures, Random, YEARS};
use crate::files::{self, Revision};
use crate::office::{Done, Question, Work};
use crate::stage::{COMMISSION, OFFICE, Stage, VISITOR, Way};
use crate::structure::{COLUMNS, REVISED, SERIES_ORDER, SMALL, TIME_ORDER, WARM, dataflow};
use crate::table::Row;

/// Observations that are pushed and pulled before anything is measured.
const WARM_OBSERVATIONS: u64 = 100_000;
/// Single series that one client asks for.
const SERIES_ASKED: usize = 2_000;
/// Clients at once.
const CLIENTS: usize = 100;
/// Single series that each of them asks for.
const ASKED_BY_EACH: usize = 200;
/// Reporters, and years, that are asked for.
const LARGE_ASKED: usize = 20;
/// Questions by which the bytes of an answer are learned.
const METERED_ASKED: usize = 20;
/// Small submissions.
const SMALL_PUSHES: usize = 40;
/// Observations of the lane that is revised.
const REVISED_OBSERVATIONS: u64 = 1_000_000;

/// Measures all parts that are wanted.
pub(crate) fn measure(mut stage: Stage<'_>, arguments: &Arguments) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let pulls_too = arguments.wants_pulls();
    warm_up(&mut stage, pulls_too)?;
    if arguments.wants(Part::Csv) {
        rows.push(csv(&mut stage, Part::Csv)?);
    }
    if arguments.wants(Part::CsvTime) {
        rows.push(csv(&mut stage, Part::CsvTime)?);
    }
    if pulls_too || arguments.wants(Part::Columns) {
        let pushed = columns(&mut stage)?;
        let sum = pushed.done.sum;
        if arguments.wants(Part::Columns) {
            rows.push(pushed);
        }
        pulls(&mut stage, arguments, sum, &mut rows)?;
        questions(&mut stage, arguments, &mut rows)?;
    }
    if arguments.wants(Part::Small) {
        rows.push(small(&mut stage)?);
    }
    if arguments.wants(Part::Revision) {
        revisions(&mut stage, &mut rows)?;
    }
    if arguments.wants(Part::Rebuild) {
        let (rebuilt, row) = rebuild(stage)?;
        stage = rebuilt;
        rows.push(row);
    }
    stage.close()?;
    Ok(rows)
}

fn told(name: &str) {
    eprintln!("measuring: {name}");
}

fn warm_up(stage: &mut Stage<'_>, pulls_too: bool) -> Result<(), Failure> {
    told("nothing yet, warming up");
    let file = stage.file("warm.csv");
    files::series_order(&file, WARM, Figures { observations: WARM_OBSERVATIONS, large_values: false })?;
    stage.measure(Part::Csv, OFFICE, Way::Metered, Work::PushFile(file))?;
    if pulls_too {
        stage.measure(
            Part::Pull,
            COMMISSION,
            Way::Metered,
            Work::PullColumns { dataflow: dataflow(WARM) },
        )?;
    }
    Ok(())
}

/// Measures something that moves bytes one way, and their plain relay.
fn bulk(stage: &mut Stage<'_>, part: Part, name: &str, who: &str, work: Work) -> Result<Row, Failure> {
    told(name);
    let mut row = stage.measure(part, who, Way::Metered, work)?;
    if let Some((up, down)) = row.wire {
        row.relay_ns = Some(stage.relay(up, down)?);
    }
    name.clone_into(&mut row.name);
    Ok(row)
}

fn csv(stage: &mut Stage<'_>, part: Part) -> Result<Row, Failure> {
    let file = stage.file("figures.csv");
    told("nothing, writing a file");
    let name = match part {
        Part::CsvTime => {
            files::time_order(&file, TIME_ORDER, stage.figures)?;
            "CSV to durable, time order"
        }
        _ => {
            files::series_order(&file, SERIES_ORDER, stage.figures)?;
            "CSV to durable, series order"
        }
    };
    let row = bulk(stage, part, name, OFFICE, Work::PushFile(file.clone()))?;
    std::fs::remove_file(file)?;
    Ok(row)
}

fn columns(stage: &mut Stage<'_>) -> Result<Row, Failure> {
    let work = Work::PushColumns { dataflow: dataflow(COLUMNS), figures: stage.figures };
    bulk(stage, Part::Columns, "columns to durable", OFFICE, work)
}

fn pulls(stage: &mut Stage<'_>, arguments: &Arguments, sum: i64, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let dataflow = dataflow(COLUMNS);
    if arguments.wants(Part::Pull) {
        let work = Work::PullColumns { dataflow: dataflow.clone() };
        let row = bulk(stage, Part::Pull, "pull to columns", COMMISSION, work)?;
        if (row.done.observations, row.done.sum) != (stage.figures.observations, sum) {
            let Done { observations, sum: found, .. } = row.done;
            let text =
                format!("{observations} observations were pulled, with the sum {found}; it should be {sum}");
            return Err(text.into());
        }
        rows.push(row);
    }
    if arguments.wants(Part::PullMasked) {
        let work = Work::PullColumns { dataflow: dataflow.clone() };
        rows.push(bulk(stage, Part::PullMasked, "pull to columns, 3% masked", VISITOR, work)?);
    }
    if arguments.wants(Part::PullCsv) {
        let work = Work::PullCsv { dataflow: dataflow.clone(), file: None };
        rows.push(bulk(stage, Part::PullCsv, "pull to CSV", COMMISSION, work)?);
    }
    if arguments.wants(Part::PullCsvFile) {
        let file = stage.file("pulled.csv");
        let work = Work::PullCsv { dataflow, file: Some(file.clone()) };
        rows.push(bulk(stage, Part::PullCsvFile, "pull to a CSV file", COMMISSION, work)?);
        std::fs::remove_file(file)?;
    }
    Ok(())
}

fn questions(stage: &mut Stage<'_>, arguments: &Arguments, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let count = CLIENTS * ASKED_BY_EACH;
    if arguments.wants(Part::Series) {
        let questions = single_series(stage.figures, SERIES_ASKED);
        rows.push(asked(stage, Part::Series, "one series", questions, None)?);
    }
    if arguments.wants(Part::Reporter) {
        let questions = reporters(stage.figures);
        rows.push(asked(stage, Part::Reporter, "one reporter", questions, None)?);
    }
    if arguments.wants(Part::Year) {
        let year = |nth: usize| FIRST_YEAR + 5 + (nth as u16 * 7) % (YEARS - 10);
        let question = |nth| Question { key: String::new(), year: Some(year(nth)) };
        let questions = (0..LARGE_ASKED).map(question).collect();
        rows.push(asked(stage, Part::Year, "one year", questions, None)?);
    }
    if arguments.wants(Part::Clients) {
        let questions = single_series(stage.figures, count);
        let name = format!("{CLIENTS} clients, one series each time");
        rows.push(asked(stage, Part::Clients, &name, questions, Some(CLIENTS))?);
    }
    Ok(())
}

/// Asks past the meter; what an answer weighs is learned from a few that are asked through it.
fn asked(
    stage: &mut Stage<'_>,
    part: Part,
    name: &str,
    questions: Vec<Question>,
    clients: Option<usize>,
) -> Result<Row, Failure> {
    told(name);
    let dataflow = dataflow(COLUMNS);
    // One answer comes before the measured ones, and a connection before that; both are in the difference.
    let few = |count| Work::Ask { dataflow: dataflow.clone(), questions: questions[..count].to_vec() };
    let wire = |row: Row| row.wire.unwrap_or_default();
    let one = wire(stage.measure(part, COMMISSION, Way::Metered, few(1))?);
    let more = wire(stage.measure(
        part,
        COMMISSION,
        Way::Metered,
        few(1 + METERED_ASKED.min(questions.len() - 1)),
    )?);
    let rounds = METERED_ASKED as u64;
    let (up, down) = (more.0.saturating_sub(one.0) / rounds, more.1.saturating_sub(one.1) / rounds);
    let count = questions.len() as u64;
    let work = match clients {
        Some(clients) => Work::Crowd { dataflow: dataflow.clone(), questions, clients },
        None => Work::Ask { dataflow: dataflow.clone(), questions },
    };
    let mut row = stage.measure(part, COMMISSION, Way::Direct, work)?;
    row.wire = Some((up * count, down * count));
    row.relay_ns = Some(stage.relay(up, down)?);
    name.clone_into(&mut row.name);
    Ok(row)
}

/// Series here and there.
fn single_series(figures: Figures, count: usize) -> Vec<Question> {
    let codes = Codes::new();
    let keys: Vec<[u8; 6]> = figures.series().map(|series| series.key).collect();
    let mut random = Random(7);
    let question = |_| {
        let key = keys[random.below(keys.len() as u64) as usize];
        Question { key: codes.key(key), year: None }
    };
    (0..count).map(question).collect()
}

/// Reporters here and there.
fn reporters(figures: Figures) -> Vec<Question> {
    let codes = Codes::new();
    let mut reporters: Vec<u8> = figures.series().map(|series| series.key[1]).collect();
    reporters.dedup();
    let step = (reporters.len() / LARGE_ASKED).max(1);
    let key = |reporter: &u8| format!("A.{}", codes.0[1][usize::from(*reporter)]);
    reporters.iter().step_by(step).map(|reporter| Question { key: key(reporter), year: None }).collect()
}

fn small(stage: &mut Stage<'_>) -> Result<Row, Failure> {
    told("small submissions");
    let mut paths = Vec::new();
    for round in 0..SMALL_PUSHES {
        let path = stage.file(&format!("small-{round}.csv"));
        files::small(&path, SMALL, round)?;
        paths.push(path);
    }
    let work = Work::PushSmall { files: paths, beside: stage.store() };
    let mut row = stage.measure(Part::Small, OFFICE, Way::Direct, work)?;
    "a submission of 24 rows".clone_into(&mut row.name);
    Ok(row)
}

fn revisions(stage: &mut Stage<'_>, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let figures = Figures { observations: REVISED_OBSERVATIONS, ..stage.figures };
    let file = stage.file("revised.csv");
    files::series_order(&file, REVISED, figures)?;
    rows.push(bulk(stage, Part::Revision, "a lane to be revised", OFFICE, Work::PushFile(file.clone()))?);
    for (revision, name) in [
        (Revision::Contiguous, "revision of 0.1%, contiguous"),
        (Revision::Scattered, "revision of 0.1%, scattered"),
        (Revision::NewYear, "revision of 0.1%, a new year"),
    ] {
        files::revision(&file, REVISED, figures, revision)?;
        rows.push(bulk(stage, Part::Revision, name, OFFICE, Work::PushFile(file.clone()))?);
    }
    Ok(())
}

/// Until the hub listens again, and the first series is answered.
fn rebuild(stage: Stage<'_>) -> Result<(Stage<'_>, Row), Failure> {
    told("the view, rebuilt");
    let (mut stage, opening): (_, Duration) = stage.rebuild()?;
    let questions = single_series(stage.figures, 1);
    let work = Work::Ask { dataflow: dataflow(COLUMNS), questions };
    let asked = stage.measure(Part::Rebuild, COMMISSION, Way::Direct, work)?;
    let elapsed_ns = opening.as_nanos() as u64 + asked.done.elapsed_ns;
    let row = Row {
        name: "view deleted and rebuilt".to_owned(),
        done: Done { elapsed_ns, ..Done::default() },
        ..asked
    };
    Ok((stage, row))
}
