//! SDMX-JSON data as others write it: what is read of it, what is counted, and what is said of broken messages.

mod json_definition;

use std::io::Cursor;

use json_definition::{DATAFLOW, definition};
use mighub_sdmx::columns::{AttributeValue, Columns};
use mighub_sdmx::data::{CellProblem, DataFormat, JsonVersion, RowBatch, raw_count, reader};

/// Components as a message lists them.
const FREQ: &str =
    r#"{"id":"FREQ","keyPosition":0,"values":[{"id":"A","name":"Annual"},{"id":"Q","name":"Quarterly"}]}"#;
const AREA: &str =
    r#"{"id":"AREA","keyPosition":1,"values":[{"id":"FRA","name":"France"},{"id":"ESP","name":"Spain"}]}"#;
const SEX: &str =
    r#"{"id":"SEX","keyPosition":2,"values":[{"id":"F","name":"Female"},{"id":"M","name":"Male"}]}"#;
const TIME: &str =
    r#"{"id":"TIME_PERIOD","keyPosition":3,"values":[{"id":"2019","name":"2019"},{"value":"2020-Q3"}]}"#;
const STATUS: &str = r#"{"id":"OBS_STATUS","name":"Status","values":[{"id":"A","name":"Normal"},{"id":"E","name":"Estimated"}]}"#;
const LINKS: &str =
    r#"[{"rel":"dataflow","urn":"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=TEST:ARRIVALS(1.0.0)"}]"#;
const MEASURES: &str =
    r#"{"observation":[{"id":"OBS_VALUE","name":"Persons"},{"id":"UPPER","name":"Upper bound"}]}"#;

fn filled(template: &str) -> String {
    let parts = [("FREQ", FREQ), ("AREA", AREA), ("SEX", SEX), ("TIME", TIME), ("STATUS", STATUS)];
    let parts = parts.into_iter().chain([("LINKS", LINKS), ("MEASURES", MEASURES)]);
    parts.fold(template.to_owned(), |text, (name, part)| text.replace(&format!("<{name}>"), part))
}

fn read(message: &str) -> Result<Vec<RowBatch>, String> {
    let resolve = |kind: &str, id: &str| ((kind, id) == ("dataflow", DATAFLOW)).then(definition);
    let mut reader = reader(Cursor::new(message.as_bytes()), resolve).map_err(|error| error.to_string())?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(|error| error.to_string())? {
        assert!(batch.columns.check());
        batches.push(batch);
    }
    Ok(batches)
}

fn lines(columns: &Columns) -> Vec<String> {
    let mut lines = Vec::new();
    for series in 0..columns.series_count() {
        for place in columns.observations(series) {
            let value = columns.value(place).map_or_else(|| "-".to_owned(), |value| value.to_string());
            let mut line = format!("{} {} {value}", columns.key(series), columns.periods[place]);
            let of_series = columns.shape.series_attributes.iter().zip(&columns.series_attributes);
            let of_observation =
                columns.shape.observation_attributes.iter().zip(&columns.observation_attributes);
            let values = of_series.map(|(id, column)| (id, column.get(series)));
            for (id, value) in values.chain(of_observation.map(|(id, column)| (id, column.get(place)))) {
                match value {
                    Some(AttributeValue::Text(text)) => line.push_str(&format!(" {id}={text}")),
                    Some(AttributeValue::Many(sets)) => {
                        let parts = sets.iter().flatten();
                        let parts: Vec<_> =
                            parts.map(|part| format!("{}:{}", part.language, part.text)).collect();
                        line.push_str(&format!(" {id}={}", parts.join("|")));
                    }
                    None => {}
                }
            }
            lines.push(line);
        }
    }
    lines
}

fn all_lines(message: &str) -> Vec<String> {
    let message = filled(message);
    let batches = read(&message).expect("a message that can be read");
    assert!(batches.iter().all(|batch| batch.issues.is_empty()), "{batches:?}");
    let of_batch = |batch: &RowBatch| {
        lines(&batch.columns)
            .into_iter()
            .map(|line| format!("{} {line}", batch.action.letter()))
            .collect::<Vec<_>>()
    };
    batches.iter().flat_map(of_batch).collect()
}

#[test]
fn members_may_come_in_any_order() {
    let message = r#"{"data":{"dataSets":[{"series":{
          "0:1:0":{"observations":{"0":[1.50,null,1],"1":[2]},"attributes":[3]},
          "1:0:1":{"annotations":[0],"attributes":[null],"observations":{"1":["7",8.0]}}},
        "action":"Replace","structure":1}],
      "structures":[{"dimensions":{}},{"attributes":{"observation":[<STATUS>],"series":[{"id":"UNIT_MULT"}]},"measures":<MEASURES>,
        "dimensions":{"observation":[<TIME>],"series":[<FREQ>,<AREA>,<SEX>]},"links":<LINKS>}]},"meta":{"id":"M"}}"#;
    assert_eq!(
        all_lines(message),
        [
            "R A.ESP.F 2019 1.50 UNIT_MULT=3 OBS_STATUS=E",
            "R A.ESP.F 2020-Q3 2 UNIT_MULT=3",
            "R Q.FRA.M 2020-Q3 7 UPPER=8.0",
        ]
    );
}

#[test]
fn values_are_indexes_or_stand_for_themselves() {
    let message = r#"{"data":{"structures":[{"links":<LINKS>,"measures":<MEASURES>,
        "dimensions":{"dataSet":[{"id":"FREQ","keyPosition":0,"values":[{"id":"A"}]}],"series":[],"observation":[<AREA>,<SEX>,<TIME>]},
        "attributes":{"observation":[<STATUS>,{"id":"FLAGS","values":[{"id":"A"},null,{"id":"P"},{"values":["A","E"]}]},{"id":"NOTE"},{"id":"SOURCE","default":"census"},
          {"id":"UNIT_MULT","values":[{"value":3},{"value":6}]}]}}],
      "dataSets":[{"links":<LINKS>,"action":"Merge","observations":{
        "0:0:0":[12345678901234.50,null,0,[0,2],{"en":"Note","fr":"Remarque"},"register",1],
        "0:0:1":["1e2"],
        "0:1:0":[3,4,"E",3,[{"en":"One"},{"en":"Two","fr":"Deux"}],null],
        "1:1:0":[-0.0,null,null,1,"plain"],
        "1:0:0":[],
        "1:0:1":null}}]}}"#;
    let message = filled(message);
    let batches = read(&message).expect("a message");
    assert_eq!(
        lines(&batches[0].columns),
        [
            "A.FRA.F 2019 12345678901234.50 UNIT_MULT=6 OBS_STATUS=A FLAGS=:A|:P NOTE=en:Note|fr:Remarque SOURCE=register",
            "A.FRA.F 2020-Q3 - SOURCE=census",
            "A.FRA.M 2019 3 UPPER=4 OBS_STATUS=E FLAGS=:A|:E NOTE=en:One|en:Two|fr:Deux",
            "A.ESP.M 2019 0.0 NOTE=plain SOURCE=census",
            "A.ESP.F 2019 - SOURCE=census",
            "A.ESP.F 2020-Q3 - SOURCE=census",
        ]
    );
    let problems: Vec<_> = batches[0].issues.iter().map(|issue| (issue.row, &issue.content)).collect();
    assert_eq!(problems, [(2, &"1e2".to_owned())]);
}

#[test]
fn what_groups_say_holds_for_their_series() {
    let message = r#"{"data":{"structures":[{"links":<LINKS>,"dimensions":{"series":[<FREQ>,<AREA>,<SEX>],"observation":[<TIME>]},
        "attributes":{"dimensionGroup":[{"id":"CONTACT"}],"series":[{"id":"UNIT_MULT","values":[{"value":"3"}],"default":"0"}]}}],
      "dataSets":[{"series":{"0:0:0":{"observations":{"0":[1]}},"1:0:0":{"attributes":[0],"observations":{"0":[2]}},"0:1:0":{"attributes":[null],"observations":{"0":[3]}}},
        "dimensionGroupAttributes":{":0:0:":[["a@x","b@x"]],":1:0:":["c@x"]}}]}}"#;
    assert_eq!(
        all_lines(message),
        [
            "M A.FRA.F 2019 1 UNIT_MULT=0 CONTACT=:a@x|:b@x",
            "M Q.FRA.F 2019 2 UNIT_MULT=3 CONTACT=:a@x|:b@x",
            "M A.ESP.F 2019 3 CONTACT=c@x",
        ]
    );
}

#[test]
fn datasets_delete_and_replace_one_after_the_other() {
    let message = r#"{"data":{"structures":[{"links":<LINKS>,"dimensions":{"observation":[<FREQ>,<AREA>,<SEX>,<TIME>]},"attributes":{"observation":[<STATUS>,{"id":"SOURCE","default":"census"}]}}],
      "dataSets":[{"action":"Delete","observations":{"0:1::":[null],"0:0:0:0":[null,0]}},{"action":"Replace","observations":{"0:0:0:0":[5,0,"x"]}}]}}"#;
    assert_eq!(
        all_lines(message),
        ["D A.ESP.  -", "D A.FRA.F 2019 - OBS_STATUS=A", "R A.FRA.F 2019 5 OBS_STATUS=A SOURCE=x"]
    );
}

#[test]
fn messages_of_before_2_0_are_read() {
    let structure = r#"{"links":<LINKS>,"dimensions":{"dataSet":[{"id":"FREQ","keyPosition":0,"values":[{"id":"A","name":"Annual"}]}],"series":[<SEX>,<AREA>],"observation":[<TIME>]},
        "attributes":{"dataSet":[{"id":"TITLE","values":[{"name":"Arrivals"}]}],"series":[{"id":"CONTACT","values":[{"name":"a@x","names":{"en":"a@x"}}]}],"observation":[<STATUS>]}}"#;
    let datasets = r#"[{"action":"Information","attributes":[0],"series":{"1:0":{"attributes":[0],"observations":{"0":[1.0,1]}},"0:1":{}}}]"#;
    for message in [
        format!(
            r#"{{"header":{{"id":"H","sender":{{"id":"X"}}}},"structure":{structure},"dataSets":{datasets}}}"#
        ),
        format!(
            r#"{{"meta":{{"id":"H","sender":{{"id":"X"}}}},"data":{{"dataSets":{datasets},"structure":{structure}}}}}"#
        ),
    ] {
        let message = filled(&message);
        let batches = read(&message).expect("a message");
        assert_eq!(lines(&batches[0].columns), ["A.FRA.M 2019 1.0 CONTACT=en:a@x OBS_STATUS=E"]);
        assert_eq!(batches[0].dataset_attributes, [("TITLE".into(), Some(AttributeValue::text("Arrivals")))]);
        let count = raw_count(Cursor::new(message)).expect("a message");
        assert_eq!(count.format, DataFormat::Json(JsonVersion::V1_0));
        assert_eq!((count.datasets, count.series, count.observations), (1, 2, 1));
    }
}

#[test]
fn what_no_list_has_is_reported_where_it_stands() {
    let message = filled(
        r#"{"data":{"structures":[{"links":<LINKS>,"dimensions":{"observation":[<FREQ>,<AREA>,<SEX>,<TIME>]},"attributes":{"observation":[<STATUS>]}}],
"dataSets":[{"action":"Replace","observations":{"0:7:0:0":[1,9],
"0:0":[2]}}]}}"#,
    );
    let resolve = |_: &str, _: &str| Some(definition());
    let mut reader = reader(Cursor::new(message.as_bytes()), resolve).expect("a message");
    let batch = reader.next_batch().expect("a message").expect("rows");
    // Whether a code exists is for the judge: no code looks like this.
    assert_eq!(lines(&batch.columns), ["A.[7].F 2019 1 OBS_STATUS=[9]", "[0:0].[0:0].[0:0]  2"]);
    let periods: Vec<_> =
        batch.issues.iter().map(|issue| (issue.row, &issue.problem, &*issue.content)).collect();
    assert!(matches!(periods[..], [(2, CellProblem::Period(_), "[0:0]")]), "{periods:?}");
    let column =
        reader.header().columns.iter().position(|column| column.name == "OBS_STATUS").expect("a column");
    let places = reader.finish().places;
    let place =
        places.locate(&mut Cursor::new(message.as_bytes()), 1, column).expect("a file").expect("a cell");
    assert_eq!((place.line, place.column, &*place.content), (2, 62, "[9]"));
}

#[test]
fn cells_far_behind_are_found_again() {
    let years: Vec<String> = (0..2_000).map(|year| format!("{{\"id\":\"{year:04}\"}}")).collect();
    let observations: Vec<String> = (0..2_000).map(|year| format!("\"{year}\":[{year}.5,\n0]")).collect();
    let message = filled(
        r#"{"data":{"dataSets":[{"series":{"0:0:0":{"observations":{"0":[1]}},"0:1:0":{"observations":{<MANY>},"attributes":[6]}}},{"observations":{<FLAT>}}],
"structures":[{"links":<LINKS>,"dimensions":{"series":[<FREQ>,<AREA>,<SEX>],"observation":[{"id":"TIME_PERIOD","keyPosition":3,"values":[<YEARS>]}]},"attributes":{"observation":[<STATUS>],"series":[{"id":"UNIT_MULT"}]}}]}}"#,
    );
    let flat: Vec<String> = (0..2_000).map(|year| format!("\"0:0:1:{year}\":[{year}.5,\n0]")).collect();
    let message = message.replace("<MANY>", &observations.join(",")).replace("<YEARS>", &years.join(","));
    let message = message.replace("<FLAT>", &flat.join(","));
    let resolve = |_: &str, _: &str| Some(definition());
    let mut reader = reader(Cursor::new(message.as_bytes()), resolve).expect("a message");
    while reader.next_batch().expect("a message").is_some() {}
    assert_eq!(reader.row_count(), 4_001);
    let column =
        |id: &str| reader.header().columns.iter().position(|column| column.name == id).expect("a column");
    let columns = [column("OBS_VALUE"), column("OBS_STATUS"), column("UNIT_MULT")];
    let places = reader.finish().places;
    let find = |row, column: usize| {
        let place =
            places.locate(&mut Cursor::new(message.as_bytes()), row, columns[column]).expect("a file");
        place.map(|place| (place.line, place.column, place.content))
    };
    assert_eq!(find(1, 0), Some((1, 63, "1".to_owned())));
    assert_eq!(find(1_902, 0), Some((1_901, 12, "1900.5".to_owned())));
    assert_eq!(find(1_902, 1), Some((1_902, 1, "A".to_owned())));
    assert_eq!(find(1_902, 2).map(|place| place.2), Some("6".to_owned()));
    assert_eq!(find(3_902, 1).map(|place| (place.0, place.1)), Some((3_902, 1)));
    assert_eq!(find(4_002, 0), None);
}

#[test]
fn a_deletion_never_reaches_further_than_its_dimensions_are_named() {
    let france = "D A.FRA.F 2019 -";
    let unclear = |indexes: &str| format!("D A.{indexes}.F 2019 -");
    for (values, key, expected) in [
        (r#","values":[{"id":"FRA"}]"#, "0:0:0", france.to_owned()),
        (r#","values":[null,{"id":"FRA"}]"#, "0:0:0", france.to_owned()),
        ("", "0:0:0", unclear("[0]")),
        (r#","values":null"#, "0:0:0", unclear("[0]")),
        (r#","values":[]"#, "0:0:0", unclear("[0]")),
        (r#","values":[null]"#, "0:0:0", unclear("[0]")),
        (r#","values":[{"name":null}]"#, "0:0:0", unclear("[0]")),
        (r#","values":[{"id":""}]"#, "0:0:0", unclear("[0]")),
        (r#","values":[{"value":" "}]"#, "0:0:0", unclear("[0]")),
        (r#","values":[{"id":"FRA"},{"id":"ESP"}]"#, "0:0:0", unclear("[0-1]")),
        // A key that names the dimension says which of them.
        (r#","values":[{"id":"ESP"},{"id":"FRA"}]"#, "0:1:0:0", france.to_owned()),
        (r#","values":[{"id":"ESP"},{"id":"FRA"}]"#, "0::0:0", unclear("[0-1]")),
        (r#","values":[{"id":""},{"id":"FRA"}]"#, "0:0:0:0", unclear("[0]")),
    ] {
        let message = r#"{"data":{"structures":[{"links":<LINKS>,"dimensions":{"dataSet":[{"id":"AREA","keyPosition":1<VALUES>}],"series":[],"observation":[<FREQ>,<SEX>,<TIME>]}}],
          "dataSets":[{"action":"Delete","observations":{"<KEY>":[null]}}]}}"#;
        let message = message.replace("<VALUES>", values).replace("<KEY>", key);
        assert_eq!(all_lines(&message), [expected], "{message}");
    }
}

#[test]
fn a_period_without_text_deletes_no_other_periods() {
    let message = r#"{"data":{"structures":[{"links":<LINKS>,"dimensions":{"series":[<FREQ>,<AREA>,<SEX>],"observation":[{"id":"TIME_PERIOD","keyPosition":3,"values":[{"value":""}]}]}}],
      "dataSets":[{"action":"Delete","series":{"0:0:0":{"observations":{"0":[]}}}}]}}"#;
    let batches = read(&filled(message)).expect("a message");
    let issues: Vec<_> = batches.iter().flat_map(|batch| &batch.issues).collect();
    assert!(
        matches!(&issues[..], [issue] if matches!(issue.problem, CellProblem::Period(_)) && issue.content == "[0]"),
        "{issues:?}"
    );
}

#[test]
fn members_that_stand_twice_are_refused_not_lost() {
    let structure = r#""structures":[{"links":<LINKS>,"dimensions":{"series":[<FREQ>,<AREA>,<SEX>],"observation":[<TIME>]},"attributes":{"series":[{"id":"UNIT_MULT"}]}}]"#;
    for (member, dataset) in [
        (
            "series",
            r#""series":{"0:0:0":{"observations":{"0":[1]}}},"series":{"0:1:0":{"observations":{"0":[2]}}}"#,
        ),
        ("observations", r#""observations":{"0:0:0:0":[1]},"observations":{"0:1:0:0":[2]}"#),
        ("observations", r#""series":{"0:0:0":{"observations":{"0":[1]},"observations":{"1":[2]}}}"#),
        (
            "observations",
            r#""series":{"0:0:0":{"attributes":[3],"observations":{"0":[1]},"observations":{"1":[2]}}}"#,
        ),
        ("attributes", r#""series":{"0:0:0":{"attributes":[3],"observations":{"0":[1]},"attributes":[6]}}"#),
        ("attributes", r#""series":{"0:0:0":{"observations":{"0":[1]},"attributes":[3],"attributes":[6]}}"#),
        ("action", r#""action":"Delete","action":"Merge","series":{"0:0:0":{"observations":{"0":[1]}}}"#),
        ("structure", r#""structure":1,"structure":0,"series":{"0:0:0":{"observations":{"0":[1]}}}"#),
    ] {
        let error = read(&filled(&format!(r#"{{"data":{{{structure},"dataSets":[{{{dataset}}}]}}}}"#))).err();
        let error = error.unwrap_or_default();
        assert!(
            error.contains(&format!("the member \"{member}\" stands in its object a second time")),
            "{dataset}\n{error}"
        );
    }
    let values = r#"{"dataSets":[],"structures":[{"dimensions":{"series":[{"id":"A","values":[],
      "values":[]}]}}]}"#;
    let error = raw_count(Cursor::new(values)).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("line 2, column 7: the member \"values\""), "{error}");
    // What is passed over may come again.
    let comments = r#"{"dataSets":[{"x":1,"x":2,"series":{"0":{"x":1,"observations":{"0":[1]},"x":2}}}]}"#;
    assert_eq!(raw_count(Cursor::new(comments)).expect("a message").observations, 1);
}

#[test]
fn a_deletion_by_a_dimension_without_id_is_refused() {
    let message = |action: &str| {
        let message = r#"{"data":{"structures":[{"links":<LINKS>,"dimensions":{"series":[<FREQ>,{"keyPosition":1,"values":[{"id":"FRA"}]},<SEX>],"observation":[<TIME>]}}],
          "dataSets":[{"action":"<ACTION>","series":{"0:0:0":{"observations":{"0":[]}}}}]}}"#;
        read(&filled(&message.replace("<ACTION>", action)))
    };
    assert!(message("Replace").is_ok_and(|batches| !batches[0].issues.is_empty()));
    let error = message("Delete").err().unwrap_or_default();
    assert!(error.contains("a dimension of its structure has no id"), "{error}");
}

#[test]
fn any_message_is_counted_without_its_structure() {
    for (message, counts) in [
        (r#"{"dataSets":[]}"#, (0, 0, 0)),
        (r#"{"data":{"dataSets":null}}"#, (0, 0, 0)),
        (r#"{"data":{"dataSets":[{}]}}"#, (1, 0, 0)),
        (r#"{"dataSets":[{"observations":{"0:0":[1],"0:1":[],"0:2":null,"0:3":4.5}}]}"#, (1, 0, 4)),
        (
            r#"{"dataSets":[{"series":{"0":{},"1":null,"2":{"observations":{}},"3":{"observations":{"0":[NaN],"1":["NaN"]}}}}]}"#,
            (1, 4, 2),
        ),
        (
            r#"{"structure":{"dimensions":{"observation":[{"id":"A","values":[]}]}},"dataSets":[{"series":{"5:6":{"observations":{"7":[1,2,3]}}}},{"observations":{"1:2:3":[1]}}]}"#,
            (2, 1, 2),
        ),
        (
            r#"{"structures":[{"dimensions":{"series":[{"id":"A"}]}}],"dataSets":[{"structure":0,"series":{"0":{"observations":{"0":[1]},"x":[{}]},"1":{"x":{},"observations":{"0":[1]}}}}]}"#,
            (1, 2, 2),
        ),
    ] {
        let count = raw_count(Cursor::new(message)).unwrap_or_else(|error| panic!("{message}: {error}"));
        assert_eq!((count.datasets, count.series, count.observations), counts, "{message}");
    }
}

#[test]
fn broken_messages_are_refused_with_line_column_and_remedy() {
    let deep = "[".repeat(100);
    let long = format!("{{\n\"dataSets\": [{{\"action\": \"{}\"}}]}}", "x".repeat(1_100_000));
    let digits = format!("{{\"x\": {}}}", "1".repeat(2_000));
    for (message, expected) in [
        ("{\"dataSets\": [", "line 1, column 15: the message ends within an array: it was cut off"),
        (
            "{\"dataSets\": [{\n \"observations\": {\"0\": [1, \"ab",
            "line 2, column 28: the message ends within a text",
        ),
        ("{\"dataSets\": [{\n\n \"é\": tru", "line 3, column 10: the message ends within an object"),
        ("{\"é\": 1,\n  \"b\" 2}", "line 2, column 7: a colon is missing"),
        ("{\"a\": 1\n  \"b\": 2}", "line 2, column 3: a comma is missing"),
        ("{\"a\": [1,\n2,]}", "line 2, column 3: a comma stands before ]"),
        ("{\"a\": [1}", "line 1, column 9: } stands where ] should"),
        ("{\"a\": 1} {", "line 1, column 10: something follows the end"),
        ("{a: 1}", "line 1, column 2: a name in double quotation marks"),
        ("{\"a\": 'x'}", "line 1, column 7: texts stand in double quotation marks"),
        ("{\"a\": x}", "line 1, column 7: a value should stand here"),
        ("{\"a\": 01}", "line 1, column 7: this is not a number"),
        ("{\"a\": 1.}", "line 1, column 7: this is not a number"),
        ("{\"a\": \"x\ny\"}", "line 1, column 9: a line break or another control character"),
        ("{\"a\": \"\\x\"}", "line 1, column 8: this is not an escape"),
        ("{\"a\": \"\\ud800\"}", "line 1, column 8: this is not an escape"),
        (
            &format!("{{\"a\": {deep}"),
            "line 1, column 70: the nesting of objects and arrays is larger than 64 levels",
        ),
        (&long, "line 2, column 25: a text is larger than 1048576 bytes"),
        (&digits, "line 1, column 7: a number is larger than 1100 bytes"),
        ("{\"data\": {}}", "the message has no dataSets"),
        ("{\"errors\":[{\"code\":404,\"title\":\"No data\"}]}", "an error, \"404 No data\": ask its sender"),
        (
            "{\"data\":\n {\"codelists\": []}}",
            "line 2, column 16: the message is a structure message of SDMX-JSON, not data",
        ),
        ("{\"dataSets\": {}}", "line 1, column 14: dataSets should stand here, in an array"),
        (
            "{\"structures\":[{}],\"dataSets\":[{\"structure\":3,\"series\":{}}]}",
            "structure 3, and the message has 1",
        ),
        ("{\"dataSets\":[{\"series\":{\"0\":\n5}}]}", "line 2, column 1: a series should stand here"),
    ] {
        let error = raw_count(Cursor::new(message)).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{}\n{error}", &message[..message.len().min(80)]);
    }
}
