//! The other systems of the mandate: every dataflow beside that of the story, through the same push.
//!
//! What lives here: what is loaded and from whom, and what is read back. What must not: figures that a pull should
//! give; made-up data without a label that says so.

mod load;
mod made_up;
mod programme;
mod read_back;
mod set_aside;

use std::path::PathBuf;
use std::time::Instant;

use crate::Failure;
use crate::stage::Stage;

use programme::{Figures, PROGRAMME, Part};

/// What of it is played.
#[derive(Clone, Debug, Default)]
pub(crate) struct FullOptions {
    /// Folder with tables that do not come with this program, because their licence is not clear.
    pub(crate) data: Option<PathBuf>,
    /// Only these dataflows; all if none is named.
    pub(crate) only: Vec<String>,
}

/// Loads everything, and shows figures of it as the commission reads them.
pub(crate) async fn play(stage: &Stage, options: &FullOptions) -> Result<(), Failure> {
    println!("\n== The other systems of the mandate: figures of agencies, by stored mappings.\n");
    let began = Instant::now();
    let mut loaded = Vec::new();
    let mut left_out = Vec::new();
    for part in wanted(options) {
        let figures = match (&part.figures, &options.data) {
            (Figures::InFolder { file, .. }, Some(folder)) if folder.join(file).is_file() => {
                load::Given::File(folder.join(file))
            }
            (Figures::InFolder { file, instead }, _) => {
                left_out.push(*file);
                load::Given::MadeUp(instead)
            }
            (Figures::Shipped(file), _) => load::Given::Shipped(file),
            (Figures::MadeUp(table), _) => load::Given::MadeUp(table),
        };
        loaded.push(load::load(stage, part, figures).await?);
    }
    if !left_out.is_empty() {
        println!(
            "  left out, as their licence is not clear, and made up instead: {}; name the folder that has them with \
             --data",
            left_out.join(", ")
        );
    }
    loaded.extend(others(stage, options).await?);
    println!("\n== What there is now.\n");
    println!("  dataflow         provider   observations  set aside  warnings  what");
    for row in &loaded {
        println!(
            "  {:<15}  {:<9}  {:>12}  {:>9}  {:>8}  {}",
            row.dataflow,
            row.provider,
            read_back::grouped(row.observations),
            row.set_aside,
            row.warnings,
            row.what
        );
    }
    println!("  in {:.1} s\n", began.elapsed().as_secs_f64());
    read_back::show(stage, &loaded).await
}

/// What is there beside the programme: what offices sent in the story, and what the hub derived from everything.
async fn others(stage: &Stage, options: &FullOptions) -> Result<Vec<load::Loaded>, Failure> {
    stage.consolidate().await?;
    let mut others = Vec::new();
    for (dataflow, provider, what) in [
        ("MIG_FLOW", None, "what the offices of the story sent"),
        ("MIG_FLOW_OD", Some("MIGHUB"), "consolidated by the hub"),
        ("MIG_STOCK_OD", Some("MIGHUB"), "consolidated by the hub"),
    ] {
        if !options.only.is_empty() {
            continue;
        }
        let observations = read_back::count(stage, dataflow, provider).await?;
        if observations > 0 {
            let (provider, what) = (provider.unwrap_or("offices"), what.to_owned());
            others.push(load::Loaded { dataflow, provider, what, observations, ..load::Loaded::default() });
        }
    }
    Ok(others)
}

/// Refuses dataflows that are not of the programme.
pub(crate) fn check(options: &FullOptions) -> Result<(), Failure> {
    let Some(unknown) =
        options.only.iter().find(|only| !PROGRAMME.iter().any(|part| part.dataflow == **only))
    else {
        return Ok(());
    };
    let mut known: Vec<_> = PROGRAMME.iter().map(|part| part.dataflow).collect();
    known.dedup();
    Err(format!("{unknown} is not loaded by --full: name one of {}", known.join(", ")).into())
}

/// The parts of the programme that are asked for.
fn wanted(options: &FullOptions) -> impl Iterator<Item = &'static Part> {
    let is_wanted =
        |part: &&Part| options.only.is_empty() || options.only.iter().any(|only| only == part.dataflow);
    PROGRAMME.iter().filter(is_wanted)
}
