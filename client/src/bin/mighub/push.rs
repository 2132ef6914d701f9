//! `mighub push`: check a file, send it, wait for the receipt.
//!
//! JSON, one object for each submission: `{"outcome", "lane", "submission_id", "rows", "observations", "blocks",
//! "sent": {"blocks", "bytes", "manifest_bytes"}, "embargo_time", "verdict", "receipt", "receipt_file", "check"}`.
//! `outcome` is `NOT_SENT`, `ACCEPTED`, `UNCHANGED`, `NEEDS_CORRECTION`, `NEEDS_ANSWER`, `UNDER_REVIEW` or
//! `TESTED`; `check` is the report of the check before sending, as `validate` prints it.

use mighub::v1;
use mighub_client::{
    Base, Complete, Error, ExitCode, Hub, Kind, PushOptions, PushOutcome, Pushed, Receipt, Source,
    TableReading, summary_of,
};
use mighub_validation::{Wording, write_text};
use serde_json::json;

use crate::output::Output;
use crate::progress::Shown;
use crate::validate::print_contents;
use crate::{Context, arguments, findings, input, json, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Push) -> Result<ExitCode, Error> {
    if arguments.split && arguments.input.file.as_os_str() == "-" {
        return Err(Error::Request(
            "standard input cannot be split, for it is read once: save it to a file".to_owned(),
        ));
    }
    let hub = context.connect().await?;
    let table = input::table(&arguments.input.table, &context.home, None)?;
    let options = options(&arguments, &hub, table)?;
    let mut pushed = push(context, &hub, &arguments, &options).await?;
    let dataflows = pushed.checked.contents.dataflows.clone();
    if !arguments.split || dataflows.len() < 2 {
        print(&context.output, &mut pushed, &arguments)?;
        return Ok(pushed.outcome.exit_code());
    }
    let mut codes = Vec::new();
    for dataflow in dataflows {
        let options = PushOptions { only: Some(dataflow), ..options.clone() };
        let code = match push(context, &hub, &arguments, &options).await {
            Ok(mut pushed) => {
                print(&context.output, &mut pushed, &arguments)?;
                pushed.outcome.exit_code()
            }
            Err(error) => context.output.failed(&error),
        };
        codes.push(code);
    }
    Ok(match codes.first() {
        Some(first) if codes.iter().all(|code| code == first) => *first,
        _ => ExitCode::PartlyDone,
    })
}

fn options(arguments: &arguments::Push, hub: &Hub, table: TableReading) -> Result<PushOptions, Error> {
    let complete = arguments.complete.as_deref().map(|key| match key {
        "" => Complete::Lane,
        key => Complete::Key(key.to_owned()),
    });
    let published = arguments.published.clone().unwrap_or_default();
    Ok(PushOptions {
        provider: arguments.input.provider.clone(),
        kind: match arguments.kind {
            arguments::Kind::Routine => Kind::Routine,
            arguments::Kind::Correction => Kind::Correction,
            arguments::Kind::MethodChange => Kind::MethodChange,
            arguments::Kind::ReEstimation => Kind::ReEstimation,
        },
        reason: arguments.reason.clone(),
        test: arguments.dry_run,
        embargo: arguments.embargo.as_deref().map(input::future).transpose()?,
        edition: arguments.edition.clone().map(|label| (label, published)),
        complete,
        only: arguments.input.only.clone(),
        table,
        person: Some(input::person(arguments.person.clone(), hub)),
        base: if arguments.any_base { Base::Any } else { Base::Newest },
    })
}

async fn push(
    context: &Context,
    hub: &Hub,
    arguments: &arguments::Push,
    options: &PushOptions,
) -> Result<Pushed, Error> {
    let shown = Shown::new(&context.output);
    let mut pushed = hub.push(Source::path(&arguments.input.file), options, shown.progress()).await?;
    pushed.checked.report.speak(arguments.input.telling.lang);
    Ok(pushed)
}

fn print(output: &Output, pushed: &mut Pushed, arguments: &arguments::Push) -> Result<(), Error> {
    if output.json {
        return print_json(output, pushed);
    }
    let summary = pushed.checked.report.summary();
    if summary.counts.total() > 0 {
        findings::print_checked(output, &mut pushed.checked, &arguments.input.telling)?;
    }
    print_contents(output, &pushed.checked)?;
    let Some(submission) = pushed.submission.clone() else {
        output.line("Nothing was sent. Correct the file and push it again.")?;
        if pushed.checked.contents.dataflows.len() > 1 {
            output.line("Or let `mighub push --split` make one submission of each dataflow.")?;
        }
        return Ok(());
    };
    let (totals, sent) = (&pushed.totals, &pushed.sent);
    output.line(format_args!(
        "submission {submission}: {} in {}; sent {} of them, {}",
        words::some(totals.observations, "observation"),
        words::some(totals.blocks.into(), "block"),
        sent.blocks,
        words::bytes(sent.bytes + sent.manifest_bytes),
    ))?;
    let book = pushed.checked.lane.as_ref().and_then(|lane| lane.book.clone());
    let lang = arguments.input.telling.lang;
    let wording = book.map_or_else(|| Wording::new(lang), |book| Wording::of_prepared(lang, &book));
    print_outcome(output, &pushed.outcome, &submission, (&arguments.input.telling, &wording))
}

fn print_outcome(
    output: &Output,
    outcome: &PushOutcome,
    submission: &str,
    told: (&arguments::Telling, &Wording),
) -> Result<(), Error> {
    match outcome {
        PushOutcome::NotSent => Ok(()),
        PushOutcome::Accepted { receipt, verdict } => {
            output.line(format_args!("Accepted at position {}.", receipt.body.position))?;
            print_receipt(output, receipt)?;
            print_findings(output, verdict, submission)
        }
        PushOutcome::Unchanged { receipt } => {
            output.line(format_args!(
                "Unchanged: the hub has exactly these figures since position {}.",
                receipt.body.position
            ))?;
            print_receipt(output, receipt)
        }
        PushOutcome::NeedsCorrection { verdict } => {
            output.line("Not accepted: the hub found errors.")?;
            print_groups(output, verdict, told)?;
            print_next(output, v1::SubmissionState::NeedsCorrection, submission)
        }
        PushOutcome::NeedsAnswer { verdict } => {
            output.line("Not in force yet: the hub found warnings.")?;
            print_groups(output, verdict, told)?;
            print_next(output, v1::SubmissionState::NeedsAnswer, submission)
        }
        PushOutcome::UnderReview { .. } => {
            output.line("Not in force yet: a reviewer must consent.")?;
            print_next(output, v1::SubmissionState::UnderReview, submission)
        }
        PushOutcome::Tested { verdict } => {
            let would = match verdict.state() {
                v1::SubmissionState::NeedsCorrection => "Tested: it would not be accepted.",
                v1::SubmissionState::NeedsAnswer => "Tested: it would want answers to warnings.",
                v1::SubmissionState::UnderReview => "Tested: a reviewer would have to consent.",
                _ => "Tested: it would be accepted.",
            };
            output.line(format_args!("{would} Nothing was stored."))?;
            if let Some(counts) = &verdict.observations {
                output.line(format_args!("observations: {}", words::changes(counts)))?;
            }
            print_groups(output, verdict, told)
        }
    }
}

fn print_receipt(output: &Output, receipt: &Receipt) -> Result<(), Error> {
    let body = &receipt.body;
    if let Some(counts) = &body.observations {
        output.line(format_args!("observations: {}", words::changes(counts)))?;
    }
    match &body.embargo_time {
        Some(time) => output.line(format_args!("under embargo until {}", words::time(time)))?,
        None => output.line("released at once")?,
    }
    output.line(format_args!("receipt: {}", receipt.path.display()))
}

fn print_findings(output: &Output, verdict: &v1::Verdict, submission: &str) -> Result<(), Error> {
    let counts = verdict.findings.unwrap_or_default();
    if counts.warnings + counts.notes == 0 {
        return Ok(());
    }
    output.line(format_args!(
        "the hub found {} and {}: see `mighub report {submission}`",
        words::some(counts.warnings, "warning"),
        words::some(counts.notes, "note")
    ))
}

fn print_groups(
    output: &Output,
    verdict: &v1::Verdict,
    (telling, wording): (&arguments::Telling, &Wording),
) -> Result<(), Error> {
    let mut summary = summary_of(verdict);
    wording.summary(&mut summary);
    if summary.groups.is_empty() {
        return Ok(());
    }
    let options = findings::options(output, telling);
    output.write(|mut out| write_text(&summary, std::iter::empty(), |_| None, &options, &mut out))
}

fn print_next(output: &Output, state: v1::SubmissionState, submission: &str) -> Result<(), Error> {
    match words::next_step(state, submission) {
        Some(next) => output.line(format_args!("Next: {next}.")),
        None => Ok(()),
    }
}

fn print_json(output: &Output, pushed: &mut Pushed) -> Result<(), Error> {
    let (outcome, verdict, receipt) = match &pushed.outcome {
        PushOutcome::NotSent => ("NOT_SENT", None, None),
        PushOutcome::Accepted { receipt, verdict } => ("ACCEPTED", Some(verdict), Some(receipt)),
        PushOutcome::Unchanged { receipt } => ("UNCHANGED", None, Some(receipt)),
        PushOutcome::NeedsCorrection { verdict } => ("NEEDS_CORRECTION", Some(verdict), None),
        PushOutcome::NeedsAnswer { verdict } => ("NEEDS_ANSWER", Some(verdict), None),
        PushOutcome::UnderReview { verdict } => ("UNDER_REVIEW", Some(verdict), None),
        PushOutcome::Tested { verdict } => ("TESTED", Some(verdict), None),
    };
    let lane = pushed.checked.lane.as_ref().map(|lane| &lane.lane);
    let embargo = pushed.header.as_ref().and_then(|header| header.embargo_time.as_ref());
    let mut value = json!({
        "outcome": outcome,
        "lane": json::lane(lane),
        "submission_id": pushed.submission,
        "rows": pushed.checked.contents.rows,
        "observations": pushed.totals.observations,
        "blocks": pushed.totals.blocks,
        "sent": {
            "blocks": pushed.sent.blocks,
            "bytes": pushed.sent.bytes,
            "manifest_bytes": pushed.sent.manifest_bytes,
        },
        "embargo_time": json::time(embargo),
        "verdict": json::verdict(verdict),
        "receipt": receipt.map(|receipt| json::receipt_body(&receipt.body)),
        "receipt_file": receipt.map(|receipt| &receipt.path),
    });
    value["check"] = findings::checked_json(&mut pushed.checked)?;
    output.json(&value)
}
