//! The chain of visible states, made anew after an embargo was moved.
//!
//! A state is the fold of those submissions whose embargo has passed, so it is named by which of them they are.
//! Most are known: what the lane held after each submission, and the states that were visible or to become so. The
//! others are folded from the submissions themselves, which stay in the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1::ErrorReason;
use mighub_store::{Name, Object};

use super::case::Case;
use super::lane_terms::LaneTerms;
use super::steps::{self, EMBARGOES_PENDING_MAX, Step};
use crate::hub::Hub;
use crate::hub::lane::LaneId;
use crate::hub::moment::Moment;
use crate::hub::reduce::row;
use crate::hub::refusal::Refusal;
use crate::hub::rows::{EmbargoRow, SubmissionRow, embargoes_prefix, submission_key};
use crate::hub::vintage::Vintage;
use crate::hub::vintages::Recorded;
use prost::Message;

/// Folds of one release, at most: each takes as long as a submission, while the lane waits.
const FOLDS_MAX: usize = 64;

/// A submission that not everybody may have seen yet, or that follows on such a one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub) struct Link {
    pub(in crate::hub) submission_id: String,
    /// Position of the vintage it made.
    pub(in crate::hub) position: u64,
    pub(in crate::hub) edition: String,
    /// When its embargo ends; the beginning if it has none, or it has passed.
    pub(in crate::hub) until: Moment,
    /// What the lane held with it.
    full: Option<Digest>,
}

/// Submissions of a lane from the oldest that is under embargo on, and the state beneath them.
#[derive(Clone, Debug, Default)]
pub(in crate::hub) struct Links {
    base: Option<Digest>,
    /// Oldest first.
    pub(in crate::hub) links: Vec<Link>,
}

/// What becomes visible when, with the objects that are not durable yet.
pub(in crate::hub) struct Chain {
    pub(in crate::hub) steps: Vec<Step>,
    pub(in crate::hub) objects: Vec<Object>,
    pub(in crate::hub) present: Vec<Name>,
}

/// Places of submissions among the links, ascending: what is folded into a state.
type Folded = Vec<usize>;

impl Links {
    /// Embargoes that have not passed, by instant.
    pub(in crate::hub) fn pending(&self) -> Vec<&Link> {
        let mut pending: Vec<&Link> =
            self.links.iter().filter(|link| link.until > Moment::BEGINNING).collect();
        pending.sort_by_key(|link| (link.until, link.position));
        pending
    }

    fn visible_at(&self, moment: Moment) -> Folded {
        let is_visible = |(_, link): &(usize, &Link)| link.until <= moment;
        self.links.iter().enumerate().filter(is_visible).map(|(place, _)| place).collect()
    }
}

impl Hub {
    /// Embargoes of a lane that were moved, by submission.
    pub(in crate::hub) fn moved_embargoes(&self, lane: &LaneId) -> Result<BTreeMap<String, Moment>, Refusal> {
        let prefix = embargoes_prefix(lane);
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            let row = EmbargoRow::decode(&value[..]).map_err(|error| Refusal::internal(error.to_string()))?;
            Ok((String::from_utf8_lossy(&key[prefix.len()..]).into_owned(), Moment(row.until_ms)))
        };
        self.view.scan(&prefix, &[], usize::MAX)?.into_iter().map(read).collect()
    }

    /// The submissions under a vintage that not everybody has seen.
    pub(in crate::hub) fn links(&self, lane: &LaneId, top: &Recorded, now: Moment) -> Result<Links, Refusal> {
        let moved = self.moved_embargoes(lane)?;
        let mut waited_for: BTreeSet<&str> =
            moved.iter().filter(|(_, until)| **until > now).map(|(id, _)| &**id).collect();
        let (mut links, mut next) = (Vec::new(), Some(top.clone()));
        let mut base = None;
        while let Some(vintage) = next {
            if waited_for.is_empty() && vintage.row.latest_embargo_ms.is_none_or(|latest| latest <= now.0) {
                base = vintage.manifest();
                break;
            }
            let row = &vintage.row;
            waited_for.remove(&*row.submission_id);
            let sent = row.embargo_ms.map_or(Moment::BEGINNING, Moment);
            let until = moved.get(&row.submission_id).copied().unwrap_or(sent);
            links.push(Link {
                submission_id: row.submission_id.clone(),
                position: vintage.position,
                edition: row.edition.clone(),
                until: if until > now { until } else { Moment::BEGINNING },
                full: vintage.manifest(),
            });
            next = match row.below {
                Some(below) => self.vintage_recorded_at(lane, below)?,
                None => None,
            };
        }
        links.reverse();
        // What was released by a record long ago needs no place in the chain.
        let passed = links.iter().take_while(|link| link.until == Moment::BEGINNING).count();
        if let Some(last) = links.drain(..passed).next_back() {
            base = last.full;
        }
        Ok(Links { base, links })
    }

    /// The steps of what a lane holds, with embargoes as `moved` says. `known` are the steps that hold now for
    /// `links`, if they are known to be theirs.
    pub(in crate::hub) fn chain(
        &self,
        lane: &LaneId,
        links: &Links,
        moved: &Links,
        known: &[Step],
        now: Moment,
    ) -> Result<Chain, Refusal> {
        let mut states: HashMap<Folded, Option<Digest>> = HashMap::new();
        for step in known {
            states.insert(links.visible_at(step.from), step.manifest);
        }
        states.insert(Vec::new(), links.base);
        for (place, link) in links.links.iter().enumerate() {
            states.insert((0..=place).collect(), link.full);
        }
        let mut moments: BTreeSet<Moment> = moved.links.iter().map(|link| link.until).collect();
        moments.insert(Moment::BEGINNING);
        if moments.len() > EMBARGOES_PENDING_MAX + 1 {
            let text = format!("at most {EMBARGOES_PENDING_MAX} embargoes of a dataflow may be pending");
            return Err(Refusal::limit(EMBARGOES_PENDING_MAX as u64, moments.len() as u64 - 1, text));
        }
        let mut making =
            Making { hub: self, lane, links, states, made: HashMap::new(), folds: 0, chain: None, now };
        let mut chain: Vec<Step> = Vec::new();
        for from in moments {
            let manifest = making.state(&moved.visible_at(from))?;
            if chain.last().is_none_or(|last| last.manifest != manifest) {
                chain.push(Step { from, manifest });
            }
        }
        let (objects, present) = making.chain.unwrap_or_default();
        Ok(Chain { steps: chain, objects, present })
    }

    /// The steps of the vintage that holds again after a withdrawal: embargoes may have been moved since.
    pub(super) fn chain_of_restored(
        &self,
        lane: &LaneId,
        restored: Option<&Recorded>,
        now: Moment,
    ) -> Result<Chain, Refusal> {
        let Some(restored) =
            restored.filter(|_| !self.moved_embargoes(lane).is_ok_and(|moved| moved.is_empty()))
        else {
            let (objects, present) = Default::default();
            return Ok(Chain { steps: steps::pending(restored, now), objects, present });
        };
        let links = self.links(lane, restored, now)?;
        self.chain(lane, &links, &links, &[], now)
    }
}

/// States that are being made.
struct Making<'a> {
    hub: &'a Hub,
    lane: &'a LaneId,
    links: &'a Links,
    states: HashMap<Folded, Option<Digest>>,
    /// States that were folded just now, and are not in the store yet.
    made: HashMap<Digest, Arc<Vintage>>,
    folds: usize,
    chain: Option<(Vec<Object>, Vec<Name>)>,
    now: Moment,
}

impl Making<'_> {
    fn state(&mut self, folded: &Folded) -> Result<Option<Digest>, Refusal> {
        let is_known = |count: &usize| self.states.contains_key(&folded[..*count]);
        let mut count = (0..=folded.len()).rev().find(is_known).unwrap_or(0);
        let mut state = self.states.get(&folded[..count]).copied().flatten();
        while count < folded.len() {
            state = Some(self.fold(state, folded[count])?);
            count += 1;
            self.states.insert(folded[..count].to_vec(), state);
        }
        Ok(state)
    }

    fn fold(&mut self, state: Option<Digest>, place: usize) -> Result<Digest, Refusal> {
        self.folds += 1;
        if self.folds > FOLDS_MAX {
            let text = format!(
                "more than {FOLDS_MAX} states of this dataflow would have to be made anew: end embargoes in the order \
                 in which they were sent, or all at once"
            );
            return Err(Refusal::limit(FOLDS_MAX as u64, self.folds as u64, text));
        }
        let id = &self.links.links[place].submission_id;
        let found: Option<SubmissionRow> = row(&*self.hub.view, &submission_key(id))?;
        let contents = found.and_then(|found| found.contents).ok_or_else(|| {
            Refusal::new(ErrorReason::Internal, format!("a vintage of {} has no submission", self.lane))
        })?;
        let case = Case::load(self.hub, &contents)?;
        let agreement = self.hub.rights().newest_on(self.lane);
        let agreement =
            agreement.ok_or_else(|| Refusal::internal(format!("{} never had an agreement", self.lane)))?;
        let terms = LaneTerms::of_header(agreement, &case.header)?;
        let base = match state.and_then(|digest| self.made.get(&digest)) {
            Some(made) => {
                Arc::new(Vintage { shape: case.definition.data.shape.clone(), ..Vintage::clone(made) })
            }
            None => self.hub.state(&case, state)?,
        };
        let made = self.hub.fold_onto(&case, &terms, &base, self.now)?;
        let (objects, present) = self.chain.get_or_insert_default();
        present.extend(self.hub.places(self.lane, &made.vintage.blocks));
        objects.extend(made.objects);
        self.made.insert(made.manifest_digest, Arc::new(made.vintage));
        Ok(made.manifest_digest)
    }
}
