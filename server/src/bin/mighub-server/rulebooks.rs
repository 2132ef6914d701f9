//! `mighub-server rulebook`.

use std::fmt::Write;
use std::path::Path;

use data_encoding::HEXLOWER;
use mighub::v1;
use mighub_server::rpc::{Operator, OperatorError};
use mighub_validation::{RulebookError, read_source};
use serde_json::{Value, json};

use crate::arguments::{Rulebook, RulebookList, RulebookPut, RulebookTry};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn rulebook(dir: &Path, command: Rulebook, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let done = match command {
        Rulebook::Put(arguments) => put(&operator, &arguments, output).await,
        Rulebook::Try(arguments) => try_out(&operator, &arguments, output).await,
        Rulebook::List(arguments) => list(&operator, arguments, output).await,
    };
    operator.end().await;
    done
}

/// The bytes of a rulebook; one that names its scripts and parts as files is put together first.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    // What is wrong with any other form is for the hub to say.
    let Err(RulebookError::NotAssembled) = mighub_validation::Rulebook::read(&bytes) else {
        return Ok(bytes);
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let artefact = read_source(&name, &mut |part| std::fs::read_to_string(folder.join(part)));
    let artefact = artefact.map_err(|error| Failure::usage(error.to_string()))?;
    Ok(mighub_validation::Rulebook::of(artefact).canonical_bytes().to_vec())
}

async fn put(operator: &Operator, arguments: &RulebookPut, output: Output) -> Result<(), Failure> {
    for file in &arguments.files {
        let name = file.display().to_string();
        let request = v1::PutRulebookRequest { rulebook: read(file)?.into(), dry_run: arguments.dry_run };
        let answer = operator.structures().put_rulebook(request).await;
        let answer = answer.map_err(OperatorError::from)?.into_inner();
        let outcome = match (answer.problems.is_empty(), answer.position) {
            (false, _) => "refused",
            (true, Some(_)) => "takes effect",
            (true, None) if arguments.dry_run => "is sound",
            (true, None) => "is the present one already",
        };
        output.say(
            || format!("{name}: {} {outcome}\n{}", answer.dataflow, problems_text(&answer.problems)),
            || {
                json!({
                    "file": name,
                    "dataflow": answer.dataflow,
                    "digest": HEXLOWER.encode(&answer.digest),
                    "problems": problems_json(&answer.problems),
                    "position": answer.position,
                })
            },
        );
        if !answer.problems.is_empty() {
            return Err(Failure::refused(format!("{name}: not stored; correct it and send it again")));
        }
    }
    Ok(())
}

async fn try_out(operator: &Operator, arguments: &RulebookTry, output: Output) -> Result<(), Failure> {
    let name = arguments.file.display().to_string();
    let request = v1::TryRulebookRequest {
        rulebook: read(&arguments.file)?.into(),
        providers: arguments.providers.clone(),
    };
    let answers = operator.structures().try_rulebook(request).await;
    let mut answers = answers.map_err(OperatorError::from)?.into_inner();
    let mut lanes = 0;
    while let Some(answer) = answers.message().await.map_err(OperatorError::from)? {
        if !answer.problems.is_empty() {
            output.say(
                || format!("{name}:\n{}", problems_text(&answer.problems)),
                || json!({ "file": name, "problems": problems_json(&answer.problems) }),
            );
            return Err(Failure::refused(format!("{name}: correct it and try again")));
        }
        lanes += 1;
        output.say(|| lane_text(&answer), || lane_json(&answer));
    }
    if lanes == 0 {
        output.say(
            || format!("{name}: no lane of this dataflow holds anything"),
            || json!({ "file": name, "lanes": 0 }),
        );
    }
    Ok(())
}

async fn list(operator: &Operator, arguments: RulebookList, output: Output) -> Result<(), Failure> {
    let mut request =
        v1::ListRulebooksRequest { dataflow: arguments.dataflow.unwrap_or_default(), ..Default::default() };
    loop {
        let answer = operator.structures().list_rulebooks(request.clone()).await;
        let answer = answer.map_err(OperatorError::from)?.into_inner();
        for rulebook in &answer.rulebooks {
            let digest = HEXLOWER.encode(&rulebook.digest);
            output.say(
                || {
                    let since = match rulebook.position {
                        0 => "came with the program".to_owned(),
                        position => format!("since record {position}"),
                    };
                    format!(
                        "{:<32} {:<8} {:>3} rules  {since:<22} {digest}",
                        rulebook.dataflow, rulebook.version, rulebook.rules
                    )
                },
                || {
                    json!({
                        "dataflow": rulebook.dataflow,
                        "version": rulebook.version,
                        "rules": rulebook.rules,
                        "position": rulebook.position,
                        "digest": digest,
                    })
                },
            );
        }
        if answer.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = answer.next_page_token;
    }
}

fn problems_text(problems: &[v1::RulebookProblem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let place = match (problem.line, problem.column) {
            (0, _) => String::new(),
            (line, column) => format!(" {}:{line}:{column}", problem.script),
        };
        let rule = if problem.rule_id.is_empty() { "rulebook" } else { &problem.rule_id };
        let _ = writeln!(text, "  {rule}{place}: {}", problem.text.replace('\n', "\n    "));
        text
    })
}

fn problems_json(problems: &[v1::RulebookProblem]) -> Vec<Value> {
    let problem = |problem: &v1::RulebookProblem| {
        json!({
            "rule_id": problem.rule_id,
            "script": problem.script,
            "line": problem.line,
            "column": problem.column,
            "text": problem.text,
        })
    };
    problems.iter().map(problem).collect()
}

fn provider(answer: &v1::TryRulebookResponse) -> &str {
    answer.lane.as_ref().map_or("", |lane| &lane.provider)
}

fn lane_text(answer: &v1::TryRulebookResponse) -> String {
    let counts = answer.counts.unwrap_or_default();
    let mut text = format!(
        "{}: {} errors, {} warnings, {} notes\n",
        provider(answer),
        counts.errors,
        counts.warnings,
        counts.notes
    );
    for group in &answer.groups {
        let _ = writeln!(text, "  {:<10} {:>8}  {}", group.rule_id, group.count, group.title);
    }
    for rule in answer.rules.iter().filter(|rule| !rule.not_run.is_empty()) {
        let _ = writeln!(text, "  {:<10}  not run  {}", rule.rule_id, rule.not_run);
    }
    text
}

fn lane_json(answer: &v1::TryRulebookResponse) -> Value {
    let counts = answer.counts.unwrap_or_default();
    let group = |group: &v1::FindingGroup| json!({ "rule_id": group.rule_id, "title": group.title, "count": group.count });
    let rule = |rule: &v1::RuleCount| {
        json!({
            "rule_id": rule.rule_id,
            "items": rule.items,
            "passed": rule.passed,
            "failed": rule.failed,
            "undecided": rule.undecided,
            "not_run": rule.not_run,
        })
    };
    json!({
        "provider": provider(answer),
        "errors": counts.errors,
        "warnings": counts.warnings,
        "notes": counts.notes,
        "groups": answer.groups.iter().map(group).collect::<Vec<_>>(),
        "rules": answer.rules.iter().map(rule).collect::<Vec<_>>(),
    })
}
