//! `mighub mappings`: the mappings by which tables of other layouts are read. JSON, a line for each:
//! `{"mapping", "dataflow", "name", "header"}`.

use mighub_client::{Error, ExitCode};
use serde_json::json;

use crate::Context;

pub(crate) fn run(context: &Context) -> Result<ExitCode, Error> {
    let known = context.home.mappings()?;
    let mut known: Vec<_> = known.iter().collect();
    known.sort_by_key(|mapping| mapping.name());
    let output = &context.output;
    if output.json {
        for mapping in known {
            output.json(&json!({
                "mapping": mapping.name(),
                "dataflow": mapping.dataflow,
                "name": mapping.identity.names.best("en"),
                "header": mapping.header,
            }))?;
        }
        return Ok(ExitCode::Done);
    }
    let rows: Vec<[String; 3]> = known
        .into_iter()
        .map(|mapping| {
            let name = mapping.identity.names.best("en").unwrap_or_default().to_owned();
            [mapping.name(), mapping.dataflow.clone(), name]
        })
        .collect();
    output.table(["mapping", "dataflow", "of"], &rows)?;
    Ok(ExitCode::Done)
}
