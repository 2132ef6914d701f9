//! A whole exchange in one command: a hub on loopback, the national offices with their real figures, and a
//! commission that pulls what arrived.
//!
//! What lives here: the story that the demo tells. What must not: anything a hub or an office does; that is in
//! the libraries of server and client, which are used as anybody may use them.

mod cast;
mod corridors;
mod mistakes;
mod scenes;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// A whole exchange of migration statistics on this machine: makes a hub, enrols sixteen national offices and a
/// commission, pushes real figures over TLS, revises some, and shows what the commission gets.
#[derive(Debug, Parser)]
#[command(name = "mighub-demo", version)]
struct Arguments {
    /// Folder for the hub and for every office's configuration and keys
    #[arg(long, value_name = "DIR", default_value = "mighub-demo")]
    dir: PathBuf,
    /// End when everything was shown, instead of serving on
    #[arg(long)]
    once: bool,
    /// Port on loopback, with TLS; any free one if not given
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port on loopback for REST without TLS; any free one if not given
    #[arg(long, default_value_t = 0)]
    plain_port: u16,
}

/// Whatever ends the demo is shown to the person who started it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("mighub-demo: {error}");
    ExitCode::FAILURE
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (stage, is_new) = stage::Stage::set(&arguments.dir, arguments.port, arguments.plain_port).await?;
    if is_new {
        scenes::play(&stage).await?;
    } else {
        println!("{} holds an exchange already; it is served again.", arguments.dir.display());
    }
    if arguments.once {
        stage.close().await;
        return Ok(());
    }
    scenes::what_next(&stage);
    tokio::signal::ctrl_c().await?;
    println!("\nThe hub stops. Start the demo again with the same folder to go on.");
    stage.close().await;
    Ok(())
}
