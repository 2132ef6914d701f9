//! `mighub watch`: print each change as it comes. JSON, one object a line: `{"kind", "vintage", "cursor"}`.

use mighub_client::{Cursor, CursorError, Error, ExitCode, WatchRequest};
use serde_json::json;

use crate::{Context, arguments, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Watch) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let dataflows = match &arguments.dataflow {
        Some(dataflow) => vec![hub.dataflow(dataflow).await?],
        None => Vec::new(),
    };
    let after = arguments.after.as_deref().map(str::parse::<Cursor>).transpose();
    let after = after.map_err(|error: CursorError| Error::Request(error.to_string()))?;
    let mut watch = hub.watch(WatchRequest { dataflows, providers: arguments.provider, after }).await?;
    let output = &context.output;
    let mut left = arguments.count.unwrap_or(u64::MAX);
    while left > 0 {
        left -= 1;
        let event = watch.next().await?;
        let kind = event.kind().as_str_name();
        let vintage = event.vintage.clone().unwrap_or_default();
        if output.json {
            output.json(&json!({
                "kind": json::name(kind, "VINTAGE_EVENT_KIND_"),
                "vintage": json::vintage(&vintage),
                "cursor": data_encoding::BASE64URL_NOPAD.encode(&event.cursor),
            }))?;
            continue;
        }
        let reference = vintage.r#ref.as_ref();
        output.line(format_args!(
            "{} {}: {}{}",
            words::time_or_dash(reference.and_then(|reference| reference.effective_time.as_ref())),
            words::lane(vintage.lane.as_ref()),
            words::plain(kind, "VINTAGE_EVENT_KIND_"),
            reference.map_or_else(String::new, |reference| format!(" at position {}", reference.position)),
        ))?;
    }
    Ok(ExitCode::Done)
}
