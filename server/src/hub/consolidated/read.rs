//! Figures as a caller may see them, with nothing left implied.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1::{Point, ReadDoor};
use mighub_consolidation::{Choice, Figures};
use mighub_sdmx::columns::{AttributeValue, Columns};

use super::asked::Asked;
use crate::hub::agreement::CONF_STATUS;
use crate::hub::consolidate::HUB_PROVIDER;
use crate::hub::lane::agency;
use crate::hub::permit::{Permit, Read};
use crate::hub::retrieve::{Effect, FiguresOf, FiguresRequest, LaneFigures};
use crate::hub::{Hub, Moment, Refusal};

/// What a cell has without any declaration: silence never publishes.
const UNDECLARED: &str = "N";

/// Who reads, and when.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) hub: &'a Arc<Hub>,
    pub(super) permit: &'a Permit<Read>,
    pub(super) now: Moment,
}

impl Reader<'_> {
    /// Calls `visit` for all that is seen at a point; gives the position that was read.
    pub(super) fn each(
        &self,
        request: FiguresRequest,
        point: Option<&Point>,
        mut visit: impl FnMut(&Columns) -> Result<(), Refusal>,
    ) -> Result<u64, Refusal> {
        let door = ReadDoor::Consolidation;
        let figures = self.hub.figures_at(self.permit, request, point, door, self.now)?;
        let position = figures.position();
        for batch in figures {
            let batch = batch?;
            if batch.effect == Effect::Replace {
                let mut columns = Arc::unwrap_or_clone(batch.columns);
                columns.fill_absent(&implied(&batch.lane));
                visit(&columns)?;
            }
        }
        Ok(position)
    }

    /// Derived figures of some corridors, one table for each choice, and the position that was read. The choices differ
    /// in view and method alone.
    pub(super) fn derived(
        &self,
        asked: &Asked,
        choices: Vec<Choice>,
    ) -> Result<(Vec<Figures>, u64), Refusal> {
        let request = FiguresRequest {
            providers: asked.providers()?,
            selection: asked.selection(self.hub, &choices)?,
            ..FiguresRequest::all(asked.dataflow.clone())
        };
        let mut tables: Vec<Figures> = choices.into_iter().map(Figures::new).collect();
        let position = self.each(request, asked.point.as_ref(), |columns| {
            tables.iter_mut().try_for_each(|table| {
                table.push(columns).map_err(|error| {
                    let found = mighub_consolidation::figures::FIGURES_MAX as u64;
                    Refusal::limit(found, found + 1, error.to_string())
                })
            })
        })?;
        Ok((tables, position))
    }
}

/// The hub's own figures.
pub(super) fn own() -> Result<FiguresOf, Refusal> {
    Ok(FiguresOf::These(BTreeSet::from([agency("provider", HUB_PROVIDER)?])))
}

/// What absence stands for: what holds for the whole dataset, then what was agreed.
fn implied(lane: &LaneFigures) -> Vec<(Arc<str>, AttributeValue)> {
    let of_dataset = lane.dataset_attributes.iter().map(|(id, value)| (id.clone(), value.clone()));
    let agreed = lane.absent_values.iter().map(|(id, code)| (id.clone(), AttributeValue::text(code)));
    let undeclared = (Arc::from(CONF_STATUS), AttributeValue::text(UNDECLARED));
    // The first one fills; there is nothing left for the others.
    of_dataset.chain(agreed).chain([undeclared]).collect()
}
