//! `mighub-server`: the operator's program.

mod agencies;
mod arguments;
mod check;
mod failure;
mod init;
mod output;
mod repair;
mod rulebooks;
mod serve;
mod structures;
mod tokens;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command};
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    match run(arguments, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(arguments: Arguments, output: Output) -> Result<(), Failure> {
    let dir = &arguments.dir;
    // Short commands are silent unless asked: their answer is on standard output.
    let usually = if matches!(arguments.command, Command::Serve(_)) { "info" } else { "warn" };
    log_to_standard_error(arguments.log.as_deref().unwrap_or(usually), arguments.json)?;
    match arguments.command {
        Command::Init(init) => init::init(dir, init, output),
        Command::Serve(serve) => runtime()?.block_on(serve::serve(dir, serve, output)),
        Command::Agency(command) => runtime()?.block_on(agencies::agency(dir, command, output)),
        Command::Agreement(command) => runtime()?.block_on(agencies::agreement(dir, command, output)),
        Command::Role(command) => runtime()?.block_on(agencies::role(dir, command, output)),
        Command::Token(command) => runtime()?.block_on(tokens::token(dir, command, output)),
        Command::Structure(command) => runtime()?.block_on(structures::structure(dir, command, output)),
        Command::Rulebook(command) => runtime()?.block_on(rulebooks::rulebook(dir, command, output)),
        Command::CheckConfig => check::check(dir, output),
        Command::Repair(arguments) => repair::repair(dir, &arguments, output),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    mighub_server::serve::runtime()
        .map_err(|source| Failure::other(format!("the machine gives no threads: {source}")))
}

fn log_to_standard_error(filter: &str, json: bool) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::usage(format!("--log {filter}: {error}; write info, or mighub_server=debug,warn"))
    })?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        subscriber.json().init();
    } else {
        use std::io::IsTerminal;
        subscriber.with_ansi(std::io::stderr().is_terminal()).init();
    }
    Ok(())
}
