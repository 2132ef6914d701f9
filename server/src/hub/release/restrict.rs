//! Restriction: cells that are withheld from now on, in every vintage, and may be freed again.

use mighub::convert::selection;
use mighub::v1::{self, ErrorReason, RequestedOperation, record::What};
use prost::Message;

use super::four_eyes::{OpenRequest, Signatory};
use super::{person, reason};
use crate::hub::Hub;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{Permit, Publish, SeeReleases};
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{RestrictionRow, restriction_key, restriction_place, restrictions_prefix};

/// Restrictions of one lane in force at a time, at most: every answer of the lane is checked against each.
pub(in crate::hub) const RESTRICTIONS_MAX: usize = 256;
/// Bytes of a selection, at most: one record holds it, and all that are in force are in memory.
const SELECTION_BYTES_MAX: usize = 64 * 1024;

impl Hub {
    /// ReleaseService.RestrictCells. It shows less than before, so one person suffices.
    pub fn restrict_cells(
        &self,
        permit: &Permit<Publish>,
        request: &v1::RestrictCellsRequest,
        now: Moment,
    ) -> Result<v1::RestrictCellsResponse, Refusal> {
        let by = Signatory::of(permit.principal(), person(&request.person)?);
        let reason = reason(&request.reason, "a restriction")?;
        let lane = permit.lane();
        let message = request.selection.clone().unwrap_or_default();
        self.check_selection(lane, &message)?;
        // Two calls at a time must not both find room.
        let _one_at_a_time = self.desk.changing_rights();
        let in_force = self.restrictions(lane)?.iter().filter(|(_, row)| row.freed_at.is_none()).count();
        if in_force >= RESTRICTIONS_MAX {
            let text = format!(
                "{lane} has {in_force} restrictions in force: name more keys in one, or send the figures with another \
                 CONF_STATUS"
            );
            return Err(Refusal::limit(RESTRICTIONS_MAX as u64, in_force as u64, text));
        }
        let restricted = v1::Restricted {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            selection: Some(message),
            lifts: None,
            reason,
            request: None,
        };
        let position = self.record(by.actor(), What::Restricted(restricted), Vec::new(), now)?;
        let row: Option<RestrictionRow> = row(&*self.view, &restriction_key(lane, position))?;
        let row = row.ok_or_else(|| Refusal::internal("a restriction is not in the view"))?;
        Ok(v1::RestrictCellsResponse { restriction: Some(message_of(lane, position, row)) })
    }

    /// ReleaseService.FreeCells.
    pub fn free_cells(
        &self,
        permit: &Permit<Publish>,
        request: &v1::FreeCellsRequest,
        now: Moment,
    ) -> Result<v1::FreeCellsResponse, Refusal> {
        let by = Signatory::of(permit.principal(), person(&request.person)?);
        let reason = reason(&request.reason, "lifting a restriction")?;
        let lane = permit.lane();
        let _one_at_a_time = self.desk.changing_rights();
        if let Some(position) = self.known_restriction(lane, request.restriction)?.freed_at {
            return Ok(v1::FreeCellsResponse { position: Some(position), request: None });
        }
        if self.needs_two(lane, now) {
            let bytes = request.encode_to_vec().into();
            let position =
                self.request_of_second(&by, RequestedOperation::Free, lane, bytes, &reason, now)?;
            return Ok(v1::FreeCellsResponse { position: None, request: Some(position) });
        }
        let position = self.record_freeing(lane, request.restriction, &by, &reason, None, now)?;
        Ok(v1::FreeCellsResponse { position: Some(position), request: None })
    }

    /// What a second person confirmed; nothing if somebody else lifted it meanwhile. The lock of rights is held.
    pub(super) fn freeing_confirmed(
        &self,
        permit: &Permit<Publish>,
        request: &v1::FreeCellsRequest,
        by: &Signatory,
        confirmed: &OpenRequest,
        now: Moment,
    ) -> Result<Option<u64>, Refusal> {
        let lane = permit.lane();
        if self.known_restriction(lane, request.restriction)?.freed_at.is_some() {
            return Ok(None);
        }
        let (reason, request_position) = (&confirmed.reason, Some(confirmed.position));
        self.record_freeing(lane, request.restriction, by, reason, request_position, now).map(Some)
    }

    fn record_freeing(
        &self,
        lane: &LaneId,
        restriction: u64,
        by: &Signatory,
        reason: &str,
        request: Option<u64>,
        now: Moment,
    ) -> Result<u64, Refusal> {
        let restricted = v1::Restricted {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            selection: None,
            lifts: Some(restriction),
            reason: reason.to_owned(),
            request,
        };
        self.record(by.actor(), What::Restricted(restricted), Vec::new(), now)
    }

    /// ReleaseService.ListRestrictions.
    pub fn list_restrictions(
        &self,
        permit: &Permit<SeeReleases>,
        request: &v1::ListRestrictionsRequest,
        _: Moment,
    ) -> Result<v1::ListRestrictionsResponse, Refusal> {
        let lane = permit.lane();
        let found = self.restrictions(lane)?.into_iter();
        let asked = found.filter(|(_, row)| request.with_freed || row.freed_at.is_none());
        let restrictions = asked.map(|(position, row)| message_of(lane, position, row)).collect();
        Ok(v1::ListRestrictionsResponse { restrictions })
    }

    /// All restrictions a lane ever had, by position.
    pub(super) fn restrictions(&self, lane: &LaneId) -> Result<Vec<(u64, RestrictionRow)>, Refusal> {
        let found = self.view.scan(&restrictions_prefix(lane), &[], usize::MAX)?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            let (_, position) =
                restriction_place(&key).ok_or_else(|| Refusal::internal("a restriction has no place"))?;
            let row = RestrictionRow::decode(&value[..]);
            Ok((position, row.map_err(|error| Refusal::internal(error.to_string()))?))
        };
        found.into_iter().map(read).collect()
    }

    fn known_restriction(&self, lane: &LaneId, position: u64) -> Result<RestrictionRow, Refusal> {
        let known: Option<RestrictionRow> = row(&*self.view, &restriction_key(lane, position))?;
        known.ok_or_else(|| {
            let text =
                format!("{lane} has no restriction {position}: `mighub restrict list` shows those there are");
            Refusal::new(ErrorReason::UnknownRestriction, text).about("position", position)
        })
    }

    /// A selection that names everything is a slip; whoever means it withdraws what was sent.
    fn check_selection(&self, lane: &LaneId, message: &v1::Selection) -> Result<(), Refusal> {
        let definition = self.definition(&lane.dataflow)?.data;
        let selection = selection(message, definition.dimensions.len())?;
        if selection.is_all() {
            let text = "say which cells: name a key, such as A.SWE.., or periods";
            return Err(Refusal::malformed("selection", text));
        }
        let bytes = message.encoded_len();
        if bytes > SELECTION_BYTES_MAX {
            let text = format!("the selection has more than {SELECTION_BYTES_MAX} bytes: restrict in parts");
            return Err(Refusal::limit(SELECTION_BYTES_MAX as u64, bytes as u64, text));
        }
        Ok(())
    }
}

pub(super) fn message_of(lane: &LaneId, position: u64, row: RestrictionRow) -> v1::Restriction {
    v1::Restriction {
        position,
        lane: Some(lane.to_message()),
        selection: row.selection,
        since: Some(Moment(row.since_ms).to_message()),
        agency: row.agency,
        person: row.person,
        reason: row.reason,
        freed_at: row.freed_at,
    }
}
