//! What somebody wants to do, and the proof that it was granted.
//!
//! Each operation is a type that holds what it is about, and says in one place who may do it. [`Hub::authorise`]
//! makes a [`Permit`] of it, and nothing else can; the hub's functions take permits instead of principals, so that a
//! check that is forgotten does not compile. What lives here: operations and permits. What must not: roles and
//! agreements themselves (`rights`).

mod asked;

use std::sync::Arc;

use mighub::v1::{ErrorReason, Role};
use mighub_sdmx::structure::{AgencyId, Reference};

use super::consolidate::{derived_lane, is_own};
use super::lane::LaneId;
use super::moment::Moment;
use super::refusal::Refusal;
use super::rights::{Rights, lane_not_permitted, role_name, unauthenticated};
use super::submission::unknown_submission;
use super::{Hub, Principal};

pub use asked::{AskedBy, NamesLane, NamesSubmission};

/// Something that may be granted, with what it is about.
pub trait Operation: Sized {
    /// Says why it is not granted.
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal>;
}

/// Whatever everybody may do, who is not refused at the door: see structures and rulebooks, and who it is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anybody;

/// What any agency may do: see which agencies there are, and what is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolled;

/// Add agencies, agreements, roles and structures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Administer;

/// See who has which role, all agreements, who could see what, and who read it; no figures by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit;

/// Read figures: of each lane what its audience sees, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read;

/// Send to a lane, answer, withdraw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit(pub LaneId);

/// Read submissions and reports of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow(pub LaneId);

/// Read a submission to a lane, and its report, that an agency sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowSent {
    /// The lane.
    pub lane: LaneId,
    /// Id of the agency.
    pub sender: String,
}

/// Answer, send more of, or withdraw the submission with this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActOn(pub String);

/// Read the submission with this id, and its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowOne(pub String);

/// Decide about submissions that wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review;

/// Release and restrict what a lane holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish(pub LaneId);

/// See embargoes and restrictions of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeeReleases(pub LaneId);

/// Try to recover hidden cells from what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditDisclosure;

/// Say what is shown of exact figures of a dataflow, or of one provider in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPolicy {
    /// The dataflow.
    pub dataflow: Reference,
    /// The provider; nothing: all lanes that have no policy of their own.
    pub provider: Option<AgencyId>,
}

/// See which policies there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeePolicies;

impl Operation for Anybody {
    fn check(&self, _: &Asking<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Operation for Enrolled {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.agency().map(drop)
    }
}

impl Operation for Administer {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        asking.need(Role::Administrator)
    }
}

impl Operation for Audit {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        if asking.has(Role::Administrator) { Ok(()) } else { asking.need(Role::Auditor) }
    }
}

impl Operation for Read {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        // Of a lane beyond the scope of its token an agency sees what the public sees: `Rights::audience`.
        if asking.principal.is_kept_out { Err(unauthenticated()) } else { Ok(()) }
    }
}

impl Operation for Submit {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        let Self(lane) = self;
        asking.agency()?;
        if is_own(lane) {
            return Err(derived_lane(lane));
        }
        if let Some(scope) = &asking.principal.scope
            && !scope.submits
        {
            let what =
                "is for reading alone: ask the hub's administrator for one with which you may also send";
            return Err(asking.token_lacks(what));
        }
        asking.within_scope(lane)?;
        asking.need(Role::Submitter)?;
        asking.sends(lane).or_else(|refusal| {
            // Structures are public: that a dataflow does not exist gives nothing away, and helps who mistyped it.
            asking.hub.definition(&lane.dataflow)?;
            Err(refusal)
        })
    }
}

impl Operation for Follow {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        let Self(lane) = self;
        asking.agency()?;
        asking.within_scope(lane)?;
        // What was sent in its name a provider may read for ever, whether or not it sends more of it.
        let is_provider = *asking.agency()? == lane.provider;
        if is_provider || asking.has(Role::Auditor) || asking.has(Role::Reviewer) {
            return Ok(());
        }
        asking.sends(lane)
    }
}

impl Operation for FollowSent {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        // So may whoever sent it: an agreement that ends does not take back what somebody signed.
        if **asking.agency()? == *self.sender {
            return asking.within_scope(&self.lane);
        }
        Follow(self.lane.clone()).check(asking)
    }
}

impl Operation for ActOn {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        let (lane, sender) = asking.submission(&self.0)?;
        let Err(refusal) = Submit(lane).check(asking) else { return Ok(()) };
        // Who neither sent it nor may read it learns nothing of it.
        if **asking.agency()? != *sender {
            FollowOne(self.0.clone()).check(asking)?;
        }
        Err(refusal)
    }
}

impl Operation for FollowOne {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        let (lane, sender) = asking.submission(&self.0)?;
        let is_sender = asking.agency().is_ok_and(|agency| **agency == *sender);
        FollowSent { lane, sender }.check(asking).map_err(|refusal| match refusal.reason {
            ErrorReason::LaneNotPermitted => unknown_submission(&self.0),
            // Whose token is for another dataflow must not hear that somebody else's submission exists.
            ErrorReason::RightMissing if !is_sender => unknown_submission(&self.0),
            _ => refusal,
        })
    }
}

impl Operation for Review {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        asking.need(Role::Reviewer)
    }
}

impl Operation for Publish {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        asking.need(Role::Publisher)?;
        asking.publishes(&self.0)
    }
}

impl Operation for SeeReleases {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        if asking.has(Role::Auditor) {
            return Ok(());
        }
        asking.need(Role::Publisher)?;
        asking.publishes(&self.0)
    }
}

impl Operation for AuditDisclosure {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        if asking.has(Role::Auditor) { Ok(()) } else { asking.need(Role::Publisher) }
    }
}

impl Operation for SetPolicy {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        if asking.has(Role::Administrator) {
            return Ok(());
        }
        asking.need(Role::Publisher)?;
        let agency = asking.agency()?;
        if *agency == self.dataflow.agency {
            return Ok(());
        }
        match &self.provider {
            Some(provider) => {
                asking.publishes(&LaneId { dataflow: self.dataflow.clone(), provider: provider.clone() })
            }
            None => {
                let text = format!(
                    "{agency} does not maintain {}: name the provider whose lane you publish",
                    self.dataflow.short()
                );
                Err(Refusal::new(ErrorReason::LaneNotPermitted, text)
                    .about("dataflow", self.dataflow.short()))
            }
        }
    }
}

impl Operation for SeePolicies {
    fn check(&self, asking: &Asking<'_>) -> Result<(), Refusal> {
        asking.certified()?;
        if asking.has(Role::Administrator) || asking.has(Role::Auditor) {
            return Ok(());
        }
        asking.need(Role::Publisher)
    }
}

/// Who asks for an operation, and by which rights it is decided.
pub struct Asking<'a> {
    hub: &'a Hub,
    rights: &'a Rights,
    principal: &'a Principal,
    now: Moment,
}

impl Asking<'_> {
    fn agency(&self) -> Result<&AgencyId, Refusal> {
        self.principal.agency.as_ref().ok_or_else(unauthenticated)
    }

    /// The lane of a submission and the agency that sent it.
    fn submission(&self, id: &str) -> Result<(LaneId, String), Refusal> {
        self.agency()?;
        self.hub.place_of_submission(id, self.now)?.ok_or_else(|| unknown_submission(id))
    }

    /// What is not for tokens: they lie in spreadsheets and scripts.
    fn certified(&self) -> Result<(), Refusal> {
        self.agency()?;
        if self.principal.scope.is_some() {
            let what = "is for figures and submissions alone: call with a client certificate for this";
            return Err(self.token_lacks(what));
        }
        Ok(())
    }

    fn within_scope(&self, lane: &LaneId) -> Result<(), Refusal> {
        if self.principal.agency_on(&lane.dataflow).is_some() {
            return Ok(());
        }
        let name = lane.dataflow.short();
        Err(self.token_lacks(&format!("is not for {name}: ask the hub's administrator for one that is")))
    }

    fn token_lacks(&self, what: &str) -> Refusal {
        let id = self.principal.scope.as_ref().map_or("", |scope| &scope.token_id);
        Refusal::new(ErrorReason::RightMissing, format!("the access token {id} {what}"))
    }

    fn has(&self, role: Role) -> bool {
        self.agency().is_ok_and(|agency| self.rights.has_role(agency, role, u64::MAX))
    }

    fn need(&self, role: Role) -> Result<(), Refusal> {
        let agency = self.agency()?;
        if self.has(role) {
            return Ok(());
        }
        let text = format!("{agency} lacks the role {}: ask the hub's administrator for it", role_name(role));
        Err(Refusal::new(ErrorReason::RightMissing, text))
    }

    fn sends(&self, lane: &LaneId) -> Result<(), Refusal> {
        let agency = self.agency()?;
        match self.rights.agreement_on(lane, u64::MAX, self.now) {
            Some(agreement) if agreement.sends(agency) => Ok(()),
            _ => Err(lane_not_permitted(agency, lane)),
        }
    }

    fn publishes(&self, lane: &LaneId) -> Result<(), Refusal> {
        let agency = self.agency()?;
        match self.rights.agreement_on(lane, u64::MAX, self.now) {
            Some(agreement) if agreement.publishes(agency) => Ok(()),
            _ => Err(lane_not_permitted(agency, lane)),
        }
    }
}

/// Proof that an operation was granted; only [`Hub::authorise`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit<O> {
    principal: Principal,
    operation: O,
}

impl<O> Permit<O> {
    /// To whom it was granted.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What was granted.
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

impl Permit<Publish> {
    /// The lane.
    pub fn lane(&self) -> &LaneId {
        &self.operation.0
    }
}

impl Permit<SeeReleases> {
    /// The lane.
    pub fn lane(&self) -> &LaneId {
        &self.operation.0
    }
}

impl Hub {
    /// Grants an operation or says why not. Every door asks here and nowhere else.
    pub fn authorise<O: Operation>(
        &self,
        principal: &Principal,
        operation: O,
        now: Moment,
    ) -> Result<Permit<O>, Refusal> {
        let rights: Arc<Rights> = self.rights();
        operation.check(&Asking { hub: self, rights: &rights, principal, now })?;
        Ok(Permit { principal: principal.clone(), operation })
    }
}
