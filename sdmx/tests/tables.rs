//! Tables of other layouts, encodings and dialects give the observations that are in them, or say precisely why
//! not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use mighub_sdmx::Decimal;
use mighub_sdmx::csv::{CellProblem, CsvReader};
use mighub_sdmx::structure::{Class, DataDefinition, Reference, Structures, read_message};
use mighub_sdmx::table::{
    AREA_SCHEMES, Encoding, KnownMappings, Mapping, Origin, OriginWriter, TableError, TableOptions,
    Translated, read_header, translate,
};
use proptest::prelude::*;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn definition(dataflow: &str) -> Arc<DataDefinition> {
    static PACKAGE: LazyLock<Structures> = LazyLock::new(|| {
        let mut structures = Structures::default();
        for entry in fs::read_dir(project("structures")).expect("the structure package") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let message = read_message(&fs::read(&path).expect("a file")).expect("a message");
                for (_, artefact) in message.structures.iter() {
                    structures.put((**artefact).clone()).expect("a new artefact");
                }
            }
        }
        structures
    });
    let reference = Reference::parse_short(Class::Dataflow, dataflow).expect("a dataflow");
    DataDefinition::resolve(&PACKAGE, &reference).expect("it resolves")
}

fn shipped(name: &str) -> Mapping {
    let path = project("structures/mappings").join(format!("{name}.json"));
    Mapping::read(&fs::read(path).expect("a mapping")).expect("it is sound")
}

fn with(mapping: &Mapping, text: &[u8], options: &TableOptions) -> Result<(String, Translated), TableError> {
    let scratch = || tempfile::tempfile().expect("a scratch file");
    let mut out = Vec::new();
    let definition = definition(&mapping.dataflow);
    let origin = OriginWriter::new(scratch(), scratch());
    let made = translate(&mut Cursor::new(text), mapping, &definition, options, &mut out, origin)?;
    Ok((String::from_utf8(out).expect("UTF-8"), made))
}

/// Observations by key and period, with value, status and the line of the table; and what was refused, with its
/// line, component, content and reason.
type Observations = BTreeMap<String, (Option<Decimal>, String, u64)>;
type Refused = Vec<(u64, u64, String, String, String)>;

fn observations(mapping: &Mapping, text: &[u8], options: &TableOptions) -> (Observations, Refused) {
    let (csv, made) = with(mapping, text, options).expect("the table fits its mapping");
    read(&csv, mapping, &made.origin, text)
}

fn read(csv: &str, mapping: &Mapping, origin: &Origin, text: &[u8]) -> (Observations, Refused) {
    let definition = definition(&mapping.dataflow);
    let mut reader = CsvReader::new(csv.as_bytes(), |_, _| Some(definition.clone())).expect("SDMX-CSV");
    let (mut found, mut refused) = (Observations::new(), Refused::new());
    let place = |row| origin.locate(&mut Cursor::new(text), row, None).expect("memory").expect("a place");
    while let Some(batch) = reader.next_batch().expect("rows") {
        let columns = &batch.columns;
        for issue in &batch.issues {
            assert!(matches!(issue.problem, CellProblem::CellCount { .. }), "{issue:?}");
            let reason = origin.issue(issue.row).expect("scratch").expect("an issue");
            let place = place(issue.row);
            refused.push((
                place.line,
                place.column,
                reason.component,
                reason.content,
                reason.trouble.to_string(),
            ));
        }
        for observation in 0..columns.len() {
            let key =
                format!("{} {}", columns.key(columns.series_of(observation)), columns.periods[observation]);
            let value = columns.value(observation);
            let status = definition.shape.observation_attribute("OBS_STATUS").expect("it has a status");
            let status = columns.observation_attributes[status].get(observation);
            let status = status.and_then(|status| status.as_text()).unwrap_or_default().to_owned();
            assert!(
                found.insert(key.clone(), (value, status, place(columns.rows[observation]).line)).is_none(),
                "{key}"
            );
        }
    }
    (found, refused)
}

fn total(found: &Observations) -> i128 {
    let value =
        |value: &Option<Decimal>| value.map_or(0, |value| value.to_string().parse().expect("a whole number"));
    found.values().map(|(number, _, _)| value(number)).sum::<i128>()
}

#[test]
fn excerpts_of_real_files_give_what_counting_by_hand_gives() {
    for (file, mapping, rows, sum, empty) in [
        ("unhcr_population", "unhcr_population", 584, 2_226_246, 0),
        ("unhcr_asylum_decisions", "unhcr_asylum_decisions", 745, 23_742, 0),
        ("unhcr_solutions", "unhcr_solutions", 57, 62_291, 0),
        ("unpd_wpp2024_net_migration", "unpd_wpp2024_net_migration", 74, 154_725, 0),
        ("estat_asytpsm", "estat_asytpsm", 37, 35_023_910, 5),
        ("eu_mirror_flows", "eu_mirror_flows", 12, 3_196, 0),
    ] {
        let text =
            fs::read(project("sdmx/tests/data/tables").join(format!("{file}.csv"))).expect("an excerpt");
        let (found, refused) = observations(&shipped(mapping), &text, &TableOptions::default());
        assert_eq!(refused, [], "{file}");
        assert_eq!((found.len(), total(&found)), (rows, sum), "{file}");
        let missing: Vec<_> = found.values().filter(|(value, _, _)| value.is_none()).collect();
        assert_eq!(missing.len(), empty, "{file}");
        assert!(missing.iter().all(|(_, status, _)| status == "O"), "{file}");
    }
}

#[test]
fn flows_among_stocks_and_flags_find_their_places() {
    let text = b"FREQ,REF_AREA,COUNTERPART_AREA,POP_TYPE,TIME_PERIOD,OBS_VALUE\nA,NAM,AGO,RET,2003,7\nA,COL,COL,RDP,2003,8\n";
    let (found, _) = observations(&shipped("unhcr_population"), text, &TableOptions::default());
    let keys: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(keys, ["A.COL.COL.IDP.RETURN._T._T 2003", "A.NAM.AGO.REF.RETURN._T._T 2003"]);
    let treaties = "TREATY,REF_AREA,PARTICIPANT,SIGNATURE_DATE,BINDING_DATE,ACTION\n\
        ICRMW,ARG,Argentina,2004-08-10,2007-02-23,r\nUNTOC,,European Union,2000-12-12,2004-05-21,AA\n\
        ICRMW,ALB,Albania,,2007-06-05,a\nICRMW,GAB,Gabon,2004-12-15,,\n";
    let (found, refused) =
        observations(&shipped("un_treaty_actions"), treaties.as_bytes(), &TableOptions::default());
    assert_eq!(refused, []);
    let keys: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "D.ALB.ICRMW.ACCESS 2007-06-05",
            "D.ARG.ICRMW.RATIF 2007-02-23",
            "D.ARG.ICRMW.SIGN 2004-08-10",
            "D.EUN.UNTOC.APPROV 2004-05-21",
            "D.EUN.UNTOC.SIGN 2000-12-12",
            "D.GAB.ICRMW.SIGN 2004-12-15",
        ]
    );
}

/// Net migration by area and year; `areas` and `numbers` are pieces of JSON.
fn net_migration(areas: &str, numbers: &str) -> Mapping {
    let json = format!(
        r#"{{"id":"T","agencyID":"TEST","version":"1.0.0","dataflow":"MIGHUB:MIG_BALANCE(1.0.0)",
            "numbers":{{{numbers}}},
            "components":{{"FREQ":{{"constant":"A"}},"REF_AREA":{{"column":"area"{areas}}},
            "BAL_ITEM":{{"constant":"NETMIG"}},"MIG_CRITERION":{{"constant":"_T"}},
            "COUNTERPART_AREA":{{"constant":"_T"}},"SEX":{{"constant":"_T"}},"AGE":{{"constant":"_T"}}}},
            "across":{{"component":"TIME_PERIOD","columns":"periods"}}}}"#
    );
    Mapping::read(json.as_bytes()).expect("a mapping")
}

#[test]
fn a_code_that_schemes_disagree_on_refuses_the_file_and_names_it() {
    let mapping = net_migration("", "");
    let ambiguous =
        with(&mapping, b"area,2020\nARE,1\nARG,2\n", &TableOptions::default()).expect_err("two ways");
    let said = ambiguous.to_string();
    for part in
        ["\"area\"", "ARE is United Arab Emirates (ARE) by ISO3", "Egypt (EGY) by UNHCR", "--areas UNHCR"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    for (areas, key) in [("ISO3", "A.ARE."), ("UNHCR", "A.EGY.")] {
        let options = TableOptions { areas: Some(areas.to_owned()), ..TableOptions::default() };
        let (found, _) = observations(&mapping, b"area,2020\nARE,1\n", &options);
        assert!(found.keys().all(|found| found.starts_with(key)), "{found:?}");
    }
    // One code that only one scheme knows settles it.
    let (csv, made) = with(&mapping, b"area,2020\nARE,1\nUAE,2\n", &TableOptions::default()).expect("UNHCR");
    assert_eq!(made.area_scheme, Some("UNHCR"));
    assert!(csv.contains(",A,EGY,") && csv.contains(",A,ARE,"), "{csv}");
    let mixed = with(&mapping, b"area,2020\nEL,1\nNAM,2\n", &TableOptions::default()).expect_err("no scheme");
    assert!(mixed.to_string().contains("ISO2 does not know EL"), "{mixed}");
}

#[test]
fn every_scheme_reads_namibia_and_its_own_greece() {
    for (scheme, codes) in [
        ("ISO3", "NAM,GRC"),
        ("ISO2", "NA,GR"),
        ("M49", "516,300"),
        ("ESTAT", "NA,EL"),
        ("UNHCR", "NAM,GRE"),
        ("NAME", "Namibia,Grecia"),
    ] {
        assert!(scheme == "NAME" || AREA_SCHEMES.contains(&scheme));
        let (first, second) = codes.split_once(',').expect("two codes");
        let text = format!("area;2020\n{first};1\n{second};2\n");
        let mapping = net_migration(&format!(",\"scheme\":\"{scheme}\""), "");
        let (found, refused) = observations(&mapping, text.as_bytes(), &TableOptions::default());
        assert_eq!(refused, [], "{scheme}");
        let keys: Vec<&str> = found.keys().map(|key| &key[..5]).collect();
        assert_eq!(keys, ["A.GRC", "A.NAM"], "{scheme}");
    }
}

#[test]
fn what_has_no_meaning_is_told_with_its_place_and_the_rest_is_read() {
    let text = "Land;2019;2020\nNAM;1,282;5\nNAM ;;x7\nATLANTIS;1;2\nAGO;<5;1.282,5\nZWE;1\n";
    let mapping = net_migration(",\"scheme\":\"ISO3\"", "").canonical_json();
    let mapping = String::from_utf8(mapping).expect("UTF-8").replace("\"area\"", "\"Land\"");
    let mapping = Mapping::read(mapping.as_bytes()).expect("a mapping");
    let (found, refused) = observations(&mapping, text.as_bytes(), &TableOptions::default());
    let told: Vec<String> = refused
        .iter()
        .map(|(line, column, component, content, reason)| {
            format!(
                "{line}:{column} {component} {content:?} {}",
                reason.split([':', ';']).next().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "2:5 OBS_VALUE \"1,282\" it is 1282 if the sign separates thousands, 1.282 if it is the decimal sign",
            "3:7 OBS_VALUE \"x7\" not a number",
            "4:1 REF_AREA \"ATLANTIS\" the mapping has no code for it",
            "6:5  \"\" the row has 2 cells, the header 3",
        ]
    );
    let read: Vec<String> = found
        .iter()
        .map(|(key, (value, status, line))| {
            format!(
                "{line} {} {} {status}",
                &key[..5],
                value.map(|value| value.to_string()).unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(read, ["5 A.AGO  Q", "5 A.AGO 1282.5 ", "2 A.NAM 5 "]);
}

#[test]
fn tables_with_the_same_columns_are_not_told_apart_by_guessing() {
    let mut known = KnownMappings::default();
    for name in ["unhcr_population", "unhcr_displacement_flows", "unhcr_solutions"] {
        known.put(shipped(name));
    }
    let header = |text: &str| read_header(text.as_bytes(), None).expect("a header").columns;
    let two = header("FREQ,REF_AREA,COUNTERPART_AREA,POP_TYPE,TIME_PERIOD,OBS_VALUE\n");
    assert_eq!(known.matching(&two).len(), 2);
    let one = header("FREQ;REF_AREA;COUNTERPART_AREA;SOLUTION;TIME_PERIOD;OBS_VALUE\r\n");
    assert_eq!(
        known.matching(&one).first().map(|found| found.name()).as_deref(),
        Some("MIGHUB:UNHCR_SOLUTIONS(1.0.0)")
    );
    assert!(known.matching(&header("area,2020\n")).is_empty());
}

#[test]
fn the_mapping_of_the_how_to_page_reads_what_the_page_says() {
    let page = fs::read_to_string(project("docs/mappings.md")).expect("the page");
    let json = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let mapping = Mapping::read(json.as_bytes()).expect("it is a mapping");
    let table = "Land;Richtung;Geschlecht;2023;2024\nNA;Zuzug;w;1.282;<5\nUnbekannt;Wegzug;alle;12,5 bp;:\nDE;Zuzug;m;-;3\nSumme;Zuzug;m;9;9\n";
    let (csv, made) = with(&mapping, table.as_bytes(), &TableOptions::default()).expect("it fits");
    assert_eq!(made.rows_skipped, [("totals are computed".to_owned(), 1)]);
    let rows: Vec<&str> = csv.lines().collect();
    let begins = "dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,AUT";
    assert_eq!(
        rows,
        [
            "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
             MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,OBS_FLAG_SRC,CENSOR_LOWER,CENSOR_UPPER"
                .to_owned(),
            format!("{begins},IMM,PRV,NAM,F,_T,LT,_T,2023,1282,,,,"),
            format!("{begins},IMM,PRV,NAM,F,_T,LT,_T,2024,,Q,,,4"),
            format!("{begins},EMI,PRV,_U,_T,_T,LT,_T,2023,12.5,B,bp,,"),
            format!("{begins},EMI,PRV,_U,_T,_T,LT,_T,2024,,O,,,"),
            format!("{begins},IMM,PRV,DEU,M,_T,LT,_T,2024,3,,,,"),
        ]
    );
}

/// How a program writes a table.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    separator: char,
    decimal: char,
    thousands: Option<char>,
    quotes: bool,
    line_break: &'static str,
    encoding: &'static str,
}

fn written(cells: &[Vec<String>], dialect: Dialect) -> Vec<u8> {
    let mut text = String::from(if dialect.encoding.ends_with("-mark") { "\u{feff}" } else { "" });
    for row in cells {
        let row: Vec<String> = row
            .iter()
            .map(|cell| {
                let must = dialect.quotes || cell.contains([dialect.separator, '"']);
                if must { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
            })
            .collect();
        text.push_str(&row.join(&dialect.separator.to_string()));
        text.push_str(dialect.line_break);
    }
    match dialect.encoding {
        "utf-16le-mark" | "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be-mark" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "latin1" => text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect(),
        _ => text.into_bytes(),
    }
}

fn grouped(number: i64, hundredths: u8, dialect: Dialect) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut written = String::from(if number < 0 { "-" } else { "" });
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            written.extend(dialect.thousands);
        }
        written.push(digit);
    }
    format!("{written}{}{hundredths:02}", dialect.decimal)
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let encodings = ["utf-8", "utf-8-mark", "utf-16le", "utf-16le-mark", "utf-16be-mark", "latin1"];
    let numbers =
        [('.', None), ('.', Some(',')), (',', None), (',', Some('.')), (',', Some(' ')), ('.', Some('\''))];
    let separators = prop::sample::select(vec![',', ';', '\t', '|']);
    let breaks = prop::sample::select(vec!["\n", "\r\n"]);
    (
        separators,
        prop::sample::select(numbers.to_vec()),
        any::<bool>(),
        breaks,
        prop::sample::select(encodings.to_vec()),
    )
        .prop_map(|(separator, (decimal, thousands), quotes, line_break, encoding)| {
            // A separator that stands in figures too asks for quotation marks around them all.
            let quotes = quotes || separator == ',';
            Dialect { separator, decimal, thousands, quotes, line_break, encoding }
        })
}

proptest! {
    #[test]
    fn what_a_program_wrote_in_any_dialect_comes_out_again(
        dialect in dialects(),
        rows in prop::collection::btree_map("(Namibia|Österreich|Côte d'Ivoire|Türkiye|Suède)", prop::collection::vec((any::<i32>(), 0_u8..100), 3), 1..5),
    ) {
        let mut cells = vec![["Länder", "2019", "2020", "2021"].map(str::to_owned).to_vec()];
        for (area, numbers) in &rows {
            let figures = numbers.iter().map(|(number, part)| grouped(i64::from(*number), *part, dialect));
            cells.push(std::iter::once(area.clone()).chain(figures).collect());
        }
        let bytes = written(&cells, dialect);
        let guess = Encoding::guess(&mut &bytes[..]).expect("memory");
        let mut text = Vec::new();
        guess.encoding.transcode(&mut &bytes[..], &mut text).expect("memory");
        let values = r#","values":{"Namibia":"NAM","Österreich":"AUT","Côte d'Ivoire":"CIV","Türkiye":"TUR","Suède":"SWE"},"scheme":"ISO3""#;
        let numbers = format!("\"decimal\":\"{}\"", dialect.decimal);
        let numbers = dialect.thousands.map_or(numbers.clone(), |sign| format!("{numbers},\"thousands\":\"{sign}\""));
        let json = String::from_utf8(net_migration(values, &numbers).canonical_json()).expect("UTF-8");
        let mapping = Mapping::read(json.replace("\"area\"", "\"Länder\"").as_bytes()).expect("a mapping");
        let (found, refused) = observations(&mapping, &text, &TableOptions::default());
        prop_assert_eq!(refused, []);
        let mut expected = Vec::new();
        for (line, numbers) in rows.values().enumerate() {
            for (number, part) in numbers {
                let sign = if *number < 0 { "-" } else { "" };
                expected.push((format!("{sign}{}.{part:02}", number.unsigned_abs()), line as u64 + 2));
            }
        }
        let mut read: Vec<_> = found
            .values()
            .map(|(value, _, line)| (value.expect("a value").to_string(), *line))
            .collect();
        // A negative zero is zero.
        for (value, _) in expected.iter_mut().chain(&mut read) {
            if value == "-0.00" { *value = "0.00".to_owned() }
        }
        read.sort();
        expected.sort();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in prop::collection::vec(prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            prop::sample::select(vec!["area", ",", ";", "\t", "\n", "\"", "2020", "NAM", "1,282", "<5", "\r\n", "é"]).prop_map(|text| text.as_bytes().to_vec()),
        ], 0..60),
    ) {
        let bytes = [b"area,2020\n".to_vec(), bytes.concat()].concat();
        let guess = Encoding::guess(&mut &bytes[..]).expect("memory");
        let mut text = Vec::new();
        guess.encoding.transcode(&mut &bytes[..], &mut text).expect("memory");
        for areas in ["", ",\"scheme\":\"ISO3\""] {
            let _ = with(&net_migration(areas, ""), &text, &TableOptions::default());
        }
    }
}
