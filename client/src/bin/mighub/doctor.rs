//! `mighub doctor`: why this office does not get through to its hub. JSON: `{"sound", "cause", "checks": [{"name",
//! "state", "found", "remedy"}]}`; states are ok, warning, failed, not_looked_at. The exit code is that of the first
//! check that failed.

use mighub_client::doctor::{Check, State, examine};
use mighub_client::{Error, ExitCode, clock};
use serde_json::{Value, json};

use crate::Context;

pub(crate) async fn run(context: &Context) -> Result<ExitCode, Error> {
    let diagnosis = examine(&context.home, clock::now()).await;
    let output = &context.output;
    if output.json {
        let check = |check: &Check| {
            json!({
                "name": check.examined.name(),
                "state": check.state.name(),
                "found": check.found,
                "remedy": check.remedy,
            })
        };
        output.json(&json!({
            "sound": diagnosis.is_sound(),
            "cause": diagnosis.cause().map(|check| check.examined.name()),
            "checks": diagnosis.checks.iter().map(check).collect::<Value>(),
        }))?;
        return Ok(diagnosis.exit_code());
    }
    for check in &diagnosis.checks {
        let state = match check.state {
            State::Ok => "ok",
            State::Warning => "look",
            State::Failed => "FAILED",
            State::NotLookedAt => "-",
        };
        let name = check.examined.name().replace('_', " ");
        output.line(format_args!("{state:<7} {name:<16} {}", check.found))?;
        // What was found may say what to do by itself.
        if let Some(remedy) = check.remedy.as_ref().filter(|remedy| **remedy != check.found) {
            output.line(format_args!("{:24} -> {remedy}", ""))?;
        }
    }
    Ok(diagnosis.exit_code())
}
