//! A whole exchange in one command: a hub on loopback, the national offices with their real figures, and a
//! commission that pulls what arrived.
//!
//! What lives here: the story that the demo tells. What must not: anything a hub or an office does; that is in
//! the libraries of server and client, which are used as anybody may use them.

mod cast;
mod consolidated;
mod corridors;
mod full;
mod mistakes;
mod scenes;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use full::FullOptions;

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
    /// Load the other systems of the mandate, too: stocks, refugees, asylum, remittances, treaties, and others
    #[arg(long)]
    full: bool,
    /// Folder with tables whose licence is not clear, so that they do not come with this program:
    /// treaty_actions.csv, wb_remittances_2017.csv
    #[arg(long, value_name = "DIR", requires = "full")]
    data: Option<PathBuf>,
    /// Of the other systems load only this dataflow, such as MIG_STOCK_OD, and leave out the story; may be repeated
    #[arg(long, value_name = "DATAFLOW", requires = "full")]
    only: Vec<String>,
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
    let full = FullOptions { data: arguments.data, only: arguments.only };
    full::check(&full)?;
    let (stage, is_new) = stage::Stage::set(&arguments.dir, arguments.port, arguments.plain_port).await?;
    if is_new {
        if full.only.is_empty() {
            scenes::play(&stage).await?;
        }
        if arguments.full {
            full::play(&stage, &full).await?;
        }
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
