//! `mighub-demo --full`: what it says it read back is what the tables hold.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the demo in a new folder, on some of the other systems only.
fn run(dataflows: &[&str], data: Option<&Path>) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mighub-demo"));
    command.args(["--full", "--once", "--dir"]).arg(folder.path().join("demo"));
    for dataflow in dataflows {
        command.args(["--only", dataflow]);
    }
    if let Some(data) = data {
        command.arg("--data").arg(data);
    }
    command.output().expect("the demo runs")
}

fn said(dataflows: &[&str], data: Option<&Path>) -> String {
    let output = run(dataflows, data);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The last number of the line that begins so.
fn figure(text: &str, beginning: &str) -> u64 {
    let line = text.lines().find(|line| line.trim_start().starts_with(beginning));
    let line = line.unwrap_or_else(|| panic!("no line {beginning:?} in\n{text}"));
    let number = line.split_whitespace().next_back().unwrap_or_default().replace(',', "");
    number.parse().unwrap_or_else(|_| panic!("{line:?} ends with no number"))
}

/// Line of the table of what was loaded: observations, set aside, warnings.
fn loaded<'a>(text: &'a str, dataflow: &str, provider: &str) -> Vec<&'a str> {
    let words = |line: &'a str| line.split_whitespace().collect::<Vec<_>>();
    let mut lines = text.lines().map(words);
    let found = lines.find(|words| words.starts_with(&[dataflow, provider]));
    found.unwrap_or_else(|| panic!("no {dataflow} of {provider} in\n{text}"))[2..5].to_vec()
}

#[test]
fn the_stock_that_is_read_back_is_the_sum_of_the_published_table() {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/full/ims2024_stock_od.csv.zst");
    let packed = std::fs::File::open(packed).expect("the table");
    let table = String::from_utf8(zstd::stream::decode_all(packed).expect("zstd")).expect("UTF-8");
    let (mut world, mut corridor, mut rows) = (BTreeMap::new(), BTreeMap::new(), 0);
    for row in table.lines().skip(1) {
        let cells: Vec<_> = row.split(',').collect();
        let value: u64 = cells[6].parse().expect("a number");
        *world.entry(cells[5]).or_insert(0) += value;
        if (cells[1], cells[2]) == ("USA", "MEX") {
            *corridor.entry(cells[5]).or_insert(0) += value;
        }
        rows += 1;
    }
    let text = said(&["MIG_STOCK_OD"], None);
    assert_eq!(loaded(&text, "MIG_STOCK_OD", "UNPD")[0].replace(',', ""), rows.to_string());
    for year in ["2000", "2024"] {
        let read = |what: &str| figure(&text, &format!("{what:<66} {year}"));
        assert_eq!(read("migrants in the world, both sexes"), world[year], "{year}");
        assert_eq!(read("born in Mexico, in the United States"), corridor[year], "{year}");
    }
    assert_eq!((world["2000"], corridor["2000"], corridor["2024"]), (174_566_152, 9_245_920, 11_279_561));
}

#[test]
fn what_is_made_up_is_accepted_without_a_word_and_says_what_it_is() {
    let dataflows =
        ["MIG_REMIT", "MIG_TREATY", "MIG_POLICY", "MIG_MODE4", "MIG_TRAFFICKING", "MIG_CENSUS", "MIG_LABOUR"];
    let text = said(&dataflows, None);
    for dataflow in dataflows {
        assert_eq!(loaded(&text, dataflow, "SYNTHETIC")[1..], ["0", "0"], "{dataflow}");
    }
    assert!(text.contains("made up instead: wb_remittances_2017.csv, treaty_actions.csv"), "{text}");
    assert!(text.contains("States bound by the Migrant Workers Convention (synthetic)"), "{text}");
}

#[test]
fn a_folder_with_treaties_is_read_by_the_stored_mapping() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = "TREATY,REF_AREA,PARTICIPANT,SIGNATURE_DATE,BINDING_DATE,ACTION\n\
                 ICRMW,AAA,\"One, first\",2001-05-01,2004-07-01,r\n\
                 ICRMW,BBB,Two,,2004-07-02,a\n\
                 ICRMW,CCC,Three,2003-01-31,,\n\
                 TIP_PROTOCOL,,European Union,2000-12-12,2006-09-06,AA\n\
                 TIP_PROTOCOL,AAA,One,2000-12-13,,\n"
        .replace("AAA", "MEX")
        .replace("BBB", "DZA")
        .replace("CCC", "GUY");
    std::fs::write(folder.path().join("treaty_actions.csv"), table).expect("a file");
    let text = said(&["MIG_TREATY"], Some(folder.path()));
    assert_eq!(loaded(&text, "MIG_TREATY", "UNTC"), ["7", "0", "0"]);
    assert_eq!(
        figure(&text, "States bound by the Migrant Workers Convention  "),
        1,
        "the second came a day too late"
    );
    assert_eq!(figure(&text, "signatories of the trafficking protocol, with the European Union"), 2);
    assert_eq!(figure(&text, "signatories of the smuggling protocol  "), 0);
}

#[test]
fn rows_that_contradict_themselves_are_set_aside_and_the_others_sent() {
    let text = said(&["MIG_STOCK"], None);
    let [observations, set_aside, _] = loaded(&text, "MIG_STOCK", "ESTAT")[..] else { panic!("{text}") };
    let sent: u64 = observations.replace(',', "").parse().expect("a number");
    let aside: u64 = set_aside.parse().expect("a number");
    assert!(aside > 0, "{text}");
    assert_eq!(sent + aside, 30_138);
}

#[test]
fn a_dataflow_that_is_not_loaded_is_told_with_those_that_are() {
    let output = run(&["MIG_NOTHING"], None);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(text.contains("MIG_NOTHING is not loaded by --full: name one of MIG_STOCK_OD"), "{text}");
}
