//! No deletion reaches further than it says; in SDMX-ML, and where SDMX-JSON or SDMX-CSV could do the same.

#[path = "ml_support/messages.rs"]
mod messages;
mod ml_support;

use messages::{dataset, json, message, refusal, taken};
use mighub_sdmx::data::CellProblem;
use ml_support::{definition, read};

#[test]
fn a_deletion_that_names_no_component_deletes_nothing() {
    let unknown = |row: u64, name: &str| vec![(row, name.to_owned(), CellProblem::UnknownInDeletion)];
    let observation = "<Obs TIME_PERIOD=\"2019\"/>";
    let of_json = r#"{"id":"FREQ","keyPosition":0,"values":[{"id":"A"}]},{"id":"REGION","keyPosition":1,"values":[{"id":"FRA"}]},{"id":"SEX","keyPosition":2,"values":[{"id":"F"}]}"#;
    let time = r#"{"id":"TIME_PERIOD","keyPosition":3,"values":[{"id":"2019"}]}"#;
    for (text, expected) in [
        (
            dataset("Delete", &format!("<Series FREQ=\"A\" REGION=\"FRA\" SEX=\"F\">{observation}</Series>")),
            unknown(1, "REGION"),
        ),
        (dataset("Delete", "<Series FREQ=\"A\" REGION=\"FRA\" SEX=\"F\"/>"), unknown(1, "REGION")),
        (
            dataset("Delete", "<Obs FREQ=\"A\" REGION=\"FRA\" SEX=\"F\" TIME_PERIOD=\"2019\"/>"),
            unknown(1, "REGION"),
        ),
        // Whose attribute is misspelled would lose the whole observation.
        (
            dataset("Delete", "<Obs FREQ=\"A\" AREA=\"FRA\" SEX=\"F\" TIME_PERIOD=\"2019\" OBS_STAT=\"-\"/>"),
            unknown(1, "OBS_STAT"),
        ),
        (dataset("Delete", "<Group FREQ=\"A\" REGION=\"FRA\" TITLE=\"-\"/>"), unknown(1, "REGION")),
        (
            dataset(
                "Delete",
                "<g:Series><g:SeriesKey><g:Value id=\"FREQ\" value=\"A\"/><g:Value id=\"REGION\" value=\"FRA\"/></g:SeriesKey></g:Series>",
            ),
            unknown(1, "REGION"),
        ),
        (
            message(
                "",
                "<m:DataSet s:structureRef=\"S\" s:action=\"Delete\" REGION=\"FRA\"><Series FREQ=\"A\"/></m:DataSet>",
            ),
            unknown(1, "REGION"),
        ),
        (
            json(
                "Delete",
                &format!(r#""dimensions":{{"series":[{of_json}],"observation":[{time}]}}"#),
                r#""series":{"0:0:0":{"observations":{"0":[]}}}"#,
            ),
            unknown(1, "REGION"),
        ),
        (
            json(
                "Delete",
                &format!(r#""dimensions":{{"dataSet":[{of_json}],"observation":[{time}]}}"#),
                r#""observations":{"0":[]}"#,
            ),
            unknown(1, "REGION"),
        ),
    ] {
        assert_eq!(taken(&text), (vec![], expected), "{text}");
    }
    // What is next to it is deleted as ever.
    let two = "<Series REGION=\"FRA\"/><Series AREA=\"FRA\"/>";
    assert_eq!(
        taken(&dataset("Delete", two)),
        (vec!["Delete .FRA.  - - - - - - -".to_owned()], unknown(1, "REGION"))
    );
    // Elsewhere it is a name of the sender's own.
    let own = "<Series FREQ=\"A\" AREA=\"FRA\" SEX=\"F\" OWN=\"x\"><Obs TIME_PERIOD=\"2019\" OBS_VALUE=\"1\"/></Series>";
    assert_eq!(taken(&dataset("Replace", own)).1, []);
    // SDMX-CSV has a column for each dimension, or no row is read.
    let csv = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REGION,SEX,TIME_PERIOD\ndataflow,TEST:FLOW(1.0.0),D,A,FRA,F,2019\n";
    let missing = CellProblem::MissingColumns { missing: "AREA".to_owned() };
    assert_eq!(taken(csv), (vec![], vec![(1, "STRUCTURE_ID".to_owned(), missing)]));
}

#[test]
fn a_deletion_of_nobody_knows_what_is_refused_where_it_stands() {
    let generic = |key: &str| format!("<g:Series><g:SeriesKey>{key}</g:SeriesKey></g:Series>");
    for (contents, expected) in [
        (generic("<g:Value id=\"AREA\"/>"), "<Value> has no value"),
        (generic("<g:Value id=\"AREA\">FRA</g:Value>"), "<Value> has no value"),
        (generic("<AREA>FRA</AREA>"), "what <AREA> in it is to say"),
        ("<Series><AREA>FRA</AREA></Series>".to_owned(), "what <AREA> in it is to say"),
        (
            "<Series AREA=\"FRA\"><Obs><TIME_PERIOD>2019</TIME_PERIOD></Obs></Series>".to_owned(),
            "what <TIME_PERIOD> in",
        ),
        (
            "<g:Series><g:Obs><g:ObsDimension>2019</g:ObsDimension></g:Obs></g:Series>".to_owned(),
            "<ObsDimension> has no value",
        ),
        (
            "<Series AREA=\"FRA\"><Metadata/><Obs TIME_PERIOD=\"2019\"/></Series>".to_owned(),
            "what <Metadata> in it is to say",
        ),
        ("<Serie AREA=\"FRA\"/>".to_owned(), "what <Serie> in it is to say"),
    ] {
        let error = refusal(&dataset("Delete", &contents));
        assert!(error.starts_with("line 2, column ") && error.contains(expected), "{contents}\n{error}");
        assert_eq!(refusal(&dataset("Replace", &format!("{contents}<Series/>"))), "", "{contents}");
    }
    let annotated = "<c:Annotations/><Series AREA=\"FRA\"><c:Annotations/><Obs TIME_PERIOD=\"2019\"><c:Annotations/></Obs></Series>";
    assert_eq!(taken(&dataset("Delete", annotated)).0, ["Delete .FRA. 2019 - - - - - - -"]);
}

#[test]
fn a_deletion_of_an_attribute_without_values_is_of_that_attribute_alone() {
    let note = "<Series AREA=\"FRA\"><Obs TIME_PERIOD=\"2019\"><Comp id=\"NOTE\"/></Obs></Series>";
    let (batches, _) = read(&definition(), dataset("Delete", note).as_bytes()).expect("readable");
    let note = batches[0].columns.observation_attributes[3].get(0).and_then(|value| value.as_text());
    assert_eq!(note, Some("-"), "else the whole observation is meant");
}
