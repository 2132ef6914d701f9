//! SDMX-CSV in and out, and sorting, against what a plain map says.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::csv::{Action, CsvReader, CsvWriter, ReadSummary, RowBatch, WriteOptions};
use mighub_sdmx::sort::{Clash, InOrder, SortedBatch, Sorter};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Decimal, Period};
use proptest::prelude::*;

fn definition() -> Arc<DataDefinition> {
    static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(load);
    DEFINITION.clone()
}

fn load() -> Arc<DataDefinition> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
                structures.put(artefact).expect("a new artefact");
            }
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, "MIG_REMIT").expect("MIG_REMIT");
    DataDefinition::resolve(&structures, reference).expect("MIG_REMIT")
}

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MULT,COMMENT_OBS\n";
const FLOW: &str = "dataflow,MIGHUB:MIG_REMIT(1.0.0)";

fn read(text: &[u8]) -> Result<Vec<RowBatch>, String> {
    read_whole(text).map(|(batches, _)| batches)
}

fn read_whole(text: &[u8]) -> Result<(Vec<RowBatch>, ReadSummary), String> {
    let definition = definition();
    let mut reader = CsvReader::new(Cursor::new(text), |_, id| {
        (id == "MIGHUB:MIG_REMIT(1.0.0)").then(|| definition.clone())
    })
    .map_err(|error| error.to_string())?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(|error| error.to_string())? {
        assert!(batch.columns.check());
        batches.push(batch);
    }
    Ok((batches, reader.finish()))
}

/// One line an observation: key, period, value, attributes.
fn lines(batches: &[RowBatch]) -> Vec<String> {
    let of_batch = |batch: &RowBatch| {
        let lines = columns_lines(&batch.columns).into_iter();
        lines.map(|line| format!("{:?} {line}", batch.action)).collect::<Vec<_>>()
    };
    batches.iter().flat_map(of_batch).collect()
}

fn columns_lines(columns: &Columns) -> Vec<String> {
    let mut lines = Vec::new();
    for series in 0..columns.series_count() {
        for place in columns.observations(series) {
            let attribute = |id: &str| {
                let shape = &columns.shape;
                let value = match shape.observation_attribute(id) {
                    Some(at) => columns.observation_attributes[at].get(place),
                    None => columns.series_attributes[shape.series_attribute(id)?].get(series),
                };
                value.map(|value| value.as_text().unwrap_or("(many)").to_owned())
            };
            let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            lines.push(format!(
                "{} {} {} {} {} {}",
                columns.key(series),
                columns.periods[place],
                text(columns.value(place).map(|value| value.to_string())),
                text(attribute("OBS_STATUS")),
                text(attribute("UNIT_MULT")),
                text(attribute("COMMENT_OBS")),
            ));
        }
    }
    lines
}

#[test]
fn rows_are_read_as_the_standard_says() {
    let text = format!(
        "\u{FEFF}{HEADER}\
         {FLOW},M,A,SWE,IN,NOR,PR,2020,1.50,A,6,\r\n\
         {FLOW},M,A,SWE,IN,NOR,PR,2021,,O,,\"says \"\"hm\"\",\nthen goes on\"\r\n\
         {FLOW},I,Q,SWE,IN,NOR,PR,2021-Q3,-0,E,,\n\
         \n\
         {FLOW},R,A,SWE,OUT,NOR,PR,2020,7,,,\n\
         {FLOW},D,,SWE,OUT,,,,,,,\n\
         {FLOW},D,A,SWE,OUT,NOR,PR,2020,-,,-,"
    );
    let batches = read(text.as_bytes()).expect("readable");
    assert_eq!(
        lines(&batches),
        [
            "Merge A.SWE.IN.NOR.PR 2020 1.50 A 6 -",
            "Merge A.SWE.IN.NOR.PR 2021 - O - says \"hm\",\nthen goes on",
            "Merge Q.SWE.IN.NOR.PR 2021-Q3 0 E - -",
            "Replace A.SWE.OUT.NOR.PR 2020 7 - - -",
            "Delete .SWE.OUT..  - - - -",
            "Delete A.SWE.OUT.NOR.PR  - - - -",
            "Delete A.SWE.OUT.NOR.PR 2020 0 - - -",
        ]
    );
    assert!(batches.iter().all(|batch| batch.issues.is_empty()));
}

#[test]
fn separators_label_columns_and_order_of_columns_do_not_matter() {
    let same = ["Merge A.SWE.IN.NOR.PR 2020 1.5 A - -"];
    for text in [
        "STRUCTURE;STRUCTURE_ID;ACTION;FREQ;REF_AREA;FLOW_DIR;COUNTERPART_AREA;REMIT_ITEM;TIME_PERIOD;OBS_VALUE;OBS_STATUS\ndataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;PR;2020;1.5;A",
        "STRUCTURE\tSTRUCTURE_ID\tFREQ\tREF_AREA\tFLOW_DIR\tCOUNTERPART_AREA\tREMIT_ITEM\tTIME_PERIOD\tOBS_VALUE\tOBS_STATUS\ndataflow\tMIGHUB:MIG_REMIT(1.0.0)\tA\tSWE\tIN\tNOR\tPR\t2020\t1.5\tA\n",
        "DATAFLOW,LAST UPDATE,freq,ref_area,flow_dir,counterpart_area,remit_item,TIME_PERIOD,OBS_VALUE,OBS_STATUS\nMIGHUB:MIG_REMIT(1.0.0),11/10/25,A,SWE,IN,NOR,PR,2020,1.5,A\n",
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,OBS_VALUE,TIME_PERIOD,FREQ: Frequency,REF_AREA: Area,FLOW_DIR,Direction,COUNTERPART_AREA,REMIT_ITEM,OBS_STATUS\ndataflow,MIGHUB:MIG_REMIT(1.0.0),\"Remittances, all\",1.5,2020,A: Annual,SWE: Sweden,IN,Inward,NOR,PR,A\n",
    ] {
        let batches = read(text.as_bytes()).expect(text);
        assert_eq!(lines(&batches), same, "{text}");
        assert!(batches.iter().all(|batch| batch.issues.is_empty()), "{text}");
    }
}

#[test]
fn every_unreadable_cell_is_reported_with_its_place_and_the_row_stays() {
    let text = format!(
        "{HEADER}\
         {FLOW},M,A,SWE,IN,NOR,PR,2020,12x,A,,\n\
         {FLOW},M,A,SWE,IN,NOR,PR,20x,1e3,A,,\n\
         {FLOW},X,A,SWE,IN,NOR,PR,2020,1,A,,\n\
         dataflow,MIGHUB:NOTHING(1.0.0),M,A,SWE,IN,NOR,PR,2020,1,A,,\n\
         {FLOW},M,A,,IN,NOR,PR,2020,1,A,,\n\
         {FLOW},M,A,SWE,IN,NOR,PR,2022\n\
         {FLOW},M,A,SWE,IN,NOR,PR,2023,1,A,#N/A,\n\
         {FLOW},M,~,SWE,IN,NOR,PR,2023,1,A,,\n"
    );
    let (batches, summary) = read_whole(text.as_bytes()).expect("readable");
    let issues: Vec<_> = batches
        .iter()
        .flat_map(|batch| &batch.issues)
        .chain(&summary.issues)
        .map(|issue| format!("{}:{} {} {}", issue.row, issue.column, issue.content, issue.problem))
        .collect();
    let starts = [
        "1:9 12x not a number",
        "2:8 20x not a time period",
        "2:9 1e3 a number with an exponent",
        "3:2 X not an action",
        "4:1 MIGHUB:NOTHING(1.0.0) there is no such dataflow",
        "5:4  the dimension has no code",
        "6:9  the row has 9 cells, the header 13",
        "7:11 #N/A #N/A is not a value",
        "8:3 ~ ~ may stand in TIME_PERIOD alone",
    ];
    assert_eq!(issues.len(), starts.len(), "{issues:#?}");
    for start in starts {
        assert!(issues.iter().any(|issue| issue.starts_with(start)), "{start} is not in {issues:#?}");
    }
    assert_eq!((summary.rows, summary.rows_left_out, lines(&batches).len()), (8, 1, 6));
}

#[test]
fn what_is_no_sdmx_csv_is_refused_with_a_remedy() {
    for (bytes, expected) in [
        (&b""[..], "the file is empty"),
        (b"PK\x03\x04rest", "an Excel workbook or a zip archive; save the sheet as CSV"),
        (b"\xFF\xFES\0T\0", "UTF-16 text; save it with the encoding UTF-8"),
        (b"\x1F\x8Bxx", "a gzip archive"),
        (b"<html>", "a web page; most often a login page"),
        (b"{\"data\":1}", "JSON"),
        (b"STRU\0CTURE", "a binary file"),
        (b"geo,time,value\n", "its first column is \"geo\"; it must be STRUCTURE"),
        (b"STRUCTURE,FREQ\n", "no column STRUCTURE_ID"),
        (b"STRUCTURE,STRUCTURE_ID,FREQ,STRUCTURE_ID\n", "the column STRUCTURE_ID twice"),
    ] {
        let error = read(bytes).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
    let open = format!("{HEADER}{FLOW},M,A,SWE,IN,NOR,PR,2020,1,A,,\"never closed\n\n");
    assert!(
        read(open.as_bytes()).expect_err("an open quote").contains("line 2: the file ends within a cell")
    );
    let endless = format!("{HEADER}{FLOW},M,\"{}", "x".repeat(3_000_000));
    assert!(read(endless.as_bytes()).expect_err("an endless row").contains("line 2: a row has more than"));
}

#[test]
fn a_cell_is_found_again_in_its_file() {
    let mut text = HEADER.to_owned();
    for year in 0..3000 {
        text.push_str(&format!("{FLOW},M,A,SWE,IN,NOR,PR,{year:04},{year},A,,\"two\nlines, Ωé\"\n"));
    }
    let definition = definition();
    let mut reader =
        CsvReader::new(Cursor::new(text.as_bytes()), |_, _| Some(definition.clone())).expect("a header");
    while reader.next_batch().expect("readable").is_some() {}
    let place =
        reader.places().locate(&mut Cursor::new(text.as_bytes()), 2001, 9).expect("readable").expect("there");
    assert_eq!((place.line, place.column, &*place.name, &*place.content), (4002, 57, "OBS_VALUE", "2000"));
    let shown: String = place.row.chars().skip(place.start).take(place.length).collect();
    assert_eq!(shown, "2000");
    assert!(place.row.contains("two lines, Ωé"), "{}", place.row);
}

fn sorted(sorter: Sorter) -> (Vec<Columns>, Vec<Clash>) {
    let batches: Vec<SortedBatch> = sorter.finish().and_then(Iterator::collect).expect("sorts");
    let clashes = batches.iter().flat_map(|batch| batch.clashes.clone()).collect();
    (batches.into_iter().map(|batch| batch.columns).collect(), clashes)
}

/// Key and period; value and comment.
type Row = ((Vec<String>, Period), (Option<Decimal>, Option<String>));
type Model = BTreeMap<(Vec<String>, Period), (Option<Decimal>, Option<String>)>;

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let code = prop::sample::select(vec!["A", "B", "AB", "_T", "Z9"]).prop_map(str::to_owned);
    let key = prop::collection::vec(code, 5);
    let value = prop::option::of(
        (-999_999i64..999_999, 0u8..4).prop_map(|(unscaled, scale)| Decimal { unscaled, scale }),
    );
    let text = prop::option::of("[a-z,;\"\n é]{1,12}");
    prop::collection::vec(((key, (1990u16..2010).prop_map(Period::year)), (value, text)), 1..200)
}

fn as_file(rows: &[Row]) -> String {
    let mut text = HEADER.to_owned();
    for ((key, period), (value, comment)) in rows {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        let comment = comment
            .as_ref()
            .map(|comment| format!("\"{}\"", comment.replace('"', "\"\"")))
            .unwrap_or_default();
        text.push_str(&format!("{FLOW},M,{},{period},{value},,,{comment}\n", key.join(",")));
    }
    text
}

fn model_of(columns: &Columns, model: &mut Model) {
    let comment = columns.shape.observation_attribute("COMMENT_OBS").expect("COMMENT_OBS");
    for series in 0..columns.series_count() {
        for place in columns.observations(series) {
            let key = columns.key(series).codes().map(|code| code.to_string()).collect();
            let text = columns.observation_attributes[comment].get(place).and_then(AttributeValue::as_text);
            let before =
                model.insert((key, columns.periods[place]), (columns.value(place), text.map(str::to_owned)));
            assert!(before.is_none(), "a key came out twice");
        }
    }
}

fn assert_canonical(batches: &[Columns]) {
    let mut keys = Vec::new();
    for columns in batches {
        assert!(columns.check());
        for series in 0..columns.series_count() {
            keys.push(columns.key(series).to_vec());
            assert!(columns.periods[columns.observations(series)].windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "series are out of order");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sorting_gives_what_a_map_gives(rows in rows(), in_memory in 1usize..60) {
        let mut expected = Model::new();
        let mut duplicates = 0;
        for (key, cell) in &rows {
            if expected.contains_key(key) { duplicates += 1 } else { expected.insert(key.clone(), cell.clone()); }
        }
        let scratch = Box::new(tempfile::tempfile);
        let mut sorter = Sorter::new(definition().shape.clone(), in_memory, scratch);
        // Many small files, so that runs are merged in passes.
        for chunk in rows.chunks(1 + in_memory / 8) {
            for mut batch in read(as_file(chunk).as_bytes()).expect("readable") {
                let offset = (chunk.as_ptr() as usize - rows.as_ptr() as usize) / size_of_val(&rows[0]);
                batch.columns.rows.iter_mut().for_each(|row| *row += offset as u64);
                sorter.push(batch.columns).expect("sorts");
            }
        }
        let (batches, clashes) = sorted(sorter);
        assert_canonical(&batches);
        let mut found = Model::new();
        batches.iter().for_each(|columns| model_of(columns, &mut found));
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(clashes.len(), duplicates);
        let ordered = |clash: &Clash| matches!(clash, Clash::Duplicate { first_row, row } if first_row < row);
        prop_assert!(clashes.iter().all(ordered));

        // Written in canonical order, the file is read again without sorting.
        let mut writer = CsvWriter::new(Vec::new(), &definition(), &WriteOptions::default()).expect("writes");
        for columns in &batches {
            writer.write(columns, Action::Merge, &[]).expect("writes");
        }
        let written = writer.finish().expect("writes");
        let mut in_order = InOrder::new(definition().shape.clone());
        let mut again = Vec::new();
        for batch in read(&written).expect("readable") {
            prop_assert!(batch.issues.is_empty());
            again.extend(in_order.push(&batch.columns).expect("in order"));
        }
        again.extend(in_order.finish());
        assert_canonical(&again);
        let mut found = Model::new();
        again.iter().for_each(|columns| model_of(columns, &mut found));
        // SDMX-CSV 2.0 has one row a line, for clients that read lines.
        let flat = |model: Model| -> Model {
            model.into_iter().map(|(key, (value, text))| (key, (value, text.map(|text| text.replace('\n', " "))))).collect()
        };
        prop_assert_eq!(found, flat(expected));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let mut text = HEADER.as_bytes().to_vec();
        text.extend_from_slice(FLOW.as_bytes());
        text.extend_from_slice(&bytes);
        let _ = read(&text);
    }
}

#[test]
fn keys_wider_than_a_machine_word_sort_as_their_codes_do() {
    // Five dimensions of 14 bits each. Multipliers without common factors spread the codes.
    const SERIES: usize = 10_000;
    let key = |nth: usize| [1, 7, 3_001, 9_999, 6_007].map(|spread| format!("{}", nth * spread % SERIES));
    let mut builder = ColumnsBuilder::new(definition().shape.clone()).keep_rows();
    let mut keys: Vec<_> = (0..SERIES).map(key).collect();
    // With little memory there are a hundred scratch files, more than are merged at a time.
    let mut sorters = [usize::MAX, 1_000]
        .map(|bytes| Sorter::new(definition().shape.clone(), bytes, Box::new(tempfile::tempfile)));
    for (nth, key) in keys.iter().enumerate() {
        builder.start_series_with_key(&key.each_ref().map(|code| Arc::from(&**code)));
        (0..definition().shape.series_attributes.len())
            .for_each(|place| builder.series_attribute(place, None));
        builder.observation(Period::year(2020), Some(Decimal::integer(nth as i64)), |_| None);
        builder.end_series();
        if nth % 100 == 99 {
            let mut columns = builder.take();
            columns.rows = (nth as u64 - 98..=nth as u64 + 1).collect();
            sorters.iter_mut().for_each(|sorter| sorter.push(columns.clone()).expect("sorts"));
        }
    }
    keys.sort();
    for sorter in sorters {
        let (batches, clashes) = sorted(sorter);
        let texts = |columns: &Columns| -> Vec<[String; 5]> {
            let key = |series| {
                let codes: Vec<_> = columns.key(series).codes().map(|code| code.to_string()).collect();
                codes.try_into().expect("five dimensions")
            };
            (0..columns.series_count()).map(key).collect()
        };
        assert!(batches.iter().flat_map(texts).eq(keys.iter().cloned()));
        assert_eq!(clashes, []);
    }
}

#[test]
fn series_attributes_that_disagree_are_found() {
    let text = format!(
        "{HEADER}{FLOW},M,A,SWE,IN,NOR,PR,2020,1,A,6,\n{FLOW},M,A,SWE,IN,NOR,PR,2021,1,A,3,\n{FLOW},M,A,SWE,IN,NOR,PR,2022,1,A,,\n"
    );
    let mut sorter = Sorter::new(definition().shape.clone(), 100, Box::new(tempfile::tempfile));
    for batch in read(text.as_bytes()).expect("readable") {
        sorter.push(batch.columns).expect("sorts");
    }
    let (_, clashes) = sorted(sorter);
    assert_eq!(clashes, [Clash::SeriesAttribute { attribute: "UNIT_MULT".into(), first_row: 1, row: 2 }]);
}

#[test]
fn several_values_and_languages_come_out_as_they_went_in() {
    let definition = definition();
    let mut builder = ColumnsBuilder::new(definition.shape.clone());
    let redist = definition.shape.observation_attribute("CONF_REDIST").expect("CONF_REDIST");
    let plain = |text: &str| mighub_sdmx::columns::LocalText { language: "".into(), text: text.into() };
    let value = AttributeValue::Many([vec![plain("IOM")], vec![plain("UN;HCR \"x\"")]].into());
    builder.start_series_with_key(&["A", "SWE", "IN", "NOR", "PR"].map(Arc::from));
    (0..definition.shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
    builder.observation(Period::year(2020), None, |place| (place == redist).then_some(&value));
    builder.end_series();
    let columns = builder.take();
    let mut writer = CsvWriter::new(Vec::new(), &definition, &WriteOptions::default()).expect("writes");
    writer.write(&columns, Action::Replace, &[]).expect("writes");
    let written = writer.finish().expect("writes");
    let batches = read(&written).expect("readable");
    assert_eq!(
        batches[0].columns.observation_attributes[redist].get(0),
        Some(&value),
        "{}",
        String::from_utf8_lossy(&written)
    );
}

#[test]
fn a_deletion_deletes_what_it_names_and_nothing_else() {
    let header = HEADER.trim_end().to_owned() + ",METADATA_REF\n";
    let rows = |row: &str| lines(&read(format!("{header}{FLOW},D,{row}\n").as_bytes()).expect("a file"));
    let none: [&str; 0] = [];
    assert_eq!(rows(",,,,,,,,,,-"), none, "only an attribute of the dataset");
    assert_eq!(rows(",SWE,,,,,,,,,"), ["Delete .SWE...  - - - -"], "whole observations");
    assert_eq!(rows(",SWE,,,,,,,,x,"), ["Delete .SWE...  - - - x"], "an attribute of observations");
    assert_eq!(rows(",SWE,,,,,,,x,x,"), ["Delete .SWE...  - - x x"], "attributes of series and observations");
    let several = format!(",NOR,,,,,,,x,,\n{FLOW},D,,SWE,,,,2020,,,,x,\n{FLOW},D,,SWE,,,,2021,,,x,,");
    let expected = ["Delete .NOR...  - - x -", "Delete .SWE... 2020 - - - x", "Delete .SWE...  - - x -"];
    assert_eq!(rows(&several), expected, "of each series its own");
}

#[test]
fn deletions_of_one_key_and_period_complete_each_other() {
    // Columns from FREQ on; what is deleted: period, value, OBS_STATUS, UNIT_MULT of the series, COMMENT_OBS.
    let all = ["A.SWE.IN.NOR.PR  - - - -"];
    let wild = [".SWE...  - - - -"];
    let table: [(&[&str], &[&str]); 9] = [
        (&["A,SWE,IN,NOR,PR,,,,,", "A,SWE,IN,NOR,PR,,,,0,"], &all),
        (&[",SWE,,,,,,,,", ",SWE,,,,2021,,,0,"], &wild),
        (&[",SWE,,,,2021,,,,", ",SWE,,,,,,,,", ",SWE,,,,2020,,-,,0"], &wild),
        (&[",SWE,,,,,,0,,", ",SWE,,,,,,,,0"], &[".SWE...  - 0 - 0"]),
        (&[",SWE,,,,2020,,,,", ",SWE,,,,2020,,-,,"], &[".SWE... 2020 - - - -"]),
        (&[",SWE,,,,2020,0,,,", ",SWE,,,,2020,,,,0"], &[".SWE... 2020 0 - - 0"]),
        (&[",SWE,,,,2020,,,0,", ",SWE,,,,,,,,0"], &[".SWE...  - - 0 0"]),
        (&[",SWE,,,,2020,,,0,", ",SWE,,,,2021,,,0,"], &[".SWE...  - - 0 -"]),
        (&[",SWE,,,,2020,,,,", ",SWE,,,,2020,,,,"], &[".SWE... 2020 - - - -"]),
    ];
    for (rows, expected) in table {
        let backwards: Vec<&str> = rows.iter().rev().copied().collect();
        // With little memory each row goes to a scratch file of its own.
        for (rows, memory_bytes) in [(rows, usize::MAX), (&backwards, usize::MAX), (rows, 1), (&backwards, 1)]
        {
            let mut sorter =
                Sorter::new(definition().shape.clone(), memory_bytes, Box::new(tempfile::tempfile))
                    .deleting();
            for (nth, row) in rows.iter().enumerate() {
                let mut batches = read(format!("{HEADER}{FLOW},D,{row}\n").as_bytes()).expect("readable");
                batches[0].columns.rows.fill(nth as u64 + 1);
                sorter.push(batches.remove(0).columns).expect("sorts");
            }
            let (batches, clashes) = sorted(sorter);
            assert_canonical(&batches);
            assert!(batches.iter().all(|columns| columns.rows.len() == columns.len()));
            assert_eq!(clashes, []);
            let found: Vec<String> = batches.iter().flat_map(columns_lines).collect();
            assert_eq!(found, expected, "{rows:?}");
        }
    }
}
