//! The mask: which cells of a lane a reader sees with their value. Every door reads through it.
//!
//! A confidential cell keeps its key, OBS_STATUS and CONF_STATUS and loses everything else (DETAILS C14).
//! Today's confidentiality governs every vintage: a cell that is restricted in what the lane shows today is
//! hidden in older vintages too (C16). A cell that was withheld by a restriction is not there at all, in whatever
//! vintage. What is left, readers who do not see restricted cells see through the lane's disclosure policy, if it has
//! one: today's, in every vintage.

mod cut;
mod policy_view;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{AttributeValue, Columns, Shape};
use mighub_sdmx::key::Selection;

use super::agreement::CONF_STATUS;
use super::disclose::InForce;
use super::vintage::{BlockSource, LoadError, Vintage};

use cut::{emptied, hide_as_today, left_out, withhold};
pub use policy_view::PolicyView;

/// CONF_STATUS of a cell that everybody may see.
const FREE: &str = "F";
/// The attribute that names agencies that may have a restricted cell.
const CONF_REDIST: &str = "CONF_REDIST";

/// What one reader may see of one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Agency that reads; nothing for the public.
    pub agency: Option<Arc<str>>,
    /// Sees submissions under embargo: the office itself, its senders, pre-release readers, auditors.
    pub before_release: bool,
    /// Sees restricted cells: the office itself, its senders, auditors, readers named in the agreement.
    pub restricted: bool,
    /// Does not even learn that restricted cells exist: their keys are left out too.
    pub keys_hidden: bool,
    /// Cells that a restriction withholds from this reader; none from who sees restricted cells.
    pub withheld: Vec<Arc<Selection>>,
    /// The policy of the lane; who sees restricted cells sees figures as they are, all the same.
    pub policy: Option<Arc<InForce>>,
}

impl Audience {
    /// What both allow. Of two policies the one of `self` counts.
    pub fn stricter(self, other: &Self) -> Self {
        Self {
            before_release: self.before_release && other.before_release,
            restricted: self.restricted && other.restricted,
            keys_hidden: self.keys_hidden || other.keys_hidden,
            agency: self.agency,
            policy: self.policy,
            withheld: {
                let mut withheld = self.withheld;
                let more = other.withheld.iter().filter(|other| !withheld.contains(other));
                let more: Vec<_> = more.cloned().collect();
                withheld.extend(more);
                withheld
            },
        }
    }

    /// The policy through which figures are seen.
    pub fn seen_through(&self) -> Option<&Arc<InForce>> {
        self.policy.as_ref().filter(|_| !self.restricted)
    }
}

/// What of a vintage's blocks has to do with masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Whether a cell has a CONF_STATUS other than F.
    pub restricted: bool,
    /// Whether a cell has none.
    pub unmarked: bool,
}

impl Marks {
    /// Those of a vintage.
    pub fn of(vintage: &Vintage) -> Self {
        let blocks = &vintage.blocks;
        Self {
            restricted: blocks.iter().any(|block| block.restricted),
            unmarked: blocks.iter().any(|block| block.unmarked),
        }
    }
}

/// The mask of one reader on one vintage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    audience: Audience,
    /// Whether a cell without CONF_STATUS is free.
    unmarked_free: bool,
    /// The confidentiality of what the lane shows today, if another vintage is read.
    governing: Option<Confidentiality>,
    /// How the policy of the audience is carried out.
    view: Option<PolicyView>,
}

/// A block as it is stored, with what a reader may not have of it.
pub struct Stored {
    /// The block.
    pub columns: Arc<Columns>,
    /// Per observation, whether its figure is hidden.
    pub hidden: Vec<bool>,
    /// Those of them that are hidden for another reason than their own CONF_STATUS.
    pub withheld: Vec<bool>,
}

/// Which cells of a vintage are restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Confidentiality {
    unmarked_free: bool,
    /// Blocks with restricted cells, ascending by key.
    blocks: Arc<[Arc<BlockInfo>]>,
}

impl Mask {
    /// The mask on `vintage`; `today` is what the lane shows this audience today, if that is another one.
    pub fn new(audience: Audience, vintage: &Vintage, today: Option<&Vintage>) -> Self {
        let governing = today.filter(|_| !audience.restricted).map(Confidentiality::of);
        Self { audience, unmarked_free: unmarked_free(vintage), governing, view: None }
    }

    /// Carries out the policy of the audience, if it has one; without this nothing is seen of a lane with a policy.
    pub fn through(self, view: Option<PolicyView>) -> Self {
        Self { view, ..self }
    }

    /// Whether a block reads for this reader as it lies.
    pub fn lets_pass(&self, block: &BlockInfo) -> bool {
        self.shows_all()
            || (self.audience.policy.is_none()
                && !is_restricted(block, self.unmarked_free)
                && self.governing_blocks(block).is_empty()
                && !self.may_withhold(block))
    }

    /// Whether a restriction may withhold some cell of a block.
    fn may_withhold(&self, block: &BlockInfo) -> bool {
        self.audience.withheld.iter().any(|withheld| block.may_match(withheld))
    }

    /// Whether some cell of the vintage with these marks may be hidden.
    pub fn hides_something(&self, vintage: &Vintage, marks: Marks) -> bool {
        let own = || marks.restricted || (marks.unmarked && !self.unmarked_free);
        !self.shows_all()
            && (self.audience.policy.is_some()
                || own()
                || ((self.governing.is_some() || !self.audience.withheld.is_empty())
                    && !vintage.blocks.iter().all(|block| self.lets_pass(block))))
    }

    /// Whether nothing is hidden from this reader, of whatever vintage.
    pub fn shows_all(&self) -> bool {
        self.audience.restricted
    }

    /// Whether restricted cells of the vintage with these marks may reach this reader with their values.
    pub fn may_give_restricted(&self, vintage: &Vintage, marks: Marks) -> bool {
        let has_some = marks.restricted || (marks.unmarked && !self.unmarked_free);
        let is_named = || self.audience.agency.is_some() && names_readers(&vintage.shape);
        has_some && (self.shows_all() || is_named())
    }

    /// Whether cells may be left out with their keys.
    pub fn hides_keys(&self) -> bool {
        (self.audience.keys_hidden || !self.audience.withheld.is_empty()) && !self.shows_all()
    }

    /// The block as this reader may see it; `source` reads blocks as they lie.
    pub fn load(&self, block: &BlockInfo, source: &dyn BlockSource) -> Result<Arc<Columns>, LoadError> {
        let columns = source.load(block)?;
        if self.lets_pass(block) {
            return Ok(columns);
        }
        let (mut hidden, left) = self.hidden_and_left(&columns, block, source)?;
        let mut seen = columns;
        if !self.audience.keys_hidden && hidden.contains(&true) {
            // A series of which nothing is left but empty cells has no attributes either.
            hidden.iter_mut().zip(&left).for_each(|(hidden, left)| *hidden |= left);
            seen = Arc::new(emptied(&seen, &hidden));
        }
        if self.audience.seen_through().is_some() {
            let masked: Vec<bool> = hidden.iter().zip(&left).map(|(hidden, left)| *hidden || *left).collect();
            seen = Arc::new(match &self.view {
                Some(view) => view.of(&seen, &masked),
                None => emptied(&seen, &vec![true; seen.len()]),
            });
        }
        if left.contains(&true) {
            seen = Arc::new(left_out(&seen, &left));
        }
        Ok(seen)
    }

    /// Per observation of a block, whether its value is hidden for its confidentiality, and whether the cell is left
    /// out with its key.
    fn hidden_and_left(
        &self,
        columns: &Columns,
        block: &BlockInfo,
        source: &dyn BlockSource,
    ) -> Result<(Vec<bool>, Vec<bool>), LoadError> {
        let mut hidden = self.hidden_by_status(columns, self.unmarked_free);
        let today_free = self.governing.as_ref().is_some_and(|today| today.unmarked_free);
        for governing in self.governing_blocks(block) {
            let today = source.load(governing)?;
            let hidden_today = self.hidden_by_status(&today, today_free);
            hide_as_today(columns, &mut hidden, &today, &hidden_today);
        }
        let mut left = if self.audience.keys_hidden { hidden.clone() } else { vec![false; columns.len()] };
        for withheld in &self.audience.withheld {
            withhold(columns, withheld, &mut left);
        }
        Ok((hidden, left))
    }

    /// A block as it is stored, with what of it this reader may not have, whatever the policy.
    pub(in crate::hub) fn stored(
        &self,
        block: &BlockInfo,
        source: &dyn BlockSource,
    ) -> Result<Stored, LoadError> {
        let columns = source.load(block)?;
        let (mut hidden, left) = self.hidden_and_left(&columns, block, source)?;
        hidden.iter_mut().zip(left).for_each(|(hidden, left)| *hidden |= left);
        let by_status = self.hidden_by_status(&columns, self.unmarked_free);
        let withheld =
            hidden.iter().zip(by_status).map(|(hidden, by_status)| *hidden && !by_status).collect();
        Ok(Stored { columns, hidden, withheld })
    }

    /// Blocks that the lane shows today, with restricted cells among the keys of `block`.
    fn governing_blocks(&self, block: &BlockInfo) -> &[Arc<BlockInfo>] {
        let Some(today) = &self.governing else { return &[] };
        let first = today.blocks.partition_point(|other| other.last_key < block.first_key);
        let overlapping = today.blocks[first..].partition_point(|other| other.first_key <= block.last_key);
        &today.blocks[first..first + overlapping]
    }

    /// Per observation, whether its CONF_STATUS hides it from this reader.
    fn hidden_by_status(&self, columns: &Columns, unmarked_free: bool) -> Vec<bool> {
        let mut hidden = vec![false; columns.len()];
        for_each_run(columns, CONF_STATUS, |status, range| {
            let free = status.map_or(unmarked_free, |status| status.as_text() == Some(FREE));
            hidden[range].fill(!free);
        });
        if let Some(agency) = &self.audience.agency {
            for_each_run(columns, CONF_REDIST, |named, range| {
                if named.is_some_and(|named| names(named, agency)) {
                    hidden[range].fill(false);
                }
            });
        }
        hidden
    }
}

impl Confidentiality {
    fn of(vintage: &Vintage) -> Self {
        let unmarked_free = unmarked_free(vintage);
        let restricted = |block: &&Arc<BlockInfo>| is_restricted(block, unmarked_free);
        Self { unmarked_free, blocks: vintage.blocks.iter().filter(restricted).cloned().collect() }
    }
}

/// Whether a cell may be restricted in `now` that was not in `then`, as far as can be told without opening
/// blocks.
pub fn restricts_more(now: &Vintage, then: &Vintage) -> bool {
    let (now, then) = (Confidentiality::of(now), Confidentiality::of(then));
    let known: HashSet<_> = then.blocks.iter().map(|block| block.digest).collect();
    now.unmarked_free != then.unmarked_free || !now.blocks.iter().all(|block| known.contains(&block.digest))
}

/// Whether cells may name agencies that may have them.
pub fn names_readers(shape: &Shape) -> bool {
    shape.observation_attribute(CONF_REDIST).is_some() || shape.series_attribute(CONF_REDIST).is_some()
}

fn is_restricted(block: &BlockInfo, unmarked_free: bool) -> bool {
    block.restricted || (block.unmarked && !unmarked_free)
}

/// Without any declaration a cell is not free: silence never publishes (DETAILS C15). Only a data structure
/// that knows no confidentiality at all has nothing to declare.
fn unmarked_free(vintage: &Vintage) -> bool {
    let of_dataset = vintage.dataset_attributes.get(CONF_STATUS).map(|value| value.as_text() == Some(FREE));
    let of_absence = || vintage.absent_values.get(CONF_STATUS).map(|code| &**code == FREE);
    let unknown = || {
        let shape = &vintage.shape;
        shape.observation_attribute(CONF_STATUS).is_none() && shape.series_attribute(CONF_STATUS).is_none()
    };
    of_dataset.or_else(of_absence).unwrap_or_else(unknown)
}

/// Runs of an attribute over all observations, at whatever level it stands.
fn for_each_run(columns: &Columns, id: &str, mut visit: impl FnMut(Option<&AttributeValue>, Range<usize>)) {
    if columns.is_empty() {
        return;
    }
    let observations = |series: Range<usize>| {
        columns.observations(series.start).start..columns.observations(series.end - 1).end
    };
    if let Some(place) = columns.shape.observation_attribute(id) {
        let column = &columns.observation_attributes[place];
        if !column.runs.is_empty() {
            return column.runs.runs().for_each(|(code, range)| visit(column.value(code), range));
        }
    } else if let Some(place) = columns.shape.series_attribute(id) {
        let column = &columns.series_attributes[place];
        if !column.runs.is_empty() {
            return column
                .runs
                .runs()
                .for_each(|(code, range)| visit(column.value(code), observations(range)));
        }
    }
    visit(None, 0..columns.len());
}

fn names(value: &AttributeValue, agency: &str) -> bool {
    let listed = |text: &str| text.split([',', ';', ' ']).any(|name| name == agency);
    match value {
        AttributeValue::Text(text) => listed(text),
        AttributeValue::Many(values) => values.iter().flatten().any(|part| listed(&part.text)),
    }
}

#[cfg(test)]
mod tests;
