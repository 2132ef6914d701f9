//! What of an answer is noted in the log of reads.

use std::sync::Arc;

use mighub::v1::ReadDoor;

use super::reading::Reading;
use super::sight::{Ask, Outlook, Sight};
use crate::hub::lane::LaneId;
use crate::hub::reads::{Given, ReadNote};
use crate::hub::{Hub, Moment, Refusal};

impl Ask {
    /// Notes that the reader is given what it sees of a lane. `sights` are what the figures are taken from.
    pub(super) fn note_read<'s>(
        &self,
        hub: &Arc<Hub>,
        door: ReadDoor,
        (lane, outlook): (&LaneId, &Outlook),
        sights: impl IntoIterator<Item = &'s Sight>,
        reading: &Reading,
        now: Moment,
    ) -> Result<ReadNote, Refusal> {
        let point = reading.point();
        let recorded = outlook.visible.as_ref().map(|visible| &visible.recorded);
        let before_release = match &outlook.visible {
            Some(visible) if outlook.audience.before_release => {
                let released = hub.released_manifest(lane, &visible.recorded, reading.today.moment)?;
                released != Some(visible.manifest)
            }
            _ => false,
        };
        let withheld_from_others =
            outlook.audience.restricted && self.rights.withholds_something(lane, reading.today.position);
        let restricted =
            withheld_from_others || sights.into_iter().any(|sight| sight.may_give_restricted(hub));
        hub.note_read(&Given {
            principal: &self.principal,
            door,
            lane,
            position: point.position,
            instant: point.moment,
            vintage: recorded.map(|recorded| recorded.position),
            before_release,
            restricted,
            now,
        })
    }
}

impl Outlook {
    /// Whether noting a read may have to wait for the disk.
    pub(super) fn may_be_sensitive(&self, ask: &Ask) -> bool {
        let audience = &self.audience;
        audience.before_release
            || audience.restricted
            || (audience.agency.is_some() && crate::hub::mask::names_readers(ask.shape()))
    }
}

impl Sight {
    fn may_give_restricted(&self, hub: &Hub) -> bool {
        let marks = hub.kept.marks(&self.manifest, &self.vintage);
        self.mask.may_give_restricted(&self.vintage, marks)
    }
}
