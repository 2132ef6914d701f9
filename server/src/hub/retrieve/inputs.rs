//! Lanes as the public sees them, for what the hub derives from them: only what the public may see enters.
//!
//! What lives here: what changed of a lane since another point, and its figures with nothing left implied. What must
//! not: what is made of them (`consolidate`).

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, SourceMap};
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::Reference;

use super::changes::{Likeness, SideSource, asked};
use super::reading::{Point, Reading};
use super::sieve::{PeriodBounds, Sieve};
use super::sight::{Ask, Outlook, Sight};
use crate::hub::agreement::CONF_STATUS;
use crate::hub::delta::{Comparison, Pair, Place, Step};
use crate::hub::lane::LaneId;
use crate::hub::permit::{Permit, Read};
use crate::hub::vintage::BlockSource;
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Moment, Refusal};

/// Observations of changed series that are gathered before they are looked at.
const GATHERED_MAX: usize = 20_000;
/// What a cell has without any declaration: silence never publishes.
const UNDECLARED: &str = "N";

/// A point at which inputs were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::hub) struct Since {
    /// Position of the newest record then.
    pub(in crate::hub) position: u64,
    /// What decided on embargoes.
    pub(in crate::hub) moment: Moment,
}

/// A lane of an input.
pub(in crate::hub) struct InputLane {
    pub(in crate::hub) lane: LaneId,
    ask: Arc<Ask>,
    now: Option<Outlook>,
    before: Option<Outlook>,
    sight: Option<Sight>,
}

impl Hub {
    /// The newest point, for whoever reads several dataflows as of one.
    pub(in crate::hub) fn since_now(&self, now: Moment) -> Since {
        let (Point { position, moment }, _) = self.today(now);
        Since { position, moment }
    }

    /// All lanes of a dataflow, as the public sees them at a point and saw them at an earlier one.
    pub(in crate::hub) fn inputs(
        &self,
        public: &Permit<Read>,
        dataflow: &Reference,
        before: Option<Since>,
        now: Since,
    ) -> Result<Vec<InputLane>, Refusal> {
        let ask = Arc::new(Ask::everything(self, public, self.rights(), dataflow.clone())?);
        let vantage =
            |at: Since| ask.vantage(Reading::of(Point { position: at.position, moment: at.moment }));
        let (today, earlier) = (vantage(now), before.map(vantage));
        let seen = |lane: &LaneId, vantage| {
            let outlook = ask.outlook(self, lane, vantage)?;
            Ok::<_, Refusal>(outlook.map(|mut outlook| {
                // A restricted cell hides what is derived from it, in older vintages too: so it must be known here even
                // where its very existence is not told. What is derived hides its key in turn.
                outlook.audience.keys_hidden = false;
                outlook
            }))
        };
        let read = |lane: LaneId| {
            let now = seen(&lane, &today)?;
            let before = earlier.as_ref().map(|vantage| seen(&lane, vantage)).transpose()?.flatten();
            let sight = now.as_ref().map(|outlook| outlook.open(self, &ask)).transpose()?.flatten();
            Ok(InputLane { lane, ask: ask.clone(), now, before, sight })
        };
        ask.lanes(self)?.into_iter().map(read).collect()
    }
}

impl InputLane {
    /// The vintage that is seen; nothing if nothing is.
    pub(in crate::hub) fn recorded(&self) -> Option<&Recorded> {
        self.sight.as_ref()?;
        self.now.as_ref()?.visible.as_ref().map(|visible| &visible.recorded)
    }

    /// Number of observations of what is seen.
    pub(in crate::hub) fn observations(&self) -> u64 {
        self.sight.as_ref().map_or(0, |sight| sight.vintage.observations())
    }

    /// Calls `visit` for all series of which some observation is seen otherwise than before, as they were or are.
    pub(in crate::hub) fn each_changed(
        &self,
        hub: &Hub,
        mut visit: impl FnMut(&Columns),
    ) -> Result<(), Refusal> {
        match (&self.before, &self.now) {
            (Some(before), Some(now)) if before.shows_the_same(now) => return Ok(()),
            (None, None) => return Ok(()),
            _ => {}
        }
        let before = self.before.as_ref().map(|outlook| outlook.open(hub, &self.ask)).transpose()?.flatten();
        let (before, after) = (before.as_ref(), self.sight.as_ref());
        let blocks = hub.lane_blocks(&self.lane, self.ask.shape().clone());
        let (old, new) =
            (SideSource { sight: before, blocks: &blocks }, SideSource { sight: after, blocks: &blocks });
        let likeness = Likeness::of(before, after);
        let same = |block: &mighub::manifest::BlockInfo| likeness.holds(before, after, block);
        let mut comparison = Comparison::new(asked(before), asked(after));
        let mut builder = ColumnsBuilder::new(self.ask.shape().clone());
        while let Some(step) = comparison.next(&old, &new, same)? {
            match step {
                Step::Gone(block) => visit(&*old.load(&block)?),
                Step::New(block) => visit(&*new.load(&block)?),
                Step::Series { before, after } => {
                    let pair = Pair {
                        before: before.as_ref().map(Place::whole),
                        after: after.as_ref().map(Place::whole),
                    };
                    if pair.differences_with(&likeness.absences).is_empty() {
                        continue;
                    }
                    if let Some(range) = pair.after.or(pair.before) {
                        builder.push(range, &mut SourceMap::default());
                    }
                    if builder.len() >= GATHERED_MAX {
                        visit(&builder.take());
                    }
                }
            }
        }
        if !builder.is_empty() {
            visit(&builder.take());
        }
        Ok(())
    }

    /// Calls `visit` for all that is seen of a selection, in order, every attribute filled in that absence stands for.
    pub(in crate::hub) fn each(
        &self,
        hub: &Hub,
        selection: &Arc<Selection>,
        mut visit: impl FnMut(Columns) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Some(sight) = &self.sight else { return Ok(()) };
        let sieve = Sieve::new(selection.clone(), Arc::new(PeriodBounds::of(selection)), None);
        let sight = Sight { sieve: Arc::new(sieve), ..sight.clone() };
        let blocks = hub.lane_blocks(&self.lane, self.ask.shape().clone());
        let source = SideSource { sight: Some(&sight), blocks: &blocks };
        let filled = implied(&sight);
        for block in asked(Some(&sight)).iter() {
            let columns = source.load(block)?;
            if !columns.is_empty() {
                let mut columns = Arc::unwrap_or_clone(columns);
                columns.fill_absent(&filled);
                visit(columns)?;
            }
        }
        Ok(())
    }
}

/// What absence stands for in a vintage: what holds for the whole dataset, then what was agreed.
fn implied(sight: &Sight) -> Vec<(Arc<str>, AttributeValue)> {
    let vintage = &sight.vintage;
    let of_dataset = vintage.dataset_attributes.iter().map(|(id, value)| (id.clone(), value.clone()));
    let agreed = vintage.absent_values.iter().map(|(id, code)| (id.clone(), AttributeValue::text(code)));
    let undeclared = (Arc::from(CONF_STATUS), AttributeValue::text(UNDECLARED));
    // The first one fills; there is nothing left for the others.
    of_dataset.chain(agreed).chain([undeclared]).collect()
}
