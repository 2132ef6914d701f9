//! `mighub enrol`: join a hub. JSON: `{"agency", "application", "hub_id", "hub", "not_after", "home"}`.

use mighub::token::{EnrolmentToken, TokenError};
use mighub_client::{Error, ExitCode, enrol};
use serde_json::json;

use crate::{Context, arguments};

pub(crate) async fn run(context: &Context, arguments: arguments::Enrol) -> Result<ExitCode, Error> {
    let token: EnrolmentToken =
        arguments.token.parse().map_err(|error: TokenError| Error::Request(error.to_string()))?;
    let config = enrol(&context.home, &arguments.hub, &token, &arguments.application).await?;
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "agency": config.agency,
            "application": config.application,
            "hub_id": config.hub_id,
            "hub": config.hub,
            "not_after": config.not_after.to_string(),
            "home": context.home.folder(),
        }))?;
    } else {
        output.line(format_args!(
            "Enrolled as {} ({}) at {}.",
            config.agency, config.application, config.hub_id
        ))?;
        output.line(format_args!("The certificates end on {}; enrol again before.", config.not_after))?;
        output.line(format_args!(
            "Keys and configuration are in {}: keep a copy.",
            context.home.folder().display()
        ))?;
        output.line("Next: `mighub whoami` shows what this office may send.")?;
    }
    Ok(ExitCode::Done)
}
