//! Runs a folder of conformance cases: `cargo run -p mighub-vtl --example conformance -- FOLDER`.
//!
//! The folder has `GROUP/CASE/` with `script.vtl`, `structures.json`, `inputs/*.csv`, and either
//! `expected/*.csv` with `expected_structures.json`, or `expected_error.txt`. Cases are not part of this
//! repository; what is committed is `vtl/conformance.json`: a digest of the list of cases and, group by
//! group, how many pass. Against it a run tells what got worse, and fails.

mod case;
mod compare;
mod summary;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, Outcome};
use summary::Summary;

const USAGE: &str = "conformance FOLDER [--only GROUP] [--case TEXT] [--failures] [--write-summary]";

#[derive(Default)]
struct Arguments {
    folder: PathBuf,
    only: Option<String>,
    case: Option<String>,
    failures: bool,
    write_summary: bool,
}

fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)).and_then(|arguments| execute(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--failures" => arguments.failures = true,
                "--write-summary" => arguments.write_summary = true,
                "--only" => arguments.only = Some(words.next().ok_or("--only needs a group")?),
                "--case" => {
                    arguments.case = Some(words.next().ok_or("--case needs a part of a case's name")?)
                }
                _ if word.starts_with('-') || !arguments.folder.as_os_str().is_empty() => {
                    return Err(USAGE.into());
                }
                _ => arguments.folder = word.into(),
            }
        }
        if arguments.folder.as_os_str().is_empty() { Err(USAGE.into()) } else { Ok(arguments) }
    }

    /// Whether all cases run, so that the result can be compared with the summary.
    fn is_whole(&self) -> bool {
        self.only.is_none() && self.case.is_none()
    }
}

/// Whether nothing got worse.
fn execute(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let mut cases = Case::list(&arguments.folder)?;
    cases.retain(|case| arguments.only.as_ref().is_none_or(|group| *group == case.group));
    cases.retain(|case| arguments.case.as_ref().is_none_or(|part| case.name.contains(part)));
    let (outcomes, elapsed) = case::run_all(&cases)?;

    let mut groups: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(&outcomes) {
        groups.entry(&case.group).or_default()[outcome.place()] += 1;
        let reason = outcome.reason();
        if arguments.failures && !reason.is_empty() {
            println!("{}: {}", case.id(), reason);
        }
    }
    println!("{:<18} {:>7} {:>7} {:>12}", "group", "passed", "failed", "unsupported");
    let mut total = [0; 3];
    for (group, counts) in &groups {
        println!("{group:<18} {:>7} {:>7} {:>12}", counts[0], counts[1], counts[2]);
        counts.iter().zip(&mut total).for_each(|(count, sum)| *sum += count);
    }
    println!("{:<18} {:>7} {:>7} {:>12}", "all", total[0], total[1], total[2]);
    let summary = Summary::of(&cases, &outcomes);
    println!("list of cases {} in {:.1} s", summary.case_list, elapsed.as_secs_f64());

    if !arguments.is_whole() {
        return Ok(true);
    }
    if arguments.write_summary {
        summary.write()?;
        return Ok(true);
    }
    let worse = Summary::read()?.worse_than(&summary, &cases, &outcomes);
    worse.iter().for_each(|line| println!("worse than {}: {line}", Summary::FILE));
    Ok(worse.is_empty())
}

impl Outcome {
    fn place(&self) -> usize {
        match self {
            Self::Passed => 0,
            Self::Failed(_) => 1,
            Self::Unsupported(_) => 2,
        }
    }

    fn reason(&self) -> &str {
        match self {
            Self::Passed => "",
            Self::Failed(reason) | Self::Unsupported(reason) => reason,
        }
    }
}
