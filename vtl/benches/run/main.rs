//! What rules cost on a cube of a million observations, each case in a process of its own:
//! `cargo bench -p mighub-vtl -- [--dir DIR] [--case NAME] [--rounds N] [--peer "COMMAND"]`
//!
//! The files are made in DIR, or where they are already, read. A peer is called as `COMMAND CASE` in DIR; its wall
//! time is set beside ours. Wall times vary with what else the machine does: CPU seconds tell more.

mod cases;
mod cube;
mod process;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use cases::{CASES, Case};
use process::Usage;

/// Each figure is the best of so many: the others were disturbed.
const ROUNDS: usize = 3;

struct Options {
    dir: PathBuf,
    case: Option<String>,
    /// Set for the processes that measure.
    measures: bool,
    rounds: usize,
    peer: Option<String>,
}

fn main() -> ExitCode {
    let options = options();
    if options.measures {
        let case = CASES.iter().find(|case| options.case.as_deref() == Some(case.name));
        return match case {
            Some(case) => measure(case, &options.dir),
            None => ExitCode::from(2),
        };
    }
    if let Err(error) = cube::write_files(&options.dir) {
        eprintln!("{}: {error}", options.dir.display());
        return ExitCode::FAILURE;
    }
    println!(
        "{:<14}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "case", "wall s", "CPU s", "read s", "rules s", "MB", "rows", "peer/ours"
    );
    let wanted = |case: &&Case| options.case.as_deref().is_none_or(|name| name == case.name);
    for case in CASES.iter().filter(wanted) {
        let rounds = (0..options.rounds).filter_map(|_| round(case, &options.dir));
        let Some(best) = rounds.min_by(|a, b| a.cpu.total_cmp(&b.cpu)) else {
            eprintln!("{} did not run", case.name);
            return ExitCode::FAILURE;
        };
        let peer = options.peer.as_deref().and_then(|command| peer(command, case, &options.dir));
        let ratio = peer.map_or(String::new(), |wall| format!("{:.1}", wall / best.wall));
        println!(
            "{:<14}{:>9.2}{:>9.2}{:>9.3}{:>9.3}{:>9.0}{:>9}{:>10}",
            case.name, best.wall, best.cpu, best.read, best.rules, best.megabytes, best.rows, ratio
        );
    }
    ExitCode::SUCCESS
}

fn options() -> Options {
    let mut options = Options {
        dir: std::env::temp_dir().join("mighub-vtl-bench"),
        case: None,
        measures: false,
        rounds: ROUNDS,
        peer: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--dir" => options.dir = arguments.next().map(PathBuf::from).unwrap_or_default(),
            "--case" => options.case = arguments.next(),
            "--measure" => options.measures = true,
            "--rounds" => {
                options.rounds = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(ROUNDS);
            }
            "--peer" => options.peer = arguments.next(),
            // Cargo passes flags of its own.
            _ => {}
        }
    }
    options
}

/// What one process measured of itself.
struct Figures {
    wall: f64,
    cpu: f64,
    read: f64,
    rules: f64,
    megabytes: f64,
    rows: usize,
}

/// In a process of its own: reads, runs, and prints the figures.
fn measure(case: &Case, dir: &Path) -> ExitCode {
    let start = Instant::now();
    let inputs = case.read(dir);
    let read = start.elapsed().as_secs_f64();
    let results = case.run(inputs);
    let wall = start.elapsed().as_secs_f64();
    let usage = Usage::of_this_process();
    let rows: usize = results.datasets.values().map(|dataset| dataset.rows()).sum();
    println!("{wall} {} {read} {} {} {rows}", usage.cpu_seconds, wall - read, usage.peak_megabytes);
    ExitCode::SUCCESS
}

fn round(case: &Case, dir: &Path) -> Option<Figures> {
    let this = std::env::current_exe().ok()?;
    let output =
        Command::new(this).args(["--measure", "--case", case.name, "--dir"]).arg(dir).output().ok()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8(output.stdout).ok()?;
    let figures: Vec<f64> = line.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    let [wall, cpu, read, rules, megabytes, rows] = figures[..] else { return None };
    Some(Figures { wall, cpu, read, rules, megabytes, rows: rows as usize })
}

/// Wall seconds of another program on the same case.
fn peer(command: &str, case: &Case, dir: &Path) -> Option<f64> {
    let mut words = command.split_whitespace();
    let start = Instant::now();
    let status = Command::new(words.next()?).args(words).arg(case.name).current_dir(dir).status().ok()?;
    status.success().then(|| start.elapsed().as_secs_f64())
}
