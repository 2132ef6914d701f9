//! `mighub enrol`: join a hub, or renew the keys. JSON: `{"agency", "application", "hub_id", "hub", "not_after", "home"}`,
//! with --renew also `"previous_until"`.

use mighub::token::{EnrolmentToken, TokenError};
use mighub_client::{Error, ExitCode, enrol, renew};
use serde_json::json;

use crate::{Context, arguments};

pub(crate) async fn run(context: &Context, arguments: arguments::Enrol) -> Result<ExitCode, Error> {
    if arguments.renew {
        return renewed(context).await;
    }
    let (hub, token) = (arguments.hub.unwrap_or_default(), arguments.token.unwrap_or_default());
    let token: EnrolmentToken =
        token.parse().map_err(|error: TokenError| Error::Request(error.to_string()))?;
    let config = enrol(&context.home, &hub, &token, &arguments.application).await?;
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
        output.line(format_args!(
            "The certificates end on {}; run `mighub enrol --renew` before.",
            config.not_after
        ))?;
        output.line(format_args!(
            "Keys and configuration are in {}: keep a copy.",
            context.home.folder().display()
        ))?;
        output.line("Next: `mighub whoami` shows what this office may send.")?;
    }
    Ok(ExitCode::Done)
}

async fn renewed(context: &Context) -> Result<ExitCode, Error> {
    let (config, previous_until) = renew(&context.home).await?;
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "agency": config.agency,
            "application": config.application,
            "hub_id": config.hub_id,
            "hub": config.hub,
            "not_after": config.not_after.to_string(),
            "previous_until": previous_until.to_string(),
            "home": context.home.folder(),
        }))?;
    } else {
        output.line(format_args!("New keys and certificates, good until {}.", config.not_after))?;
        output.line(format_args!(
            "Those before are good until {previous_until}: until then, copy {} to wherever else this office sends from.",
            context.home.folder().display()
        ))?;
    }
    Ok(ExitCode::Done)
}
