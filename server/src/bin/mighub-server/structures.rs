//! `mighub-server structure`.

use std::path::Path;

use mighub::v1;
use mighub_server::rpc::Operator;
use serde_json::json;

use crate::arguments::{Structure, StructurePut};
use crate::failure::Failure;
use crate::output::Output;

const MEDIA_TYPE: &str = "application/vnd.sdmx.structure+json;version=2.0.0";

pub(crate) async fn structure(dir: &Path, command: Structure, output: Output) -> Result<(), Failure> {
    let Structure::Put(arguments) = command;
    let operator = Operator::connect(dir).await?;
    let done = put(&operator, &arguments, output).await;
    operator.end().await;
    done
}

async fn put(operator: &Operator, arguments: &StructurePut, output: Output) -> Result<(), Failure> {
    for file in &arguments.files {
        let name = file.display().to_string();
        let message = std::fs::read(file).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        let request = v1::PutStructuresRequest {
            message: message.into(),
            media_type: MEDIA_TYPE.to_owned(),
            dry_run: arguments.dry_run,
        };
        let answer = operator.structures().put_structures(request).await;
        let answer = answer.map_err(mighub_server::rpc::OperatorError::from)?.into_inner();
        output.say(|| text(&name, &answer), || of_answer(&name, &answer));
        if !answer.problems.is_empty() {
            return Err(Failure::refused(format!(
                "{name}: nothing of it was stored; correct it and send it again"
            )));
        }
    }
    Ok(())
}

fn text(file: &str, answer: &v1::PutStructuresResponse) -> String {
    let mut text = format!("{file}:\n");
    for artefact in &answer.artefacts {
        text += &format!("  {:<9} {}\n", change(artefact), artefact.urn);
    }
    for problem in &answer.problems {
        text += &format!("  {}: {} ({})\n", problem.artefact, problem.text, reason(problem));
    }
    text
}

fn of_answer(file: &str, answer: &v1::PutStructuresResponse) -> serde_json::Value {
    let artefact = |artefact: &v1::ArtefactResult| json!({ "urn": artefact.urn, "change": change(artefact) });
    let problem = |problem: &v1::StructureProblem| json!({ "artefact": problem.artefact, "reason": reason(problem), "text": problem.text });
    json!({
        "file": file,
        "artefacts": answer.artefacts.iter().map(artefact).collect::<Vec<_>>(),
        "problems": answer.problems.iter().map(problem).collect::<Vec<_>>(),
        "position": answer.position,
    })
}

fn change(artefact: &v1::ArtefactResult) -> String {
    artefact.change().as_str_name().trim_start_matches("ARTEFACT_CHANGE_").to_ascii_lowercase()
}

fn reason(problem: &v1::StructureProblem) -> String {
    problem.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_owned()
}
