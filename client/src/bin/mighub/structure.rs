//! `mighub structure`: what there is, one artefact, sending of new ones.
//!
//! JSON of `list`, one object a line: `{"urn", "name", "stable", "stored_time"}`; of `show` the SDMX-JSON message
//! itself; of `put` `{"artefacts": [{"urn", "change"}], "problems": [{"artefact", "reason", "text"}], "position"}`.

use std::io::Write;
use std::path::Path;

use mighub::v1;
use mighub_client::{Error, ExitCode, Hub};
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
        arguments::Structure::List { class } => list(&context.output, &hub, &class).await,
        arguments::Structure::Show { artefact, descendants } => {
            show(&context.output, &hub, &artefact, descendants).await
        }
        arguments::Structure::Put { file, dry_run } => put(&context.output, &hub, &file, dry_run).await,
    }
}

fn class(text: &str) -> Result<Class, Error> {
    let known = || Class::all().map(|class| class.name().to_lowercase()).collect::<Vec<_>>().join(", ");
    Class::of_name(text)
        .ok_or_else(|| Error::Request(format!("{text:?} is no class of artefacts: {}", known())))
}

async fn list(output: &Output, hub: &Hub, text: &str) -> Result<ExitCode, Error> {
    let of = if text == "all" { None } else { Some(class(text)?) };
    let structures = hub.list_structures(of).await?;
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
    let (of, name) = match text.split_once('/') {
        Some((of, name)) => (class(of)?, name),
        None => (Class::Dataflow, text),
    };
    let reference = hub.find_structure(of, name).await?;
    if of == Class::Dataflow && !output.json && !descendants {
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

async fn put(output: &Output, hub: &Hub, file: &Path, dry_run: bool) -> Result<ExitCode, Error> {
    let message = std::fs::read(file).map_err(|source| Error::File { path: file.to_owned(), source })?;
    let answer = hub.put_structures(message, dry_run).await?;
    let code = if answer.problems.is_empty() { ExitCode::Done } else { ExitCode::DataErrors };
    if output.json {
        let artefact = |result: &v1::ArtefactResult| json!({ "urn": result.urn, "change": json::name(result.change().as_str_name(), "ARTEFACT_CHANGE_") });
        let problem = |problem: &v1::StructureProblem| {
            json!({
                "artefact": problem.artefact,
                "reason": json::name(problem.reason().as_str_name(), "ERROR_REASON_"),
                "text": problem.text,
            })
        };
        output.json(&json!({
            "artefacts": answer.artefacts.iter().map(artefact).collect::<Value>(),
            "problems": answer.problems.iter().map(problem).collect::<Value>(),
            "position": answer.position,
        }))?;
        return Ok(code);
    }
    for problem in &answer.problems {
        output.line(format_args!("{}: {}", problem.artefact, problem.text))?;
    }
    if !answer.problems.is_empty() {
        output.line("Nothing was stored.")?;
        return Ok(code);
    }
    for result in &answer.artefacts {
        let change = words::plain(result.change().as_str_name(), "ARTEFACT_CHANGE_");
        output.line(format_args!("{change:<10} {}", result.urn))?;
    }
    if dry_run {
        output.line("Nothing was stored: this was a dry run.")?;
    }
    Ok(code)
}
