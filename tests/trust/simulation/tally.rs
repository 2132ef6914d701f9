//! How often what happened in a world, so that an attack can show that it took place.

use super::network::Happened;
use crate::office::attack::Attack;

/// What happened in a world.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) network: Happened,
    pub(super) hub_crashes: u64,
    pub(super) crashes_before_the_answer: u64,
    pub(super) views_lost: u64,
    pub(super) office_crashes: u64,
    pub(super) reader_crashes: u64,
    pub(super) clock_jumps: u64,
    pub(super) partitions: u64,
    pub(super) replays: u64,
    pub(super) receipts: u64,
    pub(super) pulls: u64,
    pub(super) embargoes: u64,
}

/// Adds a world to what happened in all.
pub(super) fn count(attack: &mut Attack, tally: &Tally) {
    let network = tally.network;
    for (kind, count) in [
        ("messages lost", network.lost),
        ("messages repeated", network.repeated),
        ("messages overtaken", network.reordered),
        ("messages lost in partitions", network.cut_off),
        ("partitions", tally.partitions),
        ("requests replayed later", tally.replays),
        ("hub crashes", tally.hub_crashes),
        ("hub crashes between work and answer", tally.crashes_before_the_answer),
        ("views lost", tally.views_lost),
        ("office crashes", tally.office_crashes),
        ("reader crashes", tally.reader_crashes),
        ("clock jumps", tally.clock_jumps),
        ("embargoes", tally.embargoes),
        ("receipts", tally.receipts),
        ("pulls", tally.pulls),
    ] {
        attack.inject(kind, count);
        if count > 0 {
            attack.fire(kind, count);
        }
    }
}
