//! Who may do what: agencies with their roles, and agreements, as of any position of the journal.
//!
//! What lives here: the principal, and the rights it has. What must not: figures, how somebody proved who they are,
//! and which operation needs which right (`permit`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub::block::Digest;
use mighub::convert::selection;
use mighub::v1::{self, ErrorReason, Role};
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::{AgencyId, AgreementTerms, Reference};
use mighub_store::{View, ViewError};
use prost::Message;

use super::agreement::Agreement;
use super::consolidate;
use super::disclose::{InForce, Policies};
use super::lane::LaneId;
use super::mask::Audience;
use super::moment::Moment;
use super::refusal::Refusal;
use super::rows::{
    ACCESS_TOKENS, AGENCIES, AGREEMENTS, AccessTokenRow, AgencyRow, RESTRICTIONS, RestrictionRow,
    restriction_place,
};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The agency; nothing for the public.
    pub agency: Option<AgencyId>,
    /// Its application, as the certificate names it; nothing for a token.
    pub application: Option<Arc<str>>,
    /// What the token is good for with which it calls; nothing with a certificate.
    pub scope: Option<Arc<Scope>>,
    /// Whether it may not even read what is public: the hub's operator lets in only those it knows.
    pub is_kept_out: bool,
}

impl Principal {
    /// Somebody without certificate or token.
    pub const PUBLIC: Self = Self { agency: None, application: None, scope: None, is_kept_out: false };

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
    /// By lane, oldest first.
    restrictions: BTreeMap<LaneId, Vec<Restriction>>,
    /// What is shown of exact figures.
    policies: Policies,
}

/// Cells that are withheld, or were.
#[derive(Clone, Debug)]
struct Restriction {
    since: u64,
    /// Position of the record that lifted it.
    until: Option<u64>,
    cells: Arc<Selection>,
}

impl Rights {
    /// Reads them from the view.
    pub fn read(view: &dyn View) -> Result<Self, ViewError> {
        let mut rights = Self { policies: Policies::read(view)?, ..Self::default() };
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
        for (key, value) in view.scan(RESTRICTIONS, &[], usize::MAX)? {
            let malformed = |what: &str| ViewError(format!("a restriction cannot be read: {what}"));
            let row = RestrictionRow::decode(&value[..]).map_err(|error| malformed(&error.to_string()))?;
            let (lane, since) = restriction_place(&key).ok_or_else(|| malformed("it has no place"))?;
            // It fitted the dataflow when it was recorded, and dimensions never change.
            let cells = selection(&row.selection.unwrap_or_default(), usize::MAX)
                .map_err(|error| malformed(&error.to_string()))?;
            let restriction = Restriction { since, until: row.freed_at, cells: Arc::new(cells) };
            rights.restrictions.entry(lane).or_default().push(restriction);
        }
        Ok(rights)
    }

    /// What restrictions withhold of a lane after the record at `position`.
    fn withheld(&self, lane: &LaneId, position: u64) -> Vec<Arc<Selection>> {
        let held = |restriction: &&Restriction| {
            restriction.since <= position && restriction.until.is_none_or(|until| position < until)
        };
        let of_lane = self.restrictions.get(lane).into_iter().flatten();
        let own = of_lane.filter(held).map(|restriction| restriction.cells.clone());
        if !consolidate::is_own(lane) {
            return own.collect();
        }
        // What is withheld of an input is withheld of what the hub made from it.
        let inputs = self
            .restrictions
            .iter()
            .filter(|(input, _)| consolidate::is_made_from(&lane.dataflow, &input.dataflow));
        let derived = inputs.flat_map(|(input, restrictions)| {
            let agreement = self.newest_on(input);
            restrictions.iter().filter(held).filter_map(move |restriction| {
                let terms = agreement.as_ref().map(|agreement| &agreement.terms);
                consolidate::withheld_of(&input.dataflow, terms, &restriction.cells).map(Arc::new)
            })
        });
        own.chain(derived).collect()
    }

    /// Whether a restriction on a lane is in force after the record at `position`.
    pub fn withholds_something(&self, lane: &LaneId, position: u64) -> bool {
        !self.withheld(lane, position).is_empty()
    }

    /// The disclosure policy that a lane follows after the record at `position`.
    pub(in crate::hub) fn policy_on(&self, lane: &LaneId, position: u64) -> Option<Arc<InForce>> {
        self.policies.in_force(lane, position, || self.restricted_at(lane, position))
    }

    /// When what is restricted of a lane was last changed, until the record at `position`.
    pub(in crate::hub) fn restricted_at(&self, lane: &LaneId, position: u64) -> Option<u64> {
        let restrictions = self.restrictions.get(lane).into_iter().flatten();
        let moments = restrictions.flat_map(|one| std::iter::once(one.since).chain(one.until));
        moments.filter(|at| *at <= position).max()
    }

    /// Disclosure policies of all lanes.
    pub(in crate::hub) fn policies(&self) -> &Policies {
        &self.policies
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
            |row: &AgencyRow| row.roles.iter().any(|r| r.role == i32::from(role) && r.holds_at(position));
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

    /// The agreement on a lane that was recorded last, in force or not.
    pub fn newest_on(&self, lane: &LaneId) -> Option<Arc<Agreement>> {
        let ids = self.by_lane.get(lane).into_iter().flatten();
        let newest = ids.filter_map(|id| self.agreements.get(id)?.last());
        newest.max_by_key(|(since, _)| *since).map(|(_, agreement)| agreement.clone())
    }

    /// Whether the very existence of restricted observations of a lane is hidden. An agreement that has ended
    /// does not uncover what it hid.
    fn hides_existence(&self, lane: &LaneId, position: u64, now: Moment) -> bool {
        if consolidate::is_own(lane) {
            // Of what the hub made from several inputs, nobody can tell whose restricted figure a key speaks of.
            let mut inputs = self
                .by_lane
                .keys()
                .filter(|input| consolidate::is_made_from(&lane.dataflow, &input.dataflow));
            return inputs.any(|input| self.hides_existence(input, position, now));
        }
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
            withheld: if restricted { Vec::new() } else { self.withheld(lane, position) },
            policy: self.policy_on(lane, position),
        }
    }

    fn public_audience(&self, lane: &LaneId, position: u64, now: Moment) -> Audience {
        let keys_hidden = self.hides_existence(lane, position, now);
        let policy = self.policy_on(lane, position);
        Audience { keys_hidden, withheld: self.withheld(lane, position), policy, ..Audience::default() }
    }

    /// Position of the newest record that may have changed what a principal sees of a dataflow.
    pub fn changed_at(&self, principal: &Principal, dataflow: &Reference) -> Option<u64> {
        let on = |states: &&Vec<(u64, Arc<Agreement>)>| {
            states.iter().any(|(_, agreement)| agreement.lane.dataflow == *dataflow)
        };
        let agreements = self.agreements.values().filter(on).filter_map(|states| states.last());
        let row = principal.agency.as_ref().and_then(|agency| self.agencies.get(agency));
        let roles =
            row.into_iter().flat_map(|row| row.roles.iter().map(|role| role.until.unwrap_or(role.since)));
        let is_of =
            |lane: &LaneId| lane.dataflow == *dataflow || consolidate::is_made_from(dataflow, &lane.dataflow);
        let restrictions = self.restrictions.iter().filter(|(lane, _)| is_of(lane));
        let restrictions = restrictions.flat_map(|(_, restrictions)| restrictions);
        let restrictions = restrictions.map(|restriction| restriction.until.unwrap_or(restriction.since));
        let policies = self.policies.changed_at(dataflow);
        agreements.map(|(since, _)| *since).chain(roles).chain(restrictions).chain(policies).max()
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

/// Whoever must say who it is, and did not.
pub fn unauthenticated() -> Refusal {
    let text = "this call needs a client certificate, made by `mighub enrol` with a token from the hub's operator, or \
                an access token";
    Refusal::new(ErrorReason::Unauthenticated, text)
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
