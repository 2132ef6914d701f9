//! Figures of other lanes that rules compare with: exactly what the reader of the report would get by pulling.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1;
use mighub_sdmx::columns::Columns;
use mighub_sdmx::structure::{AgencyId, Reference};

use super::changes::{SideSource, asked};
use super::reading::Reading;
use super::sight::{Ask, Providers};
use crate::hub::lane::LaneId;
use crate::hub::permit::{self, Permit};
use crate::hub::vintage::BlockSource;
use crate::hub::{Hub, Moment, Refusal};

/// Whose figures a rule compares with.
pub(in crate::hub) enum Others<'a> {
    /// Those of this provider.
    Only(&'a AgencyId),
    /// Those of everybody else.
    AllBut(&'a AgencyId),
}

/// A lane that was read, and which vintage of it.
pub(in crate::hub) type Read = (LaneId, v1::VintageRef);

impl Hub {
    /// Calls `visit` for all that a reader sees of a selection today, lane by lane; says what was read.
    pub(in crate::hub) fn each_visible(
        &self,
        reader: &Permit<permit::Read>,
        dataflow: &Reference,
        others: &Others<'_>,
        selection: Option<&v1::Selection>,
        now: Moment,
        mut visit: impl FnMut(&Columns) -> Result<(), Refusal>,
    ) -> Result<Vec<Read>, Refusal> {
        let (today, rights) = self.today(now);
        let providers = match others {
            Others::Only(provider) => Providers::These(BTreeSet::from([(*provider).clone()])),
            Others::AllBut(_) => Providers::Principal,
        };
        let ask = Ask::everything(self, reader, rights, dataflow.clone())?.selecting(selection, providers)?;
        let vantage = ask.vantage(Reading::of(today));
        let mut read = Vec::new();
        for lane in ask.lanes(self)? {
            if matches!(others, Others::AllBut(own) if lane.provider == **own) {
                continue;
            }
            let Some(outlook) = ask.outlook(self, &lane, &vantage)? else { continue };
            let Some(sight) = outlook.open(self, &ask)? else { continue };
            let Some(visible) = &outlook.visible else { continue };
            let blocks = self.lane_blocks(&lane, ask.shape().clone());
            let source = SideSource { sight: Some(&sight), blocks: &blocks };
            for block in asked(Some(&sight)).iter() {
                let columns: Arc<Columns> = source.load(block)?;
                if !columns.is_empty() {
                    visit(&columns)?;
                }
            }
            let vintage = v1::VintageRef {
                position: visible.recorded.position,
                effective_time: Some(Moment(visible.recorded.row.effective_ms).to_message()),
                ..Default::default()
            };
            read.push((lane, vintage));
        }
        Ok(read)
    }
}
