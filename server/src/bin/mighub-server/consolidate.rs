//! `mighub-server consolidate`.

use std::path::Path;

use mighub_server::clock::Clock;
use mighub_server::hub::consolidate::Consolidated;
use mighub_server::serve::{HubFolder, consolidate_stopped};
use serde_json::{Value, json};

use crate::arguments::Consolidate;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn consolidate(dir: &Path, arguments: &Consolidate, output: Output) -> Result<(), Failure> {
    let now = Clock::of_machine().now();
    let made = consolidate_stopped(&HubFolder::new(dir), arguments.full, now).map_err(Failure::refused)?;
    output.say(|| text(&made), || made.iter().map(of_one).collect());
    Ok(())
}

fn text(made: &[Consolidated]) -> String {
    if made.is_empty() {
        return "nothing to do: derived dataflows are what their inputs give".to_owned();
    }
    let line = |one: &Consolidated| {
        let counts = one.observations;
        format!(
            "{} at {}: {} observations; {} new, {} changed, {} gone\n",
            one.lane, one.position, counts.total, counts.inserted, counts.changed, counts.deleted
        )
    };
    made.iter().map(line).collect()
}

fn of_one(one: &Consolidated) -> Value {
    let counts = one.observations;
    json!({
        "dataflow": one.lane.dataflow.short(),
        "provider": one.lane.provider.to_string(),
        "position": one.position,
        "full": one.full,
        "observations": counts.total,
        "inserted": counts.inserted,
        "changed": counts.changed,
        "deleted": counts.deleted,
    })
}
