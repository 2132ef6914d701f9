//! What all lanes of a pull have in common: who asks for what, from where it is read, and how that is told.

use std::sync::Arc;

use mighub::block::Digest;
use mighub::convert::dataset_attribute_message;
use mighub::v1::{self, ErrorReason, LaneContent};
use prost::bytes::Bytes;

use super::history::edition_message;
use super::lane::OpenLane;
use super::reading::{At, Reading};
use super::sight::{Ask, Outlook, Vantage};
use super::token::{ReadingBody, Sealer};
use crate::hub::lane::LaneId;
use crate::hub::{Hub, Moment, Refusal};

/// What all lanes of a pull have in common.
pub(super) struct Context {
    pub(super) hub: Arc<Hub>,
    pub(super) ask: Ask,
    /// In a delta, what the reader had.
    pub(super) before: Option<Vantage>,
    pub(super) after: Vantage,
    pub(super) sealer: Sealer,
    /// What cursors are bound to.
    pub(super) request: Bytes,
    /// What resume tokens are bound to.
    pub(super) resume_request: Bytes,
    pub(super) called: Moment,
}

impl Context {
    pub(super) fn reading_body(&self, reading: &Reading) -> Result<ReadingBody, Refusal> {
        Ok(ReadingBody::new(reading, self.hub.history_mark(reading.today.position)?))
    }

    /// An edition that no lane shows is none.
    pub(super) fn check_edition(&self, lanes: &[LaneId]) -> Result<(), Refusal> {
        let At::Edition(label) = &self.after.reading.at else { return Ok(()) };
        for lane in lanes {
            let outlook = self.ask.outlook(&self.hub, lane, &self.after)?;
            if outlook.is_some_and(|outlook| outlook.visible.is_some()) {
                return Ok(());
            }
        }
        Err(unknown_edition(label))
    }

    pub(super) fn header(&self) -> v1::PullHeader {
        let point = self.after.reading.point();
        v1::PullHeader {
            dataflow: self.ask.dataflow.short(),
            structure_digest: self.ask.definition.digest.to_bytes(),
            position: point.position,
            instant: Some(point.moment.to_message()),
            delta: self.before.is_some(),
        }
    }

    /// What a lane is announced with.
    pub(super) fn lane_header(
        &self,
        lane: &LaneId,
        outlook: &Outlook,
        open: &OpenLane,
    ) -> Result<v1::LaneHeader, Refusal> {
        let is_delta = self.before.is_some();
        let content = if is_delta { LaneContent::Delta } else { LaneContent::Full };
        let mut header = v1::LaneHeader {
            lane: Some(lane.to_message()),
            content: content.into(),
            observations_expected: open.observations_expected(),
            ..Default::default()
        };
        if let Some(sight) = open.sight() {
            let shown = self.ask.shown(&self.hub, lane, outlook, &self.after)?;
            header.vintage = shown.as_ref().map(|shown| Ask::vintage_ref(shown, !sight.hides));
            header.edition = shown.as_ref().and_then(|shown| edition_message(&shown.recorded));
            let absent = sight.vintage.absent_values.iter();
            let absent =
                absent.map(|(id, value)| v1::AbsentValue { id: id.to_string(), value: value.to_string() });
            header.absent_values = absent.collect();
            let attributes = sight.vintage.dataset_attributes.iter();
            header.dataset_attributes =
                attributes.map(|(id, value)| dataset_attribute_message(id, Some(value))).collect();
        }
        Ok(header)
    }

    /// What the reader has now of a lane that was sent; nothing, if the reader does not have the whole of it.
    pub(super) fn manifest_digest(&self, lane: &LaneId) -> Result<Bytes, Refusal> {
        let Some(outlook) = self.ask.outlook(&self.hub, lane, &self.after)? else { return Ok(Bytes::new()) };
        let whole = outlook.open(&self.hub, &self.ask)?.is_some_and(|sight| sight.is_whole());
        let manifest = outlook.visible.map(|visible| visible.manifest);
        Ok(manifest.filter(|_| whole).map(Digest::to_bytes).unwrap_or_default())
    }
}

/// The same answer whether the label was never used or is not released.
pub(super) fn unknown_edition(label: &str) -> Refusal {
    let text =
        format!("no vintage here carries the edition {label:?}: `mighub vintages` shows those there are");
    Refusal::new(ErrorReason::EditionUnknown, text)
}
