//! Leaks: secrets are planted, everybody asks everything through every door, and every byte of every answer to whoever
//! may not have them is searched for them. So is the log.

pub(crate) mod canaries;
pub(crate) mod questions;
pub(crate) mod search;
mod twins;
pub(crate) mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1;
use mighub_sdmx::structure::DataDefinition;
use prost::Message;

use crate::office::attack::{Attack, rounds};
use crate::office::random::Random;
use crate::{logs, rest};
use canaries::{Hour, may_see};
use questions::{About, Question, question};
use search::{Needles, opened_body, opened_messages};
use world::{FIRST_S, Reader, SECOND_S, World};

/// Answers that are searched.
const ANSWERS: u64 = 5_000;
/// Cursors of a reader that are kept to ask with.
const CURSORS_MAX: usize = 50;

/// What came back: everything that can be read out of it, and whether it was an answer or a refusal.
pub(crate) struct Told {
    pub(crate) opened: Vec<Vec<u8>>,
    pub(crate) refused: bool,
    /// The cursor of a pull.
    pub(crate) cursor: Option<Vec<u8>>,
}

/// Asks, and opens what comes.
pub(crate) async fn told(
    reader: &Reader,
    question: &Question,
    definition: &Arc<DataDefinition>,
) -> Result<Told, String> {
    let token = reader.token.as_deref();
    match question {
        Question::Rest(asked) => {
            let answer = rest::ask(&reader.channel, token, asked).await;
            if answer.broken {
                return Err("the answer broke off".to_owned());
            }
            if answer.status >= 500 && answer.status != 501 {
                return Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
            }
            let opened = opened_body(&answer.headers, &answer.body, definition)?;
            Ok(Told { opened, refused: answer.status >= 400, cursor: None })
        }
        Question::Rpc { name, message, until } => {
            let path = format!("/mighub.v1.{name}");
            match crate::rights::wire::call(&reader.channel, token, &path, vec![message.clone()], *until)
                .await
            {
                Ok(messages) => {
                    let cursor =
                        messages.last().filter(|_| *name == "RetrievalService/Pull").and_then(|last| {
                            match v1::PullResponse::decode(&last[..]).ok()?.part? {
                                v1::pull_response::Part::Summary(summary) => Some(summary.cursor.to_vec()),
                                _ => None,
                            }
                        });
                    let opened = opened_messages(name, &messages, definition)?;
                    Ok(Told { opened, refused: false, cursor: cursor.filter(|cursor| !cursor.is_empty()) })
                }
                Err(status)
                    if status.code() == tonic::Code::Internal || status.code() == tonic::Code::Unknown =>
                {
                    Err(format!("{status:?}"))
                }
                Err(status) => {
                    let opened = vec![status.message().as_bytes().to_vec(), status.details().to_vec()];
                    Ok(Told { opened, refused: true, cursor: None })
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_no_log_tells_a_secret_to_who_may_not_have_it() {
    logs::keep();
    let mut attack = Attack::of("leak_canaries");
    let mut random = attack.random();
    let world = Box::pin(World::new(&mut random)).await;
    let needles = Needles::new(world.canaries.iter().map(|canary| canary.text.as_str()));
    let definition = world.stage.definition();
    let secrets = world.canaries.iter().filter(|canary| canary.why.is_told());
    attack.inject("secret seen by who may", secrets.count() as u64);
    let (mut seen_by_rpc, mut seen_by_rest) = (BTreeSet::new(), BTreeSet::new());
    let (mut bytes, mut refused, mut rest) = (0, 0, 0);
    let mut cursors = vec![Vec::<Vec<u8>>::new(); world.readers.len()];
    for (hour, seconds) in
        [(Hour::Before, FIRST_S - 1), (Hour::Between, SECOND_S - 1), (Hour::After, SECOND_S)]
    {
        let now_s = world.stage.now().0 / 1_000;
        world.stage.wait_s(world.begun_s + seconds - now_s);
        for _ in 0..rounds(ANSWERS) / 3 {
            attack.round();
            let place = random.below(world.readers.len() as u64) as usize;
            let reader = &world.readers[place];
            let asked = asked(&mut random, &world, &cursors[place]).await;
            let answer = match told(reader, &asked, &definition).await {
                Ok(answer) => answer,
                Err(why) => {
                    attack.fail(format!("{} at {hour:?}: {asked:?}: {why}", reader.name));
                    continue;
                }
            };
            refused += u64::from(answer.refused);
            let is_rest = matches!(asked, Question::Rest(_));
            rest += u64::from(is_rest);
            for found in answer.opened.iter().flat_map(|bytes| needles.found(bytes)) {
                let canary = &world.canaries[found];
                if may_see(reader.name, canary.why, hour) {
                    if is_rest {
                        seen_by_rest.insert(found)
                    } else {
                        seen_by_rpc.insert(found)
                    };
                } else if !said_by_the_question(&asked, &canary.text) {
                    attack
                        .fail(format!("{} at {hour:?}: {canary:?} in the answer to {asked:?}", reader.name));
                }
            }
            bytes += answer.opened.iter().map(Vec::len).sum::<usize>();
            if let Some(cursor) = answer.cursor
                && cursors[place].len() < CURSORS_MAX
            {
                cursors[place].push(cursor);
            }
        }
    }
    let is_told = |found: &&usize| world.canaries[**found].why.is_told();
    let both = seen_by_rpc.intersection(&seen_by_rest).filter(is_told).count();
    attack.fire("secret seen by who may", both as u64);
    for (place, canary) in world.canaries.iter().enumerate() {
        if canary.why.is_told() && !(seen_by_rpc.contains(&place) && seen_by_rest.contains(&place)) {
            attack.fail(format!("{canary:?} was never found where it may be: the search is blind"));
        }
    }
    let log = logs::kept();
    let tokens: Vec<&str> = world.readers.iter().filter_map(|reader| reader.token.as_deref()).collect();
    attack.inject("lines of the log searched", 1);
    attack.fire("lines of the log searched", log.iter().filter(|byte| **byte == b'\n').count() as u64);
    for found in needles.found(&log) {
        attack.fail(format!("{:?} in the log", world.canaries[found]));
    }
    for found in Needles::new(tokens.iter().copied()).found(&log) {
        attack.fail(format!("a token in the log: {}", tokens[found]));
    }
    for (name, figure) in [("bytes_searched", bytes as u64), ("refusals", refused), ("over_rest", rest)] {
        attack.tell(name, figure);
    }
    attack.tell("canaries", world.canaries.len());
    attack.finish();
    world.stage.close().await;
}

/// The next question of a reader.
async fn asked(random: &mut Random, world: &World, cursors: &[Vec<u8>]) -> Question {
    let secret = &world.canaries[random.below(world.canaries.len() as u64) as usize].text;
    let about = About {
        positions: POSITIONS_ABOUT,
        times: (world.begun_s * 1_000, world.stage.now().0),
        submissions: &world.submissions,
        cursors,
        secret,
    };
    question(random, &about)
}

/// Positions that questions name: about as many as the journal has.
const POSITIONS_ABOUT: u64 = 60;

/// Whether the question itself said it: an echo is no leak.
fn said_by_the_question(asked: &Question, secret: &str) -> bool {
    matches!(asked, Question::Rest(asked) if asked.path.contains(secret))
}
