//! Deleting structures that nobody uses.

use std::collections::BTreeSet;

use mighub::v1::{self, ArtefactChange, ErrorReason, record::What};
use mighub_sdmx::structure::{Class, Reference, Structures};

use super::put::problem;
use super::{definitions, unknown};
use crate::hub::Hub;
use crate::hub::append::Actor;
use crate::hub::moment::Moment;
use crate::hub::permit::{Administer, Permit};
use crate::hub::refusal::Refusal;
use crate::hub::rows::rulebooks_prefix;

/// Most artefacts of one call; a package has some hundred.
const DELETED_MAX: usize = 1_000;
/// Most users of an artefact that a refusal names; the rest is counted.
const USERS_TOLD_MAX: usize = 3;

impl Hub {
    /// StructureService.DeleteStructures.
    pub fn delete_structures(
        &self,
        permit: &Permit<Administer>,
        request: &v1::DeleteStructuresRequest,
        now: Moment,
    ) -> Result<v1::DeleteStructuresResponse, Refusal> {
        let principal = permit.principal();
        if request.urns.len() > DELETED_MAX {
            let text = format!("{} artefacts are named, at most {DELETED_MAX} are taken", request.urns.len());
            return Err(Refusal::limit(DELETED_MAX as u64, request.urns.len() as u64, text));
        }
        // Nobody may begin to use what is being deleted.
        let _one_at_a_time = self.desk.changing_structures();
        let known = self.known_structures();
        let asked = request.urns.iter().map(|urn| named(urn)).collect::<Result<BTreeSet<_>, _>>()?;
        let (gone, absent): (BTreeSet<_>, BTreeSet<_>) =
            asked.into_iter().partition(|reference| known.get(reference).is_some());
        let mut problems = Vec::new();
        let mut after = (*known).clone();
        gone.iter().for_each(|reference| drop(after.remove(reference)));
        for reference in &gone {
            let users = self.users_of(reference, &known, &gone)?;
            if !users.is_empty() {
                let told = users.iter().take(USERS_TOLD_MAX).cloned().collect::<Vec<_>>().join("; ");
                let more = match users.len().saturating_sub(USERS_TOLD_MAX) {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                let text = format!("is in use: {told}{more}. Delete or change these first");
                problems.push(problem(reference, ErrorReason::StructureConflict, text));
            }
        }
        if problems.is_empty() && !gone.is_empty() {
            let definitions = definitions(&after);
            problems.extend(self.broken_rulebooks_of_others(&definitions, &gone)?);
        }
        let result = |(reference, change): (&Reference, ArtefactChange)| v1::ArtefactResult {
            urn: reference.to_string(),
            change: change.into(),
        };
        let deleted = gone.iter().map(|reference| (reference, ArtefactChange::Deleted));
        let absent = absent.iter().map(|reference| (reference, ArtefactChange::Unchanged));
        let mut artefacts: Vec<_> = deleted.chain(absent).map(result).collect();
        artefacts.sort_by(|a, b| a.urn.cmp(&b.urn));
        if !problems.is_empty() || request.dry_run || gone.is_empty() {
            return Ok(v1::DeleteStructuresResponse { artefacts, problems, position: None });
        }
        let urns = gone.iter().map(ToString::to_string).collect();
        let what = What::StructuresDeleted(v1::StructuresDeleted { urns });
        let position = self.record(Actor::of(principal, ""), what, Vec::new(), now)?;
        Ok(v1::DeleteStructuresResponse { artefacts, problems, position: Some(position) })
    }

    /// Who needs an artefact, besides those that go with it: artefacts, figures, submissions under way, agreements,
    /// a rulebook.
    fn users_of(
        &self,
        of: &Reference,
        known: &Structures,
        gone: &BTreeSet<Reference>,
    ) -> Result<Vec<String>, Refusal> {
        let others = known.users(of).into_iter().filter(|user| !gone.contains(user));
        let mut users: Vec<String> = others.map(|user| format!("{user} refers to it")).collect();
        if of.class == Class::Dataflow {
            for lane in self.lanes(of)? {
                users.push(format!("{} has sent figures by it", lane.provider));
            }
            if self.desk.under_way().iter().any(|(lane, _)| lane.dataflow == *of) {
                users.push("a submission by it is under way".to_owned());
            }
            let rights = self.rights();
            let agreements = rights.agreements(self.store.records());
            users.extend(
                agreements
                    .filter(|agreement| agreement.lane.dataflow == *of)
                    .map(|agreement| format!("the agreement {} is about it", agreement.id.short())),
            );
            if !self.view.scan(&rulebooks_prefix(&of.short()), &[], 1)?.is_empty() {
                users.push("a rulebook was put for it".to_owned());
            }
        }
        Ok(users)
    }

    /// Rulebooks of dataflows that stay, which compare with one that goes.
    fn broken_rulebooks_of_others(
        &self,
        after: &super::Definitions,
        gone: &BTreeSet<Reference>,
    ) -> Result<Vec<v1::StructureProblem>, Refusal> {
        let mut problems = self.broken_rulebooks(after)?;
        let names: BTreeSet<String> = gone.iter().map(ToString::to_string).collect();
        problems.retain(|problem| !names.contains(&problem.artefact));
        Ok(problems)
    }
}

fn named(urn: &str) -> Result<Reference, Refusal> {
    let reference: Reference = urn.parse().map_err(|error| unknown(format!("{error}")))?;
    if reference.item.is_some() || reference.version.is_pattern() {
        let text = format!("{urn} does not name one artefact: give its version, and no item of it");
        return Err(Refusal::malformed("urns", text));
    }
    Ok(reference)
}
