//! Nothing that a message says is lost without a word, and no deletion reaches further than it says; in SDMX-ML, and
//! where SDMX-JSON or SDMX-CSV could do the same.

mod ml_support;

use std::io::Cursor;

use mighub_sdmx::data::{CellIssue, CellProblem, Notice, ReadSummary, RowBatch, raw_count, reader};
use ml_support::{all_lines, definition, read};

const SCHEMAS: &str = "http://www.sdmx.org/resources/sdmxml/schemas";

/// A message with more in its header, and with datasets and what follows them.
fn message(header: &str, datasets: &str) -> String {
    format!(
        "<m:StructureSpecificData xmlns:m=\"{SCHEMAS}/v3_0/message\" xmlns:c=\"{SCHEMAS}/v3_0/common\" \
         xmlns:g=\"{SCHEMAS}/v2_1/data/generic\" xmlns:s=\"{SCHEMAS}/v3_0/data/structurespecific\" \
         xmlns:f=\"{SCHEMAS}/v3_0/message/footer\"><m:Header><m:ID>I1</m:ID><m:Test>false</m:Test>{header}\
         <m:Structure structureID=\"S\" dimensionAtObservation=\"TIME_PERIOD\"><c:StructureUsage>\
         urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:FLOW(1.0.0)</c:StructureUsage></m:Structure></m:Header>\n\
         {datasets}</m:StructureSpecificData>"
    )
}

fn dataset(action: &str, contents: &str) -> String {
    message("", &format!("<m:DataSet s:structureRef=\"S\" s:action=\"{action}\">{contents}</m:DataSet>"))
}

fn json(action: &str, structure: &str, dataset: &str) -> String {
    format!(
        r#"{{"data":{{"structures":[{{"links":[{{"rel":"dataflow","urn":"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:FLOW(1.0.0)"}}],{structure}}}],
        "dataSets":[{{"action":"{action}",{dataset}}}]}}}}"#
    )
}

/// What is in a message, and what is wrong with it: row, column, problem.
fn taken(text: &str) -> (Vec<String>, Vec<(u64, String, CellProblem)>) {
    let (batches, summary) =
        read(&definition(), text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let issues = issues(&batches, &summary);
    let issue = |issue: &CellIssue| {
        (issue.row, summary.header.columns[issue.column].name.clone(), issue.problem.clone())
    };
    (all_lines(&batches), issues.into_iter().map(issue).collect())
}

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

fn refusal(text: &str) -> String {
    read(&definition(), text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
}

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

#[test]
fn values_of_no_component_are_refused() {
    for (contents, expected) in [
        (
            "<g:Series><g:SeriesKey><g:Value value=\"A\"/></g:SeriesKey></g:Series>",
            "<Value> names no component",
        ),
        ("<Series><Comp><Value>x</Value></Comp></Series>", "<Comp> names no component"),
        ("<Series><Comp id=\"\"><Value>x</Value></Comp></Series>", "<Comp> names no component"),
    ] {
        let error = refusal(&dataset("Merge", contents));
        assert!(error.contains(expected) && error.contains("write it as"), "{contents}\n{error}");
    }
}

#[test]
fn groups_reach_their_series_or_are_reported() {
    let series = |area: &str, sex: &str, rest: &str| {
        format!("<Series FREQ=\"A\" AREA=\"{area}\" SEX=\"{sex}\">{rest}</Series>")
    };
    let obs = |year: &str| format!("<Obs TIME_PERIOD=\"{year}\" OBS_VALUE=\"1\"/>");
    let line = |key: &str, rest: &str| format!("Replace {key} {rest}");
    let lost = |row: u64, column: &str| vec![(row, column.to_owned(), CellProblem::GroupWithoutSeries)];
    for (contents, lines, issues) in [
        // Two groups, and a series of one of them.
        (
            format!(
                "<Group AREA=\"ESP\" UNIT=\"P\"/><Group AREA=\"FRA\" UNIT=\"Q\" TITLE=\"T\"/>{}",
                series("ESP", "F", &obs("2020"))
            ),
            vec![line("A.ESP.F", "2020 1 - - - - P -")],
            lost(2, "UNIT"),
        ),
        // Without observations the series will do.
        (
            format!("<Group AREA=\"ESP\" UNIT=\"P\"/>{}", series("ESP", "F", "")),
            vec![line("A.ESP.F", " - - - - - P -")],
            vec![],
        ),
        // A group that names every dimension needs no series.
        (
            "<Group FREQ=\"A\" AREA=\"ESP\" SEX=\"F\" UNIT=\"P\"/>".to_owned(),
            vec![line("A.ESP.F", " - - - - - P -")],
            vec![],
        ),
        // But the series has it if it comes.
        (
            format!("<Group FREQ=\"A\" AREA=\"ESP\" SEX=\"F\" UNIT=\"P\"/>{}", series("ESP", "F", &obs("2020"))),
            vec![line("A.ESP.F", "2020 1 - - - - P -")],
            vec![],
        ),
        // Behind its series it comes too late.
        (
            format!("{}<Group AREA=\"ESP\" UNIT=\"P\"/>", series("ESP", "F", &obs("2020"))),
            vec![line("A.ESP.F", "2020 1 - - - - - -")],
            lost(2, "UNIT"),
        ),
        // A dimension of the group may stand with observations.
        (
            "<Group SEX=\"F\" UNIT=\"P\"/><Series FREQ=\"A\" AREA=\"ESP\" TIME_PERIOD=\"2020\"><Obs SEX=\"F\" OBS_VALUE=\"1\"/><Obs SEX=\"M\" OBS_VALUE=\"2\"/></Series>"
                .to_owned(),
            vec![line("A.ESP.F", "2020 1 - - - - P -"), line("A.ESP.M", "2020 2 - - - - - -")],
            vec![],
        ),
        // So may the period: what holds for one does not hold for all.
        (
            format!(
                "<Atts AREA=\"ESP\" TIME_PERIOD=\"2020\" COMMENT=\"c\"/>{}",
                series("ESP", "F", &(obs("2019") + &obs("2020") + &obs("2021")))
            ),
            vec![
                line("A.ESP.F", "2019 1 - - - - - -"),
                line("A.ESP.F", "2020 1 - c - - - -"),
                line("A.ESP.F", "2021 1 - - - - - -"),
            ],
            vec![],
        ),
        // A group that says nothing loses nothing.
        (
            format!("<Group AREA=\"FRA\"/><Group AREA=\"FRA\" OWN=\"x\"/>{}", series("ESP", "F", &obs("2020"))),
            vec![line("A.ESP.F", "2020 1 - - - - - -")],
            vec![],
        ),
    ] {
        assert_eq!(taken(&dataset("Replace", &contents)), (lines, issues), "{contents}");
    }
    let (alone, summary) =
        read(&definition(), dataset("Merge", "<Group AREA=\"ESP\" UNIT=\"P\"/>").as_bytes())
            .expect("readable");
    assert_eq!((summary.rows, summary.rows_left_out), (1, 1));
    let issue = issues(&alone, &summary)[0];
    let text = dataset("Merge", "<Group AREA=\"ESP\" UNIT=\"P\"/>");
    let place =
        summary.places.locate(&mut Cursor::new(text.as_bytes()), issue.row, issue.column).expect("readable");
    assert_eq!(place.map(|place| (place.line, place.content)), Some((2, "P".to_owned())));
}

#[test]
fn groups_of_json_that_name_every_dimension_are_about_their_series() {
    let dimensions = r#""dimensions":{"observation":[{"id":"FREQ","values":[{"id":"A"}]},{"id":"AREA","values":[{"id":"ESP"}]},{"id":"SEX","values":[{"id":"F"}]},{"id":"TIME_PERIOD","values":[{"id":"2019"}]}]},"attributes":{"dimensionGroup":[{"id":"UNIT"}]}"#;
    let group = |key: &str| {
        taken(&json(
            "Replace",
            dimensions,
            &format!(r#""dimensionGroupAttributes":{{"{key}":["P"]}},"observations":{{}}"#),
        ))
    };
    assert_eq!(group("0:0:0:"), (vec!["Replace A.ESP.F  - - - - - P -".to_owned()], vec![]));
    assert_eq!(group(":0::"), (vec![], vec![(1, "UNIT".to_owned(), CellProblem::GroupWithoutSeries)]));
}

#[test]
fn a_component_that_is_given_twice_is_reported() {
    let twice = |row: u64, column: &str| vec![(row, column.to_owned(), CellProblem::RepeatedComponent)];
    let obs = "<Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"/>";
    let generic = |key: &str, rest: &str| {
        format!(
            "<g:Series><g:SeriesKey><g:Value id=\"FREQ\" value=\"A\"/><g:Value id=\"AREA\" value=\"ESP\"/><g:Value id=\"SEX\" value=\"F\"/>{key}</g:SeriesKey>\
             <g:Obs><g:ObsDimension value=\"2020\"/><g:ObsValue value=\"1\"/>{rest}</g:Obs></g:Series>"
        )
    };
    for (contents, expected) in [
        (generic("<g:Value id=\"AREA\" value=\"FRA\"/>", ""), twice(1, "AREA")),
        (generic("<g:Value id=\"AREA\" value=\"ESP\"/>", ""), vec![]),
        (generic("", "<g:ObsValue value=\"2\"/>"), twice(1, "OBS_VALUE")),
        (generic("", "<g:ObsValue value=\"\"/>"), twice(1, "OBS_VALUE")),
        (generic("", "<g:ObsValue value=\"1\"/>"), vec![]),
        (
            format!("<Series FREQ=\"A\" Area=\"FRA\" AREA=\"ESP\" SEX=\"F\">{obs}{obs}</Series>"),
            twice(1, "AREA"),
        ),
        (
            format!(
                "<Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">{obs}<Obs TIME_PERIOD=\"2021\" OBS_VALUE=\"1\" obs_value=\"2\"/></Series>"
            ),
            twice(2, "OBS_VALUE"),
        ),
        (
            format!(
                "<Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\" TITLE=\"x\"><Comp id=\"TITLE\"><Value>y</Value></Comp>{obs}</Series>"
            ),
            twice(1, "TITLE"),
        ),
        (
            format!(
                "<Group AREA=\"ESP\" UNIT=\"P\" unit=\"Q\"/><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">{obs}</Series>"
            ),
            twice(1, "UNIT"),
        ),
        // Two groups with one key.
        (
            format!(
                "<Group AREA=\"ESP\" UNIT=\"P\"/><Group AREA=\"ESP\" UNIT=\"Q\"/><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">{obs}</Series>"
            ),
            twice(2, "UNIT"),
        ),
        // Two groups of one series.
        (
            format!(
                "<Group AREA=\"ESP\" UNIT=\"P\"/><Group SEX=\"F\" UNIT=\"Q\"/><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">{obs}</Series>"
            ),
            twice(3, "UNIT"),
        ),
        // The series itself may say otherwise than its group.
        (
            format!(
                "<Group AREA=\"ESP\" UNIT=\"P\"/><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\" UNIT=\"Q\">{obs}</Series>"
            ),
            vec![],
        ),
    ] {
        assert_eq!(taken(&dataset("Replace", &contents)).1, expected, "{contents}");
    }
    let key = "<Group AREA=\"ESP\" area=\"FRA\" TITLE=\"-\"/>";
    assert_eq!(taken(&dataset("Delete", key)).1, twice(1, "AREA"));
    let listed = r#""dimensions":{"series":[{"id":"FREQ","values":[{"id":"A"}]},{"id":"AREA","values":[{"id":"ESP"}]},{"id":"AREA","values":[{"id":"FRA"}]},{"id":"SEX","values":[{"id":"F"}]}],"observation":[{"id":"TIME_PERIOD","values":[{"id":"2019"}]}]}"#;
    let text = json("Replace", listed, r#""series":{"0:0:0:0":{"observations":{"0":[1]}}}"#);
    assert_eq!(taken(&text).1, twice(1, "AREA"));
}

#[test]
fn a_message_that_says_it_was_cut_is_not_taken_for_whole() {
    let footer = |messages: &str| {
        let data = "<m:DataSet s:structureRef=\"S\" s:action=\"Replace\"><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\"><Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"/></Series></m:DataSet>";
        message("", &format!("{data}\n<f:Footer>{messages}</f:Footer>"))
    };
    let text =
        |text: &str| format!("<c:Text xml:lang=\"en\">{text}</c:Text><c:Text xml:lang=\"fr\">Coupé</c:Text>");
    let errors = r#"{"errors":[{"code":510,"title":"Cut"}],"data":{"structures":[],"dataSets":[]}}"#;
    for (message, expected) in [
        (
            footer(&format!(
                "<f:Message code=\"510\" severity=\"Error\">{}</f:Message>",
                text("Cut at 10,000")
            )),
            "with error 510 Cut at 10,000: ask",
        ),
        (footer("<f:Message code=\"130\"/>"), "with error 130: ask"),
        (
            footer(&format!(
                "<f:Message code=\"7\" severity=\"Information\"/>{}",
                "<f:Message severity=\"Error\" code=\"x\"/>".repeat(40)
            )),
            "with error x: ask",
        ),
        (
            footer(
                &("<f:Message code=\"1\" severity=\"Warning\"/>".repeat(40)
                    + "<f:Message code=\"510\" severity=\"Error\"/>"),
            ),
            "with error 510: ask",
        ),
        (errors.to_owned(), "with error 510 Cut: ask"),
    ] {
        let error = refusal(&message);
        assert!(
            error.contains("the message says that it is not whole") && error.contains(expected),
            "{message}\n{error}"
        );
        // What is there can be read and counted all the same.
        assert!(raw_count(Cursor::new(message.as_bytes())).is_ok(), "{message}");
    }
    let warned =
        footer(&format!("<f:Message code=\"1001\" severity=\"Warning\">{}</f:Message>", text("Provisional")));
    let resolve = |_: &str, _: &str| Some(definition());
    let mut reader = reader(Cursor::new(warned.into_bytes()), resolve).expect("a message");
    while reader.next_batch().expect("a warning ends no reading").is_some() {}
    let notice = Notice { is_error: false, code: "1001".to_owned(), text: "Provisional".to_owned() };
    assert_eq!(reader.message().map(|message| message.notices.clone()), Some(vec![notice]));
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
fn an_action_of_the_header_that_is_none_is_reported() {
    let of = |action: &str, own: &str| {
        let data = format!(
            "<m:DataSet s:structureRef=\"S\"{own}><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\"><Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"/></Series></m:DataSet>"
        );
        taken(&message(&format!("<m:DataSetAction>{action}</m:DataSetAction>"), &data))
    };
    let (lines, issues) = of("Remove", "");
    assert_eq!(lines, ["Merge A.ESP.F 2020 1 - - - - - -"]);
    assert_eq!(issues, [(1, "ACTION".to_owned(), CellProblem::UnknownAction)]);
    assert_eq!(
        of("Remove", " s:action=\"Replace\""),
        (vec!["Replace A.ESP.F 2020 1 - - - - - -".to_owned()], vec![])
    );
    assert_eq!(of("Delete", "").0, ["Delete A.ESP.F 2020 0 - - - - - -"]);
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
fn components_may_be_called_as_columns_of_csv_are() {
    let text = dataset(
        "Replace",
        "<Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\" ACTION=\"D\" STRUCTURE_ID=\"x\"><Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"/></Series>",
    );
    let (batches, summary) = read(&definition(), text.as_bytes()).expect("readable");
    assert_eq!(all_lines(&batches), ["Replace A.ESP.F 2020 1 - - - - - -"]);
    assert_eq!(summary.header.foreign(&definition()), ["ACTION", "STRUCTURE_ID"]);
}

#[test]
fn figures_of_a_second_provider_are_not_taken_for_those_of_the_first() {
    let urn =
        |id: &str| format!("urn:sdmx:org.sdmx.infomodel.base.DataProvider=TEST:DATA_PROVIDERS(1.0).{id}");
    let reference =
        |id: &str| format!("<Ref agencyID=\"TEST\" maintainableParentID=\"DATA_PROVIDERS\" id=\"{id}\"/>");
    let of = |named: &[String]| {
        let dataset = |named: &String| {
            let named = if named.is_empty() {
                String::new()
            } else {
                format!("<DataProvider>{named}</DataProvider>")
            };
            format!(
                "<m:DataSet s:structureRef=\"S\" s:action=\"Replace\">{named}<Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\"><Obs TIME_PERIOD=\"2020\"/></Series></m:DataSet>"
            )
        };
        taken(&message("", &named.iter().map(dataset).collect::<String>())).1
    };
    let second = |row: u64| vec![(row, "STRUCTURE_ID".to_owned(), CellProblem::SeveralProviders)];
    assert_eq!(of(&[urn("SWE"), format!("<URN>{}</URN>", urn("SWE")), reference("SWE"), String::new()]), []);
    assert_eq!(of(&[String::new(), urn("SWE"), reference("NOR")]), second(3));
    assert_eq!(of(&[reference("SWE"), format!("<URN>{}</URN>", urn("NOR"))]), second(2));
    let dimensions = r#""dimensions":{"observation":[{"id":"FREQ","values":[{"id":"A"}]},{"id":"AREA","values":[{"id":"ESP"}]},{"id":"SEX","values":[{"id":"F"}]},{"id":"TIME_PERIOD","values":[{"id":"2019"}]}]}"#;
    let link = |id: &str| {
        format!(r#""links":[{{"rel":"dataprovider","urn":"{}"}}],"observations":{{"0:0:0:0":[]}}"#, urn(id))
    };
    let text = |two: &str| {
        json("Replace", dimensions, &format!(r#"{}}},{{"action":"Replace",{}"#, link("SWE"), link(two)))
    };
    assert_eq!(taken(&text("SWE")).1, []);
    assert_eq!(taken(&text("NOR")).1, second(2));
}

#[test]
fn datasets_act_one_after_the_other() {
    let row =
        "<Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\"><Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"#\"/></Series>";
    let datasets: String = ["Append", "Delete", "Replace", "Delete", "Append", "Append"]
        .iter()
        .enumerate()
        .map(|(value, action)| {
            let row = row.replace('#', &value.to_string());
            format!("<m:DataSet s:structureRef=\"S\" s:action=\"{action}\">{row}</m:DataSet>")
        })
        .collect();
    let line = |action: &str, value: u8| format!("{action} A.ESP.F 2020 {value} - - - - - -");
    let lines = [
        line("Merge", 0),
        line("Delete", 0),
        line("Replace", 2),
        line("Delete", 0),
        line("Merge", 4),
        line("Merge", 5),
    ];
    assert_eq!(taken(&message("", &datasets)), (lines.to_vec(), vec![]));
}
