//! `mighub-server export-log`: hashes and signed heads for a witness.

use std::path::Path;

use mighub_server::rpc::Operator;
use mighub_server::witness::{ExportError, export_log};
use serde_json::json;

use crate::arguments::ExportLog;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn export(dir: &Path, arguments: &ExportLog, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let exported = export_log(&operator, &arguments.folder).await;
    operator.end().await;
    let exported = exported.map_err(|error| match error {
        ExportError::Operator(error) => Failure::Operator(error),
        ExportError::File { .. } => Failure::other(error),
        ExportError::Damaged { .. } | ExportError::Head(_) | ExportError::OtherHistory { .. } => {
            Failure::damaged(error)
        }
    })?;
    let (head, folder) = (&exported.head, arguments.folder.display());
    output.say(
        || {
            format!(
                "{folder} has the log of {} up to record {}: {} more than before, root {}",
                head.hub_id,
                head.tree_size.saturating_sub(1),
                head.tree_size - exported.before,
                head.root
            )
        },
        || {
            json!({
                "folder": arguments.folder,
                "hub_id": head.hub_id,
                "tree_size": head.tree_size,
                "root": head.root.to_string(),
                "added": head.tree_size - exported.before,
            })
        },
    );
    Ok(())
}
