//! What a commission asks of consolidated data: tables as of two days, what changed between them and why, and never
//! anything that is hidden.

use std::fmt::Write as _;

use mighub::v1::{self, Role, TotalStanding};
use mighub_client::{At, Hub, Matrix, PushOptions};

use crate::office::data::{flows, sample};
use crate::office::{Stage, accepted, instant};

const OFFICES: [&str; 16] = [
    "AUT", "BEL", "BGR", "DNK", "ESP", "EST", "FIN", "FRA", "HRV", "IRL", "ITA", "LTU", "NLD", "SVK", "SVN",
    "SWE",
];

/// A hub with offices that sent what they have, and a commission that reads.
async fn stage(offices: &[&str]) -> (Stage, Hub) {
    let stage = Stage::with_hand_set_clock().await;
    for office in offices {
        stage.admit_office(office).await;
    }
    stage.admit("ECE", &[Role::Reader]).await;
    let reader = stage.client("ECE").await;
    (stage, reader)
}

/// Does what the running hub does by itself.
async fn consolidate(stage: &Stage) {
    let (hub, now) = (stage.hub().clone(), stage.now());
    let made = tokio::task::spawn_blocking(move || hub.consolidate(false, now)).await.expect("it ends");
    made.expect("consolidated");
}

fn derived(method: &str, at: &At) -> v1::Derived {
    v1::Derived { method: method.into(), point: at.message(), ..Default::default() }
}

async fn matrix(reader: &Hub, derived: v1::Derived, from: &[&str], to: &[&str]) -> Matrix {
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let request =
        v1::GetMatrixRequest { derived: Some(derived), origins: codes(from), destinations: codes(to) };
    reader.matrix(&request).await.expect("a matrix")
}

/// Cells with a figure as `ORIGIN DESTINATION PERIOD VALUE`.
fn figures(matrix: &Matrix) -> Vec<String> {
    let shown = matrix.cells().filter(|cell| !cell.total.value.is_empty());
    shown
        .map(|cell| format!("{} {} {} {}", cell.origin, cell.destination, cell.period, cell.total.value))
        .collect()
}

async fn explain(reader: &Hub, method: &str, at: &At) -> v1::ExplainCellResponse {
    let key = format!("A.ESP.FRA._T._T.LT.CO.{method}");
    let request =
        v1::ExplainCellRequest { key, period: "2013".into(), point: at.message(), ..Default::default() };
    reader.explain(&request).await.expect("explained")
}

/// Provider, submission and figure of what a cell rests on.
fn inputs(explained: &v1::ExplainCellResponse) -> Vec<(String, String, String)> {
    let input = |input: &v1::CellInput| {
        let lane = input.lane.clone().expect("a lane");
        (lane.provider, input.submission_id.clone(), input.value.clone())
    };
    explained.inputs.iter().map(input).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_sees_what_changed_between_two_days_and_traces_it_to_both_reports() {
    let (stage, reader) = stage(&["ESP", "FRA"]).await;
    let (spain, france) = (stage.client("ESP").await, stage.client("FRA").await);
    let usual = PushOptions::default();
    let by_spain = accepted(&spain, &sample("ESP"), &usual).await.body.submission_id;
    let by_france = accepted(&france, &sample("FRA"), &usual).await.body.submission_id;
    consolidate(&stage).await;
    let first_day = At::AsOf(instant(stage.now().0.div_euclid(1_000) + 1));
    stage.wait_s(86_400);
    let revised = flows("ESP", &[("M", "EMI", "FRA", 2013, "27000,A,F")]);
    let by_revision = accepted(&spain, &revised, &usual).await.body.submission_id;
    consolidate(&stage).await;

    let both = ["ESP", "FRA"];
    let before = figures(&matrix(&reader, derived("M2", &first_day), &both, &both).await);
    let after = figures(&matrix(&reader, derived("M2", &At::Now), &both, &both).await);
    let changed = |cells: &[String], others: &[String]| -> Vec<String> {
        cells.iter().filter(|cell| !others.contains(cell)).cloned().collect()
    };
    assert_eq!(changed(&before, &after), ["ESP FRA 2013 27568"]);
    assert_eq!(changed(&after, &before), ["ESP FRA 2013 27000"]);

    let then = explain(&reader, "M2", &first_day).await;
    let reports = (then.origin_value.as_str(), then.destination_value.as_str(), then.rule.as_str());
    assert_eq!(reports, ("27568", "21892", "R2_LARGER"));
    let spanish = |id: &String, value: &str| ("ESP".to_owned(), id.clone(), value.to_owned());
    let french = ("FRA".to_owned(), by_france, "21892".to_owned());
    assert_eq!(inputs(&then), [spanish(&by_spain, "27568"), french.clone()]);
    let now = explain(&reader, "M2", &At::Now).await;
    assert_eq!(inputs(&now), [spanish(&by_revision, "27000"), french]);
    let others: Vec<_> = now.others.iter().map(|other| (&*other.method, &*other.value)).collect();
    assert_eq!(others, [("M0", "21892"), ("M1", "21892")]);
    let words = now.sentences.join(" ");
    assert!(words.contains("27000") && words.contains("21892") && words.contains("R2_LARGER"), "{words}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_of_the_sixteen_national_files_are_those_of_the_rules() {
    let (stage, reader) = stage(&OFFICES).await;
    for office in OFFICES {
        accepted(&stage.client(office).await, &sample(office), &PushOptions::default()).await;
    }
    consolidate(&stage).await;
    for (method, expected) in [("M0", 5_578_790), ("M2", 5_888_483)] {
        let world = matrix(&reader, derived(method, &At::Now), &["_T"], &["_T"]).await;
        let values = world.cells().map(|cell| cell.total.value.parse::<i64>().expect("whole"));
        assert_eq!(values.sum::<i64>(), expected, "{method}");
    }
    // Moves inside a region are no immigration into it, and these files have no others.
    let union = matrix(&reader, derived("M0", &At::Now), &["_T"], &["G_EU28"]).await;
    let cell = union.cells().next().expect("a cell");
    assert_eq!((cell.total.standing(), cell.total.members), (TotalStanding::Empty, 28));
    let areas: Vec<String> = OFFICES.map(str::to_owned).to_vec();
    let request = v1::CompareMethodsRequest { derived: None, methods: vec!["M0".into(), "M2".into()], areas };
    let compared = reader.compare_methods(&request).await.expect("compared");
    assert_eq!(compared.rows.len(), OFFICES.len() * 7);
    for row in &compared.rows {
        // The larger of two is never less than the receiver's figure.
        let effect: i64 = row.by_method[1].arrivals_effect.parse().expect("whole");
        assert!(effect >= 0, "{row:?}");
    }
    stage.close().await;
}

/// Everything that can be asked of the corridor from Finland to Sweden, as text.
async fn answers(reader: &Hub, at: &At) -> String {
    let mut told = String::new();
    for view in ["CO", "RO", "RD"] {
        let of_view = v1::Derived { view: view.into(), point: at.message(), ..Default::default() };
        for ends in [["FIN", "SWE"], ["_T", "_T"], ["_T", "G_EU28"], ["G_EU28+", "G_EU28+"]] {
            let found = matrix(reader, of_view.clone(), &ends[..1], &ends[1..]).await;
            write!(told, "{found:?}").expect("text");
        }
        let request = v1::GetNetMigrationRequest { derived: Some(of_view), areas: Vec::new() };
        write!(told, "{:?}", reader.net_migration(&request).await.expect("net")).expect("text");
    }
    let derived = Some(v1::Derived { point: at.message(), ..Default::default() });
    for about in ["", "SWE", "FIN"] {
        let request =
            v1::GetMirrorRequest { derived: derived.clone(), about: about.into(), ..Default::default() };
        write!(told, "{:?}", reader.mirror(&request).await.expect("mirror")).expect("text");
    }
    let request = v1::CompareMethodsRequest { derived, ..Default::default() };
    write!(told, "{:?}", reader.compare_methods(&request).await.expect("compared")).expect("text");
    for kind in ["RO._Z", "RD._Z", "CO.M0", "CO.M1", "CO.M2"] {
        for period in ["2014", "2015"] {
            let request = v1::ExplainCellRequest {
                key: format!("A.FIN.SWE._T._T.LT.{kind}"),
                period: period.into(),
                point: at.message(),
                ..Default::default()
            };
            let explained = reader.explain(&request).await.map_err(|error| error.to_string());
            write!(told, "{explained:?}").expect("text");
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restricted_or_under_embargo_is_in_no_answer_of_any_day() {
    let (stage, reader) = stage(&["SWE", "FIN"]).await;
    let (sweden, finland) = (stage.client("SWE").await, stage.client("FIN").await);
    let usual = PushOptions::default();
    let says = |cells: &str| flows("SWE", &[("M", "IMM", "FIN", 2014, cells)]);
    accepted(&finland, &flows("FIN", &[("M", "EMI", "SWE", 2014, "96,A,F")]), &usual).await;
    accepted(&sweden, &says("654321,A,F"), &usual).await;
    consolidate(&stage).await;
    let first_day = At::AsOf(instant(stage.now().0.div_euclid(1_000) + 1));
    assert!(answers(&reader, &At::Now).await.contains("654321"), "free figures are told");
    stage.wait_s(86_400);
    accepted(&sweden, &says("654321,A,C"), &usual).await;
    let embargo = Some(instant(stage.now().0 / 1_000 + 86_400));
    let later = flows("SWE", &[("M", "IMM", "FIN", 2015, "765432,A,F")]);
    accepted(&sweden, &later, &PushOptions { embargo, ..PushOptions::default() }).await;
    consolidate(&stage).await;
    for caller in [&reader, &sweden, &finland] {
        for at in [&At::Now, &first_day] {
            let told = answers(caller, at).await;
            for secret in ["654321", "765432"] {
                let place = told.find(secret);
                assert_eq!(place, None, "…{}", place.map_or("", |at| &told[at.saturating_sub(600)..at]));
            }
        }
    }
    let corridor = matrix(&reader, derived("M0", &At::Now), &["FIN"], &["SWE"]).await;
    let standings: Vec<_> = corridor.cells().map(|cell| cell.total.standing()).collect();
    assert_eq!(standings, [TotalStanding::Hidden]);
    // The office learns what its partner reports about it.
    let mine = v1::GetMirrorRequest { mine: true, ..Default::default() };
    let mine = sweden.mirror(&mine).await.expect("mirror");
    let told: Vec<_> = mine.partner_only.iter().map(|gap| (&*gap.origin, &*gap.origin_value)).collect();
    assert_eq!((mine.areas, told), (vec!["SWE".to_owned()], vec![("FIN", "96")]));
    // After its embargo the figure is told.
    stage.wait_s(2 * 86_400);
    consolidate(&stage).await;
    assert!(answers(&reader, &At::Now).await.contains("765432"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_those_of_the_day_and_methods_are_named_by_their_digests() {
    let (stage, reader) = stage(&[]).await;
    let members = async |day: &str| {
        let groups = reader.groups("G_EU", day, 10).await.expect("groups");
        groups[0].members.iter().map(|member| member.code.clone()).collect::<Vec<_>>()
    };
    let (before, after) = (members("2004-04-30").await, members("2004-05-01").await);
    assert_eq!((before.len(), after.len()), (15, 25));
    let methods = reader.methods().await.expect("methods");
    assert_eq!(methods.iter().map(|method| &*method.code).collect::<Vec<_>>(), ["M0", "M1", "M2"]);
    for method in &methods {
        assert_eq!(blake3::hash(method.parameters.as_bytes()).as_bytes()[..], method.digest[..]);
    }
    stage.close().await;
}
