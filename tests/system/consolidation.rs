//! The hub's own lanes: what two offices report becomes MIG_FLOW_OD, which every door reads as it reads any lane.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::time::Duration;

use mighub::v1::{self, Role};
use mighub_client::{At, Decided, Hub, PullRequest, PushOptions};
use mighub_server::hub::Moment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::data::{Cells, Copy, Table, flows, pulled};
use crate::office::random::Random;
use crate::office::{FLOW, Stage, accepted, agreement, instant, push, raw, report_text};

/// The derived dataflow, and who is its provider.
const DERIVED: &str = "MIGHUB:MIG_FLOW_OD(1.0.0)";
const HUB: &str = "MIGHUB";
/// How long the running hub is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A hub, two offices that send, and a commission that reads.
async fn stage() -> (Stage, Hub, Hub, Hub) {
    let stage = Stage::with_hand_set_clock().await;
    for office in ["SWE", "FIN"] {
        stage.admit_office(office).await;
        stage.grant(office, Role::Publisher).await;
    }
    stage.admit("ECE", &[Role::Reader]).await;
    let (sweden, finland, reader) =
        (stage.client("SWE").await, stage.client("FIN").await, stage.client("ECE").await);
    (stage, sweden, finland, reader)
}

/// Does what the running hub does by itself, and says how many vintages came of it.
async fn consolidate(stage: &Stage, all: bool) -> usize {
    let (hub, now) = (stage.hub().clone(), stage.now());
    let made = tokio::task::spawn_blocking(move || hub.consolidate(all, now)).await.expect("it ends");
    made.expect("consolidated").len()
}

async fn derived(reader: &Hub) -> Table {
    pulled(reader, PullRequest::all(DERIVED)).await.lane(HUB)
}

/// Rows of Sweden's immigration from Finland and Finland's emigration to Sweden.
fn sweden_says(rows: &[(u16, &str)]) -> String {
    let rows: Vec<_> = rows.iter().map(|(year, cells)| ("M", "IMM", "FIN", *year, *cells)).collect();
    flows("SWE", &rows)
}

fn finland_says(rows: &[(u16, &str)]) -> String {
    let rows: Vec<_> = rows.iter().map(|(year, cells)| ("M", "EMI", "SWE", *year, *cells)).collect();
    flows("FIN", &rows)
}

/// Value by view and method, of the people who went from Finland to Sweden in a year.
fn values(table: &Table, year: u16) -> BTreeMap<String, String> {
    let of_year = table.iter().filter(|((_, period), _)| *period == year.to_string());
    of_year
        .filter_map(|((key, _), cells)| {
            let kind = key.strip_prefix("A.FIN.SWE._T._T.LT.")?;
            Some((kind.to_owned(), cells.get("OBS_VALUE").cloned().unwrap_or_default()))
        })
        .collect()
}

fn expected(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    values.iter().map(|(kind, value)| ((*kind).to_owned(), (*value).to_owned())).collect()
}

const BOTH: [(&str, &str); 5] =
    [("CO.M0", "100"), ("CO.M1", "98"), ("CO.M2", "100"), ("RD._Z", "100"), ("RO._Z", "96")];

async fn both_sides(sweden: &Hub, finland: &Hub) {
    let usual = PushOptions::default();
    accepted(sweden, &sweden_says(&[(2014, "100,A,F"), (2015, "50,A,F")]), &usual).await;
    accepted(finland, &finland_says(&[(2014, "96,A,F"), (2016, "7,A,F")]), &usual).await;
}

/// The body of an answer without TLS, to the public.
async fn plain(stage: &Stage, path: &str, accept: &str) -> String {
    let mut stream = TcpStream::connect(stage.plain_address()).await.expect("a connection");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_give_both_sides_and_every_method_on_every_door() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    assert_eq!(consolidate(&stage, false).await, 1);
    let table = derived(&reader).await;
    assert_eq!(values(&table, 2014), expected(&BOTH));
    let single = [("CO.M0", "50"), ("CO.M1", "50"), ("CO.M2", "50"), ("RD._Z", "50")];
    assert_eq!(values(&table, 2015), expected(&single));
    let other = [("CO.M0", "7"), ("CO.M1", "7"), ("CO.M2", "7"), ("RO._Z", "7")];
    assert_eq!(values(&table, 2016), expected(&other));

    let key = "/A.FIN.SWE._T._T.LT.CO.M1";
    for (path, accept) in [
        (
            format!("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW_OD/1.0.0{key}"),
            "application/vnd.sdmx.data+csv;version=2.0.0",
        ),
        (
            format!("/sdmx/v1/data/MIGHUB,MIG_FLOW_OD,1.0.0{key}/all"),
            "application/vnd.sdmx.data+csv;version=1.0.0",
        ),
        ("/v1/data/MIG_FLOW_OD.csv".to_owned(), "*/*"),
    ] {
        let answer = plain(&stage, &path, accept).await;
        assert!(answer.contains("R4_AGREE") && answer.contains("98"), "{path}: {answer}");
    }
    let mut retrieval = raw::retrieval(stage.public_channel().await);
    let request = v1::GetCoverageRequest { dataflow: DERIVED.into(), ..Default::default() };
    let coverage = retrieval.get_coverage(request).await.expect("coverage").into_inner();
    assert!(format!("{coverage:?}").contains(HUB), "{coverage:?}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_changes_exactly_what_depends_on_it_and_older_points_stay() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    consolidate(&stage, false).await;
    let position = stage.records().await - 1;
    let mut copy = Copy::default();
    copy.pull(&reader, PullRequest::all(DERIVED)).await.expect("a pull");
    accepted(&sweden, &sweden_says(&[(2015, "60,A,F")]), &PushOptions::default()).await;
    consolidate(&stage, false).await;
    let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(DERIVED) };
    copy.pull(&reader, request).await.expect("changes");
    let mut came: Vec<String> = copy.came.iter().map(|(key, period)| format!("{key}:{period}")).collect();
    came.sort();
    let cells = ["CO.M0", "CO.M1", "CO.M2", "RD._Z"].map(|kind| format!("A.FIN.SWE._T._T.LT.{kind}:2015"));
    assert_eq!((came, copy.gone.len()), (cells.to_vec(), 0));
    assert_eq!(copy.lane(HUB), derived(&reader).await);
    let then = pulled(&reader, PullRequest { at: At::Position(position), ..PullRequest::all(DERIVED) }).await;
    assert_eq!(values(&then.lane(HUB), 2015)["CO.M0"], "50");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_where_nothing_changes_and_all_anew_gives_the_same_bytes() {
    let (stage, sweden, finland, _) = stage().await;
    assert_eq!(consolidate(&stage, false).await, 0, "a hub without figures has none to derive");
    both_sides(&sweden, &finland).await;
    consolidate(&stage, false).await;
    let records = stage.records().await;
    assert_eq!(consolidate(&stage, false).await, 0);
    assert_eq!(consolidate(&stage, true).await, 0, "all anew is what was there");
    // What enters no corridor leaves everything as it is.
    let totals = flows("SWE", &[("M", "IMM", "_T", 2014, "1000,A,F")]);
    accepted(&sweden, &totals, &PushOptions::default()).await;
    assert_eq!(consolidate(&stage, false).await, 0);
    assert_eq!(stage.records().await, records + 1);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_embargo_enters_in_its_second_and_not_before() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    consolidate(&stage, false).await;
    let hour = instant(stage.now().0 / 1_000 + 3_600);
    let embargo = PushOptions { embargo: Some(hour), ..PushOptions::default() };
    accepted(&sweden, &sweden_says(&[(2014, "120,A,F")]), &embargo).await;
    assert_eq!(consolidate(&stage, false).await, 0);
    assert_eq!(
        stage.hub().next_input_release(stage.now()).expect("read"),
        Some(Moment(hour.as_millisecond()))
    );
    stage.wait_s(3_599);
    assert_eq!(consolidate(&stage, false).await, 0, "a second is left");
    assert_eq!(values(&derived(&reader).await, 2014), expected(&BOTH));
    stage.wait_s(1);
    assert_eq!(consolidate(&stage, false).await, 1);
    assert_eq!(values(&derived(&reader).await, 2014)["RD._Z"], "120");
    assert_eq!(consolidate(&stage, true).await, 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_is_restricted_later_is_hidden_in_every_derived_vintage() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    consolidate(&stage, false).await;
    let position = stage.records().await - 1;
    accepted(&sweden, &sweden_says(&[(2014, "100,A,N")]), &PushOptions::default()).await;
    consolidate(&stage, false).await;
    let then = PullRequest { at: At::Position(position), ..PullRequest::all(DERIVED) };
    for (request, what) in [(PullRequest::all(DERIVED), "today"), (then, "then")] {
        let table = pulled(&reader, request).await.lane(HUB);
        let seen = values(&table, 2014);
        assert_eq!(seen["RO._Z"], "96", "{what}: what Finland says is free");
        for kind in ["RD._Z", "CO.M0", "CO.M1", "CO.M2"] {
            assert_eq!(seen[kind], "", "{what}: {kind}");
            let cells = &table[&(format!("A.FIN.SWE._T._T.LT.{kind}"), "2014".to_owned())];
            if what == "today" {
                assert_eq!(cells["CONF_STATUS"], "N", "{kind}");
            }
            let told = ["RO_VALUE", "RD_VALUE", "ASYMMETRY", "LOWER", "UPPER", "INPUT_REFS"];
            assert!(told.iter().all(|id| !cells.contains_key(*id)), "{what}: {kind} {cells:?}");
        }
    }
    assert_eq!(consolidate(&stage, true).await, 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_is_withheld_takes_its_derived_figures_along_at_once_and_brings_them_back() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    consolidate(&stage, false).await;
    let position = stage.records().await - 1;
    let why = Decided { reason: "an error at the source".into(), person: "anna".into() };
    let key = "A.SWE.IMM.PRV.FIN._T._T.LT._T";
    let selection = sweden.selection(FLOW, key, Some("2014"), Some("2014")).await.expect("a selection");
    let restriction = sweden.restrict(&raw::lane("SWE"), &selection, &why).await.expect("withheld");
    // Before anything is made anew, and after.
    for anew in [false, true] {
        if anew {
            consolidate(&stage, false).await;
        }
        let then = PullRequest { at: At::Position(position), ..PullRequest::all(DERIVED) };
        for request in [PullRequest::all(DERIVED), then] {
            let table = pulled(&reader, request).await.lane(HUB);
            assert_eq!(values(&table, 2014), expected(&[("RO._Z", "96")]));
            assert_eq!(values(&table, 2015)["CO.M0"], "50", "other years stay");
        }
    }
    sweden.free(&raw::lane("SWE"), restriction.position, &why).await.expect("freed");
    consolidate(&stage, false).await;
    assert_eq!(values(&derived(&reader).await, 2014), expected(&BOTH));
    assert_eq!(consolidate(&stage, true).await, 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_is_withdrawn_takes_its_cells_along() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    let more = sweden_says(&[(2016, "9,A,F")]);
    let receipt = accepted(&sweden, &more, &PushOptions::default()).await;
    consolidate(&stage, false).await;
    assert_eq!(values(&derived(&reader).await, 2016)["RD._Z"], "9");
    sweden.withdraw(&receipt.body.submission_id, "a slip", "").await.expect("withdrawn");
    consolidate(&stage, false).await;
    let alone = [("CO.M0", "7"), ("CO.M1", "7"), ("CO.M2", "7"), ("RO._Z", "7")];
    assert_eq!(values(&derived(&reader).await, 2016), expected(&alone));
    assert_eq!(consolidate(&stage, true).await, 0);
    stage.close().await;
}

/// Agencies send estimates alone, in lanes of their own, and neither hides the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_agency_sends_estimates_and_nothing_else_beside_the_hub() {
    let (stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    consolidate(&stage, false).await;
    stage.admit("UNPD", &[Role::Submitter, Role::Reader]).await;
    stage
        .agree(v1::Agreement {
            id: "MIGHUB:PA_OD_UNPD(1.0.0)".into(),
            dataflow: DERIVED.into(),
            permitted_region: vec![],
            ..agreement("UNPD")
        })
        .await;
    let unpd = stage.client("UNPD").await;
    let row = |view: &str| {
        let header = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,ORIGIN,DESTINATION,SEX,AGE,DURATION,VIEW,CONS_METHOD,TIME_PERIOD,\
                      OBS_VALUE,OBS_STATUS,CONF_STATUS,CONS_RULE,INPUT_REFS\n";
        format!("{header}dataflow,{DERIVED},M,A,FIN,SWE,_T,_T,LT,{view},_Z,2014,99,E,F,R9_AGENCY,\n")
    };
    for view in ["RO", "RD"] {
        let mut pushed = push(&unpd, &row(view), &PushOptions::default()).await;
        let report = report_text(&mut pushed);
        assert!(report.contains("VIEW"), "{view}: {report}");
        assert!(!matches!(pushed.outcome, mighub_client::PushOutcome::Accepted { .. }), "{view}");
    }
    accepted(&unpd, &row("ES"), &PushOptions::default()).await;
    let both = pulled(&reader, PullRequest::all(DERIVED)).await;
    assert_eq!((both.lane("UNPD").len(), values(&both.lane(HUB), 2014)), (1, expected(&BOTH)));
    stage.close().await;
}

/// What M0, M1 and M2 say, in the plainest way.
fn simply(origin: Option<i64>, destination: Option<i64>) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    let mut put = |kind: &str, value: String| rows.insert(kind.to_owned(), value);
    if let Some(origin) = origin {
        put("RO._Z", origin.to_string());
    }
    if let Some(destination) = destination {
        put("RD._Z", destination.to_string());
    }
    let Some(receiver) = destination.or(origin) else { return rows };
    put("CO.M0", receiver.to_string());
    let larger = origin.max(destination).expect("one of them");
    put("CO.M2", larger.to_string());
    let mean = match (origin, destination) {
        (Some(a), Some(b)) if (a - b).abs() * 10 <= a.max(b) => {
            let half = if (a + b) % 2 == 0 { "" } else { ".5" };
            format!("{}{half}", (a + b) / 2)
        }
        _ => receiver.to_string(),
    };
    put("CO.M1", mean);
    rows
}

/// What a reader sees of one side, by year: the value, or that it is hidden.
fn side(table: &Table, key: &str) -> BTreeMap<u16, Option<i64>> {
    let of_key = table.iter().filter(|((known, _), _)| known == key);
    let value = |cells: &Cells| cells.get("OBS_VALUE").map(|value| value.parse().expect("whole"));
    of_key.map(|((_, period), cells)| (period.parse().expect("a year"), value(cells))).collect()
}

/// Checks every cell against the two reports as the reader sees them; gives the table.
async fn agrees_with_reports(reader: &Hub) -> Table {
    let table = derived(reader).await;
    let reports = pulled(reader, PullRequest::all(FLOW)).await;
    let came = side(&reports.lane("SWE"), "A.SWE.IMM.PRV.FIN._T._T.LT._T");
    let left = side(&reports.lane("FIN"), "A.FIN.EMI.PRV.SWE._T._T.LT._T");
    for year in 2010..2020 {
        let (origin, destination) = (left.get(&year).copied(), came.get(&year).copied());
        let seen = values(&table, year);
        if origin == Some(None) || destination == Some(None) {
            assert!(
                seen.iter().all(|(kind, value)| !kind.starts_with("CO") || value.is_empty()),
                "{year}: {seen:?}"
            );
            continue;
        }
        assert_eq!(seen, simply(origin.flatten(), destination.flatten()), "{year}");
    }
    table
}

/// Recomputes every consolidated figure from what its INPUT_REFS lead to, and from nothing else.
async fn every_figure_follows_from_its_references(reader: &Hub, table: &Table) {
    let mut points: BTreeMap<u64, Copy> = BTreeMap::new();
    for ((key, period), cells) in table {
        let Some((_, method)) = key.split_once(".CO.") else { continue };
        let Some(value) = cells.get("OBS_VALUE") else { continue };
        let (mut origin, mut destination) = (None, None);
        for reference in cells["INPUT_REFS"].split(';') {
            let (_, rest) = reference.split_once('#').expect("a submission");
            let (series, version) = rest.split_once('@').expect("a vintage");
            let version: u64 = version.parse().expect("a position");
            let point = match points.entry(version) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let request = PullRequest { at: At::Position(version), ..PullRequest::all(FLOW) };
                    unknown.insert(pulled(reader, request).await)
                }
            };
            let provider = series.split('.').nth(1).expect("an area");
            let report = &point.lane(provider)[&(series.to_owned(), period.clone())];
            let figure = Some(report["OBS_VALUE"].parse().expect("whole"));
            if series.contains(".IMM.") { destination = figure } else { origin = figure }
        }
        let anew = simply(origin, destination);
        assert_eq!(anew[&format!("CO.{method}")], *value, "{key} {period}: {cells:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_offices_do_small_steps_give_what_all_anew_gives() {
    let (stage, sweden, finland, reader) = stage().await;
    let mut random = Random::of("consolidation");
    let mut last: BTreeMap<&str, String> = BTreeMap::new();
    for step in 0..40 {
        let is_sweden = random.below(2) == 0;
        let (name, office) = if is_sweden { ("SWE", &sweden) } else { ("FIN", &finland) };
        let year = 2010 + random.below(6) as u16;
        let value = 90 + random.below(25);
        let cells = match random.below(8) {
            0 => format!("{value},A,N"),
            _ => format!("{value},A,F"),
        };
        let says = if is_sweden { sweden_says } else { finland_says };
        let file = says(&[(year, &cells), (year + 1, &cells)]);
        match random.below(6) {
            0 => {
                if let Some(id) = last.remove(name) {
                    office.withdraw(&id, "taken back", "").await.expect("withdrawn");
                }
            }
            1 => {
                let hour = instant(stage.now().0 / 1_000 + 1 + random.below(5) as i64);
                let embargo = PushOptions { embargo: Some(hour), ..PushOptions::default() };
                last.insert(name, accepted(office, &file, &embargo).await.body.submission_id.clone());
            }
            _ => {
                let receipt = accepted(office, &file, &PushOptions::default()).await;
                last.insert(name, receipt.body.submission_id.clone());
            }
        }
        stage.wait_s(random.below(3) as i64);
        if random.below(3) > 0 {
            consolidate(&stage, false).await;
            let table = agrees_with_reports(&reader).await;
            assert_eq!(consolidate(&stage, true).await, 0, "step {step}: all anew gives something else");
            if step % 8 == 7 {
                every_figure_follows_from_its_references(&reader, &table).await;
            }
        }
    }
    stage.wait_s(10);
    consolidate(&stage, false).await;
    let table = agrees_with_reports(&reader).await;
    every_figure_follows_from_its_references(&reader, &table).await;
    stage.close().await;
}

fn turn_on(folder: &Path) {
    let file = folder.join("hub.json");
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, text.replace("\"consolidation\":false", "\"consolidation\":true"))
        .expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_hub_follows_by_itself_and_one_that_was_stopped_catches_up() {
    let (mut stage, sweden, finland, reader) = stage().await;
    both_sides(&sweden, &finland).await;
    stage.restart(turn_on).await;
    let until = async |year: u16, kind: &str, value: &str| {
        let deadline = std::time::Instant::now() + PATIENCE;
        while values(&derived(&reader).await, year).get(kind).map(String::as_str) != Some(value) {
            assert!(std::time::Instant::now() < deadline, "{kind} of {year} never became {value}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    until(2014, "CO.M1", "98").await;
    accepted(&sweden, &sweden_says(&[(2015, "60,A,F")]), &PushOptions::default()).await;
    until(2015, "CO.M0", "60").await;
    let hour = instant(stage.now().0 / 1_000 + 3_600);
    let embargo = PushOptions { embargo: Some(hour), ..PushOptions::default() };
    accepted(&sweden, &sweden_says(&[(2015, "70,A,F")]), &embargo).await;
    stage.wait_s(3_600);
    until(2015, "CO.M0", "70").await;
    stage.close().await;
}
