//! `mighub pull`: get data. The data go to standard output or to a file; the summary to standard error, or with
//! --json to standard output if the data went to a file: `{"observations", "gone", "cursor", "position", "lanes":
//! [{"lane", "observations", "tombstones", "total"}], "file"}`.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use mighub::v1;
use mighub_client::{
    At, Cursor, CursorError, Error, ExitCode, Format, Hub, Providers, Pull, PullRequest, PullSummary,
};
use mighub_sdmx::data::{CsvVersion, DataFormat, JsonVersion, MlForm};
use serde_json::{Value, json};

use crate::progress::Shown;
use crate::{Context, arguments, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Pull) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let request = request(&hub, &arguments).await?;
    let shown = Shown::new(&context.output);
    let pull = hub.pull(request, shown.progress()).await?;
    let header = pull.header.clone();
    let format = format(arguments.format);
    let summary = match &arguments.output {
        Some(path) => to_file(pull, format, path).await?,
        None => pull.write(format, BufWriter::new(io::stdout())).await?,
    };
    drop(shown);
    if let (Some(path), Some(cursor)) = (&arguments.cursor, &summary.cursor) {
        // Last: with the cursor in its file the figures count as had.
        write_whole(path, format!("{cursor}\n").as_bytes())?;
    }
    print(context, &arguments, &header, &summary)?;
    Ok(if summary.complete { ExitCode::Done } else { ExitCode::PartlyDone })
}

fn format(named: arguments::Format) -> Format {
    use arguments::Format as Named;
    Format::Message(match named {
        Named::Csv => return Format::Csv,
        Named::Jsonl => return Format::JsonLines,
        Named::Csv21 => DataFormat::Csv(CsvVersion::V2_1),
        Named::Xml21 => DataFormat::Ml(MlForm::Specific21),
        Named::Generic21 => DataFormat::Ml(MlForm::Generic),
        Named::Xml30 => DataFormat::Ml(MlForm::Specific30),
        Named::Xml31 => DataFormat::Ml(MlForm::Specific31),
        Named::Json10 => DataFormat::Json(JsonVersion::V1_0),
        Named::Json20 => DataFormat::Json(JsonVersion::V2_0),
        Named::Json21 => DataFormat::Json(JsonVersion::V2_1),
        Named::Parquet => DataFormat::Parquet,
        Named::Xlsx => DataFormat::Xlsx,
    })
}

async fn request(hub: &Hub, arguments: &arguments::Pull) -> Result<PullRequest, Error> {
    let dataflow = hub.dataflow(&arguments.dataflow).await?;
    let (start, end) = (arguments.start.as_deref(), arguments.end.as_deref());
    let at = match (&arguments.edition, arguments.vintage) {
        (Some(label), _) => At::Edition(label.clone()),
        (None, Some(position)) => At::Position(position),
        (None, None) => input::at(arguments.as_of.as_deref())?,
    };
    let since = match (&arguments.since, &arguments.cursor) {
        (Some(text), _) => Some(cursor(&in_file_or_itself(text))?),
        (None, Some(path)) => read_if_there(path)?.map(|text| cursor(&text)).transpose()?,
        (None, None) => None,
    };
    let providers = match &arguments.provider[..] {
        [] if arguments.all_providers => Providers::All,
        [] => Providers::Principal,
        providers => Providers::These(providers.to_vec()),
    };
    Ok(PullRequest {
        selection: hub.selection(&dataflow, &arguments.key, start, end).await?,
        dataflow,
        providers,
        at,
        since,
        observations_max: None,
    })
}

fn cursor(text: &str) -> Result<Cursor, Error> {
    text.trim().parse().map_err(|error: CursorError| Error::Request(error.to_string()))
}

/// What a cursor's argument means: a file that holds it, or the cursor itself.
fn in_file_or_itself(text: &str) -> String {
    fs::read_to_string(text).unwrap_or_else(|_| text.to_owned())
}

fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { path: path.to_owned(), source }),
    }
}

/// The file's name while it is being written.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes beside the file and renames, so that a file that is there is complete.
async fn to_file(pull: Pull, format: Format, path: &Path) -> Result<PullSummary, Error> {
    let part = part_of(path);
    let of_part = |source| Error::File { path: part.clone(), source };
    let file = File::create(&part).map_err(of_part)?;
    let written = pull.write(format, BufWriter::new(file)).await;
    match written {
        Ok(summary) => {
            fs::rename(&part, path).map_err(|source| Error::File { path: path.to_owned(), source })?;
            Ok(summary)
        }
        Err(error) => {
            // Half a file is of no use to anybody.
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

fn write_whole(path: &Path, content: &[u8]) -> Result<(), Error> {
    let part = part_of(path);
    let write = || {
        fs::write(&part, content)?;
        fs::rename(&part, path)
    };
    write().map_err(|source| Error::File { path: path.to_owned(), source })
}

fn print(
    context: &Context,
    arguments: &arguments::Pull,
    header: &v1::PullHeader,
    summary: &PullSummary,
) -> Result<(), Error> {
    let output = &context.output;
    if output.json && arguments.output.is_some() {
        let lane = |lane: &v1::LaneSummary| {
            json!({
                "lane": json::lane(lane.lane.as_ref()),
                "observations": lane.observations,
                "tombstones": lane.tombstones,
                "total": lane.total,
            })
        };
        return output.json(&json!({
            "dataflow": header.dataflow,
            "position": header.position,
            "observations": summary.observations,
            "gone": summary.gone,
            "complete": summary.complete,
            "lanes": summary.lanes.iter().map(lane).collect::<Value>(),
            "cursor": summary.cursor.as_ref().map(ToString::to_string),
            "file": arguments.output,
        }));
    }
    let gone = if header.delta { format!(", {} gone", words::count(summary.gone)) } else { String::new() };
    output.say(&format!(
        "{}: {}{gone} from {}, at position {}",
        header.dataflow,
        words::some(summary.observations, "observation"),
        words::some(summary.lanes.len() as u64, "provider"),
        header.position,
    ));
    if let (Some(cursor), None) = (&summary.cursor, &arguments.cursor) {
        output.say(&format!("what changes from now on: the same command with --since {cursor}"));
    }
    Ok(())
}
