//! The exchange measured from end to end: figures pushed and pulled through TLS on loopback, with rights,
//! validation and vintages on, by the real client from the real hub, each in a process of its own. Prints what
//! every part takes, and which of the project's bars it meets; it never fails for being slow.
//!
//! `cargo bench -p mighub-server --bench exchange [-- --observations N] [--large-values] [--only PART]`

mod arguments;
mod asking;
mod bars;
mod bulk;
mod data;
mod files;
mod gauge;
mod hub;
mod meter;
mod office;
mod parts;
mod relay;
mod stage;
mod structure;
mod table;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use arguments::Arguments;
use stage::Stage;

/// What went wrong: nobody but a reader needs to know.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// In the environment: which side of the exchange this process is; nothing for the one that measures.
pub(crate) const ROLE: &str = "MIGHUB_BENCH_ROLE";

/// Exit code after Ctrl-C.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("exchange: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    match std::env::var(ROLE).as_deref() {
        Ok(hub::HUB) => mighub_server::serve::runtime()?.block_on(hub::live()),
        // As a task: between tasks of one runtime a word is passed on without waking a thread.
        Ok(office::OFFICE) => Runtime::new()?.block_on(async { tokio::spawn(office::live()).await? }),
        _ => measure(&Runtime::new()?),
    }
}

fn measure(runtime: &Runtime) -> Result<(), Failure> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.dir)?;
    let folder = tempfile::Builder::new().prefix("exchange-").tempdir_in(&arguments.dir)?;
    let path = folder.path().to_owned();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // The other processes were interrupted as well.
            let _ = std::fs::remove_dir_all(path);
            std::process::exit(INTERRUPTED);
        }
    });
    let stage = Stage::set(runtime, folder.path(), &arguments)?;
    let rows = parts::measure(stage, &arguments)?;
    table::print(&arguments, &rows);
    bars::print(&arguments, &rows);
    Ok(())
}
