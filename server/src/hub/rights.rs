//! Who may do what: agencies with their roles, and agreements, as of any position of the journal.
//!
//! What lives here: the principal, the rights it has, and the one function that grants an operation. What must
//! not: figures, and how somebody proved who they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::{self, ErrorReason, Role};
use mighub_sdmx::structure::{AgencyId, AgreementTerms, Reference};
use mighub_store::{View, ViewError};
use prost::Message;

use super::agreement::Agreement;
use super::lane::LaneId;
use super::mask::Audience;
use super::moment::Moment;
use super::refusal::Refusal;
use super::rows::{ACCESS_TOKENS, AGENCIES, AGREEMENTS, AccessTokenRow, AgencyRow};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The agency; nothing for the public.
    pub agency: Option<AgencyId>,
    /// Its application, as the certificate names it; nothing for a token.
    pub application: Option<Arc<str>>,
    /// What the token is good for with which it calls; nothing with a certificate.
    pub scope: Option<Arc<Scope>>,
}

impl Principal {
    /// Somebody without certificate or token.
    pub const PUBLIC: Self = Self { agency: None, application: None, scope: None };

    /// An agency, with all it may do.
    pub fn of_agency(agency: AgencyId) -> Self {
        Self { agency: Some(agency), ..Self::PUBLIC }
    }

    /// For whom it acts where a dataflow is concerned: beyond the scope of its token it is nobody.
    pub fn agency_on(&self, dataflow: &Reference) -> Option<&AgencyId> {
        let is_covered = self.scope.as_ref().is_none_or(|scope| scope.covers(dataflow));
        self.agency.as_ref().filter(|_| is_covered)
    }
}

/// What an access token is good for: a part of what its agency may do, never more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Id of the token.
    pub token_id: String,
    /// Whether it sends, too.
    pub submits: bool,
    /// Dataflows it is good for, as AGENCY:ID(VERSION); none: all.
    pub dataflows: BTreeSet<String>,
}

impl Scope {
    fn covers(&self, dataflow: &Reference) -> bool {
        self.dataflows.is_empty() || self.dataflows.contains(&dataflow.short())
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Add agencies, agreements, roles and structures.
    Administer,
    /// See who has which role and all agreements.
    Audit,
    /// Send to a lane, answer, withdraw.
    Submit(&'a LaneId),
    /// Read submissions and reports of a lane.
    Follow(&'a LaneId),
}

/// Agencies and agreements as of the newest record, with what held before.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    agencies: BTreeMap<AgencyId, AgencyRow>,
    /// By id, each state with the position of its record, oldest first.
    agreements: BTreeMap<String, Vec<(u64, Arc<Agreement>)>>,
    /// Ids of the agreements that ever were on a lane.
    by_lane: BTreeMap<LaneId, BTreeSet<String>>,
    /// By the digest of their secrets.
    access_tokens: BTreeMap<Digest, AccessTokenRow>,
}

impl Rights {
    /// Reads them from the view.
    pub fn read(view: &dyn View) -> Result<Self, ViewError> {
        let mut rights = Self::default();
        for (key, value) in view.scan(AGENCIES, &[], usize::MAX)? {
            let row = AgencyRow::decode(&value[..]).map_err(|error| ViewError(error.to_string()))?;
            let id = std::str::from_utf8(&key[AGENCIES.len()..]).ok().and_then(|id| AgencyId::new(id).ok());
            rights.agencies.insert(id.ok_or_else(|| ViewError("an agency has no id".to_owned()))?, row);
        }
        for (key, value) in view.scan(AGREEMENTS, &[], usize::MAX)? {
            let malformed = |what: &str| ViewError(format!("an agreement cannot be read: {what}"));
            let message = v1::Agreement::decode(&value[..]).map_err(|error| malformed(&error.to_string()))?;
            let position = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
            let position = position.ok_or_else(|| malformed("it has no position"))?;
            let agreement = Agreement::read(&message).map_err(|error| malformed(&error.text))?;
            rights.by_lane.entry(agreement.lane.clone()).or_default().insert(message.id.clone());
            rights.agreements.entry(message.id).or_default().push((position, Arc::new(agreement)));
        }
        for (key, value) in view.scan(ACCESS_TOKENS, &[], usize::MAX)? {
            let row = AccessTokenRow::decode(&value[..]).map_err(|error| ViewError(error.to_string()))?;
            let digest = Digest::from_slice(&key[ACCESS_TOKENS.len()..]);
            let digest = digest.ok_or_else(|| ViewError("an access token has no digest".to_owned()))?;
            rights.access_tokens.insert(digest, row);
        }
        Ok(rights)
    }

    /// All access tokens that were ever issued, by the digests of their secrets.
    pub fn access_tokens(&self) -> &BTreeMap<Digest, AccessTokenRow> {
        &self.access_tokens
    }

    /// All agencies.
    pub fn agencies(&self) -> &BTreeMap<AgencyId, AgencyRow> {
        &self.agencies
    }

    /// An agency.
    pub fn agency(&self, id: &AgencyId) -> Option<&AgencyRow> {
        self.agencies.get(id)
    }

    /// Agreements as they held after the record at `position`, by id.
    pub fn agreements(&self, position: u64) -> impl Iterator<Item = &Arc<Agreement>> {
        let held = move |states: &'_ Vec<(u64, Arc<Agreement>)>| {
            states.partition_point(|(since, _)| *since <= position)
        };
        self.agreements
            .values()
            .filter_map(move |states| states[..held(states)].last().map(|(_, state)| state))
    }

    /// Whether an agency had a role after the record at `position`.
    pub fn has_role(&self, agency: &AgencyId, role: Role, position: u64) -> bool {
        let granted =
            |row: &AgencyRow| row.roles.iter().any(|r| r.role == i32::from(role) && r.since <= position);
        self.agencies.get(agency).is_some_and(granted)
    }

    /// The agreement on a lane that is in force on the day of `now`; at most one is.
    pub fn agreement_on(&self, lane: &LaneId, position: u64, now: Moment) -> Option<&Arc<Agreement>> {
        let day = now.day();
        self.ever_on(lane, position).find(|agreement| agreement.terms.validity.contains(day))
    }

    /// Agreements on a lane as they held after the record at `position`, in force or not.
    fn ever_on(&self, lane: &LaneId, position: u64) -> impl Iterator<Item = &Arc<Agreement>> {
        let ids = self.by_lane.get(lane).into_iter().flatten();
        let held = move |id: &String| {
            let states = self.agreements.get(id)?;
            let count = states.partition_point(|(since, _)| *since <= position);
            states[..count].last().map(|(_, state)| state)
        };
        let lane = lane.clone();
        ids.filter_map(held).filter(move |agreement| agreement.lane == lane)
    }

    /// Whether the very existence of restricted observations of a lane is hidden. An agreement that has ended
    /// does not uncover what it hid.
    fn hides_existence(&self, lane: &LaneId, position: u64, now: Moment) -> bool {
        match self.agreement_on(lane, position, now) {
            Some(agreement) => agreement.existence_restricted,
            None => self.ever_on(lane, position).any(|agreement| agreement.existence_restricted),
        }
    }

    /// Agreements in force under which an agency may send.
    pub fn may_send_under(&self, agency: &AgencyId, now: Moment) -> impl Iterator<Item = &Arc<Agreement>> {
        let day = now.day();
        let sends = move |agreement: &&Arc<Agreement>| {
            agreement.sends(agency) && agreement.terms.validity.contains(day)
        };
        self.agreements(u64::MAX).filter(sends)
    }

    /// Grants an operation or says why not. Every door asks here and nowhere else.
    pub fn authorise(
        &self,
        principal: &Principal,
        operation: Operation<'_>,
        now: Moment,
    ) -> Result<Permit, Refusal> {
        let Some(agency) = &principal.agency else {
            return Err(unauthenticated());
        };
        within_scope(principal, operation)?;
        let has = |role| self.has_role(agency, role, u64::MAX);
        let need = |role: Role| {
            let text =
                format!("{agency} lacks the role {}: ask the hub's administrator for it", role_name(role));
            if has(role) { Ok(()) } else { Err(Refusal::new(ErrorReason::RightMissing, text)) }
        };
        match operation {
            Operation::Administer => need(Role::Administrator)?,
            Operation::Audit if has(Role::Administrator) => {}
            Operation::Audit => need(Role::Auditor)?,
            Operation::Submit(lane) => {
                need(Role::Submitter)?;
                self.lane_of_sender(agency, lane, now)?;
            }
            Operation::Follow(_) if has(Role::Auditor) || has(Role::Reviewer) => {}
            Operation::Follow(lane) => {
                self.lane_of_sender(agency, lane, now)?;
            }
        }
        Ok(Permit { agency: agency.clone() })
    }

    fn lane_of_sender(&self, agency: &AgencyId, lane: &LaneId, now: Moment) -> Result<(), Refusal> {
        match self.agreement_on(lane, u64::MAX, now) {
            Some(agreement) if agreement.sends(agency) => Ok(()),
            _ => Err(lane_not_permitted(agency, lane)),
        }
    }

    /// What a principal may see of a lane, by the rights after the record at `position`.
    pub fn audience(&self, principal: &Principal, lane: &LaneId, position: u64, now: Moment) -> Audience {
        let Some(agency) = principal.agency_on(&lane.dataflow) else {
            return self.public_audience(lane, position, now);
        };
        let agreement = self.agreement_on(lane, position, now);
        let sends = agreement.is_some_and(|agreement| agreement.sends(agency)) || *agency == lane.provider;
        let all = sends || self.has_role(agency, Role::Auditor, position);
        let reads = self.has_role(agency, Role::Reader, position);
        let named = |list: fn(&AgreementTerms) -> &std::collections::BTreeSet<AgencyId>| {
            reads && agreement.is_some_and(|agreement| list(&agreement.terms).contains(agency))
        };
        let restricted = all || named(|terms| &terms.readers_confidential);
        Audience {
            agency: Some(agency.as_arc().clone()),
            before_release: all || named(|terms| &terms.readers_before_release),
            restricted,
            keys_hidden: !restricted && self.hides_existence(lane, position, now),
        }
    }

    fn public_audience(&self, lane: &LaneId, position: u64, now: Moment) -> Audience {
        let keys_hidden = self.hides_existence(lane, position, now);
        Audience { agency: None, before_release: false, restricted: false, keys_hidden }
    }

    /// Position of the newest record that may have changed what a principal sees of a dataflow.
    pub fn changed_at(&self, principal: &Principal, dataflow: &Reference) -> Option<u64> {
        let on = |states: &&Vec<(u64, Arc<Agreement>)>| {
            states.iter().any(|(_, agreement)| agreement.lane.dataflow == *dataflow)
        };
        let agreements = self.agreements.values().filter(on).filter_map(|states| states.last());
        let row = principal.agency.as_ref().and_then(|agency| self.agencies.get(agency));
        let roles = row.into_iter().flat_map(|row| row.roles.iter().map(|role| role.since));
        agreements.map(|(since, _)| *since).chain(roles).max()
    }

    /// Position of the newest record about an agreement.
    pub fn agreements_changed_at(&self) -> Option<u64> {
        self.agreements.values().filter_map(|states| states.last()).map(|(since, _)| *since).max()
    }

    /// Agreements on a dataflow in force on the day of `now`.
    pub fn agreements_on(&self, dataflow: &Reference, position: u64, now: Moment) -> Vec<Arc<Agreement>> {
        let day = now.day();
        let on = |a: &&Arc<Agreement>| a.lane.dataflow == *dataflow && a.terms.validity.contains(day);
        self.agreements(position).filter(on).cloned().collect()
    }
}

/// Proof that an operation was granted; only [`Rights::authorise`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    agency: AgencyId,
}

impl Permit {
    /// To whom it was granted.
    pub fn agency(&self) -> &AgencyId {
        &self.agency
    }
}

/// Whoever must say who it is, and did not.
pub fn unauthenticated() -> Refusal {
    let text = "this call needs a client certificate, made by `mighub enrol` with a token from the hub's operator, or \
                an access token";
    Refusal::new(ErrorReason::Unauthenticated, text)
}

/// What the agency may do and its token may not.
fn within_scope(principal: &Principal, operation: Operation<'_>) -> Result<(), Refusal> {
    let Some(scope) = &principal.scope else { return Ok(()) };
    let lacks = |what: &str| {
        let text = format!("the access token {} {what}", scope.token_id);
        Err(Refusal::new(ErrorReason::RightMissing, text))
    };
    match operation {
        Operation::Administer | Operation::Audit => {
            lacks("is for figures and submissions alone: call with a client certificate for this")
        }
        Operation::Submit(_) if !scope.submits => {
            lacks("is for reading alone: ask the hub's administrator for one with which you may also send")
        }
        Operation::Submit(lane) | Operation::Follow(lane) if !scope.covers(&lane.dataflow) => {
            let name = lane.dataflow.short();
            lacks(&format!("is not for {name}: ask the hub's administrator for one that is"))
        }
        Operation::Submit(_) | Operation::Follow(_) => Ok(()),
    }
}

/// The same answer whether or not the lane exists.
pub fn lane_not_permitted(agency: &AgencyId, lane: &LaneId) -> Refusal {
    let text = format!(
        "no agreement in force lets {agency} send {} for {}: check dataflow and provider, or ask the hub's \
         administrator for an agreement",
        lane.dataflow.short(),
        lane.provider
    );
    let refusal = Refusal::new(ErrorReason::LaneNotPermitted, text);
    refusal.about("dataflow", lane.dataflow.short()).about("provider", &lane.provider)
}

/// Name of a role without its prefix.
pub fn role_name(role: Role) -> &'static str {
    role.as_str_name().trim_start_matches("ROLE_")
}
