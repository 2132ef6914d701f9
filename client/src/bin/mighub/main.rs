//! The command `mighub`: thin shells over the library, one file each.
//!
//! What lives here: reading of the command line, printing, exit codes. What must not: anything that an office's
//! own program would want too.

mod answer;
mod arguments;
mod consolidation;
mod coverage;
mod diff;
mod doctor;
mod enrol;
mod findings;
mod input;
mod inspect;
mod json;
mod mappings;
mod metadata;
mod output;
mod progress;
mod pull;
mod push;
mod receipt;
mod release;
mod report;
mod restrict;
mod review;
mod status;
mod structure;
mod template;
mod validate;
mod verify;
mod vintages;
mod watch;
mod whoami;
mod withdraw;
mod words;

use std::io;

use arguments::{Arguments, Command};
use clap::Parser;
use mighub_client::{Error, ExitCode, Home, Hub, clock, ends_within_days};
use output::Output;
use tracing_subscriber::EnvFilter;

/// What commands are given beside their own arguments.
struct Context {
    home: Home,
    output: Output,
}

impl Context {
    async fn connect(&self) -> Result<Hub, Error> {
        let hub = Hub::connect(&self.home).await?;
        let not_after = hub.config().not_after;
        if let Some(days) = ends_within_days(not_after, clock::now()) {
            self.output.say(&format!(
                "the certificates of this office end on {not_after}, {days} days from now: run `mighub enrol --renew`"
            ));
        }
        Ok(hub)
    }
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    if arguments.verbose {
        let filter =
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("mighub_client=debug"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(output.styled_errors)
            .init();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.failed(&Error::Internal(error.to_string())).into(),
    };
    let home = arguments.home.map_or_else(Home::of_environment, Home::new);
    let next_step = next_step(&arguments.command);
    let context = Context { home, output };
    let code = runtime.block_on(async {
        tokio::select! {
            done = Box::pin(run(&context, arguments.command)) => match done {
                Ok(code) => code,
                Err(error) => context.output.failed(&error),
            },
            _ = tokio::signal::ctrl_c() => {
                context.output.say(&format!("interrupted; {next_step}"));
                ExitCode::Interrupted
            }
        }
    });
    // A thread that still reads a file must not keep the command from ending.
    runtime.shutdown_background();
    code.into()
}

async fn run(context: &Context, command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Enrol(arguments) => enrol::run(context, arguments).await,
        Command::Whoami => whoami::run(context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Inspect(arguments) => inspect::run(context, &arguments),
        Command::Validate(arguments) => validate::run(context, arguments).await,
        Command::Push(arguments) => push::run(context, arguments).await,
        Command::Status(arguments) => status::run(context, arguments).await,
        Command::Template(arguments) => template::run(context, arguments).await,
        Command::Report(arguments) => report::run(context, arguments).await,
        Command::Answer(arguments) => answer::run(context, arguments).await,
        Command::Receipt(arguments) => receipt::run(context, &arguments).await,
        Command::Verify(arguments) => verify::run(context, &arguments).await,
        Command::Withdraw(arguments) => withdraw::run(context, arguments).await,
        Command::Review(command) => review::run(context, command).await,
        Command::Release(command) => release::run(context, command).await,
        Command::Restrict(command) => restrict::run(context, command).await,
        Command::Structure(arguments) => structure::run(context, arguments).await,
        Command::Mappings => mappings::run(context),
        Command::Metadata(command) => metadata::run(context, command).await,
        Command::Pull(arguments) => pull::run(context, arguments).await,
        Command::Vintages(arguments) => vintages::run(context, arguments).await,
        Command::Coverage(arguments) => coverage::run(context, arguments).await,
        Command::Diff(arguments) => diff::run(context, arguments).await,
        Command::Consolidated(command) => consolidation::run(context, command).await,
        Command::Watch(arguments) => watch::run(context, arguments).await,
    }
}

/// What to do after an interruption.
fn next_step(command: &Command) -> &'static str {
    match command {
        Command::Push(_) => "push the same file again: it goes on where it was, and takes effect once",
        Command::Pull(_) => "nothing was kept; pull again",
        Command::Enrol(_) => "run the same command again; if the token was used up, ask for a new one",
        Command::Release(_) => "look at `mighub release list`, whether the hub heard it",
        Command::Restrict(_) => "look at `mighub restrict list`, whether the hub heard it",
        Command::Review(_) | Command::Answer(_) | Command::Withdraw(_) => {
            "look at `mighub status`, whether the hub heard it"
        }
        _ => "run the same command again",
    }
}
