//! What one reader sees of a lane: which vintage, through which mask, and which of its series.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::ErrorReason;
use mighub_sdmx::columns::Shape;
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::structure::{AgencyId, Reference};

use super::kept::is_readable_as;
use super::reading::{At, Point, Reading};
use super::sieve::{PeriodBounds, Sieve};
use crate::hub::agreement::Agreement;
use crate::hub::consolidate::is_own;
use crate::hub::lane::LaneId;
use crate::hub::mask::{Audience, Mask};
use crate::hub::permit::{Permit, Read};
use crate::hub::rights::Rights;
use crate::hub::structures::Definition;
use crate::hub::vintage::Vintage;
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Moment, Principal, Refusal};

/// Whose figures are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Providers {
    /// Those of the principal provider of each series.
    Principal,
    /// Those of everybody.
    All,
    /// Those of these.
    These(BTreeSet<AgencyId>),
}

/// Who asks for what of a dataflow.
pub(super) struct Ask {
    pub(super) principal: Principal,
    pub(super) rights: Arc<Rights>,
    pub(super) dataflow: Reference,
    /// As it is defined today; whatever is read is given in its columns.
    pub(super) definition: Definition,
    pub(super) providers: Providers,
    pub(super) selection: Arc<Selection>,
    pub(super) bounds: Arc<PeriodBounds>,
}

/// A reading with the agreements that were in force at its point.
pub(super) struct Vantage {
    pub(super) reading: Reading,
    agreements: Vec<Arc<Agreement>>,
}

/// What decides what a reader sees of a lane. Cheap to make: nothing is opened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outlook {
    lane: LaneId,
    pub(super) audience: Audience,
    pub(super) visible: Option<Visible>,
    /// Series of other providers' that come before this one's.
    pub(super) rivals: Option<Selection>,
}

/// The vintage that is visible.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Visible {
    /// As the record made it.
    pub(super) recorded: Recorded,
    /// At which point it is read.
    pub(super) point: Point,
    /// What of it is visible there.
    pub(super) manifest: Digest,
    /// What the lane shows this audience today, if that is another one.
    governing: Option<Digest>,
}

/// A visible vintage, opened.
#[derive(Clone)]
pub(super) struct Sight {
    /// Of the vintage.
    pub(super) manifest: Digest,
    pub(super) vintage: Arc<Vintage>,
    pub(super) mask: Arc<Mask>,
    pub(super) sieve: Arc<Sieve>,
    /// Whether the mask may hide something of the vintage.
    pub(super) hides: bool,
}

impl Ask {
    /// Everything of a dataflow that is not of a selection.
    pub(super) fn everything(
        hub: &Hub,
        permit: &Permit<Read>,
        rights: Arc<Rights>,
        dataflow: Reference,
    ) -> Result<Self, Refusal> {
        let definition = hub.definition(&dataflow)?;
        Ok(Self {
            principal: permit.principal().clone(),
            rights,
            dataflow,
            definition,
            providers: Providers::All,
            selection: Arc::default(),
            bounds: Arc::default(),
        })
    }

    pub(super) fn shape(&self) -> &Arc<Shape> {
        &self.definition.data.shape
    }

    /// Lanes that may have something, by provider.
    pub(super) fn lanes(&self, hub: &Hub) -> Result<Vec<LaneId>, Refusal> {
        let lane =
            |provider: &AgencyId| LaneId { dataflow: self.dataflow.clone(), provider: provider.clone() };
        match &self.providers {
            Providers::These(providers) => Ok(providers.iter().map(lane).collect()),
            Providers::Principal | Providers::All => hub.lanes(&self.dataflow),
        }
    }

    pub(super) fn vantage(&self, reading: Reading) -> Vantage {
        let point = reading.point();
        let agreements = match self.providers {
            Providers::Principal => self.rights.agreements_on(&self.dataflow, point.position, point.moment),
            Providers::All | Providers::These(_) => Vec::new(),
        };
        Vantage { reading, agreements }
    }

    /// What the reader may see of a lane. An as-of reading shows what this reader could see then and may see
    /// today; to the office and to auditors, what was recorded (DETAILS C16).
    pub(super) fn audience(&self, lane: &LaneId, reading: &Reading) -> Audience {
        let at = |point: Point| self.rights.audience(&self.principal, lane, point.position, point.moment);
        let today = at(reading.today);
        let point = reading.point();
        if point == reading.today || sees_records(&self.rights, &self.principal, lane, reading.today) {
            return today;
        }
        today.stricter(&at(point))
    }

    /// Whether the reader has the lane's key, with which restricted blocks are named.
    pub(super) fn holds_key(&self, lane: &LaneId, today: Point) -> bool {
        sends(&self.rights, &self.principal, lane, today)
    }

    /// Nothing, if the lane has no vintage at all.
    pub(super) fn outlook(
        &self,
        hub: &Hub,
        lane: &LaneId,
        vantage: &Vantage,
    ) -> Result<Option<Outlook>, Refusal> {
        let reading = &vantage.reading;
        let Some(head) = hub.vintage_at(lane, reading.today.position)? else { return Ok(None) };
        let audience = self.audience(lane, reading);
        let head_position = head.position;
        let today = head.manifest_at(reading.today.moment, audience.before_release);
        let point = reading.point();
        let recorded = match &reading.at {
            At::Edition(label) => edition(hub, lane, head, label, point, &audience)?,
            At::Point(point) if point.position == reading.today.position => Some(head),
            At::Point(point) => hub.vintage_at(lane, point.position)?,
        };
        let manifest = match &recorded {
            None => None,
            Some(recorded) if audience.before_release => recorded.manifest(),
            Some(recorded) => match &reading.at {
                At::Edition(_) => hub.edition_manifest(lane, recorded, point.moment)?,
                At::Point(_) if recorded.position == head_position => {
                    recorded.manifest_at(point.moment, false)
                }
                At::Point(_) => hub.released_manifest(lane, recorded, point.moment)?,
            },
        };
        let visible = recorded.zip(manifest).map(|(recorded, manifest)| {
            let governing = today.filter(|today| !audience.restricted && *today != manifest);
            Visible { recorded, point, manifest, governing }
        });
        let rivals = vantage.rivals(lane, self.shape());
        Ok(Some(Outlook { lane: lane.clone(), rivals, audience, visible }))
    }
}

impl Vantage {
    /// What other agreements in force give to a provider of a lower rank. A lane without agreement in force
    /// comes after all others.
    fn rivals(&self, lane: &LaneId, shape: &Shape) -> Option<Selection> {
        // What the hub derives and what agencies estimate have other keys: neither comes before the other.
        if is_own(lane) {
            return None;
        }
        let own = self.agreements.iter().find(|agreement| agreement.lane == *lane);
        let comes_first = |other: &&Arc<Agreement>| {
            other.lane != *lane
                && own.is_none_or(|own| other.terms.rank < own.terms.rank && other.terms.overlap(&own.terms))
        };
        let region = |agreement: &Arc<Agreement>| {
            let codes = |dimension: &Arc<str>| {
                let mut permitted = agreement.terms.permitted.iter();
                let (_, codes) = permitted.find(|(id, _)| ***id == **dimension)?;
                Some(codes.iter().map(|code| code.as_arc().clone()).collect())
            };
            KeyPattern { sets: shape.dimensions.iter().map(codes).collect() }
        };
        let keys: Vec<_> = self.agreements.iter().filter(comes_first).map(region).collect();
        (!keys.is_empty()).then_some(Selection { keys, start: None, end: None })
    }
}

impl Outlook {
    /// Whether two outlooks of one reader show the same, whatever made them.
    pub(super) fn shows_the_same(&self, other: &Self) -> bool {
        let shown =
            |outlook: &Self| outlook.visible.as_ref().map(|visible| (visible.manifest, visible.governing));
        match (shown(self), shown(other)) {
            (None, None) => true,
            (here, there) => here == there && self.audience == other.audience && self.rivals == other.rivals,
        }
    }

    /// Whether it is opened without reading anything.
    pub(super) fn is_at_hand(&self, hub: &Hub) -> bool {
        self.visible.as_ref().is_none_or(|visible| {
            let mut manifests = std::iter::once(&visible.manifest).chain(&visible.governing);
            manifests.all(|manifest| hub.keeps_vintage(manifest))
        })
    }

    /// Whether something is visible that is not shown, for want of cells to be hidden with it.
    pub(super) fn is_kept_back(&self) -> bool {
        self.visible.as_ref().is_some_and(|visible| {
            is_kept_back(&self.audience, &visible.manifest, visible.governing.as_ref())
        })
    }

    /// Opens what is visible of its lane; nothing, if it has no observations, or is kept back.
    pub(super) fn open(&self, hub: &Hub, ask: &Ask) -> Result<Option<Sight>, Refusal> {
        let Some(visible) = &self.visible else { return Ok(None) };
        let sieve = Sieve::new(ask.selection.clone(), ask.bounds.clone(), self.rivals.clone());
        ask.sight(
            hub,
            (&self.lane, &self.audience),
            &visible.recorded,
            &visible.manifest,
            visible.governing,
            Arc::new(sieve),
        )
    }
}

impl Sight {
    /// Whether nothing at all is hidden or left out, so that only the office's own deletions take anything away.
    pub(super) fn shows_all(&self) -> bool {
        self.mask.shows_all() && self.sieve.is_open()
    }

    /// Whether the reader gets every cell of the vintage.
    pub(super) fn is_whole(&self) -> bool {
        !self.hides && self.sieve.leaves_whole(&self.vintage)
    }
}

impl Ask {
    /// Opens a state of a lane; nothing, if it has no observations, or is kept back for want of chosen cells.
    pub(super) fn sight(
        &self,
        hub: &Hub,
        (lane, audience): (&LaneId, &Audience),
        recorded: &Recorded,
        manifest: &Digest,
        governing: Option<Digest>,
        sieve: Arc<Sieve>,
    ) -> Result<Option<Sight>, Refusal> {
        if is_kept_back(audience, manifest, governing.as_ref()) {
            return Ok(None);
        }
        let vintage = self.vintage(hub, manifest, &recorded.row.structure_digest)?;
        if vintage.blocks.is_empty() {
            return Ok(None);
        }
        let governing = governing.map(|digest| self.vintage(hub, &digest, &[])).transpose()?;
        let view = audience.seen_through().map(|in_force| hub.policy_view(lane, in_force)).transpose()?;
        let mask = Mask::new(audience.clone(), &vintage, governing.as_deref()).through(view);
        let hides = mask.hides_something(&vintage, hub.kept.marks(manifest, &vintage));
        Ok(Some(Sight { manifest: *manifest, vintage, mask: Arc::new(mask), sieve, hides }))
    }

    /// A vintage in today's columns. `made_for` is the structure it was made for; empty where it is not read.
    fn vintage(&self, hub: &Hub, manifest: &Digest, made_for: &[u8]) -> Result<Arc<Vintage>, Refusal> {
        let shape = self.shape();
        if !made_for.is_empty() && *made_for != self.definition.digest.0 {
            let old = hub.kept.shape(hub, &self.dataflow, made_for)?;
            if !is_readable_as(&old, shape) {
                let text = format!(
                    "figures of {} at this point have other dimensions or attributes than the dataflow has today: \
                     read them at a point after the provider sent them anew",
                    self.dataflow.short()
                );
                return Err(
                    Refusal::new(ErrorReason::NotOffered, text).about("dataflow", self.dataflow.short())
                );
            }
        }
        let vintage = hub.vintage(shape, manifest)?;
        if Arc::ptr_eq(&vintage.shape, shape) || vintage.shape == *shape {
            return Ok(vintage);
        }
        Ok(Arc::new(Vintage { shape: shape.clone(), ..(*vintage).clone() }))
    }
}

/// Whether a state is not shown to an audience because cells to be hidden with it were not chosen yet, or cannot be. What
/// is restricted today governs older states: if those cells are not chosen, neither is what they need there.
fn is_kept_back(audience: &Audience, manifest: &Digest, governing: Option<&Digest>) -> bool {
    audience.seen_through().is_some_and(|in_force| {
        !in_force.shows(manifest) || governing.is_some_and(|today| !in_force.shows(today))
    })
}

/// The newest vintage with a label that holds, was not taken back, and is released to this audience.
fn edition(
    hub: &Hub,
    lane: &LaneId,
    head: Recorded,
    label: &str,
    today: Point,
    audience: &Audience,
) -> Result<Option<Recorded>, Refusal> {
    let mut next = Some(head);
    let moved = hub.moved_embargoes(lane)?;
    while let Some(recorded) = next {
        let moved = moved.get(&recorded.row.submission_id).copied();
        let embargo = moved.or(recorded.row.embargo_ms.map(Moment));
        let released = embargo.is_none_or(|embargo| embargo <= today.moment);
        if recorded.row.edition == label && (released || audience.before_release) {
            return Ok(Some(recorded));
        }
        next = match recorded.row.below {
            Some(below) => hub.vintage_recorded_at(lane, below)?,
            None => None,
        };
    }
    Ok(None)
}

/// Whether the reader sends in the lane's name: the office itself, or who sends for it.
fn sends(rights: &Rights, principal: &Principal, lane: &LaneId, today: Point) -> bool {
    let Some(agency) = principal.agency_on(&lane.dataflow) else { return false };
    let under = || rights.agreement_on(lane, today.position, today.moment);
    *agency == lane.provider || under().is_some_and(|agreement| agreement.sends(agency))
}

/// Whether the reader sees what was recorded, when it was: the office, its senders, auditors.
pub(super) fn sees_records(rights: &Rights, principal: &Principal, lane: &LaneId, today: Point) -> bool {
    let audits = |agency: &AgencyId| rights.has_role(agency, mighub::v1::Role::Auditor, today.position);
    sends(rights, principal, lane, today) || principal.agency_on(&lane.dataflow).is_some_and(audits)
}
