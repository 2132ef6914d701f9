//! Levels 2 to 5: the rulebook on what a lane would hold, and on what that is compared with.
//!
//! What lives here: which data the judge is given, and for whom. What must not: what rules ask, and what becomes
//! of findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use mighub::v1;
use mighub_sdmx::structure::{Class, DataDefinition, Reference};
use mighub_validation::{Affected, Findings, InputSource, Judge, JudgeOptions, Prepared};

use super::judge::scratch_file;
use crate::hub::blocks::LaneBlocks;
use crate::hub::delta::{Side, compare};
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::permit::{self, Permit};
use crate::hub::refusal::Refusal;
use crate::hub::retrieve::{Others, Read};
use crate::hub::vintage::{BlockSource, LoadError, Vintage};
use crate::hub::{Hub, Principal};

/// Judgements of more observations than this wait for one another: each may take the whole budget of a judge.
const LARGE_OBSERVATIONS: u64 = 200_000;
/// The dimension that says whose figures these are.
const REF_AREA: &str = "REF_AREA";
/// Areas of one office by which partners' figures are looked up; a country with its parts has some dozens.
const AREAS_MAX: usize = 1_000;

/// What a lane held, and what it would hold.
pub(in crate::hub) struct States<'a> {
    pub(in crate::hub) lane: &'a LaneId,
    pub(in crate::hub) definition: &'a DataDefinition,
    pub(in crate::hub) before: &'a Vintage,
    pub(in crate::hub) after: &'a Vintage,
    /// Parameters that the office's agreement gives in place of the rulebook's own.
    pub(in crate::hub) parameters: &'a BTreeMap<String, String>,
    /// Whether all of it is judged, and not only what differs from before.
    pub(in crate::hub) as_a_whole: bool,
}

impl Hub {
    /// Judges what a lane would hold by the rules of its rulebook; says which other lanes were read.
    pub(in crate::hub) fn judge_levels(
        &self,
        prepared: &Arc<Prepared>,
        states: &States<'_>,
        findings: &mut Findings,
        now: Moment,
    ) -> Result<Vec<Read>, Refusal> {
        let blocks = self.lane_blocks(states.lane, states.definition.shape.clone());
        let mut options = JudgeOptions::new(Box::new(scratch_file));
        options.parameters.clone_from(states.parameters);
        if !states.before.blocks.is_empty() && !states.as_a_whole {
            options.affected = Some(affected(prepared, states, &blocks)?);
        }
        let large = states.after.observations() > LARGE_OBSERVATIONS;
        let _one_at_a_time = large.then(|| self.desk.judging.lock().unwrap_or_else(PoisonError::into_inner));
        let mut judge = Judge::new(prepared.clone(), options);
        for block in states.after.blocks.iter() {
            judge.push_lane(&*blocks.load(block)?).map_err(scratch_failed)?;
        }
        let mut read = Vec::new();
        for (name, source) in prepared.references() {
            read.extend(self.give(&mut judge, name, source, states, now)?);
        }
        judge.finish(findings).map_err(scratch_failed)?;
        Ok(read)
    }

    /// Gives the judge one reference, or says why there is none.
    fn give(
        &self,
        judge: &mut Judge<'_>,
        name: &str,
        source: &InputSource,
        states: &States<'_>,
        now: Moment,
    ) -> Result<Vec<Read>, Refusal> {
        // The office reads its report: it must learn nothing from it that it could not pull.
        let office = Principal::of_agency(states.lane.provider.clone());
        let reader = self.authorise(&office, permit::Read, now)?;
        match source {
            InputSource::Previous if states.before.blocks.is_empty() => {
                judge.lacks(name, "this is the first vintage of the lane");
                Ok(Vec::new())
            }
            InputSource::Previous => {
                let blocks = self.lane_blocks(states.lane, states.definition.shape.clone());
                for block in states.before.blocks.iter() {
                    judge.push(name, &*blocks.load(block)?).map_err(scratch_failed)?;
                }
                Ok(Vec::new())
            }
            InputSource::Dataflow { dataflow } => {
                let others = Others::Only(&states.lane.provider);
                let lacks = format!("the office has sent nothing of {dataflow}");
                self.give_lanes(judge, name, &reader, dataflow, &others, None, lacks, now)
            }
            InputSource::Partners { dataflow } => {
                let Some(selection) = self.naming_areas_of(states, dataflow) else {
                    judge.lacks(name, format!("no dimension of {dataflow} names partners"));
                    return Ok(Vec::new());
                };
                let others = Others::AllBut(&states.lane.provider);
                let lacks = "no partner has published figures about these areas".to_owned();
                self.give_lanes(judge, name, &reader, dataflow, &others, Some(&selection), lacks, now)
            }
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "what is read, for whom, and what is said if there is nothing"
    )]
    fn give_lanes(
        &self,
        judge: &mut Judge<'_>,
        name: &str,
        reader: &Permit<permit::Read>,
        dataflow: &str,
        others: &Others<'_>,
        selection: Option<&v1::Selection>,
        lacks: String,
        now: Moment,
    ) -> Result<Vec<Read>, Refusal> {
        // The judge itself says what it does not know.
        let Some(dataflow) = Reference::parse_short(Class::Dataflow, dataflow)
            .ok()
            .filter(|dataflow| self.definition(dataflow).is_ok())
        else {
            return Ok(Vec::new());
        };
        let mut given = false;
        let read = self.each_visible(reader, &dataflow, others, selection, now, |columns| {
            given = true;
            judge.push(name, columns).map_err(scratch_failed)
        })?;
        if !given {
            judge.lacks(name, lacks);
        }
        Ok(read)
    }

    /// Selects series of partners that name an area of this lane in a dimension other than their own.
    fn naming_areas_of(&self, states: &States<'_>, dataflow: &str) -> Option<v1::Selection> {
        let (own, state) = (states.definition, states.after);
        let place = own.dimensions.iter().position(|dimension| &*dimension.id == REF_AREA)?;
        let areas: BTreeSet<&Arc<str>> =
            state.blocks.iter().flat_map(|block| block.codes[place].iter()).collect();
        if areas.is_empty() || areas.len() > AREAS_MAX {
            return None;
        }
        let dataflow = Reference::parse_short(Class::Dataflow, dataflow).ok()?;
        let partners = self.definition(&dataflow).ok()?;
        let of_areas = own.dimensions[place].coded_by.codelist().map(|list| &list.identity.id)?;
        let names_partner = |dimension: &mighub_sdmx::structure::ComponentUse| {
            &*dimension.id != REF_AREA
                && dimension.coded_by.codelist().is_some_and(|list| list.identity.id == *of_areas)
        };
        let codes = v1::CodeSet { codes: areas.into_iter().map(ToString::to_string).collect() };
        let pattern = |place: usize| {
            let mut dimensions = vec![v1::CodeSet::default(); place];
            dimensions.push(codes.clone());
            v1::KeyPattern { dimensions }
        };
        let dimensions = partners.data.dimensions.iter().enumerate();
        let keys: Vec<_> = dimensions
            .filter(|(_, dimension)| names_partner(dimension))
            .map(|(place, _)| pattern(place))
            .collect();
        (!keys.is_empty()).then(|| v1::Selection { keys, ..Default::default() })
    }
}

/// The groups of series that a submission changes.
fn affected(prepared: &Prepared, states: &States<'_>, blocks: &LaneBlocks<'_>) -> Result<Affected, Refusal> {
    let mut affected = Affected::none(prepared);
    compare(
        Side { blocks: &states.before.blocks, source: blocks },
        Side { blocks: &states.after.blocks, source: blocks },
        |_| true,
        |pair| {
            if let (Some(range), false) = (pair.after.or(pair.before), pair.differences().is_empty()) {
                affected.add_key(&range.columns.key(range.series).codes().collect::<Vec<_>>());
            }
            Ok::<(), LoadError>(())
        },
    )?;
    Ok(affected)
}

fn scratch_failed(error: std::io::Error) -> Refusal {
    Refusal::internal(format!("a scratch file of the judge failed: {error}"))
}
