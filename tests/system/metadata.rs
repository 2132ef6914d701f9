//! Reports about sources: sent by offices, read by everybody, kept as they were, and never taken from strangers.

use std::path::{Path, PathBuf};

use mighub::v1::{self, Role};
use mighub_client::{At, Decided, Error, Hub, ReportFilter, ReportsFile, source_report};
use mighub_sdmx::source_report::{SourceFinding, SourceReport, write_csv};

use crate::office::{FLOW, Stage, agreement, instant, raw};

/// Grades of six real sources, ten years each; where they come from stands beside them.
fn real_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdmx/tests/data/sources/source_quality.csv")
}

fn reports(path: &Path, area: Option<&str>) -> ReportsFile {
    ReportsFile::read(path, area).expect("readable").expect("nothing is wrong")
}

/// Reports in the text of a table.
fn of_text(text: &str) -> Vec<SourceReport> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("reports.csv");
    std::fs::write(&path, text).expect("written");
    reports(&path, None).reports().to_vec()
}

/// What the hub says of the rows below.
const EXPECTED: &str = "\
row 2, REF_AREA: found \"NOR\", allowed: SWE; report of what the agreement permits to send, or ask the hub's administrator to widen it
row 3, FLOW_DIR: found \"SIDEWAYS\", allowed: EMI, IMM, NET; write a code of the dataflow: `mighub structure show` lists them
row 4, FLOW_DIR: found \"_Z\", allowed: EMI, IMM, NET; write a code of the dataflow: `mighub structure show` lists them
row 5, SOURCE_TYPE: found \"GUESSWORK\", allowed: ADMIN_ASY, ADMIN_JUST, ADMIN_OTH, ADMIN_WORK, BOP, BORDER, CENSUS, DEPOSIT, FREG, INTEG and 8 more; write a code of the dataflow: `mighub structure show` lists them
row 6, REF_AREA: found \"ZZZ\", allowed: SWE; report of what the agreement permits to send, or ask the hub's administrator to widen it
";

fn anna() -> Decided {
    Decided { reason: "yearly review".into(), person: "anna".into() }
}

async fn put(hub: &Hub, provider: &str, reports: &[SourceReport]) -> v1::PutReportsResponse {
    hub.put_reports(&raw::lane(provider), reports, false, &anna()).await.expect("the call succeeds")
}

/// Direction, periods and rank of what counts for a provider, in the order in which the hub lists it.
async fn listed(hub: &Hub, provider: &str, at: &At) -> String {
    let filter =
        ReportFilter { dataflow: FLOW.into(), providers: vec![provider.into()], ..Default::default() };
    let found = hub.reports(&filter, at, usize::MAX).await.expect("listed");
    let line = |recorded: &v1::RecordedReport| {
        let report = source_report(recorded.report.as_ref().expect("a report")).expect("allowed values");
        assert_eq!(u32::from(report.rank().get()), recorded.rank);
        format!("{} {}: {}", report.direction(), report.periods(), recorded.rank)
    };
    found.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn refusal(error: &Error) -> String {
    error.reason().map_or_else(|| error.to_string(), |reason| reason.as_str_name().to_owned())
}

async fn stage() -> (Stage, Hub) {
    let stage = Stage::with_hand_set_clock().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let sweden = stage.client("SWE").await;
    (stage, sweden)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_file_goes_in_and_comes_out_again_for_everybody() {
    let (stage, sweden) = stage().await;
    let file = reports(&real_file(), Some("SWE"));
    assert_eq!(file.reports().len(), 20);
    let dry = sweden.put_reports(&raw::lane("SWE"), file.reports(), true, &anna()).await.expect("checked");
    assert_eq!((dry.recorded, dry.position), (20, None));
    assert_eq!(listed(&sweden, "SWE", &At::Now).await, "", "a dry run records nothing");
    let first = put(&sweden, "SWE", file.reports()).await;
    assert_eq!((first.recorded, first.as_before, first.findings.len()), (20, 0, 0));
    let again = put(&sweden, "SWE", file.reports()).await;
    assert_eq!((again.recorded, again.as_before, again.position), (0, 20, None), "said once is enough");

    let reader = stage.client("ECE").await;
    let filter = ReportFilter { dataflow: FLOW.into(), ..Default::default() };
    let found = reader.reports(&filter, &At::Now, usize::MAX).await.expect("listed");
    let came: Vec<SourceReport> = found
        .iter()
        .map(|recorded| source_report(recorded.report.as_ref().expect("a report")).expect("allowed"))
        .collect();
    let mut out = Vec::new();
    write_csv(&came, &mut out).expect("written");
    // The same words as in the file, but for the order and the columns that say nothing.
    let mut sent = file.reports().to_vec();
    sent.sort_by_key(|report| (report.direction().to_owned(), report.periods().start()));
    assert_eq!(of_text(std::str::from_utf8(&out).expect("UTF-8")), sent);
    for recorded in &found {
        assert_eq!((recorded.position, &*recorded.agency), (first.position.expect("recorded"), "SWE"));
        let one = reader.report_at(recorded.position, recorded.number).await.expect("there");
        assert_eq!(one, *recorded);
    }
    let one_year = ReportFilter { period: "2012".into(), direction: "EMI".into(), ..filter };
    let found = reader.reports(&one_year, &At::Now, usize::MAX).await.expect("listed");
    assert_eq!(found.len(), 1);
    let mut public = raw::metadata(stage.public_channel().await);
    let found = public.list_reports(v1::ListReportsRequest::default()).await.expect("public").into_inner();
    assert_eq!(found.reports.len(), 20);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_knows_better_comes_back_as_findings_and_nothing_is_recorded() {
    let (stage, sweden) = stage().await;
    let text = "REF_AREA,FLOW_DIR,TIME_PERIOD,SOURCE_TYPE,UNDERCOUNT\n\
                SWE,IMM,2010,REGISTER,LOW\n\
                NOR,IMM,2010,REGISTER,LOW\n\
                SWE,SIDEWAYS,2010,REGISTER,LOW\n\
                SWE,_Z,2010,REGISTER,LOW\n\
                SWE,EMI,2010,GUESSWORK,LOW\n\
                ZZZ,EMI,2010,REGISTER,LOW\n";
    let answer = put(&sweden, "SWE", &of_text(text)).await;
    assert_eq!((answer.position, answer.recorded), (None, 0));
    let told = answer.findings.iter().map(|finding| {
        let v1::SourceFinding { report, concept, found, allowed, remedy } = finding.clone();
        format!("{}\n", SourceFinding { row: report.into(), concept, found, allowed, remedy })
    });
    assert_eq!(told.collect::<String>(), EXPECTED);
    // Messages that no client of ours makes are checked by the same rules.
    let bare = v1::SourceReport {
        ref_area: "SWE".into(),
        flow_dir: "IMM".into(),
        start_period: "2010".into(),
        ..Default::default()
    };
    let wrong = v1::SourceReport { undercount: "FEW".into(), ..bare.clone() };
    let request = v1::PutReportsRequest {
        lane: Some(raw::lane("SWE")),
        reports: vec![bare, wrong],
        ..Default::default()
    };
    let answer =
        raw::metadata(stage.channel("SWE").await).put_reports(request).await.expect("OK").into_inner();
    let told: Vec<(u32, &str)> = answer.findings.iter().map(|f| (f.report, &*f.concept)).collect();
    assert_eq!(told, [(2, "UNDERCOUNT"), (2, "TIME_PERIOD")]);
    assert_eq!(listed(&sweden, "SWE", &At::Now).await, "");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_report_replaces_what_it_covers_and_the_older_one_can_be_read_as_of_then() {
    let (mut stage, sweden) = stage().await;
    let head = "REF_AREA,FLOW_DIR,START_PERIOD,END_PERIOD,UNDERCOUNT,ACCURACY\n";
    let of = |rows: &str| of_text(&format!("{head}{rows}"));
    let first = put(&sweden, "SWE", &of("SWE,IMM,2010,2012,HIGH,LOW\nSWE,IMM,2013,,HIGH,LOW\n")).await;
    let before = "IMM 2010 to 2012: 4; IMM since 2013: 4";
    assert_eq!(listed(&sweden, "SWE", &At::Now).await, before);
    let then = instant(stage.now().0 / 1_000);
    stage.wait_s(3_600);
    let second = put(&sweden, "SWE", &of("SWE,IMM,2010,2012,LOW,HIGH\nSWE,IMM,2015,2016,LOW,LOW\n")).await;
    let after = "IMM 2010 to 2012: 0; IMM since 2013: 4; IMM 2015 to 2016: 2";
    assert_eq!(listed(&sweden, "SWE", &At::Now).await, after);
    // What was said of 2013 and later must be said again to count for 2015, too; then it replaces.
    stage.wait_s(3_600);
    let third = put(&sweden, "SWE", &of("SWE,IMM,2013,,HIGH,LOW\n")).await;
    assert!(third.position.is_some(), "{third:?}");
    let at_last = "IMM 2010 to 2012: 0; IMM since 2013: 4";
    let check = async |hub: &Hub| {
        assert_eq!(listed(hub, "SWE", &At::Now).await, at_last);
        assert_eq!(listed(hub, "SWE", &At::AsOf(then)).await, before);
        assert_eq!(listed(hub, "SWE", &At::Position(first.position.expect("recorded"))).await, before);
        assert_eq!(listed(hub, "SWE", &At::Position(second.position.expect("recorded"))).await, after);
        let replaced = hub.report_at(first.position.expect("recorded"), 0).await.expect("for ever");
        assert_eq!(replaced.rank, 4);
    };
    check(&sweden).await;
    // The view is a function of the journal.
    stage.restart(|folder| std::fs::remove_dir_all(folder.join("view")).expect("a view")).await;
    check(&stage.client("SWE").await).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_sends_the_figures_reports_of_them_and_a_hidden_lane_hides_its_reports() {
    let (stage, sweden) = stage().await;
    stage.admit_office("NOR").await;
    let of_sweden = of_text("REF_AREA,FLOW_DIR,TIME_PERIOD,UNDERCOUNT\nSWE,IMM,2010,LOW\n");
    for (agency, reason) in
        [("NOR", "ERROR_REASON_LANE_NOT_PERMITTED"), ("ECE", "ERROR_REASON_RIGHT_MISSING")]
    {
        let stranger = stage.client(agency).await;
        let error = stranger.put_reports(&raw::lane("SWE"), &of_sweden, false, &anna()).await;
        assert_eq!(refusal(&error.expect_err("not theirs")), reason);
    }
    let position = put(&sweden, "SWE", &of_sweden).await.position.expect("recorded");
    let (norway, reader) = (stage.client("NOR").await, stage.client("ECE").await);
    for hub in [&sweden, &norway, &reader] {
        assert_eq!(listed(hub, "SWE", &At::Now).await, "IMM 2010: 2");
    }
    let hidden = v1::Agreement { existence_restricted: true, ..agreement("SWE") };
    stage.agree(hidden).await;
    assert_eq!(listed(&sweden, "SWE", &At::Now).await, "IMM 2010: 2", "its own office sees it");
    for hub in [&norway, &reader] {
        assert_eq!(listed(hub, "SWE", &At::Now).await, "");
        // The same answer as for a report that is not there.
        let none = refusal(&hub.report_at(0, 0).await.expect_err("no report"));
        let hidden = refusal(&hub.report_at(position, 0).await.expect_err("hidden"));
        assert_eq!((hidden.as_str(), none.as_str()), ("ERROR_REASON_UNKNOWN_REPORT", hidden.as_str()));
    }
    stage.close().await;
}
