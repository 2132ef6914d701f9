//! `mighub-server`: the operator's program.

mod agencies;
mod arguments;
mod audit;
mod backup;
mod check;
mod consolidate;
mod disclose;
mod export_log;
mod expunge;
mod failure;
mod fsck;
mod init;
mod keys;
mod output;
mod rulebooks;
mod serve;
mod structures;
mod tokens;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use mighub_server::log::OneLine;
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
        Command::Audit(command) => runtime()?.block_on(audit::audit(dir, command, output)),
        Command::Role(command) => runtime()?.block_on(agencies::role(dir, command, output)),
        Command::Token(command) => runtime()?.block_on(tokens::token(dir, command, output)),
        Command::Structure(command) => runtime()?.block_on(structures::structure(dir, command, output)),
        Command::Rulebook(command) => runtime()?.block_on(rulebooks::rulebook(dir, command, output)),
        Command::Disclose(command) => disclose::disclose(dir, command, output),
        Command::Keys(command) => keys::keys(dir, &command, output),
        Command::ExportLog(arguments) => runtime()?.block_on(export_log::export(dir, &arguments, output)),
        Command::CheckConfig => check::check(dir, output),
        Command::Backup(arguments) => backup::backup(dir, &arguments, output),
        Command::Restore(arguments) => backup::restore(dir, &arguments, output),
        Command::Verify(arguments) => verify::verify(dir, &arguments, output),
        Command::Expunge(command) => runtime()?.block_on(expunge::expunge(dir, command, output)),
        Command::Consolidate(arguments) => consolidate::consolidate(dir, &arguments, output),
        Command::Fsck(arguments) => fsck::fsck(dir, &arguments, output),
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
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(OneLine(std::io::stderr));
    if json {
        subscriber.json().init();
    } else {
        // Without colours: whatever looks like an escape sequence is somebody else's, and is shown as text.
        subscriber.with_ansi(false).init();
    }
    Ok(())
}
