//! What rules cost on a cube of a million observations, each case in a process of its own:
//! `cargo bench -p mighub-vtl -- [--dir DIR] [--case NAME] [--rounds N] [--peer "COMMAND"]`
//!
//! From CSV to the CSV of the result. The files are made in DIR, or where they are already, read. A peer is called
//! as `COMMAND CASE` in DIR as often as ours, and the ratio of the best wall times is printed. Wall times vary with
//! what else the machine does: CPU seconds tell more, and the parts are given in them.

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
        "{:<14}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>10}{:>11}",
        "case", "wall s", "CPU s", "read", "rules", "write", "MB", "rows", "peer/ours"
    );
    let wanted = |case: &&Case| options.case.as_deref().is_none_or(|name| name == case.name);
    for case in CASES.iter().filter(wanted) {
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            ours.extend(round(case, &options.dir));
            peers.extend(options.peer.as_deref().and_then(|command| peer(command, case, &options.dir)));
        }
        let Some(best) = ours.iter().min_by(|a, b| a.cpu.total_cmp(&b.cpu)) else {
            eprintln!("{} did not run", case.name);
            return ExitCode::FAILURE;
        };
        let wall = ours.iter().map(|figures| figures.wall).fold(f64::INFINITY, f64::min);
        let ratio =
            peers.into_iter().reduce(f64::min).map_or(String::new(), |peer| format!("{:.1}", peer / wall));
        println!(
            "{:<14}{:>8.2}{:>8.2}{:>8.3}{:>8.3}{:>8.3}{:>8.0}{:>10}{:>11}",
            case.name, wall, best.cpu, best.read, best.rules, best.write, best.megabytes, best.rows, ratio
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

/// What one process measured of itself; all but the wall time in CPU seconds.
struct Figures {
    wall: f64,
    cpu: f64,
    read: f64,
    rules: f64,
    write: f64,
    megabytes: f64,
    rows: usize,
}

/// In a process of its own: reads, runs, writes, and prints the figures.
fn measure(case: &Case, dir: &Path) -> ExitCode {
    let start = Instant::now();
    let inputs = case.read(dir);
    let read = Usage::of_this_process().cpu_seconds;
    let results = case.run(inputs);
    let rules = Usage::of_this_process().cpu_seconds - read;
    let rows = case.write(&results, dir);
    let usage = Usage::of_this_process();
    let (wall, cpu) = (start.elapsed().as_secs_f64(), usage.cpu_seconds);
    println!("{wall} {cpu} {read} {rules} {} {} {rows}", cpu - read - rules, usage.peak_megabytes);
    ExitCode::SUCCESS
}

fn round(case: &Case, dir: &Path) -> Option<Figures> {
    let this = std::env::current_exe().ok()?;
    let output =
        Command::new(this).args(["--measure", "--case", case.name, "--dir"]).arg(dir).output().ok()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8(output.stdout).ok()?;
    let figures: Vec<f64> = line.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    let [wall, cpu, read, rules, write, megabytes, rows] = figures[..] else { return None };
    Some(Figures { wall, cpu, read, rules, write, megabytes, rows: rows as usize })
}

/// Wall seconds of another program on the same case: what it prints as `"wall": SECONDS`, as it may leave out its own
/// start; else what its process takes.
fn peer(command: &str, case: &Case, dir: &Path) -> Option<f64> {
    let mut words = command.split_whitespace();
    let start = Instant::now();
    let output = Command::new(words.next()?).args(words).arg(case.name).current_dir(dir).output().ok()?;
    let taken = start.elapsed().as_secs_f64();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.rsplit_once("\"wall\":").and_then(|(_, rest)| rest.split([',', '}']).next());
    let told = told.and_then(|seconds| seconds.trim().parse().ok());
    output.status.success().then(|| told.unwrap_or(taken))
}
