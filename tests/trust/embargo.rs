//! Embargo to the second: at T - 1 s, at T and at T + 1 s through every door, while the clock is turned back and forth and
//! the hub is started again.

use std::sync::Arc;

use mighub::v1::{self, Point, point};
use mighub_client::PushOptions;
use mighub_sdmx::structure::DataDefinition;
use prost::Message;

use crate::files::{Row, noted};
use crate::leaks::questions::Question;
use crate::leaks::search::Needles;
use crate::leaks::world::{Reader, admit_everybody, connect_everybody, tokens};
use crate::leaks::{Told, told};
use crate::office::attack::{Attack, rounds};
use crate::office::{FLOW, Stage, accepted, instant, raw};
use crate::rest::Asked;
use crate::rights::wire::Until;

/// Embargoes that end.
const ROUNDS: u64 = 24;
/// Those who may not see it before; the others of the leak test are let in by agreement.
const OUTSIDERS: [&str; 7] =
    ["public", "READER", "CONFIDANT", "NOR", "REVIEWER", "PUBLISHER", "token SWE other flow"];
/// Between sending and the end of the embargo.
const HELD_S: i64 = 60;
/// Every second round the hub is started again before the hour.
const RESTARTS: u64 = 2;
/// The first figure; others follow.
const FIRST: u64 = 7_300_000_000;
const DAY_S: i64 = 24 * 3_600;

/// A door that figures come through, and what is asked there.
struct Door {
    name: &'static str,
    question: Question,
    /// Whether figures come through it, or only what describes them.
    figures: bool,
}

fn rpc(name: &'static str, message: &impl Message) -> Question {
    Question::Rpc { name, message: message.encode_to_vec(), until: Until::End }
}

/// All doors, asked in every way that time has a part in.
fn doors(cursor: &[u8], second: i64) -> Vec<Door> {
    let pull = v1::PullRequest { dataflow: FLOW.into(), ..Default::default() };
    let since = v1::PullRequest { since: cursor.to_vec().into(), ..pull.clone() };
    let as_of = mighub::convert::timestamp_message((second + 3_600) * 1_000);
    let in_future =
        v1::PullRequest { point: Some(Point { at: Some(point::At::AsOf(as_of)) }), ..pull.clone() };
    let diff = v1::DiffVintagesRequest { lane: Some(raw::lane("SWE")), ..Default::default() };
    let (flow, later) = (FLOW.to_owned(), instant(second + 3_600).strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let before = instant(second - HELD_S).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let v2 = "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*";
    let rest = |path: String, accept: &str| Question::Rest(Asked::get(path).with("accept", accept));
    let door = |name, question, figures| Door { name, question, figures };
    vec![
        door("pull", rpc("RetrievalService/Pull", &pull), true),
        door("pull of changes", rpc("RetrievalService/Pull", &since), true),
        door("pull of the future", rpc("RetrievalService/Pull", &in_future), false),
        door("diff", rpc("RetrievalService/DiffVintages", &diff), false),
        door(
            "vintages",
            rpc(
                "RetrievalService/ListVintages",
                &v1::ListVintagesRequest { dataflow: flow.clone(), ..Default::default() },
            ),
            false,
        ),
        door(
            "coverage",
            rpc(
                "RetrievalService/GetCoverage",
                &v1::GetCoverageRequest { dataflow: flow, ..Default::default() },
            ),
            false,
        ),
        door("v2 CSV", rest(v2.into(), "application/vnd.sdmx.data+csv;version=2.0.0"), true),
        door("v2 JSON", rest(v2.into(), "application/vnd.sdmx.data+json;version=2.0.0"), true),
        door("v2 XML", rest(v2.into(), "application/vnd.sdmx.data+xml;version=3.0.0"), true),
        door("v2 as of the future", rest(format!("{v2}?asOf={later}"), "text/csv"), false),
        door("v2 changes", rest(format!("{v2}?updatedAfter={before}"), "text/csv"), true),
        door(
            "v2 history",
            rest(format!("{v2}?includeHistory=true"), "application/vnd.sdmx.data+csv;version=2.0.0"),
            true,
        ),
        door("v1", rest("/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/all".into(), "*/*"), true),
        door(
            "availability",
            rest("/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/1.0.0/*/*".into(), "*/*"),
            false,
        ),
        door("table CSV", rest("/v1/data/MIG_FLOW.csv".into(), "*/*"), true),
        door("table JSON", rest("/v1/data/MIG_FLOW.json".into(), "*/*"), true),
        door("table JSON lines", rest("/v1/data/MIG_FLOW.jsonl".into(), "*/*"), true),
        door("table Parquet", rest("/v1/data/MIG_FLOW.parquet".into(), "*/*"), true),
        door("table Excel", rest("/v1/data/MIG_FLOW.xlsx".into(), "*/*"), true),
    ]
}

/// The cursor of somebody who has everything there is for him.
async fn cursor(reader: &Reader, definition: &Arc<DataDefinition>) -> Vec<u8> {
    let all = v1::PullRequest { dataflow: FLOW.into(), ..Default::default() };
    let told = told(reader, &rpc("RetrievalService/Pull", &all), definition).await.expect("a pull");
    told.cursor.expect("a cursor")
}

fn has(told: &Told, needles: &Needles) -> bool {
    told.opened.iter().any(|bytes| !needles.found(bytes).is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_door_shows_a_figure_a_second_too_early_or_too_late() {
    let mut attack = Attack::of("embargo_to_the_second");
    let mut random = attack.random();
    let mut stage = Stage::with_hand_set_clock().await;
    admit_everybody(&stage).await;
    let definition = stage.definition();
    let tokens = tokens(&stage).await;
    let mut readers = connect_everybody(&stage, &tokens).await;
    let mut early_questions = 0_u64;
    for round in 0..rounds(ROUNDS) {
        attack.round();
        let figure = (FIRST + round).to_string();
        let needles = Needles::new([figure.as_str()].into_iter());
        let reader = &readers[readers.iter().position(|reader| reader.name == "READER").expect("it reads")];
        let cursor = cursor(reader, &definition).await;
        let second = stage.now().0 / 1_000 + HELD_S;
        let row = Row { counterpart: "NOR", year: 2015, value: &figure, conf: "F", ..Row::default() };
        let options = PushOptions { embargo: Some(instant(second)), ..PushOptions::default() };
        accepted(&stage.client("SWE").await, &noted("SWE", &[row]), &options).await;
        attack.inject("embargoes", 1);

        if round % RESTARTS == 1 {
            // The machine comes up with its clock a day back.
            stage.restart_with_clock_s(second - HELD_S - DAY_S).await;
            readers = connect_everybody(&stage, &tokens).await;
            attack.inject("restarts with the clock back", 1);
            attack.fire("restarts with the clock back", 1);
        }
        stage.wait_s(second - 1 - stage.now().0 / 1_000);
        // Turned back, a clock tells what it told last.
        for turned in [0, -30, 0] {
            stage.wait_s(turned);
            assert_eq!(stage.now().0 / 1_000, second - 1);
            for name in OUTSIDERS {
                let reader = readers.iter().find(|reader| reader.name == name).expect("one of them");
                // A cursor is of its reader alone.
                let cursor = if name == "READER" { &cursor[..] } else { &[] };
                for door in doors(cursor, second) {
                    early_questions += 1;
                    match told(reader, &door.question, &definition).await {
                        Ok(told) if has(&told, &needles) => {
                            attack.fail(format!("{name} saw {figure} through {} before {second}", door.name));
                        }
                        Ok(_) => {}
                        Err(why) => attack.fail(format!("{name}, {}: {why}", door.name)),
                    }
                }
            }
        }
        // At the second, with the clock turned back after it, and a second later.
        for (when, turned) in [("at T", 1), ("at T, with the clock turned back", -40), ("at T + 1 s", 1)] {
            stage.wait_s(turned);
            let name = OUTSIDERS[random.below(OUTSIDERS.len() as u64) as usize];
            for name in ["READER", name] {
                let reader = readers.iter().find(|reader| reader.name == name).expect("one of them");
                let cursor = if name == "READER" { &cursor[..] } else { &[] };
                for door in doors(cursor, second).into_iter().filter(|door| door.figures) {
                    match told(reader, &door.question, &definition).await {
                        Ok(told) if !has(&told, &needles) => {
                            attack.fail(format!("{name} did not see {figure} through {} {when}", door.name));
                        }
                        Ok(_) => {}
                        Err(why) => attack.fail(format!("{name}, {}, {when}: {why}", door.name)),
                    }
                }
            }
        }
        if round % RESTARTS == 0 {
            // What was shown, and written about since, stays shown whatever the machine's clock says.
            let row = Row {
                counterpart: "DNK",
                year: 2015,
                value: "1",
                conf: "F",
                note: &figure,
                ..Row::default()
            };
            accepted(&stage.client("SWE").await, &noted("SWE", &[row]), &PushOptions::default()).await;
            stage.restart_with_clock_s(second - DAY_S).await;
            readers = connect_everybody(&stage, &tokens).await;
            let reader = readers.iter().find(|reader| reader.name == "READER").expect("one of them");
            for door in doors(&[], second).into_iter().filter(|door| door.figures) {
                match told(reader, &door.question, &definition).await {
                    Ok(told) if !has(&told, &needles) => {
                        attack.fail(format!("{} hid {figure} again: the clock ran back", door.name));
                    }
                    Ok(_) => {}
                    Err(why) => attack.fail(format!("{}: {why}", door.name)),
                }
            }
            stage.wait_s(second + 2 - stage.now().0 / 1_000);
            attack.inject("clocks behind the journal", 1);
            attack.fire("clocks behind the journal", 1);
        }
        attack.fire("embargoes", 1);
    }
    attack.tell("questions_before_the_hour", early_questions);
    attack.finish();
    stage.close().await;
}
