//! News: what a reader sees of a lane has changed. WatchVintages.
//!
//! The world moves from point to point: by records, and by moments at which something changes by itself. At
//! each such point what the reader saw just before is compared with what it sees, so that nothing is told that
//! it could not see for itself. A cursor names the point up to which a reader was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub::v1::record::What;
use mighub::v1::{self, VintageEventKind};
use mighub_sdmx::structure::{AgencyId, Reference};
use mighub_store::Position;
use prost::Message;
use prost::bytes::Bytes;

use super::history::History;
use super::reading::{Point, Reading};
use super::request::{digest, read_providers};
use super::sight::{Ask, Providers};
use super::ticks::Schedule;
use super::token::{Kind, Sealer, WatchBody, other_request, unknown_history};
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::permit::{Permit, Read};
use crate::hub::rights::Rights;
use crate::hub::{Hub, Moment, Principal, Refusal};

/// Dataflows that one reader may name.
const DATAFLOWS_MAX: usize = 100;
/// Points looked at in one go: the rest of a long absence comes with the next look.
const POINTS_AT_A_TIME: usize = 1_000;
/// Events after which the rest waits for the next look.
const EVENTS_AT_A_TIME: usize = 256;

/// Tells what a reader sees differently.
pub struct VintageWatch {
    hub: Arc<Hub>,
    permit: Permit<Read>,
    scope: Scope,
    request: Bytes,
    sealer: Sealer,
    schedule: Schedule,
    /// Up to here everything was told.
    told: Point,
    /// And so many events of the next point that has any.
    skip: u64,
    /// The last look ended before it had reached the present.
    is_behind: bool,
}

/// What is watched; empty sets stand for all.
struct Scope {
    dataflows: BTreeSet<Reference>,
    providers: BTreeSet<AgencyId>,
}

/// What may have changed at a point.
struct Tick {
    at: Point,
    before: Point,
    lanes: BTreeMap<LaneId, VintageEventKind>,
}

impl Hub {
    /// RetrievalService.WatchVintages.
    pub fn watch_vintages(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::WatchVintagesRequest,
        now: Moment,
    ) -> Result<VintageWatch, Refusal> {
        let principal = permit.principal();
        if request.dataflows.len() > DATAFLOWS_MAX {
            let text = format!("there are more than {DATAFLOWS_MAX} dataflows: name fewer, or none for all");
            return Err(Refusal::limit(DATAFLOWS_MAX as u64, request.dataflows.len() as u64, text));
        }
        let (today, rights) = self.today(now);
        let mut dataflows = BTreeSet::new();
        for text in &request.dataflows {
            let reference = dataflow("dataflows", text)?;
            self.definition(&reference)?;
            dataflows.insert(reference);
        }
        let scope = Scope { dataflows, providers: read_providers(&request.providers)? };
        let asked = scope.digest(principal);
        let sealer = self.sealer();
        let (told, skip) = if request.after.is_empty() {
            (today, 0)
        } else {
            let cursor: WatchBody = sealer.open(Kind::Watch, &request.after)?;
            if cursor.request != asked {
                return Err(other_request());
            }
            if cursor.position > today.position || self.history_mark(cursor.position)? != cursor.history {
                return Err(unknown_history());
            }
            (Point { position: cursor.position, moment: Moment(cursor.moment) }, cursor.skip)
        };
        let mut schedule = Schedule::default();
        for lane in scope.lanes(self, None)? {
            schedule.note_lane(self, &lane, told)?;
        }
        schedule.note_agreements(&rights, told, |dataflow| scope.has_dataflow(dataflow));
        Ok(VintageWatch {
            hub: self.clone(),
            permit: permit.clone(),
            scope,
            request: asked,
            sealer,
            schedule,
            told,
            skip,
            is_behind: false,
        })
    }
}

impl Scope {
    fn has_dataflow(&self, dataflow: &Reference) -> bool {
        self.dataflows.is_empty() || self.dataflows.contains(dataflow)
    }

    fn has(&self, lane: &LaneId) -> bool {
        self.has_dataflow(&lane.dataflow)
            && (self.providers.is_empty() || self.providers.contains(&lane.provider))
    }

    /// Lanes that there are of one dataflow, or of all.
    fn lanes(&self, hub: &Hub, dataflow: Option<&Reference>) -> Result<Vec<LaneId>, Refusal> {
        let dataflows = match dataflow {
            Some(dataflow) => vec![dataflow.clone()],
            None if self.dataflows.is_empty() => hub.dataflows(),
            None => self.dataflows.iter().cloned().collect(),
        };
        let mut lanes = Vec::new();
        for dataflow in dataflows {
            lanes.extend(hub.lanes(&dataflow)?.into_iter().filter(|lane| self.has(lane)));
        }
        Ok(lanes)
    }

    fn digest(&self, principal: &Principal) -> Bytes {
        let dataflows: Vec<_> = self.dataflows.iter().map(Reference::short).collect();
        let dataflows = dataflows.iter().map(|dataflow| dataflow.as_bytes());
        let providers = self.providers.iter().map(|provider| provider.as_bytes());
        digest(principal, dataflows.chain([&b""[..]]).chain(providers))
    }
}

impl VintageWatch {
    /// What happened since the last look, in order.
    pub fn poll(&mut self, now: Moment) -> Result<Vec<v1::VintageEvent>, Refusal> {
        let (today, rights) = self.hub.today(now);
        let present = Point { position: today.position, moment: today.moment.max(self.told.moment) };
        let mut events = Vec::new();
        for _ in 0..POINTS_AT_A_TIME {
            if events.len() >= EVENTS_AT_A_TIME {
                break;
            }
            let Some(tick) = self.next_tick(&rights, present)? else {
                self.told = present;
                self.is_behind = false;
                return Ok(events);
            };
            self.tell(&tick, &rights, &mut events)?;
            self.told = tick.at;
        }
        self.is_behind = true;
        Ok(events)
    }

    /// When to look again although nothing was recorded.
    pub fn next_release(&self) -> Option<Moment> {
        if self.is_behind { Some(self.told.moment) } else { self.schedule.first() }
    }

    /// The next point at which something may have changed.
    fn next_tick(&mut self, rights: &Rights, present: Point) -> Result<Option<Tick>, Refusal> {
        let due = self.schedule.first().filter(|moment| *moment <= present.moment);
        if self.told.position < present.position {
            let position = self.told.position + 1;
            let entry = self.hub.store.record(Position(position))?;
            // A record may be dated before what was told already: it was not seen then.
            let moment = Moment(entry.effective_ms).clamp(self.told.moment, present.moment);
            if due.is_none_or(|due| moment <= due) {
                let record = v1::Record::decode(entry.payload)
                    .map_err(|error| Refusal::internal(error.to_string()))?;
                return self.record_tick(rights, record, Point { position, moment }).map(Some);
            }
        }
        let Some(moment) = due else { return Ok(None) };
        let at = Point { position: self.told.position, moment: moment.max(self.told.moment) };
        let due = self.schedule.take(moment);
        let mut lanes = BTreeMap::new();
        for dataflow in &due.turns {
            let of_dataflow = self.scope.lanes(&self.hub, Some(dataflow))?;
            lanes.extend(of_dataflow.into_iter().map(|lane| (lane, VintageEventKind::VisibilityChanged)));
        }
        lanes.extend(due.releases.into_iter().map(|lane| (lane, VintageEventKind::Released)));
        let before = Point { moment: Moment(at.moment.0 - 1).max(self.told.moment), ..at };
        Ok(Some(Tick { at, before, lanes }))
    }

    fn record_tick(&mut self, rights: &Rights, record: v1::Record, at: Point) -> Result<Tick, Refusal> {
        let mut lanes = BTreeMap::new();
        let lane = |flow: &str, provider: &str| {
            Ok::<_, Refusal>(LaneId {
                dataflow: dataflow("dataflow", flow)?,
                provider: agency("provider", provider)?,
            })
        };
        let moved = match &record.what {
            Some(What::Accepted(accepted)) => {
                let contents = accepted.contents.as_ref();
                let lane =
                    contents.map(|contents| lane(&contents.dataflow, &contents.provider)).transpose()?;
                lane.map(|lane| (lane, VintageEventKind::Accepted))
            }
            Some(What::Consolidated(consolidated)) => {
                Some((lane(&consolidated.dataflow, &consolidated.provider)?, VintageEventKind::Accepted))
            }
            Some(What::Withdrawn(withdrawn)) => {
                Some((lane(&withdrawn.dataflow, &withdrawn.provider)?, VintageEventKind::Withdrawn))
            }
            Some(What::Released(released)) => {
                Some((lane(&released.dataflow, &released.provider)?, VintageEventKind::Released))
            }
            Some(What::Restricted(restricted)) => {
                Some((lane(&restricted.dataflow, &restricted.provider)?, VintageEventKind::VisibilityChanged))
            }
            Some(What::Suppression(chosen)) => {
                Some((lane(&chosen.dataflow, &chosen.provider)?, VintageEventKind::VisibilityChanged))
            }
            _ => None,
        };
        if let Some((lane, kind)) = moved.filter(|(lane, _)| self.scope.has(lane)) {
            self.schedule.note_lane(&self.hub, &lane, at)?;
            lanes.insert(lane, kind);
        }
        let reader = self.permit.principal().agency.as_ref();
        let changed = match &record.what {
            Some(What::Agreement(agreement)) => {
                let agreement = v1::Agreement::decode(&agreement.agreement[..]);
                let agreement = agreement.map_err(|error| Refusal::internal(error.to_string()))?;
                let dataflow = dataflow("dataflow", &agreement.dataflow)?;
                self.schedule.note_agreements(rights, at, |dataflow| self.scope.has_dataflow(dataflow));
                if self.scope.has_dataflow(&dataflow) {
                    self.scope.lanes(&self.hub, Some(&dataflow))?
                } else {
                    Vec::new()
                }
            }
            Some(What::DisclosurePolicy(policy)) => {
                let dataflow = dataflow("dataflow", &policy.dataflow)?;
                match self.scope.has_dataflow(&dataflow) {
                    true => self.scope.lanes(&self.hub, Some(&dataflow))?,
                    false => Vec::new(),
                }
            }
            Some(
                What::RoleGranted(v1::RoleRecorded { agency_id, .. })
                | What::RoleRevoked(v1::RoleRevoked { agency_id, .. }),
            ) if reader.is_some_and(|reader| **reader == **agency_id) => self.scope.lanes(&self.hub, None)?,
            _ => Vec::new(),
        };
        lanes.extend(changed.into_iter().map(|lane| (lane, VintageEventKind::VisibilityChanged)));
        let before =
            Point { position: at.position - 1, moment: Moment(at.moment.0 - 1).max(self.told.moment) };
        Ok(Tick { at, before, lanes })
    }

    fn tell(
        &mut self,
        tick: &Tick,
        rights: &Arc<Rights>,
        events: &mut Vec<v1::VintageEvent>,
    ) -> Result<(), Refusal> {
        let mut found = Vec::new();
        let mut asks: BTreeMap<&Reference, Ask> = BTreeMap::new();
        for (lane, kind) in &tick.lanes {
            if !asks.contains_key(&lane.dataflow) {
                // A dataflow that cannot be resolved has no figures to tell of.
                let Ok(ask) = self.ask(rights, &lane.dataflow) else { continue };
                asks.insert(&lane.dataflow, ask);
            }
            if let Some(ask) = asks.get(&lane.dataflow)
                && let Some(vintage) = self.change(ask, lane, tick)?
            {
                found.push((*kind, vintage));
            }
        }
        let count = found.len();
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(count);
        for (nth, (kind, vintage)) in found.into_iter().enumerate().skip(skipped) {
            let (point, skip) = if nth + 1 == count { (tick.at, 0) } else { (self.told, nth as u64 + 1) };
            let cursor = self.cursor(point, skip)?;
            events.push(v1::VintageEvent { kind: kind.into(), vintage: Some(vintage), cursor });
        }
        if count > 0 {
            self.skip = 0;
        }
        Ok(())
    }

    fn ask(&self, rights: &Arc<Rights>, dataflow: &Reference) -> Result<Ask, Refusal> {
        let ask = Ask::everything(&self.hub, &self.permit, rights.clone(), dataflow.clone())?;
        // Who watches all sees it, too, when another provider becomes the principal one.
        let providers = match self.scope.providers.is_empty() {
            true => Providers::Principal,
            false => Providers::These(self.scope.providers.clone()),
        };
        Ok(Ask { providers, ..ask })
    }

    /// What the reader sees of a lane at a point, if it saw something else just before.
    fn change(&self, ask: &Ask, lane: &LaneId, tick: &Tick) -> Result<Option<v1::Vintage>, Refusal> {
        let hub = &self.hub;
        let outlook = |point: Point| ask.outlook(hub, lane, &ask.vantage(Reading::of(point)));
        let (before, Some(after)) = (outlook(tick.before)?, outlook(tick.at)?) else { return Ok(None) };
        if before.as_ref().is_some_and(|before| before.shows_the_same(&after)) {
            return Ok(None);
        }
        let sight_before = before.map(|before| before.open(hub, ask)).transpose()?.flatten();
        let sight = after.open(hub, ask)?;
        if ask.read_alike(hub, lane, sight_before.as_ref(), sight.as_ref())? {
            return Ok(None);
        }
        let history = History::new(ask, hub, lane, after.audience.clone(), tick.at, tick.at)?;
        let newest = history.newest()?.map(|(shown, sight)| {
            ask.vintage_message(lane, &shown, sight.as_ref(), sight_before.as_ref(), &after.audience, tick.at)
        });
        Ok(Some(
            newest.unwrap_or_else(|| v1::Vintage { lane: Some(lane.to_message()), ..Default::default() }),
        ))
    }

    fn cursor(&self, point: Point, skip: u64) -> Result<Bytes, Refusal> {
        let body = WatchBody {
            request: self.request.clone(),
            position: point.position,
            moment: point.moment.0,
            skip,
            history: self.hub.history_mark(point.position)?,
        };
        Ok(self.sealer.seal(Kind::Watch, &body))
    }
}
