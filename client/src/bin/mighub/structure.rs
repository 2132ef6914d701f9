//! `mighub structure`: what there is, one artefact, sending of new ones, deleting of unused ones.
//!
//! JSON of `list`, one object a line: `{"urn", "name", "stable", "stored_time"}`; of `show` and `get` the message itself;
//! of `put` (one object a file) and `delete`
//! `{"artefacts": [{"urn", "change"}], "problems": [{"artefact", "reason", "text"}], "position"}`.

use std::io::Write;
use std::path::PathBuf;

use mighub::v1;
use mighub_client::{Error, ExitCode, Hub, StructureFilter, StructureView};
use mighub_sdmx::structure::{
    Artefact, AttributeLevel, Class, CodedBy, Codelist, ComponentUse, DataDefinition, Reference, Usage,
    read_message,
};
use serde_json::{Value, json};

use crate::output::Output;
use crate::{Context, arguments, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Structure) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    match arguments {
        arguments::Structure::List { class, agency, id, newest } => {
            let class = if class == "all" { None } else { Some(self::class(&class)?) };
            let (agency, id) = (agency.unwrap_or_default(), id.unwrap_or_default());
            list(&context.output, &hub, &StructureFilter { class, agency, id, newest_only: newest }).await
        }
        arguments::Structure::Show { artefact, descendants } => {
            show(&context.output, &hub, &artefact, descendants).await
        }
        arguments::Structure::Get { artefact, references, detail, format } => {
            let media_type = media_type(format).to_owned();
            let view = StructureView { references, detail, media_type };
            get(&context.output, &hub, &artefact, &view).await
        }
        arguments::Structure::Delete { artefacts, dry_run } => {
            delete(&context.output, &hub, &artefacts, dry_run).await
        }
        arguments::Structure::Put { files, dry_run } => put(&context.output, &hub, &files, dry_run).await,
    }
}

fn class(text: &str) -> Result<Class, Error> {
    let known = || Class::all().map(|class| class.name().to_lowercase()).collect::<Vec<_>>().join(", ");
    Class::of_name(text)
        .ok_or_else(|| Error::Request(format!("{text:?} is no class of artefacts: {}", known())))
}

fn media_type(format: arguments::StructureFormat) -> &'static str {
    use arguments::StructureFormat::*;
    match format {
        Json => "application/vnd.sdmx.structure+json;version=2.0.0",
        Json21 => "application/vnd.sdmx.structure+json;version=2.1.0",
        Xml => "application/vnd.sdmx.structure+xml;version=3.0.0",
        Xml21 => "application/vnd.sdmx.structure+xml;version=2.1",
        Xml31 => "application/vnd.sdmx.structure+xml;version=3.1.0",
    }
}

async fn get(output: &Output, hub: &Hub, text: &str, view: &StructureView) -> Result<ExitCode, Error> {
    let urn = if text.starts_with("urn:") { text.to_owned() } else { named(hub, text).await?.to_string() };
    let answer = hub.structures_of(&urn, view).await?;
    output.write(|out| {
        out.write_all(&answer.message)?;
        out.write_all(b"\n")
    })?;
    Ok(ExitCode::Done)
}

/// What `[class/][AGENCY:]ID[(VERSION)]` names.
async fn named(hub: &Hub, text: &str) -> Result<Reference, Error> {
    let (of, name) = match text.split_once('/') {
        Some((of, name)) => (class(of)?, name),
        None => (Class::Dataflow, text),
    };
    hub.find_structure(of, name).await
}

async fn list(output: &Output, hub: &Hub, filter: &StructureFilter) -> Result<ExitCode, Error> {
    let structures = hub.list_structures_of(filter).await?;
    let name = |summary: &v1::StructureSummary| {
        let english = summary.names.iter().find(|name| name.language == "en");
        english.or(summary.names.first()).map(|name| name.text.clone()).unwrap_or_default()
    };
    if output.json {
        for summary in &structures {
            output.json(&json!({
                "urn": summary.urn,
                "name": name(summary),
                "stable": summary.stable,
                "stored_time": json::time(summary.stored_time.as_ref()),
            }))?;
        }
        return Ok(ExitCode::Done);
    }
    let rows: Vec<_> = structures
        .iter()
        .map(|summary| {
            let reference = summary.urn.parse::<Reference>();
            let (class, short) = match &reference {
                Ok(reference) => (reference.class.name().to_lowercase(), reference.short()),
                Err(_) => (String::new(), summary.urn.clone()),
            };
            [class, short, name(summary)]
        })
        .collect();
    output.table(["class", "artefact", "name"], &rows)?;
    Ok(ExitCode::Done)
}

async fn show(output: &Output, hub: &Hub, text: &str, descendants: bool) -> Result<ExitCode, Error> {
    let reference = named(hub, text).await?;
    if reference.class == Class::Dataflow && !output.json && !descendants {
        let definition = hub.newest_definition(&reference.short()).await?;
        return output.write(|out| write_dataflow(&definition, out)).map(|()| ExitCode::Done);
    }
    let message = hub.structure(&reference, descendants).await?;
    let read = read_message(&message).ok();
    let artefact = read.as_ref().and_then(|read| read.structures.get(&reference));
    match artefact.map(|artefact| &**artefact) {
        Some(Artefact::Codelist(list)) if !output.json && !descendants => {
            output.write(|out| write_codelist(list, out))?;
        }
        // Other artefacts are read as SDMX has them.
        _ => output.write(|out| {
            out.write_all(&message)?;
            out.write_all(b"\n")
        })?,
    }
    Ok(ExitCode::Done)
}

fn write_codelist(list: &Codelist, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", list.identity.names.best("en").unwrap_or_default())?;
    for code in list.codes() {
        let parent = code.parent.as_ref().map_or_else(String::new, |parent| format!("  (in {parent})"));
        writeln!(out, "  {:<12} {}{parent}", &*code.id, code.names.best("en").unwrap_or_default())?;
    }
    Ok(())
}

fn write_dataflow(definition: &DataDefinition, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}  {}", definition.dataflow.short(), definition.name)?;
    writeln!(out, "key: {}", definition.shape.dimensions.join("."))?;
    writeln!(out, "dimensions")?;
    for dimension in &definition.dimensions {
        writeln!(out, "  {:<18} {}", dimension.id, values_of(dimension))?;
    }
    if let Some(time) = &definition.time {
        writeln!(out, "  {time:<18} period")?;
    }
    writeln!(out, "measure\n  {:<18} {}", definition.measure.id, values_of(&definition.measure))?;
    writeln!(out, "attributes")?;
    for attribute in &definition.attributes {
        let level = match attribute.level {
            AttributeLevel::Dataset => "of the dataset",
            AttributeLevel::Series => "of the series",
            AttributeLevel::Observation => "",
        };
        let usage = if attribute.usage == Usage::Mandatory { "mandatory " } else { "" };
        writeln!(
            out,
            "  {:<18} {}  {usage}{level}",
            attribute.component.id,
            values_of(&attribute.component)
        )?;
    }
    Ok(())
}

/// Where values come from, and how many there are.
fn values_of(component: &ComponentUse) -> String {
    match &component.coded_by {
        CodedBy::Codelist(list) => {
            let all = list.codes().len();
            let allowed = component.allowed.as_ref().map_or(all, |allowed| allowed.len());
            let some = if allowed < all { format!("{allowed} of ") } else { String::new() };
            format!("{} ({some}{})", list.identity.id, words::some(all as u64, "code"))
        }
        CodedBy::Format(_) => "text or number".to_owned(),
    }
}

async fn put(output: &Output, hub: &Hub, files: &[PathBuf], dry_run: bool) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Done;
    for file in files {
        let message = std::fs::read(file).map_err(|source| Error::File { path: file.clone(), source })?;
        let answer = hub.put_structures(message, dry_run).await?;
        if !answer.problems.is_empty() {
            code = ExitCode::DataErrors;
        }
        if files.len() > 1 && !output.json {
            output.line(format_args!("{}", file.display()))?;
        }
        let told =
            Told { artefacts: &answer.artefacts, problems: &answer.problems, position: answer.position };
        told.write(output, dry_run, "Nothing was stored")?;
    }
    Ok(code)
}

async fn delete(output: &Output, hub: &Hub, urns: &[String], dry_run: bool) -> Result<ExitCode, Error> {
    let answer = hub.delete_structures(urns.to_vec(), dry_run).await?;
    let told = Told { artefacts: &answer.artefacts, problems: &answer.problems, position: answer.position };
    told.write(output, dry_run, "Nothing was deleted")?;
    Ok(if answer.problems.is_empty() { ExitCode::Done } else { ExitCode::DataErrors })
}

/// What the hub says of artefacts that were sent or are to go.
struct Told<'a> {
    artefacts: &'a [v1::ArtefactResult],
    problems: &'a [v1::StructureProblem],
    position: Option<u64>,
}

impl Told<'_> {
    fn write(&self, output: &Output, dry_run: bool, nothing: &str) -> Result<(), Error> {
        if output.json {
            let artefact = |result: &v1::ArtefactResult| json!({ "urn": result.urn, "change": json::name(result.change().as_str_name(), "ARTEFACT_CHANGE_") });
            let problem = |problem: &v1::StructureProblem| {
                json!({
                    "artefact": problem.artefact,
                    "reason": json::name(problem.reason().as_str_name(), "ERROR_REASON_"),
                    "text": problem.text,
                })
            };
            return output.json(&json!({
                "artefacts": self.artefacts.iter().map(artefact).collect::<Value>(),
                "problems": self.problems.iter().map(problem).collect::<Value>(),
                "position": self.position,
            }));
        }
        for problem in self.problems {
            output.line(format_args!("{}: {}", problem.artefact, problem.text))?;
        }
        if !self.problems.is_empty() {
            return output.line(format_args!("{nothing}."));
        }
        for result in self.artefacts {
            let change = words::plain(result.change().as_str_name(), "ARTEFACT_CHANGE_");
            output.line(format_args!("{change:<10} {}", result.urn))?;
        }
        if dry_run {
            output.line(format_args!("{nothing}: this was a dry run."))?;
        }
        Ok(())
    }
}
