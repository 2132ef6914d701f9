//! What is prepared is what the hub demands, and depends on the content of a file alone.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use mighub::block::{Digest, check_cut, decode, decompress};
use mighub::manifest::{read_manifest, read_page};
use mighub_sdmx::Columns;
use mighub_sdmx::csv::{Action, CsvReader};
use mighub_validation::{Finding, Severity, TextOptions};
use proptest::prelude::*;

use mighub_intake::{
    Complete, FrameReader, Lanes, MANIFEST, Prepared, Progress, ReadOptions, Source, StructureLanes,
    TableReading, check, prepare,
};

use crate::mappings::shipped_mappings;
use crate::structures::read_folder;

const DATAFLOW: &str = "MIGHUB:MIG_FLOW(1.0.0)";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lanes() -> StructureLanes {
    StructureLanes::new(read_folder(&project().join("structures")).expect("the structure package"), "SWE")
}

fn sample() -> String {
    let path = project().join("demo/data/submissions/SWE_MIG_FLOW_2010_2016.csv");
    fs::read_to_string(path).expect("the sample file")
}

fn prepared_with(text: &str, options: &ReadOptions) -> Prepared {
    // The spool is a folder of its own within this one, and goes with what was prepared.
    let folder = std::env::temp_dir();
    let reader = Box::new(Cursor::new(text.to_owned().into_bytes()));
    let source = Source::Reader { name: "test".to_owned(), reader };
    prepare(source, &mut lanes(), options, &folder, &Progress::silent()).expect("it can be read")
}

fn prepared(text: &str) -> Prepared {
    prepared_with(text, &ReadOptions::default())
}

fn manifest_of(text: &str) -> Digest {
    prepared(text).spool.expect("there are no errors").manifest
}

/// Rules that found errors.
fn errors(prepared: &Prepared) -> Vec<String> {
    let groups = prepared.checked.report.summary().groups.iter();
    groups.filter(|group| group.severity == Severity::Error).map(|group| group.rule_id.clone()).collect()
}

/// Reads a spool as a hub does: nothing is believed. Gives action and blocks part by part.
fn opened(prepared: &Prepared) -> Vec<(i32, Vec<Columns>)> {
    let spool = prepared.spool.as_ref().expect("there are no errors");
    let shape = &prepared.checked.lane.as_ref().expect("a lane").definition.shape;
    let mut stream = &fs::read(spool.folder.path().join(MANIFEST)).expect("the manifest")[..];
    let mut next = || {
        let length = prost::encoding::decode_varint(&mut stream).expect("a length") as usize;
        let (bytes, rest) = stream.split_at(length);
        stream = rest;
        bytes
    };
    let manifest = next();
    assert_eq!(Digest::of(manifest), spool.manifest);
    let manifest = read_manifest(manifest).expect("a manifest");
    let mut frames = FrameReader::open(spool.folder.path()).expect("the blocks");
    let mut place = 0;
    let mut parts = Vec::new();
    for part in &manifest.parts {
        let mut blocks: Vec<Columns> = Vec::new();
        for page in &part.pages {
            let bytes = next();
            assert_eq!(Digest::of(bytes).0[..], page.digest[..]);
            for info in read_page(bytes, shape.dimensions.len()).expect("a page") {
                let raw = decompress(&frames.read(place).expect("a frame")).expect("a frame");
                place += 1;
                let columns = decode(&raw, shape).expect("canonical");
                let digest = if info.keyed { None } else { Some(Digest::of(&raw)) };
                assert!(digest.is_none_or(|digest| digest == info.digest));
                if let Some(before) = blocks.last() {
                    check_cut(before, Some(&columns.key(0).to_vec())).expect("cut where the canon cuts");
                }
                blocks.push(columns);
            }
        }
        parts.push((part.action, blocks));
    }
    assert_eq!(place, spool.totals.blocks);
    parts
}

#[test]
fn a_real_file_becomes_blocks_that_hold_all_of_it() {
    let text = sample();
    let prepared = prepared(&text);
    let parts = opened(&prepared);
    let observations: usize = parts.iter().flat_map(|(_, blocks)| blocks).map(Columns::len).sum();
    assert_eq!(parts.len(), 1);
    assert_eq!(observations, text.lines().count() - 1);
    let sum = |columns: &Columns| columns.unscaled.iter().sum::<i64>();
    let of_blocks: i64 = parts.iter().flat_map(|(_, blocks)| blocks).map(sum).sum();
    let lane = lanes().lane("dataflow", DATAFLOW).expect("structures").expect("the dataflow");
    let mut reader = CsvReader::new(text.as_bytes(), |_, _| Some(lane.definition.clone())).expect("a header");
    let mut of_file = 0;
    while let Some(batch) = reader.next_batch().expect("rows") {
        of_file += sum(&batch.columns);
    }
    assert_eq!(of_blocks, of_file);
}

#[test]
fn each_run_of_one_action_is_a_part() {
    let text = sample();
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let rows: Vec<_> = lines.collect();
    let letters = ["M", "M", "R", "D", "M"];
    let rows = rows.iter().zip(letters).map(|(row, letter)| row.replacen(",M,", &format!(",{letter},"), 1));
    let text = std::iter::once(header.to_owned()).chain(rows).collect::<Vec<_>>().join("\n");
    let actions: Vec<_> =
        opened(&prepared(&text)).iter().map(|(action, blocks)| (*action, blocks[0].len())).collect();
    assert_eq!(actions, [(1, 2), (2, 1), (3, 1), (1, 1)]);
}

#[test]
fn parts_that_act_on_one_another_are_not_judged_as_if_each_were_the_result() {
    let text = sample();
    let mut lines = text.lines();
    let (header, row) = (lines.next().expect("a header"), lines.next().expect("a row"));
    // A key without value is no observation of an empty lane, unless another part gives it one.
    let empty = &*row.replacen(",268,A,", ",,A,", 1);
    let replaced = &*row.replacen(",M,", ",R,", 1);
    let deleted = &*row.replacen(",M,", ",D,", 1).replacen(",268,A,F", ",,,", 1);
    for (rows, expected) in [
        (&[empty][..], &["STR-051"][..]),
        (&[empty, replaced], &[]),
        (&[replaced, empty], &[]),
        (&[empty, deleted], &[]),
    ] {
        let text = format!("{header}\n{}\n", rows.join("\n"));
        assert_eq!(errors(&prepared(&text)), expected, "{text}");
    }
}

#[test]
fn nothing_is_sent_if_there_are_errors() {
    let text = sample().replacen(",268,", ",x,", 1);
    let prepared = prepared(&text);
    assert!(prepared.spool.is_none());
    assert_eq!(errors(&prepared), ["FIL-030"]);
}

#[test]
fn columns_and_file_give_the_same_submission() {
    let of_file = prepared(&sample());
    let batches: Vec<Columns> = opened(&of_file).into_iter().flat_map(|(_, blocks)| blocks).collect();
    let folder = std::env::temp_dir();
    let source = Source::Columns {
        dataflow: DATAFLOW.to_owned(),
        action: Action::Merge,
        batches: Box::new(batches.into_iter()),
    };
    let of_columns = prepare(source, &mut lanes(), &ReadOptions::default(), &folder, &Progress::silent())
        .expect("columns");
    let manifest = |prepared: &Prepared| prepared.spool.as_ref().map(|spool| spool.manifest);
    assert_eq!(manifest(&of_columns), manifest(&of_file));
}

#[test]
fn an_embargo_in_the_file_goes_to_the_header_wherever_it_stands() {
    let text = sample();
    let with_embargo = |row: usize| {
        let mut lines: Vec<String> = text.lines().map(|line| line.replace(",A,F", ",A,E,")).collect();
        lines[0].push_str(",EMBARGO_TIME");
        lines[row].push_str("2030-01-15T09:00:00+01:00");
        lines.join("\n")
    };
    for row in [1, text.lines().count() - 1] {
        let prepared = prepared(&with_embargo(row));
        assert_eq!(errors(&prepared), [""; 0]);
        let embargo = prepared.checked.contents.embargo.expect("an embargo");
        assert_eq!(embargo.to_string(), "2030-01-15T08:00:00Z");
        // The cells are free: the time keeps them.
        assert_eq!(prepared.spool.expect("there are no errors").manifest, manifest_of(&text));
    }
}

#[test]
fn two_embargoes_in_one_file_are_refused_and_none_wins() {
    let mut lines: Vec<String> = sample().lines().map(str::to_owned).collect();
    lines.iter_mut().for_each(|line| line.push(','));
    lines[0].push_str("EMBARGO_TIME");
    lines[1].push_str("2030-01-15T09:00:00Z");
    let last = lines.len() - 1;
    lines[last] = lines[last].replace("(1.0.0),M,", "(1.0.0),R,") + "2020-01-15T09:00:00Z";
    let source = Source::Reader {
        name: "test".to_owned(),
        reader: Box::new(Cursor::new(lines.join("\n").into_bytes())),
    };
    let refused =
        prepare(source, &mut lanes(), &ReadOptions::default(), &std::env::temp_dir(), &Progress::silent());
    let refused = refused.map(|prepared| prepared.checked.contents.embargo);
    insta::assert_snapshot!(refused.expect_err("one of the two would be lost"), @"EMBARGO_TIME is 2030-01-15T09:00:00Z in one part and 2020-01-15T09:00:00Z in another, and a submission has one embargo: send the parts as two files");
}

#[test]
fn a_complete_file_is_complete_for_the_periods_it_covers() {
    let options = ReadOptions { complete: Some(Complete::Key("A.SWE".to_owned())), ..ReadOptions::default() };
    let scope = prepared_with(&sample(), &options).scope.expect("a scope");
    let bound = |period: Option<mighub_sdmx::Period>| period.map(|period| period.to_string());
    assert_eq!((bound(scope.start), bound(scope.end)), (Some("2010".to_owned()), Some("2016".to_owned())));
    assert_eq!(scope.keys[0].to_string(), "A.SWE");
}

#[test]
fn several_dataflows_are_named_and_one_can_be_taken() {
    let mut text = sample();
    text.push_str(&text.lines().nth(1).expect("a row").replace("MIG_FLOW", "MIG_STOCK"));
    let both = prepared(&text);
    assert!(both.spool.is_none());
    assert_eq!(both.checked.contents.dataflows, [DATAFLOW, "MIGHUB:MIG_STOCK(1.0.0)"]);
    let options = ReadOptions { only: Some(DATAFLOW.to_owned()), ..ReadOptions::default() };
    let one = prepared_with(&text, &options).spool.expect("there are no errors");
    assert_eq!(one.manifest, manifest_of(&sample()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_order_of_rows_does_not_matter(seed: u64) {
        let text = sample();
        let (header, rows) = text.split_once('\n').expect("a header");
        let mut rows: Vec<_> = rows.lines().collect();
        rows.sort_by_key(|row| Digest::of(format!("{seed}{row}").as_bytes()));
        let shuffled = format!("{header}\n{}\n", rows.join("\n"));
        prop_assert_eq!(manifest_of(&shuffled), manifest_of(&text));
    }
}

/// Checks bytes by a mapping that is shipped, or by none.
fn checked_table(bytes: &[u8], mapping: Option<&str>) -> super::Checked {
    let known = shipped_mappings();
    let mapping = mapping.map(|id| known.find(id).expect("it is shipped").clone());
    let options = ReadOptions {
        table: TableReading { mapping, known, ..TableReading::default() },
        ..ReadOptions::default()
    };
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let source = Source::Reader { name: "test".to_owned(), reader };
    check(source, &mut lanes(), &options, &Progress::silent()).expect("it can be read")
}

#[test]
fn findings_in_a_table_of_another_layout_show_the_offices_own_cells() {
    let table = "FREQ;REF_AREA;COUNTERPART_AREA;SOLUTION;TIME_PERIOD;OBS_VALUE\r\n\
        A;NAM;AGO;RETURN_REF;2003;7\r\nA;NAM;ATL;RESETTLE;2003;8\r\nA;NAM;AGO;NATURAL;2O03;9\r\n";
    let mut checked = checked_table(table.as_bytes(), None);
    assert_eq!(checked.contents.table.mapping.as_deref(), Some("MIGHUB:UNHCR_SOLUTIONS(1.0.0)"));
    let mut places = Vec::new();
    let keep = |finding: Finding| {
        let place = finding.place.expect("a place");
        places.push((finding.rule_id, place.row, place.line, place.column, finding.found));
        Ok(())
    };
    checked.each_finding(keep).expect("findings");
    assert_eq!(
        places,
        [
            ("FIL-029".to_owned(), 3, Some(4), Some(4), "2O03".to_owned()),
            ("FIL-051".to_owned(), 2, Some(3), Some(2), "ATL".to_owned()),
        ]
    );
    let mut text = Vec::new();
    checked.write_text(&TextOptions::default(), &mut text).expect("memory");
    let text = String::from_utf8(text).expect("UTF-8");
    for part in
        ["line 3, column 7, COUNTERPART_AREA", "A;NAM;ATL;RESETTLE;2003;8", "line 4, column 19, TIME_PERIOD"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn sdmx_csv_in_another_encoding_is_the_same_submission() {
    let text = sample();
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reader = Box::new(Cursor::new(wide));
    let source = Source::Reader { name: "test".to_owned(), reader };
    let folder = std::env::temp_dir();
    let prepared = prepare(source, &mut lanes(), &ReadOptions::default(), &folder, &Progress::silent());
    let prepared = prepared.expect("it can be read");
    assert_eq!(prepared.checked.contents.table.encoding.as_deref(), Some("UTF-16LE"));
    assert_eq!(prepared.spool.expect("there are no errors").manifest, manifest_of(&text));
}

#[test]
fn a_table_that_two_mappings_fit_is_refused_and_names_them() {
    let table = b"FREQ,REF_AREA,COUNTERPART_AREA,POP_TYPE,TIME_PERIOD,OBS_VALUE\nA,NAM,AGO,REF,2003,7\n";
    let refused = checked_table(table, None);
    let groups = &refused.report.summary().groups;
    assert_eq!(groups.iter().map(|group| &*group.rule_id).collect::<Vec<_>>(), ["FIL-056"]);
    let named = checked_table(table, Some("UNHCR_POPULATION"));
    assert!(named.report.is_acceptable());
    assert_eq!(named.contents.rows, 1);
}

#[test]
fn a_file_is_judged_by_the_rulebook_and_told_where_its_sums_are_wrong() {
    let rows = "dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,SWE,IMM,PRV,POL,F,_T,LT,_T,2010,2000,A,F\n\
                dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,SWE,IMM,PRV,POL,M,_T,LT,_T,2010,2000,A,F\n";
    let mut wrong = prepared(&format!("{}{rows}", sample()));
    assert_eq!(errors(&wrong), ["SEX-201"]);
    assert!(wrong.spool.is_none(), "nothing is sent");
    let mut places = Vec::new();
    let keep = |finding: Finding| {
        if finding.level >= 2 {
            let place = finding.place.expect("a place");
            places.push((finding.rule_id, place.line, finding.rows, finding.arithmetic));
        }
        Ok(())
    };
    wrong.checked.each_finding(keep).expect("the file");
    let arithmetic = "Female 2000 + Male 2000 = 4000, Total 4408; difference 408, tolerance 0".to_owned();
    assert_eq!(places, [("SEX-201".to_owned(), Some(205), vec![204, 365, 366], arithmetic)]);
    let not_run = &wrong.checked.report.summary().not_run;
    assert!(not_run.iter().any(|rule| rule.rule_id == "FLOW-501"), "the hub alone has partners' figures");
}

#[test]
fn what_is_replaced_or_deleted_is_left_to_the_judge_of_the_hub() {
    let text = sample().replacen(",M,A,SWE", ",D,A,SWE", 1);
    let deleted = prepared(&text);
    let summary = deleted.checked.report.summary();
    let reason = |rule: &mighub_validation::RuleNotRun| rule.reason.contains("replaces or deletes");
    assert!(
        summary.not_run.iter().any(|rule| rule.rule_id == "SEX-201" && reason(rule)),
        "{:?}",
        summary.not_run
    );
}
