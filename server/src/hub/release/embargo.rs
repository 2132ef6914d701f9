//! Release without sending anew: an embargo ends now, or at another instant than it was sent with.
//!
//! The record holds the steps that follow, so that reading stays a look-up (see `docs/decisions`, 2 and 10).

use std::sync::PoisonError;

use mighub::v1::{self, ErrorReason, RequestedOperation, record::What};
use prost::Message;

use super::four_eyes::{OpenRequest, Signatory};
use super::{person, reason};
use crate::hub::Hub;
use crate::hub::append::record;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{Permit, Publish, SeeReleases};
use crate::hub::refusal::Refusal;
use crate::hub::submission::chain::{Chain, Link, Links};
use crate::hub::submission::steps;

impl Hub {
    /// ReleaseService.ReleaseVintage.
    pub fn release_vintage(
        &self,
        permit: &Permit<Publish>,
        request: &v1::ReleaseVintageRequest,
        now: Moment,
    ) -> Result<v1::ReleaseVintageResponse, Refusal> {
        let by = Signatory::of(permit.principal(), person(&request.person)?);
        let reason = reason(&request.reason, "a release")?;
        let until = until(request, now)?;
        let lane = permit.lane();
        let lock = self.desk.lane(lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let moves = self.moves(lane, request, until, now)?;
        if moves.shows_more() && self.needs_two(lane, now) {
            let position = self.request_of_second(
                &by,
                RequestedOperation::Release,
                lane,
                request.encode_to_vec().into(),
                &reason,
                now,
            )?;
            return self.released(lane, None, Some(position), now);
        }
        let position = self.record_release(lane, moves, &by, &reason, None, now)?;
        self.released(lane, position, None, now)
    }

    /// A release that a second person confirmed. What of it has come about meanwhile is not done again.
    pub(super) fn release_confirmed(
        &self,
        permit: &Permit<Publish>,
        request: &v1::ReleaseVintageRequest,
        by: &Signatory,
        confirmed: &OpenRequest,
        now: Moment,
    ) -> Result<Option<u64>, Refusal> {
        // What was to come when it was asked for may have come since: then it ends now.
        let until = request.until.as_ref().map(Moment::of_message).filter(|until| *until > now);
        let lane = permit.lane();
        let lock = self.desk.lane(lane);
        let _lane = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let moves = self.moves(lane, request, until, now)?;
        self.record_release(lane, moves, by, &confirmed.reason, Some(confirmed.position), now)
    }

    /// ReleaseService.ListEmbargoes.
    pub fn list_embargoes(
        &self,
        permit: &Permit<SeeReleases>,
        _: &v1::ListEmbargoesRequest,
        now: Moment,
    ) -> Result<v1::ListEmbargoesResponse, Refusal> {
        Ok(v1::ListEmbargoesResponse { embargoes: self.embargoes(permit.lane(), now)? })
    }

    /// Embargoes of a lane that have not passed, by instant.
    pub(super) fn embargoes(&self, lane: &LaneId, now: Moment) -> Result<Vec<v1::Embargo>, Refusal> {
        let Some(head) = self.head(lane)? else { return Ok(Vec::new()) };
        let embargo = |link: &Link| v1::Embargo {
            submission_id: link.submission_id.clone(),
            position: link.position,
            until: Some(link.until.to_message()),
            edition: link.edition.clone(),
        };
        Ok(self.links(lane, &head, now)?.pending().into_iter().map(embargo).collect())
    }

    /// Whether what shows more of a lane needs a second person.
    pub(in crate::hub) fn needs_two(&self, lane: &LaneId, now: Moment) -> bool {
        self.rights().agreement_on(lane, u64::MAX, now).is_some_and(|agreement| agreement.four_eyes)
    }

    fn moves(
        &self,
        lane: &LaneId,
        request: &v1::ReleaseVintageRequest,
        until: Option<Moment>,
        now: Moment,
    ) -> Result<Moves, Refusal> {
        let head = self.head(lane)?;
        let before = match &head {
            Some(head) => self.links(lane, head, now)?,
            None => Links::default(),
        };
        let wanted = |link: &Link| {
            link.until > Moment::BEGINNING
                && (request.submission_id.is_empty() || link.submission_id == request.submission_id)
        };
        let mut after = before.clone();
        let to = until.unwrap_or(Moment::BEGINNING);
        let mut found = false;
        for link in after.links.iter_mut().filter(|link| wanted(link)) {
            found = true;
            link.until = to;
        }
        // Who asks again for a release that was made is answered as if he had made it now.
        if !found && (until.is_some() || !self.was_sent(lane, &request.submission_id)?) {
            return Err(nothing_embargoed(lane, &request.submission_id));
        }
        Ok(Moves { before, after })
    }

    /// Whether a submission was accepted in a lane; none named: always.
    fn was_sent(&self, lane: &LaneId, id: &str) -> Result<bool, Refusal> {
        Ok(id.is_empty() || self.accepted_in(lane, id)?)
    }

    fn record_release(
        &self,
        lane: &LaneId,
        moves: Moves,
        by: &Signatory,
        reason: &str,
        request: Option<u64>,
        now: Moment,
    ) -> Result<Option<u64>, Refusal> {
        let Some(head) = self.head(lane)?.filter(|_| !moves.moved().is_empty()) else { return Ok(None) };
        let known = steps::pending(Some(&head), now);
        let Chain { steps, objects, mut present } =
            self.chain(lane, &moves.before, &moves.after, &known, now)?;
        let released = v1::Released {
            dataflow: lane.dataflow.short(),
            provider: lane.provider.to_string(),
            base: head.position,
            moved: moves.moved(),
            steps: steps::messages(&steps),
            reason: reason.to_owned(),
            request,
        };
        let objects = self.stored_or_small(objects, &mut present, now)?;
        present.sort_unstable();
        present.dedup();
        let position = self.append(Some((lane, Some(head.position))), &present, now, |_| {
            Ok((objects.clone(), record(&by.actor(), What::Released(released.clone()), now)))
        })?;
        Ok(Some(position))
    }

    fn released(
        &self,
        lane: &LaneId,
        position: Option<u64>,
        request: Option<u64>,
        now: Moment,
    ) -> Result<v1::ReleaseVintageResponse, Refusal> {
        Ok(v1::ReleaseVintageResponse { position, request, embargoes: self.embargoes(lane, now)? })
    }
}

/// Embargoes before and after.
struct Moves {
    before: Links,
    after: Links,
}

impl Moves {
    fn pairs(&self) -> impl Iterator<Item = (&Link, &Link)> {
        self.before.links.iter().zip(&self.after.links).filter(|(before, after)| before.until != after.until)
    }

    fn shows_more(&self) -> bool {
        self.pairs().any(|(before, after)| after.until < before.until)
    }

    fn moved(&self) -> Vec<v1::EmbargoMoved> {
        let moved = |(before, after): (&Link, &Link)| v1::EmbargoMoved {
            submission_id: before.submission_id.clone(),
            before: Some(before.until.to_message()),
            until: (after.until != Moment::BEGINNING).then(|| after.until.to_message()),
        };
        self.pairs().map(moved).collect()
    }
}

fn until(request: &v1::ReleaseVintageRequest, now: Moment) -> Result<Option<Moment>, Refusal> {
    let until = request.until.as_ref().map(Moment::of_message);
    if until.is_some_and(|until| until <= now) {
        let text = format!("the instant has passed (it is {now}): name one to come, or none to release now");
        return Err(Refusal::malformed("until", text));
    }
    Ok(until)
}

fn nothing_embargoed(lane: &LaneId, submission: &str) -> Refusal {
    let what = if submission.is_empty() { lane.to_string() } else { format!("{submission} in {lane}") };
    let text = format!(
        "{what} is under no embargo that is still to pass: what has been released stays so; `mighub restrict` withholds \
         cells"
    );
    let refusal = Refusal::new(ErrorReason::NothingEmbargoed, text);
    refusal.about("dataflow", lane.dataflow.short()).about("provider", &lane.provider)
}
