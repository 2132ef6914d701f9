//! Two hubs that differ in nothing but secrets: other restricted figures, other figures, keys and counts under embargo,
//! other cells whose very existence is hidden. Whoever may not have the secrets gets the same bytes from both, whatever
//! he asks: so that not only the secret is kept, but all that could be concluded of it.

use std::sync::Arc;

use mighub::v1;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::{Decimal, Period};
use prost::Message;

use super::questions::{About, Question, question};
use super::told;
use super::world::{FIRST_S, Reader, admit_everybody, connect_everybody, tokens};
use crate::office::attack::{Attack, rounds};
use crate::office::parcel::{Desk, Parcel};
use crate::office::{ADMINISTRATOR, Stage, Template};
use crate::rest;
use crate::rights::wire;

/// Questions that both hubs are asked.
const QUESTIONS: u64 = 1_500;
/// Whoever may see none of the secrets.
const OUTSIDERS: [&str; 8] =
    ["public", "ILO", "NOR", "READER", "REVIEWER", "PUBLISHER", "MIGHUB", "token SWE other flow"];
/// Cursors of a reader that are kept to ask with.
const CURSORS_MAX: usize = 50;

/// Counterpart, year, figure, confidentiality.
type Row = (&'static str, u16, i64, &'static str);

/// Provider, seconds of embargo, rows for the one hub and for the other.
type Sent = (&'static str, Option<i64>, Vec<Row>, Vec<Row>);

/// What the hubs are sent, alike but for the secrets.
fn submissions() -> Vec<Sent> {
    let both = |rows: Vec<Row>| (rows.clone(), rows);
    let (free, _) = both(vec![("DNK", 2001, 11, "F"), ("NOR", 2001, 12, "F"), ("NOR", 2002, 13, "F")]);
    vec![
        ("SWE", None, free.clone(), free),
        // The same keys with other figures.
        (
            "SWE",
            None,
            vec![("DNK", 2002, 21, "C"), ("NOR", 2002, 22, "N"), ("POL", 2003, 23, "C")],
            vec![("DNK", 2002, 7_210_000_001, "C"), ("NOR", 2002, 1, "N"), ("POL", 2003, -5, "C")],
        ),
        // Other figures, other keys, other counts.
        (
            "SWE",
            Some(FIRST_S),
            vec![("DNK", 2001, 31, "F"), ("ESP", 2004, 32, "F")],
            vec![
                ("NOR", 2001, 41, "F"),
                ("PRT", 2005, 42, "F"),
                ("PRT", 2006, 43, "C"),
                ("PRT", 2007, 44, "F"),
            ],
        ),
        ("FRA", None, vec![("NOR", 2001, 51, "F")], vec![("NOR", 2001, 51, "F")]),
        // Restricted cells where their very existence is hidden.
        (
            "FRA",
            None,
            vec![("NOR", 2002, 61, "C")],
            vec![("DNK", 2004, 62, "C"), ("NOR", 2002, 63, "C"), ("NOR", 2008, 64, "N")],
        ),
    ]
}

fn columns(desk: &Desk, provider: &str, rows: &[Row]) -> Columns {
    let shape = desk.definition.shape.clone();
    let mut builder = ColumnsBuilder::new(shape.clone());
    let status = AttributeValue::text("A");
    for series in rows.chunk_by(|a, b| a.0 == b.0) {
        let key = ["A", provider, "IMM", "PRV", series[0].0, "_T", "_T", "LT", "_T"].map(Arc::from);
        builder.start_series_with_key(&key);
        (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
        for (_, year, figure, conf) in series {
            let conf = AttributeValue::text(conf);
            builder.observation(Period::year(*year), Some(Decimal::integer(*figure)), |place| match &*shape
                .observation_attributes[place]
            {
                "OBS_STATUS" => Some(&status),
                "CONF_STATUS" => Some(&conf),
                _ => None,
            });
        }
        builder.end_series();
    }
    builder.take()
}

/// Sends the same ids to both.
async fn send(one: &Stage, other: &Stage) -> Vec<String> {
    let mut ids = Vec::new();
    for (provider, embargo, rows, other_rows) in submissions() {
        let embargo =
            embargo.map(|seconds| mighub::convert::timestamp_message(one.now().0 + seconds * 1_000));
        let mut made: Vec<Parcel> = Vec::new();
        for (stage, rows) in [(one, &rows), (other, &other_rows)] {
            stage.wait_s(10);
            let desk = Desk::of(stage, provider, provider).await;
            let mut parcel = desk.parcel(vec![desk.block(&columns(&desk, provider, rows))]);
            parcel.header.embargo_time = embargo;
            if let Some(first) = made.first() {
                parcel.header.submission_id = first.id();
            }
            let sealed = parcel.send(&stage.channel(provider).await).await.expect("sent");
            assert!(sealed.receipt.is_some(), "{:?}", sealed.verdict);
            made.push(parcel);
        }
        ids.push(made[0].id());
    }
    ids
}

/// Everything of an answer that a reader gets, less what the machine's own clock says.
async fn answered(reader: &Reader, question: &Question) -> Vec<Vec<u8>> {
    let token = reader.token.as_deref();
    match question {
        Question::Rest(asked) => {
            let answer = rest::ask(&reader.channel, token, asked).await;
            let headers = answer.headers.iter().filter(|(name, _)| name != "date");
            let headers: Vec<u8> =
                headers.flat_map(|(name, value)| format!("{name}: {value}\n").into_bytes()).collect();
            vec![answer.status.to_string().into_bytes(), headers, answer.body]
        }
        Question::Rpc { name, message, until } => {
            let path = format!("/mighub.v1.{name}");
            match wire::call(&reader.channel, token, &path, vec![message.clone()], *until).await {
                Ok(messages) if *name == "RetrievalService/Pull" => {
                    messages.iter().map(|m| without_tokens(m)).collect()
                }
                Ok(messages) => messages,
                Err(status) => {
                    // Details of a refusal are a map, whose order says nothing.
                    let mut details: Vec<u8> = status.details().to_vec();
                    details.sort_unstable();
                    vec![status.message().as_bytes().to_vec(), details]
                }
            }
        }
    }
}

/// A reviewer reads reports, where there are figures; and an administrator who tries a rulebook hears how many findings
/// there are (SECURITY.md, residual risk).
fn is_told_more(who: &str, question: &Question) -> bool {
    match (who, question) {
        ("REVIEWER", Question::Rpc { name, .. }) => name.starts_with("SubmissionService/"),
        ("REVIEWER", Question::Rest(asked)) => asked.path.starts_with("/v1/submissions"),
        (ADMINISTRATOR, Question::Rpc { name, .. }) => *name == "StructureService/TryRulebook",
        _ => false,
    }
}

/// A message of a pull without what is sealed in it: a cursor names the journal by a digest, and two journals differ.
fn without_tokens(message: &[u8]) -> Vec<u8> {
    use v1::pull_response::Part;
    let mut message = v1::PullResponse::decode(message).expect("the hub's own");
    match &mut message.part {
        Some(Part::Summary(summary)) => summary.cursor = vec![1; summary.cursor.len()].into(),
        Some(Part::Checkpoint(checkpoint)) => checkpoint.resume = vec![1; checkpoint.resume.len()].into(),
        _ => {}
    }
    message.encode_to_vec()
}

/// Two hubs from one template, whose clocks stand at the same second.
async fn twins(template: &Template) -> (Stage, Stage) {
    let (one, other) = (template.open().await, template.open().await);
    other.wait_s((one.now().0 - other.now().0) / 1_000);
    // A clock never goes back, so the one that is behind catches up.
    one.wait_s((other.now().0 - one.now().0) / 1_000);
    assert_eq!(one.now(), other.now());
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn hubs_that_differ_in_secrets_alone_answer_outsiders_with_the_same_bytes() {
    let mut attack = Attack::of("twin_hubs");
    let mut random = attack.random();
    let (template, tokens) = {
        let stage = Stage::with_hand_set_clock().await;
        admit_everybody(&stage).await;
        let tokens = tokens(&stage).await;
        (stage.into_template().await, tokens)
    };
    let (one, other) = twins(&template).await;
    let begun_ms = one.now().0;
    let ids = send(&one, &other).await;
    let readers = [connect_everybody(&one, &tokens).await, connect_everybody(&other, &tokens).await];
    let definition = one.definition();
    let insider = readers[0].iter().position(|reader| reader.name == "SWE").expect("the office");
    let mut cursors = vec![[Vec::<Vec<u8>>::new(), Vec::new()]; readers[0].len()];
    let (mut compared, mut of_insiders) = (0_u64, 0_u64);
    for round in 0..rounds(QUESTIONS) {
        attack.round();
        let is_insider = round % 20 == 0;
        let place = if is_insider {
            insider
        } else {
            let name = OUTSIDERS[random.below(OUTSIDERS.len() as u64) as usize];
            readers[0].iter().position(|reader| reader.name == name).expect("one of them")
        };
        let drawn = random.next();
        let name = readers[0][place].name;
        let asked = [0, 1].map(|hub| {
            let about = About {
                positions: 60,
                times: (begun_ms, one.now().0),
                submissions: &ids,
                cursors: &cursors[place][hub],
                secret: "7210000001",
            };
            question(&mut crate::office::random::Random::from_number(drawn), &about)
        });
        if is_told_more(name, &asked[0]) {
            continue;
        }
        let (first, second) =
            (answered(&readers[0][place], &asked[0]).await, answered(&readers[1][place], &asked[1]).await);
        if is_insider {
            of_insiders += 1;
            attack.inject("secrets told apart by the office", 1);
            attack.fire("secrets told apart by the office", u64::from(first != second));
            continue;
        }
        compared += 1;
        attack.inject("answers of both compared", 1);
        attack.fire("answers of both compared", 1);
        if first != second {
            let (first, second) = (first.concat(), second.concat());
            let same = first.iter().zip(&second).take_while(|(one, other)| one == other).count();
            let show = |bytes: &[u8]| {
                String::from_utf8_lossy(&bytes[same.saturating_sub(60)..])
                    .chars()
                    .take(200)
                    .collect::<String>()
            };
            attack.fail(format!(
                "{name}: {:?}: at {same} {:?} and {:?}",
                asked[0],
                show(&first),
                show(&second)
            ));
        }
        // Later questions go on from what was answered.
        for hub in [0, 1] {
            if let Ok(told) = told(&readers[hub][place], &asked[hub], &definition).await
                && let Some(cursor) = told.cursor
                && cursors[place][hub].len() < CURSORS_MAX
            {
                cursors[place][hub].push(cursor);
            }
        }
    }
    attack.tell("compared", compared);
    attack.tell("asked_by_the_office", of_insiders);
    attack.finish();
    one.close().await;
    other.close().await;
}
