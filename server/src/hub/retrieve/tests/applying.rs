//! What the messages of a pull do to what a reader has.

use mighub::block::{Digest, decode, decompress};
use mighub::v1;
use mighub::v1::pull_response::Part;
use mighub_sdmx::columns::{AttributeValue, Columns};

use super::lab::{AREAS, Copy, Lab, Place};

impl Lab {
    /// Applies the messages of a pull to what a reader has; gives the summary.
    pub(crate) fn apply(&self, parts: &[Part], copy: &mut Copy) -> Option<v1::PullSummary> {
        let mut summary = None;
        let mut lane = String::new();
        for part in parts {
            match part {
                Part::Header(_) | Part::Checkpoint(_) => {}
                Part::Lane(header) => lane = header.lane.as_ref().expect("a lane").provider.clone(),
                Part::Blocks(blocks) => self.put(&lane, &blocks.blocks, copy),
                Part::Tombstones(tombstones) => self.take_away(&lane, &tombstones.blocks, copy),
                Part::Summary(last) => summary = Some(last.clone()),
            }
        }
        summary
    }

    fn received(&self, block: &v1::StoredBlock) -> Columns {
        let raw = decompress(&block.frame).expect("a frame");
        if !block.keyed {
            assert_eq!(block.digest[..], Digest::of(&raw).0);
        }
        decode(&raw, &self.shape).expect("canonical")
    }

    fn put(&self, lane: &str, blocks: &[v1::StoredBlock], copy: &mut Copy) {
        let conf = self.shape.observation_attribute("CONF_STATUS").expect("an attribute");
        for columns in blocks.iter().map(|block| self.received(block)) {
            self.places(&columns, |place, at| {
                let conf = columns.observation_attributes[conf].get(at).and_then(AttributeValue::as_text);
                let value = columns.value(at).map(|value| value.unscaled);
                copy.insert((lane.to_owned(), place), (value, conf.unwrap_or_default().to_owned()));
            });
        }
    }

    fn take_away(&self, lane: &str, blocks: &[v1::StoredBlock], copy: &mut Copy) {
        for columns in blocks.iter().map(|block| self.received(block)) {
            self.places(&columns, |place, _| {
                assert!(copy.remove(&(lane.to_owned(), place)).is_some(), "{place:?} was never given");
            });
        }
    }

    fn places(&self, columns: &Columns, mut visit: impl FnMut(Place, usize)) {
        let dimension =
            self.shape.dimensions.iter().position(|id| &**id == "COUNTERPART_AREA").expect("a dimension");
        for series in 0..columns.series_count() {
            let area =
                AREAS.iter().find(|area| **area == &**columns.code(series, dimension)).expect("an area");
            for at in columns.observations(series) {
                visit((area, columns.periods[at].first_year().expect("a year") as u16), at);
            }
        }
    }
}
