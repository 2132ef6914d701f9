//! `mighub metadata`: what offices say of their sources. JSON: what was sent is `{"recorded", "as_before", "position",
//! "findings": [{"row", "concept", "found", "allowed", "remedy"}], "findings_left_out"}`; a list is one object a line,
//! `{"lane", "position", "number", "effective_time", "agency", "rank", "report"}`, a report having the contract's fields
//! that say something; `get` writes an SDMX-JSON 2.0 metadata message.

use std::fs::File;
use std::io::{BufWriter, Write};

use mighub::v1;
use mighub_client::{Decided, Error, ExitCode, Hub, ReportFilter, ReportsFile, clock, source_report};
use mighub_sdmx::source_report::{
    Answer, Concept, MessageAbout, SourceFinding, SourceReport, write_csv, write_json,
};
use mighub_sdmx::structure::{Class, Reference};
use serde_json::{Map, Value, json};

use crate::arguments::{Metadata, ReportFormat, Which};
use crate::{Context, input, json, words};

/// Reports that are fetched at most.
const REPORTS_MAX: usize = 100_000;

pub(crate) async fn run(context: &Context, command: Metadata) -> Result<ExitCode, Error> {
    match command {
        Metadata::Put { file, lane, area, dry_run, reason, person } => {
            let file = match ReportsFile::read(&file, area.as_deref())? {
                Ok(file) => file,
                Err(findings) => return refused(context, findings.listed(), findings.left_out()),
            };
            if file.reports().is_empty() {
                let text = match area {
                    Some(area) => format!("the file has no reports of {area}: check --area"),
                    None => "the file has no reports".to_owned(),
                };
                return Err(Error::Request(text));
            }
            let hub = context.connect().await?;
            let lane = input::lane(lane, &hub).await?;
            let decided = Decided { reason, person: input::person(person, &hub) };
            let answer = hub.put_reports(&lane, file.reports(), dry_run, &decided).await?;
            put(context, &file, &answer, dry_run)
        }
        Metadata::Get { lane, which, format, output } => {
            let hub = context.connect().await?;
            let lane = input::lane(lane, &hub).await?;
            let filter = filter(&lane.dataflow, vec![lane.provider.clone()], &which);
            let reports = fetched(&hub, &filter, &which).await?;
            let format = if context.output.json { ReportFormat::Json } else { format };
            match output {
                None => context.output.write(|out| write(&hub, &lane, &reports, format, out))?,
                Some(path) => {
                    let failed = |source| Error::File { path: path.clone(), source };
                    let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
                    let written = write(&hub, &lane, &reports, format, &mut out).and_then(|()| out.flush());
                    written.map_err(failed)?;
                }
            }
            Ok(ExitCode::Done)
        }
        Metadata::List { dataflow, provider, which } => {
            let hub = context.connect().await?;
            let dataflow = match dataflow {
                Some(dataflow) => hub.dataflow(&dataflow).await?,
                None => String::new(),
            };
            let (filter, at) = (filter(&dataflow, provider, &which), input::at(which.as_of.as_deref())?);
            list(context, &hub.reports(&filter, &at, REPORTS_MAX).await?)
        }
    }
}

fn filter(dataflow: &str, providers: Vec<String>, which: &Which) -> ReportFilter {
    ReportFilter {
        dataflow: dataflow.to_owned(),
        providers,
        area: which.area.clone(),
        direction: which.direction.clone(),
        period: which.period.clone(),
    }
}

async fn fetched(hub: &Hub, filter: &ReportFilter, which: &Which) -> Result<Vec<SourceReport>, Error> {
    let reports = hub.reports(filter, &input::at(which.as_of.as_deref())?, REPORTS_MAX).await?;
    reports.iter().map(|recorded| source_report(&recorded.report.clone().unwrap_or_default())).collect()
}

fn write(
    hub: &Hub,
    lane: &v1::Lane,
    reports: &[SourceReport],
    format: ReportFormat,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let Ok(dataflow) = Reference::parse_short(Class::Dataflow, &lane.dataflow) else {
        return Err(std::io::Error::other(format!("{} is no dataflow", lane.dataflow)));
    };
    match format {
        ReportFormat::Csv => write_csv(reports, out),
        ReportFormat::Json => {
            let (sender, prepared) = (hub.config().agency, clock::now().to_string());
            let about = MessageAbout {
                sender: &sender,
                provider: &lane.provider,
                dataflow: &dataflow,
                prepared: &prepared,
            };
            write_json(reports, &about, out)
        }
    }
}

fn put(
    context: &Context,
    file: &ReportsFile,
    answer: &v1::PutReportsResponse,
    dry_run: bool,
) -> Result<ExitCode, Error> {
    if !answer.findings.is_empty() {
        let finding = |finding: &v1::SourceFinding| SourceFinding {
            row: file.row(finding.report),
            concept: finding.concept.clone(),
            found: finding.found.clone(),
            allowed: finding.allowed.clone(),
            remedy: finding.remedy.clone(),
        };
        let findings: Vec<_> = answer.findings.iter().map(finding).collect();
        return refused(context, &findings, answer.findings_left_out);
    }
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "recorded": answer.recorded,
            "as_before": answer.as_before,
            "position": answer.position,
            "findings": [],
            "findings_left_out": 0,
        }))?;
        return Ok(ExitCode::Done);
    }
    let (new, before) = (words::some(answer.recorded.into(), "report"), answer.as_before);
    match answer.position {
        Some(position) => output.line(format_args!("{new} recorded at position {position}."))?,
        None if dry_run && answer.recorded > 0 => {
            output.line(format_args!("{new} would be recorded: this was a dry run."))?;
        }
        None => output.line("Nothing was recorded: it was said before.")?,
    }
    if answer.position.is_some() && before > 0 {
        output.line(format_args!(
            "{} left out: they say what is in force.",
            words::some(before.into(), "report")
        ))?;
    }
    Ok(ExitCode::Done)
}

fn refused(context: &Context, findings: &[SourceFinding], left_out: u64) -> Result<ExitCode, Error> {
    let output = &context.output;
    if output.json {
        let finding = |finding: &SourceFinding| {
            json!({
                "row": finding.row,
                "concept": finding.concept,
                "found": finding.found,
                "allowed": finding.allowed,
                "remedy": finding.remedy,
            })
        };
        output.json(&json!({
            "recorded": 0,
            "as_before": 0,
            "position": Value::Null,
            "findings": findings.iter().map(finding).collect::<Value>(),
            "findings_left_out": left_out,
        }))?;
        return Ok(ExitCode::DataErrors);
    }
    for finding in findings {
        output.line(finding)?;
    }
    if left_out > 0 {
        output.line(format_args!("... and {} more", words::some(left_out, "finding")))?;
    }
    output.line("Nothing was recorded.")?;
    Ok(ExitCode::DataErrors)
}

fn list(context: &Context, reports: &[v1::RecordedReport]) -> Result<ExitCode, Error> {
    let output = &context.output;
    if output.json {
        for recorded in reports {
            output.json(&json!({
                "lane": json::lane(recorded.lane.as_ref()),
                "position": recorded.position,
                "number": recorded.number,
                "effective_time": json::time(recorded.effective_time.as_ref()),
                "agency": recorded.agency,
                "rank": recorded.rank,
                "report": object(&source_report(&recorded.report.clone().unwrap_or_default())?),
            }))?;
        }
        return Ok(ExitCode::Done);
    }
    if reports.is_empty() {
        output.line("There are no such reports.")?;
        return Ok(ExitCode::Done);
    }
    let rows = reports.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
    let head =
        ["provider", "area", "direction", "periods", "source", "undercount", "accuracy", "rank", "since"];
    output.table(head, &rows)?;
    Ok(ExitCode::Done)
}

fn row(recorded: &v1::RecordedReport) -> Result<[String; 9], Error> {
    let report = source_report(&recorded.report.clone().unwrap_or_default())?;
    let code = |concept| report.code(concept).unwrap_or("-").to_owned();
    Ok([
        recorded.lane.clone().unwrap_or_default().provider,
        report.area().to_owned(),
        report.direction().to_owned(),
        report.periods().to_string(),
        code(Concept::SourceType),
        code(Concept::Undercount),
        code(Concept::Accuracy),
        recorded.rank.to_string(),
        words::time_or_dash(recorded.effective_time.as_ref()),
    ])
}

/// What a report says, under the names of the contract's fields.
fn object(report: &SourceReport) -> Value {
    let mut object = Map::new();
    let mut say = |name: &str, value: Value| object.insert(name.to_lowercase(), value);
    say("REF_AREA", report.area().into());
    say("FLOW_DIR", report.direction().into());
    say("START_PERIOD", report.periods().first().to_string().into());
    say("END_PERIOD", report.periods().last().map_or(Value::Null, |last| last.to_string().into()));
    for (concept, answer) in report.answers() {
        let value = match answer {
            Answer::Code(code) => Value::from(code.as_str()),
            Answer::Number(number) => Value::from(*number),
            Answer::Texts(texts) => json!(texts),
        };
        say(concept.id(), value);
    }
    Value::Object(object)
}
