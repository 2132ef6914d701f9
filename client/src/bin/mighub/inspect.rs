//! `mighub inspect`: what files hold, told from their content alone; no hub and no structure is needed. JSON, a line for
//! each: `{"file", "format", "datasets", "series", "observations"}`, or `{"file", "is", "error"}`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use mighub_client::{Error, ExitCode};
use mighub_sdmx::data::{RawCount, raw_count};
use mighub_sdmx::sniff::{RECOGNISED_BYTES, recognise};
use serde_json::json;

use crate::{Context, arguments};

pub(crate) fn run(context: &Context, arguments: &arguments::Inspect) -> Result<ExitCode, Error> {
    let output = &context.output;
    let mut all_read = true;
    for path in &arguments.files {
        let of_file = |source| Error::File { path: path.clone(), source };
        let (kind, counted) = inspected(path).map_err(of_file)?;
        all_read &= counted.is_ok();
        let file = path.display().to_string();
        match counted {
            Ok(count) if output.json => output.json(&json!({
                "file": file,
                "format": count.format.name(),
                "datasets": count.datasets,
                "series": count.series,
                "observations": count.observations,
            }))?,
            Ok(count) => output.line(format_args!(
                "{file}: {}, {} in {}{}",
                count.format.name(),
                number(count.observations, "observation"),
                number(count.datasets, "dataset"),
                match count.series {
                    0 => String::new(),
                    series => format!(" and {series} series"),
                }
            ))?,
            Err(error) if output.json => {
                output.json(&json!({ "file": file, "is": kind, "error": error.to_string() }))?;
            }
            Err(error) => output.line(format_args!("{file}: {kind}; {error}"))?,
        }
    }
    Ok(if all_read { ExitCode::Done } else { ExitCode::DataErrors })
}

/// What a file is by its beginning, and what is in it.
fn inspected(path: &Path) -> io::Result<(String, Result<RawCount, mighub_sdmx::data::ReadError>)> {
    let mut file = File::open(path)?;
    let mut first = Vec::new();
    file.by_ref().take(RECOGNISED_BYTES as u64).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((recognise(&first).kind.name().into_owned(), raw_count(BufReader::new(file))))
}

fn number(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
