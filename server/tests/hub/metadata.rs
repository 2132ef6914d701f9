//! The ranks that consolidation reads: as of any position, for the public, and the same after the journal is replayed.

use mighub::v1;
use mighub_sdmx::Period;
use mighub_server::hub::permit::Submit;

use super::stage::{DRAFT, STABLE, Stage};

/// A report for a range of years; the dataflows here have no direction.
fn report(area: &str, first: &str, last: &str, undercount: &str, accuracy: &str) -> v1::SourceReport {
    v1::SourceReport {
        ref_area: area.into(),
        flow_dir: "_Z".into(),
        start_period: first.into(),
        end_period: last.into(),
        undercount: undercount.into(),
        accuracy: accuracy.into(),
        ..Default::default()
    }
}

fn put(stage: &Stage, reports: Vec<v1::SourceReport>) -> u64 {
    let lane = stage.lane(STABLE, "SWE");
    let request = v1::PutReportsRequest { lane: Some(lane.to_message()), reports, ..Default::default() };
    let permit = stage.may(&stage.office("SWE"), Submit(lane));
    let answer = stage.hub().put_reports(&permit, &request, stage.now()).expect("the call succeeds");
    assert_eq!(answer.findings, []);
    answer.position.expect("recorded")
}

/// Ranks of Sweden for the years 2010 to 2014, and on which record they rest.
fn ranks(stage: &Stage, position: u64) -> (Vec<u8>, Option<u64>) {
    let lane = stage.lane(STABLE, "SWE");
    let ranks = stage.hub().source_ranks(&lane, position, stage.now()).expect("ranks");
    let of_year = |year| {
        let rank = ranks.rank("SWE", "_Z", Period::year(year));
        let one = stage.hub().quality(&lane, "SWE", "_Z", Period::year(year), position, stage.now());
        assert_eq!(one.expect("a rank"), rank);
        rank.get()
    };
    ((2010..=2014).map(of_year).collect(), ranks.changed_at())
}

#[test]
fn ranks_are_those_of_the_newest_report_that_covers_a_period_as_of_any_position() {
    let mut stage = Stage::new();
    let before = stage.hub().position().expect("records");
    assert_eq!(ranks(&stage, before), (vec![4; 5], None));
    let first = put(
        &stage,
        vec![report("SWE", "2010", "2012", "HIGH", ""), report("ESP", "2010", "", "LOW", "HIGH")],
    );
    let second = put(&stage, vec![report("SWE", "2012-01", "", "LOW", "MEDIUM")]);
    let third = put(&stage, vec![report("SWE", "2013-01", "2013-06", "LOW", "HIGH")]);
    // Half a year is no year: the report before still counts for the whole one.
    let check = |stage: &Stage| {
        assert_eq!(ranks(stage, before), (vec![4; 5], None));
        assert_eq!(ranks(stage, first), (vec![4; 5], Some(first)));
        assert_eq!(ranks(stage, second), (vec![4, 4, 1, 1, 1], Some(second)));
        assert_eq!(ranks(stage, third), (vec![4, 4, 1, 1, 1], Some(third)));
        let lane = stage.lane(STABLE, "SWE");
        let ranks = stage.hub().source_ranks(&lane, third, stage.now()).expect("ranks");
        assert_eq!(ranks.rank("ESP", "_Z", Period::year(2050)).get(), 0);
        assert_eq!(ranks.rank("SWE", "_Z", Period::parse(b"2013-Q2").expect("a period")).get(), 0);
        assert_eq!(ranks.rank("SWE", "IMM", Period::year(2012)).get(), 4);
        let other = stage.hub().source_ranks(&stage.lane(DRAFT, "SWE"), third, stage.now()).expect("ranks");
        assert_eq!(other.changed_at(), None, "reports are of one lane");
    };
    check(&stage);
    stage.restart(true);
    check(&stage);
    let hidden = v1::Agreement { existence_restricted: true, ..stage.agreement(STABLE, "SWE") };
    stage.put_agreement(hidden).expect("an agreement");
    assert_eq!(ranks(&stage, third), (vec![4; 5], None), "the public must not learn of it by ranks");
}

#[test]
fn reports_stay_when_the_store_is_swept() {
    let stage = Stage::new();
    put(&stage, vec![report("SWE", "2010", "", "LOW", "HIGH")]);
    stage.wait_ms(30 * 24 * 3_600_000);
    stage.hub().sweep(stage.now()).expect("swept");
    let request = v1::ListReportsRequest::default();
    let permit = stage.may(&stage.office("NOR"), mighub_server::hub::permit::Read);
    let found = stage.hub().list_reports(&permit, &request, stage.now()).expect("listed").reports;
    assert_eq!(found.len(), 1);
}
