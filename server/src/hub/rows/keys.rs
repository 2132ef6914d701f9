//! Keys of the view: under which row what is found, and in which order.

use mighub_sdmx::structure::AgencyId;
use mighub_store::Position;

use crate::hub::lane::LaneId;

/// The founding record.
pub(in crate::hub) const FOUNDED: &[u8] = b"founded";
/// The keys for receipts, if there was more than one.
pub(in crate::hub) const HUB_KEYS: &[u8] = b"hub-keys";
pub(in crate::hub) const AGENCIES: &[u8] = b"agency/";
pub(in crate::hub) const ACCESS_TOKENS: &[u8] = b"access/";
pub(in crate::hub) const STRUCTURES: &[u8] = b"structure/";
pub(in crate::hub) const RULEBOOKS: &[u8] = b"rulebook/";
pub(in crate::hub) const AGREEMENTS: &[u8] = b"agreement/";
pub(in crate::hub) const RESTRICTIONS: &[u8] = b"restriction/";
pub(in crate::hub) const SOURCES: &[u8] = b"source/";
pub(in crate::hub) const REQUESTS: &[u8] = b"request/";
pub(in crate::hub) const POLICIES: &[u8] = b"policy/";
pub(in crate::hub) const SUPPRESSIONS: &[u8] = b"suppression/";
/// Positions of the records that expunged something; their rows are empty, for the records say it all.
pub(in crate::hub) const EXPUNGED: &[u8] = b"expunged/";
pub(in crate::hub) const SUBMISSIONS_BY_TIME: &[u8] = b"submitted/";
/// Which journal the view is derived from, up to the last record that is taken in.
pub(in crate::hub) const LOG_STAMP: &[u8] = b"log-stamp";
pub(in crate::hub) const LOG_TILE_ROOTS: &[u8] = b"log-tile-root/";

fn key(prefix: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(prefix.to_vec(), |mut key, part| {
        key.extend_from_slice(part);
        key
    })
}

pub(in crate::hub) fn agency_key(agency: &AgencyId) -> Vec<u8> {
    key(AGENCIES, &[agency.as_bytes()])
}

pub(in crate::hub) fn token_key(digest: &[u8]) -> Vec<u8> {
    key(b"token/", &[digest])
}

pub(in crate::hub) fn access_token_key(digest: &[u8]) -> Vec<u8> {
    key(ACCESS_TOKENS, &[digest])
}

pub(in crate::hub) fn structure_key(urn: &str) -> Vec<u8> {
    key(STRUCTURES, &[urn.as_bytes()])
}

/// The rulebooks of a dataflow.
pub(in crate::hub) fn rulebooks_prefix(dataflow: &str) -> Vec<u8> {
    key(RULEBOOKS, &[dataflow.as_bytes(), &[0]])
}

/// Newest first.
pub(in crate::hub) fn rulebook_key(dataflow: &str, position: u64) -> Vec<u8> {
    key(&rulebooks_prefix(dataflow), &[&(u64::MAX - position).to_be_bytes()])
}

/// Every state of an agreement, by position: who could see what on a day has an answer.
pub(in crate::hub) fn agreement_key(id: &str, position: Position) -> Vec<u8> {
    key(AGREEMENTS, &[id.as_bytes(), &[0], &position.0.to_be_bytes()])
}

pub(in crate::hub) fn submission_key(id: &str) -> Vec<u8> {
    key(b"submission/", &[id.as_bytes()])
}

/// Restrictions of a lane, oldest first.
pub(in crate::hub) fn restrictions_prefix(lane: &LaneId) -> Vec<u8> {
    key(RESTRICTIONS, &[&of_lane(lane)])
}

pub(in crate::hub) fn restriction_key(lane: &LaneId, position: u64) -> Vec<u8> {
    key(&restrictions_prefix(lane), &[&position.to_be_bytes()])
}

/// The lane and the position in the key of a restriction.
pub(in crate::hub) fn restriction_place(key: &[u8]) -> Option<(LaneId, u64)> {
    let (lane, position) = key.strip_prefix(RESTRICTIONS)?.split_last_chunk()?;
    Some((lane_of(lane)?, u64::from_be_bytes(*position)))
}

/// Reports about sources of a lane, newest first.
pub(in crate::hub) fn sources_prefix(lane: &LaneId) -> Vec<u8> {
    key(SOURCES, &[&of_lane(lane)])
}

pub(in crate::hub) fn source_key(lane: &LaneId, position: u64, number: u32) -> Vec<u8> {
    key(&sources_prefix(lane), &[&(u64::MAX - position).to_be_bytes(), &number.to_be_bytes()])
}

/// The lane in the key of a report about a source.
pub(in crate::hub) fn source_lane(key: &[u8]) -> Option<LaneId> {
    const PLACE_BYTES: usize = 12;
    let lane = key.strip_prefix(SOURCES)?;
    lane_of(lane.get(..lane.len().checked_sub(PLACE_BYTES)?)?)
}

/// Policies of a dataflow, those of one provider together, oldest first.
pub(in crate::hub) fn policy_key(dataflow: &str, provider: &str, position: u64) -> Vec<u8> {
    key(POLICIES, &[dataflow.as_bytes(), &[0], provider.as_bytes(), &[0], &position.to_be_bytes()])
}

/// Dataflow, provider and position in the key of a policy.
pub(in crate::hub) fn policy_place(key: &[u8]) -> Option<(&str, &str, u64)> {
    let (of, position) = key.strip_prefix(POLICIES)?.split_last_chunk()?;
    let mut parts = of.split(|byte| *byte == 0).map(std::str::from_utf8);
    let (dataflow, provider) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some((dataflow, provider, u64::from_be_bytes(*position)))
}

/// Suppressions of a lane, oldest first.
pub(in crate::hub) fn suppression_key(lane: &LaneId, position: u64) -> Vec<u8> {
    key(SUPPRESSIONS, &[&of_lane(lane), &position.to_be_bytes()])
}

/// The lane and the position in the key of a suppression.
pub(in crate::hub) fn suppression_place(key: &[u8]) -> Option<(LaneId, u64)> {
    let (lane, position) = key.strip_prefix(SUPPRESSIONS)?.split_last_chunk()?;
    Some((lane_of(lane)?, u64::from_be_bytes(*position)))
}

/// Requests, oldest first.
pub(in crate::hub) fn request_key(position: u64) -> Vec<u8> {
    key(REQUESTS, &[&position.to_be_bytes()])
}

/// Records that expunged something, oldest first.
pub(in crate::hub) fn expunged_key(position: u64) -> Vec<u8> {
    key(EXPUNGED, &[&position.to_be_bytes()])
}

/// Positions of a lane at which a vintage was taken back.
pub(in crate::hub) fn withdrawals_prefix(lane: &LaneId) -> Vec<u8> {
    key(b"withdrawn/", &[&of_lane(lane)])
}

pub(in crate::hub) fn withdrawal_key(lane: &LaneId, position: u64) -> Vec<u8> {
    key(&withdrawals_prefix(lane), &[&position.to_be_bytes()])
}

/// Positions of a lane at which embargoes were moved.
pub(in crate::hub) fn releases_prefix(lane: &LaneId) -> Vec<u8> {
    key(b"released/", &[&of_lane(lane)])
}

pub(in crate::hub) fn release_key(lane: &LaneId, position: u64) -> Vec<u8> {
    key(&releases_prefix(lane), &[&position.to_be_bytes()])
}

/// Embargoes of a lane that were moved.
pub(in crate::hub) fn embargoes_prefix(lane: &LaneId) -> Vec<u8> {
    key(b"embargo/", &[&of_lane(lane)])
}

pub(in crate::hub) fn embargo_key(lane: &LaneId, submission: &str) -> Vec<u8> {
    key(&embargoes_prefix(lane), &[submission.as_bytes()])
}

fn of_lane(lane: &LaneId) -> Vec<u8> {
    key(lane.dataflow.short().as_bytes(), &[&[0], lane.provider.as_bytes(), &[0]])
}

/// The lane that [`of_lane`] wrote.
fn lane_of(bytes: &[u8]) -> Option<LaneId> {
    let mut parts = bytes.split(|byte| *byte == 0).map(std::str::from_utf8);
    let dataflow = crate::hub::lane::dataflow("dataflow", parts.next()?.ok()?).ok()?;
    let provider = AgencyId::new(parts.next()?.ok()?).ok()?;
    Some(LaneId { dataflow, provider })
}

/// Newest first.
pub(in crate::hub) fn submission_order_key(first: u64) -> Vec<u8> {
    key(SUBMISSIONS_BY_TIME, &[&(u64::MAX - first).to_be_bytes()])
}

/// Lanes of a dataflow have a common prefix.
pub(in crate::hub) fn lanes_prefix(dataflow: &str) -> Vec<u8> {
    key(b"lane/", &[dataflow.as_bytes(), &[0]])
}

pub(in crate::hub) fn lane_key(lane: &LaneId) -> Vec<u8> {
    key(&lanes_prefix(&lane.dataflow.short()), &[lane.provider.as_bytes()])
}

pub(in crate::hub) fn vintages_prefix(lane: &LaneId) -> Vec<u8> {
    key(b"vintage/", &[lane.dataflow.short().as_bytes(), &[0], lane.provider.as_bytes(), &[0]])
}

/// Newest first.
pub(in crate::hub) fn vintage_key(lane: &LaneId, position: u64) -> Vec<u8> {
    key(&vintages_prefix(lane), &[&(u64::MAX - position).to_be_bytes()])
}

/// What the newest vintage of a derived lane was made from: the record itself.
pub(in crate::hub) fn consolidated_key(lane: &LaneId) -> Vec<u8> {
    key(b"consolidated/", &[&of_lane(lane)])
}

/// The hashes of the leaves of a full tile of the journal's tree.
pub(in crate::hub) fn log_tile_key(number: u64) -> Vec<u8> {
    key(b"log-tile/", &[&number.to_be_bytes()])
}

/// The root over them.
pub(in crate::hub) fn log_tile_root_key(number: u64) -> Vec<u8> {
    key(LOG_TILE_ROOTS, &[&number.to_be_bytes()])
}

/// The position in a key that ends with one in falling order.
pub(in crate::hub) fn falling_position(key: &[u8]) -> Option<u64> {
    Some(u64::MAX - u64::from_be_bytes(*key.last_chunk()?))
}
