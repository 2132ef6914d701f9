//! Messages of the dataflow, and what is said of them.

use mighub_sdmx::data::{CellIssue, CellProblem};

use crate::ml_support::{all_lines, definition, read};

const SCHEMAS: &str = "http://www.sdmx.org/resources/sdmxml/schemas";

/// A message with more in its header, and with datasets and what follows them.
pub(crate) fn message(header: &str, datasets: &str) -> String {
    format!(
        "<m:StructureSpecificData xmlns:m=\"{SCHEMAS}/v3_0/message\" xmlns:c=\"{SCHEMAS}/v3_0/common\" \
         xmlns:g=\"{SCHEMAS}/v2_1/data/generic\" xmlns:s=\"{SCHEMAS}/v3_0/data/structurespecific\" \
         xmlns:f=\"{SCHEMAS}/v3_0/message/footer\"><m:Header><m:ID>I1</m:ID><m:Test>false</m:Test>{header}\
         <m:Structure structureID=\"S\" dimensionAtObservation=\"TIME_PERIOD\"><c:StructureUsage>\
         urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:FLOW(1.0.0)</c:StructureUsage></m:Structure></m:Header>\n\
         {datasets}</m:StructureSpecificData>"
    )
}

/// A message of one dataset.
pub(crate) fn dataset(action: &str, contents: &str) -> String {
    message("", &format!("<m:DataSet s:structureRef=\"S\" s:action=\"{action}\">{contents}</m:DataSet>"))
}

/// A message of SDMX-JSON with one dataset.
#[allow(dead_code, reason = "not every test has messages of SDMX-JSON")]
pub(crate) fn json(action: &str, structure: &str, dataset: &str) -> String {
    format!(
        r#"{{"data":{{"structures":[{{"links":[{{"rel":"dataflow","urn":"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:FLOW(1.0.0)"}}],{structure}}}],
        "dataSets":[{{"action":"{action}",{dataset}}}]}}}}"#
    )
}

/// What is in a message, and what is wrong with it: row, column, problem.
#[allow(dead_code, reason = "not every test looks at contents")]
pub(crate) fn taken(text: &str) -> (Vec<String>, Vec<(u64, String, CellProblem)>) {
    let (batches, summary) =
        read(&definition(), text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let issues = batches.iter().flat_map(|batch| &batch.issues).chain(&summary.issues);
    let issue = |issue: &CellIssue| {
        (issue.row, summary.header.columns[issue.column].name.clone(), issue.problem.clone())
    };
    (all_lines(&batches), issues.map(issue).collect())
}

/// Why a message cannot be read; empty if it can.
pub(crate) fn refusal(text: &str) -> String {
    read(&definition(), text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
}
