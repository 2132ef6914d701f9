//! Nothing that a message says is lost without a word, in SDMX-ML and where SDMX-JSON could do the same.

#[path = "ml_support/messages.rs"]
mod messages;
mod ml_support;

use std::io::Cursor;

use messages::{dataset, json, message, refusal, taken};
use mighub_sdmx::data::{CellProblem, Notice, raw_count, reader};
use ml_support::{all_lines, definition, read};

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
        // It says more than the dataset does.
        (
            format!(
                "<Atts UNIT=\"D\"/><Group AREA=\"ESP\" UNIT=\"P\"/>{}{}",
                series("ESP", "F", &obs("2020")),
                series("FRA", "F", &obs("2020"))
            ),
            vec![line("A.ESP.F", "2020 1 - - - - P -"), line("A.FRA.F", "2020 1 - - - - D -")],
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
    let issue = &alone[0].issues[0];
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
