//! `mighub-server serve`.

use std::path::Path;

use mighub_server::serve::{Plain, ServeOptions, start};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Serve;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn serve(dir: &Path, arguments: Serve, output: Output) -> Result<(), Failure> {
    // Before anything is opened, so that an early Ctrl-C closes it properly too.
    let mut terminated = signal(SignalKind::terminate()).map_err(Failure::other)?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(Failure::other)?;
    let mut options = ServeOptions::new(dir);
    options.listen = arguments.listen;
    options.plain = arguments.plain_listen.map_or(Plain::AsConfigured, Plain::On);
    let running = start(options).await.map_err(Failure::other)?;
    let report = running.report();
    if let Some(reason) = &report.view_rebuilt {
        tracing::warn!(reason, records = report.records_taken, "the view was derived anew from the journal");
    }
    if report.store.torn_bytes > 0 {
        tracing::warn!(bytes = report.store.torn_bytes, "a torn write, never acknowledged, was cut off");
    }
    let (address, plain) = (running.address(), running.plain_address());
    output.say(
        || {
            let plain = plain.map(|plain| format!(" and at http://{plain}")).unwrap_or_default();
            format!("the hub serves at {address}{plain}; end it with Ctrl-C")
        },
        || {
            json!({
                "address": address.to_string(), "plain_address": plain.map(|plain| plain.to_string()),
                "hub_id": running.hub().hub_id(),
            })
        },
    );
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => break interrupted.map_err(Failure::other)?,
            _ = terminated.recv() => break,
            _ = hung_up.recv() => running.reload(),
        }
    }
    tracing::info!("stopping: calls may finish; interrupt again to end at once");
    tokio::select! {
        () = running.stop() => Ok(()),
        // What is durable stays so; nothing else is promised.
        _ = tokio::signal::ctrl_c() => std::process::exit(130),
    }
}
