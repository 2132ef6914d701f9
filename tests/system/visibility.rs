//! Who sees what, and when: embargo, confidentiality, rank, and the past (DETAILS, C).

use std::time::Duration;

use mighub::block::{Digest, decode_proven, decompress};
use mighub::v1::{self, Role, VintageEventKind};
use mighub_client::{
    At, Cursor, DiffRequest, Hub, Providers, PullRequest, PushOptions, PushOutcome, WatchRequest,
};

use crate::office::data::{Copy, Table, each, flows, pulled, refused};
use crate::office::{FLOW, Stage, accepted, agreement, instant, push, raw, report_text};

/// A watch is asked again within so long after something happened.
const NEWS_S: u64 = 20;
/// Long enough for news that must not come.
const SILENCE: Duration = Duration::from_millis(1_500);

/// Value of the only series of a test in a year; nothing, if the cell has none; a panic, if there is no cell.
fn value(copy: &Copy, provider: &str, counterpart: &str, year: u16) -> Option<String> {
    let key = (format!("A.{provider}.IMM.PRV.{counterpart}._T._T.LT._T"), year.to_string());
    let table = copy.lane(provider);
    let cells = table.get(&key).unwrap_or_else(|| panic!("{key:?} is not in {table:?}"));
    cells.get("OBS_VALUE").cloned()
}

async fn all(hub: &Hub) -> Copy {
    pulled(hub, PullRequest::all(FLOW)).await
}

/// What somebody without certificate gets of the only lane; a client knows the structure.
async fn public_table(stage: &Stage, client: &Hub) -> Table {
    let definition = client.newest_definition(FLOW).await.expect("public");
    let request = v1::PullRequest { dataflow: FLOW.into(), ..Default::default() };
    let answers = raw::retrieval(stage.public_channel().await).pull(request).await.expect("a pull");
    let mut table = Table::new();
    for answer in raw::all(answers.into_inner()).await.expect("to its end") {
        let Some(v1::pull_response::Part::Blocks(blocks)) = answer.part else { continue };
        for block in blocks.blocks {
            let bytes = decompress(&block.frame).expect("a frame");
            assert!(!block.keyed && (block.digest.is_empty() || block.digest[..] == Digest::of(&bytes).0));
            let columns = decode_proven(&bytes, &definition.shape).expect("a block");
            each(&columns, |key, cells| drop(table.insert(key, cells)));
        }
    }
    table
}

/// Everything that a reader can ask of a lane, as text, less what names the lane itself.
async fn answers(reader: &Hub, provider: &str) -> Vec<String> {
    let providers = [provider.to_owned()];
    let request = PullRequest { providers: Providers::These(providers.to_vec()), ..PullRequest::all(FLOW) };
    let diff = reader.diff(&DiffRequest { lane: raw::lane(provider), ..DiffRequest::default() }).await;
    let edition = PullRequest { at: At::Edition("secret".to_owned()), ..request.clone() };
    let answers = [
        format!("{:?}", pulled(reader, request).await.lanes),
        format!("{:?}", reader.vintages(FLOW, Some(provider), 10).await.expect("listed")),
        format!("{:?}", reader.coverage(FLOW, &providers, &At::Now).await.expect("counted")),
        format!("{:?}", diff.err().map(|error| error.to_string())),
        refused(reader, edition).await,
    ];
    answers.map(|text| text.replace(provider, "OFFICE")).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_its_hour_a_submission_is_as_if_it_had_not_been_sent() {
    let stage = Stage::with_hand_set_clock().await;
    for office in ["SWE", "FRA", "NLD"] {
        stage.admit_office(office).await;
    }
    stage.admit("ECE", &[Role::Reader]).await;
    stage.admit("OECD", &[Role::Reader]).await;
    stage.agree(v1::Agreement { pre_release_readers: vec!["OECD".into()], ..agreement("SWE") }).await;
    let (sweden, france, reader) =
        (stage.client("SWE").await, stage.client("FRA").await, stage.client("ECE").await);
    accepted(
        &sweden,
        &flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F"), ("M", "IMM", "DNK", 2015, "2,A,F")]),
        &PushOptions::default(),
    )
    .await;
    let mut copy = all(&reader).await;

    let hour = instant(stage.now().0 / 1_000 + 3_600);
    let options = PushOptions {
        embargo: Some(hour),
        edition: Some(("secret".into(), String::new())),
        ..PushOptions::default()
    };
    let revision = flows(
        "SWE",
        &[
            ("M", "IMM", "NOR", 2015, "10,A,F"),
            ("M", "IMM", "NOR", 2016, "11,A,F"),
            ("D", "IMM", "DNK", 2015, ",,"),
        ],
    );
    accepted(&sweden, &revision, &options).await;
    accepted(&france, &flows("FRA", &[("M", "IMM", "NOR", 2015, "5,A,F")]), &options).await;

    // France has only what is under embargo, the Netherlands have nothing: nobody can tell them apart.
    assert_eq!(answers(&reader, "FRA").await, answers(&reader, "NLD").await);
    let seen = all(&reader).await;
    assert_eq!(
        value(&seen, "SWE", "NOR", 2015).as_deref(),
        Some("1"),
        "what was released before stays visible"
    );
    assert_eq!(seen.lane("SWE").len(), 2);
    assert_eq!(reader.vintages(FLOW, Some("SWE"), 10).await.expect("listed").len(), 1);
    let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(FLOW) };
    copy.pull(&reader, request).await.expect("changes");
    assert!(copy.came.is_empty() && copy.gone.is_empty(), "{:?} {:?}", copy.came, copy.gone);
    for early in [&sweden, &stage.client("OECD").await] {
        assert_eq!(value(&all(early).await, "SWE", "NOR", 2016).as_deref(), Some("11"));
    }

    stage.wait_s(3_600);
    let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(FLOW) };
    copy.pull(&reader, request).await.expect("changes");
    assert_eq!((copy.came.len(), copy.gone.len()), (3, 1));
    assert_eq!(copy.lanes, all(&reader).await.lanes);
    assert_eq!(value(&copy, "SWE", "NOR", 2015).as_deref(), Some("10"));
    assert_eq!(value(&copy, "FRA", "NOR", 2015).as_deref(), Some("5"));
    let labelled = PullRequest { at: At::Edition("secret".into()), ..PullRequest::all(FLOW) };
    assert_eq!(pulled(&reader, labelled).await.lanes.len(), 2);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_is_silent_about_an_embargo_and_speaks_at_its_second() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let (office, reader) = (stage.client("SWE").await, stage.client("ECE").await);
    let news = |hub: &Hub, after: Option<Cursor>| {
        let hub = hub.clone();
        async move { hub.watch(WatchRequest { after, ..WatchRequest::default() }).await.expect("watching") }
    };
    let mut watch = news(&reader, None).await;
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]), &PushOptions::default()).await;
    let within = Duration::from_secs(NEWS_S);
    let event = tokio::time::timeout(within, watch.next()).await.expect("news in time").expect("news");
    assert_eq!(event.kind(), VintageEventKind::Accepted);

    let second = instant(stage.now().0 / 1_000 + 4);
    let options = PushOptions { embargo: Some(second), ..PushOptions::default() };
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2015, "2,A,F")]), &options).await;
    assert!(tokio::time::timeout(SILENCE, watch.next()).await.is_err(), "news of what is under embargo");
    let released = tokio::time::timeout(within, watch.next()).await.expect("news in time").expect("news");
    assert_eq!(released.kind(), VintageEventKind::Released);
    assert!(stage.now().0 / 1_000 >= second.as_second(), "news before the hour");

    // Whoever was away learns it by the cursor of the event before, once.
    let mut later = news(&reader, Cursor::of_event(&event)).await;
    let again = tokio::time::timeout(within, later.next()).await.expect("news in time").expect("news");
    assert_eq!((again.kind(), again.vintage), (released.kind(), released.vintage));
    assert!(tokio::time::timeout(SILENCE, later.next()).await.is_err(), "the same news twice");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_cell_keeps_its_key_and_shows_its_value_to_the_named_only() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    for reader in ["ECE", "UNSD", "IOM"] {
        stage.admit(reader, &[Role::Reader]).await;
    }
    stage.agree(v1::Agreement { confidential_readers: vec!["UNSD".into()], ..agreement("SWE") }).await;
    stage.admit("AUDIT", &[Role::Auditor]).await;
    let office = stage.client("SWE").await;
    let file = "STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
         MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,CONF_REDIST[],CENSOR_UPPER\n\
         dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,SWE,IMM,PRV,NOR,_T,_T,LT,_T,2015,1,A,F,,\n\
         dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,SWE,IMM,PRV,NOR,_T,_T,LT,_T,2016,2,A,C,UNICEF;IOM,4\n\
         dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,SWE,IMM,PRV,NOR,_T,_T,LT,_T,2017,3,E,N,,4\n";
    accepted(&office, file, &PushOptions::default()).await;
    let expected = [
        ("SWE", [Some("1"), Some("2"), Some("3")]),
        ("AUDIT", [Some("1"), Some("2"), Some("3")]),
        ("UNSD", [Some("1"), Some("2"), Some("3")]),
        ("IOM", [Some("1"), Some("2"), None]),
        ("ECE", [Some("1"), None, None]),
        // An administrator sees no figures by that.
        ("MIGHUB", [Some("1"), None, None]),
    ];
    for (reader, values) in expected {
        let hub = stage.client(reader).await;
        let copy = all(&hub).await;
        let found = [2015, 2016, 2017].map(|year| value(&copy, "SWE", "NOR", year));
        assert_eq!(found, values.map(|value| value.map(str::to_owned)), "{reader}");
        if values[2].is_none() {
            let table = copy.lane("SWE");
            let hidden = table.iter().find(|((_, year), _)| year == "2017").expect("the key stays").1;
            let left: Vec<_> = hidden.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
            assert_eq!(
                left,
                [("CONF_STATUS", "N"), ("OBS_STATUS", "E")],
                "{reader}: statuses, and nothing else"
            );
            let vintages = hub.vintages(FLOW, Some("SWE"), 10).await.expect("listed");
            let reference = vintages[0].r#ref.as_ref().expect("a name");
            assert!(reference.manifest_digest.is_empty(), "{reader}: a digest of what cannot all be seen");
        }
        if reader == "ECE" {
            assert_eq!(
                public_table(&stage, &hub).await,
                copy.lane("SWE"),
                "the public sees what a reader sees"
            );
        }
        let coverage = hub.coverage(FLOW, &[], &At::Now).await.expect("counted");
        let with_value: u64 = coverage[0].periods.iter().map(|period| period.values).sum();
        assert_eq!(with_value, values.iter().flatten().count() as u64, "{reader}: coverage");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restricting_reaches_back_and_hidden_existence_is_a_withheld_cell() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let (office, reader) = (stage.client("SWE").await, stage.client("ECE").await);
    let first = accepted(
        &office,
        &flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F"), ("M", "IMM", "NOR", 2016, "2,A,F")]),
        &PushOptions::default(),
    )
    .await;
    let mut copy = all(&reader).await;
    accepted(&office, &flows("SWE", &[("M", "IMM", "NOR", 2016, ",,C")]), &PushOptions::default()).await;

    // Today's confidentiality governs the past, for readers; the office sees what was recorded.
    let then = PullRequest { at: At::Position(first.body.position), ..PullRequest::all(FLOW) };
    let seen = pulled(&reader, then.clone()).await;
    assert_eq!(value(&seen, "SWE", "NOR", 2015).as_deref(), Some("1"));
    assert_eq!(value(&seen, "SWE", "NOR", 2016), None);
    assert_eq!(value(&pulled(&office, then).await, "SWE", "NOR", 2016).as_deref(), Some("2"));

    let changes = |copy: &Copy| PullRequest { since: copy.cursor.clone(), ..PullRequest::all(FLOW) };
    let request = changes(&copy);
    copy.pull(&reader, request).await.expect("changes");
    assert_eq!((copy.came.len(), copy.gone.len()), (1, 0), "the key stays, the value goes");
    assert_eq!(value(&copy, "SWE", "NOR", 2016), None);

    stage.agree(v1::Agreement { existence_restricted: true, ..agreement("SWE") }).await;
    let request = changes(&copy);
    copy.pull(&reader, request).await.expect("changes");
    let gone: Vec<_> = copy.gone.iter().map(|((_, year), reason)| (year.as_str(), reason.as_str())).collect();
    assert_eq!(gone, [("2016", "WITHHELD")]);
    assert_eq!(copy.lanes, all(&reader).await.lanes);
    assert_eq!(copy.lane("SWE").len(), 1);

    stage.agree(v1::Agreement { confidential_readers: vec!["ECE".into()], ..agreement("SWE") }).await;
    let request = changes(&copy);
    copy.pull(&reader, request).await.expect("changes");
    assert_eq!(
        value(&copy, "SWE", "NOR", 2016).as_deref(),
        Some("2"),
        "a right that is given brings the cell"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_about_confidentiality_never_means_free() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("ECE", &[Role::Reader]).await;
    let (office, reader) = (stage.client("SWE").await, stage.client("ECE").await);
    let silent = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,")]);
    stage.agree(v1::Agreement { default_conf_status: String::new(), ..agreement("SWE") }).await;
    let mut pushed = push(&office, &silent, &PushOptions::default()).await;
    assert!(matches!(pushed.outcome, PushOutcome::NotSent), "{:?}", pushed.outcome);
    assert!(report_text(&mut pushed).contains("STR-061"));

    stage.agree(v1::Agreement { default_conf_status: "N".into(), ..agreement("SWE") }).await;
    let receipt = accepted(&office, &silent, &PushOptions::default()).await;
    let applied = receipt.body.defaults_applied.iter().map(|default| default.attribute.as_str());
    assert!(
        applied.clone().any(|id| id == "CONF_STATUS"),
        "the receipt lists {:?}",
        applied.collect::<Vec<_>>()
    );
    assert_eq!(value(&all(&reader).await, "SWE", "NOR", 2015), None);
    // A later default says nothing about what was sent before.
    stage.agree(agreement("SWE")).await;
    assert_eq!(value(&all(&reader).await, "SWE", "NOR", 2015), None);
    accepted(&office, &flows("SWE", &[("M", "IMM", "DNK", 2015, "2,A,")]), &PushOptions::default()).await;
    let seen = all(&reader).await;
    assert_eq!(value(&seen, "SWE", "NOR", 2015), None);
    assert_eq!(value(&seen, "SWE", "DNK", 2015).as_deref(), Some("2"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_comes_from_its_principal_provider_unless_others_are_asked_for() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage.admit("MPI", &[Role::Submitter]).await;
    stage.agree(v1::Agreement { principal_rank: 2, permitted_region: Vec::new(), ..agreement("MPI") }).await;
    stage.admit("ECE", &[Role::Reader]).await;
    let reader = stage.client("ECE").await;
    let own = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
    accepted(&stage.client("SWE").await, &own, &PushOptions::default()).await;
    // An institute tells of Sweden and of Finland, for which nobody else sends.
    let other = flows("SWE", &[("M", "IMM", "NOR", 2015, "7,A,F")])
        + flows("FIN", &[("M", "IMM", "NOR", 2015, "8,A,F")]).split_once('\n').expect("a header").1;
    accepted(&stage.client("MPI").await, &other, &PushOptions::default()).await;
    let observations = |providers: Providers| {
        let reader = reader.clone();
        async move {
            let copy = pulled(&reader, PullRequest { providers, ..PullRequest::all(FLOW) }).await;
            let of = |(lane, table): (&String, &Table)| {
                let each = table.iter().map(|((key, _), cells)| {
                    (lane.clone(), key[2..5].to_owned(), cells["OBS_VALUE"].clone())
                });
                each.collect::<Vec<_>>()
            };
            copy.lanes.iter().flat_map(of).collect::<Vec<_>>()
        }
    };
    let row = |lane: &str, area: &str, value: &str| (lane.to_owned(), area.to_owned(), value.to_owned());
    let (sweden, by_other, finland) =
        (row("SWE", "SWE", "1"), row("MPI", "SWE", "7"), row("MPI", "FIN", "8"));
    assert_eq!(observations(Providers::Principal).await, [finland.clone(), sweden.clone()]);
    assert_eq!(observations(Providers::All).await, [finland.clone(), by_other.clone(), sweden]);
    assert_eq!(observations(Providers::These(vec!["MPI".into()])).await, [finland, by_other]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_read_by_instant_by_position_and_by_edition_and_compared() {
    let stage = Stage::with_hand_set_clock().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let send = async |rows: &[(&str, &str, &str, u16, &str)], label: &str| {
        stage.wait_s(60);
        let edition = (!label.is_empty()).then(|| (label.to_owned(), "2026-11-01".to_owned()));
        accepted(&office, &flows("SWE", rows), &PushOptions { edition, ..PushOptions::default() }).await;
        stage.now().0 / 1_000
    };
    let rows = [("M", "IMM", "NOR", 2015, "1,A,F"), ("M", "IMM", "DNK", 2015, "5,A,F")];
    let first = send(&rows, "2025 Revision").await;
    send(&[("R", "IMM", "NOR", 2015, "2,E,F"), ("D", "IMM", "DNK", 2015, ",,")], "2026 Revision").await;
    let third = send(&[("M", "IMM", "NOR", 2016, "3,A,F")], "").await;
    let read = async |at: At| pulled(&office, PullRequest { at, ..PullRequest::all(FLOW) }).await;
    for second in [first, third - 61] {
        let copy = read(At::AsOf(instant(second))).await;
        assert_eq!(value(&copy, "SWE", "NOR", 2015).as_deref(), Some("1"), "{}", second - first);
    }
    assert!(read(At::AsOf(instant(first - 1))).await.lanes.is_empty());
    assert_eq!(read(At::Edition("2026 Revision".into())).await.lane("SWE").len(), 1);
    assert_eq!(read(At::Edition("2025 Revision".into())).await.lane("SWE").len(), 2);
    let request = PullRequest { at: At::Edition("2024 Revision".into()), ..PullRequest::all(FLOW) };
    assert_eq!(refused(&office, request).await, "EDITION_UNKNOWN");

    let request = DiffRequest {
        lane: raw::lane("SWE"),
        before: Some(At::Edition("2025 Revision".into())),
        ..DiffRequest::default()
    };
    let mut diff = office.diff(&request).await.expect("a comparison");
    let mut found = Vec::new();
    while let Some(batch) = diff.next().await.expect("a comparison") {
        for difference in batch.differences() {
            let value = |of: &Option<mighub_client::Observation>| {
                of.as_ref().and_then(|of| of.value).map(|value| value.to_string())
            };
            let counterpart = difference.key[4].to_string();
            found.push((
                counterpart,
                difference.period.to_string(),
                value(&difference.before),
                value(&difference.after),
            ));
        }
    }
    let row = |area: &str, year: &str, before: Option<&str>, after: Option<&str>| {
        (area.to_owned(), year.to_owned(), before.map(str::to_owned), after.map(str::to_owned))
    };
    let expected = [
        row("DNK", "2015", Some("5"), None),
        row("NOR", "2015", Some("1"), Some("2")),
        row("NOR", "2016", None, Some("3")),
    ];
    assert_eq!(found, expected);
    let counts = diff.summary.expect("counted");
    assert_eq!((counts.inserted, counts.changed, counts.deleted, counts.total), (1, 1, 1, 2));
    stage.close().await;
}
