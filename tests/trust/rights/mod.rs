//! Who may: every call and every address by everybody, under every state of an agreement. The rows are those of the
//! contract and of the REST door's own description; the answers were written down by hand.

mod calls;
mod routes;
mod trust_calls;
pub(crate) mod wire;
mod world;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message;
use prost_types::FileDescriptorSet;

use crate::office::attack::Attack;
use crate::office::raw::reason;
use crate::rest;
use calls::{CALLS, Call};
use routes::ROUTES;
use trust_calls::TRUST_CALLS;
use world::{Caller, IDENTITIES, State, TERMS, World};

/// Attempts below which the table has lost rows.
const ATTEMPTS_MIN: usize = 2_000;
/// Longer than the hub counts an address's wrong tokens together.
const WINDOW_S: i64 = 61;

impl Caller {
    /// Who signs what it sends; strangers sign with the office's key.
    fn signer(&self) -> &'static str {
        match self.name {
            "ILO" | "NOR" | "MPI" | "READER" | "EARLY" | "CONFIDANT" | "REVIEWER" | "PUBLISHER"
            | "AUDITOR" => self.name,
            crate::office::ADMINISTRATOR => self.name,
            "token NOR other flow" => "NOR",
            "token READER" => "READER",
            "token AUDITOR" => "AUDITOR",
            _ => "SWE",
        }
    }
}

impl World {
    /// A number that was not there before.
    fn fresh_number(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(100_000);
        NEXT.fetch_add(1, Ordering::SeqCst)
    }
}

/// Names of all rpcs of the contract.
fn rpcs() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(mighub::FILE_DESCRIPTOR_SET).expect("made by our build script");
    let files = set.file.iter().filter(|file| file.package() == "mighub.v1");
    let services = files.flat_map(|file| &file.service);
    services
        .flat_map(|service| {
            service.method.iter().map(|method| format!("{}/{}", service.name(), method.name()))
        })
        .collect()
}

/// Ids of all operations of the REST door.
async fn operations(world: &World) -> BTreeSet<String> {
    let asked = rest::Asked::get("/sdmx/openapi.json");
    let answer = rest::ask(&world.callers[0].channel, None, &asked).await;
    let description: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let paths = description["paths"].as_object().expect("addresses");
    let operations = paths.values().flat_map(|path| path.as_object().expect("methods").values());
    operations.filter_map(|operation| operation["operationId"].as_str().map(str::to_owned)).collect()
}

/// The letters of a row, one an identity.
fn letters(row: &str) -> Vec<char> {
    let letters: Vec<char> = row.chars().filter(|letter| *letter != ' ').collect();
    assert_eq!(letters.len(), IDENTITIES.len(), "{row}");
    letters
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_and_address_by_everybody_under_every_agreement_is_answered_as_written_down() {
    let mut attack = Attack::of("identity_rpc_route_agreement");
    let mut world = World::new().await;
    let all: Vec<&Call> = CALLS.iter().chain(TRUST_CALLS).collect();
    let rows: BTreeSet<String> = all.iter().map(|call| call.name.to_owned()).collect();
    assert_eq!(rpcs(), rows, "a row of rights/calls.rs for each rpc, and an rpc for each row");
    let rows: BTreeSet<String> = ROUTES.iter().map(|route| route.id.to_owned()).collect();
    assert_eq!(operations(&world).await, rows, "a row of rights/routes.rs for each operation");

    for call in &all {
        for (terms, row) in TERMS.into_iter().zip(call.expected) {
            world.set(call.state, terms).await;
            for (place, letter) in letters(row).into_iter().enumerate() {
                let caller = &world.callers[place];
                let (messages, path) = ((call.messages)(&world, caller), format!("/mighub.v1.{}", call.name));
                let token = caller.token.as_deref();
                let called = wire::call(&caller.channel, token, &path, messages, call.until).await;
                let (expected, name) = (calls::meaning(letter, call.let_in), caller.name);
                let told = called.as_ref().err().map_or_else(String::new, reason);
                if told != expected {
                    attack.fail(format!("{} by {name}, {terms:?}: {told:?}, not {expected:?}", call.name));
                }
                count(&mut attack, letter != '.', told.is_empty());
                if called.is_ok() && call.consumes {
                    world.set(call.state, terms).await;
                }
            }
            world.stage.wait_s(WINDOW_S);
        }
    }
    for route in ROUTES {
        for (terms, row) in TERMS.into_iter().zip(route.expected) {
            world.set(route.state, terms).await;
            for (place, letter) in letters(row).into_iter().enumerate() {
                let caller = &world.callers[place];
                let answer =
                    rest::ask(&caller.channel, caller.token.as_deref(), &(route.asked)(&world)).await;
                let (expected, name) = (routes::meaning(letter, route.let_in), caller.name);
                if answer.status != expected {
                    let text =
                        String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).into_owned();
                    let told = answer.status;
                    attack.fail(format!("{} by {name}, {terms:?}: {told}, not {expected}: {text}", route.id));
                }
                count(&mut attack, letter != '.', answer.status < 400);
                if answer.status < 300 && route.consumes {
                    world.set(route.state, terms).await;
                }
            }
            world.stage.wait_s(WINDOW_S);
        }
    }
    // Whose keys were revoked is not let in at all: no call and no address hears anything.
    for call in &all {
        let (messages, path) = ((call.messages)(&world, &world.revoked), format!("/mighub.v1.{}", call.name));
        let called = wire::call(&world.revoked.channel, None, &path, messages, call.until).await;
        let told = called.as_ref().err().map_or_else(String::new, reason);
        if !told.starts_with("no reason") {
            attack.fail(format!("{} with revoked keys: {told:?}", call.name));
        }
        count(&mut attack, true, called.is_ok());
    }
    for route in ROUTES {
        let answer = rest::try_ask(&world.revoked.channel, None, &(route.asked)(&world)).await;
        if let Ok(answer) = &answer {
            attack.fail(format!("{} with revoked keys: {}", route.id, answer.status));
        }
        count(&mut attack, true, answer.is_ok());
    }
    attack.tell("rpcs", all.len());
    attack.tell("routes", ROUTES.len());
    attack.tell("identities", IDENTITIES.len() + 1);
    let attempts = (all.len() + ROUTES.len()) * TERMS.len() * IDENTITIES.len();
    assert!(attempts >= ATTEMPTS_MIN, "{attempts} attempts are too few");
    attack.finish();
    world.set(State::InForce, TERMS[0]).await;
    world.stage.close().await;
}

/// An attempt at what is not allowed is the fault here; it happened when it was answered with a refusal.
fn count(attack: &mut Attack, is_forbidden: bool, succeeded: bool) {
    attack.round();
    if is_forbidden {
        attack.inject("attempts without right", 1);
        if !succeeded {
            attack.fire("attempts without right", 1);
        }
    }
}
