//! Disclosure control: the policies by which lanes are shown, the choice of cells, and the audit of what lanes publish
//! (DisclosureService).
//!
//! What lives here: which policy a lane follows, which states are audited, what adds up in a dataflow, and who is told
//! figures. What must not: the mathematics (`mighub-disclosure`), and what the public sees (`retrieve`, `mask`).

mod answer;
mod cells;
mod choose;
mod in_force;
mod outcomes;
mod policies;
mod reduced;

use std::sync::Arc;

use mighub::v1::{self, ErrorReason};
use mighub_disclosure::across::EARLIER_MAX;
use mighub_disclosure::table::CELLS_MAX;
use mighub_disclosure::{Earlier, Policy, Reading, Stage, Sums, Table, Tree, audit_across, suppress};
use mighub_sdmx::structure::{AgencyId, DataDefinition};

use super::lane::{LaneId, agency, dataflow};
use super::permit::{AuditDisclosure, Permit, Read};
use super::retrieve::{PublishedLane, PublishedState};
use super::{Hub, Moment, Principal, Refusal};
pub use answer::{Answer, messages};
pub use cells::CellSet;
pub(in crate::hub) use in_force::Policies;
pub use in_force::{InForce, Suppressed};
pub(in crate::hub) use outcomes::Outcomes;
pub(in crate::hub) use policies::request_in_words;

/// Earlier states that are looked at unless the caller says otherwise.
const EARLIER_USUALLY: u32 = 4;
/// Providers that a request may name.
const PROVIDERS_MAX: usize = 1_000;

impl Hub {
    /// DisclosureService.AuditDisclosure: lanes are audited one by one, as answers are asked for.
    pub fn audit_disclosure(
        self: &Arc<Self>,
        permit: &Permit<AuditDisclosure>,
        request: v1::AuditDisclosureRequest,
        now: Moment,
    ) -> Result<impl Iterator<Item = Result<v1::AuditDisclosureResponse, Refusal>> + Send + use<>, Refusal>
    {
        let asked = Asked::read(self, permit, request, now)?;
        let lanes = self.lanes(&asked.definition.dataflow)?;
        let hub = self.clone();
        let is_asked = |lane: &LaneId| asked.providers.is_empty() || asked.providers.contains(&lane.provider);
        let lanes: Vec<LaneId> = lanes.into_iter().filter(is_asked).collect();
        let audited = lanes.into_iter().flat_map(move |lane| match hub.audit_lane(&asked, &lane, now) {
            Ok(messages) => messages.into_iter().map(Ok).collect(),
            Err(refusal) => vec![Err(refusal)],
        });
        Ok(audited)
    }

    /// Nothing of a lane that shows nothing, or whose embargo the caller does not see behind.
    fn audit_lane(
        &self,
        asked: &Asked,
        lane: &LaneId,
        now: Moment,
    ) -> Result<Vec<v1::AuditDisclosureResponse>, Refusal> {
        let position = self.position().unwrap_or(0);
        let caller = self.rights().audience(&asked.caller, lane, position, now);
        if asked.before_release && !caller.before_release {
            return Ok(Vec::new());
        }
        let (selection, earlier) = (asked.selection.as_ref(), asked.earlier);
        let published = self.published(&asked.public, lane, selection, earlier, asked.before_release, now)?;
        let Some(published) = published else { return Ok(Vec::new()) };
        let in_force = self.rights().policy_on(lane, position);
        let policy = match (&asked.policy, &in_force) {
            (Some(policy), _) => policy.clone(),
            (None, Some(in_force)) => (*in_force.policy).clone(),
            (None, None) => Policy::default(),
        };
        let mut tables = Vec::new();
        let mut cells = 0;
        for state in published.states() {
            // What is yet to be released is told as it is stored: the policy is applied to it here.
            let is_bare = in_force.is_some() && asked.before_release && tables.is_empty();
            let stage = if is_bare { Stage::Stored } else { Stage::Published };
            let table = match self.table_of(asked, &policy, stage, &published, state) {
                // An earlier state of which something was expunged is nobody's any more.
                Err(refusal) if refusal.reason == ErrorReason::Gone && !tables.is_empty() => continue,
                table => table?,
            };
            cells += table.cells().len();
            // All of them are in memory together.
            if cells > CELLS_MAX && !tables.is_empty() {
                break;
            }
            tables.push((state.since, table));
        }
        let mut tables = tables.into_iter();
        let Some((_, today)) = tables.next() else { return Ok(Vec::new()) };
        let earlier: Vec<Earlier> =
            tables.map(|(since, table)| Earlier { label: since.to_string(), table }).collect();
        let report = audit_across(&today, &earlier, policy.width);
        Ok(messages(&Answer {
            lane: lane.to_message(),
            table: &today,
            report: &report,
            earlier: earlier.len(),
            is_before_release: published.is_before_release(),
            sees_restricted: caller.restricted,
        }))
    }

    fn table_of(
        &self,
        asked: &Asked,
        policy: &Policy,
        stage: Stage,
        published: &PublishedLane,
        state: &PublishedState,
    ) -> Result<Table, Refusal> {
        let shape = &asked.definition.shape;
        let mut reading = Reading::new(shape, policy, &asked.sums, stage).unmarked(published.unmarked(state));
        published.each(self, state, |columns, withheld| {
            reading.push_withheld(columns, withheld).map_err(|error| {
                let most = CELLS_MAX as u64;
                Refusal::limit(most, most + 1, error.to_string())
            })
        })?;
        let figures = reading.figures();
        let table = reading.finish(&asked.trees);
        let suppresses = stage == Stage::Stored && policy.suppression;
        Ok(if suppresses { suppress(table, &figures, policy).table } else { table })
    }
}

/// A request, read.
struct Asked {
    caller: Principal,
    public: Permit<Read>,
    definition: Arc<DataDefinition>,
    providers: Vec<AgencyId>,
    /// Nothing: that of each lane.
    policy: Option<Policy>,
    sums: Sums,
    trees: Vec<Tree>,
    selection: Option<v1::Selection>,
    before_release: bool,
    earlier: usize,
}

impl Asked {
    fn read(
        hub: &Hub,
        permit: &Permit<AuditDisclosure>,
        request: v1::AuditDisclosureRequest,
        now: Moment,
    ) -> Result<Self, Refusal> {
        let definition = hub.definition(&dataflow("dataflow", &request.dataflow)?)?.data;
        if request.providers.len() > PROVIDERS_MAX {
            let text = format!("at most {PROVIDERS_MAX} providers: name none for all");
            return Err(Refusal::limit(PROVIDERS_MAX as u64, request.providers.len() as u64, text));
        }
        let providers = request.providers.iter().map(|provider| agency("providers", provider));
        let policy = match &request.policy[..] {
            [] => None,
            json => {
                Some(Policy::read(json).map_err(|error| Refusal::malformed("policy", error.to_string()))?)
            }
        };
        let earlier = request.earlier_states.unwrap_or(EARLIER_USUALLY) as usize;
        if earlier > EARLIER_MAX {
            let text = format!("at most {EARLIER_MAX} earlier states are looked at");
            return Err(Refusal::limit(EARLIER_MAX as u64, earlier as u64, text));
        }
        Ok(Self {
            caller: permit.principal().clone(),
            public: hub.authorise(&Principal::PUBLIC, Read, now)?,
            trees: Tree::all(&definition, &hub.known_structures()),
            definition,
            providers: providers.collect::<Result<_, _>>()?,
            policy,
            sums: Sums::shipped(),
            selection: request.selection,
            before_release: request.before_release,
            earlier,
        })
    }
}
