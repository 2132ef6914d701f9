//! What a sender needs to prepare a submission, and what the hub holds it to: GetLane.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{CANON, Digest, Naming, RAW_BYTES_MAX};
use mighub::convert::{attribute_default, attribute_default_message, region_message};
use mighub::manifest::MANIFEST_BYTES_MAX;
use mighub::v1::{self, AttributeDefaultOrigin, ErrorReason};
use mighub_sdmx::structure::{AttributeDefault, CodeId, DefaultValue, Id};
use mighub_validation::Terms;

use super::desk::SUBMISSION_BLOCKS_MAX;
use super::header::Header;
use crate::hub::agreement::Agreement;
use crate::hub::consolidate::{DERIVED_ESTIMATE, is_derived};
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{Permit, Submit};
use crate::hub::refusal::Refusal;
use crate::hub::structures::Definition;
use crate::hub::{Hub, Principal};

/// Bytes of one gRPC message, both ways.
const MESSAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Bytes of a manifest with all its pages: some kilobytes a block at most.
pub(super) const SUBMISSION_MANIFEST_BYTES_MAX: u64 = 128 * 1024 * 1024;

const _: () = assert!(MANIFEST_BYTES_MAX as u64 <= SUBMISSION_MANIFEST_BYTES_MAX);

/// The terms of a lane: its agreement's and its dataflow's.
pub(super) struct LaneTerms {
    pub(super) agreement: Arc<Agreement>,
    /// What absent attributes stand for, the agreement's first.
    pub(super) defaults: Vec<(AttributeDefault, AttributeDefaultOrigin)>,
}

impl LaneTerms {
    pub(super) fn of(agreement: Arc<Agreement>, definition: &Definition) -> Self {
        let own = agreement
            .terms
            .defaults
            .iter()
            .map(|default| (default.clone(), AttributeDefaultOrigin::Agreement));
        let others = definition
            .data
            .defaults
            .iter()
            .map(|default| (default.clone(), AttributeDefaultOrigin::Dataflow));
        let defaults = own.chain(others).collect();
        Self { agreement: within_estimates(agreement), defaults }
    }

    /// The terms of a submission that was accepted: what absence stood for when it was signed.
    pub(super) fn of_header(agreement: Arc<Agreement>, header: &Header) -> Result<Self, Refusal> {
        let read = |message: &v1::AttributeDefault| {
            Ok::<_, Refusal>((attribute_default(message)?, message.origin()))
        };
        let defaults = header.message.defaults.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { agreement: within_estimates(agreement), defaults })
    }

    pub(super) fn messages(&self) -> Vec<v1::AttributeDefault> {
        self.defaults.iter().map(|(default, origin)| attribute_default_message(default, *origin)).collect()
    }

    /// For the judge.
    pub(super) fn terms(&self, now: Moment) -> Terms {
        Terms::of(&self.agreement.terms, now.day())
    }

    /// What absence stands for throughout, attribute by attribute. The other defaults depend on series or period
    /// and are written out.
    pub(super) fn absent_values(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let mut values = BTreeMap::new();
        for (place, (default, _)) in self.defaults.iter().enumerate() {
            let is_first =
                !self.defaults[..place].iter().any(|(other, _)| other.attribute == default.attribute);
            if let (true, None, DefaultValue::Text(text)) = (is_first, &default.when, &default.value) {
                values.insert(default.attribute.as_arc().clone(), text.clone());
            }
        }
        values
    }

    /// Defaults that depend on series or period, in order.
    pub(super) fn written_out(&self) -> Vec<AttributeDefault> {
        let throughout = self.absent_values();
        let depends = |default: &&AttributeDefault| !throughout.contains_key(&*default.attribute);
        self.defaults.iter().map(|(default, _)| default).filter(depends).cloned().collect()
    }

    /// Refused if the structures, or what absent attributes stand for, are not those that a header was signed for.
    pub(super) fn are_those_of(&self, header: &Header, definition: &Definition) -> Result<(), Refusal> {
        let moved = |what: &str| {
            let text =
                format!("{what} changed since the file was prepared: fetch the lane again and prepare anew");
            let dataflow = header.lane.dataflow.short();
            Err(Refusal::new(ErrorReason::StructureMoved, text).about("dataflow", dataflow))
        };
        if header.message.structure_digest[..] != definition.digest.0 {
            return moved("the structures");
        }
        if header.message.defaults != self.messages() {
            return moved("what absent attributes stand for");
        }
        Ok(())
    }

    /// How blocks of the lane are named.
    pub(super) fn naming(&self, hub: &Hub, lane: &LaneId) -> Naming {
        Naming::of_lane(hub.lane_secrets(lane).key, self.defaults.iter().map(|(default, _)| default))
    }
}

/// Of a dataflow that the hub derives an agency may send estimates alone: what both sides reported, and what follows from
/// it, is the hub's to say. Client and hub judge by it as by any region that an agreement permits.
fn within_estimates(agreement: Arc<Agreement>) -> Arc<Agreement> {
    if !is_derived(&agreement.lane.dataflow) {
        return agreement;
    }
    let (Ok(view), Ok(estimate)) = (Id::new("VIEW"), CodeId::new(DERIVED_ESTIMATE)) else { return agreement };
    let mut within = Agreement::clone(&agreement);
    within.terms.permitted.insert(view, [estimate].into());
    Arc::new(within)
}

/// An agreement that ended while something was done by it.
pub(super) fn no_agreement(lane: &LaneId) -> Refusal {
    let text = format!("no agreement on {lane} is in force any more: ask the hub's administrator for one");
    Refusal::new(ErrorReason::LaneNotPermitted, text)
}

impl Hub {
    /// The terms on which a lane is sent to today.
    pub(super) fn lane_terms(
        &self,
        principal: &Principal,
        lane: &LaneId,
        now: Moment,
    ) -> Result<(Definition, LaneTerms), Refusal> {
        self.authorise(principal, Submit(lane.clone()), now)?;
        self.terms_in_force(lane, now)?.ok_or_else(|| no_agreement(lane))
    }

    /// The terms of a lane, if an agreement on it is in force.
    pub(super) fn terms_in_force(
        &self,
        lane: &LaneId,
        now: Moment,
    ) -> Result<Option<(Definition, LaneTerms)>, Refusal> {
        let rights = self.rights();
        let Some(agreement) = rights.agreement_on(lane, u64::MAX, now) else { return Ok(None) };
        let definition = self.definition(&lane.dataflow)?;
        let terms = LaneTerms::of(agreement.clone(), &definition);
        Ok(Some((definition, terms)))
    }

    /// SubmissionService.GetLane.
    pub fn get_lane(
        &self,
        permit: &Permit<Submit>,
        _: &v1::GetLaneRequest,
        now: Moment,
    ) -> Result<v1::GetLaneResponse, Refusal> {
        let Submit(lane) = permit.operation();
        let (definition, terms) = self.terms_in_force(lane, now)?.ok_or_else(|| no_agreement(lane))?;
        let head = match self.head_position(lane)? {
            Some(position) => self.vintage_recorded_at(lane, position)?,
            None => None,
        };
        Ok(v1::GetLaneResponse {
            hub_id: self.hub_id().to_owned(),
            hub_time: Some(now.to_message()),
            structure_digest: definition.digest.to_bytes(),
            rulebook_digest: self.present_rulebook(&lane.dataflow)?.digest.to_bytes(),
            defaults: terms.messages(),
            permitted_region: region_message(&terms.agreement.terms.permitted),
            head: head.map(|recorded| v1::VintageRef {
                position: recorded.position,
                effective_time: Some(Moment(recorded.row.effective_ms).to_message()),
                manifest_digest: recorded.manifest().map(Digest::to_bytes).unwrap_or_default(),
            }),
            lane_key: self.lane_secrets(lane).key.0.to_vec().into(),
            canon: CANON,
            limits: Some(v1::SubmissionLimits {
                message_bytes_max: MESSAGE_BYTES_MAX as u32,
                manifest_bytes_max: SUBMISSION_MANIFEST_BYTES_MAX,
                blocks_max: SUBMISSION_BLOCKS_MAX as u32,
                block_raw_bytes_max: RAW_BYTES_MAX as u32,
                open_submissions_max: crate::limits::count32(self.limits.open_submissions_per_lane),
            }),
            rule_parameters: terms.agreement.rule_parameter_messages(),
        })
    }
}
