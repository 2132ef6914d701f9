//! `mighub validate`: check a file as the hub would. JSON: `{"lane", "rows", "sorted", "embargo_time",
//! "defaults_applied", "notices", "table", "counts", "groups", "not_run", "findings"}`; with -o also `"marked"`, as
//! `mighub report` has it.

use std::path::Path;

use mighub_client::{
    CachedLanes, Checked, Error, ExitCode, Lanes, Marked, Progress, ReadOptions, Source, StructureLanes,
    check, read_folder,
};
use serde_json::{Value, json};

use crate::output::Output;
use crate::progress::Shown;
use crate::{Context, arguments, findings, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Validate) -> Result<ExitCode, Error> {
    let shown = Shown::new(&context.output);
    let mut checked = checked(context, &arguments, shown.progress()).await?;
    drop(shown);
    checked.report.speak(arguments.input.telling.lang);
    let marked = match arguments.output.as_deref() {
        Some(path) => Some((path, mighub_client::mark_checked(&mut checked, path)?)),
        None => None,
    };
    print(&context.output, &mut checked, &arguments.input.telling, marked.as_ref())?;
    Ok(if checked.report.is_acceptable() { ExitCode::Done } else { ExitCode::DataErrors })
}

async fn checked(
    context: &Context,
    arguments: &arguments::Validate,
    progress: &Progress,
) -> Result<Checked, Error> {
    let file = &arguments.input;
    let table = input::table(&file.table, &context.home, arguments.structures.as_deref())?;
    let options = ReadOptions { only: file.only.clone(), complete: None, table };
    let source = || Source::path(&file.file);
    if let (Some(folder), Some(provider)) = (&arguments.structures, &file.provider) {
        let lanes = StructureLanes::new(read_folder(folder)?, provider);
        return on_thread(source(), lanes, options, progress).await;
    }
    let provider = match &file.provider {
        Some(provider) => provider.clone(),
        None => context.home.config()?.agency,
    };
    // Standard input can be read only once, so there is no second attempt with what the cache lacked.
    if !arguments.fresh && file.file.as_os_str() != "-" {
        let lanes = CachedLanes::new(&context.home, &provider);
        match on_thread(source(), lanes, options.clone(), progress).await {
            Err(Error::NotCached { .. }) => {}
            checked => return checked,
        }
    }
    context.connect().await?.check(source(), &provider, &options, progress).await
}

async fn on_thread(
    source: Source,
    mut lanes: impl Lanes + 'static,
    options: ReadOptions,
    progress: &Progress,
) -> Result<Checked, Error> {
    let progress = progress.clone();
    Ok(tokio::task::spawn_blocking(move || check(source, &mut lanes, &options, &progress)).await??)
}

fn print(
    output: &Output,
    checked: &mut Checked,
    telling: &arguments::Telling,
    marked: Option<&(&Path, Marked)>,
) -> Result<(), Error> {
    let lane = checked.lane.as_ref().map(|lane| lane.lane.clone());
    if output.json {
        let mut value = findings::checked_json(checked)?;
        let contents = &checked.contents;
        value["lane"] = json::lane(lane.as_ref());
        value["rows"] = json!(contents.rows);
        value["sorted"] = json!(contents.sorted);
        value["embargo_time"] = json!(contents.embargo.map(|time| time.to_string()));
        value["defaults_applied"] =
            contents.defaults_applied.iter().map(json::attribute_default).collect::<Value>();
        value["notices"] = contents.notices.iter().map(words::notice).collect::<Value>();
        value["table"] = json::table(&contents.table);
        if let Some((path, marked)) = marked {
            value["marked"] = json::marked(path, marked);
        }
        return output.json(&value);
    }
    findings::print_checked(output, checked, telling)?;
    print_contents(output, checked)?;
    if let Some((path, marked)) = marked {
        output.line(words::marked(path, marked))?;
    }
    if checked.report.is_acceptable() {
        output.line("The file can be sent: `mighub push` with the same arguments.")?;
    }
    Ok(())
}

/// What a file holds, in a few lines.
pub(crate) fn print_contents(output: &Output, checked: &Checked) -> Result<(), Error> {
    for notice in &checked.contents.notices {
        output.line(words::notice(notice))?;
    }
    words::table(&checked.contents.table).iter().try_for_each(|line| output.line(line))?;
    let Some(lane) = &checked.lane else { return Ok(()) };
    let contents = &checked.contents;
    let mut actions = Vec::new();
    for (rows, what) in
        [(contents.merged, "merge"), (contents.replaced, "replace"), (contents.deleted, "delete")]
    {
        if rows > 0 && rows < contents.rows {
            actions.push(format!("{} {what}", words::count(rows)));
        }
    }
    let actions = if actions.is_empty() { String::new() } else { format!(" ({})", actions.join(", ")) };
    output.line(format_args!(
        "{}: {}{actions}",
        words::lane(Some(&lane.lane)),
        words::some(contents.rows, "row")
    ))?;
    if !contents.defaults_applied.is_empty() {
        let defaults: Vec<_> = contents.defaults_applied.iter().map(words::default).collect();
        output.line(format_args!("defaults applied: {}", defaults.join(", ")))?;
    }
    if let Some(embargo) = contents.embargo {
        output.line(format_args!("embargo until {embargo}, as the file says"))?;
    }
    if contents.other_rulebook {
        output.say("the hub judges by another rulebook than this program has, and may find other things: update mighub");
    }
    Ok(())
}
