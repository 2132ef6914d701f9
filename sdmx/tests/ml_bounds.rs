//! What a reader keeps of a message is bounded, and so is what it reports.

#[path = "ml_support/messages.rs"]
mod messages;
mod ml_support;

use std::io::Cursor;

use messages::{dataset, message, refusal};
use mighub_sdmx::data::{CellIssue, CellProblem, ReadSummary, RowBatch, raw_count, reader};
use ml_support::definition;

fn issues<'i>(batches: &'i [RowBatch], summary: &'i ReadSummary) -> Vec<&'i CellIssue> {
    batches.iter().flat_map(|batch| &batch.issues).chain(&summary.issues).collect()
}

/// What is in a message up to where it ends or cannot be read further.
fn drained(text: &str) -> (Vec<RowBatch>, ReadSummary) {
    let input = Cursor::new(text.as_bytes().to_vec());
    let mut reader = reader(input, |_: &str, _: &str| Some(definition())).expect("a message");
    let batches = std::iter::from_fn(|| reader.next_batch().ok().flatten()).collect();
    (batches, reader.finish())
}

#[test]
fn datasets_of_any_number_are_reported_within_bounds() {
    let without_structure = message("", &"<m:DataSet s:structureRef=\"X\"/>".repeat(10_000))
        .replace("</m:Structure></m:Header>", "</m:Structure><m:Structure structureID=\"T\"/></m:Header>");
    let (batches, summary) = drained(&without_structure);
    assert_eq!(issues(&batches, &summary).len(), 1);
    let unknown_actions = message("", &"<m:DataSet s:structureRef=\"S\" s:action=\"Remove\"/>".repeat(1_000));
    let (batches, summary) = drained(&unknown_actions);
    assert_eq!(summary.issues, [], "each is given out before the next is read");
    let problems: Vec<_> =
        issues(&batches, &summary).into_iter().map(|issue| (&issue.problem, &*issue.content)).collect();
    assert_eq!(problems, vec![(&CellProblem::UnknownAction, "Remove"); 1_000]);
}

#[test]
fn what_is_kept_of_a_message_is_bounded() {
    let language = "x".repeat(60_000);
    let values = format!("<Value xml:lang=\"{language}\">a</Value>").repeat(20);
    let error = refusal(&dataset("Merge", &format!("<Series><Comp id=\"TITLE\">{values}</Comp></Series>")));
    assert!(error.contains("a component with several values is larger than 1024 KiB"), "{error}");
    let texts = format!("<c:Text xml:lang=\"en\">{language}</c:Text>").repeat(20);
    let error = refusal(&dataset(
        "Merge",
        &format!("<Series><Comp id=\"TITLE\"><Value>{texts}</Value></Comp></Series>"),
    ));
    assert!(error.contains("a component with several values is larger than 1024 KiB"), "{error}");
    let of_dataset = format!("<Atts OWN=\"{}\"/>", "x".repeat(500_000)).repeat(40);
    let error = refusal(&dataset("Merge", &of_dataset));
    assert!(error.contains("what a dataset says of itself is larger than 16 MiB"), "{error}");
}

#[test]
fn headers_are_read_within_bounds_and_without_zones() {
    let structures = "<m:Structure structureID=\"T\"/>".repeat(1_024);
    let error = refusal(&message(&structures, "<m:DataSet/>"));
    assert!(error.contains("the list of structures in the header is larger than 1024 structures"), "{error}");
    for (prepared, expected) in [
        ("2026-11-25T12:30:00", "2026-11-25T12:30:00Z"),
        ("2026-11-25", "2026-11-25T00:00:00Z"),
        ("2026-11-25T12:30:00+02:00", "2026-11-25T10:30:00Z"),
    ] {
        let text = message(
            &format!("<m:Prepared>{prepared}</m:Prepared>"),
            "<m:DataSet s:structureRef=\"S\"><Series/></m:DataSet>",
        );
        let mut reader =
            reader(Cursor::new(text.into_bytes()), |_: &str, _: &str| Some(definition())).expect("a message");
        while reader.next_batch().expect("readable").is_some() {}
        let said = reader.message().map(|message| message.header.prepared.to_string());
        assert_eq!(said.as_deref(), Some(expected));
    }
}

#[test]
fn what_follows_the_end_of_a_message_is_no_part_of_it() {
    let whole = dataset("Merge", "<Series A=\"1\"><Obs TIME_PERIOD=\"2020\"/></Series>");
    let twice = format!("{whole}{whole}");
    let error = raw_count(Cursor::new(&twice)).expect_err("two messages").to_string();
    assert!(error.contains("something follows the end of the message"), "{error}");
    let spaced = format!("{whole}\n<!-- the end -->\n");
    assert_eq!(raw_count(Cursor::new(&spaced)).expect("a message").observations, 1);
}
